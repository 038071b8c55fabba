/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/raster/scene.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

void bh_scene_init(struct bh_scene *scene)
{
	memset(scene, 0, sizeof(*scene));
}

void bh_scene_finish(struct bh_scene *scene)
{
	bh_scene_release(scene);
	for (unsigned i = 0; i < BH_WORKERS_MAX; i++)
		bh_bump_finish(&scene->memory[i]);
	bh_bump_finish(&scene->state);
	free(scene->items);
	free(scene->uses);
}

struct bh_surface *bh_scene_surface(struct bh_scene *scene, unsigned attachment)
{
	return attachment == BH_ATTACHMENT_DEPTH ? &scene->framebuffer.depth
						 : &scene->framebuffer.colors[attachment];
}

/* Only where one surface is the one way to the texels. */
static struct bh_cleared *find_cleared(struct bh_scene *scene, unsigned attachment)
{
	const struct bh_surface *surface = bh_scene_surface(scene, attachment);
	struct bh_resource *resource = surface->resource;

	if (!resource || scene->framebuffer.most_layers > 1 ||
	    surface->data != bh_resource_texel(resource, 0, 0, 0, 0))
		return NULL;
	for (unsigned i = 0; i < BH_ATTACHMENTS_MAX; i++) {
		if (i != attachment && bh_scene_surface(scene, i)->resource == resource)
			return NULL;
	}
	return bh_cleared_of(resource);
}

/* Where the depth image is only written by depth tests, and a pixel has one depth. */
static bool may_be_coarse(const struct bh_framebuffer *fb)
{
	const struct bh_surface *depth = &fb->depth;

	if (!depth->resource || depth->samples > 1 || !depth->format->depth_bits ||
	    (depth->format->depth_bits == 32 && !depth->format->depth_float))
		return false;
	for (unsigned i = 0; i < fb->color_count; i++) {
		if (fb->colors[i].resource == depth->resource)
			return false;
	}
	return true;
}

void bh_scene_begin(struct bh_scene *scene, const struct bh_framebuffer *framebuffer,
		    const struct bh_kernels *kernels, uint64_t number)
{
	bh_scene_release(scene);
	for (unsigned i = 0; i < BH_WORKERS_MAX; i++)
		bh_bump_reset(&scene->memory[i]);
	bh_bump_reset(&scene->state);
	scene->framebuffer = *framebuffer;
	scene->kernels = kernels;
	scene->tiles_x = (framebuffer->width + BH_TILE - 1) >> BH_TILE_SHIFT;
	scene->tiles_y = (framebuffer->height + BH_TILE - 1) >> BH_TILE_SHIFT;
	scene->item_count = 0;
	scene->number = number;
	scene->written = scene->sampled = 0;
	for (unsigned i = 0; i < framebuffer->color_count; i++) {
		if (framebuffer->colors[i].resource)
			bh_scene_use(scene, framebuffer->colors[i].resource, true);
	}
	if (framebuffer->depth.resource)
		bh_scene_use(scene, framebuffer->depth.resource, true);
	for (unsigned i = 0; i < BH_ATTACHMENTS_MAX; i++)
		scene->cleared[i] = find_cleared(scene, i);
	scene->coarse = may_be_coarse(framebuffer);
}

struct bh_item *bh_scene_add(struct bh_scene *scene, size_t count)
{
	struct bh_item *items;

	bh_grow((void **)&scene->items, &scene->item_capacity, scene->item_count + count,
		sizeof(*scene->items));
	items = &scene->items[scene->item_count];
	memset(items, 0, count * sizeof(*items));
	scene->item_count += count;
	return items;
}

void bh_scene_use(struct bh_scene *scene, struct bh_resource *resource, bool written)
{
	if (resource->scene != scene->number) {
		/* What the scene before, perhaps not drawn yet, wrote still counts. */
		resource->written = resource->written && resource->scene + 1 == scene->number;
		resource->scene = scene->number;
		bh_grow((void **)&scene->uses, &scene->use_capacity, scene->use_count + 1,
			sizeof(struct bh_resource *));
		scene->uses[scene->use_count++] = bh_resource_ref(resource);
	}
	resource->written |= written;
}

static bool is_remembered(const struct bh_scene *scene, const struct bh_cleared *cleared)
{
	for (unsigned i = 0; i < BH_ATTACHMENTS_MAX; i++) {
		if (scene->cleared[i] == cleared)
			return true;
	}
	return false;
}

static void settle_row(void *data, size_t item, unsigned worker)
{
	(void)worker;
	bh_cleared_settle_row(data, (uint32_t)item);
}

/* An image of so many bytes is worth waking somebody up to help. */
#define SHARED_BYTES (1u << 20)

static void settle_texture(struct bh_resource *resource, struct bh_pool *pool)
{
	struct bh_job job = {
		.run = settle_row, .data = resource, .count = resource->cleared->tiles_y};

	if (!resource->cleared->any)
		return;
	if (bh_pool_threads(pool) == 1 || resource->size < SHARED_BYTES) {
		bh_cleared_settle(resource);
		return;
	}
	bh_pool_start(pool, &job, true);
	bh_pool_wait(pool, &job);
	resource->cleared->any = false;
}

void bh_scene_settle_textures(struct bh_scene *scene, struct bh_pool *pool)
{
	for (size_t i = 0; i < scene->use_count; i++) {
		struct bh_resource *resource = scene->uses[i];

		if (resource->cleared && !is_remembered(scene, resource->cleared))
			settle_texture(resource, pool);
	}
}

void bh_scene_release(struct bh_scene *scene)
{
	for (size_t i = 0; i < scene->use_count; i++)
		bh_resource_unref(scene->uses[i]);
	scene->use_count = 0;
}

void bh_scene_watch(struct bh_scene *scene)
{
	scene->watched = scene->looked_at = 0;
	/* Whose tiles are not told what is written. */
	for (unsigned i = 0; i < BH_ATTACHMENTS_MAX; i++) {
		struct bh_resource *resource = bh_scene_surface(scene, i)->resource;

		if (resource && !scene->cleared[i])
			bh_cleared_forget_all(resource);
	}
	for (unsigned i = 0; i < scene->framebuffer.color_count; i++) {
		const struct bh_surface *surface = &scene->framebuffer.colors[i];

		/* Of other levels and layers nothing is shown. */
		if (!surface->resource || !surface->resource->damage ||
		    surface->data != bh_resource_texel(surface->resource, 0, 0, 0, 0))
			continue;
		scene->watched |= 1u << i;
		if (bh_damage_begin_scene(surface->resource->damage))
			scene->looked_at |= 1u << i;
	}
}

static void to_layer(struct bh_surface *surface, uint32_t layer)
{
	if (surface->resource && layer < surface->layers)
		surface->data += surface->layer_stride;
	else
		surface->resource = NULL;
}

static uint32_t draw_layers(const struct bh_scene *scene, unsigned tile_x, unsigned tile_y)
{
	struct bh_framebuffer layer = scene->framebuffer;
	uint32_t drawn = 0;

	for (;;) {
		drawn |= scene->kernels->draw_tile(scene, &layer, tile_x, tile_y);
		if (++layer.layer >= layer.most_layers)
			return drawn;
		for (unsigned i = 0; i < layer.color_count; i++)
			to_layer(&layer.colors[i], layer.layer);
		to_layer(&layer.depth, layer.layer);
	}
}

void bh_scene_note_drawn(const struct bh_scene *scene, unsigned tile_x, unsigned tile_y,
			 uint32_t attachments)
{
	for (uint32_t left = attachments & scene->watched; left; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctz(left);

		bh_damage_drawn(scene->framebuffer.colors[i].resource, tile_x, tile_y,
				scene->looked_at >> i & 1);
	}
}

void bh_scene_draw_tile(const struct bh_scene *scene, unsigned tile_x, unsigned tile_y)
{
	uint32_t drawn;

	if (scene->framebuffer.most_layers > 1)
		drawn = draw_layers(scene, tile_x, tile_y);
	else
		drawn = scene->kernels->draw_tile(scene, &scene->framebuffer, tile_x, tile_y);
	bh_scene_note_drawn(scene, tile_x, tile_y, drawn);
}

size_t bh_scene_memory(const struct bh_scene *scene)
{
	size_t total = scene->state.total;

	for (unsigned i = 0; i < BH_WORKERS_MAX; i++)
		total += scene->memory[i].total;
	return total;
}
