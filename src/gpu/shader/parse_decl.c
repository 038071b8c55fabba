/* SPDX-License-Identifier: Apache-2.0 */
/* Declarations, properties and immediates. */
#include "gpu/shader/parse.h"

#include "base/alloc.h"

#include <string.h>

#define BH_GEOMETRY_LIMIT 1024u /* vertices of one invocation */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const semantic_names[] = {
	[BH_SEM_POSITION] = "POSITION",
	[BH_SEM_COLOR] = "COLOR",
	[BH_SEM_BACK_COLOR] = "BCOLOR",
	[BH_SEM_FOG] = "FOG",
	[BH_SEM_POINT_SIZE] = "PSIZE",
	[BH_SEM_GENERIC] = "GENERIC",
	[BH_SEM_FACE] = "FACE",
	[BH_SEM_EDGE_FLAG] = "EDGEFLAG",
	[BH_SEM_CLIP_DISTANCE] = "CLIPDIST",
	[BH_SEM_CLIP_VERTEX] = "CLIPVERTEX",
	[BH_SEM_TEXCOORD] = "TEXCOORD",
	[BH_SEM_POINT_COORD] = "PCOORD",
	[BH_SEM_STENCIL] = "STENCIL",
	[BH_SEM_INSTANCE_ID] = "INSTANCEID",
	[BH_SEM_VERTEX_ID] = "VERTEXID",
	[BH_SEM_SAMPLE_MASK] = "SAMPLEMASK",
	[BH_SEM_LAYER] = "LAYER",
	[BH_SEM_VIEWPORT_INDEX] = "VIEWPORT_INDEX",
	[BH_SEM_PRIMITIVE_ID] = "PRIM_ID",
	[BH_SEM_INVOCATION_ID] = "INVOCATIONID",
};

static const char *const interpolation_names[] = {
	[BH_INTERP_CONSTANT] = "CONSTANT",
	[BH_INTERP_LINEAR] = "LINEAR",
	[BH_INTERP_PERSPECTIVE] = "PERSPECTIVE",
	[BH_INTERP_COLOR] = "COLOR",
};

/* What comes after the registers of one DCL. */
struct declaration {
	enum bh_file file;
	const char *place;
	uint32_t buffer, first, last;
	bool has_semantic, has_interpolation, has_target, integer;
	struct bh_shader_io io;
	uint32_t array; /* 0: none */
	enum bh_texture_target target;
};

static uint32_t file_limit(enum bh_file file)
{
	switch (file) {
	case BH_FILE_CONST:
		return BH_SHADER_CONSTS_MAX;
	case BH_FILE_IN:
	case BH_FILE_SV:
		return BH_SHADER_INPUTS_MAX;
	case BH_FILE_OUT:
		return BH_SHADER_OUTPUTS_MAX;
	case BH_FILE_TEMP:
		return BH_SHADER_TEMPS_MAX;
	case BH_FILE_ADDR:
		return BH_SHADER_ADDRESSES_MAX;
	case BH_FILE_SAMP:
	case BH_FILE_SVIEW:
		return BH_SHADER_SAMPLERS_MAX;
	default:
		return 0; /* IMM is not declared */
	}
}

static bool parse_range(struct bh_parser *parser, struct declaration *decl)
{
	struct bh_scan *scan = &parser->scan;
	uint32_t limit = file_limit(decl->file);

	if (!limit)
		return bh_scan_error(scan, decl->place, "E2106", "this file is not declared");
	if (!bh_scan_expect(scan, '['))
		return false;
	/* Inputs of a geometry shader are so for each vertex: IN[][n]. */
	if (decl->file == BH_FILE_IN && parser->shader->info.stage == BH_STAGE_GEOMETRY &&
	    bh_scan_take(scan, ']') && !bh_scan_expect(scan, '['))
		return false;
	if (!bh_scan_uint(scan, UINT16_MAX, &decl->first))
		return false;
	if (decl->file == BH_FILE_CONST && bh_scan_take(scan, ']')) {
		/* CONST[b][0..n]: what was read names the buffer. CONST[n] alone is one constant.
		 */
		decl->last = decl->first;
		if (!bh_scan_take(scan, '['))
			goto check;
		decl->buffer = decl->first;
		if (decl->buffer >= BH_SHADER_BUFFERS_MAX)
			return bh_scan_error(scan, decl->place, "E2105",
					     "there are %u constant buffers",
					     BH_SHADER_BUFFERS_MAX);
		if (!bh_scan_uint(scan, UINT16_MAX, &decl->first))
			return false;
	}
	decl->last = decl->first;
	if (bh_scan_take(scan, '.')) {
		if (!bh_scan_expect(scan, '.') || !bh_scan_uint(scan, UINT16_MAX, &decl->last))
			return false;
	}
	if (!bh_scan_expect(scan, ']'))
		return false;
check:
	if (decl->last < decl->first)
		return bh_scan_error(scan, decl->place, "E2101",
				     "this range ends before it begins");
	if (decl->last >= limit)
		return bh_scan_error(scan, decl->place, "E2105", "there are %u of these registers",
				     (unsigned)limit);
	return true;
}

static bool parse_mask(struct bh_scan *scan)
{
	struct bh_word word;

	if (!bh_scan_take(scan, '.'))
		return true;
	if (!bh_scan_word(scan, &word))
		return false;
	for (size_t i = 0; i < word.length; i++) {
		if (word.length > 4 || !strchr("xyzw", word.text[i]))
			return bh_scan_error(scan, word.text, "E2101", "a mask is made of xyzw");
	}
	return true;
}

static bool parse_semantic(struct bh_parser *parser, struct declaration *decl, int semantic)
{
	struct bh_scan *scan = &parser->scan;
	uint32_t index = 0;

	decl->has_semantic = true;
	decl->io.semantic = (enum bh_semantic)semantic;
	if (bh_scan_take(scan, '[') &&
	    (!bh_scan_uint(scan, 255, &index) || !bh_scan_expect(scan, ']')))
		return false;
	if (index + (decl->last - decl->first) > 255)
		return bh_scan_error(scan, NULL, "E2108", "the last semantic index passes 255");
	decl->io.index = (uint8_t)index;
	return true;
}

static bool parse_io_attribute(struct bh_parser *parser, struct declaration *decl,
			       struct bh_word word)
{
	static const char *const ignored[] = {"CENTER", "INVARIANT", "SAMPLE"};
	struct bh_scan *scan = &parser->scan;
	int index = bh_word_among(word, semantic_names, COUNT(semantic_names));

	if (index >= 0 && !decl->has_semantic)
		return parse_semantic(parser, decl, index);
	index = bh_word_among(word, interpolation_names, COUNT(interpolation_names));
	if (index >= 0 && !decl->has_interpolation) {
		decl->has_interpolation = true;
		decl->io.interpolation = (enum bh_interpolation)index;
		return true;
	}
	if (bh_word_is(word, "CENTROID")) {
		decl->io.centroid = true;
		return true;
	}
	if (bh_word_among(word, ignored, COUNT(ignored)) >= 0)
		return true;
	return bh_scan_error(scan, word.text, "E2103",
			     "'%.*s' is no semantic or interpolation of this level",
			     (int)word.length, word.text);
}

static bool parse_view_attribute(struct bh_parser *parser, struct declaration *decl)
{
	static const char *const types[] = {"UNORM", "SNORM", "FLOAT", "SINT", "UINT"};
	struct bh_scan *scan = &parser->scan;
	struct bh_word word;
	int type;

	if (!decl->has_target) {
		decl->has_target = true;
		return bh_parse_target(parser, &decl->target);
	}
	if (!bh_scan_word(scan, &word))
		return false;
	type = bh_word_among(word, types, COUNT(types));
	decl->integer |= type >= 3;
	if (type < 0)
		return bh_scan_error(scan, word.text, "E2103", "'%.*s' is no type of a texel",
				     (int)word.length, word.text);
	return true;
}

static bool parse_attribute(struct bh_parser *parser, struct declaration *decl)
{
	struct bh_scan *scan = &parser->scan;
	struct bh_word word;

	if (decl->file == BH_FILE_SVIEW)
		return parse_view_attribute(parser, decl);
	if (!bh_scan_word(scan, &word))
		return false;
	if (bh_word_is(word, "ARRAY"))
		return bh_scan_expect(scan, '(') &&
		       bh_scan_uint(scan, BH_SHADER_ARRAYS_MAX - 1, &decl->array) &&
		       bh_scan_expect(scan, ')');
	if (bh_word_is(word, "LOCAL"))
		return true;
	if (decl->file == BH_FILE_IN || decl->file == BH_FILE_OUT || decl->file == BH_FILE_SV)
		return parse_io_attribute(parser, decl, word);
	return bh_scan_error(scan, word.text, "E2103", "'%.*s' does not belong to this file",
			     (int)word.length, word.text);
}

static bool twice(struct bh_parser *parser, const struct declaration *decl, uint32_t index)
{
	return bh_scan_error(&parser->scan, decl->place, "E2110",
			     "register %u of this file is declared twice", (unsigned)index);
}

static struct bh_shader_io io_of(const struct declaration *decl, uint32_t index)
{
	struct bh_shader_io io = decl->io;

	io.index = (uint8_t)(io.index + (index - decl->first));
	if (!decl->has_interpolation)
		io.interpolation =
			io.semantic == BH_SEM_POSITION ? BH_INTERP_LINEAR : BH_INTERP_PERSPECTIVE;
	return io;
}

static bool declare_one(struct bh_parser *parser, const struct declaration *decl, uint32_t index)
{
	struct bh_shader *shader = parser->shader;
	struct bh_shader_info *info = &shader->info;
	bool *declared = NULL;
	uint32_t bit = 1u << (index & 31);

	switch (decl->file) {
	case BH_FILE_IN:
		declared = &parser->inputs[index];
		info->inputs[index] = io_of(decl, index);
		if (index >= info->input_count)
			info->input_count = index + 1;
		break;
	case BH_FILE_OUT:
		declared = &parser->outputs[index];
		info->outputs[index] = io_of(decl, index);
		if (index >= info->output_count)
			info->output_count = index + 1;
		break;
	case BH_FILE_SV:
		declared = &parser->system_value_declared[index];
		parser->system_values[index] = io_of(decl, index);
		if (index >= parser->system_value_count)
			parser->system_value_count = index + 1;
		break;
	case BH_FILE_TEMP:
		if (parser->temps[index]++)
			return twice(parser, decl, index);
		if (index >= shader->temp_count)
			shader->temp_count = index + 1;
		return true;
	case BH_FILE_ADDR:
		declared = &parser->addresses[index];
		if (index >= shader->address_count)
			shader->address_count = index + 1;
		break;
	case BH_FILE_SAMP:
		if (parser->samplers & bit)
			return twice(parser, decl, index);
		parser->samplers |= bit;
		return true;
	case BH_FILE_SVIEW:
		if (parser->views & bit)
			return twice(parser, decl, index);
		parser->views |= bit;
		info->samplers[index] = decl->target;
		if (decl->integer) {
			info->integer_samplers |= bit;
			shader->integers = true;
		}
		return true;
	default:
		return true;
	}
	if (*declared)
		return twice(parser, decl, index);
	*declared = true;
	return true;
}

static bool declare_constants(struct bh_parser *parser, const struct declaration *decl)
{
	struct bh_shader *shader = parser->shader;

	if (decl->last + 1 > shader->const_counts[decl->buffer])
		shader->const_counts[decl->buffer] = decl->last + 1;
	shader->info.const_count = shader->const_counts[0];
	shader->info.buffers_used |= 1u << decl->buffer;
	return true;
}

static bool declare_array(struct bh_parser *parser, const struct declaration *decl)
{
	struct bh_register_array *arrays = bh_parser_arrays(parser, decl->file);

	if (!decl->array)
		return true;
	if (!arrays)
		return bh_scan_error(&parser->scan, decl->place, "E2106",
				     "this file has no arrays");
	if (arrays[decl->array].count)
		return bh_scan_error(&parser->scan, decl->place, "E2110",
				     "array %u of this file is declared twice",
				     (unsigned)decl->array);
	arrays[decl->array] = (struct bh_register_array){(uint16_t)decl->first,
							 (uint16_t)(decl->last - decl->first + 1)};
	return true;
}

bool bh_parse_declaration(struct bh_parser *parser)
{
	struct bh_scan *scan = &parser->scan;
	struct declaration decl = {.io.semantic = BH_SEM_GENERIC};

	bh_scan_peek(scan);
	decl.place = scan->at;
	if (parser->declarations_done)
		return bh_scan_error(scan, NULL, "E2101",
				     "declarations come before the first instruction");
	if (!bh_parse_file(parser, &decl.file) || !parse_range(parser, &decl) || !parse_mask(scan))
		return false;
	while (bh_scan_take(scan, ',')) {
		if (!parse_attribute(parser, &decl))
			return false;
	}
	if (scan->failed)
		return false;
	if (decl.file == BH_FILE_SVIEW && !decl.has_target)
		return bh_scan_error(scan, NULL, "E2101", "a sampler view has a target");
	if (decl.file == BH_FILE_SV && !decl.has_semantic)
		return bh_scan_error(scan, NULL, "E2101", "a system value has a semantic");
	if (decl.file == BH_FILE_CONST)
		return declare_constants(parser, &decl);
	for (uint32_t i = decl.first; i <= decl.last; i++) {
		if (!declare_one(parser, &decl, i))
			return false;
	}
	return declare_array(parser, &decl);
}

static bool parse_geometry_property(struct bh_parser *parser, struct bh_word name,
				    struct bh_word value, bool *known)
{
	static const char *const primitives[] = {
		[BH_GEOMETRY_POINTS] = "POINTS",
		[BH_GEOMETRY_LINES] = "LINES",
		[BH_GEOMETRY_LINES_ADJACENCY] = "LINES_ADJACENCY",
		[BH_GEOMETRY_TRIANGLES] = "TRIANGLES",
		[BH_GEOMETRY_TRIANGLES_ADJACENCY] = "TRIANGLES_ADJACENCY",
		[BH_GEOMETRY_LINE_STRIP] = "LINE_STRIP",
		[BH_GEOMETRY_TRIANGLE_STRIP] = "TRIANGLE_STRIP",
	};
	struct bh_shader_info *info = &parser->shader->info;
	int primitive = bh_word_among(value, primitives, COUNT(primitives));
	bool takes = bh_word_is(name, "GS_INPUT_PRIMITIVE");
	uint32_t number = 0;

	*known = takes || bh_word_is(name, "GS_OUTPUT_PRIMITIVE");
	if (*known) {
		if (takes ? primitive < 0 || primitive > BH_GEOMETRY_TRIANGLES_ADJACENCY
			  : primitive != BH_GEOMETRY_POINTS && primitive < BH_GEOMETRY_LINE_STRIP)
			return bh_scan_error(&parser->scan, value.text, "E2103",
					     "'%.*s' is no primitive here", (int)value.length,
					     value.text);
		*(takes ? &info->takes : &info->makes) = (enum bh_geometry_primitive)primitive;
		return true;
	}
	if (!bh_word_is(name, "GS_MAX_OUTPUT_VERTICES") && !bh_word_is(name, "GS_INVOCATIONS"))
		return true;
	*known = true;
	for (size_t i = 0; i < value.length && number <= BH_GEOMETRY_LIMIT; i++) {
		if (value.text[i] < '0' || value.text[i] > '9')
			return bh_scan_error(&parser->scan, value.text, "E2108",
					     "a number is expected");
		number = number * 10 + (uint32_t)(value.text[i] - '0');
	}
	if (bh_word_is(name, "GS_INVOCATIONS") ? number > 1 : number > BH_GEOMETRY_LIMIT)
		return bh_scan_error(&parser->scan, value.text, "E2108",
				     "a geometry shader runs once and makes at most %u vertices",
				     BH_GEOMETRY_LIMIT);
	if (!bh_word_is(name, "GS_INVOCATIONS"))
		info->max_vertices = number;
	return true;
}

bool bh_parse_property(struct bh_parser *parser)
{
	struct bh_shader_info *info = &parser->shader->info;
	struct bh_scan *scan = &parser->scan;
	struct bh_word name, value;
	bool known;

	if (!bh_scan_word(scan, &name) || !bh_scan_word(scan, &value))
		return false;
	if (!parse_geometry_property(parser, name, value, &known))
		return false;
	if (known)
		return !scan->failed;
	if (bh_word_is(name, "FS_COORD_ORIGIN"))
		info->origin_lower_left = bh_word_is(value, "LOWER_LEFT");
	else if (bh_word_is(name, "FS_COORD_PIXEL_CENTER"))
		info->pixel_center_integer = bh_word_is(value, "INTEGER");
	else if (bh_word_is(name, "FS_COLOR0_WRITES_ALL_CBUFS"))
		info->writes_all_colors = !bh_word_is(value, "0");
	/* The others tell how a shader may be optimised, or belong to stages we do not have. */
	while (bh_scan_take(scan, ',')) {
		if (!bh_scan_word(scan, &value))
			return false;
	}
	return !scan->failed;
}

static bool parse_components(struct bh_scan *scan, bool is_float, uint32_t components[4])
{
	if (!bh_scan_expect(scan, '{'))
		return false;
	for (unsigned i = 0; i < 4; i++) {
		if (!(is_float ? bh_scan_float_bits(scan, &components[i])
			       : bh_scan_int_bits(scan, &components[i])))
			return false;
		if (bh_scan_take(scan, '}'))
			return true;
		if (i < 3 && !bh_scan_expect(scan, ','))
			return false;
	}
	return bh_scan_expect(scan, '}');
}

bool bh_parse_immediate(struct bh_parser *parser)
{
	static const char *const types[] = {"FLT32", "UINT32", "INT32"};
	struct bh_shader *shader = parser->shader;
	struct bh_scan *scan = &parser->scan;
	uint32_t components[4] = {0};
	const char *place = scan->at;
	struct bh_word word;
	int type;

	if (parser->declarations_done)
		return bh_scan_error(scan, NULL, "E2101",
				     "immediates come before the first instruction");
	if (bh_scan_take(scan, '[')) {
		uint32_t index;

		if (!bh_scan_uint(scan, UINT16_MAX, &index) || !bh_scan_expect(scan, ']'))
			return false;
		if (index != shader->immediate_count)
			return bh_scan_error(scan, place, "E2101",
					     "immediates are numbered in order: this one is %zu",
					     shader->immediate_count);
	}
	if (shader->immediate_count >= BH_SHADER_IMMEDIATES_MAX)
		return bh_scan_error(scan, place, "E2109", "more than %u immediates",
				     BH_SHADER_IMMEDIATES_MAX);
	if (!bh_scan_word(scan, &word))
		return false;
	type = bh_word_among(word, types, COUNT(types));
	if (type < 0)
		return bh_scan_error(scan, word.text, "E2103",
				     "'%.*s' is no type of an immediate at this level",
				     (int)word.length, word.text);
	if (!parse_components(scan, type == 0, components))
		return false;
	bh_grow((void **)&shader->immediates, &shader->immediate_capacity,
		shader->immediate_count + 1, sizeof(*shader->immediates));
	memcpy(shader->immediates[shader->immediate_count++], components, sizeof(components));
	return true;
}
