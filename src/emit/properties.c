/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of a copied node: what is no reference is copied as it is; a list of references is
 * written anew from the decisions, and the list that names its entries with it.
 */
#include "emit/writer.h"

#include "base/str.h"
#include "dt/irq.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(struct bh_writer *w, size_t *count, uint32_t cell)
{
	bh_grow((void **)&w->cells, &w->cell_room, *count + 1, sizeof(*w->cells));
	w->cells[(*count)++] = cell;
}

static bool same_thing(const struct bh_ref *a, const struct bh_ref *b)
{
	if (a->kind != b->kind || a->target != b->target || a->arg_count != b->arg_count)
		return false;
	for (uint32_t i = 0; i < a->arg_count; i++)
		if (bh_ref_arg(a, i) != bh_ref_arg(b, i))
			return false;
	return true;
}

static struct bh_dt_node *make_clock(struct bh_writer *w, const struct bh_decision *d)
{
	char name[32];
	struct bh_dt_node *node;

	snprintf(name, sizeof(name), "clock-%zu", w->clock_number++);
	node = bh_dt_add(w->out, w->out->root, name);
	bh_dt_set_string(w->out, node, "compatible", "fixed-clock");
	bh_dt_set_u32(w->out, node, "#clock-cells", 0);
	bh_dt_set_u32(w->out, node, "clock-frequency", (uint32_t)d->rate);
	return node;
}

static struct bh_dt_node *make_regulator(struct bh_writer *w, const struct bh_decision *d)
{
	const struct bh_dt_prop *called = bh_dt_get(d->ref->target, "regulator-name");
	char name[32];
	struct bh_dt_node *node;

	snprintf(name, sizeof(name), "regulator-%zu", w->regulator_number++);
	node = bh_dt_add(w->out, w->out->root, name);
	bh_dt_set_string(w->out, node, "compatible", "regulator-fixed");
	if (called)
		bh_dt_set(w->out, node, called->name, called->value, called->length);
	/* A voltage that the host may change is not promised to the guest. */
	if (d->microvolt) {
		bh_dt_set_u32(w->out, node, "regulator-min-microvolt", d->microvolt);
		bh_dt_set_u32(w->out, node, "regulator-max-microvolt", d->microvolt);
	}
	if (!bh_dt_has(node, "regulator-name"))
		bh_dt_set_string(w->out, node, "regulator-name", name);
	bh_dt_set_flag(w->out, node, "regulator-always-on");
	return node;
}

uint32_t bh_stand_in(struct bh_writer *w, const struct bh_decision *d)
{
	struct bh_stand_in *made;

	for (size_t i = 0; i < w->stand_in_count; i++)
		if (same_thing(w->stand_ins[i].ref, d->ref))
			return bh_writer_phandle(w, w->stand_ins[i].node);
	bh_grow((void **)&w->stand_ins, &w->stand_in_room, w->stand_in_count + 1,
		sizeof(*w->stand_ins));
	made = &w->stand_ins[w->stand_in_count++];
	made->ref = d->ref;
	made->node = d->ref->kind == BH_REF_CLOCK ? make_clock(w, d) : make_regulator(w, d);
	return bh_writer_phandle(w, made->node);
}

/* Names of a list's entries, less those left out. */
static void write_names(struct bh_writer *w, const struct bh_dt_node *from, struct bh_dt_node *to,
			const char *property, const bool *kept, size_t count)
{
	const struct bh_dt_prop *names = property ? bh_dt_get(from, property) : NULL;
	const char **list;
	uint32_t n = 0;

	if (!names)
		return;
	list = bh_alloc((count + 1) * sizeof(*list));
	for (size_t i = 0; i < count; i++) {
		const char *name = bh_dt_string_at(names, (uint32_t)i);
		if (kept[i] && name)
			list[n++] = name;
	}
	if (n)
		bh_dt_set_strings(w->out, to, property, list, n);
	free(list);
}

/* Writes one entry; false when it is left out. */
static bool write_entry(struct bh_writer *w, const struct bh_decision *d, size_t *count)
{
	const struct bh_ref *ref = d->ref;
	const struct bh_dt_node *target = d->to ? d->to : ref->target;
	struct bh_dt_node *copy;

	switch (d->action) {
	case BH_ACTION_MEDIATE:
		put(w, count,
		    ref->kind == BH_REF_CLOCK   ? BH_PHANDLE_SCMI_CLOCKS
		    : ref->kind == BH_REF_RESET ? BH_PHANDLE_SCMI_RESETS
						: BH_PHANDLE_SCMI_DOMAINS);
		put(w, count, (uint32_t)d->id);
		return true;
	case BH_ACTION_SUBSTITUTE:
		if (ref->kind != BH_REF_CLOCK && ref->kind != BH_REF_REGULATOR)
			return false;
		put(w, count, bh_stand_in(w, d));
		return true;
	case BH_ACTION_COPY:
		copy = target ? bh_writer_copy(w, target) : NULL;
		if (!copy)
			return false;
		for (uint32_t i = 0; i < ref->entry_cells; i++)
			put(w, count,
			    ref->entry + i == ref->cell ? bh_writer_phandle(w, copy)
							: bh_dt_cell(ref->prop, ref->entry + i));
		return true;
	default:
		return false;
	}
}

static void write_list(struct bh_writer *w, const struct bh_dt_node *from, struct bh_dt_node *to,
		       const struct bh_dt_prop *prop, const struct bh_ref *refs, size_t count)
{
	const char *names = refs[0].rule->names;
	bool named = names && bh_dt_has(from, names), any = false;
	bool *kept = bh_alloc(count * sizeof(*kept));
	size_t cells = 0, solid = 0;

	for (size_t i = 0; i < count; i++) {
		const struct bh_decision *d = bh_plan_decision(w->vm, &refs[i]);

		if (refs[i].state == BH_REF_EMPTY && !named) {
			put(w, &cells, 0);
			kept[i] = true;
			continue;
		}
		kept[i] = d && write_entry(w, d, &cells);
		/* Without names a position is all an entry has: it stays, empty. */
		if (!kept[i] && !named)
			put(w, &cells, 0);
		if (kept[i]) {
			solid = cells;
			any = true;
		}
	}
	if (any) {
		bh_dt_set_cells(w->out, to, prop->name, w->cells, (uint32_t)solid);
		write_names(w, from, to, names, kept, count);
	}
	free(kept);
}

static const struct bh_plan_irq *find_irq(const struct bh_writer *w, const struct bh_dt_node *node,
					  uint32_t index)
{
	for (size_t i = 0; i < w->vm->irq_count; i++)
		if (w->vm->irqs[i].node == node && w->vm->irqs[i].index == index)
			return &w->vm->irqs[i];
	return NULL;
}

/* A parent between the node and the bus would be taken for its interrupt controller. */
static bool must_name_parent(const struct bh_writer *w, const struct bh_dt_node *from)
{
	for (const struct bh_dt_node *up = from->parent; up && w->map[up->index]; up = up->parent)
		if (bh_dt_has(up, "#interrupt-cells") || bh_dt_has(up, "interrupt-controller"))
			return true;
	return false;
}

static void write_interrupts(struct bh_writer *w, const struct bh_dt_node *from,
			     struct bh_dt_node *to, const char *property)
{
	const struct bh_dt *tree = w->plan->survey->tree;
	uint32_t total = bh_dt_irq_count(tree, from);
	const struct bh_dt_prop *prop = bh_dt_get(from, property);
	bool *kept = bh_alloc((total + 1) * sizeof(*kept));
	bool extended = false, any = false;
	size_t cells = 0;
	size_t ref_count;
	const struct bh_ref *refs = bh_refs_of(w->plan->survey->refs, from, prop, &ref_count);

	/* First: does any go to a controller of the VM's own? Then each must name its parent. */
	for (size_t i = 0; i < ref_count; i++) {
		const struct bh_decision *d = bh_plan_decision(w->vm, &refs[i]);
		bool gic = find_irq(w, from, refs[i].index) != NULL;

		if (refs[i].index < total)
			kept[refs[i].index] = d && (d->action == BH_ACTION_COPY ||
						    d->action == BH_ACTION_MEDIATE);
		extended |= d && d->action == BH_ACTION_COPY && !gic;
	}
	for (uint32_t i = 0; i < total; i++) {
		const struct bh_plan_irq *line = find_irq(w, from, i);
		struct bh_dt_irq irq;
		uint32_t spi[3];

		if (!kept[i])
			continue;
		if (line) {
			if (extended)
				put(w, &cells, BH_PHANDLE_GIC);
			bh_dt_gic_encode(line->guest, line->trigger, spi);
			for (int c = 0; c < 3; c++)
				put(w, &cells, spi[c]);
			any = true;
		} else if (bh_dt_irq(tree, from, i, &irq) && w->map[irq.controller->index]) {
			put(w, &cells, bh_writer_phandle(w, w->map[irq.controller->index]));
			for (uint32_t c = 0; c < irq.count; c++)
				put(w, &cells, irq.cells[c]);
			any = true;
		} else {
			kept[i] = false;
		}
	}
	if (any) {
		bh_dt_set_cells(w->out, to, extended ? "interrupts-extended" : "interrupts",
				w->cells, (uint32_t)cells);
		if (!extended && must_name_parent(w, from))
			bh_dt_set_u32(w->out, to, "interrupt-parent", BH_PHANDLE_GIC);
		write_names(w, from, to, "interrupt-names", kept, total);
	}
	free(kept);
}

static bool starts_with_any(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bh_str_eq(name, list[i]))
			return true;
	return false;
}

/* Written elsewhere, or the host's business alone. */
static bool is_skipped(const char *name)
{
	static const char *const skipped[] = {
		"phandle",
		"linux,phandle",
		"status",
		"reg",
		"ranges",
		"dma-ranges",
		"#address-cells",
		"#size-cells",
		"interrupt-names",
		"interrupt-parent",
		"assigned-clock-rates",
		"assigned-clock-rates-u64",
		"assigned-clock-sscs",
		"pinctrl-names",
		"bootph-all",
		"bootph-pre-ram",
		"bootph-some-ram",
		"bootph-pre-sram",
		"bootph-verify",
		"u-boot,dm-spl",
		"wakeup-source",
	};

	return starts_with_any(name, skipped, sizeof(skipped) / sizeof(skipped[0]));
}

/* The names of lists are written with their lists: a list that is gone leaves no names. */
static bool names_a_list(const struct bh_writer *w, const struct bh_dt_node *from, const char *name)
{
	size_t count;
	const struct bh_ref *refs = bh_refs_from(w->plan->survey->refs, from, &count);

	for (size_t i = 0; i < count; i++)
		if (refs[i].rule->names && bh_str_eq(refs[i].rule->names, name))
			return true;
	return false;
}

static bool is_unknown(const struct bh_writer *w, const struct bh_dt_prop *prop)
{
	const struct bh_refs *refs = w->plan->survey->refs;

	for (size_t i = 0; i < refs->unknown_count; i++)
		if (refs->unknown[i].prop == prop)
			return true;
	return false;
}

void bh_write_properties(struct bh_writer *w, const struct bh_dt_node *from, struct bh_dt_node *to)
{
	for (const struct bh_dt_prop *prop = from->props; prop; prop = prop->next) {
		size_t count;
		const struct bh_ref *refs;

		if (is_skipped(prop->name) || bh_plan_host_number(w->vm, prop->name))
			continue;
		refs = bh_refs_of(w->plan->survey->refs, from, prop, &count);
		if (bh_str_eq(prop->name, "interrupts") ||
		    bh_str_eq(prop->name, "interrupts-extended")) {
			/* With both, the second counts. */
			if (bh_str_eq(prop->name, "interrupts-extended") ||
			    !bh_dt_has(from, "interrupts-extended"))
				write_interrupts(w, from, to, prop->name);
		} else if (count) {
			write_list(w, from, to, prop, refs, count);
		} else if (!names_a_list(w, from, prop->name) && !is_unknown(w, prop) &&
			   !(prop->length >= 4 && bh_survey_is_ruled(w->plan->survey, prop))) {
			/* (What a rule knows and could not take apart would hold numbers of the
			 * host's tree.) */
			bh_dt_set(w->out, to, prop->name, prop->value, prop->length);
		}
	}
	/* These stand beside lists that may or may not have been kept. */
	static const char *const beside[][2] = {
		{"assigned-clocks", "assigned-clock-rates"},
		{"assigned-clocks", "assigned-clock-rates-u64"},
		{"pinctrl-0", "pinctrl-names"},
	};
	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
		const struct bh_dt_prop *prop = bh_dt_get(from, beside[i][1]);
		if (prop && bh_dt_has(to, beside[i][0]))
			bh_dt_set(w->out, to, prop->name, prop->value, prop->length);
	}
}
