/* SPDX-License-Identifier: Apache-2.0 */
#include "host/run.h"

#include "host/cgroup.h"
#include "host/control.h"
#include "host/sys.h"
#include "machine/fixture.h"
#include "test.h"

#include "base/alloc.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *vmm; /* the stand-in for bulkhead-vmm, from the command line */

struct fixture {
	char run[64];
	struct bh_diags diags;
	struct bh_manifest manifest;
	struct bh_buf blob;
	char tree[65536];
};

static int begin(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	snprintf(f.run, sizeof(f.run), "/tmp/bulkhead-run-XXXXXX");
	assert_non_null(mkdtemp(f.run));
	bh_diags_init(&f.diags);
	bh_buf_init(&f.blob);
	fixture_manifest(&f.manifest, f.tree, sizeof(f.tree));
	fixture_alone(&f.manifest);
	f.manifest.vm = "net";
	f.manifest.restart = BH_RESTART_ON_FAILURE;
	f.manifest.restart_delay = 1;
	f.manifest.restart_max_delay = 50;
	f.manifest.restart_settled = UINT32_MAX; /* a slow machine's VM does not settle either */
	*state = &f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	bh_vm_stop(f->run, "net", NULL);
	bh_remove_tree(f->run);
	bh_buf_finish(&f->blob);
	bh_diags_finish(&f->diags);
	return 0;
}

static bool start(struct fixture *f, const char *mood)
{
	f->manifest.kernel = mood;
	bh_buf_clear(&f->blob);
	assert_true(bh_manifest_write(&f->manifest, &f->blob, &f->diags));
	const struct bh_start start = {
		.run = f->run,
		.vmm = vmm,
		.manifest = f->blob.data,
		.size = f->blob.length,
	};
	return bh_vm_start(&start, &f->diags);
}

static struct bh_vm_state state_of(struct fixture *f)
{
	struct bh_vm_state state;

	assert_int_equal(bh_vm_state_read(f->run, "net", &state), 0);
	return state;
}

/* Waits until the VM is in this phase; if it never is, the test never ends. */
static struct bh_vm_state wait_phase(struct fixture *f, enum bh_vm_phase phase, uint64_t restarts)
{
	const struct timespec moment = {0, 2000000};
	struct bh_vm_state state;

	while ((state = state_of(f)).phase != phase || state.restarts < restarts)
		nanosleep(&moment, NULL);
	return state;
}

/* Dead counts, also while whoever is its parent now has not collected it. */
static void wait_gone(pid_t pid)
{
	const struct timespec moment = {0, 2000000};

	while (bh_process_now(pid).start)
		nanosleep(&moment, NULL);
}

static char *ask(struct fixture *f, const char *key)
{
	char *control = bh_vm_path(f->run, "net", "control");
	struct bh_facts facts;

	assert_int_equal(bh_control_ask(control, BH_CONTROL_STATUS, 10000, &facts, NULL), 0);
	char *value = bh_strdup(bh_fact(&facts, key, "?"));
	bh_facts_finish(&facts);
	free(control);
	return value;
}

static void is_error(struct fixture *f, const char *code)
{
	assert_int_equal(f->diags.errors, 1);
	assert_string_equal(f->diags.items[0].code, code);
	assert_non_null(f->diags.items[0].hint);
}

static bool has_folder(struct fixture *f)
{
	char *folder = bh_vm_path(f->run, "net", NULL);
	bool has = bh_path_exists(folder);

	free(folder);
	return has;
}

static void a_started_vm_answers_and_a_stopped_one_leaves_nothing(void **state)
{
	struct fixture *f = *state;

	assert_true(start(f, "runs"));
	struct bh_vm_state up = state_of(f);
	assert_int_equal(up.phase, BH_VM_RUNNING);
	char *name = ask(f, "vm");
	assert_string_equal(name, "net");
	free(name);
	assert_true(bh_vm_stop(f->run, "net", &f->diags));
	assert_false(has_folder(f));
	assert_false(bh_process_lives(up.launcher));
	assert_int_not_equal(kill(up.vmm, 0), 0);
	assert_int_equal(f->diags.count, 0);
}

static void a_running_vm_is_not_started_twice(void **state)
{
	struct fixture *f = *state;

	assert_true(start(f, "runs"));
	assert_false(start(f, "runs"));
	is_error(f, "E1110");
	assert_int_equal(state_of(f).phase, BH_VM_RUNNING);
}

static void pause_and_resume_reach_the_vm(void **state)
{
	struct fixture *f = *state;

	assert_true(start(f, "runs"));
	assert_true(bh_vm_command(f->run, "net", BH_CONTROL_PAUSE, &f->diags));
	char *paused = ask(f, "state");
	assert_string_equal(paused, "paused");
	free(paused);
	assert_true(bh_vm_command(f->run, "net", BH_CONTROL_RESUME, &f->diags));
	char *running = ask(f, "state");
	assert_string_equal(running, "running");
	free(running);
}

static void what_the_vm_refuses_is_told(void **state)
{
	struct fixture *f = *state;

	assert_true(start(f, "runs"));
	assert_false(bh_vm_command(f->run, "net", "dance", &f->diags));
	is_error(f, "E1117");
	assert_non_null(strstr(f->diags.items[0].message, "not today"));
}

static void a_vm_that_ends_at_once_is_an_error_with_its_log(void **state)
{
	struct fixture *f = *state;

	assert_false(start(f, "fails"));
	is_error(f, "E1115");
	assert_non_null(strstr(f->diags.items[0].cause, "boot"));
	assert_false(has_folder(f));
}

static void a_missing_vmm_is_an_error(void **state)
{
	struct fixture *f = *state;
	const char *before = vmm;

	vmm = "/nonexistent/bulkhead-vmm";
	assert_false(start(f, "runs"));
	vmm = before;
	is_error(f, "E1114");
	assert_false(has_folder(f));
}

static void a_crashed_vm_is_started_again(void **state)
{
	struct fixture *f = *state;

	assert_true(start(f, "crashes-twice"));
	wait_phase(f, BH_VM_RUNNING, 2);
	char *name = ask(f, "vm");
	assert_string_equal(name, "net");
	free(name);
	assert_int_equal(state_of(f).last_exit, 4);
}

static void a_killed_vmm_is_started_again(void **state)
{
	struct fixture *f = *state;

	assert_true(start(f, "runs"));
	pid_t before = state_of(f).vmm;
	kill(before, SIGKILL);
	struct bh_vm_state after = wait_phase(f, BH_VM_RUNNING, 1);
	assert_int_not_equal(after.vmm, before);
	assert_int_equal(after.last_exit, 128 + SIGKILL);
}

static void a_vm_that_crashes_again_and_again_stays_down(void **state)
{
	struct fixture *f = *state;

	f->manifest.restart_limit = 3;
	assert_true(start(f, "crashes"));
	assert_int_equal(wait_phase(f, BH_VM_ENDED, 0).restarts, 3);
}

static void a_policy_of_never_is_kept(void **state)
{
	struct fixture *f = *state;

	f->manifest.restart = BH_RESTART_NEVER;
	assert_true(start(f, "crashes"));
	assert_int_equal(wait_phase(f, BH_VM_ENDED, 0).restarts, 0);
}

static void a_vm_that_goes_off_stays_off_and_can_be_started_again(void **state)
{
	struct fixture *f = *state;

	assert_true(start(f, "goes-off"));
	struct bh_vm_state ended = wait_phase(f, BH_VM_ENDED, 0);
	assert_int_equal(ended.restarts, 0);
	assert_int_equal(ended.last_exit, 0);
	assert_true(start(f, "runs"));
}

static void a_vm_that_goes_off_comes_back_when_the_policy_is_always(void **state)
{
	struct fixture *f = *state;

	f->manifest.restart = BH_RESTART_ALWAYS;
	assert_true(start(f, "goes-off"));
	wait_phase(f, BH_VM_STARTING, 2);
}

static void a_vm_that_does_not_listen_is_killed(void **state)
{
	struct fixture *f = *state;

	assert_true(start(f, "stubborn"));
	pid_t pid = state_of(f).vmm;
	assert_true(bh_vm_stop(f->run, "net", &f->diags));
	assert_int_not_equal(kill(pid, 0), 0);
	assert_false(has_folder(f));
}

static void a_vmm_dies_with_its_launcher_and_the_leftovers_are_cleared(void **state)
{
	struct fixture *f = *state;

	assert_true(start(f, "runs"));
	struct bh_vm_state before = state_of(f);
	kill(before.launcher.pid, SIGKILL);
	wait_gone(before.vmm);
	wait_phase(f, BH_VM_LOST, 0);
	assert_true(start(f, "runs"));
	assert_int_equal(state_of(f).phase, BH_VM_RUNNING);
}

static void a_vm_that_falls_silent_is_told_and_can_be_stopped(void **state)
{
	struct fixture *f = *state;

	assert_true(start(f, "falls-silent"));
	assert_false(bh_vm_command(f->run, "net", BH_CONTROL_PAUSE, &f->diags));
	is_error(f, "E1116");
	assert_true(bh_vm_stop(f->run, "net", NULL));
	assert_false(has_folder(f));
}

/* As somebody who may not send signals to the launcher. */
static int stop_as_nobody(struct fixture *f)
{
	const uid_t nobody = 65534;

	chmod(f->run, 0777);
	char *vms = bh_strf("%s/vm", f->run), *folder = bh_vm_path(f->run, "net", NULL);
	char *file = bh_vm_path(f->run, "net", "state");
	chmod(vms, 0777);
	chmod(folder, 0777);
	chmod(file, 0666);
	pid_t child = fork();
	if (!child) {
		if (setresuid(nobody, nobody, nobody) || bh_vm_stop(f->run, "net", &f->diags))
			_exit(1);
		_exit(f->diags.errors == 1 && !strcmp(f->diags.items[0].code, "E1118") ? 0 : 2);
	}
	free(file);
	free(folder);
	free(vms);
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void a_vm_of_somebody_else_cannot_be_stopped(void **state)
{
	struct fixture *f = *state;

	if (geteuid())
		skip(); /* only root can become somebody else */
	assert_true(start(f, "runs"));
	assert_int_equal(stop_as_nobody(f), 0);
	assert_int_equal(state_of(f).phase, BH_VM_RUNNING);
}

static void an_unknown_vm_gets_a_suggestion(void **state)
{
	struct fixture *f = *state;

	assert_true(start(f, "runs"));
	assert_false(bh_vm_stop(f->run, "nte", &f->diags));
	is_error(f, "E1111");
	assert_non_null(strstr(f->diags.items[0].hint, "net"));
}

static void names_that_are_paths_are_no_vms(void **state)
{
	struct fixture *f = *state;

	assert_false(bh_vm_stop(f->run, "../vm/net", &f->diags));
	is_error(f, "E1111");
	assert_false(bh_vm_name_ok(""));
	assert_false(bh_vm_name_ok(".net"));
	assert_false(bh_vm_name_ok("a/b"));
	assert_false(bh_vm_name_ok("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
	assert_true(bh_vm_name_ok("net-1_x.y"));
}

static void a_vm_name_that_cannot_be_a_folder_is_refused(void **state)
{
	struct fixture *f = *state;

	f->manifest.vm = "../net";
	assert_false(start(f, "runs"));
	is_error(f, "E1113");
}

static void cpus_that_are_not_there_are_an_error(void **state)
{
	struct fixture *f = *state;
	cpu_set_t ours;
	char cpu[8];

	int other = CPU_SETSIZE / 2 - 1;
	assert_int_equal(sched_getaffinity(0, sizeof(ours), &ours), 0);
	while (other > 0 && CPU_ISSET(other, &ours))
		other--;
	snprintf(cpu, sizeof(cpu), "%d", other);
	f->manifest.cpus = cpu;
	assert_false(start(f, "runs"));
	is_error(f, "E1136");
}

static void a_run_directory_that_cannot_be_made_is_an_error(void **state)
{
	struct fixture *f = *state;

	strcat(f->run, "/file");
	assert_int_equal(bh_file_write(f->run, "", 0, 0600), 0);
	assert_false(start(f, "runs"));
	is_error(f, "E1112");
	*strrchr(f->run, '/') = '\0';
}

static unsigned count_entries(const char *path)
{
	DIR *folder = opendir(path);
	unsigned count = 0;

	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

static void fifty_starts_and_stops_leak_nothing(void **state)
{
	struct fixture *f = *state;
	unsigned fds = count_entries("/proc/self/fd");

	for (int i = 0; i < 50; i++) {
		assert_true(start(f, "runs"));
		assert_true(bh_vm_stop(f->run, "net", &f->diags));
	}
	assert_int_equal(count_entries("/proc/self/fd"), fds);
	char *vms = bh_strf("%s/vm", f->run);
	assert_int_equal(count_entries(vms), 2);
	free(vms);
}

static void a_state_survives_being_written_and_read(void **state)
{
	const struct bh_vm_state written = {
		.phase = BH_VM_WAITING,
		.launcher = {123, UINT64_MAX},
		.vmm = 456,
		.restarts = 7,
		.last_exit = 137,
		.since = 99,
		.faults = 3,
		.fault = "0000:00:05.0: write to 0x1000 (F_TRANSLATION, s.smmuv3)",
	};
	struct bh_vm_state read;
	struct bh_buf text;

	(void)state;
	bh_buf_init(&text);
	bh_vm_state_write(&written, &text);
	assert_true(bh_vm_state_parse(&read, bh_buf_str(&text)));
	assert_int_equal(read.phase, BH_VM_WAITING);
	assert_int_equal(read.launcher.pid, 123);
	assert_true(read.launcher.start == UINT64_MAX);
	assert_int_equal(read.vmm, 456);
	assert_int_equal(read.restarts, 7);
	assert_int_equal(read.last_exit, 137);
	assert_int_equal(read.since, 99);
	assert_int_equal(read.faults, 3);
	assert_string_equal(read.fault, written.fault);
	assert_false(bh_vm_state_parse(&read, "phase dancing\n"));
	assert_false(bh_vm_state_parse(&read, "vmm 99999999999\n"));
	bh_buf_finish(&text);
}

static void answers_are_taken_apart(void **state)
{
	static const struct {
		const char *text;
		int error;
		size_t count;
	} cases[] = {
		{"ok\n", 0, 0},
		{"a b c\nd.e-1 \nok\n", 0, 2},
		{"error no\n", -EREMOTEIO, 0},
		{"", -EPROTO, 0},
		{"ok", -EPROTO, 0},
		{"ok\nok\n", -EPROTO, 0},
		{"a b\n", -EPROTO, 0},
		{"alone\nok\n", -EPROTO, 0},
		{"Key v\nok\n", -EPROTO, 0},
		{"a \x1b[2J\nok\n", -EPROTO, 0},
		{"a b\n\nok\n", -EPROTO, 0},
	};
	struct bh_facts facts;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int error = bh_facts_parse(&facts, bh_strdup(cases[i].text), NULL);
		assert_int_equal(error, cases[i].error);
		if (!error)
			assert_int_equal(facts.count, cases[i].count);
		bh_facts_finish(&facts);
	}
}

static void a_control_group_that_was_left_goes(void **state)
{
	char root[] = "/tmp/bulkhead-test-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(root));
	char *own = bh_strf("%s/bulkhead/net", root);
	assert_int_equal(bh_make_dirs(own, 0755), 0);
	bh_cgroup_clear(root, "net");
	assert_false(bh_path_exists(own));
	bh_cgroup_clear(root, "net");
	bh_remove_tree(root);
	free(own);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_control_group_that_was_left_goes),
		TEST(a_started_vm_answers_and_a_stopped_one_leaves_nothing),
		TEST(a_running_vm_is_not_started_twice),
		TEST(pause_and_resume_reach_the_vm),
		TEST(what_the_vm_refuses_is_told),
		TEST(a_vm_that_ends_at_once_is_an_error_with_its_log),
		TEST(a_missing_vmm_is_an_error),
		TEST(a_crashed_vm_is_started_again),
		TEST(a_killed_vmm_is_started_again),
		TEST(a_vm_that_crashes_again_and_again_stays_down),
		TEST(a_policy_of_never_is_kept),
		TEST(a_vm_that_goes_off_stays_off_and_can_be_started_again),
		TEST(a_vm_that_goes_off_comes_back_when_the_policy_is_always),
		TEST(a_vm_that_does_not_listen_is_killed),
		TEST(a_vmm_dies_with_its_launcher_and_the_leftovers_are_cleared),
		TEST(a_vm_that_falls_silent_is_told_and_can_be_stopped),
		TEST(a_vm_of_somebody_else_cannot_be_stopped),
		TEST(an_unknown_vm_gets_a_suggestion),
		TEST(names_that_are_paths_are_no_vms),
		TEST(a_vm_name_that_cannot_be_a_folder_is_refused),
		TEST(cpus_that_are_not_there_are_an_error),
		TEST(a_run_directory_that_cannot_be_made_is_an_error),
		TEST(fifty_starts_and_stops_leak_nothing),
		cmocka_unit_test(a_state_survives_being_written_and_read),
		cmocka_unit_test(answers_are_taken_apart),
	};

	assert_int_equal(argc, 2);
	vmm = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
