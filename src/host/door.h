/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doors between a launcher and its VMM. The launcher keeps the listening sockets: it sees who
 * connects, in the user namespace where users have their numbers, and passes on connections of
 * the owner. The VMM needs no call that makes or accepts sockets.
 */
#ifndef BH_HOST_DOOR_H
#define BH_HOST_DOOR_H

#include <pthread.h>
#include <stdbool.h>

enum { BH_DOOR_CONTROL, BH_DOOR_CONSOLE, BH_DOORS };

/* A thread stands at the doors, so that the launcher may wait for its VMM in the meantime. */
struct bh_doors {
	int listeners[BH_DOORS];
	int ours[BH_DOORS]; /* -1: no VMM, clients wait outside */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool kept; /* the thread runs; it does until the process ends */
};

/* The listening sockets stay the caller's. */
void bh_doors_init(struct bh_doors *doors, int control, int console);

/* New doors for a new VMM: the ends that it gets, which the caller closes. Returns 0 or a negative
 * errno. */
int bh_doors_open(struct bh_doors *doors, int theirs[BH_DOORS]);

/*
 * Passes a connection through a door, or a word without one (fd -1). Waits while the VMM takes none
 * and lives, so that others wait outside.
 */
void bh_door_pass(int door, int fd);

#endif
