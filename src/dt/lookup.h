/* SPDX-License-Identifier: Apache-2.0 */
/* Finding nodes: by path, phandle, label, alias, and by what a person writes. */
#ifndef BH_DT_LOOKUP_H
#define BH_DT_LOOKUP_H

#include "dt/tree.h"

/*
 * An absolute path. A part without unit address finds the first child of that name, as long as it
 * is the only one; NULL when there is none or several.
 */
struct bh_dt_node *bh_dt_find(const struct bh_dt *tree, const char *path);

struct bh_dt_node *bh_dt_by_phandle(const struct bh_dt *tree, uint32_t phandle);

/* By the tree's `__symbols__`; most blobs have none. */
struct bh_dt_node *bh_dt_by_label(const struct bh_dt *tree, const char *label);

/* By the tree's `/aliases`. */
struct bh_dt_node *bh_dt_by_alias(const struct bh_dt *tree, const char *alias);

/* A label (an alias) of the node, the first in the tree's own order; NULL when it has none. */
const char *bh_dt_label(const struct bh_dt *tree, const struct bh_dt_node *node);
const char *bh_dt_alias(const struct bh_dt *tree, const struct bh_dt_node *node);

/* Where /chosen `stdout-path` (or `linux,stdout-path`) points, its options cut off; may be NULL. */
struct bh_dt_node *bh_dt_stdout(const struct bh_dt *tree);

/*
 * The node a person means. Tried in this order:
 *   "/soc/serial@1000"     path; parts without unit address where that is unambiguous
 *   "&uart0", "uart0"      label
 *   "ethernet0"            alias
 *   "serial@1000"          node name with unit address, anywhere in the tree
 *   "ns16550a@1000"        compatible and unit address
 *   "gpu", "ns16550a"      node name or compatible, when exactly one node has it
 * Returns NULL with an error at `where` (which may be NULL) in `diags`: E0320 (no such node, with
 * the nearest name as a hint) or E0321 (several; they are listed).
 */
struct bh_dt_node *bh_dt_resolve(const struct bh_dt *tree, const char *text,
				 const struct bh_span *where, struct bh_diags *diags);

/*
 * The shortest text that bh_dt_resolve() takes back to this node and that a person would write:
 * label, alias, node name, else the path. Appended to `buf`.
 */
void bh_dt_add_short_name(struct bh_buf *buf, const struct bh_dt *tree,
			  const struct bh_dt_node *node);

#endif
