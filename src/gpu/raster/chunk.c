/* SPDX-License-Identifier: Apache-2.0 */
/* From what a worker set up to a chunk of the scene: vertices that are needed, and bins. */
#include "gpu/raster/front.h"

#include "base/alloc.h"

#include <string.h>

/* Fewer triangles than this a tile can test itself. */
#define UNBINNED 4

static struct bh_touched touched_by(const struct bh_triangle *triangle)
{
	return (struct bh_touched){
		(uint16_t)(triangle->area.x0 >> BH_TILE_SHIFT),
		(uint16_t)(triangle->area.y0 >> BH_TILE_SHIFT),
		(uint16_t)((triangle->area.x1 - 1) >> BH_TILE_SHIFT),
		(uint16_t)((triangle->area.y1 - 1) >> BH_TILE_SHIFT),
	};
}

/* The tiles that each triangle touches, and those that all do. */
static void find_tiles(struct bh_front_scratch *scratch, struct bh_chunk *chunk)
{
	struct bh_touched all = {UINT16_MAX, UINT16_MAX, 0, 0};

	bh_grow((void **)&scratch->touched, &scratch->touched_capacity, chunk->triangle_count,
		sizeof(*scratch->touched));
	for (uint32_t i = 0; i < chunk->triangle_count; i++) {
		struct bh_touched tiles = touched_by(&scratch->triangles[i]);

		all.x0 = tiles.x0 < all.x0 ? tiles.x0 : all.x0;
		all.y0 = tiles.y0 < all.y0 ? tiles.y0 : all.y0;
		all.x1 = tiles.x1 > all.x1 ? tiles.x1 : all.x1;
		all.y1 = tiles.y1 > all.y1 ? tiles.y1 : all.y1;
		scratch->touched[i] = tiles;
	}
	chunk->tiles = (struct bh_rect){all.x0, all.y0, all.x1 + 1, all.y1 + 1};
}

/*
 * Counts a triangle's bins, or adds it to them: `places` has one of each. Tiles count from the
 * framebuffer's first, bins from the chunk's, which is that many later.
 */
static void visit_bins(struct bh_touched tiles, uint32_t *places, size_t width, size_t skipped,
		       uint32_t *items, uint32_t triangle)
{
	for (size_t y = tiles.y0; y <= tiles.y1; y++) {
		for (size_t x = tiles.x0; x <= tiles.x1; x++) {
			uint32_t at = places[y * width + x - skipped]++;

			if (items)
				items[at] = triangle;
		}
	}
}

static void sort_into_bins(struct bh_front_scratch *scratch, struct bh_chunk *chunk,
			   struct bh_bump *memory)
{
	const struct bh_rect *all = &chunk->tiles;
	size_t width = (size_t)(all->x1 - all->x0), count = width * (size_t)(all->y1 - all->y0);
	size_t skipped = (size_t)all->y0 * width + (size_t)all->x0;
	const struct bh_touched *touched = scratch->touched;
	uint32_t *bins, *items;

	if (chunk->triangle_count <= UNBINNED || count == 1)
		return;
	bins = bh_bump_alloc(memory, (count + 2) * sizeof(*bins));
	memset(bins, 0, (count + 2) * sizeof(*bins));
	/* Counted two places further on, so that the sums are the bins' ends while they fill. */
	for (uint32_t i = 0; i < chunk->triangle_count; i++)
		visit_bins(touched[i], bins + 2, width, skipped, NULL, i);
	for (size_t i = 2; i < count + 2; i++)
		bins[i] += bins[i - 1];
	items = bh_bump_alloc(memory, bins[count + 1] * sizeof(*items));
	for (uint32_t i = 0; i < chunk->triangle_count; i++)
		visit_bins(touched[i], bins + 1, width, skipped, items, i);
	chunk->bins = bins;
	chunk->bin_items = items;
}

/* Numbers the vertices that triangles have; returns how many they are. */
static uint32_t number_vertices(const struct bh_front *front, struct bh_front_scratch *scratch,
				struct bh_chunk *chunk)
{
	size_t room = scratch->vertex_count + front->lanes;
	uint32_t count = 0;

	bh_grow((void **)&scratch->kept, &scratch->kept_capacity, room, sizeof(*scratch->kept));
	bh_grow((void **)&scratch->numbers, &scratch->number_capacity, room,
		sizeof(*scratch->numbers));
	memset(scratch->kept, 0, room);
	for (uint32_t i = 0; i < chunk->triangle_count; i++) {
		const struct bh_triangle *triangle = &scratch->triangles[i];

		for (unsigned k = 0; k < 3; k++)
			scratch->kept[triangle->vertex[k]] = 1;
		scratch->kept[triangle->provoking] = 1;
	}
	for (size_t i = 0; i < room; i++) {
		scratch->numbers[i] = count;
		count += scratch->kept[i];
	}
	for (uint32_t i = 0; i < chunk->triangle_count; i++) {
		struct bh_triangle *triangle = &chunk->triangles[i];

		*triangle = scratch->triangles[i];
		for (unsigned k = 0; k < 3; k++)
			triangle->vertex[k] = scratch->numbers[triangle->vertex[k]];
		triangle->provoking = scratch->numbers[triangle->provoking];
	}
	return count;
}

/* Culled triangles leave vertices that nobody needs: the others move together. */
static void keep_vertices(const struct bh_front *front, struct bh_front_scratch *scratch,
			  struct bh_chunk *chunk, struct bh_bump *memory)
{
	size_t floats = front->draw->vertex_floats;
	uint32_t first = 0, count = number_vertices(front, scratch, chunk);

	chunk->vertices = bh_bump_alloc(memory, ((size_t)count + 1) * floats * sizeof(float));
	if (front->simple) {
		for (uint32_t i = 0; i < scratch->id_count; i += front->lanes)
			front->scene->kernels->store_vertices(
				front, bh_front_group(front, scratch, i), &scratch->numbers[i],
				chunk->vertices);
		first = scratch->id_count;
	}
	for (size_t i = first; i < scratch->vertex_count; i++) {
		const float *from = &scratch->records[i * floats];
		float *to = &chunk->vertices[scratch->numbers[i] * floats];

		/* Four at a time: there are never fewer. */
		for (size_t k = 0; scratch->kept[i] && k < floats; k += 4)
			memcpy(&to[k], &from[k], 4 * sizeof(float));
	}
}

static struct bh_chunk *make_chunk(const struct bh_front *front, struct bh_front_scratch *scratch,
				   struct bh_bump *memory)
{
	size_t triangle_bytes = scratch->triangle_count * sizeof(struct bh_triangle);
	struct bh_chunk *chunk = bh_bump_alloc(memory, sizeof(*chunk));

	memset(chunk, 0, sizeof(*chunk));
	chunk->draw = front->draw;
	chunk->triangles = bh_bump_alloc(memory, triangle_bytes);
	chunk->triangle_count = (uint32_t)scratch->triangle_count;
	keep_vertices(front, scratch, chunk, memory);
	find_tiles(scratch, chunk);
	sort_into_bins(scratch, chunk, memory);
	bh_chunk_find_solid(chunk);
	return chunk;
}

/* Which tiles have triangles: many of a chunk that is all over the screen have none. */
static void find_occupied(struct bh_item *item)
{
	const struct bh_rect *tiles = &item->tiles;
	size_t count = (size_t)(tiles->x1 - tiles->x0) * (size_t)(tiles->y1 - tiles->y0);
	const uint32_t *bins = item->chunk->bins;

	while (count > 64ull << item->occupied_shift)
		item->occupied_shift++;
	item->occupied = bins ? 0 : UINT64_MAX;
	for (size_t i = 0; bins && i < count; i++)
		item->occupied |= (uint64_t)(bins[i] != bins[i + 1]) << (i >> item->occupied_shift);
}

void bh_front_finish_chunk(struct bh_front *front, struct bh_front_scratch *scratch, size_t item,
			   unsigned worker)
{
	atomic_fetch_add(&front->vertices, scratch->id_count);
	atomic_fetch_add(&front->triangles, scratch->triangle_count);
	if (scratch->triangle_count) {
		struct bh_item *place = &front->scene->items[front->first_item + item];

		place->chunk = make_chunk(front, scratch, &front->scene->memory[worker]);
		place->tiles = place->chunk->tiles;
		find_occupied(place);
	}
}
