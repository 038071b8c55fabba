/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks, resets and power domains of assigned devices, as bulkhead.ko serves them. */
#include "vmm/vfio/vfio.h"

#include <errno.h>
#include <sys/ioctl.h>

static int call(void *backend, uint32_t device, unsigned long request, void *argument)
{
	const struct bh_vfio *vfio = backend;

	if (device >= vfio->device_count)
		return -ENODEV;
	return ioctl(vfio->devices[device].fd, request, argument) < 0 ? -errno : 0;
}

static int get_rate(void *backend, uint32_t device, uint32_t index, uint64_t *rate)
{
	struct bulkhead_rate argument = {.argsz = sizeof(argument), .index = index};
	int err = call(backend, device, BULKHEAD_GET_RATE, &argument);

	*rate = argument.rate;
	return err;
}

static int set_rate(void *backend, uint32_t device, uint32_t index, uint64_t rate)
{
	struct bulkhead_rate argument = {.argsz = sizeof(argument), .index = index, .rate = rate};

	return call(backend, device, BULKHEAD_SET_RATE, &argument);
}

static int set(void *backend, enum bulkhead_kind kind, uint32_t device, uint32_t index,
	       enum bulkhead_action action)
{
	struct bulkhead_switch argument = {
		.argsz = sizeof(argument), .kind = kind, .index = index, .action = action};

	return call(backend, device, BULKHEAD_SWITCH, &argument);
}

static int is_on(void *backend, enum bulkhead_kind kind, uint32_t device, uint32_t index, bool *on)
{
	struct bulkhead_control argument = {
		.argsz = sizeof(argument), .kind = kind, .index = index};
	int err = call(backend, device, BULKHEAD_GET_CONTROL, &argument);

	if (!err)
		*on = argument.flags & BULKHEAD_CONTROL_ON;
	return err;
}

const struct bh_scmi_backend_ops bh_vfio_controls = {
	.get_rate = get_rate, .set_rate = set_rate, .set = set, .is_on = is_on};
