/* SPDX-License-Identifier: Apache-2.0 */
#include "host/sys.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FILE_LIMIT (1u << 20)

/* One write() call: a file of /sys takes its value in one, and answers with its error. */
static int write_file(struct bh_sys *sys, const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), error = 0;

	(void)sys;
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		error = -errno;
	close(fd);
	return error;
}

static int run_modprobe(const char *module)
{
	const char *const argv[] = {"modprobe", "-q", "--", module, NULL};
	int status;
	int error = bh_run(argv, 0, NULL, NULL, &status);

	return error ? error : status ? -ENOENT : 0;
}

/* A module that was built and not installed. */
static int insert_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error = fd < 0 ? -errno : 0;

	/* What modprobe would have loaded before it. */
	run_modprobe("vfio");
	if (!error && syscall(SYS_finit_module, fd, "", 0))
		error = -errno;
	if (fd >= 0)
		close(fd);
	return error;
}

static int load_module(struct bh_sys *sys, const char *module)
{
	const char *file = getenv("BULKHEAD_MODULE");

	(void)sys;
	if (file && *file && !strcmp(module, "bulkhead"))
		return insert_file(file);
	return run_modprobe(module);
}

/* The module alone: `modprobe -r` also tries those that it used, and fails when others need them.
 */
static int unload_module(struct bh_sys *sys, const char *module)
{
	(void)sys;
	return syscall(SYS_delete_module, module, O_NONBLOCK) ? -errno : 0;
}

void bh_sys_init(struct bh_sys *sys)
{
	*sys = (struct bh_sys){
		.root = "", .write = write_file, .load = load_module, .unload = unload_module};
}

static char *full_path(const struct bh_sys *sys, const char *format, va_list args)
{
	char *path = bh_vstrf(format, args), *full = bh_strf("%s%s", sys->root, path);

	free(path);
	return full;
}

#define FULL_PATH(full, sys, path)                       \
	do {                                             \
		va_list args;                            \
		va_start(args, path);                    \
		(full) = full_path((sys), (path), args); \
		va_end(args);                            \
	} while (0)

int bh_sys_write(struct bh_sys *sys, const char *text, const char *path, ...)
{
	char *full;

	FULL_PATH(full, sys, path);
	int error = sys->write(sys, full, text);
	free(full);
	return error;
}

int bh_sys_read(struct bh_sys *sys, struct bh_buf *text, const char *path, ...)
{
	char *full, *data;
	size_t size;

	bh_buf_clear(text);
	FULL_PATH(full, sys, path);
	int error = bh_file_read(full, FILE_LIMIT, &data, &size);
	free(full);
	if (error)
		return error;
	while (size && data[size - 1] == '\n')
		size--;
	bh_buf_add(text, data, size);
	free(data);
	return 0;
}

static char *read_link(char *full)
{
	char target[PATH_MAX];
	ssize_t length = readlink(full, target, sizeof(target));

	free(full);
	return length > 0 && (size_t)length < sizeof(target) ? bh_strndup(target, (size_t)length)
							     : NULL;
}

char *bh_sys_target(struct bh_sys *sys, const char *path, ...)
{
	char *full;

	FULL_PATH(full, sys, path);
	return read_link(full);
}

char *bh_sys_link(struct bh_sys *sys, const char *path, ...)
{
	char *full;

	FULL_PATH(full, sys, path);
	char *target = read_link(full);
	char *slash = target ? strrchr(target, '/') : NULL;
	if (slash)
		memmove(target, slash + 1, strlen(slash));
	return target;
}

bool bh_sys_has(struct bh_sys *sys, const char *path, ...)
{
	char *full;

	FULL_PATH(full, sys, path);
	bool has = bh_path_exists(full);
	free(full);
	return has;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int bh_sys_list(struct bh_sys *sys, struct bh_names *names, const char *path, ...)
{
	char *full;

	*names = (struct bh_names){NULL, 0, 0};
	FULL_PATH(full, sys, path);
	DIR *folder = opendir(full);
	int error = folder ? 0 : -errno;
	free(full);
	if (!folder)
		return error;
	for (struct dirent *entry; (entry = readdir(folder));) {
		if (entry->d_name[0] == '.')
			continue;
		bh_names_add(names, entry->d_name);
	}
	closedir(folder);
	if (names->count)
		qsort(names->items, names->count, sizeof(*names->items), by_name);
	return 0;
}

void bh_names_finish(struct bh_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct bh_names){NULL, 0, 0};
}

void bh_names_add(struct bh_names *names, const char *name)
{
	bh_grow((void **)&names->items, &names->capacity, names->count + 1, sizeof(*names->items));
	names->items[names->count++] = bh_strdup(name);
}

bool bh_names_have(const struct bh_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (!strcmp(names->items[i], name))
			return true;
	}
	return false;
}
