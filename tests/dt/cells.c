/* SPDX-License-Identifier: Apache-2.0 */
#include "dt/cells.h"
#include "dts.h"

static void assert_cpu(const struct bh_dt *tree, const char *node, uint32_t index, uint64_t base,
		       uint64_t size)
{
	struct bh_range range;

	assert_int_equal(bh_dt_reg_cpu(dts_node(tree, node), index, &range), BH_DT_OK);
	assert_int_equal(range.base, base);
	assert_int_equal(range.size, size);
}

static void assert_no_cpu(const struct bh_dt *tree, const char *node,
			  enum bh_dt_address_result result)
{
	struct bh_range range;

	assert_int_equal(bh_dt_reg_cpu(dts_node(tree, node), 0, &range), result);
}

static void cells_are_2_and_1_when_the_parent_says_nothing(void **state)
{
	struct bh_dt tree = dts("/ { a: a { b: b { reg = <1 2 3>; }; }; };");
	struct bh_dt_reg reg;

	(void)state;
	assert_int_equal(bh_dt_reg_count(dts_node(&tree, "b")), 1);
	assert_int_equal(bh_dt_reg(dts_node(&tree, "b"), 0, &reg), BH_DT_OK);
	assert_int_equal(reg.range.base, 0x100000002);
	assert_int_equal(reg.range.size, 3);
	bh_dt_finish(&tree);
}

static void cells_are_the_parents_and_not_the_grandparents(void **state)
{
	struct bh_dt tree =
		dts("/ { #address-cells = <2>; #size-cells = <2>; bus { ranges;"
		    "#address-cells = <1>; #size-cells = <1>; d: d@10 { reg = <0x10 4>; }; }; };");

	(void)state;
	assert_cpu(&tree, "d", 0, 0x10, 4);
	bh_dt_finish(&tree);
}

static void empty_ranges_are_the_identity(void **state)
{
	struct bh_dt tree = dts("/ { #address-cells = <1>; #size-cells = <1>; bus { ranges;"
				"#address-cells = <2>; #size-cells = <2>;"
				"d: d@30000000 { reg = <0 0x30000000 0 0x10>; }; }; };");

	(void)state;
	assert_cpu(&tree, "d", 0, 0x30000000, 0x10);
	bh_dt_finish(&tree);
}

static void a_bus_without_ranges_is_not_mapped(void **state)
{
	struct bh_dt tree =
		dts("/ { #address-cells = <1>; #size-cells = <1>;"
		    "i2c@1000 { reg = <0x1000 0x10>; #address-cells = <1>; #size-cells = <0>;"
		    "d: chip@50 { reg = <0x50>; }; }; };");

	(void)state;
	assert_no_cpu(&tree, "d", BH_DT_NOT_MAPPED);
	bh_dt_finish(&tree);
}

static void ranges_move_addresses_through_every_bus_above(void **state)
{
	struct bh_dt tree = dts(
		"/ { #address-cells = <2>; #size-cells = <2>;"
		"outer { #address-cells = <1>; #size-cells = <1>;"
		"ranges = <0 0x8 0x40000000 0x10000000>;"
		"inner { #address-cells = <1>; #size-cells = <1>; ranges = <0x100 0x2000 0x1000>;"
		"d: d@180 { reg = <0x180 0x10>, <0x200 0x20>; }; }; }; };");

	(void)state;
	assert_cpu(&tree, "d", 0, 0x840002080, 0x10);
	assert_cpu(&tree, "d", 1, 0x840002100, 0x20);
	bh_dt_finish(&tree);
}

static void the_window_that_covers_the_address_is_taken(void **state)
{
	struct bh_dt tree =
		dts("/ { #address-cells = <1>; #size-cells = <1>; bus { #address-cells = <1>;"
		    "#size-cells = <1>; ranges = <0 0x10000 0x100>, <0x100 0x90000 0x100>;"
		    "d: d@140 { reg = <0x140 0x10>; }; }; };");

	(void)state;
	assert_cpu(&tree, "d", 0, 0x90040, 0x10);
	bh_dt_finish(&tree);
}

static void what_no_window_covers_is_outside(void **state)
{
	struct bh_dt tree =
		dts("/ { #address-cells = <1>; #size-cells = <1>; bus { #address-cells = <1>;"
		    "#size-cells = <1>; ranges = <0 0x10000 0x100>;"
		    "d: d@100 { reg = <0x100 4>; }; e: e@fc { reg = <0xfc 8>; }; }; };");

	(void)state;
	assert_no_cpu(&tree, "d", BH_DT_OUTSIDE);
	assert_no_cpu(&tree, "e", BH_DT_OUTSIDE);
	bh_dt_finish(&tree);
}

static void a_size_of_no_cells_is_0(void **state)
{
	struct bh_dt tree = dts("/ { cpus { #address-cells = <1>; #size-cells = <0>; c: cpu@3 { "
				"reg = <3>; }; }; };");
	struct bh_dt_reg reg;

	(void)state;
	assert_int_equal(bh_dt_reg(dts_node(&tree, "c"), 0, &reg), BH_DT_OK);
	assert_int_equal(reg.range.base, 3);
	assert_int_equal(reg.range.size, 0);
	bh_dt_finish(&tree);
}

static void addresses_of_no_cells_are_0(void **state)
{
	struct bh_dt tree = dts(
		"/ { b { #address-cells = <0>; #size-cells = <1>; c: c { reg = <0x10>; }; }; };");
	struct bh_dt_reg reg;

	(void)state;
	assert_int_equal(bh_dt_reg(dts_node(&tree, "c"), 0, &reg), BH_DT_OK);
	assert_int_equal(reg.range.base, 0);
	assert_int_equal(reg.range.size, 0x10);
	bh_dt_finish(&tree);
}

static void neither_address_nor_size_cells_is_malformed(void **state)
{
	struct bh_dt tree =
		dts("/ { b { #address-cells = <0>; #size-cells = <0>; c: c { reg = <1>; }; }; };");

	(void)state;
	assert_int_equal(bh_dt_reg_count(dts_node(&tree, "c")), 0);
	assert_no_cpu(&tree, "c", BH_DT_MALFORMED);
	bh_dt_finish(&tree);
}

static void four_address_cells_must_fit_64_bits(void **state)
{
	struct bh_dt tree =
		dts("/ { b { #address-cells = <4>; #size-cells = <1>; c: c { reg = <0 0 1 2 8>; };"
		    "d: d { reg = <0 1 0 0 8>; }; }; };");
	struct bh_dt_reg reg;

	(void)state;
	assert_int_equal(bh_dt_reg(dts_node(&tree, "c"), 0, &reg), BH_DT_OK);
	assert_int_equal(reg.range.base, 0x100000002);
	assert_int_equal(bh_dt_reg(dts_node(&tree, "d"), 0, &reg), BH_DT_OVERFLOW);
	bh_dt_finish(&tree);
}

static void an_end_beyond_2_to_the_64_is_an_overflow(void **state)
{
	struct bh_dt tree = dts("/ { #address-cells = <2>; #size-cells = <2>;"
				"c: c { reg = <0xffffffff 0xfffff000 0 0x1000>; };"
				"d: d { reg = <0xffffffff 0xfffff000 0 0x1001>; }; };");
	struct bh_range range;

	(void)state;
	assert_int_equal(bh_dt_reg_cpu(dts_node(&tree, "c"), 0, &range), BH_DT_OK);
	assert_int_equal(bh_dt_reg_cpu(dts_node(&tree, "d"), 0, &range), BH_DT_OVERFLOW);
	bh_dt_finish(&tree);
}

static void a_length_that_does_not_fit_is_malformed(void **state)
{
	struct bh_dt tree =
		dts("/ { #address-cells = <2>; #size-cells = <1>; c: c { reg = <0 1 2 3>; }; };");

	(void)state;
	assert_int_equal(bh_dt_reg_count(dts_node(&tree, "c")), 0);
	assert_no_cpu(&tree, "c", BH_DT_MALFORMED);
	bh_dt_finish(&tree);
}

static void more_than_four_cells_are_malformed(void **state)
{
	struct bh_dt tree = dts("/ { b { #address-cells = <5>; #size-cells = <0>; c: c { reg = <0 "
				"0 0 0 1>; }; }; };");

	(void)state;
	assert_no_cpu(&tree, "c", BH_DT_MALFORMED);
	bh_dt_finish(&tree);
}

#define PCI                                                                                   \
	"/ { #address-cells = <2>; #size-cells = <2>; p: pcie@10 { device_type = \"pci\";"    \
	"reg = <0 0x10 0 0x10>; #address-cells = <3>; #size-cells = <2>;"                     \
	"ranges = <0x01000000 0 0 0 0x50000000 0 0x10000>, "                                  \
	"<0x43000000 0x8 0 0x9 0 0x1 0>, <0x02000000 0 0x40000000 0 0x60000000 0 0x1000000>;" \
	"dma-ranges = <0x42000000 0 0 0 0x80000000 0 0x40000000>;"                            \
	"d: dev@0 { reg = <0 0 0 0 0>, <0x02000010 0 0x40001000 0 0x100>,"                    \
	"<0x01000014 0 0x20 0 0x10>, <0x03000018 0x8 0x10 0 0x10>; }; }; };"

static void pci_windows_go_by_address_space(void **state)
{
	struct bh_dt tree = dts(PCI);

	(void)state;
	assert_cpu(&tree, "d", 1, 0x60001000, 0x100);
	assert_cpu(&tree, "d", 2, 0x50000020, 0x10);
	assert_cpu(&tree, "d", 3, 0x900000010, 0x10);
	bh_dt_finish(&tree);
}

static void pci_configuration_space_is_not_mapped(void **state)
{
	struct bh_dt tree = dts(PCI);

	(void)state;
	assert_no_cpu(&tree, "d", BH_DT_NOT_MAPPED);
	bh_dt_finish(&tree);
}

static void dma_goes_through_dma_ranges(void **state)
{
	struct bh_dt tree = dts(PCI);
	struct bh_range cpu;

	(void)state;
	assert_int_equal(
		bh_dt_dma_to_cpu(dts_node(&tree, "d"), (struct bh_range){0x1000, 0x10}, &cpu),
		BH_DT_OK);
	assert_int_equal(cpu.base, 0x80001000);
	assert_int_equal(
		bh_dt_dma_to_cpu(dts_node(&tree, "d"), (struct bh_range){0x40000000, 0x10}, &cpu),
		BH_DT_OUTSIDE);
	assert_int_equal(bh_dt_dma_limit(dts_node(&tree, "d")), 0xbfffffff);
	bh_dt_finish(&tree);
}

static void dma_is_one_to_one_without_dma_ranges(void **state)
{
	struct bh_dt tree = dts("/ { b { ranges; dma-ranges; d: d { }; }; };");
	struct bh_range cpu;

	(void)state;
	assert_int_equal(bh_dt_dma_to_cpu(dts_node(&tree, "d"), (struct bh_range){5, 5}, &cpu),
			 BH_DT_OK);
	assert_int_equal(cpu.base, 5);
	assert_true(bh_dt_dma_limit(dts_node(&tree, "d")) == UINT64_MAX);
	bh_dt_finish(&tree);
}

static void a_unit_address_is_hexadecimal(void **state)
{
	struct bh_dt tree = dts("/ { a: a@3f0 { }; b: b@1,2 { }; c: c { }; d: d@foo { }; };");
	uint64_t value;

	(void)state;
	assert_true(bh_dt_unit_value(dts_node(&tree, "a"), &value));
	assert_int_equal(value, 0x3f0);
	assert_true(bh_dt_unit_value(dts_node(&tree, "b"), &value));
	assert_int_equal(value, 1);
	assert_false(bh_dt_unit_value(dts_node(&tree, "c"), &value));
	assert_false(bh_dt_unit_value(dts_node(&tree, "d"), &value));
	bh_dt_finish(&tree);
}

static void assert_warns(const char *text, const char *code, const char *property)
{
	struct bh_dt tree = dts(text);
	struct bh_diags diags;

	bh_diags_init(&diags);
	bh_dt_check_addresses(&tree, &diags);
	const struct bh_diag *diag = only_diag(&diags, code);
	assert_int_equal(diag->level, BH_WARNING);
	assert_string_equal(diag->node, "/b/c");
	assert_string_equal(diag->property, property);
	bh_diags_finish(&diags);
	bh_dt_finish(&tree);
}

static void wrong_addresses_are_reported_with_node_and_property(void **state)
{
	(void)state;
	assert_warns("/ { b { c { #address-cells = <5>; }; }; };", "E0330", "#address-cells");
	assert_warns("/ { b { c { #size-cells = [00]; }; }; };", "E0330", "#size-cells");
	assert_warns("/ { b { c { reg = <1 2>; }; }; };", "E0331", "reg");
	assert_warns("/ { b { c { ranges = <1 2>; }; }; };", "E0332", "ranges");
	assert_warns("/ { b { c { dma-ranges = <1 2>; }; }; };", "E0332", "dma-ranges");
	assert_warns("/ { b { ranges; #size-cells = <2>; c { reg = <0xffffffff 0 0xffffffff 0>; }; "
		     "}; };",
		     "E0333", "reg");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_2_and_1_when_the_parent_says_nothing),
		cmocka_unit_test(cells_are_the_parents_and_not_the_grandparents),
		cmocka_unit_test(empty_ranges_are_the_identity),
		cmocka_unit_test(a_bus_without_ranges_is_not_mapped),
		cmocka_unit_test(ranges_move_addresses_through_every_bus_above),
		cmocka_unit_test(the_window_that_covers_the_address_is_taken),
		cmocka_unit_test(what_no_window_covers_is_outside),
		cmocka_unit_test(a_size_of_no_cells_is_0),
		cmocka_unit_test(addresses_of_no_cells_are_0),
		cmocka_unit_test(neither_address_nor_size_cells_is_malformed),
		cmocka_unit_test(four_address_cells_must_fit_64_bits),
		cmocka_unit_test(an_end_beyond_2_to_the_64_is_an_overflow),
		cmocka_unit_test(a_length_that_does_not_fit_is_malformed),
		cmocka_unit_test(more_than_four_cells_are_malformed),
		cmocka_unit_test(pci_windows_go_by_address_space),
		cmocka_unit_test(pci_configuration_space_is_not_mapped),
		cmocka_unit_test(dma_goes_through_dma_ranges),
		cmocka_unit_test(dma_is_one_to_one_without_dma_ranges),
		cmocka_unit_test(a_unit_address_is_hexadecimal),
		cmocka_unit_test(wrong_addresses_are_reported_with_node_and_property),
	};

	dts_need_dtc();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
