/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/inspect/private.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <time.h>

#define STEPS_MAX 20000
#define WORDS_MAX 24 /* of a command's arguments that a page shows */

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* One command's drawing, tile by tile. */
struct stepping {
	struct bh_capture *capture;
	int target;
	json_t *tiles;
	uint64_t began, total;
};

static void on_tile(void *data, unsigned tile_x, unsigned tile_y, bool drawn)
{
	struct stepping *step = data;
	const struct bh_inspected_target *target = &step->capture->targets.items[step->target];
	struct bh_rect area = {
		.x0 = (int32_t)(tile_x * BH_TILE),
		.y0 = (int32_t)(tile_y * BH_TILE),
		.x1 = (int32_t)((tile_x + 1) * BH_TILE),
		.y1 = (int32_t)((tile_y + 1) * BH_TILE),
	};
	uint64_t time;
	json_t *tile;

	if (!drawn) {
		step->began = now();
		return;
	}
	time = now() - step->began;
	step->total += time;
	area.x1 = area.x1 < (int32_t)target->width ? area.x1 : (int32_t)target->width;
	area.y1 = area.y1 < (int32_t)target->height ? area.y1 : (int32_t)target->height;
	tile = bh_inspect_changes(step->capture, step->target, &area);
	if (!tile)
		return;
	json_object_set_new(tile, "ns", json_integer((json_int_t)time));
	json_array_append_new(step->tiles, tile);
}

/* What a clear or a draw left in the scene is drawn now, and becomes part of its step. */
static void add_drawing(struct bh_capture *capture, struct bh_context *context, json_t *step,
			uint32_t number, const struct bh_command_args *args)
{
	const struct bh_scene *scene = bh_renderer_scene(&capture->gpu->renderer);
	struct stepping stepping = {.capture = capture};

	if (!scene || !scene->item_count)
		return;
	bh_renderer_settle(&capture->gpu->renderer);
	stepping.target = bh_inspect_target(capture, &scene->framebuffer);
	if (stepping.target < 0)
		return;
	json_object_set_new(step, "state",
			    bh_inspect_state(context, number == BH_CMD_DRAW ? args : NULL));
	if (number == BH_CMD_DRAW) {
		const struct bh_stage_state *stages = context->sub->stages;

		json_object_set_new(step, "geometry", bh_inspect_geometry(scene));
		json_object_set_new(step, "fused", json_integer(bh_inspect_fused(capture, scene)));
		json_object_set_new(
			step, "shaders",
			json_pack("[i,i]",
				  bh_inspect_shader(capture, stages[BH_STAGE_VERTEX].shader),
				  bh_inspect_shader(capture, stages[BH_STAGE_FRAGMENT].shader)));
	}
	stepping.tiles = json_array();
	bh_renderer_step(&capture->gpu->renderer, on_tile, &stepping);
	json_object_set_new(step, "target", json_integer(stepping.target));
	json_object_set_new(step, "tiles", stepping.tiles);
	json_object_set_new(step, "backNs", json_integer((json_int_t)stepping.total));
}

static json_t *words_of(const struct bh_command_args *args)
{
	json_t *words = json_array();

	for (uint32_t i = 0; i < args->count && i < WORDS_MAX; i++)
		json_array_append_new(words, json_integer(args->args[i]));
	return words;
}

static bool names_an_object(uint32_t number)
{
	return number == BH_CMD_CREATE_OBJECT || number == BH_CMD_BIND_OBJECT ||
	       number == BH_CMD_DESTROY_OBJECT;
}

static void on_command(struct bh_observer *observer, struct bh_context *context, uint32_t number,
		       const struct bh_command_args *args)
{
	struct bh_capture *capture = (struct bh_capture *)observer;
	uint64_t time = now() - capture->since;
	json_t *step;

	if (number == BH_CMD_CREATE_OBJECT && args->object == BH_OBJECT_SHADER)
		bh_inspect_shader_text(capture, context, args);
	if (!capture->active)
		return;
	if (json_array_size(capture->steps) >= STEPS_MAX) {
		capture->cut = true;
		return;
	}
	step = json_pack("{s:i,s:s,s:i,s:o,s:I}", "command", (int)number, "name",
			 bh_command_name(number), "count", (int)args->count, "words",
			 words_of(args), "frontNs", (json_int_t)time);
	if (names_an_object(number))
		json_object_set_new(step, "object", json_string(bh_object_type_name(args->object)));
	add_drawing(capture, context, step, number, args);
	json_array_append_new(capture->steps, step);
	capture->since = now();
}

struct bh_capture *bh_capture_create(struct bh_gpu *gpu)
{
	struct bh_capture *capture = bh_alloc(sizeof(*capture));

	capture->observer.command = on_command;
	capture->gpu = gpu;
	capture->steps = json_array();
	capture->target_list = json_array();
	capture->shader_list = json_array();
	capture->variant_list = json_array();
	gpu->observer = &capture->observer;
	return capture;
}

void bh_capture_destroy(struct bh_capture *capture)
{
	if (!capture)
		return;
	capture->gpu->observer = NULL;
	for (size_t i = 0; i < capture->shaders.count; i++)
		bh_buf_finish(&capture->shaders.items[i].text);
	for (size_t i = 0; i < capture->targets.count; i++) {
		struct bh_inspected_target *target = &capture->targets.items[i];

		bh_resource_unref(target->color.resource);
		bh_resource_unref(target->depth.resource);
		free(target->pixels);
		free(target->depths);
	}
	for (size_t i = 0; i < capture->patches.count; i++)
		free(capture->patches.items[i].depths);
	free(capture->shaders.items);
	free(capture->targets.items);
	free(capture->patches.items);
	free(capture->variants.items);
	json_decref(capture->steps);
	json_decref(capture->target_list);
	json_decref(capture->shader_list);
	json_decref(capture->variant_list);
	free(capture);
}

void bh_capture_start(struct bh_capture *capture)
{
	/* Nothing of what came before is drawn in the first step. */
	bh_renderer_wait(&capture->gpu->renderer);
	capture->active = true;
	capture->since = now();
}

void bh_capture_stop(struct bh_capture *capture)
{
	capture->active = false;
	bh_inspect_finish_depths(capture);
}
