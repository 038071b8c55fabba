/* SPDX-License-Identifier: Apache-2.0 */
#include "dts.h"

#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

static void assert_round_trip(const struct bh_dt *tree)
{
	size_t size;
	struct bh_dt again;
	void *blob = bh_dt_write(tree, &size, NULL);

	assert_int_equal(fdt_check_full(blob, size), 0);
	assert_true(bh_dt_read(&again, blob, size, "again", NULL));
	assert_same_tree(tree, &again);
	bh_dt_finish(&again);
	free(blob);
}

static void an_empty_tree_is_written(void **state)
{
	struct bh_dt tree;

	(void)state;
	bh_dt_init(&tree);
	assert_int_equal(tree.count, 1);
	assert_round_trip(&tree);
	bh_dt_finish(&tree);
}

static void what_was_read_is_written_as_it_was(void **state)
{
	struct bh_dt tree =
		dts("/memreserve/ 0x1000 0x10; / { a = <1 2>; b = \"x\"; c = [01 02 03]; d; n@1 {"
		    "e = <&x>; x: m { }; }; o { }; };");

	(void)state;
	tree.boot_cpu = 3;
	assert_round_trip(&tree);
	size_t size;
	void *blob = bh_dt_write(&tree, &size, NULL);
	assert_int_equal(fdt_boot_cpuid_phys(blob), 3);
	free(blob);
	bh_dt_finish(&tree);
}

static void equal_names_share_one_string(void **state)
{
	struct bh_dt tree;
	size_t size;

	(void)state;
	bh_dt_init(&tree);
	bh_dt_set_u32(&tree, tree.root, "name", 1);
	bh_dt_set_u32(&tree, bh_dt_add(&tree, tree.root, "a"), "name", 2);
	void *blob = bh_dt_write(&tree, &size, NULL);
	assert_int_equal(fdt_size_dt_strings(blob), 5);
	free(blob);
	bh_dt_finish(&tree);
}

static void setting_a_property_keeps_its_place(void **state)
{
	struct bh_dt tree = dts("/ { a = <1>; b = <2>; };");

	(void)state;
	bh_dt_set_string(&tree, tree.root, "a", "new");
	assert_string_equal(tree.root->props->name, "a");
	assert_string_equal(bh_dt_string(tree.root, "a"), "new");
	assert_round_trip(&tree);
	bh_dt_finish(&tree);
}

static void values_are_copied(void **state)
{
	struct bh_dt tree;
	char text[] = "before";

	(void)state;
	bh_dt_init(&tree);
	bh_dt_set_string(&tree, tree.root, "a", text);
	strcpy(text, "after");
	assert_string_equal(bh_dt_string(tree.root, "a"), "before");
	bh_dt_finish(&tree);
}

static void lists_of_strings_and_cells_are_encoded(void **state)
{
	static const char *const words[] = {"one", "two"};
	static const uint32_t cells[] = {1, 0xdeadbeef};
	struct bh_dt tree;
	uint64_t value;

	(void)state;
	bh_dt_init(&tree);
	bh_dt_set_strings(&tree, tree.root, "s", words, 2);
	bh_dt_set_cells(&tree, tree.root, "c", cells, 2);
	bh_dt_set_strings(&tree, tree.root, "none", NULL, 0);
	assert_int_equal(bh_dt_get(tree.root, "s")->length, 8);
	assert_string_equal(bh_dt_string_at(bh_dt_get(tree.root, "s"), 1), "two");
	assert_true(bh_dt_u64(tree.root, "c", &value));
	assert_int_equal(value, 0x1deadbeef);
	assert_int_equal(bh_dt_get(tree.root, "none")->length, 0);
	bh_dt_finish(&tree);
}

static void unsetting_works_at_every_place(void **state)
{
	struct bh_dt tree = dts("/ { a; b; c; };");

	(void)state;
	assert_false(bh_dt_unset(&tree, tree.root, "x"));
	assert_true(bh_dt_unset(&tree, tree.root, "b"));
	assert_true(bh_dt_unset(&tree, tree.root, "c"));
	bh_dt_set_flag(&tree, tree.root, "d");
	assert_true(bh_dt_unset(&tree, tree.root, "a"));
	assert_string_equal(tree.root->props->name, "d");
	assert_null(tree.root->props->next);
	assert_round_trip(&tree);
	bh_dt_finish(&tree);
}

static void adding_a_node_that_is_there_returns_it(void **state)
{
	struct bh_dt tree = dts("/ { a: a@1 { }; };");

	(void)state;
	assert_ptr_equal(bh_dt_add(&tree, tree.root, "a@1"), dts_node(&tree, "a"));
	assert_int_equal(tree.count, 3); /* and __symbols__ */
	bh_dt_finish(&tree);
}

static void adding_a_path_makes_what_is_missing(void **state)
{
	struct bh_dt tree = dts("/ { soc { }; };");
	struct bh_dt_node *node = bh_dt_add_path_nodes(&tree, "/soc/bus@1/dev@2");

	(void)state;
	assert_string_equal(node->name, "dev@2");
	assert_ptr_equal(bh_dt_find(&tree, "/soc/bus@1/dev@2"), node);
	assert_ptr_equal(bh_dt_add_path_nodes(&tree, "/"), tree.root);
	assert_round_trip(&tree);
	bh_dt_finish(&tree);
}

static void adding_below_the_depth_limit_fails(void **state)
{
	struct bh_dt tree;
	struct bh_dt_node *node;

	(void)state;
	bh_dt_init(&tree);
	node = tree.root;
	for (int i = 1; i < BH_DT_DEPTH_MAX; i++)
		assert_non_null(node = bh_dt_add(&tree, node, "n"));
	assert_null(bh_dt_add(&tree, node, "n"));
	bh_dt_finish(&tree);
}

static void a_removed_subtree_is_found_by_nobody(void **state)
{
	struct bh_dt tree = dts(
		"/ { first { }; gone: gone@1 { below: below { }; }; x: last { y = <&below>; }; };");
	struct bh_dt_node *gone = dts_node(&tree, "gone"), *below = dts_node(&tree, "below");
	uint32_t phandle = below->phandle;

	(void)state;
	assert_ptr_equal(bh_dt_by_phandle(&tree, phandle), below);
	uint32_t count = tree.count;
	bh_dt_remove(&tree, gone);
	assert_int_equal(tree.count, count - 2);
	assert_null(bh_dt_find(&tree, "/gone@1"));
	assert_null(bh_dt_by_phandle(&tree, phandle));
	assert_null(bh_dt_by_label(&tree, "below"));
	assert_null(tree.nodes[below->index]);
	assert_string_equal(below->name, "below"); /* still readable */
	assert_round_trip(&tree);
	bh_dt_finish(&tree);
}

static void a_removed_name_can_be_added_again(void **state)
{
	struct bh_dt tree = dts("/ { a { b; }; z { }; };");

	(void)state;
	bh_dt_remove(&tree, bh_dt_find(&tree, "/a"));
	struct bh_dt_node *a = bh_dt_add(&tree, tree.root, "a");
	assert_null(a->props);
	assert_ptr_equal(bh_dt_find(&tree, "/a"), a);
	assert_ptr_equal(tree.root->last_child, a);
	assert_round_trip(&tree);
	bh_dt_finish(&tree);
}

static void every_child_can_be_removed(void **state)
{
	struct bh_dt tree = dts_without_labels("/ { a { }; b { }; c { }; };");

	(void)state;
	bh_dt_remove(&tree, bh_dt_find(&tree, "/c"));
	bh_dt_remove(&tree, bh_dt_find(&tree, "/a"));
	bh_dt_remove(&tree, bh_dt_find(&tree, "/b"));
	assert_null(tree.root->child);
	assert_null(tree.root->last_child);
	assert_int_equal(tree.count, 1);
	bh_dt_finish(&tree);
}

static void a_fresh_phandle_is_above_all_others(void **state)
{
	struct bh_dt tree = dts_without_labels("/ { a { phandle = <7>; }; b { }; };");

	(void)state;
	assert_int_equal(bh_dt_need_phandle(&tree, bh_dt_find(&tree, "/a")), 7);
	assert_int_equal(bh_dt_need_phandle(&tree, bh_dt_find(&tree, "/b")), 8);
	assert_ptr_equal(bh_dt_by_phandle(&tree, 8), bh_dt_find(&tree, "/b"));
	assert_round_trip(&tree);
	bh_dt_finish(&tree);
}

static void a_removed_nodes_phandle_is_not_used_again(void **state)
{
	struct bh_dt tree = dts_without_labels("/ { a { phandle = <9>; }; b { }; };");

	(void)state;
	bh_dt_remove(&tree, bh_dt_find(&tree, "/a"));
	assert_int_equal(bh_dt_need_phandle(&tree, bh_dt_find(&tree, "/b")), 10);
	bh_dt_finish(&tree);
}

static void when_the_last_phandle_is_taken_a_free_one_is_found(void **state)
{
	struct bh_dt tree = dts_without_labels(
		"/ { a { phandle = <0xfffffffe>; }; b { phandle = <1>; }; c { }; d { }; };");

	(void)state;
	assert_int_equal(bh_dt_need_phandle(&tree, bh_dt_find(&tree, "/c")), 2);
	assert_int_equal(bh_dt_need_phandle(&tree, bh_dt_find(&tree, "/d")), 3);
	assert_round_trip(&tree);
	bh_dt_finish(&tree);
}

static void document_order_is_kept_by_walking(void **state)
{
	struct bh_dt tree = dts_without_labels("/ { a { b { }; c { }; }; d { }; };");
	static const char *const order[] = {"", "a", "b", "c", "d"};
	size_t i = 0;

	(void)state;
	bh_dt_for_each(node, tree.root) assert_string_equal(node->name, order[i++]);
	assert_int_equal(i, 5);
	i = 1;
	bh_dt_for_each(node, bh_dt_find(&tree, "/a")) assert_string_equal(node->name, order[i++]);
	assert_int_equal(i, 4);
	assert_true(bh_dt_is_below(bh_dt_find(&tree, "/a/b"), bh_dt_find(&tree, "/a")));
	assert_false(bh_dt_is_below(bh_dt_find(&tree, "/d"), bh_dt_find(&tree, "/a")));
	bh_dt_finish(&tree);
}

static void a_tree_above_the_size_limit_is_not_written(void **state)
{
	struct bh_dt tree;
	struct bh_diags diags;
	size_t size;
	void *big = calloc(1, BH_DT_SIZE_MAX);

	(void)state;
	bh_diags_init(&diags);
	bh_dt_init(&tree);
	bh_dt_set(&tree, tree.root, "a", big, BH_DT_SIZE_MAX);
	assert_null(bh_dt_write(&tree, &size, &diags));
	only_diag(&diags, "E0303");
	bh_dt_finish(&tree);
	bh_diags_finish(&diags);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_tree_is_written),
		cmocka_unit_test(what_was_read_is_written_as_it_was),
		cmocka_unit_test(equal_names_share_one_string),
		cmocka_unit_test(setting_a_property_keeps_its_place),
		cmocka_unit_test(values_are_copied),
		cmocka_unit_test(lists_of_strings_and_cells_are_encoded),
		cmocka_unit_test(unsetting_works_at_every_place),
		cmocka_unit_test(adding_a_node_that_is_there_returns_it),
		cmocka_unit_test(adding_a_path_makes_what_is_missing),
		cmocka_unit_test(adding_below_the_depth_limit_fails),
		cmocka_unit_test(a_removed_subtree_is_found_by_nobody),
		cmocka_unit_test(a_removed_name_can_be_added_again),
		cmocka_unit_test(every_child_can_be_removed),
		cmocka_unit_test(a_fresh_phandle_is_above_all_others),
		cmocka_unit_test(a_removed_nodes_phandle_is_not_used_again),
		cmocka_unit_test(when_the_last_phandle_is_taken_a_free_one_is_found),
		cmocka_unit_test(document_order_is_kept_by_walking),
		cmocka_unit_test(a_tree_above_the_size_limit_is_not_written),
	};

	dts_need_dtc();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
