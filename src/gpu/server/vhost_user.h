/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtio-gpu device for a VMM that speaks vhost-user-gpu: stock QEMU 10 and later, or ours.
 *
 * One connection is one device. The VMM gives us the guest's memory, the rings and a second socket
 * over which we tell what the screens show. Messages come from the VMM, everything in the rings
 * from the guest: neither is believed.
 */
#ifndef BH_GPU_SERVER_VHOST_USER_H
#define BH_GPU_SERVER_VHOST_USER_H

#include "gpu/gpu.h"

#define BH_VHOST_FDS_MAX     8
#define BH_VHOST_PAYLOAD_MAX 4096

struct bh_vhost_config {
	struct bh_gpu_config gpu;
	unsigned scanouts;
	bool sandbox; /* give up all system calls that serving does not need */
	/* The mode that screens advertise; 0: what the VMM says. */
	uint32_t width, height;
};

/*
 * Serves one VMM on a connected socket until it hangs up (0), or breaks the protocol (-EPROTO with
 * diagnostics, E2200), or the system fails us. The socket stays the caller's.
 */
int bh_vhost_serve(int fd, const struct bh_vhost_config *config, struct bh_diags *diags);

/* The same in pieces, for tests: nothing here waits. */
struct bh_vhost;

struct bh_vhost *bh_vhost_create(int fd, const struct bh_vhost_config *config,
				 struct bh_diags *diags);
void bh_vhost_destroy(struct bh_vhost *vhost);

/* One message. The descriptors become ours. 0, or what ends the connection. */
int bh_vhost_message(struct bh_vhost *vhost, uint32_t request, uint32_t flags, const void *payload,
		     uint32_t size, const int *fds, unsigned fd_count);
/* Takes what waits in a queue. */
void bh_vhost_kick(struct bh_vhost *vhost, unsigned queue);

#endif
