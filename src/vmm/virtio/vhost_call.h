/* SPDX-License-Identifier: Apache-2.0 */
/* Where a queue that others process signals: straight to the guest, or through the event loop. */
#ifndef BH_VMM_VIRTIO_VHOST_CALL_H
#define BH_VMM_VIRTIO_VHOST_CALL_H

#include "vmm/virtio/device.h"

struct bh_vhost_call {
	struct bh_virtio *device;
	unsigned queue;
	pthread_mutex_t lock; /* of `fd`, which the loop reads and vCPUs open and close */
	int fd;               /* ours, when the transport has no descriptor of its own; else -1 */
	struct bh_watch watch;
};

void bh_vhost_call_init(struct bh_vhost_call *call);

/* A descriptor that, signalled, interrupts for this queue; -1: there is none. */
int bh_vhost_call_open(struct bh_vhost_call *call, struct bh_virtio *device, unsigned queue);
void bh_vhost_call_close(struct bh_vhost_call *call);

#endif
