/* SPDX-License-Identifier: Apache-2.0 */
/* The tree that a document becomes: values, arrays, tables and how to find what is in them. */
#include "config/toml.h"

#include <assert.h>
#include <string.h>

/* Up to here, comparing keys one by one is faster than a hash map. */
#define SMALL_TABLE 8

struct bh_toml_value *bh_toml_new(struct bh_toml *toml, enum bh_toml_kind kind, struct bh_span span)
{
	struct bh_toml_value *value = bh_arena_alloc(toml->arena, sizeof(*value));

	value->kind = kind;
	value->span = span;
	if (kind == BH_TOML_ARRAY)
		value->array = bh_arena_alloc(toml->arena, sizeof(*value->array));
	else if (kind == BH_TOML_TABLE)
		value->table = bh_arena_alloc(toml->arena, sizeof(*value->table));
	return value;
}

/* Makes room for one more item. What is left behind in the arena is less than what is in use. */
static void *make_room(struct bh_arena *arena, void *items, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return items;
	*room = *room ? *room * 2 : 4;
	void *bigger = bh_arena_alloc(arena, *room * size);
	if (count)
		memcpy(bigger, items, count * size);
	return bigger;
}

void bh_toml_append(struct bh_toml *toml, struct bh_toml_value *array, struct bh_toml_value *item)
{
	struct bh_toml_array *a = array->array;

	a->items = make_room(toml->arena, a->items, a->count, &a->room,
			     sizeof(struct bh_toml_value *));
	a->items[a->count++] = item;
}

static void index_entry(struct bh_toml_table *table, size_t place)
{
	const struct bh_toml_entry *entry = &table->entries[place];

	bh_map_set_bytes(&table->index, entry->key, entry->key_length,
			 (void *)(uintptr_t)(place + 1));
}

void bh_toml_add(struct bh_toml *toml, struct bh_toml_value *table, struct bh_toml_entry entry)
{
	struct bh_toml_table *t = table->table;

	t->entries = make_room(toml->arena, t->entries, t->count, &t->room, sizeof(entry));
	t->entries[t->count++] = entry;
	if (t->count == SMALL_TABLE + 1) {
		t->next_indexed = toml->indexed;
		toml->indexed = t;
		for (size_t i = 0; i < t->count; i++)
			index_entry(t, i);
	} else if (t->count > SMALL_TABLE) {
		index_entry(t, t->count - 1);
	}
}

struct bh_toml_entry *bh_toml_find(const struct bh_toml_value *table, const char *key,
				   size_t length)
{
	if (table->kind != BH_TOML_TABLE)
		return NULL;
	const struct bh_toml_table *t = table->table;
	if (t->count > SMALL_TABLE) {
		uintptr_t place = (uintptr_t)bh_map_get_bytes(&t->index, key, length);
		return place ? &t->entries[place - 1] : NULL;
	}
	for (size_t i = 0; i < t->count; i++) {
		struct bh_toml_entry *entry = &t->entries[i];
		if (entry->key_length == length && !memcmp(entry->key, key, length))
			return entry;
	}
	return NULL;
}

struct bh_toml_value *bh_toml_get(const struct bh_toml_value *table, const char *key)
{
	const struct bh_toml_entry *entry = bh_toml_find(table, key, strlen(key));

	return entry ? entry->value : NULL;
}

void bh_toml_finish(struct bh_toml *toml)
{
	for (struct bh_toml_table *table = toml->indexed; table; table = table->next_indexed)
		bh_map_finish(&table->index);
	*toml = (struct bh_toml){0};
}

const char *bh_toml_kind_name(enum bh_toml_kind kind)
{
	static const char *const names[] = {
		[BH_TOML_STRING] = "a string",
		[BH_TOML_INTEGER] = "an integer",
		[BH_TOML_FLOAT] = "a float",
		[BH_TOML_BOOLEAN] = "a boolean",
		[BH_TOML_OFFSET_DATETIME] = "a date-time",
		[BH_TOML_LOCAL_DATETIME] = "a local date-time",
		[BH_TOML_LOCAL_DATE] = "a local date",
		[BH_TOML_LOCAL_TIME] = "a local time",
		[BH_TOML_ARRAY] = "an array",
		[BH_TOML_TABLE] = "a table",
	};

	assert((size_t)kind < sizeof(names) / sizeof(*names));
	return names[kind];
}
