/* SPDX-License-Identifier: Apache-2.0 */
/* What of a draw is the same for all its primitives: which output becomes which input, where pixels
 * may be. */
#include "gpu/raster/front.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static bool makes_polygons(enum bh_primitive primitive)
{
	return primitive >= BH_TRIANGLES && primitive != BH_LINES_ADJACENCY &&
	       primitive != BH_LINE_STRIP_ADJACENCY;
}

int bh_front_find_output(const struct bh_shader_info *info, enum bh_semantic semantic,
			 unsigned index)
{
	for (size_t i = 0; i < info->output_count; i++) {
		if (info->outputs[i].semantic == semantic && info->outputs[i].index == index)
			return (int)i;
	}
	return -1;
}

/* The number of an attribute that carries this output, a new one when there is none yet. */
static unsigned attr_of(struct bh_front *front, int output, bool sprite, bool clamp)
{
	struct bh_vertex_link *link = &front->link;
	unsigned i;

	for (i = 0; i < front->draw->attr_count; i++) {
		if (link->attrs[i] == output && (link->sprite_inputs >> i & 1) == sprite)
			return i;
	}
	assert(i < BH_ATTRS_MAX);
	link->attrs[i] = output;
	link->clamp[i] = clamp;
	if (sprite)
		link->sprite_inputs |= UINT64_C(1) << i;
	front->draw->attr_count++;
	return i;
}

static bool is_sprite(const struct bh_front *front, const struct bh_shader_io *io)
{
	if (front->call->made != BH_POINTS)
		return false;
	if (io->semantic == BH_SEM_POINT_COORD)
		return true;
	return (io->semantic == BH_SEM_TEXCOORD || io->semantic == BH_SEM_GENERIC) &&
	       io->index < 32 && front->call->raster->sprite_coords >> io->index & 1;
}

static void link_input(struct bh_front *front, const struct bh_shader_io *io,
		       struct bh_input *input)
{
	const struct bh_shader_info *info = front->call->vertex_info;
	const struct bh_rasterizer *raster = front->call->raster;
	bool color = io->semantic == BH_SEM_COLOR, sprite = is_sprite(front, io);
	bool clamp = color && raster->clamp_vertex_color;
	int output;

	input->mask = io->mask;
	if (io->semantic == BH_SEM_COVERAGE) {
		input->kind = BH_INPUT_ATTR;
		input->attr = input->back = (uint8_t)front->draw->attr_count++;
		front->link.coverage = input->attr;
		front->link.attrs[input->attr] = -1;
		return;
	}
	if (io->semantic == BH_SEM_PRIMITIVE_ID && !front->call->geometry_info) {
		input->kind = BH_INPUT_PRIMITIVE;
		return;
	}
	if (io->semantic == BH_SEM_POSITION || io->semantic == BH_SEM_FACE) {
		input->kind = io->semantic == BH_SEM_FACE ? BH_INPUT_FACE : BH_INPUT_POSITION;
		return;
	}
	output = bh_front_find_output(info, io->semantic, io->index);
	if (output < 0 && color)
		output = bh_front_find_output(info, BH_SEM_BACK_COLOR, io->index);
	if (output < 0 && !sprite) {
		input->kind = BH_INPUT_ZERO;
		return;
	}
	input->kind = BH_INPUT_ATTR;
	input->flat = io->interpolation == BH_INTERP_CONSTANT ||
		      (io->interpolation == BH_INTERP_COLOR && raster->flat);
	input->perspective = io->interpolation != BH_INTERP_LINEAR;
	input->centroid = io->centroid;
	input->attr = (uint8_t)attr_of(front, output, sprite, clamp);
	if (!input->perspective && !input->flat)
		front->link.linear |= UINT64_C(1) << input->attr;
	input->back = input->attr;
	if (color && raster->two_sided) {
		int back = bh_front_find_output(info, BH_SEM_BACK_COLOR, io->index);

		if (back >= 0)
			input->back = (uint8_t)attr_of(front, back, false, clamp);
	}
}

/* How far outside the view volume is still inside the rasteriser's coordinates. */
static float guard_band(float scale, float translate)
{
	float room = 16000.0f - fabsf(translate), band = room / fabsf(scale);

	if (!(band > 1e-3f))
		return 1e-3f;
	return band < 1e6f ? band : 1e6f;
}

/* The pixels whose centres are between two coordinates. */
static void limit(float low, float high, int32_t *first, int32_t *end)
{
	if (!(low < high))
		return; /* nothing gets through the transformation either */
	low = ceilf(low - 0.5f);
	high = ceilf(high - 0.5f);
	if (low > (float)*first)
		*first = low < (float)*end ? (int32_t)low : *end;
	if (high < (float)*end)
		*end = high > (float)*first ? (int32_t)high : *first;
}

/* The guard band lets triangles reach outside the viewport; nothing is drawn there. */
static void limit_to_viewport(const struct bh_viewport *viewport, struct bh_rect *area)
{
	float w = fabsf(viewport->scale[0]), h = fabsf(viewport->scale[1]);

	limit(viewport->translate[0] - w, viewport->translate[0] + w, &area->x0, &area->x1);
	limit(viewport->translate[1] - h, viewport->translate[1] + h, &area->y0, &area->y1);
}

static bool is_second_source(unsigned factor)
{
	factor &= ~(unsigned)BH_FACTOR_INVERTED;
	return factor == BH_FACTOR_SRC1_COLOR || factor == BH_FACTOR_SRC1_ALPHA;
}

static bool blends_two_sources(const struct bh_blend_target *target)
{
	return target->enabled &&
	       (is_second_source(target->rgb_src) || is_second_source(target->rgb_dst) ||
		is_second_source(target->alpha_src) || is_second_source(target->alpha_dst));
}

/* Without clipping, depth is held to the viewport's range. */
static void link_depth_range(struct bh_draw *draw, const struct bh_viewport *viewport)
{
	float size = fabsf(viewport->scale[2]), middle = viewport->translate[2];

	draw->depth_range[0] = 0;
	draw->depth_range[1] = 1;
	if (draw->raster.depth_clip)
		return;
	if (draw->raster.half_z) {
		middle += viewport->scale[2] * 0.5f;
		size *= 0.5f;
	}
	if (middle - size > 0 && middle - size <= 1)
		draw->depth_range[0] = middle - size;
	if (middle + size < 1 && middle + size >= 0)
		draw->depth_range[1] = middle + size;
}

static void link_colors(struct bh_draw *draw, const struct bh_framebuffer *fb)
{
	const struct bh_shader_info *info = &draw->fragment;

	draw->depth_output = draw->stencil_output = draw->second_output = -1;
	for (unsigned i = 0; i < BH_COLOR_TARGETS_MAX; i++)
		draw->color_output[i] = -1;
	if (!draw->program)
		return;
	for (unsigned i = 0; i < fb->color_count; i++)
		draw->color_output[i] =
			bh_front_find_output(info, BH_SEM_COLOR, info->writes_all_colors ? 0 : i);
	draw->color_output[0] = bh_front_find_output(info, BH_SEM_COLOR, 0);
	if (blends_two_sources(&draw->blend.targets[0]))
		draw->second_output = bh_front_find_output(info, BH_SEM_COLOR, 1);
	if (info->writes_depth)
		draw->depth_output = bh_front_find_output(info, BH_SEM_POSITION, 0);
	if (info->writes_stencil)
		draw->stencil_output = bh_front_find_output(info, BH_SEM_STENCIL, 0);
}

static void link_coarse(struct bh_draw *draw)
{
	struct bh_coarse *coarse = &draw->coarse;
	unsigned func = draw->depth.depth_func;
	bool less = func == BH_COMPARE_LESS || func == BH_COMPARE_LEQUAL;

	if (!draw->depth_used)
		return;
	coarse->greater = func == BH_COMPARE_GREATER || func == BH_COMPARE_GEQUAL;
	coarse->equal = func == BH_COMPARE_EQUAL;
	if (draw->depth.depth_write && func != BH_COMPARE_NEVER && !coarse->equal)
		coarse->moves = less || coarse->greater ? BH_COARSE_NEARER : BH_COARSE_ANYWHERE;
	/*
	 * A stencil changes where depth fails, a program's own depth is not the triangle's, and not
	 * all draws may have the same range.
	 */
	coarse->hides = (less || coarse->greater || coarse->equal) && !draw->stencil_used &&
			draw->depth_output < 0 && draw->depth_range[0] <= 0 &&
			draw->depth_range[1] >= 1;
	coarse->tightens = coarse->hides && coarse->moves == BH_COARSE_NEARER && !draw->may_discard;
}

void bh_front_link(struct bh_front *front)
{
	const struct bh_draw_call *call = front->call;
	const struct bh_framebuffer *fb = call->framebuffer;
	struct bh_draw *draw = front->draw;
	struct bh_vertex_link *link = &front->link;
	struct bh_rect all = {0, 0, (int32_t)fb->width, (int32_t)fb->height};

	memset(draw, 0, sizeof(*draw));
	memset(link, 0, sizeof(*link));
	link->coverage = -1;
	draw->blend = *call->blend;
	draw->depth = *call->depth;
	draw->raster = *call->raster;
	memcpy(draw->stencil_ref, call->stencil_ref, sizeof(draw->stencil_ref));
	memcpy(draw->blend_color, call->blend_color, sizeof(draw->blend_color));
	draw->area = all;
	if (call->raster->scissor) {
		const struct bh_rect *s = call->scissor;

		draw->area.x0 = s->x0 > all.x0 ? s->x0 : all.x0;
		draw->area.y0 = s->y0 > all.y0 ? s->y0 : all.y0;
		draw->area.x1 = s->x1 < all.x1 ? s->x1 : all.x1;
		draw->area.y1 = s->y1 < all.y1 ? s->y1 : all.y1;
	}
	if (makes_polygons(call->made))
		limit_to_viewport(call->viewport, &draw->area);
	draw->program = call->fragment_program;
	draw->fragment = *call->fragment_info;
	draw->constants = call->constants[BH_STAGE_FRAGMENT];
	draw->textures = call->textures[BH_STAGE_FRAGMENT];
	draw->samples = call->samples;
	draw->lost = call->lost;
	draw->work = front->work;
	draw->stipple = call->stipple;
	draw->pixel_samples = fb->samples;
	draw->sample_mask = call->sample_mask;
	if (fb->depth.resource) {
		draw->depth_format = fb->depth.format;
		draw->depth_used = call->depth->depth_test && fb->depth.format->depth_bits;
		draw->stencil_used =
			call->depth->stencil[0].enabled && fb->depth.format->stencil_bits;
	}
	link_colors(draw, fb);
	link_depth_range(draw, call->viewport);
	draw->may_discard = draw->fragment.kills || draw->depth.alpha_test;
	link_coarse(draw);
	draw->input_count = (unsigned)draw->fragment.input_count;
	for (unsigned i = 0; i < draw->input_count; i++)
		link_input(front, &draw->fragment.inputs[i], &draw->inputs[i]);
	draw->vertex_floats = BH_VERTEX_ATTRS + draw->attr_count * 4;
	link->position = bh_front_find_output(call->vertex_info, BH_SEM_POSITION, 0);
	link->point_size = bh_front_find_output(call->vertex_info, BH_SEM_POINT_SIZE, 0);
	link->edge_flag = bh_front_find_output(call->vertex_info, BH_SEM_EDGE_FLAG, 0);
	link->layer = bh_front_find_output(call->vertex_info, BH_SEM_LAYER, 0);
	link->clip_vertex = bh_front_find_output(call->vertex_info, BH_SEM_CLIP_VERTEX, 0);
	for (unsigned i = 0; i < 2; i++)
		link->clip_distance[i] =
			bh_front_find_output(call->vertex_info, BH_SEM_CLIP_DISTANCE, i);
	front->simple = !call->geometry_info && makes_polygons(call->made) &&
			call->raster->fill_front == BH_FILL_SOLID &&
			call->raster->fill_back == BH_FILL_SOLID && !call->raster->clip_planes &&
			(link->layer < 0 || fb->layers <= 1);
	/* Lines are clipped where the view volume ends; what is wide of them may pass it. */
	front->guard_x = front->guard_y = 1;
	if (makes_polygons(call->made)) {
		front->guard_x = guard_band(call->viewport->scale[0], call->viewport->translate[0]);
		front->guard_y = guard_band(call->viewport->scale[1], call->viewport->translate[1]);
	}
}
