/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the guest sees of a PCI function's configuration space. Made once, from a copy of the
 * device's own, which may say anything: what is not in the tables here the guest does not see.
 *
 * | register                 | guest's view                                                    |
 * |--------------------------|-----------------------------------------------------------------|
 * | ids, class, subsystem    | the device's                                                    |
 * | command                  | ours; memory and bus master reach the device                    |
 * | status                   | read from the device                                            |
 * | BARs of memory           | ours: at least a page, placed by the guest                      |
 * | BARs of I/O ports, ROM   | hidden                                                          |
 * | header type              | ours: several functions or not; bridges are refused             |
 * | pin                      | the device's, when its line can be had                          |
 * | PM                       | shown; power states are kept and do nothing                     |
 * | MSI, MSI-X               | ours, at the device's offsets; hidden without an ITS            |
 * | PCI Express              | an endpoint of the root complex, without a link; a function     |
 * |                          | reset, where the host can do one, is done                       |
 * | vendor's own             | read from and written to the device: virtio's layout is one     |
 * | all others               | hidden: VPD can be written for good, AF and EA double others    |
 * | extended (0x100...)      | hidden: SR-IOV, ATS, PASID, resizable BARs are the host's       |
 */
#ifndef BH_VMM_VFIO_VIEW_H
#define BH_VMM_VFIO_VIEW_H

#include "vmm/pci/pci.h"

/* What is known of the function before the guest sees it. */
struct bh_pci_facts {
	uint8_t raw[BH_PCI_CONFIG_SIZE];
	uint64_t sizes[BH_PCI_BARS]; /* of its memory, as the host knows them */
	bool line;                   /* its INTx can be had */
	unsigned msi, msix;          /* how many messages of a kind the host gives */
	bool messages;               /* the guest has an ITS */
	bool resettable;
	bool multifunction; /* others are in its slot */
	uint64_t page;      /* the host's; no two windows may share one */
};

struct bh_pci_view_bar {
	uint64_t size, shown; /* the device's, and the guest's; 0: none */
	uint32_t flags;
};

struct bh_pci_view {
	uint8_t config[BH_PCI_CONFIG_SIZE];
	uint8_t writable[BH_PCI_CONFIG_SIZE]; /* bits that the guest may change */
	bool read_through[BH_PCI_CONFIG_SIZE], write_through[BH_PCI_CONFIG_SIZE];
	struct bh_pci_view_bar bars[BH_PCI_BARS];
	uint8_t express, msi, msix; /* where these capabilities are; 0: nowhere */
	bool msi_wide;              /* its address has 64 bits */
	unsigned msix_count;        /* vectors */
	/* Of all the device's vectors: what must not be given to the guest. */
	unsigned table_bar, pending_bar;
	struct bh_range table, pending;
};

/* Offsets in capabilities. */
enum {
	BH_MSI_CONTROL = 2,
	BH_MSI_ADDRESS = 4,
	BH_MSI_SIZE = 14,
	BH_MSI_ENABLE = 1,
	BH_MSI_VECTORS_MAX = 32,
	BH_EXPRESS_CONTROL = 8,
	BH_EXPRESS_CONTROL_NO_SNOOP = 0x800,
	BH_EXPRESS_CONTROL_RESET = 0x8000,
};

/* NULL, or why the function cannot be assigned. */
const char *bh_pci_view_make(struct bh_pci_view *view, const struct bh_pci_facts *facts);

#endif
