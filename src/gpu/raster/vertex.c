/* SPDX-License-Identifier: Apache-2.0 */
/* Vertices: fetched, run through the vertex program, classified against the clip planes. */
#include "gpu/raster/front.h"

#include "base/alloc.h"

#include <math.h>
#include <string.h>

#define FUEL 4000000

static void fetch_zero(float out[4])
{
	out[0] = out[1] = out[2] = 0;
	out[3] = 1;
}

/* One attribute of one vertex. Nothing outside the buffer is read: it is (0, 0, 0, 1) there. */
static void fetch_element(const struct bh_front *front, const struct bh_vertex_element *element,
			  uint32_t id, float out[4])
{
	const struct bh_vertex_buffer *buffer = &front->call->buffers[element->buffer];
	const struct bh_resource *resource = buffer->resource;
	uint64_t index = id, offset;

	if (!resource) {
		fetch_zero(out);
		return;
	}
	if (element->divisor)
		index = (uint64_t)front->call->start_instance + front->instance / element->divisor;
	offset = index * buffer->stride + buffer->offset + element->offset;
	if (offset + element->format->bytes > resource->size) {
		fetch_zero(out);
		return;
	}
	if (element->format->type == BH_CHANNEL_FLOAT && element->format->bits[0] == 32) {
		fetch_zero(out);
		memcpy(out, resource->data + offset, element->format->bytes);
		return;
	}
	bh_format_fetch_linear(element->format, resource->data + offset, out);
}

static float bits_of(uint32_t value)
{
	float bits;

	memcpy(&bits, &value, 4);
	return bits;
}

static void fetch_group(const struct bh_front *front, struct bh_front_scratch *scratch,
			uint32_t first, unsigned live)
{
	const struct bh_shader_info *info = front->call->vertex_info;
	const struct bh_vertex_elements *elements = front->call->elements;
	unsigned lanes = front->lanes;

	for (size_t i = 0; i < info->input_count; i++) {
		float *to = &scratch->inputs[i * 4 * lanes];
		enum bh_semantic semantic = info->inputs[i].semantic;

		for (unsigned lane = 0; lane < lanes; lane++) {
			/* Dead lanes compute what the last live one does. */
			uint32_t id = scratch->ids[first + (lane < live ? lane : live - 1)];
			float value[4];

			if (semantic == BH_SEM_VERTEX_ID || semantic == BH_SEM_INSTANCE_ID) {
				value[0] = bits_of(semantic == BH_SEM_VERTEX_ID ? id
										: front->instance);
				value[1] = value[2] = value[3] = value[0];
			} else if (i < elements->count) {
				fetch_element(front, &elements->items[i], id, value);
			} else {
				fetch_zero(value);
			}
			for (unsigned c = 0; c < 4; c++)
				to[c * lanes + lane] = value[c];
		}
	}
}

static float dot(const float a[4], const float b[4])
{
	return a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3];
}

float bh_front_distance(const struct bh_front *front, const struct bh_shaded *vertex,
			unsigned plane)
{
	const float *v = vertex->clip;

	switch (plane) {
	case 0:
		return v[0] + front->guard_x * v[3];
	case 1:
		return front->guard_x * v[3] - v[0];
	case 2:
		return v[1] + front->guard_y * v[3];
	case 3:
		return front->guard_y * v[3] - v[1];
	case 4:
		return front->draw->raster.half_z ? v[2] : v[2] + v[3];
	case 5:
		return v[3] - v[2];
	case 6:
		return v[3] - 1e-20f;
	default:
		return vertex->distance[plane - 7];
	}
}

void bh_front_classify(const struct bh_front *front, struct bh_shaded *vertex, float *record)
{
	const struct bh_viewport *viewport = front->call->viewport;
	const struct bh_rasterizer *raster = &front->draw->raster;
	const float *v = vertex->clip;
	uint32_t out = 0, guard = 0;
	float oow;

	/* Written so that a NaN is outside. */
	out |= v[0] >= -v[3] ? 0 : BH_OUT_LEFT;
	out |= v[0] <= v[3] ? 0 : BH_OUT_RIGHT;
	out |= v[1] >= -v[3] ? 0 : BH_OUT_BOTTOM;
	out |= v[1] <= v[3] ? 0 : BH_OUT_TOP;
	for (unsigned plane = 0; plane < 4; plane++)
		guard |= bh_front_distance(front, vertex, plane) >= 0 ? 0 : 1u << plane;
	if (raster->depth_clip) {
		for (unsigned plane = 4; plane < 6; plane++)
			guard |= bh_front_distance(front, vertex, plane) >= 0 ? 0 : 1u << plane;
	}
	guard |= bh_front_distance(front, vertex, 6) >= 0 ? 0 : BH_OUT_W;
	for (unsigned i = 0; i < BH_CLIP_PLANES_MAX; i++) {
		if (raster->clip_planes >> i & 1)
			guard |= vertex->distance[i] >= 0 ? 0 : BH_OUT_USER << i;
	}
	vertex->outside = out | (guard & ~(uint32_t)BH_OUT_XY);
	vertex->outside_guard = guard;
	oow = 1.0f / v[3];
	record[BH_VERTEX_X] = v[0] * oow * viewport->scale[0] + viewport->translate[0];
	record[BH_VERTEX_Y] = v[1] * oow * viewport->scale[1] + viewport->translate[1];
	record[BH_VERTEX_Z] = v[2] * oow * viewport->scale[2] + viewport->translate[2];
	record[BH_VERTEX_OOW] = oow;
}

size_t bh_front_add_vertex(const struct bh_front *front, struct bh_front_scratch *scratch)
{
	size_t index = scratch->vertex_count++;

	bh_grow((void **)&scratch->shaded, &scratch->shaded_capacity, index + 1,
		sizeof(*scratch->shaded));
	bh_grow((void **)&scratch->records, &scratch->record_capacity,
		(index + 1) * front->draw->vertex_floats, sizeof(float));
	return index;
}

/* One output of one lane. */
static void read_output(const struct bh_front_scratch *scratch, int output, unsigned lanes,
			unsigned lane, float value[4])
{
	if (output < 0) {
		fetch_zero(value);
		return;
	}
	for (unsigned c = 0; c < 4; c++)
		value[c] = scratch->outputs[((size_t)output * 4 + c) * lanes + lane];
}

static void read_vertex(const struct bh_front *front, struct bh_front_scratch *scratch,
			size_t index, unsigned lane)
{
	const struct bh_vertex_link *link = &front->link;
	const struct bh_rasterizer *raster = &front->draw->raster;
	struct bh_shaded *vertex = &scratch->shaded[index];
	float *record = &scratch->records[index * front->draw->vertex_floats];
	unsigned lanes = front->lanes;
	float value[4];

	read_output(scratch, link->position, lanes, lane, vertex->clip);
	vertex->point_size = raster->point_size;
	if (raster->point_size_per_vertex && link->point_size >= 0) {
		read_output(scratch, link->point_size, lanes, lane, value);
		vertex->point_size = value[0];
	}
	vertex->edge = true;
	if (link->edge_flag >= 0) {
		read_output(scratch, link->edge_flag, lanes, lane, value);
		vertex->edge = value[0] != 0;
	}
	if (raster->clip_planes) {
		float from[4];

		memcpy(from, vertex->clip, sizeof(from));
		if (link->clip_vertex >= 0)
			read_output(scratch, link->clip_vertex, lanes, lane, from);
		for (unsigned i = 0; i < BH_CLIP_PLANES_MAX; i++) {
			if (!(raster->clip_planes >> i & 1))
				continue;
			if (link->clip_distance[i / 4] >= 0) {
				read_output(scratch, link->clip_distance[i / 4], lanes, lane,
					    value);
				vertex->distance[i] = value[i % 4];
			} else {
				vertex->distance[i] = dot(from, front->call->clip_planes[i]);
			}
		}
	}
	for (unsigned i = 0; i < front->draw->attr_count; i++) {
		float *attr = &record[BH_VERTEX_ATTRS + i * 4];

		read_output(scratch, link->attrs[i], lanes, lane, attr);
		if (!link->clamp[i])
			continue;
		for (unsigned c = 0; c < 4; c++)
			attr[c] = !(attr[c] > 0) ? 0 : attr[c] > 1 ? 1 : attr[c];
	}
	bh_front_classify(front, vertex, record);
}

bool bh_front_run(const struct bh_front *front, struct bh_front_scratch *scratch, uint32_t first,
		  unsigned live)
{
	const struct bh_draw_call *call = front->call;
	const struct bh_constants *constants = call->constants[BH_STAGE_VERTEX];
	struct bh_invocation invocation = {
		.textures = call->textures[BH_STAGE_VERTEX],
		.sample = bh_texture_sample,
		.inputs = scratch->inputs,
		.outputs = scratch->outputs,
		.mask = (1u << live) - 1,
		.fuel = FUEL,
	};

	memcpy(invocation.constants, constants->buffers, sizeof(invocation.constants));
	memcpy(invocation.constant_counts, constants->counts, sizeof(constants->counts));
	fetch_group(front, scratch, first, live);
	memset(scratch->outputs, 0,
	       call->vertex_info->output_count * 4 * front->lanes * sizeof(float));
	bh_program_run(call->vertex_program, &invocation);
	return !invocation.lost;
}

bool bh_front_shade(struct bh_front *front, struct bh_front_scratch *scratch)
{
	unsigned lanes = front->lanes;

	scratch->vertex_count = 0;
	for (uint32_t first = 0; first < scratch->id_count; first += lanes) {
		unsigned live =
			scratch->id_count - first < lanes ? scratch->id_count - first : lanes;

		if (!bh_front_run(front, scratch, first, live))
			return false;
		for (unsigned lane = 0; lane < live; lane++)
			read_vertex(front, scratch, bh_front_add_vertex(front, scratch), lane);
	}
	return true;
}
