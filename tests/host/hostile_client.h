/* SPDX-License-Identifier: Apache-2.0 */
/* What a client of a VM's control socket can do that nobody who means well would. */
#ifndef BH_TESTS_HOST_HOSTILE_CLIENT_H
#define BH_TESTS_HOST_HOSTILE_CLIENT_H

#include <stddef.h>

/* Connections that an act keeps open. */
enum { HOSTILE_CONNECTIONS = 64 };

struct hostile {
	const char *socket;
	int fds[HOSTILE_CONNECTIONS];
	size_t count;
};

struct hostile_act {
	const char *name;
	void (*act)(struct hostile *h);
};

/* Ends with a NULL name. Acts wait for nothing, and may be done one after the other. */
extern const struct hostile_act hostile_acts[];

/* Closes what acts have kept open. */
void hostile_leave(struct hostile *h);

#endif
