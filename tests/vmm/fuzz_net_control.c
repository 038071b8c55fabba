/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any ring and any commands in the network's control queue. The input is the start of the guest's
 * memory: descriptors, then at 0x400 the available ring, at 0x800 what chains may point to. The
 * back end is asked for no more pairs than there are, and nothing outside of memory is touched.
 */
#include "base/alloc.h"
#include "vmm/virtio/net.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BASE = 0x80000000, SIZE = 0x2000, AVAIL = 0x400, USED = 0x1800, QUEUE = 8, PAIRS = 4 };

static int use_pairs(struct bh_net *net, unsigned count)
{
	if (!count || count > net->pair_count)
		abort();
	net->used = count;
	return count == 3 ? -1 : 0;
}

static const struct bh_net_backend_ops backend = {.use_pairs = use_pairs};

static void signal_guest(struct bh_virtio *device, unsigned queue)
{
	(void)device;
	if (queue != QUEUE)
		abort();
}

static const struct bh_virtio_transport transport = {.signal = signal_guest};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bh_log log = {.fd = -1, .name = "fuzz"};
	struct bh_ram ram = {.guest = {BASE, SIZE}, .host = bh_alloc(SIZE), .fd = -1};
	struct bh_net *net = bh_alloc(sizeof(*net));
	struct bh_queue *ring = &net->virtio.queues[QUEUE].ring;

	memcpy(ram.host, data, size < USED ? size : USED);
	net->virtio.name = "net0";
	net->virtio.log = &log;
	net->virtio.transport = &transport;
	net->virtio.queue_count = QUEUE + 1;
	net->virtio.queues[QUEUE].kick = -1;
	net->backend = &backend;
	net->pair_count = PAIRS;
	net->used = 1;
	bh_queue_init(ring, &ram);
	ring->size = 64;
	ring->descriptors_at = BASE;
	ring->avail_at = BASE + AVAIL;
	ring->used_at = BASE + USED;
	if (!bh_queue_enable(ring, size % 2, size % 4 > 1))
		abort();
	bh_net_process_control(net, QUEUE);
	if (!net->used || net->used > PAIRS)
		abort();
	bh_queue_finish(ring);
	free(net);
	free(ram.host);
	return 0;
}
