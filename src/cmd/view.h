/* SPDX-License-Identifier: Apache-2.0 */
/* A VM as `status` and `top` see it: its folder, its own words, its memory. */
#ifndef BH_CMD_VIEW_H
#define BH_CMD_VIEW_H

#include "host/control.h"
#include "host/memory.h"
#include "host/rundir.h"

struct bh_view {
	const char *vm;
	struct bh_vm_state state;
	struct bh_facts facts; /* empty when it does not answer */
	bool answers;
	struct bh_manifest *manifest; /* NULL: cannot be read */
	char *blob;
	struct bh_vm_memory memory;
	uint64_t ticks; /* processor time of VMM and launcher */
};

void bh_view_look(struct bh_view *view, const char *run, const char *vm);
void bh_view_finish(struct bh_view *view);

/* What the VM says of itself where it answers ("paused"), else what its launcher says. */
const char *bh_view_phase(const struct bh_view *view);

/* The sum of all facts whose key begins so, as the interrupts of a device. */
uint64_t bh_view_sum(const struct bh_view *view, const char *prefix);

#endif
