/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vtest protocol: how Mesa's driver reaches a virgl renderer over a Unix socket, without a VM.
 * Versions 0, 2 and 3 of it. One connection is one context with its own resources.
 */
#ifndef BH_GPU_SERVER_VTEST_H
#define BH_GPU_SERVER_VTEST_H

#include "gpu/gpu.h"

struct bh_trace_writer;

struct bh_vtest_config {
	struct bh_gpu_config gpu;
	bool sandbox;                  /* lock the process in before the first byte is read */
	struct bh_trace_writer *trace; /* NULL: nothing is recorded */
};

/*
 * Serves one client on a connected socket until it hangs up or breaks the protocol. 0, or -EPROTO,
 * or what reading and writing returned. The socket stays the caller's.
 */
int bh_vtest_serve(int fd, const struct bh_vtest_config *config, struct bh_diags *diags);

#endif
