/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures as PNG files: 8 bits a channel, compressed by a small deflate of our own. */
#ifndef BH_GPU_SERVER_PNG_H
#define BH_GPU_SERVER_PNG_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

enum bh_png_alpha { BH_PNG_OPAQUE, BH_PNG_ALPHA };

/*
 * `pixels` are rows of B8G8R8A8 without gaps, fewer than 2^30 of them; without alpha the fourth
 * byte does not matter. The last row is written first when `flip`.
 */
void bh_png_write(struct bh_buf *out, const uint8_t *pixels, uint32_t width, uint32_t height,
		  enum bh_png_alpha alpha, bool flip);

#endif
