/* SPDX-License-Identifier: Apache-2.0 */
/* Resources, transfers, copies and blits that a guest should not ask for: see hostile.c. */
#include "hostile.h"

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

TEST(a_box_in_the_stream_outside_the_resource_is_refused)
{
	static const uint32_t boxes[3][6] = {
		{SIZE, 0, 0, 1, 1, 1}, {0, ~0u, 0, 1, 2, 1}, {0, 0, 0, 1, 1, 2}};
	static uint8_t memory[SIZE * SIZE * 4];
	struct iovec page = {memory, sizeof(memory)};

	assert_int_equal(bh_gpu_resource_attach(gpu, CANVAS, &page, 1), 0);
	for (unsigned i = 0; i < 9; i++) {
		static const unsigned commands[] = {BH_CMD_TRANSFER, BH_CMD_COPY_TRANSFER,
						    BH_CMD_INLINE_WRITE};
		const uint32_t *b = boxes[i / 3];
		uint32_t context = 10 + i;

		bh_gpu_context_create(gpu, context, "", 0);
		bh_gpu_context_attach(gpu, context, CANVAS);
		s->count = 0;
		command(s, commands[i % 3], 0, 14, CANVAS, 0, 0, 0, 0, b[0], b[1], b[2], b[3], b[4],
			b[5], i % 3 == 1 ? CANVAS : 0, i % 3 == 1 ? 0 : 1, 0);
		assert_int_equal(bh_gpu_submit(gpu, context, s->dwords, s->count), -EIO);
	}
}

TEST(a_staging_resource_that_is_too_small_is_refused)
{
	static uint8_t memory[64];
	struct iovec page = {memory, sizeof(memory)};

	make_resource(gpu, 50, 0, 64, 64, 1);
	assert_int_equal(bh_gpu_resource_attach(gpu, 50, &page, 1), 0);
	command(s, BH_CMD_COPY_TRANSFER, 0, 14, CANVAS, 0, 0, 0, 0, 0, 0, 0, 16, 1, 1, 50, 4, 0);
	refused(gpu, s);
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

static void holds_zeros(struct bh_gpu *gpu, uint32_t target, uint32_t format, uint32_t w,
			uint32_t h, size_t bytes)
{
	uint8_t *dirty = malloc(1 << 20), *found = malloc(bytes);
	struct bh_gpu_transfer t = {.resource = 50, .box = {0, 0, 0, w, h, 1}};
	struct iovec page = {found, bytes};

	memset(dirty, 0xa5, 1 << 20);
	free(dirty);
	memset(found, 0xa5, bytes);
	make_resource(gpu, 50, target, format, w, h);
	assert_int_equal(bh_gpu_transfer_out(gpu, CONTEXT, &t, &page, 1), 0);
	for (size_t i = 0; i < bytes; i++)
		assert_int_equal(found[i], 0);
	bh_gpu_resource_destroy(gpu, 50);
	free(found);
}

TEST(fresh_memory_is_zero)
{
	(void)s;
	holds_zeros(gpu, 2, 1, 8, 8, 256);      /* colours */
	holds_zeros(gpu, 2, 19, 8, 8, 256);     /* depth */
	holds_zeros(gpu, 0, 64, 1000, 1, 1000); /* a buffer */
	holds_zeros(gpu, 2, 106, 8, 8, 32);     /* blocks */
}

TEST(pages_that_are_attached_again_replace_the_first)
{
	static uint8_t memory[2][64];

	(void)s;
	for (unsigned i = 0; i < 100; i++) {
		struct iovec page = {memory[i % 2], 64};

		assert_int_equal(bh_gpu_resource_attach(gpu, CANVAS, &page, 1), 0);
	}
	assert_int_equal(bh_gpu_resource_attach(gpu, 999, NULL, 0), -EINVAL);
}

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

TEST(half_a_block_is_refused)
{
	static uint8_t memory[4096];
	struct iovec page = {memory, sizeof(memory)};
	struct bh_gpu_resource_args volume = {51, 3, 106, 0, 16, 16, 4, 1, 0, 0, 0};
	struct bh_gpu_transfer t = {.resource = 50, .box = {2, 0, 0, 4, 4, 1}};

	assert_int_equal(make_resource(gpu, 50, 2, 106, 18, 16), 0);
	assert_int_equal(bh_gpu_transfer_in(gpu, CONTEXT, &t, &page, 1), -EINVAL);
	t.box = (struct bh_gpu_box){0, 0, 0, 6, 4, 1};
	assert_int_equal(bh_gpu_transfer_in(gpu, CONTEXT, &t, &page, 1), -EINVAL);
	t.box = (struct bh_gpu_box){16, 0, 0, 4, 4, 1};
	assert_int_equal(bh_gpu_transfer_in(gpu, CONTEXT, &t, &page, 1), -EINVAL);
	t.box = (struct bh_gpu_box){16, 0, 0, 2, 16, 1};
	assert_int_equal(bh_gpu_transfer_in(gpu, CONTEXT, &t, &page, 1), 0);
	assert_int_equal(bh_gpu_resource_create(gpu, &volume), -EINVAL);
	command(s, BH_CMD_COPY_REGION, 0, 13, 50, 0, 1, 0, 0, 50, 0, 4, 0, 0, 4, 4, 1);
	refused(gpu, s);
}

TEST(a_blit_to_blocks_is_refused)
{
	make_resource(gpu, 50, 2, 106, 16, 16);
	command(s, BH_CMD_BLIT, 0, 21, 15, 0, 0, 50, 0, 67, 0, 0, 0, 16, 16, 1, CANVAS, 0, 1, 0, 0,
		0, 16, 16, 1);
	refused(gpu, s);
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

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_transfer_box_outside_the_resource_is_refused),
		T(a_box_in_the_stream_outside_the_resource_is_refused),
		T(a_staging_resource_that_is_too_small_is_refused),
		T(a_level_that_is_not_there_is_refused),
		T(pages_that_are_too_small_are_refused),
		T(strides_that_overlap_or_overflow_are_refused),
		T(resources_of_impossible_shape_are_refused),
		T(the_quota_holds_and_is_given_back),
		T(fresh_memory_is_zero),
		T(pages_that_are_attached_again_replace_the_first),
		T(a_blit_of_formats_that_do_not_fit_is_refused),
		T(a_blit_with_a_resource_that_is_not_there_is_refused),
		T(a_blit_far_outside_touches_nothing_outside),
		T(half_a_block_is_refused),
		T(a_blit_to_blocks_is_refused),
		T(a_copy_outside_is_refused),
		T(an_inline_write_needs_its_bytes),
		T(a_transfer_without_pages_is_refused),
		T(a_query_result_outside_its_pages_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
