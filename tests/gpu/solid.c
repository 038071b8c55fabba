/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Triangles of one colour take a short cut. Each is drawn a second time with a blend that changes
 * nothing, which takes the long way: pixels and what queries count must be the same.
 */
#include "fixture.h"

#include <math.h>

#define WIDTH     200
#define HEIGHT    150
#define TARGET    30
#define QUERIES   31
#define H_QUERY   40
#define TRIANGLES 60
#define ONE_ZERO  (1u | 0u << 1 | 1u << 4 | 17u << 9 | 0u << 14 | 1u << 17 | 17u << 22)
#define SCISSOR   (1u << 14)
#define BOTTOM    (1u << 30) /* pixels on horizontal sides belong to what is above */

static uint32_t images[2][HEIGHT][WIDTH];
static struct bh_query_state page;
static uint64_t counts[2];

static int set_up(void **state)
{
	return set_up_with(state, 0);
}

static void begin_target(struct bh_gpu *gpu, struct stream *s)
{
	assert_int_equal(make_resource(gpu, TARGET, 2, 1, WIDTH, HEIGHT), 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_FREE, TARGET, 1, 0, 0);
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, 0, H_FREE);
	command(s, BH_CMD_SET_VIEWPORT, 0, 7, 0, bits(WIDTH / 2), bits(HEIGHT / 2), bits(0.5f),
		bits(WIDTH / 2), bits(HEIGHT / 2), bits(0.5f));
}

static float number(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return (float)(*seed >> 8) / (float)(1 << 24);
}

/* Of all sizes; some larger than the image, some in perspective but parallel to it. */
static void draw_triangles(struct stream *s)
{
	uint32_t seed = 1;

	for (unsigned i = 0; i < TRIANGLES; i++) {
		float size = i % 3 == 0 ? 6 : i % 3 == 1 ? 1 : 0.2f, w = 1 + (float)(i % 2);
		float x = number(&seed) * 2 - 1, y = number(&seed) * 2 - 1;
		float color[4] = {number(&seed), number(&seed), number(&seed), number(&seed)};
		struct vertex v[3];

		for (unsigned k = 0; k < 3; k++) {
			v[k] = (struct vertex){{(x + (number(&seed) - 0.5f) * size) * w,
						(y + (number(&seed) - 0.5f) * size) * w, 0, w},
					       {0}};
			memcpy(v[k].color, color, sizeof(color));
		}
		draw(s, 4, v, 3);
	}
}

/* Sides are at quarters of pixels, so that many go through centres. */
static void draw_rectangles(struct stream *s)
{
	uint32_t seed = 2;

	for (unsigned i = 0; i < TRIANGLES; i++) {
		float color[4] = {number(&seed), number(&seed), number(&seed), number(&seed)};
		float at[4];

		for (unsigned k = 0; k < 4; k++) {
			float size = k % 2 ? HEIGHT : WIDTH;

			at[k] = floorf((number(&seed) * 1.4f - 0.2f) * size * 4) / (size * 2) - 1;
		}
		quad(s, at[0], at[1], at[2], at[3], 0, color);
	}
}

static void draw_twice(struct bh_gpu *gpu, struct stream *s, void (*shapes)(struct stream *s))
{
	struct iovec pages = {&page, sizeof(page)};

	begin_target(gpu, s);
	assert_int_equal(make_resource(gpu, QUERIES, 0, 64, 64, 1), 0);
	assert_int_equal(bh_gpu_resource_attach(gpu, QUERIES, &pages, 1), 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_QUERY, 4, H_QUERY, BH_QUERY_SAMPLES, 0, QUERIES);
	for (unsigned i = 0; i < 2; i++) {
		set_blend(s, 0, 0, BLEND_MASK(15) | (i ? ONE_ZERO : 0));
		clear(s, 4, 0.2f, 0.4f, 0.6f, 1, 0, 0);
		command(s, BH_CMD_BEGIN_QUERY, 0, 1, H_QUERY);
		shapes(s);
		command(s, BH_CMD_END_QUERY, 0, 1, H_QUERY);
		command(s, BH_CMD_GET_QUERY_RESULT, 0, 2, H_QUERY, 1);
		assert_int_equal(submit(gpu, s), 0);
		bh_gpu_wait(gpu);
		assert_int_equal(
			bh_gpu_read_pixels(gpu, TARGET, 0, 0, WIDTH, HEIGHT, images[i], WIDTH * 4),
			0);
		counts[i] = page.result;
	}
}

TEST(triangles_of_one_colour_have_the_pixels_of_others)
{
	draw_twice(gpu, s, draw_triangles);
	assert_memory_equal(images[0], images[1], sizeof(images[0]));
	assert_true(counts[0] > WIDTH * HEIGHT);
}

TEST(they_are_counted_like_others)
{
	draw_twice(gpu, s, draw_triangles);
	assert_int_equal(counts[0], counts[1]);
}

TEST(they_stay_inside_the_scissors)
{
	set_raster(s, SCISSOR, 0, 1);
	command(s, BH_CMD_SET_SCISSOR, 0, 3, 0, 10 | 20 << 16, 190 | 131 << 16);
	draw_twice(gpu, s, draw_triangles);
	assert_memory_equal(images[0], images[1], sizeof(images[0]));
	assert_int_equal(images[0][19][50], images[0][0][0]);
	assert_int_equal(images[0][131][50], images[0][0][0]);
}

TEST(rectangles_of_one_colour_have_the_pixels_of_others)
{
	draw_twice(gpu, s, draw_rectangles);
	assert_memory_equal(images[0], images[1], sizeof(images[0]));
	assert_int_equal(counts[0], counts[1]);
}

TEST(rectangles_own_their_lower_sides_where_the_guest_says_so)
{
	set_raster(s, BOTTOM, 0, 1);
	draw_twice(gpu, s, draw_rectangles);
	assert_memory_equal(images[0], images[1], sizeof(images[0]));
	assert_int_equal(counts[0], counts[1]);
}

TEST(rectangles_stay_inside_the_scissors)
{
	set_raster(s, SCISSOR, 0, 1);
	command(s, BH_CMD_SET_SCISSOR, 0, 3, 0, 10 | 20 << 16, 190 | 131 << 16);
	draw_twice(gpu, s, draw_rectangles);
	assert_memory_equal(images[0], images[1], sizeof(images[0]));
	assert_int_equal(counts[0], counts[1]);
}

/* A tile remembers the first; the second covers a part of it. */
TEST(what_is_drawn_over_a_remembered_colour_keeps_the_rest)
{
	fill(s, 0, 1, 0, 0, 1);
	quad(s, -0.5f, -0.5f, 0.5f, 0.5f, 0, (const float[]){0, 1, 0, 1});
	assert_int_equal(submit(gpu, s), 0);
	bh_gpu_wait(gpu);
	assert_int_equal(pixel(gpu, 2, 2), 0xffff0000);
	assert_int_equal(pixel(gpu, 32, 32), 0xff00ff00);
	fill(s, 0, 0, 0, 1, 1);
	assert_int_equal(submit(gpu, s), 0);
	bh_gpu_wait(gpu);
	assert_int_equal(pixel(gpu, 32, 32), 0xff0000ff);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(triangles_of_one_colour_have_the_pixels_of_others),
		T(they_are_counted_like_others),
		T(they_stay_inside_the_scissors),
		T(rectangles_of_one_colour_have_the_pixels_of_others),
		T(rectangles_own_their_lower_sides_where_the_guest_says_so),
		T(rectangles_stay_inside_the_scissors),
		T(what_is_drawn_over_a_remembered_colour_keeps_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
