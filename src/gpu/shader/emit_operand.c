/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing registers. */
#include "gpu/shader/emit.h"

static LLVMValueRef u32(struct bh_emit *e, uint32_t value)
{
	return LLVMConstInt(e->i32, value, false);
}

static LLVMValueRef load_constant(struct bh_emit *e, unsigned buffer, uint32_t index,
				  unsigned component)
{
	size_t offset = ((size_t)index * 4 + component) * sizeof(float);
	uint32_t key = (buffer + 1) * BH_SHADER_CONSTS_MAX * 4 + index * 4 + component;
	struct bh_emit_loaded *loaded = bh_emit_find_loaded(e, key);
	LLVMValueRef scalar;

	if (loaded->value)
		return loaded->value;
	scalar = bh_emit_load_at(e, e->f32, e->constants[buffer], bh_emit_offset(e, offset));
	bh_emit_never_changes(e, scalar);
	loaded->value = bh_emit_broadcast(e, scalar);
	return loaded->value;
}

static LLVMValueRef load_face(struct bh_emit *e, bool system_value, unsigned component)
{
	LLVMValueRef bits = bh_emit_load_at(
		e, e->i32, e->invocation, bh_emit_offset(e, offsetof(struct bh_invocation, front)));
	LLVMValueRef front = e->front ? LLVMBuildSExt(e->builder, e->front, e->vi, "")
				      : bh_emit_bits_mask(e, bits);

	if (system_value)
		return front;
	if (component)
		return bh_emit_splat_float(e, component == 3 ? 1.0f : 0.0f);
	return LLVMBuildSelect(e->builder, bh_emit_mask_is_set(e, front), bh_emit_splat_float(e, 1),
			       bh_emit_splat_float(e, -1), "");
}

static LLVMValueRef load_input(struct bh_emit *e, uint32_t index, unsigned component)
{
	const struct bh_shader *shader = e->shader;
	struct bh_emit_loaded *loaded;

	if (shader->info.stage == BH_STAGE_FRAGMENT &&
	    shader->info.inputs[index].semantic == BH_SEM_FACE)
		return load_face(e, index >= shader->system_values, component);
	if (e->key)
		return e->input_values[index][component];
	loaded = bh_emit_find_loaded(e, 1 + index * 4 + component);
	if (loaded->value)
		return loaded->value;
	loaded->value = bh_emit_load_at(
		e, e->vf, e->inputs,
		bh_emit_offset(e, ((size_t)index * 4 + component) * e->lanes * sizeof(float)));
	bh_emit_never_changes(e, loaded->value);
	return loaded->value;
}

/* Where register `index`, a constant, lies in an array of registers. */
static LLVMValueRef array_offset(struct bh_emit *e, uint32_t index, unsigned component)
{
	return bh_emit_offset(e, ((size_t)index * 4 + component) * e->lanes * sizeof(float));
}

static LLVMValueRef load_register(struct bh_emit *e, const struct bh_source *source,
				  unsigned component)
{
	uint32_t index = (uint32_t)source->index;
	unsigned *variables;

	switch (source->file) {
	case BH_FILE_CONST:
		return load_constant(e, source->buffer, index, component);
	case BH_FILE_IN:
		return load_input(e, index, component);
	case BH_FILE_IMM:
		return bh_emit_splat_int(e, e->shader->immediates[index][component]);
	case BH_FILE_TEMP:
		if (e->temp_in_array[index])
			return bh_emit_load_at(e, e->vf, e->temp_array,
					       array_offset(e, index, component));
		variables = e->temps[index];
		break;
	case BH_FILE_OUT:
		if (e->output_array)
			return bh_emit_load_at(e, e->vf, e->output_array,
					       array_offset(e, index, component));
		variables = e->outputs[index];
		break;
	default:
		variables = e->addresses[index];
		break;
	}
	return bh_emit_get(e, e->vf, variables[component]);
}

/* Offsets from the range's first register, lane by lane; at most `limit` - 1. */
static LLVMValueRef relative_index(struct bh_emit *e, const struct bh_indirect *indirect,
				   int32_t base, LLVMValueRef *inside)
{
	struct bh_source source = {.file = indirect->file, .index = indirect->index};
	LLVMValueRef v = bh_emit_as_int(e, load_register(e, &source, indirect->component));
	LLVMValueRef count = bh_emit_splat_int(e, indirect->count), fits;

	if (indirect->scale != 1)
		v = LLVMBuildMul(e->builder, v, bh_emit_splat_int(e, indirect->scale), "");
	v = LLVMBuildAdd(e->builder, v, bh_emit_splat_int(e, (uint32_t)base - indirect->first), "");
	fits = LLVMBuildICmp(e->builder, LLVMIntULT, v, count, "");
	if (inside)
		*inside = fits;
	return LLVMBuildSelect(e->builder, fits, v, bh_emit_splat_int(e, indirect->count - 1u), "");
}

/* The byte offset of one lane's register in an array of vectors, or in a buffer of vec4. */
static LLVMValueRef lane_offset(struct bh_emit *e, LLVMValueRef relative, uint32_t first,
				unsigned component, unsigned lane, bool of_vectors)
{
	uint64_t stride = (of_vectors ? e->lanes : 1) * sizeof(float);
	uint64_t fixed = ((uint64_t)first * 4 + component) * stride +
			 (of_vectors ? lane * sizeof(float) : 0);
	LLVMValueRef index = LLVMBuildExtractElement(e->builder, relative, u32(e, lane), "");

	index = LLVMBuildZExt(e->builder, index, e->i64, "");
	index = LLVMBuildMul(e->builder, index, bh_emit_offset(e, stride * 4), "");
	return LLVMBuildAdd(e->builder, index, bh_emit_offset(e, fixed), "");
}

static LLVMValueRef gather(struct bh_emit *e, LLVMValueRef base, LLVMValueRef relative,
			   uint32_t first, unsigned component, bool of_vectors)
{
	LLVMValueRef all = LLVMGetUndef(e->vf);

	for (unsigned lane = 0; lane < e->lanes; lane++) {
		LLVMValueRef offset = lane_offset(e, relative, first, component, lane, of_vectors);

		all = LLVMBuildInsertElement(e->builder, all,
					     bh_emit_load_at(e, e->f32, base, offset), u32(e, lane),
					     "");
	}
	return all;
}

static LLVMValueRef load_computed(struct bh_emit *e, const struct bh_source *source,
				  unsigned component)
{
	LLVMValueRef inside,
		relative = relative_index(e, &source->indirect, source->index, &inside);
	uint32_t first = source->indirect.first;

	switch (source->file) {
	case BH_FILE_CONST:
		return LLVMBuildSelect(
			e->builder, inside,
			gather(e, e->constants[source->buffer], relative, first, component, false),
			bh_emit_splat_float(e, 0), "");
	case BH_FILE_IN:
		return gather(e, e->inputs, relative, first, component, true);
	case BH_FILE_OUT:
		return gather(e, e->output_array, relative, first, component, true);
	default:
		return gather(e, e->temp_array, relative, first, component, true);
	}
}

LLVMValueRef bh_emit_source(struct bh_emit *e, const struct bh_source *source, unsigned position,
			    bool integer)
{
	unsigned component = source->swizzle[position];
	LLVMValueRef v = source->computed ? load_computed(e, source, component)
					  : load_register(e, source, component);

	if (source->absolute)
		v = bh_emit_absolute(e, v, integer);
	if (source->negate)
		v = bh_emit_negate(e, v, integer);
	return v;
}

static LLVMValueRef masked(struct bh_emit *e, LLVMValueRef mask, LLVMValueRef value,
			   LLVMValueRef old)
{
	return mask ? LLVMBuildSelect(e->builder, bh_emit_mask_is_set(e, mask), value, old, "")
		    : value;
}

/* Each lane into its own register; lanes that do not execute write back what was there. */
static void scatter(struct bh_emit *e, LLVMValueRef base, LLVMValueRef relative, uint32_t first,
		    unsigned component, LLVMValueRef value, LLVMValueRef mask)
{
	LLVMValueRef set = mask ? bh_emit_mask_is_set(e, mask) : NULL;

	for (unsigned lane = 0; lane < e->lanes; lane++) {
		LLVMValueRef offset = lane_offset(e, relative, first, component, lane, true);
		LLVMValueRef one = LLVMBuildExtractElement(e->builder, value, u32(e, lane), "");

		if (set)
			one = LLVMBuildSelect(
				e->builder,
				LLVMBuildExtractElement(e->builder, set, u32(e, lane), ""), one,
				bh_emit_load_at(e, e->f32, base, offset), "");
		bh_emit_store_at(e, one, base, offset);
	}
}

static void store_component(struct bh_emit *e, const struct bh_dest *dest, unsigned component,
			    LLVMValueRef value, LLVMValueRef mask)
{
	bool temp = dest->file == BH_FILE_TEMP;
	LLVMValueRef array = temp ? e->temp_array : e->output_array;
	uint32_t index = (uint32_t)dest->index;
	unsigned variable;

	value = bh_emit_as_float(e, value);
	if (dest->saturate)
		value = bh_emit_saturate(e, value);
	if (dest->canonical)
		value = bh_emit_canonical(e, value);
	if (dest->computed) {
		scatter(e, array, relative_index(e, &dest->indirect, dest->index, NULL),
			dest->indirect.first, component, value, mask);
		return;
	}
	if (temp ? e->temp_in_array[index] : dest->file == BH_FILE_OUT && e->output_array) {
		LLVMValueRef offset = array_offset(e, index, component);
		LLVMValueRef old = mask ? bh_emit_load_at(e, e->vf, array, offset) : NULL;

		bh_emit_store_at(e, masked(e, mask, value, old), array, offset);
		return;
	}
	variable = temp                        ? e->temps[index][component]
		   : dest->file == BH_FILE_OUT ? e->outputs[index][component]
					       : e->addresses[index][component];
	value = masked(e, mask, value, mask ? bh_emit_get(e, e->vf, variable) : NULL);
	bh_emit_set(e, variable, value);
}

void bh_emit_dest(struct bh_emit *e, const struct bh_dest *dest, const LLVMValueRef values[4])
{
	LLVMValueRef mask = bh_emit_executing(e);

	for (unsigned i = 0; i < 4; i++) {
		if (dest->mask >> i & 1)
			store_component(e, dest, i, values[i], mask);
	}
}
