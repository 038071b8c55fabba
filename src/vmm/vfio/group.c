/* SPDX-License-Identifier: Apache-2.0 */
/* Containers and groups: how a device's descriptor is had, and what its DMA reaches. */
#include "vmm/vfio/vfio.h"

#include "vmm/fd.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Buses whose devices are named and bound alike. */
static const char *const buses[] = {"platform", "amba", "pci"};

/* The number of the device's group; -1: it has none. */
static int group_of(const char *device)
{
	for (size_t i = 0; i < sizeof(buses) / sizeof(buses[0]); i++) {
		char path[256], target[256];
		uint64_t number;

		snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s/iommu_group", buses[i],
			 device);
		ssize_t length = readlink(path, target, sizeof(target) - 1);
		if (length <= 0)
			continue;
		target[length] = '\0';
		const char *name = strrchr(target, '/');
		if (name && bh_parse_u64(name + 1, &number))
			return (int)number;
	}
	return -1;
}

static bool fail(struct bh_diags *diags, const char *device, const char *what)
{
	struct bh_diag *diag = bh_error(diags, "E1050", "device %s cannot be taken", device);

	bh_diag_cause(diag, "%s: %s", what, strerror(errno));
	bh_diag_hint(
		diag,
		"`bulkhead apply` binds it for its VM; `bulkhead status` shows which VM has it");
	return false;
}

/* All groups of a VM share one container: one set of translations. */
static bool open_container(struct bh_vfio *vfio, const char *device, struct bh_diags *diags)
{
	const char *path = vfio->container_path ? vfio->container_path : "/dev/vfio/vfio";

	if (vfio->container >= 0)
		return true;
	vfio->container = bh_open(path, O_RDWR);
	if (vfio->container < 0)
		return fail(diags, device, path);
	if (ioctl(vfio->container, VFIO_GET_API_VERSION) != VFIO_API_VERSION)
		return fail(diags, device, "VFIO has another version");
	return true;
}

static bool open_group(struct bh_vfio *vfio, struct bh_vfio_group *group, const char *device,
		       const char *given, bool iommu, struct bh_diags *diags)
{
	struct vfio_group_status status = {.argsz = sizeof(status)};
	char path[32];

	snprintf(path, sizeof(path), "/dev/vfio/%d", group->number);
	group->fd = bh_open(given ? given : path, O_RDWR);
	if (group->fd < 0)
		return fail(diags, device, path);
	if (ioctl(group->fd, VFIO_GROUP_GET_STATUS, &status) < 0)
		return fail(diags, device, path);
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE)) {
		errno = EBUSY;
		return fail(diags, device, "another device of its IOMMU group is the host's");
	}
	if (ioctl(group->fd, VFIO_GROUP_SET_CONTAINER, &vfio->container) < 0)
		return fail(diags, device, "container");
	if (vfio->group_count == 1 &&
	    ioctl(vfio->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) < 0) {
		struct bh_diag *diag =
			bh_error(diags, "E1052", "the IOMMU does not take device %s: %s", device,
				 strerror(errno));
		if (errno == ENODEV)
			bh_diag_hint(diag, "modprobe vfio_iommu_type1");
		else if (errno == EPERM && iommu)
			bh_diag_hint(diag, "platform devices need the host's module option "
					   "vfio_iommu_type1.allow_unsafe_interrupts=1");
		return false;
	}
	return true;
}

static struct bh_vfio_group *find_group(struct bh_vfio *vfio, int number)
{
	for (size_t i = 0; i < vfio->group_count; i++) {
		if (vfio->groups[i].number == number)
			return &vfio->groups[i];
	}
	return NULL;
}

/* The device's group, opened and in the container; NULL: it cannot be had. */
static struct bh_vfio_group *take_group(struct bh_vfio *vfio, const char *device, const char *given,
					bool iommu, struct bh_diags *diags)
{
	/* A descriptor stands for a group as well as its number does. */
	int number = given ? bh_fd_of(given) : group_of(device);
	struct bh_vfio_group *group = find_group(vfio, number);

	if (number < 0) {
		errno = ENODEV;
		fail(diags, device, "no VFIO driver has it");
		return NULL;
	}
	if (group)
		return group;
	if (!open_container(vfio, device, diags))
		return NULL;
	group = &vfio->groups[vfio->group_count++];
	*group = (struct bh_vfio_group){.number = number, .fd = -1};
	if (!open_group(vfio, group, device, given, iommu, diags))
		return NULL;
	/* Without: KVM does not know that the guest's memory may be coherent or not. */
	if (vfio->hv->ops->add_file(vfio->hv, group->fd) < 0)
		bh_log(vfio->log, BH_LOG_WARNING, "%s: KVM does not take its group", device);
	return group;
}

int bh_vfio_open(struct bh_vfio *vfio, const char *device, const char *given, bool iommu,
		 int *group_fd, struct bh_diags *diags)
{
	struct bh_vfio_group *group = take_group(vfio, device, given, iommu, diags);
	int fd = group ? ioctl(group->fd, VFIO_GROUP_GET_DEVICE_FD, device) : -1;

	if (group && fd < 0)
		fail(diags, device, "VFIO");
	if (group && group_fd)
		*group_fd = group->fd;
	return fd;
}

bool bh_vfio_map_ram(struct bh_vfio *vfio, struct bh_diags *diags)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)vfio->ram->host,
		.iova = vfio->ram->guest.base,
		.size = vfio->ram->guest.size,
	};

	if (ioctl(vfio->container, VFIO_IOMMU_MAP_DMA, &map) < 0) {
		struct bh_diag *diag =
			bh_error(diags, "E1053", "the guest's memory cannot be mapped for DMA: %s",
				 strerror(errno));
		if (errno == ENOMEM)
			bh_diag_hint(diag, "raise the limit on locked memory (ulimit -l)");
		return false;
	}
	vfio->dma_mapped = true;
	return true;
}

void bh_vfio_close(struct bh_vfio *vfio)
{
	if (vfio->dma_mapped) {
		struct vfio_iommu_type1_dma_unmap unmap = {.argsz = sizeof(unmap),
							   .iova = vfio->ram->guest.base,
							   .size = vfio->ram->guest.size};
		(void)ioctl(vfio->container, VFIO_IOMMU_UNMAP_DMA, &unmap);
	}
	vfio->dma_mapped = false;
	for (size_t i = 0; i < vfio->group_count; i++) {
		if (vfio->groups[i].fd >= 0)
			close(vfio->groups[i].fd);
	}
	vfio->group_count = 0;
	if (vfio->container >= 0)
		close(vfio->container);
	vfio->container = -1;
}
