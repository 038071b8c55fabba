/* SPDX-License-Identifier: Apache-2.0 */
/* From what a person writes to the node that is meant, and back. */
#include "base/str.h"
#include "dt/lookup.h"
#include "dt/tables.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The ways a text without '/' can name a node, best first. */
enum match { BY_NAME, BY_COMPATIBLE, BY_BASE_NAME, BY_BARE_COMPATIBLE, NO_MATCH };

static bool compatible_at(const struct bh_dt_node *node, const char *text)
{
	const char *at = strchr(text, '@'), *unit = bh_dt_unit_address(node);
	const struct bh_dt_prop *prop;
	const char *one;

	if (!at || !unit || strcmp(at + 1, unit) != 0)
		return false;
	prop = bh_dt_get(node, "compatible");
	size_t length = (size_t)(at - text);
	for (uint32_t i = 0; (one = bh_dt_string_at(prop, i)); i++) {
		if (strlen(one) == length && !strncmp(one, text, length))
			return true;
	}
	return false;
}

static enum match match(const struct bh_dt_node *node, const char *text)
{
	if (!strcmp(node->name, text))
		return BY_NAME;
	if (strchr(text, '@'))
		return compatible_at(node, text) ? BY_COMPATIBLE : NO_MATCH;
	size_t base = bh_dt_base_name_length(node);
	if (strlen(text) == base && !strncmp(node->name, text, base))
		return BY_BASE_NAME;
	return bh_dt_is_compatible(node, text) ? BY_BARE_COMPATIBLE : NO_MATCH;
}

#define SHOWN_MAX 8

struct candidates {
	struct bh_dt_node *nodes[SHOWN_MAX]; /* of the best way only */
	size_t count;
	enum match best;
};

static void collect(const struct bh_dt *tree, const char *text, struct candidates *found)
{
	*found = (struct candidates){.best = NO_MATCH};
	bh_dt_for_each(node, tree->root)
	{
		enum match m = node->parent ? match(node, text) : NO_MATCH;

		/* "gpu" alone may mean the node "gpu" and the node "gpu@1000" alike. */
		if (m == BY_NAME && !strchr(text, '@'))
			m = BY_BASE_NAME;
		if (m == NO_MATCH || m > found->best)
			continue;
		if (m < found->best)
			found->count = 0;
		found->best = m;
		if (found->count < SHOWN_MAX)
			found->nodes[found->count] = node;
		found->count++;
	}
}

static void report_several(const struct candidates *found, const char *text,
			   const struct bh_span *where, struct bh_diags *diags)
{
	struct bh_diag *diag =
		bh_error(diags, "E0321", "\"%s\" may mean %zu nodes", text, found->count);
	struct bh_buf buf;

	bh_buf_init(&buf);
	for (size_t i = 0; i < found->count && i < SHOWN_MAX; i++) {
		if (i)
			bh_buf_adds(&buf, ", ");
		bh_dt_add_path(&buf, found->nodes[i]);
	}
	if (found->count > SHOWN_MAX)
		bh_buf_addf(&buf, " and %zu more", found->count - SHOWN_MAX);
	bh_diag_cause(diag, "%s", bh_buf_str(&buf));
	bh_diag_hint(diag, "write the path, or the name with its unit address");
	if (where)
		bh_diag_at(diag, *where);
	bh_buf_finish(&buf);
}

/* Everything a node could have been called, in the manner of `text`. */
struct names {
	const char **items;
	size_t count, room;
};

static void add_name(struct names *names, const char *name)
{
	bh_grow((void **)&names->items, &names->room, names->count + 1, sizeof(*names->items));
	names->items[names->count++] = name;
}

static void add_table(struct names *names, const struct bh_dt *tree, const char *table)
{
	struct bh_dt_node *node = bh_dt_exact_child(tree, tree->root, table, strlen(table));

	for (struct bh_dt_prop *prop = node ? node->props : NULL; prop; prop = prop->next)
		add_name(names, prop->name);
}

/* The longest part of a path that exists, and what its children are called. */
static void add_children(struct names *names, const struct bh_dt *tree, const char *path,
			 char **there, const char **part)
{
	char *head = bh_strdup(path);
	struct bh_dt_node *node = NULL;

	for (char *slash; !node && (slash = strrchr(head, '/'));) {
		*slash = 0;
		node = *head ? bh_dt_find(tree, head) : tree->root;
	}
	if (!node)
		node = tree->root;
	assert(node);
	*there = bh_dt_path(node);
	*part = path + strlen(head);
	*part += strspn(*part, "/");
	for (struct bh_dt_node *child = node->child; child; child = child->next)
		add_name(names, child->name);
	free(head);
}

/* A node whose name differs only in the unit address, or the other way round. */
static struct bh_dt_node *same_half(const struct bh_dt *tree, const char *text)
{
	const char *at = strchr(text, '@');
	struct bh_dt_node *same_base = NULL, *same_unit = NULL;
	size_t bases = 0;

	if (!at)
		return NULL;
	bh_dt_for_each(node, tree->root)
	{
		const char *unit = bh_dt_unit_address(node);
		size_t base = bh_dt_base_name_length(node);

		if (unit && !strcmp(unit, at + 1) && !same_unit)
			same_unit = node;
		if (base == (size_t)(at - text) && !strncmp(node->name, text, base)) {
			same_base = node;
			bases++;
		}
	}
	return same_unit ? same_unit : bases == 1 ? same_base : NULL;
}

static void report_none(const struct bh_dt *tree, const char *text, const struct bh_span *where,
			struct bh_diags *diags)
{
	struct bh_diag *diag = bh_error(diags, "E0320", "the board has no node \"%s\"", text);
	const char *part = text + (*text == '&'), *near;
	struct names names = {0};
	char *there = NULL;

	if (where)
		bh_diag_at(diag, *where);
	if (*text == '/') {
		add_children(&names, tree, text, &there, &part);
		char *word = bh_strndup(part, strcspn(part, "/"));
		near = bh_suggest(word, names.items, names.count);
		bh_diag_cause(diag, "%s has no child \"%s\"", there, word);
		if (near)
			bh_diag_hint(diag, "did you mean \"%s/%s\"?",
				     strcmp(there, "/") ? there : "", near);
		free(word);
	} else {
		add_table(&names, tree, "__symbols__");
		add_table(&names, tree, "aliases");
		for (uint32_t i = 1; *text != '&' && i < tree->slots; i++) {
			if (tree->nodes[i] && strchr(tree->nodes[i]->name, '@'))
				add_name(&names, tree->nodes[i]->name);
		}
		struct bh_dt_node *half = same_half(tree, part);
		near = half ? half->name : bh_suggest(part, names.items, names.count);
		if (near)
			bh_diag_hint(diag, "did you mean \"%s\"?", near);
		else
			bh_diag_hint(diag, "`bulkhead device list` shows what there is");
		if (*text == '&' && !bh_dt_child(tree->root, "__symbols__"))
			bh_diag_cause(diag, "the blob has no labels: it was compiled without -@");
	}
	free(there);
	free(names.items);
}

struct bh_dt_node *bh_dt_resolve(const struct bh_dt *tree, const char *text,
				 const struct bh_span *where, struct bh_diags *diags)
{
	struct bh_dt_node *node = NULL;
	struct candidates found = {.count = 0};

	if (*text == '/') {
		node = bh_dt_find(tree, text);
	} else if (*text == '&') {
		node = bh_dt_by_label(tree, text + 1);
	} else {
		node = bh_dt_by_label(tree, text);
		if (!node)
			node = bh_dt_by_alias(tree, text);
		if (!node)
			collect(tree, text, &found);
		if (found.count == 1)
			node = found.nodes[0];
	}
	if (found.count > 1)
		report_several(&found, text, where, diags);
	else if (!node)
		report_none(tree, text, where, diags);
	return node;
}

/* No other node has the same name with unit address. Asked for every device: hence the table. */
static bool only_one(const struct bh_dt *tree, const struct bh_dt_node *node)
{
	struct bh_dt_tables *tables = tree->tables;

	for (uint32_t i = 1; i < tree->slots && !tables->unit_names_ready; i++) {
		const struct bh_dt_node *one = tree->nodes[i];

		if (!one || !strchr(one->name, '@'))
			continue;
		bool known = bh_map_get(&tables->unit_names, one->name);
		bh_map_set(&tables->unit_names, one->name, known ? (void *)tables : tree->nodes[i]);
	}
	tables->unit_names_ready = true;
	return bh_map_get(&tables->unit_names, node->name) == node;
}

void bh_dt_add_short_name(struct bh_buf *buf, const struct bh_dt *tree,
			  const struct bh_dt_node *node)
{
	const char *name = bh_dt_label(tree, node);

	/* Labels come first, so that one may hide an alias. */
	if (!name) {
		name = bh_dt_alias(tree, node);
		if (name && bh_dt_by_label(tree, name))
			name = NULL;
	}
	if (!name && only_one(tree, node))
		name = node->name;
	if (name)
		bh_buf_adds(buf, name);
	else
		bh_dt_add_path(buf, node);
}
