/* SPDX-License-Identifier: Apache-2.0 */
/* dt guest, dt host, dt diff, dt check: the trees that are printed from a plan. */
#include "cmd/dt_diff.h"
#include "cmd/report.h"
#include "cmd/session.h"
#include "dt/print.h"
#include "emit/emit.h"

#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Opens a session with a plan and finds the VM. */
static int open_vm(struct bh_session *s, const struct bh_args *args, const char *name, size_t *vm)
{
	int code = bh_session_open(s, args, BH_SESSION_CONFIG | BH_SESSION_PLAN);

	if (code != BH_EXIT_OK)
		return code;
	for (*vm = 0; *vm < s->plan.vm_count; ++*vm)
		if (bh_str_eq(s->plan.vms[*vm].config->name.value, name))
			return s->plan.misconfigured ? BH_EXIT_USAGE
			       : s->diags.errors     ? BH_EXIT_REFUSED
						     : BH_EXIT_OK;
	struct bh_diag *diag = bh_error(&s->diags, "E0592", "there is no VM \"%s\"", name);
	bh_diag_hint(diag, "`bulkhead config show` lists the VMs");
	return BH_EXIT_USAGE;
}

/* To a file, or to stdout. */
static int put(struct bh_session *s, const char *path, const void *data, size_t size)
{
	int error;

	if (!path) {
		fwrite(data, 1, size, stdout);
		return BH_EXIT_OK;
	}
	error = bh_file_write(path, data, size, 0644);
	if (!error)
		return BH_EXIT_OK;
	bh_error(&s->diags, "E0593", "%s: %s", path, strerror(-error));
	return BH_EXIT_FAILED;
}

/* A blob as DTS text. */
static bool print_blob(struct bh_buf *text, const void *blob, size_t size, struct bh_diags *diags)
{
	struct bh_dt tree;
	struct bh_refs refs;

	if (!bh_dt_read(&tree, blob, size, "guest", diags))
		return false;
	bh_refs_extract(&refs, &tree, NULL, 0, NULL);
	bh_dt_print(text, &tree, tree.root, &refs, 0);
	bh_refs_finish(&refs);
	bh_dt_finish(&tree);
	return true;
}

/* Without the virtual machine's own nodes. */
static void print_devices(struct bh_buf *text, const struct bh_plan *plan, size_t vm,
			  struct bh_diags *diags)
{
	struct bh_dt tree;
	struct bh_refs refs;

	if (bh_emit_devices(&tree, plan, vm, diags)) {
		bh_refs_extract(&refs, &tree, NULL, 0, NULL);
		bh_dt_print(text, &tree, tree.root, &refs, BH_DTS_HIDE_PHANDLES);
		bh_refs_finish(&refs);
	}
	bh_dt_finish(&tree);
}

static const char *const formats[] = {"dts", "dtb", "devices", "manifest", "machine"};
#define FORMATS "dts dtb devices manifest machine"

static bool is_format(struct bh_session *s, const char *format)
{
	size_t count = sizeof(formats) / sizeof(formats[0]);
	struct bh_diag *diag;
	const char *near;

	for (size_t i = 0; i < count; i++)
		if (bh_str_eq(format, formats[i]))
			return true;
	diag = bh_error(&s->diags, "E0614", "there is no format \"%s\"", format);
	near = bh_suggest(format, formats, count);
	bh_diag_hint(diag, near ? "did you mean %s?" : "it is one of: %s", near ? near : FORMATS);
	return false;
}

static int put_guest(struct bh_session *s, const struct bh_args *args, size_t vm,
		     const struct bh_guest *guest)
{
	const char *format = bh_arg(args, "format", "dts");
	const char *output = bh_arg(args, "output", NULL);
	bool blob = bh_str_eq(format, "dtb") || bh_str_eq(format, "manifest");
	struct bh_buf out = {0};
	int code = BH_EXIT_FAILED;

	if (!is_format(s, format) ||
	    (blob && !bh_session_can_print(s, args, "a blob", "--output", output)))
		return BH_EXIT_USAGE;
	if (bh_str_eq(format, "devices"))
		print_devices(&out, &s->plan, vm, &s->diags);
	else if (bh_str_eq(format, "dtb"))
		bh_buf_add(&out, guest->tree, guest->tree_size);
	else if (bh_str_eq(format, "manifest"))
		bh_guest_write(guest, &s->plan.vms[vm], &out, &s->diags);
	else if (bh_str_eq(format, "machine"))
		bh_manifest_dump(&guest->manifest, &out);
	else
		print_blob(&out, guest->tree, guest->tree_size, &s->diags);
	if (!s->diags.errors)
		code = args->json && !output ? BH_EXIT_OK
					     : put(s, output, out.data ? out.data : "", out.length);
	if (args->json && code == BH_EXIT_OK)
		bh_print_json("bulkhead.dt.guest/1",
			      json_pack("{sssssssiso}", "vm", guest->manifest.vm, "format", format,
					"text", blob ? "" : bh_buf_str(&out), "bytes",
					(int)guest->tree_size, "diagnostics",
					bh_diags_json(&s->diags)));
	bh_buf_finish(&out);
	return code;
}

static int guest(const struct bh_args *args)
{
	struct bh_session s;
	struct bh_guest printed = {0};
	size_t vm;
	int code = open_vm(&s, args, args->values[0], &vm);

	if (code == BH_EXIT_OK) {
		if (bh_guest_make(&printed, &s.plan, vm, &s.partition, &s.diags) &&
		    bh_tree_check(printed.tree, printed.tree_size, "guest", &s.diags))
			code = put_guest(&s, args, vm, &printed);
		else
			code = BH_EXIT_FAILED;
		bh_guest_finish(&printed);
	}
	if (code != BH_EXIT_OK && args->json)
		bh_print_json("bulkhead.dt.guest/1",
			      json_pack("{so}", "diagnostics", bh_diags_json(&s.diags)));
	bh_session_say(&s, args);
	bh_session_close(&s);
	return code;
}

static json_t *binds_json(const struct bh_session *s)
{
	json_t *binds = json_array();

	for (size_t v = 0; v < s->plan.vm_count; v++) {
		struct bh_arena arena;
		struct bh_manifest *m = bh_alloc(sizeof(*m));
		struct bh_diags quiet = {0};

		bh_arena_init(&arena);
		bh_emit_machine(m, &arena, &s->plan, v, &s->partition, &quiet);
		for (size_t d = 0; d < m->device_count; d++)
			json_array_append_new(binds,
					      json_pack("{ssssssss}", "device", m->devices[d].name,
							"node", m->devices[d].path, "driver",
							"bulkhead", "vm", m->vm));
		for (size_t f = 0; f < m->function_count; f++)
			json_array_append_new(binds,
					      json_pack("{ssssss}", "device", m->functions[f].host,
							"driver", "vfio-pci", "vm", m->vm));
		bh_diags_finish(&quiet);
		bh_arena_finish(&arena);
		free(m);
	}
	return binds;
}

/* What the host holds for the VMs: one entry a decision that says so. */
static json_t *holds_json(const struct bh_session *s)
{
	json_t *holds = json_array();

	for (size_t v = 0; v < s->plan.vm_count; v++) {
		const struct bh_plan_vm *vm = &s->plan.vms[v];

		for (size_t d = 0; d < vm->decision_count; d++) {
			const struct bh_decision *decision = &vm->decisions[d];
			struct bh_buf text = {0};
			char *path;

			if (decision->action != BH_ACTION_HOLD &&
			    decision->action != BH_ACTION_MEDIATE &&
			    decision->action != BH_ACTION_SUBSTITUTE)
				continue;
			path = bh_dt_path(decision->ref->from);
			bh_ref_add_text(&text, &s->tree, decision->ref);
			json_array_append_new(holds,
					      json_pack("{ssssssss}", "node", path, "reference",
							bh_buf_str(&text), "action",
							bh_action_name(decision->action), "vm",
							vm->config->name.value));
			bh_buf_finish(&text);
			free(path);
		}
	}
	return holds;
}

static int host(const struct bh_args *args)
{
	struct bh_session s;
	struct bh_buf text = {0};
	const char *output = bh_arg(args, "output", NULL);
	int code = bh_session_open(&s, args, BH_SESSION_CONFIG | BH_SESSION_PLAN);

	if (code == BH_EXIT_OK && s.diags.errors)
		code = s.plan.misconfigured ? BH_EXIT_USAGE : BH_EXIT_REFUSED;
	if (code == BH_EXIT_OK && bh_switch(args, "merged") &&
	    !bh_session_can_print(&s, args, "a blob", "--output", output))
		code = BH_EXIT_USAGE;
	if (code == BH_EXIT_OK && bh_switch(args, "merged")) {
		size_t size;
		void *blob;

		bh_emit_host_edit(&s.tree, &s.plan);
		blob = bh_dt_write(&s.tree, &size, &s.diags);
		if (!blob)
			code = BH_EXIT_FAILED;
		else
			code = put(&s, output, blob, size);
		if (args->json && code == BH_EXIT_OK)
			bh_print_json("bulkhead.dt.host/1",
				      json_pack("{ss si so}", "output", output, "bytes", (int)size,
						"diagnostics", bh_diags_json(&s.diags)));
		free(blob);
	} else if (code == BH_EXIT_OK) {
		bh_emit_host_overlay(&text, &s.plan);
		if (args->json)
			bh_print_json("bulkhead.dt.host/1",
				      json_pack("{sssoso}", "overlay", bh_buf_str(&text), "binds",
						binds_json(&s), "holds", holds_json(&s)));
		else
			code = put(&s, output, text.data, text.length);
	} else if (args->json) {
		bh_print_json("bulkhead.dt.host/1",
			      json_pack("{so}", "diagnostics", bh_diags_json(&s.diags)));
	}
	bh_session_say(&s, args);
	bh_buf_finish(&text);
	bh_session_close(&s);
	return code;
}

static int diff(const struct bh_args *args)
{
	struct bh_session s;
	struct bh_guest printed = {0};
	struct bh_buf text = {0};
	size_t vm;
	int code = open_vm(&s, args, args->values[0], &vm);

	if (code == BH_EXIT_OK && bh_guest_make(&printed, &s.plan, vm, &s.partition, &s.diags)) {
		json_t *rows = args->json ? json_array() : NULL;

		bh_dt_diff(&text, rows, &s.plan, vm, printed.tree, printed.tree_size);
		if (rows)
			bh_print_json("bulkhead.dt.diff/1", json_pack("{so}", "changes", rows));
		else
			fputs(bh_buf_str(&text), stdout);
	} else if (args->json) {
		bh_print_json("bulkhead.dt.diff/1",
			      json_pack("{so}", "diagnostics", bh_diags_json(&s.diags)));
	}
	bh_guest_finish(&printed);
	bh_session_say(&s, args);
	bh_buf_finish(&text);
	bh_session_close(&s);
	return code;
}

static int check(const struct bh_args *args)
{
	struct bh_diags diags;
	const char *path = args->values[0];
	char *blob;
	size_t size;
	bool ok = false;
	int error = bh_file_read(path, BH_DT_SIZE_MAX, &blob, &size);

	bh_diags_init(&diags);
	if (error) {
		bh_error(&diags, "E0593", "%s: %s", path, strerror(-error));
	} else {
		ok = bh_tree_check(blob, size, path, &diags);
		free(blob);
	}
	if (args->json)
		bh_print_json("bulkhead.dt.check/1", json_pack("{sbso}", "valid", ok, "diagnostics",
							       bh_diags_json(&diags)));
	else
		bh_print_diags(&diags);
	bh_diags_finish(&diags);
	return ok ? BH_EXIT_OK : BH_EXIT_FAILED;
}

#define OUTPUT_OPTION                                                                         \
	{                                                                                     \
		.name = "output", .letter = 'o', .argument = "FILE", .help = "Write to FILE", \
		.complete = BH_COMPLETE_FILE                                                  \
	}

static const struct bh_option guest_options[] = {
	BH_SESSION_OPTIONS,
	{.name = "format",
	 .letter = 'f',
	 .argument = "FORMAT",
	 .help = "Print dts, dtb, devices (theirs alone), manifest (for the VMM) or machine (as "
		 "text)",
	 .complete = BH_COMPLETE_WORDS,
	 .words = FORMATS},
	OUTPUT_OPTION,
	{0},
};

static const struct bh_option host_options[] = {
	BH_SESSION_OPTIONS,
	{.name = "merged", .help = "Print the host's whole tree as a blob, with the changes in it"},
	OUTPUT_OPTION,
	{0},
};

static const struct bh_option plan_options[] = {BH_SESSION_OPTIONS, {0}};

static const struct bh_positional vm_argument[] = {{.name = "VM"}, {0}};
static const struct bh_positional file_argument[] = {
	{.name = "FILE", .complete = BH_COMPLETE_FILE},
	{0},
};

static const struct bh_verb verb_guest = {
	.name = "guest",
	.summary = "Print a VM's device tree, or the manifest it is part of",
	.description = "The tree is checked as *bulkhead dt check* does before it is printed.",
	.options = guest_options,
	.positionals = vm_argument,
	.json = true,
	.run = guest,
};

static const struct bh_verb verb_host = {
	.name = "host",
	.summary = "Print what the host's device tree needs beside what it has",
	.description = "An overlay in source form: memory set aside for VMs whose devices have no "
		       "IOMMU. With *--json* also which devices are bound to the bulkhead module, "
		       "and what the host holds on for them.",
	.options = host_options,
	.json = true,
	.run = host,
};

static const struct bh_verb verb_diff = {
	.name = "diff",
	.summary = "Compare each assigned device as the host and as the guest sees it",
	.options = plan_options,
	.positionals = vm_argument,
	.json = true,
	.run = diff,
};

static const struct bh_verb verb_check = {
	.name = "check",
	.summary = "Check a device tree blob as a guest's: references, cells, names, suppliers",
	.positionals = file_argument,
	.json = true,
	.run = check,
};

static const struct bh_verb *const verbs[] = {&verb_guest, &verb_host, &verb_diff, &verb_check,
					      NULL};

const struct bh_verb bh_verb_dt = {
	.name = "dt",
	.summary = "Device trees printed from the plan",
	.verbs = verbs,
};
