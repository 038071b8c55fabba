/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Smooth lines and points: a fragment program whose alpha is multiplied by how much of a pixel is
 * covered. One more input says where the pixel is: for lines across and along the line, from its
 * middle, and half its sizes and a half; for points from the centre, and the radius and a half.
 */
#include "gpu/shader/ir.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

static struct bh_source read_of(enum bh_file file, int32_t index, unsigned x, unsigned y)
{
	return (struct bh_source){
		.file = file,
		.index = index,
		.swizzle = {(uint8_t)x, (uint8_t)y, (uint8_t)y, (uint8_t)y},
	};
}

static void add(struct bh_shader *shader, enum bh_op op, struct bh_dest dest, struct bh_source a,
		struct bh_source b)
{
	shader->insts[shader->inst_count++] = (struct bh_inst){
		.op = op,
		.dest = dest,
		.source = {a, b},
	};
}

/* temp.x becomes the part of the pixel that is covered. */
static void add_coverage(struct bh_shader *shader, bool points, int32_t temp, int32_t input,
			 int32_t one)
{
	struct bh_dest x = {.file = BH_FILE_TEMP, .index = temp, .mask = 1}, xy = x;
	struct bh_source place = read_of(BH_FILE_IN, input, 0, 1);
	struct bh_source limit = read_of(BH_FILE_IN, input, 2, 3), none = {0};
	struct bh_source found = read_of(BH_FILE_TEMP, temp, 0, 1);

	xy.mask = 3;
	if (points) {
		add(shader, BH_OP_DP2, x, place, place);
		add(shader, BH_OP_SQRT, x, read_of(BH_FILE_TEMP, temp, 0, 0), none);
		found.negate = true;
		x.saturate = true;
		add(shader, BH_OP_ADD, x, limit, found);
		return;
	}
	/* What of the line and what of the pixel lies over the other, across times along. */
	limit.negate = true;
	add(shader, BH_OP_ADD, xy, read_of(BH_FILE_IMM, one, 0, 0), limit);
	place.absolute = true;
	add(shader, BH_OP_MAX, xy, found, place);
	limit.negate = false;
	found.negate = true;
	xy.saturate = true;
	add(shader, BH_OP_ADD, xy, limit, found);
	found.negate = false;
	add(shader, BH_OP_MUL, x, found, read_of(BH_FILE_TEMP, temp, 1, 1));
}

struct bh_shader *bh_shader_with_coverage(const struct bh_shader *shader, bool points)
{
	struct bh_shader_info *info;
	struct bh_shader *copy;
	int32_t input, temp;

	if (shader->info.input_count >= BH_SHADER_INPUTS_MAX ||
	    shader->temp_count >= BH_SHADER_TEMPS_MAX)
		return NULL;
	copy = bh_alloc(sizeof(*copy));
	*copy = *shader;
	info = &copy->info;
	copy->inst_capacity = shader->inst_count + 4 + info->output_count;
	copy->insts = bh_alloc(copy->inst_capacity * sizeof(*copy->insts));
	memcpy(copy->insts, shader->insts, shader->inst_count * sizeof(*copy->insts));
	copy->immediate_capacity = shader->immediate_count + 1;
	copy->immediates = bh_alloc(copy->immediate_capacity * sizeof(*copy->immediates));
	if (shader->immediate_count)
		memcpy(copy->immediates, shader->immediates,
		       shader->immediate_count * sizeof(*copy->immediates));
	for (unsigned i = 0; i < 4; i++)
		memcpy(&copy->immediates[copy->immediate_count][i], &(float){1}, sizeof(float));
	input = (int32_t)info->input_count++;
	temp = (int32_t)copy->temp_count++;
	info->inputs[input] = (struct bh_shader_io){
		.semantic = BH_SEM_COVERAGE, .interpolation = BH_INTERP_LINEAR, .mask = 15};
	/* In front of the END. */
	copy->inst_count--;
	add_coverage(copy, points, temp, input, (int32_t)copy->immediate_count++);
	for (size_t i = 0; i < info->output_count; i++) {
		struct bh_dest alpha = {.file = BH_FILE_OUT, .index = (int32_t)i, .mask = 8};

		if (info->outputs[i].semantic == BH_SEM_COLOR)
			add(copy, BH_OP_MUL, alpha, read_of(BH_FILE_OUT, (int32_t)i, 3, 3),
			    read_of(BH_FILE_TEMP, temp, 0, 0));
	}
	copy->insts[copy->inst_count++] = shader->insts[shader->inst_count - 1];
	copy->hash ^= points ? 0x9e3779b97f4a7c15u : 0xc2b2ae3d27d4eb4fu;
	return copy;
}
