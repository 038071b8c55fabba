/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making the host match a set of manifests: VMs that are not among them, or not as they say, are
 * stopped; devices go where they belong; VMs are started. When a step fails, those before it are
 * undone: the VMs that ran before run again, with the devices they had.
 */
#ifndef BH_HOST_APPLY_H
#define BH_HOST_APPLY_H

#include "host/bind.h"
#include "machine/manifest.h"

/* One VM as it is to be. */
struct bh_wanted {
	const struct bh_manifest *manifest;
	const void *blob;
	size_t size;
	bool start; /* else only its devices are taken and its manifest is kept */
};

struct bh_apply {
	struct bh_sys *sys;
	const char *run; /* the run directory */
	const char *vmm; /* the program */
	const struct bh_wanted *vms;
	size_t vm_count;
	/* Told of each step before it is done: "start", "net". May be NULL. */
	void (*step)(void *owner, const char *verb, const char *object);
	void *owner;
};

/* What differs between the host and what is wanted; each list is sorted. */
struct bh_changes {
	struct bh_names stop;    /* VMs */
	struct bh_names restart; /* VMs that run otherwise than wanted */
	struct bh_names start;   /* VMs */
	struct bh_names take;    /* devices */
	struct bh_names give_back;
};

/* Looks, and changes nothing. */
void bh_changes_find(const struct bh_apply *apply, struct bh_changes *changes);
size_t bh_changes_count(const struct bh_changes *changes);
void bh_changes_finish(struct bh_changes *changes);

/*
 * With no VM wanted, all stop and all devices go back. False with the host as it was, or as near to
 * it as could be had, and E1121 (memory that the host's tree does not set aside) or the error of
 * the step that failed.
 */
bool bh_apply_changes(const struct bh_apply *apply, struct bh_diags *diags);

#endif
