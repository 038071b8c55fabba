/* SPDX-License-Identifier: Apache-2.0 */
/* Putting kernel, initrd and device tree into the guest's RAM, straight from their files. */
#ifndef BH_VMM_IMAGE_H
#define BH_VMM_IMAGE_H

#include "vmm/ram.h"

struct bh_boot {
	struct bh_gpa entry; /* of the kernel */
	struct bh_gpa tree;
};

/*
 * Loads what the manifest names. Kernel first, at the start of RAM; then initrd and tree behind it,
 * so that they share its large pages. Codes: E1023-E1026.
 */
bool bh_boot_load(struct bh_boot *boot, const struct bh_ram *ram,
		  const struct bh_manifest *manifest, struct bh_diags *diags);

#endif
