/* SPDX-License-Identifier: Apache-2.0 */
/* Shader texts, kept as they arrive, and the code that was made of them. */
#include "gpu/inspect/private.h"

#include "base/alloc.h"
#include "gpu/raster/variant.h"

#include <stdlib.h>
#include <string.h>

#define LISTING_MAX (512u << 10) /* bytes of one program's code that a page shows */

static struct bh_inspected_shader *find(struct bh_capture *capture,
					const struct bh_shader_object *object)
{
	/* The newest: an address may be used again. */
	for (size_t i = capture->shaders.count; i > 0; i--) {
		if (capture->shaders.items[i - 1].object == object)
			return &capture->shaders.items[i - 1];
	}
	return NULL;
}

/* CREATE_OBJECT: handle, stage, length or offset, tokens, stream outputs, text. */
void bh_inspect_shader_text(struct bh_capture *capture, struct bh_context *context,
			    const struct bh_command_args *args)
{
	const struct bh_object *object = bh_find_object(context, args->args[0], BH_OBJECT_SHADER);
	struct bh_inspected_shader *shader;
	uint32_t skip = 5;

	if (!object || args->count < skip)
		return;
	shader = find(capture, object->shader);
	if (!(args->args[2] & BH_SHADER_CONTINUES)) {
		if (args->args[4])
			skip += 4 + 2 * args->args[4];
		bh_grow((void **)&capture->shaders.items, &capture->shaders.capacity,
			capture->shaders.count + 1, sizeof(*capture->shaders.items));
		shader = &capture->shaders.items[capture->shaders.count++];
		*shader = (struct bh_inspected_shader){.object = object->shader,
						       .stage = object->shader->stage};
	}
	if (!shader || args->count < skip)
		return;
	bh_buf_add(&shader->text, args->args + skip, (args->count - skip) * sizeof(uint32_t));
}

static char *take_listing(struct bh_buf *listing)
{
	if (listing->length > LISTING_MAX) {
		listing->data[LISTING_MAX] = 0;
		listing->length = LISTING_MAX;
	}
	return bh_buf_take(listing);
}

/* The same program again, as a listing; the empty string when it is interpreted. */
static char *list_code(const struct bh_capture *capture, const char *text, enum bh_stage stage)
{
	struct bh_shader *shader = bh_shader_parse(text, strlen(text), stage, NULL);
	struct bh_buf listing;

	bh_buf_init(&listing);
	if (shader)
		bh_shader_list(shader, capture->gpu->renderer.backend, &listing);
	bh_shader_destroy(shader);
	return take_listing(&listing);
}

int bh_inspect_shader(struct bh_capture *capture, const struct bh_shader_object *object)
{
	struct bh_inspected_shader *shader = object ? find(capture, object) : NULL;
	const char *text;
	char *code;

	if (!shader)
		return -1;
	if (!shader->listed) {
		shader->listed = true;
		text = bh_buf_str(&shader->text);
		code = list_code(capture, text, shader->stage);
		json_array_append_new(
			capture->shader_list,
			json_pack("{s:s,s:s,s:s,s:i}", "stage",
				  shader->stage == BH_STAGE_VERTEX ? "vertex" : "fragment", "text",
				  text, "code", code, "id",
				  (int)(shader - capture->shaders.items)));
		free(code);
	}
	return (int)(shader - capture->shaders.items);
}

int bh_inspect_fused(struct bh_capture *capture, const struct bh_scene *scene)
{
	const struct bh_variant *variant = NULL;
	struct bh_buf listing;
	char *code;

	for (size_t i = 0; i < scene->item_count && !variant; i++)
		variant = scene->items[i].chunk ? scene->items[i].chunk->draw->fused : NULL;
	if (!variant)
		return -1;
	for (size_t i = 0; i < capture->variants.count; i++) {
		if (capture->variants.items[i] == variant)
			return (int)i;
	}
	bh_grow((void **)&capture->variants.items, &capture->variants.capacity,
		capture->variants.count + 1, sizeof(const struct bh_variant *));
	capture->variants.items[capture->variants.count++] = variant;
	bh_buf_init(&listing);
	bh_fused_list(&variant->key, &listing);
	code = take_listing(&listing);
	json_array_append_new(capture->variant_list, json_string(code));
	free(code);
	return (int)capture->variants.count - 1;
}
