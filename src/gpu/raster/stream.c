/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stream output (transform feedback): the vertices of whole primitives, in order, to buffers. On
 * the device thread, so that order and what fits are decided once; the draw's rasterisation is
 * another matter and shades its vertices itself.
 */
#include "gpu/raster/front.h"

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

static void write_vertex(const struct bh_front *front, const struct bh_front_scratch *scratch,
			 unsigned lane)
{
	const struct bh_draw_call *call = front->call;
	unsigned lanes = front->lanes;

	for (unsigned i = 0; i < call->stream->count; i++) {
		const struct bh_stream_output *output = &call->stream->outputs[i];
		const struct bh_stream_target *target = call->stream_targets[output->buffer];
		uint8_t *to;

		if (!target || output->output >= call->vertex_info->output_count)
			continue;
		to = target->resource->data + target->offset + target->filled + output->offset * 4u;
		for (unsigned c = 0; c < output->count; c++) {
			size_t from =
				((size_t)output->output * 4 + output->start + c) * lanes + lane;

			memcpy(to + (size_t)c * 4, &scratch->outputs[from], 4);
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

/* A triangle's corners, its provoking vertex first or last, as the draw has it. */
static void rotate(struct bh_corners *corners, bool first)
{
	unsigned place = first ? 0 : 2;

	for (unsigned i = 0; i < 2 && corners->at[place] != corners->provoking; i++) {
		uint32_t front = corners->at[0];

		corners->at[0] = corners->at[1];
		corners->at[1] = corners->at[2];
		corners->at[2] = front;
	}
}

static bool write_vertices(const struct bh_front *front, struct bh_front_scratch *scratch)
{
	unsigned lanes = front->lanes;

	for (uint32_t first = 0; first < scratch->id_count; first += lanes) {
		unsigned live =
			scratch->id_count - first < lanes ? scratch->id_count - first : lanes;

		if (!bh_front_run(front, scratch, first, live))
			return false;
		for (unsigned lane = 0; lane < live; lane++)
			write_vertex(front, scratch, lane);
	}
	scratch->id_count = 0;
	return true;
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
			rotate(&corners, flat_first);
		for (unsigned k = 0; k < corners.count; k++)
			scratch->ids[scratch->id_count++] =
				bh_front_vertex_id(front, corners.at[k]);
		if (scratch->id_count + 3 > BH_CHUNK_VERTICES && !write_vertices(front, scratch))
			return false;
	}
	return write_vertices(front, scratch);
}
