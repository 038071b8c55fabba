/* SPDX-License-Identifier: Apache-2.0 */
/* Primitives of GL 3.x: the layers they go to, their numbers, what they are cut to. On every back
 * end. */
#include "test.h"

#include "fixture.h"

#include <errno.h>

#define LAYERS   10
#define OTHER    11
#define INDICES  12
#define ARRAY_2D 7
#define RGBA8    67

static int set_up(void **state)
{
	return set_up_with(state, 0);
}

static void run(struct bh_gpu *gpu, struct stream *s)
{
	assert_int_equal(submit(gpu, s), 0);
}

/* An array of images as a target, all its layers. */
static void make_layers(struct bh_gpu *gpu, struct stream *s, uint32_t resource, uint32_t surface,
			uint32_t count)
{
	struct bh_gpu_resource_args args = {resource, ARRAY_2D, RGBA8, 0, SIZE, SIZE,
					    1,        count,    0,     0, 0};

	assert_int_equal(bh_gpu_resource_create(gpu, &args), 0);
	assert_int_equal(bh_gpu_context_attach(gpu, CONTEXT, resource), 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, surface, resource, RGBA8, 0,
		(count - 1) << 16);
}

static uint32_t texel(struct bh_gpu *gpu, uint32_t resource, unsigned x, unsigned y, unsigned layer)
{
	uint32_t word = 0xdeadbeef;
	struct iovec page = {&word, sizeof(word)};
	struct bh_gpu_transfer transfer = {.resource = resource, .box = {x, y, layer, 1, 1, 1}};

	assert_int_equal(bh_gpu_transfer_out(gpu, CONTEXT, &transfer, &page, 1), 0);
	return word;
}

/* A point becomes a triangle that covers everything, in the layer that is the point's number. */
static const char layer_text[] =
	"GEOM\nPROPERTY GS_INPUT_PRIMITIVE POINTS\nPROPERTY GS_OUTPUT_PRIMITIVE TRIANGLE_STRIP\n"
	"PROPERTY GS_MAX_OUTPUT_VERTICES 3\nDCL IN[][0], POSITION\nDCL IN[][1], COLOR\n"
	"DCL SV[0], PRIM_ID\nDCL OUT[0], POSITION\nDCL OUT[1], COLOR\nDCL OUT[2], LAYER\n"
	"IMM[0] FLT32 {-1, 3, 0, 1}\n"
	"0: MOV OUT[1], IN[0][1]\n1: MOV OUT[2].x, SV[0].xxxx\n2: MOV OUT[0], IMM[0].xxzw\n"
	"3: EMIT IMM[0].zzzz\n"
	"4: MOV OUT[1], IN[0][1]\n5: MOV OUT[2].x, SV[0].xxxx\n6: MOV OUT[0], IMM[0].yxzw\n"
	"7: EMIT IMM[0].zzzz\n"
	"8: MOV OUT[1], IN[0][1]\n9: MOV OUT[2].x, SV[0].xxxx\n10: MOV OUT[0], IMM[0].xyzw\n"
	"11: EMIT IMM[0].zzzz\n12: ENDPRIM IMM[0].zzzz\n13: END\n";

static const struct vertex points[4] = {
	{{0}, {1, 0, 0, 1}}, {{0}, {0, 1, 0, 1}}, {{0}, {0, 0, 1, 1}}, {{0}, {1, 1, 1, 1}}};
static const uint32_t colors[4] = {0xff0000ffu, 0xff00ff00u, 0xffff0000u, 0xffffffffu};

TEST(a_geometry_program_chooses_the_layer)
{
	make_layers(gpu, s, LAYERS, H_FREE, 4);
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, 0, H_FREE);
	shader(s, H_FREE + 2, 2, layer_text);
	draw(s, 0, points, 4);
	run(gpu, s);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(texel(gpu, LAYERS, 0, 0, i), colors[i]);
		assert_int_equal(texel(gpu, LAYERS, 63, 63, i), colors[i]);
	}
}

TEST(layers_that_are_not_there_are_not_drawn_to)
{
	make_layers(gpu, s, LAYERS, H_FREE, 2);
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, 0, H_FREE);
	shader(s, H_FREE + 2, 2, layer_text);
	draw(s, 0, points, 4);
	run(gpu, s);
	assert_int_equal(texel(gpu, LAYERS, 9, 9, 0), colors[0]);
	assert_int_equal(texel(gpu, LAYERS, 9, 9, 1), colors[1]);
}

/* What a program says about layers means nothing where there are none. */
TEST(without_layers_everything_goes_to_the_one_there_is)
{
	shader(s, H_FREE + 2, 2, layer_text);
	draw(s, 0, points, 4);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 9, 9), 0xffffffffu);
}

/* Rectangles of one colour take a short cut, which must not lead to other layers. */
TEST(without_a_geometry_program_all_goes_to_the_first_layer)
{
	make_layers(gpu, s, LAYERS, H_FREE, 2);
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, 0, H_FREE);
	clear(s, 4, 1, 0, 0, 1, 0, 0);
	quad(s, -1, -1, 1, 1, 0, points[1].color);
	run(gpu, s);
	for (unsigned at = 0; at < SIZE; at += SIZE - 1) {
		assert_int_equal(texel(gpu, LAYERS, at, at, 0), colors[1]);
		assert_int_equal(texel(gpu, LAYERS, at, at, 1), colors[0]);
	}
}

TEST(a_clear_clears_all_layers_of_each_target)
{
	make_layers(gpu, s, LAYERS, H_FREE, 2);
	make_layers(gpu, s, OTHER, H_FREE + 1, 4);
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 4, 2, 0, H_FREE, H_FREE + 1);
	clear(s, 12, 0, 1, 0, 1, 0, 0);
	run(gpu, s);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(texel(gpu, OTHER, 31, 33, i), colors[1]);
		if (i < 2)
			assert_int_equal(texel(gpu, LAYERS, 31, 33, i), colors[1]);
	}
}

TEST(a_surface_of_some_layers_leaves_the_others_alone)
{
	make_layers(gpu, s, LAYERS, H_FREE, 4);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_FREE + 1, LAYERS, RGBA8, 0,
		1 | 2 << 16);
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, 0, H_FREE + 1);
	clear(s, 4, 1, 0, 0, 1, 0, 0);
	run(gpu, s);
	assert_int_equal(texel(gpu, LAYERS, 0, 0, 0), 0);
	assert_int_equal(texel(gpu, LAYERS, 0, 0, 1), colors[0]);
	assert_int_equal(texel(gpu, LAYERS, 0, 0, 2), colors[0]);
	assert_int_equal(texel(gpu, LAYERS, 0, 0, 3), 0);
}

TEST(primitives_are_numbered_across_restarts)
{
	static const uint16_t indices[5] = {0, 0xffff, 1, 0xffff, 2};
	struct iovec page = {(void *)indices, sizeof(indices)};
	struct bh_gpu_transfer transfer = {.resource = INDICES, .box = {0, 0, 0, 10, 1, 1}};

	make_layers(gpu, s, LAYERS, H_FREE, 4);
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, 0, H_FREE);
	shader(s, H_FREE + 2, 2, layer_text);
	draw(s, 0, points, 4);
	clear(s, 4, 0, 0, 0, 0, 0, 0);
	assert_int_equal(make_resource(gpu, INDICES, 0, 64, 16, 1), 0);
	assert_int_equal(bh_gpu_transfer_in(gpu, CONTEXT, &transfer, &page, 1), 0);
	command(s, BH_CMD_SET_INDEX_BUFFER, 0, 3, INDICES, 2, 0);
	command(s, BH_CMD_DRAW, 0, 12, 0, 5, 0, 1, 1, 0, 0, 1, 0xffff, 0, ~0u, 0);
	run(gpu, s);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(texel(gpu, LAYERS, 5, 50, i), i < 3 ? colors[i] : 0);
}

/* Red is the number of the quad, in eighths. */
TEST(two_triangles_of_a_quad_have_one_number)
{
	struct vertex v[8] = {{{-1, -1, 0, 1}, {0}}, {{0, -1, 0, 1}, {0}}, {{0, 1, 0, 1}, {0}},
			      {{-1, 1, 0, 1}, {0}},  {{0, -1, 0, 1}, {0}}, {{1, -1, 0, 1}, {0}},
			      {{1, 1, 0, 1}, {0}},   {{0, 1, 0, 1}, {0}}};

	shader(s, H_FS, 1,
	       "FRAG\nDCL IN[0], PRIM_ID, CONSTANT\nDCL OUT[0], COLOR\nDCL TEMP[0]\n"
	       "IMM[0] FLT32 {1, 0.2, 0, 0}\n  0: I2F TEMP[0], IN[0]\n"
	       "  1: MUL OUT[0], TEMP[0].xxxx, IMM[0].xyxx\n  2: END\n");
	draw(s, 7, v, 8);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 3, 3), 0);
	assert_int_equal(pixel(gpu, 3, 60), 0);
	assert_int_equal(pixel(gpu, 60, 3), 0xffff33ffu);
	assert_int_equal(pixel(gpu, 35, 60), 0xffff33ffu);
}

/* A point of a polygon takes from its provoking vertex what is not interpolated. */
TEST(points_of_a_polygon_are_of_its_color)
{
	/* The middles of pixels. */
	const float at = 31.0f / 64;
	struct vertex v[3] = {{{-at, -at, 0, 1}, {1, 0, 0, 1}},
			      {{at, -at, 0, 1}, {0, 1, 0, 1}},
			      {{at, at, 0, 1}, {0, 0, 1, 1}}};

	shader(s, H_FS, 1,
	       "FRAG\nDCL IN[0], COLOR, CONSTANT\nDCL OUT[0], COLOR\n  0: MOV OUT[0], IN[0]\n"
	       "  1: END\n");
	set_raster(s, 2u << 10 | 2u << 12, 0, 1);
	draw(s, 4, v, 3);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 16, 16), 0xff0000ffu);
	assert_int_equal(pixel(gpu, 47, 16), 0xff0000ffu);
	assert_int_equal(pixel(gpu, 47, 47), 0xff0000ffu);
}

/*
 * A wall that comes nearer from its upper to its lower edge, which the near plane cuts off: without
 * perspective its color goes on by the same amount from row to row.
 */
TEST(clipped_attributes_without_perspective_are_linear_on_the_screen)
{
	struct vertex v[4] = {{{-1, -1, -2, 1}, {0, 0, 0, 1}},
			      {{1, -1, -2, 1}, {0, 0, 0, 1}},
			      {{4, 4, 2, 4}, {1, 1, 1, 1}},
			      {{-4, 4, 2, 4}, {1, 1, 1, 1}}};

	shader(s, H_FS, 1,
	       "FRAG\nDCL IN[0], COLOR, LINEAR\nDCL OUT[0], COLOR\n  0: MOV OUT[0], IN[0]\n"
	       "  1: END\n");
	draw(s, 6, v, 4);
	run(gpu, s);
	for (unsigned y = 40; y < SIZE; y += 5)
		assert_in_range(pixel(gpu, 20, y) & 255, (2 * y + 1) * 255 / 128 - 1,
				(2 * y + 1) * 255 / 128 + 1);
	assert_int_equal(pixel(gpu, 20, 2), 0);
}

/* Each of these ends its context. */
static void assert_invalid(struct bh_gpu *gpu, struct stream *s)
{
	assert_int_equal(submit(gpu, s), -EIO);
}

TEST(surfaces_end_after_they_begin)
{
	make_layers(gpu, s, LAYERS, H_FREE, 4);
	run(gpu, s);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_FREE + 1, LAYERS, RGBA8, 0,
		2 | 1 << 16);
	assert_invalid(gpu, s);
}

TEST(surfaces_have_layers_that_there_are)
{
	make_layers(gpu, s, LAYERS, H_FREE, 4);
	run(gpu, s);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_FREE + 1, LAYERS, RGBA8, 0,
		0 | 4 << 16);
	assert_invalid(gpu, s);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_geometry_program_chooses_the_layer),
		CASE(layers_that_are_not_there_are_not_drawn_to),
		CASE(without_layers_everything_goes_to_the_one_there_is),
		CASE(without_a_geometry_program_all_goes_to_the_first_layer),
		CASE(a_clear_clears_all_layers_of_each_target),
		CASE(a_surface_of_some_layers_leaves_the_others_alone),
		CASE(primitives_are_numbered_across_restarts),
		CASE(two_triangles_of_a_quad_have_one_number),
		CASE(points_of_a_polygon_are_of_its_color),
		CASE(clipped_attributes_without_perspective_are_linear_on_the_screen),
		CASE(surfaces_end_after_they_begin),
		CASE(surfaces_have_layers_that_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
