/* SPDX-License-Identifier: Apache-2.0 */
/* A console with one port. Its host side is vmm/console.h. */
#include "vmm/virtio/kinds.h"

#include "base/alloc.h"

#include <stdlib.h>

enum { RECEIVE, TRANSMIT, QUEUES };

struct bh_virtio_console {
	struct bh_virtio virtio;
	struct bh_console *console;
	struct bh_chain received, transmitted;
};

static void transmit(struct bh_virtio_console *c)
{
	struct bh_queue *ring = bh_virtio_ring(&c->virtio, TRANSMIT);
	struct bh_chain *chain = &c->transmitted;

	unsigned done = 0;

	do {
		while (bh_queue_pop(ring, chain) > 0) {
			for (unsigned i = 0; i < chain->readable; i++)
				bh_console_write(c->console, chain->parts[i].iov_base,
						 chain->parts[i].iov_len);
			bh_queue_push(ring, chain->head, 0);
			if (++done == BH_VIRTIO_BUDGET) {
				bh_virtio_kick(&c->virtio, TRANSMIT);
				goto out;
			}
		}
	} while (bh_queue_want_kicks(ring, true));
out:
	bh_virtio_signal(&c->virtio, TRANSMIT);
}

/* Moves what was typed to the guest, as far as it gave room. */
static void receive(struct bh_virtio_console *c)
{
	struct bh_queue *ring = bh_virtio_ring(&c->virtio, RECEIVE);
	struct bh_chain *chain = &c->received;

	do {
		while (bh_queue_pop(ring, chain) > 0) {
			size_t count = 0;
			for (unsigned i = 0; i < chain->writable; i++) {
				const struct iovec *part = &chain->parts[chain->readable + i];
				size_t some =
					bh_console_read(c->console, part->iov_base, part->iov_len);
				count += some;
				if (some < part->iov_len)
					break;
			}
			if (!count) {
				bh_queue_unpop(ring);
				bh_queue_want_kicks(ring, false);
				goto out;
			}
			bh_queue_push(ring, chain->head, (uint32_t)count);
		}
	} while (bh_queue_want_kicks(ring, true));
out:
	bh_virtio_signal(&c->virtio, RECEIVE);
}

static void process(struct bh_virtio *device, unsigned queue)
{
	struct bh_virtio_console *c = (struct bh_virtio_console *)device;

	if (queue == RECEIVE)
		receive(c);
	else
		transmit(c);
}

static void input_ready(void *owner)
{
	struct bh_virtio_console *c = owner;
	struct bh_queue *ring = bh_virtio_ring(&c->virtio, RECEIVE);

	pthread_mutex_lock(&ring->lock);
	if (c->virtio.running && ring->enabled)
		receive(c);
	pthread_mutex_unlock(&ring->lock);
}

static void destroy(struct bh_virtio *device)
{
	struct bh_virtio_console *c = (struct bh_virtio_console *)device;

	c->console->input_ready = NULL;
	bh_virtio_finish(device);
	free(c);
}

static const struct bh_virtio_ops ops = {
	.id = 3, .pci_class = 0x078000, .process = process, .destroy = destroy};

struct bh_virtio *bh_virtio_console_create(const struct bh_manifest_virtio *manifest,
					   const struct bh_virtio_host *host,
					   struct bh_console *console)
{
	struct bh_virtio_console *c = bh_alloc(sizeof(*c));

	c->console = console;
	if (bh_virtio_init(&c->virtio, &ops, manifest->name, host,
			   BH_VIRTIO_F_INDIRECT | BH_VIRTIO_F_EVENT_INDEX, QUEUES, false) < 0) {
		destroy(&c->virtio);
		return NULL;
	}
	console->device = c;
	console->input_ready = input_ready;
	return &c->virtio;
}
