/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes that serve a VM's vhost-user devices. Each device's VMM has a door: when it knocks,
 * the launcher connects to the device's server, or starts one of ours first, and passes the
 * connection in. That is how a VMM that can make no socket gets a server again that died. A server
 * that dies again and again is started less and less often.
 */
#ifndef BH_HOST_BACKENDS_H
#define BH_HOST_BACKENDS_H

#include "base/log.h"
#include "machine/manifest.h"

#include <sys/types.h>

/* The programs; each may be named by the environment: BULKHEAD_GPU, BULKHEAD_VIRTIOFSD. */
#define BH_GPU_SERVER "bulkhead-gpu"
#define BH_FS_SERVER  "/usr/libexec/virtiofsd"

/* Users of a VM's servers: what the guest knows as 0 is the first of them, and so on. */
#define BH_SERVER_USERS 65536u

struct bh_backends;

struct bh_backends_setting {
	const char *vmm;    /* its program: servers of ours are beside it */
	const char *folder; /* where sockets may be */
	const char *cgroup; /* servers are limited with the VM. NULL: they are not */
	uid_t users;        /* BH_SERVER_USERS users for servers of ours, from here on; 0: ours */
	const struct bh_log *log;
	int out; /* where servers write to; both logs stay the caller's */
};

/* For one life of the VMM. */
struct bh_backends *bh_backends_create(const struct bh_backends_setting *setting);

/* A door for this device: the VMM's end, or a negative errno. */
int bh_backends_add(struct bh_backends *backends, const struct bh_manifest_virtio *device);

/* Answers knocks from now on, in a thread, until all the VMM's ends are closed; then ends the
 * servers. `backends` is not the caller's any more. */
void bh_backends_serve(struct bh_backends *backends);

#endif
