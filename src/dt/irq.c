/* SPDX-License-Identifier: Apache-2.0 */
#include "dt/irq.h"

#include "dt/cells.h"

#include <string.h>

/* How many nexus nodes an interrupt may go through: more is a loop. */
#define NEXUS_MAX 16

/* A node with more than this is none: entries are found by walking, so that many would take long.
 */
#define IRQ_CELLS_MAX 16384

struct bh_dt_node *bh_dt_interrupt_parent(const struct bh_dt *tree, const struct bh_dt_node *node)
{
	for (const struct bh_dt_node *at = node; at; at = at->parent) {
		const struct bh_dt_prop *prop;

		/* Before its own `interrupt-parent`: that is where it passes them on to. */
		if (at != node && bh_dt_has(at, "#interrupt-cells"))
			return tree->nodes[at->index];
		prop = bh_dt_get(at, "interrupt-parent");
		if (prop)
			return prop->length == 4 ? bh_dt_by_phandle(tree, bh_dt_cell(prop, 0))
						 : NULL;
	}
	return NULL;
}

bool bh_dt_is_gic(const struct bh_dt_node *node)
{
	/* Not GICv5, which numbers lines differently, nor Tegra's AGIC, a second one behind this.
	 */
	static const char *const names[] = {
		"arm,gic-v3",         "arm,gic-400",
		"arm,cortex-a15-gic", "arm,cortex-a7-gic",
		"arm,cortex-a9-gic",  "arm,eb11mp-gic",
		"arm,pl390",          "qcom,msm-qgic2",
		"qcom,msm-8660-qgic", "arm,arm1176jzf-devchip-gic",
		"arm,arm11mp-gic",    "brcm,brahma-b15-gic",
		"arm,tc11mp-gic",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (bh_dt_is_compatible(node, names[i]))
			return true;
	}
	return false;
}

bool bh_dt_gic_decode(struct bh_dt_irq *irq)
{
	if (irq->count < 3)
		return false;
	uint32_t number = irq->cells[1];

	irq->trigger = (enum bh_irq_trigger)(irq->cells[2] & 0xf);
	switch (irq->cells[0]) {
	case 0:
		irq->line = BH_IRQ_SPI;
		irq->intid = 32 + number;
		return number < 988;
	case 1:
		/* Some boards write an SPI so, and it works: Linux only adds 16. */
		irq->line = number < 16 ? BH_IRQ_PPI : BH_IRQ_SPI;
		irq->intid = 16 + number;
		return number < 1004;
	case 2:
		irq->line = BH_IRQ_ESPI;
		irq->intid = 4096 + number;
		return number < 1024;
	case 3:
		irq->line = BH_IRQ_EPPI;
		irq->intid = 1056 + number;
		return number < 64;
	default:
		return false;
	}
}

void bh_dt_gic_encode(uint32_t intid, enum bh_irq_trigger trigger, uint32_t cells[3])
{
	const struct {
		uint32_t first, type;
	} kinds[] = {{4096, 2}, {1056, 3}, {32, 0}, {16, 1}};
	size_t i = 0;

	while (i < 3 && intid < kinds[i].first)
		i++;
	cells[0] = kinds[i].type;
	cells[1] = intid - kinds[i].first;
	cells[2] = trigger;
}

static uint32_t interrupt_cells(const struct bh_dt_node *controller)
{
	uint32_t cells;

	return bh_dt_u32(controller, "#interrupt-cells", &cells) && cells <= BH_IRQ_CELLS_MAX
		       ? cells
		       : 0;
}

/* Finds entry `index`; `*count` gets the number of whole entries before the search stopped. */
static bool cut(const struct bh_dt *tree, const struct bh_dt_node *node, uint32_t index,
		struct bh_dt_irq *irq, uint32_t *count)
{
	const struct bh_dt_prop *prop = bh_dt_get(node, "interrupts-extended");
	bool extended = prop;

	*count = 0;
	if (!prop)
		prop = bh_dt_get(node, "interrupts");
	if (!prop || prop->length % 4)
		return false;
	struct bh_dt_node *parent = extended ? NULL : bh_dt_interrupt_parent(tree, node);
	uint32_t total = bh_dt_cell_count(prop);
	bool found = false;

	if (total > IRQ_CELLS_MAX)
		return false;

	for (uint32_t at = 0; at < total; (*count)++) {
		uint32_t phandle = extended ? bh_dt_cell(prop, at++) : 0;
		if (extended)
			parent = bh_dt_by_phandle(tree, phandle);
		bool empty = extended && (!phandle || phandle == UINT32_MAX);
		uint32_t cells = parent ? interrupt_cells(parent) : 0;
		if (!empty && (!cells || cells > total - at)) {
			*count = 0;
			return false;
		}
		if (*count == index && !empty) {
			irq->controller = parent;
			irq->count = cells;
			for (uint32_t i = 0; i < cells; i++)
				irq->cells[i] = bh_dt_cell(prop, at + i);
			found = true;
		}
		at += empty ? 0 : cells;
	}
	return found;
}

uint32_t bh_dt_irq_count(const struct bh_dt *tree, const struct bh_dt_node *node)
{
	struct bh_dt_irq irq;
	uint32_t count;

	cut(tree, node, UINT32_MAX, &irq, &count);
	return count;
}

uint32_t bh_dt_nexus_address_cells(const struct bh_dt_node *nexus)
{
	uint32_t cells;

	for (; nexus; nexus = nexus->parent) {
		if (bh_dt_u32(nexus, "#address-cells", &cells))
			return cells <= 4 ? cells : 0;
	}
	return 2;
}

/* The unit address that an interrupt carries through nexus nodes. */
struct unit {
	uint32_t count, cells[4];
};

static struct unit unit_of(const struct bh_dt_node *node)
{
	const struct bh_dt_prop *reg = bh_dt_get(node, "reg");
	struct unit unit = {.count = bh_dt_reg_cells(node).address};

	if (unit.count > 4)
		unit.count = 4;
	for (uint32_t i = 0; i < unit.count; i++)
		unit.cells[i] = i < bh_dt_cell_count(reg) ? bh_dt_cell(reg, i) : 0;
	return unit;
}

static uint32_t masked(const struct bh_dt_prop *mask, uint32_t at, uint32_t value)
{
	return at < bh_dt_cell_count(mask) ? value & bh_dt_cell(mask, at) : value;
}

/* One step through a nexus: true when an entry of its map matches. */
static bool through(const struct bh_dt *tree, const struct bh_dt_node *nexus, struct unit *unit,
		    struct bh_dt_irq *irq)
{
	const struct bh_dt_prop *map = bh_dt_get(nexus, "interrupt-map"),
				*mask = bh_dt_get(nexus, "interrupt-map-mask");
	uint32_t total = bh_dt_cell_count(map), own = interrupt_cells(nexus);
	uint32_t address = bh_dt_nexus_address_cells(nexus);

	if (!own || irq->count != own)
		return false;
	for (uint32_t at = 0; at < total;) {
		if (total - at < address + own + 1)
			return false;
		bool match = true;
		for (uint32_t i = 0; i < address + own; i++) {
			uint32_t want = i < address ? (i < unit->count ? unit->cells[i] : 0)
						    : irq->cells[i - address];
			if (masked(mask, i, want) != bh_dt_cell(map, at + i))
				match = false;
		}
		at += address + own;
		struct bh_dt_node *parent = bh_dt_by_phandle(tree, bh_dt_cell(map, at++));
		uint32_t parent_address = 0, cells = parent ? interrupt_cells(parent) : 0;
		if (!parent || !cells)
			return false;
		bh_dt_u32(parent, "#address-cells", &parent_address);
		if (parent_address > 4 || total - at < parent_address + cells)
			return false;
		if (match) {
			unit->count = parent_address;
			for (uint32_t i = 0; i < parent_address; i++)
				unit->cells[i] = bh_dt_cell(map, at + i);
			irq->controller = parent;
			irq->count = cells;
			for (uint32_t i = 0; i < cells; i++)
				irq->cells[i] = bh_dt_cell(map, at + parent_address + i);
			return true;
		}
		at += parent_address + cells;
	}
	return false;
}

bool bh_dt_is_nexus(const struct bh_dt_node *node)
{
	static const char *const own_map[] = {
		"fsl,ls1021a-extirq",
		"fsl,ls1043a-extirq",
		"fsl,ls1088a-extirq",
		"renesas,rza1-irqc",
	};

	for (size_t i = 0; i < sizeof(own_map) / sizeof(*own_map); i++) {
		if (bh_dt_is_compatible(node, own_map[i]))
			return false;
	}
	return bh_dt_has(node, "interrupt-map");
}

bool bh_dt_irq(const struct bh_dt *tree, const struct bh_dt_node *node, uint32_t index,
	       struct bh_dt_irq *irq)
{
	struct unit unit = unit_of(node);
	uint32_t count;

	*irq = (struct bh_dt_irq){0};
	if (!cut(tree, node, index, irq, &count))
		return false;
	for (int steps = 0; bh_dt_is_nexus(irq->controller); steps++) {
		if (steps == NEXUS_MAX || !through(tree, irq->controller, &unit, irq))
			return false;
	}
	irq->name = bh_dt_string_at(bh_dt_get(node, "interrupt-names"), index);
	if (bh_dt_is_gic(irq->controller) && !bh_dt_gic_decode(irq)) {
		irq->line = BH_IRQ_OTHER;
		irq->intid = 0;
		return false;
	}
	return true;
}
