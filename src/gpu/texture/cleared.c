/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/texture/cleared.h"

#include "base/alloc.h"
#include "gpu/texture/resource.h"

#include <stddef.h>

struct bh_cleared *bh_cleared_of(struct bh_resource *resource)
{
	const struct bh_level_layout *level = &resource->levels[0];
	uint32_t x = (level->width + BH_CLEARED_TILE - 1) / BH_CLEARED_TILE;
	uint32_t y = (level->height + BH_CLEARED_TILE - 1) / BH_CLEARED_TILE;

	if (resource->cleared)
		return resource->cleared;
	if (resource->samples > 1 || level->depth > 1 || resource->format->bytes != 4 ||
	    bh_resource_is_buffer(resource))
		return NULL;
	resource->cleared = bh_alloc(offsetof(struct bh_cleared, tiles) +
				     (size_t)x * y * sizeof(struct bh_cleared_tile));
	resource->cleared->tiles_x = x;
	resource->cleared->tiles_y = y;
	return resource->cleared;
}

void bh_cleared_settle_tile(struct bh_resource *resource, uint32_t tile_x, uint32_t tile_y)
{
	struct bh_cleared *cleared = resource->cleared;
	const struct bh_level_layout *level = &resource->levels[0];
	struct bh_cleared_tile *tile = &cleared->tiles[(size_t)tile_y * cleared->tiles_x + tile_x];
	uint32_t x = tile_x * BH_CLEARED_TILE, y = tile_y * BH_CLEARED_TILE;
	uint32_t width = level->width - x, height = level->height - y;

	if (!tile->mask)
		return;
	width = width < BH_CLEARED_TILE ? width : BH_CLEARED_TILE;
	height = height < BH_CLEARED_TILE ? height : BH_CLEARED_TILE;
	for (uint32_t row = 0; row < height; row++)
		bh_cleared_row((uint32_t *)(void *)bh_resource_texel(resource, 0, x, y + row, 0),
			       width, *tile);
	tile->mask = 0;
}

void bh_cleared_settle(struct bh_resource *resource)
{
	struct bh_cleared *cleared = resource->cleared;

	if (!cleared || !cleared->any)
		return;
	for (uint32_t y = 0; y < cleared->tiles_y; y++) {
		for (uint32_t x = 0; x < cleared->tiles_x; x++)
			bh_cleared_settle_tile(resource, x, y);
	}
	cleared->any = false;
}
