/* SPDX-License-Identifier: Apache-2.0 */
/* The device tree that a board boots with. */
#ifndef BH_LAB_TREE_H
#define BH_LAB_TREE_H

#include "lab/options.h"
#include "lab/pieces.h"

/* Physical address of the window for the agent (window.h); 0: the board has none. */
uint64_t bh_lab_window_address(const struct bh_lab_options *options);

/*
 * Writes it to `file`: the user's tree or the board's own, with the user's overlays, and the
 * window. *needed is false, and nothing is written, when QEMU makes the same by itself, unless
 * `always`.
 */
bool bh_lab_tree_write(const struct bh_lab_options *options, const struct bh_lab_pieces *pieces,
		       const char *file, bool always, bool *needed, struct bh_diags *diags);

#endif
