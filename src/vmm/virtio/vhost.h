/* SPDX-License-Identifier: Apache-2.0 */
/* Queues that the host's kernel processes: vhost-net and vhost-vsock. */
#ifndef BH_VMM_VIRTIO_VHOST_H
#define BH_VMM_VIRTIO_VHOST_H

#include "vmm/virtio/vhost_call.h"

#define BH_VHOST_QUEUES 2

struct bh_vhost {
	int fd;
	struct bh_virtio *device;
	unsigned first; /* the device's queue that is its queue 0 */
	unsigned count;
	struct bh_vhost_call calls[BH_VHOST_QUEUES];
};

/* Takes a descriptor of a vhost device, or -1 with errno, for this process. `features`: what the
 * kernel's side can do. Returns 0 or a negative errno; bh_vhost_finish() is right after either. */
int bh_vhost_init(struct bh_vhost *vhost, int fd, uint64_t *features);
void bh_vhost_finish(struct bh_vhost *vhost);

/* Hands over `count` of the device's queues, from `first`, as the driver set them up. The back end
 * is set afterwards. */
int bh_vhost_start(struct bh_vhost *vhost, struct bh_virtio *device, unsigned count,
		   uint64_t features);

/* Takes them back; the back end was unset before. */
void bh_vhost_stop(struct bh_vhost *vhost);

#endif
