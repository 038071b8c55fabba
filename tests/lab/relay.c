/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/relay.h"
#include "base/alloc.h"
#include "test.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A relay whose agent and clients are this test: what it says to the agent lies in line.out. */
struct fixture {
	struct bh_line line;
	struct bh_console console;
	struct bh_relay relay;
	struct bh_frame_reader agent;
	int client;
	struct bh_frame_reader heard; /* by the client */
};

static char *no_status(void *context)
{
	(void)context;
	return bh_strdup("board=test\n");
}

static void connect_client(struct fixture *f, bool owner)
{
	int both[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, both), 0);
	fcntl(both[0], F_SETFL, O_NONBLOCK);
	f->client = both[0];
	bh_frame_reader_init(&f->heard, false);
	bh_relay_accept(&f->relay, both[1], owner);
}

static void agent_says(struct fixture *f, enum bh_frame_type type, uint16_t channel,
		       enum bh_stream stream, const void *data, uint32_t length, bool allowed)
{
	struct bh_frame frame = {
		.type = type, .channel = channel, .stream = stream, .length = length, .data = data};

	assert_int_equal(bh_relay_agent(&f->relay, &frame), allowed);
}

static void start(struct fixture *f, bool owner)
{
	static const uint8_t protocol[4] = {BH_AGENT_PROTOCOL};

	bh_line_init(&f->line, -1, true, NULL);
	bh_console_init(&f->console, "/dev/null");
	bh_relay_init(&f->relay, &f->line, &f->console);
	f->relay.status = no_status;
	bh_frame_reader_init(&f->agent, false);
	agent_says(f, BH_FRAME_HELLO, 0, BH_STREAM_IN, protocol, 4, true);
	connect_client(f, owner);
}

static void stop(struct fixture *f)
{
	bh_relay_finish(&f->relay);
	bh_line_finish(&f->line);
	bh_console_finish(&f->console);
	bh_frame_reader_finish(&f->agent);
	bh_frame_reader_finish(&f->heard);
	close(f->client);
}

static void work(struct fixture *f)
{
	struct pollfd polls[8];

	for (int round = 0; round < 3; round++) {
		assert_true(f->relay.client_count <= 8);
		bh_relay_polls(&f->relay, polls);
		poll(polls, (nfds_t)f->relay.client_count, 0);
		bh_relay_work(&f->relay, polls);
	}
}

static void client_says(struct fixture *f, enum bh_frame_type type, enum bh_stream stream,
			const void *data, uint32_t length)
{
	struct bh_buf bytes;
	struct bh_frame frame = {.type = type, .stream = stream, .length = length, .data = data};

	bh_buf_init(&bytes);
	bh_frame_put(&bytes, &frame);
	assert_int_equal(send(f->client, bytes.data, bytes.length, MSG_NOSIGNAL), bytes.length);
	bh_buf_finish(&bytes);
	work(f);
}

/* The next frame that the agent gets; false when there is none. */
static bool agent_hears(struct fixture *f, struct bh_frame *frame)
{
	bh_frame_reader_add(&f->agent, bh_buf_str(&f->line.out), f->line.out.length);
	bh_buf_clear(&f->line.out);
	return bh_frame_next(&f->agent, frame) > 0;
}

static bool client_hears(struct fixture *f, struct bh_frame *frame)
{
	char piece[65536];

	work(f);
	ssize_t got = recv(f->client, piece, sizeof(piece), 0);
	if (got > 0)
		bh_frame_reader_add(&f->heard, piece, (size_t)got);
	return bh_frame_next(&f->heard, frame) > 0;
}

static bool client_is_closed(struct fixture *f)
{
	char byte;
	ssize_t got;

	work(f);
	while ((got = recv(f->client, &byte, 1, 0)) > 0)
		;
	return got == 0;
}

/* Starts a command; the channel that it got. */
static uint16_t spawn(struct fixture *f)
{
	struct bh_frame frame;

	client_says(f, BH_FRAME_SPAWN, BH_STREAM_IN, "true", 5);
	assert_true(agent_hears(f, &frame));
	assert_int_equal(frame.type, BH_FRAME_SPAWN);
	assert_memory_equal(frame.data, "true", 5);
	return frame.channel;
}

static void a_command_goes_to_the_agent_and_its_end_comes_back(void **state)
{
	static const uint8_t code[4] = {7};
	struct fixture f;
	struct bh_frame frame;
	uint32_t value;

	(void)state;
	start(&f, false);
	assert_true(client_hears(&f, &frame));
	assert_int_equal(frame.type, BH_FRAME_READY);
	uint16_t channel = spawn(&f);
	agent_says(&f, BH_FRAME_DATA, channel, BH_STREAM_OUT, "hello", 5, true);
	agent_says(&f, BH_FRAME_EXIT, channel, BH_STREAM_IN, code, 4, true);
	assert_true(client_hears(&f, &frame));
	assert_memory_equal(frame.data, "hello", 5);
	assert_true(bh_frame_next(&f.heard, &frame) > 0);
	assert_int_equal(frame.type, BH_FRAME_EXIT);
	assert_true(bh_frame_u32(&frame, &value));
	assert_int_equal(value, 7);
	stop(&f);
}

static void a_client_that_leaves_takes_its_command_along(void **state)
{
	struct fixture f;
	struct bh_frame frame;

	(void)state;
	start(&f, false);
	uint16_t channel = spawn(&f);
	close(f.client);
	work(&f);
	assert_true(agent_hears(&f, &frame));
	assert_int_equal(frame.type, BH_FRAME_CLOSE);
	assert_int_equal(frame.channel, channel);
	assert_false(f.relay.stop);
	f.client = -1;
	stop(&f);
}

static void an_owner_that_leaves_ends_the_board(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, true);
	close(f.client);
	work(&f);
	assert_true(f.relay.stop);
	f.client = -1;
	stop(&f);
}

static void an_owner_that_detached_may_leave(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, true);
	client_says(&f, BH_FRAME_DETACH, BH_STREAM_IN, NULL, 0);
	close(f.client);
	work(&f);
	assert_false(f.relay.stop);
	f.client = -1;
	stop(&f);
}

static void an_agent_that_sends_more_than_was_granted_is_refused(void **state)
{
	static const uint8_t bytes[BH_FRAME_MAX];
	struct fixture f;

	(void)state;
	start(&f, false);
	uint16_t channel = spawn(&f);
	for (unsigned sent = 0; sent < BH_STREAM_WINDOW; sent += BH_FRAME_MAX)
		agent_says(&f, BH_FRAME_DATA, channel, BH_STREAM_OUT, bytes, BH_FRAME_MAX, true);
	agent_says(&f, BH_FRAME_DATA, channel, BH_STREAM_ERR, bytes, 1, true);
	agent_says(&f, BH_FRAME_DATA, channel, BH_STREAM_OUT, bytes, 1, false);
	stop(&f);
}

static void an_agent_may_not_speak_as_a_client(void **state)
{
	static const enum bh_frame_type forbidden[] = {BH_FRAME_SPAWN,  BH_FRAME_SIGNAL,
						       BH_FRAME_CLOSE,  BH_FRAME_GONE,
						       BH_FRAME_DETACH, BH_FRAME_DOWN};
	struct fixture f;

	(void)state;
	start(&f, false);
	uint16_t channel = spawn(&f);
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		agent_says(&f, forbidden[i], channel, BH_STREAM_IN, NULL, 0, false);
	agent_says(&f, BH_FRAME_DATA, channel, BH_STREAM_IN, "x", 1, false);
	agent_says(&f, BH_FRAME_GRANT, channel, BH_STREAM_OUT, "\1\0\0\0", 4, false);
	stop(&f);
}

static void an_agent_may_speak_of_a_command_that_nobody_waits_for(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, false);
	agent_says(&f, BH_FRAME_DATA, 999, BH_STREAM_OUT, "x", 1, true);
	stop(&f);
}

static void an_agent_that_was_restarted_ends_its_commands(void **state)
{
	static const uint8_t protocol[4] = {BH_AGENT_PROTOCOL};
	struct fixture f;
	struct bh_frame frame;
	uint32_t value;

	(void)state;
	start(&f, false);
	spawn(&f);
	agent_says(&f, BH_FRAME_HELLO, 0, BH_STREAM_IN, protocol, 4, true);
	assert_true(client_hears(&f, &frame)); /* READY, of the beginning */
	assert_true(bh_frame_next(&f.heard, &frame) > 0);
	assert_int_equal(frame.type, BH_FRAME_EXIT);
	assert_true(bh_frame_u32(&frame, &value));
	assert_int_equal(value, 137);
	stop(&f);
}

static void an_agent_of_another_protocol_is_refused(void **state)
{
	static const uint8_t protocol[4] = {BH_AGENT_PROTOCOL + 1};
	struct fixture f;

	(void)state;
	start(&f, false);
	agent_says(&f, BH_FRAME_HELLO, 0, BH_STREAM_IN, protocol, 4, false);
	agent_says(&f, BH_FRAME_HELLO, 0, BH_STREAM_IN, protocol, 3, false);
	stop(&f);
}

static void a_client_that_sends_more_than_was_granted_is_let_go(void **state)
{
	static const uint8_t bytes[BH_FRAME_MAX];
	struct fixture f;

	(void)state;
	start(&f, false);
	spawn(&f);
	for (unsigned sent = 0; sent < BH_STREAM_WINDOW; sent += BH_FRAME_MAX)
		client_says(&f, BH_FRAME_DATA, BH_STREAM_IN, bytes, BH_FRAME_MAX);
	assert_int_equal(f.relay.client_count, 1);
	client_says(&f, BH_FRAME_DATA, BH_STREAM_IN, bytes, 1);
	assert_true(client_is_closed(&f));
	stop(&f);
}

static void a_client_that_does_not_speak_the_protocol_is_let_go(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, false);
	assert_int_equal(send(f.client, "GET / HTTP/1.0\r\n\r\n", 18, 0), 18);
	assert_true(client_is_closed(&f));
	stop(&f);
}

static void whoever_waits_hears_that_the_board_is_gone(void **state)
{
	struct fixture f;
	struct bh_frame frame;

	(void)state;
	start(&f, false);
	spawn(&f);
	bh_relay_gone(&f.relay, "E0707\nit panicked\n");
	assert_true(client_hears(&f, &frame));
	assert_true(bh_frame_next(&f.heard, &frame) > 0);
	assert_int_equal(frame.type, BH_FRAME_GONE);
	assert_memory_equal(frame.data, "E0707\nit panicked\n", 18);
	assert_true(client_is_closed(&f));
	stop(&f);
}

static void a_console_is_shown_from_what_was_kept_on(void **state)
{
	struct fixture f;
	struct bh_frame frame;

	(void)state;
	start(&f, false);
	bh_console_add(&f.console, "before", 6);
	client_says(&f, BH_FRAME_CONSOLE, BH_STREAM_IN, NULL, 0);
	bh_relay_console(&f.relay, "after", 5);
	assert_true(client_hears(&f, &frame));
	assert_true(bh_frame_next(&f.heard, &frame) > 0);
	assert_memory_equal(frame.data, "before", 6);
	assert_true(bh_frame_next(&f.heard, &frame) > 0);
	assert_memory_equal(frame.data, "after", 5);
	client_says(&f, BH_FRAME_DATA, BH_STREAM_IN, "typed", 5);
	assert_string_equal(bh_buf_str(&f.relay.console_input), "typed");
	stop(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_goes_to_the_agent_and_its_end_comes_back),
		cmocka_unit_test(a_client_that_leaves_takes_its_command_along),
		cmocka_unit_test(an_owner_that_leaves_ends_the_board),
		cmocka_unit_test(an_owner_that_detached_may_leave),
		cmocka_unit_test(an_agent_that_sends_more_than_was_granted_is_refused),
		cmocka_unit_test(an_agent_may_not_speak_as_a_client),
		cmocka_unit_test(an_agent_may_speak_of_a_command_that_nobody_waits_for),
		cmocka_unit_test(an_agent_that_was_restarted_ends_its_commands),
		cmocka_unit_test(an_agent_of_another_protocol_is_refused),
		cmocka_unit_test(a_client_that_sends_more_than_was_granted_is_let_go),
		cmocka_unit_test(a_client_that_does_not_speak_the_protocol_is_let_go),
		cmocka_unit_test(whoever_waits_hears_that_the_board_is_gone),
		cmocka_unit_test(a_console_is_shown_from_what_was_kept_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
