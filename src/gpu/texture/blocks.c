/* SPDX-License-Identifier: Apache-2.0 */
/* S3TC (DXT1, 3, 5) and RGTC: what a block's bits stand for. */
#include "gpu/texture/blocks.h"

#include <string.h>

#define TEXELS (BH_BLOCK_SIZE * BH_BLOCK_SIZE)

static uint64_t read_bits(const uint8_t *from, unsigned bytes)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < bytes; i++)
		bits |= (uint64_t)from[i] << 8 * i;
	return bits;
}

/* 5, 6 and 5 bits; the highest are repeated below. */
static void expand_565(unsigned color, uint8_t rgb[3])
{
	unsigned r = color >> 11 & 31, g = color >> 5 & 63, b = color & 31;

	rgb[0] = (uint8_t)(r << 3 | r >> 2);
	rgb[1] = (uint8_t)(g << 2 | g >> 4);
	rgb[2] = (uint8_t)(b << 3 | b >> 2);
}

/*
 * Two colours, and two between them. When the first is the smaller number and the block may say so
 * (DXT1), there is one between them, and black that is as opaque as `alpha`.
 */
static void decode_colors(const uint8_t *block, bool dxt1, uint8_t alpha, uint8_t *texels)
{
	unsigned first = (unsigned)read_bits(block, 2), second = (unsigned)read_bits(block + 2, 2);
	uint32_t codes = (uint32_t)read_bits(block + 4, 4);
	uint8_t palette[4][4] = {{0}};

	for (unsigned i = 0; i < 4; i++)
		palette[i][3] = 255;
	expand_565(first, palette[0]);
	expand_565(second, palette[1]);
	for (unsigned c = 0; c < 3; c++) {
		unsigned a = palette[0][c], b = palette[1][c];

		if (dxt1 && first <= second) {
			palette[2][c] = (uint8_t)((a + b) / 2);
		} else {
			palette[2][c] = (uint8_t)((2 * a + b) / 3);
			palette[3][c] = (uint8_t)((a + 2 * b) / 3);
		}
	}
	if (dxt1 && first <= second)
		palette[3][3] = alpha;
	for (unsigned i = 0; i < TEXELS; i++)
		memcpy(texels + 4 * i, palette[codes >> 2 * i & 3], 4);
}

/* Two values, and six or four between them; then the ends of the range, too. */
static void make_ramp(int first, int second, int low, int high, int ramp[8])
{
	int steps = first > second ? 7 : 5;

	ramp[0] = first;
	ramp[1] = second;
	ramp[6] = low;
	ramp[7] = high;
	for (int i = 1; i < steps; i++)
		ramp[i + 1] = (first * (steps - i) + second * i) / steps;
}

/* One channel of every texel, `step` bytes apart. */
static void decode_ramp(const uint8_t *block, bool is_signed, uint8_t *to, unsigned step)
{
	uint64_t codes = read_bits(block + 2, 6);
	int ramp[8];

	if (is_signed)
		make_ramp((int8_t)block[0], (int8_t)block[1], -127, 127, ramp);
	else
		make_ramp(block[0], block[1], 0, 255, ramp);
	for (unsigned i = 0; i < TEXELS; i++)
		to[i * step] = (uint8_t)ramp[codes >> 3 * i & 7];
}

static void decode_dxt1_rgb(const uint8_t *block, uint8_t *texels)
{
	decode_colors(block, true, 255, texels);
}

static void decode_dxt1(const uint8_t *block, uint8_t *texels)
{
	decode_colors(block, true, 0, texels);
}

static void decode_dxt3(const uint8_t *block, uint8_t *texels)
{
	uint64_t alpha = read_bits(block, 8);

	decode_colors(block + 8, false, 255, texels);
	for (unsigned i = 0; i < TEXELS; i++)
		texels[4 * i + 3] = (uint8_t)((alpha >> 4 * i & 15) * 17);
}

static void decode_dxt5(const uint8_t *block, uint8_t *texels)
{
	decode_colors(block + 8, false, 255, texels);
	decode_ramp(block, false, texels + 3, 4);
}

static void decode_rgtc1(const uint8_t *block, uint8_t *texels)
{
	decode_ramp(block, false, texels, 1);
}

static void decode_rgtc1_signed(const uint8_t *block, uint8_t *texels)
{
	decode_ramp(block, true, texels, 1);
}

static void decode_rgtc2(const uint8_t *block, uint8_t *texels)
{
	decode_ramp(block, false, texels, 2);
	decode_ramp(block + 8, false, texels + 1, 2);
}

static void decode_rgtc2_signed(const uint8_t *block, uint8_t *texels)
{
	decode_ramp(block, true, texels, 2);
	decode_ramp(block + 8, true, texels + 1, 2);
}

/* The texels' formats: R8G8B8X8, R8G8B8A8, the same in sRGB, R8, R8G8, and these with a sign. */
static const struct bh_block_format formats[] = {
	{105, 134, 8, decode_dxt1_rgb},     /* DXT1, opaque */
	{106, 67, 8, decode_dxt1},          /* DXT1 */
	{107, 67, 16, decode_dxt3},         /* DXT3 */
	{108, 67, 16, decode_dxt5},         /* DXT5 */
	{109, 230, 8, decode_dxt1_rgb},     /* DXT1, opaque, sRGB */
	{110, 104, 8, decode_dxt1},         /* DXT1, sRGB */
	{111, 104, 16, decode_dxt3},        /* DXT3, sRGB */
	{112, 104, 16, decode_dxt5},        /* DXT5, sRGB */
	{113, 64, 8, decode_rgtc1},         /* RGTC1 */
	{114, 74, 8, decode_rgtc1_signed},  /* RGTC1 with a sign */
	{115, 65, 16, decode_rgtc2},        /* RGTC2 */
	{116, 75, 16, decode_rgtc2_signed}, /* RGTC2 with a sign */
};

#define FORMAT_COUNT (sizeof(formats) / sizeof(formats[0]))

const struct bh_block_format *bh_block_format_at(size_t index)
{
	return index < FORMAT_COUNT ? &formats[index] : NULL;
}

const struct bh_block_format *bh_block_format_get(uint32_t number)
{
	/* Their numbers follow one another. */
	if (number < formats[0].number)
		return NULL;
	return bh_block_format_at(number - formats[0].number);
}
