/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The renderer: scenes in order, worker threads, and the questions that touching memory raises.
 *
 * All functions are the device thread's. Of two scenes one may be on its way through the workers
 * while the other is built; they are drawn strictly one after the other.
 */
#ifndef BH_GPU_RASTER_RENDERER_H
#define BH_GPU_RASTER_RENDERER_H

#include "gpu/raster/front.h"
#include "gpu/raster/variant.h"

#include <pthread.h>

struct bh_renderer {
	struct bh_pool *pool;
	const struct bh_kernels *kernels;
	enum bh_gpu_backend backend;
	struct bh_scene scenes[2];
	unsigned current; /* the one that is built, or will be */
	bool building, busy;
	bool held;       /* the busy scene's code is being made: no worker has it yet */
	uint64_t number; /* of the scene that is built */
	struct bh_front_scratch *scratch[BH_WORKERS_MAX];
	struct bh_variants *variants;
	struct bh_code_cache *cache;
	bool compile_now;
	pthread_mutex_t fence_lock;
	uint64_t draws, vertices, primitives;
	/*
	 * Changes with all that a draw is linked from but its kind of primitives, its programs,
	 * textures and constants. The last draw's link, for draws that differ in nothing else than
	 * vertices.
	 */
	uint64_t state;
	struct bh_linked {
		uint64_t state, scene;
		struct bh_draw *draw; /* NULL: none */
		struct bh_work *work;
		struct bh_vertex_link link;
		enum bh_primitive made;
		float guard_x, guard_y;
		bool simple;
	} linked;
};

/* -EINVAL when the back end cannot run on this CPU. */
int bh_renderer_init(struct bh_renderer *renderer, enum bh_gpu_backend backend, unsigned threads,
		     const struct bh_gpu_config *config);
void bh_renderer_finish(struct bh_renderer *renderer);

/* Makes the current scene one for this framebuffer. */
void bh_renderer_begin(struct bh_renderer *renderer, const struct bh_framebuffer *framebuffer);
/*
 * Before a draw that reads some of what it is drawn to as textures, and writes some, a bit for each
 * attachment: what was drawn before is finished where one comes after the other. Tiles are drawn in
 * any order, but a texture's texels may be those of any tile.
 */
void bh_renderer_separate(struct bh_renderer *renderer, unsigned sampled, unsigned written);
/* Memory that lives as long as the current scene. */
void *bh_renderer_alloc(struct bh_renderer *renderer, size_t size);
/* Keeps a resource that the current scene reads. */
void bh_renderer_use(struct bh_renderer *renderer, struct bh_resource *resource);

/* After bh_renderer_begin() with the same framebuffer. */
/* -EINVAL when it is more work than one draw may be. */
int bh_renderer_draw(struct bh_renderer *renderer, const struct bh_draw_call *call);
void bh_renderer_clear(struct bh_renderer *renderer, const struct bh_clear *clear);

/* A program that is not a fragment's may soon be drawn with: its code is begun. */
void bh_renderer_hint(struct bh_renderer *renderer, struct bh_program *program);
/* Where code outlives the process: waits for what is being made, at most so long. */
void bh_renderer_keep_code(struct bh_renderer *renderer, unsigned milliseconds);
/* To be called before a program that was drawn with, or hinted at, is destroyed. */
void bh_renderer_forget(struct bh_renderer *renderer, const struct bh_program *program);

/* Sends the current scene to the workers; waits for the one before. */
void bh_renderer_flush(struct bh_renderer *renderer);
/* The same, and waits until nothing is left. */
void bh_renderer_wait(struct bh_renderer *renderer);
/* Waits for scenes that must come before the resource is read, or written, by someone else. */
void bh_renderer_order(struct bh_renderer *renderer, struct bh_resource *resource, bool write);
/* The same, and writes what it remembers of clears. */
void bh_renderer_touch(struct bh_renderer *renderer, struct bh_resource *resource, bool write);
/* A scene that was held back for its code goes to the workers: nobody waits for what is held. */
void bh_renderer_release(struct bh_renderer *renderer);
bool bh_renderer_is_busy(struct bh_renderer *renderer, const struct bh_resource *resource);
void bh_renderer_fence(struct bh_renderer *renderer, void (*done)(void *data, uint64_t fence),
		       void *data, uint64_t fence);

/*
 * For who looks on: the scene that is built (NULL: none), and a way to draw what it has so far,
 * tile by tile on this thread. `tile` is called before and after each. The scene goes on, empty.
 */
typedef void bh_tile_fn(void *data, unsigned tile_x, unsigned tile_y, bool drawn);
const struct bh_scene *bh_renderer_scene(const struct bh_renderer *renderer);
/* Writes what the scene's images remember of earlier clears. */
void bh_renderer_settle(struct bh_renderer *renderer);
void bh_renderer_step(struct bh_renderer *renderer, bh_tile_fn *tile, void *data);

#endif
