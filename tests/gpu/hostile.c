/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams and arguments that a guest should not send: each is refused, and nothing outside the
 * guest's own memory is read or written (the sanitizers watch). One test for each class of the bugs
 * that virgl renderers have had.
 */
#include "test.h"

#include "fixture.h"

#include "base/alloc.h"

#include <errno.h>

static int set_up(void **state)
{
	return set_up_with(state, 64 << 20);
}

/* The stream is refused and the context is lost; another one still draws. */
static void refused(struct bh_gpu *gpu, struct stream *s)
{
	assert_int_equal(submit(gpu, s), -EIO);
	assert_true(bh_gpu_context_lost(gpu, CONTEXT));
	clear(s, 4, 1, 1, 1, 1, 0, 0);
	assert_int_equal(submit(gpu, s), -EIO);
	assert_int_equal(bh_gpu_context_create(gpu, 2, "", 0), 0);
	assert_int_equal(bh_gpu_submit(gpu, 2, (const uint32_t[]){0}, 1), 0);
}

/* A triangle, four thousand million times over. */
TEST(a_draw_without_end_is_refused)
{
	command(s, BH_CMD_DRAW, 0, 12, 0, 3, 4, 0, ~0u, 0, 0, 0, 0, 0, ~0u, 0);
	refused(gpu, s);
}

/* CVE-2019-18389, CVE-2019-18391, CVE-2022-0135 */
TEST(a_transfer_box_outside_the_resource_is_refused)
{
	static const struct bh_gpu_box boxes[] = {
		{0, 0, 0, SIZE + 1, 1, 1}, {0, 0, 0, 1, SIZE + 1, 1}, {0, 0, 0, 1, 1, 2},
		{SIZE, 0, 0, 1, 1, 1},     {0, SIZE, 0, 1, 1, 1},     {0, 0, 1, 1, 1, 1},
		{~0u, 0, 0, 2, 1, 1},      {1, 0, 0, ~0u, 1, 1},      {0, 0, 0, 0, 1, 1},
		{0, 1, 0, 1, ~0u, 1},      {0, 0, ~0u, 1, 1, 2},
	};
	static uint8_t memory[SIZE * SIZE * 4];
	struct iovec page = {memory, sizeof(memory)};

	(void)s;
	for (size_t i = 0; i < sizeof(boxes) / sizeof(boxes[0]); i++) {
		struct bh_gpu_transfer t = {.resource = CANVAS, .box = boxes[i]};

		assert_int_equal(bh_gpu_transfer_in(gpu, CONTEXT, &t, &page, 1), -EINVAL);
		assert_int_equal(bh_gpu_transfer_out(gpu, CONTEXT, &t, &page, 1), -EINVAL);
	}
}

TEST(a_level_that_is_not_there_is_refused)
{
	static uint8_t memory[16];
	struct iovec page = {memory, sizeof(memory)};
	struct bh_gpu_transfer t = {.resource = CANVAS, .level = 1, .box = {0, 0, 0, 1, 1, 1}};

	(void)s;
	assert_int_equal(bh_gpu_transfer_in(gpu, CONTEXT, &t, &page, 1), -EINVAL);
	t.level = ~0u;
	assert_int_equal(bh_gpu_transfer_in(gpu, CONTEXT, &t, &page, 1), -EINVAL);
}

TEST(pages_that_are_too_small_are_refused)
{
	static uint8_t memory[SIZE * SIZE * 4];
	struct iovec pages[2] = {{memory, 100}, {memory + 100, SIZE * SIZE * 4 - 101}};
	struct bh_gpu_transfer t = {.resource = CANVAS, .box = {0, 0, 0, SIZE, SIZE, 1}};

	(void)s;
	assert_int_equal(bh_gpu_transfer_out(gpu, CONTEXT, &t, pages, 2), -EINVAL);
	pages[1].iov_len++;
	assert_int_equal(bh_gpu_transfer_out(gpu, CONTEXT, &t, pages, 2), 0);
	t.offset = 1;
	assert_int_equal(bh_gpu_transfer_out(gpu, CONTEXT, &t, pages, 2), -EINVAL);
	t.offset = ~0ull;
	assert_int_equal(bh_gpu_transfer_out(gpu, CONTEXT, &t, pages, 2), -EINVAL);
}

TEST(strides_that_overlap_or_overflow_are_refused)
{
	static uint8_t memory[SIZE * SIZE * 4];
	struct iovec page = {memory, sizeof(memory)};
	struct bh_gpu_transfer t = {.resource = CANVAS, .box = {0, 0, 0, SIZE, 2, 1}};

	(void)s;
	t.stride = SIZE * 4 - 1;
	assert_int_equal(bh_gpu_transfer_in(gpu, CONTEXT, &t, &page, 1), -EINVAL);
	t.stride = ~0u;
	assert_int_equal(bh_gpu_transfer_in(gpu, CONTEXT, &t, &page, 1), -EINVAL);
}

/* CVE-2019-18388; integer overflow in sizes: QEMU CVE-2026-3886 and others */
TEST(resources_of_impossible_shape_are_refused)
{
	static const struct bh_gpu_resource_args wrong[] = {
		{50, 2, 1, 0, 0, 1, 1, 1, 0, 0, 0},       {50, 2, 1, 0, 1, 0, 1, 1, 0, 0, 0},
		{50, 2, 1, 0, ~0u, ~0u, 1, 1, 0, 0, 0},   {50, 2, 1, 0, 16384, 1, 1, 1, 0, 0, 0},
		{50, 2, 9999, 0, 1, 1, 1, 1, 0, 0, 0},    {50, 2, 0, 0, 1, 1, 1, 1, 0, 0, 0},
		{50, 99, 1, 0, 1, 1, 1, 1, 0, 0, 0},      {50, 2, 1, 0, 64, 64, 2, 1, 0, 0, 0},
		{50, 2, 1, 0, 64, 64, 1, 2, 0, 0, 0},     {50, 2, 1, 0, 64, 64, 1, 1, 7, 0, 0},
		{50, 2, 1, 0, 64, 64, 1, 1, ~0u, 0, 0},   {50, 2, 1, 0, 64, 64, 1, 1, 0, 3, 0},
		{50, 4, 1, 0, 64, 64, 1, 5, 0, 0, 0},     {50, 4, 1, 0, 64, 32, 1, 6, 0, 0, 0},
		{50, 5, 1, 0, 64, 64, 1, 1, 1, 0, 0},     {50, 3, 1, 0, 64, 64, ~0u, 1, 0, 0, 0},
		{50, 0, 64, 0, 64, 2, 1, 1, 0, 0, 0},     {0, 2, 1, 0, 64, 64, 1, 1, 0, 0, 0},
		{CANVAS, 2, 1, 0, 64, 64, 1, 1, 0, 0, 0}, {50, 2, 1, 0, 64, 64, 1, 1, 1, 4, 0},
		{50, 3, 1, 0, 64, 64, 4, 1, 0, 4, 0},     {50, 2, 1, 0, 64, 64, 1, 1, 0, ~0u, 0},
		{50, 0, 64, 0, 64, 1, 1, 1, 0, 4, 0},
	};

	(void)s;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(bh_gpu_resource_create(gpu, &wrong[i]), -EINVAL);
}

TEST(the_quota_holds_and_is_given_back)
{
	struct bh_gpu_resource_args args = {50, 2, 1, 0, 4096, 4096, 1, 1, 0, 0, 0};
	struct bh_gpu_stats before, after;

	(void)s;
	bh_gpu_stats(gpu, &before);
	assert_int_equal(bh_gpu_resource_create(gpu, &args),
			 -ENOMEM); /* 64 MiB, and more is used */
	args.height = 2048;
	assert_int_equal(bh_gpu_resource_create(gpu, &args), 0);
	assert_int_equal(bh_gpu_resource_destroy(gpu, 50), 0);
	bh_gpu_stats(gpu, &after);
	assert_int_equal(before.memory, after.memory);
}

/* CVE-2022-0175 */
TEST(fresh_memory_is_zero)
{
	uint8_t *dirty = malloc(1 << 20);
	uint32_t pixels[64];
	struct iovec page = {pixels, sizeof(pixels)};
	struct bh_gpu_transfer t = {.resource = 50, .box = {0, 0, 0, 8, 8, 1}};

	(void)s;
	memset(dirty, 0xa5, 1 << 20);
	free(dirty);
	make_resource(gpu, 50, 2, 1, 8, 8);
	assert_int_equal(bh_gpu_transfer_out(gpu, CONTEXT, &t, &page, 1), 0);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(pixels[i], 0);
}

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
TEST(a_blit_of_formats_that_do_not_fit_is_refused)
{
	command(s, BH_CMD_BLIT, 0, 21, 15, 0, 0, CANVAS, 0, 31, 0, 0, 0, SIZE, SIZE, 1, CANVAS, 0,
		1, 0, 0, 0, SIZE, SIZE, 1);
	refused(gpu, s);
}

TEST(a_blit_with_a_resource_that_is_not_there_is_refused)
{
	command(s, BH_CMD_BLIT, 0, 21, 15, 0, 0, CANVAS, 0, 1, 0, 0, 0, SIZE, SIZE, 1, 99, 0, 1, 0,
		0, 0, SIZE, SIZE, 1);
	refused(gpu, s);
}

TEST(a_blit_far_outside_touches_nothing_outside)
{
	command(s, BH_CMD_BLIT, 0, 21, 15 | 1 << 8, 0, 0, CANVAS, 0, 1, -100000, -7, 0, 0x7fffffff,
		0x7fffffff, 1, CANVAS, 0, 1, 0x7fffff00, -5, 0, -200, 0x7fffffff, 1);
	assert_int_equal(submit(gpu, s), 0);
}

TEST(a_copy_outside_is_refused)
{
	command(s, BH_CMD_COPY_REGION, 0, 13, CANVAS, 0, 1, 0, 0, CANVAS, 0, 0, 0, 0, SIZE, SIZE,
		1);
	refused(gpu, s);
}

TEST(an_inline_write_needs_its_bytes)
{
	command(s, BH_CMD_INLINE_WRITE, 0, 12, CANVAS, 0, 0, 0, 0, 0, 0, 0, 2, 1, 1, 0);
	refused(gpu, s);
}

TEST(a_transfer_without_pages_is_refused)
{
	command(s, BH_CMD_TRANSFER, 0, 13, CANVAS, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 1);
	refused(gpu, s);
}

TEST(a_query_result_outside_its_pages_is_refused)
{
	uint8_t memory[16];
	struct iovec page = {memory, sizeof(memory)};

	make_resource(gpu, 50, 0, 64, 16, 1);
	bh_gpu_resource_attach(gpu, 50, &page, 1);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_QUERY, 4, H_FREE, 0, 1, 50);
	command(s, BH_CMD_GET_QUERY_RESULT, 0, 2, H_FREE, 0);
	refused(gpu, s);
}

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

TEST(a_shader_that_never_ends_loses_its_context_only)
{
	static const char endless[] =
		"FRAG\nDCL IN[0], COLOR, PERSPECTIVE\nDCL OUT[0], COLOR\n"
		"DCL TEMP[0]\n  0: BGNLOOP\n  1: ADD TEMP[0], TEMP[0], IN[0]\n"
		"  2: ENDLOOP\n  3: MOV OUT[0], TEMP[0]\n  4: END\n";

	shader(s, H_FREE, 1, endless);
	fill(s, 0, 1, 0, 0, 1);
	assert_int_equal(submit(gpu, s), 0);
	bh_gpu_wait(gpu);
	assert_true(bh_gpu_context_lost(gpu, CONTEXT));
	assert_int_equal(bh_gpu_context_create(gpu, 2, "", 0), 0);
	assert_false(bh_gpu_context_lost(gpu, 2));
}

/* Each pixel's program ends, and the draw is small; together they are too much. */
TEST(a_draw_of_too_many_instructions_loses_its_context_only)
{
	static const char slow[] =
		"FRAG\nDCL IN[0], COLOR, PERSPECTIVE\nDCL OUT[0], COLOR\n"
		"DCL TEMP[0..1]\nIMM[0] FLT32 {0, 1, 10000, 0}\n"
		"  0: MOV TEMP[0], IMM[0].xxxx\n  1: BGNLOOP\n"
		"  2: SGE TEMP[1].x, TEMP[0].xxxx, IMM[0].zzzz\n  3: IF TEMP[1].xxxx\n"
		"  4: BRK\n  5: ENDIF\n  6: ADD TEMP[0].x, TEMP[0].xxxx, IMM[0].yyyy\n"
		"  7: ENDLOOP\n  8: MOV OUT[0], TEMP[0].xxxx\n  9: END\n";

	shader(s, H_FREE, 1, slow);
	fill(s, 0, 1, 0, 0, 1);
	assert_int_equal(submit(gpu, s), 0);
	bh_gpu_wait(gpu);
	assert_true(bh_gpu_context_lost(gpu, CONTEXT));
	assert_int_equal(bh_gpu_context_create(gpu, 2, "", 0), 0);
	assert_false(bh_gpu_context_lost(gpu, 2));
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

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_draw_without_end_is_refused),
		T(a_transfer_box_outside_the_resource_is_refused),
		T(a_level_that_is_not_there_is_refused),
		T(pages_that_are_too_small_are_refused),
		T(strides_that_overlap_or_overflow_are_refused),
		T(resources_of_impossible_shape_are_refused),
		T(the_quota_holds_and_is_given_back),
		T(fresh_memory_is_zero),
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
		T(an_object_of_another_type_is_not_bound),
		T(a_shader_longer_than_the_limit_is_refused),
		T(a_continuation_of_nothing_is_refused),
		T(a_continuation_at_the_wrong_place_is_refused),
		T(a_continuation_of_a_finished_shader_is_refused),
		T(stream_outputs_that_pass_the_command_are_refused),
		T(text_that_is_no_shader_is_refused),
		T(a_blit_of_formats_that_do_not_fit_is_refused),
		T(a_blit_with_a_resource_that_is_not_there_is_refused),
		T(a_blit_far_outside_touches_nothing_outside),
		T(a_copy_outside_is_refused),
		T(an_inline_write_needs_its_bytes),
		T(a_transfer_without_pages_is_refused),
		T(a_query_result_outside_its_pages_is_refused),
		T(vertices_outside_their_buffer_are_not_read),
		T(indices_outside_their_buffer_are_not_read),
		T(coordinates_that_are_no_numbers_draw_nothing),
		T(a_shader_that_never_ends_loses_its_context_only),
		T(a_draw_of_too_many_instructions_loses_its_context_only),
		T(destroying_what_is_bound_leaves_nothing_dangling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
