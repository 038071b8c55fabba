/* SPDX-License-Identifier: Apache-2.0 */
/* From clipped primitives to triangles in fixed point: facing, culling, offset, lines, points. */
#include "gpu/raster/front.h"

#include "base/alloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIXED_ONE      256
#define COORD_MAX      (24576.0f) /* pixels; beyond the guard band nothing is left */
#define POINT_SIZE_MAX 2048.0f

struct point {
	int32_t x, y;
};

static bool to_fixed(float value, int32_t *fixed)
{
	if (!(fabsf(value) < COORD_MAX))
		return false;
	*fixed = (int32_t)lrintf((value - 0.5f) * FIXED_ONE);
	return true;
}

static const float *record_of(const struct bh_front *front, const struct bh_front_scratch *scratch,
			      uint32_t vertex)
{
	return &scratch->records[(size_t)vertex * front->draw->vertex_floats];
}

static bool place_of(const struct bh_front *front, const struct bh_front_scratch *scratch,
		     uint32_t vertex, struct point *point)
{
	const float *record = record_of(front, scratch, vertex);

	return to_fixed(record[BH_VERTEX_X], &point->x) && to_fixed(record[BH_VERTEX_Y], &point->y);
}

/* Of pixels whose centres are in [low, high]; the edges decide about those on the border. */
static int32_t first_pixel(int32_t low)
{
	return (low + FIXED_ONE - 1) >> 8;
}

static int32_t min3(int32_t a, int32_t b, int32_t c)
{
	return a < b ? (a < c ? a : c) : (b < c ? b : c);
}

static int32_t max3(int32_t a, int32_t b, int32_t c)
{
	return a > b ? (a > c ? a : c) : (b > c ? b : c);
}

static struct bh_rect intersect(struct bh_rect a, struct bh_rect b)
{
	struct bh_rect out = {
		a.x0 > b.x0 ? a.x0 : b.x0,
		a.y0 > b.y0 ? a.y0 : b.y0,
		a.x1 < b.x1 ? a.x1 : b.x1,
		a.y1 < b.y1 ? a.y1 : b.y1,
	};

	return out;
}

/* Adds a triangle of either orientation, limited to `area`. */
static void emit(struct bh_front_scratch *scratch, const struct point at[3],
		 const uint32_t vertices[3], uint32_t provoking, const struct bh_rect *area,
		 const struct bh_triangle *like)
{
	int64_t twice = (int64_t)(at[1].x - at[0].x) * (at[2].y - at[0].y) -
			(int64_t)(at[2].x - at[0].x) * (at[1].y - at[0].y);
	struct bh_triangle *triangle;
	struct bh_rect box, inside;

	if (twice == 0)
		return;
	box.x0 = first_pixel(min3(at[0].x, at[1].x, at[2].x));
	box.y0 = first_pixel(min3(at[0].y, at[1].y, at[2].y));
	box.x1 = (max3(at[0].x, at[1].x, at[2].x) >> 8) + 1;
	box.y1 = (max3(at[0].y, at[1].y, at[2].y) >> 8) + 1;
	/* A pixel's samples reach beyond its centre. */
	if (like->margin) {
		box.x0--;
		box.y0--;
		box.x1++;
		box.y1++;
	}
	inside = intersect(box, *area);
	if (inside.x0 >= inside.x1 || inside.y0 >= inside.y1)
		return;
	triangle = bh_setup_room(scratch);
	triangle->depth_offset = like->depth_offset;
	triangle->front = like->front;
	triangle->solid = like->solid;
	triangle->margin = like->margin;
	triangle->cut =
		box.x0 < area->x0 || box.y0 < area->y0 || box.x1 > area->x1 || box.y1 > area->y1;
	triangle->area.x0 = (int16_t)inside.x0;
	triangle->area.y0 = (int16_t)inside.y0;
	triangle->area.x1 = (int16_t)inside.x1;
	triangle->area.y1 = (int16_t)inside.y1;
	triangle->provoking = provoking;
	triangle->primitive = scratch->primitive;
	triangle->layer = scratch->shaded[provoking].layer;
	for (unsigned i = 0; i < 3; i++) {
		unsigned from = twice > 0 || i == 0 ? i : 3 - i;

		triangle->x[i] = at[from].x;
		triangle->y[i] = at[from].y;
		triangle->vertex[i] = vertices[from];
	}
}

/* The polygon's steepest slope and the smallest step of the depth format. */
float bh_setup_offset(const struct bh_front *front, const float *a, const float *b, const float *c)
{
	const struct bh_rasterizer *raster = &front->draw->raster;
	const struct bh_format *format = front->draw->depth_format;
	float x1 = b[0] - a[0], y1 = b[1] - a[1], z1 = b[2] - a[2];
	float x2 = c[0] - a[0], y2 = c[1] - a[1], z2 = c[2] - a[2];
	float area = x1 * y2 - x2 * y1, unit, slope, offset;
	float dx = fabsf((z1 * y2 - z2 * y1) / area), dy = fabsf((z2 * x1 - z1 * x2) / area);

	slope = dx > dy ? dx : dy;
	if (format && format->depth_float) {
		float largest = fmaxf(fabsf(a[2]), fmaxf(fabsf(b[2]), fabsf(c[2])));
		int exponent;

		frexpf(largest, &exponent);
		unit = ldexpf(1.0f, exponent - 24);
	} else {
		/* Interpolation rounds, too: of 24 bits the last is not sure to be resolved. */
		int bits = format && format->depth_bits ? format->depth_bits : 24;

		unit = ldexpf(1.0f, bits < 24 ? -bits : 1 - bits);
	}
	offset = slope * raster->offset_scale + unit * raster->offset_units;
	if (raster->offset_clamp > 0 && offset > raster->offset_clamp)
		offset = raster->offset_clamp;
	else if (raster->offset_clamp < 0 && offset < raster->offset_clamp)
		offset = raster->offset_clamp;
	return offset == offset ? offset : 0;
}

static float polygon_offset(const struct bh_front *front, const struct bh_front_scratch *scratch,
			    const uint32_t v[3])
{
	return bh_setup_offset(front, record_of(front, scratch, v[0]),
			       record_of(front, scratch, v[1]), record_of(front, scratch, v[2]));
}

/* Twice the signed area on the screen, from clip coordinates: right also behind the eye. */
static double homogeneous_area(const struct bh_front *front, const struct bh_front_scratch *scratch,
			       const uint32_t v[3])
{
	const float *a = scratch->shaded[v[0]].clip, *b = scratch->shaded[v[1]].clip,
		    *c = scratch->shaded[v[2]].clip;
	double area = (double)a[0] * ((double)b[1] * c[3] - (double)c[1] * b[3]) -
		      (double)b[0] * ((double)a[1] * c[3] - (double)c[1] * a[3]) +
		      (double)c[0] * ((double)a[1] * b[3] - (double)b[1] * a[3]);

	if (front->call->viewport->scale[0] < 0)
		area = -area;
	if (front->call->viewport->scale[1] < 0)
		area = -area;
	return area;
}

/* Lines or points in place of the polygon. */
static void set_up_outline(struct bh_front *front, struct bh_front_scratch *scratch,
			   const uint32_t v[3], uint32_t provoking, unsigned edges,
			   enum bh_fill fill, bool front_face, float offset)
{
	for (unsigned i = 0; i < 3; i++) {
		uint32_t ends[2] = {v[i], v[i == 2 ? 0 : i + 1]};

		if (!(edges >> i & 1) || !scratch->shaded[ends[0]].edge)
			continue;
		if (fill == BH_FILL_LINES)
			bh_setup_line(front, scratch, ends, provoking, front_face, offset);
		else
			bh_setup_point(front, scratch, ends[0], provoking, front_face, offset);
	}
}

void bh_setup_triangle(struct bh_front *front, struct bh_front_scratch *scratch,
		       const uint32_t vertices[3], uint32_t provoking, unsigned edges)
{
	const struct bh_rasterizer *raster = &front->draw->raster;
	uint32_t polygon[BH_PLANES + 3] = {vertices[0], vertices[1], vertices[2]};
	uint32_t outside = UINT32_MAX, guard = 0;
	struct bh_triangle base = {.solid = true, .margin = front->draw->pixel_samples > 1};
	unsigned count = 3;
	enum bh_fill fill;
	double area;

	for (unsigned i = 0; i < 3; i++) {
		outside &= scratch->shaded[vertices[i]].outside;
		guard |= scratch->shaded[vertices[i]].outside_guard;
	}
	if (outside)
		return;
	area = homogeneous_area(front, scratch, vertices);
	/* Rows go down: a positive area is clockwise. */
	base.front = (area < 0) == raster->front_ccw;
	if (raster->cull & (base.front ? BH_CULL_FRONT : BH_CULL_BACK))
		return;
	fill = base.front ? raster->fill_front : raster->fill_back;
	if (fill == BH_FILL_LINES    ? raster->offset_line
	    : fill == BH_FILL_POINTS ? raster->offset_point
				     : raster->offset_fill)
		base.depth_offset = polygon_offset(front, scratch, vertices);
	if (fill != BH_FILL_SOLID) {
		set_up_outline(front, scratch, vertices, provoking, edges, fill, base.front,
			       base.depth_offset);
		return;
	}
	if (guard) {
		count = bh_clip_polygon(front, scratch, polygon, 3);
		if (raster->offset_fill && count)
			base.depth_offset = polygon_offset(front, scratch, polygon);
	}
	for (unsigned i = 2; i < count; i++) {
		uint32_t corners[3] = {polygon[0], polygon[i - 1], polygon[i]};
		struct point at[3];
		bool fits = true;

		for (unsigned k = 0; k < 3; k++)
			fits = fits && place_of(front, scratch, corners[k], &at[k]);
		if (fits)
			emit(scratch, at, corners, provoking, &front->draw->area, &base);
	}
}

void bh_setup_cut(struct bh_front *front, struct bh_front_scratch *scratch, uint32_t primitive)
{
	uint32_t vertices[4];

	for (unsigned i = 0; i < 4; i++) {
		vertices[i] = scratch->corners[i][primitive];
		bh_front_make_ready(front, scratch, vertices[i]);
	}
	bh_setup_triangle(front, scratch, vertices, vertices[3], 7);
}

/* Runs of the stipple pattern along a line of `length` pixels: each limits the area. */
static void emit_line(struct bh_front_scratch *scratch, const struct point at[4],
		      const uint32_t corners[4], uint32_t provoking, const struct bh_rect *area,
		      struct bh_triangle base)
{
	struct point second[3] = {at[2], at[1], at[3]};
	uint32_t second_corners[3] = {corners[2], corners[1], corners[3]};

	emit(scratch, at, corners, provoking, area, &base);
	emit(scratch, second, second_corners, provoking, area, &base);
}

static void emit_stippled(struct bh_front *front, struct bh_front_scratch *scratch,
			  const struct point at[4], const uint32_t corners[4], uint32_t provoking,
			  struct bh_triangle base, bool steep, int32_t from, int32_t to)
{
	const struct bh_rasterizer *raster = &front->draw->raster;
	int32_t step = from <= to ? 1 : -1, start = 0;
	int32_t count = (to - from) * step;
	bool on = false;

	for (int32_t i = 0; i <= count; i++) {
		unsigned bit = front->stipple_counter / raster->line_factor % 16;
		bool now = i < count && raster->line_pattern >> bit & 1;

		if (now && !on)
			start = i;
		if (!now && on) {
			struct bh_rect area = front->draw->area;
			int32_t a = from + start * step, b = from + (i - 1) * step;
			struct bh_rect run = {INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX};

			if (steep) {
				run.y0 = a < b ? a : b;
				run.y1 = (a < b ? b : a) + 1;
			} else {
				run.x0 = a < b ? a : b;
				run.x1 = (a < b ? b : a) + 1;
			}
			area = intersect(area, run);
			emit_line(scratch, at, corners, provoking, &area, base);
		}
		on = now;
		if (i < count)
			front->stipple_counter++;
	}
}

/*
 * Where a line begins and ends along its major axis: a line draws the pixels whose diamond it
 * leaves, so an end inside a diamond counts from that pixel's centre.
 */
static int32_t diamond_end(int32_t major, int32_t minor)
{
	int32_t centre = (major + FIXED_ONE / 2) & ~(FIXED_ONE - 1);
	int32_t minor_centre = (minor + FIXED_ONE / 2) & ~(FIXED_ONE - 1);
	int32_t dx = major > centre ? major - centre : centre - major;
	int32_t dy = minor > minor_centre ? minor - minor_centre : minor_centre - minor;

	return dx + dy < FIXED_ONE / 2 ? centre : major;
}

/* A corner of a smooth primitive: a vertex at another place, `across` and `along` from its middle.
 */
static bool add_corner(struct bh_front *front, struct bh_front_scratch *scratch, uint32_t vertex,
		       const float place[2], const float coverage[4], struct point *at,
		       uint32_t *corner)
{
	size_t floats = front->draw->vertex_floats;
	float *record;

	*corner = (uint32_t)bh_front_add_vertex(front, scratch);
	scratch->shaded[*corner] = scratch->shaded[vertex];
	record = &scratch->records[*corner * floats];
	memcpy(record, &scratch->records[vertex * floats], floats * sizeof(float));
	record[BH_VERTEX_X] = place[0];
	record[BH_VERTEX_Y] = place[1];
	memcpy(&record[BH_VERTEX_ATTRS + front->link.coverage * 4], coverage, 4 * sizeof(float));
	return to_fixed(place[0], &at->x) && to_fixed(place[1], &at->y);
}

/* As wide and as long as it is, and half a pixel more on all sides, where it fades. */
static void set_up_smooth_line(struct bh_front *front, struct bh_front_scratch *scratch,
			       const uint32_t ends[2], uint32_t provoking, struct bh_triangle base)
{
	const float *a = record_of(front, scratch, ends[0]),
		    *b = record_of(front, scratch, ends[1]);
	float x = b[BH_VERTEX_X] - a[BH_VERTEX_X], y = b[BH_VERTEX_Y] - a[BH_VERTEX_Y];
	float middle[2] = {a[BH_VERTEX_X] + 0.5f * x, a[BH_VERTEX_Y] + 0.5f * y};
	float length = sqrtf(x * x + y * y), width = front->draw->raster.line_width;
	float wide = 0.5f + 0.5f * (width >= 1 ? width < 255 ? width : 255 : 1);
	float far = 0.5f + 0.5f * length;
	uint32_t corners[4];
	struct point at[4];
	bool fits = true;

	if (!(length > 0))
		return;
	x /= length;
	y /= length;
	for (unsigned i = 0; i < 4; i++) {
		float across = i & 1 ? wide : -wide, along = i & 2 ? far : -far;
		float place[2] = {middle[0] + x * along - y * across,
				  middle[1] + y * along + x * across};

		fits &= add_corner(front, scratch, ends[i >> 1], place,
				   (const float[]){across, along, wide, far}, &at[i], &corners[i]);
	}
	if (fits)
		emit_line(scratch, at, corners, provoking, &front->draw->area, base);
}

static void set_up_smooth_point(struct bh_front *front, struct bh_front_scratch *scratch,
				uint32_t vertex, uint32_t provoking, struct bh_triangle base)
{
	float size = scratch->shaded[vertex].point_size;
	float radius =
		0.5f + 0.5f * (size >= 1 ? size < POINT_SIZE_MAX ? size : POINT_SIZE_MAX : 1);
	const float *centre = record_of(front, scratch, vertex);
	float middle[2] = {centre[BH_VERTEX_X], centre[BH_VERTEX_Y]};
	uint32_t corners[4];
	struct point at[4];
	bool fits = true;

	for (unsigned i = 0; i < 4; i++) {
		float x = i & 1 ? radius : -radius, y = i & 2 ? radius : -radius;

		fits &= add_corner(front, scratch, vertex,
				   (const float[]){middle[0] + x, middle[1] + y},
				   (const float[]){x, y, radius, 1}, &at[i], &corners[i]);
	}
	if (fits)
		emit_line(scratch, at, corners, provoking, &front->draw->area, base);
}

/* Where the line through a and b is when its major coordinate, a's at first, is `major`. */
static int32_t along_line(struct point a, struct point b, int32_t major, bool steep)
{
	int64_t length = steep ? b.y - a.y : b.x - a.x, rise = steep ? b.x - a.x : b.y - a.y;
	int64_t way = (major - (steep ? a.y : a.x)) * rise;
	int32_t minor = steep ? a.x : a.y;

	if (length < 0) {
		length = -length;
		way = -way;
	}
	if (length == 0)
		return minor;
	return minor + (int32_t)((way + (way < 0 ? -length : length) / 2) / length);
}

void bh_setup_line(struct bh_front *front, struct bh_front_scratch *scratch,
		   const uint32_t given[2], uint32_t provoking, bool front_face, float offset)
{
	const struct bh_rasterizer *raster = &front->draw->raster;
	uint32_t ends[2] = {given[0], given[1]}, corners[4];
	struct bh_triangle base = {.front = front_face,
				   .depth_offset = offset,
				   .margin = front->draw->pixel_samples > 1};
	struct point a, b, at[4];
	int32_t half, begin, end, from, to;
	float width = raster->line_width;
	bool steep;

	if (scratch->shaded[ends[0]].outside & scratch->shaded[ends[1]].outside)
		return;
	if ((scratch->shaded[ends[0]].outside_guard | scratch->shaded[ends[1]].outside_guard) &&
	    !bh_clip_line(front, scratch, ends))
		return;
	if (front->link.coverage >= 0) {
		set_up_smooth_line(front, scratch, ends, provoking, base);
		return;
	}
	if (!place_of(front, scratch, ends[0], &a) || !place_of(front, scratch, ends[1], &b))
		return;
	width = rintf(width < 1 || width != width ? 1 : width > 255 ? 255 : width);
	half = (int32_t)(width * FIXED_ONE / 2);
	steep = abs(b.y - a.y) > abs(b.x - a.x);
	begin = steep ? diamond_end(a.y, a.x) : diamond_end(a.x, a.y);
	end = steep ? diamond_end(b.y, b.x) : diamond_end(b.x, b.y);
	from = along_line(a, b, begin, steep);
	to = along_line(b, a, end, steep);
	/* An even width has no middle pixel: half a pixel towards the smaller coordinate. */
	if (steep) {
		at[0] = (struct point){from - half, begin};
		at[1] = (struct point){from + half, begin};
		at[2] = (struct point){to - half, end};
		at[3] = (struct point){to + half, end};
	} else {
		at[0] = (struct point){begin, from - half};
		at[1] = (struct point){begin, from + half};
		at[2] = (struct point){end, to - half};
		at[3] = (struct point){end, to + half};
	}
	/* Going backwards, the first pixel is the one the half-open rule leaves out. */
	if (end < begin) {
		for (unsigned i = 0; i < 4; i++) {
			if (steep)
				at[i].y += 1;
			else
				at[i].x += 1;
		}
	}
	corners[0] = corners[1] = ends[0];
	corners[2] = corners[3] = ends[1];
	if (raster->line_stipple) {
		from = end < begin ? begin >> 8 : first_pixel(begin);
		to = end < begin ? end >> 8 : first_pixel(end);
		emit_stippled(front, scratch, at, corners, provoking, base, steep, from, to);
		return;
	}
	emit_line(scratch, at, corners, provoking, &front->draw->area, base);
}

void bh_setup_point(struct bh_front *front, struct bh_front_scratch *scratch, uint32_t vertex,
		    uint32_t provoking, bool front_face, float offset)
{
	const struct bh_rasterizer *raster = &front->draw->raster;
	size_t floats = front->draw->vertex_floats;
	struct bh_triangle base = {.front = front_face,
				   .depth_offset = offset,
				   .margin = front->draw->pixel_samples > 1};
	float size = scratch->shaded[vertex].point_size;
	uint32_t corners[4] = {vertex, vertex, vertex, vertex};
	struct point centre, at[4];
	int32_t half;

	if (scratch->shaded[vertex].outside)
		return;
	if (front->link.coverage >= 0) {
		set_up_smooth_point(front, scratch, vertex, provoking, base);
		return;
	}
	if (!place_of(front, scratch, vertex, &centre))
		return;
	if (!(size >= 1))
		size = 1;
	if (size > POINT_SIZE_MAX)
		size = POINT_SIZE_MAX;
	if (!raster->point_quads)
		size = rintf(size);
	half = (int32_t)(size * FIXED_ONE / 2);
	for (unsigned i = 0; i < 4; i++) {
		at[i].x = centre.x + (i & 1 ? half : -half);
		at[i].y = centre.y + (i & 2 ? half : -half);
		if (!front->link.sprite_inputs)
			continue;
		corners[i] = (uint32_t)bh_front_add_vertex(front, scratch);
		scratch->shaded[corners[i]] = scratch->shaded[vertex];
		memcpy(&scratch->records[corners[i] * floats], &scratch->records[vertex * floats],
		       floats * sizeof(float));
		for (unsigned k = 0; k < front->draw->attr_count; k++) {
			float *attr =
				&scratch->records[corners[i] * floats + BH_VERTEX_ATTRS + k * 4];
			bool down = (i & 2) != 0;

			if (!(front->link.sprite_inputs >> k & 1))
				continue;
			attr[0] = i & 1 ? 1 : 0;
			attr[1] = down != raster->sprite_lower_left ? 1 : 0;
			attr[2] = 0;
			attr[3] = 1;
		}
	}
	emit_line(scratch, at, corners, provoking, &front->draw->area, base);
}
