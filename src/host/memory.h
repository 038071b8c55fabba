/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a VM's memory is: what its guest has touched, what its processes need beside that, and what
 * no process is charged for. All in bytes; of what several processes share, as programs, each is
 * charged its part, so that the sum over all VMs is what they take.
 */
#ifndef BH_HOST_MEMORY_H
#define BH_HOST_MEMORY_H

#include "host/rundir.h"
#include "machine/manifest.h"

struct bh_vm_memory {
	uint64_t guest;    /* what the manifest gives it */
	uint64_t resident; /* of that, what the host has given pages for */
	uint64_t monitor;  /* the VMM's own */
	uint64_t launcher;
	uint64_t servers; /* of its devices, as far as the launcher started them */
	bool set_aside;   /* it was reserved at boot: in no process's resident set, and all of it is
			     taken */
};

/* What cannot be found out, as of a VM that has just ended, is 0. */
void bh_vm_memory(const struct bh_manifest *manifest, const struct bh_vm_state *state,
		  struct bh_vm_memory *memory);

/* What the VM takes from the host: the sum of what is taken, each page once. */
uint64_t bh_vm_memory_taken(const struct bh_vm_memory *memory);

/*
 * Adds up a /proc/PID/smaps: resident bytes of the mapping of exactly `guest` bytes (0: none is the
 * guest's), and of all others; shared pages by their part.
 */
void bh_smaps_add_up(const char *text, uint64_t guest, uint64_t *inside, uint64_t *others);

/* Processor time of a process, in clock ticks; 0 when it is gone. */
uint64_t bh_process_ticks(pid_t pid);

#endif
