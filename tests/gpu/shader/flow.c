/* SPDX-License-Identifier: Apache-2.0 */
/* Branches, loops, killing, derivatives, computed indices and textures, on every back end. */
#include "harness.h"

#define HEAD                                                                            \
	"FRAG\nDCL IN[0], GENERIC[0], PERSPECTIVE\nDCL OUT[0], COLOR\nDCL TEMP[0..7]\n" \
	"IMM[0] FLT32 {1, 2, 3, 0}\nIMM[1] FLT32 {10, 20, 30, 40}\n"

/* Input 0 is the lane's number in all components. */
static bool run_lanes(const char *text, enum bh_gpu_backend backend, struct lanes *lanes)
{
	for (unsigned i = 0; i < 4 * LANES; i++)
		lanes->inputs[0][i / LANES][i % LANES] = bits_of((float)(i % LANES));
	return run_text(text, BH_STAGE_FRAGMENT, backend, lanes);
}

/* Runs the text on every back end and compares component x of output 0 with f(lane). */
static void check_lanes(const char *text, float (*expected)(unsigned lane))
{
	FOR_EACH_BACKEND(backend)
	{
		struct lanes lanes;

		lanes_init(&lanes);
		if (!run_lanes(text, backend, &lanes))
			continue;
		assert_false(lanes.lost);
		for (unsigned i = 0; i < LANES; i++) {
			float got = float_of(lanes.outputs[0][0][i]);

			if (got != expected(i))
				fail_msg("%s, lane %u: %g, not %g", backend_names[backend], i, got,
					 expected(i));
		}
	}
}

static float three_way(unsigned lane)
{
	return lane < 2 ? 10 : lane < 3 ? 20 : 30;
}

static void branches_choose_lane_by_lane(void **state)
{
	(void)state;
	check_lanes(HEAD "0: SLT TEMP[0], IN[0], IMM[0].yyyy\n"
			 "1: IF TEMP[0].xxxx :3\n"
			 "2:   MOV TEMP[1].x, IMM[1].xxxx\n"
			 "3: ELSE :9\n"
			 "4:   SLT TEMP[0], IN[0], IMM[0].zzzz\n"
			 "5:   IF TEMP[0].xxxx :7\n"
			 "6:     MOV TEMP[1].x, IMM[1].yyyy\n"
			 "7:   ELSE :9\n"
			 "8:     MOV TEMP[1].x, IMM[1].zzzz\n"
			 "9:   ENDIF\n"
			 "10: ENDIF\n"
			 "11: MOV OUT[0], TEMP[1]\n"
			 "12: END\n",
		    three_way);
}

static float triangular(unsigned lane)
{
	return (float)(lane * (lane + 1) / 2);
}

static void loops_run_as_often_as_each_lane_wants(void **state)
{
	(void)state;
	check_lanes(HEAD "0: BGNLOOP :7\n"
			 "1:   SGE TEMP[2].x, TEMP[0].xxxx, IN[0].xxxx\n"
			 "2:   IF TEMP[2].xxxx :4\n"
			 "3:     BRK\n"
			 "4:   ENDIF\n"
			 "5:   ADD TEMP[0].x, TEMP[0].xxxx, IMM[0].xxxx\n"
			 "6:   ADD TEMP[1].x, TEMP[1].xxxx, TEMP[0].xxxx\n"
			 "7: ENDLOOP :0\n"
			 "8: MOV OUT[0], TEMP[1]\n"
			 "9: END\n",
		    triangular);
}

static float odd_sum(unsigned lane)
{
	float sum = 0;

	for (unsigned i = 1; i <= lane; i += 2)
		sum += (float)i;
	return sum;
}

static void continue_skips_the_rest_of_one_turn(void **state)
{
	(void)state;
	/* TEMP[0]: counter, TEMP[1]: sum, even counters are skipped */
	check_lanes(HEAD "0: BGNLOOP\n"
			 "1: SGE TEMP[2].x, TEMP[0].xxxx, IN[0].xxxx\n"
			 "2: IF TEMP[2].xxxx\n"
			 "3: BRK\n"
			 "4: ENDIF\n"
			 "5: ADD TEMP[0].x, TEMP[0].xxxx, IMM[0].xxxx\n"
			 "6: DIV TEMP[3].x, TEMP[0].xxxx, IMM[0].yyyy\n"
			 "7: FRC TEMP[3].x, TEMP[3].xxxx\n"
			 "8: SEQ TEMP[3].x, TEMP[3].xxxx, IMM[0].wwww\n"
			 "9: IF TEMP[3].xxxx\n"
			 "10: CONT\n"
			 "11: ENDIF\n"
			 "12: ADD TEMP[1].x, TEMP[1].xxxx, TEMP[0].xxxx\n"
			 "13: ENDLOOP\n"
			 "14: MOV OUT[0], TEMP[1]\n"
			 "15: END\n",
		    odd_sum);
}

static float product(unsigned lane)
{
	return (float)(3 * lane);
}

static void loops_nest(void **state)
{
	(void)state;
	check_lanes(HEAD "0: BGNLOOP\n"
			 "1: SGE TEMP[2].x, TEMP[0].xxxx, IN[0].xxxx\n"
			 "2: IF TEMP[2].xxxx\n"
			 "3: BRK\n"
			 "4: ENDIF\n"
			 "5: ADD TEMP[0].x, TEMP[0].xxxx, IMM[0].xxxx\n"
			 "6: MOV TEMP[3].x, IMM[0].wwww\n"
			 "7: BGNLOOP\n"
			 "8: SGE TEMP[2].x, TEMP[3].xxxx, IMM[0].zzzz\n"
			 "9: IF TEMP[2].xxxx\n"
			 "10: BRK\n"
			 "11: ENDIF\n"
			 "12: ADD TEMP[3].x, TEMP[3].xxxx, IMM[0].xxxx\n"
			 "13: ADD TEMP[1].x, TEMP[1].xxxx, IMM[0].xxxx\n"
			 "14: ENDLOOP\n"
			 "15: ENDLOOP\n"
			 "16: MOV OUT[0], TEMP[1]\n"
			 "17: END\n",
		    product);
}

static float returned(unsigned lane)
{
	return lane < 2 ? 1 : 2;
}

static void a_lane_that_returned_writes_no_more(void **state)
{
	(void)state;
	check_lanes(HEAD "0: MOV OUT[0], IMM[0].xxxx\n"
			 "1: SLT TEMP[0], IN[0], IMM[0].yyyy\n"
			 "2: IF TEMP[0].xxxx\n"
			 "3: RET\n"
			 "4: ENDIF\n"
			 "5: MOV OUT[0], IMM[0].yyyy\n"
			 "6: END\n",
		    returned);
}

static const char endless[] = HEAD "0: BGNLOOP\n1: ADD TEMP[0], TEMP[0], IMM[0]\n"
				   "2: ENDLOOP\n3: END\n";

static void an_endless_loop_is_lost_when_the_fuel_is_out(void **state)
{
	(void)state;
	FOR_EACH_BACKEND(backend)
	{
		struct lanes lanes;

		lanes_init(&lanes);
		if (run_lanes(endless, backend, &lanes))
			assert_true(lanes.lost);
	}
}

static void exactly_enough_fuel_is_enough(void **state)
{
	static const char text[] = HEAD "0: BGNLOOP\n1: ADD TEMP[0], TEMP[0], IMM[0].xxxx\n"
					"2: SGE TEMP[1], TEMP[0], IMM[1].xxxx\n3: IF TEMP[1].xxxx\n"
					"4: BRK\n5: ENDIF\n6: ENDLOOP\n7: END\n";

	(void)state;
	FOR_EACH_BACKEND(backend)
	{
		for (uint64_t fuel = 8; fuel <= 9; fuel++) {
			struct lanes lanes;

			lanes_init(&lanes);
			lanes.fuel = fuel;
			if (run_lanes(text, backend, &lanes))
				assert_int_equal(lanes.lost, fuel == 8);
		}
	}
}

static void kill_clears_lanes_of_the_mask(void **state)
{
	static const char text[] = HEAD "0: ADD TEMP[0], IN[0], -IMM[0].yyyy\n"
					"1: KILL_IF TEMP[0].xyxy\n"
					"2: SGE TEMP[1], IN[0], IMM[1].xxxx\n"
					"3: IF TEMP[1].xxxx\n4: KILL\n5: ENDIF\n6: END\n";

	(void)state;
	FOR_EACH_BACKEND(backend)
	{
		struct lanes lanes;

		lanes_init(&lanes);
		lanes.mask = 0xfff7;
		if (run_lanes(text, backend, &lanes))
			assert_int_equal(lanes.mask, 0x03f4);
	}
}

static void a_loop_that_only_killed_lanes_are_in_ends(void **state)
{
	static const char text[] = HEAD "0: BGNLOOP\n1: KILL\n2: ENDLOOP\n3: END\n";

	(void)state;
	FOR_EACH_BACKEND(backend)
	{
		struct lanes lanes;

		lanes_init(&lanes);
		if (run_lanes(text, backend, &lanes)) {
			assert_false(lanes.lost);
			assert_int_equal(lanes.mask, 0);
		}
	}
}

static float slope_x(unsigned lane)
{
	/* squares of lane numbers, within the row of the quad */
	unsigned left = lane & ~1u, right = left + 1;

	return (float)(right * right) - (float)(left * left);
}

static float slope_y(unsigned lane)
{
	unsigned top = lane & ~2u, bottom = top + 2;

	return (float)(bottom * bottom) - (float)(top * top);
}

static float coarse_x(unsigned lane)
{
	return slope_x(lane & ~3u);
}

static float coarse_y(unsigned lane)
{
	return slope_y(lane & ~3u);
}

static void derivatives_are_taken_inside_the_quad(void **state)
{
	(void)state;
	check_lanes(HEAD "0: MUL TEMP[0], IN[0], IN[0]\n1: DDX_FINE OUT[0], TEMP[0]\n2: END\n",
		    slope_x);
	check_lanes(HEAD "0: MUL TEMP[0], IN[0], IN[0]\n1: DDY_FINE OUT[0], TEMP[0]\n2: END\n",
		    slope_y);
	check_lanes(HEAD "0: MUL TEMP[0], IN[0], IN[0]\n1: DDX OUT[0], TEMP[0]\n2: END\n",
		    coarse_x);
	check_lanes(HEAD "0: MUL TEMP[0], IN[0], IN[0]\n1: DDY OUT[0], TEMP[0]\n2: END\n",
		    coarse_y);
}

static float table_entry(unsigned lane)
{
	/* 10 20 30 40, indices beyond the array take its last */
	return lane < 3 ? 10 * (float)(lane + 1) : 40;
}

static const char array_text[] =
	"FRAG\nDCL IN[0], GENERIC[0], PERSPECTIVE\nDCL OUT[0], COLOR\n"
	"DCL TEMP[0..1]\nDCL TEMP[2..5], ARRAY(1)\nDCL ADDR[0]\n"
	"IMM[0] FLT32 {10, 20, 30, 40}\n"
	"0: MOV TEMP[2], IMM[0].xxxx\n1: MOV TEMP[3], IMM[0].yyyy\n"
	"2: MOV TEMP[4], IMM[0].zzzz\n3: MOV TEMP[5], IMM[0].wwww\n"
	"4: ARL ADDR[0].x, IN[0].xxxx\n5: MOV OUT[0], TEMP[ADDR[0].x+2](1)\n6: END\n";

static void computed_registers_stay_in_their_array(void **state)
{
	(void)state;
	check_lanes(array_text, table_entry);
}

static float scattered(unsigned lane)
{
	return lane == 1 ? 7 : 0;
}

static void computed_destinations_write_lane_by_lane(void **state)
{
	(void)state;
	check_lanes("FRAG\nDCL IN[0], GENERIC[0], PERSPECTIVE\nDCL OUT[0], COLOR\n"
		    "DCL TEMP[0..3], ARRAY(1)\nDCL ADDR[0]\nIMM[0] FLT32 {7, 0, 0, 0}\n"
		    "0: ARL ADDR[0].x, IN[0].xxxx\n1: MOV TEMP[ADDR[0].x](1), IMM[0].xxxx\n"
		    "2: MOV OUT[0], TEMP[1]\n3: END\n",
		    scattered);
}

static float constant_entry(unsigned lane)
{
	return lane >= 1 && lane <= 3 ? (float)lane * 100 : 0;
}

static void constants_beyond_the_buffer_are_zero(void **state)
{
	static const char text[] = "FRAG\nDCL IN[0], GENERIC[0], PERSPECTIVE\nDCL OUT[0], COLOR\n"
				   "DCL CONST[0][0..7]\nDCL ADDR[0]\nDCL TEMP[0]\n"
				   "0: ARL ADDR[0].x, IN[0].xxxx\n"
				   "1: ADD TEMP[0], CONST[0][ADDR[0].x-1], CONST[6]\n"
				   "2: MOV OUT[0], TEMP[0]\n3: END\n";

	(void)state;
	FOR_EACH_BACKEND(backend)
	{
		struct lanes lanes;

		lanes_init(&lanes);
		lanes.constant_count = 3;
		for (unsigned i = 0; i < 64; i++)
			lanes.constants[i][0] = bits_of((float)(i + 1) * 100);
		if (!run_lanes(text, backend, &lanes))
			continue;
		for (unsigned i = 0; i < LANES; i++)
			assert_true(float_of(lanes.outputs[0][0][i]) == constant_entry(i));
	}
}

/* Gives back the first coordinate and what it was called with. */
static void echo(const struct bh_texture_view *view, const struct bh_sample *sample,
		 float result[4][BH_LANES_MAX])
{
	(void)view;
	for (unsigned i = 0; i < sample->lanes; i++) {
		result[0][i] = sample->coord[0][i];
		result[1][i] = lod_of(sample, i);
		result[2][i] = (float)(sample->kind * 100 + sample->target);
		result[3][i] = step_of(sample, sample->ddx[0], i) +
			       10 * step_of(sample, sample->ddy[0], i) + sample->offset[1];
	}
}

static void check_texture(const char *inst, enum bh_stage stage, const float expected[4])
{
	char text[512];

	snprintf(text, sizeof(text),
		 "%s\nDCL IN[0]%s\nDCL OUT[0], %s\nDCL SAMP[0]\nIMM[0] INT32 {3, -4, 5, 0}\n"
		 "0: %s\n1: END\n",
		 stage == BH_STAGE_VERTEX ? "VERT" : "FRAG",
		 stage == BH_STAGE_VERTEX ? "" : ", GENERIC[0], LINEAR",
		 stage == BH_STAGE_VERTEX ? "POSITION" : "COLOR", inst);
	FOR_EACH_BACKEND(backend)
	{
		struct lanes lanes;

		lanes_init(&lanes);
		lanes.sample = echo;
		for (unsigned i = 0; i < LANES; i++) {
			for (unsigned k = 0; k < 4; k++)
				lanes.inputs[0][k][i] = bits_of((float)(k + 2));
		}
		if (!run_text(text, stage, backend, &lanes))
			continue;
		for (unsigned k = 0; k < 4; k++) {
			for (unsigned i = 0; i < LANES; i++) {
				float got = float_of(lanes.outputs[0][k][i]);

				if (got != expected[k])
					fail_msg("%s: %s: component %u is %g, not %g",
						 backend_names[backend], inst, k, got, expected[k]);
			}
		}
	}
}

static void texture_opcodes_ask_for_what_they_mean(void **state)
{
	(void)state;
	/* The input is (2, 3, 4, 5). Kinds: 0 implicit, 1 bias, 2 LOD, 3 gradients; 2D is 1. */
	check_texture("TEX OUT[0], IN[0], SAMP[0], 2D", BH_STAGE_FRAGMENT, (float[]){2, 0, 1, 0});
	check_texture("TEX OUT[0], IN[0], SAMP[0], 2D, IMM[0].xyz", BH_STAGE_FRAGMENT,
		      (float[]){2, 0, 1, -4});
	check_texture("TXP OUT[0], IN[0].xyzx, SAMP[0], 2D", BH_STAGE_FRAGMENT,
		      (float[]){1, 0, 1, 0});
	check_texture("TXB OUT[0], IN[0], SAMP[0], 2D", BH_STAGE_FRAGMENT, (float[]){2, 5, 101, 0});
	check_texture("TXL OUT[0], IN[0], SAMP[0], 3D", BH_STAGE_FRAGMENT, (float[]){2, 5, 202, 0});
	check_texture("TXB2 OUT[0], IN[0], IN[0].yyyy, SAMP[0], SHADOWCUBE", BH_STAGE_FRAGMENT,
		      (float[]){2, 3, 100 + BH_TEX_SHADOW_CUBE, 0});
	check_texture("TXL2 OUT[0], IN[0], IN[0].zzzz, SAMP[0], SHADOWCUBE", BH_STAGE_FRAGMENT,
		      (float[]){2, 4, 200 + BH_TEX_SHADOW_CUBE, 0});
	check_texture("TXD OUT[0], IN[0], IN[0].yyyy, IN[0].zzzz, SAMP[0], 2D", BH_STAGE_FRAGMENT,
		      (float[]){2, 0, 301, 43});
	/* A vertex has no neighbours: level 0. */
	check_texture("TEX OUT[0], IN[0], SAMP[0], 2D", BH_STAGE_VERTEX, (float[]){2, 0, 201, 0});
	check_texture("TXB OUT[0], IN[0], SAMP[0], 2D", BH_STAGE_VERTEX, (float[]){2, 0, 201, 0});
	check_texture("TXL OUT[0], IN[0], SAMP[0], 2D", BH_STAGE_VERTEX, (float[]){2, 5, 201, 0});
}

/* A view that is a number. */
static void tell_view(const struct bh_texture_view *view, const struct bh_sample *sample,
		      float result[4][BH_LANES_MAX])
{
	for (unsigned k = 0; k < 4; k++) {
		for (unsigned i = 0; i < sample->lanes; i++)
			result[k][i] = *(const float *)(const void *)view;
	}
}

static float chosen_sampler(unsigned lane)
{
	return lane % 2 ? 50 : 30;
}

static void a_sampler_chosen_by_an_index_is_each_lanes_own(void **state)
{
	static const char text[] =
		"FRAG\nDCL IN[0], GENERIC[0], LINEAR\nDCL OUT[0], COLOR\nDCL SAMP[3]\nDCL SAMP[5]\n"
		"DCL TEMP[0..1]\nDCL ADDR[0]\nIMM[0] FLT32 {0.5, 2, 0, 0}\n"
		"0: MUL TEMP[0].x, IN[0].xxxx, IMM[0].xxxx\n1: FRC TEMP[0].x, TEMP[0].xxxx\n"
		"2: MUL TEMP[0].x, TEMP[0].xxxx, IMM[0].yyyy\n"
		"3: MUL TEMP[0].x, TEMP[0].xxxx, IMM[0].yyyy\n4: ARL ADDR[0].x, TEMP[0].xxxx\n"
		"5: TEX TEMP[0], IN[0], SAMP[ADDR[0].x+3], 2D\n6: MOV OUT[0], TEMP[0]\n7: END\n";

	(void)state;
	FOR_EACH_BACKEND(backend)
	{
		static const float views[] = {30, 50};
		struct lanes lanes;

		lanes_init(&lanes);
		lanes.sample = tell_view;
		lanes.textures[3] = (const void *)&views[0];
		lanes.textures[5] = (const void *)&views[1];
		if (!run_lanes(text, backend, &lanes))
			continue;
		for (unsigned i = 0; i < LANES; i++)
			assert_true(float_of(lanes.outputs[0][0][i]) == chosen_sampler(i));
	}
}

static float facing(unsigned lane)
{
	return lane % 2 ? 1 : -1;
}

static void face_comes_from_the_front_mask(void **state)
{
	static const char text[] = "FRAG\nDCL IN[0], FACE, CONSTANT\nDCL OUT[0], COLOR\n"
				   "0: MOV OUT[0], IN[0]\n1: END\n";

	(void)state;
	FOR_EACH_BACKEND(backend)
	{
		struct lanes lanes;

		lanes_init(&lanes);
		lanes.front = 0xaaaa;
		if (!run_lanes(text, backend, &lanes))
			continue;
		for (unsigned i = 0; i < LANES; i++) {
			assert_true(float_of(lanes.outputs[0][0][i]) == facing(i));
			assert_true(float_of(lanes.outputs[0][1][i]) == 0);
			assert_true(float_of(lanes.outputs[0][3][i]) == 1);
		}
	}
}

static float modified(unsigned lane)
{
	float x = (float)lane - 2;

	return -(x < 0 ? -x : x);
}

static void sources_are_swizzled_negated_and_made_absolute(void **state)
{
	(void)state;
	check_lanes(HEAD "0: ADD TEMP[0].zw, IN[0], -IMM[0].yyyy\n"
			 "1: MOV OUT[0].x, -|TEMP[0].wzzz|\n2: END\n",
		    modified);
}

static float clamped(unsigned lane)
{
	return lane > 0 ? 1 : 0;
}

static void saturation_holds_results_to_the_unit_range(void **state)
{
	(void)state;
	check_lanes(HEAD "0: MUL_SAT OUT[0], IN[0], IMM[1]\n1: END\n", clamped);
}

static void a_nan_has_one_pattern_in_outputs(void **state)
{
	static const char text[] = "VERT\nDCL IN[0]\nDCL OUT[0], POSITION\n0: MOV OUT[0], -IN[0]\n"
				   "1: END\n";

	(void)state;
	FOR_EACH_BACKEND(backend)
	{
		struct lanes lanes;

		lanes_init(&lanes);
		lanes.inputs[0][0][5] = 0x7f812345;
		if (run_text(text, BH_STAGE_VERTEX, backend, &lanes)) {
			assert_int_equal(lanes.outputs[0][0][5], BH_CANONICAL_NAN);
			assert_int_equal(lanes.outputs[0][0][4], 0x80000000);
		}
	}
}

static void integer_shaders_keep_bits(void **state)
{
	static const char text[] = "VERT\nDCL IN[0]\nDCL OUT[0], POSITION\nDCL TEMP[0]\n"
				   "0: NOT TEMP[0], IN[0]\n1: NOT OUT[0].xy, TEMP[0]\n"
				   "2: ADD OUT[0].z, IN[0], IN[0]\n3: END\n";

	(void)state;
	FOR_EACH_BACKEND(backend)
	{
		struct lanes lanes;

		lanes_init(&lanes);
		lanes.inputs[0][0][1] = lanes.inputs[0][2][1] = 0xff812345;
		if (run_text(text, BH_STAGE_VERTEX, backend, &lanes)) {
			assert_int_equal(lanes.outputs[0][0][1], 0xff812345);
			assert_int_equal(lanes.outputs[0][2][1], BH_CANONICAL_NAN);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(branches_choose_lane_by_lane),
		cmocka_unit_test(loops_run_as_often_as_each_lane_wants),
		cmocka_unit_test(continue_skips_the_rest_of_one_turn),
		cmocka_unit_test(loops_nest),
		cmocka_unit_test(a_lane_that_returned_writes_no_more),
		cmocka_unit_test(an_endless_loop_is_lost_when_the_fuel_is_out),
		cmocka_unit_test(exactly_enough_fuel_is_enough),
		cmocka_unit_test(kill_clears_lanes_of_the_mask),
		cmocka_unit_test(a_loop_that_only_killed_lanes_are_in_ends),
		cmocka_unit_test(derivatives_are_taken_inside_the_quad),
		cmocka_unit_test(computed_registers_stay_in_their_array),
		cmocka_unit_test(computed_destinations_write_lane_by_lane),
		cmocka_unit_test(constants_beyond_the_buffer_are_zero),
		cmocka_unit_test(texture_opcodes_ask_for_what_they_mean),
		cmocka_unit_test(a_sampler_chosen_by_an_index_is_each_lanes_own),
		cmocka_unit_test(face_comes_from_the_front_mask),
		cmocka_unit_test(sources_are_swizzled_negated_and_made_absolute),
		cmocka_unit_test(saturation_holds_results_to_the_unit_range),
		cmocka_unit_test(a_nan_has_one_pattern_in_outputs),
		cmocka_unit_test(integer_shaders_keep_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
