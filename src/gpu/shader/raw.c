/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers that may hold integers although the shader has no integer opcode: they were copied from
 * an attribute, a flat input or a constant. Their bits are kept, also those that would be a NaN.
 * What arithmetic writes to such a register is made canonical there, as it is not at the end
 * (ir.h).
 */
#include "gpu/shader/parse.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define PASSES_MAX 16

struct registers {
	const struct bh_shader *shader;
	bool *temps;
	bool outputs[BH_SHADER_OUTPUTS_MAX];
};

static bool has_nan(const uint32_t bits[4])
{
	for (unsigned i = 0; i < 4; i++) {
		if ((bits[i] & 0x7fffffffu) > 0x7f800000u)
			return true;
	}
	return false;
}

static bool is_raw_one(const struct registers *registers, const struct bh_source *source,
		       uint32_t index)
{
	const struct bh_shader *shader = registers->shader;

	switch (source->file) {
	case BH_FILE_CONST:
		return true;
	case BH_FILE_IN:
		return shader->info.stage != BH_STAGE_FRAGMENT ||
		       shader->info.inputs[index].interpolation == BH_INTERP_CONSTANT;
	case BH_FILE_IMM:
		return has_nan(shader->immediates[index]);
	case BH_FILE_TEMP:
		return registers->temps[index]; /* NOLINT(clang-analyzer-core.NullDereference) */
	case BH_FILE_OUT:
		return registers->outputs[index];
	default:
		return false;
	}
}

static bool is_raw(const struct registers *registers, const struct bh_source *source)
{
	if (!source->computed)
		return is_raw_one(registers, source, (uint32_t)source->index);
	for (uint32_t i = 0; i < source->indirect.count; i++) {
		if (is_raw_one(registers, source, source->indirect.first + i))
			return true;
	}
	return false;
}

/* A copy of bits. */
static bool copies(const struct registers *registers, const struct bh_inst *inst)
{
	const struct bh_source *source = &inst->source[0];

	return inst->op == BH_OP_MOV && !inst->dest.saturate && !source->negate &&
	       !source->absolute && is_raw(registers, source);
}

/* The marks of a destination's file; NULL: none is kept. */
static bool *marks_of(struct registers *registers, const struct bh_inst *inst)
{
	if (!inst->dest.mask)
		return NULL;
	return inst->dest.file == BH_FILE_TEMP  ? registers->temps
	       : inst->dest.file == BH_FILE_OUT ? registers->outputs
						: NULL;
}

static bool is_marked(const bool *marks, const struct bh_dest *dest)
{
	uint32_t first = dest->computed ? dest->indirect.first : (uint32_t)dest->index;
	uint32_t count = dest->computed ? dest->indirect.count : 1;

	for (uint32_t i = first; i < first + count; i++) {
		if (marks[i])
			return true;
	}
	return false;
}

/* Returns whether a register was not marked before. */
static bool mark(bool *marks, const struct bh_dest *dest)
{
	uint32_t first = dest->computed ? dest->indirect.first : (uint32_t)dest->index;
	uint32_t count = dest->computed ? dest->indirect.count : 1;
	bool any = false;

	for (uint32_t i = first; i < first + count; i++) {
		any |= !marks[i];
		marks[i] = true;
	}
	return any;
}

void bh_find_raw(struct bh_shader *shader)
{
	struct registers registers = {.shader = shader};
	bool changed = true;

	if (shader->integers)
		return;
	registers.temps = bh_alloc(shader->temp_count + 1);
	for (unsigned pass = 0; changed; pass++) {
		changed = false;
		/* A chain of copies that is written backwards: all may be integers, then. */
		if (pass == PASSES_MAX) {
			memset(registers.temps, true, shader->temp_count);
			memset(registers.outputs, true, sizeof(registers.outputs));
		}
		for (size_t i = 0; i < shader->inst_count; i++) {
			const struct bh_inst *inst = &shader->insts[i];
			bool *marks = marks_of(&registers, inst);

			if (marks && copies(&registers, inst))
				changed |= mark(marks, &inst->dest);
		}
	}
	for (size_t i = 0; i < shader->inst_count; i++) {
		struct bh_inst *inst = &shader->insts[i];
		bool *marks = marks_of(&registers, inst);

		inst->dest.canonical =
			marks && is_marked(marks, &inst->dest) && !copies(&registers, inst);
	}
	for (size_t i = 0; i < shader->info.output_count; i++)
		shader->info.outputs[i].raw = registers.outputs[i];
	free(registers.temps);
}
