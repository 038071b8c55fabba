/* SPDX-License-Identifier: Apache-2.0 */
/* Code for what is drawn: how much of it is kept, and that it reaches the cache. */
#include "fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define LIMIT 6

static int set_up(void **state)
{
	struct bh_gpu_config config = {.level = BH_GPU_LEVEL_A,
				       .threads = 2,
				       .code_limit = LIMIT,
				       .memory_quota = 8 << 20};
	struct fixture *f = bh_alloc(sizeof(*f));

	f->gpu = bh_gpu_create(&config, NULL);
	bh_gpu_context_create(f->gpu, CONTEXT, "test", 4);
	begin(f->gpu, &f->stream);
	*state = f;
	return 0;
}

/* Writes the channels of the mask only, so that each mask has code of its own. */
static void draw_masked(struct bh_gpu *gpu, struct stream *s, uint32_t mask)
{
	uint32_t expected = (mask & 1) * 0xff0000 | (mask >> 1 & 1) * 0xff00 |
			    (mask >> 2 & 1) * 0xff | (mask >> 3 & 1) * 0xff000000;

	set_blend(s, 0, 0, BLEND_MASK(mask));
	clear(s, 4, 0, 0, 0, 0, 1, 0);
	fill(s, 0, 1, 1, 1, 1);
	assert_int_equal(submit(gpu, s), 0);
	assert_int_equal(pixel(gpu, 9, 9), expected);
}

static uint64_t count_codes(const struct bh_gpu *gpu)
{
	struct bh_gpu_stats stats;

	bh_gpu_stats(gpu, &stats);
	return stats.codes;
}

TEST(combinations_beyond_the_limit_are_drawn_and_the_oldest_go)
{
	for (uint32_t i = 0; i < 30; i++) {
		draw_masked(gpu, s, 1 + i % 15);
		assert_true(count_codes(gpu) <= LIMIT);
	}
}

TEST(a_client_that_makes_programs_for_ever_goes_on_drawing)
{
	for (uint32_t i = 0; i < 40; i++) {
		char text[512];

		snprintf(text, sizeof(text),
			 "FRAG\nDCL IN[0], COLOR, PERSPECTIVE\nDCL OUT[0], COLOR\n"
			 "IMM[0] FLT32 {%u.0, 0.0, 0.0, 0.0}\n"
			 "  0: MUL_SAT OUT[0], IN[0], IMM[0].xxxx\n  1: END\n",
			 i + 1);
		shader(s, H_FREE + i % 3, 1, text);
		draw_masked(gpu, s, 15);
		assert_true(count_codes(gpu) <= LIMIT);
	}
}

/* How large the cache's file is after a client drew this and left. */
static off_t draw_and_leave(int fd, uint32_t mask)
{
	struct bh_gpu_config config = {.level = BH_GPU_LEVEL_A, .threads = 2, .cache_fd = &fd};
	static struct stream s;
	struct bh_gpu *gpu = bh_gpu_create(&config, NULL);

	bh_gpu_context_create(gpu, CONTEXT, "test", 4);
	begin(gpu, &s);
	draw_masked(gpu, &s, mask);
	bh_gpu_destroy(gpu);
	return lseek(fd, 0, SEEK_END);
}

static void code_under_way_reaches_the_cache_when_a_client_leaves(void **state)
{
	int fd = memfd_create("cache", MFD_CLOEXEC);
	off_t size;

	(void)state;
	assert_int_equal(fcntl(fd, F_SETFL, O_APPEND), 0);
	size = draw_and_leave(fd, 15);
	/* All that the same draw wants is there: nothing is added. */
	assert_int_equal(draw_and_leave(fd, 15), size);
	assert_int_equal(draw_and_leave(fd, 15), size);
	close(fd);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(combinations_beyond_the_limit_are_drawn_and_the_oldest_go),
		CASE(a_client_that_makes_programs_for_ever_goes_on_drawing),
		cmocka_unit_test(code_under_way_reaches_the_cache_when_a_client_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
