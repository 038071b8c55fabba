/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In a shader with integers every NaN that arithmetic makes is one pattern (ir.h). Where no one can
 * see the bits of a result, generated code leaves that out: it would be two instructions more for
 * each. A register is observed when its bits reach an integer operation, an index or an output,
 * directly or through operations that pass them on.
 */
#include "gpu/shader/emit.h"

/* Sources whose bits show: a bit each. */
static unsigned observed_sources(const struct bh_inst *inst)
{
	switch (inst->op) {
	/* They compare numbers, or with 0, or convert: every NaN is alike. */
	case BH_OP_FSEQ:
	case BH_OP_FSNE:
	case BH_OP_FSLT:
	case BH_OP_FSGE:
	case BH_OP_F2I:
	case BH_OP_F2U:
	case BH_OP_UIF:
	case BH_OP_UCMP:
	case BH_OP_TEX:
	case BH_OP_TXP:
	case BH_OP_TXB:
	case BH_OP_TXB2:
	case BH_OP_TXL:
	case BH_OP_TXL2:
	case BH_OP_TXD:
		return 0;
	default:
		break;
	}
	return bh_op_infos[inst->op].flags & BH_OP_BITS ||
			       bh_op_infos[inst->op].class == BH_CLASS_TEXTURE
		       ? 7
		       : 0;
}

/* Sources that may become the result as they are. */
static unsigned passed_sources(const struct bh_inst *inst)
{
	switch (inst->op) {
	case BH_OP_MOV:
	case BH_OP_ABS:
	case BH_OP_LG2:
		return 1;
	case BH_OP_MIN:
	case BH_OP_MAX:
		return 3;
	case BH_OP_CMP:
	case BH_OP_UCMP:
		return 6;
	default:
		return 0;
	}
}

static bool mark(struct bh_emit *e, enum bh_file file, uint32_t first, uint32_t count)
{
	bool any = false;

	for (uint32_t i = first; file == BH_FILE_TEMP && i < first + count; i++) {
		any |= !e->observed[i];
		e->observed[i] = true;
	}
	return any;
}

static bool mark_source(struct bh_emit *e, const struct bh_source *source)
{
	if (source->computed)
		return mark(e, source->file, source->indirect.first, source->indirect.count);
	return mark(e, source->file, (uint32_t)source->index, 1);
}

bool bh_emit_is_observed(const struct bh_emit *e, const struct bh_dest *dest)
{
	if (dest->file != BH_FILE_TEMP)
		return dest->file == BH_FILE_OUT;
	if (!dest->computed)
		return e->observed[dest->index];
	for (uint32_t i = 0; i < dest->indirect.count; i++) {
		if (e->observed[dest->indirect.first + i])
			return true;
	}
	return false;
}

/* Returns whether a register was not marked before. */
static bool look_at(struct bh_emit *e, const struct bh_inst *inst)
{
	unsigned sources = observed_sources(inst);
	bool any = false;

	if (inst->dest.mask && bh_emit_is_observed(e, &inst->dest))
		sources |= passed_sources(inst);
	for (unsigned i = 0; i < bh_op_infos[inst->op].sources; i++) {
		const struct bh_source *source = &inst->source[i];

		if (sources >> i & 1)
			any |= mark_source(e, source);
		if (source->computed)
			any |= mark(e, source->indirect.file, source->indirect.index, 1);
	}
	if (inst->dest.mask && inst->dest.computed)
		any |= mark(e, inst->dest.indirect.file, inst->dest.indirect.index, 1);
	return any;
}

void bh_emit_find_observed(struct bh_emit *e)
{
	bool changed = e->shader->integers;

	while (changed) {
		changed = false;
		/* Backwards: most is known when a value's maker is reached. */
		for (size_t i = e->shader->inst_count; i-- > 0;)
			changed |= look_at(e, &e->shader->insts[i]);
	}
}
