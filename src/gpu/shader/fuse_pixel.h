/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to pixels in fused code beside their program: raster/pixel.inc's steps. A texel is
 * one to four words, a vector of 32 bits for each lane; fuse_group.c moves them, fuse_texel.c knows
 * what formats have in them, fuse_depth.c tests depth and stencil, fuse_blend.c blends and writes.
 */
#ifndef BH_GPU_SHADER_FUSE_PIXEL_H
#define BH_GPU_SHADER_FUSE_PIXEL_H

#include "gpu/raster/state.h"
#include "gpu/shader/emit.h"
#include "gpu/shader/fuse_sample.h"

#include <string.h>

#define BH_EMIT_QUADS_MAX (BH_LANES_MAX / 4)
#define BH_EMIT_WORDS_MAX 4 /* of a texel */

/* Where the texels of a group are: rows from one place, or each quad from its own. */
struct bh_emit_place {
	LLVMValueRef at[BH_EMIT_QUADS_MAX], stride[BH_EMIT_QUADS_MAX];
};

/* A group's pixels. `live` and `passed` are vectors of bool, here as everywhere. */
struct bh_emit_pixels {
	LLVMValueRef run;
	/* The group's place in the tile, or of each quad of a packet, as i64. */
	LLVMValueRef x[BH_EMIT_QUADS_MAX], y[BH_EMIT_QUADS_MAX];
	LLVMValueRef some[BH_EMIT_QUADS_MAX]; /* of a packet: whether the quad has pixels */
};

LLVMValueRef bh_emit_run_field(struct bh_emit *e, const struct bh_emit_pixels *pixels,
			       LLVMTypeRef type, size_t offset);
/* A field, as large as `type`, for all lanes. */
LLVMValueRef bh_emit_run_splat(struct bh_emit *e, const struct bh_emit_pixels *pixels,
			       LLVMTypeRef type, size_t offset);

/* Where the group is in an image that has the tile's first texel at `base`. */
struct bh_emit_place bh_emit_place_of(struct bh_emit *e, const struct bh_emit_pixels *pixels,
				      LLVMValueRef base, LLVMValueRef stride, unsigned bytes);
unsigned bh_emit_word_count(unsigned bytes);
void bh_emit_load_group(struct bh_emit *e, const struct bh_emit_place *place, unsigned bytes,
			LLVMValueRef words[BH_EMIT_WORDS_MAX]);
void bh_emit_store_group(struct bh_emit *e, const LLVMValueRef words[BH_EMIT_WORDS_MAX],
			 const struct bh_emit_place *place, unsigned bytes);

/* The tests of a group, or of one sample of it, from their beginning to what they write. */
struct bh_emit_test {
	struct bh_emit_place place;
	LLVMValueRef words[BH_EMIT_WORDS_MAX], new_depth, new_stencil;
	LLVMValueRef tested; /* the lanes whose stencil changes */
};

/* Of depth and stencil, at `image` bytes from the images' begin; NULL: there. Who passed. */
LLVMValueRef bh_emit_tests(struct bh_emit *e, const struct bh_emit_pixels *pixels,
			   struct bh_emit_test *test, LLVMValueRef image, LLVMValueRef z,
			   LLVMValueRef live);
void bh_emit_write_tests(struct bh_emit *e, const struct bh_emit_test *test, LLVMValueRef passed);
LLVMValueRef bh_emit_alpha_test(struct bh_emit *e, const struct bh_emit_pixels *pixels,
				LLVMValueRef live);

/* The bits of a texel's words that a draw writes. Those of no colour become 0. */
void bh_emit_channel_bits(const struct bh_fused_color *color, uint32_t bits[BH_EMIT_WORDS_MAX]);
/* What the format can hold of a colour, before it is blended. */
LLVMValueRef bh_emit_clamp_color(struct bh_emit *e, const struct bh_format *format, bool saturates,
				 LLVMValueRef v);
/* bh_format_fetch() and, for colours that are clamped, bh_format_encode() and _pack(). */
void bh_emit_unpack(struct bh_emit *e, const struct bh_emit_pixels *pixels,
		    const struct bh_format *format, const LLVMValueRef words[BH_EMIT_WORDS_MAX],
		    LLVMValueRef rgba[4]);
void bh_emit_pack(struct bh_emit *e, const struct bh_emit_pixels *pixels,
		  const struct bh_format *format, const LLVMValueRef rgba[4],
		  LLVMValueRef words[BH_EMIT_WORDS_MAX]);

/* A colour on its way to a target: what is the same for all samples of the pixels. */
struct bh_emit_color {
	unsigned index;
	LLVMValueRef base, stride;
	LLVMValueRef src[4], second[4], words[BH_EMIT_WORDS_MAX];
	LLVMValueRef opaque; /* one bool: all is replaced; NULL: never, or always */
};

/* Whether the draw writes to the target at all. */
bool bh_emit_writes_color(const struct bh_emit *e, unsigned index);
void bh_emit_begin_color(struct bh_emit *e, const struct bh_emit_pixels *pixels,
			 struct bh_emit_color *color, unsigned index, LLVMValueRef live);
/* At `image` bytes from the image's begin; NULL: there. */
void bh_emit_write_color(struct bh_emit *e, const struct bh_emit_pixels *pixels,
			 const struct bh_emit_color *color, LLVMValueRef image, LLVMValueRef live);

/* Short names, beside those of fuse_sample.h. */
static inline LLVMValueRef ior(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return LLVMBuildOr(e->builder, a, b, "");
}

static inline LLVMValueRef smaller(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return pick(e, fcmp(e, LLVMRealOLT, a, b), a, b);
}

static inline LLVMValueRef larger(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return pick(e, fcmp(e, LLVMRealOGT, a, b), a, b);
}

/* The bits of `bits` from `a`, the others from `b`. */
static inline LLVMValueRef merge(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b, uint32_t bits)
{
	if (bits == ~0u)
		return a;
	return bits ? ior(e, iand(e, a, ik(e, bits)), iand(e, b, ik(e, ~bits))) : b;
}

#endif
