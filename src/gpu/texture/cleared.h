/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clears that nobody has written to memory yet. Most of what is cleared is cleared again before
 * anybody looks: a tile remembers the bits and whoever needs the memory settles it first. Kept for
 * images of one level, layer and sample, with four bytes a texel.
 */
#ifndef BH_GPU_TEXTURE_CLEARED_H
#define BH_GPU_TEXTURE_CLEARED_H

#include "gpu/gpu.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define BH_CLEARED_TILE 64 /* pixels on a side */

struct bh_resource;

/*
 * The bits of `mask` are those of `value` in all texels, whatever memory says. That all of memory
 * has one value is known while nobody has written to it since: what is cleared to it again need not
 * be written.
 */
struct bh_cleared_tile {
	uint32_t value, mask;
	uint32_t memory;
	bool memory_known;
};

struct bh_cleared {
	atomic_bool any; /* there may be tiles with a mask */
	uint32_t tiles_x, tiles_y;
	struct bh_cleared_tile tiles[];
};

/* The resource's, made when there is none yet; NULL: it has none, because of what it is. */
struct bh_cleared *bh_cleared_of(struct bh_resource *resource);

/* Writes what a tile remembers. */
void bh_cleared_settle_tile(struct bh_resource *resource, uint32_t tile_x, uint32_t tile_y);
/* Whether memory says already what a tile remembers. */
static inline bool bh_cleared_is_written(const struct bh_cleared_tile *tile)
{
	return tile->memory_known && !((tile->memory ^ tile->value) & tile->mask);
}

/* What a tile remembers was written to its memory. */
static inline void bh_cleared_settled(struct bh_cleared_tile *tile)
{
	tile->memory_known |= tile->mask == UINT32_MAX;
	tile->memory = (tile->memory & ~tile->mask) | (tile->value & tile->mask);
	tile->mask = 0;
}

/* Somebody writes to the memory of tiles: those of a box that is inside the level, or all. */
void bh_cleared_forget(struct bh_resource *resource, unsigned level, const struct bh_gpu_box *box);
void bh_cleared_forget_all(struct bh_resource *resource);

/* Those of a row of tiles, which several may do for different rows; `any` stays as it is. */
void bh_cleared_settle_row(struct bh_resource *resource, uint32_t tile_y);
/* All tiles. Nobody may be drawing to the resource. */
void bh_cleared_settle(struct bh_resource *resource);

#endif
