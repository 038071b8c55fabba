/* SPDX-License-Identifier: Apache-2.0 */
#include "dt/lookup.h"

#include "base/str.h"
#include "dt/tables.h"

#include <stdlib.h>
#include <string.h>

/* The child for one part of a path: by its whole name, else the only one with that base name. */
static struct bh_dt_node *step(const struct bh_dt *tree, const struct bh_dt_node *node,
			       const char *part, size_t length)
{
	struct bh_dt_node *found = bh_dt_exact_child(tree, node, part, length);

	if (found || memchr(part, '@', length))
		return found;
	for (struct bh_dt_node *child = node->child; child; child = child->next) {
		if (strncmp(child->name, part, length) != 0 || child->name[length] != '@')
			continue;
		if (found)
			return NULL;
		found = child;
	}
	return found;
}

/* `path` up to `end`. */
static struct bh_dt_node *find(const struct bh_dt *tree, const char *path, const char *end)
{
	struct bh_dt_node *node = tree->root;

	if (path == end || *path != '/')
		return NULL;
	while (node && path < end) {
		if (*path == '/') {
			path++;
			continue;
		}
		const char *slash = memchr(path, '/', (size_t)(end - path));
		size_t length = (size_t)((slash ? slash : end) - path);
		node = step(tree, node, path, length);
		path += length;
	}
	return node;
}

struct bh_dt_node *bh_dt_find(const struct bh_dt *tree, const char *path)
{
	return find(tree, path, path + strlen(path));
}

struct bh_dt_node *bh_dt_by_phandle(const struct bh_dt *tree, uint32_t phandle)
{
	/* The table keeps nodes that were removed or got another number since. */
	struct bh_dt_node *node = bh_map_get_u64(&tree->tables->phandles, phandle);

	return node && node->phandle == phandle && tree->nodes[node->index] == node ? node : NULL;
}

/* Fills the tables in both directions from the paths in a node's properties. */
static void fill_names(const struct bh_dt *tree, const char *table, struct bh_map *map,
		       const char ***name_of, uint32_t *slots)
{
	struct bh_dt_node *node = bh_dt_exact_child(tree, tree->root, table, strlen(table));

	*slots = tree->slots;
	if (!node)
		return;
	*name_of = bh_alloc(*slots * sizeof(**name_of));
	for (struct bh_dt_prop *prop = node->props; prop; prop = prop->next) {
		const char *path = bh_dt_string_at(prop, 0);
		struct bh_dt_node *target = path ? bh_dt_find(tree, path) : NULL;

		if (!target)
			continue;
		bh_map_set(map, prop->name, target);
		if (!(*name_of)[target->index])
			(*name_of)[target->index] = prop->name;
	}
}

static struct bh_dt_tables *with_labels(const struct bh_dt *tree)
{
	struct bh_dt_tables *tables = tree->tables;

	if (!tables->labels_ready)
		fill_names(tree, "__symbols__", &tables->labels, &tables->label_of,
			   &tables->label_slots);
	tables->labels_ready = true;
	return tables;
}

static struct bh_dt_tables *with_aliases(const struct bh_dt *tree)
{
	struct bh_dt_tables *tables = tree->tables;

	if (!tables->aliases_ready)
		fill_names(tree, "aliases", &tables->aliases, &tables->alias_of,
			   &tables->alias_slots);
	tables->aliases_ready = true;
	return tables;
}

struct bh_dt_node *bh_dt_by_label(const struct bh_dt *tree, const char *label)
{
	return bh_map_get(&with_labels(tree)->labels, label);
}

struct bh_dt_node *bh_dt_by_alias(const struct bh_dt *tree, const char *alias)
{
	return bh_map_get(&with_aliases(tree)->aliases, alias);
}

const char *bh_dt_label(const struct bh_dt *tree, const struct bh_dt_node *node)
{
	const struct bh_dt_tables *tables = with_labels(tree);

	return tables->label_of && node->index < tables->label_slots ? tables->label_of[node->index]
								     : NULL;
}

const char *bh_dt_alias(const struct bh_dt *tree, const struct bh_dt_node *node)
{
	const struct bh_dt_tables *tables = with_aliases(tree);

	return tables->alias_of && node->index < tables->alias_slots ? tables->alias_of[node->index]
								     : NULL;
}

struct bh_dt_node *bh_dt_stdout(const struct bh_dt *tree)
{
	struct bh_dt_node *chosen = bh_dt_exact_child(tree, tree->root, "chosen", 6);
	const char *text = NULL;

	if (chosen)
		text = bh_dt_string(chosen, "stdout-path");
	if (chosen && !text)
		text = bh_dt_string(chosen, "linux,stdout-path");
	if (!text)
		return NULL;
	size_t length = strcspn(text, ":");
	if (*text == '/')
		return find(tree, text, text + length);
	char *alias = bh_strndup(text, length);
	struct bh_dt_node *node = bh_dt_by_alias(tree, alias);
	free(alias);
	return node;
}
