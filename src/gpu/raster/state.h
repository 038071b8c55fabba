/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pipeline state as the decoder leaves it: checked, in our own terms. Enumerations keep the
 * protocol's numbers where the order means nothing to us.
 */
#ifndef BH_GPU_RASTER_STATE_H
#define BH_GPU_RASTER_STATE_H

#include "gpu/texture/resource.h"

#define BH_COLOR_TARGETS_MAX 8
#define BH_CLIP_PLANES_MAX   8

enum bh_blend_func {
	BH_BLEND_ADD,
	BH_BLEND_SUBTRACT,
	BH_BLEND_REVERSE_SUBTRACT,
	BH_BLEND_MIN,
	BH_BLEND_MAX,
};

/* An inverted factor (1 - x) has bit 4 set. */
enum bh_blend_factor {
	BH_FACTOR_ONE = 1,
	BH_FACTOR_SRC_COLOR = 2,
	BH_FACTOR_SRC_ALPHA = 3,
	BH_FACTOR_DST_ALPHA = 4,
	BH_FACTOR_DST_COLOR = 5,
	BH_FACTOR_SRC_ALPHA_SATURATE = 6,
	BH_FACTOR_CONST_COLOR = 7,
	BH_FACTOR_CONST_ALPHA = 8,
	BH_FACTOR_SRC1_COLOR = 9,
	BH_FACTOR_SRC1_ALPHA = 10,
	BH_FACTOR_INVERTED = 16,
	BH_FACTOR_ZERO = BH_FACTOR_INVERTED | BH_FACTOR_ONE,
};

struct bh_blend_target {
	bool enabled;
	uint8_t rgb_func, rgb_src, rgb_dst;
	uint8_t alpha_func, alpha_src, alpha_dst;
	uint8_t mask; /* r 1, g 2, b 4, a 8 */
};

struct bh_blend {
	bool logic_op, alpha_to_coverage, alpha_to_one;
	uint8_t logic_func; /* bit 2 * src + dst is the result for these two bits */
	struct bh_blend_target targets[BH_COLOR_TARGETS_MAX];
};

enum bh_stencil_op {
	BH_STENCIL_KEEP,
	BH_STENCIL_ZERO,
	BH_STENCIL_REPLACE,
	BH_STENCIL_INCREMENT,
	BH_STENCIL_DECREMENT,
	BH_STENCIL_INCREMENT_WRAP,
	BH_STENCIL_DECREMENT_WRAP,
	BH_STENCIL_INVERT,
};

struct bh_stencil {
	bool enabled;
	uint8_t func; /* enum bh_compare */
	uint8_t fail, pass, depth_fail;
	uint8_t value_mask, write_mask;
};

struct bh_depth_stencil {
	bool depth_test, depth_write, alpha_test;
	uint8_t depth_func, alpha_func; /* enum bh_compare */
	float alpha_ref;
	struct bh_stencil stencil[2]; /* front; back when it is enabled */
};

enum bh_fill { BH_FILL_SOLID, BH_FILL_LINES, BH_FILL_POINTS };
#define BH_CULL_FRONT 1
#define BH_CULL_BACK  2

struct bh_rasterizer {
	bool flat, depth_clip, half_z, discard, flat_first, two_sided;
	bool sprite_lower_left, point_quads, scissor, front_ccw;
	bool clamp_vertex_color, clamp_fragment_color;
	bool offset_line, offset_point, offset_fill;
	bool poly_stipple, point_size_per_vertex, line_stipple, line_last_pixel;
	bool point_smooth, line_smooth, bottom_edge_rule, multisample;
	uint8_t cull;                  /* BH_CULL_* */
	uint8_t fill_front, fill_back; /* enum bh_fill */
	float point_size, line_width;
	uint32_t sprite_coords; /* texture coordinates a point replaces, a bit each */
	uint16_t line_pattern;
	unsigned line_factor; /* at least 1 */
	uint8_t clip_planes;  /* a bit each */
	float offset_units, offset_scale, offset_clamp;
};

struct bh_viewport {
	float scale[3], translate[3];
};

struct bh_rect {
	int32_t x0, y0, x1, y1; /* x1 and y1 are outside */
};

/* An image that is drawn to. */
struct bh_surface {
	struct bh_resource *resource; /* NULL: none */
	const struct bh_format *format;
	uint8_t *data; /* texel (0, 0) of the level and layer */
	uint32_t row_stride;
	uint32_t width, height;
	unsigned samples;
	uint64_t sample_stride;
	uint32_t layers; /* that geometry programs choose from */
	uint64_t layer_stride;
};

struct bh_framebuffer {
	struct bh_surface colors[BH_COLOR_TARGETS_MAX];
	unsigned color_count;
	struct bh_surface depth;
	uint32_t width, height; /* the smallest of all */
	unsigned samples;       /* of all */
	uint32_t layers;        /* of all: those that can be drawn to */
	uint32_t most_layers;   /* of any: a clear clears all */
	uint32_t layer;         /* the one that `data` of the surfaces is in */
};

#define BH_VERTEX_ELEMENTS_MAX 32
#define BH_VERTEX_BUFFERS_MAX  32

struct bh_vertex_element {
	uint32_t offset, divisor, buffer;
	const struct bh_format *format;
};

struct bh_vertex_elements {
	struct bh_vertex_element items[BH_VERTEX_ELEMENTS_MAX];
	unsigned count;
};

struct bh_vertex_buffer {
	struct bh_resource *resource;
	uint32_t stride, offset;
};

#define BH_GEOMETRY_VERTICES_MAX   1024 /* of one invocation */
#define BH_GEOMETRY_COMPONENTS_MAX 4096 /* of all its vertices */

#define BH_STREAM_BUFFERS_MAX 4
#define BH_STREAM_OUTPUTS_MAX 64

/* Components of an output register that go to a stream-output buffer. In dwords. */
struct bh_stream_output {
	uint8_t output, start, count, buffer;
	uint16_t offset;
};

/* What a program writes to buffers for each vertex. */
struct bh_stream_layout {
	uint16_t strides[BH_STREAM_BUFFERS_MAX]; /* dwords */
	struct bh_stream_output outputs[BH_STREAM_OUTPUTS_MAX];
	unsigned count;
};

/* A part of a buffer that vertices are written to. */
struct bh_stream_target {
	struct bh_resource *resource;
	uint32_t offset, size, filled; /* bytes */
	uint32_t vertices;             /* in it */
};

/* Primitives since the beginning: of queries' interest. */
struct bh_stream_counts {
	uint64_t generated, emitted, dropped;
};

enum bh_primitive {
	BH_POINTS,
	BH_LINES,
	BH_LINE_LOOP,
	BH_LINE_STRIP,
	BH_TRIANGLES,
	BH_TRIANGLE_STRIP,
	BH_TRIANGLE_FAN,
	BH_QUADS,
	BH_QUAD_STRIP,
	BH_POLYGON,
	BH_LINES_ADJACENCY,
	BH_LINE_STRIP_ADJACENCY,
	BH_TRIANGLES_ADJACENCY,
	BH_TRIANGLE_STRIP_ADJACENCY,
	BH_PRIMITIVES,
};

#endif
