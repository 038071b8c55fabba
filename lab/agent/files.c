/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/agent/files.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE 65536

static int failed(const char *path, int error)
{
	fprintf(stderr, "%s: %s\n", path, strerror(-error));
	return 1;
}

/* Copies until the end; -ENODATA when that comes before or after `size` bytes. */
static int copy(int from, int to, uint64_t size)
{
	static char piece[PIECE];
	ssize_t got;

	while ((got = read(from, piece, sizeof(piece))) != 0) {
		if (got < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if ((uint64_t)got > size)
			return -ENODATA;
		int error = bh_write_all(to, piece, (size_t)got);
		if (error)
			return error;
		size -= (uint64_t)got;
	}
	return size ? -ENODATA : 0;
}

static int put(const char *target, mode_t mode, uint64_t size)
{
	char *partial = bh_strf("%s.partial", target);
	int fd = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int error = fd < 0 ? -errno : copy(0, fd, size);

	if (!error && fchmod(fd, mode))
		error = -errno;
	if (fd >= 0 && close(fd) && !error)
		error = -errno;
	if (!error && rename(partial, target))
		error = -errno;
	if (error)
		unlink(partial);
	free(partial);
	return error ? failed(target, error) : 0;
}

int agent_put(const char *mode, const char *size, const char *name, const char *path)
{
	struct stat info;
	uint64_t bytes;

	if (!bh_parse_u64(size, &bytes))
		return failed(path, -EINVAL);
	bool into = !stat(path, &info) && S_ISDIR(info.st_mode);
	char *target = into ? bh_strf("%s/%s", path, name) : bh_strdup(path);
	int code = put(target, (mode_t)strtoul(mode, NULL, 8) & 07777, bytes);
	free(target);
	return code;
}

int agent_get(const char *path)
{
	struct stat info;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &info))
		return failed(path, -errno);
	if (!S_ISREG(info.st_mode))
		return failed(path, S_ISDIR(info.st_mode) ? -EISDIR : -EINVAL);
	dprintf(1, "%o %lld\n", info.st_mode & 07777, (long long)info.st_size);
	int error = copy(fd, 1, (uint64_t)info.st_size);
	close(fd);
	return error ? failed(path, error) : 0;
}
