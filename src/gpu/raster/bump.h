/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that is taken in small steps and given back all at once, and then kept for the next time:
 * a frame's vertices and bins must not cost page faults in every frame. Not zeroed.
 */
#ifndef BH_GPU_RASTER_BUMP_H
#define BH_GPU_RASTER_BUMP_H

#include <stddef.h>

struct bh_bump {
	struct bh_bump_block *first, *current;
	size_t used;  /* of the current block */
	size_t total; /* since the last reset */
};

void bh_bump_finish(struct bh_bump *bump);
void bh_bump_reset(struct bh_bump *bump);
void *bh_bump_alloc(struct bh_bump *bump, size_t size); /* aligned to 64 bytes */

#endif
