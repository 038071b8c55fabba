/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assigned devices through VFIO: PCI functions (function.h), and platform devices: registers mapped
 * into the guest, interrupts wired by the kernel from the host's line to the guest's, DMA confined
 * to the guest's RAM where there is an IOMMU. After set-up nothing of a device's work passes
 * through this process.
 */
#ifndef BH_VMM_VFIO_VFIO_H
#define BH_VMM_VFIO_VFIO_H

#include "vmm/hv.h"
#include "vmm/ram.h"
#include "vmm/scmi/scmi.h"
#include "vmm/vfio/function.h"

#include "base/diag.h"
#include "base/log.h"

struct bh_vfio_irq {
	int trigger, resample; /* eventfds; -1: none */
	bool wired;
};

struct bh_vfio_device {
	const struct bh_manifest_device *manifest;
	int fd; /* of the device */
	bool resettable;
	void *regions[BH_REGIONS_MAX]; /* mapped; NULL: not */
	bool region_given[BH_REGIONS_MAX];
	struct bh_vfio_irq irqs[BH_IRQS_MAX];
};

struct bh_vfio_group {
	int number, fd;
};

#define BH_VFIO_GROUPS_MAX (BH_DEVICES_MAX + BH_FUNCTIONS_MAX)

struct bh_vfio {
	struct bh_hv *hv;
	const struct bh_ram *ram;
	const struct bh_log *log;
	int container;              /* -1: no device is assigned */
	const char *container_path; /* NULL: /dev/vfio/vfio */
	bool dma_mapped;
	struct bh_vfio_group groups[BH_VFIO_GROUPS_MAX];
	size_t group_count;
	struct bh_vfio_device *devices; /* one for each of the manifest's */
	size_t device_count;
	struct bh_vfio_function *functions; /* the same */
	size_t function_count;
};

/* Takes all the manifest's devices and functions. bh_vfio_finish() is right after success and
 * failure. Codes: E1050-E1058. */
bool bh_vfio_init(struct bh_vfio *vfio, const struct bh_manifest *manifest, struct bh_hv *hv,
		  const struct bh_ram *ram, const struct bh_log *log, struct bh_diags *diags);
void bh_vfio_finish(struct bh_vfio *vfio);

/* Puts the functions on the guest's bus. */
bool bh_vfio_plug(struct bh_vfio *vfio, struct bh_pci_host *host,
		  const struct bh_manifest *manifest, const struct bh_vfio_keeper *keeper,
		  struct bh_diags *diags);

/* Resets all devices and functions: their DMA ends. */
void bh_vfio_reset(struct bh_vfio *vfio);

/* Of the files beside. A device's descriptor, or -1. `given`: its group, "fd:N", or NULL; the group
 * stays open and is told in *group_fd, which may be NULL. */
int bh_vfio_open(struct bh_vfio *vfio, const char *device, const char *given, bool iommu,
		 int *group_fd, struct bh_diags *diags);
bool bh_vfio_map_ram(struct bh_vfio *vfio, struct bh_diags *diags);
void bh_vfio_close(struct bh_vfio *vfio);
bool bh_vfio_map_regions(struct bh_vfio *vfio, struct bh_vfio_device *device,
			 struct bh_diags *diags);
void bh_vfio_unmap_regions(struct bh_vfio *vfio, struct bh_vfio_device *device);
bool bh_vfio_wire_irqs(struct bh_vfio *vfio, struct bh_vfio_device *device, struct bh_diags *diags);
void bh_vfio_unwire_irqs(struct bh_vfio *vfio, struct bh_vfio_device *device);

/* The backend of the SCMI server: bulkhead.ko's calls on the devices' descriptors. Its backend
 * pointer is the struct bh_vfio. */
extern const struct bh_scmi_backend_ops bh_vfio_controls;

#endif
