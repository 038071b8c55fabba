/* SPDX-License-Identifier: Apache-2.0 */
#include "dt/irq.h"
#include "dts.h"

#define GIC                                                                                     \
	"gic: gic { compatible = \"arm,gic-v3\"; interrupt-controller; #interrupt-cells = <3>;" \
	"#address-cells = <2>; };"

static struct bh_dt_irq irq_of(const struct bh_dt *tree, const char *node, uint32_t index)
{
	struct bh_dt_irq irq;

	assert_true(bh_dt_irq(tree, dts_node(tree, node), index, &irq));
	return irq;
}

static void assert_no_irq(const struct bh_dt *tree, const char *node, uint32_t index)
{
	struct bh_dt_irq irq;

	assert_false(bh_dt_irq(tree, dts_node(tree, node), index, &irq));
}

static void spis_begin_at_32_and_ppis_at_16(void **state)
{
	struct bh_dt tree = dts("/ { interrupt-parent = <&gic>;" GIC
				"d: d { interrupts = <0 118 4>, <1 9 8>; interrupt-names = "
				"\"main\", \"wake\"; }; };");
	struct bh_dt_irq irq = irq_of(&tree, "d", 0);

	(void)state;
	assert_int_equal(bh_dt_irq_count(&tree, dts_node(&tree, "d")), 2);
	assert_int_equal(irq.line, BH_IRQ_SPI);
	assert_int_equal(irq.intid, 150);
	assert_int_equal(irq.trigger, BH_IRQ_LEVEL_HIGH);
	assert_string_equal(irq.name, "main");
	irq = irq_of(&tree, "d", 1);
	assert_int_equal(irq.line, BH_IRQ_PPI);
	assert_int_equal(irq.intid, 25);
	assert_int_equal(irq.trigger, BH_IRQ_LEVEL_LOW);
	assert_string_equal(irq.name, "wake");
	bh_dt_finish(&tree);
}

static void extended_spis_begin_at_4096_and_extended_ppis_at_1056(void **state)
{
	struct bh_dt tree = dts("/ { interrupt-parent = <&gic>;" GIC
				"d: d { interrupts = <2 5 1>, <3 2 4>; }; };");

	(void)state;
	assert_int_equal(irq_of(&tree, "d", 0).intid, 4101);
	assert_int_equal(irq_of(&tree, "d", 0).line, BH_IRQ_ESPI);
	assert_int_equal(irq_of(&tree, "d", 1).intid, 1058);
	assert_int_equal(irq_of(&tree, "d", 1).line, BH_IRQ_EPPI);
	bh_dt_finish(&tree);
}

static void a_ppi_above_15_is_the_spi_that_linux_takes_it_for(void **state)
{
	struct bh_dt tree =
		dts("/ { interrupt-parent = <&gic>;" GIC "d: d { interrupts = <1 21 4>; }; };");

	(void)state;
	assert_int_equal(irq_of(&tree, "d", 0).line, BH_IRQ_SPI);
	assert_int_equal(irq_of(&tree, "d", 0).intid, 37);
	bh_dt_finish(&tree);
}

static void numbers_beyond_the_gic_are_no_interrupt(void **state)
{
	struct bh_dt tree = dts("/ { interrupt-parent = <&gic>;" GIC
				"d: d { interrupts = <0 988 4>, <0 987 4>, <4 0 4>; }; };");

	(void)state;
	assert_no_irq(&tree, "d", 0);
	assert_int_equal(irq_of(&tree, "d", 1).intid, 1019);
	assert_no_irq(&tree, "d", 2);
	bh_dt_finish(&tree);
}

static void the_parent_is_inherited(void **state)
{
	struct bh_dt tree =
		dts("/ { interrupt-parent = <&gic>;" GIC
		    "other: other { interrupt-controller; #interrupt-cells = <1>; };"
		    "bus { interrupt-parent = <&other>; e { d: d { interrupts = <7>; }; }; }; };");
	struct bh_dt_irq irq = irq_of(&tree, "d", 0);

	(void)state;
	assert_ptr_equal(irq.controller, dts_node(&tree, "other"));
	assert_int_equal(irq.line, BH_IRQ_OTHER);
	assert_int_equal(irq.cells[0], 7);
	bh_dt_finish(&tree);
}

static void a_controller_above_is_the_parent_before_its_own(void **state)
{
	struct bh_dt tree = dts("/ { interrupt-parent = <&gic>;" GIC
				"bus: bus { interrupt-controller; #interrupt-cells = <1>; "
				"interrupt-parent = <&gic>;"
				"d: d { interrupts = <7>; }; }; };");

	(void)state;
	assert_ptr_equal(irq_of(&tree, "d", 0).controller, dts_node(&tree, "bus"));
	assert_ptr_equal(bh_dt_interrupt_parent(&tree, dts_node(&tree, "bus")),
			 dts_node(&tree, "gic"));
	bh_dt_finish(&tree);
}

static void extended_interrupts_may_go_to_several_controllers(void **state)
{
	struct bh_dt tree =
		dts("/ {" GIC "pdc: pdc { interrupt-controller; #interrupt-cells = <2>; };"
		    "d: d { interrupts-extended = <&gic 0 4 4>, <0>, <&pdc 9 1>;"
		    "interrupt-names = \"main\", \"none\", \"wakeup\"; }; };");

	(void)state;
	assert_int_equal(bh_dt_irq_count(&tree, dts_node(&tree, "d")), 3);
	assert_int_equal(irq_of(&tree, "d", 0).intid, 36);
	assert_no_irq(&tree, "d", 1);
	assert_ptr_equal(irq_of(&tree, "d", 2).controller, dts_node(&tree, "pdc"));
	assert_string_equal(irq_of(&tree, "d", 2).name, "wakeup");
	bh_dt_finish(&tree);
}

static void extended_interrupts_replace_the_others(void **state)
{
	struct bh_dt tree =
		dts("/ { interrupt-parent = <&gic>;" GIC
		    "d: d { interrupts = <0 1 4>; interrupts-extended = <&gic 0 2 4>; }; };");

	(void)state;
	assert_int_equal(bh_dt_irq_count(&tree, dts_node(&tree, "d")), 1);
	assert_int_equal(irq_of(&tree, "d", 0).intid, 34);
	bh_dt_finish(&tree);
}

#define NEXUS                                                                             \
	"/ { interrupt-parent = <&gic>;" GIC                                              \
	"p: pcie { #address-cells = <3>; #size-cells = <2>; #interrupt-cells = <1>;"      \
	"interrupt-map-mask = <0x1800 0 0 7>; interrupt-map = <0 0 0 1 &gic 0 0 0 10 4>," \
	"<0x800 0 0 1 &gic 0 0 0 11 4>, <0 0 0 2 &gic 0 0 0 12 4>;"                       \
	"a: dev@0 { reg = <0 0 0 0 0>; interrupts = <1>; };"                              \
	"b: dev@1 { reg = <0x800 0 0 0 0>; interrupts = <1>; };"                          \
	"c: dev@2 { reg = <0x1000 0 0 0 0>; interrupts = <1>; }; }; };"

static void an_interrupt_map_goes_by_unit_address_and_mask(void **state)
{
	struct bh_dt tree = dts(NEXUS);

	(void)state;
	assert_int_equal(irq_of(&tree, "a", 0).intid, 42);
	assert_int_equal(irq_of(&tree, "b", 0).intid, 43);
	assert_ptr_equal(irq_of(&tree, "a", 0).controller, dts_node(&tree, "gic"));
	bh_dt_finish(&tree);
}

static void what_an_interrupt_map_does_not_list_is_no_interrupt(void **state)
{
	struct bh_dt tree = dts(NEXUS);

	(void)state;
	assert_no_irq(&tree, "c", 0);
	bh_dt_finish(&tree);
}

static void maps_that_lead_in_a_circle_end(void **state)
{
	struct bh_dt tree = dts(
		"/ { a: a { #address-cells = <0>; #interrupt-cells = <1>; interrupt-map = <1 &b "
		"1>; };"
		"b: b { #address-cells = <0>; #interrupt-cells = <1>; interrupt-map = <1 &a 1>; };"
		"d: d { interrupt-parent = <&a>; interrupts = <1>; }; };");

	(void)state;
	assert_no_irq(&tree, "d", 0);
	bh_dt_finish(&tree);
}

static void a_value_that_cannot_be_cut_has_no_interrupts(void **state)
{
	struct bh_dt tree =
		dts("/ { interrupt-parent = <&gic>;" GIC "d: d { interrupts = <0 1 4 0>; };"
		    "e: e { interrupts-extended = <77 0 1>; };"
		    "f: f { interrupt-parent = <77>; interrupts = <1>; }; };");

	(void)state;
	assert_int_equal(bh_dt_irq_count(&tree, dts_node(&tree, "d")), 0);
	assert_int_equal(bh_dt_irq_count(&tree, dts_node(&tree, "e")), 0);
	assert_int_equal(bh_dt_irq_count(&tree, dts_node(&tree, "f")), 0);
	bh_dt_finish(&tree);
}

static void encoding_is_the_inverse_of_decoding(void **state)
{
	static const uint32_t intids[] = {16, 31, 32, 1019, 1056, 1119, 4096, 5119};

	(void)state;
	for (size_t i = 0; i < sizeof(intids) / sizeof(*intids); i++) {
		struct bh_dt_irq irq = {.count = 3};

		bh_dt_gic_encode(intids[i], BH_IRQ_EDGE_RISING, irq.cells);
		assert_true(bh_dt_gic_decode(&irq));
		assert_int_equal(irq.intid, intids[i]);
		assert_int_equal(irq.trigger, BH_IRQ_EDGE_RISING);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spis_begin_at_32_and_ppis_at_16),
		cmocka_unit_test(extended_spis_begin_at_4096_and_extended_ppis_at_1056),
		cmocka_unit_test(a_ppi_above_15_is_the_spi_that_linux_takes_it_for),
		cmocka_unit_test(numbers_beyond_the_gic_are_no_interrupt),
		cmocka_unit_test(the_parent_is_inherited),
		cmocka_unit_test(a_controller_above_is_the_parent_before_its_own),
		cmocka_unit_test(extended_interrupts_may_go_to_several_controllers),
		cmocka_unit_test(extended_interrupts_replace_the_others),
		cmocka_unit_test(an_interrupt_map_goes_by_unit_address_and_mask),
		cmocka_unit_test(what_an_interrupt_map_does_not_list_is_no_interrupt),
		cmocka_unit_test(maps_that_lead_in_a_circle_end),
		cmocka_unit_test(a_value_that_cannot_be_cut_has_no_interrupts),
		cmocka_unit_test(encoding_is_the_inverse_of_decoding),
	};

	dts_need_dtc();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
