/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/control.h"

#include "base/alloc.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct fixture {
	struct bh_loop loop;
	struct bh_control control;
	int client;
	unsigned runs;
};

static const char *answers(void *owner, struct bh_buf *out)
{
	struct fixture *f = owner;

	f->runs++;
	bh_control_put(out, "vm", "%s", "a\nb");
	return NULL;
}

static const char *fails(void *owner, struct bh_buf *out)
{
	(void)owner;
	bh_control_put(out, "half", "done");
	return "it does not want to";
}

static const char *floods(void *owner, struct bh_buf *out)
{
	(void)owner;
	for (unsigned i = 0; i < 20000; i++)
		bh_control_put(out, "key", "a value of some length, again and again: %u", i);
	return NULL;
}

static const char *takes(void *owner, uint64_t value, struct bh_buf *out)
{
	(void)owner;
	bh_control_put(out, "value", "%llu", (unsigned long long)value);
	return NULL;
}

static const struct bh_control_command commands[] = {{"status", answers, NULL},
						     {"fail", fails, NULL},
						     {"flood", floods, NULL},
						     {"take", NULL, takes},
						     {NULL, NULL, NULL}};

static int set_up(void **state)
{
	struct fixture *f = bh_alloc(sizeof(*f));
	int ends[2];

	assert_int_equal(bh_loop_init(&f->loop), 0);
	assert_int_equal(bh_control_init(&f->control, &f->loop, -1, commands, f), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(bh_control_attach(&f->control, ends[0]), 0);
	f->client = ends[1];
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	close(f->client);
	bh_control_finish(&f->control);
	bh_loop_finish(&f->loop);
	free(f);
	return 0;
}

/* What the client has after sending `text`. */
static const char *talk(struct fixture *f, const char *text, char *answer, size_t room)
{
	ssize_t count;

	assert_int_equal(send(f->client, text, strlen(text), 0), strlen(text));
	for (unsigned i = 0; i < 8; i++)
		bh_loop_poll(&f->loop);
	count = recv(f->client, answer, room - 1, MSG_DONTWAIT);
	answer[count > 0 ? count : 0] = '\0';
	return answer;
}

static void an_answer_is_facts_and_ok(void **state)
{
	char answer[256];

	assert_string_equal(talk(*state, "status\n", answer, sizeof(answer)), "vm a?b\nok\n");
}

static void an_error_has_no_facts(void **state)
{
	char answer[256];

	assert_string_equal(talk(*state, "fail\n", answer, sizeof(answer)),
			    "error it does not want to\n");
}

static void unknown_commands_get_an_error_and_the_connection_stays(void **state)
{
	char answer[256];

	assert_string_equal(talk(*state, "destroy\n", answer, sizeof(answer)),
			    "error unknown command\n");
	assert_string_equal(talk(*state, "status\n", answer, sizeof(answer)), "vm a?b\nok\n");
}

static void some_commands_take_a_number(void **state)
{
	char answer[256];

	assert_string_equal(talk(*state, "take 17\n", answer, sizeof(answer)), "value 17\nok\n");
	assert_string_equal(talk(*state, "take much\n", answer, sizeof(answer)),
			    "error that is no number\n");
	assert_string_equal(talk(*state, "take\n", answer, sizeof(answer)),
			    "error unknown command\n");
	assert_string_equal(talk(*state, "status 1\n", answer, sizeof(answer)),
			    "error unknown command\n");
}

static void requests_may_come_in_pieces_and_together(void **state)
{
	char answer[256];

	assert_string_equal(talk(*state, "sta", answer, sizeof(answer)), "");
	assert_string_equal(talk(*state, "tus\nfail\nstatus\n", answer, sizeof(answer)),
			    "vm a?b\nok\nerror it does not want to\nvm a?b\nok\n");
}

static void a_line_that_is_too_long_is_refused_once(void **state)
{
	char line[1001], answer[256];

	memset(line, 'x', sizeof(line));
	line[999] = '\n';
	line[1000] = '\0';
	assert_string_equal(talk(*state, line, answer, sizeof(answer)), "");
	for (unsigned i = 0; i < 4; i++)
		talk(*state, "\n", answer, sizeof(answer));
	assert_string_equal(talk(*state, "status\n", answer, sizeof(answer)), "vm a?b\nok\n");
}

static void a_client_that_does_not_read_gets_no_further_answers(void **state)
{
	struct fixture *f = *state;
	char answer[16];

	for (unsigned i = 0; i < 3; i++)
		send(f->client, "flood\n", 6, 0);
	talk(f, "status\n", answer, sizeof(answer));
	for (unsigned i = 0; i < 100; i++)
		bh_loop_poll(&f->loop);
	assert_int_equal(f->runs, 0);
	assert_true(f->control.clients[0].answer.length < BH_CONTROL_ANSWER_MAX);
}

static void a_client_that_goes_makes_room_for_another(void **state)
{
	struct fixture *f = *state;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	shutdown(f->client, SHUT_RDWR);
	bh_loop_poll(&f->loop);
	assert_int_equal(f->control.clients[0].watch.fd, -1);
	assert_int_equal(bh_control_attach(&f->control, ends[0]), 0);
	close(ends[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_is_facts_and_ok),
		TEST(an_error_has_no_facts),
		TEST(unknown_commands_get_an_error_and_the_connection_stays),
		TEST(some_commands_take_a_number),
		TEST(requests_may_come_in_pieces_and_together),
		TEST(a_line_that_is_too_long_is_refused_once),
		TEST(a_client_that_does_not_read_gets_no_further_answers),
		TEST(a_client_that_goes_makes_room_for_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
