/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program writes more than once: registers' components and masks. In a program without loops
 * they are values from the start, and where two ways meet the emitter says which is meant: no
 * pass of the compiler need find that out, and there is less for it to read. Loops make slots.
 */
#include "gpu/shader/emit.h"

#include "base/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

unsigned bh_emit_variable(struct bh_emit *e, LLVMTypeRef type, LLVMValueRef initial)
{
	unsigned variable = e->variable_count++;

	assert(variable < e->variables_max);
	e->values[variable] = initial;
	if (!e->loops)
		return variable;
	e->values[variable] = bh_emit_slot(e, type, "variable");
	LLVMBuildStore(e->builder, initial, e->values[variable]);
	return variable;
}

LLVMValueRef bh_emit_get(struct bh_emit *e, LLVMTypeRef type, unsigned variable)
{
	LLVMValueRef value = e->values[variable];

	return e->loops ? LLVMBuildLoad2(e->builder, type, value, "") : value;
}

void bh_emit_set(struct bh_emit *e, unsigned variable, LLVMValueRef value)
{
	if (e->loops)
		LLVMBuildStore(e->builder, value, e->values[variable]);
	else
		e->values[variable] = value;
}

void bh_emit_fork(struct bh_emit *e, struct bh_emit_fork *fork, LLVMValueRef condition,
		  LLVMBasicBlockRef way, LLVMBasicBlockRef meeting)
{
	size_t size = e->variable_count * sizeof(LLVMValueRef);

	fork->from = LLVMGetInsertBlock(e->builder);
	fork->meeting = meeting;
	fork->values = NULL;
	if (!e->loops) {
		fork->values = bh_alloc(size + 1);
		memcpy(fork->values, e->values, size);
	}
	LLVMBuildCondBr(e->builder, condition, way, meeting);
	LLVMPositionBuilderAtEnd(e->builder, way);
}

void bh_emit_meet(struct bh_emit *e, struct bh_emit_fork *fork)
{
	LLVMBasicBlockRef ends[] = {LLVMGetInsertBlock(e->builder), fork->from};

	LLVMBuildBr(e->builder, fork->meeting);
	LLVMPositionBuilderAtEnd(e->builder, fork->meeting);
	bh_emit_forget_loaded(e);
	for (unsigned i = 0; fork->values && i < e->variable_count; i++) {
		LLVMValueRef both[] = {e->values[i], fork->values[i]};

		if (both[0] == both[1])
			continue;
		e->values[i] = LLVMBuildPhi(e->builder, LLVMTypeOf(both[0]), "");
		LLVMAddIncoming(e->values[i], both, ends, 2);
	}
	free(fork->values);
}

void bh_emit_forget_loaded(struct bh_emit *e)
{
	memset(e->loaded, 0, sizeof(e->loaded));
}

struct bh_emit_loaded *bh_emit_find_loaded(struct bh_emit *e, uint32_t key)
{
	struct bh_emit_loaded *loaded = &e->loaded[key % BH_EMIT_LOADED];

	if (loaded->key != key || e->loops) {
		loaded->key = key;
		loaded->value = NULL;
	}
	return loaded;
}
