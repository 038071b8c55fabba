/* SPDX-License-Identifier: Apache-2.0 */
#include "host/pace.h"
#include "test.h"

static void the_first_is_told_at_once(void **state)
{
	struct bh_pace pace = {0};

	(void)state;
	assert_int_equal(bh_pace_due(&pace, 1000), 0);
	bh_pace_add(&pace, 1);
	assert_int_equal(bh_pace_due(&pace, 1000), 1);
	assert_int_equal(bh_pace_due(&pace, 1000), 0);
}

static void those_after_it_are_told_as_a_sum(void **state)
{
	struct bh_pace pace = {0};

	(void)state;
	bh_pace_add(&pace, 1);
	assert_int_equal(bh_pace_due(&pace, 0), 1);
	bh_pace_add(&pace, 3);
	assert_int_equal(bh_pace_due(&pace, BH_PACE_FIRST_MS - 1), 0);
	bh_pace_add(&pace, 4);
	assert_int_equal(bh_pace_due(&pace, BH_PACE_FIRST_MS), 7);
}

/* One a millisecond for a week, and one each time that it may be told again. */
static void a_flood_makes_few_lines_and_none_is_lost(void **state)
{
	struct bh_pace pace = {0};
	uint64_t told = 0, lines = 0;
	int64_t second, week = INT64_C(7 * 24 * 3600);

	(void)state;
	for (second = 0; second < week; second++) {
		bh_pace_add(&pace, 1000);
		uint64_t count = bh_pace_due(&pace, second * 1000);
		told += count;
		lines += count > 0;
	}
	assert_int_equal(told + bh_pace_rest(&pace), (uint64_t)week * 1000);
	assert_in_range(lines, 7 * 24, 7 * 24 + 12);
}

static void pauses_buy_few_lines(void **state)
{
	struct bh_pace pace = {0};
	uint64_t lines = 0;
	int64_t day = INT64_C(24 * 3600 * 1000), now = 0;

	(void)state;
	/* A burst as long as intervals are short, then a silence that is just long enough. */
	while (now < day) {
		for (int64_t end = now + BH_PACE_LONGEST_MS; now < end; now += 1000) {
			bh_pace_add(&pace, 1);
			lines += bh_pace_due(&pace, now) > 0;
		}
		now = pace.next + BH_PACE_LONGEST_MS;
	}
	assert_in_range(lines, 1, 24 * 12);
}

static void after_a_long_silence_one_is_told_at_once(void **state)
{
	struct bh_pace pace = {0};

	(void)state;
	for (int i = 0; i < 5; i++) {
		bh_pace_add(&pace, 1);
		assert_int_equal(bh_pace_due(&pace, pace.next), 1);
	}
	int64_t later = pace.next + BH_PACE_LONGEST_MS;
	bh_pace_add(&pace, 1);
	assert_int_equal(bh_pace_due(&pace, later), 1);
	assert_int_equal(pace.next, later + BH_PACE_FIRST_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_is_told_at_once),
		cmocka_unit_test(those_after_it_are_told_as_a_sum),
		cmocka_unit_test(a_flood_makes_few_lines_and_none_is_lost),
		cmocka_unit_test(pauses_buy_few_lines),
		cmocka_unit_test(after_a_long_silence_one_is_told_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
