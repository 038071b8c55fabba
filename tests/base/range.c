/* SPDX-License-Identifier: Apache-2.0 */
#include "base/range.h"
#include "test.h"

static struct bh_range range(uint64_t base, uint64_t size)
{
	struct bh_range r;

	assert_true(bh_range_make(base, size, &r));
	return r;
}

static void a_range_may_end_at_the_last_byte_but_not_beyond(void **state)
{
	struct bh_range r = {1, 2};

	(void)state;
	assert_true(bh_range_make(UINT64_MAX, 1, &r));
	assert_int_equal(bh_range_last(r), UINT64_MAX);
	assert_false(bh_range_make(UINT64_MAX, 2, &r));
	assert_int_equal(r.base, UINT64_MAX);
	assert_true(bh_range_make(UINT64_MAX, 0, &r));
}

static void neighbours_do_not_overlap(void **state)
{
	(void)state;
	assert_false(bh_range_overlaps(range(0, 4096), range(4096, 4096)));
	assert_true(bh_range_overlaps(range(0, 4097), range(4096, 4096)));
	assert_true(bh_range_overlaps(range(UINT64_MAX, 1), range(UINT64_MAX - 9, 10)));
	assert_false(bh_range_overlaps(range(5, 0), range(0, 10)));
}

static void containment_counts_empty_ranges_at_both_ends(void **state)
{
	(void)state;
	assert_true(bh_range_contains(range(10, 10), range(10, 10)));
	assert_true(bh_range_contains(range(10, 10), range(20, 0)));
	assert_false(bh_range_contains(range(10, 10), range(21, 0)));
	assert_false(bh_range_contains(range(10, 10), range(19, 2)));
	assert_false(bh_range_contains(range(10, 10), range(9, 1)));
}

static void intersection_is_what_both_have(void **state)
{
	struct bh_range r = bh_range_intersect(range(10, 10), range(15, 100));

	(void)state;
	assert_int_equal(r.base, 15);
	assert_int_equal(r.size, 5);
	assert_int_equal(bh_range_intersect(range(0, 1), range(1, 1)).size, 0);
}

static void aligning_out_grows_to_whole_pages(void **state)
{
	struct bh_range r;

	(void)state;
	assert_true(bh_range_align_out(range(0x1100, 0x10), 0x1000, &r));
	assert_int_equal(r.base, 0x1000);
	assert_int_equal(r.size, 0x1000);
	assert_true(bh_range_align_out(range(UINT64_MAX, 1), 0x1000, &r));
	assert_int_equal(bh_range_last(r), UINT64_MAX);
	assert_false(bh_range_align_out(range(0, UINT64_MAX), 0x1000, &r));
}

static void sums_and_products_that_wrap_are_refused(void **state)
{
	uint64_t out;

	(void)state;
	assert_false(bh_add(UINT64_MAX, 1, &out));
	assert_false(bh_mul(UINT64_MAX / 2, 3, &out));
	assert_false(bh_align_up(UINT64_MAX, 4096, &out));
	assert_true(bh_align_up(4097, 4096, &out));
	assert_int_equal(out, 8192);
}

static void translation_keeps_the_offset(void **state)
{
	uint64_t out;

	(void)state;
	assert_true(bh_range_translate(range(0x30000000, 0x1000), 0x100, 0x30000010, &out));
	assert_int_equal(out, 0x110);
	assert_false(bh_range_translate(range(0x30000000, 0x1000), 0x100, 0x30001000, &out));
	assert_false(bh_range_translate(range(0, 100), UINT64_MAX - 10, 50, &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_range_may_end_at_the_last_byte_but_not_beyond),
		cmocka_unit_test(neighbours_do_not_overlap),
		cmocka_unit_test(containment_counts_empty_ranges_at_both_ends),
		cmocka_unit_test(intersection_is_what_both_have),
		cmocka_unit_test(aligning_out_grows_to_whole_pages),
		cmocka_unit_test(sums_and_products_that_wrap_are_refused),
		cmocka_unit_test(translation_keeps_the_offset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
