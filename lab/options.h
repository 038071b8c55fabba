/* SPDX-License-Identifier: Apache-2.0 */
/* What a user asks of a board, and what it is made of. */
#ifndef BH_LAB_OPTIONS_H
#define BH_LAB_OPTIONS_H

#include "base/diag.h"
#include "lab/boards.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Strings belong to the caller. */
struct bh_lab_options {
	const struct bh_lab_board *board;
	const char *name; /* of this instance */
	unsigned cpus;
	uint64_t memory;
	const char *cpu, *gic;
	bool icount;
	const char *tree;            /* a device tree instead of the board's; NULL: its own */
	const char *const *overlays; /* applied to it; ends with NULL */
	const char *const *disks;    /* ends with NULL */
	const char *const *qemu_args;
	const char *append; /* to the kernel's command line; NULL: nothing */
};

/* The board's own values for all that is not set (0 or NULL). False, with a diagnostic, when a
 * value cannot be had on this board. */
bool bh_lab_options_complete(struct bh_lab_options *options, struct bh_diags *diags);

/* A name that can be a folder's and a host's. */
bool bh_lab_name_valid(const char *name);

#endif
