/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/console.h"
#include "base/alloc.h"
#include "base/file.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(struct bh_console *console, const char *text)
{
	bh_console_add(console, text, strlen(text));
}

static void a_panic_is_seen_also_when_it_comes_in_pieces(void **state)
{
	struct bh_console console;

	(void)state;
	bh_console_init(&console, "/dev/null");
	say(&console, "fine\nKernel panic - not ");
	assert_false(console.panicked);
	say(&console, "syncing: sysrq\ntrace\n");
	assert_true(console.panicked);
	assert_string_equal(bh_console_end(&console, 1),
			    "Kernel panic - not syncing: sysrq\ntrace\n");
	bh_console_finish(&console);
}

static void without_a_panic_the_end_is_the_last_lines(void **state)
{
	struct bh_console console;

	(void)state;
	bh_console_init(&console, "/dev/null");
	assert_string_equal(bh_console_end(&console, 2), "");
	say(&console, "one\ntwo\nthree\n");
	assert_string_equal(bh_console_end(&console, 2), "two\nthree\n");
	assert_string_equal(bh_console_end(&console, 9), "one\ntwo\nthree\n");
	bh_console_finish(&console);
}

static void what_is_kept_is_limited(void **state)
{
	struct bh_console console;
	char line[1024];

	(void)state;
	memset(line, 'x', sizeof(line));
	bh_console_init(&console, "/dev/null");
	for (int i = 0; i < 1000; i++)
		bh_console_add(&console, line, sizeof(line));
	assert_true(console.kept.length >= BH_CONSOLE_KEPT);
	assert_true(console.kept.length <= 2 * BH_CONSOLE_KEPT);
	bh_console_finish(&console);
}

static void a_board_that_prints_without_end_fills_two_files(void **state)
{
	char folder[] = "/tmp/bulkhead-console-XXXXXX";
	static char piece[1u << 20];
	struct bh_console console;

	(void)state;
	assert_non_null(mkdtemp(folder));
	char *path = bh_strf("%s/console", folder), *old = bh_strf("%s.old", path);
	memset(piece, 'x', sizeof(piece));
	bh_console_init(&console, path);
	for (unsigned i = 0; i < 3 * (BH_CONSOLE_FILE_MAX >> 20); i++)
		bh_console_add(&console, piece, sizeof(piece));
	assert_true(bh_path_exists(old));
	assert_true(console.written <= BH_CONSOLE_FILE_MAX + sizeof(piece));
	bh_console_finish(&console);
	bh_remove_tree(folder);
	free(path);
	free(old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_panic_is_seen_also_when_it_comes_in_pieces),
		cmocka_unit_test(without_a_panic_the_end_is_the_last_lines),
		cmocka_unit_test(what_is_kept_is_limited),
		cmocka_unit_test(a_board_that_prints_without_end_fills_two_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
