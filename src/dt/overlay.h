/* SPDX-License-Identifier: Apache-2.0 */
/* Overlays: laid over our tree, so that every property knows which overlay wrote it. */
#ifndef BH_DT_OVERLAY_H
#define BH_DT_OVERLAY_H

#include "dt/lookup.h"

/* The tree is an overlay: it has `__fixups__`, `__local_fixups__` or a fragment with `__overlay__`.
 */
bool bh_dt_is_overlay(const struct bh_dt *tree);

/*
 * Applies `overlay` to `tree`: phandles are shifted out of the way, labels resolved with the tree's
 * `__symbols__`, fragments merged, the overlay's own symbols added. As Linux does it: a node is
 * laid over the one of exactly its name, and that one keeps its phandle. (libfdt takes "port" for
 * "port@0", and older versions give the node the overlay's phandle.) What the overlay wrote carries
 * `origin`. The overlay is read only; values are copied. False with errors in `diags` (E0340 to
 * E0344, E0304, E0305) when it does not fit; the tree is then unchanged but for phandles given to
 * nodes that had none.
 */
bool bh_dt_overlay_apply(struct bh_dt *tree, const struct bh_dt *overlay, const char *origin,
			 struct bh_diags *diags);

/* Loads a file and applies it under its own name. */
bool bh_dt_overlay_load(struct bh_dt *tree, const char *path, struct bh_diags *diags);

#endif
