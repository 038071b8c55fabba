/* SPDX-License-Identifier: Apache-2.0 */
/* A build without LLVM: linked with what stands in for the code generator. */
#include "harness.h"

static const char text[] = "VERT\nDCL OUT[0], POSITION\nIMM[0] FLT32 {2, 0, 0, 0}\n"
			   "0: EX2 OUT[0], IMM[0]\n1: END\n";

static void a_back_end_that_is_not_built_is_reported(void **state)
{
	struct bh_shader *shader = parse_valid(text, BH_STAGE_VERTEX);
	struct bh_diags diags;

	(void)state;
	bh_diags_init(&diags);
	assert_null(bh_program_create(shader, BH_GPU_SIMD8, &diags));
	assert_string_equal(diags.items[0].code, "E2190");
	bh_diags_finish(&diags);
	bh_shader_destroy(shader);
}

static void the_automatic_choice_interprets(void **state)
{
	struct lanes lanes;

	(void)state;
	lanes_init(&lanes);
	assert_true(run_text(text, BH_STAGE_VERTEX, BH_GPU_AUTO, &lanes));
	assert_true(float_of(lanes.outputs[0][0][LANES - 1]) == 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_back_end_that_is_not_built_is_reported),
		cmocka_unit_test(the_automatic_choice_interprets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
