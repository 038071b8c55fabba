/* SPDX-License-Identifier: Apache-2.0 */
/* Depth test, alpha test, blending and packing in fused code: what raster/pixel.inc does. */
#include "gpu/shader/emit.h"

#include "gpu/raster/state.h"

LLVMValueRef bh_emit_run_field(struct bh_emit *e, const struct bh_emit_pixels *pixels,
			       LLVMTypeRef type, size_t offset)
{
	return bh_emit_load_at(e, type, pixels->run, bh_emit_offset(e, offset));
}

static LLVMValueRef run_splat(struct bh_emit *e, const struct bh_emit_pixels *pixels, size_t offset)
{
	return bh_emit_broadcast(e, bh_emit_run_field(e, pixels, e->f32, offset));
}

static LLVMTypeRef row_type(const struct bh_emit *e, unsigned bytes)
{
	return LLVMVectorType(bytes == 2 ? LLVMInt16TypeInContext(e->context) : e->i32,
			      e->lanes / 2);
}

/* Where a group's first pixel is in an image that has the tile's at `base`. */
static struct bh_emit_place place_of(struct bh_emit *e, const struct bh_emit_pixels *pixels,
				     LLVMValueRef base, LLVMValueRef stride, unsigned bytes)
{
	struct bh_emit_place place;

	for (unsigned i = 0; i < (e->key->quads ? e->lanes / 4 : 1); i++) {
		LLVMValueRef offset = LLVMBuildAdd(
			e->builder, LLVMBuildMul(e->builder, pixels->y[i], stride, ""),
			LLVMBuildMul(e->builder, pixels->x[i], bh_emit_offset(e, bytes), ""), "");

		place.at[i] = LLVMBuildGEP2(e->builder, e->i8, base, &offset, 1, "");
		place.stride[i] = stride;
		if (!e->key->quads)
			continue;
		offset = bh_emit_offset(e, offsetof(struct bh_fused_run, nowhere));
		place.at[i] = LLVMBuildSelect(
			e->builder, pixels->some[i], place.at[i],
			LLVMBuildGEP2(e->builder, e->i8, pixels->run, &offset, 1, ""), "");
		place.stride[i] = LLVMBuildSelect(e->builder, pixels->some[i], stride,
						  bh_emit_offset(e, 8), "");
	}
	return place;
}

/* Of quads: a row of one at a time, as one number. */
static LLVMTypeRef pair_type(const struct bh_emit *e, unsigned bytes)
{
	return bytes == 2 ? e->i32 : e->i64;
}

static LLVMValueRef load_quads(struct bh_emit *e, const struct bh_emit_place *place, unsigned bytes)
{
	LLVMTypeRef type = pair_type(e, bytes);
	LLVMValueRef all = LLVMGetUndef(LLVMVectorType(type, e->lanes / 2));

	for (unsigned i = 0; i < e->lanes / 2; i++) {
		LLVMValueRef row = i & 1 ? place->stride[i / 2] : bh_emit_offset(e, 0);
		LLVMValueRef pair = bh_emit_load_at(e, type, place->at[i / 2], row);

		LLVMSetAlignment(pair, bytes);
		all = LLVMBuildInsertElement(e->builder, all, pair, LLVMConstInt(e->i32, i, false),
					     "");
	}
	if (bytes == 4)
		return LLVMBuildBitCast(e->builder, all, e->vi, "");
	all = LLVMBuildBitCast(e->builder, all,
			       LLVMVectorType(LLVMInt16TypeInContext(e->context), e->lanes), "");
	return LLVMBuildZExt(e->builder, all, e->vi, "");
}

static void store_quads(struct bh_emit *e, LLVMValueRef words, const struct bh_emit_place *place,
			unsigned bytes)
{
	words = LLVMBuildBitCast(e->builder, words,
				 LLVMVectorType(pair_type(e, bytes), e->lanes / 2), "");
	for (unsigned i = 0; i < e->lanes / 2; i++) {
		LLVMValueRef row = i & 1 ? place->stride[i / 2] : bh_emit_offset(e, 0);
		LLVMValueRef pair = LLVMBuildExtractElement(e->builder, words,
							    LLVMConstInt(e->i32, i, false), "");

		bh_emit_store_at(e, pair, place->at[i / 2], row);
		LLVMSetAlignment(LLVMGetLastInstruction(LLVMGetInsertBlock(e->builder)), bytes);
	}
}

/* Two rows of texels to lanes in quads. */
static LLVMValueRef load_group(struct bh_emit *e, const struct bh_emit_place *place, unsigned bytes)
{
	LLVMTypeRef type = row_type(e, bytes);
	LLVMValueRef indices[BH_LANES_MAX], rows[2], all;

	if (e->key->quads)
		return load_quads(e, place, bytes);
	rows[0] = bh_emit_load_at(e, type, place->at[0], bh_emit_offset(e, 0));
	rows[1] = bh_emit_load_at(e, type, place->at[0], place->stride[0]);
	for (unsigned i = 0; i < 2; i++) {
		LLVMValueRef load = rows[i];

		LLVMSetAlignment(load, bytes);
	}
	for (unsigned i = 0; i < e->lanes; i++)
		indices[i] =
			LLVMConstInt(e->i32, i / 2 % 2 * (e->lanes / 2) + i / 4 * 2 + i % 2, false);
	all = LLVMBuildShuffleVector(e->builder, rows[0], rows[1],
				     LLVMConstVector(indices, e->lanes), "");
	return bytes == 4 ? all : LLVMBuildZExt(e->builder, all, e->vi, "");
}

static void store_group(struct bh_emit *e, LLVMValueRef words, const struct bh_emit_place *place,
			unsigned bytes)
{
	if (bytes == 2)
		words = LLVMBuildTrunc(e->builder, words,
				       LLVMVectorType(LLVMInt16TypeInContext(e->context), e->lanes),
				       "");
	if (e->key->quads) {
		store_quads(e, words, place, bytes);
		return;
	}
	for (unsigned row = 0; row < 2; row++) {
		LLVMValueRef indices[BH_LANES_MAX / 2], half;

		for (unsigned x = 0; x < e->lanes / 2; x++)
			indices[x] = LLVMConstInt(e->i32, x / 2 * 4 + row * 2 + x % 2, false);
		half = LLVMBuildShuffleVector(e->builder, words, LLVMGetUndef(LLVMTypeOf(words)),
					      LLVMConstVector(indices, e->lanes / 2), "");
		bh_emit_store_at(e, half, place->at[0],
				 row ? place->stride[0] : bh_emit_offset(e, 0));
		if (bytes == 2)
			LLVMSetAlignment(LLVMGetLastInstruction(LLVMGetInsertBlock(e->builder)), 2);
	}
}

static LLVMValueRef shift(struct bh_emit *e, LLVMOpcode op, LLVMValueRef v, unsigned amount)
{
	return amount ? LLVMBuildBinOp(e->builder, op, v, bh_emit_splat_int(e, amount), "") : v;
}

static LLVMValueRef both(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return LLVMBuildAnd(e->builder, a, b, "");
}

/* A depth in [0, 1] as the format's integers: pixel.inc's depth_to_bits(). */
static LLVMValueRef depth_to_bits(struct bh_emit *e, LLVMValueRef z)
{
	const struct bh_fused_key *key = e->key;
	LLVMValueRef scaled, rounded, small;

	if (key->depth_float)
		return bh_emit_as_int(e, z);
	scaled = LLVMBuildFMul(e->builder, z,
			       bh_emit_splat_float(e, (float)((1u << key->depth_bits) - 1)), "");
	rounded = LLVMBuildFPToSI(
		e->builder, LLVMBuildFAdd(e->builder, scaled, bh_emit_splat_float(e, 0.5f), ""),
		e->vi, "");
	if (key->depth_bits < 23)
		return rounded;
	small = LLVMBuildFCmp(e->builder, LLVMRealOLT, scaled, bh_emit_splat_float(e, 8388608.0f),
			      "");
	return LLVMBuildSelect(e->builder, small, rounded,
			       LLVMBuildFPToSI(e->builder, scaled, e->vi, ""), "");
}

static LLVMValueRef compare_ints(struct bh_emit *e, unsigned function, LLVMValueRef a,
				 LLVMValueRef b)
{
	static const LLVMIntPredicate predicates[] = {
		[BH_COMPARE_LESS] = LLVMIntSLT,    [BH_COMPARE_EQUAL] = LLVMIntEQ,
		[BH_COMPARE_LEQUAL] = LLVMIntSLE,  [BH_COMPARE_GREATER] = LLVMIntSGT,
		[BH_COMPARE_NOTEQUAL] = LLVMIntNE, [BH_COMPARE_GEQUAL] = LLVMIntSGE,
	};

	if (function == BH_COMPARE_NEVER)
		return LLVMConstNull(e->vm);
	if (function >= BH_COMPARE_ALWAYS)
		return LLVMConstAllOnes(e->vm);
	return LLVMBuildICmp(e->builder, predicates[function], a, b, "");
}

LLVMValueRef bh_emit_depth_test(struct bh_emit *e, struct bh_emit_pixels *pixels, LLVMValueRef z,
				LLVMValueRef live)
{
	const struct bh_fused_key *key = e->key;
	uint32_t ones = key->depth_bits == 32 ? ~0u : (1u << key->depth_bits) - 1;
	LLVMValueRef stride =
		bh_emit_run_field(e, pixels, e->i64, offsetof(struct bh_fused_run, depth_stride));
	LLVMValueRef base = bh_emit_run_field(e, pixels, e->bytes,
					      offsetof(struct bh_fused_run, depth)),
		     old;

	pixels->depth_at = place_of(e, pixels, base, stride, key->depth_bytes);
	pixels->depth_words = load_group(e, &pixels->depth_at, key->depth_bytes);
	old = both(e, shift(e, LLVMLShr, pixels->depth_words, key->depth_shift),
		   bh_emit_splat_int(e, ones));
	pixels->new_depth = depth_to_bits(e, z);
	return both(e, live, compare_ints(e, key->depth_func, pixels->new_depth, old));
}

void bh_emit_depth_write(struct bh_emit *e, struct bh_emit_pixels *pixels, LLVMValueRef live)
{
	const struct bh_fused_key *key = e->key;
	uint32_t ones = key->depth_bits == 32 ? ~0u : (1u << key->depth_bits) - 1;
	uint32_t field = ones << key->depth_shift;
	LLVMValueRef words;

	if (!key->depth_write)
		return;
	words = shift(e, LLVMShl, pixels->new_depth, key->depth_shift);
	if (field != ~0u)
		words = LLVMBuildOr(e->builder, both(e, words, bh_emit_splat_int(e, field)),
				    both(e, pixels->depth_words, bh_emit_splat_int(e, ~field)), "");
	words = LLVMBuildSelect(e->builder, live, words, pixels->depth_words, "");
	store_group(e, words, &pixels->depth_at, key->depth_bytes);
}

LLVMValueRef bh_emit_alpha_test(struct bh_emit *e, struct bh_emit_pixels *pixels, LLVMValueRef live)
{
	static const LLVMRealPredicate predicates[] = {
		[BH_COMPARE_LESS] = LLVMRealOLT,     [BH_COMPARE_EQUAL] = LLVMRealOEQ,
		[BH_COMPARE_LEQUAL] = LLVMRealOLE,   [BH_COMPARE_GREATER] = LLVMRealOGT,
		[BH_COMPARE_NOTEQUAL] = LLVMRealUNE, [BH_COMPARE_GEQUAL] = LLVMRealOGE,
	};
	const struct bh_fused_key *key = e->key;
	LLVMValueRef alpha = bh_emit_output(e, (unsigned)key->alpha_output, 3);
	LLVMValueRef reference = run_splat(e, pixels, offsetof(struct bh_fused_run, alpha_ref));

	if (key->alpha_func == BH_COMPARE_NEVER)
		return LLVMConstNull(e->vm);
	if (key->alpha_func >= BH_COMPARE_ALWAYS)
		return live;
	return both(e, live,
		    LLVMBuildFCmp(e->builder, predicates[key->alpha_func], alpha, reference, ""));
}

/* Colours on their way: r, g, b, a of the fragment and of the image. */
struct colors {
	LLVMValueRef src[4], dst[4];
	const struct bh_emit_pixels *pixels;
};

static LLVMValueRef constant_color(struct bh_emit *e, const struct colors *colors, unsigned i)
{
	return run_splat(e, colors->pixels,
			 offsetof(struct bh_fused_run, blend_color) + i * sizeof(float));
}

static LLVMValueRef inverted(struct bh_emit *e, LLVMValueRef v)
{
	return LLVMBuildFSub(e->builder, bh_emit_splat_float(e, 1), v, "");
}

static LLVMValueRef smaller(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return LLVMBuildSelect(e->builder, LLVMBuildFCmp(e->builder, LLVMRealOLT, a, b, ""), a, b,
			       "");
}

static LLVMValueRef larger(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return LLVMBuildSelect(e->builder, LLVMBuildFCmp(e->builder, LLVMRealOGT, a, b, ""), a, b,
			       "");
}

static LLVMValueRef factor(struct bh_emit *e, const struct colors *colors, unsigned code,
			   unsigned channel)
{
	LLVMValueRef v = bh_emit_splat_float(e, 0);

	switch (code & ~(unsigned)BH_FACTOR_INVERTED) {
	case BH_FACTOR_ONE:
		v = bh_emit_splat_float(e, 1);
		break;
	case BH_FACTOR_SRC_COLOR:
		v = colors->src[channel];
		break;
	case BH_FACTOR_SRC_ALPHA:
		v = colors->src[3];
		break;
	case BH_FACTOR_DST_ALPHA:
		v = colors->dst[3];
		break;
	case BH_FACTOR_DST_COLOR:
		v = colors->dst[channel];
		break;
	case BH_FACTOR_SRC_ALPHA_SATURATE:
		v = channel == 3 ? bh_emit_splat_float(e, 1)
				 : smaller(e, colors->src[3], inverted(e, colors->dst[3]));
		break;
	case BH_FACTOR_CONST_COLOR:
		v = constant_color(e, colors, channel);
		break;
	case BH_FACTOR_CONST_ALPHA:
		v = constant_color(e, colors, 3);
		break;
	default:
		break;
	}
	return code & BH_FACTOR_INVERTED ? inverted(e, v) : v;
}

static LLVMValueRef blend_channel(struct bh_emit *e, const struct bh_fused_color *color,
				  const struct colors *colors, unsigned i)
{
	bool alpha = i == 3;
	LLVMValueRef src = colors->src[i], dst = colors->dst[i], a, b;
	unsigned func = alpha ? color->alpha_func : color->rgb_func;

	if (func == BH_BLEND_MIN)
		return smaller(e, src, dst);
	if (func == BH_BLEND_MAX)
		return larger(e, src, dst);
	a = LLVMBuildFMul(e->builder, src,
			  factor(e, colors, alpha ? color->alpha_src : color->rgb_src, i), "");
	b = LLVMBuildFMul(e->builder, dst,
			  factor(e, colors, alpha ? color->alpha_dst : color->rgb_dst, i), "");
	if (func == BH_BLEND_SUBTRACT)
		return LLVMBuildFSub(e->builder, a, b, "");
	if (func == BH_BLEND_REVERSE_SUBTRACT)
		return LLVMBuildFSub(e->builder, b, a, "");
	return LLVMBuildFAdd(e->builder, a, b, "");
}

/* Whether two factors are f and 1 - f, or one of them is 0: their sum is 1 at most. */
static bool share_one(unsigned a, unsigned b)
{
	return a == BH_FACTOR_ZERO || b == BH_FACTOR_ZERO || (a ^ b) == BH_FACTOR_INVERTED;
}

/*
 * What blending leaves of [0, 1], as both sources and all factors are inside: packing cuts off what
 * rounding adds.
 */
static bool may_exceed(const struct bh_fused_color *color, unsigned i)
{
	unsigned func = i == 3 ? color->alpha_func : color->rgb_func;
	unsigned src = i == 3 ? color->alpha_src : color->rgb_src;
	unsigned dst = i == 3 ? color->alpha_dst : color->rgb_dst;

	return func == BH_BLEND_ADD && !share_one(src, dst);
}

static bool may_be_negative(const struct bh_fused_color *color, unsigned i)
{
	unsigned func = i == 3 ? color->alpha_func : color->rgb_func;

	return func == BH_BLEND_SUBTRACT || func == BH_BLEND_REVERSE_SUBTRACT;
}

static LLVMValueRef pack(struct bh_emit *e, const struct bh_fused_color *color,
			 LLVMValueRef rgba[4])
{
	LLVMValueRef words = NULL;

	for (unsigned byte = 0; byte < 4; byte++) {
		LLVMValueRef v;

		if (color->place[byte] == 4)
			continue;
		v = LLVMBuildFAdd(e->builder,
				  LLVMBuildFMul(e->builder, rgba[color->place[byte]],
						bh_emit_splat_float(e, 255.0f), ""),
				  bh_emit_splat_float(e, 0.5f), "");
		v = shift(e, LLVMShl, LLVMBuildFPToSI(e->builder, v, e->vi, ""), 8 * byte);
		words = words ? LLVMBuildOr(e->builder, words, v, "") : v;
	}
	return words ? words : bh_emit_splat_int(e, 0);
}

static void unpack(struct bh_emit *e, const struct bh_fused_color *color, LLVMValueRef words,
		   LLVMValueRef rgba[4])
{
	for (unsigned i = 0; i < 4; i++) {
		LLVMValueRef v;

		if (color->swizzle[i] > BH_SWIZZLE_W) {
			rgba[i] = bh_emit_splat_float(e, color->swizzle[i] == BH_SWIZZLE_1 ? 1.0f
											   : 0.0f);
			continue;
		}
		v = both(e, shift(e, LLVMLShr, words, 8 * color->swizzle[i]),
			 bh_emit_splat_int(e, 255));
		rgba[i] = LLVMBuildFMul(e->builder, LLVMBuildSIToFP(e->builder, v, e->vf, ""),
					bh_emit_splat_float(e, 1.0f / 255.0f), "");
	}
}

/* Of the image's words: those bits that the draw's mask lets change. */
static uint32_t channel_bits(const struct bh_fused_color *color)
{
	uint32_t channels = 0;

	for (unsigned i = 0; i < 4; i++) {
		if (color->place[i] == 4 || color->mask >> color->place[i] & 1)
			channels |= 0xffu << (8 * i);
	}
	return channels;
}

/* New words of the live lanes; the others keep theirs. */
static void store_some(struct bh_emit *e, const struct bh_fused_color *color, LLVMValueRef live,
		       LLVMValueRef words, LLVMValueRef old, const struct bh_emit_place *place)
{
	uint32_t channels = channel_bits(color);

	if (channels != ~0u)
		words = LLVMBuildOr(e->builder, both(e, words, bh_emit_splat_int(e, channels)),
				    both(e, old, bh_emit_splat_int(e, ~channels)), "");
	words = LLVMBuildSelect(e->builder, live, words, old, "");
	store_group(e, words, place, 4);
}

/* Goes on in the first block returned where the condition holds, else in the second. */
struct fork {
	LLVMBasicBlockRef yes, no;
};

static struct fork fork_if(struct bh_emit *e, LLVMValueRef condition)
{
	struct fork fork = {bh_emit_new_block(e, "yes"), bh_emit_new_block(e, "no")};

	LLVMBuildCondBr(e->builder, condition, fork.yes, fork.no);
	LLVMPositionBuilderAtEnd(e->builder, fork.yes);
	return fork;
}

static void go_on_in(struct bh_emit *e, LLVMBasicBlockRef block, LLVMBasicBlockRef after)
{
	LLVMBuildBr(e->builder, after);
	LLVMPositionBuilderAtEnd(e->builder, block);
}

/* Colours that nothing of the image goes into: where all lanes live, it need not be read. */
static void replace(struct bh_emit *e, const struct bh_fused_color *color, LLVMValueRef live,
		    LLVMValueRef rgba[4], const struct bh_emit_place *place)
{
	LLVMValueRef words = pack(e, color, rgba);
	LLVMBasicBlockRef after;
	struct fork fork;

	/* Packets are seldom full. */
	if (e->key->quads || channel_bits(color) != ~0u) {
		store_some(e, color, live, words, load_group(e, place, 4), place);
		return;
	}
	after = bh_emit_new_block(e, "stored");
	fork = fork_if(e, LLVMBuildICmp(e->builder, LLVMIntEQ, bh_emit_bools_bits(e, live),
					LLVMConstInt(e->i32, (1u << e->lanes) - 1, false), ""));
	store_group(e, words, place, 4);
	go_on_in(e, fork.no, after);
	store_some(e, color, live, words, load_group(e, place, 4), place);
	go_on_in(e, after, after);
}

static void blend(struct bh_emit *e, const struct bh_fused_color *color, LLVMValueRef live,
		  struct colors *colors, const struct bh_emit_place *place)
{
	LLVMValueRef old = load_group(e, place, 4), out[4];

	unpack(e, color, old, colors->dst);
	for (unsigned i = 0; i < 4; i++) {
		out[i] = blend_channel(e, color, colors, i);
		if (may_exceed(color, i))
			out[i] = smaller(e, out[i], bh_emit_splat_float(e, 1));
		if (may_be_negative(color, i))
			out[i] = larger(e, out[i], bh_emit_splat_float(e, 0));
	}
	store_some(e, color, live, pack(e, color, out), old, place);
}

/* Whether where alpha is 1 a channel is the source's, bit by bit: one time it, and 0 times the
 * image. */
static bool covers(unsigned func, unsigned src, unsigned dst, bool alpha)
{
	bool all = src == BH_FACTOR_ONE || src == BH_FACTOR_SRC_ALPHA ||
		   (alpha && src == BH_FACTOR_SRC_COLOR);
	bool none = dst == BH_FACTOR_ZERO || dst == (BH_FACTOR_SRC_ALPHA | BH_FACTOR_INVERTED) ||
		    (alpha && dst == (BH_FACTOR_SRC_COLOR | BH_FACTOR_INVERTED));

	return func == BH_BLEND_ADD && all && none;
}

static bool may_cover(const struct bh_fused_color *color)
{
	return covers(color->rgb_func, color->rgb_src, color->rgb_dst, false) &&
	       covers(color->alpha_func, color->alpha_src, color->alpha_dst, true);
}

static void emit_color(struct bh_emit *e, const struct bh_emit_pixels *pixels, unsigned index,
		       LLVMValueRef live)
{
	const struct bh_fused_color *color = &e->key->colors[index];
	LLVMValueRef base, stride, thin;
	struct bh_emit_place place;
	struct colors colors = {.pixels = pixels};
	LLVMBasicBlockRef after;
	struct fork fork;

	base = bh_emit_run_field(e, pixels, e->bytes,
				 offsetof(struct bh_fused_run, colors) + index * sizeof(void *));
	stride = bh_emit_run_field(e, pixels, e->i64,
				   offsetof(struct bh_fused_run, color_strides) +
					   index * sizeof(uint64_t));
	place = place_of(e, pixels, base, stride, 4);
	for (unsigned i = 0; i < 4; i++)
		colors.src[i] = bh_emit_saturate(e, bh_emit_output(e, (unsigned)color->output, i));
	if (!color->blends || !may_cover(color)) {
		if (color->blends)
			blend(e, color, live, &colors, &place);
		else
			replace(e, color, live, colors.src, &place);
		return;
	}
	/* Most of what desktops blend is opaque. */
	thin = LLVMBuildFCmp(e->builder, LLVMRealOLT, colors.src[3], bh_emit_splat_float(e, 1), "");
	thin = bh_emit_bools_bits(e, both(e, thin, live));
	after = bh_emit_new_block(e, "blended");
	fork = fork_if(
		e, LLVMBuildICmp(e->builder, LLVMIntEQ, thin, LLVMConstInt(e->i32, 0, false), ""));
	replace(e, color, live, colors.src, &place);
	go_on_in(e, fork.no, after);
	blend(e, color, live, &colors, &place);
	go_on_in(e, after, after);
}

void bh_emit_colors(struct bh_emit *e, struct bh_emit_pixels *pixels, LLVMValueRef live)
{
	for (unsigned i = 0; i < e->key->color_count; i++) {
		if (e->key->colors[i].output >= 0 && e->key->colors[i].mask)
			emit_color(e, pixels, i, live);
	}
}
