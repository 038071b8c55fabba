/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether two trees are of the same board in the same state. What every boot writes anew does not
 * count: /chosen (but for the console), memory nodes, MAC addresses and serial numbers, the list of
 * labels, and the memory that Bulkhead itself has had set aside. Nor does the order of nodes and
 * properties.
 */
#ifndef BH_DT_FINGERPRINT_H
#define BH_DT_FINGERPRINT_H

#include "dt/tree.h"

/* Never 0. Equal on every machine and in every version for equal trees: it is written down. */
uint64_t bh_dt_fingerprint(const struct bh_dt *tree);

/* Of two trees: how many nodes differ, are only in `a`, only in `b`; and the first of each. */
struct bh_dt_difference {
	size_t changed, removed, added;
	const struct bh_dt_node *first_changed, *first_removed; /* of a */
	const struct bh_dt_node *first_added; /* of b; below an added one no more */
	const char *property;                 /* of first_changed; or NULL */
};

void bh_dt_compare(const struct bh_dt *a, const struct bh_dt *b,
		   struct bh_dt_difference *difference);

#endif
