/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int bh_file_read_fd(int fd, size_t limit, char **data, size_t *size)
{
	size_t used = 0, capacity = 0;
	char *bytes = NULL;
	struct stat st;

	if (!fstat(fd, &st) && S_ISREG(st.st_mode)) {
		if ((unsigned long long)st.st_size > limit)
			return -EFBIG;
		bh_grow((void **)&bytes, &capacity, (size_t)st.st_size + 2, 1);
	}
	for (;;) {
		bh_grow((void **)&bytes, &capacity, used + 2, 1);
		size_t room = capacity - used - 1;
		ssize_t got = read(fd, bytes + used, room);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			int error = -errno;
			free(bytes);
			return error;
		}
		if (!got)
			break;
		used += (size_t)got;
		if (used > limit) {
			free(bytes);
			return -EFBIG;
		}
	}
	bytes[used] = '\0';
	*data = bytes;
	*size = used;
	return 0;
}

int bh_file_read(const char *path, size_t limit, char **data, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	int error = bh_file_read_fd(fd, limit, data, size);
	close(fd);
	return error;
}

int bh_write_all(int fd, const void *data, size_t size)
{
	const char *bytes = data;

	while (size) {
		ssize_t put = write(fd, bytes, size);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		bytes += put;
		size -= (size_t)put;
	}
	return 0;
}

int bh_read_all(int fd, void *data, size_t size)
{
	char *bytes = data;

	while (size) {
		ssize_t got = read(fd, bytes, size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			return -ENODATA;
		bytes += got;
		size -= (size_t)got;
	}
	return 0;
}

static int write_and_sync(int fd, const void *data, size_t size, mode_t mode)
{
	int error = bh_write_all(fd, data, size);

	if (!error && (fchmod(fd, mode) || fsync(fd)))
		error = -errno;
	return error;
}

int bh_file_write(const char *path, const void *data, size_t size, mode_t mode)
{
	char *temporary = bh_strf("%s.XXXXXX", path);
	int error = 0;
	int fd = mkostemp(temporary, O_CLOEXEC);

	if (fd < 0) {
		error = -errno;
		goto free_name;
	}
	error = write_and_sync(fd, data, size, mode);
	if (close(fd) && !error)
		error = -errno;
	if (!error && rename(temporary, path))
		error = -errno;
	if (error)
		unlink(temporary);
free_name:
	free(temporary);
	return error;
}

int bh_make_dirs(const char *path, mode_t mode)
{
	if (!*path)
		return -ENOENT;
	char *copy = bh_strdup(path);
	int error = 0;

	for (char *slash = copy + 1; !error; slash++) {
		if (*slash && *slash != '/')
			continue;
		char kept = *slash;
		*slash = '\0';
		if (mkdir(copy, mode) && errno != EEXIST)
			error = -errno;
		*slash = kept;
		if (!kept)
			break;
	}
	free(copy);
	struct stat st;
	if (!error && stat(path, &st))
		error = -errno;
	else if (!error && !S_ISDIR(st.st_mode))
		error = -ENOTDIR;
	return error;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

int bh_remove_tree(const char *path)
{
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
		return -errno;
	return 0;
}

bool bh_path_exists(const char *path)
{
	return !access(path, F_OK);
}
