/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BH_MACHINE_CHECK_H
#define BH_MACHINE_CHECK_H

#include "machine/manifest.h"

/* Whether a manifest that was read describes a machine that can exist: codes E1006 to E1014. */
bool bh_manifest_check(const struct bh_manifest *manifest, struct bh_diags *diags);

/* "0000:00:02.0": as sysfs names functions. What passes may become part of a path. */
bool bh_pci_address_is_sound(const char *text);

/* Sizes that follow from the hardware's architecture. */
enum {
	BH_PAGE = 0x1000,
	BH_GICV3_DISTRIBUTOR = 0x10000,
	BH_GICV3_REDISTRIBUTOR = 0x20000, /* a vCPU */
	BH_GICV3_ITS = 0x20000,
	BH_GICV2_DISTRIBUTOR = 0x1000,
	BH_GICV2_CPU_INTERFACE = 0x2000,
	BH_GICV2_VCPUS_MAX = 8,
	BH_PCI_CONFIG = 0x100000,
	BH_PCI_SLOTS = 32,
	BH_PCI_FUNCTIONS = 8,
	BH_VIRTIO_MMIO = 0x200,
	BH_UART = 8,
	BH_WATCHDOG = 2 * BH_PAGE,
	BH_TREE_MAX = 0x200000,
	BH_RAM_ALIGN = 0x200000,
};

#endif
