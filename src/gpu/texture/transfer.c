/* SPDX-License-Identifier: Apache-2.0 */
/* Copies between resources and scattered guest pages. */
#include "gpu/texture/resource.h"

#include "base/range.h"

#include <errno.h>
#include <string.h>

/* A place in scattered pages that only moves forward. */
struct cursor {
	const struct iovec *pages;
	size_t count, index;
	uint64_t start; /* of pages[index] in the whole */
};

/* Copies `size` bytes at `offset`, which are known to be there and not before the last call's. */
static void copy(struct cursor *cursor, uint64_t offset, uint8_t *data, size_t size, bool to_pages)
{
	while (offset - cursor->start >= cursor->pages[cursor->index].iov_len)
		cursor->start += cursor->pages[cursor->index++].iov_len;
	while (size) {
		const struct iovec *page = &cursor->pages[cursor->index];
		size_t skip = (size_t)(offset - cursor->start), part = page->iov_len - skip;

		if (part > size)
			part = size;
		if (to_pages)
			memcpy((uint8_t *)page->iov_base + skip, data, part);
		else
			memcpy(data, (const uint8_t *)page->iov_base + skip, part);
		data += part;
		offset += part;
		size -= part;
		if (size) {
			cursor->start += page->iov_len;
			cursor->index++;
		}
	}
}

static uint64_t total(const struct iovec *pages, size_t count)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < count; i++) {
		if (!bh_add(bytes, pages[i].iov_len, &bytes))
			return UINT64_MAX;
	}
	return bytes;
}

static bool pages_copy(const struct iovec *pages, size_t count, uint64_t offset, void *data,
		       size_t size, bool to_pages)
{
	struct cursor cursor = {.pages = pages, .count = count};
	uint64_t end;

	if (!bh_add(offset, size, &end) || end > total(pages, count))
		return false;
	if (size)
		copy(&cursor, offset, data, size, to_pages);
	return true;
}

bool bh_pages_read(const struct iovec *pages, size_t count, uint64_t offset, void *data,
		   size_t size)
{
	return pages_copy(pages, count, offset, data, size, false);
}

bool bh_pages_write(const struct iovec *pages, size_t count, uint64_t offset, const void *data,
		    size_t size)
{
	return pages_copy(pages, count, offset, (void *)data, size, true);
}

int bh_resource_transfer(struct bh_resource *resource, const struct bh_gpu_transfer *transfer,
			 const struct iovec *pages, size_t count, bool to_pages)
{
	struct cursor cursor = {.pages = pages, .count = count};
	uint64_t stride, layer_stride, row, end;
	struct bh_units units;
	struct bh_gpu_box box;

	if (!bh_resource_has_box(resource, transfer->level, &transfer->box))
		return -EINVAL;
	units = bh_resource_units(resource, transfer->level);
	if (!bh_units_box(&units, &resource->levels[transfer->level], &transfer->box, &box))
		return -EINVAL;
	row = (uint64_t)box.w * units.bytes;
	stride = transfer->stride ? transfer->stride : (uint64_t)units.columns * units.bytes;
	layer_stride = transfer->layer_stride ? transfer->layer_stride : stride * units.rows;
	/* Rows that overlap, or layers, are no layout a texture has. */
	if (box.h > 1 && stride < row)
		return -EINVAL;
	if (box.d > 1 && layer_stride < stride * (box.h - 1) + row)
		return -EINVAL;
	/* None of these can wrap: every factor was bounded above or is 32 bits wide. */
	end = layer_stride * (box.d - 1) + stride * (box.h - 1) + row;
	if (!bh_add(transfer->offset, end, &end) || end > total(pages, count))
		return -EINVAL;
	for (uint32_t z = 0; z < box.d; z++) {
		for (uint32_t y = 0; y < box.h; y++) {
			uint8_t *own = resource->data + units.offset +
				       (box.z + z) * units.layer_stride +
				       (uint64_t)(box.y + y) * units.row_stride +
				       (uint64_t)box.x * units.bytes;

			copy(&cursor, transfer->offset + z * layer_stride + y * stride, own,
			     (size_t)row, to_pages);
		}
	}
	if (to_pages)
		return 0;
	if (resource->blocks)
		bh_resource_decode(resource, transfer->level, &box);
	bh_resource_written(resource, transfer->level, &transfer->box);
	return 0;
}
