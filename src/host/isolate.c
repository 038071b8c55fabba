/* SPDX-License-Identifier: Apache-2.0 */
#include "host/isolate.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/proc.h"
#include "host/cgroup.h"
#include "host/rundir.h"
#include "machine/control.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#define NAMESPACES                                                                                 \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | \
	 CLONE_NEWCGROUP)

/* What is locked in memory besides the guest's RAM when devices write to it. */
#define LOCKED_MORE (UINT64_C(64) << 20)

void bh_isolation_init(struct bh_isolation *isolation, int control, int console)
{
	isolation->user_lock = -1;
	isolation->user = geteuid();
	bh_doors_init(&isolation->doors, control, console);
}

/* The first user that no other launcher of this run directory holds. It stays ours until we end. */
static int take_user(struct bh_isolation *isolation)
{
	char *folder = bh_strf("%s/users", isolation->run);
	int error = bh_make_dirs(folder, 0700);

	for (unsigned i = 0; !error && isolation->user_lock < 0; i++) {
		char *path = bh_strf("%s/%u", folder, i);
		int fd = i < BH_USERS ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;

		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
			isolation->user_lock = fd;
			isolation->user = BH_USER_FIRST + i;
		} else if (fd < 0 || errno != EWOULDBLOCK) {
			error = i < BH_USERS ? -errno : -EAGAIN;
		}
		if (fd >= 0 && isolation->user_lock < 0)
			close(fd);
		free(path);
	}
	free(folder);
	return error;
}

static int write_proc(pid_t pid, const char *file, const char *text)
{
	char *path = bh_strf("/proc/%d/%s", (int)pid, file);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int error = fd < 0 || write(fd, text, strlen(text)) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	free(path);
	return error;
}

/* The one user that exists in the namespace: its root, which is the VM's user outside. */
static int map_user(const struct bh_isolation *isolation, pid_t pid)
{
	char *user = bh_strf("0 %u 1", isolation->user);
	char *group = isolation->user_lock < 0 ? bh_strf("0 %u 1", getegid()) : bh_strdup(user);
	int error = isolation->user_lock < 0 ? write_proc(pid, "setgroups", "deny") : 0;

	if (!error)
		error = write_proc(pid, "gid_map", group);
	if (!error)
		error = write_proc(pid, "uid_map", user);
	free(group);
	free(user);
	return error;
}

/* Guest RAM that an IOMMU maps is locked in memory, beyond what a user may lock. */
static void raise_locked(const struct bh_isolation *isolation, pid_t pid)
{
	const struct bh_manifest *m = isolation->manifest;
	struct rlimit limit = {m->memory.size + LOCKED_MORE, m->memory.size + LOCKED_MORE};

	if (m->device_count || m->function_count)
		(void)prlimit(pid, RLIMIT_MEMLOCK, &limit, NULL);
}

static int prepare(void *owner, pid_t pid)
{
	struct bh_isolation *isolation = owner;
	int error = map_user(isolation, pid);

	raise_locked(isolation, pid);
	if (!error && isolation->cgroup)
		error = bh_cgroup_enter(isolation->cgroup, pid);
	isolation->mapped = !error;
	return error;
}

static int prepare_plain(void *owner, pid_t pid)
{
	const struct bh_isolation *isolation = owner;

	raise_locked(isolation, pid);
	return isolation->cgroup ? bh_cgroup_enter(isolation->cgroup, pid) : 0;
}

static void make_cgroup(struct bh_isolation *isolation)
{
	const struct bh_manifest *m = isolation->manifest;
	int error;

	if (isolation->cgroup || geteuid())
		return;
	isolation->cgroup = bh_cgroup_make(isolation->cgroups, m->vm, m->memory_limit,
					   m->process_limit, &error);
	if (!isolation->cgroup)
		bh_log(isolation->log, BH_LOG_WARNING,
		       "no limits: control groups (version 2, in %s) cannot be used: %s",
		       isolation->cgroups, strerror(-error));
}

static void tell(const struct bh_log *log, const struct bh_diags *diags)
{
	for (size_t i = 0; i < diags->count; i++) {
		const struct bh_diag *diag = &diags->items[i];

		bh_log(log, BH_LOG_ERROR, "%s[%s]: %s", bh_level_name(diag->level), diag->code,
		       diag->message);
		if (diag->cause)
			bh_log(log, BH_LOG_ERROR, "  cause: %s", diag->cause);
		if (diag->hint)
			bh_log(log, BH_LOG_ERROR, "  next: %s", diag->hint);
	}
}

static int start(struct bh_isolation *isolation, const struct bh_opened *opened,
		 const int doors[BH_DOORS], bool namespaces, pid_t *pid)
{
	char *manifest = bh_strf("fd:%d", opened->manifest), *kvm = bh_strf("fd:%d", opened->kvm);
	char *memory = opened->memory < 0 ? NULL : bh_strf("fd:%d", opened->memory);
	char *control = bh_strf("fd:%d", doors[BH_DOOR_CONTROL]);
	char *console = bh_strf("fd:%d", doors[BH_DOOR_CONSOLE]);
	const char *const argv[] = {isolation->vmm,
				    manifest,
				    "--control",
				    control,
				    "--console",
				    console,
				    "--kvm",
				    kvm,
				    namespaces ? "--isolate=root" : "--isolate",
				    memory ? "--memory" : NULL,
				    memory,
				    NULL};
	int keep[BH_OPENED_MAX + 3];
	size_t count = opened->count;

	memcpy(keep, opened->fds, count * sizeof(keep[0]));
	keep[count++] = doors[BH_DOOR_CONTROL];
	keep[count++] = doors[BH_DOOR_CONSOLE];
	keep[count] = -1;
	const struct bh_spawn how = {
		.argv = argv,
		.in = BH_FD_NULL,
		.out = isolation->out,
		.err = isolation->out,
		.keep_fds = keep,
		.die_with_parent = true,
		.own_group = true,
		.namespaces = namespaces ? NAMESPACES : 0,
		.prepare = namespaces ? prepare : prepare_plain,
		.owner = isolation,
	};
	int error = bh_spawn(&how, pid);

	free(console);
	free(control);
	free(memory);
	free(kvm);
	free(manifest);
	return error;
}

static int fail(pid_t *pid)
{
	*pid = fork();
	if (!*pid)
		_exit(BH_VMM_FAILED);
	return *pid < 0 ? -errno : 0;
}

static struct bh_backends *make_backends(const struct bh_isolation *isolation)
{
	char *folder = bh_vm_path(isolation->run, isolation->manifest->vm, NULL);
	uid_t number = isolation->user - BH_USER_FIRST;
	const struct bh_backends_setting setting = {
		.vmm = isolation->vmm,
		.folder = folder,
		.cgroup = isolation->cgroup,
		.users = isolation->user_lock < 0 ? 0 : BH_SERVER_FIRST + number * BH_SERVER_USERS,
		.log = isolation->log,
		.out = isolation->out,
	};
	struct bh_backends *backends = bh_backends_create(&setting);

	free(folder);
	return backends;
}

int bh_isolate_spawn(struct bh_isolation *isolation, pid_t *pid)
{
	struct bh_opened *opened = bh_alloc(sizeof(*opened));
	int doors[BH_DOORS] = {-1, -1};
	struct bh_diags diags;
	int result;

	bh_diags_init(&diags);
	if (!geteuid() && isolation->user_lock < 0 && take_user(isolation))
		bh_log(isolation->log, BH_LOG_WARNING, "the VMM has no user of its own");
	make_cgroup(isolation);
	struct bh_backends *backends = make_backends(isolation);
	bool ready = bh_opened_init(opened, isolation->manifest, backends, &diags);
	/* Where the VMM does not come to be, its ends of the doors are closed soon. */
	bh_backends_serve(backends);
	if (ready) {
		result = bh_doors_open(&isolation->doors, doors);
		isolation->mapped = false;
		if (!result)
			result = start(isolation, opened, doors, true, pid);
		if (result && !isolation->mapped) {
			bh_log(isolation->log, BH_LOG_WARNING,
			       "the VMM has no namespaces of its own: %s", strerror(-result));
			result = start(isolation, opened, doors, false, pid);
		}
	} else {
		result = fail(pid);
	}
	tell(isolation->log, &diags);
	bh_opened_finish(opened);
	free(opened);
	bh_diags_finish(&diags);
	/* The VMM has its ends; ours would keep it from seeing that we are gone. */
	for (int i = 0; i < BH_DOORS; i++) {
		if (doors[i] >= 0)
			close(doors[i]);
	}
	return result;
}

void bh_isolation_finish(struct bh_isolation *isolation)
{
	bh_cgroup_remove(isolation->cgroup);
	free(isolation->cgroup);
	isolation->cgroup = NULL;
	if (isolation->user_lock >= 0)
		close(isolation->user_lock);
	isolation->user_lock = -1;
}
