/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's side of a guest console: where its output goes and its input comes from. A Unix socket
 * that people attach to and leave; a log; or the terminal the VMM was started in. Memory is
 * bounded: what a client does not read in time is dropped for that client, never kept.
 */
#ifndef BH_VMM_CONSOLE_H
#define BH_VMM_CONSOLE_H

#include "vmm/loop.h"

#include <pthread.h>
#include <stddef.h>

enum {
	BH_CONSOLE_CLIENTS = 4,
	BH_CONSOLE_OUTPUT = 1024,  /* waiting to be written */
	BH_CONSOLE_HISTORY = 8192, /* what a new client is shown */
	BH_CONSOLE_INPUT = 1024,   /* typed, not yet taken by the guest */
};

struct bh_console_client {
	struct bh_console *console;
	struct bh_watch watch; /* fd -1: free */
	int out;               /* where to write: the same, but for a terminal */
	bool muted;            /* input is not read until the guest takes some */
};

struct bh_console {
	struct bh_loop *loop;
	pthread_mutex_t lock;
	int log;
	struct bh_watch listener;
	struct bh_watch flusher; /* an eventfd: output waits */
	struct bh_console_client clients[BH_CONSOLE_CLIENTS];
	char output[BH_CONSOLE_OUTPUT];
	size_t output_length;
	char history[BH_CONSOLE_HISTORY]; /* a ring */
	uint64_t written;                 /* bytes in all */
	char input[BH_CONSOLE_INPUT];
	size_t input_length;
	uint64_t dropped;

	/* Called by the loop's thread when there is input; set by the device that owns it. */
	void (*input_ready)(void *device);
	void *device;
};

/* `log`: a descriptor that stays the caller's; -1: none. Returns 0 or a negative errno. */
int bh_console_init(struct bh_console *console, struct bh_loop *loop, int log);
void bh_console_finish(struct bh_console *console);

/* Clients may come to this socket (see bh_listen()), which is the console's from now on. */
int bh_console_listen(struct bh_console *console, int listener);

/* A client with these descriptors, which stay the caller's. */
int bh_console_attach(struct bh_console *console, int in, int out);

/* From the guest; any thread. */
void bh_console_write(struct bh_console *console, const char *data, size_t size);

/* To the guest; any thread. Returns how many bytes there were. */
size_t bh_console_read(struct bh_console *console, char *data, size_t room);

/* Writes out what waits. */
void bh_console_flush(struct bh_console *console);

#endif
