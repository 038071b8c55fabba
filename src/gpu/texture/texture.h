/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Textures as a shader program sees them.
 *
 * One `struct bh_texture_view` is what is bound to one texture unit: an image, how to read it, and
 * the sampler state. The renderer fills it (bh_texture_view_finish() derives what is precomputed);
 * programs only read it. An unbound unit is a NULL pointer and samples as (0, 0, 0, 1).
 *
 * Layout. A level is rows of texels in the format's own memory form (what a guest uploads), rows
 * `row_stride` bytes apart, images (3D slices, array layers, cube faces) `layer_stride` bytes
 * apart. Cube faces are layers in the order +X -X +Y -Y +Z -Z. Everything a view points to is
 * inside the resource: whoever computes a texel's place clamps x, y and layer to the level's size
 * and needs no other check. 64 bytes behind the last texel of a resource may be read.
 *
 * Arithmetic is defined so that all back ends agree bit by bit. For one lane:
 *   u = s * width (after the wrap mode), minus 0.5 for linear; i = floor(u); f = u - i.
 *   8-bit UNORM formats: w = (int)(f * 256); the weighted sum of the four texels, with integer
 *   weights (256 - wx) * (256 - wy) and so on, as an int, becomes a float and is multiplied by
 *   1.0f / (255 * 65536). Everything else: float lerps a + (b - a) * f, x first, then y.
 *   Between slices of a 3D texture and between mip levels: float lerps, in that order.
 */
#ifndef BH_GPU_TEXTURE_TEXTURE_H
#define BH_GPU_TEXTURE_TEXTURE_H

#include "gpu/shader/shader.h"

#include <stdbool.h>
#include <stdint.h>

#define BH_TEXTURE_LEVELS_MAX 15 /* 16384 down to 1 */
#define BH_TEXTURE_SLACK      64 /* readable bytes behind a resource */
#define BH_ANISOTROPY_MAX     16 /* samples along the longer side of a pixel's footprint */

struct bh_format; /* texture/format.h */

enum bh_wrap {
	BH_WRAP_REPEAT,
	BH_WRAP_CLAMP, /* GL_CLAMP: to [0, 1], so linear filtering meets the border half-way */
	BH_WRAP_CLAMP_TO_EDGE,
	BH_WRAP_CLAMP_TO_BORDER,
	BH_WRAP_MIRROR_REPEAT,
	BH_WRAP_MIRROR_CLAMP,
	BH_WRAP_MIRROR_CLAMP_TO_EDGE,
	BH_WRAP_MIRROR_CLAMP_TO_BORDER,
};

enum bh_filter { BH_FILTER_NEAREST, BH_FILTER_LINEAR };
enum bh_mip_filter { BH_MIP_NEAREST, BH_MIP_LINEAR, BH_MIP_NONE };

/* In the protocol's order; also of depth, stencil and alpha tests. */
enum bh_compare {
	BH_COMPARE_NEVER,
	BH_COMPARE_LESS,
	BH_COMPARE_EQUAL,
	BH_COMPARE_LEQUAL,
	BH_COMPARE_GREATER,
	BH_COMPARE_NOTEQUAL,
	BH_COMPARE_GEQUAL,
	BH_COMPARE_ALWAYS,
};

enum bh_swizzle {
	BH_SWIZZLE_X,
	BH_SWIZZLE_Y,
	BH_SWIZZLE_Z,
	BH_SWIZZLE_W,
	BH_SWIZZLE_0,
	BH_SWIZZLE_1,
};

struct bh_sampler {
	enum bh_wrap wrap[3]; /* s, t, r */
	enum bh_filter min, mag;
	enum bh_mip_filter mip;
	bool compares; /* a shadow target compares; otherwise it reads depth */
	enum bh_compare compare;
	bool seamless_cube;
	unsigned max_anisotropy; /* 0 and 1: none */
	float lod_bias, min_lod, max_lod;
	uint32_t border[4]; /* bits: float for all formats but pure integers */
};

struct bh_texture_level {
	const uint8_t *data;
	uint32_t width, height, depth; /* depth: slices, layers or faces of this view; at least 1 */
	uint32_t row_stride;
	uint64_t layer_stride;
};

/* Texel classes that generated code may read itself; all others go through bh_texture_sample(). */
enum bh_texel {
	BH_TEXEL_OTHER,
	BH_TEXEL_UNORM8X4, /* four bytes, `place` says which channel each is */
	BH_TEXEL_UNORM8X1,
	BH_TEXEL_FLOAT32X4,
};

struct bh_texture_view {
	const struct bh_format *format;
	enum bh_texture_target target; /* without SHADOW */
	uint8_t swizzle[4];            /* enum bh_swizzle; of the format's r, g, b, a */
	unsigned samples;              /* of a texel; only fetches see more than the first */
	uint64_t sample_stride;
	unsigned level_count; /* at least 1; levels[0] is the view's base */
	struct bh_texture_level levels[BH_TEXTURE_LEVELS_MAX];
	struct bh_sampler sampler;

	/* Set by bh_texture_view_finish(). */
	enum bh_texel texel;
	/* Format and view swizzle in one: the channel, of UNORM8X4 and UNORM8X1 the byte, that
	 * holds result component i, or 4 for 0.0, 5 for 1.0. */
	uint8_t place[4];
	/* Of these two: the border as a texel, if there is one that shows what the border is. */
	uint32_t border_bytes;
	bool border_is_texel;
	const float *from_srgb; /* linear values of 256 bytes */
	bool fast_2d;           /* 2D, 8-bit or depth, and no border can be sampled */
	bool anisotropic;       /* several samples make one */
};

void bh_texture_view_finish(struct bh_texture_view *view);

enum bh_sample_kind {
	BH_SAMPLE_IMPLICIT, /* TEX (TXP after its division): LOD from the quad's derivatives */
	BH_SAMPLE_BIAS,     /* TXB: the same plus lod[] */
	BH_SAMPLE_LOD,      /* TXL: lod[] */
	BH_SAMPLE_GRAD,     /* TXD: ddx[], ddy[] */
	BH_SAMPLE_FETCH,    /* TXF: one texel, coord[] and lod[] are integers (their bits) */
	BH_SAMPLE_SIZE,     /* TXQ: sizes of the level lod[] and the number of levels, integers */
};

/*
 * Coordinates as TGSI has them: coord[component][lane]. By target the layer is y (1D array) or z
 * (2D array) and the value to compare is z (shadow 1D, 2D, rect, 1D array) or w (shadow 2D array,
 * cube). Texel offsets apply to x, y, z.
 */
struct bh_sample {
	_Alignas(64) float coord[4][BH_LANES_MAX];
	float lod[BH_LANES_MAX];                          /* of BIAS, LOD, FETCH and SIZE */
	float ddx[3][BH_LANES_MAX], ddy[3][BH_LANES_MAX]; /* of GRAD */
	enum bh_sample_kind kind;
	enum bh_texture_target target; /* the instruction's; decides about comparing only */
	unsigned lanes;
	uint32_t mask; /* lanes whose result is wanted; the others are still neighbours in quads */
	int8_t offset[3];
};

/*
 * Samples for a group of lanes in quads (shader.h's order); `result` is [component][lane] with
 * rows of BH_LANES_MAX. `view` may be NULL. Never reads outside the view, whatever the numbers are.
 */
void bh_texture_sample(const struct bh_texture_view *view, const struct bh_sample *sample,
		       float result[4][BH_LANES_MAX]);

/* Level of detail before bias and clamping: log2 of the larger side, per lane, of a quad. */
void bh_texture_lod(const struct bh_texture_view *view, const struct bh_sample *sample,
		    float lod[BH_LANES_MAX]);

#endif
