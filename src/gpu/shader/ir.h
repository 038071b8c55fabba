/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A shader in our own form: what the parser makes, and what the interpreter and the code generator
 * read. Every index in it was checked against the declarations; those computed at run time carry
 * the range they are held to.
 *
 * NaN. Machines differ in the bits of a NaN, and so would pixels if bits could be seen. A shader
 * with no opcode that shows bits (`integers` false) has its outputs' NaNs made one pattern,
 * BH_CANONICAL_NAN. In one with such opcodes every floating-point result and every texel is made
 * so, and outputs are kept as they are. An output that may be a copied integer although no opcode
 * shows bits (`raw`, see raw.c) is kept, too. All back ends follow this rule.
 *
 * Lanes. All lanes given to a fragment program run, also those outside the primitive: their values
 * make the derivatives of their neighbours. Killed lanes run on in straight code and leave a loop
 * at its end. A lane's values never depend on which other lanes are in its group, except inside a
 * quad.
 */
#ifndef BH_GPU_SHADER_IR_H
#define BH_GPU_SHADER_IR_H

#include "gpu/shader/shader.h"

#define BH_CANONICAL_NAN         0x7fc00000u
#define BH_SHADER_INSTS_MAX      65536
#define BH_SHADER_IMMEDIATES_MAX 4096
#define BH_SHADER_ADDRESSES_MAX  8
#define BH_SHADER_DEPTH_MAX      64 /* of IF and BGNLOOP together */
#define BH_SHADER_TEXT_MAX       (8u << 20)
#define BH_SHADER_ARRAYS_MAX     256

enum bh_op {
#define BH_OP(name, class, sources, flags) BH_OP_##name,
#include "gpu/shader/opcodes.def"
#undef BH_OP
	BH_OP_COUNT
};

enum bh_op_class {
	BH_CLASS_VECTOR,
	BH_CLASS_SCALAR,
	BH_CLASS_DOT2,
	BH_CLASS_DOT3,
	BH_CLASS_DOT4,
	BH_CLASS_DERIVATIVE,
	BH_CLASS_TEXTURE,
	BH_CLASS_KILL,
	BH_CLASS_FLOW,
};

enum { BH_OP_BITS = 1, BH_OP_INT = 2, BH_OP_ADDRESS = 4 };

struct bh_op_info {
	const char *name;
	enum bh_op_class class;
	uint8_t sources, flags;
};

extern const struct bh_op_info bh_op_infos[BH_OP_COUNT];

enum bh_file {
	BH_FILE_CONST,
	BH_FILE_IN,
	BH_FILE_OUT,
	BH_FILE_TEMP,
	BH_FILE_IMM,
	BH_FILE_ADDR,
	BH_FILE_SV, /* only while parsing: becomes IN */
	BH_FILE_SAMP,
	BH_FILE_SVIEW,
};

/* `index` + one component of a register times `scale`, held to [first, first + count). */
struct bh_indirect {
	enum bh_file file; /* ADDR or TEMP */
	uint16_t index;
	uint8_t component;
	uint16_t first, count;
	uint16_t scale; /* of the component: 1, or the registers of a vertex */
};

struct bh_source {
	enum bh_file file;
	bool absolute, negate, computed;
	uint8_t swizzle[4];
	uint8_t buffer; /* of CONST */
	int32_t index;  /* may be negative when computed */
	struct bh_indirect indirect;
};

struct bh_dest {
	enum bh_file file; /* TEMP, OUT or ADDR */
	bool computed, saturate;
	bool canonical; /* a NaN is made BH_CANONICAL_NAN: see raw.c */
	uint8_t mask;
	int32_t index;
	struct bh_indirect indirect;
};

struct bh_inst {
	enum bh_op op;
	struct bh_dest dest;        /* when the class has one: mask != 0 */
	struct bh_source source[3]; /* as many as the opcode has */
	uint8_t sampler;
	bool computed_sampler; /* only while parsing: lower.c leaves none */
	enum bh_texture_target target;
	int8_t offset[3];
	/*
	 * IF: its ELSE or ENDIF. ELSE: its ENDIF. BGNLOOP: its ENDLOOP. ENDLOOP: its BGNLOOP.
	 * BRK and CONT: the loop's ENDLOOP.
	 */
	uint32_t jump;
	bool loops; /* IF, ELSE: a loop lies inside */
};

struct bh_shader {
	struct bh_shader_info info;
	struct bh_inst *insts; /* the last is END */
	size_t inst_count, inst_capacity;
	uint32_t (*immediates)[4];
	size_t immediate_count, immediate_capacity;
	uint32_t const_counts[BH_SHADER_BUFFERS_MAX];
	uint32_t temp_count, address_count;
	uint32_t system_values; /* the first input that is a system value */
	bool integers;
	bool samples; /* has texture opcodes */
	bool computed_temps, computed_inputs, computed_outputs;
	uint64_t hash; /* of the text */
};

/* The type of the register a target's texture coordinates come in: how many are read. */
static inline bool bh_target_is_shadow(enum bh_texture_target target)
{
	return target >= BH_TEX_SHADOW_1D && target <= BH_TEX_SHADOW_2D_ARRAY;
}

/*
 * A coarse derivative is one for the whole quad, from its first row or column, as implicit levels
 * of detail are.
 */
static inline bool bh_is_fine(enum bh_op op)
{
	return op == BH_OP_DDX_FINE || op == BH_OP_DDY_FINE;
}

/* TXF reads a level of what has levels: the number is its coordinates' last component. */
static inline bool bh_fetches_a_level(const struct bh_inst *inst)
{
	return inst->op == BH_OP_TXF && inst->target != BH_TEX_BUFFER &&
	       inst->target != BH_TEX_RECT;
}

/* The result is no floating-point number. */
static inline bool bh_samples_integers(const struct bh_shader *shader, const struct bh_inst *inst)
{
	return inst->op == BH_OP_TXQ || shader->info.integer_samplers >> inst->sampler & 1;
}

#endif
