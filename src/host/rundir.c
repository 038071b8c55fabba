/* SPDX-License-Identifier: Apache-2.0 */
#include "host/rundir.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NAME_MAX_LENGTH 32
#define STATE_LIMIT     4096

char *bh_run_path(void)
{
	const char *set = getenv("BULKHEAD_RUN"), *user = getenv("XDG_RUNTIME_DIR");

	if (set && *set)
		return bh_strdup(set);
	if (!geteuid())
		return bh_strdup("/run/bulkhead");
	if (user && *user)
		return bh_strf("%s/bulkhead", user);
	return bh_strf("/tmp/bulkhead-%u", (unsigned)geteuid());
}

char *bh_vm_path(const char *run, const char *vm, const char *file)
{
	return bh_strf("%s/vm/%s%s%s", run, vm, file ? "/" : "", file ? file : "");
}

bool bh_vm_name_ok(const char *name)
{
	size_t length = strlen(name);

	if (!length || length > NAME_MAX_LENGTH || *name == '.' || *name == '-')
		return false;
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name) && !strchr("-_.", *name))
			return false;
	}
	return true;
}

static const char *const phases[] = {
	[BH_VM_STARTING] = "starting", [BH_VM_RUNNING] = "running", [BH_VM_WAITING] = "waiting",
	[BH_VM_ENDED] = "ended",       [BH_VM_LOST] = "lost",
};

const char *bh_vm_phase_name(enum bh_vm_phase phase)
{
	return phases[phase];
}

uint64_t bh_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec;
}

/* The 22nd field of /proc/PID/stat; the second, the program's name, may hold anything but ends with
 * the last parenthesis. */
static uint64_t start_time(const char *stat)
{
	const char *at = strrchr(stat, ')');
	uint64_t start = 0;

	/* Dead, and not yet waited for by its parent. */
	if (at && (!strncmp(at, ") Z", 3) || !strncmp(at, ") X", 3)))
		return 0;

	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at && sscanf(at, "%" SCNu64, &start) == 1 ? start : 0;
}

struct bh_process bh_process_now(pid_t pid)
{
	struct bh_process process = {pid, 0};
	char *path = bh_strf("/proc/%d/stat", (int)pid), *data;
	size_t size;

	if (!bh_file_read(path, STATE_LIMIT, &data, &size)) {
		process.start = start_time(data);
		free(data);
	}
	free(path);
	return process;
}

bool bh_process_lives(struct bh_process process)
{
	return process.pid > 0 && process.start &&
	       bh_process_now(process.pid).start == process.start;
}

void bh_vm_state_write(const struct bh_vm_state *state, struct bh_buf *text)
{
	bh_buf_addf(text, "phase %s\nlauncher %d\nlauncher-start %" PRIu64 "\nvmm %d\n",
		    bh_vm_phase_name(state->phase), (int)state->launcher.pid, state->launcher.start,
		    (int)state->vmm);
	bh_buf_addf(text, "restarts %" PRIu64 "\nlast-exit %d\nsince %" PRIu64 "\nready %d\n",
		    state->restarts, state->last_exit, state->since, state->ready);
	if (state->faults)
		bh_buf_addf(text, "faults %" PRIu64 "\nfault %s\n", state->faults, state->fault);
}

static bool parse_number(const char *text, uint64_t limit, uint64_t *value)
{
	return bh_parse_u64(text, value) && *value <= limit;
}

static bool parse_fact(struct bh_vm_state *state, const char *key, const char *text)
{
	uint64_t value = 0;

	if (!strcmp(key, "phase")) {
		for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
			if (!strcmp(text, phases[i])) {
				state->phase = (enum bh_vm_phase)i;
				return true;
			}
		}
		return false;
	}
	if (!strcmp(key, "fault")) {
		snprintf(state->fault, sizeof(state->fault), "%s", text);
		return true;
	}
	if (!strcmp(key, "last-exit") && !strcmp(text, "-1"))
		return true;
	if (!parse_number(text,
			  strcmp(key, "restarts") && strcmp(key, "since") &&
					  strcmp(key, "launcher-start") && strcmp(key, "faults")
				  ? INT32_MAX
				  : UINT64_MAX,
			  &value))
		return false;
	if (!strcmp(key, "launcher"))
		state->launcher.pid = (pid_t)value;
	else if (!strcmp(key, "launcher-start"))
		state->launcher.start = value;
	else if (!strcmp(key, "vmm"))
		state->vmm = (pid_t)value;
	else if (!strcmp(key, "restarts"))
		state->restarts = value;
	else if (!strcmp(key, "last-exit"))
		state->last_exit = (int)value;
	else if (!strcmp(key, "since"))
		state->since = value;
	else if (!strcmp(key, "ready"))
		state->ready = value;
	else if (!strcmp(key, "faults"))
		state->faults = value;
	else
		return false;
	return true;
}

bool bh_vm_state_parse(struct bh_vm_state *state, const char *text)
{
	char *copy = bh_strdup(text), *rest = copy, *line;
	bool ok = true;

	*state = (struct bh_vm_state){.phase = BH_VM_LOST, .last_exit = -1};
	while (ok && (line = strsep(&rest, "\n")) && *line) {
		char *key = strsep(&line, " ");
		ok = line && parse_fact(state, key, line);
	}
	free(copy);
	return ok;
}

int bh_vm_state_read(const char *run, const char *vm, struct bh_vm_state *state)
{
	char *path = bh_vm_path(run, vm, "state"), *folder = bh_vm_path(run, vm, NULL), *data;
	size_t size;
	int error = bh_path_exists(folder) ? 0 : -ENOENT;

	*state = (struct bh_vm_state){.phase = BH_VM_LOST, .last_exit = -1};
	/* A folder without a whole state is one whose launcher died early. */
	if (!error && !bh_file_read(path, STATE_LIMIT, &data, &size)) {
		if (!bh_vm_state_parse(state, data))
			*state = (struct bh_vm_state){.phase = BH_VM_LOST, .last_exit = -1};
		free(data);
	}
	if (state->phase != BH_VM_ENDED && !bh_process_lives(state->launcher)) {
		state->phase = BH_VM_LOST;
		state->vmm = 0;
		state->ready = false;
	}
	free(folder);
	free(path);
	return error;
}

bool bh_vm_is_up(const char *run, const char *vm)
{
	struct bh_vm_state state;

	return !bh_vm_state_read(run, vm, &state) && state.phase != BH_VM_ENDED &&
	       state.phase != BH_VM_LOST;
}
