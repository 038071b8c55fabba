/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/vfio/vfio.h"

#include "base/alloc.h"

#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The module says which version it speaks: two that differ must not guess. */
static bool greet(const struct bh_vfio_device *device, struct bh_diags *diags)
{
	struct bulkhead_hello hello = {.argsz = sizeof(hello), .version = BULKHEAD_UAPI_VERSION};

	if (ioctl(device->fd, BULKHEAD_HELLO, &hello) == 0)
		return true;
	if (errno != EPROTO) {
		/* Another VFIO driver: it has regions and interrupts, but no controls. */
		return true;
	}
	bh_diag_hint(bh_error(diags, "E1051", "%s: bulkhead.ko speaks version %u, this VMM %u",
			      device->manifest->name, hello.version, BULKHEAD_UAPI_VERSION),
		     "install the module and the VMM of one release");
	return false;
}

static bool take(struct bh_vfio *vfio, struct bh_vfio_device *device, struct bh_diags *diags)
{
	struct vfio_device_info info = {.argsz = sizeof(info)};

	device->fd = bh_vfio_open(vfio, device->manifest->name, device->manifest->group,
				  device->manifest->dma == BH_DMA_IOMMU, NULL, diags);
	if (device->fd < 0 || !greet(device, diags))
		return false;
	if (ioctl(device->fd, VFIO_DEVICE_GET_INFO, &info) < 0) {
		bh_error(diags, "E1050", "%s: %s", device->manifest->name, strerror(errno));
		return false;
	}
	device->resettable = info.flags & VFIO_DEVICE_FLAGS_RESET;
	/* The last user may have left anything behind. */
	if (device->resettable && ioctl(device->fd, VFIO_DEVICE_RESET) < 0)
		bh_log(vfio->log, BH_LOG_WARNING, "%s: it cannot be reset: %s",
		       device->manifest->name, strerror(errno));
	return true;
}

static bool take_devices(struct bh_vfio *vfio, const struct bh_manifest *manifest,
			 struct bh_diags *diags)
{
	if (manifest->device_count)
		vfio->devices = bh_alloc(manifest->device_count * sizeof(*vfio->devices));
	for (size_t i = 0; i < manifest->device_count; i++) {
		struct bh_vfio_device *device = &vfio->devices[i];

		device->manifest = &manifest->devices[i];
		device->fd = -1;
		for (size_t j = 0; j < BH_IRQS_MAX; j++)
			device->irqs[j].trigger = device->irqs[j].resample = -1;
		vfio->device_count++;
		if (!take(vfio, device, diags))
			return false;
	}
	return true;
}

static bool take_functions(struct bh_vfio *vfio, const struct bh_manifest *manifest,
			   struct bh_diags *diags)
{
	if (manifest->function_count)
		vfio->functions = bh_alloc(manifest->function_count * sizeof(*vfio->functions));
	for (size_t i = 0; i < manifest->function_count; i++) {
		vfio->function_count++;
		if (!bh_vfio_function_init(&vfio->functions[i], vfio, &manifest->functions[i],
					   diags))
			return false;
	}
	bh_vfio_reset_all(vfio, true);
	return true;
}

bool bh_vfio_init(struct bh_vfio *vfio, const struct bh_manifest *manifest, struct bh_hv *hv,
		  const struct bh_ram *ram, const struct bh_log *log, struct bh_diags *diags)
{
	bool iommu = manifest->function_count;

	*vfio = (struct bh_vfio){.hv = hv,
				 .ram = ram,
				 .log = log,
				 .container_path = manifest->container,
				 .container = -1};
	for (size_t i = 0; i < manifest->device_count; i++)
		iommu |= manifest->devices[i].dma == BH_DMA_IOMMU;
	if (!take_devices(vfio, manifest, diags) || !take_functions(vfio, manifest, diags) ||
	    (iommu && !bh_vfio_map_ram(vfio, diags)))
		return false;
	for (size_t i = 0; i < vfio->device_count; i++) {
		if (!bh_vfio_map_regions(vfio, &vfio->devices[i], diags) ||
		    !bh_vfio_wire_irqs(vfio, &vfio->devices[i], diags))
			return false;
	}
	return true;
}

bool bh_vfio_plug(struct bh_vfio *vfio, struct bh_pci_host *host,
		  const struct bh_manifest *manifest, const struct bh_vfio_keeper *keeper,
		  struct bh_diags *diags)
{
	for (size_t i = 0; i < vfio->function_count; i++) {
		if (!bh_vfio_function_plug(&vfio->functions[i], host, manifest, keeper, diags))
			return false;
	}
	return true;
}

void bh_vfio_reset(struct bh_vfio *vfio)
{
	for (size_t i = 0; i < vfio->device_count; i++) {
		if (vfio->devices[i].resettable)
			(void)ioctl(vfio->devices[i].fd, VFIO_DEVICE_RESET);
	}
	/* Not with their buses: that call's number is also the one that maps memory for DMA. The
	 * kernel does it when their descriptors go. */
	for (size_t i = 0; i < vfio->function_count; i++) {
		bh_vfio_function_quiet(&vfio->functions[i]);
		if (vfio->functions[i].resettable)
			(void)ioctl(vfio->functions[i].fd, VFIO_DEVICE_RESET);
	}
}

static void give_back_functions(struct bh_vfio *vfio)
{
	for (size_t i = vfio->function_count; i-- > 0;)
		bh_vfio_function_finish(&vfio->functions[i]);
	/* Their DMA stops before the guest's memory goes. */
	bh_vfio_reset_all(vfio, false);
	for (size_t i = vfio->function_count; i-- > 0;) {
		if (vfio->functions[i].fd >= 0)
			close(vfio->functions[i].fd);
	}
	vfio->function_count = 0;
	free(vfio->functions);
	vfio->functions = NULL;
}

void bh_vfio_finish(struct bh_vfio *vfio)
{
	give_back_functions(vfio);
	for (size_t i = vfio->device_count; i-- > 0;) {
		struct bh_vfio_device *device = &vfio->devices[i];

		bh_vfio_unwire_irqs(vfio, device);
		bh_vfio_unmap_regions(vfio, device);
		/* Its DMA stops before the guest's memory goes. */
		if (device->resettable)
			(void)ioctl(device->fd, VFIO_DEVICE_RESET);
		if (device->fd >= 0)
			close(device->fd);
	}
	vfio->device_count = 0;
	free(vfio->devices);
	vfio->devices = NULL;
	bh_vfio_close(vfio);
}
