/* SPDX-License-Identifier: Apache-2.0 */
/* What the parser refuses, where and with which code; and what it tells of a valid shader. */
#include "harness.h"

#include <stdlib.h>

struct bad {
	const char *code;
	unsigned line, column;
	const char *text;
};

#define HEAD "FRAG\nDCL IN[0], GENERIC[0], PERSPECTIVE\nDCL OUT[0], COLOR\nDCL TEMP[0..3]\n"
#define TAIL "\n  1: END\n"

static const struct bad bads[] = {
	{"E2100", 1, 1, ""},
	{"E2100", 3, 3, "\n\n  "},
	{"E2100", 1, 1, "VERT\n0: END\n"},
	{"E2100", 1, 1, "FRAGMENT\n0: END\n"},
	{"E2101", 1, 6, "FRAG 1\n0: END\n"},
	{"E2101", 2, 1, "FRAG\n;\n"},
	{"E2101", 5, 9, HEAD "  0: MOV"},
	{"E2101", 5, 17, HEAD "  0: MOV OUT[0] IN[0]" TAIL},
	{"E2101", 5, 24, HEAD "  0: MOV OUT[0], IN[0] , IN[0]" TAIL},
	{"E2101", 5, 17, HEAD "  0: MOV OUT[0].yx, IN[0]" TAIL},
	{"E2101", 5, 24, HEAD "  0: MOV OUT[0], IN[0].xy" TAIL},
	{"E2101", 5, 24, HEAD "  0: MOV OUT[0], IN[0].abcd" TAIL},
	{"E2101", 5, 24, HEAD "  0: MOV OUT[0], |IN[0]" TAIL},
	{"E2101", 6, 5, HEAD "  0: MOV OUT[0], IN[0]\nDCL TEMP[9]" TAIL},
	{"E2101", 2, 5, "FRAG\nDCL TEMP[3..2]\n"},
	{"E2101", 2, 12, "FRAG\nDCL TEMP[0.3]\n"},
	{"E2101", 2, 4, "FRAG\nIMM[1] FLT32 {0, 0, 0, 0}\n"},
	{"E2101", 2, 13, "FRAG\nDCL SVIEW[0]\n0: END\n"},
	{"E2101", 2, 10, "FRAG\nDCL SV[0]\n0: END\n"},
	{"E2102", 5, 6, HEAD "  0: MOVE OUT[0], IN[0]" TAIL},
	{"E2102", 5, 6, HEAD "  0: _SAT OUT[0], IN[0]" TAIL},
	{"E2103", 5, 18, HEAD "  0: MOV OUT[0], BUFFER[0]" TAIL},
	{"E2103", 2, 12, "FRAG\nDCL IN[0], NOSUCH\n"},
	{"E2103", 2, 15, "FRAG\nDCL SVIEW[0], 4D, FLOAT\n"},
	{"E2103", 2, 8, "FRAG\nIMM[0] FLT64 {0, 0, 0, 0}\n"},
	{"E2103", 2, 14, "FRAG\nDCL TEMP[0], COLOR\n"},
	{"E2104", 5, 18, HEAD "  0: MOV OUT[0], IN[1]" TAIL},
	{"E2104", 5, 10, HEAD "  0: MOV TEMP[4], IN[0]" TAIL},
	{"E2104", 5, 18, HEAD "  0: MOV OUT[0], CONST[0]" TAIL},
	{"E2104", 5, 18, HEAD "  0: MOV OUT[0], CONST[99][0]" TAIL},
	{"E2104", 5, 18, HEAD "  0: MOV OUT[0], IMM[0]" TAIL},
	{"E2104", 5, 23, HEAD "  0: MOV OUT[0], TEMP[ADDR[0].x]" TAIL},
	{"E2104", 5, 18, HEAD "  0: MOV OUT[0], TEMP[TEMP[0].x](3)" TAIL},
	{"E2104", 5, 25, HEAD "  0: TEX OUT[0], IN[0], SAMP[0], 2D" TAIL},
	{"E2105", 2, 5, "FRAG\nDCL TEMP[0..4096]\n"},
	{"E2105", 2, 5, "FRAG\nDCL IN[40], GENERIC[0]\n"},
	{"E2105", 2, 5, "FRAG\nDCL SAMP[16]\n"},
	{"E2105", 2, 5, "FRAG\nDCL CONST[16][0..3]\n"},
	{"E2105", 2, 5, "FRAG\nDCL CONST[0][0..4096]\n"},
	{"E2105", 4, 3, "FRAG\nDCL IN[0..39], GENERIC[0]\nDCL SV[0], FACE\n0: END\n"},
	{"E2106", 2, 5, "FRAG\nDCL IMM[0]\n"},
	{"E2106", 5, 10, HEAD "  0: MOV IN[0], IN[0]" TAIL},
	{"E2106", 5, 10, HEAD "  0: ARL TEMP[0].x, IN[0]" TAIL},
	{"E2106", 5, 23, HEAD "  0: MOV OUT[0], TEMP[IN[0].x]" TAIL},
	{"E2106", 3, 4, "VERT\nDCL TEMP[0]\n0: DDX TEMP[0], TEMP[0]\n1: END\n"},
	{"E2107", 5, 6, HEAD "  0: ENDIF" TAIL},
	{"E2107", 5, 6, HEAD "  0: ELSE" TAIL},
	{"E2107", 5, 6, HEAD "  0: BRK" TAIL},
	{"E2107", 5, 6, HEAD "  0: ENDLOOP" TAIL},
	{"E2107", 6, 6, HEAD "  0: BGNLOOP\n  1: ENDIF" TAIL},
	{"E2107", 7, 6, HEAD "  0: IF IN[0].xxxx :2\n  1: ELSE\n  2: ELSE" TAIL},
	{"E2107", 6, 6, HEAD "  0: BGNLOOP :0" TAIL},
	{"E2107", 6, 1, HEAD "  0: END\n1: END\n"},
	{"E2107", 6, 1, HEAD "  0: MOV OUT[0], IN[0]\n"},
	{"E2108", 2, 10, "FRAG\nDCL TEMP[99999999999999]\n"},
	{"E2108", 2, 15, "FRAG\nIMM[0] FLT32 {0x123456789, 0, 0, 0}\n"},
	{"E2108", 2, 15, "FRAG\nIMM[0] FLT32 {1.5.2, 0, 0, 0}\n"},
	{"E2108", 2, 16, "FRAG\nIMM[0] UINT32 {4294967296, 0, 0, 0}\n"},
	{"E2110", 3, 5, "FRAG\nDCL TEMP[0..3]\nDCL TEMP[3]\n"},
	{"E2110", 3, 5, "FRAG\nDCL IN[0], COLOR\nDCL IN[0], COLOR\n"},
	{"E2110", 3, 5, "FRAG\nDCL TEMP[0..3], ARRAY(1)\nDCL TEMP[4..5], ARRAY(1)\n"},
	{"E2110", 3, 5, "FRAG\nDCL SAMP[0]\nDCL SAMP[0]\n"},
};

static void bad_texts_are_refused_at_the_right_place(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		const struct bad *bad = &bads[i];
		enum bh_stage stage =
			!strncmp(bad->text, "VERT\nDCL", 8) ? BH_STAGE_VERTEX : BH_STAGE_FRAGMENT;
		struct bh_diags diags;

		bh_diags_init(&diags);
		assert_null(bh_shader_parse(bad->text, strlen(bad->text), stage, &diags));
		assert_int_equal(diags.errors, 1);
		if (strcmp(diags.items[0].code, bad->code) ||
		    diags.items[0].span.line != bad->line ||
		    diags.items[0].span.column != bad->column) {
			wrong++;
			print_error("row %zu: %s at %u:%u (%s), not %s at %u:%u\n%s\n", i,
				    diags.items[0].code, diags.items[0].span.line,
				    diags.items[0].span.column, diags.items[0].message, bad->code,
				    bad->line, bad->column, bad->text);
		}
		bh_diags_finish(&diags);
	}
	assert_int_equal(wrong, 0);
}

/* `part` repeated `count` times between head and tail. */
static char *repeat(const char *head, const char *part, size_t count, const char *tail)
{
	size_t step = strlen(part), at = strlen(head);
	char *text = malloc(at + step * count + strlen(tail) + 1);

	assert_non_null(text);
	memcpy(text, head, at);
	for (size_t i = 0; i < count; i++, at += step)
		memcpy(text + at, part, step);
	strcpy(text + at, tail);
	return text;
}

static void check_limit(const char *head, const char *part, size_t most, const char *tail)
{
	for (size_t extra = 0; extra < 2; extra++) {
		char *text = repeat(head, part, most + extra, tail);
		struct bh_diags diags;
		struct bh_shader *shader;

		bh_diags_init(&diags);
		shader = bh_shader_parse(text, strlen(text), BH_STAGE_FRAGMENT, &diags);
		if (extra) {
			assert_null(shader);
			assert_string_equal(diags.items[0].code, "E2109");
		} else if (!shader) {
			/* Open blocks end the shader wrongly, but later than the limit would. */
			assert_string_equal(diags.items[0].code, "E2107");
		}
		bh_shader_destroy(shader);
		bh_diags_finish(&diags);
		free(text);
	}
}

static void sizes_are_limited(void **state)
{
	(void)state;
	check_limit("FRAG\nDCL TEMP[0]\n", "0: MOV TEMP[0], TEMP[0]\n", BH_SHADER_INSTS_MAX - 1,
		    "1: END\n");
	check_limit("FRAG\n", "IMM FLT32 {1}\n", BH_SHADER_IMMEDIATES_MAX, "0: END\n");
	check_limit("FRAG\n", "0: BGNLOOP\n", BH_SHADER_DEPTH_MAX, "1: END\n");
	check_limit("FRAG\n0: END\n", "\n", BH_SHADER_TEXT_MAX - 12, "");
}

static void a_text_ends_at_its_first_nul(void **state)
{
	static const char text[] = "FRAG\n0: END\n\0garbage";
	struct bh_shader *shader = bh_shader_parse(text, sizeof(text), BH_STAGE_FRAGMENT, NULL);

	(void)state;
	assert_non_null(shader);
	bh_shader_destroy(shader);
}

static void a_fragment_shader_is_described(void **state)
{
	struct bh_shader *shader =
		parse_valid("FRAG\n"
			    "PROPERTY FS_COORD_ORIGIN LOWER_LEFT\n"
			    "PROPERTY FS_COLOR0_WRITES_ALL_CBUFS 1\n"
			    "PROPERTY NEXT_SHADER FRAG\n"
			    "DCL IN[0].xy, GENERIC[9], PERSPECTIVE, CENTROID\n"
			    "DCL IN[1], COLOR, COLOR\n"
			    "DCL IN[2], POSITION, LINEAR\n"
			    "DCL SV[0], FACE\n"
			    "DCL OUT[0], COLOR\n"
			    "DCL OUT[1].z, POSITION\n"
			    "DCL SAMP[3]\n"
			    "DCL SVIEW[3], CUBE, FLOAT\n"
			    "DCL CONST[0][0..4]\n"
			    "DCL TEMP[0..1], LOCAL\n"
			    "IMM[0] FLT32 {0x3f800000, -0.5, inf, 1e10}\n"
			    "IMM[1] INT32 {-1, 2, 3, 4}\n"
			    "  0: TEX TEMP[0], IN[0].xyyy, SAMP[3], CUBE\n"
			    "  1: MUL_SAT_PRECISE OUT[0].xyz, TEMP[0], -|CONST[0][4].xxxw|\n"
			    "  2: KILL_IF IMM[0].xxxx\n"
			    "  3: IF SV[0].xxxx :5\n"
			    "  4:   MOV OUT[1].z, IN[2].zzzz\n"
			    "  5: ENDIF\n"
			    "  6: END\n",
			    BH_STAGE_FRAGMENT);
	const struct bh_shader_info *info = bh_shader_info(shader);

	(void)state;
	assert_int_equal(info->input_count, 4);
	assert_int_equal(info->inputs[0].semantic, BH_SEM_GENERIC);
	assert_int_equal(info->inputs[0].index, 9);
	assert_int_equal(info->inputs[0].interpolation, BH_INTERP_PERSPECTIVE);
	assert_true(info->inputs[0].centroid);
	assert_int_equal(info->inputs[0].mask, 3);
	assert_int_equal(info->inputs[1].interpolation, BH_INTERP_COLOR);
	assert_int_equal(info->inputs[1].mask, 0);
	assert_int_equal(info->inputs[2].mask, 4);
	assert_int_equal(info->inputs[3].semantic, BH_SEM_FACE);
	assert_int_equal(info->output_count, 2);
	assert_int_equal(info->outputs[0].mask, 7);
	assert_int_equal(info->outputs[1].mask, 4);
	assert_int_equal(info->samplers_used, 1u << 3);
	assert_int_equal(info->samplers[3], BH_TEX_CUBE);
	assert_int_equal(info->const_count, 5);
	assert_int_equal(info->buffers_used, 1);
	assert_true(info->kills && info->writes_depth && info->uses_derivatives);
	assert_true(info->writes_all_colors && info->origin_lower_left && info->reads_position &&
		    info->reads_face);
	assert_false(info->writes_stencil || info->pixel_center_integer);
	assert_true(shader->insts[1].dest.saturate);
	assert_true(shader->insts[1].source[1].negate && shader->insts[1].source[1].absolute);
	assert_int_equal(shader->immediates[0][1], bits_of(-0.5f));
	assert_int_equal(shader->immediates[1][0], UINT32_MAX);
	bh_shader_destroy(shader);
}

static void arrays_bound_computed_indices(void **state)
{
	struct bh_shader *shader =
		parse_valid("VERT\nDCL IN[0]\nDCL OUT[0], POSITION\nDCL CONST[0..9]\n"
			    "DCL TEMP[0]\nDCL TEMP[1..4], ARRAY(1), LOCAL\nDCL ADDR[0]\n"
			    "  0: ARL ADDR[0].x, IN[0].xxxx\n"
			    "  1: MOV TEMP[ADDR[0].x+1](1).xy, IN[0]\n"
			    "  2: MOV TEMP[0], CONST[ADDR[0].x-2]\n"
			    "  3: MOV OUT[0], TEMP[ADDR[0].x]\n"
			    "  4: END\n",
			    BH_STAGE_VERTEX);

	(void)state;
	assert_int_equal(shader->insts[1].dest.index, 1);
	assert_int_equal(shader->insts[1].dest.indirect.first, 1);
	assert_int_equal(shader->insts[1].dest.indirect.count, 4);
	assert_int_equal(shader->insts[2].source[0].index, -2);
	assert_int_equal(shader->insts[2].source[0].indirect.count, 10);
	assert_int_equal(shader->insts[3].source[0].indirect.count, 5);
	assert_true(shader->computed_temps);
	bh_shader_destroy(shader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_texts_are_refused_at_the_right_place),
		cmocka_unit_test(sizes_are_limited),
		cmocka_unit_test(a_text_ends_at_its_first_nul),
		cmocka_unit_test(a_fragment_shader_is_described),
		cmocka_unit_test(arrays_bound_computed_indices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
