/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shaders: TGSI text to our own form, and from there to something that runs.
 *
 * A shader is parsed and validated once (bh_shader_parse). Everything in the result is checked: no
 * index reaches outside what is declared, loops and branches nest, so whatever runs it need only
 * clamp indices that are computed at run time. It is then compiled for a back end
 * (bh_program_create), which either interprets it or is machine code for `lanes` invocations at
 * once; both do the same arithmetic in the same order, so pixels agree bit by bit.
 *
 * Invocations run in groups of `lanes` (4, 8 or 16), in structure-of-arrays form: a register is
 * four vectors x, y, z, w of `lanes` floats. The renderer fills inputs and reads outputs in that
 * form. In a fragment program lanes are 2x2 quads in the order (0,0) (1,0) (0,1) (1,1), quads left
 * to right: derivatives are taken inside a quad.
 */
#ifndef BH_GPU_SHADER_SHADER_H
#define BH_GPU_SHADER_SHADER_H

#include "base/buf.h"
#include "base/diag.h"
#include "gpu/gpu.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 32 of a program's own, and positions, sizes, distances, numbers. */
#define BH_SHADER_INPUTS_MAX   40
#define BH_SHADER_OUTPUTS_MAX  40
#define BH_SHADER_SAMPLERS_MAX 16
#define BH_SHADER_CONSTS_MAX   4096 /* vec4 */
#define BH_SHADER_TEMPS_MAX    4096
#define BH_SHADER_BUFFERS_MAX  16 /* constant buffers, 0 included */
#define BH_LANES_MAX           16

enum bh_stage { BH_STAGE_VERTEX, BH_STAGE_FRAGMENT, BH_STAGE_GEOMETRY, BH_STAGES };

/*
 * A geometry program has one input register file for each vertex of a primitive: register r of
 * vertex v is input v * BH_SHADER_INPUTS_MAX + r. System values are registers of vertex 0.
 */
#define BH_GEOMETRY_CORNERS_MAX 6

enum bh_semantic {
	BH_SEM_POSITION,
	BH_SEM_COLOR,
	BH_SEM_BACK_COLOR,
	BH_SEM_FOG,
	BH_SEM_POINT_SIZE,
	BH_SEM_GENERIC,
	BH_SEM_FACE,
	BH_SEM_EDGE_FLAG,
	BH_SEM_CLIP_DISTANCE,
	BH_SEM_CLIP_VERTEX,
	BH_SEM_TEXCOORD,
	BH_SEM_POINT_COORD,
	BH_SEM_STENCIL,
	BH_SEM_INSTANCE_ID,
	BH_SEM_VERTEX_ID,
	BH_SEM_SAMPLE_MASK,
	BH_SEM_LAYER,
	BH_SEM_VIEWPORT_INDEX,
	BH_SEM_PRIMITIVE_ID,
	BH_SEM_INVOCATION_ID,
	BH_SEM_COVERAGE, /* no text has it: see bh_shader_with_coverage() */
};

/* What a geometry program takes and makes. */
enum bh_geometry_primitive {
	BH_GEOMETRY_POINTS,
	BH_GEOMETRY_LINES,
	BH_GEOMETRY_LINES_ADJACENCY,
	BH_GEOMETRY_TRIANGLES,
	BH_GEOMETRY_TRIANGLES_ADJACENCY,
	BH_GEOMETRY_LINE_STRIP,
	BH_GEOMETRY_TRIANGLE_STRIP,
};

enum bh_interpolation {
	BH_INTERP_CONSTANT,
	BH_INTERP_LINEAR,
	BH_INTERP_PERSPECTIVE,
	BH_INTERP_COLOR
};

enum bh_texture_target {
	BH_TEX_1D,
	BH_TEX_2D,
	BH_TEX_3D,
	BH_TEX_CUBE,
	BH_TEX_RECT,
	BH_TEX_1D_ARRAY,
	BH_TEX_2D_ARRAY,
	BH_TEX_SHADOW_1D,
	BH_TEX_SHADOW_2D,
	BH_TEX_SHADOW_RECT,
	BH_TEX_SHADOW_CUBE,
	BH_TEX_SHADOW_1D_ARRAY,
	BH_TEX_SHADOW_2D_ARRAY,
	BH_TEX_BUFFER,
	BH_TEX_2D_MSAA,
	BH_TEX_2D_ARRAY_MSAA,
};

struct bh_shader_io {
	enum bh_semantic semantic;
	uint8_t index; /* of the semantic: COLOR[1] */
	enum bh_interpolation interpolation;
	bool centroid;
	uint8_t mask; /* components read or written */
	bool raw;     /* an output: may be an integer; its bits are kept */
};

/*
 * What the renderer must know of a shader. System values (SV[n]) follow the declared inputs: they
 * are inputs whose semantic says what to fill in. INSTANCE_ID and VERTEX_ID are integers (their
 * bits). FACE is made by the program from `front`; its input slot is not read.
 */
struct bh_shader_info {
	enum bh_stage stage;
	struct bh_shader_io inputs[BH_SHADER_INPUTS_MAX];
	size_t input_count;
	struct bh_shader_io outputs[BH_SHADER_OUTPUTS_MAX];
	size_t output_count;
	enum bh_texture_target samplers[BH_SHADER_SAMPLERS_MAX]; /* of the declared sampler views */
	uint32_t samplers_used;                                  /* a bit each */
	uint32_t integer_samplers; /* a bit each: texels are declared to be integers */
	uint32_t const_count;      /* vec4 of constant buffer 0 */
	uint32_t buffers_used;     /* a bit each constant buffer */
	bool kills, writes_depth, writes_stencil, uses_derivatives, writes_all_colors;
	bool origin_lower_left, pixel_center_integer; /* fragment coordinate conventions */
	bool reads_position, reads_face;
	/* Geometry programs. */
	enum bh_geometry_primitive takes, makes;
	uint32_t max_vertices;
};

struct bh_shader;

/*
 * Reads TGSI text (`length` bytes, no NUL needed). NULL with diagnostics (E2100-E2199; the span is
 * a position in the text) when it is not a valid shader of this stage.
 */
struct bh_shader *bh_shader_parse(const char *text, size_t length, enum bh_stage stage,
				  struct bh_diags *diags);
/*
 * A fragment shader's twin for smooth lines, or points: its alpha is multiplied by the part of a
 * pixel that is covered. NULL: there is no room for the input it needs.
 */
struct bh_shader *bh_shader_with_coverage(const struct bh_shader *shader, bool points);
void bh_shader_destroy(struct bh_shader *shader);
const struct bh_shader_info *bh_shader_info(const struct bh_shader *shader);
/* How many vec4 of a constant buffer it declares. */
uint32_t bh_shader_const_count(const struct bh_shader *shader, unsigned buffer);

/*
 * A texture as a program samples it. Texels of all formats are reached through `fetch_*` functions
 * of src/gpu/texture (C), or by generated code for the common formats; the layout is texture.h's.
 */
struct bh_texture_view; /* texture/texture.h */
struct bh_sample;       /* texture/texture.h: one texture operation of a group of lanes */

/* bh_texture_sample(), or what a test puts in its place. `result` is [component][lane]. */
typedef void bh_sample_fn(const struct bh_texture_view *view, const struct bh_sample *sample,
			  float result[4][BH_LANES_MAX]);

/* The constant buffers of a stage. At least what the shader declares, where that was seen to. */
struct bh_constants {
	const float (*buffers[BH_SHADER_BUFFERS_MAX])[4];
	uint32_t counts[BH_SHADER_BUFFERS_MAX]; /* vec4 */
};

/* What a group of invocations works on. Pointers are valid for what the program declares. */
struct bh_invocation {
	const float (*constants[BH_SHADER_BUFFERS_MAX])[4];
	uint32_t constant_counts[BH_SHADER_BUFFERS_MAX]; /* vec4: reads beyond give 0 */
	const struct bh_texture_view *const *textures;   /* [BH_SHADER_SAMPLERS_MAX] */
	bh_sample_fn *sample;                            /* for programs that read textures */
	const float *inputs;                             /* [input][component][lanes] */
	float *outputs;                                  /* [output][component][lanes] */
	uint32_t mask;  /* live lanes, a bit each; cleared by KILL */
	uint32_t front; /* fragment: lanes whose primitive faces front */
	uint64_t fuel;  /* loop iterations left; at 0 the invocation stops and `lost` is set */
	bool lost;
	/* Geometry: a vertex of each of these lanes is in `outputs`, or the strip ends there. */
	void (*emit)(struct bh_invocation *invocation, uint32_t lanes, uint32_t ends);
	void *emit_data;
};

struct bh_program;

/*
 * Prepares to run on a back end; `lanes` is 4 for the interpreter. NULL with diagnostics when
 * generated code is not to be had (E2190, E2191). The code itself is made when it is first wanted.
 */
struct bh_program *bh_program_create(const struct bh_shader *shader, enum bh_gpu_backend backend,
				     struct bh_diags *diags);
void bh_program_destroy(struct bh_program *program);
/* Code is looked for there first. The cache outlives the program. */
struct bh_code_cache;
void bh_program_use_cache(struct bh_program *program, struct bh_code_cache *cache);
unsigned bh_program_lanes(const struct bh_program *program);
uint32_t bh_program_length(const struct bh_program *program); /* in instructions */
/* What a program's machine code looks like, for people; nothing when it is interpreted. */
void bh_shader_list(const struct bh_shader *shader, enum bh_gpu_backend backend,
		    struct bh_buf *listing);
/*
 * Makes the code now, so that the first run need not wait. `quick`: the compiler's time matters
 * more than the code's. False when the compiler fails.
 */
bool bh_program_prepare(struct bh_program *program, bool quick);
/* Whether the code there is was made quickly, and nobody asked for better. Asks. */
bool bh_program_wants_better(struct bh_program *program);
/* Makes that. It may run meanwhile. */
void bh_program_improve(struct bh_program *program);
/* Any number of threads at once. An invocation is lost when there is no code. */
void bh_program_run(struct bh_program *program, struct bh_invocation *invocation);

#endif
