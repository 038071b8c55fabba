/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virgl protocol's numbers, as a guest's driver sends them. A command is a header (command in
 * bits 0-7, object type in 8-15, length in dwords in 16-31) and its arguments.
 */
#ifndef BH_GPU_VIRGL_PROTOCOL_H
#define BH_GPU_VIRGL_PROTOCOL_H

enum bh_command {
	BH_CMD_NOP = 0,
	BH_CMD_CREATE_OBJECT = 1,
	BH_CMD_BIND_OBJECT = 2,
	BH_CMD_DESTROY_OBJECT = 3,
	BH_CMD_SET_VIEWPORT = 4,
	BH_CMD_SET_FRAMEBUFFER = 5,
	BH_CMD_SET_VERTEX_BUFFERS = 6,
	BH_CMD_CLEAR = 7,
	BH_CMD_DRAW = 8,
	BH_CMD_INLINE_WRITE = 9,
	BH_CMD_SET_SAMPLER_VIEWS = 10,
	BH_CMD_SET_INDEX_BUFFER = 11,
	BH_CMD_SET_CONSTANTS = 12,
	BH_CMD_SET_STENCIL_REF = 13,
	BH_CMD_SET_BLEND_COLOR = 14,
	BH_CMD_SET_SCISSOR = 15,
	BH_CMD_BLIT = 16,
	BH_CMD_COPY_REGION = 17,
	BH_CMD_BIND_SAMPLERS = 18,
	BH_CMD_BEGIN_QUERY = 19,
	BH_CMD_END_QUERY = 20,
	BH_CMD_GET_QUERY_RESULT = 21,
	BH_CMD_SET_POLYGON_STIPPLE = 22,
	BH_CMD_SET_CLIP_PLANES = 23,
	BH_CMD_SET_SAMPLE_MASK = 24,
	BH_CMD_SET_STREAMOUT_TARGETS = 25,
	BH_CMD_SET_RENDER_CONDITION = 26,
	BH_CMD_SET_UNIFORM_BUFFER = 27,
	BH_CMD_SET_SUB_CONTEXT = 28,
	BH_CMD_CREATE_SUB_CONTEXT = 29,
	BH_CMD_DESTROY_SUB_CONTEXT = 30,
	BH_CMD_BIND_SHADER = 31,
	BH_CMD_SET_TESS_STATE = 32,
	BH_CMD_SET_MIN_SAMPLES = 33,
	BH_CMD_SET_SHADER_BUFFERS = 34,
	BH_CMD_SET_SHADER_IMAGES = 35,
	BH_CMD_MEMORY_BARRIER = 36,
	BH_CMD_SET_FRAMEBUFFER_NO_ATTACH = 38,
	BH_CMD_TEXTURE_BARRIER = 39,
	BH_CMD_SET_ATOMIC_BUFFERS = 40,
	BH_CMD_SET_DEBUG_FLAGS = 41,
	BH_CMD_TRANSFER = 43,
	BH_CMD_END_TRANSFERS = 44,
	BH_CMD_COPY_TRANSFER = 45,
	BH_CMD_SET_TWEAKS = 46,
	BH_CMD_STRING_MARKER = 51,
	BH_CMD_LINK_SHADER = 52,
	BH_COMMANDS = 64,
};

enum bh_object_type {
	BH_OBJECT_BLEND = 1,
	BH_OBJECT_RASTERIZER = 2,
	BH_OBJECT_DEPTH_STENCIL = 3,
	BH_OBJECT_SHADER = 4,
	BH_OBJECT_VERTEX_ELEMENTS = 5,
	BH_OBJECT_SAMPLER_VIEW = 6,
	BH_OBJECT_SAMPLER_STATE = 7,
	BH_OBJECT_SURFACE = 8,
	BH_OBJECT_QUERY = 9,
	BH_OBJECT_STREAM_TARGET = 10,
	BH_OBJECT_TYPES,
};

/* Shader stages as the protocol numbers them; the first two are bh_stage's. */
#define BH_PROTOCOL_STAGES 6

#define BH_SHADER_CONTINUES 0x80000000u /* in a shader object's offset */

#define BH_CLEAR_DEPTH   1u
#define BH_CLEAR_STENCIL 2u
#define BH_CLEAR_COLOR0  4u /* and one bit more for each target */

#define BH_TRANSFER_TO_HOST   1
#define BH_TRANSFER_FROM_HOST 2

#define BH_COPY_TRANSFER_FROM_HOST 2u /* a bit of the flags */

#define BH_BLIT_COLOR   0x0fu
#define BH_BLIT_DEPTH   0x10u
#define BH_BLIT_STENCIL 0x20u
/* A bit of the same word. */
#define BH_BLIT_CONDITIONAL (1u << 11)

enum bh_query_type {
	BH_QUERY_SAMPLES = 0,
	BH_QUERY_ANY_SAMPLES = 1,
	BH_QUERY_TIMESTAMP = 2,
	BH_QUERY_TIME_ELAPSED = 4,
	BH_QUERY_PRIMITIVES_GENERATED = 5,
	BH_QUERY_PRIMITIVES_EMITTED = 6,
	BH_QUERY_STREAM_OVERFLOW = 8,
	BH_QUERY_ANY_SAMPLES_CONSERVATIVE = 11,
	BH_QUERY_ANY_STREAM_OVERFLOW = 12,
	BH_QUERY_TYPES = 13,
};

/* What a guest finds in a query's resource. */
struct bh_query_state {
	uint32_t state; /* BH_QUERY_DONE */
	uint32_t result_size;
	uint64_t result;
};

#define BH_QUERY_DONE 1

#define BH_FORMAT_WORDS 16 /* of a bit mask of formats */

/* Capability set 1, and the beginning of 2. */
struct bh_caps1 {
	uint32_t max_version;
	uint32_t sampler[BH_FORMAT_WORDS], render[BH_FORMAT_WORDS];
	uint32_t depth_stencil[BH_FORMAT_WORDS], vertex[BH_FORMAT_WORDS];
	uint32_t features; /* BH_FEATURE_* */
	uint32_t glsl_level, max_array_layers, max_streamout_buffers, max_dual_source_targets;
	uint32_t max_render_targets, max_samples, primitives, max_texture_buffer;
	uint32_t max_uniform_blocks, max_viewports, max_gather_components;
};

#define BH_FEATURE_INDEPENDENT_BLEND           (1u << 0)
#define BH_FEATURE_INDEPENDENT_BLEND_FUNC      (1u << 1)
#define BH_FEATURE_CONDITIONAL_RENDER          (1u << 4)
#define BH_FEATURE_START_INSTANCE              (1u << 5)
#define BH_FEATURE_PRIMITIVE_RESTART           (1u << 6)
#define BH_FEATURE_BLEND_EQUATION_SEPARATE     (1u << 7)
#define BH_FEATURE_INSTANCE_ID                 (1u << 8)
#define BH_FEATURE_INSTANCE_DIVISOR            (1u << 9)
#define BH_FEATURE_SEAMLESS_CUBE               (1u << 10)
#define BH_FEATURE_OCCLUSION_QUERY             (1u << 11)
#define BH_FEATURE_TIMER_QUERY                 (1u << 12)
#define BH_FEATURE_STREAMOUT_PAUSE             (1u << 13)
#define BH_FEATURE_TEXTURE_MULTISAMPLE         (1u << 14)
#define BH_FEATURE_FRAGMENT_COORD              (1u << 15)
#define BH_FEATURE_DEPTH_CLIP_DISABLE          (1u << 16)
#define BH_FEATURE_SEAMLESS_CUBE_PER_TEXTURE   (1u << 17)
#define BH_FEATURE_UNIFORM_BUFFERS             (1u << 18)
#define BH_FEATURE_CONDITIONAL_RENDER_INVERTED (1u << 28)
#define BH_FEATURE_STREAMOUT_OVERFLOW_QUERY    (1u << 31)
#define BH_FEATURE_COLOR_CLAMPING              (1u << 19)
#define BH_FEATURE_POLYGON_STIPPLE             (1u << 20)
#define BH_FEATURE_MIRROR_CLAMP                (1u << 21)
#define BH_FEATURE_POLYGON_OFFSET_CLAMP        (1u << 30)

struct bh_caps2 {
	struct bh_caps1 v1;
	float aliased_point_size[2], smooth_point_size[2];
	float aliased_line_width[2], smooth_line_width[2];
	float max_lod_bias;
	uint32_t max_geometry_vertices, max_geometry_components;
	uint32_t max_vertex_outputs, max_vertex_attribs, max_patch_varyings;
	int32_t texel_offset[2], gather_offset[2];
	uint32_t texture_buffer_alignment, uniform_buffer_alignment, shader_buffer_alignment;
	uint32_t capabilities; /* BH_CAPABILITY_* */
	uint32_t sample_locations[8];
	uint32_t max_vertex_stride;
	uint32_t max_shader_buffers[2], max_shader_images[2], max_image_samples;
	uint32_t max_group_invocations, max_shared_memory, max_grid[3], max_block[3];
	uint32_t max_2d_size, max_3d_size, max_cube_size;
	uint32_t max_combined_shader_buffers;
	uint32_t max_atomic_counters[6], max_atomic_buffers[6];
	uint32_t max_combined_atomics[2];
	uint32_t host_feature_version;
	uint32_t readback[BH_FORMAT_WORDS], scanout[BH_FORMAT_WORDS];
	uint32_t capabilities2, video_memory; /* in MiB */
	char renderer[64];
	float max_anisotropy;
	uint32_t max_samplers;
	uint32_t multisample[BH_FORMAT_WORDS];
	uint32_t max_constant_size[6];
	uint32_t video_caps[1 + 32 * 4];
	uint32_t max_uniform_block_size, max_tess_outputs[2], max_storage_blocks[6];
};

#define BH_CAPABILITY_COPY_IMAGE            (1u << 3)
#define BH_CAPABILITY_TEXTURE_BARRIER       (1u << 12)
#define BH_CAPABILITY_SRGB_WRITE_CONTROL    (1u << 15)
#define BH_CAPABILITY_TRANSFER              (1u << 17)
#define BH_CAPABILITY_MIXED_COLORS          (1u << 18)
#define BH_CAPABILITY_COPY_TRANSFER         (1u << 26)
#define BH_CAPABILITY2_COPY_TRANSFER_BOTH   (1u << 7)
#define BH_CAPABILITY2_MIRROR_CLAMP_TO_EDGE (1u << 16)
#define BH_CAPABILITY2_MIRROR_CLAMP         (1u << 17)

#endif
