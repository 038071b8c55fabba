/* SPDX-License-Identifier: Apache-2.0 */
/* Shader objects: text in one or more pieces, then a program. */
#include "gpu/virgl/context.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What a shader takes beside its text: its checked form and its code, which grow with the text. */
static uint64_t cost_of(size_t length)
{
	return (64u << 10) + (uint64_t)length * 16;
}

void bh_shader_object_unref(struct bh_context *context, struct bh_shader_object *shader)
{
	if (!shader || --shader->refs)
		return;
	/* Scenes hold programs by pointer. */
	if (shader->program)
		bh_renderer_forget(&context->gpu->renderer, shader->program);
	bh_program_destroy(shader->program);
	bh_shader_destroy(shader->shader);
	for (unsigned i = 0; i < 2; i++) {
		struct bh_smooth_twin *twin = &shader->smooth[i];

		if (!twin->program)
			continue;
		bh_renderer_forget(&context->gpu->renderer, twin->program);
		bh_program_destroy(twin->program);
		bh_shader_destroy(twin->shader);
		bh_quota_give(&context->gpu->quota, cost_of(shader->length));
	}
	bh_quota_give(&context->gpu->quota, cost_of(shader->length));
	free(shader->stream);
	free(shader->text);
	free(shader);
}

static void log_problems(const struct bh_context *context, const struct bh_diags *diags)
{
	for (size_t i = 0; i < diags->count; i++)
		bh_log(context->gpu->log, BH_LOG_WARNING, "context %u: shader: %s: %s", context->id,
		       diags->items[i].code, diags->items[i].message);
}

static int compile(struct bh_context *context, struct bh_shader_object *shader)
{
	struct bh_diags diags;
	size_t length = strnlen(shader->text, shader->length);

	bh_diags_init(&diags);
	shader->shader = bh_shader_parse(shader->text, length, shader->stage, &diags);
	if (shader->shader)
		shader->program =
			bh_program_create(shader->shader, context->gpu->renderer.backend, &diags);
	if (shader->program)
		bh_program_use_cache(shader->program, context->gpu->renderer.cache);
	else
		log_problems(context, &diags);
	/* What becomes of fragments is known when something is drawn; other stages run alone. */
	if (shader->program && shader->stage != BH_STAGE_FRAGMENT)
		bh_renderer_hint(&context->gpu->renderer, shader->program);
	bh_diags_finish(&diags);
	free(shader->text);
	shader->text = NULL;
	context->gpu->shaders++;
	return shader->program ? 0 : -EINVAL;
}

const struct bh_smooth_twin *bh_smooth_twin(struct bh_context *context,
					    struct bh_shader_object *shader, bool points)
{
	struct bh_smooth_twin *twin = &shader->smooth[points];

	if (twin->tried)
		return twin;
	twin->tried = true;
	if (!bh_quota_take(&context->gpu->quota, cost_of(shader->length)))
		return twin;
	twin->shader = bh_shader_with_coverage(shader->shader, points);
	if (twin->shader)
		twin->program =
			bh_program_create(twin->shader, context->gpu->renderer.backend, NULL);
	if (twin->program) {
		bh_program_use_cache(twin->program, context->gpu->renderer.cache);
		return twin;
	}
	bh_shader_destroy(twin->shader);
	twin->shader = NULL;
	bh_quota_give(&context->gpu->quota, cost_of(shader->length));
	return twin;
}

static int add_text(struct bh_context *context, struct bh_shader_object *shader, uint32_t offset,
		    const uint32_t *words, uint32_t count)
{
	size_t part = (size_t)count * 4;

	if (!shader->text || offset != shader->filled || offset > shader->length)
		return -EINVAL;
	if (part > shader->length - offset)
		part = shader->length - offset;
	memcpy(shader->text + offset, words, part);
	shader->filled += part;
	return shader->filled == shader->length ? compile(context, shader) : 0;
}

/* args: type, length or offset of a continuation, tokens, stream outputs, text. */
int bh_create_shader(struct bh_context *context, uint32_t handle, const uint32_t *args,
		     uint32_t count)
{
	struct bh_object *object, *old;
	struct bh_shader_object *shader;
	struct bh_stream_layout *stream = NULL;
	uint32_t header = 4, length, outputs;

	if (count < header)
		return -EINVAL;
	outputs = args[3];
	if (args[1] & BH_SHADER_CONTINUES) {
		object = bh_find_object(context, handle, BH_OBJECT_SHADER);
		if (!object || outputs)
			return -EINVAL;
		return add_text(context, object->shader, args[1] & ~BH_SHADER_CONTINUES,
				args + header, count - header);
	}
	length = args[1];
	if (outputs > BH_STREAM_OUTPUTS_MAX)
		return -EINVAL;
	if (outputs)
		header += 4 + 2 * outputs;
	if (count < header || !length || length > BH_SHADER_TEXT_MAX || args[0] >= BH_STAGES)
		return -EINVAL;
	if (outputs) {
		stream = bh_read_stream_layout(args + 4, outputs);
		if (!stream)
			return -EINVAL;
	}
	if (!bh_quota_take(&context->gpu->quota, cost_of(length) + sizeof(*object))) {
		free(stream);
		return -ENOMEM;
	}
	shader = bh_alloc(sizeof(*shader));
	shader->refs = 1;
	shader->stream = stream;
	shader->stage = (enum bh_stage)args[0];
	shader->length = length;
	shader->text = bh_alloc(length + 1);
	object = bh_alloc(sizeof(*object));
	object->type = BH_OBJECT_SHADER;
	object->shader = shader;
	old = bh_table_set(&context->sub->objects, handle, object);
	if (old)
		bh_object_destroy(context, old);
	return add_text(context, shader, 0, args + header, count - header);
}

int bh_cmd_bind_shader(struct bh_context *context, const struct bh_command_args *command)
{
	uint32_t handle = command->args[0], stage = command->args[1];
	struct bh_shader_object **bound;
	struct bh_object *object = NULL;

	if (stage >= BH_PROTOCOL_STAGES)
		return -EINVAL;
	if (handle) {
		object = bh_find_object(context, handle, BH_OBJECT_SHADER);
		if (!object || object->shader->stage != stage)
			return -EINVAL;
	}
	if (stage >= BH_STAGES)
		return 0;
	bound = &context->sub->stages[stage].shader;
	if (object)
		object->shader->refs++;
	bh_shader_object_unref(context, *bound);
	*bound = object ? object->shader : NULL;
	context->sub->stages[stage].views_changed = true;
	context->sub->stages[stage].constants_changed = true;
	return 0;
}

/*
 * Handles of programs that will be drawn together, any of them 0. Nothing is made: vertex programs
 * were begun with their text, and what fragments go through depends on targets, tests, blending and
 * textures, of which clients bind other ones between this and the first draw (docs/gpu.md).
 */
int bh_cmd_link_shader(struct bh_context *context, const struct bh_command_args *command)
{
	(void)context;
	(void)command;
	return 0;
}
