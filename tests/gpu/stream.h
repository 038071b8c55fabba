/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A GPU, a context, and command streams written by hand: what a test of the renderer needs. The
 * canvas is one B8G8R8A8 target; coordinates are OpenGL's without flips: row 0 is y = -1.
 */
#ifndef BH_TESTS_GPU_STREAM_H
#define BH_TESTS_GPU_STREAM_H

#include "gpu/gpu.h"
#include "gpu/virgl/protocol.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define CONTEXT     1
#define CANVAS      1
#define DEPTH       2
#define VERTICES    3
#define TEXTURE     4
#define SIZE        64
#define STREAM_ROOM 65536

struct stream {
	uint32_t dwords[STREAM_ROOM];
	size_t count;
};

static inline uint32_t bits(float value)
{
	uint32_t word;

	memcpy(&word, &value, 4);
	return word;
}

static inline void command(struct stream *s, unsigned number, unsigned object, unsigned count, ...)
{
	va_list args;

	s->dwords[s->count++] = number | object << 8 | count << 16;
	va_start(args, count);
	for (unsigned i = 0; i < count; i++)
		s->dwords[s->count++] = va_arg(args, uint32_t);
	va_end(args);
}

/* A shader's text in one piece. */
static inline void shader(struct stream *s, uint32_t handle, unsigned stage, const char *text)
{
	size_t length = strlen(text) + 1, words = (length + 3) / 4;

	s->dwords[s->count++] =
		BH_CMD_CREATE_OBJECT | BH_OBJECT_SHADER << 8 | (uint32_t)(5 + words) << 16;
	s->dwords[s->count++] = handle;
	s->dwords[s->count++] = stage;
	s->dwords[s->count++] = (uint32_t)length;
	s->dwords[s->count++] = 300;
	s->dwords[s->count++] = 0;
	memset(&s->dwords[s->count], 0, words * 4);
	memcpy(&s->dwords[s->count], text, length);
	s->count += words;
	command(s, BH_CMD_BIND_SHADER, 0, 2, handle, stage);
}

static inline int submit(struct bh_gpu *gpu, struct stream *s)
{
	int result = bh_gpu_submit(gpu, CONTEXT, s->dwords, s->count);

	s->count = 0;
	return result;
}

static inline int make_resource(struct bh_gpu *gpu, uint32_t handle, uint32_t target,
				uint32_t format, uint32_t width, uint32_t height)
{
	struct bh_gpu_resource_args args = {handle, target, format, 0, width, height,
					    1,      1,      0,      0, 0};
	int result = bh_gpu_resource_create(gpu, &args);

	return result ? result : bh_gpu_context_attach(gpu, CONTEXT, handle);
}

static inline struct bh_gpu *make_gpu_with(enum bh_gpu_backend backend, unsigned threads,
					   uint64_t quota)
{
	/* Limits that tests can pass without drawing for minutes. */
	struct bh_gpu_config config = {
		.backend = backend,
		.level = BH_GPU_LEVEL_A,
		.threads = threads,
		.memory_quota = quota,
		.draw_limit = 1 << 14,
		.work_limit = 1 << 28,
		.compile_now = true,
	};
	struct bh_gpu *gpu = bh_gpu_create(&config, NULL);

	if (gpu)
		bh_gpu_context_create(gpu, CONTEXT, "test", 4);
	return gpu;
}

/* Object handles of the default state. */
enum { H_SURFACE = 1, H_DEPTH, H_BLEND, H_RASTER, H_DSA, H_ELEMENTS, H_VS, H_FS, H_FREE = 20 };

#define RASTER_DEFAULT (1u << 1 | 1u << 29) /* clip depth; half pixels */

static inline void set_raster(struct stream *s, uint32_t flags, uint32_t pattern, float width)
{
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_RASTERIZER, 9, H_RASTER, RASTER_DEFAULT | flags,
		bits(1), 0, pattern, bits(width), bits(0), bits(0), bits(0));
	command(s, BH_CMD_BIND_OBJECT, BH_OBJECT_RASTERIZER, 1, H_RASTER);
}

/* target: the word of one render target (protocol: enable, functions, factors, mask). */
static inline void set_blend(struct stream *s, uint32_t flags, uint32_t logic, uint32_t target)
{
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_BLEND, 11, H_BLEND, flags, logic, target, target,
		target, target, target, target, target, target);
	command(s, BH_CMD_BIND_OBJECT, BH_OBJECT_BLEND, 1, H_BLEND);
}

#define BLEND_MASK(mask) ((uint32_t)(mask) << 27)

static inline void set_dsa(struct stream *s, uint32_t depth, uint32_t front, uint32_t back,
			   float alpha)
{
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_DEPTH_STENCIL, 5, H_DSA, depth, front, back,
		bits(alpha));
	command(s, BH_CMD_BIND_OBJECT, BH_OBJECT_DEPTH_STENCIL, 1, H_DSA);
}

static inline void clear(struct stream *s, uint32_t buffers, float r, float g, float b, float a,
			 double depth, uint32_t stencil)
{
	uint32_t words[2];

	memcpy(words, &depth, 8);
	command(s, BH_CMD_CLEAR, 0, 8, buffers, bits(r), bits(g), bits(b), bits(a), words[0],
		words[1], stencil);
}

static const char vertex_text[] = "VERT\nDCL IN[0]\nDCL IN[1]\nDCL OUT[0], POSITION\n"
				  "DCL OUT[1], COLOR\n  0: MOV OUT[0], IN[0]\n"
				  "  1: MOV OUT[1], IN[1]\n  2: END\n";
static const char fragment_text[] = "FRAG\nDCL IN[0], COLOR, PERSPECTIVE\nDCL OUT[0], COLOR\n"
				    "  0: MOV OUT[0], IN[0]\n  1: END\n";

/* Canvas, depth (Z24S8), viewport, programs, and state that draws everything. */
static inline void begin(struct bh_gpu *gpu, struct stream *s)
{
	s->count = 0;
	make_resource(gpu, CANVAS, 2, 1, SIZE, SIZE);
	make_resource(gpu, DEPTH, 2, 19, SIZE, SIZE);
	make_resource(gpu, VERTICES, 0, 64, 65536, 1);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_SURFACE, CANVAS, 1, 0, 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_DEPTH, DEPTH, 19, 0, 0);
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, H_DEPTH, H_SURFACE);
	command(s, BH_CMD_SET_VIEWPORT, 0, 7, 0, bits(SIZE / 2), bits(SIZE / 2), bits(0.5f),
		bits(SIZE / 2), bits(SIZE / 2), bits(0.5f));
	set_raster(s, 0, 0, 1);
	set_blend(s, 0, 0, BLEND_MASK(15));
	set_dsa(s, 0, 0, 0, 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_VERTEX_ELEMENTS, 9, H_ELEMENTS, 0, 0, 0, 31, 16,
		0, 0, 31);
	command(s, BH_CMD_BIND_OBJECT, BH_OBJECT_VERTEX_ELEMENTS, 1, H_ELEMENTS);
	command(s, BH_CMD_SET_VERTEX_BUFFERS, 0, 3, 32, 0, VERTICES);
	shader(s, H_VS, 0, vertex_text);
	shader(s, H_FS, 1, fragment_text);
	clear(s, 7, 0, 0, 0, 0, 1, 0);
}

struct vertex {
	float position[4], color[4];
};

static inline void draw(struct stream *s, unsigned primitive, const struct vertex *vertices,
			unsigned count)
{
	unsigned words = count * 8;

	s->dwords[s->count++] = BH_CMD_INLINE_WRITE | (11 + words) << 16;
	memcpy(&s->dwords[s->count], (uint32_t[]){VERTICES, 0, 0, 0, 0, 0, 0, 0, words * 4, 1, 1},
	       44);
	s->count += 11;
	memcpy(&s->dwords[s->count], vertices, words * 4);
	s->count += words;
	command(s, BH_CMD_DRAW, 0, 12, 0, count, primitive, 0, 1, 0, 0, 0, 0, 0, ~0u, 0);
}

/* A rectangle in clip coordinates, counter-clockwise in OpenGL's sense. */
static inline void quad(struct stream *s, float x0, float y0, float x1, float y1, float z,
			const float color[4])
{
	struct vertex v[4] = {{{x0, y0, z, 1}, {0}},
			      {{x1, y0, z, 1}, {0}},
			      {{x1, y1, z, 1}, {0}},
			      {{x0, y1, z, 1}, {0}}};

	for (unsigned i = 0; i < 4; i++)
		memcpy(v[i].color, color, 16);
	draw(s, 6, v, 4);
}

static inline void fill(struct stream *s, float z, float r, float g, float b, float a)
{
	quad(s, -1, -1, 1, 1, z, (const float[]){r, g, b, a});
}

/* 0xAARRGGBB of the canvas. */
static inline uint32_t pixel(struct bh_gpu *gpu, unsigned x, unsigned y)
{
	uint32_t word = 0xdeadbeef;

	bh_gpu_read_pixels(gpu, CANVAS, x, y, 1, 1, &word, 4);
	return word;
}

#endif
