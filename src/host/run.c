/* SPDX-License-Identifier: Apache-2.0 */
#include "host/run.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "host/control.h"
#include "host/report.h"
#include "host/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A launcher that was told to stop has its VMM's times to wait, and some. */
#define STOP_MS 20000
#define KILL_MS 5000

#define LOG_LIMIT  (64u << 20)
#define TAIL_LINES 4
#define COMMAND_MS 5000

void bh_run_report(const char *path, int error, struct bh_diags *diags)
{
	bh_diag_hint(bh_error(diags, "E1112", "the run directory cannot be used: %s: %s", path,
			      strerror(-error)),
		     "run it as root, or set BULKHEAD_RUN to a folder of yours with a short name");
}

/* One `start` at a time. A descriptor to close, or a negative errno. */
static int lock_run(const char *run)
{
	char *vms = bh_strf("%s/vm", run), *path = bh_strf("%s/lock", run);
	int error = bh_make_dirs(vms, 0700);
	int fd = error ? error : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (!error && fd < 0)
		fd = -errno;
	else if (!error && flock(fd, LOCK_EX)) {
		error = -errno;
		close(fd);
		fd = error;
	}
	free(path);
	free(vms);
	return fd;
}

static bool make_folder(const struct bh_start *start, const char *vm, struct bh_launch *launch,
			struct bh_diags *diags)
{
	char *folder = bh_vm_path(start->run, vm, NULL);
	char *manifest = bh_vm_path(start->run, vm, "manifest");
	char *control = bh_vm_path(start->run, vm, "control");
	char *console = bh_vm_path(start->run, vm, "console");
	char *log = bh_vm_path(start->run, vm, "log");
	int error = bh_make_dirs(folder, 0700);

	if (!error)
		error = bh_file_write(manifest, start->manifest, start->size, 0600);
	if (!error) {
		launch->log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		error = launch->log < 0 ? -errno : 0;
	}
	if (!error) {
		launch->control = bh_socket_listen(control);
		error = launch->control < 0 ? launch->control : 0;
	}
	if (!error) {
		launch->console = bh_socket_listen(console);
		error = launch->console < 0 ? launch->console : 0;
	}
	if (error)
		bh_run_report(folder, error, diags);
	free(log);
	free(console);
	free(control);
	free(manifest);
	free(folder);
	return !error;
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* The launcher keeps nothing of its maker's but these. */
static void close_others(const struct bh_launch *launch)
{
	int keep[] = {launch->control, launch->console, launch->log, launch->report};
	unsigned next = 3;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	qsort(keep, 4, sizeof(keep[0]), by_number);
	for (size_t i = 0; i < 4; i++) {
		if ((unsigned)keep[i] > next)
			syscall(SYS_close_range, next, (unsigned)keep[i] - 1, 0);
		next = (unsigned)keep[i] + 1;
	}
	syscall(SYS_close_range, next, ~0u, 0);
}

/* Two forks: the launcher is nobody's child. */
static int fork_launcher(struct bh_launch *launch, int *report)
{
	int pipe[2], status;

	if (pipe2(pipe, O_CLOEXEC))
		return -errno;
	pid_t middle = fork();
	int error = middle < 0 ? -errno : 0;
	if (!middle) {
		setsid();
		pid_t pid = fork();
		if (pid)
			_exit(pid < 0 ? errno : 0);
		launch->report = pipe[1];
		close_others(launch);
		bh_launcher_run(launch);
	}
	close(pipe[1]);
	if (!error && waitpid(middle, &status, 0) == middle && WEXITSTATUS(status))
		error = -WEXITSTATUS(status);
	if (error)
		close(pipe[0]);
	else
		*report = pipe[0];
	return error;
}

/* The last lines of the log. */
static char *log_tail(const char *run, const char *vm)
{
	char *path = bh_vm_path(run, vm, "log"), *text;
	size_t size, lines = 0;

	int error = bh_file_read(path, LOG_LIMIT, &text, &size);
	free(path);
	if (error)
		return bh_strdup("");
	while (size && text[size - 1] == '\n')
		text[--size] = '\0';
	char *at = text + size;
	while (at > text && !(at[-1] == '\n' && ++lines == TAIL_LINES))
		at--;
	char *tail = bh_strdup(at);
	free(text);
	/* A diagnostic is one line. */
	for (char *end = tail; (end = strchr(end, '\n'));)
		*end = ';';
	return tail;
}

static void report_failure(const struct bh_start *start, const char *vm,
			   const struct bh_start_report *report, struct bh_diags *diags)
{
	struct bh_diag *diag;
	char *tail = log_tail(start->run, vm);

	if (report->kind == BH_REPORT_NO_VMM) {
		diag = bh_error(diags, "E1114", "%s cannot be started: %s", start->vmm,
				strerror(-report->number));
		bh_diag_hint(diag, "install bulkhead-vmm beside bulkhead, or name it in "
				   "BULKHEAD_VMM");
	} else {
		diag = bh_error(diags, "E1115", "VM %s ended while it was starting (%d)", vm,
				report->number);
		bh_diag_cause(diag, "%s", *tail ? tail : "its log says nothing");
		bh_diag_hint(diag, "`bulkhead show %s` prints what it was to be", vm);
	}
	free(tail);
}

static void remove_folder(const char *run, const char *vm)
{
	char *folder = bh_vm_path(run, vm, NULL);

	bh_remove_tree(folder);
	free(folder);
}

static bool launch_and_wait(const struct bh_start *start, const struct bh_manifest *manifest,
			    struct bh_diags *diags)
{
	struct bh_launch launch = {.start = start,
				   .manifest = manifest,
				   .control = -1,
				   .console = -1,
				   .log = -1,
				   .report = -1};
	struct bh_start_report report = {BH_REPORT_ENDED, 0};
	int from = -1, error;
	bool ok = make_folder(start, manifest->vm, &launch, diags);

	if (ok) {
		error = fork_launcher(&launch, &from);
		if (error) {
			bh_diag_hint(bh_error(diags, "E1114", "no process for VM %s: %s",
					      manifest->vm, strerror(-error)),
				     "look for what uses up the host's processes or memory");
			ok = false;
		} else {
			ok = !bh_read_all(from, &report, sizeof(report)) &&
			     report.kind == BH_REPORT_RUNS;
			if (!ok)
				report_failure(start, manifest->vm, &report, diags);
			close(from);
		}
	}
	if (launch.control >= 0)
		close(launch.control);
	if (launch.console >= 0)
		close(launch.console);
	if (launch.log >= 0)
		close(launch.log);
	if (!ok)
		remove_folder(start->run, manifest->vm);
	return ok;
}

bool bh_vm_start(const struct bh_start *start, struct bh_diags *diags)
{
	struct bh_manifest *manifest = bh_alloc(sizeof(*manifest));
	struct bh_vm_state state;
	bool ok = false;

	if (!bh_manifest_read(manifest, start->manifest, start->size, diags))
		goto out;
	if (!bh_vm_name_ok(manifest->vm)) {
		bh_diag_hint(bh_error(diags, "E1113", "a VM cannot be called \"%s\"", manifest->vm),
			     "use letters, digits, '-', '_' and '.', at most 32");
		goto out;
	}
	int lock = lock_run(start->run);
	if (lock < 0) {
		bh_run_report(start->run, lock, diags);
		goto out;
	}
	if (bh_vm_is_up(start->run, manifest->vm) &&
	    !bh_vm_state_read(start->run, manifest->vm, &state)) {
		bh_diag_hint(bh_error(diags, "E1110", "VM %s is %s already", manifest->vm,
				      bh_vm_phase_name(state.phase)),
			     "`bulkhead restart %s` stops it and starts it again", manifest->vm);
	} else {
		remove_folder(start->run, manifest->vm);
		ok = launch_and_wait(start, manifest, diags);
	}
	close(lock);
out:
	free(manifest);
	return ok;
}

static bool wait_process(int pidfd, int milliseconds)
{
	struct pollfd wait = {.fd = pidfd, .events = POLLIN};

	return poll(&wait, 1, milliseconds) == 1;
}

/* The launcher is gone; its VMM goes with it, a moment later. */
static bool wait_vmm(pid_t vmm)
{
	const struct timespec moment = {0, 10000000};

	for (int i = 0; vmm && !kill(vmm, 0); i++) {
		if (i == KILL_MS / 10)
			return false;
		nanosleep(&moment, NULL);
	}
	return true;
}

static bool stop_launcher(const struct bh_vm_state *state)
{
	int pidfd = (int)syscall(SYS_pidfd_open, state->launcher.pid, 0);
	bool ok = false;

	if (pidfd < 0)
		return errno == ESRCH;
	/* Looked at again now that the descriptor holds the id. */
	if (!bh_process_lives(state->launcher)) {
		ok = true;
	} else if (!syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0)) {
		ok = wait_process(pidfd, STOP_MS);
		if (!ok && !syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0))
			ok = wait_process(pidfd, KILL_MS) && wait_vmm(state->vmm);
	}
	close(pidfd);
	return ok;
}

bool bh_vm_stop(const char *run, const char *vm, struct bh_diags *diags)
{
	struct bh_vm_state state;

	if (!bh_vm_name_ok(vm) || bh_vm_state_read(run, vm, &state)) {
		bh_vm_report_absent(run, vm, diags);
		return false;
	}
	if (bh_vm_is_up(run, vm) && !stop_launcher(&state)) {
		bh_diag_hint(bh_error(diags, "E1118", "VM %s cannot be stopped", vm),
			     "its launcher is process %d: see what it waits for in /proc/%d/stack",
			     (int)state.launcher.pid, (int)state.launcher.pid);
		return false;
	}
	remove_folder(run, vm);
	return true;
}

void bh_vm_names(const char *run, struct bh_names *names)
{
	struct bh_sys here;

	bh_sys_init(&here);
	bh_sys_list(&here, names, "%s/vm", run);
}

void bh_vm_report_absent(const char *run, const char *vm, struct bh_diags *diags)
{
	struct bh_diag *diag = bh_error(diags, "E1111", "no VM %s is running", vm);
	struct bh_names names;

	bh_vm_names(run, &names);
	const char *near = bh_suggest(vm, (const char *const *)names.items, names.count);
	if (near)
		bh_diag_hint(diag, "did you mean %s?", near);
	else
		bh_diag_hint(diag, "`bulkhead status` shows those that are");
	bh_names_finish(&names);
}

bool bh_vm_command(const char *run, const char *vm, const char *command, struct bh_diags *diags)
{
	struct bh_facts facts;
	char *refusal = NULL;

	if (!bh_vm_name_ok(vm) || !bh_vm_is_up(run, vm)) {
		bh_vm_report_absent(run, vm, diags);
		return false;
	}
	char *control = bh_vm_path(run, vm, "control");
	int error = bh_control_ask(control, command, COMMAND_MS, &facts, &refusal);
	if (error == -EREMOTEIO)
		bh_diag_hint(bh_error(diags, "E1117", "VM %s does not %s: %s", vm, command,
				      refusal ? refusal : ""),
			     "`bulkhead status` shows what it is doing");
	else if (error)
		bh_diag_hint(
			bh_error(diags, "E1116", "VM %s does not answer: %s", vm, strerror(-error)),
			"`bulkhead log %s` may say why; `bulkhead stop %s` ends it", vm, vm);
	bh_facts_finish(&facts);
	free(refusal);
	free(control);
	return !error;
}
