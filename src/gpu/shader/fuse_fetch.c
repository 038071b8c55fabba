/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texels in fused code. A gather reads lane by lane, so it is the last resort: mostly the lanes of
 * a row of pixels read one row of texels, not far from each other, and then that row is loaded as
 * it is and each lane takes its own from there. What is asked for that is asked of x and of y
 * apart, so that samples that share a coordinate share the answer.
 */
#include "gpu/shader/fuse_sample.h"

LLVMValueRef bh_emit_texel_offset(struct bh_sampling *p, const struct bh_sampled_level *level,
				  LLVMValueRef x, LLVMValueRef y, unsigned bytes)
{
	struct bh_emit *e = p->e;
	LLVMValueRef offset = imul(e, y, level->stride);

	if (bytes & (bytes - 1))
		x = imul(e, x, ik(e, bytes));
	else if (bytes > 1)
		x = shl(e, x, (unsigned)__builtin_ctz(bytes));
	offset = iadd(e, offset, x);
	if (p->face)
		offset = iadd(e, offset, imul(e, p->face, level->layer_stride));
	return offset;
}

static LLVMValueRef lane(struct bh_emit *e, LLVMValueRef v, unsigned i)
{
	return LLVMBuildExtractElement(e->builder, v, number(e, i), "");
}

static LLVMValueRef wide(struct bh_emit *e, LLVMValueRef scalar)
{
	return LLVMBuildSExt(e->builder, scalar, e->i64, "");
}

static bool has_wide_gathers(const struct bh_emit *e)
{
	return e->avx512 && e->lanes == 16;
}

LLVMValueRef bh_emit_gather(struct bh_emit *e, LLVMValueRef base, LLVMValueRef offsets)
{
	LLVMValueRef all = LLVMGetUndef(e->vi);

	if (has_wide_gathers(e)) {
		LLVMValueRef arguments[] = {LLVMConstNull(e->vi), base, offsets,
					    LLVMConstAllOnes(e->vm), number(e, 1)};

		return bh_emit_machine(e, "llvm.x86.avx512.mask.gather.dpi.512", arguments, 5);
	}
	for (unsigned i = 0; i < e->lanes; i++) {
		LLVMValueRef word = bh_emit_load_at(e, e->i32, base, wide(e, lane(e, offsets, i)));

		LLVMSetAlignment(word, 1);
		all = LLVMBuildInsertElement(e->builder, all, word, number(e, i), "");
	}
	return all;
}

/*
 * The same where words are loaded one by one: two with one load. The lanes lie so that the even and
 * the odd words of two vectors, taken within each 128 bits, are in the order of lanes.
 */
static void load_pairs(struct bh_emit *e, LLVMValueRef base, LLVMValueRef offsets,
		       LLVMValueRef out[2])
{
	LLVMValueRef all[2], lanes[BH_LANES_MAX];
	unsigned half = e->lanes / 2;

	for (unsigned part = 0; part < 2; part++) {
		all[part] = LLVMGetUndef(LLVMVectorType(e->i64, half));
		for (unsigned i = 0; i < half; i++) {
			LLVMValueRef at = wide(e, lane(e, offsets, i / 2 * 4 + part * 2 + i % 2));
			LLVMValueRef pair = bh_emit_load_at(e, e->i64, base, at);

			LLVMSetAlignment(pair, 1);
			all[part] = LLVMBuildInsertElement(e->builder, all[part], pair,
							   number(e, i), "");
		}
		all[part] = LLVMBuildBitCast(e->builder, all[part], e->vi, "");
	}
	for (unsigned odd = 0; odd < 2; odd++) {
		for (unsigned i = 0; i < e->lanes; i++)
			lanes[i] = number(e, i / 2 % 2 * e->lanes + i / 4 * 4 + i % 2 * 2 + odd);
		out[odd] = LLVMBuildShuffleVector(e->builder, all[0], all[1],
						  LLVMConstVector(lanes, e->lanes), "");
	}
}

void bh_emit_gather_pairs(struct bh_emit *e, LLVMValueRef base, LLVMValueRef offsets,
			  LLVMValueRef out[2])
{
	LLVMTypeRef half = LLVMVectorType(e->i64, 8), ints = LLVMVectorType(e->i32, 16);
	LLVMValueRef parts[2];

	if (!has_wide_gathers(e)) {
		load_pairs(e, base, offsets, out);
		return;
	}
	for (unsigned part = 0; part < 2; part++) {
		LLVMValueRef lanes[8], arguments[5];

		for (unsigned i = 0; i < 8; i++)
			lanes[i] = number(e, part * 8 + i);
		arguments[0] = LLVMConstNull(half);
		arguments[1] = base;
		arguments[2] = LLVMBuildShuffleVector(e->builder, offsets, offsets,
						      LLVMConstVector(lanes, 8), "");
		arguments[3] =
			LLVMConstAllOnes(LLVMVectorType(LLVMInt1TypeInContext(e->context), 8));
		arguments[4] = number(e, 1);
		parts[part] = LLVMBuildBitCast(
			e->builder,
			bh_emit_machine(e, "llvm.x86.avx512.mask.gather.dpq.512", arguments, 5),
			ints, "");
	}
	for (unsigned odd = 0; odd < 2; odd++) {
		LLVMValueRef lanes[16];

		for (unsigned i = 0; i < 16; i++)
			lanes[i] = number(e, 2 * i + odd);
		out[odd] = LLVMBuildShuffleVector(e->builder, parts[0], parts[1],
						  LLVMConstVector(lanes, 16), "");
	}
}

/* x and y of the group's lanes, counted in pixels, times a number each. */
static LLVMValueRef lane_pattern(struct bh_emit *e, unsigned x, unsigned y)
{
	LLVMValueRef all[BH_LANES_MAX];

	for (unsigned i = 0; i < e->lanes; i++)
		all[i] = number(e, (i / 4 * 2 + i % 2) * x + i / 2 % 2 * y);
	return LLVMConstVector(all, e->lanes);
}

/* One bool of a vector's: none is set. */
static LLVMValueRef none(struct bh_emit *e, LLVMValueRef bools)
{
	return icmp(e, LLVMIntEQ, bh_emit_bools_bits(e, bools), number(e, 0));
}

static LLVMValueRef both(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return LLVMBuildAnd(e->builder, a, b, "");
}

/*
 * Columns of texels that lie near each other: the first, and each lane's place in what is loaded.
 * Where words cannot be permuted by numbers that are not constant, they must lie as pixels do.
 */
struct columns {
	LLVMValueRef near, first;
	LLVMValueRef places; /* in a row that is loaded; NULL: as pixels lie */
};

/* Whether words of as many texels as there are lanes can be permuted by numbers of any kind. */
static bool has_permutations(const struct bh_emit *e)
{
	return has_wide_gathers(e) || (e->avx2 && e->lanes == 8);
}

static struct columns find_columns(struct bh_emit *e, LLVMValueRef x, unsigned width)
{
	struct columns columns = {.first = lane(e, x, 0)};
	LLVMValueRef last, far;

	if (!has_permutations(e)) {
		x = isub(e, x, bh_emit_broadcast(e, columns.first));
		columns.near = none(e, icmp(e, LLVMIntNE, x, lane_pattern(e, 1, 0)));
		return columns;
	}
	/* To the right or to the left. */
	last = lane(e, x, e->lanes - 3);
	columns.first = LLVMBuildSelect(e->builder, icmp(e, LLVMIntSLT, columns.first, last),
					columns.first, last, "");
	x = isub(e, x, bh_emit_broadcast(e, columns.first));
	far = icmp(e, LLVMIntUGT, x, ik(e, e->lanes - width));
	columns.near = none(e, far);
	columns.places = x;
	return columns;
}

/* Whether the lanes of each row of pixels read one row of texels. */
static LLVMValueRef has_rows(struct bh_emit *e, LLVMValueRef y)
{
	LLVMValueRef lower =
		LLVMBuildICmp(e->builder, LLVMIntNE, lane_pattern(e, 0, 1), ik(e, 0), "");
	LLVMValueRef expected = pick(e, lower, bh_emit_broadcast(e, lane(e, y, 2)),
				     bh_emit_broadcast(e, lane(e, y, 0)));

	return none(e, icmp(e, LLVMIntNE, y, expected));
}

/* Bytes that are fetched ahead of what is loaded: two blocks of pixels, which go to the right. */
#define AHEAD 128

static void prefetch(struct bh_emit *e, LLVMValueRef base, LLVMValueRef offset)
{
	static const char name[] = "llvm.prefetch";
	unsigned id = LLVMLookupIntrinsicID(name, sizeof(name) - 1);
	/* To be read, from all caches, data. */
	LLVMValueRef arguments[] = {LLVMBuildGEP2(e->builder, e->i8, base, &offset, 1, ""),
				    number(e, 0), number(e, 3), number(e, 1)};

	LLVMBuildCall2(e->builder, LLVMIntrinsicGetType(e->context, id, &e->bytes, 1),
		       LLVMGetIntrinsicDeclaration(e->module, id, &e->bytes, 1), arguments, 4, "");
}

/*
 * Texels of both rows of pixels, from where the columns begin. Large images are not in the near
 * caches, and rows of tiles are too short for the processor to see where they go.
 */
static void load_rows(struct bh_sampling *p, const struct bh_sampled_level *level,
		      const struct columns *columns, LLVMValueRef y, LLVMValueRef rows[2])
{
	struct bh_emit *e = p->e;
	unsigned count = columns->places ? e->lanes : e->lanes / 2;
	LLVMValueRef at =
		LLVMBuildShl(e->builder, wide(e, columns->first), bh_emit_offset(e, 2), "");

	for (unsigned i = 0; i < 2; i++) {
		LLVMValueRef row =
			LLVMBuildMul(e->builder, lane(e, y, 2 * i), level->row_stride, "");

		row = LLVMBuildAdd(e->builder, wide(e, row), at, "");
		rows[i] = bh_emit_load_at(e, LLVMVectorType(e->i32, count), level->data, row);
		prefetch(e, level->data,
			 LLVMBuildAdd(e->builder, row, bh_emit_offset(e, AHEAD), ""));
	}
}

/* Of a row that was loaded: each lane's texel, and by one instruction of two rows. */
static LLVMValueRef permute(struct bh_emit *e, const LLVMValueRef rows[2], LLVMValueRef places)
{
	LLVMValueRef both_rows[] = {rows[0], NULL, rows[1]}, taken[2], lower;

	if (has_wide_gathers(e)) {
		both_rows[1] = LLVMBuildOr(e->builder, places, lane_pattern(e, 0, 16), "");
		return bh_emit_machine(e, "llvm.x86.avx512.vpermi2var.d.512", both_rows, 3);
	}
	for (unsigned i = 0; i < 2; i++) {
		LLVMValueRef arguments[] = {rows[i], places};

		taken[i] = bh_emit_machine(e, "llvm.x86.avx2.permd", arguments, 2);
	}
	lower = LLVMBuildICmp(e->builder, LLVMIntNE, lane_pattern(e, 0, 1), ik(e, 0), "");
	return pick(e, lower, taken[1], taken[0]);
}

/* Each lane's texel of two rows, `skip` to the right of its place. */
static LLVMValueRef take(struct bh_emit *e, const struct columns *columns,
			 const LLVMValueRef rows[2], unsigned skip)
{
	LLVMValueRef indices[BH_LANES_MAX];

	if (columns->places)
		return permute(e, rows,
			       skip ? iadd(e, columns->places, ik(e, skip)) : columns->places);
	for (unsigned i = 0; i < e->lanes; i++)
		indices[i] = number(e, i / 2 % 2 * (e->lanes / 2) + i / 4 * 2 + i % 2);
	return LLVMBuildShuffleVector(e->builder, rows[0], rows[1],
				      LLVMConstVector(indices, e->lanes), "");
}

/* Packets' quads lie anywhere, and faces of cubes are not told apart. */
static bool may_be_near(const struct bh_sampling *p)
{
	return !p->e->key->quads && !p->face;
}

LLVMValueRef bh_emit_fetch(struct bh_sampling *p, const struct bh_sampled_level *level,
			   LLVMValueRef x, LLVMValueRef y)
{
	struct bh_emit *e = p->e;
	LLVMValueRef rows[2], near, words;
	struct bh_emit_ways ways;
	struct columns columns;

	if (!may_be_near(p))
		return bh_emit_gather(e, level->data, bh_emit_texel_offset(p, level, x, y, 4));
	columns = find_columns(e, x, 1);
	ways = bh_emit_begin_ways(e, both(e, columns.near, has_rows(e, y)));
	load_rows(p, level, &columns, y, rows);
	near = take(e, &columns, rows, 0);
	bh_emit_other_way(e, &ways);
	words = bh_emit_gather(e, level->data, bh_emit_texel_offset(p, level, x, y, 4));
	bh_emit_end_ways(e, &ways);
	return bh_emit_join(e, &ways, near, words);
}

static void gather_square(struct bh_sampling *p, const struct bh_sampled_level *level,
			  const struct bh_emit_taps *tx, const struct bh_emit_taps *ty,
			  LLVMValueRef neighbours, LLVMValueRef words[4])
{
	struct bh_emit *e = p->e;
	LLVMValueRef offsets[2], pairs[4], singles[4];
	struct bh_emit_ways ways;

	for (unsigned i = 0; i < 2; i++)
		offsets[i] = bh_emit_texel_offset(p, level, tx->index[0], ty->index[i], 4);
	ways = bh_emit_begin_ways(e, neighbours);
	bh_emit_gather_pairs(e, level->data, offsets[0], &pairs[0]);
	bh_emit_gather_pairs(e, level->data, offsets[1], &pairs[2]);
	bh_emit_other_way(e, &ways);
	for (unsigned i = 0; i < 4; i++)
		singles[i] = bh_emit_gather(
			e, level->data,
			i & 1 ? bh_emit_texel_offset(p, level, tx->index[1], ty->index[i >> 1], 4)
			      : offsets[i >> 1]);
	bh_emit_end_ways(e, &ways);
	for (unsigned i = 0; i < 4; i++)
		words[i] = bh_emit_join(e, &ways, pairs[i], singles[i]);
}

void bh_emit_fetch_square(struct bh_sampling *p, const struct bh_sampled_level *level,
			  const struct bh_emit_taps *tx, const struct bh_emit_taps *ty,
			  LLVMValueRef words[4])
{
	struct bh_emit *e = p->e;
	LLVMValueRef neighbours =
		none(e, icmp(e, LLVMIntNE, iadd(e, tx->index[0], ik(e, 1)), tx->index[1]));
	LLVMValueRef near[4], far[4], rows;
	struct bh_emit_ways ways;
	struct columns columns;

	if (!may_be_near(p) || !has_permutations(e)) {
		gather_square(p, level, tx, ty, neighbours, words);
		return;
	}
	columns = find_columns(e, tx->index[0], 2);
	/* Rows that agree in their first texels agree in the second, but where one is the border.
	 */
	rows = has_rows(e, ty->index[0]);
	if (ty->outside[0])
		rows = both(e, rows, has_rows(e, ty->index[1]));
	ways = bh_emit_begin_ways(e, both(e, both(e, columns.near, neighbours), rows));
	for (unsigned i = 0; i < 2; i++) {
		LLVMValueRef rows[2];

		load_rows(p, level, &columns, ty->index[i], rows);
		near[2 * i] = take(e, &columns, rows, 0);
		near[2 * i + 1] = take(e, &columns, rows, 1);
	}
	bh_emit_other_way(e, &ways);
	gather_square(p, level, tx, ty, neighbours, far);
	bh_emit_end_ways(e, &ways);
	for (unsigned i = 0; i < 4; i++)
		words[i] = bh_emit_join(e, &ways, near[i], far[i]);
}
