/* SPDX-License-Identifier: Apache-2.0 */
/* What is loaded before a guest starts, and every way in which that can fail. */
#include "vmm/image.h"

#include "base/alloc.h"
#include "base/file.h"
#include "test.h"

#include <fcntl.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RAM = 0x80000000, RAM_SIZE = 8 << 20, KERNEL_SIZE = 0x3000, IMAGE_SIZE = 0x5000 };

struct fixture {
	char folder[64], kernel[96], initrd[96];
	uint32_t header[16]; /* of the kernel: see booting.rst */
	struct bh_ram ram;
	struct bh_manifest manifest;
	struct bh_diags diags;
	struct bh_boot boot;
	uint64_t tree[64];
};

static void write_kernel(struct fixture *f)
{
	char *file = bh_alloc(KERNEL_SIZE);

	memset(file, 0x11, KERNEL_SIZE);
	memcpy(file, f->header, sizeof(f->header));
	assert_int_equal(bh_file_write(f->kernel, file, KERNEL_SIZE, 0600), 0);
	free(file);
}

static int set_up(void **state)
{
	struct fixture *f = bh_alloc(sizeof(*f));

	strcpy(f->folder, "/tmp/bulkhead-image-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->kernel, sizeof(f->kernel), "%s/Image", f->folder);
	snprintf(f->initrd, sizeof(f->initrd), "%s/initrd", f->folder);
	f->header[4] = IMAGE_SIZE;
	f->header[14] = 0x644d5241;
	f->manifest = (struct bh_manifest){.memory = {.base = {RAM}, .size = RAM_SIZE},
					   .kernel = f->kernel};
	fdt_create_empty_tree(f->tree, sizeof(f->tree));
	fdt_pack(f->tree);
	f->manifest.tree = f->tree;
	f->manifest.tree_size = fdt_totalsize(f->tree);
	assert_true(bh_ram_init(&f->ram, &f->manifest.memory, -1, &f->diags));
	write_kernel(f);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	bh_ram_finish(&f->ram);
	bh_diags_finish(&f->diags);
	bh_remove_tree(f->folder);
	free(f);
	return 0;
}

static void expect(struct fixture *f, const char *code)
{
	assert_false(bh_boot_load(&f->boot, &f->ram, &f->manifest, &f->diags));
	assert_int_equal(f->diags.count, 1);
	assert_string_equal(f->diags.items[0].code, code);
}

static void the_kernel_lies_at_the_start_of_memory(void **state)
{
	struct fixture *f = *state;

	f->header[2] = 0x80000;
	write_kernel(f);
	assert_true(bh_boot_load(&f->boot, &f->ram, &f->manifest, &f->diags));
	assert_int_equal(f->boot.entry.value, RAM + 0x80000);
	assert_memory_equal(bh_ram_at(&f->ram, RAM + 0x80000, 1), f->header, sizeof(f->header));
}

static void initrd_and_tree_lie_behind_what_the_kernel_will_use(void **state)
{
	struct fixture *f = *state;
	int size;

	f->manifest.initrd = f->initrd;
	assert_int_equal(bh_file_write(f->initrd, "initrd!", 7, 0600), 0);
	assert_true(bh_boot_load(&f->boot, &f->ram, &f->manifest, &f->diags));
	const void *tree = bh_ram_at(&f->ram, f->boot.tree.value, 1);
	int chosen = fdt_path_offset(tree, "/chosen");
	const fdt64_t *start = fdt_getprop(tree, chosen, "linux,initrd-start", &size);
	const fdt64_t *end = fdt_getprop(tree, chosen, "linux,initrd-end", &size);
	assert_int_equal(fdt64_ld(start), RAM + IMAGE_SIZE);
	assert_int_equal(fdt64_ld(end), RAM + IMAGE_SIZE + 7);
	assert_true(f->boot.tree.value >= RAM + IMAGE_SIZE + 7);
	assert_memory_equal(bh_ram_at(&f->ram, RAM + IMAGE_SIZE, 7), "initrd!", 7);
}

static void each_start_has_other_seeds(void **state)
{
	struct fixture *f = *state;
	uint8_t first[8];
	int size;

	for (unsigned i = 0; i < 2; i++) {
		assert_true(bh_boot_load(&f->boot, &f->ram, &f->manifest, &f->diags));
		const void *tree = bh_ram_at(&f->ram, f->boot.tree.value, 1);
		int chosen = fdt_path_offset(tree, "/chosen");
		const void *seed = fdt_getprop(tree, chosen, "kaslr-seed", &size);
		assert_int_equal(size, 8);
		assert_non_null(fdt_getprop(tree, chosen, "rng-seed", &size));
		assert_true(size >= 32);
		if (i)
			assert_memory_not_equal(seed, first, 8);
		memcpy(first, seed, 8);
	}
}

static void a_missing_kernel_is_named(void **state)
{
	struct fixture *f = *state;

	unlink(f->kernel);
	expect(f, "E1023");
	assert_non_null(strstr(f->diags.items[0].message, f->kernel));
}

static void a_folder_is_not_a_kernel(void **state)
{
	struct fixture *f = *state;

	f->manifest.kernel = f->folder;
	expect(f, "E1023");
}

static void a_kernel_of_another_architecture_is_refused(void **state)
{
	struct fixture *f = *state;

	f->header[14] = 0x5643534d;
	write_kernel(f);
	expect(f, "E1024");
}

static void a_big_endian_kernel_is_refused(void **state)
{
	struct fixture *f = *state;

	f->header[6] = 1;
	write_kernel(f);
	expect(f, "E1024");
}

static void a_kernel_larger_than_memory_is_refused(void **state)
{
	struct fixture *f = *state;

	f->header[4] = RAM_SIZE + 1;
	write_kernel(f);
	expect(f, "E1025");
}

static void sizes_in_the_header_may_not_wrap(void **state)
{
	struct fixture *f = *state;

	f->header[4] = UINT32_MAX;
	f->header[5] = UINT32_MAX;
	write_kernel(f);
	expect(f, "E1025");
}

static void an_initrd_that_does_not_fit_is_refused(void **state)
{
	struct fixture *f = *state;

	f->manifest.initrd = f->initrd;
	assert_int_equal(bh_file_write(f->initrd, "x", 1, 0600), 0);
	assert_int_equal(truncate(f->initrd, RAM_SIZE), 0);
	expect(f, "E1025");
}

static void a_missing_initrd_is_named(void **state)
{
	struct fixture *f = *state;

	f->manifest.initrd = f->initrd;
	expect(f, "E1026");
}

static void memory_that_the_host_does_not_have_is_refused(void **state)
{
	struct fixture *f = *state;
	const struct bh_manifest_memory memory = {.base = {RAM}, .size = UINT64_C(1) << 56};
	struct bh_ram ram;

	assert_false(bh_ram_init(&ram, &memory, -1, &f->diags));
	assert_string_equal(f->diags.items[0].code, "E1020");
}

static void direct_memory_needs_the_module(void **state)
{
	struct fixture *f = *state;
	const struct bh_manifest_memory memory = {
		.kind = BH_MEMORY_DIRECT, .base = {RAM}, .size = RAM_SIZE, .region = "vm"};
	struct bh_ram ram;
	int file = open(f->kernel, O_RDWR);

	assert_false(bh_ram_init(&ram, &memory, file, &f->diags));
	assert_string_equal(f->diags.items[0].code, "E1021");
	close(file);
}

static void only_addresses_inside_memory_are_reached(void **state)
{
	struct fixture *f = *state;

	assert_ptr_equal(bh_ram_at(&f->ram, RAM, RAM_SIZE), f->ram.host);
	assert_null(bh_ram_at(&f->ram, RAM - 1, 1));
	assert_null(bh_ram_at(&f->ram, RAM, RAM_SIZE + 1));
	assert_null(bh_ram_at(&f->ram, RAM + RAM_SIZE, 1));
	assert_null(bh_ram_at(&f->ram, RAM + 1, UINT64_MAX));
	assert_null(bh_ram_at(&f->ram, UINT64_MAX, 2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_kernel_lies_at_the_start_of_memory),
		TEST(initrd_and_tree_lie_behind_what_the_kernel_will_use),
		TEST(each_start_has_other_seeds),
		TEST(a_missing_kernel_is_named),
		TEST(a_folder_is_not_a_kernel),
		TEST(a_kernel_of_another_architecture_is_refused),
		TEST(a_big_endian_kernel_is_refused),
		TEST(a_kernel_larger_than_memory_is_refused),
		TEST(sizes_in_the_header_may_not_wrap),
		TEST(an_initrd_that_does_not_fit_is_refused),
		TEST(a_missing_initrd_is_named),
		TEST(memory_that_the_host_does_not_have_is_refused),
		TEST(direct_memory_needs_the_module),
		TEST(only_addresses_inside_memory_are_reached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
