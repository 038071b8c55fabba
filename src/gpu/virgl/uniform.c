/* SPDX-License-Identifier: Apache-2.0 */
/* Constants of a draw: those sent in the stream (buffer 0) and parts of buffers (1 and on). */
#include "gpu/virgl/context.h"

#include <errno.h>
#include <string.h>

#define VEC4 16

/* args: stage, number, offset, length, resource. */
int bh_cmd_set_uniform_buffer(struct bh_context *context, const struct bh_command_args *command)
{
	uint32_t stage = command->args[0], number = command->args[1];
	struct bh_uniform_buffer next = {.offset = command->args[2], .length = command->args[3]};
	struct bh_uniform_buffer *bound;

	if (stage >= BH_PROTOCOL_STAGES || number >= BH_SHADER_BUFFERS_MAX)
		return -EINVAL;
	if (command->args[4]) {
		next.resource = bh_context_resource(context, command->args[4]);
		if (!next.resource || !bh_resource_is_buffer(next.resource) || next.offset % VEC4 ||
		    next.offset > next.resource->size)
			return -EINVAL;
		if (next.length > next.resource->size - next.offset)
			next.length = (uint32_t)(next.resource->size - next.offset);
	}
	if (stage >= BH_STAGES)
		return 0;
	bound = &context->sub->stages[stage].uniforms[number];
	if (next.resource)
		bh_resource_ref(next.resource);
	bh_resource_unref(bound->resource);
	*bound = next;
	context->sub->stages[stage].constants_changed = true;
	return 0;
}

/*
 * A buffer of at least `need` vec4 that starts with `have` bytes of data. What is there is used
 * where it lies, as the scene holds the resource; what is too short is copied and filled up with
 * zeros.
 */
static void set_buffer(struct bh_renderer *renderer, struct bh_constants *constants,
		       unsigned number, const void *data, size_t have, uint32_t need)
{
	uint8_t *copy;

	constants->counts[number] = (uint32_t)(have / VEC4);
	constants->buffers[number] = data;
	if (have / VEC4 >= need)
		return;
	copy = bh_renderer_alloc(renderer, (size_t)need * VEC4);
	if (have > (size_t)need * VEC4)
		have = (size_t)need * VEC4;
	if (have)
		memcpy(copy, data, have);
	memset(copy + have, 0, (size_t)need * VEC4 - have);
	constants->counts[number] = need;
	constants->buffers[number] = (const float(*)[4])(const void *)copy;
}

void bh_fill_constants(struct bh_context *context, enum bh_stage stage)
{
	struct bh_stage_state *state = &context->sub->stages[stage];
	struct bh_renderer *renderer = &context->gpu->renderer;
	struct bh_constants *constants;
	uint32_t need;

	if (!state->constants_changed && state->constants_scene == renderer->number)
		return;
	constants = bh_renderer_alloc(renderer, sizeof(*constants));
	memset(constants, 0, sizeof(*constants));
	for (unsigned i = 0; i < BH_SHADER_BUFFERS_MAX; i++) {
		const struct bh_uniform_buffer *uniform = &state->uniforms[i];

		need = bh_shader_const_count(state->shader->shader, i);
		if (!need)
			continue;
		if (uniform->resource) {
			/* Programs of other stages run during the call. */
			if (stage == BH_STAGE_FRAGMENT)
				bh_renderer_use(renderer, uniform->resource);
			set_buffer(renderer, constants, i,
				   uniform->resource->data + uniform->offset, uniform->length,
				   need);
		} else if (i == 0) {
			/* The stream's constants change from draw to draw: always a copy. */
			void *copy = bh_renderer_alloc(renderer, state->constant_count * VEC4);

			if (state->constant_count)
				memcpy(copy, state->constants, state->constant_count * VEC4);
			set_buffer(renderer, constants, 0, copy, state->constant_count * VEC4,
				   need);
		} else {
			set_buffer(renderer, constants, i, NULL, 0, need);
		}
	}
	state->scene_constants = constants;
	state->constants_scene = renderer->number;
	state->constants_changed = false;
}
