/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Generated code takes texels in other ways where they lie near each other: each must give the bits
 * that the interpreter gives, which takes them one by one.
 */
#include "stream.h"
#include "test.h"

#include "base/alloc.h"

#include <stdlib.h>

#define WIDTH   37
#define HEIGHT  64
#define NEAREST 0
#define LINEAR  1
#define REPEAT  0
#define EDGE    2
#define MIRROR  4

static const char once[] =
	"FRAG\nDCL IN[0], COLOR, PERSPECTIVE\nDCL OUT[0], COLOR\nDCL SAMP[0]\n"
	"DCL SVIEW[0], 2D, FLOAT\n  0: TEX OUT[0], IN[0], SAMP[0], 2D\n  1: END\n";

/* Samples that have rows and columns in common, and more than are made part of the program. */
static const char many[] =
	"FRAG\nDCL IN[0], COLOR, PERSPECTIVE\nDCL OUT[0], COLOR\nDCL SAMP[0]\n"
	"DCL SVIEW[0], 2D, FLOAT\nDCL TEMP[0..2]\n"
	"IMM[0] FLT32 {0.02, -0.05, 0.125, 0.0}\n"
	"  0: TEX TEMP[0], IN[0], SAMP[0], 2D\n"
	"  1: ADD TEMP[1], IN[0], IMM[0].xwww\n  2: TEX TEMP[2], TEMP[1], SAMP[0], 2D\n"
	"  3: ADD TEMP[0], TEMP[0], TEMP[2]\n"
	"  4: ADD TEMP[1], IN[0], IMM[0].ywww\n  5: TEX TEMP[2], TEMP[1], SAMP[0], 2D\n"
	"  6: ADD TEMP[0], TEMP[0], TEMP[2]\n"
	"  7: ADD TEMP[1], IN[0], IMM[0].xyww\n  8: TEX TEMP[2], TEMP[1], SAMP[0], 2D\n"
	"  9: ADD TEMP[0], TEMP[0], TEMP[2]\n"
	" 10: ADD TEMP[1], IN[0], IMM[0].yyww\n 11: TEX TEMP[2], TEMP[1], SAMP[0], 2D\n"
	" 12: ADD TEMP[0], TEMP[0], TEMP[2]\n"
	" 13: ADD TEMP[1], IN[0], IMM[0].wyww\n 14: TEX TEMP[2], TEMP[1], SAMP[0], 2D\n"
	" 15: ADD TEMP[0], TEMP[0], TEMP[2]\n"
	" 16: ADD TEMP[1], IN[0], IMM[0].xxww\n 17: TEX TEMP[2], TEMP[1], SAMP[0], 2D\n"
	" 18: ADD TEMP[0], TEMP[0], TEMP[2]\n"
	" 19: MUL OUT[0], TEMP[0], IMM[0].zzzz\n 20: END\n";

static void make_texture(struct bh_gpu *gpu, struct stream *s)
{
	uint32_t random = 99;

	assert_int_equal(make_resource(gpu, TEXTURE, 2, 1, WIDTH, HEIGHT), 0);
	s->dwords[s->count++] = BH_CMD_INLINE_WRITE | (11 + WIDTH * HEIGHT) << 16;
	memcpy(&s->dwords[s->count], (uint32_t[]){TEXTURE, 0, 0, 0, 0, 0, 0, 0, WIDTH, HEIGHT, 1},
	       44);
	s->count += 11;
	for (unsigned i = 0; i < WIDTH * HEIGHT; i++) {
		random = random * 1664525u + 1013904223u;
		s->dwords[s->count++] = random ^ random >> 15;
	}
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SAMPLER_VIEW, 6, H_FREE, TEXTURE, 1 | 2u << 24,
		0, 0, 0 | 1 << 3 | 2 << 6 | 3 << 9);
	command(s, BH_CMD_SET_SAMPLER_VIEWS, 0, 3, 1, 0, H_FREE);
}

/* From corner to corner of a rectangle on the canvas, in pixels: what part of the texture is shown,
 * in texels, and by how much of it each row is shifted against the one below. */
struct image {
	float x0, y0, x1, y1;
	float s0, t0, s1, t1, shear;
};

static const struct image images[] = {
	{0, 0, 37, 64, 0, 0, 37, 64, 0},         /* in its own size */
	{3, 1, 40, 63, 0, 0, 37, 62, 0},         /* not where groups of pixels begin */
	{0, 0, 37, 64, 37, 64, 0, 0, 0},         /* mirrored in both directions */
	{0, 0, 64, 64, 5, 7, 26, 31, 0},         /* three times as large */
	{0, 0, 64, 64, 0, 0, 128, 120, 0},       /* half as large */
	{0, 0, 64, 64, 0, 0, 300, 64, 0},        /* too far apart for one load */
	{0, 0, 64, 64, -20, -30, 60, 90, 0},     /* over its edges */
	{0, 0, 64, 64, 0, 0, 64, 64, 9},         /* rows of pixels that read several rows */
	{0, 0, 64, 64, 36.5f, 63.5f, 37, 64, 0}, /* the last texel alone */
};

static void draw_image(struct stream *s, const struct image *image)
{
	struct vertex v[4];

	for (unsigned i = 0; i < 4; i++) {
		bool right = i == 1 || i == 2, upper = i >= 2;

		v[i] = (struct vertex){
			{(right ? image->x1 : image->x0) / (SIZE / 2) - 1,
			 (upper ? image->y1 : image->y0) / (SIZE / 2) - 1, 0, 1},
			{(right ? image->s1 : image->s0) / WIDTH,
			 ((upper ? image->t1 : image->t0) + (right ? image->shear : 0)) / HEIGHT, 0,
			 1}};
	}
	draw(s, 6, v, 4);
}

#define IMAGES (sizeof(images) / sizeof(images[0]))

/* All images, each on a canvas of its own. */
static bool pictures(enum bh_gpu_backend backend, const char *program, uint32_t sampler,
		     uint32_t pixels[IMAGES][SIZE * SIZE])
{
	struct bh_gpu *gpu = make_gpu_with(backend, 2, 0);
	struct stream *s = bh_alloc(sizeof(*s));

	for (size_t i = 0; gpu && i < IMAGES; i++) {
		if (!i) {
			begin(gpu, s);
			make_texture(gpu, s);
			shader(s, H_FREE + 1, 1, program);
			command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SAMPLER_STATE, 9, H_FREE + 2,
				sampler, 0, 0, bits(1000), 0, 0, 0, 0);
			command(s, BH_CMD_BIND_SAMPLERS, 0, 3, 1, 0, H_FREE + 2);
		}
		clear(s, 4, 0, 0, 0, 0, 0, 0);
		draw_image(s, &images[i]);
		assert_int_equal(submit(gpu, s), 0);
		bh_gpu_read_pixels(gpu, CANVAS, 0, 0, SIZE, SIZE, pixels[i], SIZE * 4);
	}
	bh_gpu_destroy(gpu);
	free(s);
	return gpu != NULL;
}

static void check(const char *program, unsigned filter, unsigned wrap)
{
	static uint32_t expected[IMAGES][SIZE * SIZE], drawn[IMAGES][SIZE * SIZE];
	uint32_t sampler = wrap | wrap << 3 | filter << 9 | 2u << 11 | filter << 13;
	bool checked = false;

	assert_true(pictures(BH_GPU_INTERPRETER, program, sampler, expected));
	for (size_t i = 0; i < IMAGES; i++)
		assert_int_not_equal(expected[i][SIZE * 20 + 20], 0);
	for (int backend = BH_GPU_SIMD4; backend <= BH_GPU_SIMD16; backend++) {
		if (!pictures(backend, program, sampler, drawn))
			continue; /* not on this CPU */
		checked = true;
		assert_memory_equal(drawn, expected, sizeof(drawn));
	}
	if (!checked)
		skip();
}

static void nearest_texels_are_alike(void **state)
{
	(void)state;
	check(once, NEAREST, EDGE);
	check(once, NEAREST, REPEAT);
}

static void linear_filters_are_alike(void **state)
{
	(void)state;
	check(once, LINEAR, EDGE);
	check(once, LINEAR, REPEAT);
	check(once, LINEAR, MIRROR);
}

static void many_samples_of_one_texture_are_alike(void **state)
{
	(void)state;
	check(many, NEAREST, EDGE);
	check(many, LINEAR, REPEAT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nearest_texels_are_alike),
		cmocka_unit_test(linear_filters_are_alike),
		cmocka_unit_test(many_samples_of_one_texture_are_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
