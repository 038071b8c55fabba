/* SPDX-License-Identifier: Apache-2.0 */
/* What GLES 3.0 and GL 3.x add: from command streams written by hand, on every back end. */
#include "test.h"

#include "fixture.h"

#include "base/alloc.h"

#include <errno.h>

#define TARGET 10

static int set_up(void **state)
{
	return set_up_with(state, 0);
}

static void run(struct bh_gpu *gpu, struct stream *s)
{
	assert_int_equal(submit(gpu, s), 0);
}

/* A target of this format instead of the canvas, 64x64. */
static void use_target(struct bh_gpu *gpu, struct stream *s, uint32_t format)
{
	assert_int_equal(make_resource(gpu, TARGET, 2, format, SIZE, SIZE), 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_FREE, TARGET, format, 0, 0);
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, 0, H_FREE);
}

/* `bytes` of a resource's level 0 from (x, 0, z) on. */
static void read_texel(struct bh_gpu *gpu, uint32_t resource, unsigned x, unsigned y, void *texel,
		       size_t bytes)
{
	struct iovec page = {texel, bytes};
	struct bh_gpu_transfer transfer = {.resource = resource, .box = {x, y, 0, 1, 1, 1}};

	assert_int_equal(bh_gpu_transfer_out(gpu, CONTEXT, &transfer, &page, 1), 0);
}

/* Integers pass unchanged, also those that would be a NaN, through shaders that only copy. */
TEST(integers_are_copied_bit_by_bit)
{
	static const int32_t color[4] = {-1, 0x7f800001, INT32_MIN, 42};
	int32_t texel[4];

	use_target(gpu, s, 200);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_VERTEX_ELEMENTS, 9, H_ELEMENTS, 0, 0, 0, 31, 16,
		0, 0, 200);
	command(s, BH_CMD_BIND_OBJECT, BH_OBJECT_VERTEX_ELEMENTS, 1, H_ELEMENTS);
	shader(s, H_VS, 0,
	       "VERT\nDCL IN[0]\nDCL IN[1]\nDCL OUT[0], POSITION\nDCL OUT[1], GENERIC[0]\n"
	       "DCL TEMP[0]\n  0: MOV OUT[0], IN[0]\n  1: MOV TEMP[0], IN[1]\n"
	       "  2: MOV OUT[1], TEMP[0]\n  3: END\n");
	shader(s, H_FS, 1,
	       "FRAG\nDCL IN[0], GENERIC[0], CONSTANT\nDCL OUT[0], COLOR\n"
	       "  0: MOV OUT[0], IN[0]\n  1: END\n");
	quad(s, -1, -1, 1, 1, 0, (const float *)(const void *)color);
	run(gpu, s);
	read_texel(gpu, TARGET, 5, 9, texel, sizeof(texel));
	assert_memory_equal(texel, color, sizeof(texel));
}

TEST(integer_targets_are_cleared_to_integers)
{
	static const uint32_t color[4] = {3000000000u, 0, 7, 1};
	uint8_t texel[4];
	float f[4];

	memcpy(f, color, sizeof(f));
	use_target(gpu, s, 180);
	clear(s, 4, f[0], f[1], f[2], f[3], 0, 0);
	run(gpu, s);
	read_texel(gpu, TARGET, 0, 0, texel, sizeof(texel));
	assert_memory_equal(texel, ((uint8_t[]){255, 0, 7, 1}), 4);
}

TEST(float_targets_keep_what_is_outside_0_and_1)
{
	float texel[4];

	use_target(gpu, s, 31);
	fill(s, 0, -2.5f, 1e20f, 0.5f, 3);
	run(gpu, s);
	read_texel(gpu, TARGET, 0, 0, texel, sizeof(texel));
	assert_memory_equal(texel, ((float[]){-2.5f, 1e20f, 0.5f, 3}), 16);
}

TEST(packed_floats_are_rounded)
{
	uint32_t texel;

	use_target(gpu, s, 124);
	fill(s, 0, 1, -1, 65536.0f, 1);
	run(gpu, s);
	read_texel(gpu, TARGET, 0, 0, &texel, 4);
	/* 1.0, 0 for what is negative, and the largest finite blue: 1023 - 32 */
	assert_int_equal(texel, (15u << 6) | 0 | 991u << 22);
}

TEST(srgb_targets_encode_and_blend_linearly)
{
	uint8_t texel[4];

	use_target(gpu, s, 104);
	fill(s, 0, 0.5f, 0, 1, 0.5f);
	run(gpu, s);
	read_texel(gpu, TARGET, 0, 0, texel, 4);
	assert_memory_equal(texel, ((uint8_t[]){188, 0, 255, 128}), 4);
	/* one + one: 0.5 + 0.25 in linear space */
	set_blend(s, 0, 0, 1u | 1u << 4 | 1u << 9 | 1u << 17 | 1u << 22 | BLEND_MASK(15));
	fill(s, 0, 0.25f, 0, 0, 0);
	run(gpu, s);
	read_texel(gpu, TARGET, 0, 0, texel, 4);
	assert_in_range(texel[0], 224, 226);
}

/* A shader object with one stream output: `count` components of OUT[1] to buffer 0. */
static void stream_shader(struct stream *s, uint32_t handle, const char *text, unsigned count,
			  uint32_t stride)
{
	size_t length = strlen(text) + 1, words = (length + 3) / 4;
	const uint32_t header[] = {handle, 0, (uint32_t)length, 300, 1, stride, 0,
				   0,      0, 1 | count << 10,  0};

	s->dwords[s->count++] =
		BH_CMD_CREATE_OBJECT | BH_OBJECT_SHADER << 8 | (uint32_t)(11 + words) << 16;
	memcpy(&s->dwords[s->count], header, sizeof(header));
	s->count += 11;
	memset(&s->dwords[s->count], 0, words * 4);
	memcpy(&s->dwords[s->count], text, length);
	s->count += words;
	command(s, BH_CMD_BIND_SHADER, 0, 2, handle, 0);
}

#define STREAM  11
#define QUERIES 12

static void use_stream(struct bh_gpu *gpu, struct stream *s, uint32_t bytes)
{
	assert_int_equal(make_resource(gpu, STREAM, 0, 64, 4096, 1), 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_STREAM_TARGET, 4, H_FREE + 1, STREAM, 16, bytes);
	stream_shader(s, H_VS, vertex_text, 4, 4);
	command(s, BH_CMD_SET_STREAMOUT_TARGETS, 0, 2, 0, H_FREE + 1);
}

static void read_bytes(struct bh_gpu *gpu, uint32_t resource, uint32_t offset, void *data,
		       uint32_t bytes)
{
	struct iovec page = {data, bytes};
	struct bh_gpu_transfer transfer = {.resource = resource,
					   .box = {offset, 0, 0, bytes, 1, 1}};

	assert_int_equal(bh_gpu_transfer_out(gpu, CONTEXT, &transfer, &page, 1), 0);
}

static struct bh_query_state query_page;

static void make_query(struct bh_gpu *gpu, struct stream *s, uint32_t handle, uint32_t type)
{
	struct iovec page = {&query_page, sizeof(query_page)};

	assert_int_equal(make_resource(gpu, QUERIES + type, 0, 64, 64, 1), 0);
	assert_int_equal(bh_gpu_resource_attach(gpu, QUERIES + type, &page, 1), 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_QUERY, 4, handle, type, 0, QUERIES + type);
}

static uint64_t query_result(struct bh_gpu *gpu, struct stream *s, uint32_t handle)
{
	command(s, BH_CMD_GET_QUERY_RESULT, 0, 2, handle, 1);
	run(gpu, s);
	return query_page.result;
}

/* A strip's triangles, each whole, its provoking vertex last. */
TEST(vertices_are_streamed_out_by_triangle)
{
	struct vertex v[4] = {{{-1, -1, 0, 1}, {0}},
			      {{1, -1, 0, 1}, {1}},
			      {{-1, 1, 0, 1}, {2}},
			      {{1, 1, 0, 1}, {3}}};
	static const float expected[6] = {0, 1, 2, 2, 1, 3};
	float out[6][4];

	use_stream(gpu, s, 1024);
	draw(s, 5, v, 4);
	run(gpu, s);
	read_bytes(gpu, STREAM, 16, out, sizeof(out));
	for (unsigned i = 0; i < 6; i++)
		assert_float_equal(out[i][0], expected[i], 0);
}

TEST(what_does_not_fit_is_dropped_by_whole_primitives)
{
	struct vertex v[6] = {{{0}, {1}}, {{0}, {2}}, {{0}, {3}},
			      {{0}, {4}}, {{0}, {5}}, {{0}, {6}}};
	float out[6][4];

	/* Room for five vertices: one triangle. */
	use_stream(gpu, s, 80);
	make_query(gpu, s, 30, BH_QUERY_PRIMITIVES_GENERATED);
	make_query(gpu, s, 31, BH_QUERY_PRIMITIVES_EMITTED);
	make_query(gpu, s, 32, BH_QUERY_STREAM_OVERFLOW);
	for (uint32_t i = 30; i < 33; i++)
		command(s, BH_CMD_BEGIN_QUERY, 0, 1, i);
	draw(s, 4, v, 6);
	for (uint32_t i = 30; i < 33; i++)
		command(s, BH_CMD_END_QUERY, 0, 1, i);
	run(gpu, s);
	read_bytes(gpu, STREAM, 16, out, sizeof(out));
	assert_float_equal(out[2][0], 3, 0);
	assert_float_equal(out[3][0], 0, 0);
	assert_int_equal(query_result(gpu, s, 30), 2);
	assert_int_equal(query_result(gpu, s, 31), 1);
	assert_int_equal(query_result(gpu, s, 32), 1);
}

TEST(streams_go_on_where_they_were_paused)
{
	struct vertex v[2] = {{{0}, {1}}, {{0}, {2}}};
	float out[4][4];

	use_stream(gpu, s, 1024);
	draw(s, 0, v, 2);
	command(s, BH_CMD_SET_STREAMOUT_TARGETS, 0, 1, 0);
	draw(s, 0, v, 2);
	command(s, BH_CMD_SET_STREAMOUT_TARGETS, 0, 2, 0, H_FREE + 1);
	draw(s, 0, v, 1);
	run(gpu, s);
	read_bytes(gpu, STREAM, 16, out, sizeof(out));
	assert_float_equal(out[1][0], 2, 0);
	assert_float_equal(out[2][0], 1, 0);
	assert_float_equal(out[3][0], 0, 0);
}

TEST(as_many_vertices_are_drawn_as_were_streamed_out)
{
	struct vertex v[4] = {{{-1, -1, 0, 1}, {0, 1, 0, 1}},
			      {{1, -1, 0, 1}, {0, 1, 0, 1}},
			      {{1, 1, 0, 1}, {0, 1, 0, 1}},
			      {{-1, 1, 0, 1}, {0, 1, 0, 1}}};

	use_stream(gpu, s, 1024);
	draw(s, 0, v, 4);
	command(s, BH_CMD_SET_STREAMOUT_TARGETS, 0, 1, 0);
	clear(s, 4, 0, 0, 0, 0, 0, 0);
	command(s, BH_CMD_DRAW, 0, 12, 0, 0, 6, 0, 1, 0, 0, 0, 0, 0, ~0u, H_FREE + 1);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 20, 40), 0xff00ff00u);
}

TEST(a_condition_that_does_not_hold_stops_drawing)
{
	make_query(gpu, s, 30, BH_QUERY_ANY_SAMPLES);
	command(s, BH_CMD_BEGIN_QUERY, 0, 1, 30);
	command(s, BH_CMD_END_QUERY, 0, 1, 30);
	command(s, BH_CMD_SET_RENDER_CONDITION, 0, 3, 30, 0, 0);
	fill(s, 0, 1, 0, 0, 1);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 5, 5), 0);
	command(s, BH_CMD_SET_RENDER_CONDITION, 0, 3, 30, 1, 0);
	fill(s, 0, 0, 0, 1, 1);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 5, 5), 0xff0000ffu);
	command(s, BH_CMD_SET_RENDER_CONDITION, 0, 3, 0, 0, 0);
	fill(s, 0, 1, 0, 0, 1);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 5, 5), 0xffff0000u);
}

#define UNIFORMS 9

TEST(constants_come_from_buffers)
{
	static const float color[8] = {1, 0, 0, 1, 0, 0, 1, 1};
	struct iovec page = {(void *)color, sizeof(color)};
	struct bh_gpu_transfer transfer = {.resource = UNIFORMS, .box = {0, 0, 0, 32, 1, 1}};

	assert_int_equal(make_resource(gpu, UNIFORMS, 0, 64, 64, 1), 0);
	assert_int_equal(bh_gpu_transfer_in(gpu, CONTEXT, &transfer, &page, 1), 0);
	shader(s, H_FS, 1,
	       "FRAG\nDCL OUT[0], COLOR\nDCL CONST[2][0..1]\n  0: MOV OUT[0], CONST[2][0]\n  1: "
	       "END\n");
	command(s, BH_CMD_SET_UNIFORM_BUFFER, 0, 5, 1, 2, 16, 16, UNIFORMS);
	fill(s, 0, 0, 0, 0, 0);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 5, 5), 0xff0000ffu);
	/* Beyond the buffer there are zeros. */
	command(s, BH_CMD_SET_UNIFORM_BUFFER, 0, 5, 1, 2, 64, 0, UNIFORMS);
	fill(s, 0, 0, 0, 0, 0);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 5, 5), 0);
}

/* 4 samples: an edge through a pixel's middle covers two of them. */
TEST(samples_are_covered_and_resolved)
{
	struct bh_gpu_resource_args args = {TARGET, 2, 1, 0, SIZE, SIZE, 1, 1, 0, 4, 0};

	assert_int_equal(bh_gpu_resource_create(gpu, &args), 0);
	assert_int_equal(bh_gpu_context_attach(gpu, CONTEXT, TARGET), 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_FREE, TARGET, 1, 0, 0);
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, 0, H_FREE);
	set_raster(s, 1u << 25, 0, 1);
	clear(s, 4, 0, 0, 0, 1, 0, 0);
	/* x from 0 to 32.5 pixels */
	quad(s, -1, -1, 1.0f / 64, 1, 0, (const float[]){1, 0, 0, 1});
	command(s, BH_CMD_BLIT, 0, 21, 0x0fu, 0, 0, CANVAS, 0, 1, 0, 0, 0, SIZE, SIZE, 1, TARGET, 0,
		1, 0, 0, 0, SIZE, SIZE, 1);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 31, 9), 0xffff0000u);
	assert_int_equal(pixel(gpu, 32, 9), 0xff800000u);
	assert_int_equal(pixel(gpu, 33, 9), 0xff000000u);
}

TEST(the_sample_mask_leaves_samples_out)
{
	struct bh_gpu_resource_args args = {TARGET, 2, 1, 0, SIZE, SIZE, 1, 1, 0, 4, 0};

	assert_int_equal(bh_gpu_resource_create(gpu, &args), 0);
	assert_int_equal(bh_gpu_context_attach(gpu, CONTEXT, TARGET), 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_FREE, TARGET, 1, 0, 0);
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, 0, H_FREE);
	set_raster(s, 1u << 25, 0, 1);
	clear(s, 4, 0, 0, 0, 0, 0, 0);
	command(s, BH_CMD_SET_SAMPLE_MASK, 0, 1, 0x5);
	fill(s, 0, 1, 1, 1, 1);
	command(s, BH_CMD_BLIT, 0, 21, 0x0fu, 0, 0, CANVAS, 0, 1, 0, 0, 0, SIZE, SIZE, 1, TARGET, 0,
		1, 0, 0, 0, SIZE, SIZE, 1);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 31, 9), 0x80808080u);
}

#define GEOMETRY_HEAD                                                \
	"GEOM\nPROPERTY GS_INPUT_PRIMITIVE POINTS\n"                 \
	"PROPERTY GS_OUTPUT_PRIMITIVE TRIANGLE_STRIP\n"              \
	"PROPERTY GS_MAX_OUTPUT_VERTICES 4\nDCL IN[][0], POSITION\n" \
	"DCL IN[][1], COLOR\nDCL OUT[0], POSITION\nDCL OUT[1], COLOR\n"

/* Each point becomes a square of half the canvas' width, up and right of it. */
static const char square_text[] =
	GEOMETRY_HEAD "IMM[0] FLT32 {0, 1, 0, 0}\n"
		      "0: MOV OUT[1], IN[0][1]\n1: MOV OUT[0], IN[0][0]\n2: EMIT IMM[0].xxxx\n"
		      "3: ADD OUT[0], IN[0][0], IMM[0].yxxx\n4: EMIT IMM[0].xxxx\n"
		      "5: ADD OUT[0], IN[0][0], IMM[0].xyxx\n6: EMIT IMM[0].xxxx\n"
		      "7: ADD OUT[0], IN[0][0], IMM[0].yyxx\n8: EMIT IMM[0].xxxx\n"
		      "9: EMIT IMM[0].xxxx\n10: ENDPRIM IMM[0].xxxx\n11: END\n";

TEST(a_geometry_program_makes_squares_of_points)
{
	const struct vertex v[2] = {{{-1, -1, 0, 1}, {1, 0, 0, 1}}, {{0, 0, 0, 1}, {0, 1, 0, 1}}};

	make_query(gpu, s, 30, BH_QUERY_PRIMITIVES_GENERATED);
	shader(s, H_FREE + 2, 2, square_text);
	command(s, BH_CMD_BEGIN_QUERY, 0, 1, 30);
	draw(s, 0, v, 2);
	command(s, BH_CMD_END_QUERY, 0, 1, 30);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 1, 1), 0xffff0000u);
	assert_int_equal(pixel(gpu, 31, 31), 0xffff0000u);
	assert_int_equal(pixel(gpu, 40, 20), 0);
	assert_int_equal(pixel(gpu, 40, 40), 0xff00ff00u);
	/* Four vertices each; the fifth is one too many. */
	assert_int_equal(query_result(gpu, s, 30), 4);
}

TEST(a_geometry_program_draws_nothing_of_what_it_does_not_take)
{
	shader(s, H_FREE + 2, 2, square_text);
	fill(s, 0, 1, 1, 1, 1);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 5, 5), 0);
}

TEST(texels_of_a_buffer_are_fetched)
{
	static const uint8_t texels[8] = {9, 9, 9, 9, 255, 0, 255, 255};
	struct iovec page = {(void *)texels, sizeof(texels)};
	struct bh_gpu_transfer transfer = {.resource = UNIFORMS, .box = {0, 0, 0, 8, 1, 1}};

	assert_int_equal(make_resource(gpu, UNIFORMS, 0, 64, 64, 1), 0);
	assert_int_equal(bh_gpu_transfer_in(gpu, CONTEXT, &transfer, &page, 1), 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SAMPLER_VIEW, 6, H_FREE, UNIFORMS, 67, 1, 15,
		0 | 1 << 3 | 2 << 6 | 3 << 9);
	command(s, BH_CMD_SET_SAMPLER_VIEWS, 0, 3, 1, 0, H_FREE);
	shader(s, H_FS, 1,
	       "FRAG\nDCL OUT[0], COLOR\nDCL SAMP[0]\nDCL SVIEW[0], BUFFER, FLOAT\n"
	       "IMM[0] INT32 {0, 0, 0, 0}\n  0: TXF OUT[0], IMM[0], SAMP[0], BUFFER\n  1: END\n");
	fill(s, 0, 0, 0, 0, 0);
	run(gpu, s);
	assert_int_equal(pixel(gpu, 5, 5), 0xffff00ffu);
}

/* Each of these ends its context. */
static void assert_invalid(struct bh_gpu *gpu, struct stream *s)
{
	assert_int_equal(submit(gpu, s), -EIO);
}

TEST(stream_targets_outside_their_buffer_are_refused)
{
	run(gpu, s);
	assert_int_equal(make_resource(gpu, STREAM, 0, 64, 64, 1), 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_STREAM_TARGET, 4, H_FREE, STREAM, 68, 4);
	assert_invalid(gpu, s);
}

TEST(stream_targets_that_pass_their_buffers_end_are_cut)
{
	struct vertex v[2] = {{{0}, {1}}, {{0}, {2}}};

	use_stream(gpu, s, ~0u);
	make_query(gpu, s, 30, BH_QUERY_PRIMITIVES_EMITTED);
	command(s, BH_CMD_BEGIN_QUERY, 0, 1, 30);
	for (unsigned i = 0; i < 200; i++)
		draw(s, 0, v, 2);
	command(s, BH_CMD_END_QUERY, 0, 1, 30);
	assert_int_equal(query_result(gpu, s, 30), (4096 - 16) / 16);
}

TEST(stream_outputs_that_pass_their_stride_are_refused)
{
	run(gpu, s);
	stream_shader(s, H_VS, vertex_text, 4, 3);
	assert_invalid(gpu, s);
}

TEST(textures_are_no_stream_targets)
{
	run(gpu, s);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_STREAM_TARGET, 4, H_FREE, CANVAS, 0, 64);
	assert_invalid(gpu, s);
}

TEST(uniform_buffers_begin_inside_their_resource)
{
	run(gpu, s);
	assert_int_equal(make_resource(gpu, UNIFORMS, 0, 64, 64, 1), 0);
	command(s, BH_CMD_SET_UNIFORM_BUFFER, 0, 5, 1, 2, 80, 16, UNIFORMS);
	assert_invalid(gpu, s);
}

TEST(uniform_buffers_have_numbers)
{
	run(gpu, s);
	command(s, BH_CMD_SET_UNIFORM_BUFFER, 0, 5, 1, 16, 0, 0, 0);
	assert_invalid(gpu, s);
}

TEST(conditions_are_queries)
{
	run(gpu, s);
	command(s, BH_CMD_SET_RENDER_CONDITION, 0, 3, H_SURFACE, 0, 0);
	assert_invalid(gpu, s);
}

TEST(views_that_pass_the_end_of_a_buffer_are_refused)
{
	run(gpu, s);
	assert_int_equal(make_resource(gpu, UNIFORMS, 0, 64, 64, 1), 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SAMPLER_VIEW, 6, H_FREE, UNIFORMS, 67, 0, 16, 0);
	assert_invalid(gpu, s);
}

TEST(geometry_programs_that_run_more_than_once_are_refused)
{
	run(gpu, s);
	shader(s, H_FREE + 2, 2, "GEOM\nPROPERTY GS_INVOCATIONS 2\nDCL OUT[0], POSITION\n0: END\n");
	assert_invalid(gpu, s);
}

TEST(geometry_programs_read_vertices_that_there_are)
{
	run(gpu, s);
	shader(s, H_FREE + 2, 2, GEOMETRY_HEAD "0: MOV OUT[0], IN[1][0]\n1: END\n");
	assert_invalid(gpu, s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(integers_are_copied_bit_by_bit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(integer_targets_are_cleared_to_integers, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(float_targets_keep_what_is_outside_0_and_1, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(packed_floats_are_rounded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(srgb_targets_encode_and_blend_linearly, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(vertices_are_streamed_out_by_triangle, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_does_not_fit_is_dropped_by_whole_primitives,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(streams_go_on_where_they_were_paused, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(as_many_vertices_are_drawn_as_were_streamed_out,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_condition_that_does_not_hold_stops_drawing,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(constants_come_from_buffers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(samples_are_covered_and_resolved, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_sample_mask_leaves_samples_out, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_geometry_program_makes_squares_of_points, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			a_geometry_program_draws_nothing_of_what_it_does_not_take, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(texels_of_a_buffer_are_fetched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(stream_targets_outside_their_buffer_are_refused,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(stream_targets_that_pass_their_buffers_end_are_cut,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(stream_outputs_that_pass_their_stride_are_refused,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(textures_are_no_stream_targets, set_up, tear_down),
		cmocka_unit_test_setup_teardown(uniform_buffers_begin_inside_their_resource, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(uniform_buffers_have_numbers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(conditions_are_queries, set_up, tear_down),
		cmocka_unit_test_setup_teardown(views_that_pass_the_end_of_a_buffer_are_refused,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			geometry_programs_that_run_more_than_once_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(geometry_programs_read_vertices_that_there_are,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
