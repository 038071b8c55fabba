/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hostile back end of the vhost-user protocol: the input is all that it ever says, in one piece,
 * while a driver uses the device. Nothing but the device may break.
 */
#include "vmm/virtio/kinds.h"
#include "vmm/virtio/vhost_user.h"

#include "base/file.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RAM = 0x80000000, SIZE = 0x10000 };

static void no_signal(struct bh_virtio *device, unsigned queue)
{
	(void)device;
	(void)queue;
}

static void no_config_signal(struct bh_virtio *device)
{
	(void)device;
}

static int no_fd(struct bh_virtio *device, unsigned queue)
{
	(void)device;
	(void)queue;
	return -1;
}

static const struct bh_virtio_transport transport = {
	.signal = no_signal, .signal_config = no_config_signal, .call_fd = no_fd};

static void use(struct bh_virtio *device, struct bh_loop *loop)
{
	device->transport = &transport;
	bh_virtio_set_status(device, 3);
	device->accepted = device->offered;
	bh_virtio_set_status(device, 11);
	for (unsigned i = 0; i < device->queue_count; i++) {
		device->queue_select = i;
		struct bh_queue *ring = bh_virtio_selected(device);
		ring->size = 8;
		ring->descriptors_at = RAM + 0x3000 * i;
		ring->avail_at = ring->descriptors_at + 0x1000;
		ring->used_at = ring->descriptors_at + 0x2000;
		bh_virtio_enable_selected(device);
	}
	bh_virtio_set_status(device, 15);
	bh_loop_poll(loop);
	(void)bh_virtio_read_config(device, 0, 8);
	bh_virtio_write_config(device, 4, 4, 1);
	bh_virtio_set_status(device, 0);
	bh_loop_poll(loop);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bh_manifest_memory memory = {
		.kind = BH_MEMORY_SHARED, .base = {RAM}, .size = SIZE};
	struct bh_manifest_virtio manifest = {.name = "x", .tag = "x", .vhost_user = true};
	int ends[2], passed = -1;
	struct bh_diags diags;
	struct bh_loop loop;
	struct bh_ram ram;
	char host[16];

	if (size < 2)
		return 0;
	const enum bh_virtio_kind kinds[] = {BH_VIRTIO_GPU, BH_VIRTIO_FS, BH_VIRTIO_BLOCK};
	manifest.kind = kinds[data[0] % 3];
	bh_diags_init(&diags);
	assert(bh_ram_init(&ram, &memory, -1, &diags) && bh_loop_init(&loop) == 0 &&
	       socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	/* All that it says lies ready, at some place with a descriptor; then it is gone. */
	if (data[1] & 1) {
		union {
			struct cmsghdr header;
			char room[CMSG_SPACE(sizeof(int))];
		} control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
					.cmsg_level = SOL_SOCKET,
					.cmsg_type = SCM_RIGHTS}};
		size_t before = (size - 2) * (data[1] >> 1) / 128;
		struct iovec part = {(void *)(data + 2 + before), 1};
		struct msghdr message = {.msg_iov = &part,
					 .msg_iovlen = 1,
					 .msg_control = &control,
					 .msg_controllen = sizeof(control.room)};

		passed = open("/dev/null", O_RDONLY | O_CLOEXEC);
		memcpy(CMSG_DATA(&control.header), &passed, sizeof(passed));
		bh_write_all(ends[1], data + 2, before);
		if (before < size - 2) {
			(void)!sendmsg(ends[1], &message, MSG_NOSIGNAL);
			bh_write_all(ends[1], data + 3 + before, size - 3 - before);
		}
		close(passed);
	} else {
		bh_write_all(ends[1], data + 2, size - 2);
	}
	shutdown(ends[1], SHUT_WR);
	snprintf(host, sizeof(host), "fd:%d", ends[0]);
	manifest.host = host;
	const struct bh_virtio_host vm = {.ram = &ram, .loop = &loop};
	struct bh_virtio *device = bh_virtio_create(&manifest, &vm, NULL, &diags);
	assert(device || diags.errors == 1);
	if (device) {
		use(device, &loop);
		device->ops->destroy(device);
	}
	close(ends[0]);
	close(ends[1]);
	bh_loop_finish(&loop);
	bh_ram_finish(&ram);
	bh_diags_finish(&diags);
	return 0;
}
