/* SPDX-License-Identifier: Apache-2.0 */
/* Changing a tree, and its beginning and end. */
#include "dt/lookup.h"
#include "dt/tables.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

void bh_dt_init(struct bh_dt *tree)
{
	*tree = (struct bh_dt){.tables = bh_dt_tables_create()};
	bh_arena_init(&tree->arena);
	bh_dt_set_origin(tree, "");
	bh_dt_new_node(tree, NULL, "");
}

void bh_dt_finish(struct bh_dt *tree)
{
	bh_dt_tables_destroy(tree->tables);
	bh_arena_finish(&tree->arena);
	free(tree->nodes);
	free(tree->reserves);
	*tree = (struct bh_dt){0};
}

void bh_dt_adopt(struct bh_dt *tree, void *memory)
{
	struct bh_dt_tables *tables = tree->tables;

	bh_grow((void **)&tables->adopted, &tables->adopted_room, tables->adopted_count + 1,
		sizeof(*tables->adopted));
	tables->adopted[tables->adopted_count++] = memory;
}

void bh_dt_set_origin(struct bh_dt *tree, const char *name)
{
	struct bh_dt_tables *tables = tree->tables;

	for (size_t i = 0; i < tables->origin_count; i++) {
		if (!strcmp(tables->origins[i], name)) {
			tables->origin = (uint16_t)i;
			return;
		}
	}
	assert(tables->origin_count < UINT16_MAX);
	bh_grow((void **)&tables->origins, &tables->origin_room, tables->origin_count + 1,
		sizeof(*tables->origins));
	tables->origins[tables->origin_count] = bh_arena_strdup(&tree->arena, name);
	tables->origin = (uint16_t)tables->origin_count++;
}

/* Labels and aliases are properties of these two nodes. */
static bool is_name_table(const struct bh_dt_node *node)
{
	return node->depth == 1 &&
	       (!strcmp(node->name, "__symbols__") || !strcmp(node->name, "aliases"));
}

static bool is_phandle(const char *name)
{
	return !strcmp(name, "phandle") || !strcmp(name, "linux,phandle");
}

static void set_phandle(struct bh_dt *tree, struct bh_dt_node *node, uint32_t phandle)
{
	struct bh_dt_node *other = bh_dt_by_phandle(tree, phandle);

	assert(phandle && phandle != UINT32_MAX && (!other || other == node));
	(void)other;
	node->phandle = phandle;
	bh_map_set_u64(&tree->tables->phandles, phandle, node);
	if (phandle > tree->tables->highest_phandle)
		tree->tables->highest_phandle = phandle;
}

/* Takes `value` as it is: it lives in the arena. */
static struct bh_dt_prop *set(struct bh_dt *tree, struct bh_dt_node *node, const char *name,
			      const void *value, uint32_t length)
{
	assert(bh_dt_prop_name_ok(name, strlen(name)));
	struct bh_dt_prop *prop = bh_dt_get(node, name);

	if (is_phandle(name)) {
		uint32_t phandle;

		assert(length == 4);
		memcpy(&phandle, value, 4);
		set_phandle(tree, node, be32toh(phandle));
	}
	if (is_name_table(node))
		bh_dt_forget(tree);
	if (!prop)
		return bh_dt_new_prop(tree, node, bh_dt_intern(tree, name)->text, value, length);
	prop->value = value;
	prop->length = length;
	prop->origin = tree->tables->origin;
	return prop;
}

struct bh_dt_prop *bh_dt_set(struct bh_dt *tree, struct bh_dt_node *node, const char *name,
			     const void *value, uint32_t length)
{
	return set(tree, node, name, bh_arena_copy(&tree->arena, value, length), length);
}

struct bh_dt_prop *bh_dt_set_flag(struct bh_dt *tree, struct bh_dt_node *node, const char *name)
{
	return bh_dt_set(tree, node, name, "", 0);
}

struct bh_dt_prop *bh_dt_set_u32(struct bh_dt *tree, struct bh_dt_node *node, const char *name,
				 uint32_t value)
{
	return bh_dt_set_cells(tree, node, name, &value, 1);
}

struct bh_dt_prop *bh_dt_set_cells(struct bh_dt *tree, struct bh_dt_node *node, const char *name,
				   const uint32_t *cells, uint32_t count)
{
	assert(count <= BH_DT_SIZE_MAX / 4);
	uint32_t *value = bh_arena_alloc(&tree->arena, count * sizeof(*value));

	for (uint32_t i = 0; i < count; i++)
		value[i] = htobe32(cells[i]);
	return set(tree, node, name, value, count * 4);
}

struct bh_dt_prop *bh_dt_set_string(struct bh_dt *tree, struct bh_dt_node *node, const char *name,
				    const char *text)
{
	return bh_dt_set(tree, node, name, text, (uint32_t)strlen(text) + 1);
}

struct bh_dt_prop *bh_dt_set_strings(struct bh_dt *tree, struct bh_dt_node *node, const char *name,
				     const char *const *texts, uint32_t count)
{
	struct bh_buf buf;

	bh_buf_init(&buf);
	for (uint32_t i = 0; i < count; i++)
		bh_buf_add(&buf, texts[i], strlen(texts[i]) + 1);
	struct bh_dt_prop *prop =
		bh_dt_set(tree, node, name, bh_buf_str(&buf), (uint32_t)buf.length);
	bh_buf_finish(&buf);
	return prop;
}

bool bh_dt_unset(struct bh_dt *tree, struct bh_dt_node *node, const char *name)
{
	struct bh_dt_prop *before = NULL;

	for (struct bh_dt_prop *prop = node->props; prop; before = prop, prop = prop->next) {
		if (strcmp(prop->name, name) != 0)
			continue;
		if (before)
			before->next = prop->next;
		else
			node->props = prop->next;
		if (node->last_prop == prop)
			node->last_prop = before;
		if (is_phandle(name) && !bh_dt_has(node, "phandle") &&
		    !bh_dt_has(node, "linux,phandle"))
			node->phandle = 0;
		if (is_name_table(node))
			bh_dt_forget(tree);
		return true;
	}
	return false;
}

struct bh_dt_node *bh_dt_add(struct bh_dt *tree, struct bh_dt_node *parent, const char *name)
{
	assert(bh_dt_node_name_ok(name, strlen(name)));
	struct bh_dt_node *node = bh_dt_exact_child(tree, parent, name, strlen(name));

	if (node)
		return node;
	/* A path that meant nothing, or several nodes, may mean something else now. */
	bh_dt_forget(tree);
	return bh_dt_new_node(tree, parent, bh_arena_strdup(&tree->arena, name));
}

struct bh_dt_node *bh_dt_add_path_nodes(struct bh_dt *tree, const char *path)
{
	struct bh_dt_node *node = tree->root;

	while (node && *(path += strspn(path, "/"))) {
		size_t length = strcspn(path, "/");
		struct bh_dt_node *child = bh_dt_exact_child(tree, node, path, length);

		if (!child) {
			char *name = bh_strndup(path, length);
			child = bh_dt_add(tree, node, name);
			free(name);
		}
		node = child;
		path += length;
	}
	return node;
}

void bh_dt_remove(struct bh_dt *tree, struct bh_dt_node *node)
{
	struct bh_dt_node *parent = node->parent, *before = NULL;

	assert(parent && tree->nodes[node->index] == node);
	for (struct bh_dt_node *child = parent->child; child != node; child = child->next)
		before = child;
	if (before)
		before->next = node->next;
	else
		parent->child = node->next;
	if (parent->last_child == node)
		parent->last_child = before;
	bh_dt_for_each(gone, node)
	{
		tree->nodes[gone->index] = NULL;
		tree->count--;
	}
	node->next = NULL;
	bh_dt_forget(tree);
}

uint32_t bh_dt_need_phandle(struct bh_dt *tree, struct bh_dt_node *node)
{
	struct bh_dt_tables *tables = tree->tables;

	if (node->phandle)
		return node->phandle;
	uint32_t phandle = tables->highest_phandle + 1;
	/* A tree may use the very last number: then the lowest free one does. */
	if (phandle >= UINT32_MAX) {
		do {
			phandle = ++tables->lowest_untried;
		} while (bh_map_get_u64(&tables->phandles, phandle));
	}
	bh_dt_set_u32(tree, node, "phandle", phandle);
	return phandle;
}

void bh_dt_reserve(struct bh_dt *tree, uint64_t address, uint64_t size)
{
	bh_grow((void **)&tree->reserves, &tree->tables->reserve_room, tree->reserve_count + 1,
		sizeof(*tree->reserves));
	tree->reserves[tree->reserve_count++] = (struct bh_dt_reserve){address, size};
}
