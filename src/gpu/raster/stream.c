/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stream output (transform feedback): the vertices of whole primitives, in order, to buffers. On
 * the device thread, so that order and what fits are decided once; the draw's rasterisation is
 * another matter and shades its vertices itself.
 */
#include "gpu/raster/geometry.h"

#include <string.h>

/* How many primitives of `corners` vertices have room in all buffers. */
static uint32_t room_for(const struct bh_draw_call *call, unsigned corners, uint32_t wanted)
{
	for (unsigned i = 0; i < BH_STREAM_BUFFERS_MAX; i++) {
		const struct bh_stream_target *target = call->stream_targets[i];
		uint32_t bytes = call->stream->strides[i] * 4u * corners;

		if (target && bytes && (target->size - target->filled) / bytes < wanted)
			wanted = (target->size - target->filled) / bytes;
	}
	return wanted;
}

/* Component c of output o is at (4 o + c) * stride. */
static void write_vertex(const struct bh_front *front, const float *outputs, size_t stride)
{
	const struct bh_draw_call *call = front->call;

	for (unsigned i = 0; i < call->stream->count; i++) {
		const struct bh_stream_output *output = &call->stream->outputs[i];
		const struct bh_stream_target *target = call->stream_targets[output->buffer];
		uint8_t *to;

		if (!target || output->output >= call->vertex_info->output_count)
			continue;
		to = target->resource->data + target->offset + target->filled + output->offset * 4u;
		for (unsigned c = 0; c < output->count; c++) {
			size_t from = (size_t)output->output * 4 + output->start + c;

			memcpy(to + (size_t)c * 4, &outputs[from * stride], 4);
		}
	}
	for (unsigned i = 0; i < BH_STREAM_BUFFERS_MAX; i++) {
		struct bh_stream_target *target = call->stream_targets[i];

		if (!target || !call->stream->strides[i])
			continue;
		target->filled += call->stream->strides[i] * 4u;
		target->vertices++;
	}
}

static bool write_vertices(const struct bh_front *front, struct bh_front_scratch *scratch)
{
	unsigned lanes = front->lanes;
	struct bh_vertex_run run;

	bh_front_begin_run(front, scratch, bh_front_largest(scratch), &run);
	for (uint32_t first = 0; first < scratch->id_count; first += lanes) {
		unsigned live =
			scratch->id_count - first < lanes ? scratch->id_count - first : lanes;

		if (!bh_front_run(front, scratch, &run, first, live, scratch->outputs))
			return false;
		for (unsigned lane = 0; lane < live; lane++)
			write_vertex(front, scratch->outputs + lane, lanes);
	}
	scratch->id_count = 0;
	return bh_front_end_run(front, &run);
}

bool bh_stream_run(const struct bh_front *front, struct bh_front_scratch *scratch)
{
	const struct bh_draw_call *call = front->call;
	bool flat_first = call->raster->flat_first;
	uint32_t count = bh_primitive_count(call->primitive, front->vertex_count), fits;
	struct bh_corners corners;

	if (!count)
		return true;
	corners = bh_primitive_corners(call->primitive, 0, front->vertex_count, flat_first);
	fits = room_for(call, corners.count, count);
	call->counts->emitted += fits;
	call->counts->dropped += count - fits;
	scratch->id_count = 0;
	for (uint32_t i = 0; i < fits; i++) {
		corners = bh_primitive_corners(call->primitive, i, front->vertex_count, flat_first);
		if (corners.count == 3)
			bh_rotate_corners(&corners, flat_first);
		for (unsigned k = 0; k < corners.count; k++)
			scratch->ids[scratch->id_count++] =
				bh_front_vertex_id(front, corners.at[k]);
		if (scratch->id_count + 3 > BH_CHUNK_VERTICES && !write_vertices(front, scratch))
			return false;
	}
	return write_vertices(front, scratch);
}

struct geometry_stream {
	const struct bh_front *front;
};

static void stream_primitive(void *data, const float *vertices, uint32_t count,
			     const struct bh_corners *given)
{
	struct geometry_stream *stream = data;
	const struct bh_draw_call *call = stream->front->call;
	struct bh_corners corners;

	(void)count;
	if (!given)
		return;
	corners = *given;
	call->counts->generated++;
	if (!call->stream)
		return;
	if (!room_for(call, corners.count, 1)) {
		call->counts->dropped++;
		return;
	}
	call->counts->emitted++;
	if (corners.count == 3)
		bh_rotate_corners(&corners, call->raster->flat_first);
	for (unsigned i = 0; i < corners.count; i++)
		write_vertex(stream->front,
			     vertices +
				     (size_t)corners.at[i] * call->geometry_info->output_count * 4,
			     1);
}

bool bh_stream_geometry(const struct bh_front *front, struct bh_front_scratch *scratch)
{
	struct geometry_stream stream = {.front = front};
	uint32_t count = bh_primitive_count(front->call->primitive, front->vertex_count);
	struct bh_geometry_input inputs[BH_CHUNK_GEOMETRY];

	for (uint32_t first = 0; first < count; first += BH_CHUNK_GEOMETRY) {
		uint32_t part =
			count - first < BH_CHUNK_GEOMETRY ? count - first : BH_CHUNK_GEOMETRY;

		bh_geometry_inputs(front, scratch, first, part, inputs);
		if (!bh_geometry_run(front, scratch, inputs, part, stream_primitive, &stream))
			return false;
	}
	return true;
}
