/* SPDX-License-Identifier: Apache-2.0 */
/* Vertices: fetched, run through the vertex program, classified against the clip planes. */
#include "gpu/raster/front.h"

#include "base/alloc.h"

#include <math.h>
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

/* What of an element is the same for all vertices of a draw. */
struct stream {
	const struct bh_format *format;
	const uint8_t *data; /* NULL: there is nothing */
	uint64_t stride, first, end;
	unsigned floats; /* of 32 bits; 0: another format */
	bool bytes;      /* four, normalised */
};

static struct stream make_stream(const struct bh_front *front,
				 const struct bh_vertex_element *element)
{
	const struct bh_vertex_buffer *buffer = &front->call->buffers[element->buffer];
	const struct bh_format *format = element->format;
	struct stream stream = {.format = format};

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
static void fetch_vertex(const struct stream *stream, uint32_t id, float out[4])
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

/* Four values of a vertex, or one of four vertices. */
typedef float v4 __attribute__((vector_size(16)));

/* What a format of fewer floats leaves out. */
static const union {
	uint32_t bits[4];
	v4 value;
} float_masks[] = {{{0, 0, 0, 0}},
		   {{~0u, 0, 0, 0}},
		   {{~0u, ~0u, 0, 0}},
		   {{~0u, ~0u, ~0u, 0}},
		   {{~0u, ~0u, ~0u, ~0u}}};

static v4 load_floats(const struct stream *stream, uint32_t id)
{
	typedef uint32_t v4u __attribute__((vector_size(16)));
	const v4u keep = (v4u)float_masks[stream->floats].value;
	const v4 none = {0, 0, 0, 1};
	v4 value;

	/* There is something to be read behind every resource. */
	_Static_assert(BH_TEXTURE_SLACK >= sizeof(value), "four floats may be read");
	memcpy(&value, stream->data + id * stream->stride + stream->first, sizeof(value));
	return (v4)(((v4u)value & keep) | ((v4u)none & ~keep));
}

/* Floats that are all inside the buffer. */
static void fetch_floats(const struct stream *stream, const uint32_t *ids, unsigned lanes,
			 unsigned live, float *to)
{
	for (unsigned lane = 0; lane < lanes; lane += 4) {
		v4 v[4], low[2], high[2], out[4];

		for (unsigned i = 0; i < 4; i++)
			v[i] = load_floats(stream, ids[lane + i < live ? lane + i : live - 1]);
		for (unsigned i = 0; i < 2; i++) {
			low[i] = __builtin_shufflevector(v[2 * i], v[2 * i + 1], 0, 4, 1, 5);
			high[i] = __builtin_shufflevector(v[2 * i], v[2 * i + 1], 2, 6, 3, 7);
		}
		out[0] = __builtin_shufflevector(low[0], low[1], 0, 1, 4, 5);
		out[1] = __builtin_shufflevector(low[0], low[1], 2, 3, 6, 7);
		out[2] = __builtin_shufflevector(high[0], high[1], 0, 1, 4, 5);
		out[3] = __builtin_shufflevector(high[0], high[1], 2, 3, 6, 7);
		for (unsigned c = 0; c < 4; c++)
			memcpy(&to[c * lanes + lane], &out[c], sizeof(out[c]));
	}
}

static bool is_inside(const struct stream *stream, uint32_t id)
{
	uint64_t offset = id * stream->stride + stream->first;

	return offset <= stream->end && stream->end - offset >= stream->format->bytes;
}

static void fetch_stream(const struct bh_front *front, const struct bh_front_scratch *scratch,
			 const struct stream *stream, uint32_t first, unsigned live,
			 uint32_t largest, float *to)
{
	unsigned lanes = front->lanes;

	if (stream->floats && stream->data && is_inside(stream, largest)) {
		fetch_floats(stream, &scratch->ids[first], lanes, live, to);
		return;
	}

	for (unsigned lane = 0; lane < lanes; lane++) {
		/* Dead lanes compute what the last live one does. */
		uint32_t id = scratch->ids[first + (lane < live ? lane : live - 1)];
		float value[4];

		fetch_vertex(stream, id, value);
		for (unsigned c = 0; c < 4; c++)
			to[c * lanes + lane] = value[c];
	}
}

static void fetch_number(const struct bh_front *front, const struct bh_front_scratch *scratch,
			 enum bh_semantic semantic, uint32_t first, unsigned live, float *to)
{
	unsigned lanes = front->lanes;

	for (unsigned lane = 0; lane < lanes; lane++) {
		uint32_t id = scratch->ids[first + (lane < live ? lane : live - 1)];

		for (unsigned c = 0; c < 4; c++)
			to[c * lanes + lane] =
				bits_of(semantic == BH_SEM_VERTEX_ID ? id : front->instance);
	}
}

static void fetch_group(const struct bh_front *front, struct bh_front_scratch *scratch,
			const struct stream *streams, uint32_t first, unsigned live)
{
	const struct bh_shader_info *info = front->call->shading_info;
	uint32_t largest = 0;

	for (unsigned i = 0; i < live; i++)
		largest = scratch->ids[first + i] > largest ? scratch->ids[first + i] : largest;
	for (size_t i = 0; i < info->input_count; i++) {
		float *to = &scratch->inputs[i * 4 * front->lanes];
		enum bh_semantic semantic = info->inputs[i].semantic;

		if (semantic == BH_SEM_VERTEX_ID || semantic == BH_SEM_INSTANCE_ID)
			fetch_number(front, scratch, semantic, first, live, to);
		else
			fetch_stream(front, scratch, &streams[i], first, live, largest, to);
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

/* Which layer a primitive goes to that this vertex provokes. */
static uint16_t read_layer(const struct bh_front *front, const struct bh_front_scratch *scratch,
			   unsigned lane)
{
	float value[4];
	uint32_t layer;

	if (front->link.layer < 0 || front->call->framebuffer->layers <= 1)
		return 0;
	read_output(scratch, front->link.layer, front->lanes, lane, value);
	memcpy(&layer, value, sizeof(layer));
	return layer < front->call->framebuffer->layers ? (uint16_t)layer : BH_LAYER_NONE;
}

/* What few programs write: the size of a point, an edge flag, distances from the user's planes. */
static void read_vertex(const struct bh_front *front, struct bh_front_scratch *scratch,
			struct bh_shaded *vertex, unsigned lane)
{
	const struct bh_vertex_link *link = &front->link;
	const struct bh_rasterizer *raster = &front->draw->raster;
	unsigned lanes = front->lanes;
	float value[4], from[4];

	vertex->point_size = raster->point_size;
	if (raster->point_size_per_vertex && link->point_size >= 0) {
		read_output(scratch, link->point_size, lanes, lane, value);
		vertex->point_size = value[0];
	}
	vertex->layer = read_layer(front, scratch, lane);
	vertex->edge = true;
	if (link->edge_flag >= 0) {
		read_output(scratch, link->edge_flag, lanes, lane, value);
		vertex->edge = value[0] != 0;
	}
	if (!raster->clip_planes)
		return;
	read_output(scratch, link->clip_vertex >= 0 ? link->clip_vertex : link->position, lanes,
		    lane, from);
	for (unsigned i = 0; i < BH_CLIP_PLANES_MAX; i++) {
		if (!(raster->clip_planes >> i & 1))
			continue;
		if (link->clip_distance[i / 4] >= 0) {
			read_output(scratch, link->clip_distance[i / 4], lanes, lane, value);
			vertex->distance[i] = value[i % 4];
		} else {
			vertex->distance[i] = dot(from, front->call->clip_planes[i]);
		}
	}
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
	};
	uint32_t length = bh_program_length(call->vertex_program);
	uint64_t fuel = bh_work_fuel(length, 1);
	struct stream streams[BH_SHADER_INPUTS_MAX];
	const struct bh_vertex_elements *elements = call->elements;

	for (size_t i = 0; i < call->shading_info->input_count; i++)
		streams[i] = i < elements->count ? make_stream(front, &elements->items[i])
						 : (struct stream){0};
	memcpy(invocation.constants, constants->buffers, sizeof(invocation.constants));
	memcpy(invocation.constant_counts, constants->counts, sizeof(constants->counts));
	fetch_group(front, scratch, streams, first, live);
	memset(scratch->outputs, 0,
	       call->shading_info->output_count * 4 * front->lanes * sizeof(float));
	invocation.fuel = fuel;
	bh_program_run(call->vertex_program, &invocation);
	return !invocation.lost &&
	       bh_work_add(front->work, (fuel - invocation.fuel + 1) * length * front->lanes);
}

/* From scratch->outputs to vertices whose room was made. */
static void finish_group(const struct bh_front *front, struct bh_front_scratch *scratch,
			 size_t first, unsigned live)
{
	for (unsigned lane = 0; lane < live; lane++)
		read_vertex(front, scratch, &scratch->shaded[first + lane], lane);
	front->scene->kernels->finish_vertices(
		front, scratch->outputs, &scratch->shaded[first],
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

bool bh_front_shade(struct bh_front *front, struct bh_front_scratch *scratch)
{
	unsigned lanes = front->lanes;

	scratch->vertex_count = 0;
	add_vertices(front, scratch, scratch->id_count);
	for (uint32_t first = 0; first < scratch->id_count; first += lanes) {
		unsigned live =
			scratch->id_count - first < lanes ? scratch->id_count - first : lanes;

		if (!bh_front_run(front, scratch, first, live))
			return false;
		finish_group(front, scratch, first, live);
	}
	return true;
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
		finish_group(front, scratch, base + first, live);
	}
	return (uint32_t)base;
}
