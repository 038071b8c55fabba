/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cells and addresses: `reg`, `ranges`, `dma-ranges`, and the way from a device's address to the
 * address that a CPU uses.
 */
#ifndef BH_DT_CELLS_H
#define BH_DT_CELLS_H

#include "base/range.h"
#include "dt/tree.h"

/* What the node's children's `reg` is made of. */
struct bh_dt_cells {
	uint32_t address; /* #address-cells; 2 when absent or not a cell */
	uint32_t size;    /* #size-cells; 1 when absent or not a cell */
};

/* For the children of `bus`, as it says (it is not inherited from further up). */
struct bh_dt_cells bh_dt_child_cells(const struct bh_dt_node *bus);

/* For the node's own `reg`: what its parent says. The root's are 2 and 1. */
struct bh_dt_cells bh_dt_reg_cells(const struct bh_dt_node *node);

enum bh_dt_address_result {
	BH_DT_OK,
	BH_DT_ABSENT,     /* no such entry, or no property at all */
	BH_DT_MALFORMED,  /* the property's length does not fit its cells; cells above 4 */
	BH_DT_OVERFLOW,   /* address or size beyond 64 bits, or the end beyond 2^64 */
	BH_DT_NOT_MAPPED, /* a bus on the way up has no `ranges`: the CPU cannot reach it */
	BH_DT_OUTSIDE,    /* a bus on the way up has `ranges` that do not cover all of it */
};

/* "the length does not fit" and so on, to complete "`reg` of NODE: ..." */
const char *bh_dt_address_result_text(enum bh_dt_address_result result);

/* One entry of `reg` as the device's own bus sees it. */
struct bh_dt_reg {
	uint32_t space; /* the first of three address cells: PCI's phys.hi; else 0 */
	struct bh_range range;
};

/* The number of entries; 0 also when the length does not fit. */
uint32_t bh_dt_reg_count(const struct bh_dt_node *node);

/* OK, ABSENT, MALFORMED or OVERFLOW. A #size-cells of 0 gives size 0. */
enum bh_dt_address_result bh_dt_reg(const struct bh_dt_node *node, uint32_t index,
				    struct bh_dt_reg *reg);

/*
 * The same as a range of CPU addresses, through the `ranges` of all buses above. A node that is
 * no child of a memory-mapped bus (an I2C chip) is NOT_MAPPED.
 */
enum bh_dt_address_result bh_dt_reg_cpu(const struct bh_dt_node *node, uint32_t index,
					struct bh_range *range);

/*
 * Takes a range of addresses on `bus` (what its children use) to CPU addresses. `space` as in
 * struct bh_dt_reg.
 */
enum bh_dt_address_result bh_dt_to_cpu(const struct bh_dt_node *bus, struct bh_dt_reg reg,
				       struct bh_range *range);

/* One entry of `ranges` or `dma-ranges`. */
struct bh_dt_window {
	uint32_t space; /* of the child address, as in struct bh_dt_reg */
	uint64_t child, parent, size;
};

/*
 * Entry `index` of `property` ("ranges", "dma-ranges") of `bus`. OK, ABSENT (also for an empty
 * property: the identity), MALFORMED or OVERFLOW.
 */
enum bh_dt_address_result bh_dt_window(const struct bh_dt_node *bus, const char *property,
				       uint32_t index, struct bh_dt_window *window);
uint32_t bh_dt_window_count(const struct bh_dt_node *bus, const char *property);

/*
 * Where an address that device `node` puts on its bus ends up in CPU addresses, through the
 * `dma-ranges` of all buses above. A bus without `dma-ranges` maps one to one, as Linux takes it.
 * OK, MALFORMED, OVERFLOW or OUTSIDE.
 */
enum bh_dt_address_result bh_dt_dma_to_cpu(const struct bh_dt_node *node, struct bh_range bus,
					   struct bh_range *cpu);

/*
 * The highest address the device can reach with DMA (the last of all `dma-ranges` above), or
 * UINT64_MAX when nothing limits it.
 */
uint64_t bh_dt_dma_limit(const struct bh_dt_node *node);

/* The bus is transparent to the CPU: it has `ranges`, or is the root. */
bool bh_dt_is_mapped_bus(const struct bh_dt_node *bus);

/* The address that the unit address says: hexadecimal, the first of "1,0"; false when it is not. */
bool bh_dt_unit_value(const struct bh_dt_node *node, uint64_t *value);

/*
 * Checks every cell property, `reg`, `ranges` and `dma-ranges` of the tree and adds a warning for
 * each that is wrong (E0330 cells, E0331 reg, E0332 ranges, E0333 beyond 64 bits).
 */
void bh_dt_check_addresses(const struct bh_dt *tree, struct bh_diags *diags);

#endif
