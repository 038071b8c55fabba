/* SPDX-License-Identifier: Apache-2.0 */
/* Pixels for those who look: rectangles as they are asked for, and screens, which want changes. */
#include "gpu/gpu.h"

#include "base/alloc.h"
#include "gpu/texture/damage.h"
#include "gpu/virgl/context.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define TILE BH_DAMAGE_TILE
/* Rectangles of more bytes are cut between rows of tiles; a row of tiles has at most 2 MiB. */
#define RECT_BYTES_MAX (14u << 20)
/* From so many bytes on it is worth to wake somebody who helps. */
#define BYTES_TO_SHARE (1u << 20)
#define RUNS_MAX       (BH_TEXTURE_SIZE_MAX / TILE / 2 + 1)

struct bh_gpu_screen {
	uint32_t width, height;
	uint32_t x, y;             /* of its first pixel in the image */
	uint32_t tiles_x, tiles_y; /* at most, wherever that pixel is in its tile */
	struct bh_damage_tile tiles[];
};

struct bh_gpu_screen *bh_gpu_screen_create(uint32_t width, uint32_t height)
{
	struct bh_gpu_screen *screen;
	uint32_t x, y;

	if (!width || width > BH_TEXTURE_SIZE_MAX || !height || height > BH_TEXTURE_SIZE_MAX)
		return NULL;
	x = (width + TILE - 1) / TILE + 1;
	y = (height + TILE - 1) / TILE + 1;
	screen = bh_alloc(sizeof(*screen) + (size_t)x * y * sizeof(screen->tiles[0]));
	screen->width = width;
	screen->height = height;
	screen->tiles_x = x;
	screen->tiles_y = y;
	return screen;
}

void bh_gpu_screen_destroy(struct bh_gpu_screen *screen)
{
	free(screen);
}

void bh_gpu_screen_forget(struct bh_gpu_screen *screen)
{
	memset(screen->tiles, 0,
	       (size_t)screen->tiles_x * screen->tiles_y * sizeof(screen->tiles[0]));
}

/* B8G8R8A8 and B8G8R8X8 are what displays want. */
static void convert_row(const struct bh_format *format, const uint8_t *from, uint8_t *to,
			uint32_t width)
{
	if (format->number <= 2) {
		memcpy(to, from, (size_t)width * 4);
		return;
	}
	for (uint32_t i = 0; i < width; i++, from += format->bytes, to += 4) {
		float rgba[4];

		bh_format_fetch_linear(format, from, rgba);
		bh_format_pack(bh_format_get(1), rgba, 15, to);
	}
}

/* NULL: it is not an image with colours that has the rectangle. */
static struct bh_resource *find_image(const struct bh_gpu *gpu, uint32_t handle,
				      const struct bh_gpu_box *box)
{
	struct bh_resource *resource = bh_table_get(&gpu->resources, handle);

	if (!resource || bh_resource_is_buffer(resource) ||
	    !bh_resource_has_box(resource, 0, box) || bh_format_is_depth(resource->format))
		return NULL;
	return resource;
}

int bh_gpu_read_pixels(struct bh_gpu *gpu, uint32_t handle, uint32_t x, uint32_t y, uint32_t w,
		       uint32_t h, void *pixels, size_t stride)
{
	struct bh_gpu_box box = {x, y, 0, w, h, 1};
	struct bh_resource *resource = find_image(gpu, handle, &box);

	if (!resource)
		return -EINVAL;
	bh_renderer_touch(&gpu->renderer, resource, false);
	for (uint32_t row = 0; row < h; row++)
		convert_row(resource->format, bh_resource_texel(resource, 0, x, y + row, 0),
			    (uint8_t *)pixels + row * stride, w);
	return 0;
}

/* Somebody looks at a part of an image: x1 and y1 are outside, all in the image's pixels. */
struct show {
	struct bh_gpu *gpu;
	struct bh_gpu_screen *screen;
	struct bh_resource *resource;
	bool digests; /* the image has some */
	uint32_t x0, y0, x1, y1;
	bh_gpu_room_fn *room;
	void *data;
};

/* Tiles side by side, as pixels. */
struct run {
	uint32_t x0, x1;
};

struct runs {
	unsigned count;
	uint32_t y0, y1;
	struct run items[RUNS_MAX];
};

static const struct bh_cleared_tile *cleared_at(const struct bh_resource *resource, uint32_t x,
						uint32_t y)
{
	const struct bh_cleared *cleared = resource->cleared;

	return cleared ? &cleared->tiles[(size_t)y * cleared->tiles_x + x] : NULL;
}

static bool is_one_value(const struct bh_cleared_tile *tile)
{
	return tile && tile->mask == UINT32_MAX;
}

/* A rectangle on its way out: where the pixels of the image go. */
struct copying {
	struct bh_resource *resource;
	uint32_t x0, y0, x1, y1;
	uint8_t *to;
};

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* What a tile's clear says, without looking into memory. */
static void fill_value(const struct copying *c, uint32_t x, uint32_t y, uint32_t width,
		       uint32_t rows, uint32_t value)
{
	uint8_t *to = c->to + ((size_t)(y - c->y0) * (c->x1 - c->x0) + (x - c->x0)) * 4;
	uint32_t pixel;

	convert_row(c->resource->format, (const uint8_t *)&value, (uint8_t *)&pixel, 1);
	for (uint32_t row = 0; row < rows; row++, to += (size_t)(c->x1 - c->x0) * 4) {
		for (uint32_t i = 0; i < width; i++)
			memcpy(to + (size_t)i * 4, &pixel, 4);
	}
}

static void copy_texels(const struct copying *c, uint32_t x, uint32_t y, uint32_t width,
			uint32_t rows)
{
	for (uint32_t row = y; row < y + rows; row++)
		convert_row(c->resource->format, bh_resource_texel(c->resource, 0, x, row, 0),
			    c->to + ((size_t)(row - c->y0) * (c->x1 - c->x0) + (x - c->x0)) * 4,
			    width);
}

/* A row of tiles. */
static void copy_band(void *data, size_t item, unsigned worker)
{
	const struct copying *c = data;
	uint32_t tile_y = c->y0 / TILE + (uint32_t)item;
	uint32_t y = larger(c->y0, tile_y * TILE), end;
	uint32_t rows = smaller(c->y1, (tile_y + 1) * TILE) - y;

	(void)worker;
	for (uint32_t x = c->x0; x < c->x1; x = end) {
		const struct bh_cleared_tile *tile = cleared_at(c->resource, x / TILE, tile_y);

		end = smaller(c->x1, (x / TILE + 1) * TILE);
		if (is_one_value(tile)) {
			fill_value(c, x, y, end - x, rows, tile->value);
			continue;
		}
		while (end < c->x1 && !is_one_value(cleared_at(c->resource, end / TILE, tile_y)))
			end = smaller(c->x1, end + TILE);
		copy_texels(c, x, y, end - x, rows);
	}
}

static void copy_pixels(struct bh_gpu *gpu, struct copying *c)
{
	struct bh_pool *pool = gpu->renderer.pool;
	struct bh_job job = {
		.run = copy_band,
		.data = c,
		.count = (c->y1 - 1) / TILE - c->y0 / TILE + 1,
	};

	if ((uint64_t)(c->x1 - c->x0) * (c->y1 - c->y0) * 4 < BYTES_TO_SHARE ||
	    bh_pool_threads(pool) == 1) {
		for (size_t i = 0; i < job.count; i++)
			copy_band(c, i, 0);
		return;
	}
	bh_pool_start(pool, &job, true);
	bh_pool_wait(pool, &job);
}

static struct bh_damage_tile *shown_at(const struct show *show, uint32_t tile_x, uint32_t tile_y)
{
	struct bh_gpu_screen *screen = show->screen;

	return &screen->tiles[(size_t)(tile_y - screen->y / TILE) * screen->tiles_x +
			      (tile_x - screen->x / TILE)];
}

/* Whether all that the screen has of a tile is in the part. */
static bool is_whole(const struct show *show, uint32_t tile_x, uint32_t tile_y)
{
	const struct bh_gpu_screen *screen = show->screen;

	return show->x0 <= larger(screen->x, tile_x * TILE) &&
	       show->y0 <= larger(screen->y, tile_y * TILE) &&
	       show->x1 >= smaller(screen->x + screen->width, (tile_x + 1) * TILE) &&
	       show->y1 >= smaller(screen->y + screen->height, (tile_y + 1) * TILE);
}

static void send_run(const struct show *show, const struct run *run, uint32_t y0, uint32_t y1)
{
	struct bh_gpu_rect rect = {run->x0 - show->screen->x, y0 - show->screen->y,
				   run->x1 - run->x0, y1 - y0};
	struct copying copying = {show->resource, run->x0, y0, run->x1, y1, NULL};

	copying.to = show->room(show->data, &rect);
	if (!copying.to)
		return; /* the screen goes on to show what it did */
	copy_pixels(show->gpu, &copying);
	for (uint32_t y = y0 / TILE; y <= (y1 - 1) / TILE; y++) {
		for (uint32_t x = run->x0 / TILE; x <= (run->x1 - 1) / TILE; x++) {
			struct bh_damage_tile *shown = shown_at(show, x, y);

			shown->known = show->digests && is_whole(show, x, y);
			if (shown->known)
				shown->digest = bh_damage_look(show->resource, x, y);
		}
	}
}

static void send_runs(const struct show *show, const struct runs *runs)
{
	for (unsigned i = 0; i < runs->count; i++)
		send_run(show, &runs->items[i], runs->y0, runs->y1);
}

static bool differs(const struct show *show, uint32_t tile_x, uint32_t tile_y)
{
	const struct bh_cleared_tile *clear = cleared_at(show->resource, tile_x, tile_y);
	const struct bh_damage_tile *shown = shown_at(show, tile_x, tile_y);

	/* What is copied is either all in memory or all in the clear. */
	if (clear && clear->mask && !is_one_value(clear))
		bh_cleared_settle_tile(show->resource, tile_x, tile_y);
	return !show->digests || !shown->known ||
	       shown->digest != bh_damage_look(show->resource, tile_x, tile_y);
}

/* What is to be sent of a row of tiles. */
static void find_runs(const struct show *show, uint32_t tile_y, struct runs *runs)
{
	runs->count = 0;
	runs->y0 = larger(show->y0, tile_y * TILE);
	runs->y1 = smaller(show->y1, (tile_y + 1) * TILE);
	for (uint32_t x = show->x0 / TILE; x <= (show->x1 - 1) / TILE; x++) {
		uint32_t x0 = larger(show->x0, x * TILE), x1 = smaller(show->x1, (x + 1) * TILE);

		if (!differs(show, x, tile_y))
			continue;
		if (runs->count && runs->items[runs->count - 1].x1 == x0)
			runs->items[runs->count - 1].x1 = x1;
		else
			runs->items[runs->count++] = (struct run){x0, x1};
	}
}

/* Whether a row of tiles goes on with the rectangles of those above it. */
static bool goes_on(const struct runs *above, const struct runs *runs)
{
	uint64_t bytes = 0;

	if (above->count != runs->count)
		return false;
	for (unsigned i = 0; i < runs->count; i++) {
		const struct run *run = &runs->items[i];

		if (above->items[i].x0 != run->x0 || above->items[i].x1 != run->x1)
			return false;
		bytes += (uint64_t)(run->x1 - run->x0) * (runs->y1 - above->y0) * 4;
	}
	return bytes <= RECT_BYTES_MAX;
}

static void show_part(const struct show *show)
{
	struct runs runs[2] = {{0}}, *above = &runs[0], *now = &runs[1];

	for (uint32_t y = show->y0 / TILE; y <= (show->y1 - 1) / TILE; y++) {
		struct runs *before = above;

		find_runs(show, y, now);
		if (goes_on(above, now)) {
			above->y1 = now->y1;
			continue;
		}
		send_runs(show, above);
		above = now;
		now = before;
	}
	send_runs(show, above);
}

/* Of its own life time; the library's users must not guess it. */
static const struct bh_damage_key *damage_key(struct bh_gpu *gpu)
{
	uint8_t *bytes;

	if (gpu->damage_key)
		return gpu->damage_key;
	gpu->damage_key = bh_alloc(sizeof(*gpu->damage_key));
	bytes = (uint8_t *)gpu->damage_key;
	for (size_t done = 0; done < sizeof(*gpu->damage_key);) {
		ssize_t got = getrandom(bytes + done, sizeof(*gpu->damage_key) - done, 0);

		if (got > 0)
			done += (size_t)got;
		else if (errno != EINTR)
			abort();
	}
	return gpu->damage_key;
}

int bh_gpu_screen_show(struct bh_gpu *gpu, struct bh_gpu_screen *screen, uint32_t handle,
		       uint32_t x, uint32_t y, const struct bh_gpu_rect *part, bh_gpu_room_fn *room,
		       void *data)
{
	struct bh_gpu_box box = {x, y, 0, screen->width, screen->height, 1};
	struct show show = {
		.gpu = gpu,
		.screen = screen,
		.resource = find_image(gpu, handle, &box),
		.x0 = x + part->x,
		.y0 = y + part->y,
		.x1 = x + part->x + part->w,
		.y1 = y + part->y + part->h,
		.room = room,
		.data = data,
	};
	struct bh_damage *damage;

	if (!show.resource || !part->w || part->x >= screen->width ||
	    part->w > screen->width - part->x || !part->h || part->y >= screen->height ||
	    part->h > screen->height - part->y)
		return -EINVAL;
	bh_renderer_order(&gpu->renderer, show.resource, false);
	damage = bh_damage_of(show.resource, damage_key(gpu));
	show.digests = damage != NULL;
	if (damage)
		bh_damage_show(damage);
	/* Tiles begin elsewhere. */
	if (screen->x != x || screen->y != y)
		bh_gpu_screen_forget(screen);
	screen->x = x;
	screen->y = y;
	show_part(&show);
	return 0;
}
