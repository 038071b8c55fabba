/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hash maps from strings or numbers to pointers. Keys are not copied: they live at least as long
 * as the map. Values are never NULL. Hashes are seeded per process, so that no input file can be
 * made to collide on purpose.
 */
#ifndef BH_BASE_MAP_H
#define BH_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bh_map {
	struct bh_map_slot *slots;
	size_t count, room; /* room: a power of two, or 0 */
};

/* The hash behind it, for tables of other shapes: seeded per process, never to be stored. */
uint64_t bh_hash(const void *data, size_t size);

void bh_map_init(struct bh_map *map);
void bh_map_finish(struct bh_map *map);

void *bh_map_get(const struct bh_map *map, const char *key);
void bh_map_set(struct bh_map *map, const char *key, void *value);

/* The same keys by length: they may hold NULs. */
void *bh_map_get_bytes(const struct bh_map *map, const char *key, size_t length);
void bh_map_set_bytes(struct bh_map *map, const char *key, size_t length, void *value);

/* The same map type keyed by number; one map holds one kind of key. */
void *bh_map_get_u64(const struct bh_map *map, uint64_t key);
void bh_map_set_u64(struct bh_map *map, uint64_t key, void *value);

#endif
