/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nodes of a VM's devices. They hang under one bus node (one for each way of seeing memory by
 * DMA) and all addresses on the way are the CPU's, two cells each, so that no `ranges` of the host
 * has to be carried over.
 */
#include "emit/writer.h"

#include "base/str.h"
#include "dt/cells.h"
#include "dt/lookup.h"
#include "plan/snapshot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOWS_MAX 8

/* How a bus shows memory to the devices on it. */
struct dma_view {
	struct bh_dt_window windows[WINDOWS_MAX];
	size_t count; /* 0: as it is */
};

uint32_t bh_writer_phandle(struct bh_writer *w, struct bh_dt_node *node)
{
	if (!node->phandle)
		bh_dt_set_u32(w->out, node, "phandle", w->next_phandle++);
	return node->phandle;
}

/* A name that no sibling has. */
static struct bh_dt_node *add_node(struct bh_writer *w, struct bh_dt_node *parent,
				   const char *format, ...) __attribute__((format(printf, 3, 4)));

static struct bh_dt_node *add_node(struct bh_writer *w, struct bh_dt_node *parent,
				   const char *format, ...)
{
	char unique[BH_DT_NAME_MAX + 32], *name;
	struct bh_dt_node *node;
	va_list args;

	va_start(args, format);
	name = bh_vstrf(format, args);
	va_end(args);
	snprintf(unique, sizeof(unique), "%s", name);
	for (unsigned n = 1; bh_dt_child(parent, unique); n++) {
		const char *at = strchr(name, '@');
		int base = at ? (int)(at - name) : (int)strlen(name);
		snprintf(unique, sizeof(unique), "%.*s-%u%s", base, name, n, at ? at : "");
	}
	node = bh_dt_add(w->out, parent, unique);
	free(name);
	return node;
}

static void view_of(const struct bh_writer *w, const struct bh_plan_unit *unit,
		    struct dma_view *view)
{
	const struct bh_dt_node *bus = unit->node->parent;

	view->count = 0;
	if (unit->dma == BH_PLAN_DMA_NONE)
		return;
	while (bus && !bh_dt_window_count(bus, "dma-ranges"))
		bus = bus->parent;
	if (!bus)
		return;
	for (uint32_t i = 0; i < bh_dt_window_count(bus, "dma-ranges"); i++) {
		struct bh_dt_window window;
		struct bh_range on_bus, cpu;

		if (view->count == WINDOWS_MAX ||
		    bh_dt_window(bus, "dma-ranges", i, &window) != BH_DT_OK ||
		    !bh_range_make(window.child, window.size, &on_bus))
			continue;
		/* Behind an IOMMU a device is given guest addresses as they are; what stays is how
		 * far it reaches. */
		if (unit->dma == BH_PLAN_DMA_IOMMU)
			cpu = on_bus;
		else if (bh_dt_dma_to_cpu(unit->node, on_bus, &cpu) != BH_DT_OK)
			continue;
		view->windows[view->count++] = (struct bh_dt_window){
			.child = window.child, .parent = cpu.base, .size = window.size};
	}
	(void)w;
}

static void put64(uint32_t *cells, uint64_t value)
{
	cells[0] = (uint32_t)(value >> 32);
	cells[1] = (uint32_t)value;
}

static size_t view_cells(const struct dma_view *view, uint32_t *cells)
{
	for (size_t i = 0; i < view->count; i++) {
		put64(cells + 6 * i, view->windows[i].child);
		put64(cells + 6 * i + 2, view->windows[i].parent);
		put64(cells + 6 * i + 4, view->windows[i].size);
	}
	return 6 * view->count;
}

/* The bus node for a view, made when it is first needed. */
static struct bh_dt_node *bus_for(struct bh_writer *w, const struct dma_view *view)
{
	uint32_t cells[6 * WINDOWS_MAX];
	size_t count = view_cells(view, cells);
	struct bh_dt_node *bus;

	for (bus = w->out->root->child; bus; bus = bus->next) {
		const struct bh_dt_prop *prop = bh_dt_get(bus, "dma-ranges");
		bool same =
			bh_dt_is_compatible(bus, "simple-bus") && bh_dt_cell_count(prop) == count;

		for (size_t i = 0; same && i < count; i++)
			same = bh_dt_cell(prop, (uint32_t)i) == cells[i];
		if (same)
			return bus;
	}
	bus = add_node(w, w->out->root, "devices");
	bh_dt_set_string(w->out, bus, "compatible", "simple-bus");
	bh_dt_set_u32(w->out, bus, "#address-cells", 2);
	bh_dt_set_u32(w->out, bus, "#size-cells", 2);
	bh_dt_set_flag(w->out, bus, "ranges");
	if (count)
		bh_dt_set_cells(w->out, bus, "dma-ranges", cells, (uint32_t)count);
	return bus;
}

/* The node is reached by CPU addresses: it hangs on a mapped bus in its own unit or on the host's.
 */
static bool is_mapped(const struct bh_dt_node *node)
{
	struct bh_range range;

	return bh_dt_reg_cpu(node, 0, &range) == BH_DT_OK;
}

static struct bh_dt_node *create(struct bh_writer *w, const struct bh_dt_node *from,
				 struct bh_dt_node *parent)
{
	struct bh_range range;
	struct bh_dt_node *node;

	if (w->map[from->index])
		return w->map[from->index];
	if (bh_dt_reg_cpu(from, 0, &range) == BH_DT_OK)
		node = add_node(w, parent, "%.*s@%" PRIx64, (int)bh_dt_base_name_length(from),
				from->name, range.base);
	else if (bh_dt_has(from, "reg") && parent != w->out->root &&
		 !bh_dt_is_compatible(parent, "simple-bus"))
		node = add_node(w, parent, "%s", from->name);
	else
		node = add_node(w, parent, "%.*s", (int)bh_dt_base_name_length(from), from->name);
	if (node)
		w->map[from->index] = node;
	return node;
}

/* Top of a unit: below a bus when it has addresses, else below the root. */
static struct bh_dt_node *create_head(struct bh_writer *w, const struct bh_plan_unit *unit)
{
	struct dma_view view;
	bool mapped = is_mapped(unit->node);

	/* A wrapper without registers of its own still carries mapped parts. */
	for (const struct bh_dt_node *child = unit->node->child; child && !mapped;
	     child = child->next)
		mapped = is_mapped(child) && bh_dt_has(unit->node, "ranges");
	view_of(w, unit, &view);
	return create(w, unit->node, mapped ? bus_for(w, &view) : w->out->root);
}

static bool create_below(struct bh_writer *w, const struct bh_dt_node *top, bool all)
{
	for (const struct bh_dt_node *from = bh_dt_next(top, top); from;) {
		struct bh_dt_node *parent = w->map[from->parent->index];

		if (bh_plan_left_out(w->vm, from) ||
		    (!all && !bh_survey_of(w->plan->survey, from)->enabled)) {
			from = bh_dt_skip(top, from);
			continue;
		}
		if (!parent || !create(w, from, parent))
			return false;
		from = bh_dt_next(top, from);
	}
	return true;
}

/* Raw profile: a node that is copied for its clients, with the providers it is a part of. */
static bool create_extra(struct bh_writer *w, const struct bh_dt_node *node)
{
	const struct bh_dt_node *unit = bh_survey_of(w->plan->survey, node)->unit;
	const struct bh_dt_node *from = unit && bh_dt_is_below(node, unit) ? unit : node;

	/* From the unit's head down to the node, one step at a time. */
	for (;;) {
		const struct bh_plan_unit alone = {.node = from};
		struct bh_dt_node *parent = from->parent ? w->map[from->parent->index] : NULL;
		const struct bh_dt_node *below = node;

		if (!(parent && from != unit && unit ? create(w, from, parent)
						     : create_head(w, &alone)))
			return false;
		if (from == node)
			break;
		while (below->parent != from)
			below = below->parent;
		from = below;
	}
	return bh_dt_has(node, "compatible") || create_below(w, node, false);
}

static bool create_all(struct bh_writer *w)
{
	for (size_t u = 0; u < w->vm->unit_count; u++) {
		const struct bh_plan_unit *unit = &w->vm->units[u];

		if (unit->role == BH_ROLE_PROVIDER)
			continue;
		if (!create_head(w, unit) || !create_below(w, unit->node, false))
			return false;
	}
	for (size_t e = 0; e < w->vm->extra_count; e++)
		if (!create_extra(w, w->vm->extras[e]))
			return false;
	return true;
}

/* CPU addresses go through it and all buses above. */
static bool is_cpu_bus(const struct bh_dt_node *node)
{
	for (; node->parent; node = node->parent)
		if (!bh_dt_is_mapped_bus(node))
			return false;
	return true;
}

static void copy_prop(struct bh_writer *w, const struct bh_dt_node *from, struct bh_dt_node *to,
		      const char *name)
{
	const struct bh_dt_prop *prop = bh_dt_get(from, name);

	if (prop)
		bh_dt_set(w->out, to, name, prop->value, prop->length);
}

/* Addresses of a node and of the bus that it is for its children. */
static void write_addresses(struct bh_writer *w, const struct bh_dt_node *from,
			    struct bh_dt_node *to)
{
	uint32_t cells[4 * 32], regs = bh_dt_reg_count(from), count = 0;
	struct bh_range range;
	bool bus = is_cpu_bus(from);

	for (uint32_t i = 0; i < regs && i < 32; i++) {
		if (bh_dt_reg_cpu(from, i, &range) != BH_DT_OK)
			break;
		put64(cells + count, range.base);
		put64(cells + count + 2, range.size);
		count += 4;
	}
	if (count) {
		bh_dt_set_cells(w->out, to, "reg", cells, count);
	} else if (strchr(to->name, '@')) {
		copy_prop(w, from, to, "reg");
	}
	if (bus && from->child) {
		uint32_t windows = bh_dt_window_count(from, "dma-ranges");

		bh_dt_set_u32(w->out, to, "#address-cells", 2);
		bh_dt_set_u32(w->out, to, "#size-cells", 2);
		bh_dt_set_flag(w->out, to, "ranges");
		count = 0;
		for (uint32_t i = 0; i < windows && i < WINDOWS_MAX; i++) {
			struct bh_dt_window window;
			if (bh_dt_window(from, "dma-ranges", i, &window) != BH_DT_OK)
				continue;
			put64(cells + count, window.child);
			put64(cells + count + 2, window.parent);
			put64(cells + count + 4, window.size);
			count += 6;
		}
		if (count)
			bh_dt_set_cells(w->out, to, "dma-ranges", cells, count);
		else if (bh_dt_has(from, "dma-ranges"))
			bh_dt_set_flag(w->out, to, "dma-ranges");
	} else if (to->child) {
		/* Numbers on a bus of its own: MDIO, I2C, ports. */
		copy_prop(w, from, to, "#address-cells");
		copy_prop(w, from, to, "#size-cells");
		copy_prop(w, from, to, "ranges");
	}
}

static void write_mac(struct bh_writer *w, const struct bh_dt_node *from, struct bh_dt_node *to)
{
	static const char *const names[] = {"local-mac-address", "mac-address"};
	struct bh_buf device = {0};
	uint8_t mac[6];
	bool known;

	if (bh_class_of(from) != BH_CLASS_ETHERNET || !bh_dt_has(from, "compatible"))
		return;
	/* (Raw profile: the guest reads the fuses itself.) */
	if (bh_dt_has(to, "nvmem-cells") &&
	    bh_dt_string_index(bh_dt_get(to, "nvmem-cell-names"), "mac-address") >= 0)
		return;
	for (size_t i = 0; i < 2; i++) {
		const struct bh_dt_prop *prop = bh_dt_get(from, names[i]);
		bool zero = true;

		for (uint32_t b = 0; prop && b < prop->length; b++)
			zero &= !prop->value[b];
		if (prop && prop->length == 6 && !zero)
			return; /* copied with the rest */
	}
	bh_survey_add_device_name(&device, w->plan->survey, from);
	known = w->plan->survey->snapshot &&
		bh_snapshot_mac(w->plan->survey->snapshot, bh_buf_str(&device), mac);
	if (!known)
		bh_emit_mac(w->vm->config->name.value, bh_buf_str(&device), mac);
	bh_dt_set(w->out, to, "local-mac-address", mac, sizeof(mac));
	bh_buf_finish(&device);
}

/* Coherence is the wiring of the board: it counts wherever above it was said. */
static bool is_coherent_by_bus(const struct bh_dt_node *unit)
{
	for (const struct bh_dt_node *bus = unit->parent; bus; bus = bus->parent)
		if (bh_dt_has(bus, "dma-coherent"))
			return true;
	return false;
}

static void write_aliases(struct bh_writer *w)
{
	const struct bh_dt_node *from = bh_dt_find(w->plan->survey->tree, "/aliases");
	struct bh_dt_node *aliases = NULL;

	for (const struct bh_dt_prop *prop = from ? from->props : NULL; prop; prop = prop->next) {
		const struct bh_dt_node *node = bh_dt_by_alias(w->plan->survey->tree, prop->name);
		struct bh_dt_node *copy = node ? w->map[node->index] : NULL;

		if (!copy)
			continue;
		char *path = bh_dt_path(copy);
		if (!aliases)
			aliases = bh_dt_add(w->out, w->out->root, "aliases");
		bh_dt_set_string(w->out, aliases, prop->name, path);
		free(path);
	}
}

static void fill(struct bh_writer *w, const struct bh_dt_node *from)
{
	struct bh_dt_node *to = w->map[from->index];

	bh_write_properties(w, from, to);
	write_addresses(w, from, to);
	write_mac(w, from, to);
}

static void fill_all(struct bh_writer *w)
{
	for (size_t u = 0; u < w->vm->unit_count; u++) {
		const struct bh_plan_unit *unit = &w->vm->units[u];

		if (unit->role == BH_ROLE_PROVIDER)
			continue;
		bh_dt_for_each(node, (struct bh_dt_node *)unit->node)
		{
			if (w->map[node->index])
				fill(w, node);
		}
		if (unit->dma != BH_PLAN_DMA_NONE && is_coherent_by_bus(unit->node))
			bh_dt_set_flag(w->out, w->map[unit->node->index], "dma-coherent");
	}
	for (size_t e = 0; e < w->vm->extra_count; e++) {
		const struct bh_dt_node *node = w->vm->extras[e];

		fill(w, node);
		if (bh_dt_has(node, "compatible"))
			continue;
		bh_dt_for_each(part, (struct bh_dt_node *)node)
		{
			if (part != node && w->map[part->index])
				fill(w, part);
		}
	}
}

bool bh_emit_devices(struct bh_dt *out, const struct bh_plan *plan, size_t vm,
		     struct bh_diags *diags)
{
	struct bh_writer w = {
		.plan = plan, .vm = &plan->vms[vm], .out = out, .next_phandle = BH_PHANDLE_FREE};
	bool ok;

	bh_dt_init(out);
	w.map = bh_alloc(plan->survey->tree->slots * sizeof(struct bh_dt_node *));
	bh_dt_set_u32(out, out->root, "#address-cells", 2);
	bh_dt_set_u32(out, out->root, "#size-cells", 2);
	ok = create_all(&w);
	if (ok) {
		fill_all(&w);
		write_aliases(&w);
	} else {
		bh_error(diags, "E0610", "the tree of VM %s would be too big",
			 plan->vms[vm].config->name.value);
	}
	free(w.map);
	free(w.cells);
	free(w.stand_ins);
	return ok;
}
