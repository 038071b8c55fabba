/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who answers at which guest-physical address, as a table. Used under the VM's lock: an access by
 * one vCPU and a PCI window moved by another do not meet.
 */
#ifndef BH_VMM_BUS_H
#define BH_VMM_BUS_H

#include "base/range.h"

#include <stddef.h>

/* Offsets are from the range's start; sizes are 1, 2, 4 or 8. */
struct bh_bus_ops {
	uint64_t (*read)(void *device, uint64_t offset, unsigned size);
	void (*write)(void *device, uint64_t offset, unsigned size, uint64_t value);
};

#define BH_BUS_MAX 256

struct bh_bus_entry {
	struct bh_range range;
	const char *name;
	const struct bh_bus_ops *ops;
	void *device;
	uint64_t accesses;
};

struct bh_bus {
	struct bh_bus_entry entries[BH_BUS_MAX]; /* sorted by address */
	size_t count;
	uint64_t unclaimed; /* accesses that nobody answered */
};

/* False when the range is empty, overlaps another or the table is full. */
bool bh_bus_add(struct bh_bus *bus, struct bh_range range, const char *name,
		const struct bh_bus_ops *ops, void *device);

/* Removes what answers at `address`; nothing happens when nobody does. */
void bh_bus_remove(struct bh_bus *bus, uint64_t address);

/* The entry that answers at `address`, or NULL. */
struct bh_bus_entry *bh_bus_find(struct bh_bus *bus, uint64_t address);

/* Unclaimed addresses read as all ones, as on a board, and swallow writes. False for them. */
bool bh_bus_read(struct bh_bus *bus, uint64_t address, unsigned size, uint64_t *value);
bool bh_bus_write(struct bh_bus *bus, uint64_t address, unsigned size, uint64_t value);

#endif
