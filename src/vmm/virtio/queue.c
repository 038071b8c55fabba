/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/virtio/queue.h"

#include "base/range.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "rings are little-endian");

enum { NEXT = 1, WRITE = 2, INDIRECT = 4 };
enum { NO_INTERRUPT = 1, NO_NOTIFY = 1 };

void bh_queue_init(struct bh_queue *queue, const struct bh_ram *ram)
{
	*queue = (struct bh_queue){.ram = ram, .size = BH_QUEUE_SIZE_MAX};
	pthread_mutex_init(&queue->lock, NULL);
}

void bh_queue_finish(struct bh_queue *queue)
{
	pthread_mutex_destroy(&queue->lock);
}

void bh_queue_reset(struct bh_queue *queue)
{
	queue->size = BH_QUEUE_SIZE_MAX;
	queue->descriptors_at = queue->avail_at = queue->used_at = 0;
	queue->enabled = false;
	queue->broken = false;
	queue->descriptors = NULL;
	queue->avail = NULL;
	queue->used = NULL;
	queue->next_avail = queue->next_used = queue->signalled = 0;
	queue->ever_signalled = false;
}

bool bh_queue_enable(struct bh_queue *queue, bool event_index, bool indirect)
{
	uint64_t size = queue->size;

	if (size > BH_QUEUE_SIZE_MAX || !bh_is_power_of_two(size) || queue->descriptors_at % 16 ||
	    queue->avail_at % 2 || queue->used_at % 4)
		return false;
	/* The event fields are behind the rings; there is room for them also when not used. */
	queue->descriptors = bh_ram_at(queue->ram, queue->descriptors_at, 16 * size);
	queue->avail = bh_ram_at(queue->ram, queue->avail_at, 4 + 2 * size + 2);
	queue->used = bh_ram_at(queue->ram, queue->used_at, 4 + 8 * size + 2);
	queue->event_index = event_index;
	queue->indirect = indirect;
	queue->enabled = queue->descriptors && queue->avail && queue->used;
	return queue->enabled;
}

/* The descriptor as it is now, in our memory. */
static struct bh_queue_descriptor copy(volatile struct bh_queue_descriptor *from)
{
	return (struct bh_queue_descriptor){
		.address = from->address,
		.length = from->length,
		.flags = from->flags,
		.next = from->next,
	};
}

static bool add_part(const struct bh_queue *queue, struct bh_chain *chain,
		     const struct bh_queue_descriptor *descriptor)
{
	void *data = bh_ram_at(queue->ram, descriptor->address, descriptor->length);
	unsigned count = chain->readable + chain->writable;

	if (!data || count == BH_CHAIN_MAX)
		return false;
	if (descriptor->flags & WRITE) {
		chain->writable++;
		chain->writable_bytes += descriptor->length;
	} else {
		/* What the device reads comes first. */
		if (chain->writable)
			return false;
		chain->readable++;
		chain->readable_bytes += descriptor->length;
	}
	chain->parts[count] = (struct iovec){data, descriptor->length};
	return true;
}

/* Follows a chain in a table. A loop ends because no chain is longer than its table. */
static bool walk(const struct bh_queue *queue, struct bh_chain *chain,
		 volatile struct bh_queue_descriptor *table, uint32_t size, uint16_t index,
		 bool inner)
{
	for (uint32_t count = 0; count < size; count++) {
		if (index >= size)
			return false;
		struct bh_queue_descriptor descriptor = copy(&table[index]);
		if (descriptor.flags & INDIRECT) {
			uint32_t entries = descriptor.length / 16;
			if (inner || !queue->indirect || descriptor.flags & NEXT ||
			    descriptor.length % 16 || !entries || entries > BH_CHAIN_MAX)
				return false;
			volatile struct bh_queue_descriptor *indirect =
				bh_ram_at(queue->ram, descriptor.address, descriptor.length);
			return indirect && descriptor.address % 8 == 0 &&
			       walk(queue, chain, indirect, entries, 0, true);
		}
		if (!add_part(queue, chain, &descriptor))
			return false;
		if (!(descriptor.flags & NEXT))
			return true;
		index = descriptor.next;
	}
	return false;
}

int bh_queue_pop(struct bh_queue *queue, struct bh_chain *chain)
{
	if (!queue->enabled || queue->broken)
		return 0;
	uint16_t waiting = (uint16_t)(__atomic_load_n(&queue->avail->index, __ATOMIC_ACQUIRE) -
				      queue->next_avail);
	if (!waiting)
		return 0;
	chain->readable = chain->writable = 0;
	chain->readable_bytes = chain->writable_bytes = 0;
	chain->head = __atomic_load_n(&queue->avail->ring[queue->next_avail & (queue->size - 1)],
				      __ATOMIC_RELAXED);
	if (waiting > queue->size ||
	    !walk(queue, chain, queue->descriptors, queue->size, chain->head, false)) {
		queue->broken = true;
		return -1;
	}
	queue->next_avail++;
	queue->chains++;
	return 1;
}

void bh_queue_unpop(struct bh_queue *queue)
{
	queue->next_avail--;
	queue->chains--;
}

void bh_queue_push(struct bh_queue *queue, uint16_t head, uint32_t written)
{
	struct bh_queue_used_element *element =
		&queue->used->ring[queue->next_used & (queue->size - 1)];

	element->head = head;
	element->written = written;
	queue->next_used++;
	__atomic_store_n(&queue->used->index, queue->next_used, __ATOMIC_RELEASE);
}

bool bh_queue_must_signal(struct bh_queue *queue)
{
	/* The guest may ask for it at the same moment: our index first, then its wish. */
	atomic_thread_fence(memory_order_seq_cst);
	if (!queue->enabled)
		return false;
	bool signal;
	if (queue->event_index) {
		uint16_t event =
			__atomic_load_n(&queue->avail->ring[queue->size], __ATOMIC_RELAXED);
		uint16_t pushed = (uint16_t)(queue->next_used - queue->signalled);
		signal =
			!queue->ever_signalled || (uint16_t)(queue->next_used - event - 1) < pushed;
		signal = signal && pushed;
	} else {
		signal = queue->next_used != queue->signalled &&
			 !(__atomic_load_n(&queue->avail->flags, __ATOMIC_RELAXED) & NO_INTERRUPT);
	}
	queue->signalled = queue->next_used;
	queue->ever_signalled = true;
	queue->signals += signal;
	return signal;
}

bool bh_queue_want_kicks(struct bh_queue *queue, bool want)
{
	if (!queue->enabled || queue->broken)
		return false;
	if (!queue->event_index) {
		__atomic_store_n(&queue->used->flags, want ? 0 : NO_NOTIFY, __ATOMIC_RELAXED);
	} else if (want) {
		uint16_t *event = (uint16_t *)(void *)&queue->used->ring[queue->size];
		__atomic_store_n(event, queue->next_avail, __ATOMIC_RELAXED);
	}
	if (!want)
		return false;
	atomic_thread_fence(memory_order_seq_cst);
	return __atomic_load_n(&queue->avail->index, __ATOMIC_ACQUIRE) != queue->next_avail;
}

static size_t transfer(const struct iovec *parts, unsigned count, uint64_t offset, char *data,
		       size_t size, bool to_guest)
{
	size_t done = 0;

	for (unsigned i = 0; i < count && done < size; i++) {
		if (offset >= parts[i].iov_len) {
			offset -= parts[i].iov_len;
			continue;
		}
		size_t piece = parts[i].iov_len - offset;
		if (piece > size - done)
			piece = size - done;
		char *guest = (char *)parts[i].iov_base + offset;
		memcpy(to_guest ? guest : data + done, to_guest ? data + done : guest, piece);
		done += piece;
		offset = 0;
	}
	return done;
}

size_t bh_chain_read(const struct bh_chain *chain, uint64_t offset, void *data, size_t size)
{
	return transfer(chain->parts, chain->readable, offset, data, size, false);
}

size_t bh_chain_write(const struct bh_chain *chain, uint64_t offset, const void *data, size_t size)
{
	return transfer(chain->parts + chain->readable, chain->writable, offset, (char *)data, size,
			true);
}

unsigned bh_parts_skip(struct iovec **parts, unsigned count, uint64_t skip)
{
	while (count && skip >= (*parts)->iov_len) {
		skip -= (*parts)->iov_len;
		++*parts;
		count--;
	}
	if (count && skip) {
		(*parts)->iov_base = (char *)(*parts)->iov_base + skip;
		(*parts)->iov_len -= skip;
	}
	return count;
}
