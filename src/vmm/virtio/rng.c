/* SPDX-License-Identifier: Apache-2.0 */
/* Entropy: each request is filled from the host kernel's generator. */
#include "vmm/virtio/kinds.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* What one request gets at most, so that a guest cannot keep the loop busy with one descriptor. */
#define REQUEST_MAX 4096

struct bh_rng {
	struct bh_virtio virtio;
	struct bh_chain chain;
};

static uint32_t fill(const struct bh_chain *chain)
{
	uint8_t bytes[256];
	uint32_t done = 0;

	while (done < REQUEST_MAX && done < chain->writable_bytes) {
		ssize_t count = getrandom(bytes, sizeof(bytes), 0);
		if (count <= 0)
			break;
		done += (uint32_t)bh_chain_write(chain, done, bytes, (size_t)count);
	}
	return done;
}

static void process(struct bh_virtio *device, unsigned queue)
{
	struct bh_rng *rng = (struct bh_rng *)device;
	struct bh_queue *ring = bh_virtio_ring(device, queue);

	unsigned done = 0;

	do {
		while (bh_queue_pop(ring, &rng->chain) > 0) {
			bh_queue_push(ring, rng->chain.head, fill(&rng->chain));
			if (++done == BH_VIRTIO_BUDGET) {
				bh_virtio_kick(device, queue);
				goto out;
			}
		}
	} while (bh_queue_want_kicks(ring, true));
out:
	bh_virtio_signal(device, queue);
}

static void destroy(struct bh_virtio *device)
{
	bh_virtio_finish(device);
	free(device);
}

static const struct bh_virtio_ops ops = {
	.id = 4, .pci_class = 0x00ff00, .process = process, .destroy = destroy};

struct bh_virtio *bh_rng_create(const struct bh_manifest_virtio *manifest,
				const struct bh_virtio_host *host, struct bh_diags *diags)
{
	struct bh_rng *rng = bh_alloc(sizeof(*rng));
	int err = bh_virtio_init(&rng->virtio, &ops, manifest->name, host,
				 BH_VIRTIO_F_INDIRECT | BH_VIRTIO_F_EVENT_INDEX, 1, false);

	if (!err)
		return &rng->virtio;
	bh_error(diags, "E1040", "%s: %s", manifest->name, strerror(-err));
	destroy(&rng->virtio);
	return NULL;
}
