/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes that serve a VM's vhost-user devices. Each device's VMM has a door: when it knocks,
 * the launcher connects to the device's server, or starts one of ours first, and passes the
 * connection in. That is how a VMM that can make no socket gets a server again that died.
 */
#ifndef BH_HOST_BACKENDS_H
#define BH_HOST_BACKENDS_H

#include "base/log.h"
#include "machine/manifest.h"

/* The programs; each may be named by the environment: BULKHEAD_GPU, BULKHEAD_VIRTIOFSD. */
#define BH_GPU_SERVER "bulkhead-gpu"
#define BH_FS_SERVER  "/usr/libexec/virtiofsd"

struct bh_backends;

/* For one life of the VMM. `folder` is where sockets may be; `out` where servers write to. Both
 * logs stay the caller's. */
struct bh_backends *bh_backends_create(const char *vmm, const char *folder,
				       const struct bh_log *log, int out);

/* A door for this device: the VMM's end, or a negative errno. */
int bh_backends_add(struct bh_backends *backends, const struct bh_manifest_virtio *device);

/* Answers knocks from now on, in a thread, until all the VMM's ends are closed; then ends the
 * servers. `backends` is not the caller's any more. */
void bh_backends_serve(struct bh_backends *backends);

#endif
