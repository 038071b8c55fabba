/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens all that a VMM needs, so that it needs no rights of its own: what the manifest names by
 * path is opened, and a manifest is made that names descriptors ("fd:N") instead.
 */
#ifndef BH_HOST_OPEN_H
#define BH_HOST_OPEN_H

#include "base/diag.h"
#include "host/backends.h"
#include "machine/manifest.h"

#define BH_OPENED_MAX 256

struct bh_opened {
	int fds[BH_OPENED_MAX + 1]; /* all of them; ends with -1 */
	size_t count;
	int manifest, kvm, memory; /* among them; memory -1: the VM's is not of bulkhead.ko */
	char *names[BH_OPENED_MAX];
	size_t name_count;
};

/* Works on a copy of the manifest. Devices that others serve get doors of `backends`. False with
 * the codes of what could not be opened: E1020-E1030, E1041-E1043, E1050. bh_opened_finish() is
 * right after either. */
bool bh_opened_init(struct bh_opened *opened, const struct bh_manifest *manifest,
		    struct bh_backends *backends, struct bh_diags *diags);
void bh_opened_finish(struct bh_opened *opened);

#endif
