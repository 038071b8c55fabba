/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for a guest's word that it is ready (machine/ready.h). */
#ifndef BH_HOST_READY_H
#define BH_HOST_READY_H

#include "machine/ready.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BH_READY_CLIENTS 4 /* connections of the guest at a time */

struct bh_ready {
	int listener;
	uint64_t cid; /* whose word counts */
	struct bh_ready_client {
		int fd;
		size_t length;
		char line[64]; /* what came since the last end of a line; longer lines are none of
				  ours */
		size_t total;
	} clients[BH_READY_CLIENTS];
};

/* Listens for the guest with this context id. 0 or a negative errno. */
int bh_ready_listen(struct bh_ready *ready, uint64_t cid);
void bh_ready_finish(struct bh_ready *ready);

/* Adds what to wait for; returns how many, at most 1 + BH_READY_CLIENTS. */
size_t bh_ready_polls(const struct bh_ready *ready, struct pollfd *polls);

/* Takes what is there, without waiting. True when the guest said it. */
bool bh_ready_serve(struct bh_ready *ready);

/* A connection that somebody else accepted, for tests; taken over. False: there are too many. */
bool bh_ready_attach(struct bh_ready *ready, int fd);

#endif
