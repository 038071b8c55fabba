/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static _Noreturn void give_up(const char *step)
{
	fprintf(stderr, "%s: %s\n", step, strerror(errno));
	exit(1);
}

/* The number of the device's IOMMU group, real or emulated. */
static int find_group(const char *name)
{
	static const char *const buses[] = {"platform", "amba"};
	char path[256], target[256];
	ssize_t length = -1;

	for (size_t i = 0; i < 2 && length < 0; i++) {
		snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s/iommu_group", buses[i], name);
		length = readlink(path, target, sizeof(target) - 1);
	}
	if (length < 0)
		give_up(path);
	target[length] = '\0';
	return atoi(strrchr(target, '/') + 1);
}

void device_open(struct device *device, const char *name)
{
	char path[64];

	device->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (device->container < 0)
		give_up("/dev/vfio/vfio");
	snprintf(path, sizeof(path), "/dev/vfio/%d", find_group(name));
	device->group = open(path, O_RDWR | O_CLOEXEC);
	if (device->group < 0)
		give_up(path);
	if (ioctl(device->group, VFIO_GROUP_SET_CONTAINER, &device->container))
		give_up("VFIO_GROUP_SET_CONTAINER");
	if (ioctl(device->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		give_up("VFIO_SET_IOMMU");
	device->fd = ioctl(device->group, VFIO_GROUP_GET_DEVICE_FD, name);
	if (device->fd < 0)
		give_up("VFIO_GROUP_GET_DEVICE_FD");
}

void device_close(struct device *device)
{
	close(device->fd);
	close(device->group);
	close(device->container);
}

void device_hello(struct device *device)
{
	struct bulkhead_hello hello = {sizeof(hello), BULKHEAD_UAPI_VERSION};

	CHECK(ioctl(device->fd, BULKHEAD_HELLO, &hello) == 0);
}

volatile uint32_t *device_map(struct device *device, uint32_t region)
{
	struct vfio_region_info info = {.argsz = sizeof(info), .index = region};
	void *mapped;

	if (ioctl(device->fd, VFIO_DEVICE_GET_REGION_INFO, &info))
		give_up("VFIO_DEVICE_GET_REGION_INFO");
	mapped = mmap(NULL, info.size, PROT_READ | PROT_WRITE, MAP_SHARED, device->fd,
		      (off_t)info.offset);
	if (mapped == MAP_FAILED)
		give_up("mmap");
	return mapped;
}

int irq_set(struct device *device, uint32_t index, uint32_t flags, uint32_t count)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set), .flags = flags, .index = index, .count = count};

	return ioctl(device->fd, VFIO_DEVICE_SET_IRQS, &set);
}

int irq_set_fd(struct device *device, uint32_t index, uint32_t action, int fd)
{
	struct {
		struct vfio_irq_set set;
		int32_t fd;
	} call = {{.argsz = sizeof(call),
		   .flags = VFIO_IRQ_SET_DATA_EVENTFD | action,
		   .index = index,
		   .count = 1},
		  fd};

	return ioctl(device->fd, VFIO_DEVICE_SET_IRQS, &call);
}
