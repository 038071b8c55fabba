/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stops a device whose VM is gone: steps as board data, the manifest and bulkhead.ko (the
 * attribute `quiesce` of a bound device) write them alike, parted by "; ":
 *
 *   write REGION OFFSET MASK VALUE   sets the bits of MASK in a 32-bit register to VALUE
 *   wait REGION OFFSET MASK VALUE    until they have that value
 */
#ifndef BH_MACHINE_QUIESCE_H
#define BH_MACHINE_QUIESCE_H

#include <stdbool.h>

#define BH_QUIESCE_STEPS_MAX 16

/* One step that any device could have: whether its registers do, the module says. */
bool bh_quiesce_step_ok(const char *step);

/* A list of them. */
bool bh_quiesce_ok(const char *steps);

#endif
