/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/shader/parse.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

const struct bh_op_info bh_op_infos[BH_OP_COUNT] = {
#define BH_OP(name, class, sources, flags) {#name, BH_CLASS_##class, sources, flags},
#include "gpu/shader/opcodes.def"
#undef BH_OP
};

static const char *const file_names[] = {
	[BH_FILE_CONST] = "CONST", [BH_FILE_IN] = "IN",     [BH_FILE_OUT] = "OUT",
	[BH_FILE_TEMP] = "TEMP",   [BH_FILE_IMM] = "IMM",   [BH_FILE_ADDR] = "ADDR",
	[BH_FILE_SV] = "SV",       [BH_FILE_SAMP] = "SAMP", [BH_FILE_SVIEW] = "SVIEW",
};

static const char *const target_names[] = {
	[BH_TEX_1D] = "1D",
	[BH_TEX_2D] = "2D",
	[BH_TEX_3D] = "3D",
	[BH_TEX_CUBE] = "CUBE",
	[BH_TEX_RECT] = "RECT",
	[BH_TEX_1D_ARRAY] = "1D_ARRAY",
	[BH_TEX_2D_ARRAY] = "2D_ARRAY",
	[BH_TEX_SHADOW_1D] = "SHADOW1D",
	[BH_TEX_SHADOW_2D] = "SHADOW2D",
	[BH_TEX_SHADOW_RECT] = "SHADOWRECT",
	[BH_TEX_SHADOW_CUBE] = "SHADOWCUBE",
	[BH_TEX_SHADOW_1D_ARRAY] = "SHADOW1D_ARRAY",
	[BH_TEX_SHADOW_2D_ARRAY] = "SHADOW2D_ARRAY",
	[BH_TEX_BUFFER] = "BUFFER",
	[BH_TEX_2D_MSAA] = "2D_MSAA",
	[BH_TEX_2D_ARRAY_MSAA] = "2D_ARRAY_MSAA",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

bool bh_parse_file(struct bh_parser *parser, enum bh_file *file)
{
	struct bh_word word;
	int index;

	if (!bh_scan_word(&parser->scan, &word))
		return false;
	index = bh_word_among(word, file_names, COUNT(file_names));
	if (index < 0)
		return bh_scan_error(&parser->scan, word.text, "E2103",
				     "'%.*s' is no register file of this level", (int)word.length,
				     word.text);
	*file = (enum bh_file)index;
	return true;
}

bool bh_parse_target(struct bh_parser *parser, enum bh_texture_target *target)
{
	struct bh_word word;
	int index;

	if (!bh_scan_word(&parser->scan, &word))
		return false;
	index = bh_word_among(word, target_names, COUNT(target_names));
	if (index < 0)
		return bh_scan_error(&parser->scan, word.text, "E2103",
				     "'%.*s' is no texture target of this level", (int)word.length,
				     word.text);
	*target = (enum bh_texture_target)index;
	return true;
}

struct bh_register_array *bh_parser_arrays(struct bh_parser *parser, enum bh_file file)
{
	switch (file) {
	case BH_FILE_TEMP:
		return parser->temp_arrays;
	case BH_FILE_IN:
		return parser->input_arrays;
	case BH_FILE_OUT:
		return parser->output_arrays;
	default:
		return NULL;
	}
}

static bool parse_header(struct bh_parser *parser, enum bh_stage stage)
{
	static const char *const names[] = {[BH_STAGE_VERTEX] = "VERT",
					    [BH_STAGE_FRAGMENT] = "FRAG",
					    [BH_STAGE_GEOMETRY] = "GEOM"};
	struct bh_word word = {"", 0};

	bh_scan_skip_empty_lines(&parser->scan);
	if (bh_scan_done(&parser->scan))
		return bh_scan_error(&parser->scan, NULL, "E2100", "the shader has no text");
	if (!bh_scan_word(&parser->scan, &word))
		return false;
	if (!bh_word_is(word, names[stage]))
		return bh_scan_error(&parser->scan, word.text, "E2100",
				     "a shader of this stage begins with %s, not '%.*s'",
				     names[stage], (int)word.length, word.text);
	return bh_scan_end_of_line(&parser->scan);
}

static bool parse_line(struct bh_parser *parser)
{
	struct bh_scan *scan = &parser->scan;
	struct bh_word word;

	if (bh_scan_peek(scan) >= '0' && bh_scan_peek(scan) <= '9') {
		uint32_t label;

		return bh_scan_uint(scan, UINT32_MAX, &label) && bh_scan_expect(scan, ':') &&
		       bh_parse_instruction(parser) && bh_scan_end_of_line(scan);
	}
	/* What may begin a line without a label. An instruction may, too: its word is read again.
	 */
	bh_scan_peek(scan);
	const char *begin = scan->at;
	if (!bh_scan_word(scan, &word))
		return false;
	if (bh_word_is(word, "DCL"))
		return bh_parse_declaration(parser) && bh_scan_end_of_line(scan);
	if (bh_word_is(word, "PROPERTY"))
		return bh_parse_property(parser) && bh_scan_end_of_line(scan);
	if (bh_word_is(word, "IMM"))
		return bh_parse_immediate(parser) && bh_scan_end_of_line(scan);
	scan->at = begin;
	return bh_parse_instruction(parser) && bh_scan_end_of_line(scan);
}

static bool has_end(const struct bh_shader *shader)
{
	return shader->inst_count && shader->insts[shader->inst_count - 1].op == BH_OP_END;
}

/* FNV-1a: names a text in caches, which compare lengths and texts too where it matters. */
static uint64_t hash_text(const char *text, size_t length)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)text[i]) * 0x100000001b3u;
	return hash;
}

static bool parse_all(struct bh_parser *parser, enum bh_stage stage)
{
	struct bh_scan *scan = &parser->scan;

	if (scan->end - scan->start > BH_SHADER_TEXT_MAX)
		return bh_scan_error(scan, NULL, "E2109", "the text is longer than %u bytes",
				     BH_SHADER_TEXT_MAX);
	if (!parse_header(parser, stage))
		return false;
	for (bh_scan_skip_empty_lines(scan); !bh_scan_done(scan); bh_scan_skip_empty_lines(scan)) {
		if (has_end(parser->shader))
			return bh_scan_error(scan, NULL, "E2107", "nothing may follow END");
		if (!parse_line(parser))
			return false;
	}
	if (scan->failed)
		return false;
	if (!has_end(parser->shader))
		return bh_scan_error(scan, NULL, "E2107", "the shader does not finish with END");
	return true;
}

struct bh_shader *bh_shader_parse(const char *text, size_t length, enum bh_stage stage,
				  struct bh_diags *diags)
{
	struct bh_parser *parser = bh_alloc(sizeof(*parser));
	struct bh_shader *shader = bh_alloc(sizeof(*shader));

	parser->shader = shader;
	shader->info.stage = stage;
	bh_scan_init(&parser->scan, text, length, diags);
	if (!parse_all(parser, stage)) {
		bh_shader_destroy(shader);
		shader = NULL;
	} else {
		bh_find_raw(shader);
		shader->hash = hash_text(text, (size_t)(parser->scan.end - parser->scan.start));
	}
	free(parser);
	return shader;
}

void bh_shader_destroy(struct bh_shader *shader)
{
	if (!shader)
		return;
	free(shader->insts);
	free(shader->immediates);
	free(shader);
}

const struct bh_shader_info *bh_shader_info(const struct bh_shader *shader)
{
	return &shader->info;
}

uint32_t bh_shader_const_count(const struct bh_shader *shader, unsigned buffer)
{
	return shader->const_counts[buffer];
}
