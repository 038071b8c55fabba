/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gpu_texels [BACKEND [ROW]]: what a pixel costs that shows one sample of a texture, in nanoseconds
 * of CPU time of one thread. Textures of several sizes, turned by angles, larger and smaller
 * without mipmaps; then formats and wrap modes beside bytes that repeat.
 */
#include "../tests/gpu/stream.h"
#include "bench.h"

#include <math.h>
#include <stdio.h>

#define WIDE    1024
#define DRAWS   2
#define PASSES  5
#define TARGET  10
#define SOURCE  40 /* textures: this and the following */
#define PIXELS  ((double)WIDE * WIDE * DRAWS)
#define REPEAT  0
#define BORDER  3
#define EDGE    2
#define NEAREST 0
#define LINEAR  1

static const char vertex_program[] = "VERT\nDCL IN[0]\nDCL IN[1]\nDCL OUT[0], POSITION\n"
				     "DCL OUT[1], GENERIC[0]\n  0: MOV OUT[0], IN[0]\n"
				     "  1: MOV OUT[1], IN[1]\n  2: END\n";
static const char textured[] = "FRAG\nDCL IN[0], GENERIC[0], PERSPECTIVE\nDCL OUT[0], COLOR\n"
			       "DCL SAMP[0]\nDCL SVIEW[0], 2D, FLOAT\n"
			       "  0: TEX OUT[0], IN[0], SAMP[0], 2D\n  1: END\n";
static const char solid[] = "FRAG\nDCL IN[0], GENERIC[0], PERSPECTIVE\nDCL OUT[0], COLOR\n"
			    "DCL SAMP[0]\nDCL SVIEW[0], 3D, FLOAT\n"
			    "  0: TEX OUT[0], IN[0], SAMP[0], 3D\n  1: END\n";

struct texels {
	const char *name;
	uint32_t format, bytes, size, wrap, filter;
	bool floats; /* whose bits must be numbers */
	unsigned halves;
	unsigned depth; /* slices; 0: 2D */
};

static const struct texels sizes[] = {
	{"256x256", 67, 4, 256, REPEAT, LINEAR, 0, 0, 0},
	{"1024x1024", 67, 4, 1024, REPEAT, LINEAR, 0, 0, 0},
	{"4096x4096", 67, 4, 4096, REPEAT, LINEAR, 0, 0, 0},
};

static const struct texels kinds[] = {
	{"RGBA8", 67, 4, 256, REPEAT, LINEAR, 0, 0, 0},
	{"RGBA8, nearest", 67, 4, 256, REPEAT, NEAREST, 0, 0, 0},
	{"RGBA8, border", 67, 4, 256, BORDER, LINEAR, 0, 0, 0},
	{"RGBA8, border, nearest", 67, 4, 256, BORDER, NEAREST, 0, 0, 0},
	{"sRGB8A8", 104, 4, 256, REPEAT, LINEAR, 0, 0, 0},
	{"sRGB8A8, nearest", 104, 4, 256, REPEAT, NEAREST, 0, 0, 0},
	{"R8", 64, 1, 256, REPEAT, LINEAR, 0, 0, 0},
	{"RG8", 65, 2, 256, REPEAT, LINEAR, 0, 0, 0},
	{"RGB10A2", 8, 4, 256, REPEAT, LINEAR, 0, 0, 0},
	{"RGB565", 7, 2, 256, REPEAT, LINEAR, 0, 0, 0},
	{"R11G11B10F", 124, 4, 256, REPEAT, LINEAR, 0, 0, 0},
	{"R16F", 91, 2, 256, REPEAT, LINEAR, 0, 1, 0},
	{"RG16F", 92, 4, 256, REPEAT, LINEAR, 0, 1, 0},
	{"RGBA16F", 94, 8, 256, REPEAT, LINEAR, 0, 1, 0},
	{"RGBA16F, nearest", 94, 8, 256, REPEAT, NEAREST, 0, 1, 0},
	{"RGBA16F, border", 94, 8, 256, BORDER, LINEAR, 0, 1, 0},
	{"R32F", 28, 4, 256, REPEAT, LINEAR, 1, 0, 0},
	{"RG32F", 29, 8, 256, REPEAT, LINEAR, 1, 0, 0},
	{"RGBA32F", 31, 16, 256, REPEAT, LINEAR, 1, 0, 0},
	{"RGBA32F, nearest", 31, 16, 256, REPEAT, NEAREST, 1, 0, 0},
	{"RGBA8, volume", 67, 4, 64, REPEAT, LINEAR, 0, 0, 64},
	{"RGBA16F, volume", 94, 8, 64, REPEAT, LINEAR, 0, 1, 64},
};

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct scene {
	struct bh_gpu *gpu;
	struct stream *stream;
	float step_s, step_t; /* a pixel to the right, in texture coordinates */
};

static void must(int result, const char *what)
{
	if (result)
		bench_die(what, "the GPU");
}

static void open_scene(struct scene *scene, enum bh_gpu_backend backend)
{
	struct bh_gpu_config config = {.level = BH_GPU_LEVEL_C,
				       .threads = 1,
				       .compile_now = true,
				       .backend = backend,
				       .memory_quota = 1u << 30};
	struct stream *s;

	scene->gpu = bh_gpu_create(&config, NULL);
	if (!scene->gpu)
		bench_die("no back end", "the GPU");
	scene->stream = s = calloc(1, sizeof(*s));
	bh_gpu_context_create(scene->gpu, CONTEXT, "bench", 5);
	begin(scene->gpu, s);
	make_resource(scene->gpu, TARGET, 2, 1, WIDE, WIDE);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, 30, TARGET, 1, 0, 0);
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, 0, 30);
	command(s, BH_CMD_SET_VIEWPORT, 0, 7, 0, bits(WIDE / 2), bits(WIDE / 2), bits(0.5f),
		bits(WIDE / 2), bits(WIDE / 2), bits(0.5f));
	shader(s, 32, 0, vertex_program);
	shader(s, 33, 1, textured);
	must(submit(scene->gpu, s), "the stream is refused");
}

static void fill_texels(const struct texels *texels, uint8_t *data, size_t bytes)
{
	uint32_t random = 1;

	for (size_t i = 0; i < bytes; i += 4) {
		uint32_t word;

		random = random * 1664525u + 1013904223u;
		word = random ^ random >> 15;
		if (texels->floats)
			word = bits((float)(word & 0xffff) / 65536.0f);
		else if (texels->halves)
			word &= 0x3bff3bff;
		memcpy(data + i, &word, 4);
	}
}

static void set_texture(struct scene *scene, const struct texels *texels, uint32_t handle)
{
	unsigned slices = texels->depth ? texels->depth : 1;
	uint32_t target = texels->depth ? 3 : 2;
	struct bh_gpu_resource_args args = {.handle = handle,
					    .target = target,
					    .format = texels->format,
					    .width = texels->size,
					    .height = texels->size,
					    .depth = slices,
					    .array_size = 1};
	struct bh_gpu_transfer transfer = {.resource = handle,
					   .box = {0, 0, 0, texels->size, texels->size, slices}};
	size_t bytes = (size_t)texels->size * texels->size * texels->bytes * slices;
	struct iovec pages = {malloc(bytes), bytes};
	struct stream *s = scene->stream;
	uint32_t border[4] = {bits(0.2f), bits(0.4f), bits(0.6f), bits(0.8f)};

	fill_texels(texels, pages.iov_base, bytes);
	must(bh_gpu_resource_create(scene->gpu, &args), texels->name);
	must(bh_gpu_context_attach(scene->gpu, CONTEXT, handle), texels->name);
	must(bh_gpu_transfer_in(scene->gpu, CONTEXT, &transfer, &pages, 1), texels->name);
	free(pages.iov_base);
	shader(s, handle + 3000, 1, texels->depth ? solid : textured);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SAMPLER_STATE, 9, handle + 1000,
		texels->wrap | texels->wrap << 3 | texels->wrap << 6 | texels->filter << 9 |
			2u << 11 | texels->filter << 13,
		0, 0, bits(1000), border[0], border[1], border[2], border[3]);
	command(s, BH_CMD_BIND_SAMPLERS, 0, 3, 1, 0, handle + 1000);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SAMPLER_VIEW, 6, handle + 2000, handle,
		texels->format | target << 24, 0, 0, 0 | 1 << 3 | 2 << 6 | 3 << 9);
	command(s, BH_CMD_SET_SAMPLER_VIEWS, 0, 3, 1, 0, handle + 2000);
	must(submit(scene->gpu, s), texels->name);
}

/* All of the image; the texture is turned around a corner of it. */
static void draw_turned(void *data)
{
	struct scene *scene = data;
	float s = scene->step_s * WIDE, t = scene->step_t * WIDE;

	for (unsigned i = 0; i < DRAWS; i++) {
		float a = 0.013f * (float)i;
		struct vertex v[4] = {{{-1, -1, 0, 1}, {a, a, a, 1}},
				      {{1, -1, 0, 1}, {a + s, a + t, a, 1}},
				      {{1, 1, 0, 1}, {a + s - t, a + t + s, a + 1, 1}},
				      {{-1, 1, 0, 1}, {a - t, a + s, a + 1, 1}}};

		draw(scene->stream, 6, v, 4);
	}
	must(submit(scene->gpu, scene->stream), "the stream is refused");
	bh_gpu_wait(scene->gpu);
}

static double time_turned(struct scene *scene, uint32_t size, float angle, float scale)
{
	struct bench_pair pair;

	scene->step_s = cosf(angle * 3.14159265f / 180) / (float)size * scale;
	scene->step_t = sinf(angle * 3.14159265f / 180) / (float)size * scale;
	pair = bench_compare(draw_turned, draw_turned, scene, PASSES);
	return (pair.own < pair.peer ? pair.own : pair.peer) / PIXELS;
}

static void print(const char *what, const char *peer, double own, double other)
{
	char figure[32], beside[64];

	snprintf(figure, sizeof(figure), "%.2f ns", own);
	snprintf(beside, sizeof(beside), "%s %.2f ns", peer, other);
	bench_result(what, figure, beside, other / own);
}

int main(int argc, char **argv)
{
	static const float angles[] = {0, 30, 45, 90}, scales[] = {1, 4, 0.25f};
	enum bh_gpu_backend backend =
		argc > 1 ? (enum bh_gpu_backend)strtol(argv[1], NULL, 10) : BH_GPU_AUTO;
	const char *only = argc > 2 ? argv[2] : NULL;
	struct scene scene;
	double bytes = 0;
	char what[96];

	open_scene(&scene, backend);
	for (unsigned i = 0; i < SIZES; i++) {
		if (only && strcmp(only, sizes[i].name) != 0)
			continue;
		set_texture(&scene, &sizes[i], SOURCE + i);
		for (unsigned k = 0; k < 3; k++) {
			double level = 0;

			for (unsigned a = 0; a < 4; a++) {
				double own =
					time_turned(&scene, sizes[i].size, angles[a], scales[k]);

				level = a ? level : own;
				snprintf(what, sizeof(what),
					 "gpu %s, %.0f degrees, %g texels a pixel", sizes[i].name,
					 angles[a], scales[k]);
				print(what, "0 degrees", own, level);
			}
		}
	}
	for (unsigned i = 0; i < KINDS; i++) {
		double own;

		if (only && strcmp(only, kinds[i].name) != 0)
			continue;
		set_texture(&scene, &kinds[i], SOURCE + SIZES + i);
		own = time_turned(&scene, kinds[i].size, 30, 0.7f);
		bytes = bytes > 0 ? bytes : own;
		snprintf(what, sizeof(what), "gpu %s, 30 degrees", kinds[i].name);
		print(what, "RGBA8", own, bytes);
	}
	bh_gpu_destroy(scene.gpu);
	free(scene.stream);
	return 0;
}
