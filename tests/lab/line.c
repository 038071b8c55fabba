/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/line.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct pair {
	int fds[2];
	void *memory;
	struct bh_line host, agent;
};

static void start(struct pair *pair, bool window)
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair->fds), 0);
	pair->memory = window ? aligned_alloc(4096, BH_WINDOW_SIZE) : NULL;
	bh_line_init(&pair->host, pair->fds[0], true, pair->memory);
	bh_line_init(&pair->agent, pair->fds[1], false, pair->memory);
}

static void stop(struct pair *pair)
{
	bh_line_finish(&pair->host);
	bh_line_finish(&pair->agent);
	close(pair->fds[0]);
	close(pair->fds[1]);
	free(pair->memory);
}

static void send_bytes(struct bh_line *line, const uint8_t *bytes, uint32_t length)
{
	struct bh_frame frame = {.type = BH_FRAME_DATA, .length = length, .data = bytes};

	bh_line_send(line, &frame);
}

/* Moves what can be moved, both ways, and returns how many bytes of data the agent got. */
static size_t move(struct pair *pair, struct bh_buf *into)
{
	size_t got = 0;

	for (int round = 0; round < 1000; round++) {
		struct bh_frame frame;
		assert_int_equal(bh_line_flush(&pair->host), 0);
		assert_int_equal(bh_line_fill(&pair->agent), 0);
		while (bh_line_next(&pair->agent, &frame) > 0) {
			got += frame.length;
			bh_buf_add(into, frame.data, frame.length);
		}
		assert_int_equal(bh_line_flush(&pair->agent), 0);
		assert_int_equal(bh_line_fill(&pair->host), 0);
		assert_int_equal(bh_line_next(&pair->host, &frame), 0);
	}
	return got;
}

static void the_host_waits_for_credit(void **state)
{
	static const uint8_t bytes[4 * BH_LINE_AHEAD];
	struct pair pair;
	char piece[8 * BH_LINE_AHEAD];

	(void)state;
	start(&pair, false);
	send_bytes(&pair.host, bytes, sizeof(bytes));
	assert_int_equal(bh_line_flush(&pair.host), 0);
	assert_int_equal(bh_line_flush(&pair.host), 0);
	assert_int_equal(read(pair.fds[1], piece, sizeof(piece)), BH_LINE_AHEAD);
	assert_false(bh_line_wants_write(&pair.host));
	stop(&pair);
}

static void credit_lets_everything_through(void **state)
{
	struct pair pair;
	struct bh_buf into;
	uint8_t bytes[BH_FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 >> 3);
	start(&pair, false);
	bh_buf_init(&into);
	for (int i = 0; i < 5; i++)
		send_bytes(&pair.host, bytes, sizeof(bytes));
	assert_int_equal(move(&pair, &into), 5 * sizeof(bytes));
	assert_memory_equal(into.data + 4 * sizeof(bytes), bytes, sizeof(bytes));
	bh_buf_finish(&into);
	stop(&pair);
}

static void long_frames_go_through_the_window(void **state)
{
	struct pair pair;
	struct bh_buf into;
	uint8_t bytes[1001];

	(void)state;
	memset(bytes, 0x5a, sizeof(bytes));
	start(&pair, true);
	bh_buf_init(&into);
	send_bytes(&pair.host, bytes, sizeof(bytes));
	assert_int_equal(pair.host.out.length, BH_FRAME_HEADER);
	/* More than there are slots: the others wait for them, and are not sent over the line. */
	for (unsigned i = 0; i < 2 * BH_WINDOW_SLOTS; i++)
		send_bytes(&pair.host, bytes, sizeof(bytes));
	assert_int_equal(pair.host.out.length, BH_WINDOW_SLOTS * BH_FRAME_HEADER);
	assert_int_equal(move(&pair, &into), (2 * BH_WINDOW_SLOTS + 1) * sizeof(bytes));
	for (size_t i = 0; i < into.length; i++)
		assert_int_equal((uint8_t)into.data[i], 0x5a);
	/* All slots came back. */
	for (unsigned i = 0; i < BH_WINDOW_SLOTS; i++)
		assert_false(pair.host.window.taken[i]);
	bh_buf_finish(&into);
	stop(&pair);
}

static void what_waits_for_the_window_keeps_its_order(void **state)
{
	struct pair pair;
	struct bh_buf into;
	uint8_t bytes[600];

	(void)state;
	start(&pair, true);
	bh_buf_init(&into);
	for (unsigned i = 0; i < 3 * BH_WINDOW_SLOTS; i++) {
		memset(bytes, (int)i, sizeof(bytes));
		send_bytes(&pair.host, bytes, sizeof(bytes));
		send_bytes(&pair.host, bytes,
			   1); /* short: it needs no slot, and may not overtake */
	}
	assert_int_equal(move(&pair, &into), 3 * BH_WINDOW_SLOTS * (sizeof(bytes) + 1));
	for (size_t i = 0; i < into.length; i++)
		assert_int_equal((uint8_t)into.data[i], i / (sizeof(bytes) + 1));
	assert_int_equal(bh_line_queued(&pair.host), 0);
	bh_buf_finish(&into);
	stop(&pair);
}

/* What the agent says, as the host reads it. */
static int host_reads(const struct bh_frame *said, bool window)
{
	struct pair pair;
	struct bh_frame frame;
	struct bh_buf bytes;

	start(&pair, window);
	bh_buf_init(&bytes);
	bh_frame_put(&bytes, said);
	assert_int_equal(write(pair.fds[1], bytes.data, bytes.length), bytes.length);
	assert_int_equal(bh_line_fill(&pair.host), 0);
	int got = bh_line_next(&pair.host, &frame);
	bh_buf_finish(&bytes);
	stop(&pair);
	return got;
}

static void credit_for_what_was_never_sent_is_refused(void **state)
{
	uint8_t room[4];
	struct bh_frame credit = bh_frame_of_u32(BH_FRAME_CREDIT, 0, BH_STREAM_IN, 1, room);

	(void)state;
	assert_int_equal(host_reads(&credit, false), -EBADMSG);
}

static void a_slot_that_was_never_taken_cannot_be_freed(void **state)
{
	struct bh_frame one = {.type = BH_FRAME_FREE, .slot = 0};
	struct bh_frame beyond = {.type = BH_FRAME_FREE, .slot = BH_WINDOW_SLOTS};

	(void)state;
	assert_int_equal(host_reads(&one, true), -EBADMSG);
	assert_int_equal(host_reads(&beyond, true), -EBADMSG);
}

static void a_slot_outside_the_window_is_refused(void **state)
{
	struct bh_frame beyond = {
		.type = BH_FRAME_DATA, .windowed = true, .slot = BH_WINDOW_SLOTS, .length = 600};
	struct bh_frame without = {.type = BH_FRAME_DATA, .windowed = true, .length = 600};

	(void)state;
	assert_int_equal(host_reads(&beyond, true), -EBADMSG);
	assert_int_equal(host_reads(&without, false), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_host_waits_for_credit),
		cmocka_unit_test(credit_lets_everything_through),
		cmocka_unit_test(long_frames_go_through_the_window),
		cmocka_unit_test(what_waits_for_the_window_keeps_its_order),
		cmocka_unit_test(credit_for_what_was_never_sent_is_refused),
		cmocka_unit_test(a_slot_that_was_never_taken_cannot_be_freed),
		cmocka_unit_test(a_slot_outside_the_window_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
