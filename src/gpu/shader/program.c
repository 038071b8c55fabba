/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/shader/shader.h"

#include "base/alloc.h"
#include "gpu/shader/interp.h"

#include <stdlib.h>

#define SCRATCH_ON_STACK 16384

struct bh_program {
	const struct bh_shader *shader;
};

struct bh_program *bh_program_create(const struct bh_shader *shader, enum bh_gpu_backend backend,
				     struct bh_diags *diags)
{
	struct bh_program *program;

	if (backend != BH_GPU_INTERPRETER && backend != BH_GPU_AUTO) {
		struct bh_diag *diag =
			bh_error(diags, "E2190", "this program was built without generated code");

		bh_diag_hint(diag, "use the interpreter, or build with LLVM");
		return NULL;
	}
	program = bh_alloc(sizeof(*program));
	program->shader = shader;
	return program;
}

void bh_program_destroy(struct bh_program *program)
{
	free(program);
}

unsigned bh_program_lanes(const struct bh_program *program)
{
	(void)program;
	return BH_INTERP_LANES;
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

void bh_program_run(const struct bh_program *program, struct bh_invocation *invocation)
{
	interpret(program->shader, invocation);
}
