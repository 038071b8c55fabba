/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device-tree nodes of the virtual hardware that the VMM provides: CPUs, PSCI, timer, GIC,
 * memory, UART, virtio over MMIO, the PCI host, the SCMI server. They are written from the
 * manifest's own structures, so what the guest is told is what the VMM builds.
 */
#ifndef BH_MACHINE_NODES_H
#define BH_MACHINE_NODES_H

#include "machine/manifest.h"

/* Phandles of these nodes, for the nodes of assigned devices. Others begin at BH_PHANDLE_FREE. */
enum {
	BH_PHANDLE_GIC = 1,
	BH_PHANDLE_ITS = 2,
	BH_PHANDLE_SCMI_CLOCKS = 3,
	BH_PHANDLE_SCMI_RESETS = 4,
	BH_PHANDLE_SCMI_DOMAINS = 5,
	BH_PHANDLE_SCMI_SHARED = 6,
	BH_PHANDLE_FREE = 16,
};

/*
 * Adds the nodes to the root of `tree`, a blob with room (fdt_open_into). The root has
 * #address-cells = #size-cells = 2 and the GIC as interrupt parent; both are set here.
 * `command_line` goes to /chosen/bootargs. Returns 0 or a negative libfdt error (-FDT_ERR_NOSPACE:
 * try a larger blob).
 */
int bh_machine_nodes(void *tree, const struct bh_manifest *machine, const char *command_line);

#endif
