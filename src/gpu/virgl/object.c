/* SPDX-License-Identifier: Apache-2.0 */
/* Objects: created from a command's dwords, found by handle and type, bound, destroyed. */
#include "gpu/virgl/context.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

float bh_float_of(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static uint32_t field(uint32_t word, unsigned shift, unsigned bits)
{
	return word >> shift & ((1u << bits) - 1);
}

static bool bit(uint32_t word, unsigned shift)
{
	return word >> shift & 1;
}

struct bh_object *bh_find_object(const struct bh_context *context, uint32_t handle,
				 enum bh_object_type type)
{
	struct bh_object *object = bh_table_get(&context->sub->objects, handle);

	return object && object->type == type ? object : NULL;
}

static int create_blend(struct bh_object *object, const uint32_t *args, uint32_t count)
{
	struct bh_blend *blend = &object->blend;
	bool separate;

	if (count < 2 + BH_COLOR_TARGETS_MAX)
		return -EINVAL;
	separate = bit(args[0], 0);
	blend->logic_op = bit(args[0], 1);
	blend->alpha_to_coverage = bit(args[0], 3);
	blend->alpha_to_one = bit(args[0], 4);
	blend->logic_func = (uint8_t)field(args[1], 0, 4);
	for (unsigned i = 0; i < BH_COLOR_TARGETS_MAX; i++) {
		uint32_t word = args[2 + (separate ? i : 0)];

		blend->targets[i] = (struct bh_blend_target){
			.enabled = bit(word, 0),
			.rgb_func = (uint8_t)field(word, 1, 3),
			.rgb_src = (uint8_t)field(word, 4, 5),
			.rgb_dst = (uint8_t)field(word, 9, 5),
			.alpha_func = (uint8_t)field(word, 14, 3),
			.alpha_src = (uint8_t)field(word, 17, 5),
			.alpha_dst = (uint8_t)field(word, 22, 5),
			.mask = (uint8_t)field(word, 27, 4),
		};
	}
	return 0;
}

static int create_rasterizer(struct bh_object *object, const uint32_t *args, uint32_t count)
{
	struct bh_rasterizer *r = &object->rasterizer;
	uint32_t s;

	if (count < 8)
		return -EINVAL;
	s = args[0];
	r->flat = bit(s, 0);
	r->depth_clip = bit(s, 1);
	r->half_z = bit(s, 2);
	r->discard = bit(s, 3);
	r->flat_first = bit(s, 4);
	r->two_sided = bit(s, 5);
	r->sprite_lower_left = bit(s, 6);
	r->point_quads = bit(s, 7);
	r->cull = (uint8_t)field(s, 8, 2);
	r->fill_front = (uint8_t)field(s, 10, 2);
	r->fill_back = (uint8_t)field(s, 12, 2);
	r->scissor = bit(s, 14);
	r->front_ccw = bit(s, 15);
	r->clamp_vertex_color = bit(s, 16);
	r->clamp_fragment_color = bit(s, 17);
	r->offset_line = bit(s, 18);
	r->offset_point = bit(s, 19);
	r->offset_fill = bit(s, 20);
	r->poly_stipple = bit(s, 22);
	r->point_smooth = bit(s, 23);
	r->point_size_per_vertex = bit(s, 24);
	r->multisample = bit(s, 25);
	r->line_smooth = bit(s, 26);
	r->line_stipple = bit(s, 27);
	r->line_last_pixel = bit(s, 28);
	r->bottom_edge_rule = bit(s, 30);
	if (r->fill_front > BH_FILL_POINTS || r->fill_back > BH_FILL_POINTS)
		return -EINVAL;
	r->point_size = bh_float_of(args[1]);
	r->sprite_coords = args[2];
	r->line_pattern = (uint16_t)field(args[3], 0, 16);
	r->line_factor = field(args[3], 16, 8) + 1; /* sent less one */
	r->clip_planes = (uint8_t)field(args[3], 24, 8);
	r->line_width = bh_float_of(args[4]);
	r->offset_units = bh_float_of(args[5]);
	r->offset_scale = bh_float_of(args[6]);
	r->offset_clamp = bh_float_of(args[7]);
	return 0;
}

static struct bh_stencil decode_stencil(uint32_t word)
{
	return (struct bh_stencil){
		.enabled = bit(word, 0),
		.func = (uint8_t)field(word, 1, 3),
		.fail = (uint8_t)field(word, 4, 3),
		.pass = (uint8_t)field(word, 7, 3),
		.depth_fail = (uint8_t)field(word, 10, 3),
		.value_mask = (uint8_t)field(word, 13, 8),
		.write_mask = (uint8_t)field(word, 21, 8),
	};
}

static int create_depth_stencil(struct bh_object *object, const uint32_t *args, uint32_t count)
{
	if (count < 4)
		return -EINVAL;
	object->depth_stencil = (struct bh_depth_stencil){
		.depth_test = bit(args[0], 0),
		.depth_write = bit(args[0], 1),
		.depth_func = (uint8_t)field(args[0], 2, 3),
		.alpha_test = bit(args[0], 8),
		.alpha_func = (uint8_t)field(args[0], 9, 3),
		.stencil = {decode_stencil(args[1]), decode_stencil(args[2])},
		.alpha_ref = bh_float_of(args[3]),
	};
	return 0;
}

static int create_elements(struct bh_object *object, const uint32_t *args, uint32_t count)
{
	struct bh_vertex_elements *elements;

	if (count % 4 || count / 4 > BH_VERTEX_ELEMENTS_MAX)
		return -EINVAL;
	elements = bh_alloc(sizeof(*elements));
	object->elements = elements;
	elements->count = count / 4;
	for (unsigned i = 0; i < elements->count; i++) {
		struct bh_vertex_element *element = &elements->items[i];

		element->offset = args[4 * i];
		element->divisor = args[4 * i + 1];
		element->buffer = args[4 * i + 2];
		element->format = bh_format_get(args[4 * i + 3]);
		if (element->buffer >= BH_VERTEX_BUFFERS_MAX || !element->format ||
		    bh_format_is_depth(element->format)) {
			free(elements);
			return -EINVAL;
		}
	}
	return 0;
}

static int create_sampler(struct bh_object *object, const uint32_t *args, uint32_t count)
{
	struct bh_sampler *sampler = &object->sampler;
	uint32_t s;

	if (count < 8)
		return -EINVAL;
	s = args[0];
	for (unsigned i = 0; i < 3; i++)
		sampler->wrap[i] = (enum bh_wrap)field(s, 3 * i, 3);
	sampler->min = (enum bh_filter)field(s, 9, 1);
	sampler->mip = (enum bh_mip_filter)field(s, 11, 2);
	sampler->mag = (enum bh_filter)field(s, 13, 1);
	sampler->compares = bit(s, 15);
	sampler->compare = (enum bh_compare)field(s, 16, 3);
	sampler->seamless_cube = bit(s, 19);
	sampler->max_anisotropy = field(s, 20, 5);
	sampler->lod_bias = bh_float_of(args[1]);
	sampler->min_lod = bh_float_of(args[2]);
	sampler->max_lod = bh_float_of(args[3]);
	memcpy(sampler->border, &args[4], sizeof(sampler->border));
	return sampler->mip <= BH_MIP_NONE ? 0 : -EINVAL;
}

static enum bh_texture_target view_target(const struct bh_resource *resource)
{
	static const enum bh_texture_target targets[] = {
		[BH_TARGET_1D] = BH_TEX_1D,
		[BH_TARGET_2D] = BH_TEX_2D,
		[BH_TARGET_3D] = BH_TEX_3D,
		[BH_TARGET_CUBE] = BH_TEX_CUBE,
		[BH_TARGET_RECT] = BH_TEX_RECT,
		[BH_TARGET_1D_ARRAY] = BH_TEX_1D_ARRAY,
		[BH_TARGET_2D_ARRAY] = BH_TEX_2D_ARRAY,
	};

	return targets[resource->args.target];
}

static bool fill_swizzle(struct bh_texture_view *view, uint32_t word)
{
	for (unsigned i = 0; i < 4; i++) {
		view->swizzle[i] = (uint8_t)field(word, 3 * i, 3);
		if (view->swizzle[i] > BH_SWIZZLE_1)
			return false;
	}
	return true;
}

/* Texels of a buffer, from one number to another: one row. */
static bool fill_buffer_view(struct bh_texture_view *view, const struct bh_resource *resource,
			     const uint32_t *args)
{
	uint64_t first = args[2], last = args[3], bytes = view->format->bytes;

	if (bh_format_is_depth(view->format) || first > last || (last + 1) * bytes > resource->size)
		return false;
	view->target = BH_TEX_BUFFER;
	view->samples = 1;
	view->level_count = 1;
	view->levels[0] = (struct bh_texture_level){
		.data = resource->data + first * bytes,
		.width = (uint32_t)(last - first < BH_TEXTURE_BUFFER_MAX ? last - first + 1
									 : BH_TEXTURE_BUFFER_MAX),
		.height = 1,
		.depth = 1,
	};
	return true;
}

static bool fill_view(struct bh_texture_view *view, const struct bh_resource *resource,
		      const uint32_t *args)
{
	uint32_t first_layer = field(args[2], 0, 16), last_layer = field(args[2], 16, 16);
	uint32_t first_level = field(args[3], 0, 8), last_level = field(args[3], 8, 8);

	if (!view->format)
		return false;
	if (bh_resource_is_buffer(resource))
		return fill_buffer_view(view, resource, args) && fill_swizzle(view, args[4]);
	if (view->format->bytes != resource->format->bytes)
		return false;
	if (first_level > last_level || last_level >= resource->level_count)
		return false;
	if (resource->args.target == BH_TARGET_3D) {
		first_layer = 0;
		last_layer = resource->args.depth - 1;
	}
	if (first_layer > last_layer || last_layer >= resource->levels[0].depth)
		return false;
	view->target = view_target(resource);
	if (view->target == BH_TEX_CUBE && last_layer - first_layer != 5)
		return false;
	view->samples = resource->samples;
	view->sample_stride = resource->sample_stride;
	view->level_count = last_level - first_level + 1;
	for (unsigned i = 0; i < view->level_count; i++) {
		const struct bh_level_layout *layout = &resource->levels[first_level + i];
		bool volume = resource->args.target == BH_TARGET_3D;

		view->levels[i] = (struct bh_texture_level){
			.data = bh_resource_texel(resource, first_level + i, 0, 0, first_layer),
			.width = layout->width,
			.height = layout->height,
			.depth = volume ? layout->depth : last_layer - first_layer + 1,
			.row_stride = layout->row_stride,
			.layer_stride = layout->layer_stride,
		};
	}
	return fill_swizzle(view, args[4]);
}

static int create_view(struct bh_context *context, struct bh_object *object, const uint32_t *args,
		       uint32_t count)
{
	struct bh_resource *resource;
	struct bh_view_object *view;

	if (count < 5)
		return -EINVAL;
	resource = bh_context_resource(context, args[0]);
	if (!resource)
		return -EINVAL;
	view = bh_alloc(sizeof(*view));
	/* A target may be above the number. */
	view->view.format = bh_resource_view_format(resource, args[1] & 0xffffff);
	if (!fill_view(&view->view, resource, args)) {
		free(view);
		return -EINVAL;
	}
	view->refs = 1;
	view->resource = bh_resource_ref(resource);
	object->view = view;
	return 0;
}

static int create_surface(struct bh_context *context, struct bh_object *object,
			  const uint32_t *args, uint32_t count)
{
	struct bh_surface *surface = &object->surface;
	uint32_t level, layer, last;

	if (count < 4)
		return -EINVAL;
	surface->resource = bh_context_resource(context, args[0]);
	if (!surface->resource)
		return -EINVAL;
	/* Of compressed resources, too: a driver makes them to find that nothing can be drawn. */
	surface->format = bh_resource_view_format(surface->resource, args[1]);
	level = args[2];
	layer = field(args[3], 0, 16);
	last = field(args[3], 16, 16);
	if (!surface->format || bh_resource_is_buffer(surface->resource) ||
	    (bh_format_is_depth(surface->format) && surface->format->depth_bits &&
	     !bh_format_is_sampled(surface->format, context->gpu->level)) ||
	    surface->format->bytes != surface->resource->format->bytes ||
	    level >= surface->resource->level_count || layer > last ||
	    last >= surface->resource->levels[level].depth)
		return -EINVAL;
	bh_resource_ref(surface->resource);
	surface->data = bh_resource_texel(surface->resource, level, 0, 0, layer);
	surface->row_stride = surface->resource->levels[level].row_stride;
	surface->width = surface->resource->levels[level].width;
	surface->height = surface->resource->levels[level].height;
	surface->samples = surface->resource->samples;
	surface->sample_stride = surface->resource->sample_stride;
	surface->layers = last - layer + 1;
	surface->layer_stride = surface->resource->levels[level].layer_stride;
	return 0;
}

static int create_query(struct bh_context *context, struct bh_object *object, const uint32_t *args,
			uint32_t count)
{
	struct bh_query_object *query = &object->query;

	if (count < 3)
		return -EINVAL;
	query->type = field(args[0], 0, 16);
	query->offset = args[1];
	query->resource = bh_context_resource(context, args[2]);
	if (!query->resource || query->type >= BH_QUERY_TYPES)
		return -EINVAL;
	bh_resource_ref(query->resource);
	return 0;
}

static int fill(struct bh_context *context, struct bh_object *object, const uint32_t *args,
		uint32_t count)
{
	switch (object->type) {
	case BH_OBJECT_BLEND:
		return create_blend(object, args, count);
	case BH_OBJECT_RASTERIZER:
		return create_rasterizer(object, args, count);
	case BH_OBJECT_DEPTH_STENCIL:
		return create_depth_stencil(object, args, count);
	case BH_OBJECT_VERTEX_ELEMENTS:
		return create_elements(object, args, count);
	case BH_OBJECT_SAMPLER_VIEW:
		return create_view(context, object, args, count);
	case BH_OBJECT_SAMPLER_STATE:
		return create_sampler(object, args, count);
	case BH_OBJECT_SURFACE:
		return create_surface(context, object, args, count);
	case BH_OBJECT_STREAM_TARGET:
		return bh_create_stream(context, object, args, count);
	case BH_OBJECT_QUERY:
		return create_query(context, object, args, count);
	default:
		return -EINVAL;
	}
}

/* With what hangs on it; a shader's own is counted by its text. */
static uint64_t cost_of(uint32_t type)
{
	switch (type) {
	case BH_OBJECT_VERTEX_ELEMENTS:
		return sizeof(struct bh_object) + sizeof(struct bh_vertex_elements);
	case BH_OBJECT_SAMPLER_VIEW:
		return sizeof(struct bh_object) + sizeof(struct bh_view_object);
	case BH_OBJECT_STREAM_TARGET:
		return sizeof(struct bh_object) + sizeof(struct bh_stream_object);
	default:
		return sizeof(struct bh_object);
	}
}

int bh_cmd_create_object(struct bh_context *context, const struct bh_command_args *command)
{
	uint32_t handle = command->args[0];
	struct bh_object *object;
	int result;

	if (!handle || context->sub->objects.count >= BH_OBJECTS_MAX)
		return -EINVAL;
	if (command->object == BH_OBJECT_SHADER)
		return bh_create_shader(context, handle, command->args + 1, command->count - 1);
	if (!bh_quota_take(&context->gpu->quota, cost_of(command->object)))
		return -ENOMEM;
	object = bh_alloc(sizeof(*object));
	object->type = command->object;
	result = fill(context, object, command->args + 1, command->count - 1);
	if (result) {
		bh_quota_give(&context->gpu->quota, cost_of(command->object));
		free(object);
		return result;
	}
	object = bh_table_set(&context->sub->objects, handle, object);
	if (object)
		bh_object_destroy(context, object);
	return 0;
}

int bh_cmd_bind_object(struct bh_context *context, const struct bh_command_args *command)
{
	struct bh_sub_context *sub = context->sub;
	uint32_t handle = command->args[0];
	struct bh_object *object = bh_find_object(context, handle, command->object);

	/* Handle 0 unbinds; what was bound stays, as nothing is drawn without. */
	if (!handle)
		return 0;
	if (!object)
		return -EINVAL;
	switch (object->type) {
	case BH_OBJECT_BLEND:
		sub->blend = object->blend;
		return 0;
	case BH_OBJECT_RASTERIZER:
		sub->rasterizer = object->rasterizer;
		return 0;
	case BH_OBJECT_DEPTH_STENCIL:
		sub->depth_stencil = object->depth_stencil;
		return 0;
	case BH_OBJECT_VERTEX_ELEMENTS:
		sub->elements = *object->elements;
		return 0;
	default:
		return -EINVAL;
	}
}

int bh_cmd_destroy_object(struct bh_context *context, const struct bh_command_args *command)
{
	uint32_t handle = command->args[0];
	struct bh_object *object;

	if (!handle)
		return -EINVAL;
	object = bh_table_set(&context->sub->objects, handle, NULL);
	if (object)
		bh_object_destroy(context, object);
	return 0;
}

void bh_view_object_unref(struct bh_view_object *view)
{
	if (!view || --view->refs)
		return;
	bh_resource_unref(view->resource);
	free(view);
}

void bh_object_destroy(struct bh_context *context, struct bh_object *object)
{
	switch (object->type) {
	case BH_OBJECT_SHADER:
		bh_shader_object_unref(context, object->shader);
		break;
	case BH_OBJECT_VERTEX_ELEMENTS:
		free(object->elements);
		break;
	case BH_OBJECT_SAMPLER_VIEW:
		bh_view_object_unref(object->view);
		break;
	case BH_OBJECT_SURFACE:
		bh_resource_unref(object->surface.resource);
		break;
	case BH_OBJECT_STREAM_TARGET:
		bh_stream_object_unref(object->stream);
		break;
	case BH_OBJECT_QUERY:
		if (object->query.active)
			context->sub->active_queries--;
		bh_resource_unref(object->query.resource);
		break;
	default:
		break;
	}
	bh_quota_give(&context->gpu->quota, cost_of(object->type));
	free(object);
}
