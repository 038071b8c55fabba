/* SPDX-License-Identifier: Apache-2.0 */
/* Random shaders that are valid, from a seed: all opcodes, modifiers, nesting, computed indices. */
#ifndef BH_TEST_GPU_RANDOM_SHADER_H
#define BH_TEST_GPU_RANDOM_SHADER_H

#include "base/buf.h"
#include "gpu/shader/ir.h"

#include <stdio.h>
#include <string.h>

struct random_shader {
	uint64_t state;
	struct bh_buf *text;
	enum bh_stage stage;
	bool integers;
	unsigned depth, loops, label;
};

static inline uint32_t random_next(struct random_shader *r)
{
	/* xorshift64*: the same everywhere */
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (uint32_t)(r->state * 0x2545f4914f6cdd1dull >> 32);
}

static inline uint32_t random_below(struct random_shader *r, uint32_t limit)
{
	return random_next(r) % limit;
}

/* A number worth testing: any bits, a special case, or something ordinary. */
static inline uint32_t random_value(struct random_shader *r)
{
	static const uint32_t special[] = {
		0,          0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000,
		0x7fc00000, 0xffc12345, 0x00000001, 0x807fffff, 0x7f7fffff, 0x4b000001,
		0x4f000000, 0xcf000000, 0x5f800000, 0x3effffff, 2,          0xffffffff};
	float ordinary = ((float)random_next(r) / 65536.0f - 32768.0f) / 4096.0f;
	uint32_t bits;

	switch (random_below(r, 8)) {
	case 0:
		return random_next(r);
	case 1:
	case 2:
		return special[random_below(r, sizeof(special) / sizeof(special[0]))];
	default:
		memcpy(&bits, &ordinary, sizeof(bits));
		return bits;
	}
}

static inline void random_swizzle(struct random_shader *r)
{
	bh_buf_addc(r->text, '.');
	for (unsigned i = 0; i < 4; i++)
		bh_buf_addc(r->text, "xyzw"[random_below(r, 4)]);
}

/* A component and a number into the format, drawn in this order. */
static inline void random_computed(struct random_shader *r, const char *format, uint32_t limit)
{
	char component = "xyzw"[random_below(r, 4)], text[64];
	uint32_t number = random_below(r, limit);

	(void)snprintf(text, sizeof(text), format, component, number);
	bh_buf_adds(r->text, text);
}

static inline void random_register(struct random_shader *r)
{
	switch (random_below(r, 10)) {
	case 0:
	case 1:
		bh_buf_addf(r->text, "IN[%u]", random_below(r, 3));
		break;
	case 2:
		bh_buf_addf(r->text, "CONST[%u]", random_below(r, 8));
		break;
	case 3:
		bh_buf_addf(r->text, "IMM[%u]", random_below(r, 3));
		break;
	case 4:
		random_computed(r, "TEMP[ADDR[0].%c+%u](1)", 12);
		break;
	case 5:
		random_computed(r, "CONST[1][ADDR[0].%c-%u]", 4);
		break;
	case 6:
		bh_buf_addf(r->text, "IN[ADDR[0].%c]", "xyzw"[random_below(r, 4)]);
		break;
	default:
		bh_buf_addf(r->text, "TEMP[%u]", random_below(r, 12));
		break;
	}
}

static inline void random_source(struct random_shader *r)
{
	bool bars = !random_below(r, 6);

	if (!random_below(r, 4))
		bh_buf_addc(r->text, '-');
	if (bars)
		bh_buf_addc(r->text, '|');
	random_register(r);
	random_swizzle(r);
	if (bars)
		bh_buf_addc(r->text, '|');
}

static inline void random_dest(struct random_shader *r, bool address)
{
	uint32_t mask = 1 + random_below(r, 15);

	if (address)
		bh_buf_adds(r->text, "ADDR[0]");
	else if (!random_below(r, 8))
		bh_buf_addf(r->text, "OUT[%u]", random_below(r, 3));
	else if (!random_below(r, 10))
		bh_buf_addf(r->text, "TEMP[ADDR[0].%c+6](1)", "xyzw"[random_below(r, 4)]);
	else
		bh_buf_addf(r->text, "TEMP[%u]", random_below(r, 12));
	bh_buf_addc(r->text, '.');
	for (unsigned i = 0; i < 4; i++) {
		if (mask >> i & 1)
			bh_buf_addc(r->text, "xyzw"[i]);
	}
}

static inline void random_line(struct random_shader *r, const char *text)
{
	bh_buf_addf(r->text, "%u: %s\n", r->label++, text);
}

static inline void random_instruction(struct random_shader *r)
{
	const struct bh_op_info *info;
	bool fragment = r->stage == BH_STAGE_FRAGMENT;

	do {
		info = &bh_op_infos[random_below(r, BH_OP_COUNT)];
	} while (info->class == BH_CLASS_FLOW || (!r->integers && info->flags & BH_OP_BITS) ||
		 (!fragment &&
		  (info->class == BH_CLASS_KILL || info->class == BH_CLASS_DERIVATIVE)) ||
		 (info->class == BH_CLASS_KILL && random_below(r, 3)));
	bh_buf_addf(r->text, "%u: %s", r->label++, info->name);
	if (info->class == BH_CLASS_KILL) {
		if (info->sources) {
			bh_buf_addc(r->text, ' ');
			random_source(r);
		}
		bh_buf_addc(r->text, '\n');
		return;
	}
	bh_buf_adds(r->text, !(info->flags & BH_OP_ADDRESS) && !random_below(r, 6) ? "_SAT " : " ");
	random_dest(r, info->flags & BH_OP_ADDRESS);
	for (unsigned i = 0; i < info->sources; i++) {
		bh_buf_adds(r->text, ", ");
		random_source(r);
	}
	if (info->class == BH_CLASS_TEXTURE)
		bh_buf_adds(r->text, ", SAMP[0], 2D");
	bh_buf_addc(r->text, '\n');
}

static inline void random_block(struct random_shader *r, unsigned length);

static inline void random_branch(struct random_shader *r)
{
	bool integer = r->integers && random_below(r, 2);

	bh_buf_addf(r->text, "%u: %s ", r->label++, integer ? "UIF" : "IF");
	random_source(r);
	bh_buf_addc(r->text, '\n');
	random_block(r, 1 + random_below(r, 8));
	if (random_below(r, 2)) {
		random_line(r, "ELSE");
		random_block(r, 1 + random_below(r, 8));
	}
	random_line(r, "ENDIF");
}

/* A loop that ends for sure: its counter is a register that nothing else writes. */
static inline void random_loop(struct random_shader *r)
{
	unsigned counter = 20 + r->loops;

	bh_buf_addf(r->text, "%u: MOV TEMP[%u].x, IMM[3].xxxx\n", r->label++, counter);
	random_line(r, "BGNLOOP");
	r->loops++;
	bh_buf_addf(r->text, "%u: SGE TEMP[%u].y, TEMP[%u].xxxx, IMM[3].%c\n", r->label++, counter,
		    counter, "xyzw"[random_below(r, 4)]);
	bh_buf_addf(r->text, "%u: IF TEMP[%u].yyyy\n", r->label++, counter);
	random_line(r, "BRK");
	random_line(r, "ENDIF");
	bh_buf_addf(r->text, "%u: ADD TEMP[%u].x, TEMP[%u].xxxx, IMM[3].yyyy\n", r->label++,
		    counter, counter);
	random_block(r, 2 + random_below(r, 6));
	r->loops--;
	random_line(r, "ENDLOOP");
}

static inline void random_block(struct random_shader *r, unsigned length)
{
	r->depth++;
	for (unsigned i = 0; i < length; i++) {
		uint32_t kind = random_below(r, 24);

		if (kind < 2 && r->depth < 5)
			random_branch(r);
		else if (kind == 2 && r->depth < 4 && r->loops < 3)
			random_loop(r);
		else if (kind == 3 && r->loops)
			random_line(r, random_below(r, 2) ? "CONT" : "BRK");
		else if (kind == 4 && r->depth > 2 && !random_below(r, 4))
			random_line(r, "RET");
		else
			random_instruction(r);
	}
	r->depth--;
}

static inline void random_immediate(struct random_shader *r)
{
	bh_buf_adds(r->text, "IMM FLT32 {");
	for (unsigned i = 0; i < 4; i++)
		bh_buf_addf(r->text, "%s0x%08x", i ? ", " : "", random_value(r));
	bh_buf_adds(r->text, "}\n");
}

/* The text is added to `text`; the same seed gives the same text. */
static inline void random_shader(struct bh_buf *text, uint64_t seed, enum bh_stage stage)
{
	struct random_shader r = {
		.state = seed * 0x9e3779b97f4a7c15ull + 1, .text = text, .stage = stage};
	bool vertex = stage == BH_STAGE_VERTEX;

	random_next(&r);
	r.integers = random_below(&r, 2);
	bh_buf_adds(text, vertex ? "VERT\nDCL IN[0..2]\n"
				 : "FRAG\nDCL IN[0], FACE, CONSTANT\n"
				   "DCL IN[1..2], GENERIC[0], LINEAR\n");
	bh_buf_adds(text, vertex ? "DCL OUT[0], POSITION\nDCL OUT[1..2], GENERIC[0]\n"
				 : "DCL OUT[0..1], COLOR[0]\nDCL OUT[2], POSITION\n");
	bh_buf_adds(text, "DCL CONST[0..7]\nDCL CONST[1][0..5]\nDCL SAMP[0]\nDCL ADDR[0]\n"
			  "DCL TEMP[0..5]\nDCL TEMP[6..11], ARRAY(1)\nDCL TEMP[20..22]\n");
	for (unsigned i = 0; i < 3; i++)
		random_immediate(&r);
	bh_buf_adds(text, "IMM FLT32 {0, 1, 3, 5}\n");
	/* Something to compute with. */
	for (unsigned i = 0; i < 6; i++)
		bh_buf_addf(text, "%u: MOV TEMP[%u], IN[%u]\n", r.label++, i, i % 3);
	random_block(&r, 10 + random_below(&r, 40));
	/* What is left in the temporaries shows. */
	bh_buf_addf(text, "%u: ADD OUT[0], OUT[0], TEMP[%u]\n", r.label++, random_below(&r, 6));
	bh_buf_addf(text, "%u: MOV OUT[1].xy, TEMP[%u]\n", r.label++, random_below(&r, 12));
	random_line(&r, "END");
}

#endif
