/* SPDX-License-Identifier: Apache-2.0 */
/* Clipping against the view volume (x and y: a wider guard band) and the user's planes. */
#include "gpu/raster/front.h"

#include <string.h>

/* Attributes that are linear on the screen, at `t` of the way there. */
static void place_on_screen(const struct bh_front *front, const float *a, const float *b, float t,
			    float *record)
{
	for (unsigned i = 0; i < front->draw->attr_count; i++) {
		if (!(front->link.linear >> i & 1))
			continue;
		for (unsigned c = BH_VERTEX_ATTRS + 4 * i; c < BH_VERTEX_ATTRS + 4 * i + 4; c++)
			record[c] = a[c] + (b[c] - a[c]) * t;
	}
}

/* A new vertex on the line from a to b, at `t` of the way. */
static uint32_t between(const struct bh_front *front, struct bh_front_scratch *scratch, uint32_t a,
			uint32_t b, float t)
{
	size_t index = bh_front_add_vertex(front, scratch);
	size_t floats = front->draw->vertex_floats;
	struct bh_shaded *out = &scratch->shaded[index];
	const struct bh_shaded *va = &scratch->shaded[a], *vb = &scratch->shaded[b];
	float *record = &scratch->records[index * floats];
	const float *ra = &scratch->records[a * floats], *rb = &scratch->records[b * floats];

	memset(out, 0, sizeof(*out));
	out->point_size = va->point_size;
	out->edge = true;
	for (unsigned i = 0; i < 4; i++)
		out->clip[i] = va->clip[i] + (vb->clip[i] - va->clip[i]) * t;
	for (unsigned i = 0; i < BH_CLIP_PLANES_MAX; i++) {
		if (front->draw->raster.clip_planes >> i & 1)
			out->distance[i] =
				va->distance[i] + (vb->distance[i] - va->distance[i]) * t;
	}
	for (size_t i = BH_VERTEX_ATTRS; i < floats; i++)
		record[i] = ra[i] + (rb[i] - ra[i]) * t;
	if (front->link.linear)
		place_on_screen(front, ra, rb, t * vb->clip[3] / out->clip[3], record);
	bh_front_classify(front, out, record);
	return (uint32_t)index;
}

static float distance(const struct bh_front *front, const struct bh_front_scratch *scratch,
		      uint32_t vertex, unsigned plane)
{
	return bh_front_distance(front, &scratch->shaded[vertex], plane);
}

/* Always from the inside to the outside vertex: neighbours that share an edge cut it alike. */
static uint32_t cut(const struct bh_front *front, struct bh_front_scratch *scratch, uint32_t inside,
		    float d_inside, uint32_t outside, float d_outside)
{
	return between(front, scratch, inside, outside, d_inside / (d_inside - d_outside));
}

unsigned bh_clip_polygon(const struct bh_front *front, struct bh_front_scratch *scratch,
			 uint32_t *polygon, unsigned count)
{
	uint32_t planes = 0;

	for (unsigned i = 0; i < count; i++)
		planes |= scratch->shaded[polygon[i]].outside_guard;
	for (unsigned plane = 0; plane < BH_PLANES && count >= 3; plane++) {
		uint32_t out[BH_PLANES + 3];
		unsigned kept = 0;

		if (!(planes >> plane & 1))
			continue;
		for (unsigned i = 0; i < count; i++) {
			uint32_t a = polygon[i], b = polygon[i + 1 == count ? 0 : i + 1];
			float da = distance(front, scratch, a, plane);
			float db = distance(front, scratch, b, plane);

			if (!(da == da) || !(db == db))
				return 0;
			if (kept + 2 > BH_PLANES + 3)
				return 0; /* rounding made it concave: too thin to see */
			if (da >= 0)
				out[kept++] = a;
			if (da >= 0 && db < 0)
				out[kept++] = cut(front, scratch, a, da, b, db);
			else if (da < 0 && db >= 0)
				out[kept++] = cut(front, scratch, b, db, a, da);
		}
		memcpy(polygon, out, kept * sizeof(*polygon));
		count = kept;
	}
	return count >= 3 ? count : 0;
}

bool bh_clip_line(const struct bh_front *front, struct bh_front_scratch *scratch, uint32_t ends[2])
{
	uint32_t planes =
		scratch->shaded[ends[0]].outside_guard | scratch->shaded[ends[1]].outside_guard;

	for (unsigned plane = 0; plane < BH_PLANES; plane++) {
		float da, db;

		if (!(planes >> plane & 1))
			continue;
		da = distance(front, scratch, ends[0], plane);
		db = distance(front, scratch, ends[1], plane);
		if (!(da >= 0) && !(db >= 0))
			return false;
		if (da < 0)
			ends[0] = cut(front, scratch, ends[1], db, ends[0], da);
		else if (db < 0)
			ends[1] = cut(front, scratch, ends[0], da, ends[1], db);
	}
	return true;
}
