/* SPDX-License-Identifier: Apache-2.0 */
#include "host/memory.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "host/sys.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMAPS_LIMIT (4u << 20)
#define STAT_LIMIT  4096

/* "Size:   262144 kB": the number in bytes, when the line begins so. */
static bool take_size(const char *line, const char *name, uint64_t *bytes)
{
	uint64_t kilobytes;

	if (!bh_str_starts(line, name) ||
	    sscanf(line + strlen(name), " %" SCNu64 " kB", &kilobytes) != 1 ||
	    kilobytes > UINT64_MAX / 1024)
		return false;
	*bytes = kilobytes * 1024;
	return true;
}

void bh_smaps_add_up(const char *text, uint64_t guest, uint64_t *inside, uint64_t *others)
{
	bool is_guest = false, seen = false;
	uint64_t bytes;

	*inside = *others = 0;
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		/* The first line of a mapping that matters is its size; only one mapping is the
		 * guest's. */
		if (take_size(text, "Size:", &bytes)) {
			is_guest = guest && bytes == guest && !seen;
			seen |= is_guest;
		} else if (take_size(text, "Pss:", &bytes)) {
			*(is_guest ? inside : others) += bytes;
		}
	}
}

static void add_up(pid_t pid, uint64_t guest, uint64_t *inside, uint64_t *others)
{
	char *path = bh_strf("/proc/%d/smaps", (int)pid), *text;
	size_t size;

	*inside = *others = 0;
	if (pid > 0 && !bh_file_read(path, SMAPS_LIMIT, &text, &size)) {
		bh_smaps_add_up(text, guest, inside, others);
		free(text);
	}
	free(path);
}

/* What a VM has of processes: the launcher's, but for the VMM. */
struct servers {
	pid_t vmm;
	uint64_t guest;
	struct bh_vm_memory *memory;
};

static void add_servers(const struct servers *servers, pid_t parent, unsigned depth);

static void add_children(const struct servers *servers, const char *text, unsigned depth)
{
	uint64_t inside, others;
	int pid, length;

	for (; sscanf(text, "%d%n", &pid, &length) == 1; text += length) {
		if (pid == servers->vmm)
			continue;
		add_up(pid, servers->guest, &inside, &others);
		servers->memory->resident += inside;
		servers->memory->servers += others;
		add_servers(servers, pid, depth + 1);
	}
}

/* A server may have processes of its own, and those too. */
#define DEPTH_MAX 4

static void add_servers(const struct servers *servers, pid_t parent, unsigned depth)
{
	struct bh_sys here;
	struct bh_names threads;

	bh_sys_init(&here);
	bh_sys_list(&here, &threads, "/proc/%d/task", (int)parent);
	for (size_t i = 0; i < threads.count && depth < DEPTH_MAX; i++) {
		char *path = bh_strf("/proc/%d/task/%s/children", (int)parent, threads.items[i]);
		char *text;
		size_t size;

		if (!bh_file_read(path, SMAPS_LIMIT, &text, &size)) {
			add_children(servers, text, depth);
			free(text);
		}
		free(path);
	}
	bh_names_finish(&threads);
}

void bh_vm_memory(const struct bh_manifest *manifest, const struct bh_vm_state *state,
		  struct bh_vm_memory *memory)
{
	uint64_t none;

	*memory = (struct bh_vm_memory){.guest = manifest->memory.size,
					.set_aside = manifest->memory.kind == BH_MEMORY_DIRECT};
	add_up(state->vmm, memory->guest, &memory->resident, &memory->monitor);
	if (bh_process_lives(state->launcher)) {
		const struct servers servers = {state->vmm, memory->guest, memory};

		add_up(state->launcher.pid, 0, &none, &memory->launcher);
		add_servers(&servers, state->launcher.pid, 0);
	}
	if (memory->set_aside)
		memory->resident = memory->guest;
}

uint64_t bh_vm_memory_taken(const struct bh_vm_memory *memory)
{
	return memory->resident + memory->monitor + memory->launcher + memory->servers;
}

uint64_t bh_process_ticks(pid_t pid)
{
	char *path = bh_strf("/proc/%d/stat", (int)pid), *text;
	uint64_t user = 0, system = 0;
	size_t size;

	if (pid > 0 && !bh_file_read(path, STAT_LIMIT, &text, &size)) {
		/* The name, in parentheses, may hold anything. */
		const char *at = strrchr(text, ')');
		if (!at ||
		    sscanf(at, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64,
			   &user, &system) != 2)
			user = system = 0;
		free(text);
	}
	free(path);
	return user + system;
}
