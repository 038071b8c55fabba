/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/virtio/pci.h"

#include <errno.h>
#include <unistd.h>

enum { VENDOR = 0x1af4, DEVICE_BASE = 0x1040 };

/* The window, all of it in BAR 0. */
enum {
	BAR = 0,
	BAR_SIZE = 0x8000,
	COMMON = 0x0000,
	ISR = 0x1000,
	CONFIG = 0x2000,
	NOTIFY = 0x3000,
	MSIX_TABLE = 0x4000,
	MSIX_PENDING = 0x5000,
	AREA = 0x1000,
	NOTIFY_STEP = 4,
};

/* Types of capabilities. */
enum { CAP_COMMON = 1, CAP_NOTIFY = 2, CAP_ISR = 3, CAP_DEVICE = 4, CAP_ACCESS = 5 };
enum { CAPABILITY_VENDOR = 0x09, CAP_SIZE = 16, CAP_NOTIFY_SIZE = 20, CAP_ACCESS_SIZE = 20 };

/* Registers of the common area. */
enum {
	DEVICE_FEATURE_SELECT = 0x00,
	DEVICE_FEATURE = 0x04,
	DRIVER_FEATURE_SELECT = 0x08,
	DRIVER_FEATURE = 0x0c,
	CONFIG_VECTOR = 0x10,
	QUEUE_COUNT = 0x12,
	STATUS = 0x14,
	CONFIG_GENERATION = 0x15,
	QUEUE_SELECT = 0x16,
	QUEUE_SIZE = 0x18,
	QUEUE_VECTOR = 0x1a,
	QUEUE_ENABLE = 0x1c,
	QUEUE_NOTIFY_OFFSET = 0x1e,
	QUEUE_DESCRIPTORS = 0x20,
	QUEUE_AVAIL = 0x28,
	QUEUE_USED = 0x30,
};
#define NO_VECTOR 0xffff

static struct bh_virtio_queue *selected(struct bh_virtio *device)
{
	return device->queue_select < device->queue_count ? &device->queues[device->queue_select]
							  : NULL;
}

static uint64_t read_common(struct bh_virtio_pci *pci, uint64_t offset)
{
	struct bh_virtio *device = pci->device;
	struct bh_virtio_queue *queue = selected(device);

	switch (offset) {
	case DEVICE_FEATURE_SELECT:
		return device->offered_select;
	case DEVICE_FEATURE:
		return bh_virtio_offered(device);
	case DRIVER_FEATURE_SELECT:
		return device->accepted_select;
	case DRIVER_FEATURE:
		return device->accepted_select > 1
			       ? 0
			       : (uint32_t)(device->accepted >> (32 * device->accepted_select));
	case CONFIG_VECTOR:
		return pci->config_vector;
	case QUEUE_COUNT:
		return device->queue_count;
	case STATUS:
		return device->status;
	case QUEUE_SELECT:
		return device->queue_select;
	case QUEUE_SIZE:
		return queue ? queue->ring.size : 0;
	case QUEUE_VECTOR:
		return queue ? queue->vector : NO_VECTOR;
	case QUEUE_ENABLE:
		return queue && queue->ring.enabled;
	case QUEUE_NOTIFY_OFFSET:
		return device->queue_select;
	case QUEUE_DESCRIPTORS:
		return queue ? queue->ring.descriptors_at : 0;
	case QUEUE_AVAIL:
		return queue ? queue->ring.avail_at : 0;
	case QUEUE_USED:
		return queue ? queue->ring.used_at : 0;
	default:
		return 0;
	}
}

/* All of a 64-bit address, or one half. */
static void set_address(uint64_t *address, uint64_t offset, unsigned size, uint64_t value)
{
	if (size == 8)
		*address = value;
	else if (offset & 4)
		*address = (*address & UINT32_MAX) | value << 32;
	else
		*address = (*address & ~(uint64_t)UINT32_MAX) | (uint32_t)value;
}

static void write_queue(struct bh_virtio_pci *pci, uint64_t offset, unsigned size, uint64_t value)
{
	struct bh_virtio_queue *queue = selected(pci->device);

	/* An enabled queue stays as it is until the device is reset. */
	if (!queue || queue->ring.enabled)
		return;
	switch (offset) {
	case QUEUE_SIZE:
		queue->ring.size = (uint16_t)value;
		return;
	case QUEUE_VECTOR:
		queue->vector = value < pci->msix.count ? (uint16_t)value : NO_VECTOR;
		return;
	case QUEUE_ENABLE:
		if (value & 1)
			bh_virtio_enable_selected(pci->device);
		return;
	case QUEUE_DESCRIPTORS:
	case QUEUE_DESCRIPTORS + 4:
		set_address(&queue->ring.descriptors_at, offset, size, value);
		return;
	case QUEUE_AVAIL:
	case QUEUE_AVAIL + 4:
		set_address(&queue->ring.avail_at, offset, size, value);
		return;
	case QUEUE_USED:
	case QUEUE_USED + 4:
		set_address(&queue->ring.used_at, offset, size, value);
		return;
	}
}

static void write_common(struct bh_virtio_pci *pci, uint64_t offset, unsigned size, uint64_t value)
{
	struct bh_virtio *device = pci->device;

	switch (offset) {
	case DEVICE_FEATURE_SELECT:
		device->offered_select = (uint32_t)value;
		return;
	case DRIVER_FEATURE_SELECT:
		device->accepted_select = (uint32_t)value;
		return;
	case DRIVER_FEATURE:
		bh_virtio_accept(device, (uint32_t)value);
		return;
	case CONFIG_VECTOR:
		pci->config_vector = value < pci->msix.count ? (unsigned)value : NO_VECTOR;
		return;
	case STATUS:
		bh_virtio_set_status(device, (uint8_t)value);
		if (!(uint8_t)value) {
			pci->config_vector = NO_VECTOR;
			pci->pending = 0;
		}
		return;
	case QUEUE_SELECT:
		device->queue_select = (uint16_t)value;
		return;
	default:
		write_queue(pci, offset, size, value);
		return;
	}
}

static uint64_t bar_read(void *owner, uint64_t offset, unsigned size)
{
	struct bh_virtio_pci *pci = owner;

	switch (offset / AREA * AREA) {
	case COMMON:
		return read_common(pci, offset);
	case ISR:
		return atomic_exchange(&pci->pending, 0);
	case CONFIG:
		return bh_virtio_read_config(pci->device, offset - CONFIG, size);
	case MSIX_TABLE:
		return bh_msix_read_table(&pci->msix, offset - MSIX_TABLE, size);
	case MSIX_PENDING:
		return bh_msix_read_pending(&pci->msix, offset - MSIX_PENDING, size);
	default:
		return 0;
	}
}

static void bar_write(void *owner, uint64_t offset, unsigned size, uint64_t value)
{
	struct bh_virtio_pci *pci = owner;

	switch (offset / AREA * AREA) {
	case COMMON:
		write_common(pci, offset, size, value);
		return;
	case CONFIG:
		bh_virtio_write_config(pci->device, offset - CONFIG, size, value);
		return;
	case NOTIFY:
		bh_virtio_kick(pci->device, (offset - NOTIFY) / NOTIFY_STEP);
		return;
	case MSIX_TABLE:
		bh_msix_write_table(&pci->msix, offset - MSIX_TABLE, size, value);
		return;
	}
}

static const struct bh_bus_ops bar_ops = {.read = bar_read, .write = bar_write};

/* Kicks follow the window: the kernel knows them by their address. */
static void window_moved(struct bh_pci_function *function, unsigned bar, bool mapped)
{
	struct bh_virtio_pci *pci = function->owner;
	uint64_t notify = function->bars[bar].address + NOTIFY;

	for (unsigned i = 0; i < pci->device->queue_count; i++)
		pci->hv->ops->set_kick(pci->hv, (struct bh_gpa){notify + NOTIFY_STEP * i}, 2, i,
				       pci->device->queues[i].kick, mapped);
}

/* What the access capability points at; false when it is no access to the window. */
static bool access_target(const struct bh_virtio_pci *pci, uint32_t *offset, unsigned *size)
{
	const struct bh_pci_function *function = &pci->function;
	uint32_t bar = bh_pci_get(function, pci->access + 4u, 1);

	*offset = bh_pci_get(function, pci->access + 8u, 4);
	*size = bh_pci_get(function, pci->access + 12u, 4);
	return bar == BAR && (*size == 1 || *size == 2 || *size == 4) && *offset % *size == 0 &&
	       *offset < BAR_SIZE;
}

static bool is_access_data(const struct bh_virtio_pci *pci, uint32_t offset)
{
	return offset >= pci->access + 16u && offset < pci->access + 20u;
}

static void config_reading(struct bh_pci_function *function, uint32_t offset, unsigned size)
{
	struct bh_virtio_pci *pci = function->owner;
	uint32_t target;
	unsigned width;

	(void)size;
	if (is_access_data(pci, offset) && access_target(pci, &target, &width))
		bh_pci_put(function, pci->access + 16u, width,
			   (uint32_t)bar_read(pci, target, width));
}

static void config_written(struct bh_pci_function *function, uint32_t offset, unsigned size,
			   uint32_t value)
{
	struct bh_virtio_pci *pci = function->owner;
	uint32_t target;
	unsigned width;

	(void)value;
	bh_msix_configured(&pci->msix, offset, size);
	if (is_access_data(pci, offset) && access_target(pci, &target, &width))
		bar_write(pci, target, width, bh_pci_get(function, pci->access + 16u, width));
}

static void interrupt(struct bh_virtio_pci *pci, unsigned vector, unsigned cause)
{
	uint64_t one = 1;

	atomic_fetch_or(&pci->pending, cause);
	atomic_fetch_add(&pci->signals, 1);
	if (vector < pci->msix.count)
		(void)!write(pci->msix.fds[vector], &one, sizeof(one));
}

static void signal_queue(struct bh_virtio *device, unsigned queue)
{
	interrupt(device->transport_data, device->queues[queue].vector, 1);
}

static void signal_config(struct bh_virtio *device)
{
	struct bh_virtio_pci *pci = device->transport_data;

	interrupt(pci, pci->config_vector, 2);
}

static int call_fd(struct bh_virtio *device, unsigned queue)
{
	struct bh_virtio_pci *pci = device->transport_data;
	unsigned vector = device->queues[queue].vector;

	return vector < pci->msix.count ? pci->msix.fds[vector] : -1;
}

static const struct bh_virtio_transport transport = {
	.signal = signal_queue, .signal_config = signal_config, .call_fd = call_fd};

static uint8_t add_area(struct bh_pci_function *function, uint8_t type, uint8_t size,
			uint32_t offset, uint32_t length)
{
	uint8_t at = bh_pci_add_capability(function, CAPABILITY_VENDOR, size);

	bh_pci_put(function, at + 2u, 1, size);
	bh_pci_put(function, at + 3u, 1, type);
	bh_pci_put(function, at + 4u, 1, BAR);
	bh_pci_put(function, at + 8u, 4, offset);
	bh_pci_put(function, at + 12u, 4, length);
	return at;
}

static void add_areas(struct bh_virtio_pci *pci)
{
	struct bh_pci_function *function = &pci->function;

	add_area(function, CAP_COMMON, CAP_SIZE, COMMON, 0x40);
	uint8_t notify = add_area(function, CAP_NOTIFY, CAP_NOTIFY_SIZE, NOTIFY,
				  NOTIFY_STEP * pci->device->queue_count);
	bh_pci_put(function, notify + 16u, 4, NOTIFY_STEP);
	add_area(function, CAP_ISR, CAP_SIZE, ISR, 1);
	if (pci->device->config_size)
		add_area(function, CAP_DEVICE, CAP_SIZE, CONFIG, pci->device->config_size);
	pci->access = add_area(function, CAP_ACCESS, CAP_ACCESS_SIZE, 0, 0);
	function->writable[pci->access + 4] = 0xff;
	for (unsigned i = 8; i < CAP_ACCESS_SIZE; i++)
		function->writable[pci->access + i] = 0xff;
}

int bh_virtio_pci_init(struct bh_virtio_pci *pci, struct bh_virtio *device, struct bh_hv *hv,
		       struct bh_pci_host *host, uint32_t slot)
{
	struct bh_pci_function *function = &pci->function;

	*pci = (struct bh_virtio_pci){.device = device, .hv = hv, .config_vector = NO_VECTOR};
	device->transport = &transport;
	device->transport_data = pci;
	*function = (struct bh_pci_function){.name = device->name,
					     .owner = pci,
					     .moved = window_moved,
					     .reading = config_reading,
					     .written = config_written};
	if (!bh_pci_plug(host, function, slot, 0))
		return -EBUSY;
	bh_pci_put(function, BH_PCI_VENDOR, 2, VENDOR);
	bh_pci_put(function, BH_PCI_DEVICE, 2, DEVICE_BASE + device->ops->id);
	bh_pci_put(function, BH_PCI_REVISION, 1, 1);
	bh_pci_put(function, BH_PCI_CLASS, 3, device->ops->pci_class);
	bh_pci_put(function, BH_PCI_SUBSYSTEM_VENDOR, 2, VENDOR);
	bh_pci_put(function, BH_PCI_SUBSYSTEM, 2, 0x40);
	bh_pci_add_bar(function, BAR, BAR_SIZE, 0, &bar_ops, pci);
	add_areas(pci);
	return bh_msix_add(&pci->msix, function, hv, device->queue_count + 1, BAR, MSIX_TABLE,
			   MSIX_PENDING);
}

void bh_virtio_pci_finish(struct bh_virtio_pci *pci)
{
	bh_pci_unplug(&pci->function);
	bh_msix_finish(&pci->msix);
}
