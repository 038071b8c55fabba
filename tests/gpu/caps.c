/* SPDX-License-Identifier: Apache-2.0 */
/* What each level advertises: the least that Mesa's driver wants for the version it stands for. */
#include "test.h"

#include "gpu/raster/state.h"
#include "gpu/texture/format.h"
#include "gpu/virgl/caps.h"

#include <string.h>

static struct bh_caps2 caps_of(enum bh_gpu_level level)
{
	struct bh_caps2 caps;

	bh_caps_fill(level, "test", 1 << 30, &caps);
	return caps;
}

static bool has(const uint32_t *mask, uint32_t format)
{
	return mask[format / 32] >> format % 32 & 1;
}

static void without_3d_nothing_is_offered(void **state)
{
	static const struct bh_caps2 nothing;
	struct bh_caps2 caps = caps_of(BH_GPU_LEVEL_2D);

	(void)state;
	assert_memory_equal(&caps, &nothing, sizeof(caps));
}

static void a_level_has_all_of_the_one_before(void **state)
{
	(void)state;
	for (int level = BH_GPU_LEVEL_B; level <= BH_GPU_LEVEL_C; level++) {
		struct bh_caps2 caps = caps_of((enum bh_gpu_level)level);
		struct bh_caps2 before = caps_of((enum bh_gpu_level)(level - 1));

		assert_int_equal(before.v1.features & ~caps.v1.features, 0);
		assert_int_equal(before.capabilities & ~caps.capabilities, 0);
		assert_true(caps.v1.glsl_level >= before.v1.glsl_level);
		for (unsigned i = 0; i < BH_FORMAT_WORDS; i++) {
			assert_int_equal(before.v1.sampler[i] & ~caps.v1.sampler[i], 0);
			assert_int_equal(before.v1.render[i] & ~caps.v1.render[i], 0);
		}
	}
}

static void gles_2_has_no_arrays_and_no_streams(void **state)
{
	struct bh_caps2 caps = caps_of(BH_GPU_LEVEL_A);

	(void)state;
	assert_int_equal(caps.v1.max_array_layers, 0);
	assert_int_equal(caps.v1.max_streamout_buffers, 0);
	assert_int_equal(caps.v1.max_samples, 1);
	assert_true(has(caps.v1.sampler, 1));
	assert_false(has(caps.v1.sampler, 31)); /* four floats */
}

static void gles_3_has_streams_blocks_samples_and_integers(void **state)
{
	struct bh_caps2 caps = caps_of(BH_GPU_LEVEL_B);

	(void)state;
	assert_int_equal(caps.v1.max_streamout_buffers, 4);
	assert_true(caps.v1.max_uniform_blocks >= 14);
	assert_int_equal(caps.v1.max_samples, 4);
	assert_true(caps.v1.max_array_layers >= 256);
	assert_true(has(caps.v1.render, 200));  /* four integers */
	assert_true(has(caps.v1.sampler, 126)); /* depth of floats, and a stencil */
	assert_int_equal(caps.v1.glsl_level, 130);
	assert_int_equal(caps.v1.max_dual_source_targets, 0);
}

static void gl_33_has_geometry_programs_texture_buffers_and_two_sources(void **state)
{
	struct bh_caps2 caps = caps_of(BH_GPU_LEVEL_C);
	const uint32_t features = BH_FEATURE_DEPTH_CLIP_DISABLE | BH_FEATURE_FRAGMENT_COORD |
				  BH_FEATURE_TEXTURE_MULTISAMPLE | BH_FEATURE_TIMER_QUERY |
				  BH_FEATURE_SEAMLESS_CUBE_PER_TEXTURE |
				  BH_FEATURE_INSTANCE_DIVISOR;

	(void)state;
	assert_int_equal(caps.v1.glsl_level, 330);
	assert_int_equal(caps.v1.features & features, features);
	assert_int_equal(caps.v1.max_dual_source_targets, 1);
	assert_true(caps.v1.max_texture_buffer >= 65536);
	assert_true(caps.max_geometry_vertices >= 256);
	assert_true(caps.max_geometry_components >= 1024);
	assert_true(caps.v1.primitives >> BH_TRIANGLE_STRIP_ADJACENCY & 1);
	assert_true(caps.max_vertex_outputs >= 32);
	assert_true(has(caps.v1.render, 253));  /* integers of 10, 10, 10 and 2 bits */
	assert_true(has(caps.v1.sampler, 195)); /* three integers: of buffers */
}

/* Drivers make such images of other formats; buffers may have them all the same. */
static void formats_that_only_buffers_have_are_not_offered(void **state)
{
	struct bh_caps2 caps = caps_of(BH_GPU_LEVEL_C);

	(void)state;
	for (uint32_t format = 201; format <= 224; format++) {
		assert_non_null(bh_format_get(format));
		assert_false(has(caps.v1.sampler, format));
		assert_false(has(caps.v1.render, format));
		assert_false(has(caps.v1.vertex, format));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_3d_nothing_is_offered),
		cmocka_unit_test(a_level_has_all_of_the_one_before),
		cmocka_unit_test(gles_2_has_no_arrays_and_no_streams),
		cmocka_unit_test(gles_3_has_streams_blocks_samples_and_integers),
		cmocka_unit_test(gl_33_has_geometry_programs_texture_buffers_and_two_sources),
		cmocka_unit_test(formats_that_only_buffers_have_are_not_offered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
