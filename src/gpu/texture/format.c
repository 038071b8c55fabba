/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/texture/format.h"

#include <math.h>
#include <string.h>

enum { X = BH_SWIZZLE_X, Y = BH_SWIZZLE_Y, Z = BH_SWIZZLE_Z, W = BH_SWIZZLE_W, O = BH_SWIZZLE_0 };
#define I BH_SWIZZLE_1

/* A colour format: number, name, bytes, type, the bits of its channels, its swizzle. */
#define COLOR(n, title, size, t, b0, b1, b2, b3, r, g, b, a)                                     \
	{                                                                                        \
		.number = n, .bytes = size, .type = BH_CHANNEL_##t, .bits = {b0, b1, b2, b3},    \
		.shift = {0, b0, b0 + b1, b0 + b1 + b2}, .swizzle = {r, g, b, a}, .name = title, \
	}
#define SRGB(n, title, size, b0, b1, b2, b3, r, g, b, a)                                        \
	{                                                                                       \
		.number = n, .bytes = size, .type = BH_CHANNEL_UNORM, .bits = {b0, b1, b2, b3}, \
		.shift = {0, b0, b0 + b1, b0 + b1 + b2}, .swizzle = {r, g, b, a}, .srgb = true, \
		.name = title,                                                                  \
	}
/* The four colour formats of one channel type with one to four channels of `size` bytes. */
#define VECTORS(n, title, size, t)                                                                 \
	COLOR(n, title " x1", size, t, size * 8, 0, 0, 0, X, O, O, I),                             \
		COLOR((n) + 1, title " x2", 2 * size, t, size * 8, size * 8, 0, 0, X, Y, O, I),    \
		COLOR((n) + 2, title " x3", 3 * size, t, size * 8, size * 8, size * 8, 0, X, Y, Z, \
		      I),                                                                          \
		COLOR((n) + 3, title " x4", 4 * size, t, size * 8, size * 8, size * 8, size * 8,   \
		      X, Y, Z, W)
/* Alpha, intensity, luminance, and luminance with alpha. */
#define OLD_INTEGERS(n, title, size, t)                                                           \
	COLOR(n, "A" title, size, t, size * 8, 0, 0, 0, O, O, O, X),                              \
		COLOR((n) + 1, "I" title, size, t, size * 8, 0, 0, 0, X, X, X, X),                \
		COLOR((n) + 2, "L" title, size, t, size * 8, 0, 0, 0, X, X, X, I),                \
		COLOR((n) + 3, "L" title " with alpha", 2 * size, t, size * 8, size * 8, 0, 0, X, \
		      X, X, Y)
#define DEPTH(n, title, size, db, ds, sb, ss, is_float)                                 \
	{                                                                               \
		.number = n, .bytes = size, .type = BH_CHANNEL_DEPTH, .depth_bits = db, \
		.depth_shift = ds, .stencil_bits = sb, .stencil_shift = ss,             \
		.depth_float = is_float, .swizzle = {X, X, X, I}, .name = title,        \
	}

static const struct bh_format formats[] = {
	COLOR(1, "B8G8R8A8_UNORM", 4, UNORM, 8, 8, 8, 8, Z, Y, X, W),
	COLOR(2, "B8G8R8X8_UNORM", 4, UNORM, 8, 8, 8, 8, Z, Y, X, I),
	COLOR(3, "A8R8G8B8_UNORM", 4, UNORM, 8, 8, 8, 8, Y, Z, W, X),
	COLOR(4, "X8R8G8B8_UNORM", 4, UNORM, 8, 8, 8, 8, Y, Z, W, I),
	COLOR(5, "B5G5R5A1_UNORM", 2, UNORM, 5, 5, 5, 1, Z, Y, X, W),
	COLOR(6, "B4G4R4A4_UNORM", 2, UNORM, 4, 4, 4, 4, Z, Y, X, W),
	COLOR(7, "B5G6R5_UNORM", 2, UNORM, 5, 6, 5, 0, Z, Y, X, I),
	COLOR(8, "R10G10B10A2_UNORM", 4, UNORM, 10, 10, 10, 2, X, Y, Z, W),
	COLOR(9, "L8_UNORM", 1, UNORM, 8, 0, 0, 0, X, X, X, I),
	COLOR(10, "A8_UNORM", 1, UNORM, 8, 0, 0, 0, O, O, O, X),
	COLOR(11, "I8_UNORM", 1, UNORM, 8, 0, 0, 0, X, X, X, X),
	COLOR(12, "L8A8_UNORM", 2, UNORM, 8, 8, 0, 0, X, X, X, Y),
	COLOR(13, "L16_UNORM", 2, UNORM, 16, 0, 0, 0, X, X, X, I),
	DEPTH(16, "Z16_UNORM", 2, 16, 0, 0, 0, false),
	DEPTH(17, "Z32_UNORM", 4, 32, 0, 0, 0, false),
	DEPTH(18, "Z32_FLOAT", 4, 32, 0, 0, 0, true),
	DEPTH(19, "Z24_UNORM_S8_UINT", 4, 24, 0, 8, 24, false),
	DEPTH(20, "S8_UINT_Z24_UNORM", 4, 24, 8, 8, 0, false),
	DEPTH(21, "Z24X8_UNORM", 4, 24, 0, 0, 0, false),
	DEPTH(22, "X8Z24_UNORM", 4, 24, 8, 0, 0, false),
	DEPTH(23, "S8_UINT", 1, 0, 0, 8, 0, false),
	VECTORS(24, "R64_FLOAT", 8, FLOAT),
	VECTORS(28, "R32_FLOAT", 4, FLOAT),
	VECTORS(32, "R32_UNORM", 4, UNORM),
	VECTORS(36, "R32_USCALED", 4, USCALED),
	VECTORS(40, "R32_SNORM", 4, SNORM),
	VECTORS(44, "R32_SSCALED", 4, SSCALED),
	VECTORS(48, "R16_UNORM", 2, UNORM),
	VECTORS(52, "R16_USCALED", 2, USCALED),
	VECTORS(56, "R16_SNORM", 2, SNORM),
	VECTORS(60, "R16_SSCALED", 2, SSCALED),
	VECTORS(64, "R8_UNORM", 1, UNORM),
	COLOR(68, "X8B8G8R8_UNORM", 4, UNORM, 8, 8, 8, 8, W, Z, Y, I),
	VECTORS(69, "R8_USCALED", 1, USCALED),
	VECTORS(74, "R8_SNORM", 1, SNORM),
	VECTORS(82, "R8_SSCALED", 1, SSCALED),
	VECTORS(87, "R32_FIXED", 4, FIXED),
	VECTORS(91, "R16_FLOAT", 2, FLOAT),
	SRGB(95, "L8_SRGB", 1, 8, 0, 0, 0, X, X, X, I),
	SRGB(96, "L8A8_SRGB", 2, 8, 8, 0, 0, X, X, X, Y),
	SRGB(100, "B8G8R8A8_SRGB", 4, 8, 8, 8, 8, Z, Y, X, W),
	SRGB(101, "B8G8R8X8_SRGB", 4, 8, 8, 8, 8, Z, Y, X, I),
	SRGB(104, "R8G8B8A8_SRGB", 4, 8, 8, 8, 8, X, Y, Z, W),
	COLOR(121, "A8B8G8R8_UNORM", 4, UNORM, 8, 8, 8, 8, W, Z, Y, X),
	COLOR(122, "B5G5R5X1_UNORM", 2, UNORM, 5, 5, 5, 1, Z, Y, X, I),
	COLOR(123, "R10G10B10A2_USCALED", 4, USCALED, 10, 10, 10, 2, X, Y, Z, W),
	COLOR(124, "R11G11B10_FLOAT", 4, FLOAT, 11, 11, 10, 0, X, Y, Z, I),
	{
		.number = 125,
		.bytes = 4,
		.type = BH_CHANNEL_FLOAT,
		.bits = {9, 9, 9, 0},
		.shift = {0, 9, 18, 27},
		.swizzle = {X, Y, Z, I},
		.shared_exponent = true,
		.name = "R9G9B9E5_FLOAT",
	},
	DEPTH(126, "Z32_FLOAT_S8X24_UINT", 8, 32, 0, 8, 32, true),
	COLOR(131, "B10G10R10A2_UNORM", 4, UNORM, 10, 10, 10, 2, Z, Y, X, W),
	COLOR(134, "R8G8B8X8_UNORM", 4, UNORM, 8, 8, 8, 8, X, Y, Z, I),
	COLOR(135, "B4G4R4X4_UNORM", 2, UNORM, 4, 4, 4, 4, Z, Y, X, I),
	COLOR(140, "L16A16_UNORM", 4, UNORM, 16, 16, 0, 0, X, X, X, Y),
	COLOR(141, "A16_UNORM", 2, UNORM, 16, 0, 0, 0, O, O, O, X),
	COLOR(142, "I16_UNORM", 2, UNORM, 16, 0, 0, 0, X, X, X, X),
	COLOR(147, "A8_SNORM", 1, SNORM, 8, 0, 0, 0, O, O, O, X),
	COLOR(148, "L8_SNORM", 1, SNORM, 8, 0, 0, 0, X, X, X, I),
	COLOR(149, "L8A8_SNORM", 2, SNORM, 8, 8, 0, 0, X, X, X, Y),
	COLOR(150, "I8_SNORM", 1, SNORM, 8, 0, 0, 0, X, X, X, X),
	COLOR(151, "A16_SNORM", 2, SNORM, 16, 0, 0, 0, O, O, O, X),
	COLOR(152, "L16_SNORM", 2, SNORM, 16, 0, 0, 0, X, X, X, I),
	COLOR(153, "L16A16_SNORM", 4, SNORM, 16, 16, 0, 0, X, X, X, Y),
	COLOR(154, "I16_SNORM", 2, SNORM, 16, 0, 0, 0, X, X, X, X),
	COLOR(155, "A16_FLOAT", 2, FLOAT, 16, 0, 0, 0, O, O, O, X),
	COLOR(156, "L16_FLOAT", 2, FLOAT, 16, 0, 0, 0, X, X, X, I),
	COLOR(157, "L16A16_FLOAT", 4, FLOAT, 16, 16, 0, 0, X, X, X, Y),
	COLOR(158, "I16_FLOAT", 2, FLOAT, 16, 0, 0, 0, X, X, X, X),
	COLOR(159, "A32_FLOAT", 4, FLOAT, 32, 0, 0, 0, O, O, O, X),
	COLOR(160, "L32_FLOAT", 4, FLOAT, 32, 0, 0, 0, X, X, X, I),
	COLOR(161, "L32A32_FLOAT", 8, FLOAT, 32, 32, 0, 0, X, X, X, Y),
	COLOR(162, "I32_FLOAT", 4, FLOAT, 32, 0, 0, 0, X, X, X, X),
	COLOR(172, "R10G10B10A2_SSCALED", 4, SSCALED, 10, 10, 10, 2, X, Y, Z, W),
	COLOR(173, "R10G10B10A2_SNORM", 4, SNORM, 10, 10, 10, 2, X, Y, Z, W),
	COLOR(174, "B10G10R10A2_USCALED", 4, USCALED, 10, 10, 10, 2, Z, Y, X, W),
	COLOR(175, "B10G10R10A2_SSCALED", 4, SSCALED, 10, 10, 10, 2, Z, Y, X, W),
	COLOR(176, "B10G10R10A2_SNORM", 4, SNORM, 10, 10, 10, 2, Z, Y, X, W),
	VECTORS(177, "R8_UINT", 1, UINT),
	VECTORS(181, "R8_SINT", 1, SINT),
	VECTORS(185, "R16_UINT", 2, UINT),
	VECTORS(189, "R16_SINT", 2, SINT),
	VECTORS(193, "R32_UINT", 4, UINT),
	VECTORS(197, "R32_SINT", 4, SINT),
	OLD_INTEGERS(201, "8_UINT", 1, UINT),
	OLD_INTEGERS(205, "8_SINT", 1, SINT),
	OLD_INTEGERS(209, "16_UINT", 2, UINT),
	OLD_INTEGERS(213, "16_SINT", 2, SINT),
	OLD_INTEGERS(217, "32_UINT", 4, UINT),
	OLD_INTEGERS(221, "32_SINT", 4, SINT),
	COLOR(225, "B10G10R10A2_UINT", 4, UINT, 10, 10, 10, 2, Z, Y, X, W),
	SRGB(230, "R8G8B8X8_SRGB", 4, 8, 8, 8, 8, X, Y, Z, I),
	COLOR(253, "R10G10B10A2_UINT", 4, UINT, 10, 10, 10, 2, X, Y, Z, W),
};

#define FORMAT_COUNT (sizeof(formats) / sizeof(formats[0]))

const struct bh_format *bh_format_at(size_t index)
{
	return index < FORMAT_COUNT ? &formats[index] : NULL;
}

const struct bh_format *bh_format_get(uint32_t number)
{
	size_t low = 0, high = FORMAT_COUNT;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (formats[middle].number == number)
			return &formats[middle];
		if (formats[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

bool bh_format_is_depth(const struct bh_format *format)
{
	return format->type == BH_CHANNEL_DEPTH;
}

bool bh_format_is_integer(const struct bh_format *format)
{
	return format->type == BH_CHANNEL_UINT || format->type == BH_CHANNEL_SINT;
}

/* Three channels of their own bytes: nobody draws to these. */
static bool has_odd_size(const struct bh_format *format)
{
	return format->bytes == 3 || format->bytes == 6 || format->bytes == 12;
}

/* These are not offered for images, which drivers then make of others; texels of a buffer may be.
 */
static bool is_for_buffers(const struct bh_format *format)
{
	if (bh_format_is_integer(format))
		return format->swizzle[0] == format->swizzle[1] ||
		       format->swizzle[0] == BH_SWIZZLE_0;
	return format->type != BH_CHANNEL_UNORM && !bh_format_is_depth(format) &&
	       format->swizzle[1] == BH_SWIZZLE_X && format->swizzle[3] == BH_SWIZZLE_X;
}

bool bh_format_is_sampled(const struct bh_format *format, enum bh_gpu_level level)
{
	/* Texture buffers of GL 3.3 have three channels of 32 bits, too. */
	bool b = level >= BH_GPU_LEVEL_B &&
		 (!has_odd_size(format) || (level >= BH_GPU_LEVEL_C && format->bytes == 12));

	if (is_for_buffers(format))
		return false;
	switch (format->type) {
	case BH_CHANNEL_UNORM:
		/* 32-bit normalised channels are for vertices only. */
		return format->bits[0] <= 16 && !has_odd_size(format);
	case BH_CHANNEL_SNORM:
		return b && (format->bits[0] == 8 || format->bits[0] == 16);
	case BH_CHANNEL_FLOAT:
		return b && format->bits[0] <= 32;
	case BH_CHANNEL_UINT:
	case BH_CHANNEL_SINT:
		return b;
	case BH_CHANNEL_DEPTH:
		/* 32-bit integers do not fit the float arithmetic of depth. */
		return format->depth_bits > 0 && (format->depth_bits < 32 || format->depth_float);
	default:
		return false;
	}
}

bool bh_format_is_rendered(const struct bh_format *format, enum bh_gpu_level level)
{
	/* Luminance and intensity, too: they are what is red. */
	if (format->type == BH_CHANNEL_DEPTH || format->shared_exponent || has_odd_size(format) ||
	    !bh_format_is_sampled(format, level))
		return false;
	return level >= BH_GPU_LEVEL_B || (!format->srgb && format->bytes <= 4);
}

bool bh_format_is_vertex(const struct bh_format *format)
{
	/* Luminance, alpha and intensity have swizzles no vertex has. */
	return format->type != BH_CHANNEL_DEPTH && !format->srgb &&
	       !(format->swizzle[0] == format->swizzle[1]) && format->swizzle[0] != BH_SWIZZLE_0;
}

uint32_t bh_format_load(const struct bh_format *format, const uint8_t *texel)
{
	uint32_t bits = 0;

	memcpy(&bits, texel, format->bytes < 4 ? format->bytes : 4);
	return bits;
}

void bh_format_store(const struct bh_format *format, uint32_t bits, uint8_t *texel)
{
	memcpy(texel, &bits, format->bytes < 4 ? format->bytes : 4);
}

float bh_half_to_float(uint16_t half)
{
	uint32_t sign = (uint32_t)(half & 0x8000) << 16;
	uint32_t exponent = (half >> 10) & 31, mantissa = half & 1023, bits;
	float value;

	if (exponent == 0) {
		value = (float)mantissa * (1.0f / 16777216.0f);
		return sign ? -value : value;
	}
	bits = exponent == 31 ? 0x7f800000 | mantissa << 13
			      : (exponent + 112) << 23 | mantissa << 13;
	bits |= sign;
	memcpy(&value, &bits, 4);
	return value;
}

uint16_t bh_float_to_half(float value)
{
	uint32_t bits, sign, magnitude;

	memcpy(&bits, &value, 4);
	sign = (bits >> 16) & 0x8000;
	magnitude = bits & 0x7fffffff;
	if (magnitude > 0x7f800000)
		return 0x7e00;       /* one pattern for all: machines differ in them */
	if (magnitude >= 0x477ff000) /* rounds past 65504 */
		return (uint16_t)(sign | 0x7c00);
	if (magnitude < 0x38800000) { /* subnormal: let the float unit round */
		float scaled;

		memcpy(&scaled, &magnitude, 4);
		return (uint16_t)(sign | (uint32_t)lrintf(scaled * 16777216.0f));
	}
	magnitude += 0xfff + ((magnitude >> 13) & 1);
	return (uint16_t)(sign | (magnitude - 0x38000000) >> 13);
}

/* Floats without a sign, 5 bits of exponent and `mantissa` bits: half floats that are cut off. */
static float small_to_float(uint32_t raw, unsigned mantissa)
{
	return bh_half_to_float((uint16_t)(raw << (10 - mantissa)));
}

static uint32_t float_to_small(float value, unsigned mantissa)
{
	uint32_t bits, infinite = 31u << mantissa, shift = 23 - mantissa;

	memcpy(&bits, &value, 4);
	if (value != value)
		return infinite | 1;
	if (!(value > 0))
		return 0;
	if (bits == 0x7f800000)
		return infinite;
	if (bits < 0x38800000) /* subnormal: let the float unit round */
		return (uint32_t)lrintf(value * (float)(1u << (14 + mantissa)));
	bits += (1u << (shift - 1)) - 1 + (bits >> shift & 1);
	bits = (bits - 0x38000000) >> shift;
	return bits < infinite ? bits : infinite - 1;
}

static uint32_t channel_bits(const struct bh_format *format, const uint8_t *texel, unsigned i)
{
	unsigned bits = format->bits[i], first = format->shift[i] / 8;
	uint64_t word = 0;

	memcpy(&word, texel + first,
	       format->bytes - first < 8u ? (size_t)(format->bytes - first) : 8u);
	word >>= format->shift[i] % 8;
	return (uint32_t)(word & (bits == 32 ? 0xffffffffu : (1u << bits) - 1));
}

static int32_t sign_extend(uint32_t value, unsigned bits)
{
	return (int32_t)(value << (32 - bits)) >> (32 - bits);
}

static float channel_value(const struct bh_format *format, uint32_t raw, unsigned bits)
{
	float value;

	switch (format->type) {
	case BH_CHANNEL_UNORM:
		return bits == 32 ? (float)(raw * (1.0 / 4294967295.0))
				  : (float)raw / (float)((1u << bits) - 1);
	case BH_CHANNEL_SNORM:
		if (bits == 32)
			value = (float)((int32_t)raw * (1.0 / 2147483647.0));
		else
			value = (float)sign_extend(raw, bits) / (float)((1u << (bits - 1)) - 1);
		return value < -1.0f ? -1.0f : value;
	case BH_CHANNEL_USCALED:
		return (float)raw;
	case BH_CHANNEL_SSCALED:
		return (float)sign_extend(raw, bits);
	case BH_CHANNEL_FIXED:
		return (float)((int32_t)raw * (1.0 / 65536.0));
	case BH_CHANNEL_FLOAT:
		if (bits == 16)
			return bh_half_to_float((uint16_t)raw);
		if (bits < 16)
			return small_to_float(raw, bits - 5);
		memcpy(&value, &raw, 4);
		return value;
	case BH_CHANNEL_SINT:
		raw = (uint32_t)sign_extend(raw, bits);
		memcpy(&value, &raw, 4);
		return value;
	default:
		memcpy(&value, &raw, 4);
		return value;
	}
}

static void fetch_shared(const uint8_t *texel, float rgba[4])
{
	uint32_t bits, scale_bits;
	float scale;

	memcpy(&bits, texel, 4);
	scale_bits = ((bits >> 27) + 127 - 15 - 9) << 23;
	memcpy(&scale, &scale_bits, 4);
	for (unsigned i = 0; i < 3; i++)
		rgba[i] = (float)(bits >> (9 * i) & 511) * scale;
	rgba[3] = 1;
}

static void fetch(const struct bh_format *format, const uint8_t *texel, float rgba[4], bool decode)
{
	float channels[6] = {0, 0, 0, 0, 0, 1};

	if (format->shared_exponent) {
		fetch_shared(texel, rgba);
		return;
	}
	if (bh_format_is_integer(format)) {
		uint32_t one = 1;

		memcpy(&channels[5], &one, 4);
	}

	if (format->type == BH_CHANNEL_DEPTH) {
		rgba[0] = rgba[1] = rgba[2] = bh_format_fetch_depth(format, texel);
		rgba[3] = 1;
		return;
	}
	for (unsigned i = 0; i < 4 && format->bits[i]; i++) {
		uint32_t raw;

		if (format->bits[i] == 64) {
			double wide;

			memcpy(&wide, texel + format->shift[i] / 8, sizeof(wide));
			channels[i] = (float)wide;
			continue;
		}
		raw = channel_bits(format, texel, i);

		/* Alpha, channel W or the last of L8A8, is linear also in sRGB formats. */
		if (decode && format->srgb && format->swizzle[3] != i)
			channels[i] = bh_srgb_to_linear((uint8_t)raw);
		else
			channels[i] = channel_value(format, raw, format->bits[i]);
	}
	for (unsigned i = 0; i < 4; i++)
		rgba[i] = channels[format->swizzle[i]];
}

void bh_format_fetch(const struct bh_format *format, const uint8_t *texel, float rgba[4])
{
	fetch(format, texel, rgba, true);
}

void bh_format_fetch_linear(const struct bh_format *format, const uint8_t *texel, float rgba[4])
{
	fetch(format, texel, rgba, false);
}

static uint32_t clamped(float value, float low, float high, float scale)
{
	if (!(value > low)) /* also NaN */
		value = low;
	if (value > high)
		value = high;
	return (uint32_t)(int32_t)rintf(value * scale);
}

static uint32_t channel_pack(const struct bh_format *format, float value, unsigned bits)
{
	uint32_t raw, mask = bits == 32 ? 0xffffffffu : (1u << bits) - 1;
	int32_t integer;

	switch (format->type) {
	case BH_CHANNEL_UNORM:
		if (bits > 16)
			return !(value > 0) ? 0
			       : value >= 1 ? mask
					    : (uint32_t)(value * 4294967295.0);
		return clamped(value, 0, 1, (float)mask);
	case BH_CHANNEL_SNORM:
		return clamped(value, -1, 1, (float)(mask >> 1)) & mask;
	case BH_CHANNEL_FLOAT:
		if (bits == 16)
			return bh_float_to_half(value);
		if (bits < 16)
			return float_to_small(value, bits - 5);
		memcpy(&raw, &value, 4);
		return value == value ? raw : 0x7fc00000;
	case BH_CHANNEL_UINT:
		memcpy(&raw, &value, 4);
		return raw < mask ? raw : mask;
	case BH_CHANNEL_SINT:
		memcpy(&integer, &value, 4);
		if (bits < 32 && integer > (int32_t)(mask >> 1))
			integer = (int32_t)(mask >> 1);
		if (bits < 32 && integer < -(int32_t)(mask >> 1) - 1)
			integer = -(int32_t)(mask >> 1) - 1;
		return (uint32_t)integer & mask;
	default:
		memcpy(&raw, &value, 4);
		return raw & mask;
	}
}

void bh_format_pack(const struct bh_format *format, const float rgba[4], unsigned mask,
		    uint8_t *texel)
{
	uint8_t place[4] = {4, 4, 4, 4};

	for (unsigned i = 4; i-- > 0;) { /* the first colour that reads a channel writes it */
		if (format->swizzle[i] <= BH_SWIZZLE_W)
			place[format->swizzle[i]] = (uint8_t)i;
	}
	for (unsigned i = 0; i < 4 && format->bits[i]; i++) {
		unsigned bits = format->bits[i], first = format->shift[i] / 8;
		unsigned size = format->bytes - first < 8u ? format->bytes - first : 8u;
		uint64_t word = 0, ones = bits == 32 ? 0xffffffffu : (1u << bits) - 1;

		if (place[i] == 4 || !(mask & 1u << place[i]))
			continue;
		memcpy(&word, texel + first, size);
		word &= ~(ones << format->shift[i] % 8);
		word |= (uint64_t)channel_pack(format, rgba[place[i]], bits)
			<< format->shift[i] % 8;
		memcpy(texel + first, &word, size);
	}
}

float bh_format_fetch_depth(const struct bh_format *format, const uint8_t *texel)
{
	uint32_t bits = bh_format_load(format, texel);
	float value;

	if (format->depth_float) {
		memcpy(&value, &bits, 4);
		return value;
	}
	if (!format->depth_bits)
		return 0;
	if (format->depth_bits == 32)
		return (float)(bits * (1.0 / 4294967295.0));
	bits = bits >> format->depth_shift & ((1u << format->depth_bits) - 1);
	return (float)bits / (float)((1u << format->depth_bits) - 1); /* both are exact */
}

uint8_t bh_format_fetch_stencil(const struct bh_format *format, const uint8_t *texel)
{
	if (!format->stencil_bits)
		return 0;
	return texel[format->stencil_shift / 8];
}

uint32_t bh_format_depth_bits(const struct bh_format *format, double depth)
{
	float value = (float)depth;
	uint32_t bits;

	if (format->depth_float) {
		memcpy(&bits, &value, 4);
		return bits;
	}
	if (!(depth > 0))
		depth = 0;
	if (depth > 1)
		depth = 1;
	return (uint32_t)llrint(depth * (double)((1ull << format->depth_bits) - 1));
}

void bh_format_pack_depth(const struct bh_format *format, float depth, uint8_t *texel)
{
	uint32_t mask, bits;

	if (!format->depth_bits)
		return;
	mask = format->depth_bits == 32 ? 0xffffffffu : (1u << format->depth_bits) - 1;
	bits = bh_format_load(format, texel) & ~(mask << format->depth_shift);
	bits |= bh_format_depth_bits(format, depth) << format->depth_shift;
	bh_format_store(format, bits, texel);
}

void bh_format_pack_stencil(const struct bh_format *format, uint8_t stencil, uint8_t *texel)
{
	if (format->stencil_bits)
		texel[format->stencil_shift / 8] = stencil;
}
