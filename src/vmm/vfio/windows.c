/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A function's BARs: what of them the guest reaches directly, and what is answered here. KVM's
 * memory goes before the bus, so the whole window is on the bus, and the mapped parts cover it.
 */
#include "vmm/vfio/function.h"

#include "vmm/vfio/vfio.h"

#include "base/alloc.h"

#include <assert.h>
#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static bool is_msix_table(const struct bh_vfio_window *window, uint64_t offset, unsigned size)
{
	const struct bh_pci_view *view = &window->function->view;

	return view->msix && window->bar == view->table_bar &&
	       bh_range_overlaps(view->table, (struct bh_range){offset, size});
}

static bool is_msix_pending(const struct bh_vfio_window *window, uint64_t offset, unsigned size)
{
	const struct bh_pci_view *view = &window->function->view;

	return view->msix && window->bar == view->pending_bar &&
	       bh_range_overlaps(view->pending, (struct bh_range){offset, size});
}

static bool is_inside(const struct bh_vfio_window *window, uint64_t offset, unsigned size)
{
	uint64_t real = window->function->view.bars[window->bar].size;

	return offset <= real && size <= real - offset;
}

static uint64_t window_read(void *owner, uint64_t offset, unsigned size)
{
	struct bh_vfio_window *window = owner;
	struct bh_vfio_function *function = window->function;
	uint64_t value = 0;

	/* Below the table's start the difference is huge, and reads as 0. */
	if (is_msix_table(window, offset, size))
		return bh_msix_read_table(&function->msix, offset - function->view.table.base,
					  size);
	if (is_msix_pending(window, offset, size))
		return bh_msix_read_pending(&function->msix, offset - function->view.pending.base,
					    size);
	if (!is_inside(window, offset, size) ||
	    pread(function->fd, &value, size, (off_t)(window->at + offset)) != (ssize_t)size)
		return UINT64_MAX;
	return value;
}

static void window_write(void *owner, uint64_t offset, unsigned size, uint64_t value)
{
	struct bh_vfio_window *window = owner;
	struct bh_vfio_function *function = window->function;

	if (is_msix_table(window, offset, size))
		bh_msix_write_table(&function->msix, offset - function->view.table.base, size,
				    value);
	else if (!is_msix_pending(window, offset, size) && is_inside(window, offset, size))
		(void)!pwrite(function->fd, &value, size, (off_t)(window->at + offset));
}

const struct bh_bus_ops bh_vfio_window_ops = {.read = window_read, .write = window_write};

static void add_area(struct bh_vfio_window *window, struct bh_range range)
{
	if (range.size && window->area_count < BH_VFIO_AREAS_MAX)
		window->areas[window->area_count++] =
			(struct bh_vfio_area){.offset = range.base, .size = range.size};
}

/* Takes the pages that `hole` touches out of the areas; each may fall into two. */
static void cut(struct bh_vfio_window *window, struct bh_range hole, uint64_t page)
{
	struct bh_vfio_area before[BH_VFIO_AREAS_MAX];
	size_t count = window->area_count;

	if (!hole.size || !bh_range_align_out(hole, page, &hole))
		return;
	memcpy(before, window->areas, sizeof(before));
	window->area_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct bh_range area = {before[i].offset, before[i].size};
		uint64_t area_end = area.base + area.size, hole_end = hole.base + hole.size;

		if (!bh_range_overlaps(area, hole)) {
			add_area(window, area);
			continue;
		}
		if (area.base < hole.base)
			add_area(window, (struct bh_range){area.base, hole.base - area.base});
		if (area_end > hole_end)
			add_area(window, (struct bh_range){hole_end, area_end - hole_end});
	}
}

/* A part that the host lets be mapped, in whole pages and inside the window; else not at all. */
static void offer_area(struct bh_vfio_window *window, uint64_t offset, uint64_t size, uint64_t page)
{
	uint64_t shown = window->function->view.bars[window->bar].shown;
	uint64_t end;

	if (bh_add(offset, size, &end) && bh_align_up(end, page, &end) && offset % page == 0 &&
	    end <= shown)
		add_area(window, (struct bh_range){offset, end - offset});
}

/* The parts that the host names when it does not give the whole; false when it names none. */
static bool offer_sparse(struct bh_vfio_window *window, const struct vfio_region_info *info,
			 uint64_t page)
{
	const char *bytes = (const char *)info;
	uint32_t at = info->flags & VFIO_REGION_INFO_FLAG_CAPS ? info->cap_offset : 0;

	/* Each link goes forward, so it ends. */
	while (at && at + sizeof(struct vfio_info_cap_header) <= info->argsz) {
		struct vfio_region_info_cap_sparse_mmap sparse;

		if (at + sizeof(sparse) <= info->argsz)
			memcpy(&sparse, bytes + at, sizeof(sparse));
		else
			memcpy(&sparse.header, bytes + at, sizeof(sparse.header));
		if (sparse.header.id == VFIO_REGION_INFO_CAP_SPARSE_MMAP &&
		    at + sizeof(sparse) <= info->argsz) {
			size_t room = (info->argsz - at - sizeof(sparse)) /
				      sizeof(struct vfio_region_sparse_mmap_area);
			for (uint32_t i = 0; i < sparse.nr_areas && i < room; i++) {
				struct vfio_region_sparse_mmap_area area;
				memcpy(&area, bytes + at + sizeof(sparse) + i * sizeof(area),
				       sizeof(area));
				offer_area(window, area.offset, area.size, page);
			}
			return true;
		}
		if (sparse.header.next <= at)
			return false;
		at = sparse.header.next;
	}
	return false;
}

/* The kernel's answer with its capabilities, which may be long; the caller frees it. */
static struct vfio_region_info *ask_region(int fd, uint32_t index)
{
	enum { LONGEST = 65536 };
	uint32_t size = sizeof(struct vfio_region_info);

	for (;;) {
		struct vfio_region_info *info = bh_alloc(size);

		info->argsz = size;
		info->index = index;
		if (ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, info) < 0 || info->argsz > LONGEST) {
			free(info);
			return NULL;
		}
		if (info->argsz <= size) {
			info->argsz = size;
			return info;
		}
		size = info->argsz;
		free(info);
	}
}

static bool fail(const struct bh_vfio_function *function, unsigned bar, int error,
		 struct bh_diags *diags)
{
	bh_error(diags, "E1054", "%s: BAR %u: %s", function->manifest->host, bar, strerror(error));
	return false;
}

static bool map_areas(struct bh_vfio_window *window, struct bh_diags *diags)
{
	struct bh_vfio_function *function = window->function;

	for (size_t i = 0; i < window->area_count; i++) {
		struct bh_vfio_area *area = &window->areas[i];
		void *host = mmap(NULL, area->size, PROT_READ | PROT_WRITE, MAP_SHARED,
				  function->fd, (off_t)(window->at + area->offset));
		if (host == MAP_FAILED)
			return fail(function, window->bar, errno, diags);
		area->host = host;
	}
	return true;
}

static bool window_init(struct bh_vfio_window *window, struct bh_diags *diags)
{
	struct bh_vfio_function *function = window->function;
	const struct bh_pci_view *view = &function->view;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct vfio_region_info *info = ask_region(function->fd, window->bar);

	if (!info)
		return fail(function, window->bar, errno, diags);
	window->at = info->offset;
	if (info->flags & VFIO_REGION_INFO_FLAG_MMAP && !offer_sparse(window, info, page))
		offer_area(window, 0, view->bars[window->bar].size, page);
	free(info);
	if (view->msix && window->bar == view->table_bar)
		cut(window, view->table, page);
	if (view->msix && window->bar == view->pending_bar)
		cut(window, view->pending, page);
	return map_areas(window, diags);
}

bool bh_vfio_windows_init(struct bh_vfio_function *function, struct bh_diags *diags)
{
	for (unsigned i = 0; i < BH_PCI_BARS; i++) {
		struct bh_vfio_window *window = &function->windows[i];

		*window = (struct bh_vfio_window){.function = function, .bar = i};
		if (function->view.bars[i].size && !window_init(window, diags))
			return false;
	}
	return true;
}

void bh_vfio_windows_finish(struct bh_vfio_function *function)
{
	for (unsigned i = 0; i < BH_PCI_BARS; i++) {
		struct bh_vfio_window *window = &function->windows[i];

		for (size_t j = 0; j < window->area_count; j++) {
			assert(!window->areas[j].given);
			if (window->areas[j].host)
				munmap(window->areas[j].host, window->areas[j].size);
		}
		window->area_count = 0;
	}
}

void bh_vfio_window_moved(struct bh_pci_function *pci, unsigned bar, bool mapped)
{
	struct bh_vfio_function *function = pci->owner;
	struct bh_vfio_window *window = &function->windows[bar];
	struct bh_hv *hv = function->vfio->hv;

	for (size_t i = 0; i < window->area_count; i++) {
		struct bh_vfio_area *area = &window->areas[i];
		struct bh_gpa guest = {pci->bars[bar].address + area->offset};

		if (mapped && !area->given)
			/* Where it is not, accesses come here: slow, but right. */
			area->given = !hv->ops->map(hv, guest, area->size, area->host);
		else if (!mapped && area->given)
			area->given = hv->ops->unmap(hv, guest) != 0;
	}
}
