/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fused code: a loop over groups of pixels, and in it interpolation, the program, and what
 * fuse_pixel.c and fuse_sample.c add.
 */
#include "gpu/shader/fuse.h"

#include "base/alloc.h"

#include <stdlib.h>

static LLVMValueRef field(struct bh_fuse *f, LLVMTypeRef type, size_t offset)
{
	return bh_emit_run_field(f->e, &f->pixels, type, offset);
}

static LLVMValueRef field_splat(struct bh_fuse *f, size_t offset)
{
	return bh_emit_run_splat(f->e, &f->pixels, f->e->f32, offset);
}

/* From the group's first pixel, or the quad's. */
static LLVMValueRef lane_numbers(struct bh_emit *e, bool y)
{
	LLVMValueRef all[BH_LANES_MAX];

	for (unsigned i = 0; i < e->lanes; i++)
		all[i] = LLVMConstReal(e->f32, y               ? i / 2 % 2
					       : e->key->quads ? i % 2
							       : i / 4 * 2 + i % 2);
	return LLVMConstVector(all, e->lanes);
}

/* A float of the record of a packet's triangle, for all lanes. */
static LLVMValueRef of_record(struct bh_fuse *f, size_t offset, unsigned component)
{
	struct bh_emit *e = f->e;
	LLVMValueRef scalar = bh_emit_load_at(
		e, e->f32, f->record, bh_emit_offset(e, offset + component * sizeof(float)));

	bh_emit_never_changes(e, scalar);
	return bh_emit_broadcast(e, scalar);
}

/* A part of a plane for all lanes: what `planes` of the run or, at the same offset, a record has.
 */
static LLVMValueRef plane_part(struct bh_fuse *f, LLVMValueRef base, size_t offset, size_t record,
			       unsigned component)
{
	struct bh_emit *e = f->e;
	LLVMValueRef scalar;

	if (f->key->quads)
		return of_record(f, record, component);
	scalar = bh_emit_load_at(e, e->f32, base,
				 bh_emit_offset(e, offset + component * sizeof(float)));
	bh_emit_never_changes(e, scalar);
	return bh_emit_broadcast(e, scalar);
}

/* (c + dx * x) + dy * y, in this order, as tile.inc has it. `index`: of an input; -1: window. */
static LLVMValueRef plane_at(struct bh_fuse *f, int index, unsigned component, bool flat)
{
	const size_t size = sizeof(struct bh_fused_planes);
	struct bh_emit *e = f->e;
	LLVMValueRef base = index < 0 ? f->pixels.run : f->planes, part[3];
	size_t offset = index < 0 ? offsetof(struct bh_fused_run, window) : (size_t)index * size;
	size_t record = (size_t)(index + 1) * size;

	for (unsigned i = 0; i < (flat ? 1 : 3); i++)
		part[i] = plane_part(f, base, offset + i * 4 * sizeof(float),
				     record + i * 4 * sizeof(float), component);
	/* May be an integer: its bits are kept. */
	if (flat)
		return part[0];
	part[1] = LLVMBuildFMul(e->builder, part[1], f->dx, "");
	part[2] = LLVMBuildFMul(e->builder, part[2], f->dy, "");
	return LLVMBuildFAdd(e->builder, LLVMBuildFAdd(e->builder, part[0], part[1], ""), part[2],
			     "");
}

static void make_position(struct bh_fuse *f, LLVMValueRef values[4])
{
	struct bh_emit *e = f->e;
	const struct bh_shader_info *info = &e->shader->info;
	LLVMValueRef centre = bh_emit_splat_float(e, info->pixel_center_integer ? 0.0f : 0.5f);
	LLVMValueRef x = LLVMBuildFAdd(
		e->builder, field_splat(f, offsetof(struct bh_fused_run, origin_x)), f->dx, "");
	LLVMValueRef y = LLVMBuildFAdd(
		e->builder, field_splat(f, offsetof(struct bh_fused_run, origin_y)), f->dy, "");

	/* Row 0 is the upper one to those who count from above. */
	if (info->origin_lower_left)
		y = LLVMBuildFSub(e->builder,
				  field_splat(f, offsetof(struct bh_fused_run, last_row)), y, "");
	values[0] = LLVMBuildFAdd(e->builder, x, centre, "");
	values[1] = LLVMBuildFAdd(e->builder, y, centre, "");
	values[2] = f->z;
	values[3] = f->oow;
}

static void make_input(struct bh_fuse *f, unsigned index, LLVMValueRef w)
{
	struct bh_emit *e = f->e;
	const struct bh_fused_input *input = &f->key->inputs[index];
	LLVMValueRef *values = e->input_values[index], at[] = {f->dx, f->dy};

	for (unsigned c = 0; c < 4; c++)
		values[c] = bh_emit_splat_float(e, c == 3 ? 1.0f : 0.0f);
	if (input->kind == BH_INPUT_POSITION)
		make_position(f, values);
	if (input->kind != BH_INPUT_ATTR)
		return;
	if (input->centroid) {
		f->dx = f->centroid[0];
		f->dy = f->centroid[1];
		w = f->centroid_w;
	}
	for (unsigned c = 0; c < 4; c++) {
		if (!(input->mask & 1u << c))
			continue;
		values[c] = plane_at(f, (int)index, c, input->flat);
		if (input->perspective && !input->flat)
			values[c] = LLVMBuildFMul(e->builder, values[c], w, "");
	}
	f->dx = at[0];
	f->dy = at[1];
}

LLVMValueRef bh_fuse_leave_if_none(struct bh_fuse *f, LLVMValueRef live)
{
	struct bh_emit *e = f->e;
	LLVMBasicBlockRef go_on = bh_emit_new_block(e, "some");
	LLVMValueRef bits = bh_emit_bools_bits(e, live);

	LLVMBuildCondBr(
		e->builder,
		LLVMBuildICmp(e->builder, LLVMIntNE, bits, LLVMConstInt(e->i32, 0, false), ""),
		go_on, f->next);
	LLVMPositionBuilderAtEnd(e->builder, go_on);
	return live;
}

static bool uses_w(const struct bh_fuse *f)
{
	for (unsigned i = 0; i < f->e->shader->info.input_count; i++) {
		const struct bh_fused_input *input = &f->key->inputs[i];

		if (input->kind == BH_INPUT_ATTR && input->perspective && !input->flat)
			return true;
	}
	return false;
}

/*
 * Before the first group: where 1/w does not change, one division does for all. It is said as
 * plane_at() says it for any pixel, so that zeros have the sign they have there.
 */
static void find_level(struct bh_fuse *f)
{
	struct bh_emit *e = f->e;
	LLVMValueRef part[3], sum, zero = LLVMConstReal(e->f32, 0);

	if (f->key->quads || !uses_w(f))
		return;
	for (unsigned i = 0; i < 3; i++)
		part[i] =
			field(f, e->f32,
			      offsetof(struct bh_fused_run, window) + (i * 4 + 3) * sizeof(float));
	f->level =
		LLVMBuildAnd(e->builder, LLVMBuildFCmp(e->builder, LLVMRealOEQ, part[1], zero, ""),
			     LLVMBuildFCmp(e->builder, LLVMRealOEQ, part[2], zero, ""), "");
	sum = LLVMBuildFAdd(e->builder, LLVMBuildFAdd(e->builder, part[0], part[1], ""), part[2],
			    "");
	f->level_w =
		bh_emit_broadcast(e, LLVMBuildFDiv(e->builder, LLVMConstReal(e->f32, 1), sum, ""));
}

/* 1/w there. */
static LLVMValueRef at_centroid(struct bh_fuse *f)
{
	LLVMValueRef at[] = {f->dx, f->dy}, oow;

	f->dx = f->centroid[0];
	f->dy = f->centroid[1];
	oow = plane_at(f, -1, 3, false);
	f->dx = at[0];
	f->dy = at[1];
	return oow;
}

static LLVMValueRef find_w(struct bh_fuse *f)
{
	struct bh_emit *e = f->e;
	LLVMBasicBlockRef from[2] = {LLVMGetInsertBlock(e->builder), NULL}, go_on;
	LLVMValueRef values[2] = {f->level_w, NULL}, w;

	if (!f->level)
		return LLVMBuildFDiv(e->builder, bh_emit_splat_float(e, 1), f->oow, "");
	from[1] = bh_emit_new_block(e, "slanted");
	go_on = bh_emit_new_block(e, "w");
	LLVMBuildCondBr(e->builder, f->level, go_on, from[1]);
	LLVMPositionBuilderAtEnd(e->builder, from[1]);
	values[1] = LLVMBuildFDiv(e->builder, bh_emit_splat_float(e, 1), f->oow, "");
	LLVMBuildBr(e->builder, go_on);
	LLVMPositionBuilderAtEnd(e->builder, go_on);
	w = LLVMBuildPhi(e->builder, e->vf, "");
	LLVMAddIncoming(w, values, from, 2);
	return w;
}

LLVMValueRef bh_fuse_run_program(struct bh_fuse *f, LLVMValueRef live)
{
	struct bh_emit *e = f->e;
	const struct bh_shader_info *info = &e->shader->info;
	LLVMValueRef w, lost;
	LLVMBasicBlockRef out, go_on;

	w = find_w(f);
	if (f->centroid[0])
		f->centroid_w =
			LLVMBuildFDiv(e->builder, bh_emit_splat_float(e, 1), at_centroid(f), "");
	for (unsigned i = 0; i < info->input_count; i++)
		make_input(f, i, w);
	e->mask_bits = bh_emit_bools_bits(e, live);
	bh_emit_instructions(e);
	if (e->loops) {
		lost = bh_emit_load_at(e, e->i8, e->invocation,
				       bh_emit_offset(e, offsetof(struct bh_invocation, lost)));
		out = bh_emit_new_block(e, "lost");
		go_on = bh_emit_new_block(e, "ran");
		LLVMBuildCondBr(e->builder,
				LLVMBuildICmp(e->builder, LLVMIntEQ, lost,
					      LLVMConstInt(e->i8, 0, false), ""),
				go_on, out);
		LLVMPositionBuilderAtEnd(e->builder, out);
		LLVMBuildRetVoid(e->builder);
		LLVMPositionBuilderAtEnd(e->builder, go_on);
	}
	if (info->kills)
		live = bh_fuse_leave_if_none(
			f, bh_emit_mask_is_set(e, bh_emit_get(e, e->vi, e->live)));
	if (f->key->alpha_test)
		live = bh_fuse_leave_if_none(f, bh_emit_alpha_test(e, &f->pixels, live));
	return live;
}

void bh_fuse_count(struct bh_fuse *f, LLVMValueRef live)
{
	struct bh_emit *e = f->e;
	size_t offset = offsetof(struct bh_fused_run, samples);
	LLVMValueRef bits = LLVMBuildZExt(e->builder, bh_emit_bools_bits(e, live), e->i64, "");
	LLVMValueRef count = bh_emit_intrinsic(e, "llvm.ctpop", bits);

	count = LLVMBuildAdd(e->builder, field(f, e->i64, offset), count, "");
	bh_emit_store_at(e, count, f->pixels.run, bh_emit_offset(e, offset));
}

/* Bits of a word as a number: of each lane, or of a scalar. */
static LLVMValueRef bits_of(struct bh_emit *e, LLVMValueRef word, unsigned shift, uint32_t mask)
{
	bool scalar = LLVMTypeOf(word) == e->i32;

	word = LLVMBuildLShr(
		e->builder, word,
		scalar ? LLVMConstInt(e->i32, shift, false) : bh_emit_splat_int(e, shift), "");
	return LLVMBuildAnd(e->builder, word,
			    scalar ? LLVMConstInt(e->i32, mask, false) : bh_emit_splat_int(e, mask),
			    "");
}

/* From the group's word in the list: where it is, and which of its lanes live. */
static LLVMValueRef begin_group(struct bh_fuse *f, LLVMValueRef at)
{
	struct bh_emit *e = f->e;
	LLVMValueRef offset = LLVMBuildShl(e->builder, at, bh_emit_offset(e, 2), ""), word, x, y;

	offset = LLVMBuildAdd(e->builder, offset,
			      bh_emit_offset(e, offsetof(struct bh_fused_run, groups)), "");
	word = bh_emit_load_at(e, e->i32, f->pixels.run, offset);
	x = bits_of(e, word, 0, 255);
	y = bits_of(e, word, 8, 255);
	f->pixels.x[0] = LLVMBuildZExt(e->builder, x, e->i64, "");
	f->pixels.y[0] = LLVMBuildZExt(e->builder, y, e->i64, "");
	f->dx = bh_emit_broadcast(e, LLVMBuildSIToFP(e->builder, x, e->f32, ""));
	f->dy = bh_emit_broadcast(e, LLVMBuildSIToFP(e->builder, y, e->f32, ""));
	return bh_emit_bits_bools(e, bits_of(e, word, 16, 0xffff));
}

/* The same from the quads of a packet. */
static LLVMValueRef begin_packet(struct bh_fuse *f, LLVMValueRef at)
{
	struct bh_emit *e = f->e;
	unsigned quads = e->lanes / 4;
	LLVMValueRef offset, record, words = LLVMGetUndef(e->vi), bits[BH_LANES_MAX], live;
	LLVMValueRef records = field(f, e->bytes, offsetof(struct bh_fused_run, records));
	uint8_t lanes[BH_LANES_MAX];

	offset = LLVMBuildMul(e->builder, at,
			      bh_emit_offset(e, quads * sizeof(struct bh_fused_quad)), "");
	offset = LLVMBuildAdd(e->builder, offset,
			      bh_emit_offset(e, offsetof(struct bh_fused_run, quads)), "");
	record = bh_emit_load_at(
		e, e->i32, f->pixels.run,
		LLVMBuildAdd(e->builder, offset,
			     bh_emit_offset(e, offsetof(struct bh_fused_quad, record)), ""));
	record = LLVMBuildZExt(e->builder, record, e->i64, "");
	f->record = LLVMBuildGEP2(e->builder, e->i8, records, &record, 1, "");
	for (unsigned i = 0; i < quads; i++) {
		LLVMValueRef word = bh_emit_load_at(e, e->i32, f->pixels.run, offset);

		f->pixels.x[i] = LLVMBuildZExt(e->builder, bits_of(e, word, 0, 255), e->i64, "");
		f->pixels.y[i] = LLVMBuildZExt(e->builder, bits_of(e, word, 8, 255), e->i64, "");
		f->pixels.some[i] = LLVMBuildICmp(e->builder, LLVMIntNE, bits_of(e, word, 16, 15),
						  LLVMConstInt(e->i32, 0, false), "");
		words = LLVMBuildInsertElement(e->builder, words, word,
					       LLVMConstInt(e->i32, i * 4, false), "");
		offset = LLVMBuildAdd(e->builder, offset,
				      bh_emit_offset(e, sizeof(struct bh_fused_quad)), "");
	}
	for (unsigned i = 0; i < e->lanes; i++) {
		lanes[i] = (uint8_t)(i & ~3u);
		bits[i] = LLVMConstInt(e->i32, 1u << (16 + i % 4), false);
	}
	words = bh_emit_shuffle(e, words, lanes);
	f->dx = LLVMBuildSIToFP(e->builder, bits_of(e, words, 0, 255), e->vf, "");
	f->dy = LLVMBuildSIToFP(e->builder, bits_of(e, words, 8, 255), e->vf, "");
	live = LLVMBuildAnd(e->builder, words, LLVMConstVector(bits, e->lanes), "");
	e->front = LLVMBuildFCmp(e->builder, LLVMRealUNE, of_record(f, 0, BH_FUSED_RECORD_FRONT),
				 bh_emit_splat_float(e, 0), "");
	return LLVMBuildICmp(e->builder, LLVMIntNE, live, bh_emit_splat_int(e, 0), "");
}

LLVMValueRef bh_fuse_clamp_depth(struct bh_fuse *f, LLVMValueRef z)
{
	size_t range = offsetof(struct bh_fused_run, depth_range);

	z = bh_emit_saturate(f->e, z);
	if (!f->key->depth_clamps)
		return z;
	z = larger(f->e, z, field_splat(f, range));
	return smaller(f->e, z, field_splat(f, range + sizeof(float)));
}

LLVMValueRef bh_fuse_depth_at(struct bh_fuse *f, LLVMValueRef dx, LLVMValueRef dy)
{
	LLVMValueRef at[] = {f->dx, f->dy}, z, offset;

	f->dx = dx;
	f->dy = dy;
	offset = f->key->quads ? of_record(f, 0, BH_FUSED_RECORD_OFFSET)
			       : field_splat(f, offsetof(struct bh_fused_run, depth_offset));
	z = fadd(f->e, plane_at(f, -1, 2, false), offset);
	f->dx = at[0];
	f->dy = at[1];
	return bh_fuse_clamp_depth(f, z);
}

/* What is tested changes where tests fail, too: it is written before the group is left. */
static LLVMValueRef test(struct bh_fuse *f, struct bh_emit_test *test, LLVMValueRef z,
			 LLVMValueRef live, bool writes)
{
	struct bh_emit *e = f->e;
	LLVMValueRef passed = bh_emit_tests(e, &f->pixels, test, NULL, z, live);

	if (writes && f->key->stencil_writes)
		bh_emit_write_tests(e, test, passed);
	bh_fuse_leave_if_none(f, passed);
	if (writes && !f->key->stencil_writes)
		bh_emit_write_tests(e, test, passed);
	return passed;
}

static void draw_pixels(struct bh_fuse *f, LLVMValueRef live)
{
	struct bh_emit *e = f->e;
	const struct bh_fused_key *key = f->key;
	struct bh_emit_test tests = {.tested = NULL};
	LLVMValueRef z = f->z;

	if (f->early)
		live = test(f, &tests, z, live, !f->discards);
	live = bh_fuse_run_program(f, live);
	if (key->depth_output >= 0)
		z = bh_fuse_clamp_depth(f, bh_emit_output(e, (unsigned)key->depth_output, 2));
	if (key->depth_format && !f->early)
		live = test(f, &tests, z, live, true);
	else if (key->depth_format && f->discards)
		bh_emit_write_tests(e, &tests, live);
	if (key->counts)
		bh_fuse_count(f, live);
	for (unsigned i = 0; i < key->color_count; i++) {
		struct bh_emit_color color;

		if (!bh_emit_writes_color(e, i))
			continue;
		bh_emit_begin_color(e, &f->pixels, &color, i, live);
		bh_emit_write_color(e, &f->pixels, &color, NULL, live);
	}
}

/* One group, or packet, of the list. */
static void draw_group(struct bh_fuse *f, LLVMValueRef at)
{
	struct bh_emit *e = f->e;
	const struct bh_fused_key *key = f->key;
	LLVMValueRef live = key->quads ? begin_packet(f, at) : begin_group(f, at);

	f->discards = e->shader->info.kills || key->alpha_test || key->alpha_to_coverage;
	f->early =
		key->depth_format && key->depth_output < 0 && !(f->discards && key->stencil_sides);
	f->dx = fadd(e, f->dx, lane_numbers(e, false));
	f->dy = fadd(e, f->dy, lane_numbers(e, true));
	f->z = bh_fuse_depth_at(f, f->dx, f->dy);
	f->oow = plane_at(f, -1, 3, false);
	if (key->samples > 1)
		bh_fuse_samples(f, at, live);
	else
		draw_pixels(f, live);
	LLVMBuildBr(e->builder, f->next);
}

void bh_emit_fused(const struct bh_shader *shader, const struct bh_fused_key *key,
		   const struct bh_emit_target *target, LLVMModuleRef module, const char *name)
{
	struct bh_emit *e = bh_alloc(sizeof(*e));
	struct bh_fuse f = {.e = e, .key = key};
	LLVMBasicBlockRef before, loop, after;
	LLVMValueRef count, at, next, zero;

	bh_emit_begin(e, shader, target, module, name);
	e->key = key;
	e->input_values = bh_alloc((shader->info.input_count + 1) * sizeof(*e->input_values));
	f.pixels.run = e->invocation; /* the first member */
	bh_emit_pointers(e);
	f.planes = field(&f, e->bytes, offsetof(struct bh_fused_run, planes));
	count = field(&f, e->i32,
		      key->quads ? offsetof(struct bh_fused_run, packet_count)
				 : offsetof(struct bh_fused_run, group_count));
	find_level(&f);
	before = LLVMGetInsertBlock(e->builder);
	loop = bh_emit_new_block(e, "group");
	f.next = bh_emit_new_block(e, "next");
	after = bh_emit_new_block(e, "after");
	LLVMBuildBr(e->builder, loop);

	LLVMPositionBuilderAtEnd(e->builder, loop);
	at = LLVMBuildPhi(e->builder, e->i32, "");
	draw_group(&f, LLVMBuildZExt(e->builder, at, e->i64, ""));

	LLVMPositionBuilderAtEnd(e->builder, f.next);
	next = LLVMBuildAdd(e->builder, at, LLVMConstInt(e->i32, 1, false), "");
	LLVMBuildCondBr(e->builder, LLVMBuildICmp(e->builder, LLVMIntULT, next, count, ""), loop,
			after);
	zero = LLVMConstInt(e->i32, 0, false);
	LLVMAddIncoming(at, &zero, &before, 1);
	LLVMAddIncoming(at, &next, &f.next, 1);
	LLVMPositionBuilderAtEnd(e->builder, after);
	LLVMBuildRetVoid(e->builder);
	bh_emit_end(e);
	free(e->input_values);
	free(e);
}
