/* SPDX-License-Identifier: Apache-2.0 */
/* One reference of each shape, on the smallest tree that has it; and what is wrong with the others.
 */
#include "dt/refs.h"
#include "dts.h"

#include <stdlib.h>
#include <string.h>

struct fixture {
	struct bh_dt tree;
	struct bh_refs refs;
	struct bh_diags diags;
};

static void begin_with(struct fixture *f, const char *text, const struct bh_dt_rule *extra,
		       size_t count)
{
	f->tree = dts(text);
	bh_diags_init(&f->diags);
	bh_refs_extract(&f->refs, &f->tree, extra, count, &f->diags);
}

static void begin(struct fixture *f, const char *text)
{
	begin_with(f, text, NULL, 0);
}

static void finish(struct fixture *f)
{
	bh_refs_finish(&f->refs);
	bh_dt_finish(&f->tree);
	bh_diags_finish(&f->diags);
}

/* Entry `i` of the property of node "d". */
static const struct bh_ref *entry(const struct fixture *f, const char *property, size_t i)
{
	const struct bh_dt_node *d = dts_node(&f->tree, "d");
	size_t count;
	const struct bh_ref *refs = bh_refs_of(&f->refs, d, bh_dt_get(d, property), &count);

	if (i >= count)
		fail_msg("%s has %zu references", property, count);
	return &refs[i];
}

static void assert_target(const struct fixture *f, const struct bh_ref *ref, const char *label)
{
	assert_int_equal(ref->state, BH_REF_OK);
	assert_ptr_equal(ref->target, dts_node(&f->tree, label));
}

/* A property of d, next to a usual provider, that is damaged in the way of `code`. */
static void assert_warns(const char *property, const char *code, size_t references)
{
	char *text = bh_strf(
		"/ { p: p { #clock-cells = <1>; #gpio-cells = <2>; #interrupt-cells = <1>; };"
		"n: n { }; d: d { %s }; };",
		property);
	struct fixture f;

	begin(&f, text);
	const struct bh_diag *diag = only_diag(&f.diags, code);
	assert_int_equal(diag->level, BH_WARNING);
	assert_string_equal(diag->node, "/d");
	assert_non_null(diag->property);
	assert_int_equal(f.refs.count, references);
	finish(&f);
	free(text);
}

static void a_list_takes_as_many_cells_as_each_target_says(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { a: a { #clock-cells = <0>; }; b: b { #clock-cells = <2>; };"
		  "d: d { clocks = <&a>, <&b 7 8>, <&a>; clock-names = \"x\", \"y\", \"z\"; }; };");
	assert_int_equal(f.diags.count, 0);
	assert_target(&f, entry(&f, "clocks", 0), "a");
	assert_int_equal(entry(&f, "clocks", 0)->arg_count, 0);
	const struct bh_ref *ref = entry(&f, "clocks", 1);
	assert_target(&f, ref, "b");
	assert_int_equal(ref->index, 1);
	assert_int_equal(ref->entry, 1);
	assert_int_equal(ref->entry_cells, 3);
	assert_int_equal(ref->cell, 1);
	assert_int_equal(ref->arg_count, 2);
	assert_int_equal(bh_ref_arg(ref, 1), 8);
	assert_string_equal(ref->name, "y");
	assert_int_equal(ref->kind, BH_REF_CLOCK);
	assert_string_equal(bh_dt_rule_id(ref->rule), "clocks");
	assert_int_equal(entry(&f, "clocks", 2)->entry, 4);
	finish(&f);
}

static void empty_entries_keep_their_index_and_name(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { p: p { #gpio-cells = <2>; };"
		  "d: d { cs-gpios = <&p 1 0>, <0>, <0xffffffff>, <&p 2 0>; }; };");
	assert_int_equal(f.diags.count, 0);
	assert_int_equal(entry(&f, "cs-gpios", 1)->state, BH_REF_EMPTY);
	assert_int_equal(entry(&f, "cs-gpios", 2)->state, BH_REF_EMPTY);
	assert_int_equal(entry(&f, "cs-gpios", 3)->index, 3);
	assert_int_equal(bh_ref_arg(entry(&f, "cs-gpios", 3), 0), 2);
	finish(&f);
}

static void names_may_be_fewer_than_entries(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { a: a { #clock-cells = <0>; };"
		  "d: d { clocks = <&a>, <&a>; clock-names = \"x\"; }; };");
	assert_string_equal(entry(&f, "clocks", 0)->name, "x");
	assert_null(entry(&f, "clocks", 1)->name);
	finish(&f);
}

static void power_domains_may_have_no_cells(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { a: a { #power-domain-cells = <0>; }; b: b { #power-domain-cells = <1>; };"
		  "d: d { power-domains = <&a>, <&b 3>; }; };");
	assert_target(&f, entry(&f, "power-domains", 0), "a");
	assert_target(&f, entry(&f, "power-domains", 1), "b");
	assert_int_equal(f.refs.items[0].kind, BH_REF_POWER_DOMAIN);
	finish(&f);
}

static void iommus_have_no_one_or_two_cells(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { a: a { #iommu-cells = <0>; }; b: b { #iommu-cells = <1>; }; c: c { "
		  "#iommu-cells = <2>; };"
		  "d: d { iommus = <&a>, <&b 18>, <&c 18 0x7f80>; }; };");
	assert_int_equal(entry(&f, "iommus", 0)->arg_count, 0);
	assert_int_equal(bh_ref_arg(entry(&f, "iommus", 1), 0), 18);
	assert_int_equal(bh_ref_arg(entry(&f, "iommus", 2), 1), 0x7f80);
	assert_true(entry(&f, "iommus", 0)->rule->flags & BH_RULE_WEAK);
	finish(&f);
}

static void nvmem_cells_and_memory_regions_need_no_cell_count(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f,
	      "/ { a: a { }; b: b { #nvmem-cell-cells = <1>; }; d: d { nvmem-cells = <&a>, <&b 5>;"
	      "nvmem-cell-names = \"mac\", \"cal\"; memory-region = <&a>; msi-parent = <&a>; }; "
	      "};");
	assert_int_equal(f.diags.count, 0);
	assert_int_equal(entry(&f, "nvmem-cells", 1)->arg_count, 1);
	assert_string_equal(entry(&f, "nvmem-cells", 1)->name, "cal");
	assert_int_equal(entry(&f, "memory-region", 0)->kind, BH_REF_MEMORY);
	assert_int_equal(entry(&f, "msi-parent", 0)->kind, BH_REF_MSI);
	finish(&f);
}

static void supplies_and_gpios_and_pins_go_by_pattern(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { r: r { }; p: p { #gpio-cells = <2>; }; d: d { vmmc-supply = <&r>;"
		  "reset-gpios = <&p 1 0>; enable-gpio = <&p 2 0>; pinctrl-0 = <&r>, <&p>; "
		  "pinctrl-12 = <&r>; }; };");
	assert_int_equal(entry(&f, "vmmc-supply", 0)->kind, BH_REF_REGULATOR);
	assert_string_equal(bh_dt_rule_id(entry(&f, "vmmc-supply", 0)->rule), "*-supply");
	assert_int_equal(entry(&f, "reset-gpios", 0)->kind, BH_REF_GPIO);
	assert_int_equal(entry(&f, "enable-gpio", 0)->kind, BH_REF_GPIO);
	assert_int_equal(entry(&f, "pinctrl-0", 1)->kind, BH_REF_PINCTRL);
	assert_int_equal(entry(&f, "pinctrl-12", 0)->kind, BH_REF_PINCTRL);
	finish(&f);
}

static void numbers_of_gpios_are_no_references(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f,
	      "/ { p: p { #gpio-cells = <2>; }; d: d { snps,nr-gpios = <1>; vendor,nr-gpios = <1>;"
	      "use = <&p>; }; };");
	assert_int_equal(f.refs.count, 0);
	finish(&f);
}

static void the_gpios_of_a_hog_are_its_parents_lines(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { p: p { #gpio-cells = <2>; d: hog { gpio-hog; gpios = <1 0>; }; }; e: e { "
		  "gpios = <&p 1 0>; }; };");
	assert_int_equal(f.refs.count, 1);
	assert_ptr_equal(f.refs.items[0].from, dts_node(&f.tree, "e"));
	assert_int_equal(f.refs.unknown_count, 0);
	finish(&f);
}

static void interrupts_refer_to_the_inherited_parent(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f,
	      "/ { interrupt-parent = <&p>; p: p { interrupt-controller; #interrupt-cells = <2>; };"
	      "bus { d: d { interrupts = <1 4>, <2 8>; interrupt-names = \"a\", \"b\"; }; }; };");
	const struct bh_ref *ref = entry(&f, "interrupts", 1);
	assert_target(&f, ref, "p");
	assert_int_equal(ref->cell, BH_REF_NO_CELL);
	assert_int_equal(ref->phandle, 0);
	assert_int_equal(bh_ref_arg(ref, 0), 2);
	finish(&f);
}

static void extended_interrupts_hide_plain_ones(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { p: p { #interrupt-cells = <1>; }; q: q { #interrupt-cells = <2>; };"
		  "d: d { interrupt-parent = <&p>; interrupts = <1>; interrupts-extended = <&q 1 "
		  "2>, <&p 3>;"
		  "interrupt-names = \"main\", \"wakeup\"; }; };");
	const struct bh_dt_node *d = dts_node(&f.tree, "d");
	size_t count;
	assert_null(bh_refs_of(&f.refs, d, bh_dt_get(d, "interrupts"), &count));
	assert_target(&f, entry(&f, "interrupts-extended", 1), "p");
	assert_int_equal(f.diags.count, 0);
	finish(&f);
}

static void an_interrupt_map_refers_from_the_middle_of_each_entry(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { gic: gic { #interrupt-cells = <3>; #address-cells = <2>; }; pic: pic { "
		  "#interrupt-cells = <1>; };"
		  "d: d { #address-cells = <3>; #size-cells = <2>; #interrupt-cells = <1>;"
		  "interrupt-map = <0 0 0 1 &gic 0 0 0 118 4>, <0 0 0 2 &pic 9>; }; };");
	assert_int_equal(f.diags.count, 0);
	const struct bh_ref *ref = entry(&f, "interrupt-map", 0);
	assert_target(&f, ref, "gic");
	assert_int_equal(ref->cell, 4);
	assert_int_equal(ref->entry_cells, 10);
	assert_int_equal(ref->arg_count, 3);
	assert_int_equal(bh_ref_arg(ref, 1), 118);
	ref = entry(&f, "interrupt-map", 1);
	assert_target(&f, ref, "pic");
	assert_int_equal(ref->entry, 10);
	assert_int_equal(bh_ref_arg(ref, 0), 9);
	finish(&f);
}

static void id_maps_have_the_phandle_second(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { i: i { #iommu-cells = <1>; }; m: m { };"
		  "d: d { iommu-map = <0 &i 0x100 1>, <0x100 &i 0x200 0xff>; msi-map = <0 &m "
		  "0x4000 0x10000>; }; };");
	assert_int_equal(f.diags.count, 0);
	const struct bh_ref *ref = entry(&f, "iommu-map", 1);
	assert_target(&f, ref, "i");
	assert_int_equal(ref->cell, 5);
	assert_int_equal(ref->entry, 4);
	assert_int_equal(bh_ref_arg(ref, 0), 0x200);
	assert_int_equal(bh_ref_arg(ref, 1), 0xff);
	assert_target(&f, entry(&f, "msi-map", 0), "m");
	finish(&f);
}

/* Trees of both kinds are about, for the same compatible. */
static void an_iommu_map_follows_the_iommus_cells_only_where_it_fits(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { i: i { #iommu-cells = <2>; }; d: d { iommu-map = <0 &i 0x100 0x7f 1>, <1 &i "
		  "0x200 0x7f 1>; }; };");
	assert_int_equal(f.diags.count, 0);
	assert_int_equal(f.refs.count, 2);
	assert_int_equal(entry(&f, "iommu-map", 1)->entry, 5);
	assert_int_equal(bh_ref_arg(entry(&f, "iommu-map", 1), 1), 0x7f);
	finish(&f);
	begin(&f, "/ { i: i { #iommu-cells = <2>; }; d: d { iommu-map = <0 &i 0x100 1>, <1 &i "
		  "0x200 1>; }; };");
	assert_int_equal(f.diags.count, 0);
	assert_int_equal(entry(&f, "iommu-map", 1)->entry, 4);
	finish(&f);
}

static void gpio_ranges_come_in_fours(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { p: p { }; q: q { }; d: d { gpio-ranges = <&p 0 16 8>, <&q 8 0 4>; }; };");
	const struct bh_ref *ref = entry(&f, "gpio-ranges", 1);
	size_t length;
	assert_target(&f, ref, "q");
	assert_int_equal(bh_ref_arg(ref, 0), 8);
	assert_int_equal(strncmp(bh_ref_arg_name(ref, 2, &length), "count", 5), 0);
	assert_int_equal(length, 5);
	assert_null(bh_ref_arg_name(ref, 3, &length));
	finish(&f);
}

static void rockchip_pins_end_in_a_phandle(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { up: up { }; none: none { }; d: d { rockchip,pins = <1 2 3 &up>, <4 5 6 "
		  "&none>; }; };");
	const struct bh_ref *ref = entry(&f, "rockchip,pins", 1);
	size_t length;
	assert_target(&f, ref, "none");
	assert_int_equal(ref->cell, 7);
	assert_int_equal(ref->arg_count, 3);
	assert_int_equal(bh_ref_arg(ref, 0), 4);
	assert_int_equal(strncmp(bh_ref_arg_name(ref, 1, &length), "pin", 3), 0);
	assert_int_equal(ref->kind, BH_REF_CONFIG);
	finish(&f);
}

static void iommu_addresses_have_the_targets_cells(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { s { #address-cells = <1>; #size-cells = <1>; e: e { }; };"
		  "t { #address-cells = <2>; #size-cells = <2>; g: g { }; };"
		  "d: d { iommu-addresses = <&e 0x1000 0x100>, <&g 1 0 0 0x200>; }; };");
	assert_target(&f, entry(&f, "iommu-addresses", 0), "e");
	const struct bh_ref *ref = entry(&f, "iommu-addresses", 1);
	assert_target(&f, ref, "g");
	assert_int_equal(ref->arg_count, 4);
	assert_true(ref->rule->flags & BH_RULE_REVERSE);
	finish(&f);
}

static void graph_endpoints_refer_to_each_other(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { a { port { d: endpoint { remote-endpoint = <&e>; }; }; }; b { port { e: "
		  "endpoint { remote-endpoint = <&d>; }; }; }; };");
	assert_target(&f, entry(&f, "remote-endpoint", 0), "e");
	assert_int_equal(f.refs.count, 2);
	assert_int_equal(f.refs.items[0].kind, BH_REF_GRAPH);
	finish(&f);
}

static void interconnect_paths_are_pairs_with_one_name(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { a: a { #interconnect-cells = <1>; }; b: b { #interconnect-cells = <1>; };"
		  "d: d { interconnects = <&a 1>, <&b 2>, <&a 3>, <&b 4>; interconnect-names = "
		  "\"ddr\", \"cfg\"; }; };");
	assert_string_equal(entry(&f, "interconnects", 0)->name, "ddr");
	assert_string_equal(entry(&f, "interconnects", 1)->name, "ddr");
	assert_string_equal(entry(&f, "interconnects", 2)->name, "cfg");
	assert_string_equal(entry(&f, "interconnects", 3)->name, "cfg");
	finish(&f);
}

static void a_vendors_property_keeps_its_arguments_with_names(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { gpr: gpr { }; d: d { fsl,stop-mode = <&gpr 0x10 3>; }; };");
	const struct bh_ref *ref = entry(&f, "fsl,stop-mode", 0);
	size_t length;
	assert_target(&f, ref, "gpr");
	assert_int_equal(ref->kind, BH_REF_SYSCON);
	assert_int_equal(bh_ref_arg(ref, 0), 0x10);
	assert_int_equal(strncmp(bh_ref_arg_name(ref, 1, &length), "bit", 3), 0);
	finish(&f);
}

static void a_settings_node_is_config(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { d: d { snps,mtl-rx-config = <&c>; c: c { }; }; };");
	assert_int_equal(entry(&f, "snps,mtl-rx-config", 0)->kind, BH_REF_CONFIG);
	finish(&f);
}

static void what_no_rule_knows_is_listed_and_not_followed(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { p: p { }; d: d { vendor,thing = <&p 1>; vendor,text = \"abc\"; vendor,odd = "
		  "[00 00 00 01 00];"
		  "vendor,dead = <77>; vendor,late = <77 &p>; }; };");
	assert_int_equal(f.refs.count, 0);
	assert_int_equal(f.refs.unknown_count, 1);
	assert_string_equal(f.refs.unknown[0].prop->name, "vendor,thing");
	assert_ptr_equal(f.refs.unknown[0].from, dts_node(&f.tree, "d"));
	assert_ptr_equal(f.refs.unknown[0].target, dts_node(&f.tree, "p"));
	finish(&f);
}

static void names_of_numbers_are_never_unknown(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { p: p { phandle = <1>; }; q: q { phandle = <4>; };"
		  "d: d { bus-width = <4>; startup-delay-us = <1>; #size-cells = <1>; "
		  "clock-frequency = <4>; reg = <1 4>; }; };");
	assert_int_equal(f.refs.unknown_count, 0);
	finish(&f);
}

static void the_configuration_may_name_a_reference(void **state)
{
	static const struct bh_dt_rule mine[] = {{.property = "vendor,thing",
						  .kind = BH_REF_SYSCON,
						  .shape = BH_SHAPE_FIXED,
						  .args = "offset"}};
	struct fixture f;

	(void)state;
	begin_with(&f, "/ { p: p { }; d: d { vendor,thing = <&p 1>, <&p 2>; }; };", mine, 1);
	assert_int_equal(f.refs.unknown_count, 0);
	assert_int_equal(bh_ref_arg(entry(&f, "vendor,thing", 1), 0), 2);
	finish(&f);
}

static void the_configuration_may_deny_a_reference(void **state)
{
	static const struct bh_dt_rule mine[] = {
		{.property = "vendor,thing", .shape = BH_SHAPE_SCALAR},
		{.property = "clocks", .shape = BH_SHAPE_SCALAR}};
	struct fixture f;

	(void)state;
	begin_with(&f,
		   "/ { p: p { #clock-cells = <0>; }; d: d { vendor,thing = <&p>; clocks = <&p>; "
		   "}; };",
		   mine, 2);
	assert_int_equal(f.refs.unknown_count, 0);
	assert_int_equal(f.refs.count, 0);
	finish(&f);
}

static void an_ambiguous_name_counts_only_when_all_of_it_fits(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { p: p { phandle = <1>; }; a: a { ports = <&p>; }; b: b { cpus = <1 77>; }; "
		  "c: c { backlight = <77>; };"
		  "e: e { phy = [01 00]; }; };");
	assert_int_equal(f.diags.count, 0);
	assert_int_equal(f.refs.count, 1);
	assert_ptr_equal(f.refs.items[0].from, dts_node(&f.tree, "a"));
	finish(&f);
}

static void names_of_other_things_are_left_alone(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { p: p { #clock-cells = <0>; }; aliases { clocks = <&p>; };"
		  "__local_fixups__ { a { clocks = <1>; }; }; };");
	assert_int_equal(f.refs.count, 0);
	finish(&f);
}

static void a_phandle_that_no_node_has_dangles(void **state)
{
	(void)state;
	assert_warns("vmmc-supply = <0x99>;", "E0400", 1);
	assert_warns("clocks = <&p 1>, <0x99>, <&p 2>;", "E0400", 2);
	assert_warns("phy-handle = <0x99>;", "E0400", 1);
}

static void a_value_that_ends_inside_an_entry_is_reported(void **state)
{
	(void)state;
	assert_warns("clocks = <&p 1>, <&p>;", "E0401", 1);
	assert_warns("gpio-ranges = <&p 1 2>;", "E0401", 0);
	assert_warns("rockchip,pins = <1 2 3>;", "E0401", 0);
	assert_warns("iommu-map = <1 &p 2 3 4>;", "E0401", 1);
	assert_warns("interrupt-map = <1>; #interrupt-cells = <1>; #address-cells = <1>;", "E0401",
		     0);
	assert_warns("interrupt-map = <1 1 &p>; #interrupt-cells = <1>; #address-cells = <1>;",
		     "E0401", 0);
}

static void a_target_that_does_not_count_its_cells_is_reported(void **state)
{
	(void)state;
	assert_warns("clocks = <&n>;", "E0402", 0);
	assert_warns("interrupts-extended = <&n 1>;", "E0402", 0);
	assert_warns("interrupt-parent = <&n>; interrupts = <1>;", "E0402", 1);
}

static void bytes_instead_of_cells_are_reported(void **state)
{
	(void)state;
	assert_warns("clocks = [00 00 00 01 00];", "E0403", 0);
}

static void interrupts_without_a_controller_are_reported(void **state)
{
	(void)state;
	assert_warns("interrupts = <1>;", "E0404", 0);
}

static void an_interrupt_map_entry_without_controller_is_reported(void **state)
{
	(void)state;
	assert_warns("interrupt-map = <1 1 0>; #interrupt-cells = <1>; #address-cells = <1>;",
		     "E0405", 1);
}

/* Set here: such a number sends dtc itself round in circles. */
static void hostile_cell_counts_do_not_overflow(void **state)
{
	struct fixture f = {.tree = dts("/ { p: p { }; d: d { clocks = <&p 1>; }; };")};

	(void)state;
	bh_dt_set_u32(&f.tree, dts_node(&f.tree, "p"), "#clock-cells", UINT32_MAX);
	bh_diags_init(&f.diags);
	bh_refs_extract(&f.refs, &f.tree, NULL, 0, &f.diags);
	only_diag(&f.diags, "E0402");
	assert_int_equal(f.refs.count, 0);
	finish(&f);
}

static void who_refers_to_a_node_is_known(void **state)
{
	struct fixture f;
	size_t count;

	(void)state;
	begin(&f, "/ { p: p { #clock-cells = <0>; }; a: a { clocks = <&p>; }; d: d { clocks = "
		  "<&p>; x-supply = <&a>; }; };");
	const struct bh_ref *const *to = bh_refs_to(&f.refs, dts_node(&f.tree, "p"), &count);
	assert_int_equal(count, 2);
	assert_ptr_equal(to[0]->from, dts_node(&f.tree, "a"));
	assert_ptr_equal(to[1]->from, dts_node(&f.tree, "d"));
	bh_refs_to(&f.refs, dts_node(&f.tree, "d"), &count);
	assert_int_equal(count, 0);
	assert_int_equal(f.refs.resolved_properties, 3);
	finish(&f);
}

static void references_in_a_circle_are_listed_once_each(void **state)
{
	struct fixture f;
	size_t count;

	(void)state;
	begin(&f, "/ { phy: phy { #phy-cells = <0>; #clock-cells = <0>; clocks = <&d>; };"
		  "d: d { #clock-cells = <0>; phys = <&phy>; clocks = <&phy>; }; };");
	assert_int_equal(f.refs.count, 3);
	bh_refs_to(&f.refs, dts_node(&f.tree, "phy"), &count);
	assert_int_equal(count, 2);
	finish(&f);
}

static void a_provider_may_be_a_child_of_its_consumer(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { d: d { compatible = \"mac\"; #clock-cells = <0>; clocks = <&c>;"
		  "c: clk { compatible = \"clk\"; #clock-cells = <0>; clocks = <&d>; }; }; };");
	assert_target(&f, entry(&f, "clocks", 0), "c");
	assert_int_equal(f.refs.count, 2);
	assert_ptr_equal(bh_dt_owner(entry(&f, "clocks", 0)->target), dts_node(&f.tree, "c"));
	finish(&f);
}

/* Firmware numbers, which are phandles only by chance. */
static void raw_numbers_of_the_host_are_no_references(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { p: p { phandle = <1>; }; q: q { phandle = <4>; }; d: d { wakeup-irq = <4>;"
		  "nvidia,bpmp-bus-id = <1>; fsl,resource-id = <4>; ti,sci-dev-id = <1>; "
		  "qcom,client-id = <1>; }; };");
	assert_int_equal(f.refs.count, 0);
	assert_int_equal(f.refs.unknown_count, 0);
	finish(&f);
}

static void several_entries_may_name_one_target(void **state)
{
	struct fixture f;
	size_t count;

	(void)state;
	begin(&f,
	      "/ { i: i { #iommu-cells = <1>; }; d: d { iommus = <&i 1>, <&i 2>, <&i 3>; }; };");
	bh_refs_to(&f.refs, dts_node(&f.tree, "i"), &count);
	assert_int_equal(count, 3);
	finish(&f);
}

static void a_disabled_target_is_still_the_target(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f, "/ { m: m { #mbox-cells = <2>; status = \"disabled\"; };"
		  "d: d { mboxes = <&m 0 1>, <&m 3 3>; mbox-names = \"tx\", \"gip3\"; }; };");
	assert_target(&f, entry(&f, "mboxes", 1), "m");
	assert_string_equal(entry(&f, "mboxes", 1)->name, "gip3");
	finish(&f);
}

static void a_node_added_later_has_no_references(void **state)
{
	struct fixture f;
	size_t count;

	(void)state;
	begin(&f, "/ { };");
	struct bh_dt_node *late = bh_dt_add(&f.tree, f.tree.root, "late");
	assert_null(bh_refs_from(&f.refs, late, &count));
	assert_null(bh_refs_to(&f.refs, late, &count));
	finish(&f);
}

static void parts_of_a_device_belong_to_it(void **state)
{
	struct bh_dt tree = dts("/ { compatible = \"board\"; pc: pinctrl { compatible = \"p\"; "
				"pins { g: group { }; }; };"
				"pmic: pmic { compatible = \"q\"; regulators { r: buck1 { }; }; };"
				"reserved-memory { m: region { }; }; soc { compatible = "
				"\"simple-bus\"; s: bare { }; }; };");

	(void)state;
	assert_ptr_equal(bh_dt_owner(dts_node(&tree, "g")), dts_node(&tree, "pc"));
	assert_ptr_equal(bh_dt_owner(dts_node(&tree, "pc")), dts_node(&tree, "pc"));
	assert_ptr_equal(bh_dt_owner(dts_node(&tree, "r")), dts_node(&tree, "pmic"));
	assert_ptr_equal(bh_dt_owner(dts_node(&tree, "m")), dts_node(&tree, "m"));
	assert_ptr_equal(bh_dt_owner(dts_node(&tree, "s")), dts_node(&tree, "s"));
	assert_ptr_equal(bh_dt_owner(tree.root), tree.root);
	bh_dt_finish(&tree);
}

static void a_reference_is_told_in_one_line(void **state)
{
	struct fixture f;
	struct bh_buf buf;

	(void)state;
	begin(&f, "/ { clk: clk { #clock-cells = <1>; }; d: d { clocks = <&clk 12>, <0>; "
		  "clock-names = \"ipg\", \"ahb\"; }; };");
	bh_buf_init(&buf);
	bh_ref_add_text(&buf, &f.tree, entry(&f, "clocks", 0));
	assert_string_equal(bh_buf_str(&buf), "clocks[0] (ipg): clk 12");
	bh_buf_clear(&buf);
	bh_ref_add_text(&buf, &f.tree, entry(&f, "clocks", 1));
	assert_string_equal(bh_buf_str(&buf), "clocks[1] (ahb): nothing");
	bh_buf_finish(&buf);
	finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_takes_as_many_cells_as_each_target_says),
		cmocka_unit_test(empty_entries_keep_their_index_and_name),
		cmocka_unit_test(names_may_be_fewer_than_entries),
		cmocka_unit_test(power_domains_may_have_no_cells),
		cmocka_unit_test(iommus_have_no_one_or_two_cells),
		cmocka_unit_test(nvmem_cells_and_memory_regions_need_no_cell_count),
		cmocka_unit_test(supplies_and_gpios_and_pins_go_by_pattern),
		cmocka_unit_test(numbers_of_gpios_are_no_references),
		cmocka_unit_test(the_gpios_of_a_hog_are_its_parents_lines),
		cmocka_unit_test(interrupts_refer_to_the_inherited_parent),
		cmocka_unit_test(extended_interrupts_hide_plain_ones),
		cmocka_unit_test(an_interrupt_map_refers_from_the_middle_of_each_entry),
		cmocka_unit_test(id_maps_have_the_phandle_second),
		cmocka_unit_test(an_iommu_map_follows_the_iommus_cells_only_where_it_fits),
		cmocka_unit_test(gpio_ranges_come_in_fours),
		cmocka_unit_test(rockchip_pins_end_in_a_phandle),
		cmocka_unit_test(iommu_addresses_have_the_targets_cells),
		cmocka_unit_test(graph_endpoints_refer_to_each_other),
		cmocka_unit_test(interconnect_paths_are_pairs_with_one_name),
		cmocka_unit_test(a_vendors_property_keeps_its_arguments_with_names),
		cmocka_unit_test(a_settings_node_is_config),
		cmocka_unit_test(what_no_rule_knows_is_listed_and_not_followed),
		cmocka_unit_test(names_of_numbers_are_never_unknown),
		cmocka_unit_test(the_configuration_may_name_a_reference),
		cmocka_unit_test(the_configuration_may_deny_a_reference),
		cmocka_unit_test(an_ambiguous_name_counts_only_when_all_of_it_fits),
		cmocka_unit_test(names_of_other_things_are_left_alone),
		cmocka_unit_test(a_phandle_that_no_node_has_dangles),
		cmocka_unit_test(a_value_that_ends_inside_an_entry_is_reported),
		cmocka_unit_test(a_target_that_does_not_count_its_cells_is_reported),
		cmocka_unit_test(bytes_instead_of_cells_are_reported),
		cmocka_unit_test(interrupts_without_a_controller_are_reported),
		cmocka_unit_test(an_interrupt_map_entry_without_controller_is_reported),
		cmocka_unit_test(hostile_cell_counts_do_not_overflow),
		cmocka_unit_test(who_refers_to_a_node_is_known),
		cmocka_unit_test(references_in_a_circle_are_listed_once_each),
		cmocka_unit_test(a_provider_may_be_a_child_of_its_consumer),
		cmocka_unit_test(raw_numbers_of_the_host_are_no_references),
		cmocka_unit_test(several_entries_may_name_one_target),
		cmocka_unit_test(a_disabled_target_is_still_the_target),
		cmocka_unit_test(a_node_added_later_has_no_references),
		cmocka_unit_test(parts_of_a_device_belong_to_it),
		cmocka_unit_test(a_reference_is_told_in_one_line),
	};

	dts_need_dtc();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
