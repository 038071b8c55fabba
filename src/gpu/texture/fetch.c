/* SPDX-License-Identifier: Apache-2.0 */
/* Single texels by integer coordinates, and sizes: what TXF and TXQ ask for. */
#include "gpu/texture/sample.h"

#include "gpu/texture/format.h"

#include <string.h>

static int32_t integer_of(float bits)
{
	int32_t value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static float bits_of(uint32_t value)
{
	float bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

void bh_texture_swizzle(const struct bh_texture_view *view, const float in[4], float out[4])
{
	float one = bh_format_is_integer(view->format) ? bits_of(1) : 1.0f;
	float values[6] = {in[0], in[1], in[2], in[3], 0, one};

	for (unsigned i = 0; i < 4; i++)
		out[i] = values[view->swizzle[i]];
}

/* Where a lane's texel is; false outside. The layer follows the coordinates that are used up. */
static bool find_texel(const struct bh_texture_view *view, const struct bh_sample *sample,
		       unsigned lane, const struct bh_texture_level *level, int64_t at[3])
{
	unsigned layer_at = view->target == BH_TEX_1D_ARRAY ? 1 : 2;

	for (unsigned i = 0; i < 3; i++)
		at[i] = (int64_t)integer_of(sample->coord[i][lane]);
	switch (view->target) {
	case BH_TEX_1D_ARRAY:
	case BH_TEX_1D:
	case BH_TEX_BUFFER:
		at[2] = view->target == BH_TEX_1D_ARRAY ? at[layer_at] : 0;
		at[0] += sample->offset[0];
		at[1] = 0;
		break;
	case BH_TEX_2D:
	case BH_TEX_RECT:
		at[2] = 0;
		__attribute__((fallthrough));
	default:
		at[0] += sample->offset[0];
		at[1] += sample->offset[1];
		if (view->target == BH_TEX_3D)
			at[2] += sample->offset[2];
		break;
	}
	return at[0] >= 0 && at[1] >= 0 && at[2] >= 0 && at[0] < (int64_t)level->width &&
	       at[1] < (int64_t)level->height && at[2] < (int64_t)level->depth;
}

void bh_texture_fetch(const struct bh_texture_view *view, const struct bh_sample *sample,
		      float result[4][BH_LANES_MAX])
{
	for (unsigned lane = 0; lane < sample->lanes; lane++) {
		const struct bh_texture_level *level;
		float rgba[4] = {0}, out[4] = {0};
		int32_t lod = integer_of(sample->lod[lane]);
		uint64_t skip = 0;
		int64_t at[3];

		if (!(sample->mask & 1u << lane))
			continue;
		/* The number is the level's, or where there are samples, the sample's. */
		if (view->samples > 1 && lod > 0 && lod < (int32_t)view->samples) {
			skip = (uint64_t)lod * view->sample_stride;
			lod = 0;
		}
		/* Outside of the texture everything is 0. */
		if (lod >= 0 && lod < (int32_t)view->level_count) {
			level = &view->levels[lod];
			if (find_texel(view, sample, lane, level, at)) {
				bh_format_fetch(view->format,
						level->data + skip +
							(uint64_t)at[2] * level->layer_stride +
							(uint64_t)at[1] * level->row_stride +
							(uint64_t)at[0] * view->format->bytes,
						rgba);
				bh_texture_swizzle(view, rgba, out);
			}
		}
		for (unsigned i = 0; i < 4; i++)
			result[i][lane] = out[i];
	}
}

void bh_texture_size(const struct bh_texture_view *view, const struct bh_sample *sample,
		     float result[4][BH_LANES_MAX])
{
	for (unsigned lane = 0; lane < sample->lanes; lane++) {
		int32_t lod = integer_of(sample->lod[lane]);
		uint32_t sizes[4] = {0, 0, 0, view->level_count};

		if (view->target == BH_TEX_BUFFER || view->target == BH_TEX_RECT ||
		    view->samples > 1)
			lod = 0;
		if (lod >= 0 && lod < (int32_t)view->level_count) {
			const struct bh_texture_level *level = &view->levels[lod];

			sizes[0] = level->width;
			sizes[1] = view->target == BH_TEX_1D_ARRAY ? level->depth : level->height;
			if (view->target == BH_TEX_3D || view->target == BH_TEX_2D_ARRAY)
				sizes[2] = level->depth;
		}
		for (unsigned i = 0; i < 4; i++)
			result[i][lane] = bits_of(sizes[i]);
	}
}
