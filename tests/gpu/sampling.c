/* SPDX-License-Identifier: Apache-2.0 */
/* The vector paths of sampling against the path for one lane, bit by bit, with any numbers. */
#include "test.h"

#include "gpu/texture/format.h"
#include "gpu/texture/sample.h"

#include "base/alloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint32_t next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static float any_float(uint32_t *state)
{
	uint32_t bits = next(state), kind = next(state) % 8;
	float value;

	if (kind == 0) {
		memcpy(&value, &bits, 4); /* also NaN and infinity */
		return value;
	}
	value = (float)(bits & 0xffff) / 65536.0f;
	return kind == 1 ? value * 1000 - 500 : kind < 4 ? value * 4 - 2 : value;
}

#define SIDE 32

static void fill_view(struct bh_texture_view *view, const uint8_t *data, unsigned format,
		      uint32_t *state)
{
	static const enum bh_wrap wraps[] = {BH_WRAP_REPEAT, BH_WRAP_CLAMP_TO_EDGE,
					     BH_WRAP_MIRROR_REPEAT};

	memset(view, 0, sizeof(*view));
	view->format = bh_format_get(format);
	view->target = BH_TEX_2D;
	view->level_count = next(state) % 2 ? 6 : 1;
	for (unsigned i = 0; i < view->level_count; i++) {
		unsigned w = SIDE >> i, h = (SIDE - 4) >> i;

		view->levels[i] = (struct bh_texture_level){
			.data = data,
			.width = w ? w : 1,
			.height = h ? h : 1,
			.depth = 1,
			.row_stride = SIDE * 4,
			.layer_stride = SIDE * SIDE * 4,
		};
	}
	for (unsigned i = 0; i < 4; i++)
		view->swizzle[i] = (uint8_t)(next(state) % 6);
	view->sampler.wrap[0] = wraps[next(state) % 3];
	view->sampler.wrap[1] = wraps[next(state) % 3];
	view->sampler.min = next(state) % 2 ? BH_FILTER_LINEAR : BH_FILTER_NEAREST;
	view->sampler.mag = next(state) % 2 ? BH_FILTER_LINEAR : BH_FILTER_NEAREST;
	view->sampler.mip = (enum bh_mip_filter)(next(state) % 3);
	view->sampler.compares = next(state) % 2;
	view->sampler.compare = (enum bh_compare)(next(state) % 8);
	view->sampler.max_lod = 1000;
	view->sampler.min_lod = next(state) % 4 ? 0 : 1.5f;
	view->sampler.lod_bias = next(state) % 4 ? 0 : any_float(state);
	bh_texture_view_finish(view);
}

static void fill_sample(struct bh_sample *sample, unsigned lanes, uint32_t *state)
{
	memset(sample, 0, sizeof(*sample));
	sample->kind = (enum bh_sample_kind)(next(state) % 4);
	sample->target = next(state) % 2 ? BH_TEX_2D : BH_TEX_SHADOW_2D;
	sample->lanes = lanes;
	sample->mask = next(state) & ((1u << lanes) - 1);
	for (unsigned i = 0; i < lanes; i++) {
		for (unsigned c = 0; c < 4; c++)
			sample->coord[c][i] = any_float(state);
		sample->lod[i] = any_float(state) * 3;
		for (unsigned c = 0; c < 3; c++) {
			sample->ddx[c][i] = any_float(state);
			sample->ddy[c][i] = any_float(state);
		}
	}
}

static bool is_nan(float value)
{
	return value != value;
}

static void compare_paths(unsigned lanes, unsigned format, uint32_t *state, const uint8_t *data)
{
	float fast[4][BH_LANES_MAX] = {{0}}, slow[4][BH_LANES_MAX] = {{0}};
	struct bh_texture_view view;
	struct bh_sample sample;

	fill_view(&view, data, format, state);
	fill_sample(&sample, lanes, state);
	assert_true(view.fast_2d);
	bh_texture_sample(&view, &sample, fast);
	bh_texture_sample_generic(&view, &sample, slow);
	for (unsigned c = 0; c < 4; c++) {
		for (unsigned i = 0; i < lanes; i++) {
			if (!(sample.mask >> i & 1) || (is_nan(fast[c][i]) && is_nan(slow[c][i])))
				continue;
			if (memcmp(&fast[c][i], &slow[c][i], 4))
				fail_msg("%u lanes, format %u, lane %u: %g, not %g", lanes, format,
					 i, (double)fast[c][i], (double)slow[c][i]);
		}
	}
}

static bool has_lanes(unsigned lanes)
{
#if defined(__x86_64__)
	if (lanes == 8)
		return __builtin_cpu_supports("avx2");
	if (lanes == 16)
		return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
		       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
#endif
	return lanes > 0;
}

static void all_widths_sample_alike(void **test)
{
	static const unsigned formats[] = {1, 2, 67, 9, 10, 64, 16, 19, 20, 18};
	uint8_t *data = bh_alloc(SIDE * SIDE * 4 + BH_TEXTURE_SLACK);
	uint32_t state = 12345;

	(void)test;
	for (unsigned i = 0; i < SIDE * SIDE * 4; i++)
		data[i] = (uint8_t)next(&state);
	/* Depth as floats must be depth. */
	for (unsigned i = 0; i < 60000; i++) {
		unsigned lanes = 4u << i % 3, format = formats[i / 3 % 10];

		if (has_lanes(lanes) && format != 18)
			compare_paths(lanes, format, &state, data);
	}
	free(data);
}

static void nothing_bound_is_black(void **test)
{
	struct bh_sample sample = {.lanes = 4, .mask = 15};
	float result[4][BH_LANES_MAX];

	(void)test;
	bh_texture_sample(NULL, &sample, result);
	assert_true(result[0][3] == 0 && result[3][3] == 1);
}

static void white_stays_white(void **test)
{
	uint8_t data[4 * 4 * 4 + BH_TEXTURE_SLACK];
	struct bh_texture_view view = {
		.format = bh_format_get(1),
		.target = BH_TEX_2D,
		.swizzle = {0, 1, 2, 3},
		.level_count = 1,
		.levels = {{data, 4, 4, 1, 16, 64}},
		.sampler = {.min = BH_FILTER_LINEAR, .mag = BH_FILTER_LINEAR, .max_lod = 10},
	};
	struct bh_sample sample = {.lanes = 4, .mask = 15};
	float result[4][BH_LANES_MAX];

	(void)test;
	memset(data, 0xff, sizeof(data));
	bh_texture_view_finish(&view);
	for (unsigned i = 0; i < 4; i++)
		sample.coord[0][i] = sample.coord[1][i] = 0.3f * (float)i;
	bh_texture_sample(&view, &sample, result);
	for (unsigned i = 0; i < 4; i++)
		assert_true(result[0][i] == 1.0f && result[3][i] == 1.0f);
}

/* 32x32 texels whose value is eight times their column, sampled between two of them. */
static float sample_stretched(unsigned max_anisotropy, float along_x, float along_y)
{
	static uint8_t data[SIDE * SIDE + BH_TEXTURE_SLACK];
	struct bh_texture_view view = {
		.format = bh_format_get(64),
		.target = BH_TEX_2D,
		.swizzle = {0, 1, 2, 3},
		.level_count = 2,
		.levels = {{data, SIDE, SIDE, 1, SIDE, SIDE * SIDE},
			   {data + 12, SIDE / 2, SIDE / 2, 1, 0, 0}},
		.sampler = {.min = BH_FILTER_LINEAR,
			    .mag = BH_FILTER_LINEAR,
			    .mip = BH_MIP_NEAREST,
			    .max_lod = 10,
			    .max_anisotropy = max_anisotropy},
	};
	struct bh_sample sample = {.kind = BH_SAMPLE_GRAD, .lanes = 4, .mask = 4};
	float result[4][BH_LANES_MAX];

	for (unsigned i = 0; i < SIDE * SIDE; i++)
		data[i] = (uint8_t)(i % SIDE * 8);
	bh_texture_view_finish(&view);
	sample.coord[0][2] = sample.coord[1][2] = 0.5f;
	sample.ddx[0][2] = along_x / SIDE;
	sample.ddy[1][2] = along_y / SIDE;
	bh_texture_sample(&view, &sample, result);
	return result[0][2] * 255;
}

/* Level 1 is another picture: whoever reads it is far away. */
static void a_long_footprint_is_sampled_along_its_length(void **test)
{
	(void)test;
	assert_true(fabsf(sample_stretched(16, 8, 1) - 15.5f * 8) < 0.01f);
	assert_true(fabsf(sample_stretched(16, 8, 0.01f) - 15.5f * 8) < 0.01f);
	assert_true(fabsf(sample_stretched(1, 8, 1) - 15.5f * 8) > 4);
	assert_true(fabsf(sample_stretched(2, 8, 1) - 15.5f * 8) > 4);
	assert_true(fabsf(sample_stretched(16, 8, 8) - 15.5f * 8) > 4);
}

static void a_round_footprint_is_sampled_once(void **test)
{
	(void)test;
	for (float size = 0.25f; size < 9; size *= 1.5f)
		assert_true(sample_stretched(16, size, size) == sample_stretched(1, size, size));
}

/* dFdx() and dFdy() are a quad's; a program that passes them on gets what it gets without. */
static void a_cubes_steps_are_alike_when_a_program_gives_them(void **test)
{
	struct bh_texture_view view = {.target = BH_TEX_CUBE, .level_count = 6};
	uint32_t state = 77;

	(void)test;
	view.levels[0] = (struct bh_texture_level){.width = SIDE, .height = SIDE, .depth = 6};
	for (unsigned round = 0; round < 1000; round++) {
		struct bh_sample own = {.kind = BH_SAMPLE_IMPLICIT, .lanes = 8, .mask = 0xff},
				 given;
		float automatic[BH_LANES_MAX], explicit[BH_LANES_MAX];

		for (unsigned i = 0; i < 3 * 8; i++)
			own.coord[i / 8][i % 8] = any_float(&state);
		given = own;
		given.kind = BH_SAMPLE_GRAD;
		for (unsigned i = 0; i < 3 * 8; i++) {
			const float *quad = &own.coord[i / 8][i % 8 & ~3u];

			given.ddx[i / 8][i % 8] = quad[1] - quad[0];
			given.ddy[i / 8][i % 8] = quad[2] - quad[0];
		}
		bh_texture_lod(&view, &own, automatic);
		bh_texture_lod(&view, &given, explicit);
		assert_memory_equal(automatic, explicit, 8 * sizeof(float));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_widths_sample_alike),
		cmocka_unit_test(a_cubes_steps_are_alike_when_a_program_gives_them),
		cmocka_unit_test(nothing_bound_is_black),
		cmocka_unit_test(white_stays_white),
		cmocka_unit_test(a_long_footprint_is_sampled_along_its_length),
		cmocka_unit_test(a_round_footprint_is_sampled_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
