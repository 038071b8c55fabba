/* SPDX-License-Identifier: Apache-2.0 */
/* alu.inc with primitives that emit LLVM instructions. */
#include "gpu/shader/emit.h"

#define CTX __attribute__((unused)) struct bh_emit *
#define VAL LLVMValueRef
#define MSK LLVMValueRef

static LLVMValueRef as_float(struct bh_emit *e, LLVMValueRef v)
{
	return bh_emit_as_float(e, v);
}

static LLVMValueRef as_int(struct bh_emit *e, LLVMValueRef v)
{
	return bh_emit_as_int(e, v);
}

LLVMValueRef bh_emit_canonical(struct bh_emit *e, LLVMValueRef v)
{
	LLVMValueRef f = as_float(e, v);
	LLVMValueRef is_number = LLVMBuildFCmp(e->builder, LLVMRealORD, f, f, "");

	return LLVMBuildSelect(e->builder, is_number, f,
			       as_float(e, bh_emit_splat_int(e, BH_CANONICAL_NAN)), "");
}

/* The result of a floating-point instruction: see ir.h on NaN. */
static LLVMValueRef result(struct bh_emit *e, LLVMValueRef v)
{
	return e->shows_bits ? bh_emit_canonical(e, v) : v;
}

LLVMValueRef bh_emit_fadd(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return result(e, LLVMBuildFAdd(e->builder, as_float(e, a), as_float(e, b), ""));
}

LLVMValueRef bh_emit_fsub(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return result(e, LLVMBuildFSub(e->builder, as_float(e, a), as_float(e, b), ""));
}

LLVMValueRef bh_emit_fmul(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return result(e, LLVMBuildFMul(e->builder, as_float(e, a), as_float(e, b), ""));
}

LLVMValueRef bh_emit_fdiv(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return result(e, LLVMBuildFDiv(e->builder, as_float(e, a), as_float(e, b), ""));
}

LLVMValueRef bh_emit_fma(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b, LLVMValueRef d)
{
	static const char name[] = "llvm.fma";
	unsigned id = LLVMLookupIntrinsicID(name, sizeof(name) - 1);
	LLVMValueRef arguments[] = {as_float(e, a), as_float(e, b), as_float(e, d)};
	LLVMTypeRef type = LLVMTypeOf(arguments[0]);

	return result(e, LLVMBuildCall2(e->builder, LLVMIntrinsicGetType(e->context, id, &type, 1),
					LLVMGetIntrinsicDeclaration(e->module, id, &type, 1),
					arguments, 3, ""));
}

static LLVMValueRef function_of(struct bh_emit *e, const char *name, LLVMValueRef a)
{
	return result(e, bh_emit_intrinsic(e, name, as_float(e, a)));
}

static LLVMValueRef compare(struct bh_emit *e, LLVMRealPredicate predicate, LLVMValueRef a,
			    LLVMValueRef b)
{
	return LLVMBuildFCmp(e->builder, predicate, as_float(e, a), as_float(e, b), "");
}

static LLVMValueRef compare_int(struct bh_emit *e, LLVMIntPredicate predicate, LLVMValueRef a,
				LLVMValueRef b)
{
	return LLVMBuildICmp(e->builder, predicate, as_int(e, a), as_int(e, b), "");
}

static LLVMValueRef select_lanes(struct bh_emit *e, LLVMValueRef mask, LLVMValueRef a,
				 LLVMValueRef b)
{
	if (LLVMTypeOf(a) != LLVMTypeOf(b)) {
		a = as_float(e, a);
		b = as_float(e, b);
	}
	return LLVMBuildSelect(e->builder, mask, a, b, "");
}

static LLVMValueRef binary(struct bh_emit *e, LLVMOpcode op, LLVMValueRef a, LLVMValueRef b)
{
	return LLVMBuildBinOp(e->builder, op, as_int(e, a), as_int(e, b), "");
}

static LLVMValueRef shift(struct bh_emit *e, LLVMOpcode op, LLVMValueRef a, uint32_t amount)
{
	return binary(e, op, a, bh_emit_splat_int(e, amount));
}

#define KF(c, value)       bh_emit_splat_float(c, value)
#define KI(c, value)       bh_emit_splat_int(c, (uint32_t)(value))
#define SELECT(c, m, a, b) select_lanes(c, m, a, b)
#define FADD(c, a, b)      bh_emit_fadd(c, a, b)
#define FSUB(c, a, b)      bh_emit_fsub(c, a, b)
#define FMUL(c, a, b)      bh_emit_fmul(c, a, b)
#define FDIV(c, a, b)      bh_emit_fdiv(c, a, b)
#define FMA(c, a, b, d)    bh_emit_fma(c, a, b, d)
#define FSQRT(c, a)        function_of(c, "llvm.sqrt", a)
#define FFLOOR(c, a)       function_of(c, "llvm.floor", a)
#define FCEIL(c, a)        function_of(c, "llvm.ceil", a)
#define FTRUNC(c, a)       function_of(c, "llvm.trunc", a)
#define FNEAR(c, a)        function_of(c, "llvm.nearbyint", a)
#define FLT(c, a, b)       compare(c, LLVMRealOLT, a, b)
#define FLE(c, a, b)       compare(c, LLVMRealOLE, a, b)
#define FEQ(c, a, b)       compare(c, LLVMRealOEQ, a, b)
#define FNE(c, a, b)       compare(c, LLVMRealUNE, a, b)
#define IADD(c, a, b)      binary(c, LLVMAdd, a, b)
#define ISUB(c, a, b)      binary(c, LLVMSub, a, b)
#define IMUL(c, a, b)      binary(c, LLVMMul, a, b)
#define UDIV(c, a, b)      binary(c, LLVMUDiv, a, b)
#define AND(c, a, b)       binary(c, LLVMAnd, a, b)
#define OR(c, a, b)        binary(c, LLVMOr, a, b)
#define XOR(c, a, b)       binary(c, LLVMXor, a, b)
#define SHL(c, a, n)       shift(c, LLVMShl, a, n)
#define LSHR(c, a, n)      shift(c, LLVMLShr, a, n)
#define ASHR(c, a, n)      shift(c, LLVMAShr, a, n)
#define SHLV(c, a, b)      binary(c, LLVMShl, a, b)
#define LSHRV(c, a, b)     binary(c, LLVMLShr, a, b)
#define ASHRV(c, a, b)     binary(c, LLVMAShr, a, b)
#define IEQ(c, a, b)       compare_int(c, LLVMIntEQ, a, b)
#define ILT(c, a, b)       compare_int(c, LLVMIntSLT, a, b)
#define ULT(c, a, b)       compare_int(c, LLVMIntULT, a, b)
#define M2I(c, m)          LLVMBuildSExt(c->builder, m, c->vi, "")
#define F2I(c, a)          LLVMBuildFPToSI(c->builder, as_float(c, a), c->vi, "")
#define I2F(c, a)          LLVMBuildSIToFP(c->builder, as_int(c, a), c->vf, "")

#include "gpu/shader/alu.inc"

LLVMValueRef bh_emit_alu(struct bh_emit *e, enum bh_op op, const LLVMValueRef *sources)
{
	return alu_functions[op](e, sources);
}

LLVMValueRef bh_emit_negate(struct bh_emit *e, LLVMValueRef v, bool integer)
{
	return integer ? ISUB(e, bh_emit_splat_int(e, 0), v) : alu_negate(e, v);
}

LLVMValueRef bh_emit_absolute(struct bh_emit *e, LLVMValueRef v, bool integer)
{
	return integer ? alu_iabs(e, v) : alu_abs(e, v);
}

LLVMValueRef bh_emit_saturate(struct bh_emit *e, LLVMValueRef v)
{
	return alu_saturate(e, v);
}
