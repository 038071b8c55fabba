/* SPDX-License-Identifier: Apache-2.0 */
/* log, show: what a VM said, and what it was told. */
#include "cmd/report.h"
#include "cmd/vm.h"
#include "host/run.h"

#include "base/alloc.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define MANIFEST_LIMIT (32u << 20)

/* Where a log goes: to a reader as it is, or to a program, an object a line. */
struct listing {
	const char *vm;
	bool json;
	struct bh_buf line; /* what there is of the last one */
};

static void print_line(struct listing *listing)
{
	json_t *text;

	/* A log has any bytes, JSON has not. */
	for (size_t i = 0; i < listing->line.length; i++) {
		if ((unsigned char)listing->line.data[i] >= 0x80)
			listing->line.data[i] = '?';
	}
	text = json_stringn_nocheck(bh_buf_str(&listing->line), listing->line.length);
	json_t *object = json_pack("{ssso}", "vm", listing->vm, "line", text);
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	fflush(stdout);
	json_decref(object);
	bh_buf_clear(&listing->line);
}

static bool list(struct listing *listing, const char *data, size_t size)
{
	if (!listing->json)
		return !bh_write_all(STDOUT_FILENO, data, size);
	for (const char *end; (end = memchr(data, '\n', size));) {
		bh_buf_add(&listing->line, data, (size_t)(end - data));
		print_line(listing);
		size -= (size_t)(end + 1 - data);
		data = end + 1;
	}
	bh_buf_add(&listing->line, data, size);
	return !ferror(stdout);
}

/* Lists what the file has more; false at an error. */
static bool list_more(struct listing *listing, int file)
{
	char data[65536];
	ssize_t got;

	while ((got = read(file, data, sizeof(data))) > 0) {
		if (!list(listing, data, (size_t)got))
			return false;
	}
	return !got;
}

/* Waits for the file to grow, until it is removed. The kernel's events say only that; they are
 * swallowed. */
static void follow(struct listing *listing, int file, const char *path)
{
	int events = inotify_init1(IN_CLOEXEC);
	char event[4096];

	if (events >= 0 &&
	    inotify_add_watch(events, path, IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF) >= 0) {
		while (list_more(listing, file) && bh_path_exists(path) &&
		       read(events, event, sizeof(event)) > 0)
			continue;
		list_more(listing, file);
	}
	if (events >= 0)
		close(events);
}

static int run_log(const struct bh_args *args)
{
	const char *vm = args->values[0];
	char *run = bh_run_path(), *path = bh_vm_path(run, vm, "log");
	int file = bh_vm_name_ok(vm) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	struct listing listing = {.vm = vm, .json = args->json};
	int code = BH_EXIT_OK;

	if (file < 0) {
		struct bh_diags diags;

		bh_diags_init(&diags);
		bh_vm_report_absent(run, vm, &diags);
		bh_print_diags(&diags);
		bh_diags_finish(&diags);
		code = BH_EXIT_FAILED;
	} else {
		if (!list_more(&listing, file))
			code = BH_EXIT_FAILED;
		else if (bh_switch(args, "follow"))
			follow(&listing, file, path);
		if (listing.line.length)
			print_line(&listing);
		bh_buf_finish(&listing.line);
		close(file);
	}
	free(path);
	free(run);
	return code;
}

const struct bh_verb bh_verb_log = {
	.name = "log",
	.summary = "Print what a VM's monitor and launcher have to tell",
	.options =
		(const struct bh_option[]){{.name = "follow",
					    .letter = 'f',
					    .help = "Go on as the log grows, until the VM stops"},
					   {.name = NULL}},
	.positionals = (const struct bh_positional[]){{.name = "VM"}, {.name = NULL}},
	.json = true,
	.run = run_log,
};

/* The manifest of a VM that has a folder, else of the plan. */
static int read_manifest(const char *run, const char *vm, char **blob, size_t *size)
{
	char *own = bh_vm_path(run, vm, "manifest"), *planned = bh_strf("%s/plan/%s", run, vm);
	int error = bh_file_read(own, MANIFEST_LIMIT, blob, size);

	if (error)
		error = bh_file_read(planned, MANIFEST_LIMIT, blob, size);
	free(planned);
	free(own);
	return error;
}

static int run_show(const struct bh_args *args)
{
	const char *vm = args->values[0];
	struct bh_manifest *manifest = bh_alloc(sizeof(*manifest));
	char *run = bh_run_path(), *blob = NULL;
	struct bh_diags diags;
	size_t size;
	bool ok = false;

	bh_diags_init(&diags);
	if (!bh_vm_name_ok(vm) || read_manifest(run, vm, &blob, &size)) {
		bh_vm_report_absent(run, vm, &diags);
	} else if (bh_manifest_read(manifest, blob, size, &diags)) {
		struct bh_buf text;

		bh_buf_init(&text);
		bh_manifest_dump(manifest, &text);
		if (args->json)
			bh_print_json("bulkhead.show/1",
				      json_pack("{ssss}", "vm", vm, "manifest", bh_buf_str(&text)));
		else
			fputs(bh_buf_str(&text), stdout);
		bh_buf_finish(&text);
		ok = true;
	}
	bh_print_diags(&diags);
	bh_diags_finish(&diags);
	free(manifest);
	free(blob);
	free(run);
	return ok ? BH_EXIT_OK : BH_EXIT_FAILED;
}

const struct bh_verb bh_verb_show = {
	.name = "show",
	.summary = "Print the machine that a VM is: memory, interrupts, devices, rights",
	.positionals = (const struct bh_positional[]){{.name = "VM"}, {.name = NULL}},
	.json = true,
	.run = run_show,
};
