/* SPDX-License-Identifier: Apache-2.0 */
/* What a server gives up once it has its socket: files, networks, other processes. */
#ifndef BH_GPU_SERVER_SANDBOX_H
#define BH_GPU_SERVER_SANDBOX_H

#include "base/diag.h"
#include "base/log.h"

#include <sys/types.h>

/*
 * fork(), but the child has namespaces of its own (users, processes, files, network, IPC), an empty
 * read-only root, no capability, and an end to its memory somewhat above `quota`; it dies with its
 * parent. Where the machine does not let a user have that, it is a plain child, and `log` is told.
 * Call it while there is one thread.
 */
pid_t bh_sandbox_fork(uint64_t quota, const struct bh_log *log);

/*
 * From here on this process, with all its threads, can only use the descriptors it has, take memory
 * and run threads; any other system call fails with EPERM. Generated code needs memory that becomes
 * executable, so that stays allowed. 0, or a negative errno with diagnostics (E2201).
 */
int bh_sandbox_enter(struct bh_diags *diags);

#endif
