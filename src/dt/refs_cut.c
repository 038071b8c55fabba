/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One function a shape. Each goes through the cells once, emits what it finds, and stops at the
 * first damage, because behind it nobody knows where an entry begins.
 */
#include "dt/refs_cut.h"

#include "dt/cells.h"
#include "dt/irq.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct bh_diag *damage(struct bh_refs_cut *cut, const char *code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static struct bh_diag *damage(struct bh_refs_cut *cut, const char *code, const char *format, ...)
{
	va_list args;

	cut->damaged = true;
	if (cut->quiet || !cut->diags)
		return NULL;
	va_start(args, format);
	char *text = bh_vstrf(format, args);
	va_end(args);
	struct bh_diag *diag = bh_warning(cut->diags, code, "`%s`: %s", cut->prop->name, text);
	free(text);
	if (diag) {
		char *path = bh_dt_path(cut->node);
		bh_diag_node(diag, path, cut->prop->name);
		free(path);
	}
	return diag;
}

static bool is_empty(uint32_t phandle)
{
	return !phandle || phandle == UINT32_MAX;
}

/* The names are walked beside the entries: looking each up would be quadratic. */
static void begin_names(struct bh_refs_cut *cut)
{
	const struct bh_dt_prop *names =
		cut->rule->names ? bh_dt_get(cut->node, cut->rule->names) : NULL;

	cut->index = 0;
	cut->name = bh_dt_string_at(names, 0);
	if (names && cut->name)
		cut->names_end = (const char *)names->value + names->length;
}

static void next_name(struct bh_refs_cut *cut)
{
	cut->index++;
	if (!cut->name || ((cut->rule->flags & BH_RULE_PAIRS) && cut->index % 2))
		return;
	cut->name += strlen(cut->name) + 1;
	if (cut->name >= cut->names_end)
		cut->name = NULL;
}

/* Adds a reference; the caller fills in what is special. */
static struct bh_ref *emit(struct bh_refs_cut *cut, uint32_t entry, uint32_t entry_cells,
			   uint32_t cell)
{
	struct bh_refs *refs = cut->refs;

	bh_grow((void **)&refs->items, &cut->item_room, refs->count + 1, sizeof(*refs->items));
	struct bh_ref *ref = &refs->items[refs->count++];
	*ref = (struct bh_ref){
		.from = cut->node,
		.prop = cut->prop,
		.rule = cut->rule,
		.name = cut->name,
		.index = cut->index,
		.entry = entry,
		.entry_cells = entry_cells,
		.cell = cell,
		.kind = (uint8_t)cut->rule->kind,
	};
	if (cell != BH_REF_NO_CELL) {
		ref->phandle = bh_dt_cell(cut->prop, cell);
		if (is_empty(ref->phandle)) {
			ref->state = BH_REF_EMPTY;
		} else {
			ref->target = bh_dt_by_phandle(cut->tree, ref->phandle);
			ref->state = ref->target ? BH_REF_OK : BH_REF_DANGLING;
		}
	}
	if (ref->state == BH_REF_DANGLING)
		damage(cut, "E0400", "entry %u refers to phandle 0x%x, which no node has",
		       cut->index, ref->phandle);
	next_name(cut);
	return ref;
}

static void set_args(struct bh_ref *ref, uint32_t at, uint32_t count)
{
	ref->args_at = (uint16_t)at;
	ref->arg_count = (uint16_t)count;
}

static void short_value(struct bh_refs_cut *cut, const struct bh_dt_node *target, uint32_t need,
			uint32_t have)
{
	struct bh_diag *diag = damage(cut, "E0401", "the value ends inside entry %u", cut->index);

	if (!diag)
		return;
	char *path = bh_dt_path(target);
	bh_diag_cause(diag, "%s takes %u cells after its phandle; %u are there", path, need, have);
	free(path);
}

static void no_cells(struct bh_refs_cut *cut, const struct bh_dt_node *target, const char *cells)
{
	char *path = bh_dt_path(target);

	damage(cut, "E0402", "entry %u refers to %s, which has no valid `%s`", cut->index, path,
	       cells);
	free(path);
}

/* More than this is no specifier: it keeps counts in 16 bits. */
#define ARGS_MAX 256

/* The number of cells a target asks for; false, reported, when it does not say. */
static bool cells_of(struct bh_refs_cut *cut, const struct bh_dt_node *target, const char *cells,
		     bool optional, uint32_t *count)
{
	*count = 0;
	if (bh_dt_u32(target, cells, count) && *count <= ARGS_MAX)
		return true;
	if (optional && !bh_dt_has(target, cells)) {
		*count = 0;
		return true;
	}
	no_cells(cut, target, cells);
	return false;
}

static void cut_list(struct bh_refs_cut *cut, const char *cells, bool optional)
{
	uint32_t total = bh_dt_cell_count(cut->prop);

	for (uint32_t at = 0; at < total;) {
		uint32_t phandle = bh_dt_cell(cut->prop, at), args;
		struct bh_dt_node *target =
			is_empty(phandle) ? NULL : bh_dt_by_phandle(cut->tree, phandle);

		if (!target) {
			emit(cut, at, 1, at);
			if (!is_empty(phandle))
				return;
			at++;
			continue;
		}
		if (!cells_of(cut, target, cells, optional, &args))
			return;
		if (args > total - at - 1) {
			short_value(cut, target, args, total - at - 1);
			return;
		}
		set_args(emit(cut, at, 1 + args, at), 1, args);
		at += 1 + args;
	}
}

static uint32_t word_count(const char *words)
{
	uint32_t count = 0;

	for (; words && *words; words += strspn(words, " ")) {
		count++;
		words += strcspn(words, " ");
	}
	return count;
}

/* Groups of `stride` cells with the phandle at `place`. */
static void cut_groups(struct bh_refs_cut *cut, uint32_t stride, uint32_t place)
{
	uint32_t total = bh_dt_cell_count(cut->prop);

	assert(stride);
	if (total % stride)
		damage(cut, "E0401", "%u cells cannot be cut into entries of %u", total, stride);
	for (uint32_t at = 0; total - at >= stride; at += stride)
		set_args(emit(cut, at, stride, at + place), place ? 0 : 1, stride - 1);
}

static void cut_rest(struct bh_refs_cut *cut)
{
	uint32_t total = bh_dt_cell_count(cut->prop);

	if (total > ARGS_MAX) {
		damage(cut, "E0401", "one reference cannot take %u cells", total - 1);
		return;
	}
	set_args(emit(cut, 0, total, 0), 1, total - 1);
}

static void cut_interrupts(struct bh_refs_cut *cut)
{
	struct bh_dt_node *parent = bh_dt_interrupt_parent(cut->tree, cut->node);
	uint32_t total = bh_dt_cell_count(cut->prop), cells;

	if (!parent) {
		damage(cut, "E0404",
		       "no interrupt controller: no `interrupt-parent` here or above "
		       "that names one");
		return;
	}
	if (!cells_of(cut, parent, "#interrupt-cells", false, &cells))
		return;
	if (!cells) {
		no_cells(cut, parent, "#interrupt-cells");
		return;
	}
	if (total % cells)
		damage(cut, "E0401", "%u cells cannot be cut into entries of %u", total, cells);
	for (uint32_t at = 0; total - at >= cells; at += cells) {
		struct bh_ref *ref = emit(cut, at, cells, BH_REF_NO_CELL);
		ref->target = parent;
		set_args(ref, 0, cells);
	}
}

static void cut_interrupt_map(struct bh_refs_cut *cut)
{
	uint32_t total = bh_dt_cell_count(cut->prop), own;
	/* Controllers that read the map themselves have it without unit addresses. */
	bool nexus = bh_dt_is_nexus(cut->node);
	uint32_t address = nexus ? bh_dt_nexus_address_cells(cut->node) : 0;

	if (!cells_of(cut, cut->node, "#interrupt-cells", false, &own))
		return;
	for (uint32_t at = 0; at < total;) {
		uint32_t cell = at + address + own, parent_address = 0, cells;

		if (total - at <= address + own) {
			damage(cut, "E0401", "the value ends inside entry %u", cut->index);
			return;
		}
		struct bh_dt_node *target =
			bh_dt_by_phandle(cut->tree, bh_dt_cell(cut->prop, cell));
		if (!target) {
			emit(cut, at, address + own + 1, cell);
			if (is_empty(bh_dt_cell(cut->prop, cell)))
				damage(cut, "E0405", "entry %u has no controller", cut->index - 1);
			return;
		}
		if (!cells_of(cut, target, "#interrupt-cells", false, &cells) ||
		    (nexus && !cells_of(cut, target, "#address-cells", true, &parent_address)))
			return;
		uint32_t behind = total - cell - 1;
		if (parent_address + cells > behind) {
			short_value(cut, target, parent_address + cells, behind);
			return;
		}
		uint32_t size = address + own + 1 + parent_address + cells;
		set_args(emit(cut, at, size, cell), address + own + 1 + parent_address, cells);
		at += size;
	}
}

/* Whether the value can be cut into entries of `stride` that all name live nodes. */
static bool id_map_fits(const struct bh_refs_cut *cut, uint32_t stride)
{
	uint32_t total = bh_dt_cell_count(cut->prop);

	if (total % stride)
		return false;
	for (uint32_t at = 1; at < total; at += stride) {
		if (!bh_dt_by_phandle(cut->tree, bh_dt_cell(cut->prop, at)))
			return false;
	}
	return true;
}

/*
 * Id, phandle, id on the other side, count. The bindings give the other side as many cells as the
 * target's `cells` says; many trees, and Linux before 7.0, write one whatever it says.
 */
static void cut_id_map(struct bh_refs_cut *cut)
{
	uint32_t total = bh_dt_cell_count(cut->prop), stride = 4, cells;
	struct bh_dt_node *target =
		total > 1 ? bh_dt_by_phandle(cut->tree, bh_dt_cell(cut->prop, 1)) : NULL;

	if (target && bh_dt_u32(target, cut->rule->cells, &cells) && cells && cells <= 4 &&
	    (total % 4 || id_map_fits(cut, 3 + cells)))
		stride = 3 + cells;
	if (total % stride)
		damage(cut, "E0401", "%u cells cannot be cut into entries of %u", total, stride);
	for (uint32_t at = 0; total - at >= stride; at += stride)
		set_args(emit(cut, at, stride, at + 1), 2, stride - 2);
}

static void cut_iommu_addresses(struct bh_refs_cut *cut)
{
	uint32_t total = bh_dt_cell_count(cut->prop);

	for (uint32_t at = 0; at < total;) {
		struct bh_dt_node *target = bh_dt_by_phandle(cut->tree, bh_dt_cell(cut->prop, at));
		if (!target) {
			emit(cut, at, 1, at);
			return;
		}
		struct bh_dt_cells cells = bh_dt_reg_cells(target);
		uint32_t behind = total - at - 1;
		if (cells.address > 4 || cells.size > 4 || cells.address + cells.size > behind) {
			short_value(cut, target, cells.address + cells.size, behind);
			return;
		}
		uint32_t args = cells.address + cells.size;
		set_args(emit(cut, at, 1 + args, at), 1, args);
		at += 1 + args;
	}
}

static uint32_t place_of_phandle(const char *words)
{
	uint32_t place = 0;

	for (; *words && *words != '&'; words += strspn(words, " ")) {
		words += strcspn(words, " ");
		place++;
	}
	return place;
}

void bh_refs_cut_prop(struct bh_refs_cut *cut)
{
	const struct bh_dt_rule *rule = cut->rule;

	if (cut->prop->length % 4) {
		damage(cut, "E0403", "%u bytes are not a list of cells", cut->prop->length);
		return;
	}
	begin_names(cut);
	switch (rule->shape) {
	case BH_SHAPE_LIST:
	case BH_SHAPE_OPTIONAL:
		cut_list(cut, rule->cells, rule->shape == BH_SHAPE_OPTIONAL);
		break;
	case BH_SHAPE_FIXED:
		cut_groups(cut, 1 + word_count(rule->args), 0);
		break;
	case BH_SHAPE_REST:
		cut_rest(cut);
		break;
	case BH_SHAPE_INTERRUPTS:
		cut_interrupts(cut);
		break;
	case BH_SHAPE_INTERRUPTS_EXTENDED:
		cut_list(cut, "#interrupt-cells", false);
		break;
	case BH_SHAPE_INTERRUPT_MAP:
		cut_interrupt_map(cut);
		break;
	case BH_SHAPE_ID_MAP:
		cut_id_map(cut);
		break;
	case BH_SHAPE_GROUPS:
		cut_groups(cut, word_count(rule->args), place_of_phandle(rule->args));
		break;
	case BH_SHAPE_IOMMU_ADDRESSES:
		cut_iommu_addresses(cut);
		break;
	case BH_SHAPE_SCALAR:
	case BH_SHAPE_COUNT:
		break;
	}
}
