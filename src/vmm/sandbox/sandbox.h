/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a VMM gives up. In this order, all before the guest's first instruction: the launcher
 * starts the process in namespaces of its own and with descriptors of all it needs; the process
 * empties itself (bh_sandbox_process()); each thread loads its filter of system calls as its first
 * act (bh_sandbox_thread()); when all have, the vCPUs are let go.
 */
#ifndef BH_VMM_SANDBOX_SANDBOX_H
#define BH_VMM_SANDBOX_SANDBOX_H

#include "vmm/sandbox/rules.h"

#include "base/diag.h"
#include "base/log.h"
#include "machine/manifest.h"

#include <stdatomic.h>
#include <stdbool.h>

struct bh_sandbox {
	bool on;
	const struct bh_log *log;
	bool own_root;       /* the process has a mount namespace of its own: its root is emptied */
	unsigned has;        /* BH_HAS_... */
	int landlock;        /* version of the kernel's; 0: it has none */
	bool no_files;       /* the root folder is empty */
	uint32_t user;       /* as the host sees it */
	atomic_uint awaited; /* threads that were made */
	atomic_uint inside;  /* and have their filter */

	/* For tests: the rule that is left out of one kind's filter, and what happens to a thread
	 * after a refused call (NULL: the process ends). */
	enum bh_thread weak;
	size_t without;
	bool weakened;
	void (*refused)(void);
};

/* Which parts of the VM need rules of their own. */
unsigned bh_sandbox_parts(const struct bh_manifest *manifest);

/*
 * For the process's first thread, before there are others: an empty root folder (own_root), no
 * capabilities, no way to more privileges, no core dumps, no other process may look into it,
 * Landlock, limits. False with E1060.
 */
bool bh_sandbox_process(struct bh_sandbox *sandbox, struct bh_diags *diags);

/* Whoever makes a thread that will lock itself in says so first. */
void bh_sandbox_expect(struct bh_sandbox *sandbox);

/*
 * Loads the filter for the calling thread, for good. A refused call writes a line with the
 * thread's and the call's name to the log, and ends the process with BH_VMM_REFUSED. Nothing
 * happens when `sandbox` is NULL or not on. A thread without its filter must not go on: the process
 * ends with BH_VMM_FAILED and a line in the log.
 */
void bh_sandbox_thread(struct bh_sandbox *sandbox, enum bh_thread kind);

/* Waits until all threads that were expected have their filter. */
void bh_sandbox_wait(const struct bh_sandbox *sandbox);

#endif
