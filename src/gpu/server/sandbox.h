/* SPDX-License-Identifier: Apache-2.0 */
/* What a server gives up once it has its socket: files, networks, other processes. */
#ifndef BH_GPU_SERVER_SANDBOX_H
#define BH_GPU_SERVER_SANDBOX_H

#include "base/diag.h"

/*
 * From here on this process, with all its threads, can only use the descriptors it has, take memory
 * and run threads; any other system call fails with EPERM. Generated code needs memory that becomes
 * executable, so that stays allowed. 0, or a negative errno with diagnostics (E2201).
 */
int bh_sandbox_enter(struct bh_diags *diags);

#endif
