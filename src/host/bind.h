/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking devices from the host for VMs, and giving them back.
 *
 * A platform device is bound to bulkhead.ko by its driver_override, a PCI function to vfio-pci;
 * what it was taken from is remembered, so that it can go back there. A list of devices is taken as
 * a whole or not at all.
 */
#ifndef BH_HOST_BIND_H
#define BH_HOST_BIND_H

#include "base/diag.h"
#include "host/sys.h"

/* Where the host stands about a device's DMA. Of no meaning behind an IOMMU. */
enum bh_consent {
	BH_CONSENT_NONE,
	BH_CONSENT_NO_DMA,     /* the device does none */
	BH_CONSENT_UNSAFE_DMA, /* the user allows it, in words */
};

struct bh_bind_request {
	const char *device; /* "30be0000.ethernet", "0000:00:02.0" */
	enum bh_consent consent;
	const char *quiesce; /* what stops it: machine/quiesce.h; NULL: its resets, or nothing */
	uint32_t id;         /* of a PCI function: vendor << 16 | device; 0: whatever is there */
};

/* A device that is bound, and where it came from. */
struct bh_binding {
	char *device;
	char *bus;                  /* "platform", "amba", "pci" */
	char *driver;               /* that had it; NULL: none */
	char *module;               /* of that driver, when it had to be unloaded; else NULL */
	struct bh_names interfaces; /* of the host that were up; not remembered in files */
	bool kept;                  /* it was bound for VMs before: not ours to undo on failure */
};

void bh_binding_finish(struct bh_binding *binding);

/*
 * Makes the module ready: loaded, and of our version. False with E1105 (absent) or E1106 (another
 * version).
 */
bool bh_module_ready(struct bh_sys *sys, struct bh_diags *diags);

/*
 * Binds one device. False, with the device back where it was, and E1100 (no such device), E1101
 * (its driver does not let go), E1102 (no IOMMU and no consent), E1103 (it waits for suppliers),
 * E1104 (the kernel refuses), E1105, E1106, E1107 (a VM uses it), E1133 to E1135 (host/bind_pci.h).
 */
bool bh_bind(struct bh_sys *sys, const struct bh_bind_request *request, struct bh_binding *binding,
	     struct bh_diags *diags);

/* Gives it back to the driver it came from. False with E1107 (in use), E1108 (it does not take it).
 */
bool bh_unbind(struct bh_sys *sys, const struct bh_binding *binding, struct bh_diags *diags);

/* A list, in the order in which it was bound. */
struct bh_bindings {
	struct bh_binding *items;
	size_t count, capacity;
};

/* All or none: on failure those bound by this call are given back, last first. */
bool bh_bind_all(struct bh_sys *sys, const struct bh_bind_request *requests, size_t count,
		 struct bh_bindings *bindings, struct bh_diags *diags);
void bh_bindings_finish(struct bh_bindings *bindings);

/* The list as a file remembers it, one line a device. Reading stops at a line that is none. */
void bh_bindings_write(const struct bh_bindings *bindings, struct bh_buf *text);
void bh_bindings_read(struct bh_bindings *bindings, const char *text);

/* From and to RUN/devices; a missing file is an empty list. save: false with E1112. */
void bh_bindings_load(const char *run, struct bh_bindings *bindings);
bool bh_bindings_save(const char *run, const struct bh_bindings *bindings, struct bh_diags *diags);

/* By device; NULL when it is not in the list. */
struct bh_binding *bh_bindings_find(const struct bh_bindings *bindings, const char *device);
/* Puts one at the end, or in the place of an older one of this device; takes it over. */
void bh_bindings_put(struct bh_bindings *bindings, struct bh_binding *binding);
void bh_bindings_drop(struct bh_bindings *bindings, struct bh_binding *binding);

#endif
