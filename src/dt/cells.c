/* SPDX-License-Identifier: Apache-2.0 */
#include "dt/cells.h"

#include "base/str.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CELLS_MAX 4

const char *bh_dt_address_result_text(enum bh_dt_address_result result)
{
	static const char *const texts[] = {
		[BH_DT_OK] = "fine",
		[BH_DT_ABSENT] = "there is no such entry",
		[BH_DT_MALFORMED] = "the length does not fit the cells that the buses declare",
		[BH_DT_OVERFLOW] = "an address or size is beyond 64 bits",
		[BH_DT_NOT_MAPPED] = "a bus above has no `ranges`, so the CPU cannot reach it",
		[BH_DT_OUTSIDE] = "the `ranges` of a bus above do not cover it",
	};
	return texts[result];
}

static uint32_t cells_or(const struct bh_dt_node *bus, const char *name, uint32_t otherwise)
{
	uint32_t value;

	return bh_dt_u32(bus, name, &value) ? value : otherwise;
}

struct bh_dt_cells bh_dt_child_cells(const struct bh_dt_node *bus)
{
	return (struct bh_dt_cells){
		.address = cells_or(bus, "#address-cells", 2),
		.size = cells_or(bus, "#size-cells", 1),
	};
}

struct bh_dt_cells bh_dt_reg_cells(const struct bh_dt_node *node)
{
	return node->parent ? bh_dt_child_cells(node->parent) : (struct bh_dt_cells){2, 1};
}

static bool cells_ok(struct bh_dt_cells cells)
{
	return cells.address <= CELLS_MAX && cells.size <= CELLS_MAX;
}

/* The number that `count` cells at `at` make. False when it needs more than 64 bits. */
static bool number(const struct bh_dt_prop *prop, uint32_t at, uint32_t count, uint64_t *value)
{
	*value = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (*value >> 32)
			return false;
		*value = *value << 32 | bh_dt_cell(prop, at + i);
	}
	return true;
}

/* Of three cells the first is no part of the number but says which space it is in. */
static bool address(const struct bh_dt_prop *prop, uint32_t at, uint32_t count, uint32_t *space,
		    uint64_t *value)
{
	*space = 0;
	if (count == 3) {
		*space = bh_dt_cell(prop, at++);
		count--;
	}
	return number(prop, at, count, value);
}

/* Entries of `stride` cells in the property; false when its length is no multiple of that. */
static bool entries(const struct bh_dt_prop *prop, uint32_t stride, uint32_t *count)
{
	if (!stride || prop->length % (4 * stride))
		return false;
	*count = prop->length / (4 * stride);
	return true;
}

uint32_t bh_dt_reg_count(const struct bh_dt_node *node)
{
	const struct bh_dt_prop *prop = bh_dt_get(node, "reg");
	struct bh_dt_cells cells = bh_dt_reg_cells(node);
	uint32_t count;

	if (!prop || !cells_ok(cells) || !entries(prop, cells.address + cells.size, &count))
		return 0;
	return count;
}

enum bh_dt_address_result bh_dt_reg(const struct bh_dt_node *node, uint32_t index,
				    struct bh_dt_reg *reg)
{
	const struct bh_dt_prop *prop = bh_dt_get(node, "reg");
	struct bh_dt_cells cells = bh_dt_reg_cells(node);
	uint64_t base, size;
	uint32_t count;

	if (!prop)
		return BH_DT_ABSENT;
	if (!cells_ok(cells) || !entries(prop, cells.address + cells.size, &count))
		return BH_DT_MALFORMED;
	if (index >= count)
		return BH_DT_ABSENT;
	uint32_t at = index * (cells.address + cells.size);
	if (!address(prop, at, cells.address, &reg->space, &base) ||
	    !number(prop, at + cells.address, cells.size, &size) ||
	    !bh_range_make(base, size, &reg->range))
		return BH_DT_OVERFLOW;
	return BH_DT_OK;
}

static struct bh_dt_cells parent_cells(const struct bh_dt_node *bus)
{
	return bh_dt_reg_cells(bus);
}

uint32_t bh_dt_window_count(const struct bh_dt_node *bus, const char *property)
{
	const struct bh_dt_prop *prop = bh_dt_get(bus, property);
	struct bh_dt_cells own = bh_dt_child_cells(bus), above = parent_cells(bus);
	uint32_t count;

	if (!prop || !cells_ok(own) || !cells_ok(above) ||
	    !entries(prop, own.address + above.address + own.size, &count))
		return 0;
	return count;
}

enum bh_dt_address_result bh_dt_window(const struct bh_dt_node *bus, const char *property,
				       uint32_t index, struct bh_dt_window *window)
{
	const struct bh_dt_prop *prop = bh_dt_get(bus, property);
	struct bh_dt_cells own = bh_dt_child_cells(bus), above = parent_cells(bus);
	uint32_t count, ignored;
	uint64_t last;

	if (!prop || !prop->length)
		return BH_DT_ABSENT;
	if (!cells_ok(own) || !cells_ok(above) ||
	    !entries(prop, own.address + above.address + own.size, &count))
		return BH_DT_MALFORMED;
	if (index >= count)
		return BH_DT_ABSENT;
	uint32_t at = index * (own.address + above.address + own.size);
	if (!address(prop, at, own.address, &window->space, &window->child) ||
	    !address(prop, at + own.address, above.address, &ignored, &window->parent) ||
	    !number(prop, at + own.address + above.address, own.size, &window->size))
		return BH_DT_OVERFLOW;
	/* A window may end at 2^64 and not beyond, on both sides. */
	if (window->size && (!bh_add(window->child, window->size - 1, &last) ||
			     !bh_add(window->parent, window->size - 1, &last)))
		return BH_DT_OVERFLOW;
	return BH_DT_OK;
}

static bool is_pci(const struct bh_dt_node *bus)
{
	const char *type = bh_dt_string(bus, "device_type");

	return type && (!strcmp(type, "pci") || !strcmp(type, "pciex"));
}

/* Whether a window's space is the one an address is in. */
static bool same_space(const struct bh_dt_node *bus, uint32_t a, uint32_t b)
{
	if (!is_pci(bus))
		return a == b;
	/* Bits 25..24: configuration, I/O, 32-bit memory, 64-bit memory. The last two are one. */
	uint32_t one = a >> 24 & 3, other = b >> 24 & 3;
	return one && other && (one == 1) == (other == 1);
}

/* Through one property of one bus, upwards. */
static enum bh_dt_address_result go_up(const struct bh_dt_node *bus, const char *property,
				       uint32_t space, struct bh_range *range)
{
	uint32_t count = bh_dt_window_count(bus, property);
	enum bh_dt_address_result result = BH_DT_OUTSIDE;

	if (!count)
		return BH_DT_MALFORMED;
	for (uint32_t i = 0; i < count; i++) {
		struct bh_dt_window window;
		enum bh_dt_address_result one = bh_dt_window(bus, property, i, &window);
		struct bh_range from;

		if (one != BH_DT_OK) {
			result = one;
			continue;
		}
		if (!bh_range_make(window.child, window.size, &from) ||
		    !same_space(bus, space, window.space) || !bh_range_contains(from, *range))
			continue;
		range->base = window.parent + (range->base - window.child);
		return BH_DT_OK;
	}
	return result;
}

bool bh_dt_is_mapped_bus(const struct bh_dt_node *bus)
{
	return !bus->parent || bh_dt_has(bus, "ranges");
}

enum bh_dt_address_result bh_dt_to_cpu(const struct bh_dt_node *bus, struct bh_dt_reg reg,
				       struct bh_range *range)
{
	struct bh_range now = reg.range;
	uint32_t space = reg.space;

	for (; bus->parent; bus = bus->parent) {
		const struct bh_dt_prop *ranges = bh_dt_get(bus, "ranges");

		if (!ranges || (is_pci(bus) && !(space >> 24 & 3)))
			return BH_DT_NOT_MAPPED;
		if (ranges->length) {
			enum bh_dt_address_result result = go_up(bus, "ranges", space, &now);
			if (result != BH_DT_OK)
				return result;
			/* Windows of nested PCI bridges lead to PCI addresses again. */
			if (!is_pci(bus->parent))
				space = 0;
		}
	}
	*range = now;
	return BH_DT_OK;
}

enum bh_dt_address_result bh_dt_reg_cpu(const struct bh_dt_node *node, uint32_t index,
					struct bh_range *range)
{
	struct bh_dt_reg reg;
	enum bh_dt_address_result result = bh_dt_reg(node, index, &reg);

	if (result != BH_DT_OK)
		return result;
	if (!node->parent)
		return BH_DT_NOT_MAPPED;
	return bh_dt_to_cpu(node->parent, reg, range);
}

enum bh_dt_address_result bh_dt_dma_to_cpu(const struct bh_dt_node *node, struct bh_range bus,
					   struct bh_range *cpu)
{
	struct bh_range now = bus;

	for (const struct bh_dt_node *at = node->parent; at && at->parent; at = at->parent) {
		const struct bh_dt_prop *ranges = bh_dt_get(at, "dma-ranges");

		if (!ranges || !ranges->length)
			continue;
		/* What a device puts on a PCI bus is a memory access. */
		uint32_t space = is_pci(at) ? 3u << 24 : 0;
		enum bh_dt_address_result result = go_up(at, "dma-ranges", space, &now);
		if (result != BH_DT_OK)
			return result;
	}
	*cpu = now;
	return BH_DT_OK;
}

uint64_t bh_dt_dma_limit(const struct bh_dt_node *node)
{
	const struct bh_dt_node *bus = node->parent;
	uint64_t limit = 0;

	while (bus && !bh_dt_window_count(bus, "dma-ranges"))
		bus = bus->parent;
	if (!bus || !bus->parent)
		return UINT64_MAX;
	for (uint32_t i = 0; i < bh_dt_window_count(bus, "dma-ranges"); i++) {
		struct bh_dt_window window;
		struct bh_range range;

		if (bh_dt_window(bus, "dma-ranges", i, &window) != BH_DT_OK || !window.size ||
		    !bh_range_make(window.parent, window.size, &range) ||
		    bh_dt_dma_to_cpu(bus, range, &range) != BH_DT_OK)
			continue;
		if (bh_range_last(range) > limit)
			limit = bh_range_last(range);
	}
	return limit;
}

bool bh_dt_unit_value(const struct bh_dt_node *node, uint64_t *value)
{
	const char *unit = bh_dt_unit_address(node);
	char *end;

	if (!unit || !strchr("0123456789abcdefABCDEF", *unit) || !*unit)
		return false;
	*value = strtoull(unit, &end, 16);
	return (!*end || *end == ',') && end - unit <= 16;
}
