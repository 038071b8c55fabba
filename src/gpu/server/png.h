/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures as PNG files: 8-bit RGB, compressed by runs only. */
#ifndef BH_GPU_SERVER_PNG_H
#define BH_GPU_SERVER_PNG_H

#include "base/buf.h"

#include <stdint.h>

/* `pixels` are rows of B8G8R8X8 without gaps; the last is written first when `flip`. */
void bh_png_write(struct bh_buf *out, const uint8_t *pixels, uint32_t width, uint32_t height,
		  int flip);

#endif
