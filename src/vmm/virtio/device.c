/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/virtio/device.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

static void process(struct bh_virtio_queue *queue)
{
	struct bh_virtio *device = queue->device;

	pthread_mutex_lock(&queue->ring.lock);
	if (queue->ring.enabled && device->running)
		device->ops->process(device, (unsigned)(queue - device->queues));
	if (queue->ring.broken && device->running)
		bh_virtio_break(device, "its ring breaks the rules");
	pthread_mutex_unlock(&queue->ring.lock);
}

static void kicked(void *owner, uint32_t events)
{
	struct bh_virtio_queue *queue = owner;
	uint64_t count;

	(void)events;
	if (read(queue->kick, &count, sizeof(count)) == (ssize_t)sizeof(count))
		process(queue);
}

/* Sleeps in the read: no other descriptor matters to it. */
static void *queue_main(void *argument)
{
	struct bh_virtio_queue *queue = argument;
	uint64_t count;

	prctl(PR_SET_NAME, queue->device->name);
	bh_sandbox_thread(queue->device->sandbox, BH_THREAD_DISK);
	while (read(queue->kick, &count, sizeof(count)) == (ssize_t)sizeof(count) ||
	       errno == EINTR) {
		if (atomic_load(&queue->ending))
			break;
		process(queue);
	}
	return NULL;
}

#define STACK_SIZE (64u * 1024)

static int start_thread(struct bh_virtio_queue *queue)
{
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	int err = pthread_create(&queue->thread, &attr, queue_main, queue);
	pthread_attr_destroy(&attr);
	queue->has_thread = !err;
	if (!err)
		bh_sandbox_expect(queue->device->sandbox);
	return -err;
}

static int start_queue(struct bh_virtio *device, struct bh_virtio_queue *queue, bool thread)
{
	queue->device = device;
	queue->vector = UINT16_MAX;
	bh_queue_init(&queue->ring, device->ram);
	queue->kick = eventfd(0, EFD_CLOEXEC | (thread ? 0 : EFD_NONBLOCK));
	if (queue->kick < 0)
		return -errno;
	if (!device->ops->process || queue < device->queues + device->foreign)
		return 0;
	if (thread)
		return start_thread(queue);
	queue->watch = (struct bh_watch){.fd = queue->kick, .ready = kicked, .owner = queue};
	int err = bh_loop_add(device->loop, &queue->watch, EPOLLIN);
	queue->watching = !err;
	return err;
}

int bh_virtio_init(struct bh_virtio *device, const struct bh_virtio_ops *ops, const char *name,
		   const struct bh_virtio_host *host, uint64_t features, unsigned queues,
		   bool threads)
{
	device->ops = ops;
	device->name = name;
	device->ram = host->ram;
	device->loop = host->loop;
	device->log = host->log;
	device->sandbox = host->sandbox;
	device->offered = features | BH_VIRTIO_F_VERSION_1;
	for (unsigned i = 0; i < queues; i++) {
		device->queue_count++;
		int err = start_queue(device, &device->queues[i], threads && host->threads);
		if (err)
			return err;
	}
	return 0;
}

static void end_queue(struct bh_virtio_queue *queue)
{
	uint64_t one = 1;

	if (queue->has_thread) {
		atomic_store(&queue->ending, true);
		(void)!write(queue->kick, &one, sizeof(one));
		pthread_join(queue->thread, NULL);
		queue->has_thread = false;
	}
	if (queue->watching)
		bh_loop_remove(queue->device->loop, &queue->watch);
	queue->watching = false;
}

void bh_virtio_quiesce(struct bh_virtio *device)
{
	for (unsigned i = 0; i < device->queue_count; i++)
		end_queue(&device->queues[i]);
	bh_virtio_reset(device);
}

void bh_virtio_finish(struct bh_virtio *device)
{
	bh_virtio_quiesce(device);
	for (unsigned i = 0; i < device->queue_count; i++) {
		if (device->queues[i].kick >= 0)
			close(device->queues[i].kick);
		bh_queue_finish(&device->queues[i].ring);
	}
	device->queue_count = 0;
}

void bh_virtio_reset(struct bh_virtio *device)
{
	for (unsigned i = 0; i < device->queue_count; i++)
		pthread_mutex_lock(&device->queues[i].ring.lock);
	if (device->running && device->ops->stop)
		device->ops->stop(device);
	device->running = false;
	device->status = 0;
	device->accepted = 0;
	device->offered_select = device->accepted_select = device->queue_select = 0;
	for (unsigned i = device->queue_count; i-- > 0;) {
		bh_queue_reset(&device->queues[i].ring);
		device->queues[i].vector = UINT16_MAX;
		pthread_mutex_unlock(&device->queues[i].ring.lock);
	}
}

static void start(struct bh_virtio *device)
{
	int err = 0;

	for (unsigned i = 0; i < device->queue_count; i++)
		pthread_mutex_lock(&device->queues[i].ring.lock);
	if (device->ops->start)
		err = device->ops->start(device);
	device->running = !err;
	for (unsigned i = device->queue_count; i-- > 0;)
		pthread_mutex_unlock(&device->queues[i].ring.lock);
	if (err) {
		bh_virtio_break(device, strerror(-err));
		return;
	}
	/* Drivers may have filled queues before they were ready. */
	for (unsigned i = device->foreign; i < device->queue_count && device->ops->process; i++)
		bh_virtio_kick(device, i);
}

void bh_virtio_set_status(struct bh_virtio *device, uint8_t status)
{
	unsigned old = device->status;

	if (!status) {
		bh_virtio_reset(device);
		return;
	}
	/* Bits are only ever added; NEEDS_RESET is ours. */
	unsigned next = (old | status) & ~(unsigned)BH_VIRTIO_NEEDS_RESET;
	next |= old & BH_VIRTIO_NEEDS_RESET;
	if (next & ~old & BH_VIRTIO_FEATURES_OK &&
	    (device->accepted & ~device->offered || !(device->accepted & BH_VIRTIO_F_VERSION_1) ||
	     (device->ops->agrees && !device->ops->agrees(device))))
		next &= ~(unsigned)BH_VIRTIO_FEATURES_OK;
	if (!(next & BH_VIRTIO_FEATURES_OK) || next & BH_VIRTIO_FAILED)
		next &= ~(unsigned)BH_VIRTIO_DRIVER_OK;
	device->status = next;
	if (next & ~old & BH_VIRTIO_DRIVER_OK)
		start(device);
}

uint32_t bh_virtio_offered(const struct bh_virtio *device)
{
	return device->offered_select > 1
		       ? 0
		       : (uint32_t)(device->offered >> (32 * device->offered_select));
}

void bh_virtio_accept(struct bh_virtio *device, uint32_t features)
{
	unsigned shift = 32 * device->accepted_select;

	/* What was agreed upon stays. */
	if (device->accepted_select > 1 || device->status & BH_VIRTIO_FEATURES_OK)
		return;
	device->accepted &= ~((uint64_t)UINT32_MAX << shift);
	device->accepted |= (uint64_t)features << shift;
}

uint64_t bh_virtio_read_config(const struct bh_virtio *device, uint64_t offset, unsigned size)
{
	uint64_t value = 0;

	if (offset < device->config_size && size <= device->config_size - offset)
		memcpy(&value, device->config + offset, size);
	return value;
}

void bh_virtio_write_config(struct bh_virtio *device, uint64_t offset, unsigned size,
			    uint64_t value)
{
	if (!device->ops->configured || offset >= device->config_size ||
	    size > device->config_size - offset)
		return;
	memcpy(device->config + offset, &value, size);
	device->ops->configured(device, (uint32_t)offset, size);
}

struct bh_queue *bh_virtio_selected(struct bh_virtio *device)
{
	return device->queue_select < device->queue_count
		       ? &device->queues[device->queue_select].ring
		       : NULL;
}

void bh_virtio_enable_selected(struct bh_virtio *device)
{
	struct bh_queue *queue = bh_virtio_selected(device);

	if (!queue || queue->enabled || !(device->status & BH_VIRTIO_FEATURES_OK))
		return;
	pthread_mutex_lock(&queue->lock);
	bool good = bh_queue_enable(queue, device->accepted & BH_VIRTIO_F_EVENT_INDEX,
				    device->accepted & BH_VIRTIO_F_INDIRECT);
	pthread_mutex_unlock(&queue->lock);
	if (!good)
		bh_virtio_break(device, "the driver set up a ring outside its memory");
}

void bh_virtio_kick(struct bh_virtio *device, uint64_t queue)
{
	uint64_t one = 1;

	if (queue < device->queue_count)
		(void)!write(device->queues[queue].kick, &one, sizeof(one));
}

void bh_virtio_signal(struct bh_virtio *device, unsigned queue)
{
	if (bh_queue_must_signal(bh_virtio_ring(device, queue)))
		device->transport->signal(device, queue);
}

void bh_virtio_break(struct bh_virtio *device, const char *why)
{
	unsigned old = atomic_fetch_or(&device->status, BH_VIRTIO_NEEDS_RESET);

	if (old & BH_VIRTIO_NEEDS_RESET)
		return;
	bh_log(device->log, BH_LOG_WARNING, "%s: stopped until the guest resets it: %s",
	       device->name, why);
	if (old & BH_VIRTIO_DRIVER_OK)
		device->transport->signal_config(device);
}
