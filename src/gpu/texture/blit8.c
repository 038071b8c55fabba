/* SPDX-License-Identifier: Apache-2.0 */
/* Blits between images of bytes in the same order: what mipmaps, windows and pictures consist of.
 */
#include "gpu/texture/blit.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

static bool has_bytes(const struct bh_format *format)
{
	for (unsigned i = 0; i < format->bytes && i < 4; i++) {
		if (format->bits[i] != 8)
			return false;
	}
	return format->type == BH_CHANNEL_UNORM &&
	       (format->bytes == 1 || format->bytes == 2 || format->bytes == 4);
}

/* Whether bytes go to where they come from. `fill` gets the bits of an alpha the source has not. */
static bool same_bytes(const struct bh_format *dst, const struct bh_format *src, uint32_t *fill)
{
	*fill = 0;
	if (dst->bytes != src->bytes || dst->srgb != src->srgb || !has_bytes(dst) ||
	    !has_bytes(src))
		return false;
	for (unsigned i = 0; i < 3; i++) {
		if (dst->swizzle[i] != src->swizzle[i])
			return false;
	}
	if (dst->swizzle[3] == src->swizzle[3] || dst->swizzle[3] > BH_SWIZZLE_W)
		return true;
	if (src->swizzle[3] != BH_SWIZZLE_1 || dst->bytes != 4)
		return false;
	*fill = 0xffu << (8 * dst->swizzle[3]);
	return true;
}

/* Where one pixel of the destination reads. */
struct tap {
	uint32_t first, second; /* bytes from the row's begin, or rows */
	uint32_t weight;        /* of the second, in 1/256 */
};

static uint32_t clamp_index(float value, int32_t size)
{
	if (!(value > 0))
		return 0;
	return value >= (float)size ? (uint32_t)size - 1 : (uint32_t)value;
}

static struct tap tap_at(const struct bh_blit_axis *axis, int32_t at, bool linear)
{
	float place = bh_blit_source(axis, at);
	struct tap tap = {0};
	int32_t whole;

	if (!linear) {
		tap.first = tap.second = clamp_index(place, axis->size);
		return tap;
	}
	place -= 0.5f;
	if (!(place > -1))
		place = -1;
	if (place > (float)axis->size)
		place = (float)axis->size;
	whole = (int32_t)(place + 1) - 1;
	tap.weight = (uint32_t)((place - (float)whole) * 256.0f + 0.5f);
	tap.first = clamp_index((float)whole, axis->size);
	tap.second = clamp_index((float)whole + 1, axis->size);
	return tap;
}

static uint32_t load(const uint8_t *texel, unsigned bytes)
{
	uint32_t word = 0;

	switch (bytes) {
	case 4:
		memcpy(&word, texel, 4);
		break;
	case 2:
		memcpy(&word, texel, 2);
		break;
	default:
		word = *texel;
		break;
	}
	return word;
}

static void store(uint8_t *texel, uint32_t word, unsigned bytes)
{
	memcpy(texel, &word, bytes);
}

/* Four bytes at once, two by two: b weighs `weight` / 256. */
static uint64_t spread(uint32_t word)
{
	uint64_t wide = word;

	wide = (wide | wide << 16) & 0x0000ffff0000ffffull;
	return (wide | wide << 8) & 0x00ff00ff00ff00ffull;
}

static uint32_t mix(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t wx, uint32_t wy)
{
	uint64_t top = spread(a) * (256 - wx) + spread(b) * wx;
	uint64_t bottom = spread(c) * (256 - wx) + spread(d) * wx;
	uint32_t out = 0;

	for (unsigned i = 0; i < 4; i++) {
		uint32_t t = (uint32_t)(top >> (16 * i)) & 0xffff;
		uint32_t u = (uint32_t)(bottom >> (16 * i)) & 0xffff;

		out |= (t * (256 - wy) + u * wy + 32768) >> 16 << (8 * i);
	}
	return out;
}

struct rows {
	const uint8_t *top, *bottom;
	uint8_t *to;
	unsigned bytes;
	uint32_t fill;
};

static void mix_row(const struct rows *rows, const struct tap *taps, int32_t count, uint32_t wy)
{
	unsigned bytes = rows->bytes;

	for (int32_t i = 0; i < count; i++) {
		const struct tap *tap = &taps[i];
		uint32_t word = mix(load(rows->top + tap->first, bytes),
				    load(rows->top + tap->second, bytes),
				    load(rows->bottom + tap->first, bytes),
				    load(rows->bottom + tap->second, bytes), tap->weight, wy);

		store(rows->to + (size_t)i * bytes, word | rows->fill, bytes);
	}
}

/* Each pixel is the mean of four, two by two side by side: a mipmap's. */
static void halve_row(const struct rows *rows, int32_t count)
{
	for (int32_t i = 0; i < count; i++) {
		uint32_t word[4], low = 0x00020002, high = 0x00020002;

		memcpy(&word[0], rows->top + (size_t)i * 8, 8);
		memcpy(&word[2], rows->bottom + (size_t)i * 8, 8);
		for (unsigned k = 0; k < 4; k++) {
			low += word[k] & 0xff00ff;
			high += word[k] >> 8 & 0xff00ff;
		}
		low = (low >> 2 & 0xff00ff) | (high << 6 & 0xff00ff00) | rows->fill;
		memcpy(rows->to + (size_t)i * 4, &low, 4);
	}
}

static void copy_row(const struct rows *rows, const struct tap *taps, int32_t count)
{
	unsigned bytes = rows->bytes;

	for (int32_t i = 0; i < count; i++)
		store(rows->to + (size_t)i * bytes,
		      load(rows->top + taps[i].first, bytes) | rows->fill, bytes);
}

static bool halves(const struct tap *taps, int32_t count, unsigned bytes)
{
	for (int32_t i = 0; i < count; i++) {
		if (taps[i].weight != 128 || taps[i].first != taps[0].first + (uint32_t)i * 8 ||
		    taps[i].second != taps[i].first + 4)
			return false;
	}
	return bytes == 4;
}

bool bh_blit_bytes(const struct bh_blit *blit, const struct bh_blit_axis *ax,
		   const struct bh_blit_axis *ay, uint32_t dz, uint32_t sz)
{
	int32_t count = ax->end - ax->begin;
	struct rows rows = {.bytes = blit->dst_format->bytes};
	struct tap *taps;
	bool half;

	if (!same_bytes(blit->dst_format, blit->src_format, &rows.fill) ||
	    (blit->linear && blit->src_format->srgb))
		return false;
	if (count <= 0)
		return true;
	taps = bh_alloc((size_t)count * sizeof(*taps));
	for (int32_t i = 0; i < count; i++) {
		taps[i] = tap_at(ax, ax->begin + i, blit->linear);
		taps[i].first *= rows.bytes;
		taps[i].second *= rows.bytes;
	}
	half = blit->linear && halves(taps, count, rows.bytes);
	for (int32_t y = ay->begin; y < ay->end; y++) {
		struct tap row = tap_at(ay, y, blit->linear);

		rows.top = bh_resource_texel(blit->src, blit->src_level, 0, row.first, sz);
		rows.bottom = bh_resource_texel(blit->src, blit->src_level, 0, row.second, sz);
		rows.to = bh_resource_texel(blit->dst, blit->dst_level, (uint32_t)ax->begin,
					    (uint32_t)y, dz);
		if (!blit->linear) {
			copy_row(&rows, taps, count);
		} else if (half && row.weight == 128) {
			rows.top += taps[0].first;
			rows.bottom += taps[0].first;
			halve_row(&rows, count);
		} else {
			mix_row(&rows, taps, count, row.weight);
		}
	}
	free(taps);
	return true;
}
