/* SPDX-License-Identifier: Apache-2.0 */
/* What the VM's owner does with a balloon (balloon.c). */
#ifndef BH_VMM_VIRTIO_BALLOON_H
#define BH_VMM_VIRTIO_BALLOON_H

#include "vmm/virtio/device.h"

/* What a balloon knows, in bytes. What the guest says of itself is 0 until it has said it. */
struct bh_balloon_view {
	uint64_t target;   /* what the guest was asked to give */
	uint64_t given;    /* what it gave, and has not taken back */
	uint64_t reported; /* free pages that it told of, over time; the VMM gave them back */
	uint64_t limit;    /* what it can be asked for: its memory less the floor */
	uint64_t guest_free, guest_available, guest_total;
};

/* Asks the guest to give so many bytes in all. False when that is more than the limit. The VM's
 * lock is held. */
bool bh_balloon_ask(struct bh_virtio *device, uint64_t bytes);

/* `refresh`: the guest is asked for its own figures, too, which come later. In the event loop. */
void bh_balloon_look(struct bh_virtio *device, bool refresh, struct bh_balloon_view *view);

#endif
