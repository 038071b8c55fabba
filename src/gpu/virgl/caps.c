/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/virgl/caps.h"

#include "gpu/raster/state.h"
#include "gpu/texture/format.h"

#include <stdio.h>
#include <string.h>

static void set_number(uint32_t mask[BH_FORMAT_WORDS], uint32_t number)
{
	mask[number / 32] |= 1u << number % 32;
}

static void set(uint32_t mask[BH_FORMAT_WORDS], const struct bh_format *format)
{
	set_number(mask, format->number);
}

static void fill_formats(enum bh_gpu_level level, struct bh_caps2 *caps)
{
	const struct bh_block_format *blocks;
	const struct bh_format *format;

	for (size_t i = 0; (format = bh_format_at(i)); i++) {
		if (bh_format_is_sampled(format, level))
			set(caps->v1.sampler, format);
		if (bh_format_is_depth(format) && bh_format_is_sampled(format, level))
			set(caps->v1.depth_stencil, format);
		if (bh_format_is_rendered(format, level))
			set(caps->v1.render, format);
		if (bh_format_is_vertex(format))
			set(caps->v1.vertex, format);
	}
	/* Those with a sign are of GL 3.0, as plain formats are. */
	for (size_t i = 0; (blocks = bh_block_format_at(i)); i++) {
		if (bh_format_is_sampled(bh_format_get(blocks->texels), level))
			set_number(caps->v1.sampler, blocks->number);
	}
	memcpy(caps->readback, caps->v1.sampler, sizeof(caps->readback));
	set(caps->scanout, bh_format_get(1));
	set(caps->scanout, bh_format_get(2));
}

/* GLES 3.0 and GL 3.0. */
static void fill_level_b(struct bh_caps2 *caps)
{
	caps->v1.features |= BH_FEATURE_INDEPENDENT_BLEND | BH_FEATURE_INDEPENDENT_BLEND_FUNC |
			     BH_FEATURE_CONDITIONAL_RENDER | BH_FEATURE_START_INSTANCE |
			     BH_FEATURE_PRIMITIVE_RESTART | BH_FEATURE_INSTANCE_ID |
			     BH_FEATURE_INSTANCE_DIVISOR | BH_FEATURE_SEAMLESS_CUBE |
			     BH_FEATURE_SEAMLESS_CUBE_PER_TEXTURE | BH_FEATURE_TIMER_QUERY |
			     BH_FEATURE_STREAMOUT_PAUSE | BH_FEATURE_UNIFORM_BUFFERS |
			     BH_FEATURE_TEXTURE_MULTISAMPLE |
			     BH_FEATURE_CONDITIONAL_RENDER_INVERTED |
			     BH_FEATURE_STREAMOUT_OVERFLOW_QUERY;
	caps->v1.max_array_layers = BH_TEXTURE_LAYERS_MAX;
	caps->v1.max_streamout_buffers = BH_STREAM_BUFFERS_MAX;
	caps->v1.max_uniform_blocks = BH_SHADER_BUFFERS_MAX;
	caps->v1.max_samples = BH_SAMPLES_MAX;
	for (unsigned i = 0; i < BH_FORMAT_WORDS; i++)
		caps->multisample[i] = caps->v1.render[i] | caps->v1.depth_stencil[i];
	/* raster/samples.inc's, in 1/16 pixel: four bits of x, four of y a sample. */
	caps->sample_locations[0] = 0x44cc;
	caps->sample_locations[1] = 0xae2ae662;
	caps->texel_offset[0] = -8;
	caps->texel_offset[1] = 7;
	caps->capabilities |= BH_CAPABILITY_SRGB_WRITE_CONTROL | BH_CAPABILITY_TEXTURE_BARRIER;
}

/* GL 3.3. */
static void fill_level_c(struct bh_caps2 *caps)
{
	caps->v1.features |= BH_FEATURE_DEPTH_CLIP_DISABLE;
	caps->v1.glsl_level = 330;
	caps->v1.primitives = (1u << BH_PRIMITIVES) - 1;
	caps->v1.max_dual_source_targets = 1;
	caps->v1.max_texture_buffer = BH_TEXTURE_BUFFER_MAX;
	caps->max_geometry_vertices = BH_GEOMETRY_VERTICES_MAX;
	caps->max_geometry_components = BH_GEOMETRY_COMPONENTS_MAX;
}

void bh_caps_fill(enum bh_gpu_level level, const char *back_end, uint64_t quota,
		  struct bh_caps2 *caps)
{
	memset(caps, 0, sizeof(*caps));
	if (level < BH_GPU_LEVEL_A)
		return;
	fill_formats(level, caps);
	caps->v1.max_version = 2;
	caps->v1.features = BH_FEATURE_BLEND_EQUATION_SEPARATE | BH_FEATURE_OCCLUSION_QUERY |
			    BH_FEATURE_COLOR_CLAMPING | BH_FEATURE_POLYGON_STIPPLE |
			    BH_FEATURE_MIRROR_CLAMP | BH_FEATURE_POLYGON_OFFSET_CLAMP |
			    BH_FEATURE_FRAGMENT_COORD;
	caps->v1.glsl_level = 130;
	caps->v1.max_render_targets = BH_COLOR_TARGETS_MAX;
	caps->v1.max_samples = 1;
	caps->v1.primitives = (1u << (BH_POLYGON + 1)) - 1;
	caps->v1.max_viewports = 1;
	caps->aliased_point_size[0] = caps->smooth_point_size[0] = 1;
	caps->aliased_point_size[1] = caps->smooth_point_size[1] = 2048;
	caps->aliased_line_width[0] = caps->smooth_line_width[0] = 1;
	caps->aliased_line_width[1] = caps->smooth_line_width[1] = 255;
	caps->max_lod_bias = 16;
	caps->max_anisotropy = BH_ANISOTROPY_MAX;
	caps->max_vertex_outputs = 32;
	caps->max_vertex_attribs = 16;
	caps->max_vertex_stride = 2048;
	caps->texture_buffer_alignment = caps->uniform_buffer_alignment = 16;
	caps->shader_buffer_alignment = 16;
	caps->capabilities =
		BH_CAPABILITY_TRANSFER | BH_CAPABILITY_MIXED_COLORS | BH_CAPABILITY_COPY_TRANSFER;
	caps->capabilities2 = BH_CAPABILITY2_COPY_TRANSFER_BOTH |
			      BH_CAPABILITY2_MIRROR_CLAMP_TO_EDGE | BH_CAPABILITY2_MIRROR_CLAMP;
	if (level >= BH_GPU_LEVEL_B)
		fill_level_b(caps);
	if (level >= BH_GPU_LEVEL_C)
		fill_level_c(caps);
	caps->max_2d_size = BH_TEXTURE_SIZE_MAX;
	/* The largest with all levels and 8 bytes a texel fits the default quota. */
	caps->max_3d_size = 256;
	caps->max_cube_size = 2048;
	caps->host_feature_version = 22;
	caps->video_memory = (uint32_t)(quota >> 20);
	caps->max_samplers = BH_SHADER_SAMPLERS_MAX;
	for (unsigned i = 0; i < 6; i++)
		caps->max_constant_size[i] = BH_SHADER_CONSTS_MAX * 16;
	caps->max_uniform_block_size = BH_SHADER_CONSTS_MAX * 16;
	snprintf(caps->renderer, sizeof(caps->renderer), "Bulkhead (%s)", back_end);
}
