/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every state that draws may have, on every format: code made for it on 4, 8 and 16 lanes draws the
 * same bits as the interpreter, which goes step by step.
 */
#include "stream.h"
#include "test.h"

#include "base/alloc.h"
#include "gpu/texture/format.h"

#include <math.h>
#include <stdio.h>

#define WIDTH     61 /* groups reach over the right side, and the last row has no second */
#define HEIGHT    47
#define TRIANGLES 30
#define TARGETS   4
#define FIRST     50 /* handles of targets; depth follows, then what samples come to */
#define BACKENDS  4

#define ALL  BLEND_MASK(15)
#define OVER (1u | 3u << 4 | 19u << 9 | 3u << 17 | 19u << 22)
#define LESS (1u | 1u << 1 | 1u << 2)
#define KILL (1u << 8 | 6u << 9) /* alpha test: greater or equal */

#define RGBA8   1
#define RGB565  7
#define RGB10   8
#define SRGB8   104
#define Z16     16
#define Z32F    18
#define Z24S8   19
#define S8Z24   20
#define S8      23
#define Z32FS8  126
#define R16F    91
#define RGBA16F 94
#define RGBA8I  180
#define SNORM8  77

/* func, fail, pass and depth fail; all bits are compared and written. */
#define STENCIL(func, fail, pass, zfail) \
	(1u | (func) << 1 | (fail) << 4 | (pass) << 7 | (zfail) << 10 | 0xffu << 13 | 0xffu << 21)

struct state {
	const char *program; /* NULL: the vertices' colour */
	uint32_t formats[TARGETS];
	uint32_t depth; /* its format; 0: Z24S8 */
	uint32_t blend_flags, logic, blends[TARGETS];
	uint32_t dsa, front, back;
	uint32_t samples, raster;
	bool extreme;   /* colours are beyond what most formats can hold, or no numbers */
	bool shallow;   /* the viewport has a part of depth, and nothing is clipped */
	bool half_mask; /* every other sample is written */
};

struct picture {
	size_t size;
	uint8_t bytes[(TARGETS + 1) * WIDTH * HEIGHT * 16];
};

static struct bh_gpu *gpus[BACKENDS];
static struct stream stream;

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static float between(uint32_t *state, float low, float high)
{
	return low + (high - low) * (float)(next_random(state) & 0xffff) / 65536.0f;
}

static float extreme(uint32_t *random)
{
	static const float values[] = {0,     -0.0f, 1e-7f,    6.2e-5f, -3e-6f,  0.3f, 65519, 65520,
				       65535, -7e4f, INFINITY, NAN,     -1e-30f, 3e9f, 1e38f, -2};

	return values[next_random(random) % (sizeof(values) / sizeof(values[0]))];
}

static void draw_random(struct stream *s, const struct state *state, uint32_t random)
{
	struct vertex v[TRIANGLES * 3];

	for (unsigned i = 0; i < TRIANGLES; i++) {
		float x = between(&random, -1.2f, 1), y = between(&random, -1.2f, 1);
		float size = i % 3 == 0 ? 0.2f : i % 3 == 1 ? 0.8f : 2;

		for (unsigned k = 0; k < 3; k++) {
			struct vertex *at = &v[i * 3 + k];
			float w = between(&random, 0.5f, 2);

			at->position[0] = (x + between(&random, 0, size)) * w;
			at->position[1] = (y + between(&random, 0, size)) * w;
			at->position[2] = between(&random, -1, 1) * w;
			at->position[3] = w;
			for (unsigned c = 0; c < 4; c++)
				at->color[c] = between(&random, -0.3f, 1.5f);
			/* The same in all corners, or most pixels would be no numbers. */
			for (unsigned c = 0; state->extreme && c < 4; c++)
				at->color[c] = k ? v[i * 3].color[c] : extreme(&random);
		}
	}
	draw(s, 4, v, TRIANGLES * 3);
}

static void make_target(struct bh_gpu *gpu, uint32_t handle, uint32_t format, uint32_t samples)
{
	struct bh_gpu_resource_args args = {handle, 2, format, 0,       WIDTH, HEIGHT,
					    1,      1, 0,      samples, 0};

	bh_gpu_resource_destroy(gpu, handle);
	assert_int_equal(bh_gpu_resource_create(gpu, &args), 0);
	assert_int_equal(bh_gpu_context_attach(gpu, CONTEXT, handle), 0);
}

static void use_targets(struct bh_gpu *gpu, struct stream *s, const struct state *state)
{
	uint32_t count = 0, depth = state->depth ? state->depth : Z24S8;

	for (; count < TARGETS && state->formats[count]; count++) {
		make_target(gpu, FIRST + count, state->formats[count], state->samples);
		command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, FIRST + count, FIRST + count,
			state->formats[count], 0, 0);
	}
	make_target(gpu, FIRST + TARGETS, depth, state->samples);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, FIRST + TARGETS, FIRST + TARGETS,
		depth, 0, 0);
	s->dwords[s->count++] = BH_CMD_SET_FRAMEBUFFER | (2 + count) << 16;
	s->dwords[s->count++] = count;
	s->dwords[s->count++] = FIRST + TARGETS;
	for (uint32_t i = 0; i < count; i++)
		s->dwords[s->count++] = FIRST + i;
	command(s, BH_CMD_SET_VIEWPORT, 0, 7, 0, bits(WIDTH / 2.0f), bits(HEIGHT / 2.0f),
		bits(state->shallow ? 0.2f : 0.5f), bits(WIDTH / 2.0f), bits(HEIGHT / 2.0f),
		bits(0.5f));
}

static void use_state(struct stream *s, const struct state *state)
{
	uint32_t blends[8] = {0};
	bool apart = false;

	for (unsigned i = 0; i < TARGETS; i++) {
		apart |= i && state->blends[i];
		blends[i] = state->blends[i];
	}
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_BLEND, 11, H_BLEND, state->blend_flags | apart,
		state->logic, blends[0], blends[1], blends[2], blends[3], 0, 0, 0, 0);
	command(s, BH_CMD_BIND_OBJECT, BH_OBJECT_BLEND, 1, H_BLEND);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_RASTERIZER, 9, H_RASTER,
		(state->shallow ? 1u << 29 : RASTER_DEFAULT) | state->raster |
			(state->samples ? 1u << 25 : 0),
		bits(1), 0, 0, bits(1), 0, 0, 0);
	command(s, BH_CMD_BIND_OBJECT, BH_OBJECT_RASTERIZER, 1, H_RASTER);
	set_dsa(s, state->dsa, state->front, state->back, 0.2f);
	command(s, BH_CMD_SET_STENCIL_REF, 0, 1, 3 | 5 << 8);
	command(s, BH_CMD_SET_BLEND_COLOR, 0, 4, bits(0.3f), bits(1.7f), bits(-0.4f), bits(0.6f));
	command(s, BH_CMD_SET_SAMPLE_MASK, 0, 1, state->half_mask ? 5 : ~0u);
}

static void use_program(struct stream *s, const struct state *state)
{
	char text[8192];

	snprintf(text, sizeof(text),
		 "FRAG\nDCL IN[0], GENERIC[0], PERSPECTIVE\nDCL OUT[0], COLOR\n%s",
		 state->program ? state->program : "  0: MOV OUT[0], IN[0]\n  1: END\n");
	shader(s, H_FS, 1, text);
}

static void read_image(struct bh_gpu *gpu, uint32_t handle, struct picture *picture)
{
	struct bh_gpu_resource_args args;
	struct bh_gpu_transfer transfer = {.resource = handle, .box = {0, 0, 0, WIDTH, HEIGHT, 1}};
	struct iovec page = {picture->bytes + picture->size, 0};

	assert_int_equal(bh_gpu_resource_info(gpu, handle, &args), 0);
	page.iov_len = (size_t)WIDTH * HEIGHT * bh_format_get(args.format)->bytes;
	assert_int_equal(bh_gpu_transfer_out(gpu, CONTEXT, &transfer, &page, 1), 0);
	picture->size += page.iov_len;
}

/* What samples come to is made visible; depth and stencil by what they let through. */
static void read_samples(struct bh_gpu *gpu, struct stream *s, const struct state *state,
			 struct picture *picture)
{
	static const uint32_t looks[][2] = {{1u | 4u << 2, 0}, {1u | 1u << 2, STENCIL(4, 0, 0, 0)}};
	uint32_t resolved = FIRST + TARGETS + 1;

	for (unsigned look = 0; look < 3; look++) {
		for (uint32_t i = 0; i < TARGETS && state->formats[i]; i++) {
			uint32_t format = state->formats[i];

			make_target(gpu, resolved, format, 0);
			command(s, BH_CMD_BLIT, 0, 21, 0x0fu, 0, 0, resolved, 0, format, 0, 0, 0,
				WIDTH, HEIGHT, 1, FIRST + i, 0, format, 0, 0, 0, WIDTH, HEIGHT, 1);
			assert_int_equal(submit(gpu, s), 0);
			read_image(gpu, resolved, picture);
		}
		if (look == 2)
			break;
		picture->size = look ? picture->size : 0;
		set_dsa(s, looks[look][0], looks[look][1], 0, 0);
		use_program(s, &(struct state){.program = NULL});
		fill(s, 0, look ? 0.25f : 0.75f, 0.5f, 0.1f, 1);
	}
}

static void draw_picture(struct bh_gpu *gpu, const struct state *state, struct picture *picture)
{
	struct stream *s = &stream;

	use_targets(gpu, s, state);
	use_state(s, state);
	use_program(s, state);
	clear(s, 7, 0.5f, 0.25f, 0.75f, 0.5f, 0.7, 4);
	for (unsigned i = 0; i < 2; i++)
		draw_random(s, state, 7 + i);
	assert_int_equal(submit(gpu, s), 0);
	picture->size = 0;
	if (state->samples > 1) {
		read_samples(gpu, s, state, picture);
		return;
	}
	for (uint32_t i = 0; i < TARGETS && state->formats[i]; i++)
		read_image(gpu, FIRST + i, picture);
	read_image(gpu, FIRST + TARGETS, picture);
}

static void check(const struct state *state)
{
	static struct picture expected, drawn;
	unsigned checked = 0;

	draw_picture(gpus[0], state, &expected);
	for (unsigned i = 1; i < BACKENDS; i++) {
		if (!gpus[i])
			continue; /* not on this CPU */
		checked++;
		draw_picture(gpus[i], state, &drawn);
		assert_int_equal(drawn.size, expected.size);
		if (memcmp(drawn.bytes, expected.bytes, drawn.size) != 0)
			fail_msg("%u lanes differ: format %u, depth %u, dsa %x, stencil %x %x, "
				 "blend %x, logic %u, samples %u, program %s",
				 2u << i, state->formats[0], state->depth, state->dsa, state->front,
				 state->back, state->blends[0], state->logic, state->samples,
				 state->program ? state->program : "-");
	}
	if (!checked)
		skip();
}

static void every_format_is_drawn_to_alike(void **unused)
{
	const struct bh_format *format;

	(void)unused;
	for (size_t i = 0; (format = bh_format_at(i)) != NULL; i++) {
		struct state state = {.formats = {format->number}, .blends = {ALL}};

		if (!bh_format_is_rendered(format, BH_GPU_LEVEL_C))
			continue;
		check(&state);
		state.extreme =
			format->type == BH_CHANNEL_FLOAT || format->type == BH_CHANNEL_SNORM;
		state.blends[0] = (bh_format_is_integer(format) ? 0 : OVER) | BLEND_MASK(11);
		check(&state);
	}
}

static const char second[] = "DCL OUT[1], COLOR[1]\n  0: MOV OUT[0], IN[0]\n"
			     "  1: MOV OUT[1], IN[0].wzyx\n  2: END\n";

/* With two sources, constants, and what is left of colours outside of what formats hold. */
static void every_factor_and_function_is_alike(void **unused)
{
	static const struct {
		uint8_t func, rgb_src, rgb_dst, alpha_src, alpha_dst;
	} blends[] = {
		{0, 1, 19, 1, 19}, {0, 3, 1, 17, 2},  {0, 5, 20, 4, 18},  {0, 6, 21, 6, 4},
		{0, 7, 23, 8, 24}, {0, 24, 8, 23, 7}, {0, 9, 25, 10, 26}, {0, 3, 26, 25, 10},
		{1, 3, 1, 1, 19},  {2, 1, 3, 19, 1},  {3, 1, 1, 1, 1},    {4, 17, 17, 17, 17},
	};
	static const uint32_t formats[] = {RGBA8, SRGB8, SNORM8, RGBA16F};

	(void)unused;
	for (size_t i = 0; i < sizeof(blends) / sizeof(blends[0]); i++) {
		struct state state = {.program = second, .formats = {formats[i % 4]}};

		for (unsigned k = 0; k < 2; k++) {
			state.formats[0] = formats[(i + k) % 4];
			state.blends[0] = 1u | (uint32_t)blends[i].func << 1 |
					  (uint32_t)blends[i].rgb_src << 4 |
					  (uint32_t)blends[i].rgb_dst << 9 |
					  (uint32_t)blends[i].func << 14 |
					  (uint32_t)blends[i].alpha_src << 17 |
					  (uint32_t)blends[i].alpha_dst << 22 | ALL;
			check(&state);
		}
	}
}

static void every_logic_operation_is_alike(void **unused)
{
	static const uint32_t formats[] = {RGBA8, RGB565, RGBA8I, 2 /* no alpha */, RGB10, RGBA16F};

	(void)unused;
	for (uint32_t i = 0; i < 16; i++)
		check(&(struct state){.formats = {formats[i % 6]},
				      .blend_flags = 2,
				      .logic = i,
				      .blends = {OVER | BLEND_MASK(i % 3 ? 15 : 6)}});
}

static const char discard[] = "DCL TEMP[0]\nIMM[0] FLT32 {0.4, 0, 0, 0}\n"
			      "  0: ADD TEMP[0].x, IN[0].xxxx, -IMM[0].xxxx\n"
			      "  1: KILL_IF TEMP[0].xxxx\n  2: MOV OUT[0], IN[0]\n  3: END\n";
static const char depth_output[] = "DCL OUT[1], POSITION\n  0: MOV OUT[0], IN[0]\n"
				   "  1: MOV OUT[1].z, IN[0].xxxx\n  2: END\n";

/* Before and after the program, with depth and alone. */
static void every_stencil_operation_is_alike(void **unused)
{
	static const uint32_t formats[] = {Z24S8, S8Z24, S8, Z32FS8};
	static const char *const programs[] = {NULL, discard, depth_output};

	(void)unused;
	for (uint32_t i = 0; i < 16; i++) {
		struct state state = {
			.program = programs[i % 3],
			.formats = {RGBA8},
			.depth = formats[i % 4],
			.blends = {ALL},
			.dsa = i & 4 ? LESS : 0,
			.front = STENCIL(i % 8, i % 8, (i + 3) % 8, (i + 5) % 8),
			.back = i & 2 ? STENCIL((i + 1) % 8, (i + 6) % 8, (i + 2) % 8, i % 8) : 0,
		};

		check(&state);
		state.front &= ~(0x0fu << 13 | 0x33u << 21);
		state.raster = 1u << 15; /* the other side is the front */
		state.dsa |= i & 1 ? KILL : 0;
		check(&state);
	}
}

static void every_depth_test_is_alike(void **unused)
{
	static const uint32_t formats[] = {Z16, Z32F, Z24S8, 22, Z32FS8};
	static const char *const programs[] = {NULL, discard, depth_output};

	(void)unused;
	for (uint32_t i = 0; i < 16; i++)
		check(&(struct state){.program = programs[i % 3],
				      .formats = {RGBA8},
				      .depth = formats[i % 5],
				      .blends = {ALL},
				      .shallow = i & 8,
				      .dsa = 1 | (i & 1) << 1 | i % 8 << 2 | (i & 4 ? KILL : 0)});
}

static const char four[] = "DCL OUT[1], COLOR[1]\nDCL OUT[2], COLOR[2]\nDCL OUT[3], COLOR[3]\n"
			   "  0: MOV OUT[0], IN[0]\n  1: MOV OUT[1], IN[0].yzwx\n"
			   "  2: MOV OUT[2], IN[0].zwxy\n  3: MOV OUT[3], IN[0].wxyz\n  4: END\n";

static void targets_of_several_formats_are_alike(void **unused)
{
	(void)unused;
	check(&(struct state){.program = four,
			      .formats = {RGBA16F, RGBA8, RGB10, R16F},
			      .blends = {ALL, OVER | ALL, BLEND_MASK(5), OVER | BLEND_MASK(9)},
			      .dsa = LESS});
	check(&(struct state){.program = four,
			      .formats = {SRGB8, 193 /* R32UI */, 31 /* RGBA32F */, 64 /* R8 */},
			      .blends = {OVER | ALL, ALL, OVER | BLEND_MASK(7), ALL},
			      .front = STENCIL(3, 0, 3, 0)});
	check(&(struct state){.formats = {RGBA8, RGB565}, .blends = {ALL}, .raster = 1u << 17});
}

static const char *long_program(void)
{
	static char text[8192] = "DCL TEMP[0]\n  0: MOV TEMP[0], IN[0]\n";

	for (unsigned i = 1; i < 40; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "  %u: MAD TEMP[0], TEMP[0], IN[0].yzwx, IN[0]\n", i);
	strcat(text, "  98: MOV OUT[0], TEMP[0]\n  99: END\n");
	return text;
}

static const char centroid[] =
	"DCL IN[1], GENERIC[0], PERSPECTIVE, CENTROID\n"
	"DCL IN[2], GENERIC[0], LINEAR, CENTROID\nDCL TEMP[0]\n"
	"  0: ADD TEMP[0], IN[1], IN[2].wzyx\n  1: MUL OUT[0], TEMP[0], IN[0]\n"
	"  2: END\n";

static void samples_are_alike_in_every_state(void **unused)
{
	const char *programs[] = {NULL, long_program(), discard, depth_output, centroid};
	static const uint32_t formats[] = {RGBA8, SRGB8, RGBA16F, RGBA8I};

	(void)unused;
	for (uint32_t i = 0; i < 40; i++)
		check(&(struct state){
			.program = programs[i % 5],
			.formats = {formats[i % 4]},
			.depth = i % 7 == 3 ? Z32FS8 : 0,
			.samples = i % 6 == 5 ? 2 : 4,
			.blends = {(i % 3 == 1 ? OVER : 0) | ALL},
			.blend_flags = i & 8 ? (i & 16 ? 24 : 8) : 0, /* to coverage, to one */
			.dsa = (i & 1 ? LESS : 0) | (i % 9 == 2 ? KILL : 0),
			.front = i & 2 ? STENCIL(i % 8, i % 8, (i + 3) % 8, (i + 5) % 8) : 0,
			.half_mask = i % 11 == 10,
			.shallow = i % 13 == 12,
		});
}

static int create_gpus(void **unused)
{
	(void)unused;
	for (int i = 0; i < BACKENDS; i++) {
		struct bh_gpu_config config = {.backend = BH_GPU_INTERPRETER + i,
					       .level = BH_GPU_LEVEL_C,
					       .threads = 1,
					       .compile_now = true};

		gpus[i] = bh_gpu_create(&config, NULL);
		if (!gpus[i])
			continue;
		bh_gpu_context_create(gpus[i], CONTEXT, "test", 4);
		begin(gpus[i], &stream);
		shader(&stream, H_VS, 0,
		       "VERT\nDCL IN[0]\nDCL IN[1]\nDCL OUT[0], POSITION\n"
		       "DCL OUT[1], GENERIC[0]\n  0: MOV OUT[0], IN[0]\n"
		       "  1: MOV OUT[1], IN[1]\n  2: END\n");
		assert_int_equal(submit(gpus[i], &stream), 0);
	}
	return 0;
}

static int destroy_gpus(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < BACKENDS; i++)
		bh_gpu_destroy(gpus[i]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_is_drawn_to_alike),
		cmocka_unit_test(every_factor_and_function_is_alike),
		cmocka_unit_test(every_logic_operation_is_alike),
		cmocka_unit_test(every_stencil_operation_is_alike),
		cmocka_unit_test(every_depth_test_is_alike),
		cmocka_unit_test(targets_of_several_formats_are_alike),
		cmocka_unit_test(samples_are_alike_in_every_state),
	};

	return cmocka_run_group_tests(tests, create_gpus, destroy_gpus);
}
