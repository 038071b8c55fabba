/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anisotropic filtering: where a pixel's footprint in the texture is longer than wide, several
 * samples along its length, each of a level that fits its width. Without any such pixel in a group
 * the result is that of the plain filter, bit by bit.
 */
#include "gpu/texture/sample.h"

#include <math.h>
#include <string.h>

/* One lane's samples: how many, and from the first to the next in s and t. */
struct footprint {
	unsigned count;
	float lod;
	float step[2];
};

static float squared_length(const struct bh_texture_level *base, const float d[2])
{
	float x = d[0] * (float)base->width, y = d[1] * (float)base->height;

	return x * x + y * y;
}

static struct footprint measure(const struct bh_texture_view *view, const float dx[2],
				const float dy[2])
{
	const struct bh_texture_level *base = &view->levels[0];
	float x = squared_length(base, dx), y = squared_length(base, dy);
	float major = x > y ? x : y, minor = x > y ? y : x, ratio;
	unsigned most = view->sampler.max_anisotropy;
	struct footprint out = {.count = 1, .lod = -50};

	if (!(major > 1e-30f))
		return out;
	if (major > 1e30f) {
		out.lod = 50;
		return out;
	}
	/* What is narrower than a texel needs no more samples than if it were as wide. */
	ratio = ceilf(sqrtf(major / (minor > 1 ? minor : 1)));
	most = most < BH_ANISOTROPY_MAX ? most : BH_ANISOTROPY_MAX;
	if (ratio > 1)
		out.count = ratio < (float)most ? (unsigned)ratio : most;
	out.lod = 0.5f * bh_log2_approx(major / (float)(out.count * out.count));
	for (unsigned i = 0; i < 2; i++)
		out.step[i] = (x > y ? dx[i] : dy[i]) / (float)out.count;
	return out;
}

static void find_footprints(const struct bh_texture_view *view, const struct bh_sample *sample,
			    struct footprint out[BH_LANES_MAX])
{
	for (unsigned lane = 0; lane < sample->lanes; lane++) {
		float dx[2], dy[2];

		if (sample->kind != BH_SAMPLE_GRAD && lane % 4) {
			out[lane] = out[lane - 1];
			continue;
		}
		for (unsigned i = 0; i < 2; i++) {
			const float *coord = sample->coord[i] + lane;

			if (sample->kind == BH_SAMPLE_GRAD) {
				dx[i] = sample->ddx[i][lane];
				dy[i] = sample->ddy[i][lane];
			} else {
				dx[i] = coord[1] - coord[0];
				dy[i] = coord[2] - coord[0];
			}
		}
		out[lane] = measure(view, dx, dy);
	}
}

void bh_texture_sample_anisotropic(const struct bh_texture_view *view,
				   const struct bh_sample *sample, float result[4][BH_LANES_MAX])
{
	struct footprint footprints[BH_LANES_MAX];
	struct bh_sample one = *sample;
	float texels[4][BH_LANES_MAX];
	unsigned most = 1;

	find_footprints(view, sample, footprints);
	one.kind = BH_SAMPLE_LOD;
	for (unsigned lane = 0; lane < sample->lanes; lane++) {
		float bias = sample->kind == BH_SAMPLE_BIAS ? sample->lod[lane] : 0;

		one.lod[lane] = footprints[lane].lod + bias;
		if (sample->mask >> lane & 1 && footprints[lane].count > most)
			most = footprints[lane].count;
	}
	for (unsigned i = 0; i < most; i++) {
		one.mask = 0;
		for (unsigned lane = 0; lane < sample->lanes; lane++) {
			const struct footprint *f = &footprints[lane];
			/* Around the pixel's own place. */
			float at = (float)i - 0.5f * (float)(f->count - 1);

			if (!(sample->mask >> lane & 1) || i >= f->count)
				continue;
			one.mask |= 1u << lane;
			for (unsigned c = 0; c < 2; c++)
				one.coord[c][lane] = sample->coord[c][lane] + f->step[c] * at;
		}
		bh_texture_sample_once(view, &one, texels);
		for (unsigned lane = 0; lane < sample->lanes; lane++) {
			if (!(one.mask >> lane & 1))
				continue;
			for (unsigned c = 0; c < 4; c++) {
				float part = texels[c][lane] / (float)footprints[lane].count;

				result[c][lane] = i == 0 ? part : result[c][lane] + part;
			}
		}
	}
}
