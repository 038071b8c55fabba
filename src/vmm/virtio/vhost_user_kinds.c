/* SPDX-License-Identifier: Apache-2.0 */
/* Devices that other processes serve: GPU, shared folders, disks. One row a kind. */
#include "vmm/virtio/kinds.h"
#include "vmm/virtio/vhost_user.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TAG_SIZE = 36 };

static void destroy(struct bh_virtio *device)
{
	struct bh_vhost_user *user = (struct bh_vhost_user *)device;

	bh_vhost_user_finish(user);
	free(user);
}

static const struct bh_virtio_ops gpu_ops = {.id = 16,
					     .pci_class = 0x038000,
					     .start = bh_vhost_user_start,
					     .stop = bh_vhost_user_stop,
					     .configured = bh_vhost_user_configured,
					     .destroy = destroy};
static const struct bh_virtio_ops fs_ops = {.id = 26,
					    .pci_class = 0x018000,
					    .start = bh_vhost_user_start,
					    .stop = bh_vhost_user_stop,
					    .destroy = destroy};
static const struct bh_virtio_ops block_ops = {.id = 2,
					       .pci_class = 0x018000,
					       .start = bh_vhost_user_start,
					       .stop = bh_vhost_user_stop,
					       .configured = bh_vhost_user_configured,
					       .destroy = destroy};

/* Blobs and contexts of other kinds would need a window of the device's memory, which is not there.
 */
#define GPU_FEATURES \
	(UINT64_C(1) << 0 | UINT64_C(1) << 1 | UINT64_C(1) << 2) /* virgl, EDID, UUID */
#define BLOCK_FEATURES UINT64_C(0x00ff7fff)
#define BLOCK_QUEUES   (UINT64_C(1) << 12)
#define BLOCK_CONFIG   60
#define GPU_CONFIG     16

/* virtio 1.2, section 5.11.4: the front end's, because only it knows the tag. */
static void set_fs_config(struct bh_vhost_user *user, const char *tag, uint32_t queues)
{
	memcpy(user->config, tag, strnlen(tag, TAG_SIZE));
	memcpy(user->config + TAG_SIZE, &queues, sizeof(queues));
	user->virtio.config = user->config;
	user->virtio.config_size = TAG_SIZE + sizeof(queues);
}

static bool kind_of(const struct bh_manifest_virtio *manifest, struct bh_vhost_user_kind *kind)
{
	unsigned queues = manifest->queues ? manifest->queues : 1;

	switch (manifest->kind) {
	case BH_VIRTIO_GPU:
		*kind = (struct bh_vhost_user_kind){&gpu_ops, GPU_FEATURES, GPU_CONFIG, 2};
		return true;
	case BH_VIRTIO_FS:
		*kind = (struct bh_vhost_user_kind){&fs_ops, 0, 0, 1 + queues};
		return true;
	case BH_VIRTIO_BLOCK:
		*kind = (struct bh_vhost_user_kind){
			&block_ops, queues > 1 ? BLOCK_FEATURES : BLOCK_FEATURES & ~BLOCK_QUEUES,
			BLOCK_CONFIG, queues};
		return true;
	default:
		return false;
	}
}

struct bh_virtio *bh_vhost_user_create(const struct bh_manifest_virtio *manifest,
				       const struct bh_virtio_host *host, struct bh_diags *diags)
{
	struct bh_vhost_user *user = bh_alloc(sizeof(*user));
	struct bh_vhost_user_kind kind;

	if (!kind_of(manifest, &kind)) {
		free(user);
		return NULL;
	}
	int err = bh_vhost_user_init(user, &kind, manifest->name, manifest->host, host);
	if (!err) {
		if (manifest->kind == BH_VIRTIO_FS)
			set_fs_config(user, manifest->tag, kind.queues - 1);
		return &user->virtio;
	}
	struct bh_diag *diag =
		bh_error(diags, "E1044", "%s: its back end cannot be used", manifest->name);
	bh_diag_cause(diag, "%s: %s", manifest->host,
		      err == -EPROTO       ? "it does not keep to the vhost-user protocol"
		      : err == -ETIMEDOUT  ? "it does not answer"
		      : err == -EOPNOTSUPP ? "it lacks a feature that the device needs"
					   : strerror(-err));
	bh_diag_hint(diag, "is its server running, and meant for this kind of device?");
	destroy(&user->virtio);
	return NULL;
}
