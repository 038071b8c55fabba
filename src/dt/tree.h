/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device tree in its editable form.
 *
 * A tree is read from a blob, looked at, edited, and written as a blob again. Reading copies
 * nothing but the skeleton: node names and property values stay where they are in the blob, so the
 * blob must live as long as the tree (bh_dt_load() sees to that itself). All the rest lives in one
 * arena and goes with bh_dt_finish(); a removed node or property stays readable until then.
 *
 * A tree in memory is always well formed: names are legal, siblings and properties have distinct
 * names, phandles are unique. bh_dt_read() refuses a blob that is not, and the editing functions
 * keep it so. What a property *means* may still be wrong (a `reg` of odd length, a reference to
 * nothing): that is for the readers in cells.h, irq.h and refs.h to find.
 *
 * Functions take a const tree when they do not change what it says; the lookup tables behind it
 * are filled when first needed, so one tree must not be used by two threads at once.
 */
#ifndef BH_DT_TREE_H
#define BH_DT_TREE_H

#include "base/alloc.h"
#include "base/buf.h"
#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a blob may be at most. Real ones: 0.4 MB, 3000 nodes, 12 levels. */
#define BH_DT_SIZE_MAX  (64u << 20)
#define BH_DT_NODES_MAX (1u << 21)
#define BH_DT_DEPTH_MAX 64
#define BH_DT_NAME_MAX  255

struct bh_dt_prop {
	const char *name;     /* interned: within one tree, equal names are equal pointers */
	const uint8_t *value; /* big-endian cells, strings...; not aligned; never NULL */
	uint32_t length;
	uint16_t origin; /* bh_dt_origin_name() */
	struct bh_dt_prop *next;
};

struct bh_dt_node {
	const char *name; /* with its unit address; "" for the root */
	struct bh_dt_node *parent, *child, *last_child, *next;
	struct bh_dt_prop *props, *last_prop;
	uint32_t phandle; /* 0: none */
	/*
	 * Numbers nodes from 0 (the root) below bh_dt.slots, never used twice: an index for side
	 * tables. In the order of the blob; nodes added later come after.
	 */
	uint32_t index;
	uint16_t depth; /* the root has 0 */
	uint16_t origin;
};

struct bh_dt_reserve {
	uint64_t address, size; /* an entry of the memory reservation block, as written */
};

struct bh_dt {
	struct bh_dt_node *root;
	struct bh_dt_node **nodes; /* by index; NULL where a node was removed */
	uint32_t slots;            /* entries of `nodes` */
	uint32_t count;            /* nodes now in the tree */
	struct bh_dt_reserve *reserves;
	size_t reserve_count;
	uint32_t boot_cpu;
	struct bh_arena arena;
	struct bh_dt_tables *tables; /* names, phandles, paths, labels: private */
};

/* An empty tree: a root without properties. */
void bh_dt_init(struct bh_dt *tree);
void bh_dt_finish(struct bh_dt *tree); /* also of a zeroed tree */

/*
 * Reads a blob into an uninitialised tree. `blob` stays the caller's and outlives the tree.
 * `origin` names where it came from ("board.dtb") and is copied. False, with errors in `diags` and
 * the tree zeroed, when the blob is not a whole and well-formed device tree.
 */
bool bh_dt_read(struct bh_dt *tree, const void *blob, size_t size, const char *origin,
		struct bh_diags *diags);

/* Reads a file; the tree keeps the blob. A directory (/proc/device-tree) is not a blob. */
bool bh_dt_load(struct bh_dt *tree, const char *path, struct bh_diags *diags);

/* Frees `memory` (from malloc) together with the tree: for blobs that should live as long. */
void bh_dt_adopt(struct bh_dt *tree, void *memory);

/*
 * Writes the tree as a blob of version 17. Returns the bytes, which the caller frees, and their
 * number, or NULL with an error in `diags` when it would pass BH_DT_SIZE_MAX.
 */
void *bh_dt_write(const struct bh_dt *tree, size_t *size, struct bh_diags *diags);

/* Walking. Children and properties: follow child/next and props/next. */

/* The node after `node` in document order within the subtree of `top`, or NULL at its end. */
struct bh_dt_node *bh_dt_next(const struct bh_dt_node *top, const struct bh_dt_node *node);

/* The same, leaving out what is below `node`. */
struct bh_dt_node *bh_dt_skip(const struct bh_dt_node *top, const struct bh_dt_node *node);

#define bh_dt_for_each(node, top) \
	for (struct bh_dt_node *node = (top); node; node = bh_dt_next((top), node)) /* NOLINT */

bool bh_dt_is_below(const struct bh_dt_node *node, const struct bh_dt_node *top); /* or is it */

/* The child whose name is `name`, or, when that has no unit address, the first called so. */
struct bh_dt_node *bh_dt_child(const struct bh_dt_node *node, const char *name);

/* The full path: allocated, for the caller to free; or appended to a buffer. */
char *bh_dt_path(const struct bh_dt_node *node);
void bh_dt_add_path(struct bh_buf *buf, const struct bh_dt_node *node);

/* The name up to '@', and what follows it (NULL when nothing does). */
size_t bh_dt_base_name_length(const struct bh_dt_node *node);
const char *bh_dt_unit_address(const struct bh_dt_node *node);

/* Reading properties. All of them bear a NULL property: it has no cells and no strings. */

struct bh_dt_prop *bh_dt_get(const struct bh_dt_node *node, const char *name);
bool bh_dt_has(const struct bh_dt_node *node, const char *name);

uint32_t bh_dt_cell_count(const struct bh_dt_prop *prop); /* whole cells */
/* Cell `index`, which must exist. */
uint32_t bh_dt_cell(const struct bh_dt_prop *prop, uint32_t index);
/* The property as one cell. False when it is absent or not four bytes long. */
bool bh_dt_u32(const struct bh_dt_node *node, const char *name, uint32_t *value);
/* One or two cells. */
bool bh_dt_u64(const struct bh_dt_node *node, const char *name, uint64_t *value);

/* The number of strings when the value is a string list (ends in NUL, not empty), else 0. */
uint32_t bh_dt_string_count(const struct bh_dt_prop *prop);
/* String `index` of a string list; NULL when there is none or the value is no string list. */
const char *bh_dt_string_at(const struct bh_dt_prop *prop, uint32_t index);
/* The first string of property `name`; NULL when it is absent or no string list. */
const char *bh_dt_string(const struct bh_dt_node *node, const char *name);
/* The position of `text` in a string list, or -1. */
int bh_dt_string_index(const struct bh_dt_prop *prop, const char *text);

bool bh_dt_is_compatible(const struct bh_dt_node *node, const char *compatible);

/* `status` absent, "okay" or "ok": of the node alone, and of it and all its ancestors. */
bool bh_dt_says_okay(const struct bh_dt_node *node);
bool bh_dt_enabled(const struct bh_dt_node *node);

/* Origins: the blob, overlay or program part that last wrote a property or added a node. */

/* From now on edits are marked with this name, which is copied. */
void bh_dt_set_origin(struct bh_dt *tree, const char *name);
const char *bh_dt_origin_name(const struct bh_dt *tree, uint16_t origin);

/*
 * Editing. Names are our own and must be legal (asserted); values are copied into the tree.
 */

bool bh_dt_node_name_ok(const char *name, size_t length);
bool bh_dt_prop_name_ok(const char *name, size_t length);

/*
 * Sets a property, keeping its place when it is there already. Setting `phandle` needs four bytes
 * and a free number; use bh_dt_need_phandle() where the number does not matter.
 */
struct bh_dt_prop *bh_dt_set(struct bh_dt *tree, struct bh_dt_node *node, const char *name,
			     const void *value, uint32_t length);
struct bh_dt_prop *bh_dt_set_flag(struct bh_dt *tree, struct bh_dt_node *node, const char *name);
struct bh_dt_prop *bh_dt_set_u32(struct bh_dt *tree, struct bh_dt_node *node, const char *name,
				 uint32_t value);
struct bh_dt_prop *bh_dt_set_cells(struct bh_dt *tree, struct bh_dt_node *node, const char *name,
				   const uint32_t *cells, uint32_t count);
struct bh_dt_prop *bh_dt_set_string(struct bh_dt *tree, struct bh_dt_node *node, const char *name,
				    const char *text);
/* A string list; count may be 0, which gives an empty value. */
struct bh_dt_prop *bh_dt_set_strings(struct bh_dt *tree, struct bh_dt_node *node, const char *name,
				     const char *const *texts, uint32_t count);
/* False when it was not there. */
bool bh_dt_unset(struct bh_dt *tree, struct bh_dt_node *node, const char *name);

/* Adds a child at the end, or returns the one that has this very name. NULL when the tree is full
 * (BH_DT_NODES_MAX, BH_DT_DEPTH_MAX). */
struct bh_dt_node *bh_dt_add(struct bh_dt *tree, struct bh_dt_node *parent, const char *name);
/* The same for each part of an absolute path. */
struct bh_dt_node *bh_dt_add_path_nodes(struct bh_dt *tree, const char *path);
/* Removes a node other than the root with all below it. */
void bh_dt_remove(struct bh_dt *tree, struct bh_dt_node *node);

/* The node's phandle; when it has none, a fresh one, the lowest above all that were ever used. */
uint32_t bh_dt_need_phandle(struct bh_dt *tree, struct bh_dt_node *node);

/* Adds an entry to the memory reservation block. */
void bh_dt_reserve(struct bh_dt *tree, uint64_t address, uint64_t size);

#endif
