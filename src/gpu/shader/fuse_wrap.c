/* SPDX-License-Identifier: Apache-2.0 */
/* Wrap modes in fused code: what texture/wrap.c does, for all lanes. Indices are always inside;
 * with modes that reach the border goes the news which lanes are there. */
#include "gpu/shader/fuse_sample.h"

static LLVMValueRef floor_of(struct bh_emit *e, LLVMValueRef v)
{
	return bh_emit_intrinsic(e, "llvm.floor", v);
}

/* NaN, from what has no fraction, becomes 0. */
static LLVMValueRef fraction(struct bh_emit *e, LLVMValueRef v)
{
	LLVMValueRef f = fsub(e, v, floor_of(e, v));

	return pick(e, fcmp(e, LLVMRealOGT, f, fk(e, 0)), f, fk(e, 0));
}

static LLVMValueRef clamp(struct bh_emit *e, LLVMValueRef v, LLVMValueRef low, LLVMValueRef high)
{
	v = pick(e, fcmp(e, LLVMRealOGT, v, low), v, low);
	return pick(e, fcmp(e, LLVMRealOLT, v, high), v, high);
}

static bool wraps_inside(unsigned wrap)
{
	return wrap == BH_WRAP_REPEAT || wrap == BH_WRAP_CLAMP_TO_EDGE ||
	       wrap == BH_WRAP_MIRROR_REPEAT || wrap == BH_WRAP_MIRROR_CLAMP_TO_EDGE;
}

static bool is_to_border(unsigned wrap)
{
	return wrap == BH_WRAP_CLAMP_TO_BORDER || wrap == BH_WRAP_MIRROR_CLAMP_TO_BORDER;
}

static LLVMValueRef place(struct bh_emit *e, unsigned wrap, LLVMValueRef s, LLVMValueRef n,
			  float margin)
{
	LLVMValueRef f;

	switch (wrap) {
	case BH_WRAP_REPEAT:
		return fmul(e, fraction(e, s), n);
	case BH_WRAP_MIRROR_REPEAT:
		f = fmul(e, fraction(e, fmul(e, s, fk(e, 0.5f))), fk(e, 2.0f));
		f = pick(e, fcmp(e, LLVMRealOGT, f, fk(e, 1)), fsub(e, fk(e, 2.0f), f), f);
		s = fmul(e, f, n);
		break;
	case BH_WRAP_MIRROR_CLAMP:
	case BH_WRAP_MIRROR_CLAMP_TO_EDGE:
	case BH_WRAP_MIRROR_CLAMP_TO_BORDER:
		s = fmul(e, bh_emit_as_float(e, bh_emit_absolute(e, s, false)), n);
		break;
	default:
		s = fmul(e, s, n);
		break;
	}
	if (is_to_border(wrap))
		margin = -0.5f;
	else if (!wraps_inside(wrap))
		margin = 0;
	return clamp(e, s, fk(e, margin), fsub(e, n, fk(e, margin)));
}

/* Whether lanes' texels are the border; those then get an index that is inside. */
static LLVMValueRef leave(struct bh_emit *e, LLVMValueRef *index, LLVMValueRef size)
{
	LLVMValueRef outside = icmp(e, LLVMIntUGE, *index, size);

	*index = pick(e, outside, ik(e, 0), *index);
	return outside;
}

/* Both indices are found as they are where it does not matter that they may be outside. */
static struct bh_emit_taps border_taps(struct bh_emit *e, LLVMValueRef u, LLVMValueRef size)
{
	LLVMValueRef base = floor_of(e, u);
	struct bh_emit_taps taps = {.weight = fsub(e, u, base)};

	taps.part = to_int(e, fmul(e, taps.weight, fk(e, 256.0f)));
	taps.index[0] = to_int(e, base);
	taps.index[1] = iadd(e, taps.index[0], ik(e, 1));
	for (unsigned i = 0; i < 2; i++)
		taps.outside[i] = leave(e, &taps.index[i], size);
	return taps;
}

/* A place is at least 0 and at most `size`, so little is left to be folded. */
struct bh_emit_taps bh_emit_taps_at(struct bh_emit *e, unsigned wrap, LLVMValueRef s,
				    LLVMValueRef size, LLVMValueRef size_f)
{
	LLVMValueRef u = fsub(e, place(e, wrap, s, size_f, 0.5f), fk(e, 0.5f));
	LLVMValueRef base, first, second, past;
	struct bh_emit_taps taps = {0};

	if (!wraps_inside(wrap))
		return border_taps(e, u, size);
	base = floor_of(e, u);
	taps.weight = fsub(e, u, base);
	if (wrap == BH_WRAP_REPEAT) {
		first = to_int(e, base);
		taps.part = to_int(e, fmul(e, taps.weight, fk(e, 256.0f)));
	} else {
		/* It is not below 0: nothing is rounded on the way, and the bits are the same. */
		LLVMValueRef fixed = to_int(e, fmul(e, u, fk(e, 256.0f)));

		first = shr(e, fixed, 8);
		taps.part = iand(e, fixed, ik(e, 255));
	}
	second = iadd(e, first, ik(e, 1));
	past = icmp(e, LLVMIntSGE, second, size);
	if (wrap == BH_WRAP_REPEAT) {
		first = pick(e, icmp(e, LLVMIntSLT, first, ik(e, 0)), iadd(e, first, size), first);
		second = pick(e, past, isub(e, second, size), second);
	} else {
		second = pick(e, past, isub(e, size, ik(e, 1)), second);
	}
	taps.index[0] = first;
	taps.index[1] = second;
	return taps;
}

LLVMValueRef bh_emit_nearest_at(struct bh_emit *e, unsigned wrap, LLVMValueRef s, LLVMValueRef size,
				LLVMValueRef size_f, LLVMValueRef *outside)
{
	LLVMValueRef at = place(e, wrap, s, size_f, 0), index, last;

	*outside = NULL;
	if (is_to_border(wrap)) {
		index = to_int(e, floor_of(e, at));
		*outside = leave(e, &index, size);
		return index;
	}
	index = to_int(e, at);
	last = isub(e, size, ik(e, 1));
	return pick(e, icmp(e, LLVMIntSGT, index, last), last, index);
}
