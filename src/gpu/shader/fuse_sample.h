/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of sampling in fused code share: fuse_sample.c chooses, fuse_filter.c reads. */
#ifndef BH_GPU_SHADER_FUSE_SAMPLE_H
#define BH_GPU_SHADER_FUSE_SAMPLE_H

#include "gpu/shader/emit.h"

#include "gpu/texture/sample.h"

/* One sampler while it is emitted. */
struct bh_sampling {
	struct bh_emit *e;
	const struct bh_fused_texture *texture;
	LLVMValueRef view;
	LLVMValueRef s, t, r, reference; /* after a cube's face is found */
	LLVMValueRef face;               /* of cubes, layer of arrays, slice: a vector of int */
	LLVMValueRef outside;            /* of volumes: lanes whose slice is the border; or NULL */
};

/* A level of the view, with what the code needs of it. */
struct bh_sampled_level {
	LLVMValueRef data;                 /* a pointer */
	LLVMValueRef width, height;        /* vectors of int */
	LLVMValueRef width_f, height_f;    /* of float */
	LLVMValueRef depth, depth_f;       /* of volumes */
	LLVMValueRef stride, layer_stride; /* of int */
	LLVMValueRef row_stride;           /* the stride of one lane */
};

/* Two texels of a row or column, and how much of the second: as a float, or of 256. */
struct bh_emit_taps {
	LLVMValueRef index[2], weight, part;
	LLVMValueRef outside[2]; /* bools: lanes that see the border; NULL: none can */
};

/* Wrap modes (fuse_wrap.c). */
struct bh_emit_taps bh_emit_taps_at(struct bh_emit *e, unsigned wrap, LLVMValueRef s,
				    LLVMValueRef size, LLVMValueRef size_f);
LLVMValueRef bh_emit_nearest_at(struct bh_emit *e, unsigned wrap, LLVMValueRef s, LLVMValueRef size,
				LLVMValueRef size_f, LLVMValueRef *outside);
/* Cubes whose faces are filtered together (fuse_cube.c): indices may be one outside, and then
 * belong to another face. */
struct bh_emit_taps bh_emit_seamless_taps(struct bh_emit *e, LLVMValueRef s, LLVMValueRef size_f);
void bh_emit_cube_neighbour(struct bh_emit *e, LLVMValueRef size, LLVMValueRef *face,
			    LLVMValueRef *x, LLVMValueRef *y);
LLVMValueRef bh_emit_mean_bytes(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b, LLVMValueRef c);
/* Lanes that see the border in a direction; NULL: none can. */
LLVMValueRef bh_emit_outside(struct bh_sampling *p, LLVMValueRef x, LLVMValueRef y);

/* Where in a level a texel is, in bytes. */
LLVMValueRef bh_emit_texel_offset(struct bh_sampling *p, const struct bh_sampled_level *level,
				  LLVMValueRef x, LLVMValueRef y, unsigned bytes);
/* One word a lane, wherever it is; or two side by side. */
LLVMValueRef bh_emit_gather(struct bh_emit *e, LLVMValueRef base, LLVMValueRef offsets);
void bh_emit_gather_pairs(struct bh_emit *e, LLVMValueRef base, LLVMValueRef offsets,
			  LLVMValueRef out[2]);
/* Texels of four bytes: one for each lane, or the four around a place. */
LLVMValueRef bh_emit_fetch(struct bh_sampling *p, const struct bh_sampled_level *level,
			   LLVMValueRef x, LLVMValueRef y);
void bh_emit_fetch_square(struct bh_sampling *p, const struct bh_sampled_level *level,
			  const struct bh_emit_taps *tx, const struct bh_emit_taps *ty,
			  LLVMValueRef words[4]);

/* What a channel's bits stand for: format.c's channel_value() (fuse_texel.c). */
LLVMValueRef bh_emit_channel(struct bh_emit *e, unsigned type, LLVMValueRef raw, unsigned bits);
/* Texels of other formats as the view shows them (fuse_channels.c), or the weighted sum of four. */
void bh_emit_texel(struct bh_sampling *p, const struct bh_sampled_level *level, LLVMValueRef x,
		   LLVMValueRef y, LLVMValueRef outside, LLVMValueRef out[4]);
void bh_emit_texel_square(struct bh_sampling *p, const struct bh_sampled_level *level,
			  const struct bh_emit_taps *tx, const struct bh_emit_taps *ty,
			  const LLVMValueRef outside[4], LLVMValueRef out[4]);

/* A field of the view, which does not change while code runs. */
LLVMValueRef bh_emit_view_field(struct bh_sampling *p, LLVMTypeRef type, LLVMValueRef offset);
/* Level 0 when `index` is NULL. */
struct bh_sampled_level bh_emit_load_level(struct bh_sampling *p, LLVMValueRef index);
/* A texel of level 0 by its number: integers, as vectors of any type. */
void bh_emit_fetch_texel(struct bh_sampling *p, const LLVMValueRef coord[3], LLVMValueRef lod,
			 LLVMValueRef out[4]);
/* One level, by one filter. */
void bh_emit_filter(struct bh_sampling *p, LLVMValueRef index, bool linear, LLVMValueRef out[4]);

/* Two ways to one value, the first when `condition` holds. */
struct bh_emit_ways {
	LLVMBasicBlockRef yes, no, after;
	LLVMBasicBlockRef ends[2];
};

struct bh_emit_ways bh_emit_begin_ways(struct bh_emit *e, LLVMValueRef condition);
void bh_emit_other_way(struct bh_emit *e, struct bh_emit_ways *ways);
void bh_emit_end_ways(struct bh_emit *e, struct bh_emit_ways *ways);
LLVMValueRef bh_emit_join(struct bh_emit *e, struct bh_emit_ways *ways, LLVMValueRef yes,
			  LLVMValueRef no);

/* Short names for what is said often. */
static inline LLVMValueRef fadd(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return LLVMBuildFAdd(e->builder, a, b, "");
}

static inline LLVMValueRef fsub(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return LLVMBuildFSub(e->builder, a, b, "");
}

static inline LLVMValueRef fmul(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return LLVMBuildFMul(e->builder, a, b, "");
}

static inline LLVMValueRef fk(struct bh_emit *e, float value)
{
	return bh_emit_splat_float(e, value);
}

static inline LLVMValueRef ik(struct bh_emit *e, uint32_t value)
{
	return bh_emit_splat_int(e, value);
}

static inline LLVMValueRef iadd(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return LLVMBuildAdd(e->builder, a, b, "");
}

static inline LLVMValueRef isub(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return LLVMBuildSub(e->builder, a, b, "");
}

static inline LLVMValueRef imul(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return LLVMBuildMul(e->builder, a, b, "");
}

static inline LLVMValueRef iand(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return LLVMBuildAnd(e->builder, a, b, "");
}

static inline LLVMValueRef shr(struct bh_emit *e, LLVMValueRef a, unsigned amount)
{
	return amount ? LLVMBuildLShr(e->builder, a, ik(e, amount), "") : a;
}

static inline LLVMValueRef shl(struct bh_emit *e, LLVMValueRef a, unsigned amount)
{
	return amount ? LLVMBuildShl(e->builder, a, ik(e, amount), "") : a;
}

static inline LLVMValueRef fcmp(struct bh_emit *e, LLVMRealPredicate predicate, LLVMValueRef a,
				LLVMValueRef b)
{
	return LLVMBuildFCmp(e->builder, predicate, a, b, "");
}

static inline LLVMValueRef icmp(struct bh_emit *e, LLVMIntPredicate predicate, LLVMValueRef a,
				LLVMValueRef b)
{
	return LLVMBuildICmp(e->builder, predicate, a, b, "");
}

static inline LLVMValueRef pick(struct bh_emit *e, LLVMValueRef mask, LLVMValueRef yes,
				LLVMValueRef no)
{
	return LLVMBuildSelect(e->builder, mask, yes, no, "");
}

static inline LLVMValueRef to_int(struct bh_emit *e, LLVMValueRef v)
{
	return LLVMBuildFPToSI(e->builder, v, e->vi, "");
}

static inline LLVMValueRef to_float(struct bh_emit *e, LLVMValueRef v)
{
	return LLVMBuildSIToFP(e->builder, v, e->vf, "");
}

static inline LLVMValueRef lerp(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b,
				LLVMValueRef weight)
{
	return fadd(e, a, fmul(e, fsub(e, b, a), weight));
}

static inline LLVMValueRef number(struct bh_emit *e, uint32_t value)
{
	return LLVMConstInt(e->i32, value, false);
}

#endif
