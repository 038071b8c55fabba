/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filled polygons are set up many at a time, and draws that differ in little share what they were
 * linked to. Each is drawn a second time with a clip plane that cuts nothing, which has polygons
 * set up one by one.
 */
#include "fixture.h"

#define INDICES   9
#define TRIANGLES 600
#define CULL      (1u << 8) /* front faces; twice that: back faces */
#define FRONT_CCW (1u << 15)
#define PLANE     (1u << 24) /* clip plane 0, of which every vertex is inside */
#define TRIANGLE  4
#define STRIP     5
#define RED       0xffff0000
#define GREEN     0xff00ff00
#define BLACK     0xff000000

static uint32_t images[2][SIZE][SIZE];

static int set_up(void **state)
{
	return set_up_with(state, 0);
}

static float number(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return (float)(*seed >> 8) / (float)(1 << 24);
}

/* Most are small, some reach out of the image or behind the eye, some have no area. */
static void make_vertices(struct vertex *vertices)
{
	uint32_t seed = 7;

	for (unsigned i = 0; i < TRIANGLES; i++) {
		float size = i % 50 == 0 ? 8 : 0.2f, x = number(&seed) * 3 - 1.5f;
		float y = number(&seed) * 3 - 1.5f;

		for (unsigned k = 0; k < 3; k++) {
			struct vertex *v = &vertices[3 * i + k];

			*v = (struct vertex){{x + (number(&seed) - 0.5f) * size,
					      y + (number(&seed) - 0.5f) * size,
					      number(&seed) * 2.2f - 1.1f,
					      i % 40 == 0 ? number(&seed) * 2 - 0.5f : 1},
					     {number(&seed), number(&seed), number(&seed), 1}};
			if (i % 30 == 0 && k == 2)
				*v = v[-1];
		}
	}
}

static void check(struct bh_gpu *gpu, struct stream *s, unsigned primitive, bool indexed,
		  uint32_t flags)
{
	struct vertex vertices[3 * TRIANGLES];
	unsigned drawn = 0;

	make_vertices(vertices);
	draw(s, primitive, vertices, 3 * TRIANGLES);
	for (unsigned i = 0; i < 2; i++) {
		set_raster(s, flags, i ? PLANE : 0, 1);
		clear(s, 4, 0, 0, 0, 1, 1, 0);
		command(s, BH_CMD_DRAW, 0, 12, 0, 3 * TRIANGLES, primitive, indexed, 1, 0, 0, 0, 0,
			0, ~0u, 0);
		assert_int_equal(submit(gpu, s), 0);
		assert_int_equal(
			bh_gpu_read_pixels(gpu, CANVAS, 0, 0, SIZE, SIZE, images[i], SIZE * 4), 0);
	}
	assert_memory_equal(images[0], images[1], sizeof(images[0]));
	for (unsigned i = 0; i < SIZE * SIZE; i++)
		drawn += images[0][i / SIZE][i % SIZE] != BLACK;
	assert_true(drawn > SIZE * SIZE / 8);
}

TEST(polygons_many_at_a_time_have_the_pixels_of_those_one_by_one)
{
	check(gpu, s, TRIANGLE, false, 0);
}

TEST(they_are_culled_alike)
{
	for (unsigned i = 0; i < 4; i++)
		check(gpu, s, TRIANGLE, false, CULL << (i & 1) | (i & 2 ? FRONT_CCW : 0));
}

/* Vertices are used several times, some far from each other in the buffer. */
TEST(strips_by_indices_are_set_up_alike)
{
	uint16_t indices[3 * TRIANGLES];
	struct iovec page = {indices, sizeof(indices)};
	struct bh_gpu_transfer transfer = {.resource = INDICES,
					   .box = {0, 0, 0, sizeof(indices), 1, 1}};

	for (unsigned i = 0; i < 3 * TRIANGLES; i++)
		indices[i] = (uint16_t)(i % 7 == 0 ? i * 31 % (3 * TRIANGLES) : i - i % 5);
	assert_int_equal(make_resource(gpu, INDICES, 0, 64, sizeof(indices), 1), 0);
	assert_int_equal(bh_gpu_transfer_in(gpu, CONTEXT, &transfer, &page, 1), 0);
	command(s, BH_CMD_SET_INDEX_BUFFER, 0, 3, INDICES, 2, 0);
	check(gpu, s, STRIP, true, CULL);
	check(gpu, s, TRIANGLE, true, 0);
}

static void draw_half(struct stream *s, unsigned half)
{
	command(s, BH_CMD_DRAW, 0, 12, half * 4, 4, 6, 0, 1, 0, 0, 0, 0, 0, ~0u, 0);
}

/* The left and the right half of the canvas, and a program that draws them in a constant's colour.
 */
static void begin_halves(struct stream *s)
{
	static const char text[] = "FRAG\nDCL OUT[0], COLOR\nDCL CONST[0]\n"
				   "  0: MOV OUT[0], CONST[0]\n  1: END\n";
	struct vertex v[8];

	for (unsigned i = 0; i < 8; i++)
		v[i] = (struct vertex){{(float)(i / 4) - (i % 4 == 1 || i % 4 == 2 ? 0 : 1),
					i % 4 < 2 ? -1 : 1, 0, 1},
				       {0}};
	shader(s, H_FREE, 1, text);
	draw(s, 0, v, 8); /* fills the buffer */
	clear(s, 4, 0, 0, 0, 0, 1, 0);
}

TEST(a_draw_has_the_constants_that_were_set_before_it)
{
	begin_halves(s);
	command(s, BH_CMD_SET_CONSTANTS, 0, 6, 1, 0, bits(1), 0, 0, bits(1));
	draw_half(s, 0);
	command(s, BH_CMD_SET_CONSTANTS, 0, 6, 1, 0, 0, bits(1), 0, bits(1));
	draw_half(s, 1);
	assert_int_equal(submit(gpu, s), 0);
	assert_int_equal(pixel(gpu, 1, 1), RED);
	assert_int_equal(pixel(gpu, SIZE - 2, 1), GREEN);
}

TEST(a_draw_has_the_state_that_was_set_before_it)
{
	begin_halves(s);
	command(s, BH_CMD_SET_CONSTANTS, 0, 6, 1, 0, bits(1), bits(1), 0, bits(1));
	set_blend(s, 0, 0, BLEND_MASK(9));
	draw_half(s, 0);
	set_blend(s, 0, 0, BLEND_MASK(10));
	draw_half(s, 1);
	assert_int_equal(submit(gpu, s), 0);
	assert_int_equal(pixel(gpu, 1, 1), RED);
	assert_int_equal(pixel(gpu, SIZE - 2, 1), GREEN);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(polygons_many_at_a_time_have_the_pixels_of_those_one_by_one),
		T(they_are_culled_alike),
		T(strips_by_indices_are_set_up_alike),
		T(a_draw_has_the_constants_that_were_set_before_it),
		T(a_draw_has_the_state_that_was_set_before_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
