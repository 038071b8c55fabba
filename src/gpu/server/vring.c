/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/server/vring.h"

#include <errno.h>
#include <linux/virtio_ring.h>
#include <string.h>

/* A part of the ring, which the front end names by its own address or, behind an IOMMU, by the
 * guest's. It must lie in one piece, and where the processor can read its words in one step. */
static int part(struct bh_guest_memory *memory, uint64_t address, size_t size, size_t alignment,
		bool write, void **host)
{
	struct iovec piece;
	int count;

	if (!memory->translates) {
		*host = bh_guest_memory_user(memory, address, size);
	} else {
		count = bh_guest_memory_find(memory, address, size, write, &piece, 1);
		if (count == -EAGAIN)
			return count;
		*host = count == 1 ? piece.iov_base : NULL;
	}
	return *host && (uintptr_t)*host % alignment == 0 ? 0 : -EPROTO;
}

/* Each with the index of the other side's event behind the entries. */
#define AVAIL_SIZE(ring) (sizeof(struct vring_avail) + ((ring)->size + 1) * sizeof(uint16_t))
#define USED_SIZE(ring)                                                              \
	(sizeof(struct vring_used) + (ring)->size * sizeof(struct vring_used_elem) + \
	 sizeof(uint16_t))

/* One walk over a chain. */
struct walk {
	struct bh_guest_memory *memory;
	struct bh_chain *chain;
	uint8_t *buffer;
	size_t room;
	unsigned seen;
	bool writing;
};

static void read_piece(struct walk *walk, const struct iovec *piece)
{
	struct bh_chain *chain = walk->chain;
	size_t space = chain->length < walk->room ? walk->room - chain->length : 0;

	if (space)
		memcpy(walk->buffer + chain->length, piece->iov_base,
		       piece->iov_len < space ? piece->iov_len : space);
	chain->length += piece->iov_len;
}

/* One buffer of the chain. Readable ones come first. */
static int visit(struct walk *walk, uint64_t address, uint32_t length, bool write)
{
	struct bh_chain *chain = walk->chain;

	if (walk->writing && !write)
		return -EPROTO;
	walk->writing = write;
	if (write) {
		if (chain->piece_count == BH_CHAIN_PIECES)
			return -EPROTO;
		chain->pieces[chain->piece_count++] = (struct bh_guest_piece){address, length};
		return 0;
	}
	while (length) {
		struct iovec piece;
		int result = bh_guest_memory_first(walk->memory, address, length, false, &piece);

		if (result)
			return result == -EAGAIN ? result : -EPROTO;
		read_piece(walk, &piece);
		address += piece.iov_len;
		length -= (uint32_t)piece.iov_len;
	}
	return 0;
}

/* Reads a descriptor of a table in guest memory once. */
static int read_descriptor(struct walk *walk, uint64_t table, uint32_t index,
			   struct vring_desc *desc)
{
	struct iovec pieces[2];
	size_t at = 0;
	int count = bh_guest_memory_find(walk->memory, table + (uint64_t)index * sizeof(*desc),
					 sizeof(*desc), false, pieces, 2);

	if (count < 0)
		return count == -EAGAIN ? count : -EPROTO;
	for (int i = 0; i < count; i++) {
		memcpy((uint8_t *)desc + at, pieces[i].iov_base, pieces[i].iov_len);
		at += pieces[i].iov_len;
	}
	return 0;
}

static int walk_indirect(struct walk *walk, uint64_t table, uint32_t length)
{
	uint32_t count = length / sizeof(struct vring_desc), index = 0;

	if (!count || length % sizeof(struct vring_desc))
		return -EPROTO;
	for (;;) {
		struct vring_desc desc = {0};
		int result;

		if (index >= count || walk->seen++ >= BH_CHAIN_MAX)
			return -EPROTO;
		result = read_descriptor(walk, table, index, &desc);
		if (result)
			return result;
		if (desc.flags & VRING_DESC_F_INDIRECT)
			return -EPROTO;
		result = visit(walk, desc.addr, desc.len, desc.flags & VRING_DESC_F_WRITE);
		if (result || !(desc.flags & VRING_DESC_F_NEXT))
			return result;
		index = desc.next;
	}
}

static int walk_chain(struct walk *walk, const struct bh_vring *ring, const void *table,
		      uint16_t head)
{
	uint32_t index = head;

	for (;;) {
		struct vring_desc desc = {0};
		int result;

		if (index >= ring->size || walk->seen++ >= BH_CHAIN_MAX)
			return -EPROTO;
		memcpy(&desc, (const struct vring_desc *)table + index, sizeof(desc));
		if (desc.flags & VRING_DESC_F_INDIRECT) {
			if (desc.flags & VRING_DESC_F_NEXT)
				return -EPROTO;
			return walk_indirect(walk, desc.addr, desc.len);
		}
		result = visit(walk, desc.addr, desc.len, desc.flags & VRING_DESC_F_WRITE);
		if (result || !(desc.flags & VRING_DESC_F_NEXT))
			return result;
		index = desc.next;
	}
}

/* Says that the next chain is worth a kick. What came meanwhile is seen by looking again. */
static int want_kick(struct bh_vring *ring, struct bh_guest_memory *memory)
{
	struct vring_used *used;
	void *place;
	int result = part(memory, ring->used, USED_SIZE(ring), VRING_USED_ALIGN_SIZE, true, &place);

	if (result)
		return result;
	used = place;
	__atomic_store_n((uint16_t *)&used->ring[ring->size], ring->next, __ATOMIC_SEQ_CST);
	return 0;
}

static int take(struct bh_vring *ring, struct bh_guest_memory *memory, struct bh_chain *chain,
		void *buffer, size_t room)
{
	struct walk walk = {.memory = memory, .chain = chain, .buffer = buffer, .room = room};
	struct vring_avail *avail;
	void *table, *place;
	uint16_t waiting;
	int result;

	if (!ring->size)
		return 0;
	result = part(memory, ring->avail, AVAIL_SIZE(ring), VRING_AVAIL_ALIGN_SIZE, false, &place);
	if (!result)
		result = part(memory, ring->desc, ring->size * sizeof(struct vring_desc),
			      VRING_DESC_ALIGN_SIZE, false, &table);
	if (result)
		return result;
	avail = place;
	waiting = (uint16_t)(__atomic_load_n(&avail->idx, __ATOMIC_ACQUIRE) - ring->next);
	if (!waiting && ring->events) {
		result = want_kick(ring, memory);
		if (result)
			return result;
		waiting = (uint16_t)(__atomic_load_n(&avail->idx, __ATOMIC_SEQ_CST) - ring->next);
	}
	if (!waiting)
		return 0;
	if (waiting > ring->size)
		return -EPROTO;
	memset(chain, 0, sizeof(*chain));
	chain->head =
		__atomic_load_n(&avail->ring[ring->next & (ring->size - 1)], __ATOMIC_RELAXED);
	result = walk_chain(&walk, ring, table, chain->head);
	if (result)
		return result;
	ring->next++;
	return 1;
}

int bh_vring_take(struct bh_vring *ring, struct bh_guest_memory *memory, struct bh_chain *chain,
		  void *buffer, size_t room)
{
	int result = ring->broken ? -EPROTO : take(ring, memory, chain, buffer, room);

	if (result == -EPROTO)
		ring->broken = true;
	return result;
}

int bh_chain_write(struct bh_guest_memory *memory, const struct bh_chain *chain,
		   const void *response, size_t length)
{
	size_t done = 0;

	for (size_t i = 0; i < chain->piece_count; i++) {
		uint64_t address = chain->pieces[i].address;
		size_t left = chain->pieces[i].length;

		if (left > length - done)
			left = length - done;
		while (left) {
			struct iovec piece;
			int result = bh_guest_memory_first(memory, address, left, true, &piece);

			if (result)
				return result;
			memcpy(piece.iov_base, (const uint8_t *)response + done, piece.iov_len);
			done += piece.iov_len;
			address += piece.iov_len;
			left -= piece.iov_len;
		}
	}
	return (int)done;
}

int bh_vring_give(struct bh_vring *ring, struct bh_guest_memory *memory, uint16_t head,
		  uint32_t length)
{
	struct vring_used_elem element = {.id = head, .len = length};
	struct vring_avail *avail;
	struct vring_used *used;
	void *place = NULL;
	int result;

	if (!ring->size || ring->broken)
		return -EPROTO;
	result = part(memory, ring->used, USED_SIZE(ring), VRING_USED_ALIGN_SIZE, true, &place);
	used = place;
	if (!result)
		result = part(memory, ring->avail, AVAIL_SIZE(ring), VRING_AVAIL_ALIGN_SIZE, false,
			      &place);
	if (result == -EPROTO)
		ring->broken = true;
	if (result)
		return result;
	avail = place;
	memcpy(&used->ring[ring->used_index & (ring->size - 1)], &element, sizeof(element));
	__atomic_store_n(&used->idx, ++ring->used_index, __ATOMIC_SEQ_CST);
	if (ring->events) {
		/* This answer took the index from used_index - 1 on: was that the one? */
		uint16_t event = __atomic_load_n(&avail->ring[ring->size], __ATOMIC_SEQ_CST);

		return event == (uint16_t)(ring->used_index - 1);
	}
	return !(__atomic_load_n(&avail->flags, __ATOMIC_SEQ_CST) & VRING_AVAIL_F_NO_INTERRUPT);
}
