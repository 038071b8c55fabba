/* SPDX-License-Identifier: Apache-2.0 */
#include "dt/rules.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *text;
} kinds[BH_REF_KIND_COUNT] = {
	[BH_REF_CLOCK] = {"clock", "a clock input"},
	[BH_REF_ASSIGNED_CLOCK] = {"assigned-clock", "a clock set up before the driver starts"},
	[BH_REF_RESET] = {"reset", "a reset line"},
	[BH_REF_POWER_DOMAIN] = {"power-domain", "a power domain"},
	[BH_REF_REGULATOR] = {"regulator", "a voltage supply"},
	[BH_REF_PINCTRL] = {"pinctrl", "pins and their settings"},
	[BH_REF_GPIO] = {"gpio", "a GPIO line"},
	[BH_REF_INTERRUPT] = {"interrupt", "an interrupt"},
	[BH_REF_MSI] = {"msi", "message-signalled interrupts"},
	[BH_REF_IOMMU] = {"iommu", "an IOMMU stream"},
	[BH_REF_DMA] = {"dma", "a DMA channel"},
	[BH_REF_MAILBOX] = {"mailbox", "a mailbox channel"},
	[BH_REF_SHMEM] = {"shmem", "memory shared with a firmware agent"},
	[BH_REF_SRAM] = {"sram", "on-chip memory"},
	[BH_REF_MEMORY] = {"memory", "a reserved memory region"},
	[BH_REF_NVMEM] = {"nvmem", "data in fuses or an EEPROM"},
	[BH_REF_PHY] = {"phy", "a PHY"},
	[BH_REF_MDIO] = {"mdio", "an Ethernet PHY or MDIO bus"},
	[BH_REF_SFP] = {"sfp", "an SFP cage"},
	[BH_REF_PWM] = {"pwm", "a PWM output"},
	[BH_REF_BACKLIGHT] = {"backlight", "a backlight"},
	[BH_REF_PANEL] = {"panel", "a display panel"},
	[BH_REF_LED] = {"led", "an LED"},
	[BH_REF_IO_CHANNEL] = {"io-channel", "an ADC channel"},
	[BH_REF_EXTCON] = {"extcon", "a connector's state"},
	[BH_REF_SOUND] = {"sound", "a part of a sound card"},
	[BH_REF_GRAPH] = {"graph", "the other end of a media link"},
	[BH_REF_INTERCONNECT] = {"interconnect", "bus bandwidth"},
	[BH_REF_OPP] = {"opp", "an operating point"},
	[BH_REF_THERMAL] = {"thermal", "a temperature sensor, trip or cooling device"},
	[BH_REF_CPU] = {"cpu", "a CPU, its cache or idle state"},
	[BH_REF_HWLOCK] = {"hwlock", "a hardware lock"},
	[BH_REF_SYSCON] = {"syscon", "registers of a system controller"},
	[BH_REF_FIRMWARE] = {"firmware", "a firmware agent"},
	[BH_REF_CONFIG] = {"config", "settings in a node of their own"},
	[BH_REF_DEVICE] = {"device", "another device"},
};

const char *bh_ref_kind_name(enum bh_ref_kind kind)
{
	return kinds[kind].name;
}

const char *bh_ref_kind_text(enum bh_ref_kind kind)
{
	return kinds[kind].text;
}

bool bh_ref_kind_by_name(const char *name, enum bh_ref_kind *kind)
{
	for (int i = 0; i < BH_REF_KIND_COUNT; i++) {
		if (!strcmp(kinds[i].name, name)) {
			*kind = (enum bh_ref_kind)i;
			return true;
		}
	}
	return false;
}

bool bh_dt_rule_ok(const struct bh_dt_rule *rule)
{
	if (!rule->property || rule->kind >= BH_REF_KIND_COUNT)
		return false;
	switch (rule->shape) {
	case BH_SHAPE_LIST:
	case BH_SHAPE_OPTIONAL:
	case BH_SHAPE_ID_MAP:
		return rule->cells && rule->cells[0] == '#';
	case BH_SHAPE_GROUPS:
		return rule->args && strchr(rule->args, '&');
	default:
		return rule->shape < BH_SHAPE_COUNT;
	}
}

const char *bh_dt_rule_id(const struct bh_dt_rule *rule)
{
	return rule->id ? rule->id : rule->property;
}

bool bh_dt_rule_matches(const char *pattern, const char *name)
{
	/* Where to try again: the last '*' and what it has swallowed so far. */
	const char *star = NULL, *from = NULL;

	while (*name) {
		if (*pattern == '*') {
			star = ++pattern;
			from = name;
		} else if (*pattern == '%' && isdigit((unsigned char)*name)) {
			pattern++;
			name += strspn(name, "0123456789");
		} else if (*pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star;
			name = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static void add_rule(struct bh_rule_set *set, const char *property, const struct bh_dt_rule *rule)
{
	if (strpbrk(property, "*%")) {
		bh_grow((void **)&set->patterns, &set->pattern_room, set->pattern_count + 1,
			sizeof(*set->patterns));
		set->patterns[set->pattern_count].text = property;
		set->patterns[set->pattern_count++].rule = rule;
	} else if (!bh_map_get(&set->plain, property)) {
		bh_map_set(&set->plain, property, (void *)(uintptr_t)rule);
	}
}

static void add_table(struct bh_rule_set *set, const struct bh_dt_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert(bh_dt_rule_ok(&rules[i]));
		add_rule(set, rules[i].property, &rules[i]);
	}
}

void bh_rule_set_init(struct bh_rule_set *set, const struct bh_dt_rule *extra, size_t extra_count)
{
	static const struct bh_dt_rule scalar = {.id = "scalar", .shape = BH_SHAPE_SCALAR};

	*set = (struct bh_rule_set){0};
	bh_map_init(&set->plain);
	add_table(set, extra, extra_count);
	add_table(set, bh_standard_rules, bh_standard_rule_count);
	add_table(set, bh_vendor_rules, bh_vendor_rule_count);
	for (size_t i = 0; i < bh_scalar_name_count; i++)
		add_rule(set, bh_scalar_names[i], &scalar);
}

void bh_rule_set_finish(struct bh_rule_set *set)
{
	bh_map_finish(&set->plain);
	free(set->patterns);
	*set = (struct bh_rule_set){0};
}

const struct bh_dt_rule *bh_rule_set_find(const struct bh_rule_set *set, const char *property)
{
	const struct bh_dt_rule *rule = bh_map_get(&set->plain, property);

	for (size_t i = 0; !rule && i < set->pattern_count; i++) {
		const struct bh_dt_rule *one = set->patterns[i].rule;

		if (bh_dt_rule_matches(set->patterns[i].text, property) &&
		    (!one->except || !bh_dt_rule_matches(one->except, property)))
			rule = one;
	}
	return rule;
}
