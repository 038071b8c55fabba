/* SPDX-License-Identifier: Apache-2.0 */
/* What every virtio device owes its driver, over both transports: `virtio pci|mmio`. */
#include "base/alloc.h"
#include "base/str.h"
#include "test.h"
#include "vmm/bench.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool over_pci;

enum { BUFFER = BENCH_RAM + 0x200000, ANSWER = BENCH_RAM + 0x300000 };

static int set_up(void **state)
{
	struct bench *bench = bh_alloc(sizeof(*bench));

	bench_init(bench, over_pci);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	bench_finish(*state);
	free(*state);
	return 0;
}

static void features_that_were_not_offered_are_refused(void **state)
{
	struct driver driver;

	driver_find(&driver, *state, BENCH_RNG);
	driver_set_status(&driver, 3);
	driver_negotiate(&driver, BH_VIRTIO_F_VERSION_1);
	((struct bench *)*state)->vm.virtio[BENCH_RNG].device->accepted |= UINT64_C(1) << 40;
	driver_set_status(&driver, 11);
	assert_int_equal(driver_status(&driver), 3);
}

static void a_driver_of_the_old_standard_is_refused(void **state)
{
	struct driver driver;

	driver_find(&driver, *state, BENCH_RNG);
	driver_set_status(&driver, 3);
	driver_negotiate(&driver, BH_VIRTIO_F_INDIRECT);
	driver_set_status(&driver, 11);
	assert_int_equal(driver_status(&driver), 3);
}

static void a_ring_outside_memory_stops_the_device(void **state)
{
	struct driver driver;

	driver_find(&driver, *state, BENCH_RNG);
	driver_set_status(&driver, 3);
	driver_negotiate(&driver, BH_VIRTIO_F_VERSION_1);
	driver_set_status(&driver, 11);
	driver_set_queue(&driver, 0, BENCH_RAM + BENCH_RAM_SIZE - 0x1000, 16);
	assert_int_equal(driver_status(&driver) & BH_VIRTIO_NEEDS_RESET, BH_VIRTIO_NEEDS_RESET);
}

static void requests_are_answered_with_an_interrupt(void **state)
{
	struct bench *bench = *state;
	struct driver driver;
	uint32_t written = 0;

	driver_init(&driver, bench, BENCH_RNG, 0);
	memset(bench_at(bench, BUFFER), 0, 64);
	driver_add(&driver, 0, &(struct driver_part){BUFFER, 64, true}, 1);
	bench_work(bench);
	assert_true(driver_next(&driver, 0, &written));
	assert_int_equal(written, 64);
	assert_int_equal(driver_interrupts(&driver, 0), 1);
	assert_false(driver_next(&driver, 0, &written));
}

static void without_a_request_there_is_no_interrupt(void **state)
{
	struct bench *bench = *state;
	struct driver driver;

	driver_init(&driver, bench, BENCH_RNG, 0);
	driver_kick(&driver, 0);
	bench_work(bench);
	assert_int_equal(driver_interrupts(&driver, 0), 0);
}

static void the_event_index_says_when_to_interrupt(void **state)
{
	struct bench *bench = *state;
	struct driver driver;
	struct bh_queue_avail *avail;

	driver_init(&driver, bench, BENCH_RNG, BH_VIRTIO_F_EVENT_INDEX);
	avail = bench_at(bench, driver.queues[0].base + 0x1000);
	avail->ring[16] = 1; /* tell me when the second is done */
	driver_add(&driver, 0, &(struct driver_part){BUFFER, 8, true}, 1);
	bench_work(bench);
	driver_interrupts(&driver, 0); /* the first may come: nothing was ever signalled */
	avail->ring[16] = 2;
	driver_add(&driver, 0, &(struct driver_part){BUFFER, 8, true}, 1);
	bench_work(bench);
	assert_int_equal(driver_interrupts(&driver, 0), 0);
	driver_add(&driver, 0, &(struct driver_part){BUFFER, 8, true}, 1);
	bench_work(bench);
	assert_int_equal(driver_interrupts(&driver, 0), 1);
}

/* Whatever is wrong in a ring, the device stops, says so, and works after a reset. */
static void expect_broken(struct bench *bench, struct driver *driver)
{
	uint32_t written;

	driver_kick(driver, 0);
	bench_work(bench);
	assert_false(driver_next(driver, 0, &written));
	assert_int_equal(driver_status(driver) & BH_VIRTIO_NEEDS_RESET, BH_VIRTIO_NEEDS_RESET);

	memset(bench_at(bench, driver->queues[0].base), 0, 0x3000);
	driver_init(driver, bench, BENCH_RNG, 0);
	driver_add(driver, 0, &(struct driver_part){BUFFER, 8, true}, 1);
	bench_work(bench);
	assert_true(driver_next(driver, 0, &written));
	assert_int_equal(written, 8);
}

static void offer(struct bench *bench, struct driver *driver, uint16_t head)
{
	struct bh_queue_avail *avail = bench_at(bench, driver->queues[0].base + 0x1000);

	avail->ring[0] = head;
	avail->index = 1;
}

static struct bh_queue_descriptor *table(struct bench *bench, struct driver *driver)
{
	return bench_at(bench, driver->queues[0].base);
}

static void a_chain_that_loops_is_refused(void **state)
{
	struct bench *bench = *state;
	struct driver driver;

	driver_init(&driver, bench, BENCH_RNG, 0);
	table(bench, &driver)[0] = (struct bh_queue_descriptor){BUFFER, 1, 3, 1};
	table(bench, &driver)[1] = (struct bh_queue_descriptor){BUFFER, 1, 3, 0};
	offer(bench, &driver, 0);
	expect_broken(bench, &driver);
}

static void a_head_beyond_the_table_is_refused(void **state)
{
	struct bench *bench = *state;
	struct driver driver;

	driver_init(&driver, bench, BENCH_RNG, 0);
	offer(bench, &driver, 16);
	expect_broken(bench, &driver);
}

static void a_buffer_outside_memory_is_refused(void **state)
{
	struct bench *bench = *state;
	struct driver driver;

	driver_init(&driver, bench, BENCH_RNG, 0);
	table(bench, &driver)[0] = (struct bh_queue_descriptor){BENCH_RAM - 1, 2, 2, 0};
	offer(bench, &driver, 0);
	expect_broken(bench, &driver);
}

static void a_buffer_whose_length_wraps_is_refused(void **state)
{
	struct bench *bench = *state;
	struct driver driver;

	driver_init(&driver, bench, BENCH_RNG, 0);
	table(bench, &driver)[0] =
		(struct bh_queue_descriptor){UINT64_MAX - 0x100, 0xffffffff, 2, 0};
	offer(bench, &driver, 0);
	expect_broken(bench, &driver);
}

static void an_index_that_jumps_is_refused(void **state)
{
	struct bench *bench = *state;
	struct driver driver;

	driver_init(&driver, bench, BENCH_RNG, 0);
	offer(bench, &driver, 0);
	((struct bh_queue_avail *)bench_at(bench, driver.queues[0].base + 0x1000))->index = 17;
	expect_broken(bench, &driver);
}

static void an_indirect_table_in_an_indirect_table_is_refused(void **state)
{
	struct bench *bench = *state;
	struct driver driver;

	driver_init(&driver, bench, BENCH_RNG, BH_VIRTIO_F_INDIRECT);
	table(bench, &driver)[0] = (struct bh_queue_descriptor){BUFFER, 16, 4, 0};
	*(struct bh_queue_descriptor *)bench_at(bench, BUFFER) =
		(struct bh_queue_descriptor){BUFFER + 16, 16, 4, 0};
	offer(bench, &driver, 0);
	expect_broken(bench, &driver);
}

static void an_indirect_table_must_be_agreed_upon(void **state)
{
	struct bench *bench = *state;
	struct driver driver;

	driver_init(&driver, bench, BENCH_RNG, 0);
	table(bench, &driver)[0] = (struct bh_queue_descriptor){BUFFER, 16, 4, 0};
	offer(bench, &driver, 0);
	expect_broken(bench, &driver);
}

static void an_indirect_table_of_odd_length_is_refused(void **state)
{
	struct bench *bench = *state;
	struct driver driver;

	driver_init(&driver, bench, BENCH_RNG, BH_VIRTIO_F_INDIRECT);
	table(bench, &driver)[0] = (struct bh_queue_descriptor){BUFFER, 17, 4, 0};
	offer(bench, &driver, 0);
	expect_broken(bench, &driver);
}

static void what_is_read_after_what_is_written_is_refused(void **state)
{
	struct bench *bench = *state;
	struct driver driver;

	driver_init(&driver, bench, BENCH_RNG, 0);
	driver_add(&driver, 0, (struct driver_part[]){{BUFFER, 8, true}, {BUFFER + 8, 8, false}},
		   2);
	expect_broken(bench, &driver);
}

static void an_indirect_table_is_followed(void **state)
{
	struct bench *bench = *state;
	struct driver driver;
	uint32_t written;

	driver_init(&driver, bench, BENCH_RNG, BH_VIRTIO_F_INDIRECT);
	table(bench, &driver)[0] = (struct bh_queue_descriptor){BUFFER, 32, 4, 0};
	struct bh_queue_descriptor *inner = bench_at(bench, BUFFER);
	inner[0] = (struct bh_queue_descriptor){ANSWER, 8, 3, 1};
	inner[1] = (struct bh_queue_descriptor){ANSWER + 8, 8, 2, 0};
	offer(bench, &driver, 0);
	driver_kick(&driver, 0);
	bench_work(bench);
	assert_true(driver_next(&driver, 0, &written));
	assert_int_equal(written, 16);
}

static void reset_forgets_the_rings(void **state)
{
	struct bench *bench = *state;
	struct driver driver;
	uint32_t written;

	driver_init(&driver, bench, BENCH_RNG, 0);
	driver_set_status(&driver, 0);
	assert_int_equal(driver_status(&driver), 0);
	driver_add(&driver, 0, &(struct driver_part){BUFFER, 8, true}, 1);
	bench_work(bench);
	assert_false(driver_next(&driver, 0, &written));
}

/* One disk request; returns the status byte. */
static uint8_t disk(struct driver *driver, uint32_t type, uint64_t sector, uint32_t length,
		    uint32_t *written)
{
	struct bench *bench = driver->bench;
	struct driver_part parts[3] = {{ANSWER, 16, false},
				       {BUFFER, length, type == 0 || type == 8},
				       {ANSWER + 16, 1, true}};
	uint32_t none;

	memcpy(bench_at(bench, ANSWER), &type, 4);
	memcpy(bench_at(bench, ANSWER + 8), &sector, 8);
	*(uint8_t *)bench_at(bench, ANSWER + 16) = 0xee;
	if (!length)
		parts[1] = parts[2];
	driver_add(driver, 0, parts, length ? 3 : 2);
	bench_work(bench);
	assert_true(driver_next(driver, 0, written ? written : &none));
	return *(uint8_t *)bench_at(bench, ANSWER + 16);
}

static void a_disk_stores_what_is_written(void **state)
{
	struct bench *bench = *state;
	struct driver driver;
	char stored[1024];
	uint32_t written;

	driver_init(&driver, bench, BENCH_DISK, UINT64_C(1) << 9);
	memset(bench_at(bench, BUFFER), 0x5a, 1024);
	assert_int_equal(disk(&driver, 1, 3, 1024, NULL), 0);
	assert_int_equal(disk(&driver, 4, 0, 0, NULL), 0);
	assert_int_equal(pread(bench->disk, stored, 1024, 3 * 512), 1024);
	assert_memory_equal(stored, bench_at(bench, BUFFER), 1024);
	memset(bench_at(bench, BUFFER), 0, 1024);
	assert_int_equal(disk(&driver, 0, 3, 1024, &written), 0);
	assert_int_equal(written, 1025);
	assert_memory_equal(stored, bench_at(bench, BUFFER), 1024);
}

static void a_disk_tells_its_size_in_sectors(void **state)
{
	struct driver driver;

	driver_init(&driver, *state, BENCH_DISK, 0);
	assert_int_equal(driver_config(&driver, 0, 4), BENCH_DISK_SIZE / 512);
}

static void a_disk_has_a_serial_number_or_its_name(void **state)
{
	struct bench *bench = *state;
	struct driver driver;

	driver_init(&driver, bench, BENCH_DISK, 0);
	assert_int_equal(disk(&driver, 8, 0, 20, NULL), 0);
	assert_string_equal(bench_at(bench, BUFFER), "disk0");
	driver_init(&driver, bench, BENCH_READONLY_DISK, 0);
	assert_int_equal(disk(&driver, 8, 0, 20, NULL), 0);
	assert_string_equal(bench_at(bench, BUFFER), "data");
}

static void beyond_the_disk_is_an_error(void **state)
{
	struct driver driver;

	driver_init(&driver, *state, BENCH_DISK, 0);
	assert_int_equal(disk(&driver, 0, BENCH_DISK_SIZE / 512, 512, NULL), 1);
	assert_int_equal(disk(&driver, 0, BENCH_DISK_SIZE / 512 - 1, 1024, NULL), 1);
	assert_int_equal(disk(&driver, 1, UINT64_MAX, 512, NULL), 1);
	assert_int_equal(disk(&driver, 0, UINT64_MAX / 512, 512, NULL), 1);
}

static void part_of_a_sector_is_an_error(void **state)
{
	struct driver driver;

	driver_init(&driver, *state, BENCH_DISK, 0);
	assert_int_equal(disk(&driver, 0, 0, 100, NULL), 1);
}

static void a_read_only_disk_is_not_written(void **state)
{
	struct bench *bench = *state;
	struct driver driver;
	char byte = 1;

	driver_init(&driver, bench, BENCH_READONLY_DISK, 0);
	memset(bench_at(bench, BUFFER), 0x5a, 512);
	assert_int_equal(disk(&driver, 1, 0, 512, NULL), 1);
	assert_int_equal(pread(bench->disk, &byte, 1, 0), 1);
	assert_int_equal(byte, 0);
}

static void an_unknown_request_is_unsupported(void **state)
{
	struct driver driver;

	driver_init(&driver, *state, BENCH_DISK, 0);
	assert_int_equal(disk(&driver, 99, 0, 512, NULL), 2);
}

static void zeroes_are_written_where_asked(void **state)
{
	struct bench *bench = *state;
	struct driver driver;
	char before[1536], after[1536];
	const struct {
		uint64_t sector;
		uint32_t sectors, flags;
	} range = {1, 1, 0};

	driver_init(&driver, bench, BENCH_DISK, 0);
	memset(before, 7, sizeof(before));
	assert_int_equal(pwrite(bench->disk, before, sizeof(before), 0), sizeof(before));
	memcpy(bench_at(bench, BUFFER), &range, sizeof(range));
	assert_int_equal(disk(&driver, 13, 0, sizeof(range), NULL), 0);
	memset(before + 512, 0, 512);
	assert_int_equal(pread(bench->disk, after, sizeof(after), 0), sizeof(after));
	assert_memory_equal(before, after, sizeof(after));
}

static void a_range_of_zeroes_beyond_the_disk_is_an_error(void **state)
{
	struct bench *bench = *state;
	struct driver driver;
	const struct {
		uint64_t sector;
		uint32_t sectors, flags;
	} range = {BENCH_DISK_SIZE / 512 - 1, UINT32_MAX, 0};

	driver_init(&driver, bench, BENCH_DISK, 0);
	memcpy(bench_at(bench, BUFFER), &range, sizeof(range));
	assert_int_equal(disk(&driver, 13, 0, sizeof(range), NULL), 1);
	assert_int_equal(disk(&driver, 11, 0, sizeof(range), NULL), 1);
}

static void a_disk_request_without_an_answers_byte_stops_the_disk(void **state)
{
	struct bench *bench = *state;
	struct driver driver;

	driver_init(&driver, bench, BENCH_DISK, 0);
	driver_add(&driver, 0, &(struct driver_part){ANSWER, 16, false}, 1);
	bench_work(bench);
	assert_int_equal(driver_status(&driver) & BH_VIRTIO_NEEDS_RESET, BH_VIRTIO_NEEDS_RESET);
}

static void the_console_prints_and_reads(void **state)
{
	struct bench *bench = *state;
	struct driver driver;
	char text[8] = {0};
	uint32_t written;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(bh_console_attach(&bench->consoles[BENCH_CONSOLE + 1], ends[0], ends[0]),
			 0);
	driver_init(&driver, bench, BENCH_CONSOLE, 0);
	memcpy(bench_at(bench, BUFFER), "hello", 5);
	driver_add(&driver, 1, &(struct driver_part){BUFFER, 5, false}, 1);
	bench_work(bench);
	assert_int_equal(read(ends[1], text, sizeof(text)), 5);
	assert_string_equal(text, "hello");

	driver_add(&driver, 0, &(struct driver_part){BUFFER, 64, true}, 1);
	bench_work(bench);
	assert_false(driver_next(&driver, 0, &written));
	assert_int_equal(write(ends[1], "ls\n", 3), 3);
	bench_work(bench);
	assert_true(driver_next(&driver, 0, &written));
	assert_int_equal(written, 3);
	assert_memory_equal(bench_at(bench, BUFFER), "ls\n", 3);
	close(ends[1]);
	bench_work(bench);
}

static void a_packet_leaves_with_its_length_before_it(void **state)
{
	struct bench *bench = *state;
	struct driver driver;
	char frame[128];

	driver_init(&driver, bench, BENCH_NET, 0);
	memset(bench_at(bench, BUFFER), 0, 12);
	memset(bench_at(bench, BUFFER + 12), 0x11, 60);
	driver_add(&driver, 1,
		   (struct driver_part[]){{BUFFER, 12, false}, {BUFFER + 12, 60, false}}, 2);
	bench_work(bench);
	assert_int_equal(recv(bench->network, frame, sizeof(frame), MSG_DONTWAIT), 64);
	assert_memory_equal(frame, "\0\0\0\x3c", 4);
	assert_memory_equal(frame + 4, bench_at(bench, BUFFER + 12), 60);
}

static void send_frame(struct bench *bench, uint8_t byte, uint32_t size)
{
	uint8_t length[4] = {0, 0, (uint8_t)(size >> 8), (uint8_t)size};
	uint8_t data[4096];

	memset(data, byte, size);
	assert_int_equal(write(bench->network, length, 4), 4);
	assert_int_equal(write(bench->network, data, size), size);
}

static void a_packet_arrives_behind_an_empty_header(void **state)
{
	struct bench *bench = *state;
	struct driver driver;
	uint32_t written;
	const uint8_t header[12] = {[10] = 1};

	driver_init(&driver, bench, BENCH_NET, 0);
	bench_work(bench);
	driver_add(&driver, 0, &(struct driver_part){BUFFER, 1600, true}, 1);
	send_frame(bench, 0x22, 100);
	bench_work(bench);
	assert_true(driver_next(&driver, 0, &written));
	assert_int_equal(written, 112);
	assert_memory_equal(bench_at(bench, BUFFER), header, 12);
	assert_int_equal(*(uint8_t *)bench_at(bench, BUFFER + 111), 0x22);
}

static void a_large_packet_takes_several_buffers_when_that_was_agreed(void **state)
{
	struct bench *bench = *state;
	struct driver driver;
	uint32_t first, second;

	driver_init(&driver, bench, BENCH_NET, UINT64_C(1) << 15);
	driver_add(&driver, 0, &(struct driver_part){BUFFER, 1024, true}, 1);
	driver_add(&driver, 0, &(struct driver_part){BUFFER + 4096, 1024, true}, 1);
	send_frame(bench, 0x33, 1500);
	bench_work(bench);
	assert_true(driver_next(&driver, 0, &first));
	assert_true(driver_next(&driver, 0, &second));
	assert_int_equal(first, 1024);
	assert_int_equal(second, 1512 - 1024);
	assert_int_equal(*(uint8_t *)bench_at(bench, BUFFER + 10), 2);
	assert_int_equal(*(uint8_t *)bench_at(bench, BUFFER + 4096 + 487), 0x33);
}

static void a_packet_without_room_is_dropped_and_the_next_arrives(void **state)
{
	struct bench *bench = *state;
	struct driver driver;
	uint32_t written;

	driver_init(&driver, bench, BENCH_NET, 0);
	driver_add(&driver, 0, &(struct driver_part){BUFFER, 64, true}, 1);
	send_frame(bench, 0x44, 1500);
	send_frame(bench, 0x55, 40);
	bench_work(bench);
	assert_true(driver_next(&driver, 0, &written));
	assert_int_equal(written, 52);
	assert_int_equal(*(uint8_t *)bench_at(bench, BUFFER + 51), 0x55);
}

static void a_network_peer_that_lies_is_left_alone(void **state)
{
	struct bench *bench = *state;
	struct driver driver;
	uint32_t written;

	driver_init(&driver, bench, BENCH_NET, 0);
	driver_add(&driver, 0, &(struct driver_part){BUFFER, 1600, true}, 1);
	assert_int_equal(write(bench->network, "\x7f\xff\xff\xff", 4), 4);
	bench_work(bench);
	assert_false(driver_next(&driver, 0, &written));
	driver_add(&driver, 1, &(struct driver_part){BUFFER, 100, false}, 1);
	bench_work(bench);
	assert_true(driver_next(&driver, 1, &written));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(features_that_were_not_offered_are_refused),
		TEST(a_driver_of_the_old_standard_is_refused),
		TEST(a_ring_outside_memory_stops_the_device),
		TEST(requests_are_answered_with_an_interrupt),
		TEST(without_a_request_there_is_no_interrupt),
		TEST(the_event_index_says_when_to_interrupt),
		TEST(a_chain_that_loops_is_refused),
		TEST(a_head_beyond_the_table_is_refused),
		TEST(a_buffer_outside_memory_is_refused),
		TEST(a_buffer_whose_length_wraps_is_refused),
		TEST(an_index_that_jumps_is_refused),
		TEST(an_indirect_table_in_an_indirect_table_is_refused),
		TEST(an_indirect_table_must_be_agreed_upon),
		TEST(an_indirect_table_of_odd_length_is_refused),
		TEST(what_is_read_after_what_is_written_is_refused),
		TEST(an_indirect_table_is_followed),
		TEST(reset_forgets_the_rings),
		TEST(a_disk_stores_what_is_written),
		TEST(a_disk_tells_its_size_in_sectors),
		TEST(a_disk_has_a_serial_number_or_its_name),
		TEST(beyond_the_disk_is_an_error),
		TEST(part_of_a_sector_is_an_error),
		TEST(a_read_only_disk_is_not_written),
		TEST(an_unknown_request_is_unsupported),
		TEST(zeroes_are_written_where_asked),
		TEST(a_range_of_zeroes_beyond_the_disk_is_an_error),
		TEST(a_disk_request_without_an_answers_byte_stops_the_disk),
		TEST(the_console_prints_and_reads),
		TEST(a_packet_leaves_with_its_length_before_it),
		TEST(a_packet_arrives_behind_an_empty_header),
		TEST(a_large_packet_takes_several_buffers_when_that_was_agreed),
		TEST(a_packet_without_room_is_dropped_and_the_next_arrives),
		TEST(a_network_peer_that_lies_is_left_alone),
	};

	over_pci = argc > 1 && bh_str_eq(argv[1], "pci");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
