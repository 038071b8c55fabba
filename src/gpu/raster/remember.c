/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scenes of which nothing is drawn: clears and rectangles of one colour that tiles remember. What
 * such an item does to a tile is decided once for all tiles that it has all of.
 */
#include "gpu/raster/scene.h"

/* The bits that a clear of depth and stencil changes in a format of four bytes. */
static uint32_t clear_mask(const struct bh_format *format, const struct bh_clear *clear)
{
	uint32_t ones = format->depth_bits == 32 ? ~0u : (1u << format->depth_bits) - 1, mask = 0;

	if ((clear->depth || !format->depth_bits) && (clear->stencil || !format->stencil_bits))
		return ~0u;
	if (clear->depth)
		mask |= ones << format->depth_shift;
	if (clear->stencil)
		mask |= 0xffu << format->stencil_shift;
	return mask;
}

uint32_t bh_clear_value(const struct bh_format *format, const struct bh_clear *clear,
			uint32_t *mask)
{
	uint32_t value;

	*mask = ~0u;
	if (clear->color)
		return clear->color_value[0];
	*mask = clear_mask(format, clear);
	value = clear->depth_value << format->depth_shift;
	if (format->stencil_bits)
		value |= (uint32_t)clear->stencil_value << format->stencil_shift;
	return value;
}

/* The most items of a scene that somebody looks at. */
#define FEW_ITEMS 4

static unsigned attachment_of(const struct bh_item *item)
{
	if (!item->clear)
		return 0;
	return item->clear->color ? item->clear->target : BH_ATTACHMENT_DEPTH;
}

bool bh_scene_only_remembers(const struct bh_scene *scene)
{
	if (scene->item_count > FEW_ITEMS)
		return false;
	for (size_t i = 0; i < scene->item_count; i++) {
		const struct bh_item *item = &scene->items[i];

		if (!scene->cleared[attachment_of(item)] ||
		    (item->chunk && item->chunk->solid.x0 >= item->chunk->solid.x1))
			return false;
	}
	return true;
}

/* What an item leaves in tiles. */
struct trace {
	struct bh_cleared *cleared;
	struct bh_rect area;
	uint32_t width, height; /* of the image */
	struct bh_cleared_tile tile;
	uint32_t attachment; /* as a bit */
	atomic_uint_fast64_t *samples;
};

/* False when the item's colour is not known yet, or it is nothing to remember after all. */
static bool find_trace(struct bh_scene *scene, const struct bh_item *item, struct trace *trace)
{
	unsigned attachment = attachment_of(item);
	const struct bh_surface *surface = bh_scene_surface(scene, attachment);

	*trace = (struct trace){
		.cleared = scene->cleared[attachment],
		.width = surface->width,
		.height = surface->height,
		.tile.mask = ~0u,
		.attachment = 1u << attachment,
	};
	if (item->clear) {
		trace->area = item->clear->area;
		trace->tile.value = bh_clear_value(surface->format, item->clear, &trace->tile.mask);
	} else {
		const struct bh_draw *draw = item->chunk->draw;
		uint64_t value = atomic_load(&item->chunk->solid_value);

		if (!(value & BH_SOLID_KNOWN) || atomic_load(draw->lost))
			return false;
		trace->area = item->chunk->solid;
		trace->tile.value = (uint32_t)value;
		trace->samples = draw->samples;
	}
	return true;
}

static int32_t smaller(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

/* Whether the item has all pixels of the image that are in the tile. */
static bool has_tile(const struct trace *trace, int32_t x, int32_t y)
{
	const struct bh_rect *area = &trace->area;

	return area->x0 <= x && area->y0 <= y &&
	       area->x1 >= smaller(x + BH_TILE, (int32_t)trace->width) &&
	       area->y1 >= smaller(y + BH_TILE, (int32_t)trace->height);
}

static void leave_trace(const struct trace *trace, unsigned x, unsigned y)
{
	struct bh_cleared_tile *tile =
		&trace->cleared->tiles[(size_t)y * trace->cleared->tiles_x + x];
	int32_t left = (int32_t)x * BH_TILE, top = (int32_t)y * BH_TILE;

	tile->value = (tile->value & ~trace->tile.mask) | (trace->tile.value & trace->tile.mask);
	tile->mask |= trace->tile.mask;
	if (trace->samples)
		*trace->samples += (uint64_t)(smaller(left + BH_TILE, trace->area.x1) - left) *
				   (uint64_t)(smaller(top + BH_TILE, trace->area.y1) - top);
}

/* All of the scene's; an item without triangles leaves none. False when one is not known. */
static bool find_traces(struct bh_scene *scene, struct trace *traces, unsigned *count)
{
	*count = 0;
	for (size_t i = 0; i < scene->item_count; i++) {
		const struct bh_item *item = &scene->items[i];

		if (!item->clear && !item->chunk)
			continue;
		if (!find_trace(scene, item, &traces[*count]))
			return false;
		traces[(*count)++].cleared->any = true;
	}
	return true;
}

static bool all_have_tile(const struct trace *traces, unsigned count, int32_t x, int32_t y)
{
	for (unsigned i = 0; i < count; i++) {
		if (!has_tile(&traces[i], x, y))
			return false;
	}
	return true;
}

void bh_scene_remember(struct bh_scene *scene)
{
	unsigned tiles = scene->tiles_x * scene->tiles_y, count;
	struct trace traces[FEW_ITEMS];
	bool known;

	/* The first tile is drawn, which tells the colours. */
	bh_scene_draw_tile(scene, 0, 0);
	known = find_traces(scene, traces, &count);
	for (unsigned at = 1; at < tiles; at++) {
		unsigned x = at % scene->tiles_x, y = at / scene->tiles_x;
		uint32_t attachments = 0;

		if (!known ||
		    !all_have_tile(traces, count, (int32_t)x * BH_TILE, (int32_t)y * BH_TILE)) {
			bh_scene_draw_tile(scene, x, y);
			continue;
		}
		for (unsigned i = 0; i < count; i++) {
			leave_trace(&traces[i], x, y);
			attachments |= traces[i].attachment;
		}
		bh_scene_note_drawn(scene, x, y, attachments);
	}
}
