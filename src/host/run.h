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
	/* How long the launcher waits before the first restart in a row; doubled each time, up to
	 * 64 times as long. A VM that ran longer than that begins a new row. 0: one second. */
	uint32_t pause_ms;
};

/*
 * Starts the VM that the manifest names, and returns when its VMM answers. False with E1110 (it
 * runs already), E1112 (no run directory), E1114 (the VMM cannot be started), E1115 (it ended at
 * once), or what is wrong with the manifest.
 */
bool bh_vm_start(const struct bh_start *start, struct bh_diags *diags);

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
	int report;                /* written to when the VM runs; closed when it does not */
};
_Noreturn void bh_launcher_run(const struct bh_launch *launch);

#endif
