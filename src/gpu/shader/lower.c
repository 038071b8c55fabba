/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions that become several simpler ones as they are read. */
#include "gpu/shader/parse.h"

#include "base/alloc.h"

#include <string.h>

/* A register that the text does not know. */
static bool new_temp(struct bh_parser *parser, const char *place, int32_t *index)
{
	if (parser->shader->temp_count >= BH_SHADER_TEMPS_MAX)
		return bh_scan_error(&parser->scan, place, "E2109", "more than %u registers",
				     BH_SHADER_TEMPS_MAX);
	*index = (int32_t)parser->shader->temp_count++;
	return true;
}

static bool new_immediate(struct bh_parser *parser, const char *place, uint32_t value,
			  int32_t *index)
{
	struct bh_shader *shader = parser->shader;

	if (shader->immediate_count >= BH_SHADER_IMMEDIATES_MAX)
		return bh_scan_error(&parser->scan, place, "E2109", "more than %u immediates",
				     BH_SHADER_IMMEDIATES_MAX);
	bh_grow((void **)&shader->immediates, &shader->immediate_capacity,
		shader->immediate_count + 1, sizeof(*shader->immediates));
	for (unsigned i = 0; i < 4; i++)
		shader->immediates[shader->immediate_count][i] = value;
	*index = (int32_t)shader->immediate_count++;
	return true;
}

static struct bh_source read_component(enum bh_file file, int32_t index, uint8_t component)
{
	struct bh_source source = {.file = file, .index = index};

	memset(source.swizzle, component, sizeof(source.swizzle));
	return source;
}

static struct bh_dest write_component(int32_t temp, unsigned component)
{
	return (struct bh_dest){
		.file = BH_FILE_TEMP, .index = temp, .mask = (uint8_t)(1u << component)};
}

/* TEMP[temp].x = TEMP[temp].y == sampler - base, and IF it is so. */
static bool open_case(struct bh_parser *parser, int32_t temp, unsigned sampler, int32_t base,
		      const char *place)
{
	struct bh_inst compare = {.op = BH_OP_USEQ, .dest = write_component(temp, 0)};
	struct bh_inst branch = {.op = BH_OP_UIF};
	int32_t number = 0;

	if (!new_immediate(parser, place, (uint32_t)((int32_t)sampler - base), &number))
		return false;
	compare.source[0] = read_component(BH_FILE_TEMP, temp, 1);
	compare.source[1] = read_component(BH_FILE_IMM, number, 0);
	branch.source[0] = read_component(BH_FILE_TEMP, temp, 0);
	return bh_parser_add(parser, &compare, place) && bh_parser_add(parser, &branch, place);
}

bool bh_lower_samplers(struct bh_parser *parser, const struct bh_inst *inst,
		       const struct bh_indirect *selector, int32_t base, const char *place)
{
	struct bh_inst keep = {.op = BH_OP_UADD}, close = {.op = BH_OP_ENDIF};
	int32_t temp = 0, zero = 0;

	parser->shader->integers = true;
	if (!new_temp(parser, place, &temp) || !new_immediate(parser, place, 0, &zero))
		return false;
	/* The instruction may write over its own index. */
	keep.dest = write_component(temp, 1);
	keep.source[0] = read_component(selector->file, selector->index, selector->component);
	keep.source[1] = read_component(BH_FILE_IMM, zero, 0);
	if (!bh_parser_add(parser, &keep, place))
		return false;
	for (unsigned i = 0; i < BH_SHADER_SAMPLERS_MAX; i++) {
		struct bh_inst one = *inst;

		if (!(parser->samplers >> i & 1))
			continue;
		one.sampler = (uint8_t)i;
		one.computed_sampler = false;
		if (!open_case(parser, temp, i, base, place) ||
		    !bh_parser_add(parser, &one, place) || !bh_parser_add(parser, &close, place))
			return false;
	}
	return true;
}
