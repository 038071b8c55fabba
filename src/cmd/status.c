/* SPDX-License-Identifier: Apache-2.0 */
/* status: all VMs on one screen, from their run directory and their own words. */
#include "cmd/report.h"
#include "cmd/vm.h"
#include "host/bind.h"
#include "host/control.h"
#include "host/events.h"
#include "host/run.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MANIFEST_LIMIT (32u << 20)
#define ANSWER_MS      1000

struct view {
	const char *vm;
	struct bh_vm_state state;
	struct bh_facts facts; /* empty when it does not answer */
	bool answers;
	struct bh_manifest *manifest; /* NULL: cannot be read */
	char *blob;
};

static void look(struct view *view, const char *run, const char *vm)
{
	char *control = bh_vm_path(run, vm, "control"), *path = bh_vm_path(run, vm, "manifest");
	size_t size;

	memset(view, 0, sizeof(*view));
	view->vm = vm;
	bh_vm_state_read(run, vm, &view->state);
	view->answers = view->state.phase == BH_VM_RUNNING &&
			!bh_control_ask(control, BH_CONTROL_STATUS, ANSWER_MS, &view->facts, NULL);
	if (!bh_file_read(path, MANIFEST_LIMIT, &view->blob, &size)) {
		view->manifest = bh_alloc(sizeof(*view->manifest));
		if (!bh_manifest_read(view->manifest, view->blob, size, NULL)) {
			free(view->manifest);
			view->manifest = NULL;
		}
	}
	free(path);
	free(control);
}

static void view_finish(struct view *view)
{
	bh_facts_finish(&view->facts);
	free(view->manifest);
	free(view->blob);
}

/* What the VM says of itself where it answers ("paused"), else what its launcher says. */
static const char *phase_of(const struct view *view)
{
	return bh_fact(&view->facts, "state", bh_vm_phase_name(view->state.phase));
}

/* The sum of all facts whose key begins so, as the interrupts of a device. */
static uint64_t sum(const struct view *view, const char *prefix)
{
	uint64_t total = 0, value;

	for (size_t i = 0; i < view->facts.count; i++) {
		if (bh_str_starts(view->facts.items[i].key, prefix) &&
		    bh_parse_u64(view->facts.items[i].value, &value))
			total += value;
	}
	return total;
}

static void print_memory(const struct bh_manifest *manifest)
{
	char size[16];

	bh_format_size(manifest->memory.size, size, sizeof(size));
	printf("  memory    %s%s\n", size,
	       manifest->memory.kind == BH_MEMORY_DIRECT ? " set aside (not counted in the process)"
							 : "");
}

static void print_view(const struct view *view)
{
	const struct bh_manifest *manifest = view->manifest;
	char why[64];

	printf("%-16s %-9s", view->vm, phase_of(view));
	if (view->state.phase == BH_VM_RUNNING || view->state.phase == BH_VM_WAITING)
		printf(" %" PRIu64 " s", bh_seconds() - view->state.since);
	if (view->state.restarts)
		printf(", restarted %" PRIu64 " times", view->state.restarts);
	if (view->state.last_exit >= 0) {
		bh_event_why(view->state.last_exit, why, sizeof(why));
		printf(", ended last with %d: %s", view->state.last_exit, why);
	}
	if (view->state.vmm)
		printf(", process %d", (int)view->state.vmm);
	putchar('\n');
	if (manifest) {
		printf("  vcpus     %u\n", manifest->vcpus);
		print_memory(manifest);
	}
	for (size_t i = 0; manifest && i < manifest->device_count; i++) {
		char *prefix = bh_strf("irq.%s.", manifest->devices[i].name);
		printf("  device    %s", manifest->devices[i].name);
		if (sum(view, prefix))
			printf(", %" PRIu64 " interrupts", sum(view, prefix));
		putchar('\n');
		free(prefix);
	}
	for (size_t i = 0; manifest && i < manifest->function_count; i++)
		printf("  device    %s\n", manifest->functions[i].host);
	if (view->state.faults)
		printf("  faults    %" PRIu64 ", last %s\n", view->state.faults, view->state.fault);
	if (sum(view, "scmi.refused"))
		printf("  refused   %" PRIu64 " SCMI calls\n", sum(view, "scmi.refused"));
}

static json_t *view_json(const struct view *view)
{
	json_t *json = json_pack("{ssss}", "vm", view->vm, "state", phase_of(view));
	json_t *facts = json_object(), *devices = json_array();
	char why[64];

	json_object_set_new(json, "restarts", json_integer((json_int_t)view->state.restarts));
	json_object_set_new(json, "faults", json_integer((json_int_t)view->state.faults));
	if (view->state.faults)
		json_object_set_new(json, "fault", json_string(view->state.fault));
	if (view->state.last_exit >= 0) {
		bh_event_why(view->state.last_exit, why, sizeof(why));
		json_object_set_new(json, "last-exit", json_integer(view->state.last_exit));
		json_object_set_new(json, "last-end", json_string(why));
	}
	if (view->state.vmm)
		json_object_set_new(json, "process", json_integer(view->state.vmm));
	if (view->manifest) {
		json_object_set_new(json, "memory",
				    json_integer((json_int_t)view->manifest->memory.size));
		json_object_set_new(json, "vcpus", json_integer(view->manifest->vcpus));
		for (size_t i = 0; i < view->manifest->device_count; i++)
			json_array_append_new(devices,
					      json_string(view->manifest->devices[i].name));
		for (size_t i = 0; i < view->manifest->function_count; i++)
			json_array_append_new(devices,
					      json_string(view->manifest->functions[i].host));
	}
	for (size_t i = 0; i < view->facts.count; i++)
		json_object_set_new(facts, view->facts.items[i].key,
				    json_string(view->facts.items[i].value));
	json_object_set_new(json, "devices", devices);
	json_object_set_new(json, "answers", json_boolean(view->answers));
	json_object_set_new(json, "facts", facts);
	return json;
}

static json_t *bindings_json(const struct bh_bindings *bindings)
{
	json_t *array = json_array();

	for (size_t i = 0; i < bindings->count; i++) {
		json_t *json = json_pack("{ss}", "device", bindings->items[i].device);
		if (bindings->items[i].driver)
			json_object_set_new(json, "driver", json_string(bindings->items[i].driver));
		json_array_append_new(array, json);
	}
	return array;
}

static void print_bindings(const struct bh_bindings *bindings)
{
	for (size_t i = 0; i < bindings->count; i++)
		printf("%s%s%s%s", i ? ", " : "\ntaken from the host: ", bindings->items[i].device,
		       bindings->items[i].driver ? " of " : "",
		       bindings->items[i].driver ? bindings->items[i].driver : "");
	if (bindings->count)
		putchar('\n');
}

static int run_status(const struct bh_args *args)
{
	const char *only = args->count ? args->values[0] : NULL;
	char *run = bh_run_path();
	json_t *vms = json_array();
	struct bh_bindings bindings;
	struct bh_names names;
	struct bh_diags diags;
	size_t shown = 0;

	bh_diags_init(&diags);
	bh_vm_names(run, &names);
	bh_bindings_load(run, &bindings);
	for (size_t i = 0; i < names.count; i++) {
		struct view view;

		if (only && strcmp(only, names.items[i]) != 0)
			continue;
		look(&view, run, names.items[i]);
		if (args->json)
			json_array_append_new(vms, view_json(&view));
		else
			print_view(&view);
		view_finish(&view);
		shown++;
	}
	if (only && !shown)
		bh_vm_report_absent(run, only, &diags);
	if (args->json) {
		bh_print_json("bulkhead.status/1",
			      json_pack("{sososo}", "vms", vms, "devices", bindings_json(&bindings),
					"diagnostics", bh_diags_json(&diags)));
	} else {
		json_decref(vms);
		if (!names.count)
			puts("no VM runs");
		if (!only)
			print_bindings(&bindings);
		bh_print_diags(&diags);
	}
	int code = diags.errors ? BH_EXIT_FAILED : BH_EXIT_OK;
	bh_bindings_finish(&bindings);
	bh_names_finish(&names);
	bh_diags_finish(&diags);
	free(run);
	return code;
}

const struct bh_verb bh_verb_status = {
	.name = "status",
	.summary = "Show the VMs that run, their devices and what they have been up to",
	.positionals =
		(const struct bh_positional[]){{.name = "VM", .optional = true}, {.name = NULL}},
	.json = true,
	.run = run_status,
};
