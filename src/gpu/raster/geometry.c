/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Geometry programs: between vertices and set-up, or stream output. A lane is a primitive; what the
 * lanes emit is kept apart and goes on in the primitives' order.
 */
#include "gpu/raster/geometry.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

/* Vertices of a primitive, by enum bh_geometry_primitive. */
static const uint8_t corners_of[] = {1, 2, 4, 3, 6};

/* What a worker keeps from group to group. */
struct bh_geometry {
	float *corners; /* the vertex program's outputs, of each vertex number */
	size_t corner_capacity;
	float *emitted; /* [lane][vertex][output][component] */
	size_t emitted_capacity;
	uint8_t *ends; /* [lane][vertex]: the last of its strip */
	size_t end_capacity;
	uint32_t counts[BH_LANES_MAX];
	uint32_t limit;
	size_t outputs; /* floats of a vertex */
	unsigned lanes;
	_Alignas(
		64) float inputs[BH_GEOMETRY_CORNERS_MAX * BH_SHADER_INPUTS_MAX * 4 * BH_LANES_MAX];
	_Alignas(64) float values[BH_SHADER_OUTPUTS_MAX * 4 * BH_LANES_MAX];
};

struct bh_geometry *bh_geometry_create(void)
{
	struct bh_geometry *geometry = aligned_alloc(64, (sizeof(*geometry) + 63) / 64 * 64);

	if (!geometry)
		abort();
	memset(geometry, 0, sizeof(*geometry));
	return geometry;
}

void bh_geometry_destroy(struct bh_geometry *geometry)
{
	if (!geometry)
		return;
	free(geometry->corners);
	free(geometry->emitted);
	free(geometry->ends);
	free(geometry);
}

static void emit(struct bh_invocation *invocation, uint32_t lanes, uint32_t ends)
{
	struct bh_geometry *geometry = invocation->emit_data;

	for (unsigned lane = 0; lane < geometry->lanes; lane++) {
		uint32_t *count = &geometry->counts[lane];
		size_t place = (size_t)lane * geometry->limit + *count;
		float *to;

		if (!(lanes >> lane & 1))
			continue;
		if (ends) {
			if (*count)
				geometry->ends[place - 1] = 1;
			continue;
		}
		if (*count == geometry->limit)
			continue;
		to = &geometry->emitted[place * geometry->outputs];
		for (size_t i = 0; i < geometry->outputs; i++)
			to[i] = geometry->values[i * geometry->lanes + lane];
		geometry->ends[place] = 0;
		(*count)++;
	}
}

/* Runs the vertex program for scratch->ids and keeps what it writes. */
static bool shade_corners(const struct bh_front *front, struct bh_front_scratch *scratch)
{
	struct bh_geometry *geometry = scratch->geometry;
	size_t floats = front->call->shading_info->output_count * 4;
	unsigned lanes = front->lanes;
	struct bh_vertex_run run;

	bh_front_begin_run(front, scratch, bh_front_largest(scratch), &run);
	bh_grow((void **)&geometry->corners, &geometry->corner_capacity,
		scratch->id_count * floats + 1, sizeof(float));
	for (uint32_t first = 0; first < scratch->id_count; first += lanes) {
		unsigned live =
			scratch->id_count - first < lanes ? scratch->id_count - first : lanes;

		if (!bh_front_run(front, scratch, &run, first, live, scratch->outputs))
			return false;
		for (unsigned lane = 0; lane < live; lane++) {
			float *to = &geometry->corners[(first + lane) * floats];

			for (size_t i = 0; i < floats; i++)
				to[i] = scratch->outputs[i * lanes + lane];
		}
	}
	return bh_front_end_run(front, &run);
}

static float bits_of(uint32_t value)
{
	float bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

/* One register of one vertex of every lane's primitive. */
static void fill_register(const struct bh_front *front, struct bh_geometry *geometry,
			  const struct bh_geometry_input *primitives, unsigned live,
			  unsigned corner, size_t reg)
{
	const struct bh_shader_info *shading = front->call->shading_info;
	const struct bh_shader_io *io = &front->call->geometry_info->inputs[reg];
	size_t floats = shading->output_count * 4;
	float *to = &geometry->inputs[(corner * BH_SHADER_INPUTS_MAX + reg) * 4 * front->lanes];
	int output = bh_front_find_output(shading, io->semantic, io->index);

	for (unsigned lane = 0; lane < front->lanes; lane++) {
		const struct bh_geometry_input *primitive =
			&primitives[lane < live ? lane : live - 1];

		for (unsigned c = 0; c < 4; c++) {
			float value = c == 3 ? 1.0f : 0.0f;

			if (io->semantic == BH_SEM_PRIMITIVE_ID)
				value = bits_of(primitive->number);
			else if (io->semantic == BH_SEM_INVOCATION_ID)
				value = bits_of(0);
			else if (output >= 0)
				value = geometry->corners[primitive->corners[corner] * floats +
							  (size_t)output * 4 + c];
			to[c * front->lanes + lane] = value;
		}
	}
}

static bool run_group(const struct bh_front *front, struct bh_front_scratch *scratch,
		      const struct bh_geometry_input *primitives, unsigned live)
{
	const struct bh_draw_call *call = front->call;
	const struct bh_shader_info *info = call->geometry_info;
	const struct bh_constants *constants = call->constants[BH_STAGE_GEOMETRY];
	struct bh_geometry *geometry = scratch->geometry;
	uint32_t length = bh_program_length(call->geometry_program);
	uint64_t fuel = bh_work_fuel(length, 1);
	struct bh_invocation invocation = {
		.textures = call->textures[BH_STAGE_GEOMETRY],
		.sample = bh_texture_sample,
		.inputs = geometry->inputs,
		.outputs = geometry->values,
		.mask = (1u << live) - 1,
		.emit = emit,
		.emit_data = geometry,
	};

	memcpy(invocation.constants, constants->buffers, sizeof(invocation.constants));
	memcpy(invocation.constant_counts, constants->counts, sizeof(constants->counts));
	for (unsigned corner = 0; corner < corners_of[info->takes]; corner++) {
		for (size_t reg = 0; reg < info->input_count; reg++)
			fill_register(front, geometry, primitives, live, corner, reg);
	}
	memset(geometry->values, 0, info->output_count * 4 * front->lanes * sizeof(float));
	memset(geometry->counts, 0, sizeof(geometry->counts));
	invocation.fuel = fuel;
	bh_program_run(call->geometry_program, &invocation);
	return !invocation.lost &&
	       bh_work_add(front->work, (fuel - invocation.fuel + 1) * length * front->lanes);
}

/* The primitives of one lane's strips, by numbers of its vertices. */
static void walk_strips(const struct bh_front *front, const struct bh_geometry *geometry,
			unsigned lane, bh_geometry_sink *sink, void *data)
{
	const uint8_t *ends = &geometry->ends[(size_t)lane * geometry->limit];
	const float *vertices =
		&geometry->emitted[(size_t)lane * geometry->limit * geometry->outputs];
	uint32_t begin = 0, count = geometry->counts[lane];

	if (count)
		sink(data, vertices, count, NULL);
	for (uint32_t at = 0; at < count; at++) {
		uint32_t length = at + 1 - begin, primitives;

		if (!ends[at] && at + 1 < count)
			continue;
		primitives = bh_primitive_count(front->call->made, length);
		for (uint32_t i = 0; i < primitives; i++) {
			struct bh_corners corners = bh_primitive_corners(
				front->call->made, i, length, front->call->raster->flat_first);

			for (unsigned k = 0; k < corners.count; k++)
				corners.at[k] += begin;
			corners.provoking += begin;
			sink(data, vertices, count, &corners);
		}
		begin = at + 1;
	}
}

bool bh_geometry_run(const struct bh_front *front, struct bh_front_scratch *scratch,
		     const struct bh_geometry_input *primitives, uint32_t count,
		     bh_geometry_sink *sink, void *data)
{
	const struct bh_shader_info *info = front->call->geometry_info;
	struct bh_geometry *geometry = scratch->geometry;
	size_t room;

	geometry->limit = info->max_vertices;
	geometry->outputs = info->output_count * 4;
	geometry->lanes = front->lanes;
	room = (size_t)front->lanes * geometry->limit;
	bh_grow((void **)&geometry->emitted, &geometry->emitted_capacity,
		room * geometry->outputs + 1, sizeof(float));
	bh_grow((void **)&geometry->ends, &geometry->end_capacity, room + 1, 1);
	if (!shade_corners(front, scratch))
		return false;
	for (uint32_t first = 0; first < count; first += front->lanes) {
		unsigned live = count - first < front->lanes ? count - first : front->lanes;

		if (!run_group(front, scratch, primitives + first, live))
			return false;
		for (unsigned lane = 0; lane < live; lane++)
			walk_strips(front, geometry, lane, sink, data);
	}
	return true;
}

/* The vertices of a primitive as a geometry program sees them, adjacent ones between. */
static void find_corners(const struct bh_draw_call *call, uint32_t i, uint32_t count,
			 uint32_t at[BH_GEOMETRY_CORNERS_MAX])
{
	bool first = call->raster->flat_first;
	struct bh_corners corners;
	uint32_t even[6];

	switch (call->primitive) {
	case BH_LINES_ADJACENCY:
	case BH_TRIANGLES_ADJACENCY:
		for (uint32_t k = 0; k < 6; k++)
			at[k] = i * (call->primitive == BH_LINES_ADJACENCY ? 4 : 6) + k;
		return;
	case BH_LINE_STRIP_ADJACENCY:
		for (uint32_t k = 0; k < 6; k++)
			at[k] = i + k;
		return;
	case BH_TRIANGLE_STRIP_ADJACENCY: {
		bool last = i + 1 == bh_primitive_count(call->primitive, count);
		static const uint8_t odd_last[6] = {2, 1, 0, 5, 4, 3};
		static const uint8_t odd_first[6] = {0, 5, 4, 3, 2, 1};

		even[0] = 2 * i;
		even[1] = i ? 2 * i - 2 : 1;
		even[2] = 2 * i + 2;
		even[3] = last ? 2 * i + 5 : 2 * i + 6;
		even[4] = 2 * i + 4;
		even[5] = 2 * i + 3;
		for (unsigned k = 0; k < 6; k++)
			at[k] = !(i & 1) ? even[k] : even[first ? odd_first[k] : odd_last[k]];
		return;
	}
	default:
		corners = bh_primitive_corners(call->primitive, i, count, first);
		if (corners.count == 3)
			bh_rotate_corners(&corners, first);
		memcpy(at, corners.at, sizeof(corners.at));
		return;
	}
}

void bh_geometry_inputs(const struct bh_front *front, struct bh_front_scratch *scratch,
			uint32_t first, uint32_t count, struct bh_geometry_input *inputs)
{
	unsigned corner_count = corners_of[front->call->geometry_info->takes];

	memset(scratch->table, 0, sizeof(scratch->table));
	scratch->id_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t at[BH_GEOMETRY_CORNERS_MAX];

		inputs[i] = (struct bh_geometry_input){
			.number = bh_primitive_number(front, first + i),
		};
		find_corners(front->call, first + i, front->vertex_count, at);
		for (unsigned k = 0; k < corner_count; k++)
			inputs[i].corners[k] = bh_front_local_vertex(front, scratch, at[k]);
	}
}

struct raster_sink {
	struct bh_front *front;
	struct bh_front_scratch *scratch;
	uint32_t base; /* the number of the invocation's first vertex */
	uint64_t made;
};

static void set_up(void *data, const float *vertices, uint32_t count,
		   const struct bh_corners *corners)
{
	struct raster_sink *sink = data;
	uint32_t local[4];

	if (!corners) {
		sink->base = bh_front_read_vertices(sink->front, sink->scratch, vertices, count);
		return;
	}
	for (unsigned i = 0; i < 3; i++)
		local[i] = sink->base + corners->at[i];
	local[3] = sink->base + corners->provoking;
	sink->made++;
	bh_front_assemble(sink->front, sink->scratch, corners, local);
}

void bh_geometry_chunk(void *data, size_t item, unsigned worker)
{
	struct bh_front *front = data;
	struct raster_sink sink = {.front = front, .scratch = front->scratch[worker]};
	uint32_t first = (uint32_t)item * BH_CHUNK_GEOMETRY, count = front->primitive_count - first;
	struct bh_geometry_input inputs[BH_CHUNK_GEOMETRY];

	if (atomic_load(front->call->lost))
		return;
	if (count > BH_CHUNK_GEOMETRY)
		count = BH_CHUNK_GEOMETRY;
	sink.scratch->triangle_count = 0;
	sink.scratch->vertex_count = 0;
	bh_geometry_inputs(front, sink.scratch, front->first_primitive + first, count, inputs);
	if (!bh_geometry_run(front, sink.scratch, inputs, count, set_up, &sink)) {
		atomic_store(front->call->lost, true);
		return;
	}
	atomic_fetch_add(&front->made, sink.made);
	bh_front_finish_chunk(front, sink.scratch, item, worker);
}
