/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What state costs: the same quads and triangles with what browsers, toolkits and games ask of a
 * GPU, beside what they cost on a plain target of four bytes. One thread, in turns.
 */
#include "../tests/gpu/stream.h"
#include "bench.h"

#include <stdio.h>

#define WIDE     512
#define DRAWS    4
#define SIDE     32 /* pixels on a side of a triangle's box */
#define PASSES   7
#define PIXELS   ((double)WIDE * WIDE * DRAWS)
#define FIRST    50 /* resources and surfaces; each state has ten */
#define OVER     (1u | 0u << 1 | 3u << 4 | 19u << 9 | 0u << 14 | 3u << 17 | 19u << 22)
#define LESS     (1u | 1u << 1 | 1u << 2)
#define KEEP_ALL (1u | 7u << 1 | 0xffu << 13 | 0xffu << 21)

#define RGBA8  1
#define SRGB8  100
#define RGB565 7
#define R8     64
#define RG8    65
#define RGB10  8
#define R16F   91
#define RGBA16 94
#define RGBA32 31
#define R11    124
#define RGBA8I 180
#define Z24S8  19

/* Passes where the stencil is the reference, 0; counts up where it is not. */
#define STENCIL_EQUAL (1u | 2u << 1 | 3u << 4 | 0xffu << 13 | 0xffu << 21)
/* Draws count up, and all pass. */
#define STENCIL_COUNT (KEEP_ALL | 3u << 7 | 3u << 10)

static const char color[] = "  0: MOV OUT[0], IN[0]\n  1: END\n";
static const char kill[] = "DCL TEMP[0]\nIMM[0] FLT32 {0.5, 0, 0, 0}\n"
			   "  0: ADD TEMP[0].x, IN[0].xxxx, -IMM[0].xxxx\n"
			   "  1: KILL_IF TEMP[0].xxxx\n  2: MOV OUT[0], IN[0]\n  3: END\n";
static const char depth[] = "DCL OUT[1], POSITION\n  0: MOV OUT[0], IN[0]\n"
			    "  1: MOV OUT[1].z, IN[0].xxxx\n  2: END\n";
static const char second[] = "DCL OUT[1], COLOR[1]\n  0: MOV OUT[0], IN[0]\n"
			     "  1: MOV OUT[1], IN[0].wzyx\n  2: END\n";
static const char four[] = "DCL OUT[1], COLOR[1]\nDCL OUT[2], COLOR[2]\nDCL OUT[3], COLOR[3]\n"
			   "  0: MOV OUT[0], IN[0]\n  1: MOV OUT[1], IN[0].yzwx\n"
			   "  2: MOV OUT[2], IN[0].zwxy\n  3: MOV OUT[3], IN[0].wxyz\n  4: END\n";

struct state {
	const char *name;
	uint32_t formats[4];
	const char *program;   /* NULL: the gradient */
	unsigned instructions; /* before the program's end, that cost but do not count */
	uint32_t blend_flags, logic, blend;
	uint32_t dsa, front, back;
	uint32_t samples;
	bool clears; /* between draws */
};

#define ALL BLEND_MASK(15)

static const struct state states[] = {
	{"depth test", {RGBA8}, .blend = ALL, .dsa = LESS},
	{"stencil clips", {RGBA8}, .blend = ALL, .front = STENCIL_EQUAL},
	{"stencil clips, blend", {RGBA8}, .blend = OVER | ALL, .front = STENCIL_EQUAL},
	{"stencil counts, no colour", {RGBA8}, .front = STENCIL_COUNT},
	{"stencil and depth", {RGBA8}, .blend = ALL, .dsa = LESS, .front = STENCIL_COUNT},
	{"stencil, two sides", {RGBA8}, .front = STENCIL_COUNT, .back = STENCIL_EQUAL},
	{"sRGB", {SRGB8}, .blend = ALL},
	{"sRGB, blend", {SRGB8}, .blend = OVER | ALL},
	{"RGBA16F", {RGBA16}, .blend = ALL},
	{"RGBA16F, blend", {RGBA16}, .blend = OVER | ALL},
	{"R11G11B10F", {R11}, .blend = ALL},
	{"RGBA32F", {RGBA32}, .blend = ALL},
	{"RGBA32F, blend", {RGBA32}, .blend = OVER | ALL},
	{"R16F", {R16F}, .blend = ALL},
	{"RGB10A2", {RGB10}, .blend = ALL},
	{"R8", {R8}, .blend = ALL},
	{"RG8", {RG8}, .blend = ALL},
	{"RGB565", {RGB565}, .blend = ALL},
	{"RGB565, blend", {RGB565}, .blend = OVER | ALL},
	{"RGBA8UI", {RGBA8I}, .blend = ALL},
	{"four targets RGBA8", {RGBA8, RGBA8, RGBA8, RGBA8}, four, .blend = ALL},
	{"RGBA16F, RGBA8, RGB10A2, R16F",
	 {RGBA16, RGBA8, RGB10, R16F},
	 four,
	 .blend = ALL,
	 .dsa = LESS},
	{"two sources",
	 {RGBA8},
	 second,
	 .blend = 1u | 3u << 4 | 9u << 9 | 3u << 17 | 10u << 22 | ALL},
	{"colour mask", {RGBA8}, .blend = BLEND_MASK(7)},
	{"logic operation", {RGBA8}, .blend_flags = 2, .logic = 6, .blend = ALL},
	{"kill, late depth", {RGBA8}, kill, .blend = ALL, .dsa = LESS},
	{"program writes depth", {RGBA8}, depth, .blend = ALL, .dsa = LESS},
	{"four samples", {RGBA8}, .blend = ALL, .samples = 4},
	{"four samples, depth", {RGBA8}, .blend = ALL, .dsa = LESS, .samples = 4},
	{"four samples, blend", {RGBA8}, .blend = OVER | ALL, .samples = 4},
	{"four samples, stencil", {RGBA8}, .blend = ALL, .front = STENCIL_EQUAL, .samples = 4},
	{"four samples, alpha to coverage", {RGBA8}, .blend_flags = 8, .blend = ALL, .samples = 4},
	{"four samples, RGBA16F", {RGBA16}, .blend = ALL, .samples = 4},
	{"program of 60", {RGBA8}, .instructions = 60, .blend = ALL},
	{"four samples, program of 60, depth",
	 {RGBA8},
	 .instructions = 60,
	 .blend = ALL,
	 .dsa = LESS,
	 .samples = 4},
	{"clear of RGBA16F", {RGBA16}, .blend = ALL, .clears = true},
};

static const struct state plain = {"plain", {RGBA8}, .blend = ALL};

struct shape;

struct bench {
	struct bh_gpu *gpu;
	struct stream *stream;
	const struct state *state;
	const struct shape *shape;
};

static void run(struct bench *b)
{
	if (submit(b->gpu, b->stream))
		bench_die("the GPU", "the stream is refused");
}

static uint32_t make_target(struct bench *b, uint32_t handle, uint32_t format, uint32_t samples)
{
	struct bh_gpu_resource_args args = {handle, 2, format, 0, WIDE, WIDE, 1, 1, 0, samples, 0};

	if (bh_gpu_resource_create(b->gpu, &args) || bh_gpu_context_attach(b->gpu, CONTEXT, handle))
		bench_die("the GPU", "no target");
	command(b->stream, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, handle, handle, format, 0,
		0);
	return handle;
}

static void append(char *text, size_t size, const char *more)
{
	snprintf(text + strlen(text), size - strlen(text), "%s", more);
}

static void make_program(struct bench *b, const struct state *state, uint32_t handle)
{
	char text[8192] = "FRAG\nDCL IN[0], GENERIC[0], PERSPECTIVE\nDCL OUT[0], COLOR\n";

	if (!state->instructions) {
		append(text, sizeof(text), state->program ? state->program : color);
		shader(b->stream, handle, 1, text);
		return;
	}
	append(text, sizeof(text), "DCL TEMP[0]\n  0: MOV TEMP[0], IN[0]\n");
	for (unsigned i = 1; i < state->instructions; i++) {
		char line[64];

		snprintf(line, sizeof(line), "  %u: MAD TEMP[0], TEMP[0], IN[0].yzwx, IN[0]\n", i);
		append(text, sizeof(text), line);
	}
	append(text, sizeof(text), "  98: MOV OUT[0], TEMP[0]\n  99: END\n");
	shader(b->stream, handle, 1, text);
}

static void make_state(struct bench *b, const struct state *state, uint32_t first)
{
	struct stream *s = b->stream;

	make_target(b, first + 8, Z24S8, state->samples);
	for (unsigned i = 0; i < 4 && state->formats[i]; i++)
		make_target(b, first + i, state->formats[i], state->samples);
	make_program(b, state, first + 4);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_BLEND, 11, first + 5, state->blend_flags,
		state->logic, state->blend, state->blend, state->blend, state->blend, state->blend,
		state->blend, state->blend, state->blend);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_DEPTH_STENCIL, 5, first + 6, state->dsa,
		state->front, state->back, bits(0));
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_RASTERIZER, 9, first + 7,
		RASTER_DEFAULT | (state->samples ? 1u << 25 : 0), bits(1), 0, 0, bits(1), 0, 0, 0);
	run(b);
}

static void bind(struct bench *b, const struct state *state, uint32_t first)
{
	struct stream *s = b->stream;
	uint32_t count = 0;

	while (count < 4 && state->formats[count])
		count++;
	s->dwords[s->count++] = BH_CMD_SET_FRAMEBUFFER | (2 + count) << 16;
	s->dwords[s->count++] = count;
	s->dwords[s->count++] = first + 8;
	for (uint32_t i = 0; i < count; i++)
		s->dwords[s->count++] = first + i;
	command(s, BH_CMD_BIND_SHADER, 0, 2, first + 4, 1);
	command(s, BH_CMD_BIND_OBJECT, BH_OBJECT_BLEND, 1, first + 5);
	command(s, BH_CMD_BIND_OBJECT, BH_OBJECT_DEPTH_STENCIL, 1, first + 6);
	command(s, BH_CMD_BIND_OBJECT, BH_OBJECT_RASTERIZER, 1, first + 7);
	clear(s, 3, 0, 0, 0, 0, 1, 0);
}

static struct vertex corner(float x, float y, float z)
{
	return (struct vertex){{x, y, z, 1}, {0.6f + 0.4f * x, 0.6f + 0.4f * y, 0.3f, 0.7f}};
}

static void draw_quad(struct stream *s, float z)
{
	struct vertex v[4] = {corner(-1, -1, z), corner(1, -1, z), corner(1, 1, z),
			      corner(-1, 1, z)};

	draw(s, 6, v, 4);
}

/* Of all the image, each square of it cut in two. */
static void draw_triangles(struct stream *s, float z)
{
	const unsigned squares = WIDE / SIDE;
	const float step = 2.0f / (float)squares;
	struct vertex v[WIDE / SIDE * 6];

	for (unsigned row = 0; row < squares; row++) {
		float y = (float)row * step - 1;

		for (unsigned i = 0; i < squares; i++) {
			float x = (float)i * step - 1;
			struct vertex *at = &v[(size_t)i * 6];

			at[0] = corner(x, y, z);
			at[1] = at[3] = corner(x + step, y, z);
			at[2] = at[5] = corner(x, y + step, z);
			at[4] = corner(x + step, y + step, z);
		}
		draw(s, 4, v, squares * 6);
	}
}

static const struct shape {
	const char *name;
	void (*draw)(struct stream *s, float z);
} shapes[] = {{"quads", draw_quad}, {"triangles", draw_triangles}};

static void draw_all(struct bench *b, const struct state *state, uint32_t first)
{
	bind(b, state, first);
	for (unsigned i = 0; i < DRAWS; i++) {
		if (state->clears)
			clear(b->stream, 4, 0.1f, 0.2f, 0.3f, (float)i, 1, 0);
		else
			b->shape->draw(b->stream, 0.5f - (float)i * 0.1f);
		run(b);
	}
	bh_gpu_wait(b->gpu);
}

static void draw_state(void *data)
{
	struct bench *b = data;

	draw_all(b, b->state, FIRST + 10 + 10 * (uint32_t)(b->state - states));
}

static void draw_plain(void *data)
{
	struct bench *b = data;

	draw_all(b, &plain, FIRST);
}

static void measure(struct bench *b)
{
	struct bench_pair pair;
	char what[96], own[32], peer[32];

	draw_state(b);
	draw_plain(b);
	pair = bench_compare(draw_state, draw_plain, b, PASSES);
	snprintf(what, sizeof(what), "gpu %s, %s", b->state->name, b->shape->name);
	snprintf(own, sizeof(own), "%.0f Mpixel/s", PIXELS / pair.own * 1e3);
	snprintf(peer, sizeof(peer), "plain %.0f", PIXELS / pair.peer * 1e3);
	bench_result(what, own, peer, pair.peer / pair.own);
}

/* bench_gpu_states [STATE]: all, or one that somebody wants to know more of. */
int main(int argc, char **argv)
{
	struct bh_gpu_config config = {.level = BH_GPU_LEVEL_C, .threads = 1, .compile_now = true};
	struct bench b = {.gpu = bh_gpu_create(&config, NULL)};

	if (!b.gpu)
		bench_die("the GPU", "no back end");
	b.stream = calloc(1, sizeof(*b.stream));
	bh_gpu_context_create(b.gpu, CONTEXT, "bench", 5);
	begin(b.gpu, b.stream);
	command(b.stream, BH_CMD_SET_VIEWPORT, 0, 7, 0, bits(WIDE / 2), bits(WIDE / 2), bits(0.5f),
		bits(WIDE / 2), bits(WIDE / 2), bits(0.5f));
	shader(b.stream, 32, 0,
	       "VERT\nDCL IN[0]\nDCL IN[1]\nDCL OUT[0], POSITION\nDCL OUT[1], GENERIC[0]\n"
	       "  0: MOV OUT[0], IN[0]\n  1: MOV OUT[1], IN[1]\n  2: END\n");
	make_state(&b, &plain, FIRST);
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		b.state = &states[i];
		if (argc > 1 && strcmp(argv[1], b.state->name) != 0)
			continue;
		make_state(&b, b.state, FIRST + 10 + 10 * (uint32_t)i);
		for (size_t k = 0; k < (b.state->clears ? 1 : 2); k++) {
			b.shape = &shapes[k];
			measure(&b);
		}
	}
	bh_gpu_destroy(b.gpu);
	free(b.stream);
	return 0;
}
