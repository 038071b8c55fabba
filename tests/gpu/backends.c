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

/* Triangles of at most `size` pixels, over each other, with perspective. */
static void draw_random(struct stream *s, float size)
{
	struct vertex v[TRIANGLES * 3];
	uint32_t random = 7;

	for (unsigned i = 0; i < TRIANGLES; i++) {
		float x = random_between(&random, -1, 1), y = random_between(&random, -1, 1);

		for (unsigned k = 0; k < 3; k++) {
			struct vertex *at = &v[i * 3 + k];
			float w = random_between(&random, 0.5f, 3), reach = size / (SIZE / 2);

			at->position[0] = (x + random_between(&random, 0, reach)) * w;
			at->position[1] = (y + random_between(&random, 0, reach)) * w;
			at->position[2] = random_between(&random, -1, 1) * w;
			at->position[3] = w;
			for (unsigned c = 0; c < 4; c++)
				at->color[c] = random_between(&random, 0, 1);
		}
	}
	draw(s, 4, v, TRIANGLES * 3);
}

static bool picture(enum bh_gpu_backend backend, unsigned threads, float size, uint32_t *pixels)
{
	struct bh_gpu *gpu = make_gpu_with(backend, threads, 0);
	struct stream *s = bh_alloc(sizeof(*s));

	if (gpu) {
		begin(gpu, s);
		set_dsa(s, 1 | 2 | 1 << 2, 0, 0, 0);
		set_blend(s, 0, 0, 1u | 3u << 4 | 19u << 9 | 1u << 17 | 1u << 22 | BLEND_MASK(15));
		for (unsigned i = 0; i < 2; i++)
			draw_random(s, size * (float)(i + 1));
		assert_int_equal(submit(gpu, s), 0);
		bh_gpu_read_pixels(gpu, CANVAS, 0, 0, SIZE, SIZE, pixels, SIZE * 4);
		bh_gpu_destroy(gpu);
	}
	free(s);
	return gpu != NULL;
}

static void check(float size)
{
	static uint32_t expected[SIZE * SIZE], drawn[SIZE * SIZE];
	unsigned checked = 0;

	assert_true(picture(BH_GPU_INTERPRETER, 1, size, expected));
	for (int backend = BH_GPU_SIMD4; backend <= BH_GPU_SIMD16; backend++) {
		if (!picture(backend, 2, size, drawn))
			continue; /* not on this CPU */
		checked++;
		assert_memory_equal(drawn, expected, sizeof(drawn));
	}
	if (!checked)
		skip();
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tiny_triangles_are_alike),
		cmocka_unit_test(triangles_of_a_few_quads_are_alike),
		cmocka_unit_test(triangles_around_the_limit_between_quads_and_rows_are_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
