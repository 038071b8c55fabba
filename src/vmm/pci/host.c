/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/pci/pci.h"

#include <assert.h>
#include <string.h>

enum { CAPABILITIES_FIRST = 0x40 };

void bh_pci_host_init(struct bh_pci_host *host, const struct bh_manifest_pci *pci,
		      struct bh_bus *bus)
{
	*host = (struct bh_pci_host){
		.bus = bus, .window32 = pci->window32, .window64 = pci->window64};
}

uint32_t bh_pci_get(const struct bh_pci_function *function, uint32_t offset, unsigned size)
{
	uint32_t value = 0;

	memcpy(&value, function->config + offset, size);
	return value;
}

void bh_pci_put(struct bh_pci_function *function, uint32_t offset, unsigned size, uint32_t value)
{
	memcpy(function->config + offset, &value, size);
}

bool bh_pci_plug(struct bh_pci_host *host, struct bh_pci_function *function, uint32_t slot,
		 uint32_t number)
{
	if (slot >= BH_PCI_SLOTS_MAX || number >= BH_PCI_FUNCTIONS_MAX ||
	    host->functions[slot][number])
		return false;
	function->host = host;
	function->slot = slot;
	function->number = number;
	host->functions[slot][number] = function;
	function->writable[BH_PCI_COMMAND] = BH_PCI_COMMAND_MEMORY | BH_PCI_COMMAND_MASTER;
	function->writable[BH_PCI_COMMAND + 1] = 0x04; /* INTx disable */
	function->writable[BH_PCI_INTERRUPT_LINE] = 0xff;
	return true;
}

static void unmap(struct bh_pci_function *function, unsigned index)
{
	struct bh_pci_bar *bar = &function->bars[index];

	if (!bar->mapped)
		return;
	if (function->moved)
		function->moved(function, index, false);
	bh_bus_remove(function->host->bus, bar->address);
	bar->mapped = false;
}

void bh_pci_unplug(struct bh_pci_function *function)
{
	if (!function->host)
		return;
	for (unsigned i = 0; i < BH_PCI_BARS; i++)
		unmap(function, i);
	function->host->functions[function->slot][function->number] = NULL;
	function->host = NULL;
}

void bh_pci_add_bar(struct bh_pci_function *function, unsigned bar, uint64_t size, uint32_t flags,
		    const struct bh_bus_ops *ops, void *device)
{
	uint32_t offset = BH_PCI_BAR0 + 4 * bar;
	uint64_t mask = ~(size - 1);
	bool wide = flags & BH_PCI_BAR_64;

	assert(bh_is_power_of_two(size) && size >= 4096 && bar + wide < BH_PCI_BARS);
	assert(wide || size <= UINT32_MAX);
	function->bars[bar] =
		(struct bh_pci_bar){.size = size, .wide = wide, .ops = ops, .device = device};
	bh_pci_put(function, offset, 4, flags & BH_PCI_BAR_FLAGS);
	memcpy(function->writable + offset, &mask, wide ? 8 : 4);
}

uint8_t bh_pci_add_capability(struct bh_pci_function *function, uint8_t id, uint8_t size)
{
	uint32_t at = function->capabilities_end ? function->capabilities_end : CAPABILITIES_FIRST;
	uint32_t link = BH_PCI_CAPABILITIES;

	at = (at + 3) & ~3u;
	assert(at + size <= BH_PCI_CONFIG_SIZE);
	while (function->config[link])
		link = function->config[link] + 1u;
	function->config[link] = (uint8_t)at;
	function->config[at] = id;
	function->config[BH_PCI_STATUS] |= 0x10; /* there is a list */
	function->capabilities_end = (uint8_t)(at + size);
	return (uint8_t)at;
}

/* Where the guest wants a window; false when nowhere, or where none may be. */
static bool wanted(const struct bh_pci_function *function, unsigned index, struct bh_range *range)
{
	const struct bh_pci_bar *bar = &function->bars[index];
	const struct bh_pci_host *host = function->host;
	uint32_t offset = BH_PCI_BAR0 + 4 * index;

	if (!bar->size || !(bh_pci_get(function, BH_PCI_COMMAND, 2) & BH_PCI_COMMAND_MEMORY))
		return false;
	uint64_t base = bh_pci_get(function, offset, 4) & ~(uint32_t)BH_PCI_BAR_FLAGS;
	if (bar->wide)
		base |= (uint64_t)bh_pci_get(function, offset + 4, 4) << 32;
	return bh_range_make(base, bar->size, range) &&
	       (bh_range_contains(host->window32, *range) ||
		bh_range_contains(host->window64, *range));
}

void bh_pci_update_bars(struct bh_pci_function *function)
{
	for (unsigned i = 0; i < BH_PCI_BARS; i++) {
		struct bh_pci_bar *bar = &function->bars[i];
		struct bh_range range;
		bool want = wanted(function, i, &range);

		if (bar->mapped && want && range.base == bar->address)
			continue;
		unmap(function, i);
		if (!want ||
		    !bh_bus_add(function->host->bus, range, function->name, bar->ops, bar->device))
			continue;
		bar->address = range.base;
		bar->mapped = true;
		if (function->moved)
			function->moved(function, i, true);
	}
}

/* The function that an offset in the configuration space means. */
static struct bh_pci_function *target(struct bh_pci_host *host, uint64_t offset, unsigned size,
				      uint32_t *at)
{
	uint32_t slot = (uint32_t)(offset >> 15) & 31;
	uint32_t number = (uint32_t)(offset >> 12) & 7;

	*at = (uint32_t)offset & 0xfff;
	if (offset >> 20 || size > 4 || *at % size || *at + size > BH_PCI_CONFIG_SIZE)
		return NULL;
	return host->functions[slot][number];
}

static uint64_t config_read(void *owner, uint64_t offset, unsigned size)
{
	struct bh_pci_host *host = owner;
	uint32_t at;
	struct bh_pci_function *function = target(host, offset, size, &at);

	if (!function) {
		/* Behind the 256 bytes there is no extended capability; elsewhere no function. */
		bool there = host->functions[(offset >> 15) & 31][(offset >> 12) & 7];
		return there && at >= BH_PCI_CONFIG_SIZE ? 0 : UINT64_MAX;
	}
	if (function->reading)
		function->reading(function, at, size);
	return bh_pci_get(function, at, size);
}

static void config_write(void *owner, uint64_t offset, unsigned size, uint64_t value)
{
	uint32_t at;
	struct bh_pci_function *function = target(owner, offset, size, &at);

	if (!function)
		return;
	for (unsigned i = 0; i < size; i++) {
		uint8_t mask = function->writable[at + i];
		uint8_t byte = (uint8_t)(value >> (8 * i));

		function->config[at + i] =
			(uint8_t)((function->config[at + i] & ~mask) | (byte & mask));
	}
	if (at < BH_PCI_BAR0 + 4 * BH_PCI_BARS)
		bh_pci_update_bars(function);
	if (function->written)
		function->written(function, at, size, (uint32_t)value);
}

const struct bh_bus_ops bh_pci_config_ops = {.read = config_read, .write = config_write};
