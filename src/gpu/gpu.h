/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A GPU in software: the library's public face.
 *
 * The library speaks the virgl protocol as a virtio-gpu 3D device does: contexts, resources,
 * command streams. It opens no file and no socket and needs no GL. A server (virtio-gpu over
 * vhost-user, or a vtest socket) puts it behind a transport.
 *
 * Threads: all functions may be called from one thread at a time per `struct bh_gpu` (the device
 * thread). Work runs on the GPU's own threads; bh_gpu_fence() tells when it is done.
 *
 * Errors: 0 or a negative errno. Everything that comes in through these functions is a guest's and
 * is checked. A command stream that is wrong ends its context's ability to draw (bh_gpu_submit()
 * then returns -EIO for it), never the GPU's.
 */
#ifndef BH_GPU_GPU_H
#define BH_GPU_GPU_H

#include "base/diag.h"
#include "base/log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct bh_gpu;

/* What runs shaders. All give the same pixels, bit by bit. */
enum bh_gpu_backend {
	BH_GPU_AUTO,        /* the widest vectors this CPU has */
	BH_GPU_INTERPRETER, /* no generated code: the oracle of the tests */
	BH_GPU_SIMD4,
	BH_GPU_SIMD8,
	BH_GPU_SIMD16,
};

/* What is advertised: each level has all of the one before. */
enum bh_gpu_level {
	BH_GPU_LEVEL_2D, /* no capset */
	BH_GPU_LEVEL_A,  /* GLES 2.0, GL 2.1 */
	BH_GPU_LEVEL_B,  /* GLES 3.0, GL 3.0 */
	BH_GPU_LEVEL_C,  /* GLES 3.0, GL 3.3 */
};

struct bh_gpu_config {
	enum bh_gpu_backend backend;
	enum bh_gpu_level level;
	unsigned threads;         /* worker threads; 0: as many as the machine has CPUs */
	uint64_t memory_quota;    /* bytes of all resources and tables of all contexts; 0: 1 GiB */
	const struct bh_log *log; /* NULL: silent */
	/* Vertices times instances of one draw: beyond it the context is lost. 0: 2^26. */
	uint64_t draw_limit;
	/* Shader instructions of one draw, times vertices and pixels: as before. 0: 2^38. */
	uint64_t work_limit;
	/* Draws wait for the code made for them; otherwise it is made beside them. Same pixels. */
	bool compile_now;
	/* How many combinations of programs and state have code in memory. 0: 1024. */
	unsigned code_limit;
	/* NULL, or a file for generated code, open for reading and appending: see code_cache.h. */
	const int *cache_fd;
};

/* NULL with diagnostics (E2000-E2099) when the back end cannot run here. */
struct bh_gpu *bh_gpu_create(const struct bh_gpu_config *config, struct bh_diags *diags);
void bh_gpu_destroy(struct bh_gpu *gpu); /* NULL is fine */

/* Capability sets 1 and 2 as virtio-gpu numbers them. The size of one; 0: there is none such. */
size_t bh_gpu_capset_size(const struct bh_gpu *gpu, uint32_t capset, uint32_t *max_version);
/* Fills `data` (of at least that size). */
int bh_gpu_capset(const struct bh_gpu *gpu, uint32_t capset, uint32_t version, void *data);

int bh_gpu_context_create(struct bh_gpu *gpu, uint32_t context, const char *name,
			  size_t name_length);
int bh_gpu_context_destroy(struct bh_gpu *gpu, uint32_t context);
int bh_gpu_context_attach(struct bh_gpu *gpu, uint32_t context, uint32_t resource);
int bh_gpu_context_detach(struct bh_gpu *gpu, uint32_t context, uint32_t resource);

/* As RESOURCE_CREATE_3D has them; formats and bind flags are virgl's numbers. */
struct bh_gpu_resource_args {
	uint32_t handle, target, format, bind;
	uint32_t width, height, depth, array_size;
	uint32_t last_level, samples, flags;
};

int bh_gpu_resource_create(struct bh_gpu *gpu, const struct bh_gpu_resource_args *args);
int bh_gpu_resource_destroy(struct bh_gpu *gpu, uint32_t resource);

/*
 * The guest pages behind a resource. The array is copied; the memory it names belongs to the caller
 * and stays mapped until it is detached or replaced; a guest may write it at any time.
 */
int bh_gpu_resource_attach(struct bh_gpu *gpu, uint32_t resource, const struct iovec *pages,
			   size_t count);
int bh_gpu_resource_detach(struct bh_gpu *gpu, uint32_t resource);

struct bh_gpu_box {
	uint32_t x, y, z, w, h, d;
};

struct bh_gpu_transfer {
	uint32_t resource, level;
	struct bh_gpu_box box;
	uint32_t stride, layer_stride; /* 0: tight */
	uint64_t offset;               /* into the pages */
};

/*
 * Copies between a resource and guest pages: those attached, or `pages` when count > 0. Transfers
 * are ordered after all work submitted before them. `context` 0: no context (2D).
 */
int bh_gpu_transfer_in(struct bh_gpu *gpu, uint32_t context, const struct bh_gpu_transfer *transfer,
		       const struct iovec *pages, size_t count);
int bh_gpu_transfer_out(struct bh_gpu *gpu, uint32_t context,
			const struct bh_gpu_transfer *transfer, const struct iovec *pages,
			size_t count);

/* One SUBMIT_3D: `dwords` is copied where it must outlive the call. */
int bh_gpu_submit(struct bh_gpu *gpu, uint32_t context, const uint32_t *dwords, size_t count);

/*
 * Calls `done` once everything given to the GPU before is finished, in the order of the calls, on
 * the thread that finished it (at once, on the caller's, when nothing is outstanding).
 */
void bh_gpu_fence(struct bh_gpu *gpu, void (*done)(void *data, uint64_t fence), void *data,
		  uint64_t fence);

/* Waits until nothing is outstanding. */
void bh_gpu_wait(struct bh_gpu *gpu);

/* Whether work that uses the resource is outstanding. */
bool bh_gpu_resource_is_busy(struct bh_gpu *gpu, uint32_t resource);

/*
 * Reads a rectangle of a 2D colour resource as rows of B8G8R8X8 for a display or a picture. Waits
 * for the work before it.
 */
int bh_gpu_read_pixels(struct bh_gpu *gpu, uint32_t resource, uint32_t x, uint32_t y, uint32_t w,
		       uint32_t h, void *pixels, size_t stride);

struct bh_gpu_rect {
	uint32_t x, y, w, h;
};

/*
 * What a screen shows of images. It is kept as digests of its tiles, so that of what is shown only
 * what differs has to be sent. NULL when no image can be as large.
 */
struct bh_gpu_screen;

struct bh_gpu_screen *bh_gpu_screen_create(uint32_t width, uint32_t height);
void bh_gpu_screen_destroy(struct bh_gpu_screen *screen); /* NULL is fine */
/* Nothing is known of what it shows: everything is sent again. */
void bh_gpu_screen_forget(struct bh_gpu_screen *screen);

/*
 * Where a rectangle of the screen goes: rows of B8G8R8X8 without gaps, written before the next
 * call. NULL: it does not take it, and goes on to show what it did.
 */
typedef void *bh_gpu_room_fn(void *data, const struct bh_gpu_rect *rect);

/*
 * Shows a part of the screen, whose first pixel is (x, y) of a 2D colour resource: all rectangles
 * in which it is not what the screen shows. Waits for the work before it.
 */
int bh_gpu_screen_show(struct bh_gpu *gpu, struct bh_gpu_screen *screen, uint32_t resource,
		       uint32_t x, uint32_t y, const struct bh_gpu_rect *part, bh_gpu_room_fn *room,
		       void *data);

int bh_gpu_resource_info(const struct bh_gpu *gpu, uint32_t resource,
			 struct bh_gpu_resource_args *args);

/* True for a context that broke the protocol, looped in a shader or passed its quota. */
bool bh_gpu_context_lost(const struct bh_gpu *gpu, uint32_t context);

/* The resource that the context's current colour target is part of; 0: none. */
uint32_t bh_gpu_context_target(const struct bh_gpu *gpu, uint32_t context);

struct bh_gpu_stats {
	uint64_t submits, draws, vertices, primitives, shaders, memory;
	uint64_t codes; /* combinations that have code, or wait for it */
};

void bh_gpu_stats(const struct bh_gpu *gpu, struct bh_gpu_stats *stats);

#endif
