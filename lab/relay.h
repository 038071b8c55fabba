/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between clients and the agent: each client's command gets a channel of the line. Neither side is
 * believed: what exceeds a stream's window ends the client or the line.
 */
#ifndef BH_LAB_RELAY_H
#define BH_LAB_RELAY_H

#include "lab/console.h"
#include "lab/line.h"

#include <poll.h>

struct bh_relay {
	struct bh_line *line;
	struct bh_console *console;
	struct bh_relay_client *clients;
	size_t client_count;
	struct bh_relay_route *routes;
	uint16_t last_channel;
	bool ready;                     /* the agent is there */
	bool stop;                      /* a client wants the board down, or its owner is gone */
	struct bh_buf console_input;    /* what clients typed */
	char *(*status)(void *context); /* the answer to STATUS, allocated */
	void *context;
};

void bh_relay_init(struct bh_relay *relay, struct bh_line *line, struct bh_console *console);
void bh_relay_finish(struct bh_relay *relay);

/* Takes over the descriptor. The owner's connection keeps the board alive until it detaches. */
void bh_relay_accept(struct bh_relay *relay, int fd, bool owner);

/* Fills polls, client_count of them, and later looks at what came back. */
void bh_relay_polls(const struct bh_relay *relay, struct pollfd *polls);
void bh_relay_work(struct bh_relay *relay, const struct pollfd *polls);

/* A frame of the agent; false when it broke the rules. */
bool bh_relay_agent(struct bh_relay *relay, const struct bh_frame *frame);

void bh_relay_console(struct bh_relay *relay, const char *data, size_t size);

/* The board is down: tells every client why and ends the connections. */
void bh_relay_gone(struct bh_relay *relay, const char *text);

#endif
