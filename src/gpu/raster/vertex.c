/* SPDX-License-Identifier: Apache-2.0 */
/* Vertices: fetched, run through the vertex program, classified against the clip planes. */
#include "gpu/raster/front.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

static void fetch_zero(float out[4])
{
	out[0] = out[1] = out[2] = 0;
	out[3] = 1;
}

static float bits_of(uint32_t value)
{
	float bits;

	memcpy(&bits, &value, 4);
	return bits;
}

static struct bh_stream make_stream(const struct bh_front *front,
				    const struct bh_vertex_element *element)
{
	const struct bh_vertex_buffer *buffer = &front->call->buffers[element->buffer];
	const struct bh_format *format = element->format;
	struct bh_stream stream = {.format = format};

	if (!buffer->resource)
		return stream;
	stream.data = buffer->resource->data;
	stream.end = buffer->resource->size;
	stream.stride = buffer->stride;
	stream.first = (uint64_t)buffer->offset + element->offset;
	if (element->divisor) {
		uint64_t index =
			(uint64_t)front->call->start_instance + front->instance / element->divisor;

		stream.first += index * stream.stride;
		stream.stride = 0;
	}
	if (format->type == BH_CHANNEL_FLOAT && format->bits[0] == 32)
		stream.floats = format->bytes / 4u;
	stream.bytes = format->type == BH_CHANNEL_UNORM && format->bytes == 4 &&
		       format->bits[0] == 8 && format->bits[3] == 8;
	return stream;
}

/* One attribute of one vertex. Nothing outside the buffer is read: it is (0, 0, 0, 1) there. */
static void fetch_vertex(const struct bh_stream *stream, uint32_t id, float out[4])
{
	uint64_t offset = id * stream->stride + stream->first;
	const uint8_t *from;

	fetch_zero(out);
	if (!stream->data || offset > stream->end || stream->end - offset < stream->format->bytes)
		return;
	from = stream->data + offset;
	switch (stream->floats) {
	case 4:
		memcpy(out, from, 16);
		return;
	case 3:
		memcpy(out, from, 12);
		return;
	case 2:
		memcpy(out, from, 8);
		return;
	case 1:
		memcpy(out, from, 4);
		return;
	default:
		break;
	}
	if (stream->bytes) {
		const uint8_t *swizzle = stream->format->swizzle;

		for (unsigned i = 0; i < 4; i++)
			out[i] = swizzle[i] <= BH_SWIZZLE_W   ? (float)from[swizzle[i]] / 255.0f
				 : swizzle[i] == BH_SWIZZLE_1 ? 1.0f
							      : 0.0f;
		return;
	}
	bh_format_fetch_linear(stream->format, from, out);
}

static bool is_inside(const struct bh_stream *stream, uint32_t id)
{
	uint64_t offset = id * stream->stride + stream->first;

	return offset <= stream->end && stream->end - offset >= stream->format->bytes;
}

/* Dead lanes compute what the last live one does: scratch->ids has it again for them. */
static void fetch_stream(const struct bh_front *front, const struct bh_stream *stream,
			 const uint32_t *ids, float *to)
{
	unsigned lanes = front->lanes;

	if (stream->floats && stream->inside) {
		front->scene->kernels->fetch_floats(stream, ids, to);
		return;
	}
	for (unsigned lane = 0; lane < lanes; lane++) {
		float value[4];

		fetch_vertex(stream, ids[lane], value);
		for (unsigned c = 0; c < 4; c++)
			to[c * lanes + lane] = value[c];
	}
}

static void fetch_number(const struct bh_front *front, enum bh_semantic semantic,
			 const uint32_t *ids, float *to)
{
	unsigned lanes = front->lanes;

	for (unsigned lane = 0; lane < lanes; lane++) {
		for (unsigned c = 0; c < 4; c++)
			to[c * lanes + lane] =
				bits_of(semantic == BH_SEM_VERTEX_ID ? ids[lane] : front->instance);
	}
}

static void fetch_group(const struct bh_front *front, struct bh_front_scratch *scratch,
			const struct bh_stream *streams, uint32_t first)
{
	const struct bh_shader_info *info = front->call->shading_info;
	const uint32_t *ids = &scratch->ids[first];

	for (size_t i = 0; i < info->input_count; i++) {
		float *to = &scratch->inputs[i * 4 * front->lanes];
		enum bh_semantic semantic = info->inputs[i].semantic;

		if (semantic == BH_SEM_VERTEX_ID || semantic == BH_SEM_INSTANCE_ID)
			fetch_number(front, semantic, ids, to);
		else
			fetch_stream(front, &streams[i], ids, to);
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
static void read_output(const float *outputs, int output, unsigned lanes, unsigned lane,
			float value[4])
{
	if (output < 0) {
		fetch_zero(value);
		return;
	}
	for (unsigned c = 0; c < 4; c++)
		value[c] = outputs[((size_t)output * 4 + c) * lanes + lane];
}

/* Which layer a primitive goes to that this vertex provokes. */
static uint16_t read_layer(const struct bh_front *front, const float *outputs, unsigned lane)
{
	float value[4];
	uint32_t layer;

	if (front->link.layer < 0 || front->call->framebuffer->layers <= 1)
		return 0;
	read_output(outputs, front->link.layer, front->lanes, lane, value);
	memcpy(&layer, value, sizeof(layer));
	return layer < front->call->framebuffer->layers ? (uint16_t)layer : BH_LAYER_NONE;
}

/* What few programs write: the size of a point, an edge flag, distances from the user's planes. */
static void read_vertex(const struct bh_front *front, const float *outputs,
			struct bh_shaded *vertex, unsigned lane)
{
	const struct bh_vertex_link *link = &front->link;
	const struct bh_rasterizer *raster = &front->draw->raster;
	unsigned lanes = front->lanes;
	float value[4], from[4];

	vertex->point_size = raster->point_size;
	if (raster->point_size_per_vertex && link->point_size >= 0) {
		read_output(outputs, link->point_size, lanes, lane, value);
		vertex->point_size = value[0];
	}
	vertex->layer = read_layer(front, outputs, lane);
	vertex->edge = true;
	if (link->edge_flag >= 0) {
		read_output(outputs, link->edge_flag, lanes, lane, value);
		vertex->edge = value[0] != 0;
	}
	if (!raster->clip_planes)
		return;
	read_output(outputs, link->clip_vertex >= 0 ? link->clip_vertex : link->position, lanes,
		    lane, from);
	for (unsigned i = 0; i < BH_CLIP_PLANES_MAX; i++) {
		if (!(raster->clip_planes >> i & 1))
			continue;
		if (link->clip_distance[i / 4] >= 0) {
			read_output(outputs, link->clip_distance[i / 4], lanes, lane, value);
			vertex->distance[i] = value[i % 4];
		} else {
			vertex->distance[i] = dot(from, front->call->clip_planes[i]);
		}
	}
}

/* Work is added up here and told when it is this much: its counter is all workers'. */
#define SPENT_MAX (1u << 22)

uint32_t bh_front_largest(const struct bh_front_scratch *scratch)
{
	uint32_t largest = 0;

	for (uint32_t i = 0; i < scratch->id_count; i++)
		largest = scratch->ids[i] > largest ? scratch->ids[i] : largest;
	return largest;
}

void bh_front_begin_run(const struct bh_front *front, struct bh_front_scratch *scratch,
			uint32_t largest, struct bh_vertex_run *run)
{
	const struct bh_draw_call *call = front->call;
	const struct bh_constants *constants = call->constants[BH_STAGE_VERTEX];
	const struct bh_vertex_elements *elements = call->elements;

	run->spent = 0;
	run->length = bh_program_length(call->vertex_program);
	run->invocation = (struct bh_invocation){
		.textures = call->textures[BH_STAGE_VERTEX],
		.sample = bh_texture_sample,
		.inputs = scratch->inputs,
	};
	memcpy(run->invocation.constants, constants->buffers, sizeof(constants->buffers));
	memcpy(run->invocation.constant_counts, constants->counts, sizeof(constants->counts));
	for (unsigned i = 0; scratch->id_count && i < front->lanes; i++)
		scratch->ids[scratch->id_count + i] = scratch->ids[scratch->id_count - 1];
	for (size_t i = 0; i < call->shading_info->input_count; i++) {
		struct bh_stream *stream = &run->streams[i];

		*stream = (struct bh_stream){0};
		if (i < elements->count)
			*stream = make_stream(front, &elements->items[i]);
		stream->inside = stream->data && is_inside(stream, largest);
	}
}

bool bh_front_end_run(const struct bh_front *front, struct bh_vertex_run *run)
{
	uint64_t spent = run->spent;

	run->spent = 0;
	return bh_work_add(front->work, spent);
}

bool bh_front_run(const struct bh_front *front, struct bh_front_scratch *scratch,
		  struct bh_vertex_run *run, uint32_t first, unsigned live, float *outputs)
{
	const struct bh_draw_call *call = front->call;
	struct bh_invocation *invocation = &run->invocation;
	uint64_t fuel = bh_work_fuel(run->length, 1);

	fetch_group(front, scratch, run->streams, first);
	memset(outputs, 0, call->shading_info->output_count * 4 * front->lanes * sizeof(float));
	invocation->outputs = outputs;
	invocation->mask = (1u << live) - 1;
	invocation->fuel = fuel;
	bh_program_run(call->vertex_program, invocation);
	run->spent += (fuel - invocation->fuel + 1) * run->length * front->lanes;
	return !invocation->lost && (run->spent < SPENT_MAX || bh_front_end_run(front, run));
}

/* From a program's outputs to vertices whose room was made. */
static void finish_group(const struct bh_front *front, struct bh_front_scratch *scratch,
			 const float *outputs, size_t first, unsigned live)
{
	for (unsigned lane = 0; lane < live; lane++)
		read_vertex(front, outputs, &scratch->shaded[first + lane], lane);
	front->scene->kernels->finish_vertices(
		front, outputs, &scratch->shaded[first],
		&scratch->records[first * front->draw->vertex_floats], live);
}

/* Makes room for more vertices; returns the first one's number. */
static size_t add_vertices(const struct bh_front *front, struct bh_front_scratch *scratch,
			   size_t count)
{
	size_t first = scratch->vertex_count;

	scratch->vertex_count += count;
	bh_grow((void **)&scratch->shaded, &scratch->shaded_capacity, scratch->vertex_count,
		sizeof(*scratch->shaded));
	bh_grow((void **)&scratch->records, &scratch->record_capacity,
		scratch->vertex_count * front->draw->vertex_floats, sizeof(float));
	return first;
}

float *bh_front_group(const struct bh_front *front, const struct bh_front_scratch *scratch,
		      uint32_t first)
{
	/* `first` is a multiple of the lanes, which the floats of one vertex stand for. */
	return scratch->groups + (1 + front->call->shading_info->output_count) * 4 * first;
}

/* Aligned as generated code wants it. */
static void make_group_room(const struct bh_front *front, struct bh_front_scratch *scratch)
{
	size_t groups = (scratch->id_count + front->lanes - 1) / front->lanes;
	size_t size = (1 + front->call->shading_info->output_count) * 4 * sizeof(float) *
		      front->lanes * groups;

	if (scratch->group_capacity >= size)
		return;
	free(scratch->groups);
	size = (size + size / 2 + 63) & ~(size_t)63;
	scratch->groups = aligned_alloc(64, size);
	if (!scratch->groups)
		abort(); /* as base/alloc.h: the sizes are ours and bounded */
	scratch->group_capacity = size;
}

void bh_front_make_ready(const struct bh_front *front, struct bh_front_scratch *scratch,
			 uint32_t vertex)
{
	uint32_t first = vertex - vertex % front->lanes, left = scratch->id_count - first;

	if (scratch->ready[vertex / front->lanes])
		return;
	scratch->ready[vertex / front->lanes] = true;
	finish_group(front, scratch,
		     bh_front_group(front, scratch, first) + (size_t)front->lanes * 4, first,
		     left < front->lanes ? left : front->lanes);
}

bool bh_front_shade(struct bh_front *front, struct bh_front_scratch *scratch)
{
	unsigned lanes = front->lanes;
	struct bh_vertex_run run;

	scratch->vertex_count = 0;
	add_vertices(front, scratch, scratch->id_count);
	bh_front_begin_run(front, scratch, scratch->largest_id, &run);
	if (front->simple) {
		make_group_room(front, scratch);
		memset(scratch->ready, 0, sizeof(scratch->ready));
	}
	for (uint32_t first = 0; first < scratch->id_count; first += lanes) {
		unsigned live =
			scratch->id_count - first < lanes ? scratch->id_count - first : lanes;
		float *group = front->simple ? bh_front_group(front, scratch, first) : NULL;
		float *outputs = group ? group + (size_t)lanes * 4 : scratch->outputs;

		if (!bh_front_run(front, scratch, &run, first, live, outputs))
			return false;
		if (group)
			front->scene->kernels->place_vertices(front, group,
							      &scratch->places[first]);
		else
			finish_group(front, scratch, outputs, first, live);
	}
	return bh_front_end_run(front, &run);
}

uint32_t bh_front_read_vertices(const struct bh_front *front, struct bh_front_scratch *scratch,
				const float *vertices, uint32_t count)
{
	size_t floats = front->call->vertex_info->output_count * 4;
	size_t base = add_vertices(front, scratch, count);
	unsigned lanes = front->lanes;

	for (uint32_t first = 0; first < count; first += lanes) {
		unsigned live = count - first < lanes ? count - first : lanes;

		for (unsigned lane = 0; lane < lanes; lane++) {
			const float *from = vertices + (first + (lane < live ? lane : 0)) * floats;

			for (size_t i = 0; i < floats; i++)
				scratch->outputs[i * lanes + lane] = from[i];
		}
		finish_group(front, scratch, scratch->outputs, base + first, live);
	}
	return (uint32_t)base;
}
