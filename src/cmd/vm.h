/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs about running VMs share. */
#ifndef BH_CMD_VM_H
#define BH_CMD_VM_H

#include "base/diag.h"
#include "cmd/verb.h"

/*
 * The program that runs a VM: $BULKHEAD_VMM, the one beside this program or in its build folder, or
 * else the name, to be found in PATH. The caller frees it.
 */
char *bh_find_vmm(void);

/* Prints what there is to say and, with --json, {"schema", "vm", "ok", "diagnostics"}. Finishes
 * the diagnostics; returns the exit code. */
int bh_vm_done(const struct bh_args *args, const char *schema, const char *vm, bool ok,
	       struct bh_diags *diags);

#endif
