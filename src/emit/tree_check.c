/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks on a printed tree, read again from its blob: what the printer believes is not asked. The
 * last check plays the guest kernel's rules for suppliers (fw_devlink) and says who would wait.
 */
#include "emit/emit.h"

#include "plan/check.h"

#include "base/map.h"
#include "base/str.h"
#include "dt/cells.h"
#include "dt/irq.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct subject {
	struct bh_dt tree;
	struct bh_refs refs;
	size_t damaged; /* warnings from taking references apart */
};

static struct bh_diag *report(const struct bh_check *check, struct bh_diags *diags,
			      const struct bh_dt_node *node, const char *property,
			      const char *format, ...) __attribute__((format(printf, 5, 6)));

static struct bh_diag *report(const struct bh_check *check, struct bh_diags *diags,
			      const struct bh_dt_node *node, const char *property,
			      const char *format, ...)
{
	va_list args;
	char *text, *path = bh_dt_path(node);
	struct bh_diag *diag;

	va_start(args, format);
	text = bh_vstrf(format, args);
	va_end(args);
	diag = bh_report(diags, check->level, check->code, "%s: %s", check->name, text);
	bh_diag_node(diag, path, property);
	free(text);
	free(path);
	return diag;
}

static bool check_references(const struct bh_check *check, const void *subject,
			     struct bh_diags *diags)
{
	const struct subject *s = subject;
	bool ok = !s->damaged;

	if (!ok)
		report(check, diags, s->tree.root, NULL, "a list of references cannot be cut");
	for (size_t i = 0; i < s->refs.count; i++) {
		const struct bh_ref *ref = &s->refs.items[i];

		if (ref->state != BH_REF_DANGLING)
			continue;
		report(check, diags, ref->from, ref->prop->name,
		       "entry %u leads nowhere (phandle %u)", ref->index, ref->phandle);
		ok = false;
	}
	return ok;
}

/* A disabled supplier never comes. */
static bool check_enabled(const struct bh_check *check, const void *subject, struct bh_diags *diags)
{
	const struct subject *s = subject;
	bool ok = true;

	for (size_t i = 0; i < s->refs.count; i++) {
		const struct bh_ref *ref = &s->refs.items[i];

		if (ref->state != BH_REF_OK || !(ref->rule->flags & BH_RULE_SUPPLIER) ||
		    !bh_dt_enabled(ref->from) || bh_dt_enabled(ref->target))
			continue;
		report(check, diags, ref->from, ref->prop->name,
		       "entry %u leads to a disabled node", ref->index);
		ok = false;
	}
	return ok;
}

/* Every list that is named has as many names as entries. */
static bool check_names(const struct bh_check *check, const void *subject, struct bh_diags *diags)
{
	const struct subject *s = subject;
	bool ok = true;

	for (size_t i = 0; i < s->refs.count; i++) {
		const struct bh_ref *ref = &s->refs.items[i];
		bool last = i + 1 == s->refs.count || s->refs.items[i + 1].prop != ref->prop ||
			    s->refs.items[i + 1].from != ref->from;
		const struct bh_dt_prop *names;

		if (!last || !ref->rule->names || ref->kind == BH_REF_INTERRUPT)
			continue;
		names = bh_dt_get(ref->from, ref->rule->names);
		if (!names || bh_dt_string_count(names) <= ref->index + 1)
			continue;
		report(check, diags, ref->from, ref->rule->names, "%u names for %u entries",
		       bh_dt_string_count(names), ref->index + 1);
		ok = false;
	}
	return ok;
}

static bool check_addresses(const struct bh_check *check, const void *subject,
			    struct bh_diags *diags)
{
	const struct subject *s = subject;
	bool ok = true;

	bh_dt_for_each(node, s->tree.root)
	{
		enum bh_dt_address_result result = BH_DT_OK;
		struct bh_dt_reg reg = {0};
		uint64_t unit;
		const struct bh_dt_prop *prop = bh_dt_get(node, "reg");
		struct bh_dt_cells cells = bh_dt_reg_cells(node);

		if (!prop)
			continue;
		if (prop->length % 4 || (cells.address + cells.size &&
					 bh_dt_cell_count(prop) % (cells.address + cells.size)))
			result = BH_DT_MALFORMED;
		else if (bh_dt_reg_count(node))
			result = bh_dt_reg(node, 0, &reg);
		if (result != BH_DT_OK) {
			report(check, diags, node, "reg", "%s", bh_dt_address_result_text(result));
			ok = false;
		} else if (cells.address == 2 && cells.size == 2 && bh_dt_unit_value(node, &unit) &&
			   bh_dt_reg_count(node) && unit != reg.range.base) {
			/* Buses with shorter addresses have ways of their own to write them. */
			report(check, diags, node, "reg",
			       "the unit address says 0x%" PRIx64 ", `reg` 0x%" PRIx64, unit,
			       reg.range.base);
			ok = false;
		}
	}
	return ok;
}

struct region {
	struct bh_range range;
	const struct bh_dt_node *node;
};

static int by_base(const void *a, const void *b)
{
	const struct region *x = a, *y = b;

	return x->range.base < y->range.base ? -1 : x->range.base > y->range.base;
}

static bool related(const struct bh_dt_node *a, const struct bh_dt_node *b)
{
	return bh_dt_is_below(a, b) || bh_dt_is_below(b, a);
}

/* Memory, virtual devices and assigned devices lie beside each other. */
static bool check_overlap(const struct bh_check *check, const void *subject, struct bh_diags *diags)
{
	const struct subject *s = subject;
	struct region *list = NULL;
	size_t count = 0, room = 0;
	uint64_t reach = 0;
	const struct bh_dt_node *who = NULL;
	bool ok = true;

	bh_dt_for_each(node, s->tree.root)
	{
		struct bh_range range;

		for (uint32_t i = 0; i < bh_dt_reg_count(node); i++) {
			if (bh_dt_reg_cpu(node, i, &range) != BH_DT_OK || !range.size)
				continue;
			bh_grow((void **)&list, &room, count + 1, sizeof(*list));
			list[count++] = (struct region){range, node};
		}
	}
	if (count)
		qsort(list, count, sizeof(*list), by_base);
	for (size_t i = 0; i < count; i++) {
		/* Parts of one device may share registers; memory shares with nobody. */
		if (who && list[i].range.base <= reach && !related(who, list[i].node) &&
		    (bh_dt_has(who, "device_type") || bh_dt_has(list[i].node, "device_type"))) {
			char *other = bh_dt_path(who);
			report(check, diags, list[i].node, "reg", "overlaps %s", other);
			free(other);
			ok = false;
		}
		if (!who || bh_range_last(list[i].range) >= reach) {
			reach = bh_range_last(list[i].range);
			who = list[i].node;
		}
	}
	free(list);
	return ok;
}

static bool check_interrupts(const struct bh_check *check, const void *subject,
			     struct bh_diags *diags)
{
	const struct subject *s = subject;
	bool ok = true;

	bh_dt_for_each(node, s->tree.root)
	{
		bool has = bh_dt_has(node, "interrupts") || bh_dt_has(node, "interrupts-extended");
		uint32_t count = has ? bh_dt_irq_count(&s->tree, node) : 0;

		if (has && !count) {
			report(check, diags, node, "interrupts", "cannot be cut into interrupts");
			ok = false;
		}
		for (uint32_t i = 0; i < count; i++) {
			struct bh_dt_irq irq;
			if (bh_dt_irq(&s->tree, node, i, &irq))
				continue;
			report(check, diags, node, "interrupts",
			       "interrupt %u reaches no controller", i);
			ok = false;
		}
	}
	return ok;
}

/* What a driver would bind to: a supplier without that is never "added", and its users wait. */
static const struct bh_dt_node *device_of(const struct bh_dt_node *node)
{
	return bh_dt_owner(node);
}

/* fw_devlink makes no link to these: the kernel sets them up without a driver of a device. */
static bool is_early(const struct bh_dt_node *node)
{
	static const char *const early[] = {
		"fixed-clock",        "fixed-factor-clock", "arm,gic-v3", "arm,gic-v3-its",
		"arm,cortex-a15-gic", "arm,scmi-shmem",     "mmio-sram"};

	for (size_t i = 0; i < sizeof(early) / sizeof(early[0]); i++)
		if (bh_dt_is_compatible(node, early[i]))
			return true;
	return false;
}

static bool check_suppliers(const struct bh_check *check, const void *subject,
			    struct bh_diags *diags)
{
	const struct subject *s = subject;
	bool ok = true;

	for (size_t i = 0; i < s->refs.count; i++) {
		const struct bh_ref *ref = &s->refs.items[i];
		const struct bh_dt_node *consumer, *supplier;

		if (ref->state != BH_REF_OK || !(ref->rule->flags & BH_RULE_SUPPLIER) ||
		    (ref->rule->flags & (BH_RULE_WEAK | BH_RULE_REVERSE)))
			continue;
		consumer = device_of(ref->from);
		supplier = device_of(ref->target);
		/* A device does not wait for its own parts, nor a part for the device above it. */
		if (related(consumer, supplier) || is_early(supplier))
			continue;
		if (bh_dt_has(supplier, "compatible") || supplier->depth <= 2)
			continue;
		char *path = bh_dt_path(ref->target);
		report(check, diags, ref->from, ref->prop->name,
		       "the driver of %s would wait for %s, which has no driver", ref->from->name,
		       path);
		free(path);
		ok = false;
	}
	return ok;
}

static const struct bh_check checks[] = {
	{"references", "E0600", BH_ERROR, "every reference leads to a node", check_references},
	{"suppliers-enabled",
	 "E0601",
	 BH_ERROR,
	 "no supplier is disabled",
	 check_enabled,
	 {"references"}},
	{"names-count",
	 "E0602",
	 BH_ERROR,
	 "no list has more names than entries",
	 check_names,
	 {"references"}},
	{"addresses", "E0605", BH_ERROR, "`reg` fits the cells and the unit address",
	 check_addresses},
	{"addresses-disjoint",
	 "E0606",
	 BH_ERROR,
	 "memory and devices do not overlap",
	 check_overlap,
	 {"addresses"}},
	{"interrupts",
	 "E0607",
	 BH_ERROR,
	 "every interrupt reaches a controller",
	 check_interrupts,
	 {"references"}},
	{"deferred-probe",
	 "E0604",
	 BH_WARNING,
	 "no driver waits for ever for a supplier",
	 check_suppliers,
	 {"references", "suppliers-enabled"}},
};

bool bh_tree_check(const void *blob, size_t size, const char *name, struct bh_diags *diags)
{
	struct subject s = {0};
	struct bh_diags damage = {0};
	bool ok;

	if (!bh_dt_read(&s.tree, blob, size, name, diags))
		return false;
	bh_refs_extract(&s.refs, &s.tree, NULL, 0, &damage);
	s.damaged = damage.count;
	for (size_t i = 0; i < damage.count; i++) {
		struct bh_diag *d = bh_report(diags, BH_ERROR, damage.items[i].code, "%s",
					      damage.items[i].message);
		bh_diag_node(d, damage.items[i].node, damage.items[i].property);
	}
	bh_diags_finish(&damage);
	ok = bh_checks_run(checks, sizeof(checks) / sizeof(checks[0]), &s, diags);
	bh_refs_finish(&s.refs);
	bh_dt_finish(&s.tree);
	return ok;
}
