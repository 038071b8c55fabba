/* SPDX-License-Identifier: Apache-2.0 */
/* A network interface: the device, and packets moved by the event loop. Back ends: net_*.c. */
#include "vmm/virtio/net.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static const struct bh_net_backend_ops *const backends[] = {
	[BH_NET_TAP] = &bh_net_tap_ops,
	[BH_NET_TAP_VHOST] = &bh_net_vhost_ops,
	[BH_NET_SOCKET] = &bh_net_socket_ops,
};

void bh_net_listen(struct bh_net *net)
{
	uint32_t events = net->hungry ? 0 : EPOLLIN;

	if (net->sending)
		events |= EPOLLOUT;
	if (net->gone && net->watched)
		bh_loop_remove(net->virtio.loop, &net->watch);
	else if (net->watched)
		bh_loop_change(net->virtio.loop, &net->watch, events);
	net->watched = net->watched && !net->gone;
}

static void listen_to(struct bh_net *net, bool on)
{
	net->hungry = !on;
	bh_net_listen(net);
}

/* The number of buffers that a packet took stands at the header's end. */
static void set_buffers(const struct bh_chain *first, uint16_t buffers)
{
	bh_chain_write(first, 10, &buffers, sizeof(buffers));
}

/* Puts the rest of a packet into further buffers. Returns how many, or -1 when there are not
 * enough: all are put back. */
static int add_buffers(struct bh_net *net, struct bh_queue *ring, size_t size)
{
	int buffers = 0;
	uint16_t used = ring->next_used;
	size_t done = 0;

	while (done < size) {
		if (!(net->virtio.accepted & BH_NET_F_MERGE) ||
		    bh_queue_pop(ring, &net->more) <= 0 || !net->more.writable_bytes) {
			while (buffers-- > 0)
				bh_queue_unpop(ring);
			ring->next_used = used;
			return -1;
		}
		size_t part = bh_chain_write(&net->more, 0, net->spill + done, size - done);
		/* Not yet seen by the guest: the index goes up with the first buffer. */
		ring->used->ring[(uint16_t)(used + 1 + buffers) & (ring->size - 1)] =
			(struct bh_queue_used_element){net->more.head, (uint32_t)part};
		buffers++;
		done += part;
	}
	return buffers;
}

static void push_all(struct bh_queue *ring, uint16_t head, size_t written, int more)
{
	ring->used->ring[ring->next_used & (ring->size - 1)] =
		(struct bh_queue_used_element){head, (uint32_t)written};
	ring->next_used = (uint16_t)(ring->next_used + 1 + more);
	__atomic_store_n(&ring->used->index, ring->next_used, __ATOMIC_RELEASE);
}

/* One packet from the back end to the guest. False when there is none, or no room. */
static bool receive_one(struct bh_net *net, struct bh_queue *ring)
{
	struct bh_chain *chain = &net->chain;
	struct iovec parts[BH_CHAIN_MAX + 1];

	if (bh_queue_pop(ring, chain) <= 0) {
		listen_to(net, bh_queue_want_kicks(ring, true));
		return false;
	}
	if (chain->readable || chain->writable_bytes < BH_NET_HEADER) {
		ring->broken = true;
		return false;
	}
	memcpy(parts, chain->parts, chain->writable * sizeof(parts[0]));
	parts[chain->writable] = (struct iovec){net->spill, BH_NET_PACKET_MAX};
	size_t size = net->backend->receive(net, parts, chain->writable + 1);
	if (size < BH_NET_HEADER) {
		bh_queue_unpop(ring);
		return false;
	}
	size_t first = size < chain->writable_bytes ? size : (size_t)chain->writable_bytes;
	int more = add_buffers(net, ring, size - first);
	if (more < 0) {
		bh_queue_unpop(ring);
		net->dropped++;
		return true;
	}
	set_buffers(chain, (uint16_t)(1 + more));
	push_all(ring, chain->head, first, more);
	net->received++;
	return true;
}

static void receive(struct bh_net *net)
{
	struct bh_queue *ring = bh_virtio_ring(&net->virtio, BH_NET_RECEIVE);
	unsigned done = 0;

	while (done < BH_VIRTIO_BUDGET && receive_one(net, ring))
		done++;
	if (done)
		bh_virtio_signal(&net->virtio, BH_NET_RECEIVE);
}

void bh_net_readable(void *owner, uint32_t events)
{
	struct bh_net *net = owner;
	struct bh_queue *ring = bh_virtio_ring(&net->virtio, BH_NET_RECEIVE);

	/* All of it under a queue's lock: a guest's reset, which holds all of them, stops
	 * listening. */
	pthread_mutex_lock(&ring->lock);
	if (events & EPOLLOUT && net->backend->writable && net->backend->writable(net))
		bh_net_listen(net);
	if (events & (EPOLLHUP | EPOLLERR) && !(events & EPOLLIN)) {
		bh_log(net->virtio.log, BH_LOG_WARNING, "%s: the host side is gone",
		       net->virtio.name);
		net->gone = true;
		bh_net_listen(net);
	} else if (events & ~(uint32_t)EPOLLOUT) {
		if (net->virtio.running && ring->enabled && !ring->broken)
			receive(net);
		else
			listen_to(net, false);
	}
	pthread_mutex_unlock(&ring->lock);
}

static void transmit(struct bh_net *net)
{
	struct bh_queue *ring = bh_virtio_ring(&net->virtio, BH_NET_TRANSMIT);
	struct bh_chain *chain = &net->chain;
	unsigned done = 0;

	do {
		bh_queue_want_kicks(ring, false);
		while (bh_queue_pop(ring, chain) > 0) {
			if (chain->readable_bytes >= BH_NET_HEADER &&
			    chain->readable_bytes <= BH_NET_HEADER + BH_NET_PACKET_MAX) {
				net->backend->send(net, chain->parts, chain->readable);
				net->sent++;
			} else {
				net->dropped++;
			}
			bh_queue_push(ring, chain->head, 0);
			if (++done == BH_VIRTIO_BUDGET) {
				bh_virtio_kick(&net->virtio, BH_NET_TRANSMIT);
				goto out;
			}
		}
	} while (bh_queue_want_kicks(ring, true));
out:
	bh_virtio_signal(&net->virtio, BH_NET_TRANSMIT);
}

static void process(struct bh_virtio *device, unsigned queue)
{
	struct bh_net *net = (struct bh_net *)device;

	if (queue == BH_NET_TRANSMIT) {
		transmit(net);
	} else if (net->hungry) {
		listen_to(net, true);
		bh_queue_want_kicks(bh_virtio_ring(device, queue), false);
	}
}

static int start(struct bh_virtio *device)
{
	struct bh_net *net = (struct bh_net *)device;
	int err = net->backend->start ? net->backend->start(net) : 0;

	if (!err)
		listen_to(net, true);
	return err;
}

static void stop(struct bh_virtio *device)
{
	struct bh_net *net = (struct bh_net *)device;

	listen_to(net, false);
	if (net->backend->stop)
		net->backend->stop(net);
}

static void destroy(struct bh_virtio *device)
{
	struct bh_net *net = (struct bh_net *)device;

	if (net->watched)
		bh_loop_remove(device->loop, &net->watch);
	net->watched = false;
	bh_virtio_finish(device);
	if (net->backend->finish)
		net->backend->finish(net);
	if (net->fd >= 0)
		close(net->fd);
	free(net->spill);
	free(net);
}

static const struct bh_virtio_ops ops = {.id = 1,
					 .pci_class = 0x020000,
					 .start = start,
					 .stop = stop,
					 .process = process,
					 .destroy = destroy};

static void process_control(struct bh_virtio *device, unsigned queue)
{
	bh_net_process_control((struct bh_net *)device, queue);
}

/* Without pairs the control queue would be another one, and has no use. */
static bool agrees(const struct bh_virtio *device)
{
	return !(device->accepted & BH_NET_F_CONTROL) == !(device->accepted & BH_NET_F_PAIRS);
}

/* vhost: the kernel has the queues, but for the one that controls. */
static const struct bh_virtio_ops kernel_ops = {.id = 1,
						.pci_class = 0x020000,
						.start = start,
						.stop = stop,
						.process = process_control,
						.agrees = agrees,
						.destroy = destroy};

static int watch(struct bh_net *net, const struct bh_virtio_host *host)
{
	if (!net->backend->receive)
		return 0;
	/* Taken only when there are packets beyond a buffer's size: the pages come then. */
	net->spill = bh_try_alloc(1, BH_NET_PACKET_MAX);
	if (!net->spill)
		return -ENOMEM;
	net->watch = (struct bh_watch){.fd = net->fd, .ready = bh_net_readable, .owner = net};
	int err = bh_loop_add(host->loop, &net->watch, 0);
	net->watched = !err;
	return err;
}

struct bh_virtio *bh_net_create(const struct bh_manifest_virtio *manifest,
				const struct bh_virtio_host *host, struct bh_diags *diags)
{
	struct bh_net *net = bh_alloc(sizeof(*net));
	uint64_t features = 0;

	net->fd = -1;
	net->vhost_path = manifest->vhost ? manifest->vhost : "/dev/vhost-net";
	net->backend = backends[manifest->backend];
	net->pair_count = manifest->queues && net->backend->use_pairs ? manifest->queues : 1;
	memcpy(net->config.mac, manifest->mac, sizeof(manifest->mac));
	net->config.status = 1; /* the link is up */
	net->config.mtu = (uint16_t)manifest->mtu;
	net->config.pairs = (uint16_t)net->pair_count;
	net->virtio.config = (uint8_t *)&net->config;
	net->virtio.config_size = sizeof(net->config);
	int err = net->backend->open(net, manifest->host, &features);
	unsigned queues = BH_NET_QUEUES * net->pair_count;
	features |= BH_NET_F_MAC | BH_NET_F_STATUS | (manifest->mtu ? BH_NET_F_MTU : 0);
	if (!net->backend->send)
		net->virtio.foreign = queues;
	if (net->pair_count > 1) {
		features |= BH_NET_F_CONTROL | BH_NET_F_PAIRS;
		queues++;
	}
	if (!err)
		err = bh_virtio_init(&net->virtio, net->backend->send ? &ops : &kernel_ops,
				     manifest->name, host, features, queues, false);
	if (!err)
		err = watch(net, host);
	if (!err)
		return &net->virtio;
	bh_diag_hint(bh_error(diags, "E1043", "%s: %s: %s", manifest->name, manifest->host,
			      strerror(-err)),
		     "check that the tap or socket exists and is this user's");
	destroy(&net->virtio);
	return NULL;
}
