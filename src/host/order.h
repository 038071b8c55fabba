/* SPDX-License-Identifier: Apache-2.0 */
/* Starting several VMs: each as soon as those that it comes after are ready, all others at once. */
#ifndef BH_HOST_ORDER_H
#define BH_HOST_ORDER_H

#include "base/diag.h"
#include "host/sys.h"
#include "machine/manifest.h"

struct bh_order_vm {
	const struct bh_manifest *manifest;
	const void *blob; /* what it was read from */
	size_t size;
};

struct bh_order {
	const char *run, *vmm;
	const struct bh_order_vm *vms;
	size_t count;
	/* VMs that others come after, and that are not among these, are waited for until somebody
	 * else starts them. Else that they do not run is an error. */
	bool patient;
	/* Told of each VM before it is started: "start", "net". May be NULL. */
	void (*step)(void *owner, const char *verb, const char *object);
	void *owner;
};

/*
 * Returns when all are ready. `started` gets the names of those that run, also when not all are
 * ready in the end: then false, with the error of the first that failed (see bh_vm_start), or
 * E1125 (a VM comes after one that does not run, or after itself).
 */
bool bh_start_all(const struct bh_order *order, struct bh_names *started, struct bh_diags *diags);

#endif
