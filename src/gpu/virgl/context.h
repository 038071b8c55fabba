/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contexts: what a guest's process has. A context has sub-contexts (one per GL context), each with
 * its own objects and bound state. Bound state is held by value or by reference count, so that
 * destroying an object never leaves anything dangling.
 */
#ifndef BH_GPU_VIRGL_CONTEXT_H
#define BH_GPU_VIRGL_CONTEXT_H

#include "gpu/raster/renderer.h"
#include "gpu/virgl/protocol.h"
#include "gpu/virgl/table.h"

#define BH_SUB_CONTEXTS_MAX 1024
#define BH_OBJECTS_MAX      (1u << 20) /* of one sub-context */
#define BH_SHADER_TEXT_MAX  (1u << 20)

/* A shader object: text that may still be arriving, then a program. */
struct bh_shader_object {
	unsigned refs;
	enum bh_stage stage;
	char *text; /* until it is complete */
	size_t length, filled;
	struct bh_shader *shader;
	struct bh_program *program;
	struct bh_stream_layout *stream; /* NULL: it writes no buffers */
	/* A fragment shader's twins for smooth lines and for smooth points, once wanted. */
	struct bh_smooth_twin {
		struct bh_shader *shader;
		struct bh_program *program; /* NULL: there cannot be one */
		bool tried;
	} smooth[2];
};

struct bh_view_object {
	unsigned refs;
	struct bh_resource *resource;
	struct bh_texture_view view; /* without a sampler */
};

struct bh_query_object {
	uint32_t type;
	struct bh_resource *resource;
	uint32_t offset;
	bool active;
	uint64_t base, result;
};

/* A stream-output target, with the set it was last bound in. */
struct bh_stream_object {
	unsigned refs;
	struct bh_stream_target target;
	uint32_t set[BH_STREAM_BUFFERS_MAX]; /* handles */
};

struct bh_object {
	enum bh_object_type type;
	union {
		struct bh_blend blend;
		struct bh_rasterizer rasterizer;
		struct bh_depth_stencil depth_stencil;
		struct bh_shader_object *shader;
		struct bh_vertex_elements *elements;
		struct bh_view_object *view;
		struct bh_sampler sampler;
		struct bh_surface surface;
		struct bh_query_object query;
		struct bh_stream_object *stream;
	};
};

/* A part of a buffer that a stage reads as constants. */
struct bh_uniform_buffer {
	struct bh_resource *resource; /* NULL: none */
	uint32_t offset, length;
};

/* What one stage has bound. */
struct bh_stage_state {
	struct bh_shader_object *shader;
	struct bh_view_object *views[BH_SHADER_SAMPLERS_MAX];
	struct bh_sampler samplers[BH_SHADER_SAMPLERS_MAX];
	float (*constants)[4];
	uint32_t constant_count;
	struct bh_uniform_buffer uniforms[BH_SHADER_BUFFERS_MAX]; /* from 1 on */
	bool views_changed, constants_changed; /* since the scene's copy was made */
	uint64_t views_scene, constants_scene;
	const struct bh_texture_view *const *scene_views;
	const struct bh_constants *scene_constants;
};

struct bh_sub_context {
	uint32_t id;
	struct bh_table objects;
	struct bh_blend blend;
	struct bh_rasterizer rasterizer;
	struct bh_depth_stencil depth_stencil;
	struct bh_vertex_elements elements;
	struct bh_stage_state stages[BH_STAGES]; /* by enum bh_stage */
	struct bh_framebuffer framebuffer;
	struct bh_viewport viewport;
	struct bh_rect scissor;
	struct bh_vertex_buffer buffers[BH_VERTEX_BUFFERS_MAX];
	struct bh_resource *indices;
	uint32_t index_size, index_offset;
	uint8_t stencil_ref[2];
	float blend_color[4];
	float clip_planes[BH_CLIP_PLANES_MAX][4];
	uint32_t stipple[32];
	uint32_t sample_mask;
	atomic_uint_fast64_t samples; /* passed since the beginning, while queries were active */
	unsigned active_queries;
	struct bh_stream_object *streams[BH_STREAM_BUFFERS_MAX];
	struct bh_stream_counts counts;
	uint32_t condition; /* a query: draw only when its result is not 0; or only when it is */
	bool condition_inverted;
};

struct bh_context {
	uint32_t id;
	struct bh_gpu *gpu;
	struct bh_table sub_contexts;
	struct bh_sub_context *sub; /* the current one; NULL when it was destroyed */
	struct bh_table resources;  /* attached: their own handles, each holding a reference */
	atomic_bool lost;
	char name[32];
};

struct bh_command_args;

/* Somebody who looks on (inspect/): hears of each command after it was carried out. */
struct bh_observer {
	void (*command)(struct bh_observer *observer, struct bh_context *context, uint32_t number,
			const struct bh_command_args *args);
};

struct bh_gpu {
	struct bh_renderer renderer;
	struct bh_observer *observer; /* NULL: none */
	enum bh_gpu_level level;
	struct bh_quota quota;
	uint64_t draw_limit, work_limit;
	const struct bh_log *log;
	struct bh_table contexts, resources;
	uint64_t submits, shaders;
	char back_end[16];
	struct bh_damage_key *damage_key; /* NULL until something is shown */
};

struct bh_context *bh_context_create(struct bh_gpu *gpu, uint32_t id);
void bh_context_destroy(struct bh_context *context);

/* NULL unless it is attached to the context. */
struct bh_resource *bh_context_resource(const struct bh_context *context, uint32_t handle);

struct bh_sub_context *bh_sub_context_create(struct bh_context *context, uint32_t id);
void bh_sub_context_destroy(struct bh_context *context, struct bh_sub_context *sub);

void bh_object_destroy(struct bh_context *context, struct bh_object *object);
void bh_shader_object_unref(struct bh_context *context, struct bh_shader_object *shader);
void bh_view_object_unref(struct bh_view_object *view);

/* Runs a command stream; -EINVAL at the first thing that is wrong. */
int bh_decode(struct bh_context *context, const uint32_t *dwords, size_t count);

/*
 * A command's handler. `args` are the dwords behind the header, `count` of them, at least the
 * table's minimum; `object` is the header's object type.
 */
struct bh_command_args {
	const uint32_t *args;
	uint32_t count;
	uint32_t object;
};

typedef int bh_command_fn(struct bh_context *context, const struct bh_command_args *args);

/* object.c */
bh_command_fn bh_cmd_create_object, bh_cmd_bind_object, bh_cmd_destroy_object;
/* shader.c */
int bh_create_shader(struct bh_context *context, uint32_t handle, const uint32_t *args,
		     uint32_t count);
bh_command_fn bh_cmd_bind_shader, bh_cmd_link_shader;
/* For smooth lines, or points; its program is NULL where there is no room for it. */
const struct bh_smooth_twin *bh_smooth_twin(struct bh_context *context,
					    struct bh_shader_object *shader, bool points);
/* state.c */
bh_command_fn bh_cmd_set_viewport, bh_cmd_set_framebuffer, bh_cmd_set_vertex_buffers,
	bh_cmd_set_sampler_views, bh_cmd_set_index_buffer, bh_cmd_set_constants,
	bh_cmd_set_stencil_ref, bh_cmd_set_blend_color, bh_cmd_set_scissor, bh_cmd_bind_samplers,
	bh_cmd_set_polygon_stipple, bh_cmd_set_clip_planes, bh_cmd_set_sample_mask;
/* uniform.c */
bh_command_fn bh_cmd_set_uniform_buffer;
/* Fills in the stage's constants for the scene that is built. */
void bh_fill_constants(struct bh_context *context, enum bh_stage stage);
/* draw.c */
bh_command_fn bh_cmd_clear, bh_cmd_draw;
/* copy.c */
bh_command_fn bh_cmd_blit, bh_cmd_copy_region, bh_cmd_inline_write, bh_cmd_transfer,
	bh_cmd_copy_transfer;
/* query.c */
bh_command_fn bh_cmd_begin_query, bh_cmd_end_query, bh_cmd_get_query_result,
	bh_cmd_set_render_condition;
/* Whether conditional rendering lets draws through. */
bool bh_condition_holds(const struct bh_context *context);
/* stream.c */
int bh_create_stream(struct bh_context *context, struct bh_object *object, const uint32_t *args,
		     uint32_t count);
void bh_stream_object_unref(struct bh_stream_object *stream);
/* The `count` outputs of a shader object: strides, then two dwords each. NULL: not valid. */
struct bh_stream_layout *bh_read_stream_layout(const uint32_t *args, uint32_t count);
bh_command_fn bh_cmd_set_streamout_targets;
/* How many vertices a target holds; 0 when there is no such target. */
uint32_t bh_stream_vertices(const struct bh_context *context, uint32_t handle);
/* Puts the bound targets into a draw of a program with this layout. */
void bh_fill_stream(struct bh_context *context, const struct bh_stream_layout *layout,
		    struct bh_draw_call *call);

/* An object of this type, or NULL. */
struct bh_object *bh_find_object(const struct bh_context *context, uint32_t handle,
				 enum bh_object_type type);

float bh_float_of(uint32_t bits);

#endif
