/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From our form to LLVM's: one emitter for 4, 8 and 16 lanes. A register component is one vector of
 * lanes; LLVM's own passes turn the stack slots used here into values.
 */
#ifndef BH_GPU_SHADER_EMIT_H
#define BH_GPU_SHADER_EMIT_H

#include "gpu/shader/fused.h"
#include "gpu/shader/ir.h"
#include "gpu/shader/llvm.h"
#include "gpu/texture/texture.h"

#define BH_SAMPLE_KINDS (BH_SAMPLE_FETCH + 1)

/* Two ways that part at `from` and meet again; what variables held there. */
struct bh_emit_fork {
	LLVMBasicBlockRef from, meeting;
	LLVMValueRef *values; /* NULL where variables are slots */
};

/* A branch or loop that is open. */
struct bh_emit_block {
	bool is_loop, branches;
	struct bh_emit_fork fork;         /* of what branches */
	LLVMValueRef condition;           /* before the IF: of the lanes outside */
	LLVMValueRef running, continuing; /* before the loop */
	LLVMBasicBlockRef body, after;    /* of a loop */
};

/* What was loaded and does not change, by what it was loaded from; not beyond a branch. */
#define BH_EMIT_LOADED 256
struct bh_emit_loaded {
	uint32_t key;
	LLVMValueRef value; /* NULL: it was not */
};

/* What of the machine the emitter makes use of, and what is asked of it. */
struct bh_emit_target {
	unsigned lanes;
	bool avx2, avx512;
	/* Sampling that texture/ does as well for many lanes at once is left to it: nothing
	 * compiles faster than what is compiled already. */
	bool quick;
};

struct bh_emit {
	const struct bh_shader *shader;
	unsigned lanes;
	bool avx2, avx512, quick;
	LLVMContextRef context;
	LLVMModuleRef module;
	LLVMBuilderRef builder;
	LLVMValueRef function, invocation;
	/* Slots are made in `entry`, which goes on in `body`; `finish` is behind the program. */
	LLVMBasicBlockRef entry, body, finish;
	LLVMTypeRef f32, i8, i32, i64, bytes; /* bytes: a pointer */
	LLVMTypeRef vf, vi, vm;               /* vectors of float, int, bool */

	/* Variables, by number: their values, or slots in a program that loops. */
	LLVMValueRef *values;
	unsigned variable_count, variables_max;
	bool loops;
	struct bh_emit_loaded loaded[BH_EMIT_LOADED];

	/* Registers are variables; those that computed indices reach are arrays. */
	unsigned (*temps)[4];
	unsigned outputs[BH_SHADER_OUTPUTS_MAX][4];
	unsigned addresses[BH_SHADER_ADDRESSES_MAX][4];
	LLVMValueRef temp_array, output_array; /* [register][component] */
	uint8_t *temp_in_array;                /* by register */
	bool *observed;                        /* by register: see emit_nan.c */
	bool shows_bits;                       /* the result of the instruction at hand */
	LLVMValueRef constants[BH_SHADER_BUFFERS_MAX];
	LLVMValueRef inputs, textures, sample; /* pointers from the invocation */
	LLVMValueRef request, texels;          /* room for a texture operation */

	/* Of fused code (fuse.c); NULL otherwise. */
	const struct bh_fused_key *key;
	LLVMValueRef (*input_values)[4]; /* by input and component */
	LLVMValueRef mask_bits;          /* an i32: lanes that live when the program begins */
	LLVMValueRef front;              /* of packets: a vector of bool */
	LLVMValueRef samplers[BH_SHADER_SAMPLERS_MAX][BH_SAMPLE_KINDS]; /* functions */

	/* Masks of lanes: variables, vectors of int, all ones or 0. */
	unsigned condition, running, continuing, gone, live, started, executing;
	bool has_flow, has_return;
	struct bh_emit_block blocks[BH_SHADER_DEPTH_MAX];
	unsigned block_count;
};

/* Begins a function of one pointer, whose code goes on in a block behind its slots' block. */
void bh_emit_begin(struct bh_emit *e, const struct bh_shader *shader,
		   const struct bh_emit_target *target, LLVMModuleRef module, const char *name);
void bh_emit_end(struct bh_emit *e);
void bh_emit_width_attributes(struct bh_emit *e, LLVMValueRef function);
/* Loads what the invocation points to. */
void bh_emit_pointers(struct bh_emit *e);
/* The instructions. Code goes on at the builder, in `finish`; the outputs are in their slots. */
void bh_emit_instructions(struct bh_emit *e);
/* A component of an output, after the instructions. */
LLVMValueRef bh_emit_output(struct bh_emit *e, unsigned output, unsigned component);

/*
 * Adds to the module a function `name`(struct bh_invocation *) that runs the shader for `lanes`
 * lanes. The constants' buffers must have all entries the shader declares.
 */
void bh_emit_program(const struct bh_shader *shader, const struct bh_emit_target *target,
		     LLVMModuleRef module, const char *name);
/* The same for fused code: `name`(struct bh_fused_run *). */
void bh_emit_fused(const struct bh_shader *shader, const struct bh_fused_key *key,
		   const struct bh_emit_target *target, LLVMModuleRef module, const char *name);

/* Building blocks, for the parts of the emitter. */
LLVMValueRef bh_emit_slot(struct bh_emit *e, LLVMTypeRef type, const char *name);
/* Variables (emit_variable.c). */
unsigned bh_emit_variable(struct bh_emit *e, LLVMTypeRef type, LLVMValueRef initial);
LLVMValueRef bh_emit_get(struct bh_emit *e, LLVMTypeRef type, unsigned variable);
void bh_emit_set(struct bh_emit *e, unsigned variable, LLVMValueRef value);
/* Goes on in `way` if `condition` holds, else in `meeting`, to which bh_emit_meet() goes, too. */
void bh_emit_fork(struct bh_emit *e, struct bh_emit_fork *fork, LLVMValueRef condition,
		  LLVMBasicBlockRef way, LLVMBasicBlockRef meeting);
void bh_emit_meet(struct bh_emit *e, struct bh_emit_fork *fork);
/* The place of what was loaded from there, or will be. Keys begin at 1. */
struct bh_emit_loaded *bh_emit_find_loaded(struct bh_emit *e, uint32_t key);
/* Where ways meet: what was loaded on one is not there on the other. */
void bh_emit_forget_loaded(struct bh_emit *e);
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
LLVMValueRef bh_emit_cttz(struct bh_emit *e, LLVMValueRef bits); /* not of 0 */
/* A machine's own, whose types are not a choice. */
LLVMValueRef bh_emit_machine(struct bh_emit *e, const char *name, LLVMValueRef *arguments,
			     unsigned count);
LLVMBasicBlockRef bh_emit_new_block(struct bh_emit *e, const char *name);

/* Masks: int vectors, all ones or 0 in a lane. */
LLVMValueRef bh_emit_mask_is_set(struct bh_emit *e, LLVMValueRef mask); /* as bools */
LLVMValueRef bh_emit_mask_bits(struct bh_emit *e, LLVMValueRef mask);   /* as an i32 */
LLVMValueRef bh_emit_bits_mask(struct bh_emit *e, LLVMValueRef bits);
LLVMValueRef bh_emit_any(struct bh_emit *e, LLVMValueRef mask); /* as one bool */
/* The same of vectors of bool. */
LLVMValueRef bh_emit_bools_bits(struct bh_emit *e, LLVMValueRef bools);
LLVMValueRef bh_emit_bits_bools(struct bh_emit *e, LLVMValueRef bits);

/* Which registers' bits can be seen. */
void bh_emit_find_observed(struct bh_emit *e);
bool bh_emit_is_observed(const struct bh_emit *e, const struct bh_dest *dest);

/* Parts of instructions. */
LLVMValueRef bh_emit_source(struct bh_emit *e, const struct bh_source *source, unsigned position,
			    bool integer);
void bh_emit_dest(struct bh_emit *e, const struct bh_dest *dest, const LLVMValueRef values[4]);
void bh_emit_flow_begin(struct bh_emit *e);
void bh_emit_flow(struct bh_emit *e, const struct bh_inst *inst, uint32_t at);
void bh_emit_kill(struct bh_emit *e, const struct bh_inst *inst);
/* Stores the outputs as they are where the invocation wants them. */
void bh_emit_outputs(struct bh_emit *e);
/* The lanes, as bits, of all quads in which a lane lives. */
LLVMValueRef bh_emit_whole_quads(struct bh_emit *e, LLVMValueRef bits);
void bh_emit_texture(struct bh_emit *e, const struct bh_inst *inst);

/* What a texture operation reads; `lod` and the steps as far as its kind has them. */
struct bh_emit_sample {
	enum bh_sample_kind kind;
	LLVMValueRef coord[4], lod, dx[3], dy[3];
	LLVMValueRef lanes; /* those that matter, as an i32 */
};

/* Whether the code is another when it is wanted quickly. `key` may be NULL. */
bool bh_emit_quick_differs(const struct bh_shader *shader, const struct bh_fused_key *key);
/* Whether fused code samples by itself here (fuse_sample.c). */
bool bh_emit_samples_inline(const struct bh_emit *e, const struct bh_inst *inst);
void bh_emit_sample_inline(struct bh_emit *e, const struct bh_inst *inst,
			   const struct bh_emit_sample *sample, LLVMValueRef texels[4]);

/* The lanes that execute; NULL: all. */
LLVMValueRef bh_emit_executing(struct bh_emit *e);

/* alu.inc for the emitter (emit_alu.c). */
LLVMValueRef bh_emit_alu(struct bh_emit *e, enum bh_op op, const LLVMValueRef *sources);
LLVMValueRef bh_emit_fadd(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef bh_emit_fsub(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef bh_emit_fmul(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b);
LLVMValueRef bh_emit_fdiv(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b);
/* a * b + d, rounded once. */
LLVMValueRef bh_emit_fma(struct bh_emit *e, LLVMValueRef a, LLVMValueRef b, LLVMValueRef d);
LLVMValueRef bh_emit_negate(struct bh_emit *e, LLVMValueRef v, bool integer);
LLVMValueRef bh_emit_absolute(struct bh_emit *e, LLVMValueRef v, bool integer);
LLVMValueRef bh_emit_saturate(struct bh_emit *e, LLVMValueRef v);
LLVMValueRef bh_emit_canonical(struct bh_emit *e, LLVMValueRef v);

#endif
