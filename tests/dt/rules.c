/* SPDX-License-Identifier: Apache-2.0 */
#include "dt/rules.h"

#include "test.h"

static void a_star_matches_any_letters_and_a_percent_a_number(void **state)
{
	(void)state;
	assert_true(bh_dt_rule_matches("*-supply", "vmmc-supply"));
	assert_true(bh_dt_rule_matches("*-supply", "a-supply-supply"));
	assert_false(bh_dt_rule_matches("*-supply", "vmmc-supply-x"));
	assert_true(bh_dt_rule_matches("pinctrl-%", "pinctrl-0"));
	assert_true(bh_dt_rule_matches("pinctrl-%", "pinctrl-17"));
	assert_false(bh_dt_rule_matches("pinctrl-%", "pinctrl-names"));
	assert_false(bh_dt_rule_matches("pinctrl-%", "pinctrl-"));
	assert_true(bh_dt_rule_matches("*,syscon-*", "ti,syscon-efuse"));
	assert_true(bh_dt_rule_matches("abc", "abc"));
	assert_false(bh_dt_rule_matches("abc", "abcd"));
	assert_false(bh_dt_rule_matches("", "a"));
	assert_true(bh_dt_rule_matches("*", ""));
}

static void plain_names_come_before_patterns_and_the_configuration_before_all(void **state)
{
	static const struct bh_dt_rule mine[] = {
		{.property = "clocks", .id = "mine", .shape = BH_SHAPE_SCALAR}};
	struct bh_rule_set set;

	(void)state;
	bh_rule_set_init(&set, mine, 1);
	assert_string_equal(bh_dt_rule_id(bh_rule_set_find(&set, "clocks")), "mine");
	assert_string_equal(bh_dt_rule_id(bh_rule_set_find(&set, "resets")), "resets");
	assert_string_equal(bh_dt_rule_id(bh_rule_set_find(&set, "ti,syscon-efuse")),
			    "ti,syscon-efuse");
	assert_string_equal(bh_dt_rule_id(bh_rule_set_find(&set, "new,syscon-thing")),
			    "*,syscon-*");
	assert_null(bh_rule_set_find(&set, "vendor,unheard-of"));
	bh_rule_set_finish(&set);
}

static void a_pattern_may_leave_names_out(void **state)
{
	struct bh_rule_set set;

	(void)state;
	bh_rule_set_init(&set, NULL, 0);
	assert_non_null(bh_rule_set_find(&set, "cs-gpios"));
	assert_null(bh_rule_set_find(&set, "vendor,nr-gpios"));
	bh_rule_set_finish(&set);
}

static void assert_sound(const struct bh_dt_rule *rule)
{
	bool counts = rule->shape == BH_SHAPE_LIST || rule->shape == BH_SHAPE_OPTIONAL ||
		      rule->shape == BH_SHAPE_ID_MAP;

	if (!bh_dt_rule_ok(rule) || (rule->cells && !counts))
		fail_msg("%s: the fields do not fit the shape", rule->property);
	assert_false((rule->flags & BH_RULE_SUPPLIER) && (rule->flags & BH_RULE_WEAK));
}

static void a_rule_needs_what_its_shape_uses(void **state)
{
	static const struct bh_dt_rule good = {
		.property = "x", .shape = BH_SHAPE_LIST, .cells = "#x-cells"};
	static const struct bh_dt_rule bad[] = {
		{.shape = BH_SHAPE_FIXED},
		{.property = "x", .shape = BH_SHAPE_LIST},
		{.property = "x", .shape = BH_SHAPE_ID_MAP, .cells = "cells"},
		{.property = "x", .shape = BH_SHAPE_GROUPS, .args = "a b"},
		{.property = "x", .shape = BH_SHAPE_COUNT},
		{.property = "x", .kind = BH_REF_KIND_COUNT},
	};

	(void)state;
	assert_true(bh_dt_rule_ok(&good));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(bh_dt_rule_ok(&bad[i]));
}

static void every_rule_is_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < bh_standard_rule_count; i++)
		assert_sound(&bh_standard_rules[i]);
	for (size_t i = 0; i < bh_vendor_rule_count; i++)
		assert_sound(&bh_vendor_rules[i]);
}

static void assert_no_twin(struct bh_map *seen, const char *name)
{
	if (bh_map_get(seen, name))
		fail_msg("\"%s\" is in the tables twice: the second line is dead", name);
	bh_map_set(seen, name, seen);
}

static void no_name_has_two_rules(void **state)
{
	struct bh_map seen;

	(void)state;
	bh_map_init(&seen);
	for (size_t i = 0; i < bh_standard_rule_count; i++)
		assert_no_twin(&seen, bh_standard_rules[i].property);
	for (size_t i = 0; i < bh_vendor_rule_count; i++)
		assert_no_twin(&seen, bh_vendor_rules[i].property);
	for (size_t i = 0; i < bh_scalar_name_count; i++)
		assert_no_twin(&seen, bh_scalar_names[i]);
	bh_map_finish(&seen);
}

static void every_kind_has_a_name_that_leads_back(void **state)
{
	(void)state;
	for (int i = 0; i < BH_REF_KIND_COUNT; i++) {
		enum bh_ref_kind kind;

		assert_true(bh_ref_kind_by_name(bh_ref_kind_name((enum bh_ref_kind)i), &kind));
		assert_int_equal(kind, i);
		assert_non_null(bh_ref_kind_text((enum bh_ref_kind)i));
	}
}

/* What Linux 6.12 to 7.x waits for, by drivers/of/property.c. */
static void the_suppliers_that_linux_waits_for_are_marked(void **state)
{
	static const char *const names[] = {
		"clocks",        "interconnects",
		"mboxes",        "io-channels",
		"io-backends",   "interrupt-parent",
		"power-domains", "hwlocks",
		"extcon",        "nvmem-cells",
		"phys",          "wakeup-parent",
		"pinctrl-0",     "remote-endpoint",
		"pwms",          "resets",
		"leds",          "backlight",
		"panel",         "msi-parent",
		"pses",          "power-supplies",
		"gpio",          "gpios",
		"interrupts",    "interrupts-extended",
		"interrupt-map", "access-controllers",
		"a-supply",      "a-gpio",
		"a-gpios",
	};
	static const char *const strict_only[] = {"iommus", "iommu-map", "dmas"};
	static const char *const never[] = {
		"assigned-clocks", "memory-region", "phy-handle",          "shmem",        "sram",
		"msi-map",         "sound-dai",     "operating-points-v2", "fsl,stop-mode"};
	struct bh_rule_set set;

	(void)state;
	bh_rule_set_init(&set, NULL, 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_true(bh_rule_set_find(&set, names[i])->flags & BH_RULE_SUPPLIER);
	for (size_t i = 0; i < sizeof(strict_only) / sizeof(*strict_only); i++)
		assert_true(bh_rule_set_find(&set, strict_only[i])->flags & BH_RULE_WEAK);
	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
		assert_false(bh_rule_set_find(&set, never[i])->flags &
			     (BH_RULE_SUPPLIER | BH_RULE_WEAK));
	bh_rule_set_finish(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_star_matches_any_letters_and_a_percent_a_number),
		cmocka_unit_test(plain_names_come_before_patterns_and_the_configuration_before_all),
		cmocka_unit_test(a_pattern_may_leave_names_out),
		cmocka_unit_test(a_rule_needs_what_its_shape_uses),
		cmocka_unit_test(every_rule_is_sound),
		cmocka_unit_test(no_name_has_two_rules),
		cmocka_unit_test(every_kind_has_a_name_that_leads_back),
		cmocka_unit_test(the_suppliers_that_linux_waits_for_are_marked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
