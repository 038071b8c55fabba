/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/vfio/view.h"

#include "vmm/pci/msix.h"

#include <string.h>

enum {
	HEADER_SIZE = 0x40,
	HEADER_TYPE_MASK = 0x7f,
	STATUS_CAPABILITIES = 0x10,
	BAR_IO = 1,
	BAR_TYPE = 6,
	KIND_ID_MAX = 0x11, /* of the capabilities below */
};

struct maker {
	struct bh_pci_view *view;
	const struct bh_pci_facts *facts;
	bool owned[BH_PCI_CONFIG_SIZE]; /* by the header or a capability */
	bool made[KIND_ID_MAX + 1];
};

static uint32_t get(const uint8_t *config, unsigned offset, unsigned size)
{
	uint32_t value = 0;

	memcpy(&value, config + offset, size);
	return value;
}

static uint32_t raw(const struct maker *maker, unsigned offset, unsigned size)
{
	return get(maker->facts->raw, offset, size);
}

static void put(struct maker *maker, unsigned offset, unsigned size, uint32_t value)
{
	memcpy(maker->view->config + offset, &value, size);
}

static void allow(struct maker *maker, unsigned offset, unsigned size, uint32_t bits)
{
	memcpy(maker->view->writable + offset, &bits, size);
}

static void copy(struct maker *maker, unsigned offset, unsigned size)
{
	memcpy(maker->view->config + offset, maker->facts->raw + offset, size);
}

static void make_header(struct maker *maker)
{
	struct bh_pci_view *view = maker->view;
	uint32_t pin = raw(maker, BH_PCI_INTERRUPT_PIN, 1);

	memset(maker->owned, true, HEADER_SIZE);
	copy(maker, BH_PCI_VENDOR, 4);
	copy(maker, BH_PCI_STATUS, 2);
	view->read_through[BH_PCI_STATUS] = view->read_through[BH_PCI_STATUS + 1] = true;
	copy(maker, BH_PCI_REVISION, 4);
	put(maker, BH_PCI_HEADER, 1, maker->facts->multifunction ? BH_PCI_HEADER_MULTIFUNCTION : 0);
	copy(maker, BH_PCI_SUBSYSTEM_VENDOR, 4);
	put(maker, BH_PCI_INTERRUPT_PIN, 1, maker->facts->line && pin <= 4 ? pin : 0);
}

static void make_bars(struct maker *maker)
{
	for (unsigned i = 0; i < BH_PCI_BARS; i++) {
		uint32_t low = raw(maker, BH_PCI_BAR0 + 4 * i, 4);
		uint64_t size = maker->facts->sizes[i];
		uint32_t type = low & BAR_TYPE;
		bool wide = type == BH_PCI_BAR_64;

		if (!bh_is_power_of_two(size) || low & BAR_IO || (type && !wide) ||
		    (wide ? i + 1 == BH_PCI_BARS : size > UINT32_MAX))
			continue;
		maker->view->bars[i] = (struct bh_pci_view_bar){
			.size = size,
			.shown = size < maker->facts->page ? maker->facts->page : size,
			.flags = low & (BH_PCI_BAR_64 | BH_PCI_BAR_PREFETCHABLE),
		};
		i += wide;
	}
}

static void make_pm(struct maker *maker, unsigned at)
{
	enum { VERSION = 0x7, DEVICE_SPECIFIC = 0x20, CONTROL = 4, STATE = 3, KEEPS_STATE = 8 };

	put(maker, at + 2, 2, raw(maker, at + 2, 2) & (VERSION | DEVICE_SPECIFIC));
	put(maker, at + CONTROL, 2, KEEPS_STATE);
	allow(maker, at + CONTROL, 2, STATE);
}

static unsigned express_size(const struct maker *maker, unsigned at)
{
	enum { SIZE_1 = 0x14, SIZE_2 = 0x3c, VERSION = 0xf };

	return (raw(maker, at + 2, 2) & VERSION) < 2 ? SIZE_1 : SIZE_2;
}

static void make_express(struct maker *maker, unsigned at)
{
	enum { VERSION = 0xf, TYPE_INTEGRATED = 0x90, CAPABILITIES = 4 };
	enum { KEPT = 0x8fff, CAN_RESET = 0x10000000, DEFAULT = 0x2810, WRITABLE = 0x7fff };

	maker->view->express = (uint8_t)at;
	put(maker, at + 2, 2, (raw(maker, at + 2, 2) & VERSION) | TYPE_INTEGRATED);
	put(maker, at + CAPABILITIES, 4,
	    (raw(maker, at + CAPABILITIES, 4) & KEPT) | (maker->facts->resettable ? CAN_RESET : 0));
	put(maker, at + BH_EXPRESS_CONTROL, 2, DEFAULT);
	allow(maker, at + BH_EXPRESS_CONTROL, 2, WRITABLE);
}

static unsigned msi_size(const struct maker *maker, unsigned at)
{
	enum { WIDE = 0x80, SIZE = 10, SIZE_WIDE = 14 };

	return raw(maker, at + BH_MSI_CONTROL, 2) & WIDE ? SIZE_WIDE : SIZE;
}

static void make_msi(struct maker *maker, unsigned at)
{
	enum { CAPABLE = 0xe, CAPABLE_SHIFT = 1, ENABLED_VECTORS = 0x70, WIDE = 0x80 };
	uint32_t control = raw(maker, at + BH_MSI_CONTROL, 2);
	uint32_t order = (control & CAPABLE) >> CAPABLE_SHIFT;

	if (!maker->facts->messages || !maker->facts->msi)
		return;
	while (order && 1u << order > maker->facts->msi)
		order--;
	maker->view->msi = (uint8_t)at;
	maker->view->msi_wide = control & WIDE;
	put(maker, at + BH_MSI_CONTROL, 2, order << CAPABLE_SHIFT | (control & WIDE));
	allow(maker, at + BH_MSI_CONTROL, 2, BH_MSI_ENABLE | ENABLED_VECTORS);
	allow(maker, at + BH_MSI_ADDRESS, 4, 0xfffffffc);
	if (control & WIDE)
		allow(maker, at + BH_MSI_ADDRESS + 4, 4, UINT32_MAX);
	allow(maker, at + BH_MSI_ADDRESS + (control & WIDE ? 8u : 4u), 2, 0xffff);
}

/* A range of a BAR that the capability points at; false when it is not inside. */
static bool points_at(const struct maker *maker, unsigned at, uint64_t size, unsigned *bar,
		      struct bh_range *range)
{
	enum { INDICATOR = 7 };
	uint32_t where = raw(maker, at, 4);

	*bar = where & INDICATOR;
	*range = (struct bh_range){where & ~(uint32_t)INDICATOR, size};
	return *bar < BH_PCI_BARS && range->base <= maker->view->bars[*bar].size &&
	       size <= maker->view->bars[*bar].size - range->base;
}

static void make_msix(struct maker *maker, unsigned at)
{
	enum { CONTROL = 2, TABLE = 4, PENDING = 8, SIZE_MASK = 0x7ff, ENTRY = 16 };
	struct bh_pci_view *view = maker->view;
	unsigned count = (raw(maker, at + CONTROL, 2) & SIZE_MASK) + 1;

	if (!maker->facts->messages || !maker->facts->msix ||
	    !points_at(maker, at + TABLE, (uint64_t)count * ENTRY, &view->table_bar,
		       &view->table) ||
	    !points_at(maker, at + PENDING, (uint64_t)(count + 63) / 64 * 8, &view->pending_bar,
		       &view->pending))
		return;
	view->msix = (uint8_t)at;
	if (count > maker->facts->msix)
		count = maker->facts->msix;
	view->msix_count = count > BH_MSIX_MAX ? BH_MSIX_MAX : count;
	copy(maker, at + TABLE, 8);
}

/* The rest of it belongs to the device, as far as nothing else does. */
static void make_vendor(struct maker *maker, unsigned at)
{
	enum { LENGTH = 2 };
	unsigned end = at + raw(maker, at + LENGTH, 1);

	for (unsigned i = at + LENGTH; i < BH_PCI_CONFIG_SIZE && (i == at + LENGTH || i < end);
	     i++) {
		if (maker->owned[i])
			break;
		maker->owned[i] = true;
		maker->view->read_through[i] = maker->view->write_through[i] = true;
	}
}

static const struct kind {
	uint8_t id;
	uint8_t size; /* 0: see `measure`, or the capability itself says */
	unsigned (*measure)(const struct maker *maker, unsigned at);
	void (*make)(struct maker *maker, unsigned at);
} kinds[] = {
	{.id = 0x01, .size = 8, .make = make_pm},
	{.id = 0x05, .measure = msi_size, .make = make_msi},
	{.id = 0x09, .size = 3, .make = make_vendor},
	{.id = 0x10, .measure = express_size, .make = make_express},
	{.id = 0x11, .size = 12, .make = make_msix},
};

static const struct kind *kind_of(uint8_t id)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].id == id)
			return &kinds[i];
	}
	return NULL;
}

/* Whether the bytes of a capability are nobody's; they are its own from then on. */
static bool own(struct maker *maker, unsigned at, unsigned size)
{
	if (size > BH_PCI_CONFIG_SIZE - at)
		return false;
	for (unsigned i = at; i < at + size; i++) {
		if (maker->owned[i])
			return false;
	}
	memset(maker->owned + at, true, size);
	return true;
}

/* A capability's two first bytes: what it is, and the way to the next. */
enum { LINK_SIZE = 2, PLACES = BH_PCI_CONFIG_SIZE / 4 };

/*
 * The device's list in its order. It may go in circles or point anywhere: each place is looked at
 * once. Capabilities stay where they are, because some drivers know their offsets by heart; those
 * that are hidden are skipped by the link.
 */
static size_t find_capabilities(struct maker *maker, uint8_t places[PLACES])
{
	bool seen[PLACES] = {false};
	size_t count = 0;
	unsigned at = raw(maker, BH_PCI_CAPABILITIES, 1) & ~3u;

	if (!(raw(maker, BH_PCI_STATUS, 2) & STATUS_CAPABILITIES))
		return 0;
	while (at >= HEADER_SIZE && !seen[at / 4]) {
		seen[at / 4] = true;
		places[count++] = (uint8_t)at;
		at = raw(maker, at + 1, 1) & ~3u;
	}
	return count;
}

static bool make_capability(struct maker *maker, unsigned at)
{
	const struct kind *kind = kind_of(maker->facts->raw[at]);
	struct bh_pci_view *view = maker->view;

	if (!kind)
		return false;
	unsigned size = kind->measure ? kind->measure(maker, at) : kind->size;
	bool vendor = kind->make == make_vendor;
	/* One of a kind; a vendor may have many. */
	if (!vendor && maker->made[kind->id])
		return false;
	if (!own(maker, at, vendor ? LINK_SIZE : size))
		return false;
	maker->made[kind->id] = true;
	kind->make(maker, at);
	/* A kind that the guest cannot have here. */
	if ((kind->make == make_msi && !view->msi) || (kind->make == make_msix && !view->msix))
		return false;
	view->config[at] = kind->id;
	return true;
}

static void make_capabilities(struct maker *maker)
{
	uint8_t places[PLACES];
	size_t count = find_capabilities(maker, places);
	bool shown[PLACES] = {false};
	unsigned link = BH_PCI_CAPABILITIES;

	/* A vendor's length must not cover what is ours: those come last. */
	for (unsigned vendor = 0; vendor < 2; vendor++) {
		for (size_t i = 0; i < count; i++) {
			const struct kind *kind = kind_of(maker->facts->raw[places[i]]);
			if (kind && (kind->make == make_vendor) == vendor)
				shown[i] = make_capability(maker, places[i]);
		}
	}
	for (size_t i = 0; i < count; i++) {
		if (!shown[i])
			continue;
		maker->view->config[link] = places[i];
		link = places[i] + 1u;
	}
}

const char *bh_pci_view_make(struct bh_pci_view *view, const struct bh_pci_facts *facts)
{
	struct maker maker = {.view = view, .facts = facts};

	memset(view, 0, sizeof(*view));
	if (raw(&maker, BH_PCI_VENDOR, 2) == 0xffff)
		return "it does not answer";
	if (raw(&maker, BH_PCI_HEADER, 1) & HEADER_TYPE_MASK)
		return "it is a bridge";
	make_header(&maker);
	make_bars(&maker);
	make_capabilities(&maker);
	return NULL;
}
