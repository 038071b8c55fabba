/* SPDX-License-Identifier: Apache-2.0 */
/* Copying files to and from a board: commands of the agent (agent/files.h) at the other end. */
#include "base/alloc.h"
#include "base/file.h"
#include "lab/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool failed(struct bh_diags *diags, const char *file, const char *why)
{
	struct bh_diag *diag = bh_error(diags, "E0709", "%s cannot be copied", file);

	if (*why)
		bh_diag_cause(diag, "%.*s", (int)strcspn(why, "\n"), why);
	bh_diag_hint(diag, "check the path and the room that is left");
	return false;
}

bool bh_lab_push(struct bh_lab_client *client, const char *file, const char *dest,
		 struct bh_diags *diags)
{
	struct stat info;
	struct bh_buf said;
	int fd = open(file, O_RDONLY | O_CLOEXEC), status = 1;

	if (fd < 0)
		return failed(diags, file, strerror(errno));
	if (fstat(fd, &info) || !S_ISREG(info.st_mode)) {
		close(fd);
		return failed(diags, file, "it is not a regular file");
	}
	bh_buf_init(&said);
	char *mode = bh_strf("%o", info.st_mode & 07777);
	char *size = bh_strf("%lld", (long long)info.st_size);
	const char *const argv[] = {"agent", "put", mode, size, base_name(file), dest, NULL};
	struct bh_lab_command command = {
		.argv = argv, .in = fd, .out = -1, .err = -1, .keep_err = &said, .signals = -1};
	bool ok = bh_lab_exec(client, &command, &status, diags);
	if (ok && status)
		ok = failed(diags, file, bh_buf_str(&said));
	bh_buf_finish(&said);
	free(mode);
	free(size);
	close(fd);
	return ok;
}

/* What comes: a line with mode and size, then the file. */
struct pull {
	char *partial;
	int fd;
	struct bh_buf header;
	bool has_header;
	unsigned mode;
	long long left;
	int error;
};

static int take(void *context, const void *data, size_t size)
{
	struct pull *pull = context;

	if (!pull->has_header) {
		const char *end = memchr(data, '\n', size);
		size_t head = end ? (size_t)(end - (const char *)data) + 1 : size;
		bh_buf_add(&pull->header, data, head);
		if (pull->header.length > 64)
			return pull->error = -EBADMSG;
		if (!end)
			return 0;
		if (sscanf(pull->header.data, "%o %lld", &pull->mode, &pull->left) != 2)
			return pull->error = -EBADMSG;
		pull->has_header = true;
		data = end + 1;
		size -= head;
	}
	if ((long long)size > pull->left)
		return pull->error = -EBADMSG;
	pull->left -= (long long)size;
	return pull->error = bh_write_all(pull->fd, data, size);
}

static bool finish_pull(struct pull *pull, const char *target)
{
	if (!pull->error && (!pull->has_header || pull->left))
		pull->error = -ENODATA;
	if (!pull->error && fchmod(pull->fd, pull->mode & 0777))
		pull->error = -errno;
	if (!pull->error && rename(pull->partial, target))
		pull->error = -errno;
	return !pull->error;
}

bool bh_lab_pull(struct bh_lab_client *client, const char *file, const char *dest,
		 struct bh_diags *diags)
{
	struct stat info;
	struct bh_buf said;
	int status = 1;
	bool folder = !stat(dest, &info) && S_ISDIR(info.st_mode);
	char *target = folder ? bh_strf("%s/%s", dest, base_name(file)) : bh_strdup(dest);
	struct pull pull = {.partial = bh_strf("%s.partial", target)};
	const char *const argv[] = {"agent", "get", file, NULL};
	bool ok = false;

	bh_buf_init(&said);
	bh_buf_init(&pull.header);
	pull.fd = open(pull.partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (pull.fd < 0) {
		failed(diags, target, strerror(errno));
		goto out;
	}
	struct bh_lab_command command = {.argv = argv,
					 .in = -1,
					 .out = -1,
					 .err = -1,
					 .sink = take,
					 .context = &pull,
					 .keep_err = &said,
					 .signals = -1};
	ok = bh_lab_exec(client, &command, &status, diags);
	if (ok && status && !pull.error)
		ok = failed(diags, file, bh_buf_str(&said));
	else if (ok && !finish_pull(&pull, target))
		ok = failed(diags, target, strerror(-pull.error));
	close(pull.fd);
	if (!ok)
		unlink(pull.partial);
out:
	bh_buf_finish(&said);
	bh_buf_finish(&pull.header);
	free(pull.partial);
	free(target);
	return ok;
}
