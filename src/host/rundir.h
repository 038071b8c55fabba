/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run directory: what this host's VMs are doing, as files. There is no daemon that knows more.
 *
 *   RUN/lock            held while a VM is being started
 *   RUN/devices         devices taken from the host (bind.h)
 *   RUN/vm/NAME/        one VM: manifest, control and console (sockets), log, state
 *   RUN/plan/NAME       manifests of the plan that was applied last
 *
 * A VM's folder is there while its launcher lives, and after the VM ended by itself, so that the
 * log can be read. A launcher is known by process id and start time: an id alone could be another
 * process by now.
 */
#ifndef BH_HOST_RUNDIR_H
#define BH_HOST_RUNDIR_H

#include "base/buf.h"
#include "base/diag.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Where it is: $BULKHEAD_RUN, /run/bulkhead for root, else below $XDG_RUNTIME_DIR or /tmp. The
 * caller frees it. */
char *bh_run_path(void);

/* RUN/vm/NAME or, with a file, RUN/vm/NAME/FILE. The caller frees it. */
char *bh_vm_path(const char *run, const char *vm, const char *file);

/* Letters, digits, '-', '_' and '.', not beginning with '.' or '-', at most 32. */
bool bh_vm_name_ok(const char *name);

enum bh_vm_phase {
	BH_VM_STARTING, /* the VMM does not answer yet */
	BH_VM_RUNNING,
	BH_VM_WAITING, /* ended, and to be started again soon */
	BH_VM_ENDED,   /* by itself: it stays down */
	BH_VM_LOST,    /* its launcher died without a word; nothing of it runs */
};
const char *bh_vm_phase_name(enum bh_vm_phase phase);

struct bh_process {
	pid_t pid;      /* 0: none */
	uint64_t start; /* in clock ticks since boot */
};

/* The process that now has this id; start 0 when there is none. */
struct bh_process bh_process_now(pid_t pid);
bool bh_process_lives(struct bh_process process);

struct bh_vm_state {
	enum bh_vm_phase phase;
	struct bh_process launcher;
	pid_t vmm;         /* 0: none runs */
	uint64_t restarts; /* since `start` */
	int last_exit;     /* of the VMM, as a shell has it; -1: none yet */
	uint64_t since;    /* when the phase began: seconds since boot */
	bool ready;        /* in this life: the guest said so, or nobody waits for its word */
	uint64_t faults;   /* since `start`: what the IOMMU stopped and the kernel told */
	char fault[160];   /* the last: "0000:00:05.0: write to 0x1000 (F_TRANSLATION, ...)" */
};

void bh_vm_state_write(const struct bh_vm_state *state, struct bh_buf *text);
/* False when the text is damaged. */
bool bh_vm_state_parse(struct bh_vm_state *state, const char *text);

/*
 * What the VM's folder says, with a launcher that is dead taken into account. 0, -ENOENT when the
 * VM has no folder, or another negative errno.
 */
int bh_vm_state_read(const char *run, const char *vm, struct bh_vm_state *state);

/* It has a launcher that is alive and means to keep it up. */
bool bh_vm_is_up(const char *run, const char *vm);

/* Seconds since boot. */
uint64_t bh_seconds(void);

#endif
