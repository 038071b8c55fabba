/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/played_pci.h"

#include "kernel/bulkhead.h"

#include <errno.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CONFIG_AT = PLAYED_BARS * PLAYED_BAR_STEP, GROUP = 7 };

struct played_pci played;

int played_ioctl(int fd, unsigned long request, ...) __asm__("ioctl");
int played_open(const char *path, int flags, ...) __asm__("open64");
ssize_t played_readlink(const char *path, char *target, size_t room) __asm__("readlink");

static int result(int error)
{
	errno = error;
	return error ? -1 : 0;
}

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
	size_t length = strlen(played.order);
	va_list args;

	va_start(args, format);
	vsnprintf(played.order + length, sizeof(played.order) - length, format, args);
	va_end(args);
}

static int set_irqs(const struct vfio_irq_set *set)
{
	static const char *const names[] = {"INTX", "MSI", "MSIX", "ERR", "REQ"};

	if (set->index >= PLAYED_IRQS || set->start || set->count > played.irqs[set->index])
		return result(EINVAL);
	if (played.irq_error)
		return result(played.irq_error);
	if (!(set->flags & VFIO_IRQ_SET_ACTION_TRIGGER)) {
		note("%s ", set->flags & VFIO_IRQ_SET_ACTION_UNMASK ? "UNMASK" : "MASK");
		return 0;
	}
	played.trigger_count[set->index] = set->count;
	if (set->count)
		note("%s+%u ", names[set->index], set->count);
	else
		note("%s- ", names[set->index]);
	if (set->count)
		memcpy(played.triggers[set->index], set->data, set->count * sizeof(int32_t));
	return 0;
}

static int region_info(struct vfio_region_info *info)
{
	const struct vfio_region_info_cap_sparse_mmap cap = {
		.header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP, .nr_areas = 1};
	const struct vfio_region_sparse_mmap_area area = {.offset = played.sparse_offset,
							  .size = played.sparse_size};
	const uint32_t needed = sizeof(*info) + sizeof(cap) + sizeof(area);
	bool sparse = info->index == 0 && played.sparse_size;

	if (info->index == VFIO_PCI_CONFIG_REGION_INDEX) {
		info->size = 256;
		info->offset = CONFIG_AT;
		return 0;
	}
	if (info->index >= PLAYED_BARS)
		return result(EINVAL);
	info->size = played.sizes[info->index];
	info->offset = (uint64_t)info->index * PLAYED_BAR_STEP;
	info->flags = info->size ? VFIO_REGION_INFO_FLAG_MMAP : 0;
	if (!sparse)
		return 0;
	info->flags |= VFIO_REGION_INFO_FLAG_CAPS;
	if (info->argsz >= needed) {
		char *bytes = (char *)info;
		info->cap_offset = sizeof(*info);
		memcpy(bytes + sizeof(*info), &cap, sizeof(cap));
		memcpy(bytes + sizeof(*info) + sizeof(cap), &area, sizeof(area));
	}
	info->argsz = needed;
	return 0;
}

/* As the kernel does: only for whoever has all groups on the bus. */
static int reset_bus(const struct vfio_pci_hot_reset *reset)
{
	if (!played.bus_resettable || reset->count != played.bus_groups)
		return result(EINVAL);
	played.bus_resets++;
	return 0;
}

int played_ioctl(int fd, unsigned long request, ...)
{
	va_list args;

	va_start(args, request);
	void *argument = va_arg(args, void *);
	va_end(args);
	switch (request) {
	case VFIO_GROUP_GET_STATUS:
		((struct vfio_group_status *)argument)->flags = VFIO_GROUP_FLAGS_VIABLE;
		return 0;
	case VFIO_GET_API_VERSION:
		return VFIO_API_VERSION;
	case VFIO_GROUP_GET_DEVICE_FD:
		return played.device = dup(played.file);
	case VFIO_DEVICE_GET_INFO:
		((struct vfio_device_info *)argument)->flags =
			VFIO_DEVICE_FLAGS_PCI | (played.resettable ? VFIO_DEVICE_FLAGS_RESET : 0);
		return result(played.device_flags_error);
	case VFIO_DEVICE_GET_REGION_INFO:
		return region_info(argument);
	case VFIO_DEVICE_GET_IRQ_INFO: {
		struct vfio_irq_info *info = argument;
		info->flags = VFIO_IRQ_INFO_EVENTFD;
		info->count = info->index < PLAYED_IRQS ? played.irqs[info->index] : 0;
		return 0;
	}
	case VFIO_DEVICE_SET_IRQS:
		return set_irqs(argument);
	case VFIO_DEVICE_RESET:
		played.resets++;
		return 0;
	case VFIO_DEVICE_PCI_HOT_RESET:
		/* Of a container this number maps memory. */
		return fd == played.device ? reset_bus(argument) : 0;
	default:
		return 0;
	}
}

/* Containers and groups are files that hold nothing. */
int played_open(const char *path, int flags, ...)
{
	(void)flags;
	return memfd_create(path, MFD_CLOEXEC);
}

ssize_t played_readlink(const char *path, char *target, size_t room)
{
	(void)path;
	return snprintf(target, room, "/sys/kernel/iommu_groups/%d", GROUP);
}

void played_pci_init(void)
{
	memset(&played, 0, sizeof(played));
	played.bus_groups = 1;
	played.file = memfd_create("function", MFD_CLOEXEC);
	if (played.file < 0 || ftruncate(played.file, CONFIG_AT + 256) < 0)
		abort();
}

void played_pci_finish(void)
{
	close(played.file);
}

static void put(uint64_t at, const void *value, size_t size)
{
	if (pwrite(played.file, value, size, (off_t)at) != (ssize_t)size)
		abort();
}

static uint32_t get(uint64_t at, size_t size)
{
	uint32_t value = 0;

	if (pread(played.file, &value, size, (off_t)at) != (ssize_t)size)
		abort();
	return value;
}

void played_pci_put(unsigned offset, unsigned size, uint32_t value)
{
	put(CONFIG_AT + offset, &value, size);
}

uint32_t played_pci_get(unsigned offset, unsigned size)
{
	return get(CONFIG_AT + offset, size);
}

void played_pci_put_bar(unsigned bar, uint64_t offset, uint32_t value)
{
	put((uint64_t)bar * PLAYED_BAR_STEP + offset, &value, sizeof(value));
}

uint32_t played_pci_get_bar(unsigned bar, uint64_t offset)
{
	return get((uint64_t)bar * PLAYED_BAR_STEP + offset, 4);
}
