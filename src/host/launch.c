/* SPDX-License-Identifier: Apache-2.0 */
/* The launcher of one VM: starts its VMM, again where the policy says so, and stops it. */
#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "base/proc.h"
#include "host/control.h"
#include "host/report.h"
#include "host/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How often a VMM that is starting is asked whether it is there, and how long one answer may take.
 */
#define ASK_EVERY_MS 20
#define ANSWER_MS    200

/* How long a VM may take to end after each step of stopping it. */
#define STOP_ASKED_MS 10000
#define STOP_TERM_MS  3000

/* A VMM that has not answered by then will not. */
#define START_MS 60000

#define PAUSE_MS    1000
#define PAUSE_TIMES 64

struct launcher {
	const struct bh_launch *launch;
	struct bh_log log;
	struct bh_vm_state state;
	char *folder, *control;
	int signals;
	int report; /* -1 once it was used */
	bool stopping;
	uint32_t row;     /* restarts in a row */
	int64_t ready_at; /* when the VMM first answered, in ms; 0: it has not */
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void save(struct launcher *l, enum bh_vm_phase phase)
{
	char *path = bh_strf("%s/state", l->folder);
	struct bh_buf text;

	if (l->state.phase != phase || !l->state.since)
		l->state.since = bh_seconds();
	l->state.phase = phase;
	bh_buf_init(&text);
	bh_vm_state_write(&l->state, &text);
	if (bh_file_write(path, text.data, text.length, 0600))
		bh_log(&l->log, BH_LOG_ERROR, "the state cannot be written");
	bh_buf_finish(&text);
	free(path);
}

static void report(struct launcher *l, enum bh_report_kind kind, int number)
{
	struct bh_start_report report = {kind, number};

	if (l->report < 0)
		return;
	bh_write_all(l->report, &report, sizeof(report));
	close(l->report);
	l->report = -1;
}

static int spawn(struct launcher *l)
{
	const struct bh_launch *launch = l->launch;
	char *manifest = bh_strf("%s/manifest", l->folder);
	char *control = bh_strf("fd:%d", launch->control);
	char *console = bh_strf("fd:%d", launch->console);
	const char *const argv[] = {launch->start->vmm, manifest, "--control", control,
				    "--console",        console,  NULL};
	const int keep[] = {launch->control, launch->console, -1};
	const struct bh_spawn how = {
		.argv = argv,
		.in = BH_FD_NULL,
		.out = launch->log,
		.err = launch->log,
		.keep_fds = keep,
		.die_with_parent = true,
		.own_group = true,
	};
	int error = bh_spawn(&how, &l->state.vmm);

	if (error)
		l->state.vmm = 0;
	free(console);
	free(control);
	free(manifest);
	return error;
}

static void ask_whether_ready(struct launcher *l)
{
	struct bh_facts facts;

	if (!bh_control_ask(l->control, BH_CONTROL_STATUS, ANSWER_MS, &facts, NULL)) {
		l->ready_at = now_ms();
		save(l, BH_VM_RUNNING);
		report(l, BH_REPORT_RUNS, 0);
	}
	bh_facts_finish(&facts);
}

/* True when the VMM is gone; *status as a shell has it. */
static bool has_ended(struct launcher *l, int *status)
{
	int raw;

	if (waitpid(l->state.vmm, &raw, WNOHANG) != l->state.vmm)
		return false;
	*status = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
	return true;
}

/* Waits for a signal, at most so long; negative: for ever. */
static void wait_signal(struct launcher *l, int milliseconds)
{
	struct pollfd wait = {.fd = l->signals, .events = POLLIN};
	struct signalfd_siginfo info;

	if (poll(&wait, 1, milliseconds) <= 0 || read(l->signals, &info, sizeof(info)) <= 0)
		return;
	if (info.ssi_signo != SIGCHLD)
		l->stopping = true;
}

static bool ends_within(struct launcher *l, int milliseconds, int *status)
{
	int64_t until = now_ms() + milliseconds;
	bool ended;

	while (!(ended = has_ended(l, status)) && now_ms() < until)
		wait_signal(l, (int)(until - now_ms()));
	return ended;
}

/* Asks the VMM to end, tells it, ends it. */
static int stop(struct launcher *l)
{
	struct bh_facts facts;
	int status;

	if (!bh_control_ask(l->control, BH_CONTROL_STOP, STOP_TERM_MS, &facts, NULL) &&
	    ends_within(l, STOP_ASKED_MS, &status))
		goto out;
	bh_log(&l->log, BH_LOG_WARNING, "it does not stop when asked");
	kill(l->state.vmm, SIGTERM);
	if (ends_within(l, STOP_TERM_MS, &status))
		goto out;
	bh_log(&l->log, BH_LOG_WARNING, "it does not stop when told: killed");
	kill(l->state.vmm, SIGKILL);
	while (!has_ended(l, &status))
		wait_signal(l, ASK_EVERY_MS);
out:
	bh_facts_finish(&facts);
	return status;
}

/* One life of the VMM; how it ended. */
static int watch(struct launcher *l)
{
	int64_t until = now_ms() + START_MS;
	int status;

	while (!has_ended(l, &status)) {
		if (l->stopping)
			return stop(l);
		if (!l->ready_at && now_ms() > until) {
			bh_log(&l->log, BH_LOG_ERROR, "it does not answer");
			return stop(l);
		}
		if (!l->ready_at)
			ask_whether_ready(l);
		wait_signal(l, l->ready_at ? -1 : ASK_EVERY_MS);
	}
	return status;
}

static bool is_failure(int status)
{
	return status != BH_VMM_OFF && status != BH_VMM_USAGE && status != BH_VMM_STOPPED;
}

static bool starts_again(const struct launcher *l, int status)
{
	const struct bh_manifest *manifest = l->launch->manifest;

	if (l->stopping || status == BH_VMM_USAGE || status == BH_VMM_STOPPED)
		return false;
	if (status == BH_VMM_RESET)
		return true;
	if (manifest->restart == BH_RESTART_NEVER ||
	    (manifest->restart == BH_RESTART_ON_FAILURE && !is_failure(status)))
		return false;
	if (manifest->restart_limit && l->row >= manifest->restart_limit) {
		bh_log(&l->log, BH_LOG_ERROR, "ended %u times in a row: it stays down", l->row + 1);
		return false;
	}
	return true;
}

/* Waits before the next start, longer each time; a signal to stop ends it. */
static void pause_before_restart(struct launcher *l, int status)
{
	uint32_t unit = l->launch->start->pause_ms ? l->launch->start->pause_ms : PAUSE_MS;
	int64_t until = now_ms();

	if (status != BH_VMM_RESET && l->row)
		until += (int64_t)unit << (l->row - 1 < 6 ? l->row - 1 : 6);
	if (status != BH_VMM_RESET)
		l->row++;
	while (!l->stopping && now_ms() < until)
		wait_signal(l, (int)(until - now_ms()));
}

/* Starts and watches until the VM stays down; false when it never ran. */
static bool run(struct launcher *l)
{
	uint32_t unit = l->launch->start->pause_ms ? l->launch->start->pause_ms : PAUSE_MS;

	for (;;) {
		save(l, BH_VM_STARTING);
		l->ready_at = 0;
		int error = spawn(l);
		if (error) {
			bh_log(&l->log, BH_LOG_ERROR, "%s: %s", l->launch->start->vmm,
			       strerror(-error));
			report(l, BH_REPORT_NO_VMM, error);
			return l->state.last_exit >= 0;
		}
		save(l, BH_VM_STARTING);
		int status = watch(l);
		l->state.vmm = 0;
		l->state.last_exit = status;
		bh_log(&l->log, BH_LOG_INFO, "the VMM ended with %d", status);
		if (l->report >= 0) {
			report(l, BH_REPORT_ENDED, status);
			return false;
		}
		if (l->ready_at && now_ms() - l->ready_at > (int64_t)unit * PAUSE_TIMES)
			l->row = 0;
		if (!starts_again(l, status))
			return true;
		save(l, BH_VM_WAITING);
		pause_before_restart(l, status);
		if (l->stopping)
			return true;
		l->state.restarts++;
	}
}

static int watch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGCHLD, SIG_DFL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void bh_launcher_run(const struct bh_launch *launch)
{
	const char *vm = launch->manifest->vm;
	struct launcher l = {
		.launch = launch,
		.log = {.fd = launch->log, .level = BH_LOG_INFO, .name = vm},
		.state = {.last_exit = -1, .launcher = bh_process_now(getpid())},
		.folder = bh_vm_path(launch->start->run, vm, NULL),
		.control = bh_vm_path(launch->start->run, vm, "control"),
		.signals = watch_signals(),
		.report = launch->report,
	};

	prctl(PR_SET_NAME, "bulkhead-vm");
	signal(SIGPIPE, SIG_IGN);
	if (run(&l)) {
		/* Nobody answers on them any more. */
		char *console = bh_strf("%s/console", l.folder);
		unlink(l.control);
		unlink(console);
		free(console);
		save(&l, BH_VM_ENDED);
	}
	_exit(0);
}
