/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host snapshot: what a running board knows and its tree does not. `bulkhead board probe` prints
 * one as TOML; the planner reads it beside the tree. What it does not hold is answered from the
 * tree alone.
 */
#ifndef BH_PLAN_SNAPSHOT_H
#define BH_PLAN_SNAPSHOT_H

#include "base/buf.h"
#include "base/diag.h"
#include "config/toml.h"

struct bh_snapshot {
	struct bh_toml toml;
	struct bh_arena arena;
	const struct bh_toml_value *devices;    /* a table by the kernel's device name */
	const struct bh_toml_value *regulators; /* a table by the node's path */
	const struct bh_toml_value *functions;  /* PCI: a table by address */
	const struct bh_toml_value *usb;        /* plugged in: a table by port */
};

/* False with E0589 in `diags`. Finish it in both cases, after the last use of the diagnostics. */
bool bh_snapshot_load(struct bh_snapshot *snapshot, const char *path, struct bh_diags *diags);
bool bh_snapshot_parse(struct bh_snapshot *snapshot, const char *name, const char *text,
		       size_t size, struct bh_diags *diags);
void bh_snapshot_finish(struct bh_snapshot *snapshot);

/* Reads the running host: `root` is "" or a test's folder. Appends the TOML to `text`. */
void bh_snapshot_probe(const char *root, struct bh_buf *text);
/* Only what stays the same while devices change hands: PCI functions. */
void bh_snapshot_probe_pci(const char *root, struct bh_buf *text);

/* The rate of a device's clock by its name in clock-names (NULL: its only one). */
bool bh_snapshot_rate(const struct bh_snapshot *snapshot, const char *device, const char *clock,
		      uint64_t *rate);
/* The IOMMU group of a device. */
bool bh_snapshot_group(const struct bh_snapshot *snapshot, const char *device, uint32_t *group);
/* The name of the power domain of entry `index` of a device's list; NULL: not known. */
const char *bh_snapshot_domain(const struct bh_snapshot *snapshot, const char *device,
			       uint32_t index);
/* The voltage that the regulator at a path of the tree has now, in microvolts. */
bool bh_snapshot_voltage(const struct bh_snapshot *snapshot, const char *path, uint32_t *microvolt);
/* The n-th pin that a device has, "CONTROLLER NUMBER NAME"; NULL: no more, or none is known. */
const char *bh_snapshot_pin(const struct bh_snapshot *snapshot, const char *device, size_t n);
/* The host's root file system lies on the device. */
bool bh_snapshot_is_root(const struct bh_snapshot *snapshot, const char *device);
/* The MAC address of the interface that a device has on the host. */
bool bh_snapshot_mac(const struct bh_snapshot *snapshot, const char *device, uint8_t mac[6]);

#endif
