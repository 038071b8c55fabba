/* SPDX-License-Identifier: Apache-2.0 */
/* A control group of a VM's own, for its limits. */
#ifndef BH_HOST_CGROUP_H
#define BH_HOST_CGROUP_H

#include <stdint.h>
#include <sys/types.h>

/* Where version 2 of the kernel's control groups is. */
#define BH_CGROUPS "/sys/fs/cgroup"

/*
 * Makes the VM's group with limits (0: none). The path, which the caller frees, or NULL where
 * there are no control groups for us: *error says why.
 */
char *bh_cgroup_make(const char *root, const char *vm, uint64_t memory, uint32_t processes,
		     int *error);

/* Puts a process into it: 0 or a negative errno. */
int bh_cgroup_enter(const char *path, pid_t pid);

/* Removes a group, and ends the processes that are still in it: waits a moment for them to go. */
void bh_cgroup_remove(const char *path);

/* The same for a VM whose launcher was killed. */
void bh_cgroup_clear(const char *root, const char *vm);

#endif
