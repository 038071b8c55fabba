/* SPDX-License-Identifier: Apache-2.0 */
/* The PCI transport (virtio 1.2, section 4.1), modern layout only, interrupts by MSI-X only. */
#ifndef BH_VMM_VIRTIO_PCI_H
#define BH_VMM_VIRTIO_PCI_H

#include "vmm/pci/msix.h"
#include "vmm/virtio/device.h"

struct bh_virtio_pci {
	struct bh_virtio *device;
	struct bh_hv *hv;
	struct bh_pci_function function;
	struct bh_msix msix;
	uint8_t access; /* the capability through which configuration space reaches the window */
	atomic_uint config_vector;
	atomic_uint pending; /* the ISR register; read by drivers without MSI-X */
	atomic_ulong signals;
};

/* Returns 0 or a negative errno; bh_virtio_pci_finish() is right after either. */
int bh_virtio_pci_init(struct bh_virtio_pci *pci, struct bh_virtio *device, struct bh_hv *hv,
		       struct bh_pci_host *host, uint32_t slot);
void bh_virtio_pci_finish(struct bh_virtio_pci *pci);

#endif
