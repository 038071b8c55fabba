/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/options.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "lab/qemu.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static void what_is_not_asked_for_is_the_boards(void **state)
{
	struct bh_lab_options options = {.board = bh_lab_board("virt")};

	(void)state;
	assert_true(bh_lab_options_complete(&options, NULL));
	assert_string_equal(options.name, "virt");
	assert_int_equal(options.cpus, 2);
	assert_string_equal(options.gic, "3");
	assert_string_equal(options.cpu, "cortex-a76");
	assert_int_equal(options.memory, 2ull << 30);
}

static void names_are_those_of_hosts(void **state)
{
	(void)state;
	assert_true(bh_lab_name_valid("board-1.a_b"));
	assert_false(bh_lab_name_valid(""));
	assert_false(bh_lab_name_valid("-all"));
	assert_false(bh_lab_name_valid(".."));
	assert_false(bh_lab_name_valid("a/b"));
	assert_false(bh_lab_name_valid("a b"));
	assert_false(bh_lab_name_valid("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

/* All arguments, each followed by a line's end. */
static char *arguments(struct bh_lab_options *options)
{
	static char qemu[] = "qemu", kernel[] = "kernel", initrd[] = "initrd", disk[] = "disk";
	struct bh_lab_pieces pieces = {
		.qemu = qemu, .kernel = kernel, .initrd = initrd, .disk = disk};
	struct bh_lab_wires wires = {.console = 10, .line = 11, .ram = -1, .monitor = 12};
	struct bh_argv argv;
	struct bh_buf text;

	bh_buf_init(&text);
	bh_lab_qemu_argv(&argv, options, &pieces, NULL, &wires, NULL);
	for (size_t i = 0; i < argv.count; i++)
		bh_buf_addf(&text, "%s\n", argv.items[i]);
	assert_null(argv.items[argv.count]);
	bh_argv_finish(&argv);
	return bh_buf_take(&text);
}

static void a_comma_in_a_files_name_is_escaped_for_qemu(void **state)
{
	const char *const disks[] = {"a,b", NULL};
	struct bh_lab_options options = {.board = bh_lab_board("virt"), .disks = disks};
	const char *const none[] = {NULL};

	(void)state;
	options.overlays = options.qemu_args = none;
	options.name = "virt";
	options.memory = 1u << 30;
	char *text = arguments(&options);
	assert_non_null(strstr(text, "file=a,,b\n"));
	free(text);
}

static void extra_arguments_come_last(void **state)
{
	const char *const extra[] = {"-device", "edu", NULL};
	struct bh_lab_options options = {.board = bh_lab_board("virt"), .qemu_args = extra};

	(void)state;
	assert_true(bh_lab_options_complete(&options, NULL));
	char *text = arguments(&options);
	size_t length = strlen(text);
	assert_string_equal(text + length - strlen("-device\nedu\n"), "-device\nedu\n");
	free(text);
}

static void icount_is_an_option(void **state)
{
	struct bh_lab_options options = {.board = bh_lab_board("imx8mp-evk")};

	(void)state;
	assert_true(bh_lab_options_complete(&options, NULL));
	char *text = arguments(&options);
	assert_null(strstr(text, "-icount"));
	free(text);
	options.icount = true;
	text = arguments(&options);
	assert_non_null(strstr(text, "-icount\nshift=0\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_asked_for_is_the_boards),
		cmocka_unit_test(names_are_those_of_hosts),
		cmocka_unit_test(a_comma_in_a_files_name_is_escaped_for_qemu),
		cmocka_unit_test(extra_arguments_come_last),
		cmocka_unit_test(icount_is_an_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
