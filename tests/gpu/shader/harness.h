/* SPDX-License-Identifier: Apache-2.0 */
/* Running one group of invocations of a shader given as text, on any back end. */
#ifndef BH_TEST_GPU_SHADER_HARNESS_H
#define BH_TEST_GPU_SHADER_HARNESS_H

#include "gpu/shader/ir.h"
#include "gpu/texture/texture.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

#define LANES BH_LANES_MAX
#define FUEL  1000

/* Values of all lanes, whatever the back end's group size: it is run as often as needed. */
struct lanes {
	uint32_t inputs[BH_SHADER_INPUTS_MAX][4][LANES];
	uint32_t outputs[BH_SHADER_OUTPUTS_MAX][4][LANES];
	uint32_t constants[64][4];
	uint32_t constant_count, mask, front;
	bh_sample_fn *sample;
	const struct bh_texture_view *textures[BH_SHADER_SAMPLERS_MAX]; /* for `sample` */
	uint64_t fuel;                                                  /* of each group */
	bool lost;
};

static inline uint32_t bits_of(float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static inline float float_of(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* What a sample has of these; 0 where its kind has none. */
static inline float lod_of(const struct bh_sample *sample, unsigned lane)
{
	bool has = sample->kind != BH_SAMPLE_IMPLICIT && sample->kind != BH_SAMPLE_GRAD;

	return has ? sample->lod[lane] : 0;
}

static inline float step_of(const struct bh_sample *sample, const float *steps, unsigned lane)
{
	return sample->kind == BH_SAMPLE_GRAD ? steps[lane] : 0;
}

/* The text must be right; a mistake fails the test with its diagnostic. */
static inline struct bh_shader *parse_valid(const char *text, enum bh_stage stage)
{
	struct bh_diags diags;
	struct bh_shader *shader;

	bh_diags_init(&diags);
	shader = bh_shader_parse(text, strlen(text), stage, &diags);
	if (!shader)
		fail_msg("%u:%u: %s\n%s", diags.items[0].span.line, diags.items[0].span.column,
			 diags.items[0].message, text);
	bh_diags_finish(&diags);
	return shader;
}

static inline void lanes_init(struct lanes *lanes)
{
	memset(lanes, 0, sizeof(*lanes));
	lanes->mask = (1u << LANES) - 1;
	lanes->fuel = FUEL;
}

/* Runs all LANES lanes, in groups of the program's size. */
static inline void run_program(const struct bh_shader *shader, struct bh_program *program,
			       struct lanes *lanes)
{
	const struct bh_shader_info *info = bh_shader_info(shader);
	unsigned group = bh_program_lanes(program);
	uint32_t mask = 0;

	for (unsigned first = 0; first < LANES; first += group) {
		/* Wide enough for any alignment that vectors want. */
		_Alignas(64) float inputs[BH_SHADER_INPUTS_MAX * 4 * LANES];
		_Alignas(64) float outputs[BH_SHADER_OUTPUTS_MAX * 4 * LANES];
		struct bh_invocation invocation = {
			.textures = lanes->textures,
			.sample = lanes->sample,
			.inputs = inputs,
			.outputs = outputs,
			.mask = lanes->mask >> first & ((1u << group) - 1),
			.front = lanes->front >> first & ((1u << group) - 1),
			.fuel = lanes->fuel,
		};

		for (unsigned i = 0; i < BH_SHADER_BUFFERS_MAX; i++) {
			invocation.constants[i] = (const float(*)[4])lanes->constants;
			invocation.constant_counts[i] = lanes->constant_count;
		}
		for (unsigned i = 0; i < info->input_count * 4; i++)
			memcpy(&inputs[i * group], &lanes->inputs[i / 4][i % 4][first], group * 4);
		bh_program_run(program, &invocation);
		for (unsigned i = 0; i < info->output_count * 4; i++)
			memcpy(&lanes->outputs[i / 4][i % 4][first], &outputs[i * group],
			       group * 4);
		mask |= invocation.mask << first;
		lanes->lost |= invocation.lost;
	}
	lanes->mask = mask;
}

/* Parses and runs on one back end. False when there is no such back end here. */
static inline bool run_text(const char *text, enum bh_stage stage, enum bh_gpu_backend backend,
			    struct lanes *lanes)
{
	struct bh_shader *shader = parse_valid(text, stage);
	struct bh_program *program = bh_program_create(shader, backend, NULL);

	if (program)
		run_program(shader, program, lanes);
	bh_program_destroy(program);
	bh_shader_destroy(shader);
	return program;
}

#define FOR_EACH_BACKEND(backend) \
	for (enum bh_gpu_backend backend = BH_GPU_INTERPRETER; backend <= BH_GPU_SIMD16; backend++)

static const char *const backend_names[] = {
	[BH_GPU_INTERPRETER] = "interpreter",
	[BH_GPU_SIMD4] = "simd4",
	[BH_GPU_SIMD8] = "simd8",
	[BH_GPU_SIMD16] = "simd16",
};

#endif
