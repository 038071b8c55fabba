/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtio-gpu device on top of the GPU library, without a transport.
 *
 * The owner takes a command's bytes out of a ring (a copy, which the guest cannot change any more),
 * calls bh_device_command() and puts the response into the ring: at once, or, when the command is
 * fenced, from bh_gpu_fence(). All functions are for the thread that owns the GPU.
 */
#ifndef BH_GPU_DEVICE_DEVICE_H
#define BH_GPU_DEVICE_DEVICE_H

#include "base/log.h"
#include "gpu/gpu.h"

#include <linux/virtio_gpu.h>

#define BH_DEVICE_SCANOUTS_MAX 16
#define BH_DEVICE_COMMAND_MAX  (8u << 20) /* bytes; the largest a driver sends is some 260 KiB */
#define BH_DEVICE_RESPONSE_MAX 4096
#define BH_DEVICE_CURSOR_SIZE  64

struct bh_device_ops {
	/*
	 * Host memory behind guest addresses: fills at most `room` pieces and returns how many, or
	 * -EFAULT when it is no guest memory, -EAGAIN when it may be known later (the command is
	 * then given again), -E2BIG when `room` is too small.
	 */
	int (*map)(void *data, uint64_t address, uint64_t length, struct iovec *pieces,
		   size_t room);
	/* A screen shows something of this size now; 0 x 0: nothing. */
	void (*scanout)(void *data, uint32_t scanout, uint32_t width, uint32_t height);
	/*
	 * Where new pixels of a screen go: B8G8R8X8, rows without gaps, written before the next
	 * call. NULL: they are not taken; bh_device_resume() sends them later.
	 */
	void *(*update)(void *data, uint32_t scanout, const struct bh_gpu_rect *rect);
	/* All updates of a flush are written. */
	void (*updated)(void *data);
	/* `pixels` is B8G8R8A8, 64x64; NULL: only moved. `visible` false: hidden. */
	void (*cursor)(void *data, const struct virtio_gpu_cursor_pos *at, uint32_t hot_x,
		       uint32_t hot_y, bool visible, const void *pixels);
};

struct bh_device_config {
	struct bh_gpu *gpu;
	const struct bh_device_ops *ops;
	void *data;
	const struct bh_log *log;
	unsigned scanouts;
	uint32_t width, height; /* of the mode that is advertised */
};

struct bh_device;

struct bh_device *bh_device_create(const struct bh_device_config *config);
void bh_device_destroy(struct bh_device *device);

/* Back to how it was created: all contexts and resources are gone. */
void bh_device_reset(struct bh_device *device);

/*
 * Runs one command of the control queue. Returns the length of the response (at most
 * BH_DEVICE_RESPONSE_MAX), or -EAGAIN when guest memory is not known yet and nothing was done.
 * `fenced` tells whether the response must wait for the work before it.
 */
int bh_device_command(struct bh_device *device, const void *command, size_t length, void *response,
		      bool *fenced);

/* A command of the cursor queue. It has no response. */
void bh_device_cursor(struct bh_device *device, const void *command, size_t length);

/* What virtio's configuration space holds. */
void bh_device_config_space(const struct bh_device *device, struct virtio_gpu_config *config);

/*
 * Guest memory in [address, address + length) is no longer what it was: resources backed by it lose
 * their pages until they are attached again. Waits for the work that may use them.
 */
void bh_device_forget(struct bh_device *device, uint64_t address, uint64_t length);
/* All of guest memory is mapped elsewhere: looks every page up again. */
void bh_device_remap(struct bh_device *device);

/* Sends everything that screens show once more. */
void bh_device_refresh(struct bh_device *device);
/* Sends what updates were not taken for. */
void bh_device_resume(struct bh_device *device);

#endif
