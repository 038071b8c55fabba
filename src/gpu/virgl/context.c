/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/virgl/context.h"

#include "base/alloc.h"

#include <stdlib.h>

/* With what each stage can have later: constants, and views that only its slots still hold. */
#define SUB_CONTEXT_COST                                                                       \
	(sizeof(struct bh_sub_context) + BH_STAGES * BH_SHADER_CONSTS_MAX * sizeof(float[4]) + \
	 BH_STAGES * BH_SHADER_SAMPLERS_MAX * sizeof(struct bh_view_object))

struct bh_resource *bh_context_resource(const struct bh_context *context, uint32_t handle)
{
	return bh_table_get(&context->resources, handle);
}

struct bh_sub_context *bh_sub_context_create(struct bh_context *context, uint32_t id)
{
	struct bh_sub_context *sub;

	/* Tables have no handle 0, sub-contexts do. */
	if (id == UINT32_MAX || context->sub_contexts.count >= BH_SUB_CONTEXTS_MAX)
		return NULL;
	sub = bh_table_get(&context->sub_contexts, id + 1);
	if (sub)
		return sub;
	if (!bh_quota_take(&context->gpu->quota, SUB_CONTEXT_COST))
		return NULL;
	sub = bh_alloc(sizeof(*sub));
	sub->id = id;
	sub->index_size = 4;
	sub->rasterizer.line_factor = 1;
	sub->rasterizer.line_width = 1;
	sub->sample_mask = UINT32_MAX;
	bh_table_set(&context->sub_contexts, id + 1, sub);
	return sub;
}

static void release_framebuffer(struct bh_framebuffer *framebuffer)
{
	for (unsigned i = 0; i < BH_COLOR_TARGETS_MAX; i++)
		bh_resource_unref(framebuffer->colors[i].resource);
	bh_resource_unref(framebuffer->depth.resource);
}

void bh_sub_context_destroy(struct bh_context *context, struct bh_sub_context *sub)
{
	struct bh_sub_context *current = context->sub;

	/* Scenes point to its counters and programs. */
	bh_renderer_wait(&context->gpu->renderer);
	context->sub = sub;
	for (size_t i = 0; i < sub->objects.room; i++) {
		if (sub->objects.slots[i].handle)
			bh_object_destroy(context, sub->objects.slots[i].value);
	}
	context->sub = current;
	bh_table_finish(&sub->objects);
	for (unsigned stage = 0; stage < BH_STAGES; stage++) {
		struct bh_stage_state *state = &sub->stages[stage];

		bh_shader_object_unref(context, state->shader);
		for (unsigned i = 0; i < BH_SHADER_SAMPLERS_MAX; i++)
			bh_view_object_unref(state->views[i]);
		free(state->constants);
		for (unsigned i = 0; i < BH_SHADER_BUFFERS_MAX; i++)
			bh_resource_unref(state->uniforms[i].resource);
	}
	for (unsigned i = 0; i < BH_VERTEX_BUFFERS_MAX; i++)
		bh_resource_unref(sub->buffers[i].resource);
	for (unsigned i = 0; i < BH_STREAM_BUFFERS_MAX; i++)
		bh_stream_object_unref(sub->streams[i]);
	bh_resource_unref(sub->indices);
	release_framebuffer(&sub->framebuffer);
	bh_quota_give(&context->gpu->quota, SUB_CONTEXT_COST);
	free(sub);
}

struct bh_context *bh_context_create(struct bh_gpu *gpu, uint32_t id)
{
	struct bh_context *context;

	if (!bh_quota_take(&gpu->quota, sizeof(*context)))
		return NULL;
	context = bh_alloc(sizeof(*context));
	context->id = id;
	context->gpu = gpu;
	context->sub = bh_sub_context_create(context, 0);
	if (!context->sub) {
		bh_quota_give(&gpu->quota, sizeof(*context));
		bh_table_finish(&context->sub_contexts);
		free(context);
		return NULL;
	}
	return context;
}

void bh_context_destroy(struct bh_context *context)
{
	bh_renderer_wait(&context->gpu->renderer);
	for (size_t i = 0; i < context->sub_contexts.room; i++) {
		if (context->sub_contexts.slots[i].handle)
			bh_sub_context_destroy(context, context->sub_contexts.slots[i].value);
	}
	bh_table_finish(&context->sub_contexts);
	for (size_t i = 0; i < context->resources.room; i++) {
		if (context->resources.slots[i].handle)
			bh_resource_unref(context->resources.slots[i].value);
	}
	bh_table_finish(&context->resources);
	bh_quota_give(&context->gpu->quota, sizeof(*context));
	free(context);
}
