/* SPDX-License-Identifier: Apache-2.0 */
/* What is special about PCI functions when they are taken for VMs. */
#ifndef BH_HOST_BIND_PCI_H
#define BH_HOST_BIND_PCI_H

#include "host/bind.h"
#include "machine/manifest.h"

/*
 * Whether vfio-pci can take the function: its driver is there or can be loaded, the function is the
 * one that was planned, and an IOMMU is before it. False with E1133 (no driver), E1134 (another
 * function) or E1102 (no IOMMU; there is no consent to that).
 */
bool bh_pci_ready(struct bh_sys *sys, const struct bh_bind_request *request,
		  struct bh_diags *diags);

/* Whether a VM has its group open. */
bool bh_pci_in_use(struct bh_sys *sys, const char *function);

/*
 * Once all of a VM's functions are bound: whether VFIO gives their groups away. False with E1135:
 * the host has a driver for another function of the group.
 */
bool bh_pci_groups_are_free(struct bh_sys *sys, const struct bh_manifest *manifest,
			    struct bh_diags *diags);

#endif
