/* SPDX-License-Identifier: Apache-2.0 */
/* A control socket under attack: launcher and VMM go on, serve others, and keep nothing of it. */
#include "host/control.h"
#include "host/door.h"
#include "hostile_client.h"
#include "test.h"
#include "vmm/control.h"

#include "base/file.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Only what hangs for good is waited for so long. */
#define LONG_MS 120000

/* What all connections together may cost launcher and VMM: less than what one client sends. */
#define GROWTH_KIB 4096

struct fixture {
	char folder[64], path[96];
	int listeners[BH_DOORS], theirs[BH_DOORS];
	struct bh_doors doors; /* with a thread that ends with the process */
	struct bh_loop loop;
	struct bh_control control;
	pthread_t vmm;
};

static const char *says(void *owner, struct bh_buf *out)
{
	(void)owner;
	bh_control_put(out, "state", "running");
	return NULL;
}

static const char *says_much(void *owner, struct bh_buf *out)
{
	(void)owner;
	for (unsigned i = 0; i < 4000; i++)
		bh_control_put(out, "key", "a value of some length, again and again: %u", i);
	return NULL;
}

static const struct bh_control_command commands[] = {{"status", says, NULL},
						     {"stats", says_much, NULL},
						     {"dump", says_much, NULL},
						     {NULL, NULL, NULL}};

static void *run(void *argument)
{
	bh_loop_run(argument);
	return NULL;
}

static struct fixture f;

static int begin(void **state)
{
	snprintf(f.folder, sizeof(f.folder), "/tmp/bulkhead-hostile-XXXXXX");
	if (!mkdtemp(f.folder))
		return -1;
	snprintf(f.path, sizeof(f.path), "%s/console", f.folder);
	f.listeners[BH_DOOR_CONSOLE] = bh_socket_listen(f.path);
	snprintf(f.path, sizeof(f.path), "%s/control", f.folder);
	f.listeners[BH_DOOR_CONTROL] = bh_socket_listen(f.path);
	bh_doors_init(&f.doors, f.listeners[BH_DOOR_CONTROL], f.listeners[BH_DOOR_CONSOLE]);
	if (bh_doors_open(&f.doors, f.theirs) || bh_loop_init(&f.loop) ||
	    bh_control_init(&f.control, &f.loop, f.theirs[BH_DOOR_CONTROL], commands, NULL) ||
	    pthread_create(&f.vmm, NULL, run, &f.loop))
		return -1;
	(void)state;
	return 0;
}

static int end(void **state)
{
	(void)state;
	bh_loop_stop(&f.loop);
	pthread_join(f.vmm, NULL);
	bh_control_finish(&f.control);
	bh_loop_finish(&f.loop);
	close(f.theirs[BH_DOOR_CONSOLE]);
	return bh_remove_tree(f.folder);
}

static void expect_answer(const char *after)
{
	struct bh_facts facts;

	int error = bh_control_ask(f.path, "status", LONG_MS, &facts, NULL);
	if (error || strcmp(bh_fact(&facts, "state", ""), "running") != 0)
		fail_msg("no answer after %s: %s", after, strerror(-error));
	bh_facts_finish(&facts);
}

static unsigned count_open(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static long resident_kib(void)
{
	long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
	fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void others_are_served_whatever_a_client_does(void **state)
{
	(void)state;
	for (const struct hostile_act *a = hostile_acts; a->name; a++) {
		struct hostile h = {.socket = f.path};

		a->act(&h);
		expect_answer(a->name);
		expect_answer(a->name);
		hostile_leave(&h);
		expect_answer(a->name);
	}
}

static void nothing_of_it_stays(void **state)
{
	struct hostile h = {.socket = f.path};
	unsigned before;

	(void)state;
	expect_answer("nothing");
	before = count_open();
	for (const struct hostile_act *a = hostile_acts; a->name; a++)
		a->act(&h);
	/* The client's are in this process, too, and what waits at the doors. */
	expect_answer("everything");
	assert_true(count_open() - h.count <= before + 2 * BH_CONTROL_CLIENTS);
	hostile_leave(&h);
	/* Those that the VMM had last go when others come. */
	for (int i = 0; i <= BH_CONTROL_CLIENTS; i++)
		expect_answer("everything");
	while (count_open() > before)
		usleep(1000);
}

static bool memory_is_ours; /* no sanitizer keeps what was freed */

static void memory_is_bounded(void **state)
{
	struct hostile h = {.socket = f.path};

	(void)state;
	if (!memory_is_ours)
		skip();
	for (const struct hostile_act *a = hostile_acts; a->name; a++)
		a->act(&h);
	hostile_leave(&h);
	expect_answer("everything");
	long before = resident_kib();
	for (int round = 0; round < 5; round++) {
		for (const struct hostile_act *a = hostile_acts; a->name; a++)
			a->act(&h);
		expect_answer("everything");
		assert_in_range(resident_kib(), 0, before + GROWTH_KIB);
		hostile_leave(&h);
	}
}

static void another_user_is_not_heard(void **state)
{
	int raw;

	(void)state;
	if (geteuid())
		skip();
	/* Also where somebody has opened the way. */
	assert_int_equal(chmod(f.folder, 0711), 0);
	assert_int_equal(chmod(f.path, 0666), 0);
	pid_t pid = fork();
	if (!pid) {
		struct hostile h = {.socket = f.path};
		struct bh_facts facts;
		int heard = 0;

		if (setuid(65534))
			_exit(2);
		for (int i = 0; i < 100; i++)
			heard |= !bh_control_ask(f.path, "status", LONG_MS, &facts, NULL);
		for (const struct hostile_act *a = hostile_acts; a->name; a++)
			a->act(&h);
		_exit(heard);
	}
	assert_int_equal(waitpid(pid, &raw, 0), pid);
	assert_int_equal(raw, 0);
	expect_answer("another user");
}

/* Clients wait outside while there is no VMM; whoever asks does not wait for ever. */
static void a_full_queue_before_the_door_is_no_trap(void **state)
{
	struct hostile h = {.socket = f.path};
	struct bh_facts facts;
	char path[96];

	(void)state;
	snprintf(path, sizeof(path), "%s/full", f.folder);
	int listener = bh_socket_listen(path);
	assert_true(listener >= 0);
	h.socket = path;
	for (const struct hostile_act *a = hostile_acts; a->name; a++)
		a->act(&h);
	assert_int_not_equal(bh_control_ask(path, "status", 50, &facts, NULL), 0);
	bh_facts_finish(&facts);
	hostile_leave(&h);
	close(listener);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(others_are_served_whatever_a_client_does),
		cmocka_unit_test(nothing_of_it_stays),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(another_user_is_not_heard),
		cmocka_unit_test(a_full_queue_before_the_door_is_no_trap),
	};

	memory_is_ours = argc > 1 && !strcmp(argv[1], "memory");
	return cmocka_run_group_tests(tests, begin, end);
}
