/* SPDX-License-Identifier: Apache-2.0 */
/* A guest's whole tree: its devices (devices.c) and its virtual machine (machine/nodes.h). */
#include "emit/emit.h"

#include "machine/nodes.h"

#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

/* What the machine's nodes take: 16 CPUs, 24 virtio devices and the rest, with room to spare. */
#define MACHINE_ROOM 16384

static bool add_machine(struct bh_guest *guest, void *devices, size_t size, struct bh_diags *diags)
{
	int error;

	guest->tree = malloc(size + MACHINE_ROOM);
	if (!guest->tree) {
		bh_error(diags, "E0610", "no memory for the guest's tree");
		return false;
	}
	error = fdt_open_into(devices, guest->tree, (int)(size + MACHINE_ROOM));
	if (!error)
		error = bh_machine_nodes(guest->tree, &guest->manifest, guest->command_line);
	if (!error)
		error = fdt_pack(guest->tree);
	if (error) {
		bh_error(diags, "E0610", "the guest's tree cannot be made: %s",
			 fdt_strerror(error));
		return false;
	}
	guest->tree_size = fdt_totalsize(guest->tree);
	guest->manifest.tree = guest->tree;
	guest->manifest.tree_size = guest->tree_size;
	return true;
}

bool bh_guest_make(struct bh_guest *guest, const struct bh_plan *plan, size_t vm,
		   const struct bh_partition *partition, struct bh_diags *diags)
{
	struct bh_dt devices;
	void *blob = NULL;
	size_t size = 0;
	bool ok;

	memset(guest, 0, sizeof(*guest));
	bh_arena_init(&guest->arena);
	if (!bh_emit_machine(&guest->manifest, &guest->arena, plan, vm, partition, diags))
		return false;
	guest->command_line = bh_emit_command_line(plan, vm);
	ok = bh_emit_devices(&devices, plan, vm, diags);
	if (ok)
		blob = bh_dt_write(&devices, &size, diags);
	ok = blob && add_machine(guest, blob, size, diags);
	free(blob);
	bh_dt_finish(&devices);
	return ok;
}

bool bh_guest_write(const struct bh_guest *guest, const struct bh_plan_vm *vm, struct bh_buf *blob,
		    struct bh_diags *diags)
{
	struct bh_diag *diag;

	if (guest->manifest.kernel)
		return bh_manifest_write(&guest->manifest, blob, diags);
	diag = bh_error(diags, "E0598", "VM %s has no kernel to start", guest->manifest.vm);
	bh_diag_at(diag, vm->config->name.span);
	bh_diag_hint(diag, "name an arm64 Image: `kernel = \"Image\"`");
	return false;
}

void bh_guest_finish(struct bh_guest *guest)
{
	free(guest->tree);
	free(guest->command_line);
	bh_arena_finish(&guest->arena);
	memset(guest, 0, sizeof(*guest));
}
