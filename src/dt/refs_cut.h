/* SPDX-License-Identifier: Apache-2.0 */
/* Private to src/dt: taking one property apart, by the shape its rule gives. */
#ifndef BH_DT_REFS_CUT_H
#define BH_DT_REFS_CUT_H

#include "dt/refs.h"

struct bh_refs_cut {
	struct bh_refs *refs;
	const struct bh_dt *tree;
	struct bh_diags *diags;
	struct bh_dt_node *node;
	const struct bh_dt_prop *prop;
	const struct bh_dt_rule *rule;
	bool quiet;   /* the name may mean something else: damage is no news */
	bool damaged; /* set when the value does not fit the rule */
	uint32_t index;
	const char *name, *names_end; /* of the entry at `index`, in the -names list */
	size_t item_room, unknown_room;
};

/* Adds the references of cut->prop by cut->rule. The value is not empty. */
void bh_refs_cut_prop(struct bh_refs_cut *cut);

#endif
