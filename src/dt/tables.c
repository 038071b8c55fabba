/* SPDX-License-Identifier: Apache-2.0 */
#include "dt/tables.h"

#include <stdlib.h>
#include <string.h>

struct bh_dt_tables *bh_dt_tables_create(void)
{
	return bh_alloc(sizeof(struct bh_dt_tables));
}

void bh_dt_tables_destroy(struct bh_dt_tables *tables)
{
	if (!tables)
		return;
	bh_map_finish(&tables->names);
	bh_map_finish(&tables->phandles);
	bh_map_finish(&tables->labels);
	bh_map_finish(&tables->aliases);
	bh_map_finish(&tables->unit_names);
	free(tables->label_of);
	free(tables->alias_of);
	free(tables->children);
	free(tables->origins);
	for (size_t i = 0; i < tables->adopted_count; i++)
		free(tables->adopted[i]);
	free(tables->adopted);
	free(tables);
}

void bh_dt_forget(const struct bh_dt *tree)
{
	struct bh_dt_tables *tables = tree->tables;

	bh_map_finish(&tables->labels);
	bh_map_finish(&tables->aliases);
	bh_map_finish(&tables->unit_names);
	free(tables->label_of);
	free(tables->alias_of);
	tables->label_of = tables->alias_of = NULL;
	tables->labels_ready = tables->aliases_ready = tables->unit_names_ready = false;
}

struct bh_dt_name *bh_dt_intern(struct bh_dt *tree, const char *text)
{
	struct bh_dt_tables *tables = tree->tables;
	struct bh_dt_name *name = bh_map_get(&tables->names, text);
	size_t length;

	if (name)
		return name;
	length = strlen(text);
	name = bh_arena_alloc(&tree->arena, sizeof(*name) + length + 1);
	memcpy(name->text, text, length + 1);
	name->length = (uint32_t)length;
	name->id = tables->name_count++;
	bh_map_set(&tables->names, name->text, name);
	return name;
}

static uint32_t child_hash(const struct bh_dt_node *parent, const char *name, size_t length)
{
	uint64_t hash = bh_hash(name, length) + (uint64_t)parent->index * 0x9e3779b97f4a7c15u;

	return (uint32_t)(hash ^ hash >> 29);
}

static void insert_child(struct bh_dt_tables *tables, const struct bh_dt_node *node)
{
	uint32_t mask = tables->child_room - 1;
	uint32_t i = child_hash(node->parent, node->name, strlen(node->name)) & mask;

	while (tables->children[i])
		i = (i + 1) & mask;
	tables->children[i] = node->index + 1;
	tables->child_used++;
}

/* Keeps the table at most half full; leaves the stones of removed nodes behind when it grows. */
static void make_child_room(struct bh_dt *tree)
{
	struct bh_dt_tables *tables = tree->tables;

	if ((tables->child_used + 1) * 2 <= tables->child_room)
		return;
	free(tables->children);
	tables->child_room = tables->child_room ? tables->child_room * 2 : 64;
	tables->children = bh_alloc(tables->child_room * sizeof(*tables->children));
	tables->child_used = 0;
	for (uint32_t i = 0; i < tree->slots; i++) {
		if (tree->nodes[i] && tree->nodes[i]->parent)
			insert_child(tables, tree->nodes[i]);
	}
}

struct bh_dt_node *bh_dt_exact_child(const struct bh_dt *tree, const struct bh_dt_node *parent,
				     const char *name, size_t length)
{
	const struct bh_dt_tables *tables = tree->tables;
	uint32_t mask = tables->child_room - 1;

	if (!tables->child_room)
		return NULL;
	for (uint32_t i = child_hash(parent, name, length) & mask; tables->children[i];
	     i = (i + 1) & mask) {
		struct bh_dt_node *node = tree->nodes[tables->children[i] - 1];

		if (node && node->parent == parent && !strncmp(node->name, name, length) &&
		    !node->name[length])
			return node;
	}
	return NULL;
}

struct bh_dt_node *bh_dt_new_node(struct bh_dt *tree, struct bh_dt_node *parent, const char *name)
{
	struct bh_dt_tables *tables = tree->tables;
	struct bh_dt_node *node;

	if (tree->slots >= BH_DT_NODES_MAX || (parent && parent->depth + 1 >= BH_DT_DEPTH_MAX))
		return NULL;
	/* bh_grow() takes size_t; the room of nodes is far below 2^32 */
	size_t room = tables->node_room;
	bh_grow((void **)&tree->nodes, &room, tree->slots + 1u, sizeof(struct bh_dt_node *));
	tables->node_room = (uint32_t)room;

	node = bh_arena_alloc(&tree->arena, sizeof(*node));
	node->name = name;
	node->parent = parent;
	node->origin = tables->origin;
	if (parent) {
		make_child_room(tree);
		node->depth = parent->depth + 1;
		if (parent->last_child)
			parent->last_child->next = node;
		else
			parent->child = node;
		parent->last_child = node;
	} else {
		tree->root = node;
	}
	node->index = tree->slots;
	tree->nodes[tree->slots++] = node;
	tree->count++;
	if (parent)
		insert_child(tables, node);
	return node;
}

struct bh_dt_prop *bh_dt_new_prop(struct bh_dt *tree, struct bh_dt_node *node, const char *name,
				  const void *value, uint32_t length)
{
	struct bh_dt_prop *prop = bh_arena_alloc(&tree->arena, sizeof(*prop));

	prop->name = name;
	prop->value = value;
	prop->length = length;
	prop->origin = tree->tables->origin;
	if (node->last_prop)
		node->last_prop->next = prop;
	else
		node->props = prop;
	node->last_prop = prop;
	return prop;
}
