/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texel formats: one table for colour, depth, stencil and vertex data, by the protocol's numbers.
 *
 * A colour or vertex format is up to four channels packed from the lowest bit upwards, all of one
 * type, and a swizzle that says which channel r, g, b and a come from.
 */
#ifndef BH_GPU_TEXTURE_FORMAT_H
#define BH_GPU_TEXTURE_FORMAT_H

#include "gpu/texture/texture.h"

#include <stdbool.h>
#include <stdint.h>

enum bh_channel {
	BH_CHANNEL_UNORM,
	BH_CHANNEL_SNORM,
	BH_CHANNEL_USCALED,
	BH_CHANNEL_SSCALED,
	BH_CHANNEL_UINT,
	BH_CHANNEL_SINT,
	BH_CHANNEL_FLOAT,
	BH_CHANNEL_FIXED,
	BH_CHANNEL_DEPTH, /* depth, stencil or both: see depth_bits and stencil_bits */
};

struct bh_format {
	uint16_t number; /* the protocol's */
	uint8_t bytes;   /* of a texel */
	uint8_t type;    /* enum bh_channel */
	uint8_t bits[4], shift[4];
	uint8_t swizzle[4]; /* enum bh_swizzle: where r, g, b, a come from */
	bool srgb;
	bool shared_exponent; /* r, g, b of 9 bits and 5 bits for all */
	uint8_t depth_bits, depth_shift, stencil_bits, stencil_shift;
	bool depth_float;
	const char *name;
};

/* NULL for a number that is not in the table. */
const struct bh_format *bh_format_get(uint32_t number);
/* To list them: NULL past the end. */
const struct bh_format *bh_format_at(size_t index);

/* What a format can be used for, and from which level on. */
bool bh_format_is_sampled(const struct bh_format *format, enum bh_gpu_level level);
bool bh_format_is_rendered(const struct bh_format *format, enum bh_gpu_level level);
bool bh_format_is_depth(const struct bh_format *format);
/* Pure integers: their texels and vertices are bits of 32-bit integers, not numbers. */
bool bh_format_is_integer(const struct bh_format *format);
bool bh_format_is_vertex(const struct bh_format *format);

/* One texel as r, g, b, a. sRGB is decoded; depth gives (z, z, z, 1). */
void bh_format_fetch(const struct bh_format *format, const uint8_t *texel, float rgba[4]);
/* Without the sRGB step. Integers are their bits. */
void bh_format_fetch_linear(const struct bh_format *format, const uint8_t *texel, float rgba[4]);

/*
 * r, g, b, a to one texel; only channels whose colour's bit is in `mask` change. Colours are
 * already in the format's own space: see bh_format_encode().
 */
void bh_format_pack(const struct bh_format *format, const float rgba[4], unsigned mask,
		    uint8_t *texel);

/* The bits of a texel, at most 4 bytes, as a number. */
uint32_t bh_format_load(const struct bh_format *format, const uint8_t *texel);
void bh_format_store(const struct bh_format *format, uint32_t bits, uint8_t *texel);

/* Depth in [0, 1] and stencil of one texel. */
float bh_format_fetch_depth(const struct bh_format *format, const uint8_t *texel);
uint8_t bh_format_fetch_stencil(const struct bh_format *format, const uint8_t *texel);
void bh_format_pack_depth(const struct bh_format *format, float depth, uint8_t *texel);
void bh_format_pack_stencil(const struct bh_format *format, uint8_t stencil, uint8_t *texel);
/* A depth value in the format's own integers (bits of the float for float formats). */
uint32_t bh_format_depth_bits(const struct bh_format *format, double depth);

float bh_half_to_float(uint16_t half);
uint16_t bh_float_to_half(float value);
float bh_srgb_to_linear(uint8_t value);
float bh_linear_to_srgb(float value); /* one of the 256 values n / 255 */

/*
 * The same by tables, of any number. A linear one in [0, 1] has the code codes[its upper 16 bits -
 * FIRST] & 255, or one more where its lower 16 bits are at least what is above that; in front of
 * the first it has 0.
 */
#define BH_SRGB_FIRST  0x3900u /* 2^-13 */
#define BH_SRGB_PLACES (0x3f80 - BH_SRGB_FIRST + 1)
extern const float bh_srgb_linear[256];
extern const uint32_t bh_srgb_codes[BH_SRGB_PLACES];

/* For sRGB formats: linear r, g, b, a as the numbers that the format holds. */
void bh_format_encode(const struct bh_format *format, float rgba[4]);

#endif
