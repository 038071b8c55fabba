/* SPDX-License-Identifier: Apache-2.0 */
/* Texture operations: a request is filled in and handed to the invocation's sampling function. */
#include "gpu/shader/emit.h"

#include "gpu/texture/texture.h"

static const enum bh_sample_kind kinds[BH_OP_COUNT] = {
	[BH_OP_TEX] = BH_SAMPLE_IMPLICIT, [BH_OP_TXP] = BH_SAMPLE_IMPLICIT,
	[BH_OP_TXB] = BH_SAMPLE_BIAS,     [BH_OP_TXB2] = BH_SAMPLE_BIAS,
	[BH_OP_TXL] = BH_SAMPLE_LOD,      [BH_OP_TXL2] = BH_SAMPLE_LOD,
	[BH_OP_TXD] = BH_SAMPLE_GRAD,     [BH_OP_TXF] = BH_SAMPLE_FETCH,
	[BH_OP_TXQ] = BH_SAMPLE_SIZE,
};

static void store_field(struct bh_emit *e, LLVMValueRef value, size_t offset)
{
	bh_emit_store_at(e, value, e->request, bh_emit_offset(e, offset));
}

static void store_number(struct bh_emit *e, uint32_t value, size_t offset)
{
	store_field(e, LLVMConstInt(e->i32, value, false), offset);
}

#define ROW (BH_LANES_MAX * sizeof(float))

/* Coordinates, LOD and steps, as far as the operation has them. */
static void read_coordinates(struct bh_emit *e, const struct bh_inst *inst,
			     struct bh_emit_sample *sample)
{
	LLVMValueRef *coord = sample->coord, zero = bh_emit_splat_float(e, 0);
	bool integer = bh_op_infos[inst->op].flags & BH_OP_INT;

	sample->kind = kinds[inst->op];
	sample->lod = zero;
	for (unsigned i = 0; i < 4; i++)
		coord[i] = bh_emit_source(e, &inst->source[0], i, integer);
	if (inst->op == BH_OP_TXB || inst->op == BH_OP_TXL || bh_fetches_a_level(inst))
		sample->lod = coord[3];
	if (inst->op == BH_OP_TXQ)
		sample->lod = coord[0];
	if (inst->op == BH_OP_TXB2 || inst->op == BH_OP_TXL2)
		sample->lod = bh_emit_source(e, &inst->source[1], 0, false);
	if (inst->op == BH_OP_TXP) {
		LLVMValueRef inverse = bh_emit_fdiv(e, bh_emit_splat_float(e, 1), coord[3]);

		for (unsigned i = 0; i < 3; i++)
			coord[i] = bh_emit_fmul(e, coord[i], inverse);
	}
	if (e->shader->info.stage != BH_STAGE_FRAGMENT && sample->kind <= BH_SAMPLE_BIAS) {
		sample->kind = BH_SAMPLE_LOD;
		sample->lod = zero;
	}
	for (unsigned i = 0; i < 3; i++) {
		bool steps = inst->op == BH_OP_TXD;

		sample->dx[i] = steps ? bh_emit_source(e, &inst->source[1], i, false) : zero;
		sample->dy[i] = steps ? bh_emit_source(e, &inst->source[2], i, false) : zero;
	}
}

static void call_sampler(struct bh_emit *e, unsigned sampler)
{
	LLVMTypeRef parameters[] = {e->bytes, e->bytes, e->bytes};
	LLVMTypeRef type =
		LLVMFunctionType(LLVMVoidTypeInContext(e->context), parameters, 3, false);
	LLVMValueRef view = bh_emit_load_at(e, e->bytes, e->textures,
					    bh_emit_offset(e, sampler * sizeof(void *)));
	LLVMValueRef arguments[] = {
		view,
		LLVMBuildBitCast(e->builder, e->request, e->bytes, ""),
		LLVMBuildBitCast(e->builder, e->texels, e->bytes, ""),
	};
	LLVMValueRef function =
		LLVMBuildBitCast(e->builder, e->sample, LLVMPointerType(type, 0), "");

	LLVMBuildCall2(e->builder, type, function, arguments, 3, "");
}

/* By the invocation's function, through memory. */
static void sample_by_call(struct bh_emit *e, const struct bh_inst *inst,
			   const struct bh_emit_sample *sample, LLVMValueRef texels[4])
{
	uint32_t offsets = 0;

	_Static_assert(sizeof(struct bh_sample) >= offsetof(struct bh_sample, offset) + 4,
		       "offsets are stored as a word");
	if (!e->request) {
		e->request = bh_emit_slot(
			e, LLVMArrayType(e->f32, sizeof(struct bh_sample) / sizeof(float)),
			"request");
		e->texels = bh_emit_slot(e, LLVMArrayType(e->f32, 4 * BH_LANES_MAX), "texels");
		LLVMSetAlignment(e->request, 64);
		LLVMSetAlignment(e->texels, 64);
	}
	for (unsigned i = 0; i < 4; i++)
		store_field(e, sample->coord[i], offsetof(struct bh_sample, coord) + i * ROW);
	if (sample->kind != BH_SAMPLE_IMPLICIT && sample->kind != BH_SAMPLE_GRAD)
		store_field(e, sample->lod, offsetof(struct bh_sample, lod));
	for (unsigned i = 0; sample->kind == BH_SAMPLE_GRAD && i < 3; i++) {
		store_field(e, sample->dx[i], offsetof(struct bh_sample, ddx) + i * ROW);
		store_field(e, sample->dy[i], offsetof(struct bh_sample, ddy) + i * ROW);
	}
	store_number(e, sample->kind, offsetof(struct bh_sample, kind));
	store_number(e, inst->target, offsetof(struct bh_sample, target));
	store_number(e, e->lanes, offsetof(struct bh_sample, lanes));
	store_field(e, sample->lanes, offsetof(struct bh_sample, mask));
	/* With the byte that is left of the structure. */
	for (unsigned i = 0; i < 3; i++)
		offsets |= (uint32_t)(uint8_t)inst->offset[i] << 8 * i;
	store_number(e, offsets, offsetof(struct bh_sample, offset));
	call_sampler(e, inst->sampler);
	for (unsigned i = 0; i < 4; i++)
		texels[i] = bh_emit_load_at(e, e->vf, e->texels, bh_emit_offset(e, i * ROW));
}

void bh_emit_texture(struct bh_emit *e, const struct bh_inst *inst)
{
	LLVMValueRef lanes = bh_emit_executing(e), texels[4];
	LLVMBasicBlockRef before = LLVMGetInsertBlock(e->builder), end;
	LLVMBasicBlockRef call = bh_emit_new_block(e, "texture");
	LLVMBasicBlockRef after = bh_emit_new_block(e, "sampled");
	struct bh_emit_sample sample;

	/* No lane wants it: it is left out, and what would have been written is not read. */
	if (lanes)
		LLVMBuildCondBr(e->builder, bh_emit_any(e, lanes), call, after);
	else
		LLVMBuildBr(e->builder, call);
	LLVMPositionBuilderAtEnd(e->builder, call);
	if (lanes)
		sample.lanes = bh_emit_mask_bits(e, lanes);
	else if (e->mask_bits)
		sample.lanes = bh_emit_whole_quads(e, e->mask_bits);
	else
		sample.lanes = LLVMConstInt(e->i32, (1u << e->lanes) - 1, false);
	read_coordinates(e, inst, &sample);
	if (bh_emit_samples_inline(e, inst))
		bh_emit_sample_inline(e, inst, &sample, texels);
	else
		sample_by_call(e, inst, &sample, texels);
	end = LLVMGetInsertBlock(e->builder);
	LLVMBuildBr(e->builder, after);
	LLVMPositionBuilderAtEnd(e->builder, after);
	if (lanes)
		bh_emit_forget_loaded(e);
	for (unsigned i = 0; i < 4; i++) {
		LLVMValueRef nothing = LLVMGetUndef(e->vf), both;

		if (lanes) {
			both = LLVMBuildPhi(e->builder, e->vf, "");
			LLVMAddIncoming(both, &texels[i], &end, 1);
			LLVMAddIncoming(both, &nothing, &before, 1);
			texels[i] = both;
		}
	}
	for (unsigned i = 0; i < 4; i++) {
		if (e->shows_bits && !bh_samples_integers(e->shader, inst))
			texels[i] = bh_emit_canonical(e, texels[i]);
	}
	bh_emit_dest(e, &inst->dest, texels);
}
