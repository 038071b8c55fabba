/* SPDX-License-Identifier: Apache-2.0 */
#include "base/blob.h"
#include "test.h"

#include <string.h>

/* The smallest tree: header, one empty reservation, a root with a property "a" = <7>. */
struct tree {
	uint32_t header[10];
	uint32_t reserved[4];
	uint32_t structure[8];
	char strings[4];
};

static uint32_t big(uint32_t value)
{
	return __builtin_bswap32(value);
}

static struct tree make(void)
{
	struct tree t = {
		.header = {0xd00dfeed, sizeof(struct tree), offsetof(struct tree, structure),
			   offsetof(struct tree, strings), offsetof(struct tree, reserved), 17, 16,
			   0, 2, sizeof(t.structure)},
		.structure = {1, 0, 3, 4, 0, 7, 2, 9},
		.strings = "a",
	};

	for (size_t i = 0; i < 10; i++)
		t.header[i] = big(t.header[i]);
	for (size_t i = 0; i < 8; i++)
		t.structure[i] = big(t.structure[i]);
	return t;
}

static bool is_sound(const struct tree *t)
{
	return bh_blob_is_sound(t, sizeof(*t));
}

static void a_whole_tree_is_sound(void **state)
{
	struct tree t = make();

	(void)state;
	assert_true(is_sound(&t));
}

static void a_tree_that_was_cut_off_is_not(void **state)
{
	struct tree t = make();

	(void)state;
	for (size_t size = 0; size < sizeof(t); size++)
		assert_false(bh_blob_is_sound(&t, size));
}

static void parts_outside_the_blob_are_refused(void **state)
{
	static const struct {
		unsigned field;
		uint32_t value;
	} cases[] = {{0, 0xd00dfeee}, {1, 8},          {1, UINT32_MAX}, {2, 0xfffffffc},
		     {2, 57},         {3, 0xffffffff}, {4, 0xfffffff8}, {4, 44},
		     {5, 16},         {5, 18},         {6, 18},         {8, 5},
		     {8, UINT32_MAX}, {9, 28},         {9, UINT32_MAX}, {4, 96}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tree t = make();
		t.header[cases[i].field] = big(cases[i].value);
		assert_false(is_sound(&t));
	}
}

/* Lengths near 2^32 that come out small again when padding is added. */
static void a_property_whose_length_wraps_is_refused(void **state)
{
	static const uint32_t lengths[] = {UINT32_MAX, 0xfffffffc, 0xfffffff0,
					   0xffffffe0, 0x80000000, 9};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct tree t = make();
		t.structure[3] = big(lengths[i]);
		assert_false(is_sound(&t));
	}
}

static void a_name_must_end_inside_its_part(void **state)
{
	struct tree t = make();

	(void)state;
	t.structure[4] = big(2);
	assert_false(is_sound(&t));
	t = make();
	t.header[8] = big(1);
	assert_false(is_sound(&t));
}

static void nodes_open_and_close_in_pairs(void **state)
{
	struct tree t = make();

	(void)state;
	t.structure[6] = big(4);
	assert_false(is_sound(&t));
	t = make();
	t.structure[0] = big(2);
	assert_false(is_sound(&t));
	t = make();
	t.structure[7] = big(4);
	assert_false(is_sound(&t));
	t = make();
	t.structure[6] = big(5);
	assert_false(is_sound(&t));
}

static void there_is_one_root(void **state)
{
	struct tree t = make();
	const uint32_t two[8] = {1, 0, 2, 1, 0, 2, 9, 0};

	(void)state;
	for (size_t i = 0; i < 8; i++)
		t.structure[i] = big(two[i]);
	assert_false(is_sound(&t));
}

static void depth_has_a_limit(void **state)
{
	struct {
		struct tree tree;
		uint32_t structure[6 * BH_BLOB_DEPTH_MAX + 8];
	} deep = {make(), {0}};

	(void)state;
	for (unsigned depth = BH_BLOB_DEPTH_MAX; depth <= BH_BLOB_DEPTH_MAX + 1; depth++) {
		unsigned words = 0;

		for (unsigned i = 0; i < depth; i++) {
			deep.structure[words++] = big(1);
			deep.structure[words++] = 0;
		}
		for (unsigned i = 0; i < depth; i++)
			deep.structure[words++] = big(2);
		deep.structure[words++] = big(9);
		deep.tree.header[1] = big(sizeof(deep));
		deep.tree.header[2] = big(sizeof(deep.tree));
		deep.tree.header[9] = big(4 * words);
		assert_int_equal(bh_blob_is_sound(&deep, sizeof(deep)), depth <= BH_BLOB_DEPTH_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_tree_is_sound),
		cmocka_unit_test(a_tree_that_was_cut_off_is_not),
		cmocka_unit_test(parts_outside_the_blob_are_refused),
		cmocka_unit_test(a_property_whose_length_wraps_is_refused),
		cmocka_unit_test(a_name_must_end_inside_its_part),
		cmocka_unit_test(nodes_open_and_close_in_pairs),
		cmocka_unit_test(there_is_one_root),
		cmocka_unit_test(depth_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
