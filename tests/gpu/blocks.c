/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed textures: what blocks stand for, and that they come back as they were given. */
#include "fixture.h"

#include "gpu/texture/blocks.h"

static int set_up(void **state)
{
	return set_up_with(state, 64 << 20);
}

/* A block and its first four texels, in the order of its texels' format. */
struct known {
	const char *what;
	unsigned number, bytes;
	uint8_t block[16], texels[16];
};

static const struct known known[] = {
	{"two colours, and two between them",
	 106,
	 8,
	 {0x00, 0xf8, 0x1f, 0x00, 0xe4},
	 {255, 0, 0, 255, 0, 0, 255, 255, 170, 0, 85, 255, 85, 0, 170, 255}},
	{"two colours, one between them, and nothing",
	 106,
	 8,
	 {0x1f, 0x00, 0x00, 0xf8, 0xe4},
	 {0, 0, 255, 255, 255, 0, 0, 255, 127, 0, 127, 255, 0, 0, 0, 0}},
	{"the same without alpha: black",
	 105,
	 8,
	 {0x1f, 0x00, 0x00, 0xf8, 0xe4},
	 {0, 0, 255, 255, 255, 0, 0, 255, 127, 0, 127, 255, 0, 0, 0, 255}},
	{"four bits of alpha; the order of the colours says nothing",
	 107,
	 16,
	 {0x10, 0xfa, 0, 0, 0, 0, 0, 0, 0x1f, 0x00, 0x00, 0xf8, 0xe4},
	 {0, 0, 255, 0, 255, 0, 0, 17, 85, 0, 170, 170, 170, 0, 85, 255}},
	{"alpha from a ramp of eight",
	 108,
	 16,
	 {255, 0, 0x88, 0x06, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0},
	 {255, 255, 255, 255, 255, 255, 255, 0, 255, 255, 255, 218, 255, 255, 255, 182}},
	{"a ramp of six and the ends of the range",
	 113,
	 8,
	 {50, 100, 0xd1, 0x0f},
	 {100, 60, 255, 255}},
	{"a ramp with a sign", 114, 8, {0x81, 0x7f, 0xb8, 0x0b}, {0x81, 0x7f, 0x81, 0x4c}},
	{"two ramps", 115, 16, {9, 1, 0, 0, 0, 0, 0, 0, 7, 1, 9}, {9, 1, 9, 1, 9, 7, 9, 7}},
};

static void blocks_stand_for_these_texels(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const struct bh_block_format *format = bh_block_format_get(known[i].number);
		unsigned bytes = bh_format_get(format->texels)->bytes;
		uint8_t texels[64];

		assert_int_equal(format->number, known[i].number);
		assert_int_equal(format->bytes, known[i].bytes);
		format->decode(known[i].block, texels);
		if (memcmp(texels, known[i].texels, (size_t)bytes * 4)) {
			for (unsigned k = 0; k < bytes * 4; k++)
				print_error(" %u", texels[k]);
			fail_msg(": %s", known[i].what);
		}
	}
}

static void numbers_of_other_formats_are_no_blocks(void **state)
{
	(void)state;
	assert_null(bh_block_format_get(0));
	assert_null(bh_block_format_get(104));
	assert_null(bh_block_format_get(117));
	assert_null(bh_block_format_get(~0u));
	assert_null(bh_format_get(106));
}

/* 10x6 texels: three columns and two rows of blocks, of which the last are not whole. */
static void make_odd(struct bh_gpu *gpu, uint8_t blocks[48])
{
	struct iovec page = {blocks, 48};
	struct bh_gpu_transfer t = {.resource = 50, .box = {0, 0, 0, 10, 6, 1}};

	for (unsigned i = 0; i < 48; i++)
		blocks[i] = (uint8_t)(i * 37 + 11);
	assert_int_equal(make_resource(gpu, 50, 2, 106, 10, 6), 0);
	assert_int_equal(bh_gpu_transfer_in(gpu, CONTEXT, &t, &page, 1), 0);
}

TEST(blocks_come_back_as_they_were_given)
{
	uint8_t blocks[48], found[48];
	struct iovec page = {found, sizeof(found)};
	struct bh_gpu_transfer t = {.resource = 50, .box = {0, 0, 0, 10, 6, 1}};

	(void)s;
	make_odd(gpu, blocks);
	assert_int_equal(bh_gpu_transfer_out(gpu, CONTEXT, &t, &page, 1), 0);
	assert_memory_equal(found, blocks, sizeof(blocks));
}

TEST(a_part_is_changed_and_the_rest_stays)
{
	static const uint8_t red[8] = {0x00, 0xf8, 0x00, 0xf8};
	uint8_t blocks[48], found[48];
	struct iovec page = {(void *)red, sizeof(red)};
	struct bh_gpu_transfer t = {.resource = 50, .box = {8, 4, 0, 2, 2, 1}};
	uint32_t pixels[4], before[2];

	(void)s;
	make_odd(gpu, blocks);
	assert_int_equal(bh_gpu_read_pixels(gpu, 50, 6, 4, 2, 1, before, 8), 0);
	assert_int_equal(bh_gpu_transfer_in(gpu, CONTEXT, &t, &page, 1), 0);
	assert_int_equal(bh_gpu_read_pixels(gpu, 50, 6, 4, 4, 1, pixels, 16), 0);
	assert_memory_equal(pixels, before, 8);
	assert_int_equal(pixels[2], 0xffff0000);
	assert_int_equal(pixels[3], 0xffff0000);
	page = (struct iovec){found, sizeof(found)};
	t.box = (struct bh_gpu_box){0, 0, 0, 10, 6, 1};
	assert_int_equal(bh_gpu_transfer_out(gpu, CONTEXT, &t, &page, 1), 0);
	assert_memory_equal(found, blocks, 40);
	assert_memory_equal(found + 40, red, 8);
}

TEST(copies_move_blocks_and_their_texels)
{
	uint8_t blocks[48], found[8];
	struct iovec page = {found, sizeof(found)};
	struct bh_gpu_transfer t = {.resource = 51, .box = {4, 0, 0, 4, 4, 1}};
	uint32_t from[16], to[16];

	make_odd(gpu, blocks);
	assert_int_equal(make_resource(gpu, 51, 2, 106, 8, 4), 0);
	command(s, BH_CMD_COPY_REGION, 0, 13, 51, 0, 4, 0, 0, 50, 0, 4, 0, 0, 4, 4, 1);
	assert_int_equal(submit(gpu, s), 0);
	assert_int_equal(bh_gpu_transfer_out(gpu, CONTEXT, &t, &page, 1), 0);
	assert_memory_equal(found, blocks + 8, 8);
	assert_int_equal(bh_gpu_read_pixels(gpu, 50, 4, 0, 4, 4, from, 16), 0);
	assert_int_equal(bh_gpu_read_pixels(gpu, 51, 4, 0, 4, 4, to, 16), 0);
	assert_memory_equal(from, to, sizeof(from));
}

TEST(a_blit_reads_texels)
{
	uint8_t blocks[48];
	uint32_t from[60], to[60];

	make_odd(gpu, blocks);
	assert_int_equal(make_resource(gpu, 51, 2, 1, 10, 6), 0);
	command(s, BH_CMD_BLIT, 0, 21, 15, 0, 0, 51, 0, 1, 0, 0, 0, 10, 6, 1, 50, 0, 106, 0, 0, 0,
		10, 6, 1);
	assert_int_equal(submit(gpu, s), 0);
	assert_int_equal(bh_gpu_read_pixels(gpu, 50, 0, 0, 10, 6, from, 40), 0);
	assert_int_equal(bh_gpu_read_pixels(gpu, 51, 0, 0, 10, 6, to, 40), 0);
	assert_memory_equal(from, to, sizeof(from));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_stand_for_these_texels),
		cmocka_unit_test(numbers_of_other_formats_are_no_blocks),
		T(blocks_come_back_as_they_were_given),
		T(a_part_is_changed_and_the_rest_stays),
		T(copies_move_blocks_and_their_texels),
		T(a_blit_reads_texels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
