/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Colours to texels of any format that can be drawn to, and back: texture/format.c for many lanes.
 * One row of `codecs` for each type of channel; the same bits.
 */
#include "gpu/shader/fuse_pixel.h"

#include "gpu/texture/format.h"

#include <assert.h>

/* Added to a number of less than 2^22, this leaves it, rounded to even, in the lowest bits. */
#define ROUNDER 12582912.0f

static LLVMValueRef rounded(struct bh_emit *e, LLVMValueRef v)
{
	return bh_emit_as_int(e, fadd(e, v, fk(e, ROUNDER)));
}

static uint32_t ones(unsigned bits)
{
	return bits == 32 ? ~0u : (1u << bits) - 1;
}

/* Bytes: what the step-by-step path does in vectors, too, and not quite as other widths. */
static bool has_four_bytes(const struct bh_format *format)
{
	return format->bytes == 4 && format->type == BH_CHANNEL_UNORM && format->bits[0] == 8 &&
	       format->bits[3] == 8 && !format->srgb;
}

/* Colours whose number is not even with their light. Alpha is. */
static bool is_encoded(const struct bh_format *format, unsigned channel)
{
	return format->srgb && format->swizzle[3] != channel;
}

/* Of a table of words that the run points to. */
static LLVMValueRef look_up(struct bh_emit *e, const struct bh_emit_pixels *pixels, size_t table,
			    LLVMValueRef index)
{
	LLVMValueRef base = bh_emit_run_field(e, pixels, e->bytes, table);

	return bh_emit_gather(e, base, shl(e, index, 2));
}

/* bh_linear_to_srgb() of what is in [0, 1], but for rounding; times 255. */
static LLVMValueRef encode(struct bh_emit *e, const struct bh_emit_pixels *pixels, LLVMValueRef v)
{
	LLVMValueRef bits = bh_emit_as_int(e, v), first = ik(e, BH_SRGB_FIRST << 16), code, more;

	bits = pick(e, icmp(e, LLVMIntSGT, bits, first), bits, first);
	code = look_up(e, pixels, offsetof(struct bh_fused_run, srgb_codes),
		       isub(e, shr(e, bits, 16), ik(e, BH_SRGB_FIRST)));
	more = icmp(e, LLVMIntUGE, iand(e, bits, ik(e, 0xffff)), shr(e, code, 8));
	return iadd(e, iand(e, code, ik(e, 255)), LLVMBuildZExt(e->builder, more, e->vi, ""));
}

static LLVMValueRef unorm_from(struct bh_emit *e, LLVMValueRef raw, unsigned bits)
{
	return LLVMBuildFDiv(e->builder, to_float(e, raw), fk(e, (float)ones(bits)), "");
}

static LLVMValueRef unorm_to(struct bh_emit *e, LLVMValueRef v, unsigned bits)
{
	return iand(e, rounded(e, fmul(e, v, fk(e, (float)ones(bits)))), ik(e, ones(bits)));
}

static LLVMValueRef snorm_from(struct bh_emit *e, LLVMValueRef raw, unsigned bits)
{
	raw = LLVMBuildAShr(e->builder, shl(e, raw, 32 - bits), ik(e, 32 - bits), "");
	raw = LLVMBuildFDiv(e->builder, to_float(e, raw), fk(e, (float)(ones(bits) >> 1)), "");
	return pick(e, fcmp(e, LLVMRealOLT, raw, fk(e, -1)), fk(e, -1), raw);
}

static LLVMValueRef snorm_to(struct bh_emit *e, LLVMValueRef v, unsigned bits)
{
	v = larger(e, v, fk(e, -1));
	v = pick(e, fcmp(e, LLVMRealOGT, v, fk(e, 1)), fk(e, 1), v);
	return iand(e, rounded(e, fmul(e, v, fk(e, (float)(ones(bits) >> 1)))), ik(e, ones(bits)));
}

/* bh_half_to_float(); of fewer bits, of numbers without a sign, what is cut off is 0. */
static LLVMValueRef half_from(struct bh_emit *e, LLVMValueRef half)
{
	LLVMValueRef mantissa = iand(e, half, ik(e, 0x3ff)),
		     exponent = iand(e, half, ik(e, 0x7c00));
	LLVMValueRef small = fmul(e, to_float(e, mantissa), fk(e, 1.0f / 16777216.0f));
	LLVMValueRef bits = iadd(e, shl(e, iand(e, half, ik(e, 0x7fff)), 13), ik(e, 112u << 23));

	bits = pick(e, icmp(e, LLVMIntEQ, exponent, ik(e, 0x7c00)),
		    ior(e, shl(e, mantissa, 13), ik(e, 0x7f800000)), bits);
	bits = pick(e, icmp(e, LLVMIntEQ, exponent, ik(e, 0)), bh_emit_as_int(e, small), bits);
	bits = ior(e, bits, shl(e, iand(e, half, ik(e, 0x8000)), 16));
	return bh_emit_as_float(e, bits);
}

/* A magnitude that has a number in the format, with `mantissa` bits, rounded to even. */
static LLVMValueRef shorten(struct bh_emit *e, LLVMValueRef magnitude, unsigned mantissa)
{
	unsigned cut = 23 - mantissa;
	LLVMValueRef small, large;

	assert(mantissa < 23);
	small = fmul(e, bh_emit_as_float(e, magnitude), fk(e, (float)(1u << (14 + mantissa))));
	small = iand(e, rounded(e, small), ik(e, (2u << mantissa) - 1));
	large = iand(e, shr(e, magnitude, cut), ik(e, 1));
	large = iadd(e, iadd(e, magnitude, large), ik(e, (1u << cut) / 2 - 1 - 0x38000000));
	return pick(e, icmp(e, LLVMIntSLT, magnitude, ik(e, 0x38800000)), small,
		    shr(e, large, cut));
}

/* bh_float_to_half() */
static LLVMValueRef half_to(struct bh_emit *e, LLVMValueRef v)
{
	LLVMValueRef bits = bh_emit_as_int(e, v), sign = iand(e, shr(e, bits, 16), ik(e, 0x8000));
	LLVMValueRef magnitude = iand(e, bits, ik(e, 0x7fffffff));
	LLVMValueRef half = shorten(e, magnitude, 10);

	half = pick(e, icmp(e, LLVMIntSGE, magnitude, ik(e, 0x477ff000)), ik(e, 0x7c00), half);
	half = ior(e, half, sign);
	return pick(e, fcmp(e, LLVMRealUNO, v, v), ik(e, 0x7e00), half);
}

/* float_to_small() */
static LLVMValueRef small_to(struct bh_emit *e, LLVMValueRef v, unsigned mantissa)
{
	uint32_t infinite = 31u << mantissa;
	LLVMValueRef bits = bh_emit_as_int(e, v), small = shorten(e, bits, mantissa);

	small = pick(e, icmp(e, LLVMIntSLT, small, ik(e, infinite)), small, ik(e, infinite - 1));
	small = pick(e, icmp(e, LLVMIntEQ, bits, ik(e, 0x7f800000)), ik(e, infinite), small);
	small = pick(e, fcmp(e, LLVMRealOGT, v, fk(e, 0)), small, ik(e, 0));
	return pick(e, fcmp(e, LLVMRealUNO, v, v), ik(e, infinite | 1), small);
}

static LLVMValueRef float_from(struct bh_emit *e, LLVMValueRef raw, unsigned bits)
{
	if (bits == 32)
		return bh_emit_as_float(e, raw);
	return half_from(e, shl(e, raw, bits < 16 ? 15 - bits : 0));
}

static LLVMValueRef float_to(struct bh_emit *e, LLVMValueRef v, unsigned bits)
{
	if (bits == 32)
		return bh_emit_as_int(e, bh_emit_canonical(e, v));
	return bits == 16 ? half_to(e, v) : small_to(e, v, bits - 5);
}

static LLVMValueRef uint_to(struct bh_emit *e, LLVMValueRef v, unsigned bits)
{
	LLVMValueRef raw = bh_emit_as_int(e, v), most = ik(e, ones(bits));

	return bits == 32 ? raw : pick(e, icmp(e, LLVMIntULT, raw, most), raw, most);
}

static LLVMValueRef sint_to(struct bh_emit *e, LLVMValueRef v, unsigned bits)
{
	LLVMValueRef raw = bh_emit_as_int(e, v), most = ik(e, ones(bits) >> 1);
	LLVMValueRef least = ik(e, ~(ones(bits) >> 1));

	if (bits == 32)
		return raw;
	raw = pick(e, icmp(e, LLVMIntSGT, raw, most), most, raw);
	raw = pick(e, icmp(e, LLVMIntSLT, raw, least), least, raw);
	return iand(e, raw, ik(e, ones(bits)));
}

/* What a channel's bits stand for, and how a colour is put into them. Integers are not blended. */
static const struct codec {
	LLVMValueRef (*from)(struct bh_emit *e, LLVMValueRef raw, unsigned bits);
	LLVMValueRef (*to)(struct bh_emit *e, LLVMValueRef v, unsigned bits);
} codecs[] = {
	[BH_CHANNEL_UNORM] = {unorm_from, unorm_to}, [BH_CHANNEL_SNORM] = {snorm_from, snorm_to},
	[BH_CHANNEL_FLOAT] = {float_from, float_to}, [BH_CHANNEL_UINT] = {NULL, uint_to},
	[BH_CHANNEL_SINT] = {NULL, sint_to},
};

LLVMValueRef bh_emit_channel(struct bh_emit *e, unsigned type, LLVMValueRef raw, unsigned bits)
{
	if (codecs[type].from)
		return codecs[type].from(e, raw, bits);
	if (type == BH_CHANNEL_SINT && bits < 32)
		raw = LLVMBuildAShr(e->builder, shl(e, raw, 32 - bits), ik(e, 32 - bits), "");
	return bh_emit_as_float(e, raw);
}

/* The colour that each channel holds; 4: none. The first that reads a channel writes it. */
static void find_places(const struct bh_format *format, uint8_t place[4])
{
	memset(place, 4, 4);
	for (unsigned i = 4; i-- > 0;) {
		if (format->swizzle[i] <= BH_SWIZZLE_W)
			place[format->swizzle[i]] = (uint8_t)i;
	}
}

void bh_emit_channel_bits(const struct bh_fused_color *color, uint32_t bits[BH_EMIT_WORDS_MAX])
{
	const struct bh_format *format = color->format;
	uint8_t place[4];

	find_places(format, place);
	memset(bits, 0, BH_EMIT_WORDS_MAX * sizeof(*bits));
	for (unsigned i = 0; i < 4 && format->bits[i]; i++) {
		if (place[i] == 4 ? !color->combines : color->mask >> place[i] & 1)
			bits[format->shift[i] / 32] |= ones(format->bits[i])
						       << format->shift[i] % 32;
	}
}

LLVMValueRef bh_emit_clamp_color(struct bh_emit *e, const struct bh_format *format, bool saturates,
				 LLVMValueRef v)
{
	if (!codecs[format->type].from)
		return v;
	if (format->type == BH_CHANNEL_UNORM || saturates)
		return bh_emit_saturate(e, v);
	if (format->type == BH_CHANNEL_SNORM)
		return larger(e, smaller(e, v, fk(e, 1)), fk(e, -1));
	return v;
}

static LLVMValueRef unpack_channel(struct bh_emit *e, const struct bh_emit_pixels *pixels,
				   const struct bh_format *format, const LLVMValueRef *words,
				   unsigned i)
{
	unsigned bits = format->bits[i], shift = format->shift[i] % 32;
	LLVMValueRef raw = shr(e, words[format->shift[i] / 32], shift);

	if (shift + bits < 32)
		raw = iand(e, raw, ik(e, ones(bits)));
	if (is_encoded(format, i))
		return bh_emit_as_float(
			e, look_up(e, pixels, offsetof(struct bh_fused_run, srgb_linear), raw));
	if (has_four_bytes(format))
		return fmul(e, to_float(e, raw), fk(e, 1.0f / 255.0f));
	return bh_emit_channel(e, format->type, raw, bits);
}

void bh_emit_unpack(struct bh_emit *e, const struct bh_emit_pixels *pixels,
		    const struct bh_format *format, const LLVMValueRef words[BH_EMIT_WORDS_MAX],
		    LLVMValueRef rgba[4])
{
	for (unsigned i = 0; i < 4; i++) {
		uint8_t channel = format->swizzle[i];

		if (channel <= BH_SWIZZLE_W)
			rgba[i] = unpack_channel(e, pixels, format, words, channel);
		else
			rgba[i] = fk(e, channel == BH_SWIZZLE_1 ? 1.0f : 0.0f);
	}
}

static LLVMValueRef pack_channel(struct bh_emit *e, const struct bh_emit_pixels *pixels,
				 const struct bh_format *format, unsigned i, LLVMValueRef v)
{
	if (is_encoded(format, i))
		return encode(e, pixels, v);
	if (has_four_bytes(format))
		return to_int(e, fadd(e, fmul(e, v, fk(e, 255.0f)), fk(e, 0.5f)));
	return codecs[format->type].to(e, v, format->bits[i]);
}

void bh_emit_pack(struct bh_emit *e, const struct bh_emit_pixels *pixels,
		  const struct bh_format *format, const LLVMValueRef rgba[4],
		  LLVMValueRef words[BH_EMIT_WORDS_MAX])
{
	uint8_t place[4];

	find_places(format, place);
	for (unsigned i = 0; i < BH_EMIT_WORDS_MAX; i++)
		words[i] = NULL;
	for (unsigned i = 0; i < 4 && format->bits[i]; i++) {
		LLVMValueRef *word = &words[format->shift[i] / 32], raw;

		if (place[i] == 4)
			continue;
		raw = shl(e, pack_channel(e, pixels, format, i, rgba[place[i]]),
			  format->shift[i] % 32);
		*word = *word ? ior(e, *word, raw) : raw;
	}
	for (unsigned i = 0; i < bh_emit_word_count(format->bytes); i++)
		words[i] = words[i] ? words[i] : ik(e, 0);
}
