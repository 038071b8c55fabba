/* SPDX-License-Identifier: Apache-2.0 */
/* Wrap modes: from one coordinate to the texels it falls on. */
#ifndef BH_GPU_TEXTURE_WRAP_H
#define BH_GPU_TEXTURE_WRAP_H

#include "gpu/texture/texture.h"

/* Two neighbouring texels; an index outside [0, size) is the border. */
struct bh_taps {
	int index[2];
	float weight; /* of the second */
};

/* `scale` is the size for normalised coordinates and 1 for rectangles'. */
struct bh_taps bh_wrap_linear(enum bh_wrap wrap, float s, int size, float scale, int offset);
int bh_wrap_nearest(enum bh_wrap wrap, float s, int size, float scale, int offset);

#endif
