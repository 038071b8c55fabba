/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters that go on over the edges of a cube's face: what texture/cube.c does, for all lanes. A
 * texel that is one outside is a vector from the cube's middle whose largest part says the face it
 * belongs to; of one that is inside it says the face it is on.
 */
#include "gpu/shader/fuse_sample.h"

static LLVMValueRef negative_if(struct bh_emit *e, LLVMValueRef condition, LLVMValueRef v)
{
	return pick(e, condition, isub(e, ik(e, 0), v), v);
}

struct bh_emit_taps bh_emit_seamless_taps(struct bh_emit *e, LLVMValueRef s, LLVMValueRef size_f)
{
	LLVMValueRef base, u = pick(e, fcmp(e, LLVMRealOLE, s, fk(e, 1)), s, fk(e, 1));
	struct bh_emit_taps taps = {0};

	u = pick(e, fcmp(e, LLVMRealOGE, s, fk(e, 0)), u, fk(e, 0));
	u = fsub(e, fmul(e, u, size_f), fk(e, 0.5f));
	base = bh_emit_intrinsic(e, "llvm.floor", u);
	taps.weight = fsub(e, u, base);
	taps.part = to_int(e, fmul(e, taps.weight, fk(e, 256.0f)));
	taps.index[0] = to_int(e, base);
	taps.index[1] = iadd(e, taps.index[0], ik(e, 1));
	return taps;
}

/* Twice the distance of a texel's centre from the face's middle. */
static LLVMValueRef from_middle(struct bh_emit *e, LLVMValueRef index, LLVMValueRef size)
{
	return isub(e, iadd(e, shl(e, index, 1), ik(e, 1)), size);
}

/* And back; what belonged to the face before lies at the edge. */
static LLVMValueRef to_index(struct bh_emit *e, LLVMValueRef at, LLVMValueRef size)
{
	LLVMValueRef last = isub(e, size, ik(e, 1)), index = iadd(e, at, last);

	index = LLVMBuildAShr(e->builder, index, ik(e, 1), "");
	index = pick(e, icmp(e, LLVMIntSLT, index, ik(e, 0)), ik(e, 0), index);
	return pick(e, icmp(e, LLVMIntSGT, index, last), last, index);
}

void bh_emit_cube_neighbour(struct bh_emit *e, LLVMValueRef size, LLVMValueRef *face,
			    LLVMValueRef *x, LLVMValueRef *y)
{
	LLVMValueRef a = from_middle(e, *x, size), b = from_middle(e, *y, size), none = ik(e, 0);
	LLVMValueRef axis = shr(e, *face, 1), down = isub(e, none, b);
	LLVMValueRef minus = icmp(e, LLVMIntNE, iand(e, *face, ik(e, 1)), none);
	LLVMValueRef on_x = icmp(e, LLVMIntEQ, axis, none);
	LLVMValueRef on_y = icmp(e, LLVMIntEQ, axis, ik(e, 1));
	LLVMValueRef major = negative_if(e, minus, size), v[3], size_of[3], s, t;

	v[0] = pick(e, on_x, major, pick(e, on_y, a, negative_if(e, minus, a)));
	v[1] = pick(e, on_y, major, down);
	v[2] = pick(e, on_x, isub(e, none, negative_if(e, minus, a)),
		    pick(e, on_y, negative_if(e, minus, b), major));
	for (unsigned i = 0; i < 3; i++)
		size_of[i] = negative_if(e, icmp(e, LLVMIntSLT, v[i], none), v[i]);
	on_x = LLVMBuildAnd(e->builder, icmp(e, LLVMIntSGE, size_of[0], size_of[1]),
			    icmp(e, LLVMIntSGE, size_of[0], size_of[2]), "");
	on_y = icmp(e, LLVMIntSGE, size_of[1], size_of[2]);
	minus = icmp(e, LLVMIntSLT, pick(e, on_x, v[0], pick(e, on_y, v[1], v[2])), none);
	down = isub(e, none, v[1]);
	s = pick(e, on_x, isub(e, none, negative_if(e, minus, v[2])),
		 pick(e, on_y, v[0], negative_if(e, minus, v[0])));
	t = pick(e, on_x, down, pick(e, on_y, negative_if(e, minus, v[2]), down));
	*face = pick(e, on_x, none, pick(e, on_y, ik(e, 2), ik(e, 4)));
	*face = iadd(e, *face, LLVMBuildZExt(e->builder, minus, e->vi, ""));
	*x = to_index(e, s, size);
	*y = to_index(e, t, size);
}

/* Each byte of four words: the mean of three. */
LLVMValueRef bh_emit_mean_bytes(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b, LLVMValueRef c)
{
	LLVMValueRef all = NULL;

	for (unsigned shift = 0; shift < 32; shift += 8) {
		LLVMValueRef low = ik(e, 255), sum;

		sum = iadd(e, iand(e, shr(e, a, shift), low), iand(e, shr(e, b, shift), low));
		sum = iadd(e, sum, iadd(e, iand(e, shr(e, c, shift), low), ik(e, 1)));
		/* A third of what is below 1024. */
		sum = shl(e, shr(e, imul(e, sum, ik(e, 43691)), 17), shift);
		all = all ? LLVMBuildOr(e->builder, all, sum, "") : sum;
	}
	return all;
}
