/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resources: buffers and textures with their memory, and copies between them and guest pages.
 *
 * A guest chooses every number here, so bh_resource_create() bounds sizes, formats and levels and
 * takes the memory (always zeroed) from a quota. Afterwards `levels` can be trusted.
 */
#ifndef BH_GPU_TEXTURE_RESOURCE_H
#define BH_GPU_TEXTURE_RESOURCE_H

#include "gpu/gpu.h"
#include "gpu/texture/blocks.h"
#include "gpu/texture/cleared.h"
#include "gpu/texture/damage.h"
#include "gpu/texture/format.h"

#include <stdatomic.h>

#define BH_TEXTURE_SIZE_MAX   8192 /* pixels on a side; the rasteriser's coordinates allow it */
#define BH_TEXTURE_DEPTH_MAX  512
#define BH_TEXTURE_LAYERS_MAX 512
#define BH_TEXTURE_BUFFER_MAX (1u << 26) /* texels of a buffer */
#define BH_SAMPLES_MAX        4          /* of a pixel */

/* The protocol's resource targets. */
enum bh_target {
	BH_TARGET_BUFFER,
	BH_TARGET_1D,
	BH_TARGET_2D,
	BH_TARGET_3D,
	BH_TARGET_CUBE,
	BH_TARGET_RECT,
	BH_TARGET_1D_ARRAY,
	BH_TARGET_2D_ARRAY,
	BH_TARGET_CUBE_ARRAY,
};

/* Bytes that may be taken, and that are. */
struct bh_quota {
	uint64_t limit, used;
};

bool bh_quota_take(struct bh_quota *quota, uint64_t bytes);
void bh_quota_give(struct bh_quota *quota, uint64_t bytes);

struct bh_level_layout {
	uint64_t offset; /* into data */
	uint32_t width, height, depth;
	uint32_t row_stride;
	uint64_t layer_stride;
	uint64_t block_offset; /* of its blocks, without gaps, into data */
};

struct bh_resource {
	struct bh_gpu_resource_args args;
	const struct bh_format *format;       /* of texels */
	const struct bh_block_format *blocks; /* NULL: it is not compressed */
	struct bh_level_layout levels[BH_TEXTURE_LEVELS_MAX];
	unsigned level_count;
	void *memory;  /* as it was allocated */
	uint8_t *data; /* in it; BH_TEXTURE_SLACK readable bytes follow */
	uint64_t size;
	/* Samples of a pixel: images of their own, one after the other. */
	unsigned samples;
	uint64_t sample_stride;
	unsigned refs;              /* the handle's, and those of views and surfaces */
	uint64_t scene;             /* the last one that uses it */
	bool written;               /* by that scene */
	struct bh_cleared *cleared; /* what is yet to be written; may be NULL */
	struct bh_damage *damage;   /* what changed since it was shown; NULL: it never was */
	struct iovec *pages;
	size_t page_count;
	uint64_t page_bytes;
	struct bh_quota *quota;
};

/* 0, -EINVAL for arguments no resource can have, -ENOMEM when the quota or memory is short. */
int bh_resource_create(const struct bh_gpu_resource_args *args, struct bh_quota *quota,
		       struct bh_resource **out);
struct bh_resource *bh_resource_ref(struct bh_resource *resource);
void bh_resource_unref(struct bh_resource *resource); /* NULL is fine */

int bh_resource_set_pages(struct bh_resource *resource, const struct iovec *pages, size_t count);

bool bh_resource_is_buffer(const struct bh_resource *resource);

/* The texels' format of a view with this number; NULL: there is no such view. */
const struct bh_format *bh_resource_view_format(const struct bh_resource *resource,
						uint32_t number);

/* Where the texel is; the caller has checked that it is inside. */
uint8_t *bh_resource_texel(const struct bh_resource *resource, unsigned level, uint32_t x,
			   uint32_t y, uint32_t z);

/*
 * What transfers and copies move: texels, or the blocks of a compressed resource. Boxes count
 * texels; those of a compressed resource begin and end between blocks, or at the level's end.
 */
struct bh_units {
	uint32_t size, bytes;          /* texels on a side; bytes of one */
	uint32_t columns, rows;        /* of the level */
	uint32_t row_stride;           /* of the resource's own memory */
	uint64_t offset, layer_stride; /* the same */
};

struct bh_units bh_resource_units(const struct bh_resource *resource, unsigned level);
/* The box in units; false when it ends inside one. It is inside the level. */
bool bh_units_box(const struct bh_units *units, const struct bh_level_layout *level,
		  const struct bh_gpu_box *box, struct bh_gpu_box *out);
/* The texels of blocks that changed; `box` is in blocks. */
void bh_resource_decode(struct bh_resource *resource, unsigned level, const struct bh_gpu_box *box);

/* Texels of a box that is inside the level were written: who keeps something of them is to know. */
void bh_resource_written(struct bh_resource *resource, unsigned level,
			 const struct bh_gpu_box *box);

/* Whether the box is inside the level. An empty box is not. */
bool bh_resource_has_box(const struct bh_resource *resource, uint32_t level,
			 const struct bh_gpu_box *box);

/*
 * Copies a box between the resource and pages. A stride of 0 is that of the whole level stored
 * without gaps, as guests lay it out. -EINVAL when the box is not inside the level or the bytes are
 * not inside the pages.
 */
int bh_resource_transfer(struct bh_resource *resource, const struct bh_gpu_transfer *transfer,
			 const struct iovec *pages, size_t count, bool to_pages);

/* Bytes at `offset` of scattered pages. False, with nothing copied, when they are not all there. */
bool bh_pages_read(const struct iovec *pages, size_t count, uint64_t offset, void *data,
		   size_t size);
bool bh_pages_write(const struct iovec *pages, size_t count, uint64_t offset, const void *data,
		    size_t size);

#endif
