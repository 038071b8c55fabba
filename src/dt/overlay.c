/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overlays, in two steps: first everything that can go wrong is done on copies of the overlay's
 * values, then the fragments are merged, which cannot fail.
 */
#include "dt/overlay.h"

#include "base/str.h"
#include "dt/tables.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

struct overlay {
	struct bh_dt *tree;
	const struct bh_dt *from;
	struct bh_diags *diags;
	uint32_t shift;        /* added to the overlay's phandles */
	struct bh_map patched; /* property -> its value with fixups applied, in the tree's arena */
	struct bh_map renumbered; /* overlay's phandle -> node of the tree that has its own */
};

static struct bh_diag *refuse(struct overlay *o, const char *code, const struct bh_dt_node *node,
			      const char *property, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

static struct bh_diag *refuse(struct overlay *o, const char *code, const struct bh_dt_node *node,
			      const char *property, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *text = bh_vstrf(format, args);
	va_end(args);
	struct bh_diag *diag = bh_error(o->diags, code, "%s", text);
	char *path = node ? bh_dt_path(node) : NULL;
	bh_diag_node(diag, path, property);
	free(path);
	free(text);
	return diag;
}

static struct bh_dt_node *root_child(const struct bh_dt *tree, const char *name)
{
	return bh_dt_exact_child(tree, tree->root, name, strlen(name));
}

static struct bh_dt_node *overlay_of(const struct bh_dt *from, const struct bh_dt_node *fragment)
{
	return bh_dt_exact_child(from, fragment, "__overlay__", 11);
}

bool bh_dt_is_overlay(const struct bh_dt *tree)
{
	if (root_child(tree, "__fixups__") || root_child(tree, "__local_fixups__"))
		return true;
	for (struct bh_dt_node *child = tree->root->child; child; child = child->next) {
		if (overlay_of(tree, child))
			return true;
	}
	return false;
}

/* The value of an overlay's property as it will be written: a copy that may be changed. */
static uint8_t *patched(struct overlay *o, const struct bh_dt_prop *prop)
{
	uint8_t *value = bh_map_get_u64(&o->patched, (uintptr_t)prop);

	if (!value) {
		value = bh_arena_copy(&o->tree->arena, prop->value, prop->length);
		bh_map_set_u64(&o->patched, (uintptr_t)prop, value);
	}
	return value;
}

static bool patch(struct overlay *o, const struct bh_dt_node *node, const struct bh_dt_prop *prop,
		  uint32_t offset, uint32_t cell)
{
	if (prop->length < 4 || offset > prop->length - 4) {
		refuse(o, "E0342", node, prop->name,
		       "a fixup points at byte %u of a value of %u bytes", offset, prop->length);
		return false;
	}
	cell = htobe32(cell);
	memcpy(patched(o, prop) + offset, &cell, 4);
	return true;
}

/* The number that a phandle of the overlay gets in the tree. */
static uint32_t renumber(const struct overlay *o, uint32_t phandle)
{
	const struct bh_dt_node *kept = bh_map_get_u64(&o->renumbered, phandle);

	return kept ? kept->phandle : phandle + o->shift;
}

/* `at` mirrors `node`: its properties list the places of phandles in those of the same name. */
static bool local_fixups(struct overlay *o, const struct bh_dt_node *at,
			 const struct bh_dt_node *node)
{
	for (struct bh_dt_prop *places = at->props; places; places = places->next) {
		const struct bh_dt_prop *prop = bh_dt_get(node, places->name);

		if (!prop || places->length % 4) {
			refuse(o, "E0342", node, places->name,
			       "`__local_fixups__` speaks of a property that is not there");
			return false;
		}
		for (uint32_t i = 0; i < bh_dt_cell_count(places); i++) {
			uint32_t offset = bh_dt_cell(places, i), cell;

			if (prop->length < 4 || offset > prop->length - 4)
				return patch(o, node, prop, offset, 0);
			memcpy(&cell, prop->value + offset, 4);
			if (!patch(o, node, prop, offset, renumber(o, be32toh(cell))))
				return false;
		}
	}
	for (struct bh_dt_node *child = at->child; child; child = child->next) {
		struct bh_dt_node *same =
			bh_dt_exact_child(o->from, node, child->name, strlen(child->name));

		if (!same) {
			refuse(o, "E0342", node, NULL,
			       "`__local_fixups__` speaks of a child \"%s\" that is not there",
			       child->name);
			return false;
		}
		if (!local_fixups(o, child, same))
			return false;
	}
	return true;
}

/* One place of "path:property:offset", where the phandle of `target` belongs. */
static bool external_fixup(struct overlay *o, const char *label, const char *place,
			   uint32_t phandle)
{
	const char *name = strchr(place, ':'), *number = name ? strchr(name + 1, ':') : NULL;
	struct bh_dt_node *node = NULL;
	const struct bh_dt_prop *prop = NULL;
	uint64_t offset;

	if (number) {
		char *path = bh_strndup(place, (size_t)(name - place));
		char *property = bh_strndup(name + 1, (size_t)(number - name - 1));
		node = bh_dt_find(o->from, path);
		prop = node ? bh_dt_get(node, property) : NULL;
		free(path);
		free(property);
	}
	if (!prop || !bh_parse_u64(number + 1, &offset) || offset > UINT32_MAX) {
		refuse(o, "E0342", NULL, NULL,
		       "the overlay's list of uses of label \"%s\" is damaged", label);
		return false;
	}
	return patch(o, node, prop, (uint32_t)offset, phandle);
}

static bool external_fixups(struct overlay *o)
{
	struct bh_dt_node *fixups = root_child(o->from, "__fixups__");
	bool ok = true;

	for (struct bh_dt_prop *label = fixups ? fixups->props : NULL; label; label = label->next) {
		struct bh_dt_node *target = bh_dt_by_label(o->tree, label->name);
		const char *place;

		if (!target) {
			struct bh_diag *diag =
				refuse(o, "E0341", NULL, NULL,
				       "the overlay refers to label \"%s\", which the tree has not",
				       label->name);
			if (!root_child(o->tree, "__symbols__"))
				bh_diag_cause(diag, "the tree has no labels at all: it was "
						    "compiled without dtc's option -@");
			ok = false;
			continue;
		}
		/* Numbering a node that had none is the one change that is not undone. */
		uint32_t phandle = bh_dt_need_phandle(o->tree, target);
		const char *end = (const char *)label->value + label->length;
		for (place = bh_dt_string_at(label, 0); place && place < end;
		     place += strlen(place) + 1)
			ok &= external_fixup(o, label->name, place, phandle);
	}
	return ok;
}

/* The node that a fragment is laid over, as far as the tree has it now. */
static struct bh_dt_node *target_of(const struct overlay *o, const struct bh_dt_node *fragment)
{
	const struct bh_dt_prop *target = bh_dt_get(fragment, "target");
	const char *path = bh_dt_string(fragment, "target-path");
	uint32_t cell;

	if (target && target->length == 4) {
		const uint8_t *value = bh_map_get_u64(&o->patched, (uintptr_t)target);

		memcpy(&cell, value ? value : target->value, 4);
		return bh_dt_by_phandle(o->tree, be32toh(cell));
	}
	return path ? bh_dt_find(o->tree, path) : NULL;
}

/* Where the overlay speaks of nodes that have a phandle already, they keep it. */
static void keep_phandles(struct overlay *o, const struct bh_dt_node *node,
			  struct bh_dt_node *target)
{
	if (node->phandle && target->phandle)
		bh_map_set_u64(&o->renumbered, node->phandle, target);
	for (struct bh_dt_node *child = node->child; child; child = child->next) {
		struct bh_dt_node *same =
			bh_dt_exact_child(o->tree, target, child->name, strlen(child->name));
		if (same)
			keep_phandles(o, child, same);
	}
}

/* A path that is not there yet may be made by an earlier fragment. */
static bool made_before(const struct overlay *o, const struct bh_dt_node *fragment)
{
	const char *path = bh_dt_string(fragment, "target-path");

	for (struct bh_dt_node *one = o->from->root->child; path && one != fragment;
	     one = one->next) {
		struct bh_dt_node *over = overlay_of(o->from, one);
		struct bh_dt_node *target = over ? target_of(o, one) : NULL;

		if (!target)
			continue;
		char *base = bh_dt_path(target);
		size_t length = target->parent ? strlen(base) : 0;
		const char *rest = path + length;
		bool below = !strncmp(path, base, length) && *rest == '/';
		free(base);
		while (below && over && *(rest += strspn(rest, "/"))) {
			size_t part = strcspn(rest, "/");
			over = bh_dt_exact_child(o->from, over, rest, part);
			rest += part;
		}
		if (below && over)
			return true;
	}
	return false;
}

static bool find_targets(struct overlay *o)
{
	bool ok = true;

	for (struct bh_dt_node *fragment = o->from->root->child; fragment;
	     fragment = fragment->next) {
		struct bh_dt_node *over = overlay_of(o->from, fragment);
		struct bh_dt_node *target = over ? target_of(o, fragment) : NULL;

		if (target) {
			keep_phandles(o, over, target);
		} else if (over && !made_before(o, fragment)) {
			const char *path = bh_dt_string(fragment, "target-path");
			refuse(o, "E0343", fragment, NULL, "the fragment is for %s",
			       path ? path : "a node that the tree has not");
			ok = false;
		}
	}
	return ok;
}

static void merge(struct overlay *o, const struct bh_dt_node *node, struct bh_dt_node *target)
{
	struct bh_dt *tree = o->tree;

	for (struct bh_dt_prop *prop = node->props; prop; prop = prop->next) {
		const uint8_t *value = bh_map_get_u64(&o->patched, (uintptr_t)prop);

		if (!strcmp(prop->name, "phandle") || !strcmp(prop->name, "linux,phandle")) {
			if (!target->phandle)
				bh_dt_set_u32(tree, target, "phandle", renumber(o, node->phandle));
			continue;
		}
		bh_dt_set(tree, target, prop->name, value ? value : prop->value, prop->length);
	}
	for (struct bh_dt_node *child = node->child; child; child = child->next) {
		struct bh_dt_node *same = bh_dt_add(tree, target, child->name);
		if (same)
			merge(o, child, same);
	}
}

/* "/fragment@0/__overlay__/x" becomes the path of the target's child x. */
static void take_symbols(struct overlay *o)
{
	struct bh_dt_node *from = root_child(o->from, "__symbols__"), *to = NULL;

	for (struct bh_dt_prop *prop = from ? from->props : NULL; prop; prop = prop->next) {
		const char *path = bh_dt_string_at(prop, 0);
		struct bh_dt_node *fragment = path ? bh_dt_find(o->from, path) : NULL;
		struct bh_buf buf;

		while (fragment && fragment->depth > 1)
			fragment = fragment->parent;
		const char *rest = path ? strstr(path, "/__overlay__") : NULL;
		struct bh_dt_node *target =
			fragment && fragment->parent && rest ? target_of(o, fragment) : NULL;
		if (!target)
			continue;
		if (!to)
			to = bh_dt_add(o->tree, o->tree->root, "__symbols__");
		if (!to)
			return;
		rest += strlen("/__overlay__");
		bh_buf_init(&buf);
		if (target->parent || !*rest)
			bh_dt_add_path(&buf, target);
		bh_buf_adds(&buf, rest);
		bh_dt_set_string(o->tree, to, prop->name, bh_buf_str(&buf));
		bh_buf_finish(&buf);
	}
}

/* A bound on the work: each fragment may have to look at those before it. */
#define FRAGMENTS_MAX 4096

/* Whether the merged tree can only be within the limits, wherever the fragments go. */
static bool fits(struct overlay *o)
{
	uint32_t tree_depth = 0, overlay_depth = 0, fragments = 0;

	for (struct bh_dt_node *one = o->from->root->child; one; one = one->next)
		fragments++;
	bh_dt_for_each(node, o->tree->root)
	{
		if (node->depth > tree_depth)
			tree_depth = node->depth;
	}
	bh_dt_for_each(node, o->from->root)
	{
		if (node->depth > overlay_depth)
			overlay_depth = node->depth;
	}
	if (tree_depth + overlay_depth >= BH_DT_DEPTH_MAX) {
		refuse(o, "E0305", NULL, NULL, "nodes might be nested more than %d deep",
		       BH_DT_DEPTH_MAX);
		return false;
	}
	if (fragments > FRAGMENTS_MAX || o->tree->slots + o->from->count + 1 > BH_DT_NODES_MAX) {
		refuse(o, "E0304", NULL, NULL,
		       "the tree and the overlay have too many nodes: %u and %u", o->tree->count,
		       o->from->count);
		return false;
	}
	return true;
}

static bool prepare(struct overlay *o)
{
	struct bh_dt_node *local = root_child(o->from, "__local_fixups__");

	if (!bh_dt_is_overlay(o->from)) {
		refuse(o, "E0340", NULL, NULL, "this is a tree of its own, not an overlay");
		return false;
	}
	if (!fits(o) || !external_fixups(o))
		return false;
	/* After the fixups, which may have numbered nodes of the tree. */
	o->shift = o->tree->tables->highest_phandle;
	if (o->from->tables->highest_phandle >= UINT32_MAX - o->shift) {
		refuse(o, "E0344", NULL, NULL,
		       "the phandles of tree and overlay together pass 32 bits");
		return false;
	}
	return find_targets(o) && (!local || local_fixups(o, local, o->from->root));
}

bool bh_dt_overlay_apply(struct bh_dt *tree, const struct bh_dt *overlay, const char *origin,
			 struct bh_diags *diags)
{
	struct overlay o = {.tree = tree, .from = overlay, .diags = diags};

	bh_map_init(&o.patched);
	bh_map_init(&o.renumbered);
	bh_dt_set_origin(tree, origin);
	bool ok = prepare(&o);
	for (struct bh_dt_node *fragment = overlay->root->child; ok && fragment;
	     fragment = fragment->next) {
		struct bh_dt_node *over = overlay_of(overlay, fragment);
		struct bh_dt_node *target = over ? target_of(&o, fragment) : NULL;
		if (target)
			merge(&o, over, target);
	}
	if (ok)
		take_symbols(&o);
	bh_map_finish(&o.patched);
	bh_map_finish(&o.renumbered);
	return ok;
}

bool bh_dt_overlay_load(struct bh_dt *tree, const char *path, struct bh_diags *diags)
{
	struct bh_dt overlay;
	const char *name = strrchr(path, '/');

	if (!bh_dt_load(&overlay, path, diags))
		return false;
	bool ok = bh_dt_overlay_apply(tree, &overlay, name ? name + 1 : path, diags);
	bh_dt_finish(&overlay);
	return ok;
}
