/* SPDX-License-Identifier: Apache-2.0 */
/* The MMIO transport (virtio 1.2, section 4.2): registers and one interrupt a device. */
#ifndef BH_VMM_VIRTIO_MMIO_H
#define BH_VMM_VIRTIO_MMIO_H

#include "vmm/bus.h"
#include "vmm/virtio/device.h"

struct bh_virtio_mmio {
	struct bh_virtio *device;
	struct bh_hv *hv;
	struct bh_gpa registers;
	uint32_t intid;
	int irq; /* an eventfd that raises it */
	bool irq_wired;
	unsigned kicks_wired;
	atomic_uint pending; /* InterruptStatus */
	atomic_ulong signals;
};

extern const struct bh_bus_ops bh_virtio_mmio_ops;

/* Returns 0 or a negative errno; bh_virtio_mmio_finish() is right after either. */
int bh_virtio_mmio_init(struct bh_virtio_mmio *mmio, struct bh_virtio *device, struct bh_hv *hv,
			struct bh_gpa registers, uint32_t intid);
void bh_virtio_mmio_finish(struct bh_virtio_mmio *mmio);

#endif
