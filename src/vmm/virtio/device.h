/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtio device without its transport: features, status, queues (virtio 1.2, sections 2 and 3).
 *
 * Who runs what: the driver's accesses come from vCPUs, one at a time (the VM's lock). Requests
 * are processed by the event loop, or by the device's own threads, under their queue's lock. Reset
 * takes the queues' locks, so when it returns nothing of the device touches guest memory.
 */
#ifndef BH_VMM_VIRTIO_DEVICE_H
#define BH_VMM_VIRTIO_DEVICE_H

#include "vmm/hv.h"
#include "vmm/loop.h"
#include "vmm/sandbox/sandbox.h"
#include "vmm/virtio/queue.h"

#include "base/log.h"

#define BH_VIRTIO_DEVICE_QUEUES 33 /* net: 16 pairs and a control queue */

/* Requests that the event loop serves before it looks at other descriptors: no guest can keep it. A
 * device with more kicks itself. */
#define BH_VIRTIO_BUDGET 256

#define BH_VIRTIO_F_INDIRECT        (UINT64_C(1) << 28)
#define BH_VIRTIO_F_EVENT_INDEX     (UINT64_C(1) << 29)
#define BH_VIRTIO_F_VERSION_1       (UINT64_C(1) << 32)
#define BH_VIRTIO_F_ACCESS_PLATFORM (UINT64_C(1) << 33)

enum {
	BH_VIRTIO_ACKNOWLEDGE = 1,
	BH_VIRTIO_DRIVER = 2,
	BH_VIRTIO_DRIVER_OK = 4,
	BH_VIRTIO_FEATURES_OK = 8,
	BH_VIRTIO_NEEDS_RESET = 64,
	BH_VIRTIO_FAILED = 128,
};

struct bh_virtio;

/* A kind of device. */
struct bh_virtio_ops {
	uint32_t id;        /* virtio's number for it */
	uint32_t pci_class; /* 24 bits */

	/* The driver is ready. May be NULL. Returns 0 or a negative errno: the device is broken. */
	int (*start)(struct bh_virtio *device);
	/* The device is being reset; the queues' locks are held. May be NULL. */
	void (*stop)(struct bh_virtio *device);
	/* Work waits in a queue, whose lock is held. NULL: all queues are another's (vhost). */
	void (*process)(struct bh_virtio *device, unsigned queue);
	/* Whether the features that the driver accepted go together. NULL: all do. */
	bool (*agrees)(const struct bh_virtio *device);
	/* The driver wrote to the configuration. May be NULL. */
	void (*configured)(struct bh_virtio *device, uint32_t offset, uint32_t size);
	/* Frees the device. */
	void (*destroy)(struct bh_virtio *device);
};

/* How the device reaches the guest. */
struct bh_virtio_transport {
	void (*signal)(struct bh_virtio *device, unsigned queue);
	void (*signal_config)(struct bh_virtio *device);
	/* A descriptor that, signalled, interrupts for this queue; -1: ask with signal(). */
	int (*call_fd)(struct bh_virtio *device, unsigned queue);
};

struct bh_virtio_queue {
	struct bh_queue ring;
	int kick; /* an eventfd */
	struct bh_virtio *device;
	struct bh_watch watch; /* the loop processes */
	pthread_t thread;      /* or a thread of its own does */
	bool has_thread, watching;
	atomic_bool ending;
	uint16_t vector; /* of the PCI transport */
};

struct bh_virtio {
	const struct bh_virtio_ops *ops;
	const char *name;
	const struct bh_ram *ram;
	struct bh_loop *loop;
	const struct bh_log *log;
	struct bh_sandbox *sandbox;
	const struct bh_virtio_transport *transport;
	void *transport_data;

	uint64_t offered, accepted;
	atomic_uint status;
	bool running; /* between start and stop */
	uint8_t *config;
	uint32_t config_size;

	/* What the transports keep alike. */
	uint32_t offered_select, accepted_select, queue_select;

	struct bh_virtio_queue queues[BH_VIRTIO_DEVICE_QUEUES];
	unsigned queue_count;
	unsigned foreign; /* so many queues, the first ones, are processed by another (vhost) */
};

struct bh_virtio_host {
	const struct bh_ram *ram;
	struct bh_loop *loop;
	const struct bh_log *log;
	bool threads; /* queues may have threads of their own; else the loop processes all */
	struct bh_sandbox *sandbox; /* of threads; NULL: none */
};

/* Fills in the common part. `threads`: each queue is processed by a thread of its own. Returns 0 or
 * a negative errno; bh_virtio_finish() is right after either. */
int bh_virtio_init(struct bh_virtio *device, const struct bh_virtio_ops *ops, const char *name,
		   const struct bh_virtio_host *host, uint64_t features, unsigned queues,
		   bool threads);

/* Ends processing for good: threads and watches. Queues stay valid. */
void bh_virtio_quiesce(struct bh_virtio *device);

/* Ends processing; then the kind's own parts may go. */
void bh_virtio_finish(struct bh_virtio *device);

/* For transports. All but signal calls come under the VM's lock. */
void bh_virtio_reset(struct bh_virtio *device);
void bh_virtio_set_status(struct bh_virtio *device, uint8_t status);
uint32_t bh_virtio_offered(const struct bh_virtio *device);
void bh_virtio_accept(struct bh_virtio *device, uint32_t features);
uint64_t bh_virtio_read_config(const struct bh_virtio *device, uint64_t offset, unsigned size);
void bh_virtio_write_config(struct bh_virtio *device, uint64_t offset, unsigned size,
			    uint64_t value);
/* The selected queue; NULL when it does not exist. */
struct bh_queue *bh_virtio_selected(struct bh_virtio *device);
void bh_virtio_enable_selected(struct bh_virtio *device);
void bh_virtio_kick(struct bh_virtio *device, uint64_t queue);

/* For kinds: tells the guest about what was pushed, if it wants to know. The lock is held. */
void bh_virtio_signal(struct bh_virtio *device, unsigned queue);

/* The ring broke the rules, or the back end is gone: the guest must reset the device. */
void bh_virtio_break(struct bh_virtio *device, const char *why);

static inline struct bh_queue *bh_virtio_ring(struct bh_virtio *device, unsigned queue)
{
	return &device->queues[queue].ring;
}

#endif
