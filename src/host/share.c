/* SPDX-License-Identifier: Apache-2.0 */
#include "host/share.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static int open_proc(pid_t pid, const char *file, int flags)
{
	char *path = bh_strf("/proc/%d/%s", (int)pid, file);
	int fd = open(path, flags | O_CLOEXEC);

	free(path);
	return fd < 0 ? -errno : fd;
}

static int write_map(pid_t pid, const char *file, const char *text)
{
	int fd = open_proc(pid, file, O_WRONLY);

	if (fd < 0)
		return fd;
	int error = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return error;
}

int bh_share_map_users(pid_t pid, uid_t first, unsigned count)
{
	char *map = bh_strf("0 %u %u", (unsigned)first, count);
	int error = write_map(pid, "gid_map", map);

	if (!error)
		error = write_map(pid, "uid_map", map);
	free(map);
	return error;
}

/* The folder, mounted nowhere yet, with the users of `users`. A descriptor or a negative errno. */
static int make_mount(const char *folder, int users, bool readonly)
{
	struct mount_attr attributes = {
		.attr_set = MOUNT_ATTR_IDMAP | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
			    (readonly ? MOUNT_ATTR_RDONLY : 0),
		.userns_fd = (unsigned)users,
	};
	int tree = open_tree(AT_FDCWD, folder, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (tree < 0)
		return -errno;
	if (mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes,
			  sizeof(attributes))) {
		int error = -errno;
		close(tree);
		return error;
	}
	return tree;
}

/* By a process of a moment, for namespaces are entered for good. */
static int put_mount(int tree, int mounts, const char *folder)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -errno;
	if (!pid) {
		if (setns(mounts, CLONE_NEWNS) ||
		    move_mount(tree, "", AT_FDCWD, folder, MOVE_MOUNT_F_EMPTY_PATH))
			_exit(errno);
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
}

int bh_share_mount(pid_t pid, const char *folder, bool readonly)
{
	int users = open_proc(pid, "ns/user", O_RDONLY), mounts = -1, tree = -1;
	int error = users < 0 ? users : 0;

	if (!error) {
		mounts = open_proc(pid, "ns/mnt", O_RDONLY);
		error = mounts < 0 ? mounts : 0;
	}
	if (!error) {
		tree = make_mount(folder, users, readonly);
		error = tree < 0 ? tree : put_mount(tree, mounts, folder);
	}
	if (tree >= 0)
		close(tree);
	if (mounts >= 0)
		close(mounts);
	if (users >= 0)
		close(users);
	return error;
}
