/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting a VMM that has nothing: descriptors of what it needs, a user of its own, namespaces
 * with nothing in them, limits. What the process does to itself then is in src/vmm/sandbox.
 */
#ifndef BH_HOST_ISOLATE_H
#define BH_HOST_ISOLATE_H

#include "base/log.h"
#include "host/door.h"
#include "host/open.h"

#include <sys/types.h>

/* Users of VMs: this one and those after it. They have no names and own no files. */
#define BH_USER_FIRST 0x70000000u
#define BH_USERS      4096

/* Those of their servers: BH_SERVER_USERS (host/backends.h) for each VM. They end where the others
 * begin. */
#define BH_SERVER_FIRST 0x60000000u

struct bh_isolation {
	const char *run, *vmm;
	const char *cgroups; /* BH_CGROUPS, or elsewhere for tests */
	const struct bh_manifest *manifest;
	const struct bh_log *log;
	int out; /* where the VMM's standard output and error go */

	uid_t user;    /* the VMM's, as the host sees it */
	int user_lock; /* held while the user is ours; -1: the VMM has our user */
	struct bh_doors doors;
	char *cgroup; /* NULL: none */
	bool mapped;  /* prepare() has done its part */
};

/* The members before `user` are the caller's to set first; `control` and `console` are listening
 * sockets. */
void bh_isolation_init(struct bh_isolation *isolation, int control, int console);

/* The VMM is gone, and no other will be started. */
void bh_isolation_finish(struct bh_isolation *isolation);

/*
 * Opens what the VM needs and starts its VMM. What this host cannot do is left out with a warning
 * in the log. What the VM needs and cannot be opened is an error there, and the process is one that
 * fails as the VMM would have. 0, or a negative errno when the program cannot be started.
 */
int bh_isolate_spawn(struct bh_isolation *isolation, pid_t *pid);

#endif
