/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What generated code reads from textures of any format, wrap mode, filter, shape and size is what
 * the interpreter reads: the upper bits of the numbers in one half of the picture, the lower in the
 * other.
 */
#include "stream.h"
#include "test.h"

#include "base/alloc.h"
#include "gpu/texture/format.h"

#include <stdlib.h>

enum { T_2D = 2, T_3D = 3, T_CUBE = 4, T_ARRAY = 7 };

struct texels {
	uint32_t format, target, width, height, depth, levels;
	unsigned wraps[3], filter, mip;
	bool compares, seamless, fetched;
};

/* w of a coordinate says which bits are wanted. */
#define TEXT(target, extra, operation)                                                             \
	"FRAG\nDCL IN[0], COLOR, PERSPECTIVE\nDCL OUT[0], COLOR\nDCL SAMP[0]\nDCL "                \
	"SVIEW[0], " target ", " extra "\nDCL TEMP[0..1]\nIMM[0] FLT32 {65536.0, 0.0, 0.0, 0.0}\n" \
	"  0: " operation " TEMP[0], IN[0], SAMP[0], " target                                      \
	"\n  1: MUL TEMP[1], TEMP[0], IMM[0].xxxx\n  2: FRC TEMP[1], TEMP[1]\n"                    \
	"  3: CMP OUT[0], IN[0].wwww, TEMP[0], TEMP[1]\n  4: END\n"
#define INTEGER_TEXT(target, kind)                                                                \
	"FRAG\nDCL IN[0], COLOR, PERSPECTIVE\nDCL OUT[0], COLOR\nDCL SAMP[0]\nDCL "               \
	"SVIEW[0], " target ", " kind "\nDCL TEMP[0..1]\nIMM[0] UINT32 {255, 13, 0, 0}\n"         \
	"IMM[1] FLT32 {0.00392156863, 0.0, 0.0, 0.0}\n"                                           \
	"  0: TEX TEMP[0], IN[0], SAMP[0], " target "\n  1: USHR TEMP[1], TEMP[0], IMM[0].yyyy\n" \
	"  2: XOR TEMP[0], TEMP[0], TEMP[1]\n  3: AND TEMP[0], TEMP[0], IMM[0].xxxx\n"            \
	"  4: U2F TEMP[0], TEMP[0]\n  5: MUL OUT[0], TEMP[0], IMM[1].xxxx\n  6: END\n"

#define FETCH_TEXT(target)                                                                     \
	"FRAG\nDCL IN[0], COLOR, PERSPECTIVE\nDCL OUT[0], COLOR\nDCL SAMP[0]\nDCL "            \
	"SVIEW[0], " target ", FLOAT\nDCL TEMP[0..1]\nIMM[0] FLT32 {65536.0, 9.0, 1.0, 0.0}\n" \
	"  0: MUL TEMP[1], IN[0], IMM[0].yyzw\n  1: F2I TEMP[1], TEMP[1]\n"                    \
	"  2: TXF TEMP[0], TEMP[1], SAMP[0], " target "\n"                                     \
	"  3: MUL TEMP[1], TEMP[0], IMM[0].xxxx\n  4: FRC TEMP[1], TEMP[1]\n"                  \
	"  5: CMP OUT[0], IN[0].wwww, TEMP[0], TEMP[1]\n  6: END\n"

static const char *program_of(const struct texels *texels)
{
	const struct bh_format *format = bh_format_get(texels->format);

	if (texels->compares)
		return TEXT("SHADOW2D", "FLOAT", "TEX");
	if (texels->fetched)
		return texels->target == T_3D      ? FETCH_TEXT("3D")
		       : texels->target == T_ARRAY ? FETCH_TEXT("2D_ARRAY")
						   : FETCH_TEXT("2D");
	if (format->type == BH_CHANNEL_UINT)
		return INTEGER_TEXT("2D", "UINT");
	if (format->type == BH_CHANNEL_SINT)
		return INTEGER_TEXT("2D", "SINT");
	return texels->target == T_3D      ? TEXT("3D", "FLOAT", "TEX")
	       : texels->target == T_CUBE  ? TEXT("CUBE", "FLOAT", "TEX")
	       : texels->target == T_ARRAY ? TEXT("2D_ARRAY", "FLOAT", "TEX")
					   : TEXT("2D", "FLOAT", "TEX");
}

static uint32_t at_level(uint32_t size, unsigned level)
{
	return size >> level ? size >> level : 1;
}

/* Numbers of all kinds; depth as floats must be depth. */
static void fill_bytes(const struct bh_format *format, uint8_t *data, size_t size)
{
	uint32_t random = 77;

	for (size_t i = 0; i + 4 <= size; i += 4) {
		uint32_t word;

		random = random * 1664525u + 1013904223u;
		word = random ^ random >> 15;
		if (format->depth_float ||
		    (format->type == BH_CHANNEL_FLOAT && format->bits[0] == 32 && word & 3))
			word = bits((float)(word & 0xffffff) / 16777216.0f);
		else if (format->type == BH_CHANNEL_FLOAT && format->bits[0] == 16 && word & 3)
			word &= 0x3bffbbff;
		memcpy(data + i, &word, 4);
	}
}

static void load(struct bh_gpu *gpu, const struct texels *texels)
{
	const struct bh_format *format = bh_format_get(texels->format);
	bool volume = texels->target == T_3D;
	struct bh_gpu_resource_args args = {
		.handle = TEXTURE,
		.target = texels->target,
		.format = texels->format,
		.width = texels->width,
		.height = texels->height,
		.depth = volume ? texels->depth : 1,
		.array_size = volume ? 1 : texels->depth,
		.last_level = texels->levels - 1,
	};
	size_t size = (size_t)texels->width * texels->height * texels->depth * format->bytes + 4;
	struct iovec pages = {bh_alloc(size), size};

	fill_bytes(format, pages.iov_base, size);
	assert_int_equal(bh_gpu_resource_create(gpu, &args), 0);
	assert_int_equal(bh_gpu_context_attach(gpu, CONTEXT, TEXTURE), 0);
	for (unsigned i = 0; i < texels->levels; i++) {
		struct bh_gpu_transfer transfer = {
			.resource = TEXTURE,
			.level = i,
			.box = {0, 0, 0, at_level(texels->width, i), at_level(texels->height, i),
				volume ? at_level(texels->depth, i) : texels->depth},
		};

		assert_int_equal(bh_gpu_transfer_in(gpu, CONTEXT, &transfer, &pages, 1), 0);
	}
	free(pages.iov_base);
}

static void bind(struct stream *s, const struct texels *texels)
{
	uint32_t sampler = texels->wraps[0] | texels->wraps[1] << 3 | texels->wraps[2] << 6 |
			   texels->filter << 9 | texels->mip << 11 | texels->filter << 13;
	bool layers = texels->target == T_ARRAY || texels->target == T_CUBE;
	uint32_t last_layer = layers ? texels->depth - 1 : 0;

	if (texels->compares)
		sampler |= 1u << 15 | 3u << 16;
	if (texels->seamless)
		sampler |= 1u << 19;
	shader(s, H_FREE, 1, program_of(texels));
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SAMPLER_STATE, 9, H_FREE + 1, sampler, 0, 0,
		bits(1000), bits(0.3f), bits(1.7f), bits(0.123456f), bits(0.9f));
	command(s, BH_CMD_BIND_SAMPLERS, 0, 3, 1, 0, H_FREE + 1);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SAMPLER_VIEW, 6, H_FREE + 2, TEXTURE,
		texels->format | texels->target << 24, last_layer << 16, (texels->levels - 1) << 8,
		0 | 1 << 3 | 2 << 6 | 3 << 9);
	command(s, BH_CMD_SET_SAMPLER_VIEWS, 0, 3, 1, 0, H_FREE + 2);
}

/* A part of the canvas's height: turned, ever smaller, over all edges. */
static void draw_part(struct stream *s, float y0, float y1, float size, float sign)
{
	struct vertex v[4] = {{{-1, y0, 0, 1}, {-0.4f * size, -0.7f * size, -0.3f * size, sign}},
			      {{1, y0, 0, 1}, {0.9f * size, -0.2f * size, 1.2f * size, sign}},
			      {{4, 4 * y1, 0, 4}, {1.3f * size, 1.9f * size, 2.1f * size, sign}},
			      {{-4, 4 * y1, 0, 4}, {-0.6f * size, 1.1f * size, 0.8f * size, sign}}};

	draw(s, 6, v, 4);
}

static bool picture(enum bh_gpu_backend backend, const struct texels *texels,
		    uint32_t pixels[SIZE * SIZE])
{
	struct bh_gpu_config config = {
		.backend = backend, .level = BH_GPU_LEVEL_C, .threads = 1, .compile_now = true};
	struct bh_gpu *gpu = bh_gpu_create(&config, NULL);
	struct stream *s;

	if (!gpu)
		return false;
	s = bh_alloc(sizeof(*s));
	bh_gpu_context_create(gpu, CONTEXT, "test", 4);
	begin(gpu, s);
	load(gpu, texels);
	bind(s, texels);
	draw_part(s, -1, 0, 1, -1);
	draw_part(s, 0, 0.8f, 1, 1);
	draw_part(s, 0.8f, 0.9f, 1e30f, -1);
	draw_part(s, 0.9f, 1, 30, -1);
	assert_int_equal(submit(gpu, s), 0);
	bh_gpu_read_pixels(gpu, CANVAS, 0, 0, SIZE, SIZE, pixels, SIZE * 4);
	bh_gpu_destroy(gpu);
	free(s);
	return true;
}

static bool varies(const uint32_t pixels[SIZE * SIZE])
{
	for (unsigned i = 1; i < SIZE * SIZE; i++) {
		if (pixels[i] != pixels[0])
			return true;
	}
	return false;
}

static void check(const struct texels *texels)
{
	static uint32_t expected[SIZE * SIZE], drawn[SIZE * SIZE];
	bool checked = false;

	assert_true(picture(BH_GPU_INTERPRETER, texels, expected));
	assert_true(varies(expected));
	for (int backend = BH_GPU_SIMD4; backend <= BH_GPU_SIMD16; backend++) {
		if (!picture(backend, texels, drawn))
			continue; /* not on this CPU */
		checked = true;
		for (unsigned i = 0; i < SIZE * SIZE; i++) {
			if (drawn[i] != expected[i])
				fail_msg("%s, target %u, wraps %u %u, filter %u, mip %u, back end "
					 "%d, "
					 "pixel %u, %u: %08x, not %08x",
					 bh_format_get(texels->format)->name, texels->target,
					 texels->wraps[0], texels->wraps[1], texels->filter,
					 texels->mip, backend, i % SIZE, i / SIZE, drawn[i],
					 expected[i]);
		}
	}
	if (!checked)
		skip();
}

/* Between them all wrap modes, both filters and all ways between levels. */
static void texels_of_all_formats_are_alike(void **state)
{
	const struct bh_format *format;
	unsigned count = 0;

	(void)state;
	for (size_t i = 0; (format = bh_format_at(i)); i++) {
		struct texels texels = {.format = format->number,
					.target = T_2D,
					.width = 23,
					.height = 37,
					.depth = 1,
					.levels = 3,
					.wraps = {count % 8, count / 3 % 8, 0}};

		if (!bh_format_is_sampled(format, BH_GPU_LEVEL_C) || format->bytes == 12)
			continue;
		count++;
		texels.filter = !bh_format_is_integer(format) && count % 4;
		texels.mip = bh_format_is_integer(format) ? 2 : count % 3;
		check(&texels);
	}
	assert_true(count > 60);
}

static void all_wrap_modes_are_alike(void **state)
{
	/* Four bytes, one byte, depth, half floats. */
	static const uint32_t formats[] = {1, 9, 19, 94};

	(void)state;
	for (unsigned wrap = 0; wrap < 8; wrap++) {
		for (unsigned i = 0; i < 8; i++) {
			struct texels texels = {.format = formats[i / 2],
						.target = T_2D,
						.width = 16,
						.height = 9,
						.depth = 1,
						.levels = 1,
						.wraps = {wrap, (wrap + i) % 8, 0},
						.filter = i % 2,
						.mip = 2};

			check(&texels);
		}
	}
}

static void comparisons_with_the_border_are_alike(void **state)
{
	static const uint32_t formats[] = {16, 18, 19};

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct texels texels = {.format = formats[i / 2],
					.target = T_2D,
					.width = 8,
					.height = 8,
					.depth = 1,
					.levels = 1,
					.wraps = {3, 1, 0},
					.filter = i % 2,
					.mip = 2,
					.compares = true};

		check(&texels);
	}
}

static void volumes_and_arrays_are_alike(void **state)
{
	static const uint32_t formats[] = {67, 64, 94, 104};

	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		struct texels texels = {.format = formats[i / 4],
					.target = i % 2 ? T_3D : T_ARRAY,
					.width = 13,
					.height = 6,
					.depth = 5,
					.levels = 1 + i / 2 % 2 * 2,
					.wraps = {i % 8, (i + 3) % 8, (i + 6) % 8},
					.filter = i / 2 % 2,
					.mip = i / 2 % 2};

		check(&texels);
	}
}

/* Small faces: there are edges and corners everywhere. */
static void cubes_are_alike(void **state)
{
	static const uint32_t formats[] = {67, 64, 94, 104};
	static const uint32_t sizes[] = {1, 2, 5, 16};

	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		struct texels texels = {.format = formats[i / 4],
					.target = T_CUBE,
					.width = sizes[i % 4],
					.height = sizes[i % 4],
					.depth = 6,
					.levels = i % 4 == 3 ? 3 : 1,
					.filter = i != 3,
					.mip = i % 4 == 3 ? i / 4 % 2 : 2,
					.seamless = i != 7};

		check(&texels);
	}
}

/* Also outside, where all is 0; with several levels and one. */
static void fetched_texels_are_alike(void **state)
{
	static const uint32_t formats[] = {67, 64, 94, 104, 19, 18};

	(void)state;
	for (unsigned i = 0; i < 12; i++) {
		struct texels texels = {.format = formats[i % 6],
					.target = i == 6   ? T_3D
						  : i == 8 ? T_ARRAY
							   : T_2D,
					.width = 11,
					.height = 7,
					.depth = i == 6 || i == 8 ? 2 : 1,
					.levels = i == 7 ? 2 : 1,
					.mip = 2,
					.fetched = true};

		check(&texels);
	}
}

static void the_smallest_textures_are_alike(void **state)
{
	static const uint32_t sizes[][2] = {{1, 1}, {2, 1}, {1, 3}, {3, 2}};

	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		struct texels texels = {.format = i % 2 ? 67 : 92,
					.target = T_2D,
					.width = sizes[i / 4][0],
					.height = sizes[i / 4][1],
					.depth = 1,
					.levels = 1,
					.wraps = {i % 4 < 2 ? 0 : 3, i % 4 < 2 ? 4 : 2, 0},
					.filter = 1,
					.mip = 2};

		check(&texels);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texels_of_all_formats_are_alike),
		cmocka_unit_test(all_wrap_modes_are_alike),
		cmocka_unit_test(comparisons_with_the_border_are_alike),
		cmocka_unit_test(volumes_and_arrays_are_alike),
		cmocka_unit_test(cubes_are_alike),
		cmocka_unit_test(fetched_texels_are_alike),
		cmocka_unit_test(the_smallest_textures_are_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
