/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a VM: its folder, its networks, its launcher. */
#include "host/run.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "host/control.h"
#include "host/network.h"
#include "host/report.h"
#include "host/sys.h"
#include "machine/cpus.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOG_LIMIT  (64u << 20)
#define TAIL_LINES 4

int bh_run_lock(const char *run)
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
static int fork_launcher(struct bh_launch *launch, int *from)
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
		*from = pipe[0];
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

	if (report->kind == BH_REPORT_LATE) {
		diag = bh_error(diags, "E1124", "VM %s runs, but did not become ready in time", vm);
		bh_diag_cause(diag, "%s", *tail ? tail : "its log says nothing");
		bh_diag_hint(diag,
			     "look at `bulkhead console %s`; `ready` and `ready-timeout` say "
			     "what is waited for",
			     vm);
	} else if (report->kind == BH_REPORT_NO_VMM) {
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

/* Under the lock: everything but the VM's own life. */
static bool launch(const struct bh_start *start, const struct bh_manifest *manifest,
		   struct bh_starting *starting, struct bh_diags *diags)
{
	struct bh_launch launch = {.start = start,
				   .manifest = manifest,
				   .control = -1,
				   .console = -1,
				   .log = -1,
				   .report = -1};
	struct bh_start_report report;
	struct bh_sys sys;

	bh_sys_init(&sys);
	bh_run_clear(start->run, manifest->vm);
	bool ok = bh_network_up(&sys, manifest, diags) &&
		  make_folder(start, manifest->vm, &launch, diags);
	if (ok) {
		int error = fork_launcher(&launch, &starting->report);

		/* From here on whoever looks at the folder sees that it has a launcher. */
		ok = !error && !bh_read_all(starting->report, &report, sizeof(report));
		if (!ok) {
			bh_diag_hint(bh_error(diags, "E1114", "no process for VM %s: %s",
					      manifest->vm, strerror(error ? -error : EIO)),
				     "look for what uses up the host's processes or memory");
			bh_starting_finish(starting);
		}
	}
	if (launch.control >= 0)
		close(launch.control);
	if (launch.console >= 0)
		close(launch.console);
	if (launch.log >= 0)
		close(launch.log);
	if (!ok) {
		bh_network_down(manifest);
		bh_run_clear(start->run, manifest->vm);
	}
	return ok;
}

bool bh_vm_begin(const struct bh_start *start, struct bh_starting *starting, struct bh_diags *diags)
{
	struct bh_manifest *manifest = bh_alloc(sizeof(*manifest));
	struct bh_vm_state state;
	bool ok = false;

	*starting = (struct bh_starting){.report = -1};
	if (!bh_manifest_read(manifest, start->manifest, start->size, diags))
		goto out;
	if (!bh_vm_name_ok(manifest->vm)) {
		bh_diag_hint(bh_error(diags, "E1113", "a VM cannot be called \"%s\"", manifest->vm),
			     "use letters, digits, '-', '_' and '.', at most 32");
		goto out;
	}
	if (!bh_cpus_are_there(manifest->cpus, manifest->vm, diags))
		goto out;
	snprintf(starting->vm, sizeof(starting->vm), "%s", manifest->vm);
	int lock = bh_run_lock(start->run);
	if (lock < 0) {
		bh_run_report(start->run, lock, diags);
		goto out;
	}
	if (bh_vm_is_up(start->run, manifest->vm) &&
	    !bh_vm_state_read(start->run, manifest->vm, &state))
		bh_diag_hint(bh_error(diags, "E1110", "VM %s is %s already", manifest->vm,
				      bh_vm_phase_name(state.phase)),
			     "`bulkhead restart %s` stops it and starts it again", manifest->vm);
	else
		ok = launch(start, manifest, starting, diags);
	close(lock);
out:
	free(manifest);
	return ok;
}

enum bh_progress_of bh_vm_progress(struct bh_starting *starting, const struct bh_start *start,
				   struct bh_diags *diags)
{
	struct bh_start_report report = {BH_REPORT_ENDED, 0};

	/* A launcher that dies says nothing: the pipe ends. */
	if (bh_read_all(starting->report, &report, sizeof(report)))
		report = (struct bh_start_report){BH_REPORT_ENDED, 0};
	if (report.kind == BH_REPORT_RUNS)
		return BH_VM_RUNS;
	bh_starting_finish(starting);
	if (report.kind == BH_REPORT_READY)
		return BH_VM_IS_READY;
	report_failure(start, starting->vm, &report, diags);
	if (report.kind == BH_REPORT_LATE)
		return BH_VM_IS_LATE;
	int lock = bh_run_lock(start->run);
	bh_run_clear(start->run, starting->vm);
	if (lock >= 0)
		close(lock);
	return BH_VM_FAILED;
}

void bh_starting_finish(struct bh_starting *starting)
{
	if (starting->report >= 0)
		close(starting->report);
	starting->report = -1;
}

bool bh_vm_start(const struct bh_start *start, struct bh_diags *diags)
{
	struct bh_starting starting;
	enum bh_progress_of progress = BH_VM_RUNS;

	if (!bh_vm_begin(start, &starting, diags))
		return false;
	while (progress == BH_VM_RUNS)
		progress = bh_vm_progress(&starting, start, diags);
	return progress == BH_VM_IS_READY;
}
