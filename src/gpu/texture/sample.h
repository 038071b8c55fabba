/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pieces of sampling that the generic path and the vector paths share. All arithmetic is
 * defined in texture.h; both follow it step by step.
 */
#ifndef BH_GPU_TEXTURE_SAMPLE_H
#define BH_GPU_TEXTURE_SAMPLE_H

#include "gpu/texture/texture.h"

/* 1 / (255 * 65536) and 1 / 255: 255 comes out as exactly 1.0. */
#define BH_FILTERED_SCALE (1.0f / 16711680.0f)
#define BH_BYTE_SCALE     (1.0f / 255.0f)

/* Which levels a lane reads and how. */
struct bh_mip {
	unsigned level[2]; /* equal when only one is read */
	float weight;      /* of the second */
	bool linear;       /* the filter inside a level */
};

struct bh_mip bh_texture_mip(const struct bh_texture_view *view, float lod);

/* log2 from +, - and * alone: the same everywhere, exact for powers of two. */
float bh_log2_approx(float value);

/* LOD of each lane after bias and clamping. */
void bh_texture_final_lod(const struct bh_texture_view *view, const struct bh_sample *sample,
			  float lod[BH_LANES_MAX]);

/* The path that samples everything. */
void bh_texture_sample_generic(const struct bh_texture_view *view, const struct bh_sample *sample,
			       float result[4][BH_LANES_MAX]);

/* What of a sample's kinds is left when it is known which levels are read, and where. */
void bh_texture_sample_once(const struct bh_texture_view *view, const struct bh_sample *sample,
			    float result[4][BH_LANES_MAX]);

/* The mean of samples along the longer side of each pixel's footprint (anisotropy.c). */
void bh_texture_sample_anisotropic(const struct bh_texture_view *view,
				   const struct bh_sample *sample, float result[4][BH_LANES_MAX]);

/* TXF and TXQ (fetch.c). */
void bh_texture_fetch(const struct bh_texture_view *view, const struct bh_sample *sample,
		      float result[4][BH_LANES_MAX]);
void bh_texture_size(const struct bh_texture_view *view, const struct bh_sample *sample,
		     float result[4][BH_LANES_MAX]);

/* A texel's r, g, b, a as the view shows them. */
void bh_texture_swizzle(const struct bh_texture_view *view, const float in[4], float out[4]);

/* One kernel for each width, built for the instruction set that has it (fast.inc). */
void bh_texture_fast4(const struct bh_texture_view *view, const struct bh_sample *sample,
		      float result[4][BH_LANES_MAX]);
void bh_texture_fast8(const struct bh_texture_view *view, const struct bh_sample *sample,
		      float result[4][BH_LANES_MAX]);
void bh_texture_fast16(const struct bh_texture_view *view, const struct bh_sample *sample,
		       float result[4][BH_LANES_MAX]);

#endif
