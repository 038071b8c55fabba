/* SPDX-License-Identifier: Apache-2.0 */
/* What GLES 3.0 and GL 3.x add: from command streams written by hand, on every back end. */
#include "test.h"

#include "fixture.h"

#include "base/alloc.h"

#define TARGET 10

static int set_up(void **state)
{
	return set_up_with(state, 0);
}

static void run(struct bh_gpu *gpu, struct stream *s)
{
	assert_int_equal(submit(gpu, s), 0);
}

/* A target of this format instead of the canvas, 64x64. */
static void use_target(struct bh_gpu *gpu, struct stream *s, uint32_t format)
{
	assert_int_equal(make_resource(gpu, TARGET, 2, format, SIZE, SIZE), 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_FREE, TARGET, format, 0, 0);
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, 0, H_FREE);
}

/* `bytes` of a resource's level 0 from (x, 0, z) on. */
static void read_texel(struct bh_gpu *gpu, uint32_t resource, unsigned x, unsigned y, void *texel,
		       size_t bytes)
{
	struct iovec page = {texel, bytes};
	struct bh_gpu_transfer transfer = {.resource = resource, .box = {x, y, 0, 1, 1, 1}};

	assert_int_equal(bh_gpu_transfer_out(gpu, CONTEXT, &transfer, &page, 1), 0);
}

/* Integers pass unchanged, also those that would be a NaN, through shaders that only copy. */
TEST(integers_are_copied_bit_by_bit)
{
	static const int32_t color[4] = {-1, 0x7f800001, INT32_MIN, 42};
	int32_t texel[4];

	use_target(gpu, s, 200);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_VERTEX_ELEMENTS, 9, H_ELEMENTS, 0, 0, 0, 31, 16,
		0, 0, 200);
	command(s, BH_CMD_BIND_OBJECT, BH_OBJECT_VERTEX_ELEMENTS, 1, H_ELEMENTS);
	shader(s, H_VS, 0,
	       "VERT\nDCL IN[0]\nDCL IN[1]\nDCL OUT[0], POSITION\nDCL OUT[1], GENERIC[0]\n"
	       "DCL TEMP[0]\n  0: MOV OUT[0], IN[0]\n  1: MOV TEMP[0], IN[1]\n"
	       "  2: MOV OUT[1], TEMP[0]\n  3: END\n");
	shader(s, H_FS, 1,
	       "FRAG\nDCL IN[0], GENERIC[0], CONSTANT\nDCL OUT[0], COLOR\n"
	       "  0: MOV OUT[0], IN[0]\n  1: END\n");
	quad(s, -1, -1, 1, 1, 0, (const float *)(const void *)color);
	run(gpu, s);
	read_texel(gpu, TARGET, 5, 9, texel, sizeof(texel));
	assert_memory_equal(texel, color, sizeof(texel));
}

TEST(integer_targets_are_cleared_to_integers)
{
	static const uint32_t color[4] = {3000000000u, 0, 7, 1};
	uint8_t texel[4];
	float f[4];

	memcpy(f, color, sizeof(f));
	use_target(gpu, s, 180);
	clear(s, 4, f[0], f[1], f[2], f[3], 0, 0);
	run(gpu, s);
	read_texel(gpu, TARGET, 0, 0, texel, sizeof(texel));
	assert_memory_equal(texel, ((uint8_t[]){255, 0, 7, 1}), 4);
}

TEST(float_targets_keep_what_is_outside_0_and_1)
{
	float texel[4];

	use_target(gpu, s, 31);
	fill(s, 0, -2.5f, 1e20f, 0.5f, 3);
	run(gpu, s);
	read_texel(gpu, TARGET, 0, 0, texel, sizeof(texel));
	assert_memory_equal(texel, ((float[]){-2.5f, 1e20f, 0.5f, 3}), 16);
}

TEST(packed_floats_are_rounded)
{
	uint32_t texel;

	use_target(gpu, s, 124);
	fill(s, 0, 1, -1, 65536.0f, 1);
	run(gpu, s);
	read_texel(gpu, TARGET, 0, 0, &texel, 4);
	/* 1.0, 0 for what is negative, and the largest finite blue: 1023 - 32 */
	assert_int_equal(texel, (15u << 6) | 0 | 991u << 22);
}

TEST(srgb_targets_encode_and_blend_linearly)
{
	uint8_t texel[4];

	use_target(gpu, s, 104);
	fill(s, 0, 0.5f, 0, 1, 0.5f);
	run(gpu, s);
	read_texel(gpu, TARGET, 0, 0, texel, 4);
	assert_memory_equal(texel, ((uint8_t[]){188, 0, 255, 128}), 4);
	/* one + one: 0.5 + 0.25 in linear space */
	set_blend(s, 0, 0, 1u | 1u << 4 | 1u << 9 | 1u << 17 | 1u << 22 | BLEND_MASK(15));
	fill(s, 0, 0.25f, 0, 0, 0);
	run(gpu, s);
	read_texel(gpu, TARGET, 0, 0, texel, 4);
	assert_in_range(texel[0], 224, 226);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(integers_are_copied_bit_by_bit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(integer_targets_are_cleared_to_integers, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(float_targets_keep_what_is_outside_0_and_1, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(packed_floats_are_rounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(srgb_targets_encode_and_blend_linearly, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
