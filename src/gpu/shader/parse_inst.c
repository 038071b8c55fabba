/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions: operands are checked against the declarations, control flow is made to nest. */
#include "gpu/shader/parse.h"

#include "base/alloc.h"

#include <string.h>

/* Inputs are complete once the first instruction comes: system values follow them. */
static bool finish_declarations(struct bh_parser *parser)
{
	struct bh_shader *shader = parser->shader;
	struct bh_shader_info *info = &shader->info;

	parser->declarations_done = true;
	shader->system_values = (uint32_t)info->input_count;
	if (info->input_count + parser->system_value_count > BH_SHADER_INPUTS_MAX)
		return bh_scan_error(&parser->scan, NULL, "E2105",
				     "more than %u inputs and system values", BH_SHADER_INPUTS_MAX);
	memcpy(&info->inputs[info->input_count], parser->system_values,
	       parser->system_value_count * sizeof(parser->system_values[0]));
	info->input_count += parser->system_value_count;
	return true;
}

static bool strip(struct bh_word *word, const char *suffix)
{
	size_t length = strlen(suffix);

	if (word->length <= length || memcmp(word->text + word->length - length, suffix, length))
		return false;
	word->length -= length;
	return true;
}

static int find_op(struct bh_word word)
{
	for (int i = 0; i < BH_OP_COUNT; i++) {
		if (bh_word_is(word, bh_op_infos[i].name))
			return i;
	}
	return -1;
}

static bool parse_opcode(struct bh_parser *parser, struct bh_inst *inst)
{
	struct bh_word word, whole;
	int op;

	if (!bh_scan_word(&parser->scan, &word))
		return false;
	whole = word;
	while ((op = find_op(word)) < 0) {
		if (strip(&word, "_PRECISE"))
			continue; /* what it asks for is how we always compute */
		if (!strip(&word, "_SAT"))
			return bh_scan_error(&parser->scan, whole.text, "E2102",
					     "'%.*s' is no opcode of this level", (int)whole.length,
					     whole.text);
		inst->dest.saturate = true;
	}
	inst->op = (enum bh_op)op;
	return true;
}

static int component_of(char c)
{
	const char *names = "xyzw", *found = c ? strchr(names, c) : NULL;

	return found ? (int)(found - names) : -1;
}

/* What stands between brackets: a number, or a register's component with something added. */
struct index {
	bool computed;
	int32_t base;
	enum bh_file file;
	uint16_t index;
	uint8_t component;
	const char *place;
};

static bool is_declared(const struct bh_parser *parser, enum bh_file file, uint32_t index)
{
	switch (file) {
	case BH_FILE_IN:
		return index < BH_SHADER_INPUTS_MAX && parser->inputs[index];
	case BH_FILE_OUT:
		return index < BH_SHADER_OUTPUTS_MAX && parser->outputs[index];
	case BH_FILE_TEMP:
		return index < BH_SHADER_TEMPS_MAX && parser->temps[index];
	case BH_FILE_ADDR:
		return index < BH_SHADER_ADDRESSES_MAX && parser->addresses[index];
	case BH_FILE_SV:
		return index < BH_SHADER_INPUTS_MAX && parser->system_value_declared[index];
	case BH_FILE_IMM:
		return index < parser->shader->immediate_count;
	case BH_FILE_SAMP:
		return index < BH_SHADER_SAMPLERS_MAX && parser->samplers >> index & 1;
	default:
		return false;
	}
}

static bool undeclared(struct bh_parser *parser, const char *place)
{
	return bh_scan_error(&parser->scan, place, "E2104", "this register is not declared");
}

static bool parse_index(struct bh_parser *parser, struct index *index)
{
	struct bh_scan *scan = &parser->scan;
	uint32_t number;
	struct bh_word component;
	char next;

	*index = (struct index){0};
	if (!bh_scan_expect(scan, '['))
		return false;
	next = bh_scan_peek(scan);
	index->place = scan->at;
	if (next >= '0' && next <= '9') {
		if (!bh_scan_uint(scan, UINT16_MAX, &number))
			return false;
		index->base = (int32_t)number;
		return bh_scan_expect(scan, ']');
	}
	index->computed = true;
	if (!bh_parse_file(parser, &index->file) || !bh_scan_expect(scan, '[') ||
	    !bh_scan_uint(scan, UINT16_MAX, &number) || !bh_scan_expect(scan, ']'))
		return false;
	if (index->file != BH_FILE_ADDR && index->file != BH_FILE_TEMP)
		return bh_scan_error(scan, index->place, "E2106",
				     "an index comes from an ADDR or TEMP register");
	if (!is_declared(parser, index->file, number))
		return undeclared(parser, index->place);
	index->index = (uint16_t)number;
	if (bh_scan_take(scan, '.')) {
		if (!bh_scan_word(scan, &component))
			return false;
		if (component.length != 1 || component_of(component.text[0]) < 0)
			return bh_scan_error(scan, component.text, "E2101",
					     "an index is one component of a register");
		index->component = (uint8_t)component_of(component.text[0]);
	}
	next = bh_scan_peek(scan);
	if (next == '+' || next == '-') {
		bh_scan_take(scan, next);
		if (!bh_scan_uint(scan, UINT16_MAX, &number))
			return false;
		index->base = next == '-' ? -(int32_t)number : (int32_t)number;
	}
	return bh_scan_expect(scan, ']');
}

/* The registers that a computed index may reach: the array it names, or the whole file. */
static bool find_range(struct bh_parser *parser, enum bh_file file, uint32_t buffer,
		       uint32_t array_number, const char *place, struct bh_indirect *indirect)
{
	const struct bh_shader *shader = parser->shader;
	struct bh_register_array *arrays = bh_parser_arrays(parser, file);
	uint32_t count = 0;

	/* Samplers have no arrays of their own: all that are declared may be meant. */
	if (array_number && file != BH_FILE_SAMP) {
		if (!arrays || !arrays[array_number].count)
			return bh_scan_error(&parser->scan, place, "E2104",
					     "array %u is not declared", (unsigned)array_number);
		indirect->first = arrays[array_number].first;
		indirect->count = arrays[array_number].count;
		return true;
	}
	if (file == BH_FILE_CONST)
		count = shader->const_counts[buffer];
	else if (file == BH_FILE_IN)
		count = shader->system_values;
	else if (file == BH_FILE_OUT)
		count = (uint32_t)shader->info.output_count;
	else if (file == BH_FILE_TEMP)
		count = shader->temp_count;
	else if (file == BH_FILE_SAMP)
		count = parser->samplers ? BH_SHADER_SAMPLERS_MAX : 0;
	else
		return bh_scan_error(&parser->scan, place, "E2106",
				     "registers of this file have plain numbers");
	if (!count)
		return undeclared(parser, place);
	indirect->first = 0;
	indirect->count = (uint16_t)count;
	return true;
}

/*
 * IN[vertex][index] of a geometry shader: one of the two may be computed. `vertex` is what was read
 * first.
 */
static bool combine_vertex(struct bh_parser *parser, const struct index *vertex,
			   struct index *index, struct bh_indirect *indirect)
{
	static const uint8_t corners[] = {1, 2, 4, 3, 6};
	const struct bh_shader_info *info = &parser->shader->info;
	uint32_t count = corners[info->takes];

	if (vertex->computed && index->computed)
		return bh_scan_error(&parser->scan, vertex->place, "E2106",
				     "of an input's two indices one is a plain number");
	if (!index->computed && !is_declared(parser, BH_FILE_IN, (uint32_t)index->base))
		return undeclared(parser, index->place);
	if (vertex->computed) {
		uint32_t reg = (uint32_t)index->base;

		*indirect = (struct bh_indirect){
			.file = vertex->file,
			.index = vertex->index,
			.component = vertex->component,
			.first = (uint16_t)reg,
			.count = (uint16_t)((count - 1) * BH_SHADER_INPUTS_MAX + 1),
			.scale = BH_SHADER_INPUTS_MAX,
		};
		index->computed = true;
		index->base = (int32_t)reg + vertex->base * BH_SHADER_INPUTS_MAX;
		return true;
	}
	if ((uint32_t)vertex->base >= count)
		return bh_scan_error(&parser->scan, vertex->place, "E2105",
				     "a primitive of this kind has %u vertices", (unsigned)count);
	index->base += vertex->base * BH_SHADER_INPUTS_MAX;
	if (index->computed)
		*indirect = (struct bh_indirect){
			.file = index->file,
			.index = index->index,
			.component = index->component,
			.first = (uint16_t)(vertex->base * BH_SHADER_INPUTS_MAX),
			.count = (uint16_t)parser->shader->system_values,
			.scale = 1,
		};
	return true;
}

/* FILE[index] or CONST[buffer][index], then (array). */
static bool parse_register(struct bh_parser *parser, enum bh_file *file, struct index *index,
			   uint32_t *buffer, struct bh_indirect *indirect)
{
	struct bh_scan *scan = &parser->scan;
	uint32_t array_number = 0;
	struct index vertex = {0};
	const char *place;
	bool two;

	bh_scan_peek(scan);
	place = scan->at;
	*buffer = 0;
	if (!bh_parse_file(parser, file) || !parse_index(parser, index))
		return false;
	two = *file == BH_FILE_IN && parser->shader->info.stage == BH_STAGE_GEOMETRY;
	if (*file == BH_FILE_CONST && bh_scan_peek(scan) == '[') {
		if (index->computed)
			return bh_scan_error(scan, place, "E2106",
					     "a constant buffer has a plain number");
		if (index->base >= BH_SHADER_BUFFERS_MAX)
			return undeclared(parser, place);
		*buffer = (uint32_t)index->base;
		if (!parse_index(parser, index))
			return false;
	}
	/* A primitive's number has one index only. */
	if (two && bh_scan_peek(scan) != '[') {
		if (index->computed)
			return bh_scan_error(scan, place, "E2106", "this input has a plain number");
		two = false;
	}
	if (two) {
		vertex = *index;
		if (!parse_index(parser, index))
			return false;
	}
	if (bh_scan_take(scan, '(') &&
	    (!bh_scan_uint(scan, BH_SHADER_ARRAYS_MAX - 1, &array_number) ||
	     !bh_scan_expect(scan, ')')))
		return false;
	if (scan->failed)
		return false;
	if (two)
		return combine_vertex(parser, &vertex, index, indirect);
	if (index->computed) {
		*indirect = (struct bh_indirect){.file = index->file,
						 .index = index->index,
						 .component = index->component,
						 .scale = 1};
		return find_range(parser, *file, *buffer, array_number, place, indirect);
	}
	if (*file == BH_FILE_CONST ? (uint32_t)index->base >= parser->shader->const_counts[*buffer]
				   : !is_declared(parser, *file, (uint32_t)index->base))
		return undeclared(parser, place);
	return true;
}

static bool has_dest(enum bh_op_class class)
{
	return class != BH_CLASS_KILL && class != BH_CLASS_FLOW;
}

static void note_output(struct bh_parser *parser, const struct bh_dest *dest)
{
	struct bh_shader *shader = parser->shader;
	struct bh_shader_info *info = &shader->info;
	uint32_t first = dest->computed ? dest->indirect.first : (uint32_t)dest->index;
	uint32_t count = dest->computed ? dest->indirect.count : 1;

	shader->computed_outputs |= dest->computed;
	for (uint32_t i = first; i < first + count; i++) {
		struct bh_shader_io *io = &info->outputs[i];

		io->mask |= dest->mask;
		if (info->stage == BH_STAGE_FRAGMENT) {
			info->writes_depth |= io->semantic == BH_SEM_POSITION && io->mask & 4;
			info->writes_stencil |= io->semantic == BH_SEM_STENCIL;
		}
	}
}

static bool parse_dest(struct bh_parser *parser, struct bh_inst *inst)
{
	struct bh_scan *scan = &parser->scan;
	struct bh_dest *dest = &inst->dest;
	bool address = bh_op_infos[inst->op].flags & BH_OP_ADDRESS;
	struct index index;
	struct bh_word mask;
	const char *place;
	uint32_t buffer;

	bh_scan_peek(scan);
	place = scan->at;
	if (!parse_register(parser, &dest->file, &index, &buffer, &dest->indirect))
		return false;
	if (address ? dest->file != BH_FILE_ADDR
		    : dest->file != BH_FILE_TEMP && dest->file != BH_FILE_OUT)
		return bh_scan_error(scan, place, "E2106", "%s cannot write this file",
				     bh_op_infos[inst->op].name);
	dest->index = index.base;
	dest->computed = index.computed;
	dest->mask = 15;
	if (bh_scan_take(scan, '.')) {
		int last = -1;

		if (!bh_scan_word(scan, &mask))
			return false;
		dest->mask = 0;
		for (size_t i = 0; i < mask.length; i++) {
			int component = component_of(mask.text[i]);

			if (component < 0 || component <= last)
				return bh_scan_error(scan, mask.text, "E2101",
						     "a write mask is some of xyzw, in this order");
			last = component;
			dest->mask |= (uint8_t)(1u << component);
		}
	}
	if (dest->file == BH_FILE_OUT)
		note_output(parser, dest);
	else if (dest->file == BH_FILE_TEMP)
		parser->shader->computed_temps |= dest->computed;
	return true;
}

static bool parse_swizzle(struct bh_parser *parser, struct bh_source *source)
{
	struct bh_scan *scan = &parser->scan;
	struct bh_word word;

	memcpy(source->swizzle, (uint8_t[]){0, 1, 2, 3}, 4);
	if (!bh_scan_take(scan, '.'))
		return !scan->failed;
	if (!bh_scan_word(scan, &word))
		return false;
	for (size_t i = 0; i < 4; i++) {
		/* One letter stands for four. */
		char letter = word.text[word.length == 4 ? i : 0];

		if ((word.length != 4 && word.length != 1) || component_of(letter) < 0)
			return bh_scan_error(scan, word.text, "E2101",
					     "a swizzle is one or four of xyzw");
		source->swizzle[i] = (uint8_t)component_of(letter);
	}
	return true;
}

/* The positions of a source's swizzle that an instruction looks at. */
static unsigned positions_read(const struct bh_inst *inst)
{
	switch (bh_op_infos[inst->op].class) {
	case BH_CLASS_VECTOR:
	case BH_CLASS_DERIVATIVE:
		return inst->dest.mask;
	case BH_CLASS_SCALAR:
	case BH_CLASS_FLOW:
		return 1;
	case BH_CLASS_DOT2:
		return 3;
	case BH_CLASS_DOT3:
		return 7;
	default:
		return 15;
	}
}

static void note_source(struct bh_parser *parser, const struct bh_inst *inst,
			const struct bh_source *source)
{
	struct bh_shader *shader = parser->shader;
	struct bh_shader_info *info = &shader->info;
	uint32_t first = source->computed ? source->indirect.first : (uint32_t)source->index;
	uint32_t count = source->computed ? source->indirect.count : 1;
	unsigned positions = positions_read(inst);

	if (source->file == BH_FILE_TEMP)
		shader->computed_temps |= source->computed;
	if (source->file == BH_FILE_OUT)
		shader->computed_outputs |= source->computed;
	if (source->file != BH_FILE_IN)
		return;
	shader->computed_inputs |= source->computed;
	if (info->stage == BH_STAGE_GEOMETRY)
		return; /* all of every vertex is there */
	for (uint32_t i = first; i < first + count; i++) {
		struct bh_shader_io *io = &info->inputs[i];

		for (unsigned k = 0; k < 4; k++) {
			if (positions >> k & 1)
				io->mask |= (uint8_t)(1u << source->swizzle[k]);
		}
		if (info->stage == BH_STAGE_FRAGMENT) {
			info->reads_position |= io->semantic == BH_SEM_POSITION;
			info->reads_face |= io->semantic == BH_SEM_FACE;
		}
	}
}

static bool parse_source(struct bh_parser *parser, const struct bh_inst *inst,
			 struct bh_source *source)
{
	struct bh_scan *scan = &parser->scan;
	struct index index;
	uint32_t buffer;
	const char *place;

	source->negate = bh_scan_take(scan, '-');
	source->absolute = bh_scan_take(scan, '|');
	bh_scan_peek(scan);
	place = scan->at;
	if (!parse_register(parser, &source->file, &index, &buffer, &source->indirect))
		return false;
	if (source->file == BH_FILE_SAMP || source->file == BH_FILE_SVIEW)
		return bh_scan_error(scan, place, "E2106", "a sampler holds no number to read");
	source->index = index.base;
	source->computed = index.computed;
	source->buffer = (uint8_t)buffer;
	if (!parse_swizzle(parser, source))
		return false;
	if (source->absolute && !bh_scan_expect(scan, '|'))
		return false;
	if (source->file == BH_FILE_SV) {
		source->file = BH_FILE_IN;
		source->index += (int32_t)parser->shader->system_values;
	}
	note_source(parser, inst, source);
	return true;
}

static bool parse_offset(struct bh_parser *parser, struct bh_inst *inst)
{
	struct bh_scan *scan = &parser->scan;
	struct bh_indirect indirect;
	struct index index;
	enum bh_file file;
	struct bh_word word;
	const char *place = scan->at;
	uint32_t buffer;

	if (!parse_register(parser, &file, &index, &buffer, &indirect))
		return false;
	if (file != BH_FILE_IMM)
		return bh_scan_error(scan, place, "E2106", "a texel offset is an immediate");
	if (!bh_scan_expect(scan, '.') || !bh_scan_word(scan, &word))
		return false;
	if (word.length > 4)
		return bh_scan_error(scan, word.text, "E2101", "an offset has up to 3 components");
	for (size_t i = 0; i < word.length && i < 3; i++) {
		int component = component_of(word.text[i]);
		int32_t value;

		if (component < 0)
			return bh_scan_error(scan, word.text, "E2101",
					     "an offset's components are some of xyz");
		value = (int32_t)parser->shader->immediates[index.base][component];
		if (value < -128 || value > 127)
			return bh_scan_error(scan, place, "E2108",
					     "texel offsets lie within [-128, 127]");
		inst->offset[i] = (int8_t)value;
	}
	return true;
}

static bool parse_texture(struct bh_parser *parser, struct bh_inst *inst)
{
	struct bh_shader_info *info = &parser->shader->info;
	struct bh_scan *scan = &parser->scan;
	struct bh_indirect indirect;
	struct index index;
	enum bh_file file;
	uint32_t buffer;
	const char *place;

	if (!bh_scan_expect(scan, ','))
		return false;
	bh_scan_peek(scan);
	place = scan->at;
	if (!parse_register(parser, &file, &index, &buffer, &indirect))
		return false;
	if (file != BH_FILE_SAMP)
		return bh_scan_error(scan, place, "E2106", "a texture is read through a sampler");
	inst->computed_sampler = index.computed;
	inst->sampler = index.computed ? 0 : (uint8_t)index.base;
	parser->selector = indirect;
	parser->selector_base = index.base;
	if (!bh_scan_expect(scan, ','))
		return false;
	bh_scan_peek(scan);
	place = scan->at;
	if (!bh_parse_target(parser, &inst->target))
		return false;
	if (inst->target >= BH_TEX_BUFFER && inst->op != BH_OP_TXF && inst->op != BH_OP_TXQ)
		return bh_scan_error(scan, place, "E2106",
				     "buffers and samples are fetched, not filtered");
	if (bh_scan_take(scan, ',') && !parse_offset(parser, inst))
		return false;
	for (unsigned i = 0; i < BH_SHADER_SAMPLERS_MAX; i++) {
		if (inst->computed_sampler ? !(parser->samplers >> i & 1) : i != inst->sampler)
			continue;
		if (!(parser->views >> i & 1))
			info->samplers[i] = inst->target;
		info->samplers_used |= 1u << i;
	}
	parser->shader->samples = true;
	if (info->stage == BH_STAGE_FRAGMENT && inst->op != BH_OP_TXL && inst->op != BH_OP_TXL2 &&
	    inst->op != BH_OP_TXD && inst->op != BH_OP_TXF && inst->op != BH_OP_TXQ)
		info->uses_derivatives = true;
	return !scan->failed;
}

static bool does_not_nest(struct bh_parser *parser, const char *place, enum bh_op op)
{
	return bh_scan_error(&parser->scan, place, "E2107",
			     "%s has nothing open that it belongs to", bh_op_infos[op].name);
}

static bool open_block(struct bh_parser *parser, const char *place, uint32_t at)
{
	if (parser->open_count == BH_SHADER_DEPTH_MAX)
		return bh_scan_error(&parser->scan, place, "E2109",
				     "branches and loops are nested deeper than %u",
				     BH_SHADER_DEPTH_MAX);
	parser->open[parser->open_count++] = at;
	return true;
}

/* Gives BRK and CONT of the loop that ends at `end` their place to go, and tells IFs of it. */
static void resolve_loop(struct bh_parser *parser, uint32_t begin, uint32_t end)
{
	struct bh_inst *insts = parser->shader->insts;

	for (uint32_t i = begin + 1; i < end; i++) {
		bool leaves = insts[i].op == BH_OP_BRK || insts[i].op == BH_OP_CONT;

		if (leaves && !insts[i].jump)
			insts[i].jump = end;
	}
	for (unsigned i = 0; i < parser->open_count; i++)
		insts[parser->open[i]].loops = true;
	insts[begin].jump = end;
	insts[end].jump = begin;
}

static bool inside_loop(const struct bh_parser *parser)
{
	for (unsigned i = parser->open_count; i-- > 0;) {
		if (parser->shader->insts[parser->open[i]].op == BH_OP_BGNLOOP)
			return true;
	}
	return false;
}

/* `at` is the place of the instruction in the list, already there. */
static bool nest(struct bh_parser *parser, const char *place, uint32_t at)
{
	struct bh_inst *insts = parser->shader->insts, *inst = &insts[at];
	uint32_t top = parser->open_count ? parser->open[parser->open_count - 1] : 0;
	enum bh_op top_op = parser->open_count ? insts[top].op : BH_OP_END;

	switch (inst->op) {
	case BH_OP_IF:
	case BH_OP_UIF:
	case BH_OP_BGNLOOP:
		return open_block(parser, place, at);
	case BH_OP_ELSE:
		if (top_op != BH_OP_IF && top_op != BH_OP_UIF)
			return does_not_nest(parser, place, inst->op);
		insts[top].jump = at;
		parser->open[parser->open_count - 1] = at;
		return true;
	case BH_OP_ENDIF:
		if (top_op != BH_OP_IF && top_op != BH_OP_UIF && top_op != BH_OP_ELSE)
			return does_not_nest(parser, place, inst->op);
		insts[top].jump = at;
		parser->open_count--;
		return true;
	case BH_OP_ENDLOOP:
		if (top_op != BH_OP_BGNLOOP)
			return does_not_nest(parser, place, inst->op);
		parser->open_count--;
		resolve_loop(parser, top, at);
		return true;
	case BH_OP_BRK:
	case BH_OP_CONT:
		return inside_loop(parser) || does_not_nest(parser, place, inst->op);
	case BH_OP_END:
		if (parser->open_count)
			return bh_scan_error(&parser->scan, place, "E2107",
					     "END comes while %s is open",
					     bh_op_infos[top_op].name);
		return true;
	default:
		return true;
	}
}

static bool parse_operands(struct bh_parser *parser, struct bh_inst *inst)
{
	const struct bh_op_info *info = &bh_op_infos[inst->op];
	struct bh_scan *scan = &parser->scan;
	bool first = true;

	if (has_dest(info->class)) {
		first = false;
		if (!parse_dest(parser, inst))
			return false;
	}
	for (unsigned i = 0; i < info->sources; i++) {
		if (!first && !bh_scan_expect(scan, ','))
			return false;
		first = false;
		if (!parse_source(parser, inst, &inst->source[i]))
			return false;
	}
	if (info->class == BH_CLASS_TEXTURE)
		return parse_texture(parser, inst);
	return true;
}

bool bh_parser_add(struct bh_parser *parser, const struct bh_inst *inst, const char *place)
{
	struct bh_shader *shader = parser->shader;

	if (shader->inst_count == BH_SHADER_INSTS_MAX)
		return bh_scan_error(&parser->scan, place, "E2109", "more than %u instructions",
				     BH_SHADER_INSTS_MAX);
	bh_grow((void **)&shader->insts, &shader->inst_capacity, shader->inst_count + 1,
		sizeof(*shader->insts));
	shader->insts[shader->inst_count++] = *inst;
	return nest(parser, place, (uint32_t)shader->inst_count - 1);
}

/* The label of a branch says where it goes. That follows from the nesting, so it is not believed.
 */
static bool skip_branch_label(struct bh_parser *parser, const struct bh_inst *inst)
{
	uint32_t label;

	if (bh_op_infos[inst->op].class != BH_CLASS_FLOW || !bh_scan_take(&parser->scan, ':'))
		return !parser->scan.failed;
	return bh_scan_uint(&parser->scan, UINT32_MAX, &label);
}

/*
 * Drivers write |x| as MAX x, -x. That is more than it says: of 0 and -0 neither is the larger, but
 * the bits of an absolute value have no sign.
 */
static void find_absolute(struct bh_inst *inst)
{
	const struct bh_source *a = &inst->source[0], *b = &inst->source[1];

	if (inst->op != BH_OP_MAX || a->absolute || b->absolute || a->negate == b->negate ||
	    a->computed || b->computed || a->file != b->file || a->index != b->index ||
	    a->buffer != b->buffer || memcmp(a->swizzle, b->swizzle, sizeof(a->swizzle)))
		return;
	inst->op = BH_OP_ABS;
	inst->source[0].negate = false;
}

bool bh_parse_instruction(struct bh_parser *parser)
{
	struct bh_shader *shader = parser->shader;
	struct bh_scan *scan = &parser->scan;
	struct bh_inst inst = {0};
	const char *place;

	if (!parser->declarations_done && !finish_declarations(parser))
		return false;
	bh_scan_peek(scan);
	place = scan->at;
	if (!parse_opcode(parser, &inst) || !parse_operands(parser, &inst) ||
	    !skip_branch_label(parser, &inst))
		return false;
	find_absolute(&inst);
	if (inst.op == BH_OP_NOP)
		return true;
	if ((inst.op == BH_OP_KILL || inst.op == BH_OP_KILL_IF ||
	     bh_op_infos[inst.op].class == BH_CLASS_DERIVATIVE) &&
	    shader->info.stage != BH_STAGE_FRAGMENT)
		return bh_scan_error(scan, place, "E2106", "%s belongs to fragment shaders",
				     bh_op_infos[inst.op].name);
	if ((inst.op == BH_OP_EMIT || inst.op == BH_OP_ENDPRIM) &&
	    shader->info.stage != BH_STAGE_GEOMETRY)
		return bh_scan_error(scan, place, "E2106", "%s belongs to geometry shaders",
				     bh_op_infos[inst.op].name);
	shader->info.kills |= bh_op_infos[inst.op].class == BH_CLASS_KILL;
	shader->info.uses_derivatives |= bh_op_infos[inst.op].class == BH_CLASS_DERIVATIVE;
	shader->integers |= (bh_op_infos[inst.op].flags & BH_OP_BITS) != 0;
	if (inst.computed_sampler)
		return bh_lower_samplers(parser, &inst, &parser->selector, parser->selector_base,
					 place);
	return bh_parser_add(parser, &inst, place);
}
