/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/virtio/kinds.h"

#include <stddef.h>

typedef struct bh_virtio *create(const struct bh_manifest_virtio *manifest,
				 const struct bh_virtio_host *host, struct bh_diags *diags);

/* A console's back end is made by the program, before there is a VM. */
static create *const creators[] = {
	[BH_VIRTIO_BLOCK] = bh_block_create,     [BH_VIRTIO_NET] = bh_net_create,
	[BH_VIRTIO_VSOCK] = bh_vsock_create,     [BH_VIRTIO_RNG] = bh_rng_create,
	[BH_VIRTIO_BALLOON] = bh_balloon_create, [BH_VIRTIO_GPU] = bh_vhost_user_create,
	[BH_VIRTIO_FS] = bh_vhost_user_create,
};

struct bh_virtio *bh_virtio_create(const struct bh_manifest_virtio *manifest,
				   const struct bh_virtio_host *host, struct bh_console *console,
				   struct bh_diags *diags)
{
	struct bh_virtio *device = NULL;

	if (manifest->kind == BH_VIRTIO_CONSOLE)
		device = bh_virtio_console_create(manifest, host, console);
	else if (manifest->vhost_user)
		return bh_vhost_user_create(manifest, host, diags);
	else if (manifest->kind < sizeof(creators) / sizeof(creators[0]) &&
		 creators[manifest->kind])
		return creators[manifest->kind](manifest, host, diags);
	if (!device)
		bh_error(diags, "E1040", "%s: this VMM cannot make such a device", manifest->name);
	return device;
}
