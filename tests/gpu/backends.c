/* SPDX-License-Identifier: Apache-2.0 */
/* The same stream gives the same pixels with each back end, however it puts pixels together. */
#include "stream.h"
#include "test.h"

#include "base/alloc.h"

#include <stdlib.h>

#define TRIANGLES 150

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static float random_between(uint32_t *state, float low, float high)
{
	return low + (high - low) * (float)(next_random(state) & 0xffff) / 65536.0f;
}

/* What is drawn: triangles of at most `size` pixels, over each other. */
struct drawing {
	float size;
	float nearest, farthest; /* w of their corners */
	float least, most;       /* of a colour's channels */
	uint32_t dsa, blend;
	uint32_t samples; /* a pixel; 0: one, on the canvas */
};

#define TARGET  30
#define TARGETZ 31
#define ROWS    (SIZE - 1) /* of the target with samples: fused code draws two at a time */

static uint32_t make_sampled(struct bh_gpu *gpu, uint32_t handle, uint32_t format, uint32_t samples)
{
	struct bh_gpu_resource_args args = {handle, 2, format, 0, SIZE, ROWS, 1, 1, 0, samples, 0};

	assert_int_equal(bh_gpu_resource_create(gpu, &args), 0);
	assert_int_equal(bh_gpu_context_attach(gpu, CONTEXT, handle), 0);
	return handle;
}

/* In place of the canvas, which gets what the samples come to in the end. */
static void begin_samples(struct bh_gpu *gpu, struct stream *s, uint32_t samples)
{
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_FREE,
		make_sampled(gpu, TARGET, 1, samples), 1, 0, 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_FREE + 1,
		make_sampled(gpu, TARGETZ, 19, samples), 19, 0, 0);
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, H_FREE + 1, H_FREE);
	set_raster(s, 1u << 25, 0, 1);
	clear(s, 7, 0, 0, 0, 0, 1, 0);
}

static void end_samples(struct stream *s)
{
	command(s, BH_CMD_BLIT, 0, 21, 0x0fu, 0, 0, CANVAS, 0, 1, 0, 0, 0, SIZE, ROWS, 1, TARGET, 0,
		1, 0, 0, 0, SIZE, ROWS, 1);
}

static void draw_random(struct stream *s, const struct drawing *drawing, float size)
{
	struct vertex v[TRIANGLES * 3];
	uint32_t random = 7;

	for (unsigned i = 0; i < TRIANGLES; i++) {
		float x = random_between(&random, -1, 1), y = random_between(&random, -1, 1);

		for (unsigned k = 0; k < 3; k++) {
			struct vertex *at = &v[i * 3 + k];
			float w = random_between(&random, drawing->nearest, drawing->farthest);
			float reach = size / (SIZE / 2);

			at->position[0] = (x + random_between(&random, 0, reach)) * w;
			at->position[1] = (y + random_between(&random, 0, reach)) * w;
			at->position[2] = random_between(&random, -1, 1) * w;
			at->position[3] = w;
			for (unsigned c = 0; c < 4; c++)
				at->color[c] =
					random_between(&random, drawing->least, drawing->most);
		}
	}
	draw(s, 4, v, TRIANGLES * 3);
}

static bool picture(enum bh_gpu_backend backend, unsigned threads, const struct drawing *drawing,
		    uint32_t *pixels)
{
	struct bh_gpu_config config = {.backend = backend,
				       .level = BH_GPU_LEVEL_B,
				       .threads = threads,
				       .compile_now = true};
	struct bh_gpu *gpu = bh_gpu_create(&config, NULL);
	struct stream *s = bh_alloc(sizeof(*s));

	if (gpu) {
		bh_gpu_context_create(gpu, CONTEXT, "test", 4);
		begin(gpu, s);
		if (drawing->samples)
			begin_samples(gpu, s, drawing->samples);
		set_dsa(s, drawing->dsa, 0, 0, 0);
		set_blend(s, 0, 0, drawing->blend);
		for (unsigned i = 0; i < 2; i++)
			draw_random(s, drawing, drawing->size * (float)(i + 1));
		if (drawing->samples)
			end_samples(s);
		assert_int_equal(submit(gpu, s), 0);
		bh_gpu_read_pixels(gpu, CANVAS, 0, 0, SIZE, SIZE, pixels, SIZE * 4);
		bh_gpu_destroy(gpu);
	}
	free(s);
	return gpu != NULL;
}

static void check_drawing(const struct drawing *drawing)
{
	static uint32_t expected[SIZE * SIZE], drawn[SIZE * SIZE];
	unsigned checked = 0;

	assert_true(picture(BH_GPU_INTERPRETER, 1, drawing, expected));
	for (int backend = BH_GPU_SIMD4; backend <= BH_GPU_SIMD16; backend++) {
		if (!picture(backend, 2, drawing, drawn))
			continue; /* not on this CPU */
		checked++;
		assert_memory_equal(drawn, expected, sizeof(drawn));
	}
	if (!checked)
		skip();
}

static void check(float size)
{
	check_drawing(&(struct drawing){.size = size,
					.nearest = 0.5f,
					.farthest = 3,
					.most = 1,
					.dsa = 1 | 2 | 1 << 2,
					.blend = 1u | 3u << 4 | 19u << 9 | 1u << 17 | 1u << 22 |
						 BLEND_MASK(15)});
}

static void tiny_triangles_are_alike(void **state)
{
	(void)state;
	check(3);
}

static void triangles_of_a_few_quads_are_alike(void **state)
{
	(void)state;
	check(12);
}

static void triangles_around_the_limit_between_quads_and_rows_are_alike(void **state)
{
	(void)state;
	check(26);
}

/* Colours reach beyond what there is: parts of triangles are opaque, others transparent. */
static void however_colours_are_blended_they_are_alike(void **state)
{
	static const struct {
		uint8_t rgb_func, rgb_src, rgb_dst, alpha_func, alpha_src, alpha_dst, mask;
	} blends[] = {
		{0, 3, 19, 0, 3, 19, 15}, /* over */
		{0, 1, 19, 0, 1, 19, 15}, /* colours that are multiplied by their alpha already */
		{0, 3, 19, 0, 1, 19, 15},   {0, 3, 19, 0, 1, 1, 15},  {0, 3, 19, 0, 2, 18, 15},
		{0, 1, 1, 0, 1, 1, 15},     {0, 3, 1, 0, 3, 1, 15},   {0, 17, 2, 0, 17, 2, 15},
		{0, 5, 17, 0, 4, 17, 15},   {0, 20, 4, 0, 20, 4, 15}, {0, 6, 1, 0, 6, 1, 15},
		{1, 3, 1, 1, 1, 1, 15},     {2, 3, 1, 2, 1, 1, 15},   {3, 1, 1, 4, 1, 1, 15},
		{0, 7, 23, 0, 8, 24, 15},   {0, 3, 19, 0, 3, 19, 7},  {0, 1, 17, 0, 1, 17, 15},
		{0, 21, 18, 0, 20, 19, 15},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(blends) / sizeof(blends[0]); i++) {
		struct drawing drawing = {
			.size = 60, .nearest = 1, .farthest = 1, .least = -0.5f, .most = 2};

		drawing.blend =
			1u | (uint32_t)blends[i].rgb_func << 1 | (uint32_t)blends[i].rgb_src << 4 |
			(uint32_t)blends[i].rgb_dst << 9 | (uint32_t)blends[i].alpha_func << 14 |
			(uint32_t)blends[i].alpha_src << 17 | (uint32_t)blends[i].alpha_dst << 22 |
			BLEND_MASK(blends[i].mask);
		check_drawing(&drawing);
	}
}

static void samples_of_all_sizes_of_triangles_are_alike(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 6; i++)
		check_drawing(&(struct drawing){.size = i % 3 == 0   ? 3
							: i % 3 == 1 ? 20
								     : 70,
						.nearest = 0.5f,
						.farthest = 3,
						.most = 1,
						.dsa = 1 | 2 | 1 << 2,
						.blend = 1u | 3u << 4 | 19u << 9 | 1u << 17 |
							 1u << 22 | BLEND_MASK(15),
						.samples = i < 3 ? 4 : 2});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tiny_triangles_are_alike),
		cmocka_unit_test(triangles_of_a_few_quads_are_alike),
		cmocka_unit_test(triangles_around_the_limit_between_quads_and_rows_are_alike),
		cmocka_unit_test(samples_of_all_sizes_of_triangles_are_alike),
		cmocka_unit_test(however_colours_are_blended_they_are_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
