/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree as DTS text: labels where `__symbols__` knows them, references as `&label` or
 * `&{/path}` where a rule knows them, strings and numbers guessed from the bytes as dtc does. dtc
 * takes the text back to an equal tree.
 */
#ifndef BH_DT_PRINT_H
#define BH_DT_PRINT_H

#include "dt/tree.h"

struct bh_refs;

enum {
	BH_DTS_ORIGINS = 1 << 0,       /* a comment behind each property that an edit wrote */
	BH_DTS_HIDE_PHANDLES = 1 << 1, /* leave out `phandle`; dtc numbers anew */
	BH_DTS_NO_HEADER = 1 << 2,     /* without the dts-v1 line: a part of a text */
	BH_DTS_HIDE_SYMBOLS = 1 << 3,  /* leave out `__symbols__`: the labels say it */
};

/*
 * Appends the subtree of `top` (the root: the whole file, with memory reservations) to `buf`.
 * `refs` are the tree's own, from bh_refs_extract(); NULL prints all references as numbers.
 */
void bh_dt_print(struct bh_buf *buf, const struct bh_dt *tree, const struct bh_dt_node *top,
		 const struct bh_refs *refs, unsigned flags);

/* One property as a line of DTS, without indentation or line end: `reg = <0x0 0x1000>;` */
void bh_dt_print_prop(struct bh_buf *buf, const struct bh_dt *tree, const struct bh_dt_node *node,
		      const struct bh_dt_prop *prop, const struct bh_refs *refs);

#endif
