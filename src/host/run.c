/* SPDX-License-Identifier: Apache-2.0 */
#include "host/run.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "host/cgroup.h"
#include "host/control.h"
#include "host/events.h"
#include "host/network.h"
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

#define COMMAND_MS     5000
#define MANIFEST_LIMIT (32u << 20)

bool bh_isolation_wanted(void)
{
	const char *set = getenv("BULKHEAD_ISOLATION");

	return !set || !bh_str_eq(set, "off");
}

void bh_run_report(const char *path, int error, struct bh_diags *diags)
{
	bh_diag_hint(bh_error(diags, "E1112", "the run directory cannot be used: %s: %s", path,
			      strerror(-error)),
		     "run it as root, or set BULKHEAD_RUN to a folder of yours with a short name");
}

/* What it was started from says which interfaces are its own. */
static void clear_network(const char *run, const char *vm)
{
	struct bh_manifest *manifest = bh_alloc(sizeof(*manifest));
	char *path = bh_vm_path(run, vm, "manifest"), *blob;
	size_t size;

	if (!bh_file_read(path, MANIFEST_LIMIT, &blob, &size)) {
		if (bh_manifest_read(manifest, blob, size, NULL))
			bh_network_down(manifest);
		free(blob);
	}
	free(path);
	free(manifest);
}

void bh_run_clear(const char *run, const char *vm)
{
	char *folder = bh_vm_path(run, vm, NULL);

	clear_network(run, vm);
	bh_remove_tree(folder);
	free(folder);
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
	/* A launcher that ended by itself has removed it. */
	bh_cgroup_clear(BH_CGROUPS, vm);
	int lock = bh_run_lock(run);
	bh_run_clear(run, vm);
	if (lock >= 0)
		close(lock);
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
	if (!error && !strcmp(command, BH_CONTROL_PAUSE))
		bh_event_add(run, BH_EVENT_PAUSED, vm, "%s", "");
	else if (!error && !strcmp(command, BH_CONTROL_RESUME))
		bh_event_add(run, BH_EVENT_RESUMED, vm, "%s", "");
	bh_facts_finish(&facts);
	free(refusal);
	free(control);
	return !error;
}
