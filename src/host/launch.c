/* SPDX-License-Identifier: Apache-2.0 */
/* The launcher of one VM: starts its VMM, again where the policy says so, and stops it. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "host/cgroup.h"
#include "host/control.h"
#include "host/events.h"
#include "host/faults.h"
#include "host/isolate.h"
#include "host/pace.h"
#include "host/ready.h"
#include "host/report.h"
#include "host/run.h"
#include "host/usb.h"
#include "machine/cpus.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
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

/* How often a VM that runs is asked for what is worth an event. */
#define LOOK_MS 1000

/* Where the manifest says nothing about restarts. */
#define DELAY_MS    1000
#define DELAY_TIMES 64

struct server {
	uint64_t lost;
	bool gone;
};

struct launcher {
	const struct bh_launch *launch;
	struct bh_log log;
	struct bh_vm_state state;
	struct bh_isolation isolation;
	char *folder, *control;
	int signals;
	int report; /* -1 once it was used */
	bool stopping;
	uint32_t row;    /* restarts in a row */
	int64_t ran_at;  /* when the VMM first answered, in ms; 0: it has not */
	int64_t late_at; /* when the VM is late to be ready; 0: never, or nobody waits */
	struct bh_ready ready;
	bool listens;
	/* What was seen last, of this life. */
	int64_t looked_at;
	uint64_t boots, refused, balloon;
	struct server servers[BH_VIRTIO_MAX]; /* by the device's place in the manifest */
	struct bh_faults faults;
	struct fault_account {
		struct bh_pace pace;
		char last[128];
	} accounts[BH_FUNCTIONS_MAX]; /* as the manifest's functions */
	struct bh_pace refusals;
	struct bh_names plugged; /* USB devices at the last look */
};

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
	if (kind == BH_REPORT_HERE || kind == BH_REPORT_RUNS)
		return;
	close(l->report);
	l->report = -1;
}

static const char *name_of(const struct launcher *l)
{
	return l->launch->manifest->vm;
}

#define EVENT(l, kind, ...) \
	((void)bh_event_add((l)->launch->start->run, kind, name_of(l), __VA_ARGS__))

static int spawn(struct launcher *l)
{
	const struct bh_launch *launch = l->launch;

	if (launch->start->isolate) {
		int failure = bh_isolate_spawn(&l->isolation, &l->state.vmm);
		if (failure)
			l->state.vmm = 0;
		return failure;
	}
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

static void become_ready(struct launcher *l)
{
	l->state.ready = true;
	l->late_at = 0;
	save(l, BH_VM_RUNNING);
	EVENT(l, BH_EVENT_READY, "%s", "");
	report(l, BH_REPORT_READY, 0);
}

static void ask_whether_runs(struct launcher *l)
{
	struct bh_facts facts;

	if (!bh_control_ask(l->control, BH_CONTROL_STATUS, ANSWER_MS, &facts, NULL)) {
		l->ran_at = l->looked_at = bh_now_ms();
		save(l, BH_VM_RUNNING);
		EVENT(l, BH_EVENT_STARTED, "process %d", (int)l->state.vmm);
		report(l, BH_REPORT_RUNS, 0);
		if (!l->launch->manifest->ready_by_vsock)
			become_ready(l);
	}
	bh_facts_finish(&facts);
}

static uint64_t number_of(const struct bh_facts *facts, const char *key)
{
	uint64_t value;

	return bh_parse_u64(bh_fact(facts, key, ""), &value) ? value : 0;
}

static void tell_faults(struct launcher *l, size_t function, uint64_t count)
{
	const char *host = l->launch->manifest->functions[function].host;
	const char *last = l->accounts[function].last;

	if (count > 1)
		EVENT(l, BH_EVENT_FAULT, "%s: %llu more, last %s", host, (unsigned long long)count,
		      last);
	else if (count)
		EVENT(l, BH_EVENT_FAULT, "%s: %s", host, last);
}

static void count_fault(struct launcher *l, const struct bh_fault *fault)
{
	const struct bh_manifest *manifest = l->launch->manifest;

	for (size_t i = 0; i < manifest->function_count; i++) {
		struct fault_account *account = &l->accounts[i];
		const char *host = manifest->functions[i].host;

		if (!bh_fault_is_by(fault, host))
			continue;
		bh_fault_text(fault, account->last, sizeof(account->last));
		l->state.faults++;
		snprintf(l->state.fault, sizeof(l->state.fault), "%s: %s", host, account->last);
		bh_pace_add(&account->pace, 1);
		tell_faults(l, i, bh_pace_due(&account->pace, bh_now_ms()));
	}
}

/* What the IOMMU stopped the VM's PCI functions from, as the kernel's log tells. */
static void look_for_faults(struct launcher *l)
{
	uint64_t before = l->state.faults;
	struct bh_fault fault;

	while (bh_faults_next(&l->faults, &fault))
		count_fault(l, &fault);
	for (size_t i = 0; i < l->launch->manifest->function_count; i++)
		tell_faults(l, i, bh_pace_due(&l->accounts[i].pace, bh_now_ms()));
	if (l->state.faults != before)
		save(l, l->state.phase);
}

static void tell_refusals(struct launcher *l, uint64_t count)
{
	if (count)
		EVENT(l, BH_EVENT_REFUSED, "%llu SCMI calls", (unsigned long long)count);
}

/* What was counted and not told yet is told when the VMM is gone. */
static void tell_the_rest(struct launcher *l)
{
	look_for_faults(l);
	for (size_t i = 0; i < l->launch->manifest->function_count; i++)
		tell_faults(l, i, bh_pace_rest(&l->accounts[i].pace));
	tell_refusals(l, bh_pace_rest(&l->refusals));
}

/* Told once the guest has given what it was asked for. */
static void look_at_balloon(struct launcher *l, const struct bh_facts *facts)
{
	uint64_t target = number_of(facts, "balloon.target");
	char size[16];

	if (target == l->balloon || number_of(facts, "balloon.given") != target)
		return;
	l->balloon = target;
	bh_format_size(target, size, sizeof(size));
	EVENT(l, BH_EVENT_BALLOON, "has given %s", size);
}

/* Devices that other processes serve: told when one is gone, and when it is back. */
static void look_at_servers(struct launcher *l, const struct bh_facts *facts)
{
	const struct bh_manifest *manifest = l->launch->manifest;

	for (size_t i = 0; i < manifest->virtio_count; i++) {
		const char *name = manifest->virtio[i].name;
		struct server *seen = &l->servers[i];

		if (!bh_virtio_is_served(&manifest->virtio[i]))
			continue;
		char *lost_key = bh_strf("server.%s.lost", name);
		char *here_key = bh_strf("server.%s.here", name);
		uint64_t lost = number_of(facts, lost_key);
		bool gone = !number_of(facts, here_key);

		if (lost > seen->lost)
			EVENT(l, BH_EVENT_SERVER, "%s: its server is gone (%llu so far)", name,
			      (unsigned long long)lost);
		if (!gone && (seen->gone || lost > seen->lost))
			EVENT(l, BH_EVENT_SERVER, "%s: its server is back", name);
		*seen = (struct server){lost, gone};
		free(here_key);
		free(lost_key);
	}
}

/* A device that a rule names is told of when it appears; only its controller can be given. */
static void look_for_usb(struct launcher *l)
{
	struct bh_usb_device device;
	struct bh_names ports;
	struct bh_sys sys;

	if (!l->launch->manifest->usb_count)
		return;
	bh_sys_init(&sys);
	bh_usb_list(&sys, &ports);
	for (size_t i = 0; i < ports.count; i++) {
		if (bh_names_have(&l->plugged, ports.items[i]) ||
		    !bh_usb_read(&sys, ports.items[i], &device) ||
		    !bh_usb_is_wanted(l->launch->manifest, &device))
			continue;
		EVENT(l, BH_EVENT_USB,
		      "%04x:%04x at %s matches a rule: its controller %s must be assigned",
		      device.vendor, device.product, device.port, device.controller);
	}
	bh_names_finish(&l->plugged);
	l->plugged = ports;
}

/* Asks a VM that runs what has become of it. */
static void look(struct launcher *l)
{
	struct bh_facts facts;

	l->looked_at = bh_now_ms();
	look_for_faults(l);
	look_for_usb(l);
	if (!bh_control_ask(l->control, BH_CONTROL_STATUS, ANSWER_MS, &facts, NULL)) {
		uint64_t boots = number_of(&facts, "boots");
		uint64_t refused = number_of(&facts, "scmi.refused");

		if (boots > l->boots && l->boots)
			EVENT(l, BH_EVENT_REBOOTED, "boot %llu of this monitor",
			      (unsigned long long)boots);
		if (refused > l->refused)
			bh_pace_add(&l->refusals, refused - l->refused);
		tell_refusals(l, bh_pace_due(&l->refusals, bh_now_ms()));
		l->boots = boots;
		l->refused = refused;
		look_at_balloon(l, &facts);
		look_at_servers(l, &facts);
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

/* Waits for a signal or the guest's word, at most so long; negative: for ever. */
static void wait_signal(struct launcher *l, int milliseconds)
{
	struct pollfd waits[2 + BH_READY_CLIENTS] = {{.fd = l->signals, .events = POLLIN}};
	size_t count = 1 + (l->listens ? bh_ready_polls(&l->ready, waits + 1) : 0);
	struct signalfd_siginfo info;

	if (poll(waits, count, milliseconds) <= 0)
		return;
	if (read(l->signals, &info, sizeof(info)) > 0 && info.ssi_signo != SIGCHLD)
		l->stopping = true;
	/* What comes later in this life changes nothing, but is taken. */
	if (l->listens && bh_ready_serve(&l->ready) && l->ran_at && !l->state.ready)
		become_ready(l);
}

static bool ends_within(struct launcher *l, int milliseconds, int *status)
{
	int64_t until = bh_now_ms() + milliseconds;
	bool ended;

	while (!(ended = has_ended(l, status)) && bh_now_ms() < until)
		wait_signal(l, (int)(until - bh_now_ms()));
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

static void be_late(struct launcher *l)
{
	l->late_at = 0;
	bh_log(&l->log, BH_LOG_WARNING, "it has not said that it is ready");
	EVENT(l, BH_EVENT_LATE, "not ready after %u ms", l->launch->manifest->ready_timeout);
	report(l, BH_REPORT_LATE, 0);
}

/* One life of the VMM; how it ended. */
static int watch(struct launcher *l)
{
	int64_t until = bh_now_ms() + START_MS;
	int status;

	while (!has_ended(l, &status)) {
		if (l->stopping)
			return stop(l);
		if (!l->ran_at && bh_now_ms() > until) {
			bh_log(&l->log, BH_LOG_ERROR, "it does not answer");
			return stop(l);
		}
		if (!l->ran_at)
			ask_whether_runs(l);
		else if (bh_now_ms() - l->looked_at >= LOOK_MS)
			look(l);
		if (l->late_at && bh_now_ms() > l->late_at)
			be_late(l);
		wait_signal(l, l->ran_at ? LOOK_MS : ASK_EVERY_MS);
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
		EVENT(l, BH_EVENT_GAVE_UP, "ended %u times in a row", l->row + 1);
		return false;
	}
	return true;
}

/* Milliseconds: the first wait of a row, the longest, and how long a life ends a row. */
static void delays(const struct launcher *l, int64_t *first, int64_t *longest, int64_t *settled)
{
	const struct bh_manifest *manifest = l->launch->manifest;

	*first = manifest->restart_delay ? manifest->restart_delay : DELAY_MS;
	*longest = manifest->restart_max_delay ? manifest->restart_max_delay : *first * DELAY_TIMES;
	*settled = manifest->restart_settled ? manifest->restart_settled : *first * DELAY_TIMES;
}

/* Waits before the next start, longer each time; a signal to stop ends it. */
static void pause_before_restart(struct launcher *l, int status)
{
	int64_t first, longest, settled, until = bh_now_ms();

	if (status == BH_VMM_RESET)
		return;
	delays(l, &first, &longest, &settled);
	int64_t wait = l->row < 32 ? first << l->row : longest;
	until += wait < longest ? wait : longest;
	l->row++;
	while (!l->stopping && bh_now_ms() < until)
		wait_signal(l, (int)(until - bh_now_ms()));
}

static void begin_life(struct launcher *l)
{
	l->ran_at = 0;
	l->boots = l->refused = l->balloon = 0;
	memset(l->servers, 0, sizeof(l->servers));
	l->state.ready = false;
	save(l, BH_VM_STARTING);
}

static void end_life(struct launcher *l, int status)
{
	int64_t first, longest, settled;
	char why[64];

	delays(l, &first, &longest, &settled);
	if (l->ran_at && bh_now_ms() - l->ran_at > settled)
		l->row = 0;
	l->state.vmm = 0;
	l->state.last_exit = status;
	l->state.ready = false;
	tell_the_rest(l);
	bh_event_why(status, why, sizeof(why));
	bh_log(&l->log, BH_LOG_INFO, "the VMM ended with %d: %s", status, why);
	EVENT(l, BH_EVENT_ENDED, "%s", why);
}

/* Starts and watches until the VM stays down; false when it never ran. */
static bool run(struct launcher *l)
{
	const struct bh_manifest *manifest = l->launch->manifest;
	bool ever = false;

	if (manifest->ready_by_vsock && manifest->ready_timeout)
		l->late_at = bh_now_ms() + manifest->ready_timeout;
	begin_life(l);
	report(l, BH_REPORT_HERE, 0);
	for (;;) {
		int error = spawn(l);
		if (error) {
			bh_log(&l->log, BH_LOG_ERROR, "%s: %s", l->launch->start->vmm,
			       strerror(-error));
			report(l, BH_REPORT_NO_VMM, error);
			return ever;
		}
		save(l, BH_VM_STARTING);
		int status = watch(l);
		ever = ever || l->ran_at;
		end_life(l, status);
		if (!ever) {
			report(l, BH_REPORT_ENDED, status);
			return false;
		}
		if (!starts_again(l, status))
			break;
		save(l, BH_VM_WAITING);
		pause_before_restart(l, status);
		if (l->stopping)
			break;
		l->state.restarts++;
		EVENT(l, BH_EVENT_RESTARTED, "restart %llu", (unsigned long long)l->state.restarts);
		begin_life(l);
	}
	if (l->stopping)
		EVENT(l, BH_EVENT_STOPPED, "%s", "");
	report(l, BH_REPORT_ENDED, l->state.last_exit);
	return true;
}

/* Without vsock on the host there is no word to wait for: the VMM says so, in its own way. */
static void listen_for_ready(struct launcher *l)
{
	const struct bh_manifest *manifest = l->launch->manifest;

	for (size_t i = 0; manifest->ready_by_vsock && i < manifest->virtio_count; i++) {
		if (manifest->virtio[i].kind != BH_VIRTIO_VSOCK)
			continue;
		int error = bh_ready_listen(&l->ready, manifest->virtio[i].cid);
		l->listens = !error;
		if (error)
			bh_log(&l->log, BH_LOG_ERROR, "the guest's word cannot be waited for: %s",
			       strerror(-error));
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

	l.isolation = (struct bh_isolation){.run = launch->start->run,
					    .vmm = launch->start->vmm,
					    .cgroups = BH_CGROUPS,
					    .manifest = launch->manifest,
					    .log = &l.log,
					    .out = launch->log};
	bh_isolation_init(&l.isolation, launch->control, launch->console);
	/* Servers of its devices stay there, too. Whoever starts a VM has asked whether that can
	 * be. */
	(void)bh_cpus_use(launch->manifest->cpus, vm, NULL);
	prctl(PR_SET_NAME, "bulkhead-vm");
	signal(SIGPIPE, SIG_IGN);
	listen_for_ready(&l);
	l.faults.fd = -1;
	if (launch->manifest->function_count && bh_faults_open(&l.faults, NULL, true))
		bh_log(&l.log, BH_LOG_WARNING,
		       "the kernel's log cannot be read: faults of devices are not told");
	bool ended = run(&l);
	/* Servers of the VM, too: it has not ended before they have. */
	bh_isolation_finish(&l.isolation);
	if (ended) {
		/* Nobody answers on them any more. */
		char *console = bh_strf("%s/console", l.folder);
		unlink(l.control);
		unlink(console);
		free(console);
		save(&l, BH_VM_ENDED);
	}
	_exit(0);
}
