/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting and stopping VMs. Each VM has one small launcher process, which starts bulkhead-vmm,
 * starts it again as the VM's policy says, and stops it. The launcher is not waited for by anyone;
 * when it dies, its VMM dies with it.
 */
#ifndef BH_HOST_RUN_H
#define BH_HOST_RUN_H

#include "base/diag.h"
#include "host/rundir.h"
#include "host/sys.h"
#include "machine/manifest.h"

struct bh_start {
	const char *run;      /* the run directory */
	const char *vmm;      /* the program */
	const void *manifest; /* the blob */
	size_t size;
	/* The VMM gets descriptors instead of paths, and a process with nothing around it. */
	bool isolate;
};

/* Whether VMs are to be isolated: unless BULKHEAD_ISOLATION is "off", which is for looking for
 * faults and for measuring. */
bool bh_isolation_wanted(void);

/*
 * Starts the VM that the manifest names, and returns when it is ready. False with E1110 (it
 * runs already), E1112 (no run directory), E1114 (the VMM cannot be started), E1115 (it ended at
 * once), E1122, E1123 (its networks cannot be made), E1124 (it runs, but did not become ready in
 * time), or what is wrong with the manifest.
 */
bool bh_vm_start(const struct bh_start *start, struct bh_diags *diags);

/* The same in steps, for several VMs at a time: begin it; then, each time `report` can be read, ask
 * how it goes on, as long as it only runs. */
struct bh_starting {
	char vm[64];
	int report; /* a descriptor to wait for; -1: there is nothing more to come */
};

enum bh_progress_of { BH_VM_RUNS, BH_VM_IS_READY, BH_VM_IS_LATE, BH_VM_FAILED };

bool bh_vm_begin(const struct bh_start *start, struct bh_starting *starting,
		 struct bh_diags *diags);
enum bh_progress_of bh_vm_progress(struct bh_starting *starting, const struct bh_start *start,
				   struct bh_diags *diags);
/* Nobody waits any more. The VM goes on. */
void bh_starting_finish(struct bh_starting *starting);

/* Held while the run directory and the networks change. A descriptor to close, or a negative errno.
 */
int bh_run_lock(const char *run);

/* Removes what is left of a VM that is down: its interfaces and its folder. The lock is held. */
void bh_run_clear(const char *run, const char *vm);

/*
 * Stops a VM: asks it, and after a while ends it. Returns when nothing of it is left, its folder
 * included. False with E1111 (no such VM runs), E1118 (it cannot be stopped).
 */
bool bh_vm_stop(const char *run, const char *vm, struct bh_diags *diags);

/* Sends a command without answer ("pause") to a VM. False with E1111, E1116, E1117. */
bool bh_vm_command(const char *run, const char *vm, const char *command, struct bh_diags *diags);

/* Adds E1111 with a suggestion. */
void bh_vm_report_absent(const char *run, const char *vm, struct bh_diags *diags);

/* Adds E1112: a path of the run directory cannot be used. */
void bh_run_report(const char *path, int error, struct bh_diags *diags);

/* Names of all VMs that have a folder, sorted. */
void bh_vm_names(const char *run, struct bh_names *names);

/* launch.c: what a launcher is given. It does not return. */
struct bh_launch {
	const struct bh_start *start;
	const struct bh_manifest *manifest;
	int control, console, log; /* listening sockets, and the log file */
	int report;                /* report.h */
};
_Noreturn void bh_launcher_run(const struct bh_launch *launch);

#endif
