/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtio device whose queues another process serves: the front end of the vhost-user protocol.
 *
 * The other process has the guest's memory, by the guest's leave. It has nothing of ours: what it
 * answers is checked, it gets a few seconds for an answer, and when it lies, is silent or dies, the
 * device is broken until the guest resets it; then a new connection is asked for. One that keeps
 * its requests in memory of ours (INFLIGHT_SHMFD) is connected again without the guest's notice: at
 * once, or, where there is a door, when the other process is there again.
 */
#ifndef BH_VMM_VIRTIO_VHOST_USER_H
#define BH_VMM_VIRTIO_VHOST_USER_H

#include "vmm/virtio/vhost_call.h"
#include "vmm/virtio/vhost_user_wire.h"

#define BH_VHOST_USER_QUEUES 17
#define BH_VHOST_USER_CONFIG 256

struct bh_vhost_user {
	struct bh_virtio virtio;
	const char *host; /* path, or "fd:N": a connected socket, or a door to ask for one */
	int door;         /* -1: none */
	int timeout;      /* in ms: how long an answer may take */

	/* Of the connection: the loop looks after it, vCPUs start and stop the device. */
	pthread_mutex_t lock;
	int fd; /* -1: not connected */
	struct bh_watch watch, door_watch;
	bool watching, watching_door;
	bool awaited; /* the launcher owes us a connection */
	atomic_bool here;
	atomic_uint lost;            /* connections that ended unasked */
	uint64_t features, protocol; /* what the other side can do; what was agreed */
	bool started;
	unsigned connects;

	/* Memory in which it keeps what it works on: ours to give to its next life. */
	int inflight; /* -1: none */
	struct {
		uint64_t size, offset;
		uint16_t queues, length;
	} __attribute__((packed)) inflight_place;

	struct bh_vhost_call calls[BH_VHOST_USER_QUEUES];
	uint32_t config_wanted; /* bytes; 0: the device's kind has its own */
	uint8_t config[BH_VHOST_USER_CONFIG];
};

/* What a kind of device makes of it. */
struct bh_vhost_user_kind {
	const struct bh_virtio_ops *ops;
	uint64_t features; /* of the kind's own, those that we can do */
	uint32_t config;   /* bytes of configuration that the other side has */
	unsigned queues;
};

/* Connects, agrees on features and reads the configuration. Returns 0 or a negative errno;
 * bh_vhost_user_finish() is right after either. */
int bh_vhost_user_init(struct bh_vhost_user *user, const struct bh_vhost_user_kind *kind,
		       const char *name, const char *host, const struct bh_virtio_host *vm);
void bh_vhost_user_finish(struct bh_vhost_user *user);

/* For a kind's operations. */
int bh_vhost_user_start(struct bh_virtio *device);
void bh_vhost_user_stop(struct bh_virtio *device);
void bh_vhost_user_configured(struct bh_virtio *device, uint32_t offset, uint32_t size);

struct bh_vhost_user_view {
	bool here;
	unsigned lost;
};
/* From any thread. */
struct bh_vhost_user_view bh_vhost_user_look(struct bh_virtio *device);

/* Gives a GPU the socket of whoever shows its screens; it stays the caller's. */
int bh_vhost_user_set_display(struct bh_vhost_user *user, int display);

#endif
