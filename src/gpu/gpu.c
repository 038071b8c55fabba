/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/gpu.h"

#include "base/alloc.h"
#include "gpu/virgl/caps.h"
#include "gpu/virgl/context.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long a GPU that goes waits for code that is being made for its cache. */
#define KEEP_CODE_MS 3000

#define CONTEXTS_MAX       4096
#define RESOURCES_MAX      (1u << 20)
#define PAGES_MAX          (1u << 20)
#define QUOTA_DEFAULT      (1ull << 30)
#define DRAW_LIMIT_DEFAULT (1ull << 26)
#define WORK_LIMIT_DEFAULT (1ull << 38)

static const char *const back_ends[] = {
	[BH_GPU_INTERPRETER] = "interpreter",
	[BH_GPU_SIMD4] = "4 lanes",
	[BH_GPU_SIMD8] = "8 lanes",
	[BH_GPU_SIMD16] = "16 lanes",
};

static unsigned thread_count(unsigned wanted)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (!wanted)
		wanted = cpus > 0 ? (unsigned)cpus : 1;
	return wanted < BH_WORKERS_MAX ? wanted : BH_WORKERS_MAX;
}

/* Whether programs of this kind can be made: some are generated code that is not built in. */
static bool can_compile(enum bh_gpu_backend backend)
{
	static const char text[] = "VERT\nDCL OUT[0], POSITION\nIMM[0] FLT32 {0, 0, 0, 1}\n"
				   "  0: MOV OUT[0], IMM[0]\n  1: END\n";
	struct bh_shader *shader = bh_shader_parse(text, sizeof(text) - 1, BH_STAGE_VERTEX, NULL);
	struct bh_program *program = shader ? bh_program_create(shader, backend, NULL) : NULL;
	/* Whatever the compiler reads of the machine, it reads now: later files may be shut. */
	bool can = program && bh_program_prepare(program, true);

	bh_program_destroy(program);
	bh_shader_destroy(shader);
	return can;
}

static bool start(struct bh_gpu *gpu, enum bh_gpu_backend backend, unsigned threads,
		  const struct bh_gpu_config *config)
{
	if ((size_t)backend >= sizeof(back_ends) / sizeof(back_ends[0]) || !can_compile(backend) ||
	    bh_renderer_init(&gpu->renderer, backend, threads, config))
		return false;
	snprintf(gpu->back_end, sizeof(gpu->back_end), "%s", back_ends[backend]);
	return true;
}

struct bh_gpu *bh_gpu_create(const struct bh_gpu_config *config, struct bh_diags *diags)
{
	static const enum bh_gpu_backend order[] = {BH_GPU_SIMD16, BH_GPU_SIMD8, BH_GPU_SIMD4,
						    BH_GPU_INTERPRETER};
	struct bh_gpu *gpu = bh_alloc(sizeof(*gpu));
	unsigned threads = thread_count(config->threads);
	bool started = false;

	gpu->level = config->level;
	gpu->log = config->log;
	gpu->quota.limit = config->memory_quota ? config->memory_quota : QUOTA_DEFAULT;
	gpu->work_limit = config->work_limit ? config->work_limit : WORK_LIMIT_DEFAULT;
	gpu->draw_limit = config->draw_limit ? config->draw_limit : DRAW_LIMIT_DEFAULT;
	if (config->backend != BH_GPU_AUTO) {
		started = start(gpu, config->backend, threads, config);
	} else {
		for (size_t i = 0; i < sizeof(order) / sizeof(order[0]) && !started; i++)
			started = start(gpu, order[i], threads, config);
	}
	if (!started) {
		struct bh_diag *diag =
			bh_error(diags, "E2000", "the GPU cannot run shaders with this back end");

		bh_diag_cause(diag, "this CPU has no vectors of that width, or this build has no "
				    "code generator");
		bh_diag_hint(diag, "leave the back end out: the widest that works is taken");
		free(gpu);
		return NULL;
	}
	return gpu;
}

void bh_gpu_destroy(struct bh_gpu *gpu)
{
	if (!gpu)
		return;
	bh_renderer_wait(&gpu->renderer);
	bh_renderer_keep_code(&gpu->renderer, KEEP_CODE_MS);
	for (size_t i = 0; i < gpu->contexts.room; i++) {
		if (gpu->contexts.slots[i].handle)
			bh_context_destroy(gpu->contexts.slots[i].value);
	}
	bh_renderer_finish(&gpu->renderer);
	for (size_t i = 0; i < gpu->resources.room; i++) {
		if (gpu->resources.slots[i].handle)
			bh_resource_unref(gpu->resources.slots[i].value);
	}
	bh_table_finish(&gpu->contexts);
	bh_table_finish(&gpu->resources);
	free(gpu->damage_key);
	free(gpu);
}

size_t bh_gpu_capset_size(const struct bh_gpu *gpu, uint32_t capset, uint32_t *max_version)
{
	if (gpu->level < BH_GPU_LEVEL_A || capset < 1 || capset > 2)
		return 0;
	if (max_version)
		*max_version = capset;
	return capset == 1 ? sizeof(struct bh_caps1) : sizeof(struct bh_caps2);
}

int bh_gpu_capset(const struct bh_gpu *gpu, uint32_t capset, uint32_t version, void *data)
{
	size_t size = bh_gpu_capset_size(gpu, capset, NULL);
	struct bh_caps2 caps;

	if (!size || version > capset)
		return -EINVAL;
	bh_caps_fill(gpu->level, gpu->back_end, gpu->quota.limit, &caps);
	caps.v1.max_version = capset;
	memcpy(data, &caps, size);
	return 0;
}

static struct bh_context *find_context(const struct bh_gpu *gpu, uint32_t id)
{
	return bh_table_get(&gpu->contexts, id);
}

static struct bh_resource *find_resource(const struct bh_gpu *gpu, uint32_t handle)
{
	return bh_table_get(&gpu->resources, handle);
}

int bh_gpu_context_create(struct bh_gpu *gpu, uint32_t id, const char *name, size_t name_length)
{
	struct bh_context *context;

	if (!id || find_context(gpu, id) || gpu->contexts.count >= CONTEXTS_MAX)
		return -EINVAL;
	context = bh_context_create(gpu, id);
	if (!context)
		return -ENOMEM;
	if (name_length >= sizeof(context->name))
		name_length = sizeof(context->name) - 1;
	memcpy(context->name, name, name_length);
	bh_table_set(&gpu->contexts, id, context);
	return 0;
}

int bh_gpu_context_destroy(struct bh_gpu *gpu, uint32_t id)
{
	struct bh_context *context = find_context(gpu, id);

	if (!context)
		return -EINVAL;
	bh_table_set(&gpu->contexts, id, NULL);
	bh_context_destroy(context);
	return 0;
}

int bh_gpu_context_attach(struct bh_gpu *gpu, uint32_t id, uint32_t handle)
{
	struct bh_context *context = find_context(gpu, id);
	struct bh_resource *resource = find_resource(gpu, handle);

	if (!context || !resource)
		return -EINVAL;
	bh_resource_ref(resource);
	bh_resource_unref(bh_table_set(&context->resources, handle, resource));
	return 0;
}

int bh_gpu_context_detach(struct bh_gpu *gpu, uint32_t id, uint32_t handle)
{
	struct bh_context *context = find_context(gpu, id);

	if (!context || !handle)
		return -EINVAL;
	bh_resource_unref(bh_table_set(&context->resources, handle, NULL));
	return 0;
}

int bh_gpu_resource_create(struct bh_gpu *gpu, const struct bh_gpu_resource_args *args)
{
	struct bh_resource *resource;
	int result;

	if (!args->handle || find_resource(gpu, args->handle) ||
	    gpu->resources.count >= RESOURCES_MAX)
		return -EINVAL;
	result = bh_resource_create(args, &gpu->quota, &resource);
	if (result == -ENOMEM) {
		/* Scenes hold what a guest has destroyed already. */
		bh_renderer_wait(&gpu->renderer);
		result = bh_resource_create(args, &gpu->quota, &resource);
	}
	if (result) {
		bh_log(gpu->log, BH_LOG_WARNING,
		       "no resource with target %u, format %u, bind %#x, %ux%ux%u, %u layers, "
		       "levels to %u, %u samples, flags %#x",
		       args->target, args->format, args->bind, args->width, args->height,
		       args->depth, args->array_size, args->last_level, args->samples, args->flags);
		return result;
	}
	bh_table_set(&gpu->resources, args->handle, resource);
	return 0;
}

/* Contexts to which it is attached keep the memory, but not the pages. */
int bh_gpu_resource_destroy(struct bh_gpu *gpu, uint32_t handle)
{
	struct bh_resource *resource = find_resource(gpu, handle);

	if (!resource)
		return -EINVAL;
	bh_table_set(&gpu->resources, handle, NULL);
	for (size_t i = 0; i < gpu->contexts.room; i++) {
		struct bh_context *context = gpu->contexts.slots[i].value;

		if (!context || bh_context_resource(context, handle) != resource)
			continue;
		bh_table_set(&context->resources, handle, NULL);
		bh_resource_unref(resource);
	}
	bh_resource_set_pages(resource, NULL, 0);
	bh_resource_unref(resource);
	return 0;
}

int bh_gpu_resource_attach(struct bh_gpu *gpu, uint32_t handle, const struct iovec *pages,
			   size_t count)
{
	struct bh_resource *resource = find_resource(gpu, handle);

	if (!resource || count > PAGES_MAX)
		return -EINVAL;
	return bh_resource_set_pages(resource, pages, count);
}

int bh_gpu_resource_detach(struct bh_gpu *gpu, uint32_t handle)
{
	return bh_gpu_resource_attach(gpu, handle, NULL, 0);
}

static int transfer(struct bh_gpu *gpu, uint32_t context, const struct bh_gpu_transfer *transfer,
		    const struct iovec *pages, size_t count, bool to_pages)
{
	struct bh_resource *resource;

	if (context && !find_context(gpu, context))
		return -EINVAL;
	resource = context ? bh_context_resource(find_context(gpu, context), transfer->resource)
			   : find_resource(gpu, transfer->resource);
	if (!resource)
		return -EINVAL;
	bh_renderer_touch(&gpu->renderer, resource, !to_pages);
	if (!count) {
		pages = resource->pages;
		count = resource->page_count;
	}
	return bh_resource_transfer(resource, transfer, pages, count, to_pages);
}

int bh_gpu_transfer_in(struct bh_gpu *gpu, uint32_t context, const struct bh_gpu_transfer *t,
		       const struct iovec *pages, size_t count)
{
	return transfer(gpu, context, t, pages, count, false);
}

int bh_gpu_transfer_out(struct bh_gpu *gpu, uint32_t context, const struct bh_gpu_transfer *t,
			const struct iovec *pages, size_t count)
{
	return transfer(gpu, context, t, pages, count, true);
}

int bh_gpu_submit(struct bh_gpu *gpu, uint32_t id, const uint32_t *dwords, size_t count)
{
	struct bh_context *context = find_context(gpu, id);
	int result;

	if (!context)
		return -EINVAL;
	gpu->submits++;
	if (atomic_load(&context->lost))
		return -EIO;
	result = bh_decode(context, dwords, count);
	bh_renderer_release(&gpu->renderer);
	if (result) {
		bh_log(gpu->log, BH_LOG_ERROR, "context %u (%s) is lost", id, context->name);
		atomic_store(&context->lost, true);
		return -EIO;
	}
	return 0;
}

void bh_gpu_fence(struct bh_gpu *gpu, void (*done)(void *data, uint64_t fence), void *data,
		  uint64_t fence)
{
	bh_renderer_fence(&gpu->renderer, done, data, fence);
}

void bh_gpu_wait(struct bh_gpu *gpu)
{
	bh_renderer_wait(&gpu->renderer);
}

bool bh_gpu_resource_is_busy(struct bh_gpu *gpu, uint32_t handle)
{
	const struct bh_resource *resource = find_resource(gpu, handle);

	return resource && bh_renderer_is_busy(&gpu->renderer, resource);
}

int bh_gpu_resource_info(const struct bh_gpu *gpu, uint32_t handle,
			 struct bh_gpu_resource_args *args)
{
	const struct bh_resource *resource = find_resource(gpu, handle);

	if (!resource)
		return -EINVAL;
	*args = resource->args;
	return 0;
}

bool bh_gpu_context_lost(const struct bh_gpu *gpu, uint32_t id)
{
	struct bh_context *context = find_context(gpu, id);

	return context && atomic_load(&context->lost);
}

uint32_t bh_gpu_context_target(const struct bh_gpu *gpu, uint32_t id)
{
	const struct bh_context *context = find_context(gpu, id);
	const struct bh_resource *resource =
		context ? context->sub->framebuffer.colors[0].resource : NULL;

	return resource ? resource->args.handle : 0;
}

void bh_gpu_stats(const struct bh_gpu *gpu, struct bh_gpu_stats *stats)
{
	*stats = (struct bh_gpu_stats){
		.submits = gpu->submits,
		.draws = gpu->renderer.draws,
		.vertices = gpu->renderer.vertices,
		.primitives = gpu->renderer.primitives,
		.shaders = gpu->shaders,
		.memory = gpu->quota.used,
		.codes = bh_variants_count(gpu->renderer.variants),
	};
}
