/* SPDX-License-Identifier: Apache-2.0 */
/* The picture that the guest draws and the host compares. */
#ifndef BH_TESTS_LAB_PICTURE_H
#define BH_TESTS_LAB_PICTURE_H

#include <stdint.h>

/* 0xRRGGBB: two ramps, and a chessboard of 32 pixels in blue. */
static inline uint32_t picture(uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
	uint32_t red = x * 255 / (width - 1), green = y * 255 / (height - 1);

	return red << 16 | green << 8 | ((x / 32 + y / 32) % 2 ? 255 : 0);
}

#endif
