/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is hidden behind whole blocks of pixels is left out: nobody may see a difference. One image
 * is computed here, pixel by pixel; another is drawn in a way that leaves nothing out.
 */
#include "stream.h"
#include "test.h"

#include "base/alloc.h"

#define WIDE   160 /* more than two tiles, and not all of the third */
#define HIGH   92
#define TARGET 30
#define ZIMAGE 31
#define ONE    8192 /* the farthest depth; what is drawn is even, what is cleared odd or an end */
#define ROUNDS 90

enum { Z16 = 16, Z32F = 18, Z24S8 = 19, S8Z24 = 20, Z24X8 = 21 };
enum { NEVER, LESS, EQUAL, LEQUAL, GREATER, NOTEQUAL, GEQUAL, ALWAYS };

struct image {
	uint32_t colors[WIDE * HIGH];
	int32_t depths[WIDE * HIGH];
};

static uint32_t next_random(uint32_t *state, uint32_t count)
{
	*state = *state * 1664525u + 1013904223u;
	return (*state >> 8) % count;
}

static float random_between(uint32_t *state, float low, float high)
{
	return low + (high - low) * (float)next_random(state, 65536) / 65536.0f;
}

static struct bh_gpu *open_gpu(struct stream *s, enum bh_gpu_backend backend, unsigned threads,
			       uint32_t format)
{
	struct bh_gpu *gpu = make_gpu_with(backend, threads, 0);

	if (!gpu)
		return NULL;
	begin(gpu, s);
	assert_int_equal(make_resource(gpu, TARGET, 2, 1, WIDE, HIGH), 0);
	assert_int_equal(make_resource(gpu, ZIMAGE, 2, format, WIDE, HIGH), 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_FREE, TARGET, 1, 0, 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_FREE + 1, ZIMAGE, format, 0, 0);
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, H_FREE + 1, H_FREE);
	command(s, BH_CMD_SET_VIEWPORT, 0, 7, 0, bits(WIDE / 2), bits(HIGH / 2), bits(0.5f),
		bits(WIDE / 2), bits(HIGH / 2), bits(0.5f));
	clear(s, 5, 0, 0, 0, 0, 1, 0);
	return gpu;
}

static void read_image(struct bh_gpu *gpu, struct stream *s, uint32_t *colors)
{
	assert_int_equal(submit(gpu, s), 0);
	assert_int_equal(bh_gpu_read_pixels(gpu, TARGET, 0, 0, WIDE, HIGH, colors, WIDE * 4), 0);
}

static bool passes(unsigned func, int32_t depth, int32_t old)
{
	return (depth < old && (func == LESS || func == LEQUAL || func == NOTEQUAL)) ||
	       (depth == old && (func == EQUAL || func == LEQUAL || func == GEQUAL)) ||
	       (depth > old && (func == GREATER || func == GEQUAL || func == NOTEQUAL)) ||
	       func == ALWAYS;
}

/* A level rectangle, and what becomes of its pixels. */
struct level {
	int32_t x0, y0, x1, y1, depth, offset;
	unsigned func;
	bool writes, clamps, alpha_fails;
	uint32_t color;
};

static void draw_level(struct stream *s, const struct level *level, uint32_t format)
{
	float x0 = (float)level->x0 / (WIDE / 2) - 1, x1 = (float)level->x1 / (WIDE / 2) - 1;
	float y0 = (float)level->y0 / (HIGH / 2) - 1, y1 = (float)level->y1 / (HIGH / 2) - 1;
	float z = (float)level->depth / (ONE / 2) - 1;
	/* A unit is 1/2^16 or 1/2^23. */
	float units = (float)level->offset * (format == Z16 ? 8.0f : 1024.0f);
	uint32_t flags = 1u << 29 | (level->clamps ? 0 : 1u << 1) | (level->offset ? 1u << 20 : 0);
	float color[4] = {(float)(level->color >> 16 & 255) / 255,
			  (float)(level->color >> 8 & 255) / 255, (float)(level->color & 255) / 255,
			  level->alpha_fails ? 0.0f : 1.0f};

	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_RASTERIZER, 9, H_RASTER, flags, bits(1), 0, 0,
		bits(1), bits(units), bits(0), bits(0));
	command(s, BH_CMD_BIND_OBJECT, BH_OBJECT_RASTERIZER, 1, H_RASTER);
	/* Some are dropped by their alpha, after the test. */
	set_dsa(s,
		1 | (level->writes ? 2u : 0) | level->func << 2 |
			(level->alpha_fails ? 1u << 8 | (unsigned)GREATER << 9 : 0),
		0, 0, 0.5f);
	quad(s, x0, y0, x1, y1, z, color);
}

static void apply_level(struct image *image, const struct level *level)
{
	int32_t depth = level->depth + level->offset;

	if (!level->clamps && (level->depth < 0 || level->depth > ONE))
		return;
	depth = depth < 0 ? 0 : depth > ONE ? ONE : depth;
	for (int32_t y = level->y0; y < level->y1; y++) {
		for (int32_t x = level->x0; x < level->x1; x++) {
			int32_t *old = &image->depths[y * WIDE + x];

			if (level->alpha_fails || !passes(level->func, depth, *old))
				continue;
			image->colors[y * WIDE + x] = 0xff000000 | level->color;
			if (level->writes)
				*old = depth;
		}
	}
}

static void apply_clear(struct image *image, int32_t depth)
{
	for (unsigned i = 0; i < WIDE * HIGH; i++)
		image->depths[i] = depth;
}

/* Depths that meet often; `func` is that of most. */
static struct level random_level(uint32_t *random, unsigned func, uint32_t format, uint32_t number)
{
	struct level level = {
		.depth = (int32_t)next_random(random, 12) * 2 + ONE / 2,
		.func = next_random(random, 8) ? func : next_random(random, 8),
		.writes = next_random(random, 8) != 0,
		.clamps = next_random(random, 4) == 0,
		.alpha_fails = next_random(random, 10) == 0,
		.color = 0x010203 * (number % 80 + 1),
	};

	level.x0 = (int32_t)next_random(random, WIDE - 8);
	level.y0 = (int32_t)next_random(random, HIGH - 8);
	level.x1 = level.x0 + 1 + (int32_t)next_random(random, (uint32_t)(WIDE - level.x0));
	level.y1 = level.y0 + 1 + (int32_t)next_random(random, (uint32_t)(HIGH - level.y0));
	if (next_random(random, 12) == 0)
		level.depth = next_random(random, 2) ? ONE + 200 : -200;
	else if (next_random(random, 6) == 0)
		level.depth = (int32_t)next_random(random, ONE / 2 + 1) * 2;
	if (format != Z32F && next_random(random, 5) == 0)
		level.offset = (int32_t)next_random(random, 9) * 2 - 8;
	return level;
}

static void draw_levels(enum bh_gpu_backend backend, unsigned threads, uint32_t format,
			unsigned func)
{
	struct stream *s = bh_alloc(sizeof(*s));
	struct image *image = bh_alloc(sizeof(*image));
	uint32_t *colors = bh_alloc(sizeof(image->colors)), random = func * 77 + format;
	struct bh_gpu *gpu = open_gpu(s, backend, threads, format);

	for (unsigned i = 0; gpu && i < ROUNDS; i++) {
		struct level level = random_level(&random, func, format, i);

		if (i % 30 == 0) {
			/* To the far end, the near end, and between. */
			int32_t depth = i == 0 ? ONE : i == 30 ? ONE / 2 + 9 : 0;

			if (i == 0 && (func == GREATER || func == GEQUAL))
				depth = 0;
			clear(s, 1, 0, 0, 0, 0, (double)depth / ONE, 0);
			apply_clear(image, depth);
		}
		draw_level(s, &level, format);
		apply_level(image, &level);
		/* Now and then a scene ends, and another begins with the depth that is there. */
		if (i % 20 == 13) {
			assert_int_equal(submit(gpu, s), 0);
			bh_gpu_wait(gpu);
		}
	}
	if (gpu) {
		read_image(gpu, s, colors);
		for (unsigned i = 0; i < WIDE * HIGH; i++) {
			if ((colors[i] & 0xffffff) != (image->colors[i] & 0xffffff))
				fail_msg("format %u, function %u, back end %d: (%u, %u) is %06x, "
					 "not %06x",
					 format, func, (int)backend, i % WIDE, i / WIDE, colors[i],
					 image->colors[i]);
		}
		bh_gpu_destroy(gpu);
	}
	free(colors);
	free(image);
	free(s);
}

static void rectangles_over_each_other_are_as_computed(void **state)
{
	static const uint32_t formats[] = {Z16, Z32F, Z24S8, S8Z24, Z24X8};

	(void)state;
	for (unsigned func = NEVER; func <= ALWAYS; func++) {
		for (unsigned i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
			draw_levels((func + i) % 3 ? BH_GPU_INTERPRETER : BH_GPU_AUTO, 2,
				    formats[i], func);
	}
}

static void rectangles_are_as_computed_by_each_back_end(void **state)
{
	static const enum bh_gpu_backend backends[] = {BH_GPU_INTERPRETER, BH_GPU_SIMD4,
						       BH_GPU_SIMD8, BH_GPU_SIMD16};

	(void)state;
	for (unsigned i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		draw_levels(backends[i], 1, Z24S8, LESS);
		draw_levels(backends[i], 1, Z16, GEQUAL);
		draw_levels(backends[i], 1, Z32F, LEQUAL);
	}
}

/* Triangles at a slant, large and small, some nearly in one plane. */
static void add_slanted(struct stream *s, uint32_t *random, float size, bool greater)
{
	float tilt[2] = {random_between(random, -0.3f, 0.3f), random_between(random, -0.3f, 0.3f)};
	float away = random_between(random, -0.5f, 0.5f);
	float x = random_between(random, -1, 1), y = random_between(random, -1, 1);
	struct vertex v[3];

	/* Planes that share a line, or are the same. */
	if (next_random(random, 3) == 0) {
		tilt[0] = 0.05f;
		tilt[1] = (float)next_random(random, 3) * 0.0001f;
		away = 0.1f;
	}
	for (unsigned i = 0; i < 3; i++) {
		float at[2] = {x + random_between(random, -size, size),
			       y + random_between(random, -size, size)};
		float z = away + at[0] * tilt[0] + at[1] * tilt[1];

		v[i] = (struct vertex){{at[0], at[1], greater ? -z : z, 1},
				       {random_between(random, 0, 1), random_between(random, 0, 1),
					random_between(random, 0, 1), 1}};
	}
	draw(s, 4, v, 3);
}

/* A stencil that always passes and changes nothing: its tests must happen, so nothing is left out.
 */
#define STENCIL_KEEPS (1u | 7u << 1 | 0xffu << 13 | 0xffu << 21)

static void draw_slanted(enum bh_gpu_backend backend, unsigned threads, unsigned func,
			 bool leaves_out, uint32_t *colors)
{
	struct stream *s = bh_alloc(sizeof(*s));
	struct bh_gpu *gpu = open_gpu(s, backend, threads, Z24S8);
	bool greater = func == GREATER || func == GEQUAL;
	uint32_t random = 5;

	memset(colors, 0, sizeof(uint32_t) * WIDE * HIGH);
	if (gpu) {
		set_dsa(s, 1 | 2 | func << 2, leaves_out ? 0 : STENCIL_KEEPS, 0, 0);
		clear(s, 1, 0, 0, 0, 0, greater ? 0 : 1, 0);
		for (unsigned i = 0; i < 400; i++)
			add_slanted(s, &random, i % 4 ? 0.1f : 1.5f, greater);
		/* What is farther than all that, and a second look at what is there. */
		set_dsa(s, 1 | (unsigned)EQUAL << 2, leaves_out ? 0 : STENCIL_KEEPS, 0, 0);
		random = 5;
		for (unsigned i = 0; i < 100; i++)
			add_slanted(s, &random, i % 4 ? 0.1f : 1.5f, greater);
		read_image(gpu, s, colors);
		bh_gpu_destroy(gpu);
	}
	free(s);
}

static void slanted_triangles_are_as_without_bounds(void **state)
{
	static const enum bh_gpu_backend backends[] = {BH_GPU_INTERPRETER, BH_GPU_SIMD4,
						       BH_GPU_SIMD8, BH_GPU_SIMD16};
	static const unsigned funcs[] = {LESS, LEQUAL, GREATER, GEQUAL};
	uint32_t *own = bh_alloc(sizeof(uint32_t) * WIDE * HIGH);
	uint32_t *other = bh_alloc(sizeof(uint32_t) * WIDE * HIGH);

	(void)state;
	for (unsigned f = 0; f < 4; f++) {
		draw_slanted(BH_GPU_INTERPRETER, 1, funcs[f], false, other);
		for (unsigned i = 0; i < 4; i++) {
			struct bh_gpu *there = make_gpu_with(backends[i], 1, 0);

			if (!there)
				continue;
			bh_gpu_destroy(there);
			draw_slanted(backends[i], 1 + i % 2, funcs[f], true, own);
			assert_memory_equal(own, other, sizeof(uint32_t) * WIDE * HIGH);
		}
	}
	free(own);
	free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rectangles_over_each_other_are_as_computed),
		cmocka_unit_test(rectangles_are_as_computed_by_each_back_end),
		cmocka_unit_test(slanted_triangles_are_as_without_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
