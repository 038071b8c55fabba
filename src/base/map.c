/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

struct bh_map_slot {
	const char *text; /* NULL for number keys */
	size_t length;
	uint64_t hash; /* number keys: the key itself */
	void *value;   /* NULL: free */
};

/* 16 random bytes the kernel gave this process at start: no call, no state of ours. */
static uint64_t seed(void)
{
	const void *random = (const void *)getauxval(AT_RANDOM);
	uint64_t value = 0x9e3779b97f4a7c15u;

	if (random)
		memcpy(&value, random, sizeof(value));
	return value;
}

static uint64_t mix(uint64_t value)
{
	value ^= value >> 32;
	value *= 0xd6e8feb86659fd93u;
	value ^= value >> 32;
	value *= 0xd6e8feb86659fd93u;
	value ^= value >> 32;
	return value;
}

uint64_t bh_hash(const void *data, size_t size)
{
	const char *bytes = data;
	uint64_t hash = seed();

	for (size_t left = size; left;) {
		uint64_t word = 0;
		size_t piece = left < 8 ? left : 8;

		memcpy(&word, bytes, piece);
		hash = mix(hash ^ word) + piece;
		bytes += piece;
		left -= piece;
	}
	return hash;
}

void bh_map_init(struct bh_map *map)
{
	*map = (struct bh_map){0};
}

void bh_map_finish(struct bh_map *map)
{
	free(map->slots);
	*map = (struct bh_map){0};
}

/* The slot of the key, or the free one where it would go. The map has a free slot. */
static struct bh_map_slot *find(const struct bh_map *map, const char *text, size_t length,
				uint64_t hash)
{
	size_t mask = map->room - 1;

	for (size_t i = mix(hash ^ seed()) & mask;; i = (i + 1) & mask) {
		struct bh_map_slot *slot = &map->slots[i];
		if (!slot->value)
			return slot;
		if (slot->hash == hash && slot->length == length &&
		    (!text || !memcmp(slot->text, text, length)))
			return slot;
	}
}

static void make_room(struct bh_map *map)
{
	struct bh_map old = *map;

	if ((map->count + 1) * 4 <= map->room * 3)
		return;
	map->room = old.room ? old.room * 2 : 16;
	map->slots = bh_alloc(map->room * sizeof(*map->slots));
	for (size_t i = 0; i < old.room; i++) {
		if (old.slots[i].value)
			*find(map, old.slots[i].text, old.slots[i].length, old.slots[i].hash) =
				old.slots[i];
	}
	free(old.slots);
}

static void *get(const struct bh_map *map, const char *text, size_t length, uint64_t hash)
{
	return map->room ? find(map, text, length, hash)->value : NULL;
}

static void set(struct bh_map *map, const char *text, size_t length, uint64_t hash, void *value)
{
	make_room(map);
	struct bh_map_slot *slot = find(map, text, length, hash);
	map->count += !slot->value;
	*slot = (struct bh_map_slot){text, length, hash, value};
}

void *bh_map_get_bytes(const struct bh_map *map, const char *key, size_t length)
{
	return get(map, key, length, bh_hash(key, length));
}

void bh_map_set_bytes(struct bh_map *map, const char *key, size_t length, void *value)
{
	set(map, key, length, bh_hash(key, length), value);
}

void *bh_map_get(const struct bh_map *map, const char *key)
{
	return bh_map_get_bytes(map, key, strlen(key));
}

void bh_map_set(struct bh_map *map, const char *key, void *value)
{
	bh_map_set_bytes(map, key, strlen(key), value);
}

void *bh_map_get_u64(const struct bh_map *map, uint64_t key)
{
	return get(map, NULL, 0, key);
}

void bh_map_set_u64(struct bh_map *map, uint64_t key, void *value)
{
	set(map, NULL, 0, key, value);
}
