/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/pieces.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUTPUT_LIMIT 65536

/* The folder of this program, for what was built or installed beside it. */
static char *program_folder(void)
{
	char path[4096];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (length < 0)
		return NULL;
	path[length] = 0;
	char *slash = strrchr(path, '/');
	return bh_strndup(path, slash ? (size_t)(slash - path) : 0);
}

/* Finds the lab's scripts and the agent: those of the source folder when the program runs from a
 * build folder, else the installed ones. */
static bool find_lab(char **scripts, char **agent)
{
	char *folder = program_folder(), *text = NULL;
	size_t size;

	if (!folder)
		return false;
	char *source = bh_strf("%s/../../lab/source", folder);
	if (!bh_file_read(source, 4096, &text, &size)) {
		text[strcspn(text, "\n")] = 0;
		*scripts = bh_strdup(text);
		*agent = bh_strf("%s/../../lab/agent", folder);
		free(text);
	} else {
		*scripts = bh_strf("%s/../share/bulkhead/lab", folder);
		*agent = bh_strf("%s/agent", *scripts);
	}
	free(source);
	free(folder);
	return true;
}

/* Runs a program whose stderr is ours; its stdout into `out`. */
static int run(const char *const *argv, struct bh_buf *out, int *status)
{
	int pipes[2];
	pid_t pid;
	char *text = NULL;
	size_t size = 0;

	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	struct bh_spawn spawn = {.argv = argv,
				 .in = BH_FD_NULL,
				 .out = pipes[1],
				 .err = BH_FD_INHERIT,
				 .die_with_parent = true};
	int error = bh_spawn(&spawn, &pid);
	close(pipes[1]);
	if (!error) {
		error = bh_file_read_fd(pipes[0], OUTPUT_LIMIT, &text, &size);
		if (!error)
			bh_buf_add(out, text, size);
		free(text);
		int waited = bh_wait(pid, status);
		error = error ? error : waited;
	}
	close(pipes[0]);
	return error;
}

static char *next_line(char **at)
{
	char *line = *at, *end = strchr(line, '\n');

	if (!end)
		return NULL;
	*end = 0;
	*at = end + 1;
	return line;
}

static bool take_folders(struct bh_lab_pieces *pieces, char *text)
{
	char *qemu = next_line(&text), *kernel = qemu ? next_line(&text) : NULL;
	char *disk = kernel ? next_line(&text) : NULL, *initrd = disk ? next_line(&text) : NULL;

	if (!initrd)
		return false;
	pieces->qemu = bh_strf("%s/qemu-system-aarch64", qemu);
	pieces->kernel = bh_strdup(kernel);
	pieces->disk = bh_strf("%s/lab.squashfs", disk);
	pieces->initrd = bh_strf("%s/initrd.cpio", initrd);
	pieces->cache = bh_strndup(qemu, (size_t)(strrchr(qemu, '/') - qemu));
	return true;
}

bool bh_lab_pieces_get(struct bh_lab_pieces *pieces, struct bh_diags *diags)
{
	char *scripts = NULL, *agent = NULL, *fetch = NULL;
	struct bh_buf out;
	int status = 1, error = 0;
	bool ok = false;

	memset(pieces, 0, sizeof(*pieces));
	bh_buf_init(&out);
	if (!find_lab(&scripts, &agent) || !bh_path_exists(scripts) || !bh_path_exists(agent)) {
		struct bh_diag *diag =
			bh_error(diags, "E0705", "the lab's scripts or its agent are not here");
		bh_diag_cause(diag, "%s and %s", scripts ? scripts : "?", agent ? agent : "?");
		bh_diag_hint(diag, "install aarch64-linux-gnu-gcc and build again");
		goto out;
	}
	fetch = bh_strf("%s/fetch.sh", scripts);
	setenv("LAB_AGENT", agent, 1);
	const char *const argv[] = {fetch, "qemu", "kernel", "disk", "initrd", NULL};
	error = run(argv, &out, &status);
	if (error || status || !out.data || !take_folders(pieces, out.data)) {
		struct bh_diag *diag = bh_error(diags, "E0704",
						"what the boards are made of could not be fetched");
		if (error)
			bh_diag_cause(diag, "%s: %s", fetch, strerror(-error));
		bh_diag_hint(diag, "see above; `%s qemu kernel disk` tries it again", fetch);
		goto out;
	}
	ok = true;
out:
	bh_buf_finish(&out);
	free(fetch);
	free(scripts);
	free(agent);
	return ok;
}

void bh_lab_pieces_finish(struct bh_lab_pieces *pieces)
{
	free(pieces->qemu);
	free(pieces->kernel);
	free(pieces->initrd);
	free(pieces->disk);
	free(pieces->cache);
}
