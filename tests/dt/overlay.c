/* SPDX-License-Identifier: Apache-2.0 */
#include "dt/overlay.h"
#include "dts.h"

#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#define BASE                                                                                       \
	"/ { soc: soc { clk: clk { #clock-cells = <0>; }; uart: serial@1 { status = \"disabled\";" \
	"clocks = <&clk>; child { a = <1>; }; }; }; };"

/* Compiled as a plugin: references to labels it has not are left to the tree. */
static struct bh_dt overlay_of(const char *text)
{
	char *plugin = bh_strf("/plugin/;\n%s", text);
	struct bh_dt tree = dts(plugin);

	free(plugin);
	return tree;
}

static bool apply(struct bh_dt *tree, const char *text, struct bh_diags *diags)
{
	struct bh_dt overlay = overlay_of(text);
	bool ok = bh_dt_overlay_apply(tree, &overlay, "o.dtbo", diags);

	bh_dt_finish(&overlay);
	return ok;
}

static void assert_refused(const char *text, const char *code)
{
	struct bh_dt tree = dts(BASE);
	struct bh_diags diags;
	size_t before_size, after_size;

	bh_diags_init(&diags);
	void *before = bh_dt_write(&tree, &before_size, NULL);
	assert_false(apply(&tree, text, &diags));
	only_diag(&diags, code);
	void *after = bh_dt_write(&tree, &after_size, NULL);
	assert_int_equal(before_size, after_size);
	assert_memory_equal(before, after, before_size);
	free(before);
	free(after);
	bh_diags_finish(&diags);
	bh_dt_finish(&tree);
}

static void properties_are_replaced_and_added(void **state)
{
	struct bh_dt tree = dts(BASE);

	(void)state;
	assert_true(
		apply(&tree, "&uart { status = \"okay\"; new = <7>; child { a = <2>; }; };", NULL));
	assert_string_equal(bh_dt_string(dts_node(&tree, "uart"), "status"), "okay");
	assert_int_equal(bh_dt_cell(bh_dt_get(dts_node(&tree, "uart"), "new"), 0), 7);
	assert_int_equal(bh_dt_cell(bh_dt_get(bh_dt_find(&tree, "/soc/serial@1/child"), "a"), 0),
			 2);
	bh_dt_finish(&tree);
}

static void what_an_overlay_wrote_carries_its_name(void **state)
{
	struct bh_dt tree = dts(BASE);

	(void)state;
	assert_true(apply(&tree, "&uart { status = \"okay\"; sub { }; };", NULL));
	struct bh_dt_node *uart = dts_node(&tree, "uart");
	assert_string_equal(bh_dt_origin_name(&tree, bh_dt_get(uart, "status")->origin), "o.dtbo");
	assert_string_equal(bh_dt_origin_name(&tree, bh_dt_get(uart, "clocks")->origin),
			    "test.dts");
	assert_string_equal(bh_dt_origin_name(&tree, bh_dt_child(uart, "sub")->origin), "o.dtbo");
	bh_dt_finish(&tree);
}

static void references_inside_and_outside_reach_their_nodes(void **state)
{
	struct bh_dt tree = dts(BASE);

	(void)state;
	assert_true(apply(&tree,
			  "&soc { osc: osc { #clock-cells = <0>; };"
			  "dev { clocks = <&clk>, <&osc>; }; };",
			  NULL));
	const struct bh_dt_prop *clocks = bh_dt_get(bh_dt_find(&tree, "/soc/dev"), "clocks");
	assert_ptr_equal(bh_dt_by_phandle(&tree, bh_dt_cell(clocks, 0)), dts_node(&tree, "clk"));
	assert_ptr_equal(bh_dt_by_phandle(&tree, bh_dt_cell(clocks, 1)),
			 bh_dt_find(&tree, "/soc/osc"));
	bh_dt_finish(&tree);
}

static void a_node_of_both_keeps_its_phandle(void **state)
{
	struct bh_dt tree = dts(BASE);
	uint32_t phandle = dts_node(&tree, "clk")->phandle;

	(void)state;
	assert_true(apply(&tree, "&soc { again: clk { x; }; dev { clocks = <&again>; }; };", NULL));
	assert_int_equal(dts_node(&tree, "clk")->phandle, phandle);
	assert_int_equal(bh_dt_cell(bh_dt_get(bh_dt_find(&tree, "/soc/dev"), "clocks"), 0),
			 phandle);
	bh_dt_finish(&tree);
}

static void a_node_is_laid_over_the_one_of_its_very_name(void **state)
{
	struct bh_dt tree = dts("/ { soc: soc { port@0 { }; }; };");

	(void)state;
	assert_true(apply(&tree, "&soc { port { x; }; };", NULL));
	assert_non_null(bh_dt_find(&tree, "/soc/port"));
	assert_false(bh_dt_has(bh_dt_find(&tree, "/soc/port@0"), "x"));
	bh_dt_finish(&tree);
}

static void labels_of_the_overlay_are_known_afterwards(void **state)
{
	struct bh_dt tree = dts(BASE);

	(void)state;
	assert_true(apply(&tree, "&uart { gps: gps { }; };", NULL));
	assert_ptr_equal(bh_dt_by_label(&tree, "gps"), bh_dt_find(&tree, "/soc/serial@1/gps"));
	assert_true(apply(&tree, "&gps { second; };", NULL));
	assert_true(bh_dt_has(dts_node(&tree, "gps"), "second"));
	bh_dt_finish(&tree);
}

static void a_path_can_be_the_target(void **state)
{
	struct bh_dt tree = dts_without_labels(BASE);

	(void)state;
	assert_true(apply(&tree, "&{/soc} { a { }; }; &{/soc/a} { b { }; };", NULL));
	assert_non_null(bh_dt_find(&tree, "/soc/a/b"));
	bh_dt_finish(&tree);
}

static void a_nameless_target_gets_a_phandle(void **state)
{
	struct bh_dt tree = dts_without_labels("/ { soc { }; __symbols__ { soc = \"/soc\"; }; };");

	(void)state;
	assert_int_equal(bh_dt_find(&tree, "/soc")->phandle, 0);
	assert_true(apply(&tree, "&soc { x; };", NULL));
	assert_true(bh_dt_has(bh_dt_find(&tree, "/soc"), "x"));
	bh_dt_finish(&tree);
}

static void a_tree_of_its_own_is_refused(void **state)
{
	struct bh_dt tree = dts(BASE), other = dts_without_labels("/ { };");
	struct bh_diags diags;

	(void)state;
	bh_diags_init(&diags);
	assert_false(bh_dt_is_overlay(&other));
	assert_false(bh_dt_overlay_apply(&tree, &other, "o", &diags));
	only_diag(&diags, "E0340");
	bh_diags_finish(&diags);
	bh_dt_finish(&other);
	bh_dt_finish(&tree);
}

static void an_unknown_label_is_refused(void **state)
{
	(void)state;
	assert_refused("&nothing { x; };", "E0341");
	assert_refused("&uart { x = <&nothing>; };", "E0341");
}

static void an_unknown_path_is_refused(void **state)
{
	(void)state;
	assert_refused("&{/nothing} { x; };", "E0343");
}

static void damaged_fixups_are_refused(void **state)
{
	(void)state;
	assert_refused("/ { __fixups__ { uart = \"/a:b\"; }; };", "E0342");
	assert_refused("/ { __fixups__ { uart = \"/a:b:0\"; }; };", "E0342");
	assert_refused("/ { a { b = <0>; }; __fixups__ { uart = \"/a:b:4\"; }; };", "E0342");
	assert_refused("/ { a { b = <0>; }; __fixups__ { uart = \"/a:b:-1\"; }; };", "E0342");
	assert_refused("/ { a { b = [00 00]; }; __local_fixups__ { a { b = <0>; }; }; };", "E0342");
	assert_refused("/ { a { b = <0>; }; __local_fixups__ { a { c = <0>; }; }; };", "E0342");
	assert_refused("/ { a { b = <0>; }; __local_fixups__ { x { b = <0>; }; }; };", "E0342");
}

static void phandles_that_pass_32_bits_are_refused(void **state)
{
	(void)state;
	assert_refused("&uart { x { phandle = <0xfffffffe>; }; };", "E0344");
}

static void an_overlay_that_could_pass_the_depth_limit_is_refused(void **state)
{
	struct bh_buf text;

	(void)state;
	bh_buf_init(&text);
	bh_buf_adds(&text, "&uart {");
	for (int i = 0; i < 60; i++)
		bh_buf_adds(&text, "n {");
	for (int i = 0; i < 60; i++)
		bh_buf_adds(&text, "};");
	bh_buf_adds(&text, "};");
	assert_refused(bh_buf_str(&text), "E0305");
	bh_buf_finish(&text);
}

static void the_result_is_libfdts(void **state)
{
	static const char text[] =
		"&uart { status = \"okay\"; clocks = <&osc>, <&clk>; x { y = <&uart>; }; };"
		"&soc { osc: osc { #clock-cells = <0>; z = <&osc>; }; };";
	char *plugin = bh_strf("/plugin/;\n%s", text);
	size_t size, over_size;
	void *base = dts_compile(BASE, "-@", &size), *over = dts_compile(plugin, "-@", &over_size);
	void *merged = bh_alloc(2 * (size + over_size));
	struct bh_dt theirs, ours = dts(BASE);

	(void)state;
	assert_int_equal(fdt_open_into(base, merged, (int)(2 * (size + over_size))), 0);
	assert_int_equal(fdt_overlay_apply(merged, over), 0);
	assert_true(bh_dt_read(&theirs, merged, 2 * (size + over_size), "libfdt", NULL));
	assert_true(apply(&ours, text, NULL));
	assert_same_tree(&theirs, &ours);
	bh_dt_finish(&theirs);
	bh_dt_finish(&ours);
	free(plugin);
	free(merged);
	free(base);
	free(over);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(properties_are_replaced_and_added),
		cmocka_unit_test(what_an_overlay_wrote_carries_its_name),
		cmocka_unit_test(references_inside_and_outside_reach_their_nodes),
		cmocka_unit_test(a_node_of_both_keeps_its_phandle),
		cmocka_unit_test(a_node_is_laid_over_the_one_of_its_very_name),
		cmocka_unit_test(labels_of_the_overlay_are_known_afterwards),
		cmocka_unit_test(a_path_can_be_the_target),
		cmocka_unit_test(a_nameless_target_gets_a_phandle),
		cmocka_unit_test(a_tree_of_its_own_is_refused),
		cmocka_unit_test(an_unknown_label_is_refused),
		cmocka_unit_test(an_unknown_path_is_refused),
		cmocka_unit_test(damaged_fixups_are_refused),
		cmocka_unit_test(phandles_that_pass_32_bits_are_refused),
		cmocka_unit_test(an_overlay_that_could_pass_the_depth_limit_is_refused),
		cmocka_unit_test(the_result_is_libfdts),
	};

	dts_need_dtc();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
