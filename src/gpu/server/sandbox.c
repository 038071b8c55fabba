/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/server/sandbox.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAMESPACES                                                                                 \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID | \
	 CLONE_NEWCGROUP)

/* Beside what clients may fill: code, scenes on their way, stacks. */
#define OWN_MEMORY (2ull << 30)

/* All that serving a client takes. Opening, connecting, executing and looking around are not in it.
 */
static const int allowed[] = {
	/* descriptors that are there */
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(readv),
	SCMP_SYS(writev),
	SCMP_SYS(close),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(recvfrom),
	SCMP_SYS(sendto),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(lseek),
	SCMP_SYS(fcntl),
	SCMP_SYS(ftruncate),
	SCMP_SYS(memfd_create),
	SCMP_SYS(shutdown),
	/* memory */
	SCMP_SYS(mmap),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(mprotect),
	SCMP_SYS(madvise),
	SCMP_SYS(brk),
	SCMP_SYS(membarrier),
	/* threads */
	SCMP_SYS(futex),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(gettid),
	SCMP_SYS(getpid),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(set_tid_address),
	/* signals, time, chance */
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(getrandom),
};

/* Into a file of /proc, or a new one. */
static bool put(const char *path, int flags, const char *text)
{
	size_t length = strlen(text);
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0400);
	bool good = fd >= 0 && write(fd, text, length) == (ssize_t)length;

	if (fd >= 0)
		close(fd);
	return good;
}

/* The parent knew itself by these numbers; in the new namespace they stay what they were. */
static bool map_ids(uid_t user, gid_t group)
{
	char *users = bh_strf("%u %u 1", (unsigned)user, (unsigned)user);
	char *groups = bh_strf("%u %u 1", (unsigned)group, (unsigned)group);
	bool good = put("/proc/self/uid_map", 0, users) && put("/proc/self/setgroups", 0, "deny") &&
		    put("/proc/self/gid_map", 0, groups);

	free(users);
	free(groups);
	return good;
}

/* The code generator asks this file what the CPU can do, where the CPU does not say itself. */
static void keep_cpuinfo(void)
{
	char *text;
	size_t length;

	if (bh_file_read("/proc/cpuinfo", 1u << 20, &text, &length))
		return;
	if (!mkdir("/tmp/proc", 0700))
		(void)put("/tmp/proc/cpuinfo", O_CREAT, text);
	free(text);
}

/* An empty read-only folder becomes all there is. */
static bool leave_files(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=2M,mode=700"))
		return false;
	keep_cpuinfo();
	return !mount(NULL, "/tmp", NULL,
		      MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) &&
	       !chdir("/tmp") && !syscall(SYS_pivot_root, ".", ".") && !umount2(".", MNT_DETACH) &&
	       !chdir("/");
}

static bool drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};

	return !syscall(SYS_capset, &header, none);
}

static void limit(int resource, uint64_t most)
{
	struct rlimit now;

	if (!getrlimit((__rlimit_resource_t)resource, &now) && most < now.rlim_max) {
		now.rlim_cur = now.rlim_max = most;
		(void)setrlimit((__rlimit_resource_t)resource, &now);
	}
}

/* No stdio and no locks of others here: the child is a copy of one thread. */
pid_t bh_sandbox_fork(uint64_t quota, const struct bh_log *log)
{
	uid_t user = geteuid();
	gid_t group = getegid();
	long child = syscall(SYS_clone, NAMESPACES | SIGCHLD, NULL, NULL, NULL, NULL);
	bool own = child >= 0;

	if (!own)
		child = fork();
	if (child)
		return (pid_t)child;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_DUMPABLE, 0);
	if (!own || !map_ids(user, group) || !leave_files() || !drop_capabilities())
		bh_log(log, BH_LOG_WARNING,
		       "this machine gives no namespaces of its own to a user: system calls are "
		       "filtered, and that is all");
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_DATA, quota < UINT64_MAX - OWN_MEMORY ? quota + OWN_MEMORY : UINT64_MAX);
	return 0;
}

static int load(scmp_filter_ctx filter)
{
	int result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);

	for (size_t i = 0; !result && i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		/* A call that this architecture does not have cannot be made either. */
		if (allowed[i] >= 0)
			result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	}
	/* abort() */
	if (!result)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
					  SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	/* Threads, not processes. The C library takes clone where there is no clone3, whose flags a
	 * filter cannot see. */
	if (!result)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
					  SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	if (!result)
		result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return result ? result : seccomp_load(filter);
}

int bh_sandbox_enter(struct bh_diags *diags)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int result = filter ? 0 : -ENOMEM;

	if (!result && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		result = -errno;
	if (!result)
		result = load(filter);
	if (filter)
		seccomp_release(filter);
	if (result) {
		struct bh_diag *diag = bh_error(
			diags, "E2201", "the server cannot lock itself in: %s", strerror(-result));

		bh_diag_hint(diag, "the kernel needs seccomp filters (CONFIG_SECCOMP_FILTER)");
	}
	return result;
}
