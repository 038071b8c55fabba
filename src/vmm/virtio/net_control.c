/* SPDX-License-Identifier: Apache-2.0 */
/* The network's control queue (virtio 1.2, section 5.1.6.5): how many pairs of queues are in use.
 */
#include "vmm/virtio/net.h"

enum { CLASS_PAIRS = 4, PAIRS_SET = 0 };
enum { DONE = 0, REFUSED = 1 };

struct command {
	uint8_t class, command;
};

uint8_t bh_net_control(const struct bh_chain *chain, unsigned most, unsigned *pairs)
{
	struct command command;
	uint16_t wanted;

	if (bh_chain_read(chain, 0, &command, sizeof(command)) != sizeof(command) ||
	    command.class != CLASS_PAIRS || command.command != PAIRS_SET ||
	    bh_chain_read(chain, sizeof(command), &wanted, sizeof(wanted)) != sizeof(wanted) ||
	    !wanted || wanted > most)
		return REFUSED;
	*pairs = wanted;
	return DONE;
}

/* False when there is not even room for an answer. */
static bool answer(struct bh_net *net, struct bh_queue *ring, const struct bh_chain *chain)
{
	unsigned pairs = net->used;
	uint8_t result = bh_net_control(chain, net->pair_count, &pairs);

	if (!chain->writable_bytes)
		return false;
	if (result == DONE && net->backend->use_pairs(net, pairs)) {
		bh_log(net->virtio.log, BH_LOG_WARNING, "%s: %u pairs of queues cannot be used",
		       net->virtio.name, pairs);
		result = REFUSED;
	}
	bh_chain_write(chain, 0, &result, sizeof(result));
	bh_queue_push(ring, chain->head, sizeof(result));
	return true;
}

void bh_net_process_control(struct bh_net *net, unsigned queue)
{
	struct bh_queue *ring = bh_virtio_ring(&net->virtio, queue);
	unsigned done = 0;

	do {
		bh_queue_want_kicks(ring, false);
		while (done < BH_VIRTIO_BUDGET && bh_queue_pop(ring, &net->chain) > 0) {
			if (!answer(net, ring, &net->chain)) {
				ring->broken = true;
				return;
			}
			if (++done == BH_VIRTIO_BUDGET)
				bh_virtio_kick(&net->virtio, queue);
		}
	} while (done < BH_VIRTIO_BUDGET && bh_queue_want_kicks(ring, true));
	bh_virtio_signal(&net->virtio, queue);
}
