/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts from the host's line to the guest's, without us.
 *
 * A level interrupt may be up long before the guest has a driver for it. So the order is: masked
 * first; then how it reaches the guest, and how the guest's end of interrupt comes back; unmasked
 * last. By then the guest's interrupt controller is final and is never reset. A line that is up at
 * that moment is injected once, stays pending in the guest until its driver asks, and the guest's
 * end of interrupt unmasks it.
 */
#include "vmm/vfio/vfio.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* One action on one interrupt; `fd` -1: without a descriptor. */
static int set(const struct bh_vfio_device *device, uint32_t index, uint32_t action, int fd)
{
	union {
		struct vfio_irq_set set;
		char room[sizeof(struct vfio_irq_set) + sizeof(int32_t)];
	} call = {.set = {.argsz = sizeof(call.set),
			  .flags = action | VFIO_IRQ_SET_DATA_NONE,
			  .index = index,
			  .count = 1}};

	if (fd >= 0) {
		int32_t number = fd;
		call.set.argsz = sizeof(call.room);
		call.set.flags = action | VFIO_IRQ_SET_DATA_EVENTFD;
		memcpy(call.set.data, &number, sizeof(number));
	}
	return ioctl(device->fd, VFIO_DEVICE_SET_IRQS, &call) < 0 ? -errno : 0;
}

/* No descriptor any more: the host's line is let go. */
static void release(const struct bh_vfio_device *device, uint32_t index)
{
	struct vfio_irq_set call = {.argsz = sizeof(call),
				    .flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
				    .index = index};

	(void)ioctl(device->fd, VFIO_DEVICE_SET_IRQS, &call);
}

static int wire_edge(struct bh_vfio *vfio, struct bh_vfio_device *device, struct bh_vfio_irq *irq,
		     const struct bh_manifest_irq *manifest)
{
	int err = vfio->hv->ops->set_irq_fd(vfio->hv, manifest->intid, irq->trigger, -1, true);

	irq->wired = !err;
	return err ? err : set(device, manifest->index, VFIO_IRQ_SET_ACTION_TRIGGER, irq->trigger);
}

static int wire_level(struct bh_vfio *vfio, struct bh_vfio_device *device, struct bh_vfio_irq *irq,
		      const struct bh_manifest_irq *manifest)
{
	int err = set(device, manifest->index, VFIO_IRQ_SET_ACTION_MASK, -1);

	if (err)
		return err;
	irq->resample = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (irq->resample < 0)
		return -errno;
	err = vfio->hv->ops->set_irq_fd(vfio->hv, manifest->intid, irq->trigger, irq->resample,
					true);
	irq->wired = !err;
	if (!err)
		err = set(device, manifest->index, VFIO_IRQ_SET_ACTION_TRIGGER, irq->trigger);
	if (!err)
		err = set(device, manifest->index, VFIO_IRQ_SET_ACTION_UNMASK, irq->resample);
	return err ? err : set(device, manifest->index, VFIO_IRQ_SET_ACTION_UNMASK, -1);
}

static bool wire(struct bh_vfio *vfio, struct bh_vfio_device *device, size_t i,
		 struct bh_diags *diags)
{
	const struct bh_manifest_irq *manifest = &device->manifest->irqs[i];
	struct bh_vfio_irq *irq = &device->irqs[i];
	struct vfio_irq_info info = {.argsz = sizeof(info), .index = manifest->index};
	int err = 0;

	if (ioctl(device->fd, VFIO_DEVICE_GET_IRQ_INFO, &info) < 0)
		err = -errno;
	else if (!(info.flags & VFIO_IRQ_INFO_EVENTFD) ||
		 !(info.flags & VFIO_IRQ_INFO_AUTOMASKED) != manifest->edge)
		err = -EOPNOTSUPP; /* never through this process: too slow, and easily wedged */
	if (!err) {
		irq->trigger = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		err = irq->trigger < 0 ? -errno : 0;
	}
	if (!err)
		err = manifest->edge ? wire_edge(vfio, device, irq, manifest)
				     : wire_level(vfio, device, irq, manifest);
	if (err)
		bh_error(diags, "E1055", "%s: interrupt %" PRIu32 " (guest's %" PRIu32 "): %s",
			 device->manifest->name, manifest->index, manifest->intid, strerror(-err));
	return !err;
}

bool bh_vfio_wire_irqs(struct bh_vfio *vfio, struct bh_vfio_device *device, struct bh_diags *diags)
{
	for (size_t i = 0; i < device->manifest->irq_count; i++) {
		if (!wire(vfio, device, i, diags))
			return false;
	}
	return true;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void bh_vfio_unwire_irqs(struct bh_vfio *vfio, struct bh_vfio_device *device)
{
	for (size_t i = 0; i < device->manifest->irq_count; i++) {
		struct bh_vfio_irq *irq = &device->irqs[i];

		if (irq->trigger >= 0)
			release(device, device->manifest->irqs[i].index);
		if (irq->wired)
			vfio->hv->ops->set_irq_fd(vfio->hv, device->manifest->irqs[i].intid,
						  irq->trigger, irq->resample, false);
		irq->wired = false;
		close_one(&irq->trigger);
		close_one(&irq->resample);
	}
}
