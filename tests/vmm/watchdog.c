/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/watchdog.h"
#include "test.h"

#include "vmm/fake_hv.h"

#include <string.h>

/* As a driver sees it: two pages. The counter ticks a thousand times a second. */
enum { STATUS = 0, OFFSET = 8, OFFSET_HIGH = 12, COMPARE = 16, ID = 0xfcc, REFRESH = 0x1000 };
enum { ENABLE = 1, FIRST_PASSED = 2 };

#define SECOND UINT64_C(1000000000)

static uint64_t clock_ns;

struct fixture {
	struct fake_hv hv;
	struct bh_loop loop;
	struct bh_watchdog watchdog;
	unsigned bites;
};

static uint64_t now(void)
{
	return clock_ns;
}

static void bite(void *owner)
{
	((struct fixture *)owner)->bites++;
}

static int set_up(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	clock_ns = 1000 * SECOND;
	fake_hv_init(&f.hv);
	assert_int_equal(bh_loop_init(&f.loop), 0);
	bh_watchdog_init(&f.watchdog, &f.hv.hv, &f.loop, bite, &f);
	f.watchdog.now = now;
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	bh_watchdog_finish(&f->watchdog);
	bh_loop_finish(&f->loop);
	return 0;
}

static void put(struct fixture *f, uint64_t offset, unsigned size, uint64_t value)
{
	bh_watchdog_ops.write(&f->watchdog, offset, size, value);
}

static uint64_t get(struct fixture *f, uint64_t offset)
{
	return bh_watchdog_ops.read(&f->watchdog, offset, 4) & UINT32_MAX;
}

/* As Linux' driver starts it: two time-outs of `seconds`. */
static void start(struct fixture *f, unsigned seconds)
{
	put(f, OFFSET, 8, UINT64_C(1000) * seconds);
	put(f, STATUS, 4, ENABLE);
}

static void pass(struct fixture *f, uint64_t ns)
{
	clock_ns += ns;
	bh_loop_poll(&f->loop);
}

static void it_says_that_its_offsets_have_48_bits(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(get(f, ID) >> 16 & 0xf, 1);
	assert_int_equal(get(f, REFRESH + ID) >> 16 & 0xf, 1);
	put(f, OFFSET, 8, UINT64_MAX);
	assert_int_equal(get(f, OFFSET), 0xffffffff);
	assert_int_equal(get(f, OFFSET_HIGH), 0xffff);
	put(f, OFFSET, 4, 7);
	put(f, OFFSET_HIGH, 4, 1);
	assert_int_equal(get(f, OFFSET), 7);
	assert_int_equal(get(f, OFFSET_HIGH), 1);
}

static void it_sleeps_until_it_is_enabled(void **state)
{
	struct fixture *f = *state;

	put(f, OFFSET, 8, 1);
	pass(f, 100 * SECOND);
	assert_int_equal(f->bites, 0);
	assert_int_equal(get(f, STATUS), 0);
}

static void it_bites_after_two_time_outs(void **state)
{
	struct fixture *f = *state;

	start(f, 5);
	assert_int_equal(get(f, STATUS), ENABLE);
	pass(f, 5 * SECOND);
	assert_int_equal(get(f, STATUS), ENABLE | FIRST_PASSED);
	pass(f, 5 * SECOND - 1);
	assert_int_equal(f->bites, 0);
	pass(f, 1);
	assert_int_equal(f->bites, 1);
	pass(f, 100 * SECOND);
	assert_int_equal(f->bites, 1);
}

static void a_refresh_begins_anew(void **state)
{
	struct fixture *f = *state;

	start(f, 5);
	for (int i = 0; i < 10; i++) {
		pass(f, 9 * SECOND);
		put(f, REFRESH, 4, 0);
		assert_int_equal(get(f, STATUS), ENABLE);
	}
	assert_int_equal(f->bites, 0);
}

static void what_is_no_refresh_does_not_feed(void **state)
{
	struct fixture *f = *state;

	start(f, 5);
	pass(f, 9 * SECOND);
	put(f, REFRESH + 4, 4, 0);
	put(f, ID, 4, 0);
	put(f, COMPARE, 4, 0);
	pass(f, 1 * SECOND);
	assert_int_equal(f->bites, 1);
}

static void the_time_left_is_told_in_the_guests_counter(void **state)
{
	struct fixture *f = *state;

	f->hv.counter = 70000;
	start(f, 5);
	assert_int_equal(get(f, COMPARE), 75000);
	pass(f, 2 * SECOND);
	f->hv.counter = 72000;
	assert_int_equal(get(f, COMPARE), 75000);
	pass(f, 4 * SECOND);
	f->hv.counter = 76000;
	assert_int_equal(get(f, COMPARE), 80000);
}

static void time_in_which_the_vm_rests_does_not_count(void **state)
{
	struct fixture *f = *state;

	start(f, 5);
	pass(f, 9 * SECOND);
	bh_watchdog_pause(&f->watchdog, true);
	bh_watchdog_pause(&f->watchdog, true);
	pass(f, 1000 * SECOND);
	assert_int_equal(f->bites, 0);
	bh_watchdog_pause(&f->watchdog, false);
	pass(f, SECOND - 1);
	assert_int_equal(f->bites, 0);
	pass(f, 1);
	assert_int_equal(f->bites, 1);
}

static void a_disabled_one_does_not_bite(void **state)
{
	struct fixture *f = *state;

	start(f, 5);
	put(f, STATUS, 4, 0);
	pass(f, 100 * SECOND);
	assert_int_equal(f->bites, 0);
}

static void the_longest_time_out_is_no_short_one(void **state)
{
	struct fixture *f = *state;

	f->hv.hv.counter_hz = 1;
	put(f, OFFSET, 8, UINT64_MAX);
	put(f, STATUS, 4, ENABLE);
	pass(f, 1000000 * SECOND);
	assert_int_equal(f->bites, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_says_that_its_offsets_have_48_bits),
		TEST(it_sleeps_until_it_is_enabled),
		TEST(it_bites_after_two_time_outs),
		TEST(a_refresh_begins_anew),
		TEST(what_is_no_refresh_does_not_feed),
		TEST(the_time_left_is_told_in_the_guests_counter),
		TEST(time_in_which_the_vm_rests_does_not_count),
		TEST(a_disabled_one_does_not_bite),
		TEST(the_longest_time_out_is_no_short_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
