/* SPDX-License-Identifier: Apache-2.0 */
/* What is read, and what is refused. Each hostile blob is made here, byte by byte where need be. */
#include "blob.h"
#include "dts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void assert_refused(const void *blob, size_t size, const char *code)
{
	struct bh_diags diags;
	struct bh_dt tree;

	bh_diags_init(&diags);
	assert_false(bh_dt_read(&tree, blob, size, "hostile", &diags));
	assert_null(tree.root);
	assert_int_equal(only_diag(&diags, code)->level, BH_ERROR);
	bh_diags_finish(&diags);
}

/* Ends the blob, expects it to be refused, frees it. */
static void assert_end_refused(struct blob *blob, const char *code)
{
	size_t size;
	char *data = blob_end(blob, &size);

	assert_refused(data, size, code);
	free(data);
}

static char *small_blob(size_t *size)
{
	struct blob blob;

	blob_begin(&blob);
	blob_cell(&blob, "#address-cells", 1);
	blob_open(&blob, "node@1");
	blob_cell(&blob, "reg", 1);
	blob_close(&blob);
	return blob_end(&blob, size);
}

static struct bh_dt read_ok(const void *blob, size_t size)
{
	struct bh_diags diags;
	struct bh_dt tree;

	bh_diags_init(&diags);
	if (!bh_dt_read(&tree, blob, size, "blob", &diags))
		fail_msg("%s %s", diags.items[0].code, diags.items[0].message);
	bh_diags_finish(&diags);
	return tree;
}

static void properties_and_nodes_keep_their_order(void **state)
{
	struct bh_dt tree = dts("/ { z = <1>; a; m = \"x\", \"yy\"; node@2 { }; node@1 { }; };");
	const struct bh_dt_prop *prop = tree.root->props;

	(void)state;
	assert_string_equal(prop->name, "z");
	assert_int_equal(bh_dt_cell(prop, 0), 1);
	assert_string_equal(prop->next->name, "a");
	assert_int_equal(prop->next->length, 0);
	prop = prop->next->next;
	assert_string_equal(bh_dt_string_at(prop, 1), "yy");
	assert_null(bh_dt_string_at(prop, 2));
	assert_int_equal(bh_dt_string_index(prop, "yy"), 1);
	assert_string_equal(tree.root->child->name, "node@2");
	assert_string_equal(tree.root->child->next->name, "node@1");
	assert_int_equal(tree.count, 3);
	bh_dt_finish(&tree);
}

static void values_stay_in_the_blob(void **state)
{
	size_t size;
	char *blob = small_blob(&size);
	struct bh_dt tree = read_ok(blob, size);
	const char *value = (const char *)tree.root->props->value;

	(void)state;
	assert_true(value >= blob && value < blob + size);
	bh_dt_finish(&tree);
	free(blob);
}

static void a_blob_at_an_odd_address_is_read(void **state)
{
	size_t size;
	char *blob = small_blob(&size), *moved = bh_alloc(size + 8);

	(void)state;
	memcpy(moved + 3, blob, size);
	struct bh_dt tree = read_ok(moved + 3, size);
	assert_int_equal(tree.count, 2);
	bh_dt_finish(&tree);
	free(moved);
	free(blob);
}

static void bytes_behind_the_blob_are_ignored(void **state)
{
	size_t size;
	char *blob = small_blob(&size), *longer = bh_alloc(size + 100);

	(void)state;
	memcpy(longer, blob, size);
	struct bh_dt tree = read_ok(longer, size + 100);
	assert_int_equal(tree.count, 2);
	bh_dt_finish(&tree);
	free(longer);
	free(blob);
}

static void version_16_is_read(void **state)
{
	struct blob blob;
	size_t size;

	(void)state;
	blob_begin(&blob);
	blob.version = 16;
	char *data = blob_end(&blob, &size);
	struct bh_dt tree = read_ok(data, size);
	bh_dt_finish(&tree);
	free(data);
}

static void every_property_knows_its_origin(void **state)
{
	struct bh_dt tree = dts("/ { a; };");

	(void)state;
	assert_string_equal(bh_dt_origin_name(&tree, tree.root->props->origin), "test.dts");
	bh_dt_set_origin(&tree, "plan");
	bh_dt_set_flag(&tree, tree.root, "b");
	assert_string_equal(bh_dt_origin_name(&tree, tree.root->last_prop->origin), "plan");
	assert_string_equal(bh_dt_origin_name(&tree, tree.root->props->origin), "test.dts");
	bh_dt_finish(&tree);
}

static void memory_reservations_are_kept(void **state)
{
	size_t size;
	void *blob = dts_compile("/memreserve/ 0x1000 0x2000; /memreserve/ 0x123456789a 8; / { };",
				 NULL, &size);
	struct bh_dt tree = read_ok(blob, size);

	(void)state;
	assert_int_equal(tree.reserve_count, 2);
	assert_int_equal(tree.reserves[1].address, 0x123456789a);
	assert_int_equal(tree.reserves[1].size, 8);
	bh_dt_finish(&tree);
	free(blob);
}

static void status_of_an_ancestor_counts(void **state)
{
	struct bh_dt tree =
		dts("/ { a { status = \"disabled\"; b: b { status = \"okay\"; }; };"
		    "c { status = \"ok\"; d: d { }; }; e: e { status = \"reserved\"; }; };");

	(void)state;
	assert_true(bh_dt_says_okay(dts_node(&tree, "b")));
	assert_false(bh_dt_enabled(dts_node(&tree, "b")));
	assert_true(bh_dt_enabled(dts_node(&tree, "d")));
	assert_false(bh_dt_enabled(dts_node(&tree, "e")));
	bh_dt_finish(&tree);
}

static void what_is_no_blob_is_refused(void **state)
{
	(void)state;
	assert_refused("", 0, "E0300");
	assert_refused("/dts-v1/;\n/ {\n};\n/* long enough */\n\n\n\n\n", 40, "E0300");
}

static void an_old_version_is_refused(void **state)
{
	size_t size;
	char *blob = small_blob(&size);

	(void)state;
	blob_set(blob, VERSION, 3);
	blob_set(blob, COMPATIBLE, 1);
	assert_refused(blob, size, "E0300");
	free(blob);
}

/* The blob, cut at every length in turn. */
static void a_truncated_blob_is_refused_at_every_length(void **state)
{
	size_t size;
	char *blob = small_blob(&size);

	(void)state;
	for (size_t length = 0; length < size; length++) {
		struct bh_diags diags;
		struct bh_dt tree;
		char *cut = bh_alloc(length + 1);

		memcpy(cut, blob, length);
		bh_diags_init(&diags);
		assert_false(bh_dt_read(&tree, cut, length, "cut", &diags));
		assert_int_equal(diags.errors, 1);
		/* The same with a header that does not know. */
		if (length > 40) {
			blob_set(cut, TOTAL, (uint32_t)length);
			assert_false(bh_dt_read(&tree, cut, length, "cut", &diags));
			assert_int_equal(diags.errors, 2);
		}
		bh_diags_finish(&diags);
		free(cut);
	}
	free(blob);
}

static void a_truncated_blob_says_how_much_is_missing(void **state)
{
	size_t size;
	char *blob = small_blob(&size);

	(void)state;
	assert_refused(blob, size - 1, "E0301");
	free(blob);
}

static void a_header_that_points_outside_is_refused(void **state)
{
	static const int fields[] = {OFF_STRUCT, OFF_STRINGS, OFF_RESERVE, SIZE_STRINGS,
				     SIZE_STRUCT};

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		size_t size;
		char *blob = small_blob(&size);

		blob_set(blob, fields[i], 0x7ffffff0);
		assert_refused(blob, size, "E0301");
		free(blob);
	}
}

static void a_block_that_is_not_aligned_is_refused(void **state)
{
	size_t size;
	char *blob = small_blob(&size);

	(void)state;
	blob_set(blob, OFF_RESERVE, 44);
	assert_refused(blob, size, "E0301");
	free(blob);
}

static void blocks_that_lie_over_each_other_are_refused(void **state)
{
	size_t size;
	char *blob = small_blob(&size);
	uint32_t structure = blob_get(blob, OFF_STRUCT);

	(void)state;
	/* All strings inside the structure block: any name is found there, too. */
	blob_set(blob, OFF_STRINGS, structure + 4);
	blob_set(blob, SIZE_STRINGS, 8);
	struct bh_diags diags;
	struct bh_dt tree;
	bh_diags_init(&diags);
	assert_false(bh_dt_read(&tree, blob, size, "overlap", &diags));
	bh_diags_finish(&diags);
	free(blob);
}

static void a_structure_block_over_the_header_is_refused(void **state)
{
	struct blob blob;
	size_t size;

	(void)state;
	blob_begin(&blob);
	char *data = blob_end(&blob, &size);
	/* A tree that is its own reservation list's end. */
	char *overlap = bh_alloc(size);
	memcpy(overlap, data, size);
	memcpy(overlap + 40, data + 56, 16);
	blob_set(overlap, OFF_STRUCT, 40);
	blob_set(overlap, OFF_RESERVE, 56);
	blob_set(overlap, SIZE_STRUCT, 32);
	memset(overlap + 56, 0, 16);
	assert_refused(overlap, size, "E0302");
	free(overlap);
	free(data);
}

static void a_blob_above_64_mib_is_refused(void **state)
{
	size_t size;
	char *blob = small_blob(&size);

	(void)state;
	blob_set(blob, TOTAL, (64u << 20) + 1);
	assert_refused(blob, size, "E0303");
	free(blob);
}

static void nodes_nested_too_deep_are_refused(void **state)
{
	struct blob blob;
	size_t size;

	(void)state;
	blob_begin(&blob);
	for (int i = 1; i < BH_DT_DEPTH_MAX; i++)
		blob_open(&blob, "n");
	for (int i = 1; i < BH_DT_DEPTH_MAX; i++)
		blob_close(&blob);
	char *data = blob_end(&blob, &size);
	struct bh_dt tree = read_ok(data, size);
	bh_dt_finish(&tree);
	free(data);

	blob_begin(&blob);
	for (int i = 0; i < BH_DT_DEPTH_MAX; i++)
		blob_open(&blob, "n");
	for (int i = 0; i < BH_DT_DEPTH_MAX; i++)
		blob_close(&blob);
	assert_end_refused(&blob, "E0305");
}

static void a_hundred_thousand_levels_do_not_exhaust_the_stack(void **state)
{
	struct blob blob;

	(void)state;
	blob_begin(&blob);
	for (int i = 0; i < 100000; i++)
		blob_open(&blob, "n");
	for (int i = 0; i < 100000; i++)
		blob_close(&blob);
	assert_end_refused(&blob, "E0305");
}

static char *wide_blob(uint32_t nodes, size_t *size)
{
	struct blob blob;
	char name[16];

	blob_begin(&blob);
	for (uint32_t i = 1; i < nodes; i++) {
		snprintf(name, sizeof(name), "n%x", i);
		blob_open(&blob, name);
		blob_close(&blob);
	}
	return blob_end(&blob, size);
}

static void a_million_nodes_are_read_found_and_written(void **state)
{
	size_t size, written;
	char *blob = wide_blob(1000000, &size);
	struct bh_dt tree = read_ok(blob, size);

	(void)state;
	assert_int_equal(tree.count, 1000000);
	assert_non_null(bh_dt_find(&tree, "/nf423f"));
	void *again = bh_dt_write(&tree, &written, NULL);
	assert_int_equal(written, size);
	assert_memory_equal(again, blob, size);
	free(again);
	bh_dt_finish(&tree);
	free(blob);
}

static void more_nodes_than_allowed_are_refused(void **state)
{
	size_t size;
	char *blob = wide_blob(BH_DT_NODES_MAX + 1, &size);

	(void)state;
	assert_refused(blob, size, "E0304");
	free(blob);
}

static void a_structure_that_ends_early_is_refused(void **state)
{
	struct blob blob;

	(void)state;
	blob_begin(&blob);
	blob_raw(&blob, 9);
	assert_end_refused(&blob, "E0306");
}

static void a_node_that_has_not_begun_cannot_end(void **state)
{
	struct blob blob;

	(void)state;
	blob_begin(&blob);
	blob_close(&blob);
	assert_end_refused(&blob, "E0306");
}

static void a_node_without_an_end_is_refused(void **state)
{
	struct blob blob;

	(void)state;
	blob_begin(&blob);
	blob_open(&blob, "node");
	assert_end_refused(&blob, "E0306");
}

static void a_list_of_reserved_memory_without_end_is_refused(void **state)
{
	size_t size;
	char *data = small_blob(&size);

	(void)state;
	/* Read on from there: not one pair of words is zero up to the end of the blob. */
	blob_set(data, OFF_RESERVE, (uint32_t)(size - 8) & ~7u);
	assert_refused(data, size, "E0306");
	free(data);
}

static void a_blob_without_a_root_is_refused(void **state)
{
	struct blob blob = {.version = 17, .last_compatible = 16};
	size_t size;

	(void)state;
	blob_raw(&blob, 9);
	char *data = blob_end(&blob, &size);
	/* Cut off the end of the root that was never there. */
	blob_set(data, SIZE_STRUCT, 4);
	assert_refused(data, size, "E0306");
	free(data);
}

/* Of version 16, whose names libfdt does not hold to the strings block. */
static void a_name_behind_the_strings_is_refused(void **state)
{
	struct blob blob;
	size_t size;

	(void)state;
	blob_begin(&blob);
	blob.version = 16;
	blob_prop(&blob, "name", "", 0);
	char *data = blob_end(&blob, &size);
	blob_set(data, SIZE_STRINGS, 0);
	assert_refused(data, size, "E0306");
	free(data);
}

static void a_second_root_is_refused(void **state)
{
	struct blob blob;

	(void)state;
	blob_begin(&blob);
	blob_close(&blob);
	blob_open(&blob, "");
	assert_end_refused(&blob, "E0306");
}

static void an_unknown_token_is_refused(void **state)
{
	struct blob blob;

	(void)state;
	blob_begin(&blob);
	blob_raw(&blob, 7);
	assert_end_refused(&blob, "E0306");
}

static void a_property_whose_name_is_outside_the_strings_is_refused(void **state)
{
	struct blob blob;

	(void)state;
	blob_begin(&blob);
	blob_raw(&blob, 3);
	blob_raw(&blob, 0);
	blob_raw(&blob, 1000);
	assert_end_refused(&blob, "E0306");
}

static void a_property_longer_than_the_blob_is_refused(void **state)
{
	struct blob blob;

	(void)state;
	blob_begin(&blob);
	bh_buf_add(&blob.strings, "a", 2);
	blob_raw(&blob, 3);
	blob_raw(&blob, 0xfffffff0);
	blob_raw(&blob, 0);
	assert_end_refused(&blob, "E0306");
}

/* In 32 bits the next token would be this one again. */
static void a_property_whose_length_wraps_does_not_go_in_circles(void **state)
{
	struct blob blob;

	(void)state;
	for (uint32_t length = 0xffffffe0; length >= 0xffffffe0; length++) {
		blob_begin(&blob);
		bh_buf_add(&blob.strings, "a", 2);
		blob_raw(&blob, 3);
		blob_raw(&blob, length);
		blob_raw(&blob, 0);
		assert_end_refused(&blob, "E0306");
	}
}

static void illegal_node_names_are_refused(void **state)
{
	static const char *const names[] = {"a/b", "a b", "a@1@2", "@1", "", "\x1b[2J", "a:b"};
	char long_name[BH_DT_NAME_MAX + 2] = {0};
	struct blob blob;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		blob_begin(&blob);
		blob_open(&blob, names[i]);
		blob_close(&blob);
		assert_end_refused(&blob, "E0307");
	}
	memset(long_name, 'a', sizeof(long_name) - 1);
	blob_begin(&blob);
	blob_open(&blob, long_name);
	blob_close(&blob);
	assert_end_refused(&blob, "E0307");
}

static void illegal_property_names_are_refused(void **state)
{
	static const char *const names[] = {"a/b", "a b", "", "a@1", "\x1b[2J"};
	struct blob blob;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		blob_begin(&blob);
		blob_prop(&blob, names[i], "", 0);
		assert_end_refused(&blob, "E0308");
	}
}

/* Read once a use, a long name would make reading quadratic. */
static void a_property_name_of_many_letters_is_refused(void **state)
{
	char name[BH_DT_NAME_MAX + 2] = {0};
	struct blob blob;

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	blob_begin(&blob);
	blob_prop(&blob, name, "", 0);
	assert_end_refused(&blob, "E0308");
}

static void control_characters_of_a_name_do_not_reach_the_message(void **state)
{
	struct bh_diags diags;
	struct bh_dt tree;
	struct blob blob;
	size_t size;

	(void)state;
	blob_begin(&blob);
	blob_open(&blob, "\x1b[2J");
	blob_close(&blob);
	char *data = blob_end(&blob, &size);
	bh_diags_init(&diags);
	assert_false(bh_dt_read(&tree, data, size, "x", &diags));
	assert_null(strchr(diags.items[0].message, 0x1b));
	bh_diags_finish(&diags);
	free(data);
}

static void two_nodes_of_one_name_are_refused(void **state)
{
	struct blob blob;

	(void)state;
	blob_begin(&blob);
	blob_open(&blob, "a@1");
	blob_close(&blob);
	blob_open(&blob, "a@1");
	blob_close(&blob);
	assert_end_refused(&blob, "E0309");
}

static void two_properties_of_one_name_are_refused(void **state)
{
	struct blob blob;

	(void)state;
	blob_begin(&blob);
	blob_prop(&blob, "a", "", 0);
	blob_prop(&blob, "a", "", 0);
	assert_end_refused(&blob, "E0310");
}

static void a_phandle_used_twice_is_refused_and_both_nodes_are_named(void **state)
{
	struct bh_diags diags;
	struct bh_dt tree;
	struct blob blob;
	size_t size;

	(void)state;
	blob_begin(&blob);
	blob_open(&blob, "a");
	blob_cell(&blob, "phandle", 5);
	blob_close(&blob);
	blob_open(&blob, "b");
	blob_cell(&blob, "phandle", 5);
	blob_close(&blob);
	char *data = blob_end(&blob, &size);
	bh_diags_init(&diags);
	assert_false(bh_dt_read(&tree, data, size, "x", &diags));
	const struct bh_diag *diag = only_diag(&diags, "E0311");
	assert_string_equal(diag->node, "/b");
	assert_string_equal(diag->property, "phandle");
	assert_non_null(strstr(diag->cause, "/a"));
	bh_diags_finish(&diags);
	free(data);
}

static void phandles_that_are_none_are_refused(void **state)
{
	static const uint32_t values[] = {0, 0xffffffff};
	struct blob blob;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		blob_begin(&blob);
		blob_cell(&blob, "phandle", values[i]);
		assert_end_refused(&blob, "E0312");
	}
	blob_begin(&blob);
	blob_prop(&blob, "phandle", "\0\0\0\0\0\0\0\1", 8);
	assert_end_refused(&blob, "E0312");
}

static void the_old_phandle_property_must_agree(void **state)
{
	struct blob blob;
	size_t size;

	(void)state;
	blob_begin(&blob);
	blob_cell(&blob, "linux,phandle", 3);
	blob_cell(&blob, "phandle", 3);
	char *data = blob_end(&blob, &size);
	struct bh_dt tree = read_ok(data, size);
	assert_int_equal(tree.root->phandle, 3);
	bh_dt_finish(&tree);
	free(data);

	blob_begin(&blob);
	blob_cell(&blob, "linux,phandle", 3);
	blob_cell(&blob, "phandle", 4);
	assert_end_refused(&blob, "E0312");
}

static void a_file_that_is_not_there_is_an_error(void **state)
{
	struct bh_diags diags;
	struct bh_dt tree;

	(void)state;
	bh_diags_init(&diags);
	assert_false(bh_dt_load(&tree, "/nonexistent.dtb", &diags));
	only_diag(&diags, "E0313");
	bh_diags_finish(&diags);
}

static void a_file_is_read_under_its_own_name(void **state)
{
	char path[] = "/tmp/bulkhead-blob-XXXXXX";
	struct bh_dt tree;
	size_t size;
	char *blob = small_blob(&size);
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, blob, size), size);
	close(fd);
	assert_true(bh_dt_load(&tree, path, NULL));
	assert_string_equal(bh_dt_origin_name(&tree, tree.root->origin), path + strlen("/tmp/"));
	bh_dt_finish(&tree);
	unlink(path);
	free(blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(properties_and_nodes_keep_their_order),
		cmocka_unit_test(values_stay_in_the_blob),
		cmocka_unit_test(a_blob_at_an_odd_address_is_read),
		cmocka_unit_test(bytes_behind_the_blob_are_ignored),
		cmocka_unit_test(version_16_is_read),
		cmocka_unit_test(every_property_knows_its_origin),
		cmocka_unit_test(memory_reservations_are_kept),
		cmocka_unit_test(status_of_an_ancestor_counts),
		cmocka_unit_test(what_is_no_blob_is_refused),
		cmocka_unit_test(an_old_version_is_refused),
		cmocka_unit_test(a_truncated_blob_is_refused_at_every_length),
		cmocka_unit_test(a_truncated_blob_says_how_much_is_missing),
		cmocka_unit_test(a_header_that_points_outside_is_refused),
		cmocka_unit_test(a_block_that_is_not_aligned_is_refused),
		cmocka_unit_test(blocks_that_lie_over_each_other_are_refused),
		cmocka_unit_test(a_structure_block_over_the_header_is_refused),
		cmocka_unit_test(a_blob_above_64_mib_is_refused),
		cmocka_unit_test(nodes_nested_too_deep_are_refused),
		cmocka_unit_test(a_hundred_thousand_levels_do_not_exhaust_the_stack),
		cmocka_unit_test(a_million_nodes_are_read_found_and_written),
		cmocka_unit_test(more_nodes_than_allowed_are_refused),
		cmocka_unit_test(a_structure_that_ends_early_is_refused),
		cmocka_unit_test(a_node_that_has_not_begun_cannot_end),
		cmocka_unit_test(a_node_without_an_end_is_refused),
		cmocka_unit_test(a_list_of_reserved_memory_without_end_is_refused),
		cmocka_unit_test(a_blob_without_a_root_is_refused),
		cmocka_unit_test(a_name_behind_the_strings_is_refused),
		cmocka_unit_test(a_second_root_is_refused),
		cmocka_unit_test(an_unknown_token_is_refused),
		cmocka_unit_test(a_property_whose_name_is_outside_the_strings_is_refused),
		cmocka_unit_test(a_property_longer_than_the_blob_is_refused),
		cmocka_unit_test(a_property_whose_length_wraps_does_not_go_in_circles),
		cmocka_unit_test(illegal_node_names_are_refused),
		cmocka_unit_test(illegal_property_names_are_refused),
		cmocka_unit_test(a_property_name_of_many_letters_is_refused),
		cmocka_unit_test(control_characters_of_a_name_do_not_reach_the_message),
		cmocka_unit_test(two_nodes_of_one_name_are_refused),
		cmocka_unit_test(two_properties_of_one_name_are_refused),
		cmocka_unit_test(a_phandle_used_twice_is_refused_and_both_nodes_are_named),
		cmocka_unit_test(phandles_that_are_none_are_refused),
		cmocka_unit_test(the_old_phandle_property_must_agree),
		cmocka_unit_test(a_file_that_is_not_there_is_an_error),
		cmocka_unit_test(a_file_is_read_under_its_own_name),
	};

	dts_need_dtc();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
