/* SPDX-License-Identifier: Apache-2.0 */
/* Smooth lines and points: alpha is the part of a pixel that is covered. */
#include "fixture.h"

#include "gpu/raster/state.h"

#define LINE_SMOOTH  (1u << 26)
#define POINT_SMOOTH (1u << 23)

static int set_up(void **state)
{
	return set_up_with(state, 64 << 20);
}

/* From pixels to clip coordinates. */
static struct vertex at(float x, float y)
{
	return (struct vertex){{x / 32 - 1, y / 32 - 1, 0, 1}, {1, 1, 1, 1}};
}

static void draw_line(struct stream *s, float x0, float y0, float x1, float y1)
{
	struct vertex v[2] = {at(x0, y0), at(x1, y1)};

	draw(s, 1, v, 2);
}

static int alpha(struct bh_gpu *gpu, unsigned x, unsigned y)
{
	return (int)(pixel(gpu, x, y) >> 24);
}

static bool near(int value, int wanted)
{
	return value >= wanted - 2 && value <= wanted + 2;
}

TEST(a_line_covers_parts_of_the_rows_it_lies_on)
{
	set_raster(s, LINE_SMOOTH, 0, 1);
	draw_line(s, 10, 20.75f, 50, 20.75f);
	assert_int_equal(submit(gpu, s), 0);
	assert_true(near(alpha(gpu, 30, 20), 191));
	assert_true(near(alpha(gpu, 30, 21), 64));
	assert_int_equal(alpha(gpu, 30, 19), 0);
	assert_int_equal(alpha(gpu, 30, 22), 0);
	assert_int_equal(alpha(gpu, 8, 20), 0);
	assert_int_equal(alpha(gpu, 51, 20), 0);
}

TEST(a_wide_line_is_whole_inside_whatever_its_direction)
{
	set_raster(s, LINE_SMOOTH, 0, 6);
	draw_line(s, 10, 10, 50, 40);
	assert_int_equal(submit(gpu, s), 0);
	assert_int_equal(alpha(gpu, 30, 25), 255);
	assert_int_equal(alpha(gpu, 30, 26), 255);
	assert_int_equal(alpha(gpu, 30, 31), 0);
}

TEST(what_it_covers_adds_up_to_its_area)
{
	int sum = 0;

	set_raster(s, LINE_SMOOTH, 0, 3);
	draw_line(s, 12.3f, 9.1f, 44.9f, 50.2f);
	assert_int_equal(submit(gpu, s), 0);
	for (unsigned i = 0; i < SIZE * SIZE; i++)
		sum += alpha(gpu, i % SIZE, i / SIZE);
	/* 52.5 pixels by 3. */
	assert_true(sum / 255 > 150 && sum / 255 < 165);
}

TEST(pieces_of_a_line_add_up_to_it)
{
	set_raster(s, LINE_SMOOTH, 0, 3);
	set_blend(s, 0, 0,
		  BLEND_MASK(15) | 1u | BH_FACTOR_ONE << 4 | BH_FACTOR_ONE << 9 |
			  BH_FACTOR_ONE << 17 | BH_FACTOR_ONE << 22);
	for (unsigned i = 0; i < 80; i++)
		draw_line(s, 10 + (float)i * 0.25f, 20.5f, 10.25f + (float)i * 0.25f, 20.5f);
	assert_int_equal(submit(gpu, s), 0);
	for (unsigned x = 12; x < 28; x++)
		assert_true(near(alpha(gpu, x, 20), 255));
}

TEST(a_line_of_no_length_is_nothing)
{
	set_raster(s, LINE_SMOOTH, 0, 1);
	draw_line(s, 20, 20, 20, 20);
	assert_int_equal(submit(gpu, s), 0);
	assert_int_equal(alpha(gpu, 20, 20), 0);
}

TEST(a_point_is_round)
{
	struct vertex v = at(32, 32);

	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_RASTERIZER, 9, H_RASTER,
		RASTER_DEFAULT | POINT_SMOOTH, bits(20), 0, 0, bits(1), bits(0), bits(0), bits(0));
	command(s, BH_CMD_BIND_OBJECT, BH_OBJECT_RASTERIZER, 1, H_RASTER);
	draw(s, 0, &v, 1);
	assert_int_equal(submit(gpu, s), 0);
	assert_int_equal(alpha(gpu, 32, 32), 255);
	assert_int_equal(alpha(gpu, 40, 32), 255);
	assert_int_equal(alpha(gpu, 39, 39), 0);
	assert_int_equal(alpha(gpu, 43, 32), 0);
}

TEST(without_the_switch_lines_are_whole_pixels)
{
	set_raster(s, 0, 0, 1);
	draw_line(s, 10, 20.75f, 50, 20.75f);
	assert_int_equal(submit(gpu, s), 0);
	assert_int_equal(alpha(gpu, 30, 20), 255);
	assert_int_equal(alpha(gpu, 30, 21), 0);
}

/* The scene is drawn before the program goes. */
TEST(a_shader_may_go_while_its_lines_wait)
{
	set_raster(s, LINE_SMOOTH, 0, 1);
	draw_line(s, 10, 20.5f, 50, 20.5f);
	command(s, BH_CMD_BIND_SHADER, 0, 2, 0, 1);
	command(s, BH_CMD_DESTROY_OBJECT, BH_OBJECT_SHADER, 1, H_FS);
	assert_int_equal(submit(gpu, s), 0);
	assert_int_equal(alpha(gpu, 30, 20), 255);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_line_covers_parts_of_the_rows_it_lies_on),
		T(a_wide_line_is_whole_inside_whatever_its_direction),
		T(what_it_covers_adds_up_to_its_area),
		T(pieces_of_a_line_add_up_to_it),
		T(a_line_of_no_length_is_nothing),
		T(a_point_is_round),
		T(without_the_switch_lines_are_whole_pixels),
		T(a_shader_may_go_while_its_lines_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
