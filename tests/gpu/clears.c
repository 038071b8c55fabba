/* SPDX-License-Identifier: Apache-2.0 */
/* Clears are remembered by tiles and written when somebody needs the pixels. */
#include "fixture.h"

#define RED   0xffff0000u
#define GREEN 0xff00ff00u
#define BLUE  0xff0000ffu

static int set_up(void **state)
{
	return set_up_with(state, 0);
}

static void run(struct bh_gpu *gpu, struct stream *s)
{
	assert_int_equal(submit(gpu, s), 0);
}

static const char sampling[] =
	"FRAG\nDCL IN[0], COLOR, PERSPECTIVE\nDCL OUT[0], COLOR\nDCL SAMP[0]\n"
	"DCL SVIEW[0], 2D, FLOAT\n  0: TEX OUT[0], IN[0], SAMP[0], 2D\n  1: END\n";

/* From here on, draws have a texture's texel at their colour. */
static void sample(struct stream *s, uint32_t texture, uint32_t format)
{
	shader(s, H_FREE + 1, 1, sampling);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SAMPLER_STATE, 9, H_FREE + 2, 1u << 11, 0, 0,
		bits(1000), 0, 0, 0, 0);
	command(s, BH_CMD_BIND_SAMPLERS, 0, 3, 1, 0, H_FREE + 2);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SAMPLER_VIEW, 6, H_FREE + 3, texture,
		format | 2u << 24, 0, 0, 0 | 1 << 3 | 2 << 6 | 3 << 9);
	command(s, BH_CMD_SET_SAMPLER_VIEWS, 0, 3, 1, 0, H_FREE + 3);
}

static void sample_cleared(struct bh_gpu *gpu, struct stream *s, uint32_t size)
{
	assert_int_equal(make_resource(gpu, TEXTURE, 2, 1, size, size), 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_FREE, TEXTURE, 1, 0, 0);
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, 0, H_FREE);
	clear(s, 4, 1, 0, 0, 1, 0, 0);
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, H_DEPTH, H_SURFACE);
	sample(s, TEXTURE, 1);
	draw(s, 6,
	     (const struct vertex[]){{{-1, -1, 0, 1}, {0, 0, 0, 0}},
				     {{1, -1, 0, 1}, {1, 0, 0, 0}},
				     {{1, 1, 0, 1}, {1, 1, 0, 0}},
				     {{-1, 1, 0, 1}, {0, 1, 0, 0}}},
	     4);
	run(gpu, s);
	for (unsigned y = 0; y < SIZE; y++) {
		for (unsigned x = 0; x < SIZE; x++)
			assert_int_equal(pixel(gpu, x, y), RED);
	}
}

TEST(a_cleared_image_is_sampled_as_it_was_cleared)
{
	sample_cleared(gpu, s, 100);
}

TEST(a_cleared_image_that_threads_write_together_is_sampled_as_it_was_cleared)
{
	sample_cleared(gpu, s, 1024);
}

TEST(depth_that_is_bound_is_sampled_as_it_was_cleared)
{
	clear(s, 1, 0, 0, 0, 0, 1, 0);
	set_dsa(s, 0, 0, 0, 0);
	sample(s, DEPTH, 19);
	fill(s, 0, 0.5f, 0.5f, 0, 1);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 30, 30) & 0xff0000, 0xff0000);
}

TEST(a_texture_that_is_drawn_to_has_what_was_drawn_before_in_all_tiles)
{
	uint32_t row[128];

	assert_int_equal(make_resource(gpu, TEXTURE, 2, 1, 128, 64), 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_FREE, TEXTURE, 1, 0, 0);
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, 0, H_FREE);
	command(s, BH_CMD_SET_VIEWPORT, 0, 7, 0, bits(64), bits(32), bits(0.5f), bits(64), bits(32),
		bits(0.5f));
	clear(s, 4, 1, 0, 0, 1, 0, 0);
	quad(s, 0, -1, 1, 1, 0, (const float[]){0, 1, 0, 1});
	sample(s, TEXTURE, 1);
	quad(s, -1, -1, 0, 1, 0, (const float[]){0.75f, 0.5f, 0, 1});
	quad(s, 0, -1, 0.5f, 1, 0, (const float[]){0.9f, 0.5f, 0, 1});
	shader(s, H_FREE + 4, 1, fragment_text);
	quad(s, 0.5f, -1, 1, 1, 0, (const float[]){0, 0, 1, 1});
	run(gpu, s);
	assert_int_equal(bh_gpu_read_pixels(gpu, TEXTURE, 0, 30, 128, 1, row, sizeof(row)), 0);
	assert_int_equal(row[30], GREEN);
	assert_int_equal(row[70], GREEN);
	assert_int_equal(row[120], BLUE);
}

TEST(an_upload_to_a_part_leaves_the_rest_cleared)
{
	clear(s, 4, 1, 0, 0, 1, 0, 0);
	run(gpu, s);
	command(s, BH_CMD_INLINE_WRITE, 0, 12, CANVAS, 0, 0, 0, 0, 5, 6, 0, 1, 1, 1, BLUE);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 5, 6), BLUE);
	assert_int_equal(pixel(gpu, 6, 6), RED);
}

#define STENCIL_EQUAL (1u | 2u << 1 | 0xffu << 13 | 0xffu << 21)

TEST(clearing_depth_leaves_the_stencil_of_an_earlier_clear)
{
	clear(s, 3, 0, 0, 0, 0, 0, 5);
	run(gpu, s);
	bh_gpu_wait(gpu);
	clear(s, 1, 0, 0, 0, 0, 1, 0);
	command(s, BH_CMD_SET_STENCIL_REF, 0, 1, 0x0505);
	set_dsa(s, 1 | 2 | 1 << 2, STENCIL_EQUAL, 0, 0);
	fill(s, 0.5f, 0, 1, 0, 1);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 30, 30), GREEN);
}

TEST(drawing_after_a_clear_of_an_earlier_submission_keeps_what_it_does_not_cover)
{
	clear(s, 4, 1, 0, 0, 1, 0, 0);
	run(gpu, s);
	bh_gpu_wait(gpu);
	quad(s, -1, -1, 0, 1, 0, (const float[]){0, 1, 0, 1});
	run(gpu, s);
	assert_int_equal(pixel(gpu, 10, 10), GREEN);
	assert_int_equal(pixel(gpu, 50, 10), RED);
}

TEST(an_image_that_is_two_targets_has_the_later_clear)
{
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 4, 2, H_DEPTH, H_SURFACE, H_SURFACE);
	clear(s, 4, 1, 0, 0, 1, 0, 0);
	clear(s, 8, 0, 1, 0, 1, 0, 0);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 30, 30), GREEN);
}

/* Memory that has the colour already is not written again: unless somebody wrote to it. */
TEST(what_was_written_over_a_clear_is_cleared_again)
{
	for (unsigned way = 0; way < 6; way++) {
		clear(s, 4, 1, 0, 0, 1, 0, 0);
		run(gpu, s);
		assert_int_equal(pixel(gpu, 5, 6), RED);
		switch (way) {
		case 0:
			command(s, BH_CMD_INLINE_WRITE, 0, 12, CANVAS, 0, 0, 0, 0, 5, 6, 0, 1, 1, 1,
				BLUE);
			break;
		case 1:
			quad(s, -1, -1, 0, 1, 0, (const float[]){0, 1, 0, 1});
			break;
		case 2:
			fill(s, 0, 0, 1, 0, 1);
			break;
		case 3:
			make_resource(gpu, TEXTURE, 2, 1, SIZE, SIZE);
			command(s, BH_CMD_COPY_REGION, 0, 13, CANVAS, 0, 0, 0, 0, TEXTURE, 0, 0, 0,
				0, SIZE, SIZE, 1);
			break;
		case 4:
			command(s, BH_CMD_BLIT, 0, 21, 15u, 0, 0, CANVAS, 0, 1, 0, 0, 0, 32, 32, 1,
				TEXTURE, 0, 1, 0, 0, 0, SIZE, SIZE, 1);
			break;
		default:
			/* Two targets: nothing is remembered. */
			command(s, BH_CMD_SET_FRAMEBUFFER, 0, 4, 2, H_DEPTH, H_SURFACE, H_SURFACE);
			clear(s, 4, 0, 1, 0, 1, 0, 0);
			clear(s, 8, 0, 1, 0, 1, 0, 0);
			run(gpu, s);
			command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, H_DEPTH, H_SURFACE);
			break;
		}
		run(gpu, s);
		assert_int_not_equal(pixel(gpu, 5, 6), RED);
		clear(s, 4, 1, 0, 0, 1, 0, 0);
		run(gpu, s);
		for (unsigned i = 0; i < SIZE; i++)
			assert_int_equal(pixel(gpu, i, i), RED);
	}
}

TEST(a_clear_of_some_channels_changes_memory_that_had_one_colour)
{
	clear(s, 4, 1, 0, 0, 1, 0, 0);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 5, 6), RED);
	clear(s, 3, 0, 0, 0, 0, 1, 0xff);
	run(gpu, s);
	clear(s, 2, 0, 0, 0, 0, 0, 5);
	run(gpu, s);
	bh_gpu_wait(gpu);
	clear(s, 1, 0, 0, 0, 0, 1, 0);
	command(s, BH_CMD_SET_STENCIL_REF, 0, 1, 0x0505);
	set_dsa(s, 1 | 2 | 1 << 2, STENCIL_EQUAL, 0, 0);
	fill(s, 0.5f, 0, 1, 0, 1);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 30, 30), GREEN);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_cleared_image_is_sampled_as_it_was_cleared),
		T(a_cleared_image_that_threads_write_together_is_sampled_as_it_was_cleared),
		T(depth_that_is_bound_is_sampled_as_it_was_cleared),
		T(a_texture_that_is_drawn_to_has_what_was_drawn_before_in_all_tiles),
		T(an_upload_to_a_part_leaves_the_rest_cleared),
		T(clearing_depth_leaves_the_stencil_of_an_earlier_clear),
		T(drawing_after_a_clear_of_an_earlier_submission_keeps_what_it_does_not_cover),
		T(an_image_that_is_two_targets_has_the_later_clear),
		T(what_was_written_over_a_clear_is_cleared_again),
		T(a_clear_of_some_channels_changes_memory_that_had_one_colour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
