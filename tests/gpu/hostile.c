/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams that a guest should not send: each is refused, and nothing outside the guest's own memory
 * is read or written (the sanitizers watch). One test for each class of the bugs that virgl
 * renderers have had; docs/gpu.md has the table. hostile_texels.c has those of moving texels.
 */
#include "hostile.h"

/* A triangle, four thousand million times over. */
TEST(a_draw_without_end_is_refused)
{
	command(s, BH_CMD_DRAW, 0, 12, 0, 3, 4, 0, ~0u, 0, 0, 0, 0, 0, ~0u, 0);
	refused(gpu, s);
}

/* CVE-2019-18389, CVE-2019-18391, CVE-2022-0135 */
/* The same three boxes by each command that moves texels. */
/* CVE-2019-18388; integer overflow in sizes: QEMU CVE-2026-3886 and others */
/* CVE-2022-0175 */
TEST(a_context_cannot_use_what_is_not_attached_to_it)
{
	struct bh_gpu_resource_args args = {50, 2, 1, 0, 8, 8, 1, 1, 0, 0, 0};

	assert_int_equal(bh_gpu_resource_create(gpu, &args), 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_FREE, 50, 1, 0, 0);
	refused(gpu, s);
}

TEST(a_command_longer_than_its_stream_is_refused)
{
	s->dwords[s->count++] = BH_CMD_NOP | 0xffffu << 16;
	refused(gpu, s);
}

TEST(a_command_that_is_too_short_is_refused)
{
	command(s, BH_CMD_CLEAR, 0, 7, 4, 0, 0, 0, 0, 0, 0);
	refused(gpu, s);
}

TEST(an_unknown_command_is_refused)
{
	command(s, 200, 0, 0);
	refused(gpu, s);
}

/* CVE-2017-6386, CVE-2020-8002, CVE-2020-8003: counts in objects */
TEST(too_many_vertex_elements_are_refused)
{
	s->dwords[s->count++] =
		BH_CMD_CREATE_OBJECT | BH_OBJECT_VERTEX_ELEMENTS << 8 | (1 + 33 * 4) << 16;
	s->dwords[s->count++] = H_FREE;
	memset(&s->dwords[s->count], 0, 33 * 16);
	s->count += 33 * 4;
	refused(gpu, s);
}

TEST(a_vertex_element_of_no_format_is_refused)
{
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_VERTEX_ELEMENTS, 5, H_FREE, 0, 0, 0, 9999);
	refused(gpu, s);
}

TEST(a_vertex_buffer_slot_that_is_not_there_is_refused)
{
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_VERTEX_ELEMENTS, 5, H_FREE, 0, 0, 32, 31);
	refused(gpu, s);
}

TEST(too_many_colour_targets_are_refused)
{
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 11, 9, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1);
	refused(gpu, s);
}

TEST(more_targets_than_dwords_are_refused)
{
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 2, 8, 0);
	refused(gpu, s);
}

TEST(a_depth_image_is_no_colour_target)
{
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, 0, H_DEPTH);
	refused(gpu, s);
}

TEST(a_surface_outside_its_resource_is_refused)
{
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_FREE, CANVAS, 1, 0, 1);
	refused(gpu, s);
}

TEST(a_surface_with_larger_texels_is_refused)
{
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_FREE, CANVAS, 51, 0, 0);
	refused(gpu, s);
}

TEST(a_view_of_layers_that_are_not_there_is_refused)
{
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SAMPLER_VIEW, 6, H_FREE, CANVAS, 1, 1u << 16, 0,
		0);
	refused(gpu, s);
}

TEST(a_view_of_levels_that_are_not_there_is_refused)
{
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SAMPLER_VIEW, 6, H_FREE, CANVAS, 1, 0, 5u << 8,
		0);
	refused(gpu, s);
}

TEST(more_views_than_slots_are_refused)
{
	command(s, BH_CMD_SET_SAMPLER_VIEWS, 0, 4, 1, 15, 0, 0);
	refused(gpu, s);
}

TEST(a_view_slot_that_wraps_is_refused)
{
	command(s, BH_CMD_SET_SAMPLER_VIEWS, 0, 3, 1, ~0u, 0);
	refused(gpu, s);
}

/* Slots, counts and lengths of the commands that bind state. */
TEST(state_with_impossible_numbers_is_refused)
{
	static const struct {
		unsigned number, count;
		uint32_t args[8];
	} wrong[] = {
		{BH_CMD_SET_VIEWPORT, 8, {0}},
		{BH_CMD_SET_SCISSOR, 4, {0}},
		{BH_CMD_SET_VERTEX_BUFFERS, 3, {16, 0, CANVAS}},
		{BH_CMD_SET_VERTEX_BUFFERS, 99, {0}},
		{BH_CMD_SET_INDEX_BUFFER, 3, {VERTICES, 3, 0}},
		{BH_CMD_SET_INDEX_BUFFER, 3, {CANVAS, 2, 0}},
		{BH_CMD_SET_INDEX_BUFFER, 1, {VERTICES}},
		{BH_CMD_SET_CONSTANTS, 3, {6, 0, 0}},
		{BH_CMD_SET_CONSTANTS, 3, {0, ~0u, 0}},
		{BH_CMD_BIND_SAMPLERS, 3, {6, 0, 0}},
		{BH_CMD_BIND_SAMPLERS, 4, {1, 15, 0, 0}},
		{BH_CMD_BIND_SAMPLERS, 3, {1, ~0u, 0}},
		{BH_CMD_SET_UNIFORM_BUFFER, 5, {6, 1, 0, 16, VERTICES}},
		{BH_CMD_SET_UNIFORM_BUFFER, 5, {0, ~0u, 0, 16, VERTICES}},
		{BH_CMD_SET_UNIFORM_BUFFER, 5, {0, 1, ~0u, 16, VERTICES}},
		{BH_CMD_SET_STREAMOUT_TARGETS, 6, {0}},
		{BH_CMD_BIND_SHADER, 2, {H_VS, 6}},
		{BH_CMD_BIND_SHADER, 2, {H_VS, 1}},
		{BH_CMD_SET_SUB_CONTEXT, 1, {77}},
		{BH_CMD_DESTROY_SUB_CONTEXT, 1, {0}},
		{BH_CMD_BEGIN_QUERY, 1, {H_BLEND}},
		{BH_CMD_SET_CLIP_PLANES, 31, {0}},
		{BH_CMD_SET_POLYGON_STIPPLE, 31, {0}},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct bh_gpu *own = make_gpu_with(BH_GPU_INTERPRETER, 1, 64 << 20);

		begin(own, s);
		assert_int_equal(submit(own, s), 0);
		s->dwords[0] = wrong[i].number | wrong[i].count << 16;
		memset(&s->dwords[1], 0, 100 * 4);
		memcpy(&s->dwords[1], wrong[i].args, sizeof(wrong[i].args));
		s->count = 1 + wrong[i].count;
		if (submit(own, s) != -EIO)
			fail_msg("row %zu: not refused", i);
		bh_gpu_destroy(own);
	}
	(void)gpu;
}

/* Viewports, atomics, images and buffers that are not advertised: whatever their numbers are. */
TEST(state_that_is_not_there_touches_nothing)
{
	command(s, BH_CMD_SET_VIEWPORT, 0, 7, ~0u, 0, 0, 0, 0, 0, 0);
	command(s, BH_CMD_SET_SCISSOR, 0, 3, ~0u, 0, 0);
	command(s, BH_CMD_SET_ATOMIC_BUFFERS, 0, 4, ~0u, ~0u, ~0u, ~0u);
	command(s, BH_CMD_SET_SHADER_BUFFERS, 0, 5, ~0u, ~0u, ~0u, ~0u, ~0u);
	command(s, BH_CMD_SET_SHADER_IMAGES, 0, 7, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u);
	command(s, BH_CMD_SET_FRAMEBUFFER_NO_ATTACH, 0, 2, ~0u, ~0u);
	fill(s, 0, 1, 1, 1, 1);
	assert_int_equal(submit(gpu, s), 0);
	assert_int_equal(pixel(gpu, 3, 3), 0xffffffff);
}

/* CVE-2017-6386 */
TEST(objects_that_are_replaced_or_refused_leave_nothing_behind)
{
	struct bh_gpu_stats before, after;

	submit(gpu, s);
	bh_gpu_context_create(gpu, 3, "", 0);
	bh_gpu_stats(gpu, &before);
	for (unsigned i = 0; i < 100; i++) {
		set_raster(s, 0, 0, 1);
		command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_VERTEX_ELEMENTS, 5, H_ELEMENTS, 0, 0, 0,
			31);
		command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SAMPLER_VIEW, 6, H_FREE, CANVAS, 1, 0, 0,
			0x688);
		command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_FREE, CANVAS, 1, 0, 0);
		command(s, BH_CMD_DESTROY_OBJECT, BH_OBJECT_SURFACE, 1, H_FREE);
		command(s, BH_CMD_CREATE_SUB_CONTEXT, 0, 1, 5);
		command(s, BH_CMD_DESTROY_SUB_CONTEXT, 0, 1, 5);
		assert_int_equal(submit(gpu, s), 0);
	}
	bh_gpu_stats(gpu, &after);
	assert_int_equal(before.memory, after.memory);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_VERTEX_ELEMENTS, 5, 1, 0, 0, 32, 31);
	assert_int_equal(bh_gpu_submit(gpu, 3, s->dwords, s->count), -EIO);
	bh_gpu_stats(gpu, &after);
	assert_int_equal(before.memory, after.memory);
}

/* CVE-2021-3546 */
TEST(an_object_of_another_type_is_not_bound)
{
	command(s, BH_CMD_BIND_OBJECT, BH_OBJECT_BLEND, 1, H_RASTER);
	refused(gpu, s);
}

/* Shader text: length, continuation */
TEST(a_shader_longer_than_the_limit_is_refused)
{
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SHADER, 6, H_FREE, 0, 0x7fffffff, 300, 0, 0);
	refused(gpu, s);
}

TEST(a_continuation_of_nothing_is_refused)
{
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SHADER, 6, H_FREE, 0, 4 | BH_SHADER_CONTINUES,
		300, 0, 0);
	refused(gpu, s);
}

TEST(a_continuation_at_the_wrong_place_is_refused)
{
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SHADER, 6, H_FREE, 0, 100, 300, 0, 0x54524556);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SHADER, 6, H_FREE, 0, 96 | BH_SHADER_CONTINUES,
		300, 0, 0);
	refused(gpu, s);
}

TEST(a_continuation_of_a_finished_shader_is_refused)
{
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SHADER, 6, H_VS, 0, 4 | BH_SHADER_CONTINUES, 300,
		0, 0);
	refused(gpu, s);
}

TEST(stream_outputs_that_pass_the_command_are_refused)
{
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SHADER, 6, H_FREE, 0, 4, 300, 64, 0);
	refused(gpu, s);
}

TEST(text_that_is_no_shader_is_refused)
{
	shader(s, H_FREE, 1, "FRAG\nDCL OUT[9999999], COLOR\n 0: MOV OUT[7], TEMP[3]\n");
	refused(gpu, s);
}

/* CVE-2019-18390 */
/* Blocks of 4x4 texels: a box that ends inside one, a volume of them, drawing to them. */
TEST(vertices_outside_their_buffer_are_not_read)
{
	command(s, BH_CMD_SET_VERTEX_BUFFERS, 0, 3, ~0u, ~0u, VERTICES);
	command(s, BH_CMD_DRAW, 0, 12, 0x7ffffff0, 300, 4, 0, 1, 0, 0, 0, 0, 0, ~0u, 0);
	command(s, BH_CMD_DRAW, 0, 12, 0, 300, 4, 0, 1, 0, ~0u, 0, 0, 0, ~0u, 0);
	assert_int_equal(submit(gpu, s), 0);
}

TEST(indices_outside_their_buffer_are_not_read)
{
	make_resource(gpu, 50, 0, 64, 7, 1);
	command(s, BH_CMD_SET_INDEX_BUFFER, 0, 3, 50, 4, 5);
	command(s, BH_CMD_DRAW, 0, 12, 0, 300, 4, 1, 1, ~0u, 0, 1, 0, 0, ~0u, 0);
	command(s, BH_CMD_SET_INDEX_BUFFER, 0, 3, 50, 2, ~0u);
	command(s, BH_CMD_DRAW, 0, 12, 0, ~0u, 4, 1, 1, 0, 0, 0, 0, 0, ~0u, 0);
	assert_int_equal(submit(gpu, s), 0);
}

TEST(coordinates_that_are_no_numbers_draw_nothing)
{
	static const uint32_t evil[] = {0x7fc00000, 0x7f800000, 0xff800000, 0x7f7fffff, 0x00000001};

	for (unsigned i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
		struct vertex v[3] = {{{0, 0, 0, 1}, {1, 1, 1, 1}},
				      {{1, 0, 0, 1}, {1, 1, 1, 1}},
				      {{0, 1, 0, 1}, {1, 1, 1, 1}}};

		for (unsigned k = 0; k < 4; k++) {
			memcpy(&v[1].position[k], &evil[i], 4);
			draw(s, 4, v, 3);
			draw(s, 1, v, 2);
			draw(s, 0, v + 1, 1);
		}
		command(s, BH_CMD_SET_VIEWPORT, 0, 7, 0, evil[i], evil[i], evil[i], evil[i],
			evil[i], evil[i]);
		draw(s, 4, v, 3);
	}
	assert_int_equal(submit(gpu, s), 0);
	bh_gpu_wait(gpu);
}

/* The canvas is filled by a fragment program that takes too long. */
static void loses_its_context_only(struct bh_gpu *gpu, struct stream *s, const char *program)
{
	shader(s, H_FREE, 1, program);
	fill(s, 0, 1, 0, 0, 1);
	assert_int_equal(submit(gpu, s), 0);
	bh_gpu_wait(gpu);
	assert_true(bh_gpu_context_lost(gpu, CONTEXT));
	assert_int_equal(bh_gpu_context_create(gpu, 2, "", 0), 0);
	assert_false(bh_gpu_context_lost(gpu, 2));
}

TEST(a_shader_that_never_ends_loses_its_context_only)
{
	loses_its_context_only(gpu, s,
			       "FRAG\nDCL IN[0], COLOR, PERSPECTIVE\nDCL OUT[0], COLOR\n"
			       "DCL TEMP[0]\n  0: BGNLOOP\n  1: ADD TEMP[0], TEMP[0], IN[0]\n"
			       "  2: ENDLOOP\n  3: MOV OUT[0], TEMP[0]\n  4: END\n");
}

/* Each pixel's program ends, and the draw is small; together they are too much. */
TEST(a_draw_of_too_many_instructions_loses_its_context_only)
{
	loses_its_context_only(
		gpu, s,
		"FRAG\nDCL IN[0], POSITION, LINEAR\nDCL OUT[0], COLOR\n"
		"DCL TEMP[0..1]\nIMM[0] FLT32 {0, 1, 10000, 0}\n"
		"  0: MOV TEMP[0], IMM[0].xxxx\n  1: BGNLOOP\n"
		"  2: SGE TEMP[1].x, TEMP[0].xxxx, IMM[0].zzzz\n  3: IF TEMP[1].xxxx\n"
		"  4: BRK\n  5: ENDIF\n  6: ADD TEMP[0].x, TEMP[0].xxxx, IMM[0].yyyy\n"
		"  7: ENDLOOP\n  8: MOV OUT[0], TEMP[0].xxxx\n  9: END\n");
}

TEST(destroying_what_is_bound_leaves_nothing_dangling)
{
	command(s, BH_CMD_DESTROY_OBJECT, BH_OBJECT_SHADER, 1, H_VS);
	command(s, BH_CMD_DESTROY_OBJECT, BH_OBJECT_SHADER, 1, H_FS);
	command(s, BH_CMD_DESTROY_OBJECT, BH_OBJECT_SURFACE, 1, H_SURFACE);
	command(s, BH_CMD_DESTROY_OBJECT, BH_OBJECT_VERTEX_ELEMENTS, 1, H_ELEMENTS);
	assert_int_equal(submit(gpu, s), 0);
	bh_gpu_resource_destroy(gpu, CANVAS);
	bh_gpu_resource_destroy(gpu, DEPTH);
	fill(s, 0, 1, 0, 0, 1);
	assert_int_equal(submit(gpu, s), 0);
	bh_gpu_wait(gpu);
}

TEST(links_of_what_is_not_there_are_left_alone)
{
	command(s, BH_CMD_LINK_SHADER, 0, 6, H_VS, H_FS, 0, 0, 0, 0);
	command(s, BH_CMD_LINK_SHADER, 0, 6, 0, 0, 0, 0, 0, 0);
	command(s, BH_CMD_LINK_SHADER, 0, 6, H_FS, H_VS, H_SURFACE, 0xffffffff, 77, 1 << 31);
	fill(s, 0, 1, 0, 0, 1);
	assert_int_equal(submit(gpu, s), 0);
	assert_int_equal(pixel(gpu, 9, 9), 0xffff0000);
	command(s, BH_CMD_LINK_SHADER, 0, 5, H_VS, H_FS, 0, 0, 0);
	refused(gpu, s);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_draw_without_end_is_refused),
		T(a_context_cannot_use_what_is_not_attached_to_it),
		T(a_command_longer_than_its_stream_is_refused),
		T(a_command_that_is_too_short_is_refused),
		T(an_unknown_command_is_refused),
		T(too_many_vertex_elements_are_refused),
		T(a_vertex_element_of_no_format_is_refused),
		T(a_vertex_buffer_slot_that_is_not_there_is_refused),
		T(too_many_colour_targets_are_refused),
		T(more_targets_than_dwords_are_refused),
		T(a_depth_image_is_no_colour_target),
		T(a_surface_outside_its_resource_is_refused),
		T(a_surface_with_larger_texels_is_refused),
		T(a_view_of_layers_that_are_not_there_is_refused),
		T(a_view_of_levels_that_are_not_there_is_refused),
		T(more_views_than_slots_are_refused),
		T(a_view_slot_that_wraps_is_refused),
		T(state_with_impossible_numbers_is_refused),
		T(state_that_is_not_there_touches_nothing),
		T(objects_that_are_replaced_or_refused_leave_nothing_behind),
		T(an_object_of_another_type_is_not_bound),
		T(a_shader_longer_than_the_limit_is_refused),
		T(a_continuation_of_nothing_is_refused),
		T(a_continuation_at_the_wrong_place_is_refused),
		T(a_continuation_of_a_finished_shader_is_refused),
		T(stream_outputs_that_pass_the_command_are_refused),
		T(text_that_is_no_shader_is_refused),
		T(vertices_outside_their_buffer_are_not_read),
		T(indices_outside_their_buffer_are_not_read),
		T(coordinates_that_are_no_numbers_draw_nothing),
		T(a_shader_that_never_ends_loses_its_context_only),
		T(a_draw_of_too_many_instructions_loses_its_context_only),
		T(destroying_what_is_bound_leaves_nothing_dangling),
		T(links_of_what_is_not_there_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
