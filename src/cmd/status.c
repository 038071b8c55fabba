/* SPDX-License-Identifier: Apache-2.0 */
/* status: all VMs on one screen, from their run directory and their own words. */
#include "cmd/report.h"
#include "cmd/view.h"
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

static void print_size(const char *before, uint64_t bytes, const char *after)
{
	char size[16];

	bh_format_size(bytes & ~UINT64_C(1023), size, sizeof(size));
	printf("%s%s%s", before, size, after);
}

/* What adds up is what is taken from the host. */
static void print_memory(const struct bh_view *view)
{
	const struct bh_vm_memory *memory = &view->memory;

	print_size("  memory    ", memory->guest, "");
	if (memory->set_aside)
		printf(" set aside at boot (not counted in its process)");
	else
		print_size(", ", memory->resident, " of it in use");
	print_size(", monitor ", memory->monitor, "");
	print_size(", launcher ", memory->launcher, "");
	if (memory->servers)
		print_size(", servers ", memory->servers, "");
	print_size(": ", bh_vm_memory_taken(memory), " in all\n");
	if (bh_fact(&view->facts, "balloon.limit", NULL)) {
		print_size("  balloon   ", bh_view_sum(view, "balloon.given"), " given");
		print_size(" of ", bh_view_sum(view, "balloon.target"), " asked for");
		print_size(" (at most ", bh_view_sum(view, "balloon.limit"), ")");
		print_size(", ", bh_view_sum(view, "balloon.reported"), " reported free so far\n");
	}
}

/* What its monitor can reach: nothing, as far as this host could see to it. */
static void print_isolation(const struct bh_view *view)
{
	const char *on = bh_fact(&view->facts, "isolation", NULL);

	if (!on)
		return;
	if (!bh_str_eq(on, "on")) {
		printf("  isolation OFF: its monitor has all rights of who started it\n");
		return;
	}
	bool own = bh_str_eq(bh_fact(&view->facts, "isolation.namespaces", ""), "own");
	printf("  isolation user %s, %s namespaces, files %s, Landlock %s, %s system call rules\n",
	       bh_fact(&view->facts, "isolation.user", "?"), own ? "own" : "THE HOST'S",
	       bh_fact(&view->facts, "isolation.files", "?"),
	       bh_fact(&view->facts, "isolation.landlock", "?"),
	       bh_fact(&view->facts, "isolation.rules", "?"));
}

static void print_networks(const struct bh_manifest *manifest)
{
	for (size_t i = 0; i < manifest->virtio_count; i++) {
		const struct bh_manifest_virtio *net = &manifest->virtio[i];
		if (net->bridge)
			printf("  network   %s: %s on %s%s%s%s\n", net->name, net->host,
			       net->bridge, net->address ? ", only as " : "",
			       net->address ? net->address : "",
			       net->forwards ? ", leads out" : "");
	}
}

/* Devices that other processes serve. */
static void print_servers(const struct bh_view *view)
{
	const struct bh_manifest *manifest = view->manifest;

	for (size_t i = 0; i < manifest->virtio_count; i++) {
		const char *name = manifest->virtio[i].name;
		char *here = bh_strf("server.%s.here", name),
		     *lost = bh_strf("server.%s.lost", name);
		const char *fact = bh_fact(&view->facts, here, NULL);

		if (fact) {
			printf("  server    of %s: %s", name,
			       bh_str_eq(fact, "1") ? "here" : "GONE");
			if (bh_view_sum(view, lost))
				printf(", lost %" PRIu64 " times", bh_view_sum(view, lost));
			putchar('\n');
		}
		free(lost);
		free(here);
	}
}

static void print_view(const struct bh_view *view)
{
	const struct bh_manifest *manifest = view->manifest;
	char why[64];

	printf("%-16s %-9s", view->vm, bh_view_phase(view));
	if (view->state.phase == BH_VM_RUNNING || view->state.phase == BH_VM_WAITING)
		printf(" %" PRIu64 " s", bh_seconds() - view->state.since);
	if (view->state.phase == BH_VM_RUNNING)
		printf(view->state.ready ? ", ready" : ", not ready yet");
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
		print_memory(view);
		print_networks(manifest);
		print_servers(view);
	}
	print_isolation(view);
	for (size_t i = 0; manifest && i < manifest->device_count; i++) {
		char *prefix = bh_strf("irq.%s.", manifest->devices[i].name);
		printf("  device    %s", manifest->devices[i].name);
		if (bh_view_sum(view, prefix))
			printf(", %" PRIu64 " interrupts", bh_view_sum(view, prefix));
		putchar('\n');
		free(prefix);
	}
	for (size_t i = 0; manifest && i < manifest->function_count; i++)
		printf("  device    %s\n", manifest->functions[i].host);
	if (view->state.faults)
		printf("  faults    %" PRIu64 ", last %s\n", view->state.faults, view->state.fault);
	if (bh_view_sum(view, "scmi.refused"))
		printf("  refused   %" PRIu64 " SCMI calls\n", bh_view_sum(view, "scmi.refused"));
}

static json_t *memory_json(const struct bh_vm_memory *memory)
{
	return json_pack("{sIsIsIsIsIsbsI}", "guest", (json_int_t)memory->guest, "guest-resident",
			 (json_int_t)memory->resident, "monitor", (json_int_t)memory->monitor,
			 "launcher", (json_int_t)memory->launcher, "servers",
			 (json_int_t)memory->servers, "set-aside", memory->set_aside, "taken",
			 (json_int_t)bh_vm_memory_taken(memory));
}

static json_t *view_json(const struct bh_view *view)
{
	json_t *json = json_pack("{ssss}", "vm", view->vm, "state", bh_view_phase(view));
	json_t *facts = json_object(), *devices = json_array();
	char why[64];

	json_object_set_new(json, "ready", json_boolean(view->state.ready));
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
		json_object_set_new(json, "memory-use", memory_json(&view->memory));
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
	uint64_t total = 0;
	size_t shown = 0;

	bh_diags_init(&diags);
	bh_vm_names(run, &names);
	bh_bindings_load(run, &bindings);
	for (size_t i = 0; i < names.count; i++) {
		struct bh_view view;

		if (only && strcmp(only, names.items[i]) != 0)
			continue;
		bh_view_look(&view, run, names.items[i]);
		if (args->json)
			json_array_append_new(vms, view_json(&view));
		else
			print_view(&view);
		total += bh_vm_memory_taken(&view.memory);
		bh_view_finish(&view);
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
		if (shown > 1)
			print_size("\nmemory taken by all: ", total, "\n");
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
