/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/vfio/vfio.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

static bool fail(const struct bh_vfio_device *device, uint32_t index, const char *why,
		 struct bh_diags *diags)
{
	bh_error(diags, "E1054", "%s: register region %" PRIu32 ": %s", device->manifest->name,
		 index, why);
	return false;
}

static bool map_region(struct bh_vfio *vfio, struct bh_vfio_device *device, size_t i,
		       struct bh_diags *diags)
{
	const struct bh_manifest_region *region = &device->manifest->regions[i];
	struct vfio_region_info info = {.argsz = sizeof(info), .index = region->index};

	if (ioctl(device->fd, VFIO_DEVICE_GET_REGION_INFO, &info) < 0)
		return fail(device, region->index, strerror(errno), diags);
	if (!(info.flags & VFIO_REGION_INFO_FLAG_MMAP))
		return fail(device, region->index, "the host does not let it be mapped", diags);
	if (info.size < region->size)
		return fail(device, region->index, "it is smaller than planned", diags);
	void *host = mmap(NULL, region->size, PROT_READ | PROT_WRITE, MAP_SHARED, device->fd,
			  (off_t)info.offset);
	if (host == MAP_FAILED)
		return fail(device, region->index, strerror(errno), diags);
	device->regions[i] = host;
	int err = vfio->hv->ops->map(vfio->hv, region->guest, region->size, host);
	device->region_given[i] = !err;
	return !err || fail(device, region->index, strerror(-err), diags);
}

bool bh_vfio_map_regions(struct bh_vfio *vfio, struct bh_vfio_device *device,
			 struct bh_diags *diags)
{
	for (size_t i = 0; i < device->manifest->region_count; i++) {
		if (!map_region(vfio, device, i, diags))
			return false;
	}
	return true;
}

void bh_vfio_unmap_regions(struct bh_vfio *vfio, struct bh_vfio_device *device)
{
	for (size_t i = 0; i < device->manifest->region_count; i++) {
		const struct bh_manifest_region *region = &device->manifest->regions[i];

		if (device->region_given[i])
			vfio->hv->ops->unmap(vfio->hv, region->guest);
		if (device->regions[i])
			munmap(device->regions[i], region->size);
		device->region_given[i] = false;
		device->regions[i] = NULL;
	}
}
