/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resets of PCI functions between two users. One that cannot be reset alone is reset with its bus,
 * when all that is on the bus is this VM's.
 */
#include "vmm/vfio/function.h"

#include "vmm/vfio/vfio.h"

#include "base/alloc.h"

#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

/* What a reset of the function's bus would hit; NULL: there is no such reset. */
static struct vfio_pci_hot_reset_info *ask_bus(int fd)
{
	enum { DEVICES_MAX = 256 };
	size_t room = sizeof(struct vfio_pci_hot_reset_info) +
		      DEVICES_MAX * sizeof(struct vfio_pci_dependent_device);
	struct vfio_pci_hot_reset_info *info = bh_alloc(room);

	info->argsz = (uint32_t)room;
	if (ioctl(fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info) < 0 || info->count > DEVICES_MAX) {
		free(info);
		return NULL;
	}
	return info;
}

static int group_fd(const struct bh_vfio *vfio, uint32_t number)
{
	for (size_t i = 0; i < vfio->group_count; i++) {
		if ((uint32_t)vfio->groups[i].number == number)
			return vfio->groups[i].fd;
	}
	return -1;
}

static bool reset_bus(const struct bh_vfio *vfio, int fd)
{
	struct vfio_pci_hot_reset_info *info = ask_bus(fd);

	if (!info)
		return false;
	union {
		struct vfio_pci_hot_reset call;
		char room[sizeof(struct vfio_pci_hot_reset) + BH_VFIO_GROUPS_MAX * sizeof(int32_t)];
	} reset = {.call = {.argsz = sizeof(reset)}};
	bool ours = true;
	for (uint32_t i = 0; i < info->count && ours; i++) {
		int32_t group = group_fd(vfio, info->devices[i].group_id);
		bool known = false;

		ours = group >= 0;
		for (uint32_t j = 0; j < reset.call.count; j++)
			known = known || reset.call.group_fds[j] == group;
		if (ours && !known && reset.call.count < BH_VFIO_GROUPS_MAX)
			reset.call.group_fds[reset.call.count++] = group;
	}
	free(info);
	return ours && ioctl(fd, VFIO_DEVICE_PCI_HOT_RESET, &reset.call) == 0;
}

void bh_vfio_reset_all(struct bh_vfio *vfio, bool tell)
{
	for (size_t i = 0; i < vfio->function_count; i++) {
		struct bh_vfio_function *function = &vfio->functions[i];

		if (function->fd < 0)
			continue;
		if ((function->resettable && ioctl(function->fd, VFIO_DEVICE_RESET) == 0) ||
		    reset_bus(vfio, function->fd))
			continue;
		if (tell)
			bh_log(vfio->log, BH_LOG_INFO, "%s: the host has no way to reset it",
			       function->manifest->host);
	}
}
