/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a guest's tree while it is written: private to devices.c and its helpers. */
#ifndef BH_EMIT_WRITER_H
#define BH_EMIT_WRITER_H

#include "emit/emit.h"

#include "machine/nodes.h"

/* A node made up for a provider that stays behind: a fixed clock or regulator. */
struct bh_stand_in {
	const struct bh_ref *ref; /* the first reference that wanted it */
	struct bh_dt_node *node;
};

struct bh_writer {
	const struct bh_plan *plan;
	const struct bh_plan_vm *vm;
	struct bh_dt *out;
	struct bh_dt_node **map; /* by the host node's index */
	uint32_t next_phandle;
	struct bh_stand_in *stand_ins;
	size_t stand_in_count, stand_in_room;
	size_t clock_number, regulator_number;
	uint32_t *cells; /* scratch for one property */
	size_t cell_room;
};

/* The guest's copy of a host node, or NULL. */
static inline struct bh_dt_node *bh_writer_copy(const struct bh_writer *w,
						const struct bh_dt_node *node)
{
	return w->map[node->index];
}

uint32_t bh_writer_phandle(struct bh_writer *w, struct bh_dt_node *node);

/* Writes the properties of `from` to its copy. */
void bh_write_properties(struct bh_writer *w, const struct bh_dt_node *from, struct bh_dt_node *to);

/* The phandle of a stand-in for what `decision` substitutes. */
uint32_t bh_stand_in(struct bh_writer *w, const struct bh_decision *decision);

#endif
