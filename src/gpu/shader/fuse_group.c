/* SPDX-License-Identifier: Apache-2.0 */
/* Texels of a group, or of a packet's quads, in images: from memory to lanes and back. */
#include "gpu/shader/fuse_pixel.h"

LLVMValueRef bh_emit_run_field(struct bh_emit *e, const struct bh_emit_pixels *pixels,
			       LLVMTypeRef type, size_t offset)
{
	return bh_emit_load_at(e, type, pixels->run, bh_emit_offset(e, offset));
}

LLVMValueRef bh_emit_run_splat(struct bh_emit *e, const struct bh_emit_pixels *pixels,
			       LLVMTypeRef type, size_t offset)
{
	return bh_emit_broadcast(e, bh_emit_run_field(e, pixels, type, offset));
}

struct bh_emit_place bh_emit_place_of(struct bh_emit *e, const struct bh_emit_pixels *pixels,
				      LLVMValueRef base, LLVMValueRef stride, unsigned bytes)
{
	struct bh_emit_place place;

	for (unsigned i = 0; i < (e->key->quads ? e->lanes / 4 : 1); i++) {
		LLVMValueRef offset = LLVMBuildAdd(
			e->builder, LLVMBuildMul(e->builder, pixels->y[i], stride, ""),
			LLVMBuildMul(e->builder, pixels->x[i], bh_emit_offset(e, bytes), ""), "");

		place.at[i] = LLVMBuildGEP2(e->builder, e->i8, base, &offset, 1, "");
		place.stride[i] = stride;
		if (!e->key->quads)
			continue;
		offset = bh_emit_offset(e, offsetof(struct bh_fused_run, nowhere));
		place.at[i] = LLVMBuildSelect(
			e->builder, pixels->some[i], place.at[i],
			LLVMBuildGEP2(e->builder, e->i8, pixels->run, &offset, 1, ""), "");
		place.stride[i] = LLVMBuildSelect(
			e->builder, pixels->some[i], stride,
			bh_emit_offset(e, sizeof(((struct bh_fused_run *)0)->nowhere) / 2), "");
	}
	return place;
}

unsigned bh_emit_word_count(unsigned bytes)
{
	return bytes > 4 ? bytes / 4 : 1;
}

/* Of which of the rows, counted one after the other, a lane's texel is, and where in them. */
static unsigned texel_of(const struct bh_emit *e, unsigned lane)
{
	if (e->key->quads)
		return lane;
	return lane / 2 % 2 * (e->lanes / 2) + lane / 4 * 2 + lane % 2;
}

static unsigned lane_of(const struct bh_emit *e, unsigned texel)
{
	unsigned lane = 0;

	while (texel_of(e, lane) != texel)
		lane++;
	return lane;
}

/* A vector of elements of two others, by number. */
static LLVMValueRef choose(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b,
			   const unsigned *indices, unsigned count)
{
	LLVMValueRef numbers[2 * BH_LANES_MAX];

	for (unsigned i = 0; i < count; i++)
		numbers[i] = number(e, indices[i]);
	return LLVMBuildShuffleVector(e->builder, a, b, LLVMConstVector(numbers, count), "");
}

static LLVMValueRef row_offset(struct bh_emit *e, const struct bh_emit_place *place, unsigned quad,
			       unsigned row, unsigned more)
{
	LLVMValueRef offset = bh_emit_offset(e, more);

	return row ? LLVMBuildAdd(e->builder, place->stride[quad], offset, "") : offset;
}

static LLVMTypeRef element_type(const struct bh_emit *e, unsigned bytes)
{
	return bytes >= 4 ? e->i32 : LLVMIntTypeInContext(e->context, 8 * bytes);
}

/*
 * Texels of at most four bytes. Of a packet a row of a quad, two texels, is one number; otherwise
 * there are two vectors.
 */
static LLVMValueRef load_small_quads(struct bh_emit *e, const struct bh_emit_place *place,
				     unsigned bytes)
{
	LLVMTypeRef type = LLVMIntTypeInContext(e->context, 16 * bytes);
	LLVMValueRef all = LLVMGetUndef(LLVMVectorType(type, e->lanes / 2));

	for (unsigned i = 0; i < e->lanes / 2; i++) {
		LLVMValueRef pair = bh_emit_load_at(e, type, place->at[i / 2],
						    row_offset(e, place, i / 2, i & 1, 0));

		LLVMSetAlignment(pair, bytes);
		all = LLVMBuildInsertElement(e->builder, all, pair, number(e, i), "");
	}
	return LLVMBuildBitCast(e->builder, all, LLVMVectorType(element_type(e, bytes), e->lanes),
				"");
}

static LLVMValueRef load_small_rows(struct bh_emit *e, const struct bh_emit_place *place,
				    unsigned bytes)
{
	LLVMTypeRef type = LLVMVectorType(element_type(e, bytes), e->lanes / 2);
	LLVMValueRef rows[2];
	unsigned texels[BH_LANES_MAX];

	for (unsigned i = 0; i < 2; i++) {
		rows[i] = bh_emit_load_at(e, type, place->at[0], row_offset(e, place, 0, i, 0));
		LLVMSetAlignment(rows[i], bytes);
	}
	for (unsigned i = 0; i < e->lanes; i++)
		texels[i] = texel_of(e, i);
	return choose(e, rows[0], rows[1], texels, e->lanes);
}

static void store_aligned(struct bh_emit *e, LLVMValueRef value, LLVMValueRef base,
			  LLVMValueRef offset, unsigned bytes)
{
	bh_emit_store_at(e, value, base, offset);
	LLVMSetAlignment(LLVMGetLastInstruction(LLVMGetInsertBlock(e->builder)), bytes);
}

static void store_small(struct bh_emit *e, LLVMValueRef words, const struct bh_emit_place *place,
			unsigned bytes)
{
	LLVMTypeRef pair = LLVMIntTypeInContext(e->context, 16 * bytes);

	if (bytes < 4)
		words = LLVMBuildTrunc(e->builder, words,
				       LLVMVectorType(element_type(e, bytes), e->lanes), "");
	if (e->key->quads) {
		words = LLVMBuildBitCast(e->builder, words, LLVMVectorType(pair, e->lanes / 2), "");
		for (unsigned i = 0; i < e->lanes / 2; i++)
			store_aligned(
				e, LLVMBuildExtractElement(e->builder, words, number(e, i), ""),
				place->at[i / 2], row_offset(e, place, i / 2, i & 1, 0), bytes);
		return;
	}
	for (unsigned row = 0; row < 2; row++) {
		unsigned lanes[BH_LANES_MAX / 2];

		for (unsigned x = 0; x < e->lanes / 2; x++)
			lanes[x] = lane_of(e, row * (e->lanes / 2) + x);
		store_aligned(e, choose(e, words, words, lanes, e->lanes / 2), place->at[0],
			      row_offset(e, place, 0, row, 0), bytes);
	}
}

/*
 * Texels of two or four words: memory is taken in chunks of as many words as there are lanes. Of a
 * packet a chunk has several parts of four words.
 */
struct part {
	unsigned quad, row, offset;
};

static struct part part_of(unsigned bytes, unsigned part)
{
	unsigned parts = 2 * bytes / 16; /* of a quad's row */

	return (struct part){part / parts / 2, part / parts % 2, part % parts * 16};
}

static LLVMValueRef load_chunk(struct bh_emit *e, const struct bh_emit_place *place, unsigned bytes,
			       unsigned chunk)
{
	unsigned rows = bytes / 8; /* chunks in one */
	LLVMValueRef all = NULL;

	if (!e->key->quads)
		return bh_emit_load_at(
			e, e->vi, place->at[0],
			row_offset(e, place, 0, chunk / rows, chunk % rows * e->lanes * 4));
	for (unsigned i = 0; i < e->lanes / 4; i++) {
		struct part part = part_of(bytes, chunk * (e->lanes / 4) + i);
		LLVMValueRef four =
			bh_emit_load_at(e, LLVMVectorType(e->i32, 4), place->at[part.quad],
					row_offset(e, place, part.quad, part.row, part.offset));
		unsigned indices[BH_LANES_MAX];

		/* Widened, and then put behind what is there. */
		for (unsigned k = 0; k < e->lanes; k++)
			indices[k] = k & 3;
		four = choose(e, four, four, indices, e->lanes);
		for (unsigned k = 0; k < e->lanes; k++)
			indices[k] = k / 4 == i ? e->lanes + k : k;
		all = all ? choose(e, all, four, indices, e->lanes) : four;
	}
	return all;
}

static void store_chunk(struct bh_emit *e, LLVMValueRef words, const struct bh_emit_place *place,
			unsigned bytes, unsigned chunk)
{
	unsigned rows = bytes / 8;

	if (!e->key->quads) {
		bh_emit_store_at(
			e, words, place->at[0],
			row_offset(e, place, 0, chunk / rows, chunk % rows * e->lanes * 4));
		return;
	}
	for (unsigned i = 0; i < e->lanes / 4; i++) {
		struct part part = part_of(bytes, chunk * (e->lanes / 4) + i);
		const unsigned indices[4] = {i * 4, i * 4 + 1, i * 4 + 2, i * 4 + 3};

		bh_emit_store_at(e, choose(e, words, words, indices, 4), place->at[part.quad],
				 row_offset(e, place, part.quad, part.row, part.offset));
	}
}

/* Chunks of four words a texel to chunks of its first two and of its last two, and back. */
static void split_pairs(struct bh_emit *e, const LLVMValueRef chunks[4], LLVMValueRef pairs[2][2])
{
	for (unsigned half = 0; half < 2; half++) {
		for (unsigned last = 0; last < 2; last++) {
			unsigned indices[BH_LANES_MAX];

			for (unsigned i = 0; i < e->lanes; i++)
				indices[i] = i / 2 * 4 + 2 * last + i % 2;
			pairs[last][half] = choose(e, chunks[2 * half], chunks[2 * half + 1],
						   indices, e->lanes);
		}
	}
}

static void join_pairs(struct bh_emit *e, LLVMValueRef pairs[2][2], LLVMValueRef chunks[4])
{
	for (unsigned chunk = 0; chunk < 4; chunk++) {
		unsigned half = chunk / 2, indices[BH_LANES_MAX];

		for (unsigned i = 0; i < e->lanes; i++)
			indices[i] = i % 4 / 2 * e->lanes +
				     (chunk % 2 * (e->lanes / 4) + i / 4) * 2 + i % 2;
		chunks[chunk] = choose(e, pairs[0][half], pairs[1][half], indices, e->lanes);
	}
}

/* Two chunks of two words a texel to words of lanes, and back. */
static void split_words(struct bh_emit *e, const LLVMValueRef chunks[2], LLVMValueRef words[2])
{
	for (unsigned word = 0; word < 2; word++) {
		unsigned indices[BH_LANES_MAX];

		for (unsigned i = 0; i < e->lanes; i++)
			indices[i] = texel_of(e, i) * 2 + word;
		words[word] = choose(e, chunks[0], chunks[1], indices, e->lanes);
	}
}

static void join_words(struct bh_emit *e, const LLVMValueRef words[2], LLVMValueRef chunks[2])
{
	for (unsigned half = 0; half < 2; half++) {
		unsigned indices[BH_LANES_MAX];

		for (unsigned i = 0; i < e->lanes; i++)
			indices[i] = i % 2 * e->lanes + lane_of(e, half * (e->lanes / 2) + i / 2);
		chunks[half] = choose(e, words[0], words[1], indices, e->lanes);
	}
}

void bh_emit_load_group(struct bh_emit *e, const struct bh_emit_place *place, unsigned bytes,
			LLVMValueRef words[BH_EMIT_WORDS_MAX])
{
	LLVMValueRef chunks[4] = {0}, pairs[2][2];

	if (bytes <= 4) {
		words[0] = e->key->quads ? load_small_quads(e, place, bytes)
					 : load_small_rows(e, place, bytes);
		if (bytes < 4)
			words[0] = LLVMBuildZExt(e->builder, words[0], e->vi, "");
		return;
	}
	for (unsigned i = 0; i < bytes / 4; i++)
		chunks[i] = load_chunk(e, place, bytes, i);
	if (bytes == 8) {
		split_words(e, chunks, words);
		return;
	}
	split_pairs(e, chunks, pairs);
	split_words(e, pairs[0], words);
	split_words(e, pairs[1], words + 2);
}

void bh_emit_store_group(struct bh_emit *e, const LLVMValueRef words[BH_EMIT_WORDS_MAX],
			 const struct bh_emit_place *place, unsigned bytes)
{
	LLVMValueRef chunks[4], pairs[2][2];

	if (bytes <= 4) {
		store_small(e, words[0], place, bytes);
		return;
	}
	if (bytes == 8) {
		join_words(e, words, chunks);
	} else {
		join_words(e, words, pairs[0]);
		join_words(e, words + 2, pairs[1]);
		join_pairs(e, pairs, chunks);
	}
	for (unsigned i = 0; i < bytes / 4; i++)
		store_chunk(e, chunks[i], place, bytes, i);
}
