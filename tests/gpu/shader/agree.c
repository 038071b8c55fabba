/* SPDX-License-Identifier: Apache-2.0 */
/* All back ends give the same bits: random shaders on random inputs, from fixed seeds. */
#include "harness.h"
#include "random_shader.h"

#include <stdlib.h>

#define SHADERS     12
#define INTERPRETED 300

/* Some function of what it is asked, so that a wrong question shows. */
static void sample(const struct bh_texture_view *view, const struct bh_sample *sample,
		   float result[4][BH_LANES_MAX])
{
	(void)view;
	for (unsigned i = 0; i < sample->lanes; i++) {
		/* A neighbour in the quad, where derivatives would use it. */
		bool near = sample->kind == BH_SAMPLE_IMPLICIT || sample->kind == BH_SAMPLE_BIAS;
		float other = near ? sample->coord[0][i ^ 1] : 0;

		result[0][i] = sample->coord[0][i] - other;
		result[1][i] = sample->coord[1][i] + lod_of(sample, i);
		result[2][i] = sample->coord[2][i] * step_of(sample, sample->ddx[0], i) -
			       step_of(sample, sample->ddy[1], i);
		result[3][i] = sample->coord[3][i] + (float)sample->kind;
	}
}

static void fill(struct lanes *lanes, uint64_t seed)
{
	struct random_shader r = {.state = seed * 77 + 5};

	lanes_init(lanes);
	lanes->sample = sample;
	lanes->constant_count = 7; /* fewer than declared */
	lanes->mask = random_below(&r, 3) ? 0xffff : random_next(&r) & 0xffff;
	lanes->front = random_next(&r) & 0xffff;
	for (unsigned i = 0; i < 3 * 4 * LANES; i++)
		lanes->inputs[i / LANES / 4][i / LANES % 4][i % LANES] = random_value(&r);
	for (unsigned i = 0; i < 64 * 4; i++)
		lanes->constants[i / 4][i % 4] = random_value(&r);
}

static void compare(const struct lanes *a, const struct lanes *b, const char *name, uint64_t seed,
		    const char *text)
{
	if (a->mask != b->mask || a->lost != b->lost)
		fail_msg("%s, seed %llu: mask %x, not %x\n%s", name, (unsigned long long)seed,
			 b->mask, a->mask, text);
	for (unsigned i = 0; i < 3 * 4 * LANES; i++) {
		unsigned lane = i % LANES, component = i / LANES % 4, output = i / LANES / 4;
		uint32_t want = a->outputs[output][component][lane];
		uint32_t got = b->outputs[output][component][lane];

		if (a->mask >> lane & 1 && want != got)
			fail_msg("%s, seed %llu, OUT[%u].%c, lane %u: %08x, not %08x\n%s", name,
				 (unsigned long long)seed, output, "xyzw"[component], lane, got,
				 want, text);
	}
}

static void check_seed(uint64_t seed)
{
	enum bh_stage stage = seed % 2 ? BH_STAGE_VERTEX : BH_STAGE_FRAGMENT;
	struct bh_buf text;
	struct bh_shader *shader;
	struct lanes lanes[BH_GPU_SIMD16 + 1];

	bh_buf_init(&text);
	random_shader(&text, seed, stage);
	shader = parse_valid(bh_buf_str(&text), stage);
	FOR_EACH_BACKEND(backend)
	{
		struct bh_program *program = bh_program_create(shader, backend, NULL);

		if (!program)
			continue;
		fill(&lanes[backend], seed);
		run_program(shader, program, &lanes[backend]);
		if (backend != BH_GPU_INTERPRETER)
			compare(&lanes[BH_GPU_INTERPRETER], &lanes[backend], backend_names[backend],
				seed, bh_buf_str(&text));
		bh_program_destroy(program);
	}
	bh_shader_destroy(shader);
	bh_buf_finish(&text);
}

static void all_back_ends_give_the_same_bits(void **state)
{
	const char *more = getenv("SEEDS"); /* for a longer search */
	uint64_t count = more ? strtoull(more, NULL, 10) : SHADERS;

	(void)state;
	for (uint64_t seed = 1; seed <= count; seed++)
		check_seed(seed);
}

/* What the interpreter gives, as one number: the same on every machine. */
static void the_interpreter_gives_these_bits_on_every_machine(void **state)
{
	uint64_t hash = 0xcbf29ce484222325u;

	(void)state;
	for (uint64_t seed = 1; seed <= INTERPRETED; seed++) {
		enum bh_stage stage = seed % 2 ? BH_STAGE_VERTEX : BH_STAGE_FRAGMENT;
		struct bh_buf text;
		struct lanes lanes;

		bh_buf_init(&text);
		random_shader(&text, seed, stage);
		fill(&lanes, seed);
		assert_true(run_text(bh_buf_str(&text), stage, BH_GPU_INTERPRETER, &lanes));
		for (unsigned i = 0; i < 3 * 4 * LANES; i++) {
			if (!(lanes.mask >> i % LANES & 1))
				continue;
			hash = (hash ^ lanes.outputs[i / LANES / 4][i / LANES % 4][i % LANES]) *
			       0x100000001b3u;
		}
		bh_buf_finish(&text);
	}
	assert_int_equal(hash, 0x41fda9259afc4b0d);
}

static void what_is_too_large_to_compile_is_interpreted(void **state)
{
	struct bh_buf text;
	struct bh_shader *shader;
	struct bh_program *program;
	struct bh_diags diags;

	(void)state;
	bh_buf_init(&text);
	bh_diags_init(&diags);
	bh_buf_adds(&text, "VERT\nDCL IN[0]\nDCL OUT[0], POSITION\n");
	for (unsigned i = 0; i < 20001; i++)
		bh_buf_addf(&text, "%u: MOV OUT[0], IN[0]\n", i);
	bh_buf_adds(&text, "20001: END\n");
	shader = parse_valid(bh_buf_str(&text), BH_STAGE_VERTEX);
	assert_null(bh_program_create(shader, BH_GPU_SIMD4, &diags));
	if (strcmp(diags.items[0].code, "E2190")) /* that is: there is a compiler */
		assert_string_equal(diags.items[0].code, "E2191");
	program = bh_program_create(shader, BH_GPU_AUTO, NULL);
	assert_int_equal(bh_program_lanes(program), 4);
	bh_program_destroy(program);
	bh_shader_destroy(shader);
	bh_diags_finish(&diags);
	bh_buf_finish(&text);
}

/* A program of the same costly operation. */
static struct bh_shader *of_powers(unsigned count)
{
	struct bh_shader *shader;
	struct bh_buf text;

	bh_buf_init(&text);
	bh_buf_adds(&text,
		    "VERT\nDCL IN[0]\nDCL OUT[0], POSITION\nDCL TEMP[0]\n0: MOV TEMP[0], IN[0]\n");
	for (unsigned i = 1; i <= count; i++)
		bh_buf_addf(&text, "%u: POW TEMP[0].x, TEMP[0].xxxx, IN[0].yyyy\n", i);
	bh_buf_addf(&text, "%u: MOV OUT[0], TEMP[0]\n%u: END\n", count + 1, count + 2);
	shader = parse_valid(bh_buf_str(&text), BH_STAGE_VERTEX);
	bh_buf_finish(&text);
	return shader;
}

static void few_instructions_that_cost_much_are_interpreted(void **state)
{
	struct bh_shader *shader = of_powers(8000);
	struct bh_program *program = bh_program_create(shader, BH_GPU_AUTO, NULL);

	(void)state;
	assert_int_equal(bh_program_lanes(program), 4);
	bh_program_destroy(program);
	bh_shader_destroy(shader);
}

static void a_large_program_is_never_compiled_with_all_effort(void **state)
{
	static const struct {
		unsigned powers;
		bool better;
	} rows[] = {{4, true}, {400, false}};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct bh_shader *shader = of_powers(rows[i].powers);
		struct bh_program *program = bh_program_create(shader, BH_GPU_AUTO, NULL);

		assert_true(bh_program_prepare(program, true));
		/* Where four lanes are the widest, or nothing is compiled, it is not known. */
		if (bh_program_lanes(program) > 4)
			assert_int_equal(bh_program_wants_better(program), rows[i].better);
		bh_program_destroy(program);
		bh_shader_destroy(shader);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_back_ends_give_the_same_bits),
		cmocka_unit_test(what_is_too_large_to_compile_is_interpreted),
		cmocka_unit_test(few_instructions_that_cost_much_are_interpreted),
		cmocka_unit_test(a_large_program_is_never_compiled_with_all_effort),
		cmocka_unit_test(the_interpreter_gives_these_bits_on_every_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
