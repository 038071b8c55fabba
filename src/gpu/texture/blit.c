/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/texture/blit.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A unit of the resource's own memory; the caller has checked that it is inside. */
static uint8_t *unit_at(const struct bh_resource *resource, const struct bh_units *units,
			uint32_t x, uint32_t y, uint32_t z)
{
	return resource->data + units->offset + z * units->layer_stride +
	       (uint64_t)y * units->row_stride + (uint64_t)x * units->bytes;
}

int bh_copy_region(struct bh_resource *dst, uint32_t dst_level, uint32_t x, uint32_t y, uint32_t z,
		   const struct bh_resource *src, uint32_t src_level, const struct bh_gpu_box *box)
{
	struct bh_gpu_box to = {x, y, z, box->w, box->h, box->d}, written = to, from;
	struct bh_units dst_units, src_units;
	bool backwards;

	if (dst->format->bytes != src->format->bytes || dst->samples != src->samples ||
	    dst->blocks != src->blocks || !bh_resource_has_box(src, src_level, box) ||
	    !bh_resource_has_box(dst, dst_level, &to))
		return -EINVAL;
	dst_units = bh_resource_units(dst, dst_level);
	src_units = bh_resource_units(src, src_level);
	if (!bh_units_box(&src_units, &src->levels[src_level], box, &from) ||
	    !bh_units_box(&dst_units, &dst->levels[dst_level], &to, &to))
		return -EINVAL;
	/* Overlapping copies inside one image must not read what they have written. */
	backwards = dst == src && dst_level == src_level &&
		    (to.z > from.z || (to.z == from.z && to.y > from.y));
	for (uint32_t k = 0; k < from.d * src->samples; k++) {
		uint32_t sample = k / from.d, slice = k % from.d;

		for (uint32_t j = 0; j < from.h; j++) {
			uint32_t dz = backwards ? from.d - 1 - slice : slice;
			uint32_t dy = backwards ? from.h - 1 - j : j;

			memmove(unit_at(dst, &dst_units, to.x, to.y + dy, to.z + dz) +
					sample * dst->sample_stride,
				unit_at(src, &src_units, from.x, from.y + dy, from.z + dz) +
					sample * src->sample_stride,
				(size_t)from.w * src_units.bytes);
		}
	}
	if (dst->blocks)
		bh_resource_decode(dst, dst_level, &to);
	bh_resource_written(dst, dst_level, &written);
	return 0;
}

static struct bh_blit_axis make_axis(int32_t d0, int32_t dn, int32_t s0, int32_t sn,
				     uint32_t d_size, uint32_t s_size)
{
	struct bh_blit_axis axis = {.size = (int32_t)s_size};
	int64_t first = d0, last = (int64_t)d0 + dn;

	if (dn < 0) {
		first = last;
		last = d0;
	}
	axis.begin = (int32_t)(first < 0 ? 0 : first > d_size ? d_size : first);
	axis.end = (int32_t)(last < 0 ? 0 : last > d_size ? d_size : last);
	axis.scale = dn ? (float)sn / (float)dn : 0;
	axis.origin = (float)s0 - (float)d0 * axis.scale;
	return axis;
}

float bh_blit_source(const struct bh_blit_axis *axis, int32_t at)
{
	return ((float)at + 0.5f) * axis->scale + axis->origin;
}

static int32_t clamp_index(float value, int32_t size)
{
	if (!(value > 0))
		return 0;
	return value >= (float)size ? size - 1 : (int32_t)value;
}

struct reader {
	const struct bh_blit *blit;
	uint32_t z, z1;                /* slices; z1 is another only in linear blits of volumes */
	float weight;                  /* of z1 */
	unsigned sample, sample_count; /* those that are read; more than one: their mean */
	bool decode, linear;           /* sRGB matters when only one side has it */
};

static void read_sample(const struct reader *reader, int32_t x, int32_t y, uint32_t z,
			unsigned sample, float rgba[4])
{
	const struct bh_blit *blit = reader->blit;
	const uint8_t *texel =
		bh_resource_texel(blit->src, blit->src_level, (uint32_t)x, (uint32_t)y, z) +
		sample * blit->src->sample_stride;

	if (reader->decode)
		bh_format_fetch(blit->src_format, texel, rgba);
	else
		bh_format_fetch_linear(blit->src_format, texel, rgba);
}

static void read_texel(const struct reader *reader, int32_t x, int32_t y, float rgba[4])
{
	float next[4], scale = 1.0f / (float)reader->sample_count;

	read_sample(reader, x, y, reader->z, reader->sample, rgba);
	if (reader->z1 != reader->z) {
		read_sample(reader, x, y, reader->z1, reader->sample, next);
		for (unsigned c = 0; c < 4; c++)
			rgba[c] += (next[c] - rgba[c]) * reader->weight;
	}
	if (reader->sample_count == 1)
		return;
	for (unsigned i = 1; i < reader->sample_count; i++) {
		read_sample(reader, x, y, reader->z, i, next);
		for (unsigned c = 0; c < 4; c++)
			rgba[c] += next[c];
	}
	for (unsigned c = 0; c < 4; c++)
		rgba[c] *= scale;
}

static void read_linear(const struct reader *reader, float u, float v,
			const struct bh_blit_axis *ax, const struct bh_blit_axis *ay, float rgba[4])
{
	float fx = floorf(u - 0.5f), fy = floorf(v - 0.5f), wx = u - 0.5f - fx, wy = v - 0.5f - fy;
	int32_t x[2] = {clamp_index(fx, ax->size), clamp_index(fx + 1, ax->size)};
	int32_t y[2] = {clamp_index(fy, ay->size), clamp_index(fy + 1, ay->size)};
	float texels[4][4];

	for (unsigned i = 0; i < 4; i++)
		read_texel(reader, x[i & 1], y[i >> 1], texels[i]);
	for (unsigned c = 0; c < 4; c++) {
		float top = texels[0][c] + (texels[1][c] - texels[0][c]) * wx;
		float bottom = texels[2][c] + (texels[3][c] - texels[2][c]) * wx;

		rgba[c] = top + (bottom - top) * wy;
	}
}

static void blit_depth(const struct bh_blit *blit, const uint8_t *from, uint8_t *to)
{
	if (blit->depth)
		bh_format_pack_depth(blit->dst_format,
				     bh_format_fetch_depth(blit->src_format, from), to);
	if (blit->stencil)
		bh_format_pack_stencil(blit->dst_format,
				       bh_format_fetch_stencil(blit->src_format, from), to);
}

/* One image, or one sample of it, to the same or to another. */
static void blit_image(const struct reader *reader, const struct bh_blit_axis *ax,
		       const struct bh_blit_axis *ay, uint32_t dz, unsigned dst_sample)
{
	const struct bh_blit *blit = reader->blit;
	bool encode = blit->dst_format->srgb && reader->decode;
	bool color = !bh_format_is_depth(blit->dst_format);

	for (int32_t y = ay->begin; y < ay->end; y++) {
		float v = bh_blit_source(ay, y);

		for (int32_t x = ax->begin; x < ax->end; x++) {
			uint8_t *to = bh_resource_texel(blit->dst, blit->dst_level, (uint32_t)x,
							(uint32_t)y, dz) +
				      dst_sample * blit->dst->sample_stride;
			float u = bh_blit_source(ax, x), rgba[4];
			int32_t sx = clamp_index(u, ax->size), sy = clamp_index(v, ay->size);

			if (!color && reader->linear && !blit->stencil) {
				/* Mipmaps of depth. */
				read_linear(reader, u, v, ax, ay, rgba);
				bh_format_pack_depth(blit->dst_format, rgba[0], to);
				continue;
			}
			if (!color) {
				blit_depth(blit,
					   bh_resource_texel(blit->src, blit->src_level,
							     (uint32_t)sx, (uint32_t)sy,
							     reader->z) +
						   reader->sample * blit->src->sample_stride,
					   to);
				continue;
			}
			if (reader->linear)
				read_linear(reader, u, v, ax, ay, rgba);
			else
				read_texel(reader, sx, sy, rgba);
			if (encode)
				bh_format_encode(blit->dst_format, rgba);
			bh_format_pack(blit->dst_format, rgba, 15, to);
		}
	}
}

/* All samples of one image of the destination. */
static void blit_slice(const struct bh_blit *blit, const struct bh_blit_axis *ax,
		       const struct bh_blit_axis *ay, const struct bh_blit_axis *az, int32_t dz)
{
	float w = bh_blit_source(az, dz);
	uint32_t z = (uint32_t)clamp_index(w, az->size);
	bool integer = bh_format_is_integer(blit->src_format);
	bool resolves = blit->src->samples > 1 && blit->dst->samples == 1 && !integer;
	struct reader reader = {
		.blit = blit,
		.z = z,
		.z1 = z,
		.sample_count = resolves ? blit->src->samples : 1,
		.linear = blit->linear && !integer,
		.decode = blit->src_format->srgb != blit->dst_format->srgb ||
			  (blit->src_format->srgb && (blit->linear || resolves)),
	};

	if (reader.linear && blit->src->args.target == BH_TARGET_3D && az->scale != 1) {
		float first = floorf(w - 0.5f);

		reader.z = (uint32_t)clamp_index(first, az->size);
		reader.z1 = (uint32_t)clamp_index(first + 1, az->size);
		reader.weight = w - 0.5f - first;
	} else if (blit->src->samples == 1 && blit->dst->samples == 1 &&
		   bh_blit_bytes(blit, ax, ay, (uint32_t)dz, z)) {
		return;
	}
	for (unsigned s = 0; s < blit->dst->samples; s++) {
		reader.sample = s < blit->src->samples ? s : 0;
		blit_image(&reader, ax, ay, (uint32_t)dz, s);
	}
}

/* Nothing to convert, scale, or leave out. */
static bool is_copy(const struct bh_blit *blit)
{
	const struct bh_blit_box *d = &blit->dst_box, *s = &blit->src_box;

	if (blit->src_format != blit->dst_format || blit->scissored ||
	    blit->src->samples != blit->dst->samples || d->w != s->w || d->h != s->h ||
	    d->d != s->d || d->w < 0 || d->h < 0 || d->d < 0 || d->x < 0 || d->y < 0 || d->z < 0 ||
	    s->x < 0 || s->y < 0 || s->z < 0)
		return false;
	return !bh_format_is_depth(blit->src_format) ||
	       ((blit->depth || !blit->src_format->depth_bits) &&
		(blit->stencil || !blit->src_format->stencil_bits));
}

static bool is_valid(const struct bh_blit *blit)
{
	bool depth = bh_format_is_depth(blit->src_format);

	if (blit->dst_level >= blit->dst->level_count || blit->src_level >= blit->src->level_count)
		return false;
	/* A view of other texels, or of a buffer, is no image; nothing draws blocks. */
	if (blit->dst->blocks || blit->dst_format->bytes != blit->dst->format->bytes ||
	    blit->src_format->bytes != blit->src->format->bytes ||
	    bh_resource_is_buffer(blit->dst) || bh_resource_is_buffer(blit->src))
		return false;
	return depth == bh_format_is_depth(blit->dst_format);
}

int bh_blit(const struct bh_blit *blit)
{
	const struct bh_level_layout *dst, *src;
	struct bh_blit_axis ax, ay, az;

	if (!is_valid(blit))
		return -EINVAL;
	if (is_copy(blit)) {
		struct bh_gpu_box box = {(uint32_t)blit->src_box.x, (uint32_t)blit->src_box.y,
					 (uint32_t)blit->src_box.z, (uint32_t)blit->src_box.w,
					 (uint32_t)blit->src_box.h, (uint32_t)blit->src_box.d};

		if (!bh_copy_region(blit->dst, blit->dst_level, (uint32_t)blit->dst_box.x,
				    (uint32_t)blit->dst_box.y, (uint32_t)blit->dst_box.z, blit->src,
				    blit->src_level, &box))
			return 0;
	}
	dst = &blit->dst->levels[blit->dst_level];
	src = &blit->src->levels[blit->src_level];
	ax = make_axis(blit->dst_box.x, blit->dst_box.w, blit->src_box.x, blit->src_box.w,
		       dst->width, src->width);
	ay = make_axis(blit->dst_box.y, blit->dst_box.h, blit->src_box.y, blit->src_box.h,
		       dst->height, src->height);
	az = make_axis(blit->dst_box.z, blit->dst_box.d, blit->src_box.z, blit->src_box.d,
		       dst->depth, src->depth);
	if (blit->scissored) {
		ax.begin = ax.begin > blit->scissor[0] ? ax.begin : blit->scissor[0];
		ay.begin = ay.begin > blit->scissor[1] ? ay.begin : blit->scissor[1];
		ax.end = ax.end < blit->scissor[2] ? ax.end : blit->scissor[2];
		ay.end = ay.end < blit->scissor[3] ? ay.end : blit->scissor[3];
	}
	if (ax.begin >= ax.end || ay.begin >= ay.end || az.begin >= az.end)
		return 0;
	for (int32_t z = az.begin; z < az.end; z++)
		blit_slice(blit, &ax, &ay, &az, z);
	bh_resource_written(blit->dst, blit->dst_level,
			    &(struct bh_gpu_box){(uint32_t)ax.begin, (uint32_t)ay.begin,
						 (uint32_t)az.begin, (uint32_t)(ax.end - ax.begin),
						 (uint32_t)(ay.end - ay.begin),
						 (uint32_t)(az.end - az.begin)});
	return 0;
}
