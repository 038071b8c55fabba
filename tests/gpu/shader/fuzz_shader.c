/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a shader's text. What the parser takes is run by the
 * interpreter, and as generated code where WITH_CODE asks for that. */
#include "base/diag.h"
#include "gpu/shader/ir.h"
#include "gpu/texture/texture.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void sample(const struct bh_texture_view *view, const struct bh_sample *request,
		   float result[4][BH_LANES_MAX])
{
	(void)view;
	for (unsigned i = 0; i < request->lanes * 4; i++)
		result[i % 4][i / 4] = request->coord[i % 4][i / 4];
}

/* A vertex: all its outputs are there. */
static void emit(struct bh_invocation *invocation, uint32_t lanes, uint32_t ends)
{
	size_t *floats = invocation->emit_data;
	volatile float sum = 0;

	if (!lanes || ends > 1)
		abort();
	for (size_t i = 0; !ends && i < *floats; i++)
		sum += invocation->outputs[i];
}

static void run(const struct bh_shader *shader, enum bh_gpu_backend backend)
{
	static float constants[4][4] = {{1, 2, 3, 4}};
	struct bh_program *program = bh_program_create(shader, backend, NULL);
	const struct bh_texture_view *textures[BH_SHADER_SAMPLERS_MAX] = {0};
	struct bh_invocation invocation = {
		.textures = textures, .sample = sample, .fuel = 64, .front = 5};
	unsigned lanes;
	float *inputs, *outputs;
	size_t floats, registers = shader->info.input_count;

	if (!program)
		return;
	lanes = bh_program_lanes(program);
	/* Exactly as large as they must be, so that a wrong index shows. */
	if (shader->info.stage == BH_STAGE_GEOMETRY)
		registers = BH_GEOMETRY_CORNERS_MAX * BH_SHADER_INPUTS_MAX;
	inputs = aligned_alloc(64, 64 + registers * 16 * lanes / 64 * 64);
	outputs = aligned_alloc(64, 64 + shader->info.output_count * 16 * lanes / 64 * 64);
	for (size_t i = 0; i < registers * 4 * lanes; i++)
		inputs[i] = (float)i * 0.75f - 3;
	invocation.inputs = inputs;
	invocation.outputs = outputs;
	floats = shader->info.output_count * 4 * lanes;
	invocation.emit = emit;
	invocation.emit_data = &floats;
	invocation.mask = (1u << lanes) - 2;
	for (unsigned i = 0; i < BH_SHADER_BUFFERS_MAX; i++) {
		invocation.constants[i] = (const float(*)[4])constants;
		invocation.constant_counts[i] = 4;
	}
	bh_program_run(program, &invocation);
	free(inputs);
	free(outputs);
	bh_program_destroy(program);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum bh_stage stage = size && data[0] == 'V'   ? BH_STAGE_VERTEX
			      : size && data[0] == 'G' ? BH_STAGE_GEOMETRY
						       : BH_STAGE_FRAGMENT;
	struct bh_shader *shader;
	struct bh_diags diags;

	bh_diags_init(&diags);
	shader = bh_shader_parse((const char *)data, size, stage, &diags);
	if (shader) {
		run(shader, BH_GPU_INTERPRETER);
#ifdef WITH_CODE
		run(shader, BH_GPU_SIMD8);
#endif
	} else if (diags.errors != 1 || !diags.items[0].span.line)
		abort();
	bh_shader_destroy(shader);
	bh_diags_finish(&diags);
	return 0;
}
