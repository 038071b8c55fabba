/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the vhost-user server share: messages of the front end (vhost_messages.c), the
 * two queues and their answers (vhost_queues.c), and the connection itself (vhost_user.c).
 */
#ifndef BH_GPU_SERVER_VHOST_PRIVATE_H
#define BH_GPU_SERVER_VHOST_PRIVATE_H

#include "gpu/device/device.h"
#include "gpu/server/display.h"
#include "gpu/server/guest_memory.h"
#include "gpu/server/vhost_user.h"
#include "gpu/server/vring.h"

#include <pthread.h>

#define QUEUES         2
#define CONTROL        0
#define CURSOR         1
#define CURSOR_BYTES   256
#define VERSION        1u
#define FLAG_REPLY     4u
#define FLAG_ACK       8u
#define HEADER         12 /* bytes: request, flags, size */
#define ASKED_MAX      256
#define ASKED_AHEAD    128
#define FEATURE(bit)   (1ull << (bit))
#define RING_EVENT_IDX 29
#define RING_INDIRECT  28
#define VHOST_PROTOCOL 30

struct queue {
	struct bh_vring ring;
	int kick, call, error;
	bool enabled;
	uint32_t generation; /* counts set-ups: a response of before has no place any more */
};

/* A command whose response waits for its fence, or for a translation. */
struct answer {
	struct answer *next;
	struct bh_vhost *vhost;
	struct bh_chain chain;
	unsigned queue;
	uint32_t generation;
	bool finished;
	size_t length;
	uint8_t response[];
};

struct bh_vhost {
	int fd, backend_fd;
	struct bh_vhost_config config;
	struct bh_diags *diags;
	struct bh_gpu *gpu;
	struct bh_device *device;
	struct bh_display display;
	struct bh_guest_memory memory;
	uint64_t protocol_features;
	uint8_t *command; /* BH_DEVICE_COMMAND_MAX bytes */
	struct answer *question;
	bool retry; /* a translation was asked for */
	/* Guards rings, memory and answers: fences end on other threads. */
	pthread_mutex_t lock;
	struct queue queues[QUEUES];
	struct answer *answers, **last_answer;
	uint64_t pages_asked[ASKED_MAX]; /* pages whose translation is on its way */
	unsigned pages_asked_count;
};

/* Says how the VMM broke the protocol; -EPROTO. */
int bh_vhost_error(struct bh_vhost *vhost, const char *what);

/* Closes a descriptor that is open, and forgets it. */
void bh_vhost_close(int *fd);

/* How the device reaches guest memory and the screens. */
extern const struct bh_device_ops bh_vhost_device_ops;

/* Questions about pages in [address, address + size) are answered. With the lock held. */
void bh_vhost_forget_questions(struct bh_vhost *vhost, uint64_t address, uint64_t size);

/* Both queues once more: memory became known, or a question was answered. */
void bh_vhost_go_on(struct bh_vhost *vhost);

void bh_vhost_read_display(struct bh_vhost *vhost);
/* The display will not answer any more: the guest is told that its question failed. */
void bh_vhost_fail_question(struct bh_vhost *vhost);

#endif
