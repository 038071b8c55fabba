/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/shader/effort.h"

/* Of one component of an operation; of those without components, of all. */
static unsigned of_operation(enum bh_op op)
{
	switch (op) {
	case BH_OP_MOD:
	case BH_OP_UMOD:
	case BH_OP_IDIV:
	case BH_OP_UDIV:
	case BH_OP_IMUL_HI:
	case BH_OP_UMUL_HI:
	case BH_OP_BREV:
	case BH_OP_POPC:
	case BH_OP_LSB:
	case BH_OP_IMSB:
	case BH_OP_UMSB:
	case BH_OP_F2I:
	case BH_OP_F2U:
	case BH_OP_U2F:
	case BH_OP_UBFE:
	case BH_OP_IBFE:
		return 32;
	default:
		break;
	}
	switch (bh_op_infos[op].class) {
	case BH_CLASS_VECTOR:
		return 4;
	case BH_CLASS_SCALAR:
		return 48;
	case BH_CLASS_TEXTURE:
		return 64;
	case BH_CLASS_FLOW:
		return 32;
	default:
		return 12;
	}
}

static unsigned count_bits(unsigned mask)
{
	return (unsigned)__builtin_popcount(mask);
}

uint64_t bh_shader_effort(const struct bh_shader *shader, unsigned lanes)
{
	uint64_t effort = 0;

	for (size_t i = 0; i < shader->inst_count; i++) {
		const struct bh_inst *inst = &shader->insts[i];
		const struct bh_op_info *info = &bh_op_infos[inst->op];
		unsigned components = count_bits(inst->dest.mask), each = of_operation(inst->op);
		/* Lane by lane: a place is computed, something is read and written there. */
		unsigned scattered = 12 * lanes;

		effort += info->class == BH_CLASS_VECTOR ? each * components : each;
		effort += (inst->dest.saturate ? 6 : 2) * components;
		if (components && inst->dest.computed)
			effort += scattered * components;
		for (unsigned s = 0; s < info->sources; s++) {
			const struct bh_source *source = &inst->source[s];

			effort += source->computed ? scattered * 4 : 0;
			effort += source->absolute || source->negate ? 2 * components : 0;
			effort += source->file == BH_FILE_CONST ? 5 * components : 0;
		}
	}
	return effort;
}
