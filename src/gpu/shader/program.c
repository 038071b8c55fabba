/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/shader/shader.h"

#include "base/alloc.h"
#include "gpu/shader/fused.h"
#include "gpu/shader/interp.h"
#include "gpu/shader/jit.h"

#include <stdlib.h>
#include <string.h>

#define SCRATCH_ON_STACK 16384

struct bh_program {
	const struct bh_shader *shader;
	struct bh_jit_code *code; /* NULL: interpreted */
	bh_jit_entry *entry;
	unsigned lanes;
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
	if (!wanted)
		return program;
	program->code = bh_jit_compile(shader, wanted, backend == BH_GPU_AUTO ? NULL : diags);
	if (program->code) {
		program->lanes = wanted;
		program->entry = bh_jit_entry_of(program->code);
	} else if (backend != BH_GPU_AUTO) {
		free(program);
		return NULL;
	}
	return program;
}

void bh_program_destroy(struct bh_program *program)
{
	if (!program)
		return;
	bh_jit_destroy(program->code);
	free(program);
}

unsigned bh_program_lanes(const struct bh_program *program)
{
	return program->lanes;
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
static void run_with_padding(const struct bh_program *program, struct bh_invocation *invocation)
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
	program->entry(&copy);
	invocation->mask = copy.mask;
	invocation->fuel = copy.fuel;
	invocation->lost = copy.lost;
	for (unsigned i = 0; i < BH_SHADER_BUFFERS_MAX; i++)
		free(buffers[i]);
}

void bh_program_run(const struct bh_program *program, struct bh_invocation *invocation)
{
	if (!program->entry)
		interpret(program->shader, invocation);
	else if (bh_program_has_constants(program, invocation->constant_counts))
		program->entry(invocation);
	else
		run_with_padding(program, invocation);
}

struct bh_fused {
	struct bh_jit_code *code;
};

bool bh_fused_possible(const struct bh_program *program)
{
	return program->code && program->shader->info.stage == BH_STAGE_FRAGMENT &&
	       !program->shader->computed_inputs;
}

struct bh_fused *bh_fused_create(const struct bh_fused_key *key)
{
	const struct bh_program *program = key->program;
	struct bh_jit_code *code = bh_jit_fuse(program->shader, key, program->lanes);
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
