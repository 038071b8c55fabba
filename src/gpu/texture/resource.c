/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/texture/resource.h"

#include "base/alloc.h"
#include "base/range.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool bh_quota_take(struct bh_quota *quota, uint64_t bytes)
{
	if (bytes > quota->limit - quota->used)
		return false;
	quota->used += bytes;
	return true;
}

void bh_quota_give(struct bh_quota *quota, uint64_t bytes)
{
	assert(bytes <= quota->used);
	quota->used -= bytes;
}

/* What each target allows. */
static const struct target_rule {
	uint32_t width, height, depth, layers; /* largest */
	uint32_t layer_multiple;
	bool mipmaps;
} target_rules[] = {
	[BH_TARGET_BUFFER] = {UINT32_MAX, 1, 1, 1, 1, false},
	[BH_TARGET_1D] = {BH_TEXTURE_SIZE_MAX, 1, 1, 1, 1, true},
	[BH_TARGET_2D] = {BH_TEXTURE_SIZE_MAX, BH_TEXTURE_SIZE_MAX, 1, 1, 1, true},
	[BH_TARGET_3D] = {BH_TEXTURE_DEPTH_MAX, BH_TEXTURE_DEPTH_MAX, BH_TEXTURE_DEPTH_MAX, 1, 1,
			  true},
	[BH_TARGET_CUBE] = {BH_TEXTURE_SIZE_MAX, BH_TEXTURE_SIZE_MAX, 1, 6, 6, true},
	[BH_TARGET_RECT] = {BH_TEXTURE_SIZE_MAX, BH_TEXTURE_SIZE_MAX, 1, 1, 1, false},
	[BH_TARGET_1D_ARRAY] = {BH_TEXTURE_SIZE_MAX, 1, 1, BH_TEXTURE_LAYERS_MAX, 1, true},
	[BH_TARGET_2D_ARRAY] = {BH_TEXTURE_SIZE_MAX, BH_TEXTURE_SIZE_MAX, 1, BH_TEXTURE_LAYERS_MAX,
				1, true},
};

static bool args_are_valid(const struct bh_gpu_resource_args *args)
{
	const struct target_rule *rule;
	uint32_t largest;

	if (args->target >= sizeof(target_rules) / sizeof(target_rules[0]))
		return false;
	rule = &target_rules[args->target];
	if (args->width == 0 || args->width > rule->width || args->height == 0 ||
	    args->height > rule->height || args->depth == 0 || args->depth > rule->depth)
		return false;
	if (args->array_size == 0 || args->array_size > rule->layers ||
	    args->array_size % rule->layer_multiple)
		return false;
	if (args->target == BH_TARGET_CUBE && args->width != args->height)
		return false;
	if (bh_block_format_get(args->format) && args->target != BH_TARGET_BUFFER &&
	    (args->samples > 1 || (args->target != BH_TARGET_2D && args->target != BH_TARGET_CUBE &&
				   args->target != BH_TARGET_2D_ARRAY)))
		return false;
	if (args->samples > 1 &&
	    ((args->samples != 2 && args->samples != BH_SAMPLES_MAX) || args->last_level ||
	     (args->target != BH_TARGET_2D && args->target != BH_TARGET_2D_ARRAY)))
		return false;
	largest = args->width > args->height ? args->width : args->height;
	if (args->depth > largest)
		largest = args->depth;
	if (args->last_level && (!rule->mipmaps || args->last_level >= BH_TEXTURE_LEVELS_MAX ||
				 largest >> args->last_level == 0))
		return false;
	return true;
}

static uint32_t minify(uint32_t size, unsigned level)
{
	size >>= level;
	return size ? size : 1;
}

/*
 * To eight texels, of which the widest code draws two rows at once. Rows whose distance is a
 * multiple of a page fall into the same few cache sets.
 */
static uint32_t pad_row(uint64_t bytes, uint32_t texel)
{
	uint64_t unit = texel > 8 ? 128 : 64;

	bytes = (bytes + unit - 1) & ~(unit - 1);
	if (bytes % 1024 == 0)
		bytes += 64;
	return (uint32_t)bytes;
}

struct bh_units bh_resource_units(const struct bh_resource *resource, unsigned level)
{
	const struct bh_level_layout *layout = &resource->levels[level];
	struct bh_units units = {1,
				 resource->format->bytes,
				 layout->width,
				 layout->height,
				 layout->row_stride,
				 layout->offset,
				 layout->layer_stride};

	if (resource->blocks) {
		units.size = BH_BLOCK_SIZE;
		units.bytes = resource->blocks->bytes;
		units.columns = (layout->width + BH_BLOCK_SIZE - 1) / BH_BLOCK_SIZE;
		units.rows = (layout->height + BH_BLOCK_SIZE - 1) / BH_BLOCK_SIZE;
		units.row_stride = units.columns * units.bytes;
		units.offset = layout->block_offset;
		units.layer_stride = (uint64_t)units.row_stride * units.rows;
	}
	return units;
}

/* From a number of texels to whole units. */
static bool whole(uint32_t size, uint32_t room, uint32_t begin, uint32_t length, uint32_t *first,
		  uint32_t *count)
{
	*first = begin / size;
	*count = (length + size - 1) / size;
	return begin % size == 0 && (length % size == 0 || begin + length == room);
}

bool bh_units_box(const struct bh_units *units, const struct bh_level_layout *level,
		  const struct bh_gpu_box *box, struct bh_gpu_box *out)
{
	*out = *box;
	return whole(units->size, level->width, box->x, box->w, &out->x, &out->w) &&
	       whole(units->size, level->height, box->y, box->h, &out->y, &out->h);
}

/* One block's texels, as far as they are inside the level. */
static void decode_block(struct bh_resource *resource, unsigned level, uint32_t x, uint32_t y,
			 uint32_t z, const uint8_t *block)
{
	const struct bh_level_layout *layout = &resource->levels[level];
	uint8_t texels[BH_BLOCK_SIZE * BH_BLOCK_SIZE * 4];
	uint32_t bytes = resource->format->bytes;
	uint32_t columns = layout->width - x, rows = layout->height - y;

	columns = columns < BH_BLOCK_SIZE ? columns : BH_BLOCK_SIZE;
	rows = rows < BH_BLOCK_SIZE ? rows : BH_BLOCK_SIZE;
	resource->blocks->decode(block, texels);
	for (uint32_t row = 0; row < rows; row++) {
		memcpy(bh_resource_texel(resource, level, x, y + row, z),
		       texels + (size_t)row * BH_BLOCK_SIZE * bytes, (size_t)columns * bytes);
	}
}

void bh_resource_decode(struct bh_resource *resource, unsigned level, const struct bh_gpu_box *box)
{
	struct bh_units units = bh_resource_units(resource, level);

	for (uint32_t z = box->z; z < box->z + box->d; z++) {
		for (uint32_t y = box->y; y < box->y + box->h; y++) {
			const uint8_t *row = resource->data + units.offset +
					     z * units.layer_stride +
					     (uint64_t)y * units.row_stride;

			for (uint32_t x = box->x; x < box->x + box->w; x++)
				decode_block(resource, level, x * BH_BLOCK_SIZE, y * BH_BLOCK_SIZE,
					     z, row + (size_t)x * units.bytes);
		}
	}
}

static void lay_out(struct bh_resource *resource)
{
	const struct bh_gpu_resource_args *args = &resource->args;
	uint64_t offset = 0;

	resource->level_count = args->last_level + 1;
	for (unsigned i = 0; i < resource->level_count; i++) {
		struct bh_level_layout *level = &resource->levels[i];

		level->offset = offset;
		level->width = minify(args->width, i);
		level->height = minify(args->height, i);
		level->depth =
			args->target == BH_TARGET_3D ? minify(args->depth, i) : args->array_size;
		if (args->target == BH_TARGET_BUFFER)
			level->row_stride = args->width;
		else
			level->row_stride =
				pad_row((uint64_t)level->width * resource->format->bytes,
					resource->format->bytes);
		level->layer_stride = (uint64_t)level->row_stride * level->height;
		/* At most 8192 * 8256 * 16 * 512 bytes a level: no overflow in 64 bits. */
		offset += level->layer_stride * level->depth;
	}
	for (unsigned i = 0; resource->blocks && i < resource->level_count; i++) {
		struct bh_units units = bh_resource_units(resource, i);

		resource->levels[i].block_offset = offset;
		offset += units.layer_stride * resource->levels[i].depth;
	}
	resource->samples = args->samples > 1 ? args->samples : 1;
	resource->sample_stride = offset;
	resource->size = offset * resource->samples;
}

/* Of cache lines: rows begin on one, and no group of pixels lies on two. */
#define ALIGNMENT 64

/* The format of buffers: bytes. */
#define BYTE_FORMAT 64

int bh_resource_create(const struct bh_gpu_resource_args *given, struct bh_quota *quota,
		       struct bh_resource **out)
{
	struct bh_gpu_resource_args normal = *given;
	const struct bh_gpu_resource_args *args = &normal;
	const struct bh_block_format *blocks = NULL;
	const struct bh_format *format;
	struct bh_resource *resource;
	uint64_t cost;

	/* Drivers leave out the layers of what has none. */
	if (!given->array_size)
		normal.array_size = 1;
	if (!args_are_valid(args))
		return -EINVAL;
	if (args->target != BH_TARGET_BUFFER)
		blocks = bh_block_format_get(args->format);
	format = bh_format_get(args->target == BH_TARGET_BUFFER ? BYTE_FORMAT
			       : blocks                         ? blocks->texels
								: args->format);
	if (!format)
		return -EINVAL;
	if (!bh_quota_take(quota, sizeof(*resource)))
		return -ENOMEM;
	resource = bh_alloc(sizeof(*resource));
	resource->args = *args;
	resource->format = format;
	resource->blocks = blocks;
	resource->refs = 1;
	resource->quota = quota;
	lay_out(resource);
	cost = resource->size + BH_TEXTURE_SLACK;
	if (!bh_quota_take(quota, cost))
		goto error;
	resource->memory = bh_try_alloc(1, cost + ALIGNMENT);
	if (!resource->memory)
		goto error_quota;
	resource->data = (uint8_t *)(((uintptr_t)resource->memory + ALIGNMENT - 1) &
				     ~(uintptr_t)(ALIGNMENT - 1));
	/* Blocks of zeros are not texels of zeros in each format. */
	for (unsigned i = 0; blocks && i < resource->level_count; i++) {
		struct bh_units units = bh_resource_units(resource, i);
		struct bh_gpu_box all = {
			0, 0, 0, units.columns, units.rows, resource->levels[i].depth};

		bh_resource_decode(resource, i, &all);
	}
	*out = resource;
	return 0;
error_quota:
	bh_quota_give(quota, cost);
error:
	bh_quota_give(quota, sizeof(*resource));
	free(resource);
	return -ENOMEM;
}

struct bh_resource *bh_resource_ref(struct bh_resource *resource)
{
	resource->refs++;
	return resource;
}

void bh_resource_unref(struct bh_resource *resource)
{
	if (!resource || --resource->refs)
		return;
	bh_quota_give(resource->quota, resource->size + BH_TEXTURE_SLACK + sizeof(*resource) +
					       resource->page_count * sizeof(*resource->pages));
	free(resource->pages);
	free(resource->cleared);
	free(resource->damage);
	free(resource->memory);
	free(resource);
}

int bh_resource_set_pages(struct bh_resource *resource, const struct iovec *pages, size_t count)
{
	struct iovec *copy = NULL;
	uint64_t bytes = 0;

	for (size_t i = 0; i < count; i++) {
		if (!bh_add(bytes, pages[i].iov_len, &bytes))
			return -EINVAL;
	}
	if (count) {
		if (!bh_quota_take(resource->quota, count * sizeof(*copy)))
			return -ENOMEM;
		copy = bh_try_alloc(count, sizeof(*copy));
		if (!copy) {
			bh_quota_give(resource->quota, count * sizeof(*copy));
			return -ENOMEM;
		}
		memcpy(copy, pages, count * sizeof(*copy));
	}
	free(resource->pages);
	bh_quota_give(resource->quota, resource->page_count * sizeof(*copy));
	resource->pages = copy;
	resource->page_count = count;
	resource->page_bytes = bytes;
	return 0;
}

bool bh_resource_is_buffer(const struct bh_resource *resource)
{
	return resource->args.target == BH_TARGET_BUFFER;
}

const struct bh_format *bh_resource_view_format(const struct bh_resource *resource, uint32_t number)
{
	const struct bh_block_format *blocks = bh_block_format_get(number);

	if (blocks)
		return resource->blocks ? bh_format_get(blocks->texels) : NULL;
	return bh_format_get(number);
}

uint8_t *bh_resource_texel(const struct bh_resource *resource, unsigned level, uint32_t x,
			   uint32_t y, uint32_t z)
{
	const struct bh_level_layout *layout = &resource->levels[level];

	return resource->data + layout->offset + z * layout->layer_stride +
	       (uint64_t)y * layout->row_stride + (uint64_t)x * resource->format->bytes;
}

void bh_resource_written(struct bh_resource *resource, unsigned level, const struct bh_gpu_box *box)
{
	bh_damage_mark(resource, level, box);
	bh_cleared_forget(resource, level, box);
}

static bool span_fits(uint32_t start, uint32_t size, uint32_t room)
{
	return size > 0 && start < room && size <= room - start;
}

bool bh_resource_has_box(const struct bh_resource *resource, uint32_t level,
			 const struct bh_gpu_box *box)
{
	const struct bh_level_layout *layout;

	if (level >= resource->level_count)
		return false;
	layout = &resource->levels[level];
	return span_fits(box->x, box->w, layout->width) &&
	       span_fits(box->y, box->h, layout->height) &&
	       span_fits(box->z, box->d, layout->depth);
}
