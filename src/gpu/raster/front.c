/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/raster/front.h"

#include "base/alloc.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static bool makes_polygons(enum bh_primitive primitive)
{
	return primitive >= BH_TRIANGLES && primitive != BH_LINES_ADJACENCY &&
	       primitive != BH_LINE_STRIP_ADJACENCY;
}

uint32_t bh_primitive_count(enum bh_primitive primitive, uint32_t count)
{
	switch (primitive) {
	case BH_POINTS:
		return count;
	case BH_LINES:
		return count / 2;
	case BH_LINE_LOOP:
		return count >= 2 ? count : 0;
	case BH_LINE_STRIP:
		return count >= 2 ? count - 1 : 0;
	case BH_TRIANGLES:
		return count / 3;
	case BH_TRIANGLE_STRIP:
	case BH_TRIANGLE_FAN:
	case BH_POLYGON:
		return count >= 3 ? count - 2 : 0;
	case BH_QUADS:
		return count / 4 * 2;
	case BH_QUAD_STRIP:
		return count >= 4 ? (count - 2) / 2 * 2 : 0;
	case BH_LINES_ADJACENCY:
		return count / 4;
	case BH_LINE_STRIP_ADJACENCY:
		return count >= 4 ? count - 3 : 0;
	case BH_TRIANGLES_ADJACENCY:
		return count / 6;
	case BH_TRIANGLE_STRIP_ADJACENCY:
		return count >= 6 ? (count - 4) / 2 : 0;
	default:
		return 0;
	}
}

uint32_t bh_primitive_number(const struct bh_front *front, uint32_t index)
{
	enum bh_primitive primitive = front->call->primitive;

	/* Two triangles are one quad, and a polygon is one primitive. */
	if (primitive == BH_QUADS || primitive == BH_QUAD_STRIP)
		index /= 2;
	else if (primitive == BH_POLYGON)
		index = 0;
	return front->primitives_before + index;
}

static struct bh_corners triangle(uint32_t a, uint32_t b, uint32_t c, uint32_t provoking,
				  unsigned edges)
{
	return (struct bh_corners){{a, b, c}, provoking, 3, (uint8_t)edges};
}

struct bh_corners bh_primitive_corners(enum bh_primitive primitive, uint32_t i, uint32_t count,
				       bool flat_first)
{
	uint32_t q = i / 2;
	unsigned edges;

	switch (primitive) {
	case BH_POINTS:
		return (struct bh_corners){{i, i, i}, i, 1, 0};
	case BH_LINES:
		return (struct bh_corners){{2 * i, 2 * i + 1, 0}, 2 * i + !flat_first, 2, 1};
	case BH_LINE_LOOP:
	case BH_LINE_STRIP: {
		uint32_t next = i + 1 == count ? 0 : i + 1;

		return (struct bh_corners){{i, next, 0}, flat_first ? i : next, 2, 1};
	}
	case BH_TRIANGLES:
		return triangle(3 * i, 3 * i + 1, 3 * i + 2, 3 * i + (flat_first ? 0 : 2), 7);
	case BH_TRIANGLE_STRIP:
		if (i & 1)
			return triangle(i + 1, i, i + 2, flat_first ? i : i + 2, 7);
		return triangle(i, i + 1, i + 2, flat_first ? i : i + 2, 7);
	case BH_TRIANGLE_FAN:
		return triangle(0, i + 1, i + 2, flat_first ? i + 1 : i + 2, 7);
	case BH_POLYGON:
		edges = 2 | (i == 0 ? 1 : 0) | (i + 3 == count ? 4 : 0);
		return triangle(0, i + 1, i + 2, 0, edges);
	case BH_QUADS:
		q *= 4;
		if (i & 1)
			return triangle(q, q + 2, q + 3, flat_first ? q : q + 3, 6);
		return triangle(q, q + 1, q + 2, flat_first ? q : q + 3, 3);
	/* Without a geometry program the adjacent vertices mean nothing. */
	case BH_LINES_ADJACENCY:
		return (struct bh_corners){
			{4 * i + 1, 4 * i + 2, 0}, 4 * i + (flat_first ? 1 : 2), 2, 1};
	case BH_LINE_STRIP_ADJACENCY:
		return (struct bh_corners){{i + 1, i + 2, 0}, flat_first ? i + 1 : i + 2, 2, 1};
	case BH_TRIANGLES_ADJACENCY:
		return triangle(6 * i, 6 * i + 2, 6 * i + 4, 6 * i + (flat_first ? 0 : 4), 7);
	case BH_TRIANGLE_STRIP_ADJACENCY:
		q = 2 * i;
		if (i & 1)
			return triangle(q + 2, q, q + 4, flat_first ? q : q + 4, 7);
		return triangle(q, q + 2, q + 4, flat_first ? q : q + 4, 7);
	default: /* quad strip: corners 0, 1, 3, 2 */
		q *= 2;
		if (i & 1)
			return triangle(q, q + 3, q + 2, flat_first ? q : q + 3, 6);
		return triangle(q, q + 1, q + 3, flat_first ? q : q + 3, 3);
	}
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
	/* Lines are clipped where the view volume ends; what is wide of them may pass it. */
	front->guard_x = front->guard_y = 1;
	if (makes_polygons(call->made)) {
		front->guard_x = guard_band(call->viewport->scale[0], call->viewport->translate[0]);
		front->guard_y = guard_band(call->viewport->scale[1], call->viewport->translate[1]);
	}
}

uint32_t bh_front_vertex_id(const struct bh_front *front, uint32_t position)
{
	const struct bh_draw_call *call = front->call;
	uint64_t place = (uint64_t)front->first_vertex + position, offset;
	uint32_t index = 0;

	if (!call->indexed)
		return (uint32_t)place;
	offset = call->index_offset + place * call->index_size;
	if (call->indices && offset + call->index_size <= call->indices->size)
		memcpy(&index, call->indices->data + offset, call->index_size);
	return index + (uint32_t)call->index_bias;
}

uint32_t bh_front_local_vertex(const struct bh_front *front, struct bh_front_scratch *scratch,
			       uint32_t position)
{
	uint32_t id = bh_front_vertex_id(front, position);
	uint32_t mask = BH_CHUNK_VERTICES * 2 - 1, slot = (id * 2654435761u) >> 12 & mask;

	while (scratch->table[slot]) {
		if (scratch->ids[scratch->table[slot] - 1] == id)
			return scratch->table[slot] - 1;
		slot = (slot + 1) & mask;
	}
	scratch->ids[scratch->id_count++] = id;
	scratch->table[slot] = scratch->id_count;
	return scratch->id_count - 1;
}

/*
 * Whether the chunk's vertices are a run of positions, each wanted: then their place among
 * scratch->ids is known without looking.
 */
static bool is_run(const struct bh_front *front, uint32_t first, uint32_t count, uint32_t *begin,
		   uint32_t *end)
{
	const struct bh_draw_call *call = front->call;

	if (call->indexed)
		return false;
	switch (call->primitive) {
	case BH_POINTS:
		*begin = first;
		*end = first + count;
		return true;
	case BH_LINES:
		*begin = 2 * first;
		*end = 2 * (first + count);
		return true;
	case BH_LINE_STRIP:
		*begin = first;
		*end = first + count + 1;
		return true;
	case BH_TRIANGLES:
		*begin = 3 * first;
		*end = 3 * (first + count);
		return true;
	case BH_TRIANGLE_STRIP:
		*begin = first;
		*end = first + count + 2;
		return true;
	default:
		return false;
	}
}

void bh_front_assemble(struct bh_front *front, struct bh_front_scratch *scratch,
		       const struct bh_corners *corners, const uint32_t local[4])
{
	switch (corners->count) {
	case 1:
		bh_setup_point(front, scratch, local[0], local[0], true, 0);
		break;
	case 2:
		bh_setup_line(front, scratch, local, local[3], true, 0);
		break;
	default:
		bh_setup_triangle(front, scratch, local, local[3], corners->edges);
		break;
	}
}

static struct bh_rect tiles_of(const struct bh_triangle *triangle)
{
	return (struct bh_rect){triangle->area.x0 >> BH_TILE_SHIFT,
				triangle->area.y0 >> BH_TILE_SHIFT,
				((triangle->area.x1 - 1) >> BH_TILE_SHIFT) + 1,
				((triangle->area.y1 - 1) >> BH_TILE_SHIFT) + 1};
}

/* Fewer triangles than this a tile can test itself. */
#define UNBINNED 4

static void sort_into_bins(struct bh_chunk *chunk, struct bh_bump *memory)
{
	struct bh_rect all = {INT32_MAX, INT32_MAX, 0, 0};
	size_t width, count, items = 0;

	for (uint32_t i = 0; i < chunk->triangle_count; i++) {
		struct bh_rect tiles = tiles_of(&chunk->triangles[i]);

		all.x0 = tiles.x0 < all.x0 ? tiles.x0 : all.x0;
		all.y0 = tiles.y0 < all.y0 ? tiles.y0 : all.y0;
		all.x1 = tiles.x1 > all.x1 ? tiles.x1 : all.x1;
		all.y1 = tiles.y1 > all.y1 ? tiles.y1 : all.y1;
		items += (size_t)(tiles.x1 - tiles.x0) * (size_t)(tiles.y1 - tiles.y0);
	}
	chunk->tiles = all;
	width = (size_t)(all.x1 - all.x0);
	count = width * (size_t)(all.y1 - all.y0);
	if (chunk->triangle_count <= UNBINNED || count == 1)
		return;
	chunk->bins = bh_bump_alloc(memory, (count + 2) * sizeof(uint32_t));
	chunk->bin_items = bh_bump_alloc(memory, items * sizeof(uint32_t));
	memset(chunk->bins, 0, (count + 2) * sizeof(uint32_t));
	/* Counted two places further on, so that the sums are the bins' ends while they fill. */
	for (unsigned pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < chunk->triangle_count; i++) {
			struct bh_rect tiles = tiles_of(&chunk->triangles[i]);

			for (int32_t y = tiles.y0; y < tiles.y1; y++) {
				for (int32_t x = tiles.x0; x < tiles.x1; x++) {
					size_t bin =
						(size_t)(y - all.y0) * width + (size_t)(x - all.x0);

					if (pass == 0)
						chunk->bins[bin + 2]++;
					else
						chunk->bin_items[chunk->bins[bin + 1]++] = i;
				}
			}
		}
		for (size_t i = 2; pass == 0 && i < count + 2; i++)
			chunk->bins[i] += chunk->bins[i - 1];
	}
}

static uint32_t keep(struct bh_front_scratch *scratch, uint32_t vertex)
{
	if (!scratch->places[vertex]) {
		scratch->kept[scratch->kept_count++] = vertex;
		scratch->places[vertex] = (uint32_t)scratch->kept_count;
	}
	return scratch->places[vertex] - 1;
}

/* Triangles that were culled leave vertices that nobody needs: the others move together. */
static void keep_vertices(const struct bh_front *front, struct bh_front_scratch *scratch,
			  struct bh_chunk *chunk, struct bh_bump *memory)
{
	size_t floats = front->draw->vertex_floats;

	bh_grow((void **)&scratch->places, &scratch->place_capacity, scratch->vertex_count,
		sizeof(*scratch->places));
	bh_grow((void **)&scratch->kept, &scratch->kept_capacity, scratch->vertex_count,
		sizeof(*scratch->kept));
	memset(scratch->places, 0, scratch->vertex_count * sizeof(*scratch->places));
	scratch->kept_count = 0;
	for (uint32_t i = 0; i < chunk->triangle_count; i++) {
		struct bh_triangle *triangle = &chunk->triangles[i];

		for (unsigned k = 0; k < 3; k++)
			triangle->vertex[k] = keep(scratch, triangle->vertex[k]);
		triangle->provoking = keep(scratch, triangle->provoking);
	}
	chunk->vertices = bh_bump_alloc(memory, scratch->kept_count * floats * sizeof(float));
	for (size_t i = 0; i < scratch->kept_count; i++) {
		const float *from = &scratch->records[scratch->kept[i] * floats];
		float *to = &chunk->vertices[i * floats];

		/* Four at a time: there are never fewer. */
		for (size_t k = 0; k < floats; k += 4)
			memcpy(&to[k], &from[k], 4 * sizeof(float));
	}
}

static struct bh_chunk *make_chunk(const struct bh_front *front, struct bh_front_scratch *scratch,
				   struct bh_bump *memory)
{
	size_t triangle_bytes = scratch->triangle_count * sizeof(struct bh_triangle);
	struct bh_chunk *chunk = bh_bump_alloc(memory, sizeof(*chunk));

	memset(chunk, 0, sizeof(*chunk));
	chunk->draw = front->draw;
	chunk->triangles = bh_bump_alloc(memory, triangle_bytes);
	memcpy(chunk->triangles, scratch->triangles, triangle_bytes);
	chunk->triangle_count = (uint32_t)scratch->triangle_count;
	keep_vertices(front, scratch, chunk, memory);
	sort_into_bins(chunk, memory);
	bh_chunk_find_solid(chunk);
	return chunk;
}

void bh_rotate_corners(struct bh_corners *corners, bool first)
{
	unsigned place = first ? 0 : 2;

	for (unsigned i = 0; i < 2 && corners->at[place] != corners->provoking; i++) {
		uint32_t front = corners->at[0];

		corners->at[0] = corners->at[1];
		corners->at[1] = corners->at[2];
		corners->at[2] = front;
	}
}

void bh_front_finish_chunk(struct bh_front *front, struct bh_front_scratch *scratch, size_t item,
			   unsigned worker)
{
	atomic_fetch_add(&front->vertices, scratch->id_count);
	atomic_fetch_add(&front->triangles, scratch->triangle_count);
	if (scratch->triangle_count) {
		struct bh_item *place = &front->scene->items[front->first_item + item];

		place->chunk = make_chunk(front, scratch, &front->scene->memory[worker]);
		place->tiles = place->chunk->tiles;
	}
}

void bh_front_chunk(void *data, size_t item, unsigned worker)
{
	struct bh_front *front = data;
	struct bh_front_scratch *scratch = front->scratch[worker];
	const struct bh_draw_call *call = front->call;
	uint32_t first = front->first_primitive + (uint32_t)item * BH_CHUNK_PRIMITIVES;
	uint32_t end = front->first_primitive + front->primitive_count;
	struct {
		struct bh_corners corners;
		uint32_t local[4];
	} primitives[BH_CHUNK_PRIMITIVES];
	uint32_t count = end - first < BH_CHUNK_PRIMITIVES ? end - first : BH_CHUNK_PRIMITIVES;
	uint32_t run_begin, run_end;
	bool run = is_run(front, first, count, &run_begin, &run_end);

	if (atomic_load(call->lost))
		return;
	scratch->id_count = 0;
	scratch->triangle_count = 0;
	if (run) {
		for (uint32_t i = run_begin; i < run_end; i++)
			scratch->ids[scratch->id_count++] = front->first_vertex + i;
	} else {
		memset(scratch->table, 0, sizeof(scratch->table));
	}
	for (uint32_t i = 0; i < count; i++) {
		struct bh_corners *corners = &primitives[i].corners;
		uint32_t *local = primitives[i].local;

		*corners = bh_primitive_corners(call->primitive, first + i, front->vertex_count,
						call->raster->flat_first);
		if (run) {
			for (unsigned k = 0; k < 3; k++)
				local[k] = corners->at[k] - run_begin;
			local[3] = corners->provoking - run_begin;
			continue;
		}
		for (unsigned k = 0; k < corners->count; k++)
			local[k] = bh_front_local_vertex(front, scratch, corners->at[k]);
		local[3] = bh_front_local_vertex(front, scratch, corners->provoking);
	}
	if (!bh_front_shade(front, scratch)) {
		atomic_store(call->lost, true);
		return;
	}
	for (uint32_t i = 0; i < count; i++) {
		bool continues =
			call->primitive == BH_LINE_STRIP || call->primitive == BH_LINE_LOOP;

		if (!continues)
			front->stipple_counter = 0;
		scratch->primitive = bh_primitive_number(front, first + i);
		bh_front_assemble(front, scratch, &primitives[i].corners, primitives[i].local);
	}
	bh_front_finish_chunk(front, scratch, item, worker);
}
