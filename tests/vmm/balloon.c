/* SPDX-License-Identifier: Apache-2.0 */
/* A balloon between a guest that lies and an owner that asks too much. */
#include "vmm/virtio/balloon.h"

#include "base/alloc.h"
#include "test.h"
#include "vmm/bench.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	PAGE = 4096,
	LIST = BENCH_RAM + 0x200000,
	GIVEN = BENCH_RAM + 0x300000, /* 1 MiB, which is also the limit */
	INFLATE = 0,
	DEFLATE = 1,
	STATS = 2,
	REPORT = 2, /* where there are no statistics */
	TARGET_AT = 0,
	ACTUAL_AT = 4,
};

#define F_STATS  (UINT64_C(1) << 1)
#define F_REPORT (UINT64_C(1) << 5)

struct fixture {
	struct bench bench;
	struct driver driver;
};

static int set_up(void **state)
{
	struct fixture *f = bh_alloc(sizeof(*f));

	bench_init(&f->bench, false);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	bench_finish(&f->bench);
	free(f);
	return 0;
}

static struct bh_balloon_view look(struct fixture *f, bool refresh)
{
	struct bh_balloon_view view;

	bh_balloon_look(f->bench.vm.virtio[BENCH_BALLOON].device, refresh, &view);
	return view;
}

static bool ask(struct fixture *f, uint64_t bytes)
{
	return bh_balloon_ask(f->bench.vm.virtio[BENCH_BALLOON].device, bytes);
}

/* Sends the numbers of `count` pages from `address` on. */
static void send_pages(struct fixture *f, unsigned queue, uint64_t address, unsigned count)
{
	uint32_t *list = bench_at(&f->bench, LIST);
	uint32_t written;

	for (unsigned i = 0; i < count; i++)
		list[i] = (uint32_t)(address / PAGE + i);
	driver_add(&f->driver, queue, &(struct driver_part){LIST, count * 4, false}, 1);
	bench_work(&f->bench);
	assert_true(driver_next(&f->driver, queue, &written));
	assert_int_equal(written, 0);
}

static void fill(struct fixture *f, uint64_t address, size_t size)
{
	memset(bench_at(&f->bench, address), 0xaa, size);
}

static bool is_kept(struct fixture *f, uint64_t address)
{
	return *(uint8_t *)bench_at(&f->bench, address) == 0xaa;
}

static void pages_that_are_given_are_gone_and_counted(void **state)
{
	struct fixture *f = *state;

	driver_init(&f->driver, &f->bench, BENCH_BALLOON, 0);
	fill(f, GIVEN, 6 * PAGE);
	send_pages(f, INFLATE, GIVEN + PAGE, 4);
	assert_int_equal(look(f, false).given, 4 * PAGE);
	assert_true(is_kept(f, GIVEN));
	for (unsigned i = 1; i < 5; i++)
		assert_false(is_kept(f, GIVEN + i * PAGE));
	assert_true(is_kept(f, GIVEN + 5 * PAGE));
}

static void pages_that_are_taken_back_count_no_more(void **state)
{
	struct fixture *f = *state;

	driver_init(&f->driver, &f->bench, BENCH_BALLOON, 0);
	send_pages(f, INFLATE, GIVEN, 4);
	send_pages(f, DEFLATE, GIVEN + PAGE, 2);
	assert_int_equal(look(f, false).given, 2 * PAGE);
	/* What was never given cannot be taken back. */
	send_pages(f, DEFLATE, GIVEN + 100 * PAGE, 2);
	assert_int_equal(look(f, false).given, 2 * PAGE);
}

static void a_page_counts_once(void **state)
{
	struct fixture *f = *state;

	driver_init(&f->driver, &f->bench, BENCH_BALLOON, 0);
	send_pages(f, INFLATE, GIVEN, 4);
	send_pages(f, INFLATE, GIVEN, 4);
	assert_int_equal(look(f, false).given, 4 * PAGE);
}

static void no_more_is_taken_than_leaves_the_floor(void **state)
{
	struct fixture *f = *state;
	const uint64_t limit = BENCH_RAM_SIZE - BENCH_FLOOR;

	driver_init(&f->driver, &f->bench, BENCH_BALLOON, 0);
	fill(f, BENCH_RAM + 0x180000, PAGE);
	send_pages(f, INFLATE, GIVEN, (unsigned)(limit / PAGE));
	assert_int_equal(look(f, false).given, limit);
	send_pages(f, INFLATE, BENCH_RAM + 0x180000, 1);
	assert_int_equal(look(f, false).given, limit);
	assert_true(is_kept(f, BENCH_RAM + 0x180000));
}

static void pages_that_are_none_are_ignored(void **state)
{
	struct fixture *f = *state;

	driver_init(&f->driver, &f->bench, BENCH_BALLOON, 0);
	send_pages(f, INFLATE, BENCH_RAM - PAGE, 1);
	send_pages(f, INFLATE, BENCH_RAM + BENCH_RAM_SIZE, 2);
	send_pages(f, INFLATE, UINT64_C(0xffffffff) * PAGE, 1);
	assert_int_equal(look(f, false).given, 0);
}

static void one_chain_is_looked_at_so_far_and_no_further(void **state)
{
	struct fixture *f = *state;
	uint32_t *list = bench_at(&f->bench, LIST), written;

	driver_init(&f->driver, &f->bench, BENCH_BALLOON, 0);
	for (unsigned i = 0; i < 4096; i++)
		list[i] = 0;
	list[4096] = GIVEN / PAGE;
	driver_add(&f->driver, INFLATE, &(struct driver_part){LIST, 4097 * 4, false}, 1);
	bench_work(&f->bench);
	assert_true(driver_next(&f->driver, INFLATE, &written));
	assert_int_equal(look(f, false).given, 0);
}

static void the_guest_is_asked_for_what_the_owner_wants(void **state)
{
	struct fixture *f = *state;

	driver_init(&f->driver, &f->bench, BENCH_BALLOON, 0);
	driver_interrupts(&f->driver, 0);
	assert_true(ask(f, 5 * PAGE));
	assert_int_equal(driver_config(&f->driver, TARGET_AT, 4), 5);
	assert_int_equal(driver_interrupts(&f->driver, 0), 1);
	assert_int_equal(look(f, false).target, 5 * PAGE);
}

static void the_owner_cannot_ask_for_more_than_leaves_the_floor(void **state)
{
	struct fixture *f = *state;

	assert_true(ask(f, BENCH_RAM_SIZE - BENCH_FLOOR));
	assert_false(ask(f, BENCH_RAM_SIZE - BENCH_FLOOR + PAGE));
	assert_false(ask(f, UINT64_MAX));
	assert_int_equal(look(f, false).target, BENCH_RAM_SIZE - BENCH_FLOOR);
}

static void the_guest_cannot_change_what_it_is_asked_for(void **state)
{
	struct fixture *f = *state;

	driver_init(&f->driver, &f->bench, BENCH_BALLOON, 0);
	ask(f, 5 * PAGE);
	bh_vm_write(&f->bench.vm, f->driver.registers + 0x100 + TARGET_AT, 4, 77);
	bh_vm_write(&f->bench.vm, f->driver.registers + 0x100 + ACTUAL_AT, 4, 3);
	assert_int_equal(driver_config(&f->driver, TARGET_AT, 4), 5);
	assert_int_equal(driver_config(&f->driver, ACTUAL_AT, 4), 3);
}

static void free_pages_that_are_reported_are_gone_but_stay_the_guests(void **state)
{
	struct fixture *f = *state;
	const struct driver_part parts[] = {{GIVEN, 2 * PAGE, true},
					    {GIVEN + 4 * PAGE, PAGE, true}};
	uint32_t written;

	driver_init(&f->driver, &f->bench, BENCH_BALLOON, F_REPORT);
	fill(f, GIVEN, 5 * PAGE);
	driver_add(&f->driver, REPORT, parts, 2);
	bench_work(&f->bench);
	assert_true(driver_next(&f->driver, REPORT, &written));
	assert_false(is_kept(f, GIVEN + PAGE));
	assert_true(is_kept(f, GIVEN + 2 * PAGE));
	assert_false(is_kept(f, GIVEN + 4 * PAGE));
	assert_int_equal(look(f, false).reported, 3 * PAGE);
	assert_int_equal(look(f, false).given, 0);
}

static void parts_of_pages_are_kept(void **state)
{
	struct fixture *f = *state;

	driver_init(&f->driver, &f->bench, BENCH_BALLOON, F_REPORT);
	fill(f, GIVEN, 3 * PAGE);
	driver_add(&f->driver, REPORT, &(struct driver_part){GIVEN + 100, 2 * PAGE, true}, 1);
	bench_work(&f->bench);
	assert_true(is_kept(f, GIVEN));
	assert_false(is_kept(f, GIVEN + PAGE));
	assert_true(is_kept(f, GIVEN + 2 * PAGE));
}

static void more_free_memory_than_there_is_stops_the_device(void **state)
{
	struct fixture *f = *state;
	const struct driver_part parts[] = {{BENCH_RAM, BENCH_RAM_SIZE, true}, {GIVEN, PAGE, true}};

	driver_init(&f->driver, &f->bench, BENCH_BALLOON, F_REPORT);
	driver_add(&f->driver, REPORT, parts, 2);
	bench_work(&f->bench);
	assert_int_equal(driver_status(&f->driver) & BH_VIRTIO_NEEDS_RESET, BH_VIRTIO_NEEDS_RESET);
}

static void put_stats(struct fixture *f, uint64_t free_bytes)
{
	uint8_t *at = bench_at(&f->bench, LIST);

	memset(at, 0, 20);
	at[0] = 4;
	memcpy(at + 2, &free_bytes, 8);
	at[10] = 200; /* of a later version */
	driver_add(&f->driver, STATS, &(struct driver_part){LIST, 20, false}, 1);
	bench_work(&f->bench);
}

static void statistics_come_when_they_are_wanted(void **state)
{
	struct fixture *f = *state;
	uint32_t written;

	driver_init(&f->driver, &f->bench, BENCH_BALLOON, F_STATS);
	put_stats(f, 12345);
	assert_false(driver_next(&f->driver, STATS, &written));
	assert_int_equal(look(f, false).guest_free, 12345);
	assert_false(driver_next(&f->driver, STATS, &written));
	look(f, true);
	assert_true(driver_next(&f->driver, STATS, &written));
	look(f, true);
	assert_false(driver_next(&f->driver, STATS, &written));
	put_stats(f, 54321);
	assert_int_equal(look(f, false).guest_free, 54321);
}

static void a_second_buffer_for_statistics_gives_the_first_back(void **state)
{
	struct fixture *f = *state;
	uint32_t written;

	driver_init(&f->driver, &f->bench, BENCH_BALLOON, F_STATS);
	put_stats(f, 1);
	put_stats(f, 2);
	assert_true(driver_next(&f->driver, STATS, &written));
	assert_false(driver_next(&f->driver, STATS, &written));
	assert_int_equal(look(f, false).guest_free, 2);
}

static void a_reset_empties_the_balloon_and_keeps_what_is_wanted(void **state)
{
	struct fixture *f = *state;

	driver_init(&f->driver, &f->bench, BENCH_BALLOON, 0);
	ask(f, 4 * PAGE);
	send_pages(f, INFLATE, GIVEN, 4);
	driver_set_status(&f->driver, 0);
	assert_int_equal(look(f, false).given, 0);
	assert_int_equal(look(f, false).target, 4 * PAGE);
	driver_init(&f->driver, &f->bench, BENCH_BALLOON, 0);
	assert_int_equal(driver_config(&f->driver, TARGET_AT, 4), 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pages_that_are_given_are_gone_and_counted),
		TEST(pages_that_are_taken_back_count_no_more),
		TEST(a_page_counts_once),
		TEST(no_more_is_taken_than_leaves_the_floor),
		TEST(pages_that_are_none_are_ignored),
		TEST(one_chain_is_looked_at_so_far_and_no_further),
		TEST(the_guest_is_asked_for_what_the_owner_wants),
		TEST(the_owner_cannot_ask_for_more_than_leaves_the_floor),
		TEST(the_guest_cannot_change_what_it_is_asked_for),
		TEST(free_pages_that_are_reported_are_gone_but_stay_the_guests),
		TEST(parts_of_pages_are_kept),
		TEST(more_free_memory_than_there_is_stops_the_device),
		TEST(statistics_come_when_they_are_wanted),
		TEST(a_second_buffer_for_statistics_gives_the_first_back),
		TEST(a_reset_empties_the_balloon_and_keeps_what_is_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
