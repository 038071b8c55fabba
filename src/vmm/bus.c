/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/bus.h"

#include <string.h>

/* The number of entries that begin at or below `address`. */
static size_t place_of(const struct bh_bus *bus, uint64_t address)
{
	size_t low = 0, high = bus->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (bus->entries[middle].range.base <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool bh_bus_add(struct bh_bus *bus, struct bh_range range, const char *name,
		const struct bh_bus_ops *ops, void *device)
{
	size_t place = place_of(bus, range.base);

	if (!range.size || bus->count == BH_BUS_MAX)
		return false;
	if (place > 0 && bh_range_overlaps(bus->entries[place - 1].range, range))
		return false;
	if (place < bus->count && bh_range_overlaps(bus->entries[place].range, range))
		return false;
	memmove(&bus->entries[place + 1], &bus->entries[place],
		(bus->count - place) * sizeof(bus->entries[0]));
	bus->entries[place] =
		(struct bh_bus_entry){.range = range, .name = name, .ops = ops, .device = device};
	bus->count++;
	return true;
}

struct bh_bus_entry *bh_bus_find(struct bh_bus *bus, uint64_t address)
{
	size_t place = place_of(bus, address);

	if (!place || !bh_range_has(bus->entries[place - 1].range, address))
		return NULL;
	return &bus->entries[place - 1];
}

void bh_bus_remove(struct bh_bus *bus, uint64_t address)
{
	struct bh_bus_entry *entry = bh_bus_find(bus, address);

	if (!entry)
		return;
	size_t place = (size_t)(entry - bus->entries);
	bus->count--;
	memmove(entry, entry + 1, (bus->count - place) * sizeof(*entry));
}

/* The entry that has all bytes of the access. */
static struct bh_bus_entry *target(struct bh_bus *bus, uint64_t address, unsigned size)
{
	struct bh_bus_entry *entry = bh_bus_find(bus, address);

	if (!entry || bh_range_last(entry->range) - address < size - 1) {
		bus->unclaimed++;
		return NULL;
	}
	entry->accesses++;
	return entry;
}

static uint64_t mask(unsigned size)
{
	return size >= 8 ? UINT64_MAX : (UINT64_C(1) << (8 * size)) - 1;
}

bool bh_bus_read(struct bh_bus *bus, uint64_t address, unsigned size, uint64_t *value)
{
	struct bh_bus_entry *entry = target(bus, address, size);

	*value = entry ? entry->ops->read(entry->device, address - entry->range.base, size)
		       : UINT64_MAX;
	*value &= mask(size);
	return entry;
}

bool bh_bus_write(struct bh_bus *bus, uint64_t address, unsigned size, uint64_t value)
{
	struct bh_bus_entry *entry = target(bus, address, size);

	if (entry)
		entry->ops->write(entry->device, address - entry->range.base, size,
				  value & mask(size));
	return entry;
}
