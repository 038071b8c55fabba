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

/* From here on the processor knows best how to store many words that are the same. */
#define MANY 512

static void fill_words(uint32_t *words, size_t count, uint32_t value)
{
	typedef uint32_t line __attribute__((vector_size(64), aligned(4)));
	size_t i = 0;

#if defined(__x86_64__)
	if (count >= MANY) {
		uint64_t two = (uint64_t)value << 32 | value;
		size_t pairs = count / 2;

		words[count - 1] = value;
		__asm__ volatile("rep stosq" : "+D"(words), "+c"(pairs) : "a"(two) : "memory");
		return;
	}
#endif
	for (; i + 16 <= count; i += 16)
		*(line *)&words[i] = value - (line){0};
	for (; i < count; i++)
		words[i] = value;
}

static void change_words(uint32_t *words, size_t count, struct bh_cleared_tile tile)
{
	if (tile.mask == UINT32_MAX) {
		fill_words(words, count, tile.value);
		return;
	}
	for (size_t i = 0; i < count; i++)
		words[i] = (words[i] & ~tile.mask) | (tile.value & tile.mask);
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Tiles side by side that remember the same. */
static void settle_run(struct bh_resource *resource, uint32_t first, uint32_t end, uint32_t tile_y,
		       struct bh_cleared_tile tile)
{
	const struct bh_level_layout *level = &resource->levels[0];
	uint32_t x = first * BH_CLEARED_TILE, y = tile_y * BH_CLEARED_TILE;
	uint32_t width = smaller(level->width, end * BH_CLEARED_TILE) - x;
	uint32_t height = smaller(level->height - y, BH_CLEARED_TILE);

	/* Rows as long as the image follow one another; what is between them is nobody's. */
	if (width == level->width) {
		change_words((uint32_t *)(void *)bh_resource_texel(resource, 0, 0, y, 0),
			     (size_t)height * (level->row_stride / 4), tile);
		return;
	}
	for (uint32_t row = 0; row < height; row++)
		change_words((uint32_t *)(void *)bh_resource_texel(resource, 0, x, y + row, 0),
			     width, tile);
}

void bh_cleared_settle_tile(struct bh_resource *resource, uint32_t tile_x, uint32_t tile_y)
{
	struct bh_cleared *cleared = resource->cleared;
	struct bh_cleared_tile *tile = &cleared->tiles[(size_t)tile_y * cleared->tiles_x + tile_x];

	if (!tile->mask)
		return;
	if (!bh_cleared_is_written(tile))
		settle_run(resource, tile_x, tile_x + 1, tile_y, *tile);
	bh_cleared_settled(tile);
}

void bh_cleared_settle_row(struct bh_resource *resource, uint32_t tile_y)
{
	struct bh_cleared *cleared = resource->cleared;
	struct bh_cleared_tile *tiles = &cleared->tiles[(size_t)tile_y * cleared->tiles_x];

	for (uint32_t x = 0, end; x < cleared->tiles_x; x = end) {
		struct bh_cleared_tile tile = tiles[x];
		bool written = bh_cleared_is_written(&tile);

		for (end = x; end < cleared->tiles_x && tiles[end].mask == tile.mask &&
			      tiles[end].value == tile.value &&
			      bh_cleared_is_written(&tiles[end]) == written;
		     end++)
			bh_cleared_settled(&tiles[end]);
		if (tile.mask && !written)
			settle_run(resource, x, end, tile_y, tile);
	}
}

void bh_cleared_settle(struct bh_resource *resource)
{
	struct bh_cleared *cleared = resource->cleared;

	if (!cleared || !cleared->any)
		return;
	for (uint32_t y = 0; y < cleared->tiles_y; y++)
		bh_cleared_settle_row(resource, y);
	cleared->any = false;
}

void bh_cleared_forget(struct bh_resource *resource, unsigned level, const struct bh_gpu_box *box)
{
	struct bh_cleared *cleared = resource->cleared;

	if (!cleared || level)
		return;
	for (uint32_t y = box->y / BH_CLEARED_TILE; y <= (box->y + box->h - 1) / BH_CLEARED_TILE;
	     y++) {
		for (uint32_t x = box->x / BH_CLEARED_TILE;
		     x <= (box->x + box->w - 1) / BH_CLEARED_TILE; x++)
			cleared->tiles[(size_t)y * cleared->tiles_x + x].memory_known = false;
	}
}

void bh_cleared_forget_all(struct bh_resource *resource)
{
	struct bh_cleared *cleared = resource->cleared;

	for (size_t i = 0; cleared && i < (size_t)cleared->tiles_x * cleared->tiles_y; i++)
		cleared->tiles[i].memory_known = false;
}
