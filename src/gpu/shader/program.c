/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/shader/shader.h"

#include "base/alloc.h"
#include "gpu/shader/fused.h"
#include "gpu/shader/interp.h"
#include "gpu/shader/jit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define SCRATCH_ON_STACK 16384

struct bh_program {
	const struct bh_shader *shader;
	struct bh_code_cache *cache;
	unsigned lanes;
	bool generated; /* else interpreted */
	/* Made when it is first wanted; NULL until then, and when the compiler fails. */
	_Atomic(bh_jit_entry *) entry;
	pthread_mutex_t lock;
	struct bh_jit_code *code, *better;
	bool failed, asked;
};

/* 0: interpreted. */
static unsigned lanes_of(enum bh_gpu_backend backend)
{
	static const unsigned lanes[] = {
		[BH_GPU_SIMD4] = 4, [BH_GPU_SIMD8] = 8, [BH_GPU_SIMD16] = 16};

	if (backend == BH_GPU_AUTO)
		return bh_jit_widest();
	return backend == BH_GPU_INTERPRETER ? 0 : lanes[backend];
}

void bh_shader_list(const struct bh_shader *shader, enum bh_gpu_backend backend,
		    struct bh_buf *listing)
{
	unsigned lanes = lanes_of(backend);

	if (lanes)
		bh_jit_list(shader, NULL, lanes, listing);
}

struct bh_program *bh_program_create(const struct bh_shader *shader, enum bh_gpu_backend backend,
				     struct bh_diags *diags)
{
	struct bh_program *program = bh_alloc(sizeof(*program));
	unsigned wanted = lanes_of(backend);

	program->shader = shader;
	program->lanes = BH_INTERP_LANES;
	pthread_mutex_init(&program->lock, NULL);
	if (!wanted)
		return program;
	if (bh_jit_check(shader, backend == BH_GPU_AUTO ? NULL : diags)) {
		program->lanes = wanted;
		program->generated = true;
	} else if (backend != BH_GPU_AUTO) {
		bh_program_destroy(program);
		return NULL;
	}
	return program;
}

void bh_program_use_cache(struct bh_program *program, struct bh_code_cache *cache)
{
	program->cache = cache;
}

void bh_program_destroy(struct bh_program *program)
{
	if (!program)
		return;
	bh_jit_destroy(program->code);
	bh_jit_destroy(program->better);
	pthread_mutex_destroy(&program->lock);
	free(program);
}

bool bh_program_prepare(struct bh_program *program, bool quick)
{
	if (!program->generated || atomic_load(&program->entry))
		return true;
	pthread_mutex_lock(&program->lock);
	if (!program->code && !program->failed) {
		program->code = bh_jit_compile(&(struct bh_jit_source){
			program->shader, NULL, program->lanes, quick, program->cache, NULL, NULL});
		program->failed = !program->code;
	}
	if (program->code)
		atomic_store(&program->entry, bh_jit_entry_of(program->code));
	pthread_mutex_unlock(&program->lock);
	return !program->failed;
}

bool bh_program_wants_better(struct bh_program *program)
{
	/* The code there is does not change once an entry shows it. */
	if (program->asked || !atomic_load(&program->entry) || !bh_jit_is_quick(program->code))
		return false;
	program->asked = true;
	return true;
}

void bh_program_improve(struct bh_program *program)
{
	program->better = bh_jit_compile(&(struct bh_jit_source){
		program->shader, NULL, program->lanes, false, program->cache, NULL, NULL});
	if (program->better)
		atomic_store(&program->entry, bh_jit_entry_of(program->better));
}

unsigned bh_program_lanes(const struct bh_program *program)
{
	return program->lanes;
}

uint32_t bh_program_length(const struct bh_program *program)
{
	return (uint32_t)program->shader->inst_count;
}

static void interpret(const struct bh_shader *shader, struct bh_invocation *invocation)
{
	_Alignas(16) char room[SCRATCH_ON_STACK];
	size_t size = bh_interp_scratch(shader);
	void *scratch = size <= sizeof(room) ? room : bh_alloc(size);

	bh_interp_run(shader, invocation, scratch);
	if (scratch != room)
		free(scratch);
}

bool bh_program_has_constants(const struct bh_program *program, const uint32_t *counts)
{
	for (unsigned i = 0; i < BH_SHADER_BUFFERS_MAX; i++) {
		if (counts[i] < program->shader->const_counts[i])
			return false;
	}
	return true;
}

/* Generated code reads what the shader declares: buffers that are shorter are copied, with zeros.
 */
static void run_with_padding(const struct bh_program *program, bh_jit_entry *entry,
			     struct bh_invocation *invocation)
{
	struct bh_invocation copy = *invocation;
	void *buffers[BH_SHADER_BUFFERS_MAX] = {0};
	size_t vec4 = sizeof(copy.constants[0][0]);

	for (unsigned i = 0; i < BH_SHADER_BUFFERS_MAX; i++) {
		uint32_t have = copy.constant_counts[i], need = program->shader->const_counts[i];

		if (have >= need)
			continue;
		buffers[i] = bh_alloc(need * vec4);
		if (have)
			memcpy(buffers[i], copy.constants[i], have * vec4);
		copy.constants[i] = buffers[i];
	}
	entry(&copy);
	invocation->mask = copy.mask;
	invocation->fuel = copy.fuel;
	invocation->lost = copy.lost;
	for (unsigned i = 0; i < BH_SHADER_BUFFERS_MAX; i++)
		free(buffers[i]);
}

void bh_program_run(struct bh_program *program, struct bh_invocation *invocation)
{
	bh_jit_entry *entry = atomic_load_explicit(&program->entry, memory_order_acquire);

	if (!program->generated) {
		interpret(program->shader, invocation);
		return;
	}
	if (!entry && bh_program_prepare(program, true))
		entry = atomic_load(&program->entry);
	if (!entry)
		invocation->lost = true;
	else if (bh_program_has_constants(program, invocation->constant_counts))
		entry(invocation);
	else
		run_with_padding(program, entry, invocation);
}

struct bh_fused {
	struct bh_jit_code *code;
};

bool bh_fused_possible(const struct bh_program *program)
{
	return program->generated && program->shader->info.stage == BH_STAGE_FRAGMENT &&
	       !program->shader->computed_inputs;
}

struct bh_fused *bh_fused_create(const struct bh_fused_key *key, bool quick,
				 void (*was_read)(void *data), void *data)
{
	const struct bh_program *program = key->program;
	struct bh_jit_code *code = bh_jit_compile(&(struct bh_jit_source){
		program->shader, key, program->lanes, quick, program->cache, was_read, data});
	struct bh_fused *fused;

	if (!code)
		return NULL;
	fused = bh_alloc(sizeof(*fused));
	fused->code = code;
	return fused;
}

void bh_fused_list(const struct bh_fused_key *key, struct bh_buf *listing)
{
	bh_jit_list(key->program->shader, key, key->program->lanes, listing);
}

bool bh_fused_is_quick(const struct bh_fused *fused)
{
	return bh_jit_is_quick(fused->code);
}

void bh_fused_destroy(struct bh_fused *fused)
{
	if (!fused)
		return;
	bh_jit_destroy(fused->code);
	free(fused);
}

bh_fused_entry *bh_fused_entry_of(const struct bh_fused *fused)
{
	return bh_jit_fused_entry_of(fused->code);
}
