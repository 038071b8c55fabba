/* SPDX-License-Identifier: Apache-2.0 */
/* The tests of depth, stencil and alpha in fused code. */
#include "gpu/shader/fuse_pixel.h"

#include "gpu/texture/format.h"

static uint32_t depth_ones(const struct bh_format *format)
{
	return format->depth_bits == 32 ? ~0u : (1u << format->depth_bits) - 1;
}

/* A depth in [0, 1] as the format's integers: pixel.inc's depth_to_bits(). */
static LLVMValueRef depth_to_bits(struct bh_emit *e, const struct bh_format *format, LLVMValueRef z)
{
	LLVMValueRef scaled, rounded;

	if (format->depth_float)
		return bh_emit_as_int(e, z);
	scaled = fmul(e, z, fk(e, (float)depth_ones(format)));
	rounded = to_int(e, fadd(e, scaled, fk(e, 0.5f)));
	if (format->depth_bits < 23)
		return rounded;
	return pick(e, fcmp(e, LLVMRealOLT, scaled, fk(e, 8388608.0f)), rounded, to_int(e, scaled));
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
	return icmp(e, predicates[function], a, b);
}

static LLVMValueRef stencil_of(struct bh_emit *e, const struct bh_format *format,
			       const struct bh_emit_test *test)
{
	LLVMValueRef word = test->words[format->stencil_shift / 32];

	return iand(e, shr(e, word, format->stencil_shift % 32), ik(e, 255));
}

/* A side's number that draws change without new code. */
static LLVMValueRef stencil_field(struct bh_emit *e, const struct bh_emit_pixels *pixels,
				  unsigned side, size_t field)
{
	return bh_emit_run_splat(e, pixels, e->i32,
				 offsetof(struct bh_fused_run, stencil) +
					 side * sizeof(struct bh_fused_stencil_values) + field);
}

static LLVMValueRef stencil_op(struct bh_emit *e, unsigned op, LLVMValueRef value,
			       LLVMValueRef reference)
{
	LLVMValueRef one = ik(e, 1), most = ik(e, 255);

	switch (op) {
	case BH_STENCIL_ZERO:
		return ik(e, 0);
	case BH_STENCIL_REPLACE:
		return reference;
	case BH_STENCIL_INCREMENT:
		return pick(e, icmp(e, LLVMIntSLT, value, most), iadd(e, value, one), value);
	case BH_STENCIL_DECREMENT:
		return pick(e, icmp(e, LLVMIntSGT, value, ik(e, 0)), isub(e, value, one), value);
	case BH_STENCIL_INCREMENT_WRAP:
		return iand(e, iadd(e, value, one), most);
	case BH_STENCIL_DECREMENT_WRAP:
		return iand(e, isub(e, value, one), most);
	case BH_STENCIL_INVERT:
		return LLVMBuildXor(e->builder, value, most, "");
	default:
		return value;
	}
}

static LLVMValueRef stencil_passes(struct bh_emit *e, const struct bh_emit_pixels *pixels,
				   unsigned side, LLVMValueRef old)
{
	LLVMValueRef mask = stencil_field(e, pixels, side,
					  offsetof(struct bh_fused_stencil_values, value_mask));
	LLVMValueRef reference =
		stencil_field(e, pixels, side, offsetof(struct bh_fused_stencil_values, reference));

	return compare_ints(e, e->key->stencil[side].func, iand(e, reference, mask),
			    iand(e, old, mask));
}

/* What a side leaves, of lanes that passed the stencil's test, or it and that of depth. */
static LLVMValueRef stencil_after(struct bh_emit *e, const struct bh_emit_pixels *pixels,
				  unsigned side, LLVMValueRef old, LLVMValueRef stencil_passed,
				  LLVMValueRef passed)
{
	const struct bh_fused_stencil *state = &e->key->stencil[side];
	LLVMValueRef reference =
		stencil_field(e, pixels, side, offsetof(struct bh_fused_stencil_values, reference));
	LLVMValueRef mask = stencil_field(e, pixels, side,
					  offsetof(struct bh_fused_stencil_values, write_mask));
	LLVMValueRef updated = stencil_op(e, state->pass, old, reference);

	if (state->depth_fail != state->pass)
		updated =
			pick(e, passed, updated, stencil_op(e, state->depth_fail, old, reference));
	if (state->fail != state->pass || state->depth_fail != state->pass)
		updated = pick(e, stencil_passed, updated,
			       stencil_op(e, state->fail, old, reference));
	return ior(e, iand(e, updated, mask), iand(e, old, LLVMBuildNot(e->builder, mask, "")));
}

/* Whether the triangle faces us, for all lanes. */
static LLVMValueRef faces_us(struct bh_emit *e, const struct bh_emit_pixels *pixels)
{
	LLVMValueRef front;

	if (e->front)
		return e->front;
	front = bh_emit_run_splat(e, pixels, e->i32,
				  offsetof(struct bh_fused_run, invocation.front));
	return icmp(e, LLVMIntNE, front, ik(e, 0));
}

static LLVMValueRef test_stencil(struct bh_emit *e, const struct bh_emit_pixels *pixels,
				 LLVMValueRef old)
{
	LLVMValueRef passed = stencil_passes(e, pixels, 0, old);

	if (e->key->stencil_sides < 2)
		return passed;
	return pick(e, faces_us(e, pixels), passed, stencil_passes(e, pixels, 1, old));
}

static LLVMValueRef update_stencil(struct bh_emit *e, const struct bh_emit_pixels *pixels,
				   LLVMValueRef old, LLVMValueRef stencil_passed,
				   LLVMValueRef passed)
{
	LLVMValueRef after = stencil_after(e, pixels, 0, old, stencil_passed, passed);

	if (e->key->stencil_sides < 2)
		return after;
	return pick(e, faces_us(e, pixels), after,
		    stencil_after(e, pixels, 1, old, stencil_passed, passed));
}

LLVMValueRef bh_emit_tests(struct bh_emit *e, const struct bh_emit_pixels *pixels,
			   struct bh_emit_test *test, LLVMValueRef image, LLVMValueRef z,
			   LLVMValueRef live)
{
	const struct bh_fused_key *key = e->key;
	const struct bh_format *format = key->depth_format;
	LLVMValueRef stride =
		bh_emit_run_field(e, pixels, e->i64, offsetof(struct bh_fused_run, depth_stride));
	LLVMValueRef base =
		bh_emit_run_field(e, pixels, e->bytes, offsetof(struct bh_fused_run, depth));
	LLVMValueRef passed = live, old_stencil = NULL, stencil_passed = NULL;

	if (image)
		base = LLVMBuildGEP2(e->builder, e->i8, base, &image, 1, "");
	test->place = bh_emit_place_of(e, pixels, base, stride, format->bytes);
	bh_emit_load_group(e, &test->place, format->bytes, test->words);
	test->tested = live;
	if (key->stencil_sides) {
		old_stencil = stencil_of(e, format, test);
		stencil_passed = test_stencil(e, pixels, old_stencil);
		passed = LLVMBuildAnd(e->builder, passed, stencil_passed, "");
	}
	if (key->depth_used) {
		LLVMValueRef old = iand(e, shr(e, test->words[0], format->depth_shift),
					ik(e, depth_ones(format)));

		test->new_depth = depth_to_bits(e, format, z);
		passed = LLVMBuildAnd(e->builder, passed,
				      compare_ints(e, key->depth_func, test->new_depth, old), "");
	}
	if (key->stencil_writes)
		test->new_stencil = update_stencil(e, pixels, old_stencil, stencil_passed, passed);
	return passed;
}

void bh_emit_write_tests(struct bh_emit *e, const struct bh_emit_test *test, LLVMValueRef passed)
{
	const struct bh_fused_key *key = e->key;
	const struct bh_format *format = key->depth_format;
	LLVMValueRef words[BH_EMIT_WORDS_MAX];

	if (!key->depth_write && !key->stencil_writes)
		return;
	memcpy(words, test->words, sizeof(words));
	if (key->depth_write) {
		LLVMValueRef word = shl(e, test->new_depth, format->depth_shift);

		word = merge(e, word, words[0], depth_ones(format) << format->depth_shift);
		words[0] = pick(e, passed, word, words[0]);
	}
	if (key->stencil_writes) {
		LLVMValueRef *at = &words[format->stencil_shift / 32];
		unsigned shift = format->stencil_shift % 32;
		LLVMValueRef word = shl(e, test->new_stencil, shift);

		*at = pick(e, test->tested, merge(e, word, *at, 255u << shift), *at);
	}
	bh_emit_store_group(e, words, &test->place, format->bytes);
}

LLVMValueRef bh_emit_alpha_test(struct bh_emit *e, const struct bh_emit_pixels *pixels,
				LLVMValueRef live)
{
	static const LLVMRealPredicate predicates[] = {
		[BH_COMPARE_LESS] = LLVMRealOLT,     [BH_COMPARE_EQUAL] = LLVMRealOEQ,
		[BH_COMPARE_LEQUAL] = LLVMRealOLE,   [BH_COMPARE_GREATER] = LLVMRealOGT,
		[BH_COMPARE_NOTEQUAL] = LLVMRealUNE, [BH_COMPARE_GEQUAL] = LLVMRealOGE,
	};
	const struct bh_fused_key *key = e->key;
	LLVMValueRef alpha = bh_emit_output(e, (unsigned)key->alpha_output, 3);
	LLVMValueRef reference =
		bh_emit_run_splat(e, pixels, e->f32, offsetof(struct bh_fused_run, alpha_ref));

	if (key->alpha_func == BH_COMPARE_NEVER)
		return LLVMConstNull(e->vm);
	if (key->alpha_func >= BH_COMPARE_ALWAYS)
		return live;
	return LLVMBuildAnd(e->builder, live,
			    fcmp(e, predicates[key->alpha_func], alpha, reference), "");
}
