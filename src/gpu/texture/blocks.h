/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compressed formats: blocks of 4x4 texels.
 *
 * A compressed resource keeps its blocks, which are what transfers and copies move, and beside them
 * the texels they stand for, in a plain format: that is what is sampled. Nothing is drawn to them.
 */
#ifndef BH_GPU_TEXTURE_BLOCKS_H
#define BH_GPU_TEXTURE_BLOCKS_H

#include "gpu/texture/format.h"

#define BH_BLOCK_SIZE 4 /* texels on a side */

struct bh_block_format {
	uint16_t number; /* the protocol's */
	uint16_t texels; /* the format that it is decoded to */
	uint8_t bytes;   /* of a block */
	/* `texels`: rows of four, from the top left, each of the texel format's size. */
	void (*decode)(const uint8_t *block, uint8_t *texels);
};

/* NULL for a number that is no compressed format. */
const struct bh_block_format *bh_block_format_get(uint32_t number);
/* To list them: NULL past the end. */
const struct bh_block_format *bh_block_format_at(size_t index);

#endif
