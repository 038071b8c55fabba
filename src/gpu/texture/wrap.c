/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/texture/wrap.h"

#include <math.h>

static float clampf(float value, float low, float high)
{
	if (!(value > low)) /* also NaN */
		return low;
	return value < high ? value : high;
}

static float fraction(float s)
{
	float f = s - floorf(s);

	return f >= 0 && f <= 1 ? f : 0;
}

/* To [0, 1] and back: what GL_MIRRORED_REPEAT does. */
static float mirrored(float s)
{
	float f = fraction(s * 0.5f) * 2.0f;

	return f > 1.0f ? 2.0f - f : f;
}

/* The coordinate in texels, wrapped and clamped so that it converts to an int. */
static float place(enum bh_wrap wrap, float s, int size, float scale, float margin)
{
	float n = (float)size;

	switch (wrap) {
	case BH_WRAP_REPEAT:
		return fraction(scale == 1.0f && size != 1 ? s / n : s) * n;
	case BH_WRAP_MIRROR_REPEAT:
		return clampf(mirrored(s) * n, margin, n - margin);
	case BH_WRAP_CLAMP:
		return clampf(s * scale, 0, n);
	case BH_WRAP_CLAMP_TO_EDGE:
		return clampf(s * scale, margin, n - margin);
	case BH_WRAP_CLAMP_TO_BORDER:
		return clampf(s * scale, -0.5f, n + 0.5f);
	case BH_WRAP_MIRROR_CLAMP:
		return clampf(fabsf(s) * scale, 0, n);
	case BH_WRAP_MIRROR_CLAMP_TO_EDGE:
		return clampf(fabsf(s) * scale, margin, n - margin);
	case BH_WRAP_MIRROR_CLAMP_TO_BORDER:
		return clampf(fabsf(s) * scale, -0.5f, n + 0.5f);
	}
	return 0;
}

static bool has_border(enum bh_wrap wrap)
{
	return wrap == BH_WRAP_CLAMP || wrap == BH_WRAP_MIRROR_CLAMP ||
	       wrap == BH_WRAP_CLAMP_TO_BORDER || wrap == BH_WRAP_MIRROR_CLAMP_TO_BORDER;
}

static int fold(enum bh_wrap wrap, int index, int size)
{
	if (wrap == BH_WRAP_REPEAT) {
		if (index < 0)
			return index + size >= 0 ? index + size : size - 1;
		return index >= size ? index - size < size ? index - size : 0 : index;
	}
	if (has_border(wrap))
		return index;
	return index < 0 ? 0 : index >= size ? size - 1 : index;
}

struct bh_taps bh_wrap_linear(enum bh_wrap wrap, float s, int size, float scale, int offset)
{
	float u = place(wrap, s + (float)offset / scale, size, scale, 0.5f) - 0.5f;
	float base = floorf(u);
	struct bh_taps taps = {.weight = u - base};

	taps.index[0] = fold(wrap, (int)base, size);
	taps.index[1] = fold(wrap, (int)base + 1, size);
	return taps;
}

int bh_wrap_nearest(enum bh_wrap wrap, float s, int size, float scale, int offset)
{
	int index = (int)floorf(place(wrap, s + (float)offset / scale, size, scale, 0));

	if (wrap == BH_WRAP_CLAMP_TO_BORDER || wrap == BH_WRAP_MIRROR_CLAMP_TO_BORDER)
		return index;
	/* 1.0 itself belongs to the last texel. */
	return index < 0 ? 0 : index >= size ? size - 1 : index;
}
