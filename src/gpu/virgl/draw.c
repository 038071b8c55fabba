/* SPDX-License-Identifier: Apache-2.0 */
/* CLEAR and DRAW_VBO: bound state becomes a call of the renderer. */
#include "gpu/virgl/context.h"

#include <errno.h>
#include <string.h>

static struct bh_renderer *renderer_of(const struct bh_context *context)
{
	return &context->gpu->renderer;
}

static void clear_target(struct bh_context *context, unsigned target, const struct bh_rect *area,
			 const float rgba[4])
{
	const struct bh_surface *surface = &context->sub->framebuffer.colors[target];
	struct bh_clear clear = {.area = *area, .color = true, .target = target};
	float color[4];

	memcpy(color, rgba, sizeof(color));
	bh_format_encode(surface->format, color);
	bh_format_pack(surface->format, color, 15, (uint8_t *)clear.color_value);
	bh_renderer_clear(renderer_of(context), &clear);
}

int bh_cmd_clear(struct bh_context *context, const struct bh_command_args *command)
{
	const struct bh_framebuffer *framebuffer = &context->sub->framebuffer;
	struct bh_rect area = {0, 0, (int32_t)framebuffer->width, (int32_t)framebuffer->height};
	const struct bh_format *format = framebuffer->depth.format;
	uint32_t buffers = command->args[0];
	float rgba[4];
	double depth;

	memcpy(rgba, &command->args[1], sizeof(rgba));
	memcpy(&depth, &command->args[5], sizeof(depth));
	if (!area.x1 || !area.y1 || !bh_condition_holds(context))
		return 0;
	bh_renderer_begin(renderer_of(context), framebuffer);
	for (unsigned i = 0; i < framebuffer->color_count; i++) {
		if (framebuffer->colors[i].resource && buffers & BH_CLEAR_COLOR0 << i)
			clear_target(context, i, &area, rgba);
	}
	if (framebuffer->depth.resource && buffers & (BH_CLEAR_DEPTH | BH_CLEAR_STENCIL)) {
		struct bh_clear clear = {
			.area = area,
			.depth = buffers & BH_CLEAR_DEPTH && format->depth_bits,
			.stencil = buffers & BH_CLEAR_STENCIL && format->stencil_bits,
			.stencil_value = (uint8_t)command->args[7],
		};

		if (clear.depth)
			clear.depth_value = bh_format_depth_bits(format, depth);
		if (clear.depth || clear.stencil)
			bh_renderer_clear(renderer_of(context), &clear);
	}
	return 0;
}

/* Copies of the bound textures that live as long as the scene. */
static void fill_views(struct bh_context *context, enum bh_stage stage)
{
	struct bh_stage_state *state = &context->sub->stages[stage];
	struct bh_renderer *renderer = renderer_of(context);
	uint32_t used = bh_shader_info(state->shader->shader)->samplers_used;
	const struct bh_texture_view **views;

	if (!state->views_changed && state->views_scene == renderer->number)
		return;
	views = bh_renderer_alloc(renderer,
				  BH_SHADER_SAMPLERS_MAX * sizeof(struct bh_texture_view *));
	for (unsigned i = 0; i < BH_SHADER_SAMPLERS_MAX; i++) {
		const struct bh_view_object *object = state->views[i];
		struct bh_texture_view *view;

		views[i] = NULL;
		if (!object || !(used >> i & 1))
			continue;
		view = bh_renderer_alloc(renderer, sizeof(*view));
		*view = object->view;
		view->sampler = state->samplers[i];
		bh_texture_view_finish(view);
		views[i] = view;
		if (stage == BH_STAGE_FRAGMENT)
			bh_renderer_use(renderer, object->resource);
	}
	state->scene_views = views;
	state->views_scene = renderer->number;
	state->views_changed = false;
}

static void fill_stage(struct bh_context *context, enum bh_stage stage, struct bh_draw_call *call)
{
	const struct bh_stage_state *state = &context->sub->stages[stage];

	fill_views(context, stage);
	bh_fill_constants(context, stage);
	call->textures[stage] = state->scene_views;
	call->constants[stage] = state->scene_constants;
}

/* Programs of vertices run now: what they read must have been drawn. */
static void touch_stage(struct bh_context *context, enum bh_stage stage)
{
	const struct bh_stage_state *state = &context->sub->stages[stage];
	uint32_t used;

	if (!state->shader || !state->shader->shader)
		return;
	used = bh_shader_info(state->shader->shader)->samplers_used;
	for (unsigned i = 0; i < BH_SHADER_SAMPLERS_MAX; i++) {
		if (used >> i & 1 && state->views[i])
			bh_renderer_touch(renderer_of(context), state->views[i]->resource, false);
	}
	for (unsigned i = 0; i < BH_SHADER_BUFFERS_MAX; i++) {
		if (state->uniforms[i].resource)
			bh_renderer_touch(renderer_of(context), state->uniforms[i].resource, false);
	}
}

static void touch_vertex_inputs(struct bh_context *context, bool indexed)
{
	const struct bh_sub_context *sub = context->sub;

	touch_stage(context, BH_STAGE_VERTEX);
	touch_stage(context, BH_STAGE_GEOMETRY);
	for (unsigned i = 0; i < sub->elements.count; i++) {
		struct bh_resource *resource = sub->buffers[sub->elements.items[i].buffer].resource;

		if (resource)
			bh_renderer_touch(renderer_of(context), resource, false);
	}
	if (indexed && sub->indices)
		bh_renderer_touch(renderer_of(context), sub->indices, false);
}

/* The attachments of a resource, a bit each. */
static unsigned attachments_of(const struct bh_framebuffer *framebuffer,
			       const struct bh_resource *resource)
{
	unsigned attachments =
		framebuffer->depth.resource == resource ? 1u << BH_ATTACHMENT_DEPTH : 0;

	for (unsigned i = 0; i < framebuffer->color_count; i++)
		attachments |= (unsigned)(framebuffer->colors[i].resource == resource) << i;
	return attachments;
}

/* The attachments that the fragment program reads as textures. */
static unsigned sampled_attachments(struct bh_context *context)
{
	const struct bh_stage_state *state = &context->sub->stages[BH_STAGE_FRAGMENT];
	uint32_t used = bh_shader_info(state->shader->shader)->samplers_used;
	unsigned attachments = 0;

	for (unsigned i = 0; used >> i; i++) {
		const struct bh_view_object *view = used >> i & 1 ? state->views[i] : NULL;

		if (view && view->resource->written &&
		    view->resource->scene == renderer_of(context)->number)
			attachments |= attachments_of(&context->sub->framebuffer, view->resource);
	}
	return attachments;
}

/* The attachments that a draw may change. */
static unsigned written_attachments(const struct bh_draw_call *call)
{
	const struct bh_depth_stencil *depth = call->depth;
	unsigned attachments = 0;

	if (call->raster->discard)
		return 0;
	for (unsigned i = 0; i < call->framebuffer->color_count; i++)
		attachments |= (unsigned)(call->blend->targets[i].mask != 0) << i;
	if ((depth->depth_test && depth->depth_write) ||
	    (depth->stencil[0].enabled &&
	     (depth->stencil[0].write_mask | depth->stencil[1].write_mask)))
		attachments |= 1u << BH_ATTACHMENT_DEPTH;
	return attachments;
}

/* Whether the geometry program takes what is drawn. */
static bool takes(const struct bh_shader_info *info, enum bh_primitive primitive)
{
	switch (primitive) {
	case BH_POINTS:
		return info->takes == BH_GEOMETRY_POINTS;
	case BH_LINES:
	case BH_LINE_LOOP:
	case BH_LINE_STRIP:
		return info->takes == BH_GEOMETRY_LINES;
	case BH_LINES_ADJACENCY:
	case BH_LINE_STRIP_ADJACENCY:
		return info->takes == BH_GEOMETRY_LINES_ADJACENCY;
	case BH_TRIANGLES_ADJACENCY:
	case BH_TRIANGLE_STRIP_ADJACENCY:
		return info->takes == BH_GEOMETRY_TRIANGLES_ADJACENCY;
	default:
		return info->takes == BH_GEOMETRY_TRIANGLES;
	}
}

/* False when there is a geometry program that is not ready, or cannot take what is drawn. */
static bool add_geometry(struct bh_context *context, struct bh_draw_call *call)
{
	static const enum bh_primitive made[] = {
		[BH_GEOMETRY_POINTS] = BH_POINTS,
		[BH_GEOMETRY_LINE_STRIP] = BH_LINE_STRIP,
		[BH_GEOMETRY_TRIANGLE_STRIP] = BH_TRIANGLE_STRIP,
	};
	const struct bh_shader_object *geometry = context->sub->stages[BH_STAGE_GEOMETRY].shader;
	const struct bh_shader_info *info;

	call->made = call->primitive;
	if (!geometry)
		return true;
	if (!geometry->program)
		return false;
	info = bh_shader_info(geometry->shader);
	if (!takes(info, call->primitive))
		return false;
	call->geometry_info = call->vertex_info = info;
	call->geometry_program = geometry->program;
	call->made = made[info->makes];
	return true;
}

/* Samples smooth everything that is drawn, if there are any. */
static void use_smooth_program(struct bh_context *context, struct bh_shader_object *fragment,
			       struct bh_draw_call *call)
{
	bool points = call->made == BH_POINTS;
	bool lines = call->made == BH_LINES || call->made == BH_LINE_LOOP ||
		     call->made == BH_LINE_STRIP || call->made == BH_LINES_ADJACENCY ||
		     call->made == BH_LINE_STRIP_ADJACENCY;
	const struct bh_smooth_twin *twin;

	if (call->framebuffer->samples > 1 ||
	    !((points && call->raster->point_smooth && !call->raster->point_quads) ||
	      (lines && call->raster->line_smooth && !call->raster->line_stipple)))
		return;
	twin = bh_smooth_twin(context, fragment, points);
	if (!twin->program)
		return;
	call->fragment_info = bh_shader_info(twin->shader);
	call->fragment_program = twin->program;
}

int bh_cmd_draw(struct bh_context *context, const struct bh_command_args *command)
{
	struct bh_sub_context *sub = context->sub;
	const struct bh_shader_object *vertex = sub->stages[BH_STAGE_VERTEX].shader;
	struct bh_shader_object *fragment = sub->stages[BH_STAGE_FRAGMENT].shader;
	const uint32_t *args = command->args;
	struct bh_draw_call call = {
		.primitive = args[2],
		.start = args[3] ? 0 : args[0], /* the index buffer's offset has it already */
		.count = args[1],
		.indexed = args[3] != 0,
		.instance_count = args[4],
		.index_bias = (int32_t)args[5],
		.start_instance = args[6],
		.restarts = args[7] != 0,
		.restart_index = args[8],
		.indices = sub->indices,
		.index_size = sub->index_size,
		.index_offset = sub->index_offset,
		.framebuffer = &sub->framebuffer,
		.blend = &sub->blend,
		.depth = &sub->depth_stencil,
		.raster = &sub->rasterizer,
		.viewport = &sub->viewport,
		.scissor = &sub->scissor,
		.clip_planes = (const float(*)[4])sub->clip_planes,
		.blend_color = sub->blend_color,
		.stencil_ref = {sub->stencil_ref[0], sub->stencil_ref[1]},
		.elements = &sub->elements,
		.buffers = sub->buffers,
		.lost = &context->lost,
		.limit = context->gpu->draw_limit,
		.work_limit = context->gpu->work_limit,
		.samples = sub->active_queries ? &sub->samples : NULL,
		.counts = &sub->counts,
		.sample_mask = sub->sample_mask,
	};
	uint32_t *stipple;

	if (call.primitive >= BH_PRIMITIVES)
		return -EINVAL;
	if (call.indexed && !call.indices)
		return -EINVAL;
	if (args[11])
		call.count = bh_stream_vertices(context, args[11]);
	/* Without programs there is nothing to do. */
	if (!vertex || !fragment || !vertex->program || !fragment->program || !call.count ||
	    !bh_condition_holds(context))
		return 0;
	call.shading_info = call.vertex_info = bh_shader_info(vertex->shader);
	call.fragment_info = bh_shader_info(fragment->shader);
	call.vertex_program = vertex->program;
	call.fragment_program = fragment->program;
	if (!add_geometry(context, &call))
		return 0;
	use_smooth_program(context, fragment, &call);
	touch_vertex_inputs(context, call.indexed);
	bh_fill_stream(context,
		       call.geometry_info ? sub->stages[BH_STAGE_GEOMETRY].shader->stream
					  : vertex->stream,
		       &call);
	bh_renderer_begin(renderer_of(context), &sub->framebuffer);
	bh_renderer_separate(renderer_of(context), sampled_attachments(context),
			     written_attachments(&call));
	fill_stage(context, BH_STAGE_VERTEX, &call);
	fill_stage(context, BH_STAGE_FRAGMENT, &call);
	if (call.geometry_info)
		fill_stage(context, BH_STAGE_GEOMETRY, &call);
	if (sub->rasterizer.poly_stipple) {
		stipple = bh_renderer_alloc(renderer_of(context), sizeof(sub->stipple));
		memcpy(stipple, sub->stipple, sizeof(sub->stipple));
		call.stipple = stipple;
	}
	return bh_renderer_draw(renderer_of(context), &call);
}
