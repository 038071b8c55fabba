/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sampling in fused code: 2D textures, arrays, volumes and cubes. One function a texture unit and
 * kind of operation; small programs have them inlined. The arithmetic is that of texture/sample.c,
 * lod.c and wrap.c, step by step.
 */
#include "gpu/shader/fuse_sample.h"

#include "gpu/texture/format.h"

#include <string.h>

/* Programs with more texture operations call their samplers, but for the shortest. */
#define INLINE_MAX 6

static LLVMValueRef view_float(struct bh_sampling *p, size_t offset)
{
	struct bh_emit *e = p->e;

	return bh_emit_broadcast(e, bh_emit_view_field(p, e->f32, bh_emit_offset(e, offset)));
}

static LLVMValueRef square(struct bh_emit *e, LLVMValueRef v)
{
	return fmul(e, v, v);
}

/* A lane of each quad to all four. */
static LLVMValueRef of_quad(struct bh_emit *e, LLVMValueRef v, unsigned which)
{
	uint8_t lanes[BH_LANES_MAX];

	for (unsigned i = 0; i < e->lanes; i++)
		lanes[i] = (uint8_t)((i & ~3u) + which);
	return bh_emit_shuffle(e, v, lanes);
}

static LLVMValueRef magnitude(struct bh_emit *e, LLVMValueRef v)
{
	return bh_emit_as_float(e, bh_emit_absolute(e, v, false));
}

/* The axis of the largest magnitude: whether it is x, and whether it is y if it is not. */
struct axis {
	LLVMValueRef x, y;
};

static struct axis major_axis(struct bh_emit *e, const LLVMValueRef at[3])
{
	LLVMValueRef x = magnitude(e, at[0]), y = magnitude(e, at[1]), z = magnitude(e, at[2]);
	struct axis axis = {LLVMBuildAnd(e->builder, fcmp(e, LLVMRealOGE, x, y),
					 fcmp(e, LLVMRealOGE, x, z), ""),
			    fcmp(e, LLVMRealOGE, y, z)};

	return axis;
}

/* lod.c's project(). */
static void project(struct bh_emit *e, const LLVMValueRef at[3], const struct axis *axis,
		    LLVMValueRef out[2])
{
	LLVMValueRef major = pick(e, axis->x, at[0], pick(e, axis->y, at[1], at[2]));
	LLVMValueRef scale = LLVMBuildFDiv(e->builder, fk(e, 0.5f), magnitude(e, major), "");
	LLVMValueRef third = pick(e, axis->x, at[2], pick(e, axis->y, at[2], at[1]));

	out[0] = fmul(e, pick(e, axis->x, at[1], at[0]), scale);
	out[1] = fmul(e, third, scale);
}

static void cube_steps(struct bh_emit *e, const struct bh_emit_sample *sample,
		       const LLVMValueRef dx[3], const LLVMValueRef dy[3], LLVMValueRef x[2],
		       LLVMValueRef y[2])
{
	LLVMValueRef at[3], moved[3], origin[2];
	struct axis axis;

	for (unsigned i = 0; i < 3; i++)
		at[i] = sample->coord[i];
	axis = major_axis(e, at);
	project(e, at, &axis, origin);
	for (unsigned i = 0; i < 3; i++)
		moved[i] = fadd(e, at[i], dx[i]);
	project(e, moved, &axis, x);
	for (unsigned i = 0; i < 3; i++)
		moved[i] = fadd(e, at[i], dy[i]);
	project(e, moved, &axis, y);
	for (unsigned i = 0; i < 2; i++) {
		x[i] = fsub(e, x[i], origin[i]);
		y[i] = fsub(e, y[i], origin[i]);
	}
}

static LLVMValueRef log2_approx(struct bh_emit *e, LLVMValueRef value)
{
	static const float terms[] = {0.31940838f, -1.23507241f, 2.60401890f, -3.32792124f,
				      3.11684466f};
	LLVMValueRef bits = bh_emit_as_int(e, value), m, q, exponent;

	m = LLVMBuildOr(e->builder, iand(e, bits, ik(e, 0x7fffff)), ik(e, 0x3f800000), "");
	m = bh_emit_as_float(e, m);
	exponent = isub(e, iand(e, shr(e, bits, 23), ik(e, 255)), ik(e, 127));
	q = fk(e, -0.03459504f);
	for (unsigned i = 0; i < sizeof(terms) / sizeof(terms[0]); i++)
		q = fadd(e, fmul(e, q, m), fk(e, terms[i]));
	return fadd(e, to_float(e, exponent), fmul(e, q, fsub(e, m, fk(e, 1))));
}

static LLVMValueRef automatic_lod(struct bh_sampling *p, const struct bh_emit_sample *sample)
{
	struct bh_emit *e = p->e;
	struct bh_sampled_level base = bh_emit_load_level(p, NULL);
	LLVMValueRef dx[3], dy[3], x[3], y[3], squared, lod;
	bool volume = p->texture->kind == BH_FUSED_3D, cube = p->texture->kind == BH_FUSED_CUBE;
	unsigned axes = volume || cube ? 3 : 2;

	for (unsigned i = 0; i < axes; i++) {
		LLVMValueRef v = sample->coord[i];

		dx[i] = sample->dx[i];
		dy[i] = sample->dy[i];
		if (sample->kind == BH_SAMPLE_GRAD)
			continue;
		dx[i] = fsub(e, of_quad(e, v, 1), of_quad(e, v, 0));
		dy[i] = fsub(e, of_quad(e, v, 2), of_quad(e, v, 0));
	}
	for (unsigned i = 0; i < axes; i++) {
		x[i] = dx[i];
		y[i] = dy[i];
	}
	if (cube)
		cube_steps(e, sample, dx, dy, x, y);
	for (unsigned i = 0; i < (volume ? 3 : 2); i++) {
		LLVMValueRef size = i == 2 ? base.depth_f : i ? base.height_f : base.width_f;

		x[i] = square(e, fmul(e, x[i], size));
		y[i] = square(e, fmul(e, y[i], size));
		if (i) {
			x[0] = fadd(e, x[0], x[i]);
			y[0] = fadd(e, y[0], y[i]);
		}
	}
	squared = pick(e, fcmp(e, LLVMRealOGT, x[0], y[0]), x[0], y[0]);
	lod = fmul(e, fk(e, 0.5f), log2_approx(e, squared));
	lod = pick(e, fcmp(e, LLVMRealOGT, squared, fk(e, 1e30f)), fk(e, 50.0f), lod);
	return pick(e, fcmp(e, LLVMRealOGT, squared, fk(e, 1e-30f)), lod, fk(e, -50.0f));
}

static LLVMValueRef final_lod(struct bh_sampling *p, const struct bh_emit_sample *sample)
{
	struct bh_emit *e = p->e;
	const size_t at = offsetof(struct bh_texture_view, sampler);
	LLVMValueRef lod = sample->kind == BH_SAMPLE_LOD ? sample->lod : automatic_lod(p, sample);
	LLVMValueRef low = view_float(p, at + offsetof(struct bh_sampler, min_lod));
	LLVMValueRef high = view_float(p, at + offsetof(struct bh_sampler, max_lod));

	if (sample->kind == BH_SAMPLE_BIAS)
		lod = fadd(e, lod, sample->lod);
	lod = fadd(e, lod, view_float(p, at + offsetof(struct bh_sampler, lod_bias)));
	lod = pick(e, fcmp(e, LLVMRealOGT, lod, low), lod, low);
	return pick(e, fcmp(e, LLVMRealOGT, lod, high), high, lod);
}

/* What bh_texture_mip() says of each lane. */
struct mip {
	LLVMValueRef level;  /* int */
	LLVMValueRef weight; /* of the next level; NULL: there is no such */
	LLVMValueRef linear; /* bool; NULL: the same for all lanes */
};

static struct mip find_mip(struct bh_sampling *p, LLVMValueRef lod)
{
	const struct bh_fused_texture *texture = p->texture;
	struct bh_emit *e = p->e;
	LLVMValueRef small = fcmp(e, LLVMRealOGT, lod, fk(e, 0)), last, whole;
	struct mip mip = {.level = ik(e, 0)};

	if (texture->min != texture->mag)
		mip.linear = texture->min == BH_FILTER_LINEAR ? small
							      : LLVMBuildNot(e->builder, small, "");
	if (texture->mip == BH_MIP_NONE || texture->one_level)
		return mip;
	last = bh_emit_broadcast(
		e,
		LLVMBuildSub(e->builder,
			     bh_emit_view_field(p, e->i32,
						bh_emit_offset(e, offsetof(struct bh_texture_view,
									   level_count))),
			     number(e, 1), ""));
	last = to_float(e, last);
	lod = pick(e, fcmp(e, LLVMRealOGT, lod, last), last, lod);
	if (texture->mip == BH_MIP_NEAREST)
		whole = to_int(e, fadd(e, lod, fk(e, 0.4999999f)));
	else
		whole = to_int(e, lod);
	mip.level = pick(e, small, whole, ik(e, 0));
	if (texture->mip == BH_MIP_LINEAR)
		mip.weight = pick(e, small, fsub(e, lod, to_float(e, whole)), fk(e, 0));
	return mip;
}

/* By a filter that may be another for another group of lanes. */
static void filter_either(struct bh_sampling *p, LLVMValueRef index, LLVMValueRef linear,
			  LLVMValueRef out[4])
{
	struct bh_emit *e = p->e;
	LLVMValueRef smooth[4], rough[4];
	struct bh_emit_ways ways;

	if (!linear) {
		bh_emit_filter(p, index, p->texture->mag == BH_FILTER_LINEAR, out);
		return;
	}
	ways = bh_emit_begin_ways(e, linear);
	bh_emit_filter(p, index, true, smooth);
	bh_emit_other_way(e, &ways);
	bh_emit_filter(p, index, false, rough);
	bh_emit_end_ways(e, &ways);
	for (unsigned i = 0; i < 4; i++)
		out[i] = bh_emit_join(e, &ways, smooth[i], rough[i]);
}

/* The level and, where a lane has a weight for it, the next. */
static void filter_levels(struct bh_sampling *p, LLVMValueRef index, LLVMValueRef linear,
			  LLVMValueRef weight, LLVMValueRef same, LLVMValueRef out[4])
{
	struct bh_emit *e = p->e;
	LLVMValueRef next[4], weighty, mixed[4];
	struct bh_emit_ways ways;

	filter_either(p, index, linear, out);
	if (!weight)
		return;
	weighty = fcmp(e, LLVMRealOGT, weight, fk(e, 0));
	ways = bh_emit_begin_ways(
		e, icmp(e, LLVMIntNE,
			LLVMBuildAnd(e->builder, bh_emit_bools_bits(e, weighty), same, ""),
			number(e, 0)));
	filter_either(p, LLVMBuildAdd(e->builder, index, number(e, 1), ""), linear, next);
	for (unsigned i = 0; i < 4; i++)
		mixed[i] = pick(e, weighty, lerp(e, out[i], next[i], weight), out[i]);
	bh_emit_other_way(e, &ways);
	bh_emit_end_ways(e, &ways);
	for (unsigned i = 0; i < 4; i++)
		out[i] = bh_emit_join(e, &ways, mixed[i], out[i]);
}

/* The value of the lane whose number is known only when the code runs. */
static LLVMValueRef lane_of(struct bh_emit *e, LLVMValueRef v, LLVMValueRef lane)
{
	return LLVMBuildExtractElement(e->builder, v, lane, "");
}

/* Lanes that read the same level in the same way, together; then the next, until none is left. */
static void sample_levels(struct bh_sampling *p, const struct bh_emit_sample *sample,
			  LLVMValueRef out[4])
{
	struct bh_emit *e = p->e;
	struct mip mip = find_mip(p, final_lod(p, sample));
	LLVMBasicBlockRef before = LLVMGetInsertBlock(e->builder), end;
	LLVMBasicBlockRef loop = bh_emit_new_block(e, "levels");
	LLVMBasicBlockRef after = bh_emit_new_block(e, "filtered");
	LLVMValueRef left, rest, first, index, same, same_bits, linear = NULL, done[4], part[4];
	LLVMValueRef nothing = fk(e, 0), kinds = NULL, all = sample->lanes;

	if (mip.linear)
		kinds = LLVMBuildSExt(e->builder, mip.linear, e->vi, "");
	LLVMBuildBr(e->builder, loop);
	LLVMPositionBuilderAtEnd(e->builder, loop);
	left = LLVMBuildPhi(e->builder, e->i32, "");
	for (unsigned i = 0; i < 4; i++)
		done[i] = LLVMBuildPhi(e->builder, e->vf, "");
	first = bh_emit_cttz(e, left);
	index = lane_of(e, mip.level, first);
	same = icmp(e, LLVMIntEQ, mip.level, bh_emit_broadcast(e, index));
	if (kinds) {
		linear = lane_of(e, kinds, first);
		same = LLVMBuildAnd(e->builder, same,
				    icmp(e, LLVMIntEQ, kinds, bh_emit_broadcast(e, linear)), "");
		linear = icmp(e, LLVMIntNE, linear, number(e, 0));
	}
	same_bits = LLVMBuildAnd(e->builder, bh_emit_bools_bits(e, same), left, "");
	filter_levels(p, index, linear, mip.weight, same_bits, part);
	rest = LLVMBuildAnd(e->builder, left, LLVMBuildNot(e->builder, same_bits, ""), "");
	for (unsigned i = 0; i < 4; i++)
		out[i] = pick(e, same, part[i], done[i]);
	end = LLVMGetInsertBlock(e->builder);
	LLVMBuildCondBr(e->builder, icmp(e, LLVMIntNE, rest, number(e, 0)), loop, after);
	LLVMAddIncoming(left, &all, &before, 1);
	LLVMAddIncoming(left, &rest, &end, 1);
	for (unsigned i = 0; i < 4; i++) {
		LLVMAddIncoming(done[i], &nothing, &before, 1);
		LLVMAddIncoming(done[i], &out[i], &end, 1);
	}
	LLVMPositionBuilderAtEnd(e->builder, after);
}

/* sample.c's resolve_cube(). */
static void resolve_cube(struct bh_sampling *p, const LLVMValueRef at[3])
{
	struct bh_emit *e = p->e;
	struct axis axis = major_axis(e, at);
	LLVMValueRef zero = fk(e, 0), up[3], minus[3], major, s, t, face;

	for (unsigned i = 0; i < 3; i++) {
		up[i] = fcmp(e, LLVMRealOGE, at[i], zero);
		minus[i] = bh_emit_as_float(e, bh_emit_negate(e, at[i], false));
	}
	major = magnitude(e, pick(e, axis.x, at[0], pick(e, axis.y, at[1], at[2])));
	s = pick(e, axis.x, pick(e, up[0], minus[2], at[2]),
		 pick(e, axis.y, at[0], pick(e, up[2], at[0], minus[0])));
	t = pick(e, axis.x, minus[1], pick(e, axis.y, pick(e, up[1], at[2], minus[2]), minus[1]));
	face = pick(e, axis.x, pick(e, up[0], ik(e, 0), ik(e, 1)),
		    pick(e, axis.y, pick(e, up[1], ik(e, 2), ik(e, 3)),
			 pick(e, up[2], ik(e, 4), ik(e, 5))));
	p->face = face;
	p->s = fmul(e, fadd(e, LLVMBuildFDiv(e->builder, s, major, ""), fk(e, 1)), fk(e, 0.5f));
	p->t = fmul(e, fadd(e, LLVMBuildFDiv(e->builder, t, major, ""), fk(e, 1)), fk(e, 0.5f));
}

/* sample.c's array_layer(). */
static LLVMValueRef array_layer(struct bh_sampling *p, LLVMValueRef at)
{
	size_t depth =
		offsetof(struct bh_texture_view, levels) + offsetof(struct bh_texture_level, depth);
	struct bh_emit *e = p->e;
	LLVMValueRef layer = bh_emit_intrinsic(e, "llvm.floor", fadd(e, at, fk(e, 0.5f)));
	LLVMValueRef count =
		bh_emit_broadcast(e, bh_emit_view_field(p, e->i32, bh_emit_offset(e, depth)));
	LLVMValueRef last = to_float(e, isub(e, count, ik(e, 1)));

	layer = pick(e, fcmp(e, LLVMRealOGT, layer, fk(e, 0)), layer, fk(e, 0));
	return to_int(e, pick(e, fcmp(e, LLVMRealOLT, layer, last), layer, last));
}

/* One level, one filter: nothing depends on the LOD. */
static bool is_plain(const struct bh_fused_texture *texture)
{
	return texture->min == texture->mag && (texture->mip == BH_MIP_NONE || texture->one_level);
}

static void sample_texture(struct bh_emit *e, const struct bh_fused_texture *texture,
			   LLVMValueRef view, const struct bh_emit_sample *sample,
			   LLVMValueRef out[4])
{
	struct bh_sampling p = {.e = e, .texture = texture, .view = view};

	if (sample->kind == BH_SAMPLE_FETCH) {
		bh_emit_fetch_texel(&p, sample->coord, sample->lod, out);
		return;
	}
	p.s = sample->coord[0];
	p.t = sample->coord[1];
	p.r = sample->coord[2];
	if (texture->compares) {
		p.reference = sample->coord[2];
		if (!texture->format->depth_float)
			p.reference = bh_emit_saturate(e, p.reference);
	}
	if (texture->kind == BH_FUSED_CUBE)
		resolve_cube(&p, sample->coord);
	if (texture->kind == BH_FUSED_ARRAY)
		p.face = array_layer(&p, p.r);
	if (is_plain(texture))
		bh_emit_filter(&p, NULL, texture->mag == BH_FILTER_LINEAR, out);
	else
		sample_levels(&p, sample, out);
}

static bool stays_inside(uint8_t wrap)
{
	return wrap == BH_WRAP_REPEAT || wrap == BH_WRAP_CLAMP_TO_EDGE ||
	       wrap == BH_WRAP_MIRROR_REPEAT;
}

/*
 * Quick code leaves to the functions of texture/ what takes them longer than to be called, and what
 * they do for all lanes at once: see `fast_2d` of a view.
 */
static bool is_left_alone(const struct bh_fused_texture *texture)
{
	return texture->kind == BH_FUSED_2D && texture->texel != BH_FUSED_OTHER &&
	       stays_inside(texture->wrap[0]) && stays_inside(texture->wrap[1]) &&
	       !is_plain(texture);
}

bool bh_emit_samples_inline(const struct bh_emit *e, const struct bh_inst *inst)
{
	const struct bh_fused_texture *texture;

	if (!e->key || inst->op == BH_OP_TXQ)
		return false;
	texture = &e->key->textures[inst->sampler];
	if (texture->kind == BH_FUSED_UNBOUND)
		return inst->op != BH_OP_TXF;
	if (inst->op == BH_OP_TXF)
		return texture->fetches && bh_fetches_a_level(inst) && !inst->offset[0] &&
		       !inst->offset[1] && !inst->offset[2];
	if (texture->kind == BH_FUSED_CALL || inst->offset[0] || inst->offset[1])
		return false;
	if (e->quick && is_left_alone(texture))
		return false;
	/* A sampler that compares does so for shadow targets only; another target reads depth. */
	return !bh_target_is_shadow(inst->target) ? !texture->compares
						  : inst->target != BH_TEX_SHADOW_CUBE &&
							    inst->target != BH_TEX_SHADOW_2D_ARRAY;
}

bool bh_emit_quick_differs(const struct bh_shader *shader, const struct bh_fused_key *key)
{
	for (size_t i = 0; key && i < shader->inst_count; i++) {
		const struct bh_inst *inst = &shader->insts[i];

		if (bh_op_infos[inst->op].class == BH_CLASS_TEXTURE &&
		    is_left_alone(&key->textures[inst->sampler]))
			return true;
	}
	return false;
}

static bool has_lod(const struct bh_emit_sample *sample)
{
	return sample->kind == BH_SAMPLE_BIAS || sample->kind == BH_SAMPLE_LOD ||
	       sample->kind == BH_SAMPLE_FETCH;
}

/* The values a sampler of this kind takes behind the view. */
static unsigned list_arguments(struct bh_emit *e, const struct bh_emit_sample *sample,
			       LLVMValueRef *list)
{
	unsigned count = 0;

	(void)e;
	for (unsigned i = 0; i < 3; i++)
		list[count++] = sample->coord[i];
	if (has_lod(sample))
		list[count++] = sample->lod;
	for (unsigned i = 0; sample->kind == BH_SAMPLE_GRAD && i < 3; i++) {
		list[count++] = sample->dx[i];
		list[count++] = sample->dy[i];
	}
	list[count++] = sample->lanes;
	return count;
}

#define ARGUMENTS_MAX 12

static LLVMTypeRef sampler_type(struct bh_emit *e, const struct bh_emit_sample *sample)
{
	LLVMValueRef list[ARGUMENTS_MAX];
	LLVMTypeRef types[ARGUMENTS_MAX], results[] = {e->vf, e->vf, e->vf, e->vf};
	unsigned count = list_arguments(e, sample, list);

	types[0] = e->bytes;
	for (unsigned i = 0; i < count; i++)
		types[i + 1] = LLVMTypeOf(list[i]);
	return LLVMFunctionType(LLVMStructTypeInContext(e->context, results, 4, false), types,
				count + 1, false);
}

/* The body of a sampler: with the function's parameters in the place of what callers give. */
static void emit_sampler(struct bh_emit *e, unsigned unit, const struct bh_emit_sample *like,
			 LLVMValueRef function)
{
	LLVMBasicBlockRef here = LLVMGetInsertBlock(e->builder), outer_entry = e->entry;
	LLVMValueRef outer = e->function, out[4], result;
	struct bh_emit_sample sample = *like;
	unsigned at = 1;

	e->function = function;
	e->entry = bh_emit_new_block(e, "entry");
	LLVMPositionBuilderAtEnd(e->builder, e->entry);
	for (unsigned i = 0; i < 3; i++)
		sample.coord[i] = LLVMGetParam(function, at++);
	if (has_lod(&sample))
		sample.lod = LLVMGetParam(function, at++);
	for (unsigned i = 0; sample.kind == BH_SAMPLE_GRAD && i < 3; i++) {
		sample.dx[i] = LLVMGetParam(function, at++);
		sample.dy[i] = LLVMGetParam(function, at++);
	}
	sample.lanes = LLVMGetParam(function, at);
	sample_texture(e, &e->key->textures[unit], LLVMGetParam(function, 0), &sample, out);
	result = LLVMGetUndef(LLVMGetReturnType(sampler_type(e, like)));
	for (unsigned i = 0; i < 4; i++)
		result = LLVMBuildInsertValue(e->builder, result, out[i], i, "");
	LLVMBuildRet(e->builder, result);
	e->function = outer;
	e->entry = outer_entry;
	LLVMPositionBuilderAtEnd(e->builder, here);
}

/*
 * What is short is part of the program: samples that have a coordinate in common share what is
 * found out about it.
 */
static bool is_inlined(const struct bh_emit *e, const struct bh_fused_texture *texture)
{
	unsigned operations = 0;

	if (is_plain(texture) && texture->kind == BH_FUSED_2D &&
	    texture->texel == BH_FUSED_BYTES4 && texture->mag == BH_FILTER_NEAREST)
		return true;
	for (size_t i = 0; i < e->shader->inst_count; i++)
		operations += bh_op_infos[e->shader->insts[i].op].class == BH_CLASS_TEXTURE;
	return operations <= INLINE_MAX;
}

static LLVMValueRef make_sampler(struct bh_emit *e, unsigned unit,
				 const struct bh_emit_sample *sample)
{
	LLVMValueRef function = LLVMAddFunction(e->module, "sampler", sampler_type(e, sample));
	const char *hint = is_inlined(e, &e->key->textures[unit]) ? "alwaysinline" : "noinline";

	LLVMSetLinkage(function, LLVMPrivateLinkage);
	LLVMAddAttributeAtIndex(
		function, LLVMAttributeFunctionIndex,
		LLVMCreateEnumAttribute(
			e->context, LLVMGetEnumAttributeKindForName(hint, __builtin_strlen(hint)),
			0));
	bh_emit_width_attributes(e, function);
	emit_sampler(e, unit, sample, function);
	return function;
}

/* The first unit that is read in the same way: its sampler, which is given the view, does for both.
 */
static unsigned first_alike(const struct bh_emit *e, unsigned unit)
{
	const struct bh_fused_texture *textures = e->key->textures;
	unsigned first = 0;

	/* Keys begin as zeros, what lies between their members included. */
	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
	while (memcmp(&textures[first], &textures[unit], sizeof(textures[unit])))
		first++;
	return first;
}

/* What wrote the registers may have left integers: their bits are taken as what is asked for. */
static struct bh_emit_sample as_floats(struct bh_emit *e, const struct bh_emit_sample *given)
{
	struct bh_emit_sample sample = *given;

	for (unsigned i = 0; i < 4; i++)
		sample.coord[i] = bh_emit_as_float(e, sample.coord[i]);
	sample.lod = bh_emit_as_float(e, sample.lod);
	for (unsigned i = 0; i < 3; i++) {
		sample.dx[i] = bh_emit_as_float(e, sample.dx[i]);
		sample.dy[i] = bh_emit_as_float(e, sample.dy[i]);
	}
	return sample;
}

void bh_emit_sample_inline(struct bh_emit *e, const struct bh_inst *inst,
			   const struct bh_emit_sample *given, LLVMValueRef texels[4])
{
	const struct bh_fused_texture *texture = &e->key->textures[inst->sampler];
	LLVMValueRef arguments[ARGUMENTS_MAX], result, *function;
	struct bh_emit_sample floats = as_floats(e, given), *sample = &floats;
	unsigned count;

	if (texture->kind == BH_FUSED_UNBOUND) {
		for (unsigned i = 0; i < 4; i++)
			texels[i] = fk(e, i == 3 ? 1.0f : 0.0f);
		return;
	}
	function = &e->samplers[first_alike(e, inst->sampler)][sample->kind];
	if (!*function)
		*function = make_sampler(e, inst->sampler, sample);
	arguments[0] = bh_emit_load_at(e, e->bytes, e->textures,
				       bh_emit_offset(e, inst->sampler * sizeof(void *)));
	bh_emit_never_changes(e, arguments[0]);
	count = list_arguments(e, sample, arguments + 1);
	result = LLVMBuildCall2(e->builder, sampler_type(e, sample), *function, arguments,
				count + 1, "");
	for (unsigned i = 0; i < 4; i++)
		texels[i] = LLVMBuildExtractValue(e->builder, result, i, "");
}
