/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/raster/front.h"

#include "base/alloc.h"

#include <assert.h>
#include <math.h>
#include <string.h>

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

static uint32_t place_among_ids(struct bh_front_scratch *scratch, uint32_t id)
{
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

uint32_t bh_front_local_vertex(const struct bh_front *front, struct bh_front_scratch *scratch,
			       uint32_t position)
{
	return place_among_ids(scratch, bh_front_vertex_id(front, position));
}

/* Whether the vertices of a chunk's primitives are those at a run of positions, each wanted. */
static bool is_run(enum bh_primitive primitive, uint32_t first, uint32_t count, uint32_t *begin,
		   uint32_t *end)
{
	uint32_t each = 1, more = 0;

	switch (primitive) {
	case BH_POINTS:
		break;
	case BH_LINES:
	case BH_QUADS: /* of which a chunk has both triangles */
		each = 2;
		break;
	case BH_LINE_STRIP:
		more = 1;
		break;
	case BH_TRIANGLES:
		each = 3;
		break;
	case BH_TRIANGLE_STRIP:
	case BH_QUAD_STRIP:
		more = 2;
		break;
	default:
		return false;
	}
	*begin = first * each;
	*end = (first + count) * each + more;
	return true;
}

/* The vertex numbers at a run of positions. */
static void load_indices(const struct bh_front *front, uint32_t begin, uint32_t count,
			 uint32_t *numbers)
{
	const struct bh_draw_call *call = front->call;
	uint64_t place = (uint64_t)front->first_vertex + begin;
	uint64_t offset = call->index_offset + place * call->index_size;
	const uint8_t *from;

	if (!call->indices || offset + (uint64_t)count * call->index_size > call->indices->size) {
		for (uint32_t i = 0; i < count; i++)
			numbers[i] = bh_front_vertex_id(front, begin + i);
		return;
	}
	from = call->indices->data + offset;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t index = 0;

		/* Sizes the compiler knows. */
		if (call->index_size == 2)
			memcpy(&index, from + (size_t)i * 2, 2);
		else if (call->index_size == 4)
			memcpy(&index, from + (size_t)i * 4, 4);
		else
			index = from[i];
		numbers[i] = index + (uint32_t)call->index_bias;
	}
}

/* From vertex numbers in scratch->locals to scratch->ids, each once, and their places there. */
static void share_vertices(struct bh_front_scratch *scratch, uint32_t count)
{
	uint32_t *locals = scratch->locals, *table = scratch->table;
	uint32_t low = UINT32_MAX, high = 0;

	for (uint32_t i = 0; i < count; i++) {
		low = locals[i] < low ? locals[i] : low;
		high = locals[i] > high ? locals[i] : high;
	}
	scratch->largest_id = high;
	memset(table, 0,
	       high - low < BH_CHUNK_VERTICES * 2 ? (high - low + 1) * sizeof(*table)
						  : sizeof(scratch->table));
	for (uint32_t i = 0; i < count; i++) {
		uint32_t id = locals[i];

		/* Most meshes' are near each other. */
		if (high - low >= BH_CHUNK_VERTICES * 2) {
			locals[i] = place_among_ids(scratch, id);
			continue;
		}
		if (!table[id - low]) {
			scratch->ids[scratch->id_count++] = id;
			table[id - low] = scratch->id_count;
		}
		locals[i] = table[id - low] - 1;
	}
}

/* Of consecutive vertex numbers, which may begin again at 0. */
static uint32_t find_largest(uint32_t first, uint32_t end)
{
	uint64_t last = (uint64_t)first + end - 1;

	return last > UINT32_MAX ? UINT32_MAX : (uint32_t)last;
}

/* Fills scratch->ids and ->corners for primitives whose vertices are a run. */
static void collect_run(const struct bh_front *front, struct bh_front_scratch *scratch,
			uint32_t first, uint32_t count, uint32_t begin, uint32_t end)
{
	const struct bh_draw_call *call = front->call;
	uint32_t *locals = scratch->locals;

	if (call->indexed) {
		load_indices(front, begin, end - begin, locals);
		share_vertices(scratch, end - begin);
	} else {
		for (uint32_t i = 0; i < end - begin; i++) {
			scratch->ids[i] = front->first_vertex + begin + i;
			locals[i] = i;
		}
		scratch->id_count = end - begin;
		scratch->largest_id = find_largest(front->first_vertex, end);
	}
	if (call->primitive == BH_TRIANGLES) {
		for (uint32_t i = 0; i < count; i++) {
			for (unsigned k = 0; k < 3; k++)
				scratch->corners[k][i] = locals[3 * i + k];
		}
		memcpy(scratch->corners[3], scratch->corners[call->raster->flat_first ? 0 : 2],
		       count * sizeof(uint32_t));
		return;
	}
	for (uint32_t i = 0; i < count; i++) {
		struct bh_corners corners = bh_primitive_corners(
			call->primitive, first + i, front->vertex_count, call->raster->flat_first);

		for (unsigned k = 0; k < corners.count; k++)
			scratch->corners[k][i] = locals[corners.at[k] - begin];
		scratch->corners[3][i] = locals[corners.provoking - begin];
	}
}

static void collect(const struct bh_front *front, struct bh_front_scratch *scratch, uint32_t first,
		    uint32_t count)
{
	const struct bh_draw_call *call = front->call;
	uint32_t begin, end;

	scratch->id_count = 0;
	if (is_run(call->primitive, first, count, &begin, &end)) {
		collect_run(front, scratch, first, count, begin, end);
		return;
	}
	memset(scratch->table, 0, sizeof(scratch->table));
	for (uint32_t i = 0; i < count; i++) {
		struct bh_corners corners = bh_primitive_corners(
			call->primitive, first + i, front->vertex_count, call->raster->flat_first);

		for (unsigned k = 0; k < corners.count; k++)
			scratch->corners[k][i] =
				bh_front_local_vertex(front, scratch, corners.at[k]);
		scratch->corners[3][i] = bh_front_local_vertex(front, scratch, corners.provoking);
	}
	scratch->largest_id = bh_front_largest(scratch);
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

static void set_up_one_by_one(struct bh_front *front, struct bh_front_scratch *scratch,
			      uint32_t first, uint32_t count)
{
	const struct bh_draw_call *call = front->call;
	bool continues = call->primitive == BH_LINE_STRIP || call->primitive == BH_LINE_LOOP;

	for (uint32_t i = 0; i < count; i++) {
		struct bh_corners corners = bh_primitive_corners(
			call->primitive, first + i, front->vertex_count, call->raster->flat_first);
		uint32_t local[4];

		for (unsigned k = 0; k < 4; k++)
			local[k] = scratch->corners[k][i];
		/* Chunks with stippled lines run one by one, others at the same time. */
		if (!continues && call->raster->line_stipple)
			front->stipple_counter = 0;
		scratch->primitive = bh_primitive_number(front, first + i);
		bh_front_assemble(front, scratch, &corners, local);
	}
}

void bh_front_chunk(void *data, size_t item, unsigned worker)
{
	struct bh_front *front = data;
	struct bh_front_scratch *scratch = front->scratch[worker];
	const struct bh_draw_call *call = front->call;
	uint32_t first = front->first_primitive + (uint32_t)item * BH_CHUNK_PRIMITIVES;
	uint32_t end = front->first_primitive + front->primitive_count;
	uint32_t count = end - first < BH_CHUNK_PRIMITIVES ? end - first : BH_CHUNK_PRIMITIVES;

	if (atomic_load(call->lost))
		return;
	scratch->triangle_count = 0;
	collect(front, scratch, first, count);
	if (!bh_front_shade(front, scratch)) {
		atomic_store(call->lost, true);
		return;
	}
	if (front->simple) {
		/* What fills the last group are vertices, too. */
		for (unsigned i = 0; i < 4; i++)
			memset(&scratch->corners[i][count], 0, BH_LANES_MAX * sizeof(uint32_t));
		front->scene->kernels->set_up_triangles(front, scratch, first, count);
	} else {
		set_up_one_by_one(front, scratch, first, count);
	}
	bh_front_finish_chunk(front, scratch, item, worker);
}
