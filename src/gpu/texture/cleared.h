/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clears that nobody has written to memory yet. Most of what is cleared is cleared again before
 * anybody looks: a tile remembers the bits and whoever needs the memory settles it first. Kept for
 * images of one level, layer and sample, with four bytes a texel.
 */
#ifndef BH_GPU_TEXTURE_CLEARED_H
#define BH_GPU_TEXTURE_CLEARED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define BH_CLEARED_TILE 64 /* pixels on a side */

struct bh_resource;

/* The bits of `mask` are those of `value` in all texels, whatever memory says. */
struct bh_cleared_tile {
	uint32_t value, mask;
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
/* All tiles. Nobody may be drawing to the resource. */
void bh_cleared_settle(struct bh_resource *resource);

#endif
