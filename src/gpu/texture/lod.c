/* SPDX-License-Identifier: Apache-2.0 */
/* Level of detail: from coordinates to the levels that are read. */
#include "gpu/texture/sample.h"

#include <math.h>
#include <string.h>

float bh_log2_approx(float value)
{
	uint32_t bits;
	float m, q;
	int exponent;

	memcpy(&bits, &value, 4);
	exponent = (int)(bits >> 23 & 255) - 127;
	bits = (bits & 0x7fffff) | 0x3f800000;
	memcpy(&m, &bits, 4);
	/* A minimax polynomial times (m - 1), so that log2(1) is exactly 0. */
	q = -0.03459504f;
	q = q * m + 0.31940838f;
	q = q * m - 1.23507241f;
	q = q * m + 2.60401890f;
	q = q * m - 3.32792124f;
	q = q * m + 3.11684466f;
	return (float)exponent + q * (m - 1.0f);
}

static float square(float x)
{
	return x * x;
}

/* The axis of the largest magnitude: 0, 1 or 2. */
static unsigned major_axis(float x, float y, float z)
{
	x = fabsf(x);
	y = fabsf(y);
	z = fabsf(z);
	if (x >= y && x >= z)
		return 0;
	return y >= z ? 1 : 2;
}

/* The larger of the squared lengths of a texel's steps along x and y of the screen. */
static float squared_rho(const struct bh_texture_view *view, const float dx[3], const float dy[3])
{
	const struct bh_texture_level *base = &view->levels[0];
	float w = (float)base->width, h = (float)base->height, d = (float)base->depth;
	float x, y;

	switch (view->target) {
	case BH_TEX_1D:
	case BH_TEX_1D_ARRAY:
		x = square(dx[0] * w);
		y = square(dy[0] * w);
		break;
	case BH_TEX_3D:
		x = square(dx[0] * w) + square(dx[1] * h) + square(dx[2] * d);
		y = square(dy[0] * w) + square(dy[1] * h) + square(dy[2] * d);
		break;
	case BH_TEX_RECT:
		x = square(dx[0]) + square(dx[1]);
		y = square(dy[0]) + square(dy[1]);
		break;
	default:
		x = square(dx[0] * w) + square(dx[1] * h);
		y = square(dy[0] * w) + square(dy[1] * h);
		break;
	}
	return x > y ? x : y;
}

/* Steps on a cube's face: of the other two axes divided by the major one, halved. */
static void project(const float coord[3], unsigned axis, float out[3])
{
	float scale = 0.5f / fabsf(coord[axis]);

	out[0] = coord[axis == 0 ? 1 : 0] * scale;
	out[1] = coord[axis == 2 ? 1 : 2] * scale;
	out[2] = 0;
}

static float lane_lod(const struct bh_texture_view *view, const float at[3], const float dx[3],
		      const float dy[3])
{
	float steps[2][3], squared;

	if (view->target == BH_TEX_CUBE) {
		unsigned axis = major_axis(at[0], at[1], at[2]);
		float origin[3], moved[3], x[3], y[3];

		project(at, axis, origin);
		for (unsigned i = 0; i < 3; i++) {
			x[i] = at[i] + dx[i];
			y[i] = at[i] + dy[i];
		}
		project(x, axis, moved);
		for (unsigned i = 0; i < 3; i++)
			steps[0][i] = moved[i] - origin[i];
		project(y, axis, moved);
		for (unsigned i = 0; i < 3; i++)
			steps[1][i] = moved[i] - origin[i];
		squared = squared_rho(view, steps[0], steps[1]);
	} else {
		squared = squared_rho(view, dx, dy);
	}
	if (!(squared > 1e-30f))
		return -50.0f;
	if (squared > 1e30f)
		return 50.0f;
	return 0.5f * bh_log2_approx(squared);
}

void bh_texture_lod(const struct bh_texture_view *view, const struct bh_sample *sample,
		    float lod[BH_LANES_MAX])
{
	for (unsigned lane = 0; lane < sample->lanes; lane++) {
		unsigned quad = lane & ~3u;
		float at[3], dx[3], dy[3];

		/* Steps are the quad's; on a cube, how far they go depends on where a lane is. */
		if (sample->kind != BH_SAMPLE_GRAD && lane != quad && view->target != BH_TEX_CUBE) {
			lod[lane] = lod[quad];
			continue;
		}
		for (unsigned i = 0; i < 3; i++) {
			const float *coord = sample->coord[i];

			at[i] = coord[lane];
			if (sample->kind == BH_SAMPLE_GRAD) {
				dx[i] = sample->ddx[i][lane];
				dy[i] = sample->ddy[i][lane];
			} else {
				dx[i] = coord[quad + 1] - coord[quad];
				dy[i] = coord[quad + 2] - coord[quad];
			}
		}
		lod[lane] = lane_lod(view, at, dx, dy);
	}
}

void bh_texture_final_lod(const struct bh_texture_view *view, const struct bh_sample *sample,
			  float lod[BH_LANES_MAX])
{
	const struct bh_sampler *sampler = &view->sampler;

	if (sample->kind == BH_SAMPLE_LOD)
		memcpy(lod, sample->lod, sizeof(float) * BH_LANES_MAX);
	else
		bh_texture_lod(view, sample, lod);
	for (unsigned lane = 0; lane < sample->lanes; lane++) {
		float value = lod[lane];

		if (sample->kind == BH_SAMPLE_BIAS)
			value += sample->lod[lane];
		value += sampler->lod_bias;
		if (!(value > sampler->min_lod))
			value = sampler->min_lod;
		if (value > sampler->max_lod)
			value = sampler->max_lod;
		lod[lane] = value;
	}
}

struct bh_mip bh_texture_mip(const struct bh_texture_view *view, float lod)
{
	const struct bh_sampler *sampler = &view->sampler;
	float last = (float)(view->level_count - 1);
	struct bh_mip mip = {.linear = sampler->mag == BH_FILTER_LINEAR};

	if (!(lod > 0))
		return mip;
	mip.linear = sampler->min == BH_FILTER_LINEAR;
	if (sampler->mip == BH_MIP_NONE)
		return mip;
	if (lod > last)
		lod = last;
	if (sampler->mip == BH_MIP_NEAREST) {
		mip.level[0] = mip.level[1] = (unsigned)(lod + 0.4999999f);
		return mip;
	}
	mip.level[0] = (unsigned)lod;
	mip.weight = lod - (float)mip.level[0];
	mip.level[1] = mip.weight > 0 ? mip.level[0] + 1 : mip.level[0];
	return mip;
}
