/* SPDX-License-Identifier: Apache-2.0 */
/* Which triangles have one colour, as far as that can be known before tiles are drawn. */
#include "gpu/raster/scene.h"

#include <string.h>

bool bh_draw_may_be_solid(const struct bh_draw *draw, const struct bh_framebuffer *fb)
{
	const struct bh_blend_target *blend = &draw->blend.targets[0];

	if (!draw->program || draw->fragment.samplers_used || draw->pixel_samples > 1 ||
	    draw->depth_used || draw->stencil_used || draw->may_discard ||
	    draw->raster.poly_stipple)
		return false;
	if (fb->color_count != 1 || !fb->colors[0].resource || fb->colors[0].format->bytes != 4 ||
	    draw->color_output[0] < 0 || blend->enabled || blend->mask != 15 ||
	    draw->blend.logic_op)
		return false;
	for (unsigned i = 0; i < draw->input_count; i++) {
		if (draw->inputs[i].kind == BH_INPUT_POSITION)
			return false;
	}
	return true;
}

/* Whether all corners say the same to the program; the first of the chunk's speaks for all. */
static bool has_one_colour(const struct bh_chunk *chunk, const struct bh_triangle *triangle)
{
	size_t floats = chunk->draw->vertex_floats;
	const float *first = chunk->vertices + chunk->triangles[0].vertex[0] * floats;

	const float *provoking = chunk->vertices + triangle->provoking * floats;

	for (unsigned i = 0; i < 3; i++) {
		const float *vertex = chunk->vertices + triangle->vertex[i] * floats;

		if (memcmp(first + BH_VERTEX_OOW, vertex + BH_VERTEX_OOW,
			   (floats - BH_VERTEX_OOW) * sizeof(float)) != 0)
			return false;
	}
	return !memcmp(first + BH_VERTEX_ATTRS, provoking + BH_VERTEX_ATTRS,
		       (floats - BH_VERTEX_ATTRS) * sizeof(float));
}

/* Pixels whose centres are between two sides. */
static int32_t first_pixel(int32_t side, bool without_side)
{
	return without_side ? (side >> 8) + 1 : (side + 255) >> 8;
}

/*
 * Of two triangles: that they are the halves of a rectangle with level sides. Each has the
 * diagonal, and the corner that the other has not.
 */
static bool are_halves(const struct bh_triangle *a, const struct bh_triangle *b,
		       struct bh_rect *box)
{
	int32_t x0 = a->x[0], x1 = x0, y0 = a->y[0], y1 = y0;
	unsigned corners[2] = {0, 0};
	const struct bh_triangle *both[2] = {a, b};

	for (unsigned i = 1; i < 3; i++) {
		x0 = a->x[i] < x0 ? a->x[i] : x0;
		x1 = a->x[i] > x1 ? a->x[i] : x1;
		y0 = a->y[i] < y0 ? a->y[i] : y0;
		y1 = a->y[i] > y1 ? a->y[i] : y1;
	}
	for (unsigned i = 0; i < 6; i++) {
		int32_t x = both[i / 3]->x[i % 3], y = both[i / 3]->y[i % 3];

		if ((x != x0 && x != x1) || (y != y0 && y != y1))
			return false;
		corners[i / 3] |= 1u << ((x == x1) + 2 * (y == y1));
	}
	*box = (struct bh_rect){x0, y0, x1, y1};
	/* Three corners each, and the one that is missing is opposite to the other's. */
	return (corners[0] ^ 15) * (corners[1] ^ 15) == 8;
}

static int32_t larger(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

static int32_t smaller(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

void bh_chunk_find_solid(struct bh_chunk *chunk)
{
	const struct bh_draw *draw = chunk->draw;
	const struct bh_triangle *a = &chunk->triangles[0], *b = &chunk->triangles[1];
	bool below = draw->raster.bottom_edge_rule;
	struct bh_rect box;

	if (!draw->may_be_solid || chunk->triangle_count != 2 || a->layer || b->layer ||
	    a->front != b->front)
		return;
	for (unsigned i = 0; i < draw->input_count; i++) {
		if (draw->inputs[i].kind == BH_INPUT_PRIMITIVE)
			return;
	}
	if (!are_halves(a, b, &box) || !has_one_colour(chunk, a) || !has_one_colour(chunk, b))
		return;
	chunk->solid = (struct bh_rect){
		larger(first_pixel(box.x0, false), draw->area.x0),
		larger(first_pixel(box.y0, below), draw->area.y0),
		smaller(first_pixel(box.x1, false), draw->area.x1),
		smaller(first_pixel(box.y1, below), draw->area.y1),
	};
}
