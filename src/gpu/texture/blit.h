/* SPDX-License-Identifier: Apache-2.0 */
/* Copies between resources, on the device thread. The caller has waited for both. */
#ifndef BH_GPU_TEXTURE_BLIT_H
#define BH_GPU_TEXTURE_BLIT_H

#include "gpu/texture/resource.h"

/*
 * Bytes from box to box of the same size; texels of both have the same size. -EINVAL when a box is
 * not inside its level or the formats differ in size.
 */
int bh_copy_region(struct bh_resource *dst, uint32_t dst_level, uint32_t x, uint32_t y, uint32_t z,
		   const struct bh_resource *src, uint32_t src_level, const struct bh_gpu_box *box);

/* Sizes may be negative: the image is mirrored then, and the corner is the other one. */
struct bh_blit_box {
	int32_t x, y, z, w, h, d;
};

struct bh_blit {
	struct bh_resource *dst, *src;
	uint32_t dst_level, src_level;
	const struct bh_format *dst_format, *src_format;
	struct bh_blit_box dst_box, src_box;
	bool linear, color, depth, stencil;
	bool scissored;
	int32_t scissor[4]; /* x0, y0, x1, y1 */
};

/* -EINVAL for levels and formats that do not exist; what is outside either image is left out. */
int bh_blit(const struct bh_blit *blit);

/* One axis of a blit: from a pixel of the destination to the source. */
struct bh_blit_axis {
	int32_t begin, end; /* of the destination, clipped */
	float scale, origin;
	int32_t size; /* of the source's level */
};

float bh_blit_source(const struct bh_blit_axis *axis, int32_t at);

/* One slice, when both are bytes in the same order; false, with nothing done, when not. */
bool bh_blit_bytes(const struct bh_blit *blit, const struct bh_blit_axis *ax,
		   const struct bh_blit_axis *ay, uint32_t dz, uint32_t sz);

#endif
