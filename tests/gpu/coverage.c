/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which pixels a triangle has, counted by the GPU and by hand: on an image of several tiles, for
 * triangles of all sizes, with each back end.
 */
#include "stream.h"
#include "test.h"

#include "base/alloc.h"

#include <stdlib.h>

#define WIDTH     840 /* more tiles than an item has bits */
#define HEIGHT    600
#define HALF      512 /* of the viewport */
#define TRIANGLES 100 /* at a time: a pixel's colour counts them */
#define UNITS     16  /* in a pixel: corners are there, so that no number is rounded */
#define SCISSOR   (1u << 14)
#define ADDS      (1u | 1u << 4 | 1u << 9 | 1u << 17 | 1u << 22 | BLEND_MASK(15))

struct corner {
	int x, y; /* in units, from the image's corner */
};

struct limits {
	int x0, y0, x1, y1;
};

static const struct limits whole = {0, 0, WIDTH, HEIGHT}, part = {113, 270, 531, 397};

/* So many units that they are neither pixels nor tiles; some corners lie on pixels' centres. */
static void make_corners(uint32_t *random, int size, struct corner corners[3])
{
	int x, y;

	*random = *random * 1664525u + 1013904223u;
	x = (int)((*random >> 8) % ((WIDTH + 60) * UNITS)) - 30 * UNITS;
	*random = *random * 1664525u + 1013904223u;
	y = (int)((*random >> 8) % ((HEIGHT + 60) * UNITS)) - 30 * UNITS;
	for (unsigned i = 0; i < 3; i++) {
		*random = *random * 1664525u + 1013904223u;
		corners[i].x = x + (int)((*random >> 8) % (unsigned)(size * UNITS));
		*random = *random * 1664525u + 1013904223u;
		corners[i].y = y + (int)((*random >> 8) % (unsigned)(size * UNITS));
		if (*random & 0x80) {
			corners[i].x = (corners[i].x & ~(UNITS - 1)) + UNITS / 2;
			corners[i].y = (corners[i].y & ~(UNITS - 1)) + UNITS / 2;
		}
	}
}

/* A centre on an edge is the triangle's when the edge is a left or the upper one. */
static bool is_inside(const struct corner at[3], int x, int y)
{
	int px = x * UNITS + UNITS / 2, py = y * UNITS + UNITS / 2;
	long area = (long)(at[1].x - at[0].x) * (at[2].y - at[0].y) -
		    (long)(at[2].x - at[0].x) * (at[1].y - at[0].y);

	if (!area)
		return false;
	for (unsigned i = 0; i < 3; i++) {
		const struct corner *from = &at[i], *to = &at[(i + 1) % 3];
		const struct corner *a = area > 0 ? from : to, *b = area > 0 ? to : from;
		long side = (long)(b->x - a->x) * (py - a->y) - (long)(b->y - a->y) * (px - a->x);

		if (side < 0)
			return false;
		if (side == 0 && !(b->y < a->y || (b->y == a->y && b->x > a->x)))
			return false;
	}
	return true;
}

static void count_by_hand(int size, const struct limits *limits, uint32_t *counts)
{
	uint32_t random = (uint32_t)size;

	memset(counts, 0, sizeof(*counts) * WIDTH * HEIGHT);
	for (unsigned i = 0; i < TRIANGLES; i++) {
		struct corner corners[3];
		struct limits box = *limits;

		make_corners(&random, size, corners);
		for (unsigned k = 0; k < 3; k++) {
			int x = corners[k].x / UNITS, y = corners[k].y / UNITS;

			/* The others are at most `size` away. */
			box.x0 = x - size > box.x0 ? x - size : box.x0;
			box.y0 = y - size > box.y0 ? y - size : box.y0;
			box.x1 = x + size + 1 < box.x1 ? x + size + 1 : box.x1;
			box.y1 = y + size + 1 < box.y1 ? y + size + 1 : box.y1;
		}
		for (int y = box.y0; y < box.y1; y++) {
			for (int x = box.x0; x < box.x1; x++)
				counts[y * WIDTH + x] += is_inside(corners, x, y);
		}
	}
}

static void draw_all(struct stream *s, int size)
{
	struct vertex vertices[TRIANGLES * 3];
	uint32_t random = (uint32_t)size;

	for (unsigned i = 0; i < TRIANGLES; i++) {
		struct corner corners[3];

		make_corners(&random, size, corners);
		for (unsigned k = 0; k < 3; k++) {
			struct vertex *at = &vertices[i * 3 + k];

			*at = (struct vertex){{(float)corners[k].x / (HALF * UNITS) - 1,
					       (float)corners[k].y / (HALF * UNITS) - 1, 0, 1},
					      {1 / 255.0f, 0, 0, 0}};
		}
	}
	draw(s, 4, vertices, TRIANGLES * 3);
}

static bool count_by_drawing(enum bh_gpu_backend backend, int size, const struct limits *limits,
			     uint32_t *counts)
{
	struct bh_gpu *gpu = make_gpu_with(backend, 2, 0);
	struct stream *s = bh_alloc(sizeof(*s));

	if (gpu) {
		begin(gpu, s);
		make_resource(gpu, TEXTURE, 2, 1, WIDTH, HEIGHT);
		command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_FREE, TEXTURE, 1, 0, 0);
		command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, 0, H_FREE);
		command(s, BH_CMD_SET_VIEWPORT, 0, 7, 0, bits(HALF), bits(HALF), bits(0.5f),
			bits(HALF), bits(HALF), bits(0.5f));
		set_raster(s, limits == &whole ? 0 : SCISSOR, 0, 1);
		command(s, BH_CMD_SET_SCISSOR, 0, 3, 0,
			(uint32_t)limits->x0 | (uint32_t)limits->y0 << 16,
			(uint32_t)limits->x1 | (uint32_t)limits->y1 << 16);
		set_blend(s, 0, 0, ADDS);
		clear(s, 4, 0, 0, 0, 0, 1, 0);
		draw_all(s, size);
		assert_int_equal(submit(gpu, s), 0);
		bh_gpu_read_pixels(gpu, TEXTURE, 0, 0, WIDTH, HEIGHT, counts, WIDTH * 4);
		for (unsigned i = 0; i < WIDTH * HEIGHT; i++)
			counts[i] = counts[i] >> 16 & 255;
		bh_gpu_destroy(gpu);
	}
	free(s);
	return gpu != NULL;
}

static void check(int size, const struct limits *limits)
{
	static uint32_t expected[WIDTH * HEIGHT], drawn[WIDTH * HEIGHT];

	count_by_hand(size, limits, expected);
	for (int backend = BH_GPU_INTERPRETER; backend <= BH_GPU_SIMD16; backend++) {
		if (!count_by_drawing(backend, size, limits, drawn))
			continue; /* not on this CPU */
		for (unsigned i = 0; i < WIDTH * HEIGHT; i++) {
			if (drawn[i] != expected[i])
				fail_msg("backend %d, size %d: (%u, %u) has %u triangles, not %u",
					 backend, size, i % WIDTH, i / WIDTH, drawn[i],
					 expected[i]);
		}
	}
}

static const int sizes[] = {2, 5, 9, 17, 24, 27, 50, 64, 66, 130, 400};

static void triangles_have_the_pixels_whose_centres_are_inside(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		check(sizes[i], &whole);
}

static void scissors_leave_those_inside_of_them(void **state)
{
	(void)state;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		check(sizes[i], &part);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(triangles_have_the_pixels_whose_centres_are_inside),
		cmocka_unit_test(scissors_leave_those_inside_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
