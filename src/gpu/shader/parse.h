/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the parser share. */
#ifndef BH_GPU_SHADER_PARSE_H
#define BH_GPU_SHADER_PARSE_H

#include "gpu/shader/ir.h"
#include "gpu/shader/scan.h"

struct bh_register_array {
	uint16_t first, count; /* count 0: not declared */
};

struct bh_parser {
	struct bh_scan scan;
	struct bh_shader *shader;
	uint8_t temps[BH_SHADER_TEMPS_MAX]; /* 1: declared */
	bool inputs[BH_SHADER_INPUTS_MAX], outputs[BH_SHADER_OUTPUTS_MAX];
	bool addresses[BH_SHADER_ADDRESSES_MAX];
	uint32_t samplers, views; /* a bit each */
	struct bh_shader_io system_values[BH_SHADER_INPUTS_MAX];
	bool system_value_declared[BH_SHADER_INPUTS_MAX];
	size_t system_value_count;
	struct bh_register_array temp_arrays[BH_SHADER_ARRAYS_MAX];
	struct bh_register_array input_arrays[BH_SHADER_ARRAYS_MAX];
	struct bh_register_array output_arrays[BH_SHADER_ARRAYS_MAX];
	/* IF and BGNLOOP that are open: indices of their instructions. */
	uint32_t open[BH_SHADER_DEPTH_MAX];
	unsigned open_count;
	bool declarations_done;
	/* Of the instruction being read: the index of its sampler, when it is computed. */
	struct bh_indirect selector;
	int32_t selector_base;
};

/* Each reads the rest of its line, after the word that begins it. */
bool bh_parse_declaration(struct bh_parser *parser);
bool bh_parse_property(struct bh_parser *parser);
bool bh_parse_immediate(struct bh_parser *parser);

/* An instruction, after its label. */
bool bh_parse_instruction(struct bh_parser *parser);

/* Adds an instruction that is complete to the program. */
bool bh_parser_add(struct bh_parser *parser, const struct bh_inst *inst, const char *place);

/*
 * Adds a texture instruction whose sampler an index in a register selects, as one for each sampler
 * there is, of which each lane takes part in one.
 */
bool bh_lower_samplers(struct bh_parser *parser, const struct bh_inst *inst,
		       const struct bh_indirect *selector, int32_t base, const char *place);

/* "TEMP", "IN"...: false with E2103 when there is no such file. */
bool bh_parse_file(struct bh_parser *parser, enum bh_file *file);
bool bh_parse_target(struct bh_parser *parser, enum bh_texture_target *target);

/* When all is read: which outputs keep their bits (raw.c). */
void bh_find_raw(struct bh_shader *shader);

/* The arrays of a file; NULL for files that have none. */
struct bh_register_array *bh_parser_arrays(struct bh_parser *parser, enum bh_file file);

#endif
