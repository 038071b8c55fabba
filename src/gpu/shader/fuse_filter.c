/* SPDX-License-Identifier: Apache-2.0 */
/* Sampling in fused code: where texels of one level are, and how they are filtered. */
#include "gpu/shader/fuse_sample.h"

#include "gpu/texture/format.h"

LLVMValueRef bh_emit_view_field(struct bh_sampling *p, LLVMTypeRef type, LLVMValueRef offset)
{
	LLVMValueRef value = bh_emit_load_at(p->e, type, p->view, offset);

	bh_emit_never_changes(p->e, value);
	return value;
}

struct bh_sampled_level bh_emit_load_level(struct bh_sampling *p, LLVMValueRef index)
{
	struct bh_emit *e = p->e;
	LLVMValueRef base = bh_emit_offset(e, offsetof(struct bh_texture_view, levels));
	struct bh_sampled_level level = {0};

#define FIELD(type, name)                      \
	bh_emit_view_field(                    \
		p, type,                       \
		LLVMBuildAdd(e->builder, base, \
			     bh_emit_offset(e, offsetof(struct bh_texture_level, name)), ""))
	if (index)
		base = LLVMBuildAdd(
			e->builder, base,
			LLVMBuildMul(e->builder, LLVMBuildZExt(e->builder, index, e->i64, ""),
				     bh_emit_offset(e, sizeof(struct bh_texture_level)), ""),
			"");
	level.data = FIELD(e->bytes, data);
	level.width = bh_emit_broadcast(e, FIELD(e->i32, width));
	level.height = bh_emit_broadcast(e, FIELD(e->i32, height));
	level.row_stride = FIELD(e->i32, row_stride);
	level.stride = bh_emit_broadcast(e, level.row_stride);
	if (p->texture->kind == BH_FUSED_3D || p->texture->kind == BH_FUSED_ARRAY) {
		level.depth = bh_emit_broadcast(e, FIELD(e->i32, depth));
		level.depth_f = to_float(e, level.depth);
	}
	if (p->texture->kind != BH_FUSED_2D)
		level.layer_stride = bh_emit_broadcast(
			e, LLVMBuildTrunc(e->builder, FIELD(e->i64, layer_stride), e->i32, ""));
#undef FIELD
	level.width_f = to_float(e, level.width);
	level.height_f = to_float(e, level.height);
	return level;
}

/* Bytes (0 to 3 of a word) to result components; `made[i]` may be NULL where it is not wanted. */
static void route(struct bh_emit *e, const uint8_t place[4], LLVMValueRef made[4],
		  LLVMValueRef out[4])
{
	for (unsigned i = 0; i < 4; i++)
		out[i] = place[i] < 4 ? made[place[i]] : fk(e, place[i] == 4 ? 0.0f : 1.0f);
}

static void bytes_nearest(struct bh_emit *e, const struct bh_fused_texture *texture,
			  LLVMValueRef words, LLVMValueRef out[4])
{
	LLVMValueRef made[4];

	for (unsigned i = 0; i < 4; i++)
		made[i] = fmul(e, to_float(e, iand(e, shr(e, words, 8 * i), ik(e, 255))),
			       fk(e, BH_BYTE_SCALE));
	route(e, texture->place, made, out);
}

/* a * weights[0] + b * weights[1] of 16-bit numbers that lie two in each lane's word. */
static LLVMValueRef mix_pairs(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b,
			      const LLVMValueRef weights[2])
{
	LLVMTypeRef shorts = LLVMVectorType(LLVMInt16TypeInContext(e->context), e->lanes * 2);
	LLVMValueRef parts[2] = {a, b};

	for (unsigned i = 0; i < 2; i++)
		parts[i] =
			LLVMBuildMul(e->builder, LLVMBuildBitCast(e->builder, parts[i], shorts, ""),
				     LLVMBuildBitCast(e->builder, weights[i], shorts, ""), "");
	return LLVMBuildBitCast(e->builder, LLVMBuildAdd(e->builder, parts[0], parts[1], ""), e->vi,
				"");
}

/* top * (256 - wy) + bottom * wy: 16-bit numbers to a sum of 24 bits. `high`: the upper halves. */
static LLVMValueRef mix_rows(struct bh_emit *e, LLVMValueRef top, LLVMValueRef bottom,
			     const LLVMValueRef weights[3], bool high)
{
	LLVMTypeRef shorts = LLVMVectorType(LLVMInt16TypeInContext(e->context), e->lanes * 2);
	LLVMValueRef low = ik(e, 0xffff), pair;

	if (!e->avx512 || e->lanes != 16) {
		top = high ? shr(e, top, 16) : iand(e, top, low);
		bottom = high ? shr(e, bottom, 16) : iand(e, bottom, low);
		return iadd(e, imul(e, top, weights[0]), imul(e, bottom, weights[1]));
	}
	/* One instruction multiplies signed pairs and adds: 2^15 is taken off each, and its share
	 * of the sum, 2^15 * 256, is added again. */
	if (high)
		pair = LLVMBuildOr(e->builder, shr(e, top, 16), iand(e, bottom, ik(e, 0xffff0000u)),
				   "");
	else
		pair = LLVMBuildOr(e->builder, iand(e, top, low),
				   LLVMBuildShl(e->builder, bottom, ik(e, 16), ""), "");
	pair = LLVMBuildXor(e->builder, pair, ik(e, 0x80008000u), "");
	LLVMValueRef arguments[] = {LLVMBuildBitCast(e->builder, pair, shorts, ""),
				    LLVMBuildBitCast(e->builder, weights[2], shorts, "")};

	return iadd(e, bh_emit_machine(e, "llvm.x86.avx512.pmaddw.d.512", arguments, 2),
		    ik(e, 1u << 23));
}

static void bytes_linear(struct bh_emit *e, const struct bh_fused_texture *texture,
			 LLVMValueRef words[4], const struct bh_emit_taps *tx,
			 const struct bh_emit_taps *ty, LLVMValueRef out[4])
{
	LLVMValueRef wx = tx->part, wy = ty->part, ry = isub(e, ik(e, 256), wy);
	LLVMValueRef across[2], down[3], made[4];

	across[1] = LLVMBuildOr(e->builder, wx, LLVMBuildShl(e->builder, wx, ik(e, 16), ""), "");
	across[0] = isub(e, ik(e, 0x1000100), across[1]);
	down[0] = ry;
	down[1] = wy;
	down[2] = LLVMBuildOr(e->builder, ry, LLVMBuildShl(e->builder, wy, ik(e, 16), ""), "");
	for (unsigned pair = 0; pair < 2; pair++) {
		LLVMValueRef part[4], top, bottom;

		for (unsigned i = 0; i < 4; i++)
			part[i] = iand(e, shr(e, words[i], 8 * pair), ik(e, 0xff00ff));
		top = mix_pairs(e, part[0], part[1], across);
		bottom = mix_pairs(e, part[2], part[3], across);
		for (unsigned high = 0; high < 2; high++)
			made[pair + 2 * high] =
				fmul(e, to_float(e, mix_rows(e, top, bottom, down, high)),
				     fk(e, BH_FILTERED_SCALE));
	}
	route(e, texture->place, made, out);
}

LLVMValueRef bh_emit_outside(struct bh_sampling *p, LLVMValueRef x, LLVMValueRef y)
{
	LLVMValueRef all[] = {x, y, p->outside}, outside = NULL;

	for (unsigned i = 0; i < 3; i++) {
		if (all[i] && outside)
			outside = LLVMBuildOr(p->e->builder, outside, all[i], "");
		else if (all[i])
			outside = all[i];
	}
	return outside;
}

/* Depth that a border shows, as what is there is compared. */
static LLVMValueRef border_depth(struct bh_sampling *p)
{
	size_t at = offsetof(struct bh_texture_view, sampler) + offsetof(struct bh_sampler, border);
	struct bh_emit *e = p->e;
	LLVMValueRef depth =
		bh_emit_broadcast(e, bh_emit_view_field(p, e->f32, bh_emit_offset(e, at)));

	return p->reference && !p->texture->format->depth_float ? bh_emit_saturate(e, depth)
								: depth;
}

static LLVMValueRef depth_texel(struct bh_sampling *p, const struct bh_sampled_level *level,
				LLVMValueRef x, LLVMValueRef y, LLVMValueRef outside)
{
	static const LLVMRealPredicate predicates[] = {
		[BH_COMPARE_LESS] = LLVMRealOLT,     [BH_COMPARE_EQUAL] = LLVMRealOEQ,
		[BH_COMPARE_LEQUAL] = LLVMRealOLE,   [BH_COMPARE_GREATER] = LLVMRealOGT,
		[BH_COMPARE_NOTEQUAL] = LLVMRealUNE, [BH_COMPARE_GEQUAL] = LLVMRealOGE,
	};
	const struct bh_fused_texture *t = p->texture;
	const struct bh_format *format = t->format;
	struct bh_emit *e = p->e;
	LLVMValueRef words =
		bh_emit_gather(e, level->data, bh_emit_texel_offset(p, level, x, y, format->bytes));
	uint32_t ones = format->depth_bits == 32 ? ~0u : (1u << format->depth_bits) - 1;
	LLVMValueRef depth;

	if (format->depth_float)
		depth = bh_emit_as_float(e, words);
	else
		depth = LLVMBuildFDiv(
			e->builder,
			to_float(e, iand(e, shr(e, words, format->depth_shift), ik(e, ones))),
			fk(e, (float)ones), "");
	if (outside)
		depth = pick(e, outside, border_depth(p), depth);
	if (!p->reference)
		return depth;
	if (t->compare == BH_COMPARE_NEVER)
		return fk(e, 0);
	if (t->compare >= BH_COMPARE_ALWAYS)
		return fk(e, 1);
	return pick(e, fcmp(e, predicates[t->compare], p->reference, depth), fk(e, 1), fk(e, 0));
}

static void route_depth(struct bh_sampling *p, LLVMValueRef value, LLVMValueRef out[4])
{
	for (unsigned i = 0; i < 4; i++)
		out[i] = p->texture->place[i] < 3
				 ? value
				 : fk(p->e, p->texture->place[i] == BH_SWIZZLE_0 ? 0.0f : 1.0f);
}

/* Of textures of bytes: what the border is, as a texel. */
static LLVMValueRef or_border(struct bh_sampling *p, LLVMValueRef words, LLVMValueRef outside)
{
	size_t at = offsetof(struct bh_texture_view, border_bytes);
	struct bh_emit *e = p->e;

	if (!outside)
		return words;
	return pick(e, outside,
		    bh_emit_broadcast(e, bh_emit_view_field(p, e->i32, bh_emit_offset(e, at))),
		    words);
}

static void filter_nearest(struct bh_sampling *p, const struct bh_sampled_level *level,
			   LLVMValueRef out[4])
{
	const struct bh_fused_texture *texture = p->texture;
	struct bh_emit *e = p->e;
	LLVMValueRef x, y, outside_x, outside_y, outside, words;

	x = bh_emit_nearest_at(e, texture->wrap[0], p->s, level->width, level->width_f, &outside_x);
	y = bh_emit_nearest_at(e, texture->wrap[1], p->t, level->height, level->height_f,
			       &outside_y);
	outside = bh_emit_outside(p, outside_x, outside_y);
	switch (texture->texel) {
	case BH_FUSED_DEPTH:
		route_depth(p, depth_texel(p, level, x, y, outside), out);
		return;
	case BH_FUSED_OTHER:
		bh_emit_texel(p, level, x, y, outside, out);
		return;
	case BH_FUSED_BYTES4:
		words = bh_emit_fetch(p, level, x, y);
		break;
	default:
		words = bh_emit_gather(e, level->data, bh_emit_texel_offset(p, level, x, y, 1));
		break;
	}
	bytes_nearest(e, texture, or_border(p, words, outside), out);
}

static void filter_linear(struct bh_sampling *p, const struct bh_sampled_level *level,
			  const struct bh_emit_taps *tx, const struct bh_emit_taps *ty,
			  LLVMValueRef out[4])
{
	const struct bh_fused_texture *texture = p->texture;
	struct bh_emit *e = p->e;
	LLVMValueRef words[4], outside[4];

	for (unsigned i = 0; i < 4; i++)
		outside[i] = bh_emit_outside(p, tx->outside[i & 1], ty->outside[i >> 1]);
	if (texture->texel == BH_FUSED_OTHER) {
		bh_emit_texel_square(p, level, tx, ty, outside, out);
		return;
	}
	if (texture->texel == BH_FUSED_DEPTH) {
		for (unsigned i = 0; i < 4; i++)
			words[i] = depth_texel(p, level, tx->index[i & 1], ty->index[i >> 1],
					       outside[i]);
		route_depth(p,
			    lerp(e, lerp(e, words[0], words[1], tx->weight),
				 lerp(e, words[2], words[3], tx->weight), ty->weight),
			    out);
		return;
	}
	if (texture->texel == BH_FUSED_BYTES4) {
		bh_emit_fetch_square(p, level, tx, ty, words);
	} else {
		for (unsigned i = 0; i < 4; i++)
			words[i] = bh_emit_gather(e, level->data,
						  bh_emit_texel_offset(p, level, tx->index[i & 1],
								       ty->index[i >> 1], 1));
	}
	for (unsigned i = 0; i < 4; i++)
		words[i] = or_border(p, words[i], outside[i]);
	bytes_linear(e, texture, words, tx, ty, out);
}

struct bh_emit_ways bh_emit_begin_ways(struct bh_emit *e, LLVMValueRef condition)
{
	struct bh_emit_ways ways = {bh_emit_new_block(e, "yes"),
				    bh_emit_new_block(e, "no"),
				    bh_emit_new_block(e, "joined"),
				    {0}};

	LLVMBuildCondBr(e->builder, condition, ways.yes, ways.no);
	LLVMPositionBuilderAtEnd(e->builder, ways.yes);
	return ways;
}

void bh_emit_other_way(struct bh_emit *e, struct bh_emit_ways *ways)
{
	ways->ends[0] = LLVMGetInsertBlock(e->builder);
	LLVMBuildBr(e->builder, ways->after);
	LLVMPositionBuilderAtEnd(e->builder, ways->no);
}

void bh_emit_end_ways(struct bh_emit *e, struct bh_emit_ways *ways)
{
	ways->ends[1] = LLVMGetInsertBlock(e->builder);
	LLVMBuildBr(e->builder, ways->after);
	LLVMPositionBuilderAtEnd(e->builder, ways->after);
}

LLVMValueRef bh_emit_join(struct bh_emit *e, struct bh_emit_ways *ways, LLVMValueRef yes,
			  LLVMValueRef no)
{
	LLVMValueRef values[] = {yes, no}, phi = LLVMBuildPhi(e->builder, LLVMTypeOf(yes), "");

	LLVMAddIncoming(phi, values, ways->ends, 2);
	return phi;
}

/* Of a volume: the slice that is read, or two of them. */
static void filter_slices(struct bh_sampling *p, const struct bh_sampled_level *level,
			  const struct bh_emit_taps *tx, const struct bh_emit_taps *ty,
			  LLVMValueRef out[4])
{
	struct bh_emit *e = p->e;
	struct bh_emit_taps tz =
		bh_emit_taps_at(e, p->texture->wrap[2], p->r, level->depth, level->depth_f);
	LLVMValueRef slices[2][4];

	for (unsigned i = 0; i < 2; i++) {
		p->face = tz.index[i];
		p->outside = tz.outside[i];
		filter_linear(p, level, tx, ty, slices[i]);
	}
	for (unsigned i = 0; i < 4; i++)
		out[i] = lerp(e, slices[0][i], slices[1][i], tz.weight);
}

/* Texels of a cube that may be one outside of their face, wherever they are then. */
struct seams {
	LLVMValueRef face[4], x[4], y[4], corner[4];
};

static void find_seams(struct bh_sampling *p, const struct bh_sampled_level *level,
		       const struct bh_emit_taps *tx, const struct bh_emit_taps *ty,
		       struct seams *seams)
{
	struct bh_emit *e = p->e;

	for (unsigned i = 0; i < 4; i++) {
		LLVMValueRef x = tx->index[i & 1], y = ty->index[i >> 1];

		seams->corner[i] = LLVMBuildAnd(e->builder, icmp(e, LLVMIntUGE, x, level->width),
						icmp(e, LLVMIntUGE, y, level->width), "");
		seams->face[i] = p->face;
		seams->x[i] = x;
		seams->y[i] = y;
		bh_emit_cube_neighbour(e, level->width, &seams->face[i], &seams->x[i],
				       &seams->y[i]);
	}
}

/* In a cube's corner three texels meet: the fourth is their mean. */
static void filter_seams(struct bh_sampling *p, const struct bh_sampled_level *level,
			 const struct bh_emit_taps *tx, const struct bh_emit_taps *ty,
			 LLVMValueRef out[4])
{
	const struct bh_fused_texture *texture = p->texture;
	LLVMValueRef values[4][4], words[4], whole[4], face = p->face;
	struct bh_emit *e = p->e;
	struct seams seams;

	find_seams(p, level, tx, ty, &seams);
	for (unsigned i = 0; i < 4; i++) {
		p->face = seams.face[i];
		if (texture->texel == BH_FUSED_OTHER)
			bh_emit_texel(p, level, seams.x[i], seams.y[i], NULL, values[i]);
		else
			words[i] = bh_emit_gather(
				e, level->data,
				bh_emit_texel_offset(p, level, seams.x[i], seams.y[i],
						     texture->texel == BH_FUSED_BYTES4 ? 4 : 1));
	}
	p->face = face;
	if (texture->texel != BH_FUSED_OTHER) {
		for (unsigned i = 0; i < 4; i++)
			whole[i] = pick(
				e, seams.corner[i],
				bh_emit_mean_bytes(e, words[i ^ 1], words[i ^ 2], words[i ^ 3]),
				words[i]);
		bytes_linear(e, texture, whole, tx, ty, out);
		return;
	}
	for (unsigned c = 0; c < 4; c++) {
		for (unsigned i = 0; i < 4; i++) {
			LLVMValueRef sum = fadd(e, fadd(e, values[i ^ 1][c], values[i ^ 2][c]),
						values[i ^ 3][c]);

			whole[i] =
				pick(e, seams.corner[i],
				     LLVMBuildFDiv(e->builder, sum, fk(e, 3.0f), ""), values[i][c]);
		}
		out[c] = lerp(e, lerp(e, whole[0], whole[1], tx->weight),
			      lerp(e, whole[2], whole[3], tx->weight), ty->weight);
	}
}

/* Mostly no lane is at an edge. */
static void filter_seamless(struct bh_sampling *p, const struct bh_sampled_level *level,
			    LLVMValueRef out[4])
{
	struct bh_emit *e = p->e;
	struct bh_emit_taps tx = bh_emit_seamless_taps(e, p->s, level->width_f);
	struct bh_emit_taps ty = bh_emit_seamless_taps(e, p->t, level->width_f);
	LLVMValueRef far[4], seam[4], outside = NULL;
	struct bh_emit_ways ways;

	for (unsigned i = 0; i < 4; i++) {
		LLVMValueRef index = i < 2 ? tx.index[i] : ty.index[i & 1];
		LLVMValueRef one = icmp(e, LLVMIntUGE, index, level->width);

		outside = outside ? LLVMBuildOr(e->builder, outside, one, "") : one;
	}
	ways = bh_emit_begin_ways(e,
				  icmp(e, LLVMIntEQ, bh_emit_bools_bits(e, outside), number(e, 0)));
	filter_linear(p, level, &tx, &ty, far);
	bh_emit_other_way(e, &ways);
	filter_seams(p, level, &tx, &ty, seam);
	bh_emit_end_ways(e, &ways);
	for (unsigned i = 0; i < 4; i++)
		out[i] = bh_emit_join(e, &ways, far[i], seam[i]);
}

/* fetch.c's bh_texture_fetch(): outside of the texture everything is 0. */
void bh_emit_fetch_texel(struct bh_sampling *p, const LLVMValueRef coord[3], LLVMValueRef lod,
			 LLVMValueRef out[4])
{
	struct bh_emit *e = p->e;
	struct bh_sampled_level level = bh_emit_load_level(p, NULL);
	LLVMValueRef sizes[] = {level.width, level.height, level.depth}, at[3];
	LLVMValueRef inside = icmp(e, LLVMIntEQ, bh_emit_as_int(e, lod), ik(e, 0));
	unsigned axes = level.depth ? 3 : 2;

	for (unsigned i = 0; i < axes; i++) {
		at[i] = bh_emit_as_int(e, coord[i]);
		inside = LLVMBuildAnd(e->builder, inside, icmp(e, LLVMIntULT, at[i], sizes[i]), "");
	}
	for (unsigned i = 0; i < axes; i++)
		at[i] = pick(e, inside, at[i], ik(e, 0));
	p->face = level.depth ? at[2] : NULL;
	if (p->texture->texel == BH_FUSED_DEPTH)
		route_depth(p, depth_texel(p, &level, at[0], at[1], NULL), out);
	else
		bh_emit_texel(p, &level, at[0], at[1], NULL, out);
	for (unsigned i = 0; i < 4; i++)
		out[i] = pick(e, inside, out[i], fk(e, 0));
}

void bh_emit_filter(struct bh_sampling *p, LLVMValueRef index, bool linear, LLVMValueRef out[4])
{
	const struct bh_fused_texture *texture = p->texture;
	struct bh_sampled_level level = bh_emit_load_level(p, index);
	struct bh_emit_taps tx, ty;
	struct bh_emit *e = p->e;

	if (!linear) {
		if (texture->kind == BH_FUSED_3D)
			p->face = bh_emit_nearest_at(e, texture->wrap[2], p->r, level.depth,
						     level.depth_f, &p->outside);
		filter_nearest(p, &level, out);
		return;
	}
	if (texture->seamless) {
		filter_seamless(p, &level, out);
		return;
	}
	tx = bh_emit_taps_at(e, texture->wrap[0], p->s, level.width, level.width_f);
	ty = bh_emit_taps_at(e, texture->wrap[1], p->t, level.height, level.height_f);
	if (texture->kind == BH_FUSED_3D)
		filter_slices(p, &level, &tx, &ty, out);
	else
		filter_linear(p, &level, &tx, &ty, out);
}
