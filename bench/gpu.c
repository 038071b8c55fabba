/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual GPU's inner loops, each beside what this machine does at best with the same bytes: a
 * loop in C that does nothing else. One thread; then two beside one, by the clock on the wall.
 */
#include "../tests/gpu/stream.h"
#include "bench.h"

#include <stdio.h>
#include <time.h>

#define WIDE    1024
#define TEXELS  256
#define DRAWS   8 /* quads, or strips of triangles, a submission */
#define SMALL   4 /* pixels on a side of a small triangle's box */
#define PASSES  15
#define TARGET  10
#define TARGETZ 11
#define POINTS  12 /* vertices of a mesh */
#define MESH    ((size_t)3 * 10000)
#define PIXELS  ((size_t)WIDE * WIDE * DRAWS)

struct scene {
	struct bh_gpu *gpu;
	struct stream *stream;
	uint32_t *image, *texture;
	float weight_x, weight_y;
	volatile uint32_t sink;
};

static const char vertex_program[] = "VERT\nDCL IN[0]\nDCL IN[1]\nDCL OUT[0], POSITION\n"
				     "DCL OUT[1], GENERIC[0]\n  0: MOV OUT[0], IN[0]\n"
				     "  1: MOV OUT[1], IN[1]\n  2: END\n";
static const char plain[] = "FRAG\nDCL IN[0], GENERIC[0], PERSPECTIVE\nDCL OUT[0], COLOR\n"
			    "  0: MOV OUT[0], IN[0]\n  1: END\n";
/* Turned, put into perspective and lit. */
static const char turning[] = "VERT\nDCL IN[0]\nDCL IN[1]\nDCL OUT[0], POSITION\n"
			      "DCL OUT[1], GENERIC[0]\nDCL TEMP[0..2]\n"
			      "IMM[0] FLT32 {0.8, 0.6, -0.6, 1.0}\n"
			      "IMM[1] FLT32 {0.3, 0.5, 0.8, 0.1}\n"
			      "  0: MUL TEMP[0], IN[0].xxxx, IMM[0].xyww\n"
			      "  1: MAD TEMP[0], IN[0].yyyy, IMM[0].zxyw, TEMP[0]\n"
			      "  2: MAD TEMP[0], IN[0].zzzz, IMM[1].wwxy, TEMP[0]\n"
			      "  3: DP3 TEMP[1].x, IN[1], IN[1]\n"
			      "  4: RSQ TEMP[1].x, TEMP[1].xxxx\n"
			      "  5: MUL TEMP[1], IN[1], TEMP[1].xxxx\n"
			      "  6: DP3 TEMP[2].x, TEMP[1], IMM[1]\n"
			      "  7: MAX TEMP[2].x, TEMP[2].xxxx, IMM[1].wwww\n"
			      "  8: MUL TEMP[2].y, TEMP[2].xxxx, TEMP[2].xxxx\n"
			      "  9: MUL TEMP[2].y, TEMP[2].yyyy, TEMP[2].yyyy\n"
			      " 10: MAD OUT[1], IN[1], TEMP[2].xxxx, TEMP[2].yyyy\n"
			      " 11: MOV OUT[0].xyz, IN[0]\n"
			      " 12: MAD OUT[0].w, TEMP[0].xxxx, IMM[1].wwww, IMM[0].wwww\n"
			      " 13: END\n";
static const char textured[] = "FRAG\nDCL IN[0], GENERIC[0], PERSPECTIVE\nDCL OUT[0], COLOR\n"
			       "DCL SAMP[0]\nDCL SVIEW[0], 2D, FLOAT\n"
			       "  0: TEX OUT[0], IN[0], SAMP[0], 2D\n  1: END\n";

#define BLEND_OVER (1u | 0u << 1 | 3u << 4 | 19u << 9 | 0u << 14 | 3u << 17 | 19u << 22)

static void open_scene(struct scene *scene, unsigned threads)
{
	struct bh_gpu_config config = {
		.level = BH_GPU_LEVEL_A, .threads = threads, .compile_now = true};
	struct stream *s;

	memset(scene, 0, sizeof(*scene));
	scene->gpu = bh_gpu_create(&config, NULL);
	if (!scene->gpu)
		bench_die("the GPU", "no back end");
	scene->stream = s = calloc(1, sizeof(*s));
	bh_gpu_context_create(scene->gpu, CONTEXT, "bench", 5);
	begin(scene->gpu, s);
	make_resource(scene->gpu, TARGET, 2, 1, WIDE, WIDE);
	make_resource(scene->gpu, TARGETZ, 2, 19, WIDE, WIDE);
	make_resource(scene->gpu, TEXTURE, 2, 1, TEXELS, TEXELS);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, 30, TARGET, 1, 0, 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, 31, TARGETZ, 19, 0, 0);
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, 31, 30);
	command(s, BH_CMD_SET_VIEWPORT, 0, 7, 0, bits(WIDE / 2), bits(WIDE / 2), bits(0.5f),
		bits(WIDE / 2), bits(WIDE / 2), bits(0.5f));
	shader(s, 32, 0, vertex_program);
	shader(s, 33, 1, plain);
	if (submit(scene->gpu, s))
		bench_die("the GPU", "the stream is refused");
	scene->image = calloc(WIDE * WIDE + 64, 4);
	scene->texture = malloc(TEXELS * TEXELS * 4);
	for (unsigned i = 0; i < TEXELS * TEXELS; i++)
		scene->texture[i] = i * 2654435761u;
	scene->weight_x = scene->weight_y = 0.7f;
}

static void close_scene(struct scene *scene)
{
	bh_gpu_destroy(scene->gpu);
	free(scene->stream);
	free(scene->image);
	free(scene->texture);
}

/* All of the image in one colour. Tiles would only remember it: somebody looks, so it is written.
 */
static void draw_solid(void *data)
{
	struct scene *scene = data;
	uint32_t pixel;

	for (unsigned i = 0; i < DRAWS; i++) {
		float c = (float)i / DRAWS;
		struct vertex v[4] = {{{-1, -1, 0, 1}, {c, 0.2f, 0.3f, 0.5f}},
				      {{1, -1, 0, 1}, {c, 0.2f, 0.3f, 0.5f}},
				      {{1, 1, 0, 1}, {c, 0.2f, 0.3f, 0.5f}},
				      {{-1, 1, 0, 1}, {c, 0.2f, 0.3f, 0.5f}}};

		draw(scene->stream, 6, v, 4);
		if (submit(scene->gpu, scene->stream))
			bench_die("the GPU", "the stream is refused");
		bh_gpu_wait(scene->gpu);
		bh_gpu_read_pixels(scene->gpu, TARGET, 0, 0, 1, 1, &pixel, sizeof(pixel));
	}
}

/* The four corners of everything, in front of what was drawn before. */
static void draw_quads(void *data)
{
	struct scene *scene = data;

	for (unsigned i = 0; i < DRAWS; i++) {
		float z = 0.5f - (float)i * 0.1f;
		struct vertex v[4] = {{{-1, -1, z, 1}, {0.1f, 0.2f, 0.3f, 0.5f}},
				      {{1, -1, z, 1}, {2.9f, 0.2f, 0.3f, 0.5f}},
				      {{1, 1, z, 1}, {2.9f, 3.2f, 0.3f, 0.5f}},
				      {{-1, 1, z, 1}, {0.1f, 3.2f, 0.3f, 0.5f}}};

		draw(scene->stream, 6, v, 4);
	}
	if (submit(scene->gpu, scene->stream))
		bench_die("the GPU", "the stream is refused");
	bh_gpu_wait(scene->gpu);
}

static void draw_depths(void *data)
{
	struct scene *scene = data;

	clear(scene->stream, 1, 0, 0, 0, 0, 1, 0);
	draw_quads(scene);
}

static void draw_triangles(void *data)
{
	struct scene *scene = data;
	struct vertex v[768] = {0};
	unsigned side = 16;

	for (unsigned i = 0; i < 256; i++) {
		float x = (float)(i % side * SMALL) / WIDE * 2 - 1;
		float y = (float)(i / side * SMALL) / WIDE * 2 - 1, step = 2.0f * SMALL / WIDE;
		float at[3][2] = {{x, y}, {x + step, y}, {x, y + step}};

		for (unsigned k = 0; k < 3; k++)
			v[i * 3 + k] = (struct vertex){{at[k][0], at[k][1], 0, 1}, {1, 1, 1, 1}};
	}
	for (unsigned i = 0; i < DRAWS * 8; i++) {
		if (i == 0)
			draw(scene->stream, 4, v, 768);
		else
			command(scene->stream, BH_CMD_DRAW, 0, 12, 0, 768, 4, 0, 1, 0, 0, 0, 0, 0,
				~0u, 0);
	}
	if (submit(scene->gpu, scene->stream))
		bench_die("the GPU", "the stream is refused");
	bh_gpu_wait(scene->gpu);
}

static void set_tested(struct scene *scene)
{
	set_blend(scene->stream, 0, 0, BLEND_MASK(15));
	set_dsa(scene->stream, 1 | 1 << 1 | 1 << 2 /* less */, 0, 0, 0);
}

static void set_untested(struct scene *scene)
{
	set_blend(scene->stream, 0, 0, BLEND_MASK(15));
	set_dsa(scene->stream, 0, 0, 0, 0);
}

/* From the first corner on, nearer than what follows. */
static void draw_wall(struct scene *scene, float size)
{
	clear(scene->stream, 1, 0, 0, 0, 0, 1, 0);
	quad(scene->stream, -1, -1, size - 1, size - 1, -0.9f,
	     (const float[]){0.5f, 0.5f, 0.5f, 1});
}

static void draw_hidden_quads(void *data)
{
	set_tested(data);
	draw_wall(data, 2);
	draw_quads(data);
}

static void draw_untested_quads(void *data)
{
	set_untested(data);
	draw_quads(data);
}

static void draw_hidden_triangles(void *data)
{
	set_tested(data);
	draw_wall(data, 2.0f * 16 * SMALL / WIDE);
	draw_triangles(data);
}

static void draw_untested_triangles(void *data)
{
	set_untested(data);
	draw_triangles(data);
}

/* Triangles all over the image, many of them too small to have a pixel. */
static void draw_mesh(void *data)
{
	struct scene *scene = data;

	command(scene->stream, BH_CMD_SET_VERTEX_BUFFERS, 0, 3, 32, 0, POINTS);
	for (unsigned i = 0; i < DRAWS; i++)
		command(scene->stream, BH_CMD_DRAW, 0, 12, 0, (uint32_t)MESH, 4, 0, 1, 0, 0, 0, 0,
			0, ~0u, 0);
	command(scene->stream, BH_CMD_SET_VERTEX_BUFFERS, 0, 3, 32, 0, VERTICES);
	if (submit(scene->gpu, scene->stream))
		bench_die("the GPU", "the stream is refused");
	bh_gpu_wait(scene->gpu);
}

static void store_bytes(void *data)
{
	struct scene *scene = data;

	for (unsigned i = 0; i < DRAWS; i++) {
		memset(scene->image, (int)i, (size_t)WIDE * WIDE * 4);
		scene->sink = scene->image[i];
	}
}

static void blend_bytes(void *data)
{
	struct scene *scene = data;

	for (unsigned i = 0; i < DRAWS; i++) {
		uint8_t *bytes = (uint8_t *)scene->image;

		for (size_t k = 0; k < (size_t)WIDE * WIDE * 4; k++)
			bytes[k] = (uint8_t)((bytes[k] * (256 - 77) + i * 77) >> 8);
		scene->sink = scene->image[i];
	}
}

static void test_words(void *data)
{
	struct scene *scene = data;

	for (uint32_t i = 0; i < DRAWS; i++) {
		uint32_t z = 0xffffff - i;

		for (size_t k = 0; k < (size_t)WIDE * WIDE; k++)
			scene->image[k] = (scene->image[k] & 0xffffff) > z
						  ? (scene->image[k] & 0xff000000) | z
						  : scene->image[k];
		scene->sink = scene->image[i];
	}
}

/* Bilinear texels, as plainly as it can be said. */
static void filter_texels(void *data)
{
	struct scene *scene = data;
	const uint32_t mask = TEXELS - 1;

	for (unsigned i = 0; i < DRAWS; i++) {
		for (uint32_t y = 0; y < WIDE; y++) {
			uint32_t v = y * 192, wy = v & 255, row = (v >> 8 & mask) * TEXELS;
			uint32_t next = (((v >> 8) + 1) & mask) * TEXELS;

			for (uint32_t x = 0; x < WIDE; x++) {
				uint32_t u = x * 179, wx = u & 255, c = u >> 8 & mask;
				uint32_t d = (c + 1) & mask, out = 0;
				const uint32_t *t = scene->texture;
				uint32_t a = t[row + c], b = t[row + d], e = t[next + c],
					 f = t[next + d];

				for (unsigned k = 0; k < 32; k += 8) {
					uint32_t top =
						(a >> k & 255) * (256 - wx) + (b >> k & 255) * wx;
					uint32_t low =
						(e >> k & 255) * (256 - wx) + (f >> k & 255) * wx;

					out |= (top * (256 - wy) + low * wy) >> 16 << k;
				}
				scene->image[y * WIDE + x] = out;
			}
		}
		scene->sink = scene->image[i];
	}
}

static void set_textured(struct scene *scene)
{
	struct stream *s = scene->stream;
	struct iovec pages = {scene->texture, TEXELS * TEXELS * 4};
	struct bh_gpu_transfer transfer = {.resource = TEXTURE,
					   .box = {0, 0, 0, TEXELS, TEXELS, 1}};

	if (bh_gpu_transfer_in(scene->gpu, CONTEXT, &transfer, &pages, 1))
		bench_die("the GPU", "no texture");
	shader(s, 34, 1, textured);
	/* Repeats, linear in both directions, no mipmaps; of level 0, with all four channels. */
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SAMPLER_STATE, 9, 35,
		1u << 9 | 2u << 11 | 1u << 13, 0, 0, bits(1000), 0, 0, 0, 0);
	command(s, BH_CMD_BIND_SAMPLERS, 0, 3, 1, 0, 35);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SAMPLER_VIEW, 6, 36, TEXTURE, 1 | 2u << 24, 0, 0,
		0 | 1 << 3 | 2 << 6 | 3 << 9);
	command(s, BH_CMD_SET_SAMPLER_VIEWS, 0, 3, 1, 0, 36);
}

static void set_plain(struct scene *scene)
{
	command(scene->stream, BH_CMD_BIND_SHADER, 0, 2, 33, 1);
}

static void set_blended(struct scene *scene)
{
	set_plain(scene);
	set_blend(scene->stream, 0, 0, BLEND_OVER | BLEND_MASK(15));
}

static void set_depth_only(struct scene *scene)
{
	set_blend(scene->stream, 0, 0, 0);
	set_dsa(scene->stream, 1 | 1 << 1 | 1 << 2 /* less */, 0, 0, 0);
}

static void set_small(struct scene *scene)
{
	set_blend(scene->stream, 0, 0, BLEND_MASK(15));
	set_dsa(scene->stream, 0, 0, 0, 0);
}

/* Their size is that of a pixel, about: half of them have none. */
static void set_mesh(struct scene *scene)
{
	struct vertex *v = calloc(MESH, sizeof(*v));
	struct iovec pages = {v, MESH * sizeof(*v)};
	struct bh_gpu_transfer transfer = {.resource = POINTS,
					   .box = {0, 0, 0, MESH * sizeof(*v), 1, 1}};

	for (uint32_t i = 0; i < MESH; i++) {
		uint32_t place = i / 3 * 2654435761u;
		float x = (float)(place >> 20) / 2048 - 1,
		      y = (float)(place >> 8 & 4095) / 2048 - 1;

		v[i] = (struct vertex){{x + (i % 3 == 1 ? 2.0f / WIDE : 0),
					y + (i % 3 == 2 ? 2.0f / WIDE : 0), 0.5f, 1},
				       {x, y, 0.5f, 1}};
	}
	make_resource(scene->gpu, POINTS, 0, 64, MESH * sizeof(*v), 1);
	if (bh_gpu_transfer_in(scene->gpu, CONTEXT, &transfer, &pages, 1))
		bench_die("the GPU", "no mesh");
	free(v);
	set_small(scene);
	set_plain(scene);
	shader(scene->stream, 37, 0, turning);
}

static void set_hidden(struct scene *scene)
{
	command(scene->stream, BH_CMD_BIND_SHADER, 0, 2, 32, 0);
	set_plain(scene);
}

static const struct loop {
	const char *name, *unit;
	void (*set)(struct scene *scene);
	void (*own)(void *), (*peer)(void *);
	double count;
	const char *peer_name; /* NULL: a loop in C */
} loops[] = {
	{"fill", "Mpixel/s", set_plain, draw_solid, store_bytes, PIXELS},
	{"gradient", "Mpixel/s", set_plain, draw_quads, store_bytes, PIXELS},
	{"bilinear texels", "Mpixel/s", set_textured, draw_quads, filter_texels, PIXELS},
	{"blend", "Mpixel/s", set_blended, draw_quads, blend_bytes, PIXELS},
	{"depth only", "Mpixel/s", set_depth_only, draw_depths, test_words, PIXELS},
	{"triangles of 8 pixels", "Mtriangle/s", set_small, draw_triangles, NULL,
	 256.0 * DRAWS * 8},
	{"hidden layers", "Mpixel/s", set_hidden, draw_hidden_quads, draw_untested_quads, PIXELS,
	 "without depth"},
	{"hidden triangles of 8 pixels", "Mtriangle/s", set_hidden, draw_hidden_triangles,
	 draw_untested_triangles, 256.0 * DRAWS * 8, "without depth"},
	{"vertices of small triangles", "Mvertex/s", set_mesh, draw_mesh, NULL,
	 (double)MESH *DRAWS},
};

static double wall(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void print_loop(const struct loop *loop, struct scene *scene)
{
	struct bench_pair pair =
		bench_compare(loop->own, loop->peer ? loop->peer : loop->own, scene, PASSES);
	char what[64], own[32], peer[32];

	snprintf(what, sizeof(what), "gpu %s, one thread", loop->name);
	snprintf(own, sizeof(own), "%.0f %s", loop->count / pair.own * 1e3, loop->unit);
	snprintf(peer, sizeof(peer), "%s %.0f", loop->peer_name ? loop->peer_name : "loop in C",
		 loop->count / pair.peer * 1e3);
	if (loop->peer)
		bench_result(what, own, peer, pair.peer / pair.own);
	else
		bench_result(what, own, NULL, 0);
}

static void print_scaling(const struct loop *loop, struct scene scenes[2])
{
	double times[2][PASSES];
	char what[64], own[32], peer[32];

	for (unsigned pass = 0; pass < PASSES; pass++) {
		for (unsigned i = 0; i < 2; i++) {
			double start = wall();

			loop->own(&scenes[i]);
			times[i][pass] = wall() - start;
		}
	}
	for (unsigned i = 0; i < 2; i++)
		times[i][0] = bench_median(times[i], PASSES);
	snprintf(what, sizeof(what), "gpu %s, two threads", loop->name);
	snprintf(own, sizeof(own), "%.0f %s", loop->count / times[1][0] * 1e3, loop->unit);
	snprintf(peer, sizeof(peer), "one thread %.0f", loop->count / times[0][0] * 1e3);
	bench_result(what, own, peer, times[0][0] / times[1][0]);
}

/* bench_gpu [LOOP]: all, or one that somebody wants to know more of. */
int main(int argc, char **argv)
{
	struct scene scenes[2];

	open_scene(&scenes[0], 1);
	open_scene(&scenes[1], 2);
	for (size_t i = 0; i < sizeof(loops) / sizeof(loops[0]); i++) {
		if (argc > 1 && strcmp(argv[1], loops[i].name) != 0)
			continue;
		for (unsigned k = 0; k < 2; k++) {
			loops[i].set(&scenes[k]);
			loops[i].own(&scenes[k]);
		}
		print_loop(&loops[i], &scenes[0]);
		print_scaling(&loops[i], scenes);
	}
	close_scene(&scenes[0]);
	close_scene(&scenes[1]);
	return 0;
}
