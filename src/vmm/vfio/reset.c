/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resets of PCI functions between two users. One that cannot be reset alone is reset with its bus,
 * when all that is on the bus is this VM's.
 */
#include "vmm/vfio/function.h"

#include "vmm/vfio/vfio.h"

#include <linux/vfio.h>
#include <string.h>
#include <sys/ioctl.h>

/* "0000:00:02.0": as far as the slot. */
static bool same_bus(const char *a, const char *b)
{
	size_t length = (size_t)(strrchr(a, ':') - a);

	return !strncmp(a, b, length + 1);
}

/* The kernel checks that all that is on the bus belongs to the groups that it is shown. */
static bool reset_bus(const struct bh_vfio *vfio, const struct bh_vfio_function *function)
{
	union {
		struct vfio_pci_hot_reset call;
		char room[sizeof(struct vfio_pci_hot_reset) + BH_FUNCTIONS_MAX * sizeof(int32_t)];
	} reset = {.call = {.argsz = sizeof(reset)}};

	for (size_t i = 0; i < vfio->function_count; i++) {
		const struct bh_vfio_function *other = &vfio->functions[i];
		int32_t group = other->group_fd;
		bool shown =
			other->fd < 0 || !same_bus(function->manifest->host, other->manifest->host);

		for (uint32_t j = 0; j < reset.call.count; j++)
			shown = shown || !memcmp(reset.call.group_fds + j, &group, sizeof(group));
		if (!shown)
			memcpy(reset.call.group_fds + reset.call.count++, &group, sizeof(group));
	}
	return ioctl(function->fd, VFIO_DEVICE_PCI_HOT_RESET, &reset.call) == 0;
}

void bh_vfio_reset_all(struct bh_vfio *vfio, bool tell)
{
	for (size_t i = 0; i < vfio->function_count; i++) {
		struct bh_vfio_function *function = &vfio->functions[i];

		if (function->fd < 0)
			continue;
		if ((function->resettable && ioctl(function->fd, VFIO_DEVICE_RESET) == 0) ||
		    reset_bus(vfio, function))
			continue;
		if (tell)
			bh_log(vfio->log, BH_LOG_INFO, "%s: the host has no way to reset it",
			       function->manifest->host);
	}
}
