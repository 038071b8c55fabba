/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's PCI functions: what its kernel knows of them. They are in no tree, so they come from a
 * snapshot (`board probe`), or from this machine when it is the board.
 */
#ifndef BH_PLAN_PCI_H
#define BH_PLAN_PCI_H

#include "base/buf.h"
#include "base/range.h"
#include "config/partition.h"
#include "plan/snapshot.h"

#define BH_PCI_BARS     6
#define BH_PCI_RESERVED 8
#define BH_PCI_MAX      1024 /* functions */

struct bh_pci_bar {
	uint64_t size; /* 0: not there */
	bool io, wide, prefetch;
};

struct bh_pci_function {
	const char *address;                /* "0000:00:02.0" */
	uint32_t domain, bus, slot, number; /* the same in numbers */
	uint32_t class;                     /* 0x020000 */
	uint16_t vendor, device;
	const char *driver; /* of the host; NULL: none */
	const char *bridge; /* the host bridge's platform device; NULL: not known */
	bool has_group;
	uint32_t group;
	bool root; /* the host's root file system lies behind it */
	struct bh_pci_bar bars[BH_PCI_BARS];
	/* Addresses that the IOMMU group cannot be shown memory at. */
	struct bh_range reserved[BH_PCI_RESERVED];
	size_t reserved_count;
};

struct bh_pci {
	struct bh_pci_function *functions; /* in the order of their addresses */
	size_t count;
	struct bh_arena arena;
};

/* From a snapshot that outlives it. False with E0589; finish it in both cases. */
bool bh_pci_read(struct bh_pci *pci, const struct bh_snapshot *snapshot, struct bh_diags *diags);
void bh_pci_finish(struct bh_pci *pci);

/* "ethernet", "nvme", "usb", "display"...; "other". */
const char *bh_pci_class_name(const struct bh_pci_function *function);
bool bh_pci_is_bridge(const struct bh_pci_function *function);
bool bh_pci_is_usb(const struct bh_pci_function *function);

/* What `name` can be a name of: "0000:00:02.0", "00:02.0", "ethernet" or "usb#1". */
bool bh_pci_is_name(const char *name);

/*
 * The function of that name. NULL with E0571 (there is none) or E0572 (a class that several have);
 * quiet without `diags`.
 */
const struct bh_pci_function *bh_pci_find(const struct bh_pci *pci, const char *name,
					  const struct bh_span *span, struct bh_diags *diags);

#endif
