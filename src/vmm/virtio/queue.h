/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Split virtqueues (virtio 1.2, section 2.7), the device's side.
 *
 * Everything in a ring is the guest's, and may change while it is looked at: each descriptor is
 * read once into our own memory, checked, and only the copy is used. A ring that breaks the rules
 * is broken until the device is reset.
 */
#ifndef BH_VMM_VIRTIO_QUEUE_H
#define BH_VMM_VIRTIO_QUEUE_H

#include "vmm/ram.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/uio.h>

#define BH_QUEUE_SIZE_MAX 512
#define BH_CHAIN_MAX      512 /* buffers in a chain */

struct bh_queue_descriptor {
	uint64_t address;
	uint32_t length;
	uint16_t flags, next;
};

struct bh_queue_avail {
	uint16_t flags, index, ring[];
};

struct bh_queue_used_element {
	uint32_t head, written;
};

struct bh_queue_used {
	uint16_t flags, index;
	struct bh_queue_used_element ring[];
};

struct bh_queue {
	pthread_mutex_t lock; /* held while chains are processed, and by reset */
	const struct bh_ram *ram;

	/* As the driver set them up. */
	uint16_t size;
	uint64_t descriptors_at, avail_at, used_at;
	atomic_bool enabled; /* set after all that it tells of: vhost looks without the lock */

	/* While it is enabled. */
	bool event_index, indirect; /* negotiated */
	atomic_bool broken;
	volatile struct bh_queue_descriptor *descriptors;
	struct bh_queue_avail *avail;
	struct bh_queue_used *used;
	uint16_t next_avail, next_used;
	uint16_t signalled; /* next_used when the guest was last told */
	bool ever_signalled;
	uint64_t chains, signals;
};

/* One request: buffers that the device reads, then buffers that it writes. */
struct bh_chain {
	uint16_t head;
	unsigned readable, writable; /* how many of `parts` */
	uint64_t readable_bytes, writable_bytes;
	struct iovec parts[BH_CHAIN_MAX]; /* in the guest's memory, checked */
};

void bh_queue_init(struct bh_queue *queue, const struct bh_ram *ram);
void bh_queue_finish(struct bh_queue *queue);

/* Back to what the driver has not set up. The lock is held. */
void bh_queue_reset(struct bh_queue *queue);

/* Takes size and addresses as the driver set them. False when they are not a ring inside RAM. */
bool bh_queue_enable(struct bh_queue *queue, bool event_index, bool indirect);

/* The next request: 1, none: 0, or -1 when the ring broke the rules. The lock is held for this and
 * all that follow. */
int bh_queue_pop(struct bh_queue *queue, struct bh_chain *chain);

/* Puts the last popped chain back, as if it had not been taken. */
void bh_queue_unpop(struct bh_queue *queue);

/* Gives a chain back with `written` bytes in its writable part. */
void bh_queue_push(struct bh_queue *queue, uint16_t head, uint32_t written);

/* Whether the guest wants an interrupt for what was pushed. */
bool bh_queue_must_signal(struct bh_queue *queue);

/* Asks the guest for kicks, or not to bother. Returns whether requests wait already. */
bool bh_queue_want_kicks(struct bh_queue *queue, bool want);

/* Copies from the readable part or to the writable part, at an offset; returns the bytes copied. */
size_t bh_chain_read(const struct bh_chain *chain, uint64_t offset, void *data, size_t size);
size_t bh_chain_write(const struct bh_chain *chain, uint64_t offset, const void *data, size_t size);

/* Narrows `parts` to what lies `skip` bytes behind its start; returns how many are left. */
unsigned bh_parts_skip(struct iovec **parts, unsigned count, uint64_t skip);

#endif
