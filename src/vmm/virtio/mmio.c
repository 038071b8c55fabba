/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/virtio/mmio.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	MAGIC = 0x000,
	VERSION = 0x004,
	DEVICE_ID = 0x008,
	VENDOR_ID = 0x00c,
	DEVICE_FEATURES = 0x010,
	DEVICE_FEATURES_SELECT = 0x014,
	DRIVER_FEATURES = 0x020,
	DRIVER_FEATURES_SELECT = 0x024,
	QUEUE_SELECT = 0x030,
	QUEUE_SIZE_MAX = 0x034,
	QUEUE_SIZE = 0x038,
	QUEUE_READY = 0x044,
	QUEUE_NOTIFY = 0x050,
	INTERRUPT_STATUS = 0x060,
	INTERRUPT_ACK = 0x064,
	STATUS = 0x070,
	QUEUE_DESCRIPTORS = 0x080,
	QUEUE_AVAIL = 0x090,
	QUEUE_USED = 0x0a0,
	SHARED_LENGTH = 0x0b0,
	SHARED_BASE = 0x0b8,
	CONFIG_GENERATION = 0x0fc,
	CONFIG = 0x100,
};

enum { USED_BUFFER = 1, CONFIG_CHANGE = 2 };

static uint64_t mmio_read(void *owner, uint64_t offset, unsigned size)
{
	struct bh_virtio_mmio *mmio = owner;
	struct bh_virtio *device = mmio->device;
	struct bh_queue *queue = bh_virtio_selected(device);

	if (offset >= CONFIG)
		return bh_virtio_read_config(device, offset - CONFIG, size);
	switch (offset) {
	case MAGIC:
		return 0x74726976;
	case VERSION:
		return 2;
	case DEVICE_ID:
		return device->ops->id;
	case VENDOR_ID:
		return 0x4b484c42; /* "BLHK" */
	case DEVICE_FEATURES:
		return bh_virtio_offered(device);
	case QUEUE_SIZE_MAX:
		return queue ? BH_QUEUE_SIZE_MAX : 0;
	case QUEUE_READY:
		return queue && queue->enabled;
	case INTERRUPT_STATUS:
		return mmio->pending;
	case STATUS:
		return device->status;
	case SHARED_LENGTH:
	case SHARED_LENGTH + 4:
	case SHARED_BASE:
	case SHARED_BASE + 4:
		return UINT32_MAX; /* there is no shared memory */
	default:
		return 0;
	}
}

static void set_half(uint64_t *address, bool high, uint32_t value)
{
	unsigned shift = high ? 32 : 0;

	*address = (*address & ~((uint64_t)UINT32_MAX << shift)) | (uint64_t)value << shift;
}

static void write_queue(struct bh_virtio_mmio *mmio, uint64_t offset, uint32_t value)
{
	struct bh_queue *queue = bh_virtio_selected(mmio->device);
	bool high = offset & 4;

	/* An enabled queue stays as it is until the device is reset. */
	if (!queue || queue->enabled)
		return;
	switch (offset & ~UINT64_C(4)) {
	case QUEUE_SIZE:
		queue->size = value > UINT16_MAX ? 0 : (uint16_t)value;
		return;
	case QUEUE_READY & ~4:
		if (value & 1)
			bh_virtio_enable_selected(mmio->device);
		return;
	case QUEUE_DESCRIPTORS:
		set_half(&queue->descriptors_at, high, value);
		return;
	case QUEUE_AVAIL:
		set_half(&queue->avail_at, high, value);
		return;
	case QUEUE_USED:
		set_half(&queue->used_at, high, value);
		return;
	}
}

static void mmio_write(void *owner, uint64_t offset, unsigned size, uint64_t wide)
{
	struct bh_virtio_mmio *mmio = owner;
	struct bh_virtio *device = mmio->device;
	uint32_t value = (uint32_t)wide;

	if (offset >= CONFIG) {
		bh_virtio_write_config(device, offset - CONFIG, size, wide);
		return;
	}
	switch (offset) {
	case DEVICE_FEATURES_SELECT:
		device->offered_select = value;
		return;
	case DRIVER_FEATURES_SELECT:
		device->accepted_select = value;
		return;
	case DRIVER_FEATURES:
		bh_virtio_accept(device, value);
		return;
	case QUEUE_SELECT:
		device->queue_select = value;
		return;
	case QUEUE_NOTIFY:
		bh_virtio_kick(device, value);
		return;
	case INTERRUPT_ACK:
		atomic_fetch_and(&mmio->pending, ~value);
		return;
	case STATUS:
		bh_virtio_set_status(device, (uint8_t)value);
		if (!(uint8_t)value)
			mmio->pending = 0;
		return;
	default:
		write_queue(mmio, offset, value);
		return;
	}
}

const struct bh_bus_ops bh_virtio_mmio_ops = {.read = mmio_read, .write = mmio_write};

static void interrupt(struct bh_virtio *device, unsigned cause)
{
	struct bh_virtio_mmio *mmio = device->transport_data;
	uint64_t one = 1;

	atomic_fetch_or(&mmio->pending, cause);
	atomic_fetch_add(&mmio->signals, 1);
	(void)!write(mmio->irq, &one, sizeof(one));
}

static void signal_queue(struct bh_virtio *device, unsigned queue)
{
	(void)queue;
	interrupt(device, USED_BUFFER);
}

static void signal_config(struct bh_virtio *device)
{
	interrupt(device, CONFIG_CHANGE);
}

/* The status register must be set with the interrupt: nobody else can signal. */
static int call_fd(struct bh_virtio *device, unsigned queue)
{
	(void)device;
	(void)queue;
	return -1;
}

static const struct bh_virtio_transport transport = {
	.signal = signal_queue, .signal_config = signal_config, .call_fd = call_fd};

static struct bh_gpa notify_address(const struct bh_virtio_mmio *mmio)
{
	return (struct bh_gpa){mmio->registers.value + QUEUE_NOTIFY};
}

int bh_virtio_mmio_init(struct bh_virtio_mmio *mmio, struct bh_virtio *device, struct bh_hv *hv,
			struct bh_gpa registers, uint32_t intid)
{
	*mmio = (struct bh_virtio_mmio){
		.device = device, .hv = hv, .registers = registers, .intid = intid};
	device->transport = &transport;
	device->transport_data = mmio;
	mmio->irq = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (mmio->irq < 0)
		return -errno;
	int err = hv->ops->set_irq_fd(hv, intid, mmio->irq, -1, true);
	mmio->irq_wired = !err;
	for (unsigned i = 0; i < device->queue_count && !err; i++) {
		err = hv->ops->set_kick(hv, notify_address(mmio), 4, i, device->queues[i].kick,
					true);
		mmio->kicks_wired += !err;
	}
	return err;
}

void bh_virtio_mmio_finish(struct bh_virtio_mmio *mmio)
{
	for (unsigned i = 0; i < mmio->kicks_wired; i++)
		mmio->hv->ops->set_kick(mmio->hv, notify_address(mmio), 4, i,
					mmio->device->queues[i].kick, false);
	mmio->kicks_wired = 0;
	if (mmio->irq_wired)
		mmio->hv->ops->set_irq_fd(mmio->hv, mmio->intid, mmio->irq, -1, false);
	mmio->irq_wired = false;
	if (mmio->irq >= 0)
		close(mmio->irq);
	mmio->irq = -1;
}
