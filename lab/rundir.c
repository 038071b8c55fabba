/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/rundir.h"

#include "base/alloc.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

char *bh_rundir_base(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR"), *cache = getenv("BULKHEAD_CACHE");
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (runtime && *runtime)
		return bh_strf("%s/bulkhead/lab", runtime);
	if (cache && *cache)
		return bh_strf("%s/run/lab", cache);
	if (xdg && *xdg)
		return bh_strf("%s/bulkhead/run/lab", xdg);
	return bh_strf("%s/.cache/bulkhead/run/lab", home ? home : "");
}

static char *path_of(const char *name)
{
	char *base = bh_rundir_base();
	char *path = bh_strf("%s/%s", base, name);

	free(base);
	return path;
}

char *bh_rundir_file(const struct bh_rundir *dir, const char *name)
{
	return bh_strf("%s/%s", dir->path, name);
}

static int open_lock(const char *path, int flags)
{
	char *file = bh_strf("%s/lock", path);
	int fd = open(file, flags | O_RDWR | O_CLOEXEC, 0600);
	int error = fd < 0 ? -errno : 0;

	free(file);
	return error ? error : fd;
}

static bool failed(struct bh_rundir *dir, struct bh_diags *diags, int error)
{
	struct bh_diag *diag =
		bh_error(diags, "E0712", "the run directory %s cannot be made", dir->path);

	bh_diag_cause(diag, "%s", strerror(-error));
	bh_diag_hint(diag, "set XDG_RUNTIME_DIR to a folder that you may write");
	bh_rundir_finish(dir);
	return false;
}

static bool taken(struct bh_rundir *dir, const char *name, struct bh_diags *diags)
{
	bh_diag_hint(bh_error(diags, "E0702", "a board named %s is running already", name),
		     "`bulkhead lab down %s` stops it; --name gives the new one another name",
		     name);
	bh_rundir_finish(dir);
	return false;
}

/* Empties the folder of all but the lock. */
static void clear(const char *path)
{
	static const char *const left[] = {"socket", "monitor",   "console", "console.old",
					   "qemu",   "board.dtb", "gone",    "board"};

	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		char *file = bh_strf("%s/%s", path, left[i]);
		unlink(file);
		free(file);
	}
}

bool bh_rundir_create(struct bh_rundir *dir, const char *name, struct bh_diags *diags)
{
	*dir = (struct bh_rundir){.path = path_of(name), .folder = -1, .lock = -1};
	int error = bh_make_dirs(dir->path, 0700);
	if (error)
		return failed(dir, diags, error);
	int lock = open_lock(dir->path, O_CREAT);
	if (lock < 0)
		return failed(dir, diags, lock);
	dir->lock = lock;
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	if (fcntl(lock, F_OFD_SETLK, &whole))
		return errno == EAGAIN || errno == EACCES ? taken(dir, name, diags)
							  : failed(dir, diags, -errno);
	/* A board that ended between our open and our lock took the folder with it. */
	char *file = bh_rundir_file(dir, "lock");
	bool ours = bh_path_exists(file);
	free(file);
	if (!ours)
		return taken(dir, name, diags);
	clear(dir->path);
	dir->folder = open(dir->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return dir->folder >= 0 ? true : failed(dir, diags, -errno);
}

enum bh_rundir_state bh_rundir_open(struct bh_rundir *dir, const char *name)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	*dir = (struct bh_rundir){.path = path_of(name), .folder = -1, .lock = -1};
	int lock = open_lock(dir->path, 0);
	if (lock < 0)
		return BH_RUNDIR_NONE;
	/* Asks who holds it; does not take it, not even for a moment. */
	bool held = !fcntl(lock, F_OFD_GETLK, &whole) && whole.l_type != F_UNLCK;
	close(lock);
	dir->folder = open(dir->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir->folder < 0)
		return BH_RUNDIR_NONE;
	return held ? BH_RUNDIR_LIVE : BH_RUNDIR_DEAD;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **bh_rundir_names(size_t *count)
{
	char *base = bh_rundir_base(), **names = NULL;
	DIR *folder = opendir(base);
	size_t capacity = 0;
	struct dirent *entry;

	free(base);
	*count = 0;
	while (folder && (entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		bh_grow((void **)&names, &capacity, *count + 1, sizeof(*names));
		names[(*count)++] = bh_strdup(entry->d_name);
	}
	if (folder)
		closedir(folder);
	if (*count)
		qsort(names, *count, sizeof(*names), by_name);
	return names;
}

void bh_rundir_remove(struct bh_rundir *dir)
{
	bh_remove_tree(dir->path);
}

void bh_rundir_finish(struct bh_rundir *dir)
{
	if (dir->folder >= 0)
		close(dir->folder);
	if (dir->lock >= 0)
		close(dir->lock);
	free(dir->path);
	*dir = (struct bh_rundir){.folder = -1, .lock = -1};
}

static struct sockaddr_un address_of(const struct bh_rundir *dir, const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", dir->folder,
		 name);
	return address;
}

int bh_rundir_listen(const struct bh_rundir *dir, const char *name)
{
	struct sockaddr_un address = address_of(dir, name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 16)) {
		int error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

int bh_rundir_connect(const struct bh_rundir *dir, const char *name)
{
	struct sockaddr_un address = address_of(dir, name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		int error = -errno;
		close(fd);
		return error;
	}
	return fd;
}
