/* SPDX-License-Identifier: Apache-2.0 */
/* What the network device's files share: the device and its three back ends. */
#ifndef BH_VMM_VIRTIO_NET_H
#define BH_VMM_VIRTIO_NET_H

#include "vmm/virtio/kinds.h"
#include "vmm/virtio/vhost.h"

enum { BH_NET_RECEIVE, BH_NET_TRANSMIT, BH_NET_QUEUES };

#define BH_NET_F_CSUM       (UINT64_C(1) << 0)
#define BH_NET_F_GUEST_CSUM (UINT64_C(1) << 1)
#define BH_NET_F_MTU        (UINT64_C(1) << 3)
#define BH_NET_F_MAC        (UINT64_C(1) << 5)
#define BH_NET_F_GUEST_TSO4 (UINT64_C(1) << 7)
#define BH_NET_F_GUEST_TSO6 (UINT64_C(1) << 8)
#define BH_NET_F_GUEST_ECN  (UINT64_C(1) << 9)
#define BH_NET_F_HOST_TSO4  (UINT64_C(1) << 11)
#define BH_NET_F_HOST_TSO6  (UINT64_C(1) << 12)
#define BH_NET_F_HOST_ECN   (UINT64_C(1) << 13)
#define BH_NET_F_MERGE      (UINT64_C(1) << 15)
#define BH_NET_F_STATUS     (UINT64_C(1) << 16)
#define BH_NET_F_CONTROL    (UINT64_C(1) << 17)
#define BH_NET_F_PAIRS      (UINT64_C(1) << 22)

/* What a tap can do with packets. */
#define BH_NET_OFFLOADS                                                                    \
	(BH_NET_F_CSUM | BH_NET_F_GUEST_CSUM | BH_NET_F_GUEST_TSO4 | BH_NET_F_GUEST_TSO6 | \
	 BH_NET_F_GUEST_ECN | BH_NET_F_HOST_TSO4 | BH_NET_F_HOST_TSO6 | BH_NET_F_HOST_ECN)

/* struct virtio_net_hdr_mrg_rxbuf: what stands before each packet in a ring. */
#define BH_NET_HEADER 12

/* A packet with all that segmentation offload may put into it. */
#define BH_NET_PACKET_MAX (65536 + 64)

/* A pair of queues beside the first: its own queue of the tap, its own vhost. */
struct bh_net_pair {
	int tap;
	struct bh_vhost vhost;
};

struct bh_net;

/* How packets reach the host. All but start and finish come with a queue's lock held. */
struct bh_net_backend_ops {
	int (*open)(struct bh_net *net, const char *host, uint64_t *features);
	/* The driver wants so many pairs of queues, at most net->pair_count. NULL: one is all. */
	int (*use_pairs)(struct bh_net *net, unsigned count);
	int (*start)(struct bh_net *net);
	void (*stop)(struct bh_net *net);
	void (*finish)(struct bh_net *net);
	/* Sends one packet, the header before it. NULL: by vhost. */
	void (*send)(struct bh_net *net, struct iovec *parts, unsigned count);
	/* Reads one packet, or 0 when there is none now. */
	size_t (*receive)(struct bh_net *net, struct iovec *parts, unsigned count);
	/* The descriptor takes more: false while it is to be waited for. May be NULL. */
	bool (*writable)(struct bh_net *net);
};

extern const struct bh_net_backend_ops bh_net_tap_ops, bh_net_vhost_ops, bh_net_socket_ops;

struct bh_net {
	struct bh_virtio virtio;
	const struct bh_net_backend_ops *backend;
	struct {
		uint8_t mac[6];
		uint16_t status, pairs, mtu;
	} config;
	int fd;                    /* tap or socket */
	struct bh_net_pair *pairs; /* with vhost: the first one, too */
	unsigned pair_count, used; /* pairs there are; how many the driver uses */
	struct bh_watch watch;     /* of fd */
	bool watched, hungry;      /* the guest lacks room: fd is not listened to */
	const char *vhost_path;
	struct bh_chain chain, more; /* for transmit, and receive */
	uint8_t *spill;              /* what did not fit into the first buffer; BH_NET_PACKET_MAX */
	struct bh_net_socket *socket;
	bool sending; /* the socket is to take more */
	bool gone;    /* there is no other side any more */
	uint64_t sent, received, dropped;
};

/* Opens a queue of a tap by name or descriptor and sets it up for us: a descriptor or a negative
 * errno. `several`: of a tap that has more than one. */
int bh_net_open_tap(const char *host, unsigned queue, bool several);

/* A command of the control queue. Returns 0 (done) or 1 (refused); `pairs` changes if it asks for
 * so many, at most `most`. */
uint8_t bh_net_control(const struct bh_chain *chain, unsigned most, unsigned *pairs);

/* Serves the control queue. */
void bh_net_process_control(struct bh_net *net, unsigned queue);

/* Makes the tap give the guest only what it can take. */
int bh_net_set_offloads(struct bh_net *net);

/* Waits for what the back end now wants. */
void bh_net_listen(struct bh_net *net);

/* The back end has something: takes it, packet by packet. */
void bh_net_readable(void *net, uint32_t events);

#endif
