/* SPDX-License-Identifier: Apache-2.0 */
/* start, stop, restart, pause, resume: one VM at a time. */
#include "cmd/report.h"
#include "cmd/vm.h"
#include "host/control.h"
#include "host/order.h"
#include "host/run.h"

#include "base/alloc.h"
#include "base/file.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MANIFEST_LIMIT (32u << 20)

char *bh_find_vmm(void)
{
	static const char *const places[] = {"bulkhead-vmm", "../vmm/bulkhead-vmm"};
	const char *set = getenv("BULKHEAD_VMM");
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (set && *set)
		return bh_strdup(set);
	if (length > 0) {
		self[length] = '\0';
		*strrchr(self, '/') = '\0';
		for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
			char *path = bh_strf("%s/%s", self, places[i]);
			if (!access(path, X_OK))
				return path;
			free(path);
		}
	}
	return bh_strdup("bulkhead-vmm");
}

int bh_vm_done(const struct bh_args *args, const char *schema, const char *vm, bool ok,
	       struct bh_diags *diags)
{
	if (args->json)
		bh_print_json(schema, json_pack("{sssbso}", "vm", vm, "ok", ok, "diagnostics",
						bh_diags_json(diags)));
	else
		bh_print_diags(diags);
	bh_diags_finish(diags);
	return ok ? BH_EXIT_OK : BH_EXIT_FAILED;
}

/* The manifest to start from: the file named, or what `apply` left for the VM. */
static bool read_manifest(const char *run, const char *vm, const char *file, char **blob,
			  size_t *size, struct bh_diags *diags)
{
	char *path = file ? bh_strdup(file) : bh_strf("%s/plan/%s", run, vm);
	int error = bh_file_read(path, MANIFEST_LIMIT, blob, size);

	if (error)
		bh_diag_hint(bh_error(diags, "E1119",
				      "there is no manifest to start %s from: %s: %s", vm, path,
				      strerror(-error)),
			     "`bulkhead apply` makes one for each VM of the configuration; or name "
			     "one with --manifest");
	free(path);
	return !error;
}

static bool start(const char *run, const char *vm, const char *file, bool patient,
		  struct bh_diags *diags)
{
	struct bh_manifest *manifest = bh_alloc(sizeof(*manifest));
	struct bh_names started = {NULL, 0, 0};
	char *blob = NULL, *vmm = bh_find_vmm();
	bool ok = bh_vm_name_ok(vm);
	size_t size = 0;

	if (!ok)
		bh_vm_report_absent(run, vm, diags);
	ok = ok && read_manifest(run, vm, file, &blob, &size, diags) &&
	     bh_manifest_read(manifest, blob, size, diags);
	if (ok && strcmp(manifest->vm, vm) != 0) {
		bh_diag_hint(bh_error(diags, "E1119", "the manifest is that of VM %s, not of %s",
				      manifest->vm, vm),
			     "name the VM as its manifest does");
		ok = false;
	}
	const struct bh_order_vm one = {.manifest = manifest, .blob = blob, .size = size};
	const struct bh_order order = {
		.run = run, .vmm = vmm, .vms = &one, .count = 1, .patient = patient};
	ok = ok && bh_start_all(&order, &started, diags);
	bh_names_finish(&started);
	free(vmm);
	free(blob);
	free(manifest);
	return ok;
}

static int run_start(const struct bh_args *args)
{
	const char *vm = args->values[0];
	char *run = bh_run_path();
	struct bh_diags diags;

	bh_diags_init(&diags);
	bool ok = start(run, vm, bh_arg(args, "manifest", NULL), bh_switch(args, "wait"), &diags);
	free(run);
	return bh_vm_done(args, "bulkhead.start/1", vm, ok, &diags);
}

static int run_stop(const struct bh_args *args)
{
	const char *vm = args->values[0];
	char *run = bh_run_path();
	struct bh_diags diags;

	bh_diags_init(&diags);
	bool ok = bh_vm_stop(run, vm, &diags);
	free(run);
	return bh_vm_done(args, "bulkhead.stop/1", vm, ok, &diags);
}

/* From what it runs from now, unless another manifest is named. */
static int run_restart(const struct bh_args *args)
{
	const char *vm = args->values[0], *file = bh_arg(args, "manifest", NULL);
	char *run = bh_run_path(), *blob = NULL, *vmm = bh_find_vmm();
	struct bh_start how = {.run = run, .vmm = vmm, .isolate = bh_isolation_wanted()};
	struct bh_diags diags;
	bool ok = bh_vm_name_ok(vm);

	bh_diags_init(&diags);
	if (!ok) {
		bh_vm_report_absent(run, vm, &diags);
	} else {
		char *own = file ? bh_strdup(file) : bh_vm_path(run, vm, "manifest");
		ok = read_manifest(run, vm, own, &blob, &how.size, &diags);
		how.manifest = blob;
		free(own);
	}
	ok = ok && bh_vm_stop(run, vm, &diags) && bh_vm_start(&how, &diags);
	free(vmm);
	free(blob);
	free(run);
	return bh_vm_done(args, "bulkhead.restart/1", vm, ok, &diags);
}

static int command(const struct bh_args *args, const char *schema, const char *word)
{
	const char *vm = args->values[0];
	char *run = bh_run_path();
	struct bh_diags diags;

	bh_diags_init(&diags);
	bool ok = bh_vm_command(run, vm, word, &diags);
	free(run);
	return bh_vm_done(args, schema, vm, ok, &diags);
}

static int run_pause(const struct bh_args *args)
{
	return command(args, "bulkhead.pause/1", BH_CONTROL_PAUSE);
}

static int run_resume(const struct bh_args *args)
{
	return command(args, "bulkhead.resume/1", BH_CONTROL_RESUME);
}

static const struct bh_positional one_vm[] = {{.name = "VM"}, {.name = NULL}};

#define MANIFEST_OPTION                                                               \
	{                                                                             \
		.name = "manifest", .letter = 'm', .argument = "FILE",                \
		.help = "The manifest to start from (that of the plan applied last)", \
		.complete = BH_COMPLETE_FILE                                          \
	}

static const struct bh_option start_options[] = {
	MANIFEST_OPTION,
	{.name = "wait", .help = "Wait for VMs that it comes after until somebody starts them"},
	{.name = NULL}};

static const struct bh_option restart_options[] = {MANIFEST_OPTION, {.name = NULL}};

const struct bh_verb bh_verb_start = {
	.name = "start",
	.summary = "Start a VM",
	.description =
		"Starts the VM from the manifest that *bulkhead apply* made for it, and "
		"returns when it is ready: when it runs or, with *ready = \"vsock\"*, when "
		"its guest says so. VMs that it comes after have to be ready before. A small "
		"launcher process stays with it and starts it again as its restart policy "
		"says.\n\nThe VMM is the program *bulkhead-vmm* beside this one, or what "
		"*BULKHEAD_VMM* "
		"names. VMs live in */run/bulkhead*, or in what *BULKHEAD_RUN* names.",
	.options = start_options,
	.positionals = one_vm,
	.json = true,
	.run = run_start,
};

const struct bh_verb bh_verb_stop = {
	.name = "stop",
	.summary = "Stop a VM",
	.description = "Asks the VM to end, and ends it when it does not within ten seconds. Its "
		       "devices stay ready for the next start.",
	.positionals = one_vm,
	.json = true,
	.run = run_stop,
};

const struct bh_verb bh_verb_restart = {
	.name = "restart",
	.summary = "Stop a VM and start it again",
	.options = restart_options,
	.positionals = one_vm,
	.json = true,
	.run = run_restart,
};

const struct bh_verb bh_verb_pause = {
	.name = "pause",
	.summary = "Let a VM stand still",
	.positionals = one_vm,
	.json = true,
	.run = run_pause,
};

const struct bh_verb bh_verb_resume = {
	.name = "resume",
	.summary = "Let a paused VM go on",
	.positionals = one_vm,
	.json = true,
	.run = run_resume,
};
