/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of the vhost-user protocol, the front end's side: one is sent, and its answer waited for
 * a while. The other end is another program's: what it sends is believed in nothing but its bytes.
 */
#ifndef BH_VMM_VIRTIO_VHOST_USER_WIRE_H
#define BH_VMM_VIRTIO_VHOST_USER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bh_vhost_user_request {
	BH_VU_GET_FEATURES = 1,
	BH_VU_SET_FEATURES = 2,
	BH_VU_SET_OWNER = 3,
	BH_VU_SET_MEM_TABLE = 5,
	BH_VU_SET_VRING_NUM = 8,
	BH_VU_SET_VRING_ADDR = 9,
	BH_VU_SET_VRING_BASE = 10,
	BH_VU_GET_VRING_BASE = 11,
	BH_VU_SET_VRING_KICK = 12,
	BH_VU_SET_VRING_CALL = 13,
	BH_VU_GET_PROTOCOL_FEATURES = 15,
	BH_VU_SET_PROTOCOL_FEATURES = 16,
	BH_VU_GET_QUEUE_NUM = 17,
	BH_VU_SET_VRING_ENABLE = 18,
	BH_VU_GET_CONFIG = 24,
	BH_VU_SET_CONFIG = 25,
	BH_VU_GET_INFLIGHT_FD = 31,
	BH_VU_SET_INFLIGHT_FD = 32,
	BH_VU_GPU_SET_SOCKET = 33,
};

#define BH_VU_PAYLOAD_MAX 512

struct bh_vhost_user_message {
	enum bh_vhost_user_request request;
	const void *payload;
	uint32_t size;
	int fd; /* sent along; -1: none */
};

/*
 * Sends; `acknowledged`: asks for a word that it was done, and waits for it. 0; -EIO when the other
 * side says that it failed; or what makes the connection useless: -EPIPE, -ETIMEDOUT, -EPROTO.
 */
int bh_vhost_user_send(int fd, const struct bh_vhost_user_message *message, bool acknowledged,
		       int timeout);

/* Sends and waits for the answer, which must have exactly this size. *answer_fd: the descriptor
 * that came with it, or -1; NULL: none may come. */
int bh_vhost_user_ask(int fd, const struct bh_vhost_user_message *message, void *answer,
		      uint32_t size, int *answer_fd, int timeout);

#endif
