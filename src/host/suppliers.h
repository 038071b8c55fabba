/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a device waits for. The kernel probes a device only when those it refers to have drivers
 * (clock controllers, efuses, regulators...); on a distribution's kernel these are often modules
 * that nothing has loaded yet.
 */
#ifndef BH_HOST_SUPPLIERS_H
#define BH_HOST_SUPPLIERS_H

#include "host/sys.h"

struct bh_supplier {
	char *path;   /* its node */
	char *device; /* its name under /sys; NULL: the kernel has made no device of the node yet */
	char *how;    /* the reference: "nvmem-cells[0]" */
};

struct bh_suppliers {
	struct bh_supplier *items;
	size_t count, capacity;
};

/*
 * Finds the suppliers without a driver of the device at `node` (a path in the host's tree), and of
 * those suppliers in turn. Loads the modules that the kernel names for them first, so that only
 * what is still without a driver is listed. *loaded tells whether any was loaded. Returns 0 or a
 * negative errno when the host's tree cannot be read.
 */
int bh_suppliers_find(struct bh_sys *sys, const char *node, struct bh_suppliers *suppliers,
		      bool *loaded);
void bh_suppliers_finish(struct bh_suppliers *suppliers);

#endif
