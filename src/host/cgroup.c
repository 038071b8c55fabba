/* SPDX-License-Identifier: Apache-2.0 */
#include "host/cgroup.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* One file of a group; they are written in one call. */
static int set(const char *group, const char *file, const char *value)
{
	char *path = bh_strf("%s/%s", group, file);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int error = fd < 0 || write(fd, value, strlen(value)) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	free(path);
	return error;
}

static int set_number(const char *group, const char *file, uint64_t value)
{
	char *text = bh_strf("%" PRIu64, value);
	int error = value ? set(group, file, text) : 0;

	free(text);
	return error;
}

static int make(const char *path)
{
	return mkdir(path, 0755) && errno != EEXIST ? -errno : 0;
}

char *bh_cgroup_make(const char *root, const char *vm, uint64_t memory, uint32_t processes,
		     int *error)
{
	static const char controllers[] = "+memory +pids";
	char *all = bh_strf("%s/bulkhead", root), *own = bh_strf("%s/%s", all, vm);

	*error = set(root, "cgroup.subtree_control", controllers);
	if (!*error)
		*error = make(all);
	if (!*error)
		*error = set(all, "cgroup.subtree_control", controllers);
	if (!*error)
		*error = make(own);
	if (!*error)
		*error = set_number(own, "memory.max", memory);
	if (!*error)
		*error = set_number(own, "pids.max", processes);
	/* Swap would let a VM have more than it was given; hosts without it have no such file. */
	if (!*error)
		(void)set(own, "memory.swap.max", "0");
	free(all);
	if (*error) {
		free(own);
		return NULL;
	}
	return own;
}

int bh_cgroup_enter(const char *path, pid_t pid)
{
	return set_number(path, "cgroup.procs", (uint64_t)pid);
}

#define REMOVE_TRIES 50
#define REMOVE_NS    20000000

void bh_cgroup_remove(const char *path)
{
	const struct timespec moment = {0, REMOVE_NS};

	if (!path)
		return;
	/* Kernels before 5.14 have no such file: who is in it dies with its launcher there. */
	(void)set(path, "cgroup.kill", "1");
	for (int i = 0; i < REMOVE_TRIES && rmdir(path) && errno == EBUSY; i++)
		nanosleep(&moment, NULL);
}

void bh_cgroup_clear(const char *root, const char *vm)
{
	char *own = bh_strf("%s/bulkhead/%s", root, vm);

	bh_cgroup_remove(own);
	free(own);
}
