/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/shader/emit.h"

#include "base/alloc.h"

#include <stdlib.h>

#define MASKS_MAX 7 /* variables beside registers */

static void make_types(struct bh_emit *e)
{
	e->f32 = LLVMFloatTypeInContext(e->context);
	e->i8 = LLVMInt8TypeInContext(e->context);
	e->i32 = LLVMInt32TypeInContext(e->context);
	e->i64 = LLVMInt64TypeInContext(e->context);
	e->bytes = LLVMPointerType(e->i8, 0);
	e->vf = LLVMVectorType(e->f32, e->lanes);
	e->vi = LLVMVectorType(e->i32, e->lanes);
	e->vm = LLVMVectorType(LLVMInt1TypeInContext(e->context), e->lanes);
}

static LLVMValueRef invocation_pointer(struct bh_emit *e, size_t offset)
{
	return bh_emit_load_at(e, e->bytes, e->invocation, bh_emit_offset(e, offset));
}

/* Marks the temporaries that a computed index may reach. */
static void find_array_temps(struct bh_emit *e)
{
	const struct bh_shader *shader = e->shader;

	for (size_t i = 0; shader->computed_temps && i < shader->inst_count; i++) {
		const struct bh_inst *inst = &shader->insts[i];

		if (inst->dest.computed && inst->dest.file == BH_FILE_TEMP) {
			for (unsigned k = 0; k < inst->dest.indirect.count; k++)
				e->temp_in_array[inst->dest.indirect.first + k] = true;
		}
		for (unsigned s = 0; s < bh_op_infos[inst->op].sources; s++) {
			const struct bh_source *source = &inst->source[s];

			if (!source->computed || source->file != BH_FILE_TEMP)
				continue;
			for (unsigned k = 0; k < source->indirect.count; k++)
				e->temp_in_array[source->indirect.first + k] = true;
		}
	}
}

/* A variable for each component, holding 0. */
static void make_variables(struct bh_emit *e, unsigned variables[4])
{
	for (unsigned i = 0; i < 4; i++)
		variables[i] = bh_emit_variable(e, e->vf, bh_emit_splat_float(e, 0));
}

/* An array of registers, each of four vectors, filled with 0 by a loop. */
static LLVMValueRef make_array(struct bh_emit *e, size_t registers, const char *name)
{
	LLVMValueRef count = LLVMConstInt(e->i64, registers * 4, false);
	LLVMValueRef array = bh_emit_slot(e, LLVMArrayType(e->vf, (unsigned)registers * 4), name);
	LLVMBasicBlockRef before = LLVMGetInsertBlock(e->builder);
	LLVMBasicBlockRef loop = bh_emit_new_block(e, "clear");
	LLVMBasicBlockRef after = bh_emit_new_block(e, "cleared");
	LLVMValueRef zero = bh_emit_offset(e, 0), at, next, offset;

	LLVMBuildBr(e->builder, loop);
	LLVMPositionBuilderAtEnd(e->builder, loop);
	at = LLVMBuildPhi(e->builder, e->i64, "");
	offset = LLVMBuildMul(e->builder, at, bh_emit_offset(e, e->lanes * sizeof(float)), "");
	bh_emit_store_at(e, bh_emit_splat_float(e, 0), array, offset);
	next = LLVMBuildAdd(e->builder, at, bh_emit_offset(e, 1), "");
	LLVMBuildCondBr(e->builder, LLVMBuildICmp(e->builder, LLVMIntULT, next, count, ""), loop,
			after);
	LLVMAddIncoming(at, &zero, &before, 1);
	LLVMAddIncoming(at, &next, &loop, 1);
	LLVMPositionBuilderAtEnd(e->builder, after);
	return array;
}

static void make_registers(struct bh_emit *e)
{
	const struct bh_shader *shader = e->shader;
	bool any_array = false;

	find_array_temps(e);
	for (uint32_t i = 0; i < shader->temp_count; i++) {
		if (e->temp_in_array[i])
			any_array = true;
		else
			make_variables(e, e->temps[i]);
	}
	for (uint32_t i = 0; i < shader->address_count; i++)
		make_variables(e, e->addresses[i]);
	if (any_array)
		e->temp_array = make_array(e, shader->temp_count, "temps");
	if (shader->computed_outputs)
		e->output_array = make_array(e, shader->info.output_count, "outputs");
	for (size_t i = 0; !shader->computed_outputs && i < shader->info.output_count; i++)
		make_variables(e, e->outputs[i]);
}

void bh_emit_pointers(struct bh_emit *e)
{
	const struct bh_shader *shader = e->shader;

	for (unsigned i = 0; i < BH_SHADER_BUFFERS_MAX; i++) {
		size_t offset = offsetof(struct bh_invocation, constants) + i * sizeof(void *);

		if (shader->const_counts[i])
			e->constants[i] = invocation_pointer(e, offset);
	}
	e->inputs = invocation_pointer(e, offsetof(struct bh_invocation, inputs));
	if (shader->samples) {
		e->textures = invocation_pointer(e, offsetof(struct bh_invocation, textures));
		e->sample = invocation_pointer(e, offsetof(struct bh_invocation, sample));
	}
}

static void emit_arithmetic(struct bh_emit *e, const struct bh_inst *inst)
{
	const struct bh_op_info *info = &bh_op_infos[inst->op];
	bool integer = info->flags & BH_OP_INT;
	LLVMValueRef results[4] = {0};

	for (unsigned i = 0; i < 4; i++) {
		LLVMValueRef sources[3];

		if (!(inst->dest.mask >> i & 1))
			continue;
		if (info->class == BH_CLASS_SCALAR && (inst->dest.mask & ((1u << i) - 1))) {
			/* The same as the component before. */
			for (unsigned k = 0; k < i; k++) {
				if (results[k])
					results[i] = results[k];
			}
			continue;
		}
		for (unsigned k = 0; k < info->sources; k++)
			sources[k] =
				bh_emit_source(e, &inst->source[k],
					       info->class == BH_CLASS_SCALAR ? 0 : i, integer);
		results[i] = bh_emit_alu(e, inst->op, sources);
	}
	bh_emit_dest(e, &inst->dest, results);
}

static void emit_dot(struct bh_emit *e, const struct bh_inst *inst)
{
	unsigned count = 2 + (bh_op_infos[inst->op].class - BH_CLASS_DOT2);
	LLVMValueRef sum = NULL;

	for (unsigned i = 0; i < count; i++) {
		LLVMValueRef product =
			bh_emit_fmul(e, bh_emit_source(e, &inst->source[0], i, false),
				     bh_emit_source(e, &inst->source[1], i, false));

		sum = i ? bh_emit_fadd(e, sum, product) : product;
	}
	bh_emit_dest(e, &inst->dest, (LLVMValueRef[4]){sum, sum, sum, sum});
}

static void emit_derivative(struct bh_emit *e, const struct bh_inst *inst)
{
	bool x = inst->op == BH_OP_DDX || inst->op == BH_OP_DDX_FINE;
	uint8_t near[BH_LANES_MAX], far[BH_LANES_MAX];
	LLVMValueRef results[4] = {0};
	unsigned step = x ? 1 : 2;

	for (unsigned i = 0; i < e->lanes; i++) {
		unsigned base = bh_is_fine(inst->op) ? i & ~step : i & ~3u;

		near[i] = (uint8_t)base;
		far[i] = (uint8_t)(base | step);
	}
	for (unsigned i = 0; i < 4; i++) {
		LLVMValueRef v;

		if (!(inst->dest.mask >> i & 1))
			continue;
		v = bh_emit_as_float(e, bh_emit_source(e, &inst->source[0], i, false));
		results[i] =
			bh_emit_fsub(e, bh_emit_shuffle(e, v, far), bh_emit_shuffle(e, v, near));
	}
	bh_emit_dest(e, &inst->dest, results);
}

static void emit_instruction(struct bh_emit *e, const struct bh_inst *inst, uint32_t at)
{
	e->shows_bits =
		e->shader->integers && inst->dest.mask && bh_emit_is_observed(e, &inst->dest);
	switch (bh_op_infos[inst->op].class) {
	case BH_CLASS_VECTOR:
	case BH_CLASS_SCALAR:
		emit_arithmetic(e, inst);
		break;
	case BH_CLASS_DOT2:
	case BH_CLASS_DOT3:
	case BH_CLASS_DOT4:
		emit_dot(e, inst);
		break;
	case BH_CLASS_DERIVATIVE:
		emit_derivative(e, inst);
		break;
	case BH_CLASS_TEXTURE:
		bh_emit_texture(e, inst);
		break;
	case BH_CLASS_KILL:
		bh_emit_kill(e, inst);
		break;
	case BH_CLASS_FLOW:
		bh_emit_flow(e, inst, at);
		break;
	}
}

LLVMValueRef bh_emit_output(struct bh_emit *e, unsigned output, unsigned component)
{
	LLVMValueRef v;

	if (e->output_array)
		v = bh_emit_load_at(e, e->vf, e->output_array,
				    bh_emit_offset(e, ((size_t)output * 4 + component) * e->lanes *
							      sizeof(float)));
	else
		v = bh_emit_get(e, e->vf, e->outputs[output][component]);
	/* Fused code compares outputs and holds them to [0, 1]: all NaNs are alike to it. */
	if (e->key || e->shader->integers || e->shader->info.outputs[output].raw)
		return v;
	return bh_emit_canonical(e, v);
}

void bh_emit_outputs(struct bh_emit *e)
{
	LLVMValueRef outputs = invocation_pointer(e, offsetof(struct bh_invocation, outputs));

	for (size_t i = 0; i < e->shader->info.output_count * 4; i++) {
		bh_emit_store_at(e, bh_emit_output(e, (unsigned)i / 4, i % 4), outputs,
				 bh_emit_offset(e, i * e->lanes * sizeof(float)));
	}
}

static void store_results(struct bh_emit *e)
{
	bh_emit_outputs(e);
	if (e->shader->info.kills) {
		LLVMValueRef live = bh_emit_get(e, e->vi, e->live);

		bh_emit_store_at(e, bh_emit_mask_bits(e, live), e->invocation,
				 bh_emit_offset(e, offsetof(struct bh_invocation, mask)));
	}
	LLVMBuildRetVoid(e->builder);
}

static void add_attribute(struct bh_emit *e, LLVMValueRef function, const char *name,
			  const char *value)
{
	LLVMAttributeRef attribute =
		LLVMCreateStringAttribute(e->context, name, (unsigned)__builtin_strlen(name), value,
					  (unsigned)__builtin_strlen(value));

	LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex, attribute);
}

void bh_emit_width_attributes(struct bh_emit *e, LLVMValueRef function)
{
	static const char *const widths[] = {[4] = "128", [8] = "256", [16] = "512"};

	add_attribute(e, function, "prefer-vector-width", widths[e->lanes]);
	add_attribute(e, function, "min-legal-vector-width", widths[e->lanes]);
}

static void make_function(struct bh_emit *e, const char *name)
{
	LLVMTypeRef type = LLVMFunctionType(LLVMVoidTypeInContext(e->context), &e->bytes, 1, false);

	e->function = LLVMAddFunction(e->module, name, type);
	bh_emit_width_attributes(e, e->function);
	e->invocation = LLVMGetParam(e->function, 0);
	e->entry = bh_emit_new_block(e, "entry");
	e->finish = bh_emit_new_block(e, "finish");
}

void bh_emit_begin(struct bh_emit *e, const struct bh_shader *shader,
		   const struct bh_emit_target *target, LLVMModuleRef module, const char *name)
{
	LLVMBasicBlockRef body;

	e->shader = shader;
	e->lanes = target->lanes;
	e->avx2 = target->avx2;
	e->avx512 = target->avx512;
	e->quick = target->quick;
	e->module = module;
	e->context = LLVMGetModuleContext(module);
	e->builder = LLVMCreateBuilderInContext(e->context);
	e->temps = bh_alloc(sizeof(*e->temps) * (shader->temp_count + 1));
	e->temp_in_array = bh_alloc(shader->temp_count + 1);
	e->observed = bh_alloc(shader->temp_count + 1);
	bh_emit_find_observed(e);
	for (size_t i = 0; i < shader->inst_count; i++)
		e->loops |= shader->insts[i].op == BH_OP_BGNLOOP;
	e->variables_max = (shader->temp_count + shader->address_count) * 4 +
			   (unsigned)shader->info.output_count * 4 + MASKS_MAX;
	e->values = bh_alloc(e->variables_max * sizeof(LLVMValueRef));
	make_types(e);
	make_function(e, name);
	body = bh_emit_new_block(e, "body");
	LLVMPositionBuilderAtEnd(e->builder, body);
	e->body = body;
}

void bh_emit_end(struct bh_emit *e)
{
	LLVMPositionBuilderAtEnd(e->builder, e->entry);
	LLVMBuildBr(e->builder, e->body);
	LLVMDisposeBuilder(e->builder);
	free(e->temps);
	free(e->values);
	free(e->temp_in_array);
	free(e->observed);
}

void bh_emit_instructions(struct bh_emit *e)
{
	make_registers(e);
	bh_emit_flow_begin(e);
	for (uint32_t i = 0; i < e->shader->inst_count; i++)
		emit_instruction(e, &e->shader->insts[i], i);
	LLVMBuildBr(e->builder, e->finish);
	LLVMPositionBuilderAtEnd(e->builder, e->finish);
}

void bh_emit_program(const struct bh_shader *shader, const struct bh_emit_target *target,
		     LLVMModuleRef module, const char *name)
{
	struct bh_emit *e = bh_alloc(sizeof(*e));

	bh_emit_begin(e, shader, target, module, name);
	bh_emit_pointers(e);
	bh_emit_instructions(e);
	store_results(e);
	bh_emit_end(e);
	free(e);
}
