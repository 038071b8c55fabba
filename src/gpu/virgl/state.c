/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that bind state. */
#include "gpu/virgl/context.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int bh_cmd_set_viewport(struct bh_context *context, const struct bh_command_args *command)
{
	struct bh_viewport *viewport = &context->sub->viewport;

	if ((command->count - 1) % 6)
		return -EINVAL;
	/* One viewport is advertised; others are accepted and never used. */
	if (command->args[0] != 0 || command->count < 7)
		return 0;
	for (unsigned i = 0; i < 3; i++) {
		viewport->scale[i] = bh_float_of(command->args[1 + i]);
		viewport->translate[i] = bh_float_of(command->args[4 + i]);
	}
	return 0;
}

static void replace_surface(struct bh_surface *bound, const struct bh_surface *surface)
{
	struct bh_surface old = *bound;

	if (surface->resource)
		bh_resource_ref(surface->resource);
	*bound = *surface;
	bh_resource_unref(old.resource);
}

static void shrink_to(struct bh_framebuffer *framebuffer, const struct bh_surface *surface)
{
	if (!surface->resource)
		return;
	if (surface->width < framebuffer->width)
		framebuffer->width = surface->width;
	if (surface->height < framebuffer->height)
		framebuffer->height = surface->height;
	if (surface->samples < framebuffer->samples)
		framebuffer->samples = surface->samples;
	if (surface->layers < framebuffer->layers)
		framebuffer->layers = surface->layers;
	if (surface->layers > framebuffer->most_layers)
		framebuffer->most_layers = surface->layers;
}

int bh_cmd_set_framebuffer(struct bh_context *context, const struct bh_command_args *command)
{
	struct bh_framebuffer *framebuffer = &context->sub->framebuffer;
	struct bh_surface colors[BH_COLOR_TARGETS_MAX] = {{0}}, depth = {0};
	uint32_t count = command->args[0];
	struct bh_object *object;

	if (count > BH_COLOR_TARGETS_MAX || command->count < 2 + count)
		return -EINVAL;
	if (command->args[1]) {
		object = bh_find_object(context, command->args[1], BH_OBJECT_SURFACE);
		if (!object || !bh_format_is_depth(object->surface.format))
			return -EINVAL;
		depth = object->surface;
	}
	for (uint32_t i = 0; i < count; i++) {
		if (!command->args[2 + i])
			continue;
		object = bh_find_object(context, command->args[2 + i], BH_OBJECT_SURFACE);
		if (!object || bh_format_is_depth(object->surface.format))
			return -EINVAL;
		colors[i] = object->surface;
	}
	replace_surface(&framebuffer->depth, &depth);
	for (unsigned i = 0; i < BH_COLOR_TARGETS_MAX; i++)
		replace_surface(&framebuffer->colors[i], &colors[i]);
	framebuffer->color_count = count;
	framebuffer->width = framebuffer->height = UINT32_MAX;
	framebuffer->samples = BH_SAMPLES_MAX;
	framebuffer->layers = BH_TEXTURE_LAYERS_MAX;
	framebuffer->most_layers = 1;
	shrink_to(framebuffer, &depth);
	for (unsigned i = 0; i < count; i++)
		shrink_to(framebuffer, &colors[i]);
	if (framebuffer->width == UINT32_MAX) {
		framebuffer->width = framebuffer->height = 0;
		framebuffer->samples = 1;
		framebuffer->layers = 1;
	}
	return 0;
}

int bh_cmd_set_vertex_buffers(struct bh_context *context, const struct bh_command_args *command)
{
	uint32_t count = command->count / 3;
	struct bh_resource *resources[BH_VERTEX_BUFFERS_MAX] = {0};

	if (command->count % 3 || count > BH_VERTEX_BUFFERS_MAX)
		return -EINVAL;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t handle = command->args[3 * i + 2];

		if (!handle)
			continue;
		resources[i] = bh_context_resource(context, handle);
		if (!resources[i] || !bh_resource_is_buffer(resources[i]))
			return -EINVAL;
	}
	for (uint32_t i = 0; i < BH_VERTEX_BUFFERS_MAX; i++) {
		struct bh_vertex_buffer *buffer = &context->sub->buffers[i];
		struct bh_resource *old = buffer->resource;

		buffer->resource = resources[i] ? bh_resource_ref(resources[i]) : NULL;
		bh_resource_unref(old);
		if (i < count) {
			buffer->stride = command->args[3 * i];
			buffer->offset = command->args[3 * i + 1];
		}
	}
	return 0;
}

int bh_cmd_set_index_buffer(struct bh_context *context, const struct bh_command_args *command)
{
	struct bh_sub_context *sub = context->sub;
	struct bh_resource *resource = NULL;

	if (command->args[0]) {
		uint32_t size = command->count >= 3 ? command->args[1] : 0;

		resource = bh_context_resource(context, command->args[0]);
		if (!resource || !bh_resource_is_buffer(resource) ||
		    (size != 1 && size != 2 && size != 4))
			return -EINVAL;
		sub->index_size = size;
		sub->index_offset = command->args[2];
		bh_resource_ref(resource);
	}
	bh_resource_unref(sub->indices);
	sub->indices = resource;
	return 0;
}

int bh_cmd_set_constants(struct bh_context *context, const struct bh_command_args *command)
{
	uint32_t stage = command->args[0], count = command->count - 2;
	struct bh_stage_state *state;
	uint32_t vectors = (count + 3) / 4;

	if (stage >= BH_PROTOCOL_STAGES || command->args[1] >= BH_SHADER_BUFFERS_MAX)
		return -EINVAL;
	/* Only constant buffer 0 of the stages there are comes this way. */
	if (stage >= BH_STAGES || command->args[1] != 0)
		return 0;
	if (vectors > BH_SHADER_CONSTS_MAX)
		return -EINVAL;
	state = &context->sub->stages[stage];
	if (!state->constants)
		state->constants = bh_alloc(BH_SHADER_CONSTS_MAX * sizeof(*state->constants));
	if (vectors)
		memset(&state->constants[vectors - 1], 0, sizeof(*state->constants));
	memcpy(state->constants, command->args + 2, (size_t)count * 4);
	state->constant_count = vectors;
	state->constants_changed = true;
	return 0;
}

int bh_cmd_set_sampler_views(struct bh_context *context, const struct bh_command_args *command)
{
	uint32_t stage = command->args[0], start = command->args[1], count = command->count - 2;
	struct bh_view_object *views[BH_SHADER_SAMPLERS_MAX] = {0};
	struct bh_stage_state *state;

	if (stage >= BH_PROTOCOL_STAGES || start > BH_SHADER_SAMPLERS_MAX ||
	    count > BH_SHADER_SAMPLERS_MAX - start)
		return -EINVAL;
	for (uint32_t i = 0; i < count; i++) {
		struct bh_object *object;

		if (!command->args[2 + i])
			continue;
		object = bh_find_object(context, command->args[2 + i], BH_OBJECT_SAMPLER_VIEW);
		if (!object)
			return -EINVAL;
		views[i] = object->view;
	}
	if (stage >= BH_STAGES)
		return 0;
	state = &context->sub->stages[stage];
	for (uint32_t i = 0; i < count; i++) {
		struct bh_view_object *old = state->views[start + i];

		if (views[i])
			views[i]->refs++;
		state->views[start + i] = views[i];
		bh_view_object_unref(old);
	}
	state->views_changed = true;
	return 0;
}

int bh_cmd_bind_samplers(struct bh_context *context, const struct bh_command_args *command)
{
	uint32_t stage = command->args[0], start = command->args[1], count = command->count - 2;

	if (stage >= BH_PROTOCOL_STAGES || start > BH_SHADER_SAMPLERS_MAX ||
	    count > BH_SHADER_SAMPLERS_MAX - start)
		return -EINVAL;
	for (uint32_t i = 0; i < count; i++) {
		struct bh_object *object;

		if (!command->args[2 + i])
			continue;
		object = bh_find_object(context, command->args[2 + i], BH_OBJECT_SAMPLER_STATE);
		if (!object)
			return -EINVAL;
		if (stage < BH_STAGES)
			context->sub->stages[stage].samplers[start + i] = object->sampler;
	}
	if (stage < BH_STAGES)
		context->sub->stages[stage].views_changed = true;
	return 0;
}

int bh_cmd_set_stencil_ref(struct bh_context *context, const struct bh_command_args *command)
{
	context->sub->stencil_ref[0] = (uint8_t)command->args[0];
	context->sub->stencil_ref[1] = (uint8_t)(command->args[0] >> 8);
	return 0;
}

int bh_cmd_set_blend_color(struct bh_context *context, const struct bh_command_args *command)
{
	for (unsigned i = 0; i < 4; i++)
		context->sub->blend_color[i] = bh_float_of(command->args[i]);
	return 0;
}

int bh_cmd_set_scissor(struct bh_context *context, const struct bh_command_args *command)
{
	const uint32_t *args = command->args;

	if ((command->count - 1) % 2)
		return -EINVAL;
	if (args[0] != 0 || command->count < 3)
		return 0;
	context->sub->scissor = (struct bh_rect){
		(int32_t)(args[1] & 0xffff),
		(int32_t)(args[1] >> 16),
		(int32_t)(args[2] & 0xffff),
		(int32_t)(args[2] >> 16),
	};
	return 0;
}

int bh_cmd_set_polygon_stipple(struct bh_context *context, const struct bh_command_args *command)
{
	memcpy(context->sub->stipple, command->args, sizeof(context->sub->stipple));
	return 0;
}

int bh_cmd_set_clip_planes(struct bh_context *context, const struct bh_command_args *command)
{
	memcpy(context->sub->clip_planes, command->args, sizeof(context->sub->clip_planes));
	return 0;
}

int bh_cmd_set_sample_mask(struct bh_context *context, const struct bh_command_args *command)
{
	context->sub->sample_mask = command->args[0];
	return 0;
}
