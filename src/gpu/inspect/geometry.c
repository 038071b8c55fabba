/* SPDX-License-Identifier: Apache-2.0 */
/* What the front end made of a draw: vertices after their program, triangles, and their bins. */
#include "gpu/inspect/private.h"

#define VERTICES_MAX  48
#define TRIANGLES_MAX 6000
#define FRACTION      256.0 /* of a pixel */

static json_t *corner(int32_t value)
{
	return json_real((double)(int64_t)(((double)value / FRACTION + 0.5) * 16.0) / 16.0);
}

static void add_triangle(json_t *list, const struct bh_triangle *triangle)
{
	for (unsigned i = 0; i < 3; i++) {
		json_array_append_new(list, corner(triangle->x[i]));
		json_array_append_new(list, corner(triangle->y[i]));
	}
}

/* A row of numbers: the record's number, x, y, z, 1/w, then four a varying. */
static void add_vertex(json_t *list, const struct bh_chunk *chunk, uint32_t number)
{
	const float *record = chunk->vertices + (size_t)number * chunk->draw->vertex_floats;
	json_t *row = json_array();

	json_array_append_new(row, json_integer(number));
	for (unsigned i = 0; i < BH_VERTEX_ATTRS + chunk->draw->attr_count * 4; i++) {
		double value = (double)record[i];

		/* JSON has no word for the others. */
		json_array_append_new(row, value - value == 0 ? json_real(value) : json_null());
	}
	json_array_append_new(list, row);
}

static bool is_listed(const json_t *list, uint32_t number)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (json_integer_value(json_array_get(json_array_get(list, i), 0)) == number)
			return true;
	}
	return false;
}

static void add_chunk(const struct bh_scene *scene, const struct bh_chunk *chunk, json_t *vertices,
		      json_t *triangles, json_t *bins, size_t *count)
{
	bool first = json_array_size(vertices) == 0;

	for (uint32_t i = 0; i < chunk->triangle_count; i++) {
		const struct bh_triangle *triangle = &chunk->triangles[i];

		if ((*count)++ < TRIANGLES_MAX)
			add_triangle(triangles, triangle);
		for (unsigned k = 0; first && k < 3; k++) {
			if (json_array_size(vertices) < VERTICES_MAX &&
			    !is_listed(vertices, triangle->vertex[k]))
				add_vertex(vertices, chunk, triangle->vertex[k]);
		}
	}
	for (int32_t y = chunk->tiles.y0; y < chunk->tiles.y1; y++) {
		for (int32_t x = chunk->tiles.x0; x < chunk->tiles.x1; x++) {
			size_t bin = (size_t)(y - chunk->tiles.y0) *
					     (size_t)(chunk->tiles.x1 - chunk->tiles.x0) +
				     (size_t)(x - chunk->tiles.x0);
			size_t at = (size_t)y * scene->tiles_x + (size_t)x;
			json_int_t here = chunk->bins ? chunk->bins[bin + 1] - chunk->bins[bin]
						      : chunk->triangle_count;
			json_int_t before = json_integer_value(json_array_get(bins, at));

			json_array_set_new(bins, at, json_integer(before + here));
		}
	}
}

json_t *bh_inspect_geometry(const struct bh_scene *scene)
{
	json_t *vertices = json_array(), *triangles = json_array(), *bins = json_array();
	size_t count = 0;

	for (size_t i = 0; i < (size_t)scene->tiles_x * scene->tiles_y; i++)
		json_array_append_new(bins, json_integer(0));
	for (size_t i = 0; i < scene->item_count; i++) {
		const struct bh_chunk *chunk = scene->items[i].chunk;

		if (chunk && chunk->triangle_count)
			add_chunk(scene, chunk, vertices, triangles, bins, &count);
	}
	return json_pack("{s:o,s:o,s:o,s:I,s:i}", "vertices", vertices, "triangles", triangles,
			 "bins", bins, "triangleCount", (json_int_t)count, "tilesX",
			 (int)scene->tiles_x);
}
