/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan printed for our own runtime: a guest's device tree, its VMM's manifest, the overlay for
 * the host's tree, and a drawing. Printers read the plan and nothing left of it.
 */
#ifndef BH_EMIT_EMIT_H
#define BH_EMIT_EMIT_H

#include "machine/manifest.h"
#include "plan/plan.h"

/* The SMC function by which a guest rings its SCMI server (a service call of the SiP range). */
#define BH_SCMI_FUNCTION 0x82000010u

/* Where sockets of a VM's back ends lie unless the configuration says so: RUN/vm/NAME/FILE. */
#define BH_RUN_DIR "/run/bulkhead"

/* What one VMM process is told; `manifest` points into `arena`, the plan and the partition. */
struct bh_guest {
	struct bh_manifest manifest;
	char *command_line;
	void *tree; /* the guest's blob, also in the manifest */
	size_t tree_size;
	struct bh_arena arena;
};

/*
 * Prints VM `vm` of a plan without refusals. False with errors (E0584, E0610 for want of
 * places or room) in `diags`. Finish it in both cases.
 */
bool bh_guest_make(struct bh_guest *guest, const struct bh_plan *plan, size_t vm,
		   const struct bh_partition *partition, struct bh_diags *diags);
void bh_guest_finish(struct bh_guest *guest);

/* The manifest's blob. False with E0598 when the configuration names no kernel. */
bool bh_guest_write(const struct bh_guest *guest, const struct bh_plan_vm *vm, struct bh_buf *blob,
		    struct bh_diags *diags);

/* The tree of the assigned devices alone, for those who bring their own machine (src/export). */
bool bh_emit_devices(struct bh_dt *out, const struct bh_plan *plan, size_t vm,
		     struct bh_diags *diags);

/* Fills the machine of a VM from its plan and configuration; strings go to `arena`. */
bool bh_emit_machine(struct bh_manifest *manifest, struct bh_arena *arena,
		     const struct bh_plan *plan, size_t vm, const struct bh_partition *partition,
		     struct bh_diags *diags);
char *bh_emit_command_line(const struct bh_plan *plan, size_t vm);

/* The overlay for the host: reserved memory. DTS text. */
void bh_emit_host_overlay(struct bh_buf *text, const struct bh_plan *plan);
/* The same edits on a copy of the host's tree. */
void bh_emit_host_edit(struct bh_dt *tree, const struct bh_plan *plan);
/* The name of the reserved-memory node of a VM: "bulkhead-NAME". */
const char *bh_emit_region_name(struct bh_arena *arena, const struct bh_plan_vm *vm);

/* A drawing of the whole partition, as SVG. */
void bh_emit_svg(struct bh_buf *svg, const struct bh_plan *plan);

/*
 * Checks a tree that is going to be (or was) a guest's: references, cells, names, addresses,
 * interrupts, and what the kernel's supplier rules make of it. For errors of level BH_ERROR false.
 */
bool bh_tree_check(const void *blob, size_t size, const char *name, struct bh_diags *diags);

/* A stable locally administered MAC address for a device or interface of a VM. */
void bh_emit_mac(const char *vm, const char *what, uint8_t mac[6]);

#endif
