/* SPDX-License-Identifier: Apache-2.0 */
/* The host's cpus that a VM may run on, as its manifest names them: "2,3". */
#ifndef BH_MACHINE_CPUS_H
#define BH_MACHINE_CPUS_H

#include "base/diag.h"

#include <stdbool.h>

#define BH_CPUS_MAX 512

/* Whether these are numbers below BH_CPUS_MAX with commas between them. */
bool bh_cpus_are_listed(const char *list);

/* From here on the calling thread, and the threads and processes that it makes, run on these cpus
 * of the host alone. NULL: as before. `vm` is for the message; code E1136, with nothing changed,
 * when the host has not all of them for us. */
bool bh_cpus_use(const char *list, const char *vm, struct bh_diags *diags);

/* The same question, for somebody else: nothing changes. */
bool bh_cpus_are_there(const char *list, const char *vm, struct bh_diags *diags);

#endif
