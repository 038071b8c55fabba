/* SPDX-License-Identifier: Apache-2.0 */
#define LANES 8
#include "gpu/texture/fast.inc"

void bh_texture_fast8(const struct bh_texture_view *view, const struct bh_sample *sample,
		      float result[4][BH_LANES_MAX])
{
	sample_fast(view, sample, result);
}
