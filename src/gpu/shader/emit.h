/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From our form to LLVM's: one emitter for 4, 8 and 16 lanes. A register component is one vector of
 * lanes; LLVM's own passes turn the stack slots used here into values.
 */
#ifndef BH_GPU_SHADER_EMIT_H
#define BH_GPU_SHADER_EMIT_H

#include "gpu/shader/ir.h"
#include "gpu/shader/llvm.h"

/* A branch or loop that is open. */
struct bh_emit_block {
	bool is_loop, branches;
	LLVMValueRef condition;           /* before the IF: of the lanes outside */
	LLVMValueRef running, continuing; /* before the loop */
	LLVMBasicBlockRef other, after;   /* IF: ELSE's block; loop: `other` is its body */
};

struct bh_emit {
	const struct bh_shader *shader;
	unsigned lanes;
	LLVMContextRef context;
	LLVMModuleRef module;
	LLVMBuilderRef builder;
	LLVMValueRef function, invocation;
	LLVMBasicBlockRef entry,
		finish; /* slots are made in `entry`; `finish` stores the outputs */
	LLVMTypeRef f32, i8, i32, i64, bytes; /* bytes: a pointer */
	LLVMTypeRef vf, vi, vm;               /* vectors of float, int, bool */

	/* Slots; NULL where a register is not used. Those that computed indices reach are arrays.
	 */
	LLVMValueRef (*temps)[4];
	LLVMValueRef outputs[BH_SHADER_OUTPUTS_MAX][4];
	LLVMValueRef addresses[BH_SHADER_ADDRESSES_MAX][4];
	LLVMValueRef temp_array, output_array; /* [register][component] */
	uint8_t *temp_in_array;                /* by register */
	LLVMValueRef constants[BH_SHADER_BUFFERS_MAX];
	LLVMValueRef inputs, textures, sample; /* pointers from the invocation */
	LLVMValueRef request, texels;          /* room for a texture operation */

	/* Masks of lanes: slots of vectors of int, all ones or 0. */
	LLVMValueRef condition, running, continuing, gone, live, started, executing;
	bool has_flow, has_return;
	struct bh_emit_block blocks[BH_SHADER_DEPTH_MAX];
	unsigned block_count;
};

/*
 * Adds to the module a function `name`(struct bh_invocation *) that runs the shader for `lanes`
 * lanes. The constants' buffers must have all entries the shader declares.
 */
void bh_emit_program(const struct bh_shader *shader, unsigned lanes, LLVMModuleRef module,
		     const char *name);

/* Building blocks, for the parts of the emitter. */
LLVMValueRef bh_emit_slot(struct bh_emit *e, LLVMTypeRef type, const char *name);
LLVMValueRef bh_emit_load(struct bh_emit *e, LLVMTypeRef type, LLVMValueRef slot);
/* A value of `type` at base + offset bytes; aligned to 4. */
LLVMValueRef bh_emit_load_at(struct bh_emit *e, LLVMTypeRef type, LLVMValueRef base,
			     LLVMValueRef offset);
/* Nothing writes there while the program runs: the value need not be loaded again after a call. */
void bh_emit_never_changes(struct bh_emit *e, LLVMValueRef load);
void bh_emit_store_at(struct bh_emit *e, LLVMValueRef value, LLVMValueRef base,
		      LLVMValueRef offset);
LLVMValueRef bh_emit_offset(struct bh_emit *e, size_t offset);
LLVMValueRef bh_emit_as_float(struct bh_emit *e, LLVMValueRef v);
LLVMValueRef bh_emit_as_int(struct bh_emit *e, LLVMValueRef v);
LLVMValueRef bh_emit_splat_int(struct bh_emit *e, uint32_t value);
LLVMValueRef bh_emit_splat_float(struct bh_emit *e, float value);
LLVMValueRef bh_emit_broadcast(struct bh_emit *e, LLVMValueRef scalar);
/* Lanes chosen by index from one vector. */
LLVMValueRef bh_emit_shuffle(struct bh_emit *e, LLVMValueRef v, const uint8_t *lanes);
LLVMValueRef bh_emit_intrinsic(struct bh_emit *e, const char *name, LLVMValueRef a);
LLVMBasicBlockRef bh_emit_new_block(struct bh_emit *e, const char *name);

/* Masks: int vectors, all ones or 0 in a lane. */
LLVMValueRef bh_emit_mask_is_set(struct bh_emit *e, LLVMValueRef mask); /* as bools */
LLVMValueRef bh_emit_mask_bits(struct bh_emit *e, LLVMValueRef mask);   /* as an i32 */
LLVMValueRef bh_emit_bits_mask(struct bh_emit *e, LLVMValueRef bits);
LLVMValueRef bh_emit_any(struct bh_emit *e, LLVMValueRef mask); /* as one bool */

/* Parts of instructions. */
LLVMValueRef bh_emit_source(struct bh_emit *e, const struct bh_source *source, unsigned position,
			    bool integer);
void bh_emit_dest(struct bh_emit *e, const struct bh_dest *dest, const LLVMValueRef values[4]);
void bh_emit_flow_begin(struct bh_emit *e);
void bh_emit_flow(struct bh_emit *e, const struct bh_inst *inst, uint32_t at);
void bh_emit_kill(struct bh_emit *e, const struct bh_inst *inst);
void bh_emit_texture(struct bh_emit *e, const struct bh_inst *inst);
/* The lanes that execute; NULL: all. */
LLVMValueRef bh_emit_executing(struct bh_emit *e);

/* alu.inc for the emitter (emit_alu.c). */
LLVMValueRef bh_emit_alu(struct bh_emit *e, enum bh_op op, const LLVMValueRef *sources);
LLVMValueRef bh_emit_fadd(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef bh_emit_fsub(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef bh_emit_fmul(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef bh_emit_fdiv(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef bh_emit_negate(struct bh_emit *e, LLVMValueRef v, bool integer);
LLVMValueRef bh_emit_absolute(struct bh_emit *e, LLVMValueRef v, bool integer);
LLVMValueRef bh_emit_saturate(struct bh_emit *e, LLVMValueRef v);
LLVMValueRef bh_emit_canonical(struct bh_emit *e, LLVMValueRef v);

#endif
