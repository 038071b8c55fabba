/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/virtio/vhost.h"

#include <errno.h>
#include <linux/vhost.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int call(int fd, unsigned long request, void *argument)
{
	return ioctl(fd, request, argument) < 0 ? -errno : 0;
}

int bh_vhost_init(struct bh_vhost *vhost, int fd, uint64_t *features)
{
	*vhost = (struct bh_vhost){.fd = fd};
	for (unsigned i = 0; i < BH_VHOST_QUEUES; i++)
		bh_vhost_call_init(&vhost->calls[i]);
	if (vhost->fd < 0)
		return -errno;
	int err = call(vhost->fd, VHOST_SET_OWNER, NULL);
	return err ? err : call(vhost->fd, VHOST_GET_FEATURES, features);
}

void bh_vhost_finish(struct bh_vhost *vhost)
{
	if (vhost->fd >= 0)
		close(vhost->fd);
	vhost->fd = -1;
}

static int set_memory(struct bh_vhost *vhost, const struct bh_ram *ram)
{
	union {
		struct vhost_memory table;
		char room[sizeof(struct vhost_memory) + sizeof(struct vhost_memory_region)];
	} memory = {.table.nregions = 1};

	memory.table.regions[0] =
		(struct vhost_memory_region){.guest_phys_addr = ram->guest.base,
					     .memory_size = ram->guest.size,
					     .userspace_addr = (uintptr_t)ram->host};
	return call(vhost->fd, VHOST_SET_MEM_TABLE, &memory);
}

static int start_queue(struct bh_vhost *vhost, unsigned index)
{
	unsigned queue = vhost->first + index;
	const struct bh_queue *ring = bh_virtio_ring(vhost->device, queue);

	if (!ring->enabled)
		return -EINVAL;
	struct vhost_vring_state size = {.index = index, .num = ring->size};
	struct vhost_vring_state base = {.index = index};
	struct vhost_vring_addr addresses = {.index = index,
					     .desc_user_addr = (uintptr_t)ring->descriptors,
					     .avail_user_addr = (uintptr_t)ring->avail,
					     .used_user_addr = (uintptr_t)ring->used};
	struct vhost_vring_file kick = {.index = index, .fd = vhost->device->queues[queue].kick};
	struct vhost_vring_file signal = {.index = index};

	signal.fd = bh_vhost_call_open(&vhost->calls[index], vhost->device, queue);
	int err = call(vhost->fd, VHOST_SET_VRING_NUM, &size);
	if (!err)
		err = call(vhost->fd, VHOST_SET_VRING_BASE, &base);
	if (!err)
		err = call(vhost->fd, VHOST_SET_VRING_ADDR, &addresses);
	if (!err)
		err = call(vhost->fd, VHOST_SET_VRING_CALL, &signal);
	return err ? err : call(vhost->fd, VHOST_SET_VRING_KICK, &kick);
}

int bh_vhost_start(struct bh_vhost *vhost, struct bh_virtio *device, unsigned count,
		   uint64_t features)
{
	vhost->device = device;
	int err = call(vhost->fd, VHOST_SET_FEATURES, &features);
	if (!err)
		err = set_memory(vhost, device->ram);
	for (unsigned i = 0; i < count && !err; i++) {
		err = start_queue(vhost, i);
		vhost->count = i + 1;
	}
	if (err)
		bh_vhost_stop(vhost);
	return err;
}

void bh_vhost_stop(struct bh_vhost *vhost)
{
	for (unsigned i = 0; i < vhost->count; i++) {
		struct vhost_vring_file none = {.index = i, .fd = -1};

		call(vhost->fd, VHOST_SET_VRING_KICK, &none);
		call(vhost->fd, VHOST_SET_VRING_CALL, &none);
		bh_vhost_call_close(&vhost->calls[i]);
	}
	vhost->count = 0;
}
