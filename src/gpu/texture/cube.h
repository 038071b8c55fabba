/* SPDX-License-Identifier: Apache-2.0 */
/* Faces of a cube, in the order +X -X +Y -Y +Z -Z. */
#ifndef BH_GPU_TEXTURE_CUBE_H
#define BH_GPU_TEXTURE_CUBE_H

#include "gpu/texture/wrap.h"

/* Two texels along an axis of a face, from -1 to size: those outside belong to other faces. */
struct bh_taps bh_wrap_seamless(float s, int size);

/* The face and place of a texel that is at most one outside of its face, along one axis. */
void bh_cube_neighbour(int *face, int *x, int *y, int size);

#endif
