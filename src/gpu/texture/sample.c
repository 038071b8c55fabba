/* SPDX-License-Identifier: Apache-2.0 */
/* The path that samples everything, a lane at a time. The vector paths must agree with it. */
#include "gpu/texture/sample.h"

#include "gpu/texture/cube.h"
#include "gpu/texture/format.h"
#include "gpu/texture/wrap.h"

#include <math.h>
#include <string.h>

/* Where one lane samples, after cubes and arrays are resolved to a layer. */
struct place {
	float s, t, r;
	uint32_t layer;
	float reference; /* to compare with */
	bool compares;
	const int8_t *offset;
};

/* Four channels, as bytes for 8-bit formats (see texture.h), else as floats. */
struct texel {
	float f[4];
	int b[4];
};

static float border_value(const struct bh_sampler *sampler, unsigned i)
{
	float value;

	memcpy(&value, &sampler->border[i], 4);
	return value;
}

static int border_byte(const struct bh_sampler *sampler, unsigned i)
{
	float value = border_value(sampler, i);

	return !(value > 0) ? 0 : value >= 1 ? 255 : (int)(value * 255.0f + 0.5f);
}

static bool compare(enum bh_compare function, float reference, float texel)
{
	switch (function) {
	case BH_COMPARE_NEVER:
		return false;
	case BH_COMPARE_LESS:
		return reference < texel;
	case BH_COMPARE_EQUAL:
		return reference == texel;
	case BH_COMPARE_LEQUAL:
		return reference <= texel;
	case BH_COMPARE_GREATER:
		return reference > texel;
	case BH_COMPARE_NOTEQUAL:
		return reference != texel;
	case BH_COMPARE_GEQUAL:
		return reference >= texel;
	case BH_COMPARE_ALWAYS:
		break;
	}
	return true;
}

static void fetch(const struct bh_texture_view *view, const struct bh_texture_level *level, int x,
		  int y, int z, const struct place *place, struct texel *texel)
{
	const struct bh_format *format = view->format;
	float rgba[4];
	bool border = x < 0 || y < 0 || z < 0 || x >= (int)level->width ||
		      y >= (int)level->height || z >= (int)level->depth;
	const uint8_t *data = border ? NULL
				     : level->data + (uint64_t)z * level->layer_stride +
					       (uint64_t)y * level->row_stride +
					       (uint64_t)x * format->bytes;

	if (view->texel == BH_TEXEL_UNORM8X4 || view->texel == BH_TEXEL_UNORM8X1) {
		for (unsigned i = 0; i < 4; i++) {
			if (view->place[i] >= 4)
				texel->b[i] = view->place[i] == 4 ? 0 : 255;
			else if (border)
				texel->b[i] = border_byte(&view->sampler, view->swizzle[i]);
			else
				texel->b[i] = data[view->place[i]];
		}
		return;
	}
	if (border) {
		for (unsigned i = 0; i < 4; i++)
			rgba[i] = border_value(&view->sampler, i);
	} else {
		bh_format_fetch(format, data, rgba);
	}
	if (place->compares) {
		float reference = place->reference;

		if (!format->depth_float) {
			reference = !(reference > 0) ? 0 : reference > 1 ? 1 : reference;
			if (border)
				rgba[0] = !(rgba[0] > 0) ? 0 : rgba[0] > 1 ? 1 : rgba[0];
		}
		rgba[0] = compare(view->sampler.compare, reference, rgba[0]) ? 1.0f : 0.0f;
		rgba[1] = rgba[2] = rgba[0];
		rgba[3] = 1;
	}
	bh_texture_swizzle(view, rgba, texel->f);
}

static float lerp(float a, float b, float weight)
{
	return a + (b - a) * weight;
}

static bool has_bytes(const struct bh_texture_view *view)
{
	return view->texel == BH_TEXEL_UNORM8X4 || view->texel == BH_TEXEL_UNORM8X1;
}

/* The weighted sum of four texels. */
static void weigh(const struct bh_texture_view *view, struct texel texels[2][2], struct bh_taps tx,
		  struct bh_taps ty, float out[4])
{
	if (view->texel == BH_TEXEL_UNORM8X4 || view->texel == BH_TEXEL_UNORM8X1) {
		int wx = (int)(tx.weight * 256.0f), wy = (int)(ty.weight * 256.0f);

		for (unsigned i = 0; i < 4; i++) {
			int top = texels[0][0].b[i] * (256 - wx) + texels[0][1].b[i] * wx;
			int bottom = texels[1][0].b[i] * (256 - wx) + texels[1][1].b[i] * wx;

			out[i] = (float)(top * (256 - wy) + bottom * wy) * BH_FILTERED_SCALE;
		}
		return;
	}
	for (unsigned i = 0; i < 4; i++) {
		out[i] = lerp(lerp(texels[0][0].f[i], texels[0][1].f[i], tx.weight),
			      lerp(texels[1][0].f[i], texels[1][1].f[i], tx.weight), ty.weight);
	}
}

static void filter_linear(const struct bh_texture_view *view, const struct bh_texture_level *level,
			  struct bh_taps tx, struct bh_taps ty, int z, const struct place *place,
			  float out[4])
{
	struct texel texels[2][2];

	for (unsigned j = 0; j < 2; j++) {
		for (unsigned i = 0; i < 2; i++)
			fetch(view, level, tx.index[i], ty.index[j], z, place, &texels[j][i]);
	}
	weigh(view, texels, tx, ty, out);
}

/* In the corner of a cube three texels meet: the fourth is their mean. */
static void make_corner(const struct bh_texture_view *view, struct texel texels[2][2], unsigned x,
			unsigned y)
{
	const struct texel *a = &texels[y][!x], *b = &texels[!y][x], *c = &texels[!y][!x];

	for (unsigned i = 0; i < 4; i++) {
		if (has_bytes(view))
			texels[y][x].b[i] = (a->b[i] + b->b[i] + c->b[i] + 1) / 3;
		else
			texels[y][x].f[i] = (a->f[i] + b->f[i] + c->f[i]) / 3.0f;
	}
}

/* Linear filtering that goes on over the edges of a cube's face. */
static void filter_seamless(const struct bh_texture_view *view,
			    const struct bh_texture_level *level, const struct place *place,
			    float out[4])
{
	int size = (int)level->width, corner_x = -1, corner_y = -1;
	struct bh_taps tx = bh_wrap_seamless(place->s, size), ty = bh_wrap_seamless(place->t, size);
	struct texel texels[2][2];

	for (int j = 0; j < 2; j++) {
		for (int i = 0; i < 2; i++) {
			int x = tx.index[i], y = ty.index[j], face = (int)place->layer;

			if ((x < 0 || x >= size) && (y < 0 || y >= size)) {
				corner_x = i;
				corner_y = j;
				continue;
			}
			bh_cube_neighbour(&face, &x, &y, size);
			fetch(view, level, x, y, face, place, &texels[j][i]);
		}
	}
	if (corner_x >= 0)
		make_corner(view, texels, (unsigned)corner_x, (unsigned)corner_y);
	weigh(view, texels, tx, ty, out);
}

static void filter_nearest(const struct bh_texture_view *view, const struct bh_texture_level *level,
			   int x, int y, int z, const struct place *place, float out[4])
{
	struct texel texel;

	fetch(view, level, x, y, z, place, &texel);
	for (unsigned i = 0; i < 4; i++) {
		out[i] = view->texel == BH_TEXEL_UNORM8X4 || view->texel == BH_TEXEL_UNORM8X1
				 ? (float)texel.b[i] * BH_BYTE_SCALE
				 : texel.f[i];
	}
}

static bool is_1d(const struct bh_texture_view *view)
{
	return view->target == BH_TEX_1D || view->target == BH_TEX_1D_ARRAY;
}

static void sample_level(const struct bh_texture_view *view, unsigned index, bool linear,
			 const struct place *place, float out[4])
{
	const struct bh_texture_level *level = &view->levels[index];
	const enum bh_wrap *wrap = view->sampler.wrap;
	const int8_t *offset = place->offset;
	int w = (int)level->width, h = (int)level->height, d = (int)level->depth;
	bool rect = view->target == BH_TEX_RECT;
	enum bh_wrap ws = wrap[0], wt = wrap[1];
	struct bh_taps tx, ty = {{0, 0}, 0};

	if (view->target == BH_TEX_BUFFER) {
		/* A buffer has no texels to sample, only to fetch. */
		memset(out, 0, 4 * sizeof(*out));
		return;
	}
	linear = linear && !bh_format_is_integer(view->format);

	if (view->target == BH_TEX_CUBE)
		ws = wt = BH_WRAP_CLAMP_TO_EDGE;
	if (!linear) {
		int x = bh_wrap_nearest(ws, place->s, w, rect ? 1 : (float)w, offset[0]);
		int y = is_1d(view)
				? 0
				: bh_wrap_nearest(wt, place->t, h, rect ? 1 : (float)h, offset[1]);
		int z = view->target == BH_TEX_3D
				? bh_wrap_nearest(wrap[2], place->r, d, (float)d, offset[2])
				: (int)place->layer;

		filter_nearest(view, level, x, y, z, place, out);
		return;
	}
	if (view->target == BH_TEX_CUBE && view->sampler.seamless_cube) {
		filter_seamless(view, level, place, out);
		return;
	}
	tx = bh_wrap_linear(ws, place->s, w, rect ? 1 : (float)w, offset[0]);
	if (!is_1d(view))
		ty = bh_wrap_linear(wt, place->t, h, rect ? 1 : (float)h, offset[1]);
	if (view->target == BH_TEX_3D) {
		struct bh_taps tz = bh_wrap_linear(wrap[2], place->r, d, (float)d, offset[2]);
		float back[4];

		filter_linear(view, level, tx, ty, tz.index[0], place, out);
		filter_linear(view, level, tx, ty, tz.index[1], place, back);
		for (unsigned i = 0; i < 4; i++)
			out[i] = lerp(out[i], back[i], tz.weight);
		return;
	}
	filter_linear(view, level, tx, ty, (int)place->layer, place, out);
}

/* The face a direction points to, and where on it. */
static void resolve_cube(struct place *place)
{
	float x = place->s, y = place->t, z = place->r;
	float ax = fabsf(x), ay = fabsf(y), az = fabsf(z), major, s, t;

	if (ax >= ay && ax >= az) {
		major = ax;
		place->layer = x >= 0 ? 0 : 1;
		s = x >= 0 ? -z : z;
		t = -y;
	} else if (ay >= az) {
		major = ay;
		place->layer = y >= 0 ? 2 : 3;
		s = x;
		t = y >= 0 ? z : -z;
	} else {
		major = az;
		place->layer = z >= 0 ? 4 : 5;
		s = z >= 0 ? x : -x;
		t = -y;
	}
	place->s = (s / major + 1.0f) * 0.5f;
	place->t = (t / major + 1.0f) * 0.5f;
	place->r = 0;
}

static uint32_t array_layer(float layer, uint32_t count)
{
	layer = floorf(layer + 0.5f);
	if (!(layer > 0))
		return 0;
	return layer >= (float)count ? count - 1 : (uint32_t)layer;
}

static bool is_shadow(enum bh_texture_target target)
{
	return target >= BH_TEX_SHADOW_1D && target <= BH_TEX_SHADOW_2D_ARRAY;
}

static struct place find_place(const struct bh_texture_view *view, const struct bh_sample *sample,
			       unsigned lane)
{
	struct place place = {
		.s = sample->coord[0][lane],
		.t = sample->coord[1][lane],
		.r = sample->coord[2][lane],
		.offset = sample->offset,
		.compares = is_shadow(sample->target) && view->sampler.compares &&
			    bh_format_is_depth(view->format),
	};

	place.reference =
		sample->target == BH_TEX_SHADOW_CUBE || sample->target == BH_TEX_SHADOW_2D_ARRAY
			? sample->coord[3][lane]
			: place.r;
	if (view->target == BH_TEX_CUBE)
		resolve_cube(&place);
	else if (view->target == BH_TEX_1D_ARRAY)
		place.layer = array_layer(place.t, view->levels[0].depth);
	else if (view->target == BH_TEX_2D_ARRAY)
		place.layer = array_layer(place.r, view->levels[0].depth);
	return place;
}

void bh_texture_sample_generic(const struct bh_texture_view *view, const struct bh_sample *sample,
			       float result[4][BH_LANES_MAX])
{
	float lod[BH_LANES_MAX];

	bh_texture_final_lod(view, sample, lod);
	for (unsigned lane = 0; lane < sample->lanes; lane++) {
		struct bh_mip mip = bh_texture_mip(view, lod[lane]);
		struct place place;
		float out[4], next[4];

		if (!(sample->mask & 1u << lane))
			continue;
		place = find_place(view, sample, lane);
		sample_level(view, mip.level[0], mip.linear, &place, out);
		if (mip.level[0] != mip.level[1]) {
			sample_level(view, mip.level[1], mip.linear, &place, next);
			for (unsigned i = 0; i < 4; i++)
				out[i] = lerp(out[i], next[i], mip.weight);
		}
		for (unsigned i = 0; i < 4; i++)
			result[i][lane] = out[i];
	}
}

void bh_texture_sample_once(const struct bh_texture_view *view, const struct bh_sample *sample,
			    float result[4][BH_LANES_MAX])
{
	if (view->fast_2d && !sample->offset[0] && !sample->offset[1]) {
		if (sample->lanes == 16)
			bh_texture_fast16(view, sample, result);
		else if (sample->lanes == 8)
			bh_texture_fast8(view, sample, result);
		else
			bh_texture_fast4(view, sample, result);
		return;
	}
	bh_texture_sample_generic(view, sample, result);
}

void bh_texture_sample(const struct bh_texture_view *view, const struct bh_sample *sample,
		       float result[4][BH_LANES_MAX])
{
	if (!view) {
		for (unsigned lane = 0; lane < sample->lanes; lane++) {
			result[0][lane] = result[1][lane] = result[2][lane] = 0;
			result[3][lane] = sample->kind == BH_SAMPLE_SIZE ? 0 : 1;
		}
		return;
	}
	if (sample->kind == BH_SAMPLE_FETCH) {
		bh_texture_fetch(view, sample, result);
		return;
	}
	if (sample->kind == BH_SAMPLE_SIZE) {
		bh_texture_size(view, sample, result);
		return;
	}
	if (view->anisotropic && sample->kind != BH_SAMPLE_LOD)
		bh_texture_sample_anisotropic(view, sample, result);
	else
		bh_texture_sample_once(view, sample, result);
}

static bool wraps_inside(enum bh_wrap wrap)
{
	return wrap == BH_WRAP_REPEAT || wrap == BH_WRAP_CLAMP_TO_EDGE ||
	       wrap == BH_WRAP_MIRROR_REPEAT;
}

static void find_border(struct bh_texture_view *view)
{
	uint32_t known = 0;

	view->border_is_texel = true;
	view->border_bytes = 0;
	for (unsigned i = 0; i < 4; i++) {
		unsigned shift = 8u * view->place[i];
		uint32_t byte;

		if (view->place[i] >= 4)
			continue;
		byte = (uint32_t)border_byte(&view->sampler, view->swizzle[i]);
		/* Luminance is one byte, but its border may have three. */
		if (known >> shift & 1 && (view->border_bytes >> shift & 255) != byte)
			view->border_is_texel = false;
		known |= 1u << shift;
		view->border_bytes |= byte << shift;
	}
}

void bh_texture_view_finish(struct bh_texture_view *view)
{
	const struct bh_format *format = view->format;
	const struct bh_sampler *sampler = &view->sampler;

	view->texel = BH_TEXEL_OTHER;
	if (format->type == BH_CHANNEL_UNORM && format->bits[0] == 8 && !format->srgb) {
		if (format->bytes == 4)
			view->texel = BH_TEXEL_UNORM8X4;
		else if (format->bytes == 1)
			view->texel = BH_TEXEL_UNORM8X1;
	} else if (format->type == BH_CHANNEL_FLOAT && format->bytes == 16) {
		view->texel = BH_TEXEL_FLOAT32X4;
	}
	for (unsigned i = 0; i < 4; i++) {
		uint8_t from = view->swizzle[i];

		view->place[i] = from <= BH_SWIZZLE_W ? format->swizzle[from] : from;
	}
	find_border(view);
	view->from_srgb = bh_srgb_linear;
	view->fast_2d = view->target == BH_TEX_2D && wraps_inside(sampler->wrap[0]) &&
			wraps_inside(sampler->wrap[1]) &&
			(view->texel == BH_TEXEL_UNORM8X4 || view->texel == BH_TEXEL_UNORM8X1 ||
			 bh_format_is_depth(format));
	view->anisotropic = sampler->max_anisotropy > 1 && sampler->min == BH_FILTER_LINEAR &&
			    (view->target == BH_TEX_2D || view->target == BH_TEX_2D_ARRAY) &&
			    !bh_format_is_depth(format) && !bh_format_is_integer(format);
}
