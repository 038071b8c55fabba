/* SPDX-License-Identifier: Apache-2.0 */
/* Private to src/dt: what a tree looks things up with. */
#ifndef BH_DT_TABLES_H
#define BH_DT_TABLES_H

#include "base/map.h"
#include "dt/tree.h"

#include <stddef.h>

/* An interned property name; struct bh_dt_prop's `name` points to its text. */
struct bh_dt_name {
	uint32_t id;       /* from 0, below bh_dt_tables.name_count */
	uint32_t seen_in;  /* index + 1 of the node read last that has it: finds duplicates */
	uint32_t blob_pos; /* while writing: 1 + its place in the strings block */
	uint32_t length;   /* of the text */
	char text[];
};

struct bh_dt_tables {
	struct bh_map names; /* text -> struct bh_dt_name */
	uint32_t name_count;

	/* (parent, name) -> node index + 1; open addressing, a power of two. Entries of removed
	 * nodes stay as stones to step over. */
	uint32_t *children;
	uint32_t child_room, child_used;

	struct bh_map phandles; /* also of nodes that are gone: see bh_dt_by_phandle() */
	uint32_t highest_phandle, lowest_untried; /* where to look for a fresh one */

	uint32_t node_room;
	size_t reserve_room;

	char **origins;
	size_t origin_count, origin_room;
	uint16_t origin; /* of edits now */

	void **adopted;
	size_t adopted_count, adopted_room;

	/* Filled when first asked for, dropped when a name or path may have changed. */
	bool labels_ready, aliases_ready;
	struct bh_map labels, aliases; /* text -> node */
	const char **label_of;         /* by node index, `label_slots` of them */
	const char **alias_of;
	uint32_t label_slots, alias_slots;
	bool unit_names_ready;
	struct bh_map unit_names; /* names with unit address -> node, or this struct when several */
};

static inline struct bh_dt_name *bh_dt_name_of(const char *interned)
{
	return (struct bh_dt_name *)(interned - offsetof(struct bh_dt_name, text));
}

struct bh_dt_tables *bh_dt_tables_create(void);
void bh_dt_tables_destroy(struct bh_dt_tables *tables);

/* The one copy of a property name in this tree. */
struct bh_dt_name *bh_dt_intern(struct bh_dt *tree, const char *text);

/* A new node at the end of `parent`'s children (NULL: the root), or NULL when the tree is full. The
 * caller has checked that the name is free; `name` is kept, not copied. */
struct bh_dt_node *bh_dt_new_node(struct bh_dt *tree, struct bh_dt_node *parent, const char *name);

/* A new property at the end of the node's; `name` is interned, `value` kept. */
struct bh_dt_prop *bh_dt_new_prop(struct bh_dt *tree, struct bh_dt_node *node, const char *name,
				  const void *value, uint32_t length);

/* The child of exactly this name. */
struct bh_dt_node *bh_dt_exact_child(const struct bh_dt *tree, const struct bh_dt_node *parent,
				     const char *name, size_t length);

/* Forgets the lazily filled tables. */
void bh_dt_forget(const struct bh_dt *tree);

#endif
