/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/raster/renderer.h"

#include "base/alloc.h"
#include "gpu/raster/geometry.h"
#include "gpu/shader/code_cache.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A draw is cut where its chunks would take more than this. */
#define SCENE_MEMORY_MAX (48u << 20)
/* A scene whose draws have state of more than this is drawn before the next draw. */
#define SCENE_STATE_MAX (32u << 20)
#define BATCH_CHUNKS    64
#define BATCH_STIPPLED  16 /* primitives */
/* Vertices of a draw that reads no buffer. */
#define VERTICES_MAX (1u << 24)

static const struct bh_kernels *find_kernels(enum bh_gpu_backend backend)
{
	switch (backend) {
	case BH_GPU_INTERPRETER:
	case BH_GPU_SIMD4:
		return &bh_kernels4;
	case BH_GPU_SIMD8:
#if defined(__x86_64__)
		if (!__builtin_cpu_supports("avx2"))
			return NULL;
#endif
		return &bh_kernels8;
	case BH_GPU_SIMD16:
#if defined(__x86_64__)
		if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
		    !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
			return NULL;
#endif
		return &bh_kernels16;
	default:
		return NULL;
	}
}

int bh_renderer_init(struct bh_renderer *renderer, enum bh_gpu_backend backend, unsigned threads,
		     const struct bh_gpu_config *config)
{
	memset(renderer, 0, sizeof(*renderer));
	renderer->kernels = find_kernels(backend);
	if (!renderer->kernels)
		return -EINVAL;
	renderer->backend = backend;
	renderer->pool = bh_pool_create(threads);
	renderer->compile_now = config->compile_now;
	renderer->variants = bh_variants_create(config->compile_now, config->code_limit);
	renderer->cache = bh_code_cache_create(config->cache_fd ? *config->cache_fd : -1, 0);
	for (unsigned i = 0; i < bh_pool_threads(renderer->pool); i++) {
		struct bh_front_scratch *scratch = aligned_alloc(64, sizeof(*scratch));

		if (!scratch)
			abort();
		memset(scratch, 0, sizeof(*scratch));
		scratch->geometry = bh_geometry_create();
		renderer->scratch[i] = scratch;
	}
	bh_scene_init(&renderer->scenes[0]);
	bh_scene_init(&renderer->scenes[1]);
	pthread_mutex_init(&renderer->fence_lock, NULL);
	renderer->number = 1;
	return 0;
}

void bh_renderer_finish(struct bh_renderer *renderer)
{
	bh_renderer_wait(renderer);
	for (unsigned i = 0; i < BH_WORKERS_MAX; i++) {
		if (!renderer->scratch[i])
			continue;
		free(renderer->scratch[i]->shaded);
		free(renderer->scratch[i]->records);
		free(renderer->scratch[i]->triangles);
		free(renderer->scratch[i]->touched);
		free(renderer->scratch[i]->numbers);
		free(renderer->scratch[i]->groups);
		free(renderer->scratch[i]->kept);
		bh_geometry_destroy(renderer->scratch[i]->geometry);
		free(renderer->scratch[i]);
	}
	bh_pool_destroy(renderer->pool);
	bh_variants_destroy(renderer->variants);
	bh_code_cache_destroy(renderer->cache);
	bh_scene_finish(&renderer->scenes[0]);
	bh_scene_finish(&renderer->scenes[1]);
	pthread_mutex_destroy(&renderer->fence_lock);
}

static struct bh_scene *current(struct bh_renderer *renderer)
{
	assert(renderer->building);
	return &renderer->scenes[renderer->current];
}

static struct bh_scene *previous(struct bh_renderer *renderer)
{
	return &renderer->scenes[renderer->current ^ 1];
}

static void draw_item(void *data, size_t item, unsigned worker)
{
	const struct bh_scene *scene = data;

	(void)worker;
	bh_scene_draw_tile(scene, (unsigned)(item % scene->tiles_x),
			   (unsigned)(item / scene->tiles_x));
}

static void signal_fences(struct bh_renderer *renderer, struct bh_scene *scene)
{
	struct bh_fence *fence;

	pthread_mutex_lock(&renderer->fence_lock);
	fence = scene->fences;
	scene->fences = NULL;
	scene->running = false;
	pthread_mutex_unlock(&renderer->fence_lock);
	while (fence) {
		struct bh_fence *next = fence->next;

		fence->done(fence->data, fence->fence);
		free(fence);
		fence = next;
	}
}

/* The job's last step, on the thread that did its last tile. */
static void finished(void *data)
{
	struct bh_scene *scene = data;

	signal_fences(scene->renderer, scene);
}

void bh_renderer_release(struct bh_renderer *renderer)
{
	if (!renderer->held)
		return;
	renderer->held = false;
	bh_variants_settle(renderer->variants);
	bh_pool_start(renderer->pool, &previous(renderer)->job, false);
}

/* Waits for the scene that is with the workers, or held. */
static void wait_previous(struct bh_renderer *renderer)
{
	struct bh_scene *scene = previous(renderer);

	if (!renderer->busy)
		return;
	bh_renderer_release(renderer);
	bh_pool_wait(renderer->pool, &scene->job);
	bh_scene_release(scene);
	renderer->busy = false;
}

static void start(struct bh_renderer *renderer, struct bh_scene *scene)
{
	size_t count = (size_t)scene->tiles_x * scene->tiles_y;

	bh_scene_settle_textures(scene, renderer->pool);
	bh_scene_watch(scene);
	scene->renderer = renderer;
	scene->running = true;
	scene->job = (struct bh_job){
		.run = draw_item,
		.finished = finished,
		.data = scene,
		.count = count,
	};
	/* Tiles that only remember are no work for several: sharing costs more than doing it. */
	if (bh_scene_only_remembers(scene)) {
		bh_variants_settle(renderer->variants);
		bh_scene_remember(scene);
		/* Nothing of the job is left to take. */
		atomic_store(&scene->job.next, count);
		finished(scene);
		return;
	}
	/* While its code is made, the next scene is decoded: then there is code for two to make. */
	renderer->held = !bh_variants_are_settled(renderer->variants);
	if (!renderer->held)
		bh_pool_start(renderer->pool, &scene->job, false);
}

void bh_renderer_flush(struct bh_renderer *renderer)
{
	struct bh_scene *scene;

	if (!renderer->building)
		return;
	wait_previous(renderer);
	scene = current(renderer);
	renderer->building = false;
	renderer->number++;
	if (!scene->item_count) {
		bh_scene_release(scene);
		return;
	}
	start(renderer, scene);
	renderer->busy = true;
	renderer->current ^= 1;
	if (bh_pool_threads(renderer->pool) == 1)
		wait_previous(renderer);
}

void bh_renderer_wait(struct bh_renderer *renderer)
{
	bh_renderer_flush(renderer);
	wait_previous(renderer);
}

static bool same_surface(const struct bh_surface *a, const struct bh_surface *b)
{
	return a->resource == b->resource && a->data == b->data && a->format == b->format &&
	       a->layers == b->layers;
}

static bool same_framebuffer(const struct bh_framebuffer *a, const struct bh_framebuffer *b)
{
	if (a->color_count != b->color_count || a->width != b->width || a->height != b->height ||
	    !same_surface(&a->depth, &b->depth))
		return false;
	for (unsigned i = 0; i < a->color_count; i++) {
		if (!same_surface(&a->colors[i], &b->colors[i]))
			return false;
	}
	return true;
}

void bh_renderer_begin(struct bh_renderer *renderer, const struct bh_framebuffer *framebuffer)
{
	if (renderer->building) {
		const struct bh_scene *scene = current(renderer);

		if (same_framebuffer(&scene->framebuffer, framebuffer) &&
		    scene->state.total <= SCENE_STATE_MAX)
			return;
		bh_renderer_flush(renderer);
	}
	renderer->building = true;
	bh_scene_begin(current(renderer), framebuffer, renderer->kernels, renderer->number);
}

void bh_renderer_separate(struct bh_renderer *renderer, unsigned sampled, unsigned written)
{
	struct bh_scene *scene = current(renderer);

	if ((sampled & scene->written) || (written & scene->sampled)) {
		struct bh_framebuffer framebuffer = scene->framebuffer;

		bh_renderer_flush(renderer);
		bh_renderer_begin(renderer, &framebuffer);
		scene = current(renderer);
	}
	scene->written |= written;
	scene->sampled |= sampled;
	/* Texels are read from memory: nothing is only remembered. */
	for (unsigned i = 0; sampled >> i; i++) {
		if (sampled >> i & 1)
			scene->cleared[i] = NULL;
	}
}

void *bh_renderer_alloc(struct bh_renderer *renderer, size_t size)
{
	return bh_bump_alloc(&current(renderer)->state, size);
}

void bh_renderer_use(struct bh_renderer *renderer, struct bh_resource *resource)
{
	bh_scene_use(current(renderer), resource, false);
}

void bh_renderer_clear(struct bh_renderer *renderer, const struct bh_clear *clear)
{
	unsigned attachment = clear->color ? clear->target : BH_ATTACHMENT_DEPTH;
	struct bh_scene *scene;
	struct bh_clear *copy;

	bh_renderer_separate(renderer, 0, 1u << attachment);
	scene = current(renderer);
	if (!scene->tiles_x || !scene->tiles_y)
		return;
	copy = bh_renderer_alloc(renderer, sizeof(*copy));
	*copy = *clear;
	if (scene->cleared[attachment])
		scene->cleared[attachment]->any = true;
	bh_scene_add(scene, 1)->clear = copy;
}

/* What was drawn goes; the state that later draws share stays. */
static void empty(struct bh_scene *scene)
{
	scene->item_count = 0;
	for (unsigned i = 0; i < BH_WORKERS_MAX; i++)
		bh_bump_reset(&scene->memory[i]);
}

/* Draws what the scene has so far and goes on with it: its state stays. */
static void drain(struct bh_renderer *renderer)
{
	struct bh_scene *scene = current(renderer);

	wait_previous(renderer);
	if (!scene->item_count)
		return;
	start(renderer, scene);
	bh_pool_wait(renderer->pool, &scene->job);
	empty(scene);
}

const struct bh_scene *bh_renderer_scene(const struct bh_renderer *renderer)
{
	return renderer->building ? &renderer->scenes[renderer->current] : NULL;
}

static void settle_tile(struct bh_scene *scene, unsigned x, unsigned y)
{
	for (unsigned i = 0; i < BH_ATTACHMENTS_MAX; i++) {
		if (scene->cleared[i])
			bh_cleared_settle_tile(bh_scene_surface(scene, i)->resource, x, y);
	}
}

void bh_renderer_settle(struct bh_renderer *renderer)
{
	struct bh_scene *scene = current(renderer);

	wait_previous(renderer);
	for (unsigned i = 0; i < BH_ATTACHMENTS_MAX; i++) {
		if (scene->cleared[i])
			bh_cleared_settle(bh_scene_surface(scene, i)->resource);
	}
}

void bh_renderer_step(struct bh_renderer *renderer, bh_tile_fn *tile, void *data)
{
	struct bh_scene *scene = current(renderer);

	bh_scene_settle_textures(scene, renderer->pool);
	bh_scene_watch(scene);
	bh_renderer_settle(renderer);
	for (unsigned y = 0; y < scene->tiles_y; y++) {
		for (unsigned x = 0; x < scene->tiles_x; x++) {
			tile(data, x, y, false);
			bh_scene_draw_tile(scene, x, y);
			settle_tile(scene, x, y);
			tile(data, x, y, true);
		}
	}
	empty(scene);
}

static void run_batch(struct bh_renderer *renderer, struct bh_front *front)
{
	bool geometry = front->call->geometry_info != NULL;
	uint32_t size = geometry ? BH_CHUNK_GEOMETRY : BH_CHUNK_PRIMITIVES;
	size_t chunks = (front->primitive_count + size - 1) / size;
	struct bh_job job = {.run = geometry ? bh_geometry_chunk : bh_front_chunk,
			     .data = front,
			     .count = chunks};

	front->first_item = front->scene->item_count;
	bh_scene_add(front->scene, chunks);
	/* A stipple pattern runs on from line to line. */
	if (chunks == 1 || bh_pool_threads(renderer->pool) == 1 ||
	    front->call->raster->line_stipple) {
		for (size_t i = 0; i < chunks; i++)
			job.run(front, i, 0);
		return;
	}
	bh_pool_start(renderer->pool, &job, true);
	bh_pool_wait(renderer->pool, &job);
}

static bool draws_lines(const struct bh_draw_call *call)
{
	switch (call->made) {
	case BH_POINTS:
		return false;
	case BH_LINES:
	case BH_LINE_LOOP:
	case BH_LINE_STRIP:
	case BH_LINES_ADJACENCY:
	case BH_LINE_STRIP_ADJACENCY:
		return true;
	default:
		return call->raster->fill_front == BH_FILL_LINES ||
		       call->raster->fill_back == BH_FILL_LINES;
	}
}

/*
 * What of a draw is on its way at once: a geometry program can make a lot of a little, and a
 * stippled line is thousands of triangles.
 */
static uint32_t batch_size(const struct bh_draw_call *call)
{
	uint32_t most = BATCH_CHUNKS * BH_CHUNK_PRIMITIVES;

	if (call->raster->line_stipple && draws_lines(call))
		return BATCH_STIPPLED;
	if (call->geometry_info && call->geometry_info->max_vertices > 4)
		most = most * 4 / call->geometry_info->max_vertices;
	return most;
}

/* Counts primitives and streams them out; what a geometry program draws is counted as it is made.
 */
static bool stream_run(struct bh_renderer *renderer, struct bh_front *front, uint32_t primitives)
{
	const struct bh_draw_call *call = front->call;

	if (call->geometry_info)
		return (front->draw && !call->stream) ||
		       bh_stream_geometry(front, renderer->scratch[0]);
	call->counts->generated += primitives;
	return !call->stream || bh_stream_run(front, renderer->scratch[0]);
}

/* Primitives of one run of vertices, without restarts. */
static void draw_run(struct bh_renderer *renderer, struct bh_front *front, uint32_t first,
		     uint32_t count)
{
	uint32_t primitives = bh_primitive_count(front->call->primitive, count);

	front->first_vertex = first;
	front->vertex_count = count;
	front->stipple_counter = 0;
	if (!stream_run(renderer, front, primitives))
		atomic_store(front->call->lost, true);
	for (uint32_t at = 0; front->draw && at < primitives;) {
		uint32_t part = primitives - at;

		if (part > batch_size(front->call))
			part = batch_size(front->call);
		front->first_primitive = at;
		front->primitive_count = part;
		run_batch(renderer, front);
		at += part;
		if (bh_scene_memory(front->scene) > SCENE_MEMORY_MAX)
			drain(renderer);
	}
	if (primitives)
		front->primitives_before = bh_primitive_number(front, primitives - 1) + 1;
	if (!front->draw)
		return;
	renderer->primitives += primitives;
	if (front->call->geometry_info && !front->call->stream)
		front->call->counts->generated += atomic_exchange(&front->made, 0);
}

/* Vertices beyond every buffer are all alike; nobody needs more of them. */
static uint32_t bounded_count(const struct bh_draw_call *call)
{
	uint64_t most = 0;

	if (call->indexed) {
		if (call->indices && call->indices->size > call->index_offset)
			most = (call->indices->size - call->index_offset) / call->index_size;
	} else {
		most = VERTICES_MAX;
		for (unsigned i = 0; i < call->elements->count; i++) {
			const struct bh_vertex_buffer *buffer =
				&call->buffers[call->elements->items[i].buffer];

			if (buffer->resource && buffer->stride &&
			    buffer->resource->size / buffer->stride + 1 > most)
				most = buffer->resource->size / buffer->stride + 1;
		}
	}
	if (call->start >= most)
		return 0;
	return call->count < most - call->start ? call->count : (uint32_t)(most - call->start);
}

static uint32_t index_at(const struct bh_draw_call *call, uint64_t place)
{
	uint32_t index = 0;

	memcpy(&index, call->indices->data + call->index_offset + place * call->index_size,
	       call->index_size);
	return index;
}

static void draw_instance(struct bh_renderer *renderer, struct bh_front *front, uint32_t count)
{
	const struct bh_draw_call *call = front->call;
	uint32_t begin = 0;

	front->primitives_before = 0;
	if (!call->indexed || !call->restarts) {
		draw_run(renderer, front, call->start, count);
		return;
	}
	for (uint32_t i = 0; i <= count; i++) {
		if (i < count && index_at(call, (uint64_t)call->start + i) != call->restart_index)
			continue;
		if (i > begin)
			draw_run(renderer, front, call->start + begin, i - begin);
		begin = i + 1;
	}
}

/* Whether some of the draw's pixels go step by step. */
static bool needs_program(const struct bh_draw *draw, const struct bh_framebuffer *framebuffer)
{
	int32_t bottom = (draw->area.y1 + 1) & ~1;

	if (!draw->fused)
		return draw->program != NULL;
	for (unsigned i = 0; i < framebuffer->color_count; i++) {
		if (framebuffer->colors[i].resource &&
		    bottom > (int32_t)framebuffer->colors[i].height)
			return true;
	}
	return (draw->depth_used || draw->stencil_used) &&
	       bottom > (int32_t)framebuffer->depth.height;
}

/* Quick code first; better is made beside the drawing, where no fused code will be. */
static bool prepare(struct bh_renderer *renderer, struct bh_program *program, bool improve)
{
	if (!bh_program_prepare(program, !renderer->compile_now))
		return false;
	if (improve && !renderer->compile_now && bh_program_wants_better(program))
		bh_variants_improve(renderer->variants, program);
	return true;
}

/* Links a draw, and has its programs ready. */
static bool link_draw(struct bh_renderer *renderer, struct bh_front *front)
{
	const struct bh_draw_call *call = front->call;
	struct bh_draw *draw = NULL;

	front->work = bh_renderer_alloc(renderer, sizeof(*front->work));
	atomic_init(&front->work->used, 0);
	front->work->limit = call->work_limit;
	renderer->linked.draw = NULL;
	/* Without anything to draw to, vertices are only counted and streamed out. */
	if (!call->raster->discard && front->scene->tiles_x && front->scene->tiles_y) {
		draw = front->draw = bh_renderer_alloc(renderer, sizeof(*draw));
		bh_front_link(front);
		draw->may_be_solid = bh_draw_may_be_solid(draw, call->framebuffer);
		draw->fused = bh_variants_find(renderer->variants, draw, call->framebuffer,
					       renderer->number);
		if (draw->fused)
			draw->fused_quads = draw->fused->quads;
	}
	/* Here rather than where several workers would wait for it. */
	if (!prepare(renderer, call->vertex_program, true) ||
	    (draw && needs_program(draw, call->framebuffer) &&
	     !prepare(renderer, draw->program, !draw->fused)))
		return false;
	renderer->linked = (struct bh_linked){
		.state = renderer->state,
		.scene = renderer->number,
		.draw = draw,
		.work = front->work,
		.link = front->link,
		.made = call->made,
		.guard_x = front->guard_x,
		.guard_y = front->guard_y,
		.simple = front->simple,
	};
	return true;
}

/* Links a draw as the one before; false when more than vertices and constants may differ. */
static bool take_link(struct bh_renderer *renderer, struct bh_front *front)
{
	const struct bh_draw_call *call = front->call;
	struct bh_linked *linked = &renderer->linked;
	const struct bh_constants *constants = call->constants[BH_STAGE_FRAGMENT];

	if (!linked->draw || linked->state != renderer->state ||
	    linked->scene != renderer->number || linked->made != call->made ||
	    linked->draw->program != call->fragment_program ||
	    linked->draw->textures != call->textures[BH_STAGE_FRAGMENT])
		return false;
	if (linked->draw->constants != constants) {
		struct bh_draw *copy = bh_renderer_alloc(renderer, sizeof(*copy));

		*copy = *linked->draw;
		copy->constants = constants;
		linked->draw = copy;
	}
	front->draw = linked->draw;
	front->work = linked->work;
	front->work->limit += call->work_limit;
	front->link = linked->link;
	front->guard_x = linked->guard_x;
	front->guard_y = linked->guard_y;
	front->simple = linked->simple;
	return true;
}

int bh_renderer_draw(struct bh_renderer *renderer, const struct bh_draw_call *call)
{
	struct bh_front front = {.call = call, .scene = current(renderer)};
	uint32_t count = bounded_count(call);

	if (!count)
		return 0;
	if ((uint64_t)count * call->instance_count > call->limit)
		return -EINVAL;
	if (call->geometry_info &&
	    (uint64_t)count * call->instance_count * (1 + call->geometry_info->max_vertices / 16) >
		    call->limit)
		return -EINVAL;
	front.scratch = renderer->scratch;
	front.lanes = renderer->kernels->lanes;
	if (!take_link(renderer, &front) && !link_draw(renderer, &front))
		return -EINVAL;
	for (uint32_t i = 0; i < call->instance_count && !atomic_load(call->lost); i++) {
		front.instance = i;
		draw_instance(renderer, &front, count);
	}
	renderer->draws++;
	renderer->vertices += atomic_load(&front.vertices);
	return 0;
}

void bh_renderer_hint(struct bh_renderer *renderer, struct bh_program *program)
{
	bh_variants_hint(renderer->variants, program);
}

void bh_renderer_keep_code(struct bh_renderer *renderer, unsigned milliseconds)
{
	if (bh_code_cache_is_kept(renderer->cache))
		bh_variants_finish(renderer->variants, milliseconds);
}

void bh_renderer_forget(struct bh_renderer *renderer, const struct bh_program *program)
{
	bh_renderer_wait(renderer);
	bh_variants_forget(renderer->variants, program);
}

/* Whether the current scene, or the one with the workers, has it in a way that matters. */
static bool conflicts(const struct bh_resource *resource, bool write, uint64_t number)
{
	return resource->scene >= number && (write || resource->written);
}

void bh_renderer_order(struct bh_renderer *renderer, struct bh_resource *resource, bool write)
{
	if (renderer->building && conflicts(resource, write, renderer->number))
		bh_renderer_wait(renderer);
	else if (renderer->busy && conflicts(resource, write, renderer->number - 1))
		wait_previous(renderer);
}

void bh_renderer_touch(struct bh_renderer *renderer, struct bh_resource *resource, bool write)
{
	bh_renderer_order(renderer, resource, write);
	bh_cleared_settle(resource);
}

bool bh_renderer_is_busy(struct bh_renderer *renderer, const struct bh_resource *resource)
{
	if (renderer->building && resource->scene >= renderer->number)
		return true;
	if (!renderer->busy || resource->scene + 1 < renderer->number)
		return false;
	return renderer->held || !bh_job_is_done(&previous(renderer)->job);
}

void bh_renderer_fence(struct bh_renderer *renderer, void (*done)(void *data, uint64_t fence),
		       void *data, uint64_t fence)
{
	struct bh_scene *scene;
	struct bh_fence *node, **end;

	bh_renderer_flush(renderer);
	bh_renderer_release(renderer);
	scene = previous(renderer);
	pthread_mutex_lock(&renderer->fence_lock);
	if (!renderer->busy || !scene->running) {
		pthread_mutex_unlock(&renderer->fence_lock);
		done(data, fence);
		return;
	}
	node = bh_alloc(sizeof(*node));
	*node = (struct bh_fence){done, data, fence, NULL};
	for (end = &scene->fences; *end; end = &(*end)->next)
		;
	*end = node;
	pthread_mutex_unlock(&renderer->fence_lock);
}
