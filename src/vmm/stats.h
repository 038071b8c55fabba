/* SPDX-License-Identifier: Apache-2.0 */
/* What a VM counted, as lines of the control protocol. */
#ifndef BH_VMM_STATS_H
#define BH_VMM_STATS_H

#include "vmm/vm.h"

#include "base/buf.h"

/* `all`: also what only `stats` gives. */
void bh_vm_put_stats(struct bh_vm *vm, bool all, struct bh_buf *out);

#endif
