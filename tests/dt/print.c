/* SPDX-License-Identifier: Apache-2.0 */
#include "dt/print.h"
#include "dt/refs.h"
#include "dts.h"

#include <stdlib.h>
#include <string.h>

static char *text_of(const struct bh_dt *tree, const struct bh_dt_node *top, bool with_refs,
		     unsigned flags)
{
	struct bh_refs refs = {0};
	struct bh_buf buf;

	bh_buf_init(&buf);
	if (with_refs)
		bh_refs_extract(&refs, tree, NULL, 0, NULL);
	bh_dt_print(&buf, tree, top, with_refs ? &refs : NULL, flags);
	if (with_refs)
		bh_refs_finish(&refs);
	return bh_buf_take(&buf);
}

static void assert_prints(const char *source, const char *expected)
{
	struct bh_dt tree = dts_without_labels(source);
	char *text = text_of(&tree, tree.root, true, BH_DTS_NO_HEADER);

	assert_string_equal(text, expected);
	free(text);
	bh_dt_finish(&tree);
}

/* The text, compiled by dtc, is the tree it was printed from. */
static void assert_comes_back(const char *source, unsigned flags)
{
	struct bh_dt tree = dts(source);
	char *text = text_of(&tree, tree.root, true, flags);
	char *body = strstr(text, "/dts-v1/;\n") + strlen("/dts-v1/;\n");
	struct bh_dt again = dts_without_labels(body);

	assert_same_tree(&tree, &again);
	bh_dt_finish(&again);
	bh_dt_finish(&tree);
	free(text);
}

static void values_are_guessed_as_dtc_does(void **state)
{
	(void)state;
	assert_prints("/ { flag; cells = <1 0x20>; text = \"a\", \"b c\"; bytes = [01 02 03]; none "
		      "= \"\"; };",
		      "/ {\n\tflag;\n\tcells = <0x1 0x20>;\n\ttext = \"a\", \"b c\";\n\tbytes = "
		      "[01 02 03];\n"
		      "\tnone = [00];\n};\n");
}

static void quotes_and_backslashes_are_escaped(void **state)
{
	(void)state;
	assert_prints("/ { a = \"say \\\"hi\\\\\"; };", "/ {\n\ta = \"say \\\"hi\\\\\";\n};\n");
}

static void children_stand_apart(void **state)
{
	(void)state;
	assert_prints("/ { a; b { c; d { }; }; e@1 { }; };",
		      "/ {\n\ta;\n\n\tb {\n\t\tc;\n\n\t\td {\n\t\t};\n\t};\n\n\te@1 {\n\t};\n};\n");
}

static void addresses_stand_in_entries(void **state)
{
	(void)state;
	assert_prints(
		"/ { #address-cells = <2>; #size-cells = <1>; b { ranges = <1 0 2 3>; reg = <0 1 2 "
		"0 3 4>; };"
		"c { reg = <1 2>; }; };",
		"/ {\n\t#address-cells = <0x2>;\n\t#size-cells = <0x1>;\n\n\tb {\n"
		"\t\tranges = <0x1 0x0 0x2 0x3>;\n\t\treg = <0x0 0x1 0x2>, <0x0 0x3 0x4>;\n\t};\n\n"
		"\tc {\n\t\treg = <0x1 0x2>;\n\t};\n};\n");
}

static void references_without_labels_are_paths(void **state)
{
	(void)state;
	assert_prints(
		"/ { p: p@1 { #clock-cells = <1>; phandle = <9>; }; d { clocks = <&p 3>, <&p 4>; "
		"}; };",
		"/ {\n\tp@1 {\n\t\t#clock-cells = <0x1>;\n\t\tphandle = <0x9>;\n\t};\n\n\td {\n"
		"\t\tclocks = <&{/p@1} 0x3>, <&{/p@1} 0x4>;\n\t};\n};\n");
}

static void references_with_labels_are_labels(void **state)
{
	struct bh_dt tree = dts("/ { p: p@1 { #clock-cells = <1>; }; d { clocks = <&p 3>; }; };");
	char *text = text_of(&tree, tree.root, true, BH_DTS_HIDE_PHANDLES | BH_DTS_HIDE_SYMBOLS);

	(void)state;
	assert_string_equal(
		text, "/dts-v1/;\n\n/ {\n\tp: p@1 {\n\t\t#clock-cells = <0x1>;\n\t};\n\n\td {\n"
		      "\t\tclocks = <&p 0x3>;\n\t};\n};\n");
	free(text);
	bh_dt_finish(&tree);
}

static void references_nobody_knows_stay_numbers(void **state)
{
	struct bh_dt tree = dts(
		"/ { p: p { phandle = <7>; }; d: d { vendor,thing = <&p>; clocks = <0x99>; }; };");
	char *text = text_of(&tree, dts_node(&tree, "d"), true, BH_DTS_HIDE_PHANDLES);

	(void)state;
	assert_string_equal(text, "d: d {\n\tvendor,thing = <0x7>;\n\tclocks = <0x99>;\n};\n");
	free(text);
	bh_dt_finish(&tree);
}

static void edits_may_be_marked_with_their_origin(void **state)
{
	struct bh_dt tree = dts_without_labels("/ { a = <1>; };");

	(void)state;
	bh_dt_set_origin(&tree, "plan");
	bh_dt_set_u32(&tree, tree.root, "b", 2);
	char *text = text_of(&tree, tree.root, false, BH_DTS_ORIGINS | BH_DTS_NO_HEADER);
	assert_string_equal(text, "/ {\n\ta = <0x1>;\n\tb = <0x2>; /* plan */\n};\n");
	free(text);
	bh_dt_finish(&tree);
}

static void one_property_is_printed_on_one_line(void **state)
{
	struct bh_dt tree = dts(
		"/ { p: p { #clock-cells = <0>; }; d: d { clocks = <&p>, <&p>, <&p>, <&p>, <&p>,"
		"<&p>, <&p>, <&p>, <&p>, <&p>, <&p>, <&p>, <&p>, <&p>, <&p>, <&p>, <&p>; }; };");
	const struct bh_dt_node *d = dts_node(&tree, "d");
	struct bh_refs refs;
	struct bh_buf buf;

	(void)state;
	bh_buf_init(&buf);
	bh_refs_extract(&refs, &tree, NULL, 0, NULL);
	bh_dt_print_prop(&buf, &tree, d, d->props, &refs);
	assert_null(strchr(bh_buf_str(&buf), '\n'));
	assert_non_null(strstr(bh_buf_str(&buf), "clocks = <&p>, <&p>,"));
	bh_refs_finish(&refs);
	bh_buf_finish(&buf);
	bh_dt_finish(&tree);
}

#define RICH                                                                                       \
	"/memreserve/ 0x1000 0x2000; / { interrupt-parent = <&g>; g: g { #interrupt-cells = <3>;"  \
	"#address-cells = <0>; interrupt-controller; }; two: c: clk { #clock-cells = <1>; };"      \
	"d { interrupts = <0 1 4>, <0 2 4>; clocks = <&c 1>, <0>, <&two 2>; x = \"a\", \"b\";"     \
	"y = [01 02 03 04 05]; long = <1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22>;" \
	"rockchip,pins = <1 2 3 &g>; vendor,thing = <&c>; };"                                      \
	"p { #interrupt-cells = <1>; #address-cells = <3>; interrupt-map = <0 0 0 1 &g 0 5 4>; "   \
	"}; };"

static void dtc_takes_the_text_back_to_the_same_tree(void **state)
{
	(void)state;
	assert_comes_back(RICH, 0);
	assert_comes_back(RICH, BH_DTS_ORIGINS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_guessed_as_dtc_does),
		cmocka_unit_test(quotes_and_backslashes_are_escaped),
		cmocka_unit_test(children_stand_apart),
		cmocka_unit_test(addresses_stand_in_entries),
		cmocka_unit_test(references_without_labels_are_paths),
		cmocka_unit_test(references_with_labels_are_labels),
		cmocka_unit_test(references_nobody_knows_stay_numbers),
		cmocka_unit_test(edits_may_be_marked_with_their_origin),
		cmocka_unit_test(one_property_is_printed_on_one_line),
		cmocka_unit_test(dtc_takes_the_text_back_to_the_same_tree),
	};

	dts_need_dtc();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
