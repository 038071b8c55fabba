/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texels of any format in fused code: what bh_format_fetch() makes of one, for all lanes. Words of
 * 32 bits come from memory; each channel is a few bits of one of them.
 */
#include "gpu/shader/fuse_sample.h"

#include "gpu/texture/format.h"

/* Words of a texel's channels that a result shows; NULL: none does. */
struct texel {
	LLVMValueRef words[4], made[4];
};

static LLVMValueRef raw_bits(struct bh_emit *e, LLVMValueRef word, unsigned shift, unsigned bits)
{
	word = shr(e, word, shift);
	return shift + bits < 32 ? iand(e, word, ik(e, (1u << bits) - 1)) : word;
}

/* Alpha is not encoded. */
static LLVMValueRef channel_value(struct bh_sampling *p, LLVMValueRef word, unsigned c)
{
	const struct bh_format *format = p->texture->format;
	struct bh_emit *e = p->e;
	LLVMValueRef raw = raw_bits(e, word, format->shift[c] % 32, format->bits[c]), table;

	if (!format->srgb || format->swizzle[3] == c)
		return bh_emit_channel(e, format->type, raw, format->bits[c]);
	table = bh_emit_view_field(p, e->bytes,
				   bh_emit_offset(e, offsetof(struct bh_texture_view, from_srgb)));
	return bh_emit_as_float(e, bh_emit_gather(e, table, shl(e, raw, 2)));
}

/* Three numbers of 9 bits with one exponent. */
static LLVMValueRef shared_value(struct bh_emit *e, LLVMValueRef word, unsigned c)
{
	LLVMValueRef scale = iadd(e, shr(e, word, 27), ik(e, 127 - 15 - 9));

	return fmul(e, to_float(e, raw_bits(e, word, 9 * c, 9)),
		    bh_emit_as_float(e, shl(e, scale, 23)));
}

static LLVMValueRef constant(struct bh_emit *e, const struct bh_format *format, unsigned place)
{
	bool integer = format->type == BH_CHANNEL_UINT || format->type == BH_CHANNEL_SINT;

	if (place == BH_SWIZZLE_0)
		return fk(e, 0);
	return integer ? bh_emit_as_float(e, ik(e, 1)) : fk(e, 1);
}

static LLVMValueRef border_channel(struct bh_sampling *p, unsigned i)
{
	size_t at = offsetof(struct bh_texture_view, sampler) + offsetof(struct bh_sampler, border);

	return bh_emit_broadcast(
		p->e, bh_emit_view_field(p, p->e->f32, bh_emit_offset(p->e, at + i * 4)));
}

static void decode(struct bh_sampling *p, struct texel *texel, LLVMValueRef outside,
		   LLVMValueRef out[4])
{
	const struct bh_fused_texture *t = p->texture;
	struct bh_emit *e = p->e;

	for (unsigned i = 0; i < 4; i++) {
		unsigned c = t->place[i];

		if (c < 4 && !texel->made[c])
			texel->made[c] =
				t->format->shared_exponent
					? shared_value(e, texel->words[0], c)
					: channel_value(p, texel->words[t->format->shift[c] / 32],
							c);
		out[i] = c < 4 ? texel->made[c] : constant(e, t->format, c);
		if (outside && t->from[i] < 4)
			out[i] = pick(e, outside, border_channel(p, t->from[i]), out[i]);
	}
}

/* The words that channels come from, as bits. */
static unsigned words_shown(const struct bh_fused_texture *t)
{
	unsigned words = 0;

	for (unsigned i = 0; i < 4; i++) {
		if (t->place[i] < 4)
			words |= 1u << t->format->shift[t->place[i]] / 32;
	}
	return words;
}

static void load_words(struct bh_sampling *p, const struct bh_sampled_level *level, LLVMValueRef x,
		       LLVMValueRef y, struct texel *texel)
{
	unsigned shown = words_shown(p->texture);
	struct bh_emit *e = p->e;
	LLVMValueRef offset;

	if (p->texture->format->bytes == 4) {
		texel->words[0] = bh_emit_fetch(p, level, x, y);
		return;
	}
	offset = bh_emit_texel_offset(p, level, x, y, p->texture->format->bytes);
	for (unsigned i = 0; i < 4; i++) {
		LLVMValueRef at = iadd(e, offset, ik(e, i * 4));

		if ((shown >> i & 3) == 3) {
			bh_emit_gather_pairs(e, level->data, at, &texel->words[i]);
			i++;
		} else if (shown >> i & 1) {
			texel->words[i] = bh_emit_gather(e, level->data, at);
		}
	}
}

void bh_emit_texel(struct bh_sampling *p, const struct bh_sampled_level *level, LLVMValueRef x,
		   LLVMValueRef y, LLVMValueRef outside, LLVMValueRef out[4])
{
	struct texel texel = {0};

	load_words(p, level, x, y, &texel);
	decode(p, &texel, outside, out);
}

void bh_emit_texel_square(struct bh_sampling *p, const struct bh_sampled_level *level,
			  const struct bh_emit_taps *tx, const struct bh_emit_taps *ty,
			  const LLVMValueRef outside[4], LLVMValueRef out[4])
{
	LLVMValueRef words[4] = {0}, values[4][4];
	struct bh_emit *e = p->e;

	if (p->texture->format->bytes == 4)
		bh_emit_fetch_square(p, level, tx, ty, words);
	for (unsigned i = 0; i < 4; i++) {
		struct texel texel = {.words = {words[i]}};

		if (p->texture->format->bytes != 4)
			load_words(p, level, tx->index[i & 1], ty->index[i >> 1], &texel);
		decode(p, &texel, outside[i], values[i]);
	}
	for (unsigned i = 0; i < 4; i++)
		out[i] = lerp(e, lerp(e, values[0][i], values[1][i], tx->weight),
			      lerp(e, values[2][i], values[3][i], tx->weight), ty->weight);
}
