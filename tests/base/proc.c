/* SPDX-License-Identifier: Apache-2.0 */
#include "base/proc.h"

#include "base/alloc.h"
#include "base/file.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int run_shell(const char *script, struct bh_buf *out, struct bh_buf *err)
{
	const char *const argv[] = {"sh", "-c", script, NULL};
	int status = -1;

	assert_int_equal(bh_run(argv, 1u << 20, out, err, &status), 0);
	return status;
}

static void output_and_errors_are_kept_apart(void **state)
{
	struct bh_buf out = {0}, err = {0};

	(void)state;
	assert_int_equal(run_shell("echo one; echo two >&2; exit 3", &out, &err), 3);
	assert_string_equal(bh_buf_str(&out), "one\n");
	assert_string_equal(bh_buf_str(&err), "two\n");
	bh_buf_finish(&out);
	bh_buf_finish(&err);
}

static void output_beyond_the_limit_is_read_but_not_kept(void **state)
{
	const char *const argv[] = {"sh", "-c", "head -c 300000 /dev/zero; echo end >&2", NULL};
	struct bh_buf out = {0}, err = {0};
	int status;

	(void)state;
	assert_int_equal(bh_run(argv, 1000, &out, &err, &status), 0);
	assert_int_equal(status, 0);
	assert_int_equal(out.length, 1000);
	assert_string_equal(bh_buf_str(&err), "end\n");
	bh_buf_finish(&out);
	bh_buf_finish(&err);
}

static void a_program_that_cannot_run_is_an_error(void **state)
{
	const char *const missing[] = {"/not/there", NULL};
	const char *const folder[] = {"/tmp", NULL};
	int status;

	(void)state;
	assert_int_equal(bh_run(missing, 0, NULL, NULL, &status), -ENOENT);
	assert_int_equal(bh_run(folder, 0, NULL, NULL, &status), -EACCES);
}

static void death_by_signal_is_told_as_the_shell_does(void **state)
{
	(void)state;
	assert_int_equal(run_shell("kill -9 $$", NULL, NULL), 128 + SIGKILL);
}

static void input_is_empty_unless_given(void **state)
{
	struct bh_buf out = {0};

	(void)state;
	assert_int_equal(run_shell("wc -c", &out, NULL), 0);
	assert_int_equal(atoi(bh_buf_str(&out)), 0);
	bh_buf_finish(&out);
}

/* What a started program wrote into a pipe that it has as its standard output. */
static char *output_of(struct bh_spawn spawn)
{
	int ends[2], status;
	pid_t pid;
	char *text;
	size_t size;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	spawn.out = ends[1];
	assert_int_equal(bh_spawn(&spawn, &pid), 0);
	close(ends[1]);
	assert_int_equal(bh_file_read_fd(ends[0], 1u << 20, &text, &size), 0);
	close(ends[0]);
	assert_int_equal(bh_wait(pid, &status), 0);
	assert_int_equal(status, 0);
	return text;
}

static void directory_and_environment_are_those_asked_for(void **state)
{
	const char *const argv[] = {"/bin/sh", "-c", "pwd; echo $GIVEN$HOME", NULL};
	const char *const env[] = {"GIVEN=yes", NULL};
	char *text = output_of((struct bh_spawn){.argv = argv,
						 .env = env,
						 .directory = "/",
						 .in = BH_FD_NULL,
						 .err = BH_FD_INHERIT});

	(void)state;
	assert_string_equal(text, "/\nyes\n");
	free(text);
}

static void only_the_descriptors_to_keep_are_open(void **state)
{
	/* Not close-on-exec: a library's, or one that was inherited. */
	int leaked = fcntl(0, F_DUPFD, 50), kept = fcntl(0, F_DUPFD, 60);
	const char *const argv[] = {"sh", "-c",
				    "for fd in /proc/self/fd/*; do echo ${fd##*/}; done", NULL};
	const int keep[] = {kept, -1};
	char number[16];
	char *text = output_of((struct bh_spawn){
		.argv = argv, .in = BH_FD_NULL, .err = BH_FD_INHERIT, .keep_fds = keep});

	(void)state;
	snprintf(number, sizeof(number), "\n%d\n", kept);
	assert_non_null(strstr(text, number));
	snprintf(number, sizeof(number), "\n%d\n", leaked);
	assert_null(strstr(text, number));
	free(text);
	close(leaked);
	close(kept);
}

static void standard_descriptors_can_change_places(void **state)
{
	const char *const argv[] = {"sh", "-c", "echo out; echo err >&2", NULL};
	int out[2], err[2], status;
	int real_out = fcntl(1, F_DUPFD_CLOEXEC, 3), real_err = fcntl(2, F_DUPFD_CLOEXEC, 3);
	struct bh_spawn spawn = {.argv = argv, .in = BH_FD_NULL, .out = 2, .err = 1};
	pid_t pid;
	char *text;
	size_t size;

	(void)state;
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(err, O_CLOEXEC), 0);
	fflush(stdout);
	dup2(out[1], 1);
	dup2(err[1], 2);
	int error = bh_spawn(&spawn, &pid);
	dup2(real_out, 1);
	dup2(real_err, 2);
	close(real_out);
	close(real_err);
	close(out[1]);
	close(err[1]);
	assert_int_equal(error, 0);
	assert_int_equal(bh_wait(pid, &status), 0);
	assert_int_equal(bh_file_read_fd(out[0], 100, &text, &size), 0);
	assert_string_equal(text, "err\n");
	free(text);
	assert_int_equal(bh_file_read_fd(err[0], 100, &text, &size), 0);
	assert_string_equal(text, "out\n");
	free(text);
	close(out[0]);
	close(err[0]);
}

static void signals_are_as_a_new_program_expects_them(void **state)
{
	sigset_t blocked, before;
	struct bh_buf out = {0};

	(void)state;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(run_shell("grep -E 'SigBlk|SigIgn' /proc/self/status", &out, NULL), 0);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_string_equal(bh_buf_str(&out),
			    "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
	bh_buf_finish(&out);
}

static void a_group_of_its_own_is_led_by_the_program(void **state)
{
	const char *const argv[] = {"sh", "-c", "cut -d' ' -f1,5 /proc/$$/stat", NULL};
	char *text = output_of((struct bh_spawn){
		.argv = argv, .in = BH_FD_NULL, .err = BH_FD_INHERIT, .own_group = true});
	int pid, group;

	(void)state;
	assert_int_equal(sscanf(text, "%d %d", &pid, &group), 2);
	assert_int_equal(pid, group);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_and_errors_are_kept_apart),
		cmocka_unit_test(output_beyond_the_limit_is_read_but_not_kept),
		cmocka_unit_test(a_program_that_cannot_run_is_an_error),
		cmocka_unit_test(death_by_signal_is_told_as_the_shell_does),
		cmocka_unit_test(input_is_empty_unless_given),
		cmocka_unit_test(directory_and_environment_are_those_asked_for),
		cmocka_unit_test(only_the_descriptors_to_keep_are_open),
		cmocka_unit_test(standard_descriptors_can_change_places),
		cmocka_unit_test(signals_are_as_a_new_program_expects_them),
		cmocka_unit_test(a_group_of_its_own_is_led_by_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
