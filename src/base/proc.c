/* SPDX-License-Identifier: Apache-2.0 */
#include "base/proc.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Only calls that are safe between fork and exec from here to child(). */

static int install_fd(int wanted, int slot, int flags)
{
	if (wanted == BH_FD_INHERIT)
		return 0;
	int fd = wanted;
	if (wanted == BH_FD_NULL) {
		fd = open("/dev/null", flags | O_CLOEXEC);
		if (fd < 0)
			return -errno;
	}
	if (fd == slot)
		return fcntl(fd, F_SETFD, 0) < 0 ? -errno : 0;
	return dup2(fd, slot) < 0 ? -errno : 0;
}

static int install_fds(const struct bh_spawn *spawn)
{
	int wanted[3] = {spawn->in, spawn->out, spawn->err};

	/* One of the standard three under another's number: out of the way before it is replaced.
	 */
	for (int slot = 0; slot < 3; slot++) {
		if (wanted[slot] < 0 || wanted[slot] > 2 || wanted[slot] == slot)
			continue;
		wanted[slot] = fcntl(wanted[slot], F_DUPFD_CLOEXEC, 10);
		if (wanted[slot] < 0)
			return -errno;
	}
	for (int slot = 0; slot < 3; slot++) {
		int error = install_fd(wanted[slot], slot, slot ? O_WRONLY : O_RDONLY);
		if (error)
			return error;
	}
	/* A kernel before 5.11 lacks the call; our own descriptors are close-on-exec anyway. */
	syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC);
	for (const int *fd = spawn->keep_fds; fd && *fd >= 0; fd++) {
		if (fcntl(*fd, F_SETFD, 0) < 0)
			return -errno;
	}
	return 0;
}

/* By the kernel's own call: libc's refuses the two signals it keeps for itself, and a parent that
 * does not use libc may have left those ignored. */
static void set_default(int number)
{
	const uint64_t by_default[4] = {0}; /* the kernel's struct sigaction, handler SIG_DFL */

	syscall(SYS_rt_sigaction, number, by_default, NULL, sizeof(uint64_t));
}

/* The parent prepares us: maps who we are, in a user namespace. False when it is gone. */
static bool wait_prepared(const struct bh_spawn *spawn, int go)
{
	char byte;

	if (read(go, &byte, 1) != 1)
		return false;
	if (spawn->namespaces & CLONE_NEWUSER) {
		/* The kernel's own calls: libc's are for all threads of a process that has some. */
		(void)syscall(SYS_setgroups, 0, NULL);
		if (syscall(SYS_setresgid, 0, 0, 0) || syscall(SYS_setresuid, 0, 0, 0))
			return false;
	}
	return true;
}

/* Whether the parent lives, also when it cannot be seen from our namespace. */
static bool has_parent(const struct bh_spawn *spawn, pid_t parent, int go)
{
	struct pollfd ended = {.fd = go};

	if (spawn->namespaces & CLONE_NEWPID)
		return poll(&ended, 1, 0) == 0;
	return getppid() == parent;
}

static void child(const struct bh_spawn *spawn, pid_t parent, int report, int go)
{
	sigset_t none;

	if (!wait_prepared(spawn, go))
		_exit(127);

	for (int number = 1; number < NSIG; number++)
		set_default(number);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (spawn->die_with_parent) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!has_parent(spawn, parent, go))
			_exit(127);
	}
	if (spawn->own_group)
		setpgid(0, 0);
	int error = install_fds(spawn);
	if (!error && spawn->directory && chdir(spawn->directory))
		error = -errno;
	if (!error) {
		execvpe(spawn->argv[0], (char *const *)spawn->argv,
			spawn->env ? (char *const *)spawn->env : environ);
		error = -errno;
	}
	bh_write_all(report, &error, sizeof(error));
	_exit(127);
}

/* Two pipes: what exec says, and when the child may go on. */
static int make_pipes(int report[2], int go[2])
{
	if (pipe2(report, O_CLOEXEC))
		return -errno;
	if (pipe2(go, O_CLOEXEC)) {
		int error = -errno;
		close(report[0]);
		close(report[1]);
		return error;
	}
	return 0;
}

static pid_t start_child(const struct bh_spawn *spawn)
{
	return spawn->namespaces
		       ? (pid_t)syscall(SYS_clone, spawn->namespaces | SIGCHLD, 0, 0, 0, 0)
		       : fork();
}

int bh_spawn(const struct bh_spawn *spawn, pid_t *pid)
{
	int report[2] = {-1, -1}, go[2] = {-1, -1};
	pid_t parent = getpid();
	int error = make_pipes(report, go);

	if (error)
		return error;
	pid_t id = start_child(spawn);
	if (id < 0)
		error = -errno;
	if (!id) {
		close(go[1]);
		/* Above the standard three, where install_fds() would overwrite them. */
		child(spawn, parent, fcntl(report[1], F_DUPFD_CLOEXEC, 10),
		      fcntl(go[0], F_DUPFD_CLOEXEC, 10));
	}
	close(report[1]);
	close(go[0]);
	if (!error && spawn->prepare)
		error = spawn->prepare(spawn->owner, id);
	if (!error && write(go[1], "", 1) != 1)
		error = -errno;
	if (error && id > 0) {
		kill(id, SIGKILL);
		waitpid(id, NULL, 0);
	}
	if (!error) {
		/* exec closes the pipe: nothing to read means that it worked. */
		int sent;
		if (!bh_read_all(report[0], &sent, sizeof(sent))) {
			error = sent;
			waitpid(id, NULL, 0);
		} else {
			*pid = id;
		}
	}
	close(report[0]);
	close(go[1]);
	return error;
}

int bh_wait(pid_t pid, int *status)
{
	int raw;

	while (waitpid(pid, &raw, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	*status = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
	return 0;
}

/* Reads what is there; false at the end of the stream. */
static bool drain(int fd, size_t limit, struct bh_buf *into)
{
	char piece[65536];
	ssize_t got = read(fd, piece, sizeof(piece));

	if (got < 0)
		return errno == EINTR;
	if (into && into->length < limit) {
		size_t room = limit - into->length;
		bh_buf_add(into, piece, (size_t)got < room ? (size_t)got : room);
	}
	return got > 0;
}

int bh_run(const char *const *argv, size_t limit, struct bh_buf *out, struct bh_buf *err,
	   int *status)
{
	int pipes[2][2];
	struct bh_buf *into[2] = {out, err};
	pid_t pid = -1;

	if (pipe2(pipes[0], O_CLOEXEC))
		return -errno;
	if (pipe2(pipes[1], O_CLOEXEC)) {
		int error = -errno;
		close(pipes[0][0]);
		close(pipes[0][1]);
		return error;
	}
	struct bh_spawn spawn = {
		.argv = argv, .in = BH_FD_NULL, .out = pipes[0][1], .err = pipes[1][1]};
	int error = bh_spawn(&spawn, &pid);
	close(pipes[0][1]);
	close(pipes[1][1]);
	struct pollfd fds[2] = {{pipes[0][0], POLLIN, 0}, {pipes[1][0], POLLIN, 0}};
	while (!error && (fds[0].fd >= 0 || fds[1].fd >= 0)) {
		if (poll(fds, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			break;
		}
		for (int i = 0; i < 2; i++) {
			if (fds[i].fd >= 0 && fds[i].revents && !drain(fds[i].fd, limit, into[i]))
				fds[i].fd = -1;
		}
	}
	close(pipes[0][0]);
	close(pipes[1][0]);
	return error ? error : bh_wait(pid, status);
}
