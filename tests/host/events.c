/* SPDX-License-Identifier: Apache-2.0 */
#include "host/events.h"
#include "host/memory.h"
#include "host/ready.h"
#include "test.h"

#include "base/alloc.h"
#include "base/file.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int begin(void **state)
{
	static char run[64];

	snprintf(run, sizeof(run), "/tmp/bulkhead-events-XXXXXX");
	*state = mkdtemp(run);
	return *state ? 0 : -1;
}

static int end(void **state)
{
	return bh_remove_tree(*state);
}

static char *read_all(const char *path)
{
	char *text;
	size_t size;

	assert_int_equal(bh_file_read(path, 4 * BH_EVENTS_FILE_MAX, &text, &size), 0);
	return text;
}

static size_t count_lines(const char *path)
{
	char *text = read_all(path), *rest = text, *line;
	size_t count = 0;

	for (; (line = strsep(&rest, "\n")) && *line; count++) {
		struct bh_event event;
		assert_true(bh_event_parse(&event, line));
	}
	free(text);
	return count;
}

static void an_event_is_read_as_it_was_written(void **state)
{
	char *path = bh_events_path(*state);
	struct bh_event event;

	assert_int_equal(bh_event_add(*state, BH_EVENT_ENDED, "net", "killed by signal %d", 9), 0);
	char *text = read_all(path);
	text[strcspn(text, "\n")] = '\0';
	assert_true(bh_event_parse(&event, text));
	assert_int_equal(event.kind, BH_EVENT_ENDED);
	assert_string_equal(event.vm, "net");
	assert_string_equal(event.text, "killed by signal 9");
	assert_true(event.uptime_ms && event.time_ms);
	free(text);
	free(path);
}

static void an_event_of_no_vm_is_read_back(void **state)
{
	char *path = bh_events_path(*state);
	struct bh_event event;

	assert_int_equal(bh_event_add(*state, BH_EVENT_USB, NULL, "%s", ""), 0);
	char *text = read_all(path);
	text[strcspn(text, "\n")] = '\0';
	assert_true(bh_event_parse(&event, text));
	assert_string_equal(event.vm, "");
	assert_string_equal(event.text, "");
	free(text);
	free(path);
}

static void text_cannot_make_lines_or_move_cursors(void **state)
{
	char *path = bh_events_path(*state);

	bh_event_add(*state, BH_EVENT_USB, "net", "a\nb\x1b[2J%c", 0x7f);
	assert_int_equal(count_lines(path), 1);
	char *text = read_all(path);
	assert_non_null(strstr(text, "a?b?[2J?"));
	free(text);
	free(path);
}

static void lines_that_are_no_events_are_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"1",
		"1 2",
		"1 2 started",
		"1 2 started net",
		"x 2 started net a",
		"1 2 dancing net a",
		"1 2 started ../net a",
		"1 2  net a",
		"99999999999999999999999 2 started net a",
	};
	struct bh_event event;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(bh_event_parse(&event, lines[i]));
	assert_true(bh_event_parse(&event, "1 2 started net "));
}

static void the_file_is_bounded_and_the_last_are_kept(void **state)
{
	char *path = bh_events_path(*state), *old = bh_events_old_path(*state);
	struct stat info;

	for (unsigned i = 0; i < 6000; i++)
		bh_event_add(*state, BH_EVENT_STARTED, "net",
			     "number %u, with some more words to fill the line up to a length", i);
	bh_event_add(*state, BH_EVENT_STOPPED, "net", "%s", "");
	assert_int_equal(stat(path, &info), 0);
	assert_true(info.st_size <= (off_t)(BH_EVENTS_FILE_MAX + 512));
	assert_int_equal(stat(old, &info), 0);
	assert_true(info.st_size <= (off_t)(BH_EVENTS_FILE_MAX + 512));
	assert_true(count_lines(path) + count_lines(old) < 6001);
	char *text = read_all(path);
	assert_non_null(strstr(text, "stopped net"));
	free(text);
	free(old);
	free(path);
}

static bool have(const char *run, const char *text)
{
	char *paths[] = {bh_events_path(run), bh_events_old_path(run)};
	bool found = false;

	for (size_t i = 0; i < 2; i++) {
		char *all = bh_path_exists(paths[i]) ? read_all(paths[i]) : bh_strdup("");
		found |= strstr(all, text) != NULL;
		free(all);
		free(paths[i]);
	}
	return found;
}

static void a_vm_that_floods_drives_out_its_own_events_only(void **state)
{
	const char *run = *state;

	bh_event_add(run, BH_EVENT_ENDED, "net", "%s", "the first");
	bh_event_add(run, BH_EVENT_FAULT, "evil", "%s", "begins");
	for (unsigned i = 0; i < 20000; i++) {
		bh_event_add(run, BH_EVENT_FAULT, "evil",
			     "0000:00:02.0: write to 0x%x (F_TRANSLATION, 9050000.smmuv3)", i);
		if (i % 1000 == 0)
			bh_event_add(run, BH_EVENT_PAUSED, "app", "number %u.", i);
	}
	assert_true(have(run, "ended net the first"));
	for (unsigned i = 0; i < 20000; i += 1000) {
		char text[64];
		snprintf(text, sizeof(text), "paused app number %u.", i);
		assert_true(have(run, text));
	}
	assert_false(have(run, "begins"));
	assert_true(have(run, "0x4e1f "));
}

/* What of these lines is kept in so many bytes. */
static void keeps(const char *lines, size_t limit, const char *kept)
{
	struct bh_buf buf;

	bh_buf_init(&buf);
	bh_events_trim(lines, strlen(lines), limit, &buf);
	assert_string_equal(bh_buf_str(&buf), kept);
	bh_buf_finish(&buf);
}

static void the_newest_are_kept_in_their_order(void **state)
{
	(void)state;
	keeps("1 1 fault a x\n2 2 fault a y\n3 3 fault a z\n", 28,
	      "2 2 fault a y\n3 3 fault a z\n");
	keeps("1 1 fault a x\n2 2 fault a y\n", 1000, "1 1 fault a x\n2 2 fault a y\n");
}

static void each_vm_has_a_share_and_what_others_leave(void **state)
{
	(void)state;
	keeps("1 1 fault b x\n2 2 fault a y\n3 3 fault a z\n4 4 fault a z\n", 44,
	      "1 1 fault b x\n3 3 fault a z\n4 4 fault a z\n");
	keeps("1 1 fault b x\n2 2 fault b x\n3 3 fault a z\n4 4 fault a z\n", 30,
	      "2 2 fault b x\n4 4 fault a z\n");
}

static void lines_that_are_damaged_do_no_harm(void **state)
{
	(void)state;
	keeps("", 100, "");
	keeps("1 1 fault a x\n2 2 fau", 100, "1 1 fault a x\n");
	keeps("\n\nx\n1 1 fault\n1 1 fault a x\n", 100, "\n\nx\n1 1 fault\n1 1 fault a x\n");
	keeps("1 1 fault a x\n", 3, "");
}

static void many_writers_lose_nothing(void **state)
{
	char *path = bh_events_path(*state), *old = bh_events_old_path(*state);
	int status;

	for (int child = 0; child < 4; child++) {
		if (fork())
			continue;
		for (int i = 0; i < 700; i++)
			bh_event_add(*state, BH_EVENT_STARTED, "net",
				     "of writer %d: %0100d, which makes a long line", child, i);
		_exit(0);
	}
	while (wait(&status) > 0)
		assert_int_equal(status, 0);
	assert_int_equal(count_lines(path) + count_lines(old), 2800);
	free(old);
	free(path);
}

/* What a guest sends, in pieces; whether it counts as its word. */
static bool says_ready(const char *const *pieces, bool ends)
{
	struct bh_ready ready = {.listener = -1};
	bool said = false;
	int ends_of[2];

	for (size_t i = 0; i < BH_READY_CLIENTS; i++)
		ready.clients[i].fd = -1;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_of), 0);
	assert_true(bh_ready_attach(&ready, ends_of[0]));
	for (; *pieces; pieces++) {
		assert_int_equal(write(ends_of[1], *pieces, strlen(*pieces)), strlen(*pieces));
		said |= bh_ready_serve(&ready);
	}
	if (ends)
		shutdown(ends_of[1], SHUT_WR);
	said |= bh_ready_serve(&ready);
	close(ends_of[1]);
	bh_ready_finish(&ready);
	return said;
}

static void the_guests_word_is_understood(void **state)
{
	(void)state;
	assert_true(says_ready((const char *const[]){"READY=1\n", NULL}, false));
	assert_true(says_ready((const char *const[]){"READY=1", NULL}, true));
	assert_true(
		says_ready((const char *const[]){"X_SYSTEMD_UNIT=a\nREA", "DY=1\n", NULL}, false));
	assert_true(says_ready((const char *const[]){"STATUS=x\n", "READY=1", NULL}, true));
}

static void other_words_are_not(void **state)
{
	char *much = bh_alloc(2 * BH_READY_MESSAGE_MAX);

	(void)state;
	memset(much, 'x', 2 * BH_READY_MESSAGE_MAX - 1);
	assert_false(says_ready((const char *const[]){"READY=1", NULL}, false));
	assert_false(says_ready((const char *const[]){"READY=0\n", NULL}, true));
	assert_false(says_ready((const char *const[]){"READY=12\nXREADY=1\n", NULL}, true));
	assert_false(says_ready((const char *const[]){"STOPPING=1\n", NULL}, true));
	assert_false(says_ready((const char *const[]){much, NULL}, true));
	free(much);
}

static void connections_are_few(void **state)
{
	struct bh_ready ready = {.listener = -1};
	struct pollfd polls[1 + BH_READY_CLIENTS];

	(void)state;
	for (size_t i = 0; i < BH_READY_CLIENTS; i++)
		ready.clients[i].fd = -1;
	for (size_t i = 0; i < BH_READY_CLIENTS; i++)
		assert_true(bh_ready_attach(&ready, dup(0)));
	assert_false(bh_ready_attach(&ready, dup(0)));
	assert_int_equal(bh_ready_polls(&ready, polls), BH_READY_CLIENTS);
	bh_ready_finish(&ready);
	assert_int_equal(bh_ready_polls(&ready, polls), 0);
}

static void memory_is_the_guests_or_the_processs(void **state)
{
	static const char text[] = "1000-2000 rw-p 00000000 00:00 0\n"
				   "Size:                 64 kB\nKernelPageSize:  4 kB\n"
				   "Rss:                  40 kB\nPss:  40 kB\n"
				   "3000-4000 r-xp 00000000 08:01 77 /bulkhead-vmm\n"
				   "Size:                 16 kB\nPss:                  12 kB\n"
				   "5000-6000 rw-p 00000000 00:00 0\n"
				   "Size:                 64 kB\nPss:                   8 kB\n";
	uint64_t inside, others;

	(void)state;
	bh_smaps_add_up(text, 64 * 1024, &inside, &others);
	assert_int_equal(inside, 40 * 1024);
	assert_int_equal(others, 20 * 1024);
	bh_smaps_add_up(text, 0, &inside, &others);
	assert_int_equal(inside, 0);
	assert_int_equal(others, 60 * 1024);
	bh_smaps_add_up("Pss: much kB\nSize:\n", 0, &inside, &others);
	assert_int_equal(others, 0);
}

#define SERVED_BYTES (24u << 20)

/* A process that has touched so many bytes; it says so through the pipe, and stays. */
static pid_t start_filled(size_t bytes, int told)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		(void)!write(told, "", 1);
		for (;;)
			pause();
	}
	return pid;
}

/* A launcher with a VMM, and a server of which a part is a process of its own. */
static void servers_are_the_launchers_other_processes(void **state)
{
	const struct bh_manifest manifest = {.memory = {.size = UINT64_C(64) << 20}};
	struct bh_vm_state vm = {.phase = BH_VM_RUNNING};
	struct bh_vm_memory memory;
	int told[2], vmm[2];
	char bytes[2];

	(void)state;
	if (access("/proc/thread-self/children", R_OK))
		skip();
	assert_int_equal(pipe(told), 0);
	assert_int_equal(pipe(vmm), 0);
	pid_t launcher = fork();
	if (!launcher) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pid_t pid = start_filled(SERVED_BYTES * 4, told[1]);

		(void)!write(vmm[1], &pid, sizeof(pid));
		if (!fork()) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			start_filled(SERVED_BYTES, told[1]);
			pause();
		}
		pause();
	}
	assert_int_equal(read(vmm[0], &vm.vmm, sizeof(vm.vmm)), sizeof(vm.vmm));
	for (int i = 0; i < 2; i++)
		assert_int_equal(read(told[0], bytes, 1), 1);
	vm.launcher = bh_process_now(launcher);
	bh_vm_memory(&manifest, &vm, &memory);
	assert_in_range(memory.servers, SERVED_BYTES, SERVED_BYTES + (48u << 20));
	assert_in_range(memory.monitor, SERVED_BYTES * 4, SERVED_BYTES * 4 + (48u << 20));
	assert_int_equal(bh_vm_memory_taken(&memory),
			 memory.resident + memory.monitor + memory.launcher + memory.servers);
	/* The others end with it. */
	kill(launcher, SIGKILL);
	waitpid(launcher, NULL, 0);
	for (int i = 0; i < 2; i++) {
		close(told[i]);
		close(vmm[i]);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_event_is_read_as_it_was_written),
		TEST(an_event_of_no_vm_is_read_back),
		TEST(text_cannot_make_lines_or_move_cursors),
		TEST(lines_that_are_no_events_are_refused),
		TEST(the_file_is_bounded_and_the_last_are_kept),
		TEST(a_vm_that_floods_drives_out_its_own_events_only),
		cmocka_unit_test(the_newest_are_kept_in_their_order),
		cmocka_unit_test(each_vm_has_a_share_and_what_others_leave),
		cmocka_unit_test(lines_that_are_damaged_do_no_harm),
		TEST(many_writers_lose_nothing),
		cmocka_unit_test(the_guests_word_is_understood),
		cmocka_unit_test(other_words_are_not),
		cmocka_unit_test(connections_are_few),
		cmocka_unit_test(memory_is_the_guests_or_the_processs),
		cmocka_unit_test(servers_are_the_launchers_other_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
