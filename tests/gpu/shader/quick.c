/* SPDX-License-Identifier: Apache-2.0 */
/* What it takes to have code for the first frame, in instructions of the compiler's form. */
#include "harness.h"

#include "gpu/shader/jit.h"

#define TEXTURES 8

/* A fragment program that adds up some textures, and how a draw with it reads them. */
struct sampled {
	struct bh_shader *shader;
	struct bh_program *program;
	struct bh_fused_key key;
};

static void sampled_init(struct sampled *s, enum bh_fused_texture_kind kind)
{
	struct bh_buf text;

	bh_buf_init(&text);
	bh_buf_adds(&text, "FRAG\nDCL IN[0], GENERIC[0], PERSPECTIVE\nDCL OUT[0], COLOR\n"
			   "DCL TEMP[0..1]\n");
	for (unsigned i = 0; i < TEXTURES; i++)
		bh_buf_addf(&text, "DCL SAMP[%u]\nDCL SVIEW[%u], 2D, FLOAT\n", i, i);
	bh_buf_adds(&text, "0: TEX TEMP[0], IN[0], SAMP[0], 2D\n");
	for (unsigned i = 1; i < TEXTURES; i++)
		bh_buf_addf(&text,
			    "%u: TEX TEMP[1], IN[0], SAMP[%u], 2D\n"
			    "%u: ADD TEMP[0], TEMP[0], TEMP[1]\n",
			    2 * i - 1, i, 2 * i);
	bh_buf_addf(&text, "%u: MOV OUT[0], TEMP[0]\n%u: END\n", 2 * TEXTURES - 1, 2 * TEXTURES);
	memset(s, 0, sizeof(*s));
	s->shader = parse_valid(bh_buf_str(&text), BH_STAGE_FRAGMENT);
	bh_buf_finish(&text);
	s->program = bh_program_create(s->shader, BH_GPU_AUTO, NULL);
	s->key.program = s->program;
	s->key.inputs[0] = (struct bh_fused_input){.kind = BH_INPUT_ATTR, .mask = 15};
	for (unsigned i = 0; i < TEXTURES; i++) {
		/* Each is another: nothing is shared. */
		s->key.textures[i] = (struct bh_fused_texture){
			.kind = (uint8_t)kind,
			.texel = BH_FUSED_BYTES4,
			.place = {(uint8_t)(i % 4), 1, 2, (uint8_t)(i / 4)},
			.min = BH_FILTER_LINEAR,
			.mag = BH_FILTER_LINEAR,
			.mip = BH_MIP_LINEAR,
		};
	}
}

static void sampled_finish(struct sampled *s)
{
	bh_program_destroy(s->program);
	bh_shader_destroy(s->shader);
}

static unsigned effort_of(enum bh_fused_texture_kind kind, unsigned lanes, bool quick)
{
	struct sampled s;
	unsigned effort;

	sampled_init(&s, kind);
	effort = bh_jit_effort(&(struct bh_jit_source){
		.shader = s.shader, .key = &s.key, .lanes = lanes, .quick = quick});
	sampled_finish(&s);
	return effort;
}

/* Between a call and code for two filters, two ways, lie hundreds of instructions. */
static void a_texture_with_levels_adds_little_to_quick_code(void **state)
{
	(void)state;
	if (!bh_jit_widest())
		skip();
	for (unsigned lanes = 4; lanes <= 16; lanes *= 2) {
		unsigned without = effort_of(BH_FUSED_UNBOUND, lanes, true);
		unsigned quick = effort_of(BH_FUSED_2D, lanes, true) - without;
		unsigned good = effort_of(BH_FUSED_2D, lanes, false) - without;

		assert_true(quick <= 64 * TEXTURES);
		assert_true(good > 5 * quick);
	}
}

static bool is_quick(struct bh_code_cache *cache, const struct sampled *s, bool quick)
{
	struct bh_jit_code *code = bh_jit_compile(&(struct bh_jit_source){
		.shader = s->shader,
		.key = &s->key,
		.lanes = bh_program_lanes(s->program),
		.quick = quick,
		.cache = cache,
	});
	bool is;

	assert_non_null(code);
	is = bh_jit_is_quick(code);
	bh_jit_destroy(code);
	return is;
}

static void who_wants_code_quickly_gets_the_good_code_that_is_there(void **state)
{
	struct bh_code_cache *cache;
	struct sampled s;

	(void)state;
	if (!bh_jit_widest())
		skip();
	cache = bh_code_cache_create(-1, 0);
	sampled_init(&s, BH_FUSED_2D);
	assert_true(is_quick(cache, &s, true));
	assert_true(is_quick(cache, &s, true));
	assert_false(is_quick(cache, &s, false));
	assert_false(is_quick(cache, &s, true));
	sampled_finish(&s);
	bh_code_cache_destroy(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_texture_with_levels_adds_little_to_quick_code),
		cmocka_unit_test(who_wants_code_quickly_gets_the_good_code_that_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
