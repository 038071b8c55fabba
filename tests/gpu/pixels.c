/* SPDX-License-Identifier: Apache-2.0 */
/* What each state does to pixels, from command streams written by hand. */
#include "test.h"

#include "fixture.h"

#include "base/alloc.h"

#define BLACK 0u
#define RED   0xffff0000u
#define GREEN 0xff00ff00u
#define BLUE  0xff0000ffu
#define WHITE 0xffffffffu

static int set_up(void **state)
{
	return set_up_with(state, 0);
}

static void run(struct bh_gpu *gpu, struct stream *s)
{
	assert_int_equal(submit(gpu, s), 0);
}

TEST(a_clear_fills_the_canvas)
{
	clear(s, 4, 1, 0, 0, 1, 0, 0);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 0, 0), RED);
	assert_int_equal(pixel(gpu, 63, 63), RED);
}

TEST(a_triangle_covers_what_is_inside_it)
{
	const struct vertex v[3] = {{{-1, -1, 0, 1}, {1, 0, 0, 1}},
				    {{1, -1, 0, 1}, {1, 0, 0, 1}},
				    {{-1, 1, 0, 1}, {1, 0, 0, 1}}};

	draw(s, 4, v, 3);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 1, 1), RED);
	assert_int_equal(pixel(gpu, 62, 62), BLACK);
}

/* Two triangles that share an edge, blended: a pixel drawn twice or not at all would show. */
TEST(a_shared_edge_is_drawn_once)
{
	set_blend(s, 0, 0, 1u | 1u << 4 | 1u << 9 | 1u << 17 | 1u << 22 | BLEND_MASK(15));
	fill(s, 0, 0.25f, 0, 0, 0.25f);
	run(gpu, s);
	for (unsigned i = 0; i < SIZE; i++) {
		for (unsigned k = 0; k < SIZE; k++)
			assert_int_equal(pixel(gpu, i, k), 0x40400000u);
	}
}

TEST(colours_are_interpolated)
{
	const struct vertex v[4] = {{{-1, -1, 0, 1}, {0, 0, 0, 1}},
				    {{1, -1, 0, 1}, {1, 0, 0, 1}},
				    {{1, 1, 0, 1}, {1, 0, 0, 1}},
				    {{-1, 1, 0, 1}, {0, 0, 0, 1}}};

	draw(s, 6, v, 4);
	run(gpu, s);
	/* Pixel centres: (x + 0.5) / 64. */
	assert_int_equal(pixel(gpu, 0, 5) >> 16 & 0xff, 2);
	assert_int_equal(pixel(gpu, 32, 5) >> 16 & 0xff, 129);
	assert_int_equal(pixel(gpu, 63, 5) >> 16 & 0xff, 253);
}

TEST(interpolation_is_perspective_correct)
{
	const struct vertex v[4] = {{{-1, -1, 0, 1}, {0, 0, 0, 1}},
				    {{4, -4, 0, 4}, {1, 0, 0, 1}},
				    {{4, 4, 0, 4}, {1, 0, 0, 1}},
				    {{-1, 1, 0, 1}, {0, 0, 0, 1}}};

	draw(s, 6, v, 4);
	run(gpu, s);
	/* Half-way on the screen, with w from 1 to 4: (0.5 / 4) / (0.5 / 4 + 0.5) = 0.2 */
	assert_in_range(pixel(gpu, 32, 32) >> 16 & 0xff, 51, 53);
}

TEST(the_scissor_limits_drawing)
{
	command(s, BH_CMD_SET_SCISSOR, 0, 3, 0, 8 | 16 << 16, 24 | 32 << 16);
	set_raster(s, 1u << 14, 0, 1);
	fill(s, 0, 1, 0, 0, 1);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 8, 16), RED);
	assert_int_equal(pixel(gpu, 23, 31), RED);
	assert_int_equal(pixel(gpu, 7, 16), BLACK);
	assert_int_equal(pixel(gpu, 24, 31), BLACK);
	assert_int_equal(pixel(gpu, 8, 32), BLACK);
}

TEST(depth_less_keeps_the_nearer)
{
	set_dsa(s, 1 | 2 | 1 << 2, 0, 0, 0);
	fill(s, 0.5f, 1, 0, 0, 1);
	fill(s, 0.75f, 0, 1, 0, 1);
	quad(s, -1, -1, 0, 1, 0.25f, (const float[]){0, 0, 1, 1});
	run(gpu, s);
	assert_int_equal(pixel(gpu, 10, 10), BLUE);
	assert_int_equal(pixel(gpu, 50, 10), RED);
}

TEST(depth_that_is_not_written_does_not_hide)
{
	set_dsa(s, 1 | 1 << 2, 0, 0, 0);
	fill(s, 0.25f, 1, 0, 0, 1);
	fill(s, 0.75f, 0, 1, 0, 1);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 10, 10), GREEN);
}

#define STENCIL(func, fail, pass, zfail) \
	(1u | (func) << 1 | (fail) << 4 | (pass) << 7 | (zfail) << 10 | 0xffu << 13 | 0xffu << 21)

TEST(stencil_masks_what_is_drawn_later)
{
	command(s, BH_CMD_SET_STENCIL_REF, 0, 1, 0x0101);
	set_dsa(s, 0, STENCIL(7, 0, 2, 0), 0, 0);
	quad(s, -1, -1, 0, 1, 0, (const float[]){1, 0, 0, 1});
	set_dsa(s, 0, STENCIL(2, 0, 0, 0), 0, 0);
	fill(s, 0, 0, 1, 0, 1);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 10, 10), GREEN);
	assert_int_equal(pixel(gpu, 50, 10), BLACK);
}

TEST(stencil_counts_up_and_wraps)
{
	command(s, BH_CMD_SET_STENCIL_REF, 0, 1, 0x0001);
	clear(s, 2, 0, 0, 0, 0, 1, 255);
	set_dsa(s, 0, STENCIL(7, 0, 5, 0), 0, 0);
	fill(s, 0, 1, 0, 0, 1);
	fill(s, 0, 1, 0, 0, 1);
	set_dsa(s, 0, STENCIL(2, 0, 0, 0), 0, 0);
	fill(s, 0, 0, 0, 1, 1);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 10, 10), BLUE);
}

TEST(back_faces_have_their_own_stencil)
{
	command(s, BH_CMD_SET_STENCIL_REF, 0, 1, 0x0500);
	/* Front: never; back: always, replace. Counter-clockwise is back here. */
	set_raster(s, 1u << 15, 0, 1);
	set_dsa(s, 0, STENCIL(0, 0, 0, 0), STENCIL(7, 0, 2, 0), 0);
	fill(s, 0, 1, 0, 0, 1);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 10, 10), RED);
}

TEST(the_alpha_test_drops_pixels)
{
	set_dsa(s, 1u << 8 | 4u << 9, 0, 0, 0.5f);
	fill(s, 0, 1, 0, 0, 0.4f);
	quad(s, -1, -1, 0, 1, 0, (const float[]){0, 1, 0, 0.6f});
	run(gpu, s);
	assert_int_equal(pixel(gpu, 10, 10), 0x9900ff00u);
	assert_int_equal(pixel(gpu, 50, 10), BLACK);
}

struct blend_case {
	unsigned func, src, dst;
	uint32_t expected; /* of 0.5 red on 0.5 red and blue, alpha 0.5 on 1 */
};

TEST(blend_equations_and_factors)
{
	static const struct blend_case cases[] = {
		{0, 3, 0x13, 0xbf800040}, /* over; alpha by the same factors */
		{0, 1, 1, 0xffff0080},    /* add */
		{1, 1, 1, 0x00000000},    /* source less destination */
		{2, 1, 1, 0x80000080},    /* the other way round */
		{3, 1, 1, 0x80800000},    /* least */
		{4, 1, 1, 0xff800080},    /* largest */
		{0, 5, 0x11, 0x80400000}, /* modulate */
		{0, 0x11, 0x13, 0x80400040}, {0, 7, 0x11, 0x40200000}, /* constant colour */
		{0, 0x18, 0x11, 0x40400000},                           /* 1 - constant alpha */
	};

	command(s, BH_CMD_SET_BLEND_COLOR, 0, 4, bits(0.25f), bits(0.5f), bits(0.75f), bits(0.5f));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct blend_case *c = &cases[i];
		uint32_t got;

		clear(s, 4, 0.5f, 0, 0.5f, 1, 0, 0);
		set_blend(s, 0, 0,
			  1u | c->func << 1 | c->src << 4 | c->dst << 9 | c->func << 14 |
				  c->src << 17 | c->dst << 22 | BLEND_MASK(15));
		fill(s, 0, 0.5f, 0, 0, 0.5f);
		run(gpu, s);
		got = pixel(gpu, 10, 10);
		for (unsigned shift = 0; shift < 32; shift += 8) {
			int a = (int)(got >> shift & 0xff), b = (int)(c->expected >> shift & 0xff);

			if (abs(a - b) > 1)
				fail_msg("case %zu: %08x, not %08x", i, got, c->expected);
		}
	}
}

TEST(the_colour_mask_protects_channels)
{
	clear(s, 4, 0, 0, 1, 1, 0, 0);
	set_blend(s, 0, 0, BLEND_MASK(1));
	fill(s, 0, 1, 1, 0, 0);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 10, 10), 0xffff00ffu);
}

TEST(logic_operations_work_on_bits)
{
	clear(s, 4, 1, 0, 1, 1, 0, 0);
	set_blend(s, 2, 6, BLEND_MASK(7)); /* exclusive or, without alpha */
	fill(s, 0, 1, 1, 0, 1);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 10, 10), 0xff00ffffu);
}

TEST(culling_drops_one_side)
{
	set_raster(s, 2u << 8, 0, 1); /* back; counter-clockwise is front without front_ccw */
	fill(s, 0, 1, 0, 0, 1);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 10, 10), RED);
	set_raster(s, 1u << 8, 0, 1);
	fill(s, 0, 0, 1, 0, 1);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 10, 10), RED);
}

TEST(flat_shading_takes_the_provoking_vertex)
{
	static const char flat[] = "FRAG\nDCL IN[0], COLOR, CONSTANT\nDCL OUT[0], COLOR\n"
				   "  0: MOV OUT[0], IN[0]\n  1: END\n";
	const struct vertex v[3] = {{{-1, -1, 0, 1}, {1, 0, 0, 1}},
				    {{3, -1, 0, 1}, {0, 1, 0, 1}},
				    {{-1, 3, 0, 1}, {0, 0, 1, 1}}};

	shader(s, H_FREE, 1, flat);
	draw(s, 4, v, 3);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 10, 10), BLUE);
	set_raster(s, 1u << 4, 0, 1);
	draw(s, 4, v, 3);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 10, 10), RED);
}

TEST(a_line_draws_one_pixel_a_column)
{
	const struct vertex v[2] = {{{-1, 0.01f, 0, 1}, {1, 1, 1, 1}},
				    {{1, 0.01f, 0, 1}, {1, 1, 1, 1}}};

	draw(s, 1, v, 2);
	run(gpu, s);
	for (unsigned x = 0; x < SIZE; x++) {
		unsigned lit = 0;

		for (unsigned y = 0; y < SIZE; y++)
			lit += pixel(gpu, x, y) == WHITE;
		assert_int_equal(lit, 1);
	}
}

TEST(a_wide_line_is_as_wide_as_asked)
{
	const struct vertex v[2] = {{{-1, 0.01f, 0, 1}, {1, 1, 1, 1}},
				    {{1, 0.01f, 0, 1}, {1, 1, 1, 1}}};
	unsigned lit = 0;

	set_raster(s, 0, 0, 5);
	draw(s, 1, v, 2);
	run(gpu, s);
	for (unsigned y = 0; y < SIZE; y++)
		lit += pixel(gpu, 20, y) == WHITE;
	assert_int_equal(lit, 5);
}

TEST(a_stippled_line_has_gaps)
{
	const struct vertex v[2] = {{{-1, 0.01f, 0, 1}, {1, 1, 1, 1}},
				    {{1, 0.01f, 0, 1}, {1, 1, 1, 1}}};

	set_raster(s, 1u << 27, 0x00ff, 1);
	draw(s, 1, v, 2);
	run(gpu, s);
	for (unsigned x = 0; x < SIZE; x++)
		assert_int_equal(pixel(gpu, x, 32) == WHITE, x % 16 < 8);
}

TEST(polygon_stipple_is_a_pattern_on_the_screen)
{
	uint32_t rows[32];

	for (unsigned i = 0; i < 32; i++)
		rows[i] = i % 2 ? 0xff00ff00u : 0;
	s->dwords[s->count++] = BH_CMD_SET_POLYGON_STIPPLE | 32u << 16;
	memcpy(&s->dwords[s->count], rows, sizeof(rows));
	s->count += 32;
	set_raster(s, 1u << 22, 0, 1);
	fill(s, 0, 1, 0, 0, 1);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 0, 1), RED);
	assert_int_equal(pixel(gpu, 8, 1), BLACK);
	assert_int_equal(pixel(gpu, 0, 2), BLACK);
	assert_int_equal(pixel(gpu, 32, 33), RED);
}

TEST(polygon_mode_draws_outlines)
{
	set_raster(s, 1u << 10 | 1u << 12, 0, 1);
	quad(s, -0.5f, -0.5f, 0.5f, 0.5f, 0, (const float[]){1, 0, 0, 1});
	run(gpu, s);
	assert_int_equal(pixel(gpu, 30, 24), BLACK);
	assert_int_equal(pixel(gpu, 30, 16) | pixel(gpu, 30, 15), RED);
}

TEST(a_point_is_a_square_of_its_size)
{
	const struct vertex v[1] = {{{0, 0, 0, 1}, {1, 1, 1, 1}}};

	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_RASTERIZER, 9, H_RASTER, RASTER_DEFAULT, bits(4),
		0, 0, bits(1), 0, 0, 0);
	command(s, BH_CMD_BIND_OBJECT, BH_OBJECT_RASTERIZER, 1, H_RASTER);
	draw(s, 0, v, 1);
	run(gpu, s);
	for (unsigned x = 28; x < 36; x++)
		assert_int_equal(pixel(gpu, x, 32) == WHITE, x >= 30 && x < 34);
}

TEST(user_planes_clip)
{
	uint32_t planes[32] = {bits(1)}; /* x >= 0 */

	s->dwords[s->count++] = BH_CMD_SET_CLIP_PLANES | 32u << 16;
	memcpy(&s->dwords[s->count], planes, sizeof(planes));
	s->count += 32;
	set_raster(s, 0, 1u << 24, 1);
	fill(s, 0, 1, 0, 0, 1);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 31, 5), BLACK);
	assert_int_equal(pixel(gpu, 32, 5), RED);
}

TEST(what_is_nearer_than_the_near_plane_is_clipped)
{
	const struct vertex v[4] = {{{-1, -1, -3, 1}, {1, 0, 0, 1}},
				    {{1, -1, 1, 1}, {1, 0, 0, 1}},
				    {{1, 1, 1, 1}, {1, 0, 0, 1}},
				    {{-1, 1, -3, 1}, {1, 0, 0, 1}}};

	draw(s, 6, v, 4);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 30, 30), BLACK);
	assert_int_equal(pixel(gpu, 34, 30), RED);
}

TEST(polygon_offset_moves_depth)
{
	set_dsa(s, 1 | 2 | 1 << 2, 0, 0, 0);
	fill(s, 0, 1, 0, 0, 1);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_RASTERIZER, 9, H_RASTER,
		RASTER_DEFAULT | 1u << 20, bits(1), 0, 0, bits(1), bits(-2), bits(0), bits(0));
	command(s, BH_CMD_BIND_OBJECT, BH_OBJECT_RASTERIZER, 1, H_RASTER);
	fill(s, 0, 0, 1, 0, 1);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 10, 10), GREEN);
}

TEST(a_program_can_drop_pixels)
{
	static const char kill[] = "FRAG\nDCL IN[0], COLOR, PERSPECTIVE\nDCL OUT[0], COLOR\n"
				   "IMM[0] FLT32 {0.5, 0, 0, 0}\nDCL TEMP[0]\n"
				   "  0: ADD TEMP[0].x, IN[0].xxxx, -IMM[0].xxxx\n"
				   "  1: KILL_IF TEMP[0].xxxx\n  2: MOV OUT[0], IN[0]\n  3: END\n";
	const struct vertex v[4] = {{{-1, -1, 0, 1}, {0, 1, 0, 1}},
				    {{1, -1, 0, 1}, {1, 1, 0, 1}},
				    {{1, 1, 0, 1}, {1, 1, 0, 1}},
				    {{-1, 1, 0, 1}, {0, 1, 0, 1}}};

	shader(s, H_FREE, 1, kill);
	draw(s, 6, v, 4);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 10, 10), BLACK);
	assert_int_not_equal(pixel(gpu, 40, 10), BLACK);
}

TEST(an_occlusion_query_counts_pixels)
{
	struct bh_query_state result[2] = {{0, 0, 0}, {0, 0, 0}};
	struct iovec page = {result, sizeof(result)};

	make_resource(gpu, 9, 0, 64, sizeof(result), 1);
	bh_gpu_resource_attach(gpu, 9, &page, 1);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_QUERY, 4, H_FREE, 0, 16, 9);
	command(s, BH_CMD_BEGIN_QUERY, 0, 1, H_FREE);
	quad(s, -1, -1, 0, 0, 0, (const float[]){1, 0, 0, 1});
	command(s, BH_CMD_END_QUERY, 0, 1, H_FREE);
	fill(s, 0, 1, 0, 0, 1);
	command(s, BH_CMD_GET_QUERY_RESULT, 0, 2, H_FREE, 1);
	run(gpu, s);
	assert_int_equal(result[1].state, BH_QUERY_DONE);
	assert_int_equal(result[1].result, 32 * 32);
	assert_int_equal(result[0].state, 0);
}

TEST(indices_select_vertices)
{
	const struct vertex v[4] = {{{9, 9, 9, 1}, {0, 1, 0, 1}},
				    {{-1, -1, 0, 1}, {1, 0, 0, 1}},
				    {{3, -1, 0, 1}, {1, 0, 0, 1}},
				    {{-1, 3, 0, 1}, {1, 0, 0, 1}}};
	uint16_t indices[4] = {0, 1, 2, 3};
	struct bh_gpu_transfer transfer = {.resource = 9, .box = {0, 0, 0, 8, 1, 1}};
	struct iovec page = {indices, sizeof(indices)};

	make_resource(gpu, 9, 0, 64, 8, 1);
	assert_int_equal(bh_gpu_transfer_in(gpu, CONTEXT, &transfer, &page, 1), 0);
	draw(s, 0, v, 4); /* fills the buffer */
	clear(s, 4, 0, 0, 0, 0, 1, 0);
	command(s, BH_CMD_SET_INDEX_BUFFER, 0, 3, 9, 2, 2);
	command(s, BH_CMD_DRAW, 0, 12, 1, 3, 4, 1, 1, 0, 0, 0, 0, 0, ~0u, 0);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 10, 10), RED);
}

TEST(sub_contexts_have_their_own_state)
{
	command(s, BH_CMD_CREATE_SUB_CONTEXT, 0, 1, 7);
	command(s, BH_CMD_SET_SUB_CONTEXT, 0, 1, 7);
	clear(s, 4, 0, 1, 0, 1, 0, 0); /* no framebuffer here */
	command(s, BH_CMD_DESTROY_SUB_CONTEXT, 0, 1, 7);
	command(s, BH_CMD_SET_SUB_CONTEXT, 0, 1, 0);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 10, 10), BLACK);
}

TEST(padding_behind_the_transfers_is_not_read)
{
	s->dwords[s->count] = BH_CMD_END_TRANSFERS | 1020u << 16;
	memset(&s->dwords[s->count + 1], 0xff, 1020 * 4);
	s->count += 1021;
	clear(s, 4, 1, 0, 0, 1, 0, 0);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 10, 10), RED);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_clear_fills_the_canvas),
		T(a_triangle_covers_what_is_inside_it),
		T(a_shared_edge_is_drawn_once),
		T(colours_are_interpolated),
		T(interpolation_is_perspective_correct),
		T(the_scissor_limits_drawing),
		T(depth_less_keeps_the_nearer),
		T(depth_that_is_not_written_does_not_hide),
		T(stencil_masks_what_is_drawn_later),
		T(stencil_counts_up_and_wraps),
		T(back_faces_have_their_own_stencil),
		T(the_alpha_test_drops_pixels),
		T(blend_equations_and_factors),
		T(the_colour_mask_protects_channels),
		T(logic_operations_work_on_bits),
		T(culling_drops_one_side),
		T(flat_shading_takes_the_provoking_vertex),
		T(a_line_draws_one_pixel_a_column),
		T(a_wide_line_is_as_wide_as_asked),
		T(a_stippled_line_has_gaps),
		T(polygon_stipple_is_a_pattern_on_the_screen),
		T(polygon_mode_draws_outlines),
		T(a_point_is_a_square_of_its_size),
		T(user_planes_clip),
		T(what_is_nearer_than_the_near_plane_is_clipped),
		T(polygon_offset_moves_depth),
		T(a_program_can_drop_pixels),
		T(an_occlusion_query_counts_pixels),
		T(indices_select_vertices),
		T(sub_contexts_have_their_own_state),
		T(padding_behind_the_transfers_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
