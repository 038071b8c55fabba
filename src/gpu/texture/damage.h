/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What changed of an image that is shown, tile by tile. Whoever writes to such an image marks the
 * tiles; who shows it wants a digest of their pixels, which is made when it is missing, and sends
 * the tiles whose digest is not that of what the screen has. Thus it does not matter which of
 * several images a screen showed last, nor that a tile was drawn again as it was.
 *
 * Digests are of universal hashing: two tiles that differ have the same one with a probability of
 * at most 2^-63, whoever chose them, as long as he does not know the key.
 */
#ifndef BH_GPU_TEXTURE_DAMAGE_H
#define BH_GPU_TEXTURE_DAMAGE_H

#include "gpu/gpu.h"
#include "gpu/texture/cleared.h"

#define BH_DAMAGE_TILE BH_CLEARED_TILE
#define BH_DAMAGE_ROWS 8 /* that are taken together */
#define BH_DAMAGE_SUMS 2 /* of 64 bits, of those rows */
#define BH_DAMAGE_HALVES \
	(BH_DAMAGE_TILE / BH_DAMAGE_ROWS * BH_DAMAGE_SUMS * 2 + 3 /* size, format */)

/* Random numbers. */
struct bh_damage_key {
	uint32_t texels[BH_DAMAGE_SUMS][BH_DAMAGE_ROWS][BH_DAMAGE_TILE];
	uint64_t halves[2][BH_DAMAGE_HALVES + 1];
};

struct bh_damage_tile {
	uint64_t digest;
	bool known; /* the tile has not been written to since */
};

struct bh_damage {
	const struct bh_damage_key *key;
	uint32_t tiles_x, tiles_y;
	/* Scenes that drew to it since it was shown, and how many there were the time before. */
	unsigned scenes, expected;
	struct bh_damage_tile tiles[];
};

/* Of the first level and layer. Made when there is none yet; NULL: not of such an image. */
struct bh_damage *bh_damage_of(struct bh_resource *resource, const struct bh_damage_key *key);

/* Texels of a box, which is inside the level, are written. */
void bh_damage_mark(struct bh_resource *resource, unsigned level, const struct bh_gpu_box *box);

/*
 * A scene begins to draw to it. True when it is the last one before the image is shown, as far as
 * can be foreseen: its tiles are looked at while they are in the cache of who drew them.
 */
bool bh_damage_begin_scene(struct bh_damage *damage);
void bh_damage_drawn(struct bh_resource *resource, uint32_t tile_x, uint32_t tile_y, bool look);

/* It is shown. */
void bh_damage_show(struct bh_damage *damage);
/* A tile's digest. Nobody may be drawing to it. */
uint64_t bh_damage_look(struct bh_resource *resource, uint32_t tile_x, uint32_t tile_y);

#endif
