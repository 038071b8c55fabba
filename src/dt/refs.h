/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References: every use of a phandle in a tree, with what it asks for and which rule said so.
 *
 * A property is taken apart by the first rule that matches its name (rules.h). What no rule knows
 * but looks like a reference is listed as unknown: it is not followed and nothing is guessed. The
 * configuration can settle it, with rules of its own that come before all others.
 */
#ifndef BH_DT_REFS_H
#define BH_DT_REFS_H

#include "dt/lookup.h"
#include "dt/rules.h"

enum bh_ref_state {
	BH_REF_OK,
	BH_REF_EMPTY,    /* phandle 0 or 0xffffffff: an entry left out; it keeps its index */
	BH_REF_DANGLING, /* no node has the phandle */
};

struct bh_ref {
	struct bh_dt_node *from;
	const struct bh_dt_prop *prop;
	struct bh_dt_node *target; /* NULL unless the state is OK */
	const struct bh_dt_rule *rule;
	const char *name; /* from the rule's -names list; may be NULL */
	uint32_t phandle; /* as written; 0 when implicit */
	uint32_t index;   /* number of the entry in the property, from 0 */
	/* The entry's cells in the property, and the phandle's among them (also of the property).
	 * An implicit reference has no phandle cell: `cell` is then BH_REF_NO_CELL. */
	uint32_t entry, entry_cells;
	uint32_t cell;
	uint16_t args_at, arg_count; /* the specifier: args_at counts from `entry` */
	uint8_t kind;                /* enum bh_ref_kind */
	uint8_t state;               /* enum bh_ref_state */
};

#define BH_REF_NO_CELL UINT32_MAX

/* Cell `i` of the specifier; i < arg_count. */
uint32_t bh_ref_arg(const struct bh_ref *ref, uint32_t i);

/* The name of a specifier cell as the rule's `args` has it ("offset"), not terminated; or NULL. */
const char *bh_ref_arg_name(const struct bh_ref *ref, uint32_t i, size_t *length);

/* A property that looks like a reference and that no rule knows. */
struct bh_ref_unknown {
	struct bh_dt_node *from;
	const struct bh_dt_prop *prop;
	struct bh_dt_node *target; /* the node whose phandle the first cell equals */
};

struct bh_refs {
	/* In document order: by node, property, entry. */
	struct bh_ref *items;
	size_t count;
	struct bh_ref_unknown *unknown;
	size_t unknown_count;
	/* Properties that hold at least one reference, by a rule. */
	size_t resolved_properties;
	const struct bh_dt *tree;
	struct bh_refs_index *index; /* private */
};

/*
 * Extracts the references of the whole tree. `extra` (may be NULL) are rules that come first, from
 * the configuration: they outlive the result. Properties that cannot be taken apart give a warning
 * each (E0400..E0406) and the references in front of the damage. Editing the tree makes the result
 * stale: extract again.
 */
void bh_refs_extract(struct bh_refs *refs, const struct bh_dt *tree, const struct bh_dt_rule *extra,
		     size_t extra_count, struct bh_diags *diags);
void bh_refs_finish(struct bh_refs *refs);

/* The references of one node: a run of `items`. */
const struct bh_ref *bh_refs_from(const struct bh_refs *refs, const struct bh_dt_node *node,
				  size_t *count);

/* Those of one property of it. */
const struct bh_ref *bh_refs_of(const struct bh_refs *refs, const struct bh_dt_node *node,
				const struct bh_dt_prop *prop, size_t *count);

/* Who refers to the node: pointers into `items`, in document order. */
const struct bh_ref *const *bh_refs_to(const struct bh_refs *refs, const struct bh_dt_node *node,
				       size_t *count);

/*
 * The device that owns a node: the nearest of it and its ancestors with `compatible` of its own. A
 * pin group's is its pin controller, a regulator's the PMIC, an nvmem cell's the fuse block, an
 * endpoint's the display controller. Containers that are no device (reserved-memory, opp tables,
 * the root) own themselves. Never NULL.
 */
struct bh_dt_node *bh_dt_owner(const struct bh_dt_node *node);

/* For explanations: "clocks[1] (ipg): &clk 12". */
void bh_ref_add_text(struct bh_buf *buf, const struct bh_dt *tree, const struct bh_ref *ref);

#endif
