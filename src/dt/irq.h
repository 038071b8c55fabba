/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupts: whose, through which controllers, which line of the GIC. */
#ifndef BH_DT_IRQ_H
#define BH_DT_IRQ_H

#include "dt/lookup.h"

#define BH_IRQ_CELLS_MAX 16

enum bh_irq_trigger {
	BH_IRQ_TRIGGER_NONE = 0, /* the tree does not say */
	BH_IRQ_EDGE_RISING = 1,  /* numbers as in the bindings */
	BH_IRQ_EDGE_FALLING = 2,
	BH_IRQ_LEVEL_HIGH = 4,
	BH_IRQ_LEVEL_LOW = 8,
};

enum bh_irq_line {
	BH_IRQ_OTHER, /* not a GIC's */
	BH_IRQ_SPI,
	BH_IRQ_PPI,
	BH_IRQ_ESPI,
	BH_IRQ_EPPI,
};

/* One interrupt of a device, as a specifier of `controller`. */
struct bh_dt_irq {
	struct bh_dt_node *controller;
	const char *name; /* from interrupt-names; may be NULL */
	uint32_t count;   /* cells of the specifier */
	uint32_t cells[BH_IRQ_CELLS_MAX];
	/* The rest is filled when the controller is a GIC, else OTHER and 0. */
	enum bh_irq_line line;
	uint32_t intid; /* as the GIC numbers it: SPI 0 is 32 */
	enum bh_irq_trigger trigger;
};

/*
 * Where the node's `interrupts` go: upwards from the node, the first `interrupt-parent` or ancestor
 * with `#interrupt-cells`. NULL when there is none or it dangles.
 */
struct bh_dt_node *bh_dt_interrupt_parent(const struct bh_dt *tree, const struct bh_dt_node *node);

/*
 * The node passes interrupts on by `interrupt-map`. False for the few controllers that have such a
 * map for their own driver to read.
 */
bool bh_dt_is_nexus(const struct bh_dt_node *node);

/*
 * The cells of the unit address in the node's `interrupt-map`: `#address-cells` of it or its
 * nearest ancestor that has one, as Linux reads old trees.
 */
uint32_t bh_dt_nexus_address_cells(const struct bh_dt_node *nexus);

/* True for "arm,gic-v3", "arm,cortex-a15-gic" and their relatives. */
bool bh_dt_is_gic(const struct bh_dt_node *node);

/*
 * The number of interrupts the node has, by `interrupts-extended`, else by `interrupts`. Entries
 * with an empty parent count, so that they keep their names. 0 when the property cannot be cut.
 */
uint32_t bh_dt_irq_count(const struct bh_dt *tree, const struct bh_dt_node *node);

/*
 * Interrupt `index`, taken through `interrupt-map`s until it reaches a controller. False when it
 * is absent, empty or malformed, or no map entry matches.
 */
bool bh_dt_irq(const struct bh_dt *tree, const struct bh_dt_node *node, uint32_t index,
	       struct bh_dt_irq *irq);

/* Decodes the specifier of a GIC; false when the cells are not such. */
bool bh_dt_gic_decode(struct bh_dt_irq *irq);

/*
 * The way back, for printers: the three cells of a GIC specifier. PPIs get no CPU mask.
 */
void bh_dt_gic_encode(uint32_t intid, enum bh_irq_trigger trigger, uint32_t cells[3]);

/* It arrives at a GIC directly or by `interrupt-map`, not behind another controller. */
static inline bool bh_dt_irq_is_gic(const struct bh_dt_irq *irq)
{
	return irq->line != BH_IRQ_OTHER;
}

#endif
