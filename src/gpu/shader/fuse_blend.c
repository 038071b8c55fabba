/* SPDX-License-Identifier: Apache-2.0 */
/* Blending, logic operations and masks in fused code, and the writing of colours. */
#include "gpu/shader/fuse_pixel.h"

#include "gpu/texture/format.h"

/* Colours that meet: r, g, b, a of the fragment, of its second output and of the image. */
struct colors {
	const LLVMValueRef *src, *second;
	LLVMValueRef dst[4];
	size_t constant; /* of the run */
	const struct bh_emit_pixels *pixels;
};

static LLVMValueRef inverted(struct bh_emit *e, LLVMValueRef v)
{
	return fsub(e, fk(e, 1), v);
}

static LLVMValueRef constant_color(struct bh_emit *e, const struct colors *colors, unsigned i)
{
	return bh_emit_run_splat(e, colors->pixels, e->f32, colors->constant + i * sizeof(float));
}

static LLVMValueRef factor(struct bh_emit *e, const struct colors *colors, unsigned code,
			   unsigned channel)
{
	LLVMValueRef v = fk(e, 0);

	switch (code & ~(unsigned)BH_FACTOR_INVERTED) {
	case BH_FACTOR_ONE:
		v = fk(e, 1);
		break;
	case BH_FACTOR_SRC_COLOR:
		v = colors->src[channel];
		break;
	case BH_FACTOR_SRC_ALPHA:
		v = colors->src[3];
		break;
	case BH_FACTOR_DST_ALPHA:
		v = colors->dst[3];
		break;
	case BH_FACTOR_DST_COLOR:
		v = colors->dst[channel];
		break;
	case BH_FACTOR_SRC_ALPHA_SATURATE:
		v = channel == 3 ? fk(e, 1)
				 : smaller(e, colors->src[3], inverted(e, colors->dst[3]));
		break;
	case BH_FACTOR_CONST_COLOR:
		v = constant_color(e, colors, channel);
		break;
	case BH_FACTOR_CONST_ALPHA:
		v = constant_color(e, colors, 3);
		break;
	case BH_FACTOR_SRC1_COLOR:
		v = colors->second[channel];
		break;
	case BH_FACTOR_SRC1_ALPHA:
		v = colors->second[3];
		break;
	default:
		break;
	}
	return code & BH_FACTOR_INVERTED ? inverted(e, v) : v;
}

static LLVMValueRef blend_channel(struct bh_emit *e, const struct bh_fused_color *color,
				  const struct colors *colors, unsigned i)
{
	bool alpha = i == 3;
	LLVMValueRef src = colors->src[i], dst = colors->dst[i], a, b;
	unsigned func = alpha ? color->alpha_func : color->rgb_func;

	if (func == BH_BLEND_MIN)
		return smaller(e, src, dst);
	if (func == BH_BLEND_MAX)
		return larger(e, src, dst);
	a = fmul(e, src, factor(e, colors, alpha ? color->alpha_src : color->rgb_src, i));
	b = fmul(e, dst, factor(e, colors, alpha ? color->alpha_dst : color->rgb_dst, i));
	if (func == BH_BLEND_SUBTRACT)
		return fsub(e, a, b);
	if (func == BH_BLEND_REVERSE_SUBTRACT)
		return fsub(e, b, a);
	return fadd(e, a, b);
}

/* Whether two factors are f and 1 - f, or one of them is 0: their sum is 1 at most. */
static bool share_one(unsigned a, unsigned b)
{
	return a == BH_FACTOR_ZERO || b == BH_FACTOR_ZERO || (a ^ b) == BH_FACTOR_INVERTED;
}

/*
 * What blending leaves of [0, 1], as both sources and all factors are inside: packing cuts off what
 * rounding adds.
 */
static bool may_exceed(const struct bh_fused_color *color, unsigned i)
{
	unsigned func = i == 3 ? color->alpha_func : color->rgb_func;
	unsigned src = i == 3 ? color->alpha_src : color->rgb_src;
	unsigned dst = i == 3 ? color->alpha_dst : color->rgb_dst;

	return func == BH_BLEND_ADD && !share_one(src, dst);
}

static bool may_be_negative(const struct bh_fused_color *color, unsigned i)
{
	unsigned func = i == 3 ? color->alpha_func : color->rgb_func;

	return func == BH_BLEND_SUBTRACT || func == BH_BLEND_REVERSE_SUBTRACT;
}

/* Whether where alpha is 1 a channel is the source's, bit by bit: one time it, and 0 times the
 * image. */
static bool covers(unsigned func, unsigned src, unsigned dst, bool alpha)
{
	bool all = src == BH_FACTOR_ONE || src == BH_FACTOR_SRC_ALPHA ||
		   (alpha && src == BH_FACTOR_SRC_COLOR);
	bool none = dst == BH_FACTOR_ZERO || dst == (BH_FACTOR_SRC_ALPHA | BH_FACTOR_INVERTED) ||
		    (alpha && dst == (BH_FACTOR_SRC_COLOR | BH_FACTOR_INVERTED));

	return func == BH_BLEND_ADD && all && none;
}

/* Floats may be what 0 times is not 0. */
static bool may_cover(const struct bh_fused_color *color)
{
	return color->format->type == BH_CHANNEL_UNORM &&
	       covers(color->rgb_func, color->rgb_src, color->rgb_dst, false) &&
	       covers(color->alpha_func, color->alpha_src, color->alpha_dst, true);
}

static size_t constant_of(const struct bh_format *format)
{
	switch (format->type) {
	case BH_CHANNEL_UNORM:
		return offsetof(struct bh_fused_run, blend_unorm);
	case BH_CHANNEL_SNORM:
		return offsetof(struct bh_fused_run, blend_snorm);
	default:
		return offsetof(struct bh_fused_run, blend_color);
	}
}

/* Bit 2 * src + dst of the function is the result's. */
static LLVMValueRef logic_op(struct bh_emit *e, unsigned func, LLVMValueRef src, LLVMValueRef dst)
{
	LLVMValueRef out = NULL;

	for (unsigned i = 0; i < 4; i++) {
		LLVMValueRef a = i & 2 ? src : LLVMBuildNot(e->builder, src, "");
		LLVMValueRef b = i & 1 ? dst : LLVMBuildNot(e->builder, dst, "");
		LLVMValueRef both = iand(e, a, b);

		if (func >> i & 1)
			out = out ? ior(e, out, both) : both;
	}
	return out ? out : ik(e, 0);
}

/* Whether nothing of a texel stays as it was. */
static bool writes_all_bits(const struct bh_fused_color *color)
{
	uint32_t bits[BH_EMIT_WORDS_MAX],
		whole = color->format->bytes >= 4 ? ~0u : (1u << 8 * color->format->bytes) - 1;

	bh_emit_channel_bits(color, bits);
	for (unsigned i = 0; i < bh_emit_word_count(color->format->bytes); i++) {
		if (bits[i] != whole)
			return false;
	}
	return true;
}

/* New words of the live lanes; the others keep theirs. */
static void store_some(struct bh_emit *e, const struct bh_fused_color *color, LLVMValueRef live,
		       const LLVMValueRef *words, const LLVMValueRef *old,
		       const struct bh_emit_place *place)
{
	unsigned bytes = color->format->bytes;
	LLVMValueRef out[BH_EMIT_WORDS_MAX];
	uint32_t bits[BH_EMIT_WORDS_MAX];

	bh_emit_channel_bits(color, bits);
	for (unsigned i = 0; i < bh_emit_word_count(bytes); i++) {
		out[i] = words[i];
		if (bytes >= 4 || !writes_all_bits(color))
			out[i] = merge(e, out[i], old[i], bits[i]);
		out[i] = pick(e, live, out[i], old[i]);
	}
	bh_emit_store_group(e, out, place, bytes);
}

/* Colours that nothing of the image goes into: where all lanes live, it need not be read. */
static void replace(struct bh_emit *e, const struct bh_fused_color *color, LLVMValueRef live,
		    const LLVMValueRef *words, const struct bh_emit_place *place)
{
	unsigned bytes = color->format->bytes;
	LLVMValueRef old[BH_EMIT_WORDS_MAX];
	struct bh_emit_ways ways;

	/* Packets are seldom full. */
	if (e->key->quads || !writes_all_bits(color)) {
		bh_emit_load_group(e, place, bytes, old);
		store_some(e, color, live, words, old, place);
		return;
	}
	ways = bh_emit_begin_ways(e, icmp(e, LLVMIntEQ, bh_emit_bools_bits(e, live),
					  number(e, (1u << e->lanes) - 1)));
	bh_emit_store_group(e, words, place, bytes);
	bh_emit_other_way(e, &ways);
	bh_emit_load_group(e, place, bytes, old);
	store_some(e, color, live, words, old, place);
	bh_emit_end_ways(e, &ways);
}

static void blend(struct bh_emit *e, const struct bh_emit_pixels *pixels,
		  const struct bh_emit_color *writer, LLVMValueRef live,
		  const struct bh_emit_place *place)
{
	const struct bh_fused_color *color = &e->key->colors[writer->index];
	const struct bh_format *format = color->format;
	struct colors colors = {.src = writer->src,
				.second = writer->second,
				.constant = constant_of(format),
				.pixels = pixels};
	LLVMValueRef old[BH_EMIT_WORDS_MAX], words[BH_EMIT_WORDS_MAX], out[4];

	bh_emit_load_group(e, place, format->bytes, old);
	bh_emit_unpack(e, pixels, format, old, colors.dst);
	for (unsigned i = 0; i < 4; i++) {
		out[i] = blend_channel(e, color, &colors, i);
		if (format->type == BH_CHANNEL_UNORM && may_exceed(color, i))
			out[i] = smaller(e, out[i], fk(e, 1));
		if (format->type == BH_CHANNEL_UNORM && may_be_negative(color, i))
			out[i] = larger(e, out[i], fk(e, 0));
	}
	bh_emit_pack(e, pixels, format, out, words);
	store_some(e, color, live, words, old, place);
}

static void combine(struct bh_emit *e, const struct bh_emit_color *writer, LLVMValueRef live,
		    const struct bh_emit_place *place)
{
	const struct bh_fused_color *color = &e->key->colors[writer->index];
	LLVMValueRef old[BH_EMIT_WORDS_MAX], words[BH_EMIT_WORDS_MAX] = {0};

	bh_emit_load_group(e, place, color->format->bytes, old);
	for (unsigned i = 0; i < bh_emit_word_count(color->format->bytes); i++)
		words[i] = logic_op(e, color->logic_func, writer->words[i], old[i]);
	store_some(e, color, live, words, old, place);
}

bool bh_emit_writes_color(const struct bh_emit *e, unsigned index)
{
	return e->key->colors[index].format != NULL;
}

void bh_emit_begin_color(struct bh_emit *e, const struct bh_emit_pixels *pixels,
			 struct bh_emit_color *writer, unsigned index, LLVMValueRef live)
{
	const struct bh_fused_key *key = e->key;
	const struct bh_fused_color *color = &key->colors[index];
	LLVMValueRef thin;

	*writer = (struct bh_emit_color){.index = index};
	writer->base =
		bh_emit_run_field(e, pixels, e->bytes,
				  offsetof(struct bh_fused_run, colors) + index * sizeof(void *));
	writer->stride = bh_emit_run_field(e, pixels, e->i64,
					   offsetof(struct bh_fused_run, color_strides) +
						   index * sizeof(uint64_t));
	for (unsigned i = 0; i < 4; i++) {
		LLVMValueRef second = fk(e, 0), src = bh_emit_output(e, (unsigned)color->output, i);

		if (key->second_output >= 0)
			second = bh_emit_output(e, (unsigned)key->second_output, i);
		if (key->alpha_to_one && i == 3) {
			src = fk(e, 1);
			second = key->second_output >= 0 ? src : second;
		}
		writer->src[i] = bh_emit_clamp_color(e, color->format, key->clamps_colors, src);
		writer->second[i] =
			bh_emit_clamp_color(e, color->format, key->clamps_colors, second);
	}
	/* Samples share it; of one sample it may not be needed. */
	if (!color->blends || (may_cover(color) && key->samples > 1))
		bh_emit_pack(e, pixels, color->format, writer->src, writer->words);
	if (!color->blends || !may_cover(color))
		return;
	/* Most of what desktops blend is opaque. */
	thin = LLVMBuildAnd(e->builder, fcmp(e, LLVMRealOLT, writer->src[3], fk(e, 1)), live, "");
	writer->opaque = icmp(e, LLVMIntEQ, bh_emit_bools_bits(e, thin), number(e, 0));
}

void bh_emit_write_color(struct bh_emit *e, const struct bh_emit_pixels *pixels,
			 const struct bh_emit_color *writer, LLVMValueRef image, LLVMValueRef live)
{
	const struct bh_fused_color *color = &e->key->colors[writer->index];
	LLVMValueRef base = writer->base, words[BH_EMIT_WORDS_MAX];
	struct bh_emit_place place;
	struct bh_emit_ways ways;

	if (image)
		base = LLVMBuildGEP2(e->builder, e->i8, base, &image, 1, "");
	place = bh_emit_place_of(e, pixels, base, writer->stride, color->format->bytes);
	if (writer->opaque) {
		ways = bh_emit_begin_ways(e, writer->opaque);
		memcpy(words, writer->words, sizeof(words));
		if (!words[0])
			bh_emit_pack(e, pixels, color->format, writer->src, words);
		replace(e, color, live, words, &place);
		bh_emit_other_way(e, &ways);
		blend(e, pixels, writer, live, &place);
		bh_emit_end_ways(e, &ways);
	} else if (color->blends) {
		blend(e, pixels, writer, live, &place);
	} else if (color->combines) {
		combine(e, writer, live, &place);
	} else {
		replace(e, color, live, writer->words, &place);
	}
}
