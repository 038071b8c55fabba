/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtio ring (split layout) as its device sees it. A chain's readable bytes are copied out
 * before anyone looks at them; where the response goes is kept as the guest's addresses, because
 * its memory may be mapped elsewhere when the response is ready.
 */
#ifndef BH_GPU_SERVER_VRING_H
#define BH_GPU_SERVER_VRING_H

#include "gpu/server/guest_memory.h"

#define BH_VRING_SIZE_MAX 1024
#define BH_CHAIN_MAX      4096 /* descriptors, those of an indirect table included */
#define BH_CHAIN_PIECES   64   /* of the response */

struct bh_vring {
	uint32_t size;              /* a power of two; 0: not set up */
	uint64_t desc, avail, used; /* where the front end says; see `translates` */
	uint16_t next;              /* of the available ring */
	uint16_t used_index;
	bool events; /* each side says by index when it wants to be told (EVENT_IDX) */
	bool broken; /* the guest broke the rules: nothing more is done until it is set up anew */
};

struct bh_guest_piece {
	uint64_t address;
	uint32_t length;
};

struct bh_chain {
	uint16_t head;
	size_t length; /* of the readable bytes, which are in the caller's buffer */
	struct bh_guest_piece pieces[BH_CHAIN_PIECES]; /* writable */
	size_t piece_count;
};

/*
 * Takes the next chain. 1: there is one. 0: none waits. -EAGAIN: an address is not translated yet,
 * nothing was taken. -EPROTO: the ring is broken. Copies at most `room` bytes; a longer chain is
 * cut, its length tells.
 */
int bh_vring_take(struct bh_vring *ring, struct bh_guest_memory *memory, struct bh_chain *chain,
		  void *buffer, size_t room);

/*
 * Writes as much of the response as the chain has room for: how much, or -EAGAIN (an address is not
 * translated yet), or -EFAULT.
 */
int bh_chain_write(struct bh_guest_memory *memory, const struct bh_chain *chain,
		   const void *response, size_t length);

/*
 * Gives a chain back with `length` bytes written. 1: the driver wants an interrupt, 0: it does not,
 * -EAGAIN: the ring's own address is not translated yet, -EPROTO: the ring is broken.
 */
int bh_vring_give(struct bh_vring *ring, struct bh_guest_memory *memory, uint16_t head,
		  uint32_t length);

#endif
