/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/virgl/table.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>

void bh_table_finish(struct bh_table *table)
{
	free(table->slots);
	*table = (struct bh_table){0};
}

/* Multiplicative hashing takes the high bits; linear probing finds the rest. */
static size_t home(const struct bh_table *table, uint32_t handle)
{
	return (size_t)((handle * 0x9e3779b97f4a7c15ull) >> 32) & (table->room - 1);
}

static struct bh_table_slot *find(const struct bh_table *table, uint32_t handle)
{
	size_t at = home(table, handle);

	while (table->slots[at].handle && table->slots[at].handle != handle)
		at = (at + 1) & (table->room - 1);
	return &table->slots[at];
}

void *bh_table_get(const struct bh_table *table, uint32_t handle)
{
	return table->room && handle ? find(table, handle)->value : NULL;
}

static void resize(struct bh_table *table, size_t room)
{
	struct bh_table old = *table;

	table->slots = bh_alloc(room * sizeof(*table->slots));
	table->room = room;
	for (size_t i = 0; i < old.room; i++) {
		if (old.slots[i].handle)
			*find(table, old.slots[i].handle) = old.slots[i];
	}
	free(old.slots);
}

/* Closes the gap, so that probing never meets a hole before its goal. */
static void remove_slot(struct bh_table *table, struct bh_table_slot *slot)
{
	size_t mask = table->room - 1, hole = (size_t)(slot - table->slots), at = hole;

	table->count--;
	for (;;) {
		at = (at + 1) & mask;
		if (!table->slots[at].handle)
			break;
		if (((at - home(table, table->slots[at].handle)) & mask) < ((at - hole) & mask))
			continue;
		table->slots[hole] = table->slots[at];
		hole = at;
	}
	table->slots[hole] = (struct bh_table_slot){0};
}

void *bh_table_set(struct bh_table *table, uint32_t handle, void *value)
{
	struct bh_table_slot *slot;
	void *old;

	assert(handle);
	if (value && (table->count + 1) * 2 > table->room)
		resize(table, table->room ? table->room * 2 : 16);
	if (!table->room)
		return NULL;
	slot = find(table, handle);
	old = slot->value;
	if (value) {
		table->count += !slot->handle;
		*slot = (struct bh_table_slot){handle, value};
	} else if (slot->handle) {
		remove_slot(table, slot);
	}
	return old;
}
