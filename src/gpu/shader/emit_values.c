/* SPDX-License-Identifier: Apache-2.0 */
/* Slots, memory, constants, masks: what the rest of the emitter builds with. */
#include "gpu/shader/emit.h"

#include <string.h>

LLVMValueRef bh_emit_slot(struct bh_emit *e, LLVMTypeRef type, const char *name)
{
	LLVMBasicBlockRef here = LLVMGetInsertBlock(e->builder);
	LLVMValueRef first = LLVMGetFirstInstruction(e->entry), slot;

	if (first)
		LLVMPositionBuilderBefore(e->builder, first);
	else
		LLVMPositionBuilderAtEnd(e->builder, e->entry);
	slot = LLVMBuildAlloca(e->builder, type, name);
	LLVMPositionBuilderAtEnd(e->builder, here);
	return slot;
}

static LLVMValueRef place_of(struct bh_emit *e, LLVMTypeRef type, LLVMValueRef base,
			     LLVMValueRef offset)
{
	LLVMValueRef bytes = LLVMBuildBitCast(e->builder, base, e->bytes, "");
	LLVMValueRef place = LLVMBuildGEP2(e->builder, e->i8, bytes, &offset, 1, "");

	return LLVMBuildBitCast(e->builder, place, LLVMPointerType(type, 0), "");
}

LLVMValueRef bh_emit_load_at(struct bh_emit *e, LLVMTypeRef type, LLVMValueRef base,
			     LLVMValueRef offset)
{
	LLVMValueRef value = LLVMBuildLoad2(e->builder, type, place_of(e, type, base, offset), "");

	LLVMSetAlignment(value, 4);
	return value;
}

void bh_emit_never_changes(struct bh_emit *e, LLVMValueRef load)
{
	static const char name[] = "invariant.load";
	unsigned kind = LLVMGetMDKindIDInContext(e->context, name, sizeof(name) - 1);

	LLVMSetMetadata(load, kind,
			LLVMMetadataAsValue(e->context, LLVMMDNodeInContext2(e->context, NULL, 0)));
}

void bh_emit_store_at(struct bh_emit *e, LLVMValueRef value, LLVMValueRef base, LLVMValueRef offset)
{
	LLVMValueRef place = place_of(e, LLVMTypeOf(value), base, offset);

	LLVMSetAlignment(LLVMBuildStore(e->builder, value, place), 4);
}

LLVMValueRef bh_emit_offset(struct bh_emit *e, size_t offset)
{
	return LLVMConstInt(e->i64, offset, false);
}

LLVMValueRef bh_emit_as_float(struct bh_emit *e, LLVMValueRef v)
{
	return LLVMTypeOf(v) == e->vf ? v : LLVMBuildBitCast(e->builder, v, e->vf, "");
}

LLVMValueRef bh_emit_as_int(struct bh_emit *e, LLVMValueRef v)
{
	return LLVMTypeOf(v) == e->vi ? v : LLVMBuildBitCast(e->builder, v, e->vi, "");
}

static LLVMValueRef splat_constant(struct bh_emit *e, LLVMValueRef scalar)
{
	LLVMValueRef all[BH_LANES_MAX];

	for (unsigned i = 0; i < e->lanes; i++)
		all[i] = scalar;
	return LLVMConstVector(all, e->lanes);
}

LLVMValueRef bh_emit_splat_int(struct bh_emit *e, uint32_t value)
{
	return splat_constant(e, LLVMConstInt(e->i32, value, false));
}

/* Not for NaN, whose bits might not survive. */
LLVMValueRef bh_emit_splat_float(struct bh_emit *e, float value)
{
	return splat_constant(e, LLVMConstReal(e->f32, (double)value));
}

LLVMValueRef bh_emit_broadcast(struct bh_emit *e, LLVMValueRef scalar)
{
	LLVMTypeRef type = LLVMTypeOf(scalar) == e->f32 ? e->vf : e->vi;
	LLVMValueRef one = LLVMBuildInsertElement(e->builder, LLVMGetUndef(type), scalar,
						  LLVMConstInt(e->i32, 0, false), "");

	return LLVMBuildShuffleVector(e->builder, one, LLVMGetUndef(type), bh_emit_splat_int(e, 0),
				      "");
}

LLVMValueRef bh_emit_shuffle(struct bh_emit *e, LLVMValueRef v, const uint8_t *lanes)
{
	LLVMValueRef indices[BH_LANES_MAX];

	for (unsigned i = 0; i < e->lanes; i++)
		indices[i] = LLVMConstInt(e->i32, lanes[i], false);
	return LLVMBuildShuffleVector(e->builder, v, LLVMGetUndef(LLVMTypeOf(v)),
				      LLVMConstVector(indices, e->lanes), "");
}

LLVMValueRef bh_emit_intrinsic(struct bh_emit *e, const char *name, LLVMValueRef a)
{
	unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
	LLVMTypeRef type = LLVMTypeOf(a);
	LLVMValueRef function = LLVMGetIntrinsicDeclaration(e->module, id, &type, 1);

	return LLVMBuildCall2(e->builder, LLVMIntrinsicGetType(e->context, id, &type, 1), function,
			      &a, 1, "");
}

LLVMValueRef bh_emit_cttz(struct bh_emit *e, LLVMValueRef bits)
{
	static const char name[] = "llvm.cttz";
	unsigned id = LLVMLookupIntrinsicID(name, sizeof(name) - 1);
	LLVMTypeRef type = LLVMTypeOf(bits);
	LLVMValueRef arguments[] = {bits,
				    LLVMConstInt(LLVMInt1TypeInContext(e->context), 1, false)};

	return LLVMBuildCall2(e->builder, LLVMIntrinsicGetType(e->context, id, &type, 1),
			      LLVMGetIntrinsicDeclaration(e->module, id, &type, 1), arguments, 2,
			      "");
}

LLVMValueRef bh_emit_machine(struct bh_emit *e, const char *name, LLVMValueRef *arguments,
			     unsigned count)
{
	unsigned id = LLVMLookupIntrinsicID(name, strlen(name));

	return LLVMBuildCall2(e->builder, LLVMIntrinsicGetType(e->context, id, NULL, 0),
			      LLVMGetIntrinsicDeclaration(e->module, id, NULL, 0), arguments, count,
			      "");
}

LLVMBasicBlockRef bh_emit_new_block(struct bh_emit *e, const char *name)
{
	return LLVMAppendBasicBlockInContext(e->context, e->function, name);
}

LLVMValueRef bh_emit_mask_is_set(struct bh_emit *e, LLVMValueRef mask)
{
	/* The sign is enough, and is what machines look at. */
	return LLVMBuildICmp(e->builder, LLVMIntSLT, mask, bh_emit_splat_int(e, 0), "");
}

LLVMValueRef bh_emit_bools_bits(struct bh_emit *e, LLVMValueRef bools)
{
	LLVMTypeRef narrow = LLVMIntTypeInContext(e->context, e->lanes);
	LLVMValueRef bits = LLVMBuildBitCast(e->builder, bools, narrow, "");

	return LLVMBuildZExt(e->builder, bits, e->i32, "");
}

LLVMValueRef bh_emit_bits_bools(struct bh_emit *e, LLVMValueRef bits)
{
	LLVMTypeRef narrow = LLVMIntTypeInContext(e->context, e->lanes);

	return LLVMBuildBitCast(e->builder, LLVMBuildTrunc(e->builder, bits, narrow, ""), e->vm,
				"");
}

LLVMValueRef bh_emit_mask_bits(struct bh_emit *e, LLVMValueRef mask)
{
	return bh_emit_bools_bits(e, bh_emit_mask_is_set(e, mask));
}

LLVMValueRef bh_emit_bits_mask(struct bh_emit *e, LLVMValueRef bits)
{
	return LLVMBuildSExt(e->builder, bh_emit_bits_bools(e, bits), e->vi, "");
}

LLVMValueRef bh_emit_any(struct bh_emit *e, LLVMValueRef mask)
{
	return LLVMBuildICmp(e->builder, LLVMIntNE, bh_emit_mask_bits(e, mask),
			     LLVMConstInt(e->i32, 0, false), "");
}
