/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guest could make the host keep without its quota knowing, and the buffer that two slots
 * fill. As in hostile.c: each is refused, or costs what it takes.
 */
#include "hostile.h"

#include "gpu/virgl/context.h"

#include <malloc.h>

#define QUOTA (64u << 20)

/* Buffers are looked at one by one for room; one that is filled twice as fast has less. */
TEST(a_stream_target_in_two_slots_is_refused)
{
	assert_int_equal(make_resource(gpu, 11, 0, 64, 4096, 1), 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_STREAM_TARGET, 4, H_FREE, 11, 0, 4096);
	command(s, BH_CMD_SET_STREAMOUT_TARGETS, 0, 2, 0, H_FREE);
	command(s, BH_CMD_SET_STREAMOUT_TARGETS, 0, 3, 0, 0, H_FREE);
	assert_int_equal(submit(gpu, s), 0);
	command(s, BH_CMD_SET_STREAMOUT_TARGETS, 0, 4, 0, H_FREE, 0, H_FREE);
	refused(gpu, s);
}

/* How many objects of a type, made by these arguments, there is room for. */
static unsigned objects_until_refused(struct bh_gpu *gpu, struct stream *s, unsigned type,
				      unsigned count, const uint32_t *args)
{
	for (unsigned made = 0;; made++) {
		s->dwords[0] = BH_CMD_CREATE_OBJECT | type << 8 | (1 + count) << 16;
		s->dwords[1] = 1000 + made;
		memcpy(&s->dwords[2], args, count * sizeof(*args));
		s->count = 2 + count;
		if (submit(gpu, s))
			return made;
	}
}

TEST(vertex_elements_count_in_the_quota)
{
	const uint32_t args[] = {0, 0, 0, 31};
	unsigned made = objects_until_refused(gpu, s, BH_OBJECT_VERTEX_ELEMENTS, 4, args);

	assert_true(made * sizeof(struct bh_vertex_elements) < QUOTA);
}

TEST(views_count_in_the_quota)
{
	const uint32_t args[] = {CANVAS, 1, 0, 0, 0};
	unsigned made = objects_until_refused(gpu, s, BH_OBJECT_SAMPLER_VIEW, 5, args);

	assert_true(made * sizeof(struct bh_view_object) < QUOTA);
}

TEST(objects_give_back_what_they_took)
{
	uint64_t before;

	assert_int_equal(submit(gpu, s), 0);
	before = gpu->quota.used;
	for (unsigned i = 0; i < 3; i++) {
		command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_VERTEX_ELEMENTS, 5, H_FREE, 0, 0, 0, 31);
		command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SAMPLER_VIEW, 6, H_FREE, CANVAS, 1, 0, 0,
			0);
		command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_STREAM_TARGET, 4, H_FREE, VERTICES, 0,
			64);
	}
	assert_int_equal(submit(gpu, s), 0);
	assert_true(gpu->quota.used > before);
	command(s, BH_CMD_DESTROY_OBJECT, BH_OBJECT_STREAM_TARGET, 1, H_FREE);
	assert_int_equal(submit(gpu, s), 0);
	assert_int_equal(gpu->quota.used, before);
}

/* The same page may be told of as often as one likes. */
TEST(lists_of_pages_count_in_the_quota)
{
	enum { PAGES = 1 << 18 };
	static uint8_t page[64];
	struct iovec *pages = bh_alloc(PAGES * sizeof(*pages));
	uint64_t before;
	unsigned taken = 0;

	assert_int_equal(submit(gpu, s), 0);
	before = gpu->quota.used;
	for (unsigned i = 0; i < PAGES; i++)
		pages[i] = (struct iovec){page, sizeof(page)};
	for (uint32_t i = 0; i < 32; i++) {
		assert_int_equal(make_resource(gpu, 100 + i, 0, 64, 64, 1), 0);
		taken += bh_gpu_resource_attach(gpu, 100 + i, pages, PAGES) == 0;
	}
	assert_true(taken >= 8);
	assert_true(taken * PAGES * sizeof(*pages) < QUOTA);
	/* Once more where they are is no more; none at all gives back. */
	assert_int_equal(bh_gpu_resource_attach(gpu, 100, pages, 1), 0);
	for (uint32_t i = 0; i < 32; i++) {
		bh_gpu_context_detach(gpu, CONTEXT, 100 + i);
		bh_gpu_resource_destroy(gpu, 100 + i);
	}
	assert_int_equal(gpu->quota.used, before);
	free(pages);
}

/* Sixteen dwords a draw, and 64 KiB of constants that each draw copies. */
TEST(a_scene_whose_draws_keep_much_is_drawn_in_parts)
{
	static const char text[] = "FRAG\nDCL OUT[0], COLOR\nDCL CONST[0][0..4095]\n"
				   "  0: MOV OUT[0], CONST[0][4095]\n  1: END\n";

	shader(s, H_FREE, 1, text);
	command(s, BH_CMD_SET_CONSTANTS, 0, 3, 1, 0, bits(1));
	for (unsigned i = 0; i < 2048; i++) {
		command(s, BH_CMD_BIND_SHADER, 0, 2, H_FREE, 1);
		command(s, BH_CMD_DRAW, 0, 12, 0, 3, 4, 0, 1, 0, 0, 0, 0, 0, ~0u, 0);
	}
	assert_int_equal(submit(gpu, s), 0);
	for (unsigned i = 0; i < 2; i++)
		assert_true(bh_scene_memory(&gpu->renderer.scenes[i]) < QUOTA);
}

/* Each other pixel of a line of 8192 is a piece of its own. */
TEST(stippled_lines_are_drawn_a_few_at_a_time)
{
	struct vertex *v = bh_alloc(2000 * sizeof(*v));
	struct mallinfo2 before, after;

	for (unsigned i = 0; i < 2000; i++)
		v[i] = (struct vertex){{i & 1 ? 1 : -1, 0, 0, 1}, {1, 1, 1, 1}};
	assert_int_equal(make_resource(gpu, 11, 2, 1, 8192, 1), 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_FREE, 11, 1, 0, 0);
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, 0, H_FREE);
	command(s, BH_CMD_SET_VIEWPORT, 0, 7, 0, bits(4096), bits(0.5f), bits(0.5f), bits(4096),
		bits(0.5f), bits(0.5f));
	set_raster(s, 1u << 27, 0x5555, 1);
	assert_int_equal(submit(gpu, s), 0);
	before = mallinfo2();
	draw(s, 1, v, 2000);
	assert_int_equal(submit(gpu, s), 0);
	after = mallinfo2();
	assert_true(after.uordblks + after.hblkhd < before.uordblks + before.hblkhd + 2 * QUOTA);
	free(v);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_stream_target_in_two_slots_is_refused),
		T(vertex_elements_count_in_the_quota),
		T(views_count_in_the_quota),
		T(objects_give_back_what_they_took),
		T(lists_of_pages_count_in_the_quota),
		T(a_scene_whose_draws_keep_much_is_drawn_in_parts),
		T(stippled_lines_are_drawn_a_few_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
