/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/stats.h"

#include "vmm/control.h"
#include "vmm/virtio/balloon.h"
#include "vmm/virtio/vhost_user.h"

#include <inttypes.h>
#include <stdio.h>

/* "virtio.disk0.requests 12" */
static void put(struct bh_buf *out, const char *group, const char *name, const char *what,
		uint64_t value)
{
	char key[96];

	snprintf(key, sizeof(key), "%s.%s.%s", group, name, what);
	bh_control_put(out, key, "%" PRIu64, value);
}

static void put_virtio(struct bh_vm *vm, size_t index, bool all, struct bh_buf *out)
{
	struct bh_virtio *device = vm->virtio[index].device;
	uint64_t requests = 0, signals = 0;

	/* Read while the devices work: a count may be one behind. */
	for (unsigned i = 0; i < device->queue_count; i++) {
		requests += device->queues[i].ring.chains;
		signals += device->queues[i].ring.signals;
	}
	put(out, "virtio", device->name, "requests", requests);
	if (bh_virtio_is_served(&vm->manifest->virtio[index])) {
		struct bh_vhost_user_view view = bh_vhost_user_look(device);
		put(out, "server", device->name, "here", view.here);
		put(out, "server", device->name, "lost", view.lost);
	}
	if (!all)
		return;
	put(out, "virtio", device->name, "interrupts", signals);
	put(out, "virtio", device->name, "status", device->status);
}

static void put_bus(struct bh_vm *vm, struct bh_buf *out)
{
	pthread_mutex_lock(&vm->lock);
	for (size_t i = 0; i < vm->bus.count; i++)
		put(out, "mmio", vm->bus.entries[i].name, "accesses", vm->bus.entries[i].accesses);
	bh_control_put(out, "mmio.unclaimed", "%" PRIu64, vm->bus.unclaimed);
	pthread_mutex_unlock(&vm->lock);
}

static void put_balloon(struct bh_vm *vm, bool all, struct bh_buf *out)
{
	struct bh_virtio *device = bh_vm_find(vm, BH_VIRTIO_BALLOON);
	struct bh_balloon_view view;

	if (!device)
		return;
	bh_balloon_look(device, all, &view);
	bh_control_put(out, "balloon.target", "%" PRIu64, view.target);
	bh_control_put(out, "balloon.given", "%" PRIu64, view.given);
	bh_control_put(out, "balloon.limit", "%" PRIu64, view.limit);
	bh_control_put(out, "balloon.reported", "%" PRIu64, view.reported);
	if (!all)
		return;
	bh_control_put(out, "balloon.guest-free", "%" PRIu64, view.guest_free);
	bh_control_put(out, "balloon.guest-available", "%" PRIu64, view.guest_available);
	bh_control_put(out, "balloon.guest-total", "%" PRIu64, view.guest_total);
}

void bh_vm_put_stats(struct bh_vm *vm, bool all, struct bh_buf *out)
{
	for (size_t i = 0; i < vm->manifest->virtio_count; i++)
		put_virtio(vm, i, all, out);
	if (vm->scmi_page) {
		bh_control_put(out, "scmi.calls", "%" PRIu64, vm->scmi.calls);
		bh_control_put(out, "scmi.refused", "%" PRIu64, vm->scmi.refused);
	}
	put_balloon(vm, all, out);
	if (all)
		put_bus(vm, out);
}
