/* SPDX-License-Identifier: Apache-2.0 */
/* The command stream: headers, lengths, and the table of commands. */
#include "gpu/virgl/context.h"

#include <errno.h>

/* Correct, and without effect on what is advertised: defaults that drivers send. */
static int ignore(struct bh_context *context, const struct bh_command_args *command)
{
	(void)context;
	(void)command;
	return 0;
}

static int set_sub_context(struct bh_context *context, const struct bh_command_args *command)
{
	struct bh_sub_context *sub = bh_table_get(&context->sub_contexts, command->args[0] + 1);

	if (!sub)
		return -EINVAL;
	context->sub = sub;
	return 0;
}

static int create_sub_context(struct bh_context *context, const struct bh_command_args *command)
{
	return bh_sub_context_create(context, command->args[0]) ? 0 : -ENOMEM;
}

static int destroy_sub_context(struct bh_context *context, const struct bh_command_args *command)
{
	struct bh_sub_context *sub;

	if (command->args[0] == 0)
		return -EINVAL; /* sub-context 0 is the context's own */
	sub = bh_table_get(&context->sub_contexts, command->args[0] + 1);
	if (!sub)
		return 0;
	if (context->sub == sub)
		context->sub = bh_table_get(&context->sub_contexts, 1);
	bh_table_set(&context->sub_contexts, command->args[0] + 1, NULL);
	bh_sub_context_destroy(context, sub);
	return 0;
}

static const struct command {
	bh_command_fn *run;
	uint32_t min; /* dwords behind the header */
	bool keeps;   /* what draws are linked from, as struct bh_renderer.state says */
} commands[BH_COMMANDS] = {
	[BH_CMD_NOP] = {ignore, 0, true},
	[BH_CMD_CREATE_OBJECT] = {bh_cmd_create_object, 1},
	[BH_CMD_BIND_OBJECT] = {bh_cmd_bind_object, 1},
	[BH_CMD_DESTROY_OBJECT] = {bh_cmd_destroy_object, 1},
	[BH_CMD_SET_VIEWPORT] = {bh_cmd_set_viewport, 1},
	[BH_CMD_SET_FRAMEBUFFER] = {bh_cmd_set_framebuffer, 2},
	[BH_CMD_SET_VERTEX_BUFFERS] = {bh_cmd_set_vertex_buffers, 0, true},
	[BH_CMD_CLEAR] = {bh_cmd_clear, 8},
	[BH_CMD_DRAW] = {bh_cmd_draw, 12, true},
	[BH_CMD_INLINE_WRITE] = {bh_cmd_inline_write, 11},
	[BH_CMD_SET_SAMPLER_VIEWS] = {bh_cmd_set_sampler_views, 2},
	[BH_CMD_SET_INDEX_BUFFER] = {bh_cmd_set_index_buffer, 1, true},
	[BH_CMD_SET_CONSTANTS] = {bh_cmd_set_constants, 2, true},
	[BH_CMD_SET_STENCIL_REF] = {bh_cmd_set_stencil_ref, 1},
	[BH_CMD_SET_BLEND_COLOR] = {bh_cmd_set_blend_color, 4},
	[BH_CMD_SET_SCISSOR] = {bh_cmd_set_scissor, 1},
	[BH_CMD_BLIT] = {bh_cmd_blit, 21},
	[BH_CMD_COPY_REGION] = {bh_cmd_copy_region, 13},
	[BH_CMD_BIND_SAMPLERS] = {bh_cmd_bind_samplers, 2},
	[BH_CMD_BEGIN_QUERY] = {bh_cmd_begin_query, 1},
	[BH_CMD_END_QUERY] = {bh_cmd_end_query, 1},
	[BH_CMD_GET_QUERY_RESULT] = {bh_cmd_get_query_result, 2},
	[BH_CMD_SET_POLYGON_STIPPLE] = {bh_cmd_set_polygon_stipple, 32},
	[BH_CMD_SET_CLIP_PLANES] = {bh_cmd_set_clip_planes, 32},
	[BH_CMD_SET_SAMPLE_MASK] = {bh_cmd_set_sample_mask, 1},
	[BH_CMD_SET_STREAMOUT_TARGETS] = {bh_cmd_set_streamout_targets, 1},
	[BH_CMD_SET_RENDER_CONDITION] = {bh_cmd_set_render_condition, 3},
	[BH_CMD_SET_UNIFORM_BUFFER] = {bh_cmd_set_uniform_buffer, 5, true},
	[BH_CMD_SET_SUB_CONTEXT] = {set_sub_context, 1},
	[BH_CMD_CREATE_SUB_CONTEXT] = {create_sub_context, 1},
	[BH_CMD_DESTROY_SUB_CONTEXT] = {destroy_sub_context, 1},
	[BH_CMD_BIND_SHADER] = {bh_cmd_bind_shader, 2},
	[BH_CMD_SET_TESS_STATE] = {ignore, 6},
	[BH_CMD_SET_MIN_SAMPLES] = {ignore, 1},
	[BH_CMD_SET_SHADER_BUFFERS] = {ignore, 2},
	[BH_CMD_SET_SHADER_IMAGES] = {ignore, 2},
	[BH_CMD_MEMORY_BARRIER] = {ignore, 1},
	[BH_CMD_SET_FRAMEBUFFER_NO_ATTACH] = {ignore, 2},
	[BH_CMD_TEXTURE_BARRIER] = {ignore, 1},
	[BH_CMD_SET_ATOMIC_BUFFERS] = {ignore, 1},
	[BH_CMD_SET_DEBUG_FLAGS] = {ignore, 0},
	[BH_CMD_TRANSFER] = {bh_cmd_transfer, 13},
	[BH_CMD_END_TRANSFERS] = {ignore, 0}, /* its padding is skipped by its length */
	[BH_CMD_COPY_TRANSFER] = {bh_cmd_copy_transfer, 14},
	[BH_CMD_SET_TWEAKS] = {ignore, 2},
	[BH_CMD_STRING_MARKER] = {ignore, 1},
	[BH_CMD_LINK_SHADER] = {bh_cmd_link_shader, 6},
};

int bh_decode(struct bh_context *context, const uint32_t *dwords, size_t count)
{
	struct bh_renderer *renderer = &context->gpu->renderer;

	/* It was perhaps another context's. */
	renderer->state++;
	for (size_t at = 0; at < count;) {
		uint32_t header = dwords[at], number = header & 0xff;
		struct bh_command_args args = {dwords + at + 1, header >> 16, header >> 8 & 0xff};
		const struct command *command = number < BH_COMMANDS ? &commands[number] : NULL;
		int result;

		if (args.count > count - at - 1) {
			bh_log(context->gpu->log, BH_LOG_WARNING,
			       "context %u: command %u of %u dwords passes the end of its stream",
			       context->id, number, args.count);
			return -EINVAL;
		}
		if (!command || !command->run || args.count < command->min) {
			bh_log(context->gpu->log, BH_LOG_WARNING,
			       "context %u: command %u of %u dwords is not one that is advertised",
			       context->id, number, args.count);
			return -EINVAL;
		}
		if (!command->keeps)
			renderer->state++;
		result = command->run(context, &args);
		if (result) {
			bh_log(context->gpu->log, BH_LOG_WARNING,
			       "context %u: command %u (object type %u, %u dwords) is invalid",
			       context->id, number, args.object, args.count);
			return result;
		}
		if (context->gpu->observer)
			context->gpu->observer->command(context->gpu->observer, context, number,
							&args);
		at += 1 + (size_t)args.count;
	}
	return 0;
}
