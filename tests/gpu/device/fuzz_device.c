/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as a driver's commands: each a length in two bytes, the queue in the top bit. */
#include "gpu/device/device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t memory[1 << 16];

static int map(void *data, uint64_t address, uint64_t length, struct iovec *pieces, size_t room)
{
	(void)data;
	if (address > sizeof(memory) || length > sizeof(memory) - address)
		return address >> 60 == 1 ? -EAGAIN : -EFAULT;
	/* In two pieces, as an IOMMU would have it. */
	if (room < 2)
		return -E2BIG;
	pieces[0] = (struct iovec){memory + address, length / 2};
	pieces[1] = (struct iovec){memory + address + length / 2, length - length / 2};
	return 2;
}

static void scanout(void *data, uint32_t number, uint32_t width, uint32_t height)
{
	(void)data;
	(void)number;
	(void)width;
	(void)height;
}

/* Of the size that is told, so that writing beyond shows. */
static void *update(void *data, uint32_t number, const struct bh_gpu_rect *rect)
{
	static void *pixels;

	(void)data;
	(void)number;
	free(pixels);
	pixels = malloc((size_t)rect->w * rect->h * 4);
	return pixels;
}

static void updated(void *data)
{
	(void)data;
}

static void cursor(void *data, const struct virtio_gpu_cursor_pos *at, uint32_t hot_x,
		   uint32_t hot_y, bool visible, const void *pixels)
{
	(void)data;
	(void)at;
	(void)hot_x;
	(void)hot_y;
	(void)visible;
	(void)pixels;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bh_device_ops ops = {map, scanout, update, updated, cursor};
	static struct bh_gpu *gpu; /* made once: its threads cost more than a run */
	struct bh_gpu_config config = {.backend = BH_GPU_INTERPRETER,
				       .level = BH_GPU_LEVEL_A,
				       .threads = 1,
				       .memory_quota = 16 << 20};
	struct bh_device_config device_config = {
		.ops = &ops, .scanouts = 2, .width = 640, .height = 480};
	uint8_t response[BH_DEVICE_RESPONSE_MAX];
	struct bh_device *device;

	if (!gpu)
		gpu = bh_gpu_create(&config, NULL);
	device_config.gpu = gpu;
	device = bh_device_create(&device_config);
	while (size >= 2) {
		size_t length = data[0] | (size_t)(data[1] & 0x7f) << 8;
		bool is_cursor = data[1] & 0x80, fenced;
		void *command;

		data += 2;
		size -= 2;
		if (length > size)
			length = size;
		/* As large as it is, so that reading beyond shows. */
		command = malloc(length + !length);
		memcpy(command, data, length);
		if (is_cursor)
			bh_device_cursor(device, command, length);
		else
			(void)bh_device_command(device, command, length, response, &fenced);
		free(command);
		data += length;
		size -= length;
	}
	bh_device_forget(device, 0, sizeof(memory));
	bh_device_remap(device);
	bh_device_refresh(device);
	bh_device_resume(device);
	bh_device_destroy(device);
	return 0;
}
