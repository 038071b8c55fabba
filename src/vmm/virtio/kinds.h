/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of virtio devices: one row a kind in kinds.c, one file a kind beside it. */
#ifndef BH_VMM_VIRTIO_KINDS_H
#define BH_VMM_VIRTIO_KINDS_H

#include "vmm/console.h"
#include "vmm/virtio/device.h"

#include "base/diag.h"
#include "machine/manifest.h"

/* Makes the device that the manifest describes; NULL with a diagnostic (E1040-E1049) on failure.
 * `console` is for consoles only. The device is freed by its ops' destroy(). */
struct bh_virtio *bh_virtio_create(const struct bh_manifest_virtio *manifest,
				   const struct bh_virtio_host *host, struct bh_console *console,
				   struct bh_diags *diags);

/* Of the files beside. */
struct bh_virtio *bh_block_create(const struct bh_manifest_virtio *manifest,
				  const struct bh_virtio_host *host, struct bh_diags *diags);
struct bh_virtio *bh_net_create(const struct bh_manifest_virtio *manifest,
				const struct bh_virtio_host *host, struct bh_diags *diags);
struct bh_virtio *bh_vsock_create(const struct bh_manifest_virtio *manifest,
				  const struct bh_virtio_host *host, struct bh_diags *diags);
struct bh_virtio *bh_rng_create(const struct bh_manifest_virtio *manifest,
				const struct bh_virtio_host *host, struct bh_diags *diags);
struct bh_virtio *bh_balloon_create(const struct bh_manifest_virtio *manifest,
				    const struct bh_virtio_host *host, struct bh_diags *diags);
struct bh_virtio *bh_vhost_user_create(const struct bh_manifest_virtio *manifest,
				       const struct bh_virtio_host *host, struct bh_diags *diags);
struct bh_virtio *bh_virtio_console_create(const struct bh_manifest_virtio *manifest,
					   const struct bh_virtio_host *host,
					   struct bh_console *console);

#endif
