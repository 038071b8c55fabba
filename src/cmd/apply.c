/* SPDX-License-Identifier: Apache-2.0 */
/* apply: makes the host match the plan. */
#include "host/apply.h"
#include "cmd/report.h"
#include "cmd/session.h"
#include "cmd/vm.h"
#include "emit/emit.h"
#include "host/run.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

/* The manifests of all VMs of a plan. */
struct wanted {
	struct bh_guest *guests;
	struct bh_buf *blobs;
	struct bh_wanted *vms;
	size_t count;
};

static bool make_wanted(struct wanted *wanted, struct bh_session *s, bool start)
{
	const struct bh_plan *plan = &s->plan;
	bool ok = true;

	*wanted = (struct wanted){
		.guests = bh_alloc((plan->vm_count + 1) * sizeof(*wanted->guests)),
		.blobs = bh_alloc((plan->vm_count + 1) * sizeof(*wanted->blobs)),
		.vms = bh_alloc((plan->vm_count + 1) * sizeof(*wanted->vms)),
	};
	for (; ok && wanted->count < plan->vm_count; wanted->count++) {
		size_t v = wanted->count;
		ok = bh_guest_make(&wanted->guests[v], plan, v, &s->partition, &s->diags) &&
		     bh_guest_write(&wanted->guests[v], &plan->vms[v], &wanted->blobs[v],
				    &s->diags);
		wanted->vms[v] = (struct bh_wanted){
			.manifest = &wanted->guests[v].manifest,
			.blob = wanted->blobs[v].data,
			.size = wanted->blobs[v].length,
			.start = start && plan->vms[v].config->autostart.value,
		};
	}
	return ok;
}

static void wanted_finish(struct wanted *wanted)
{
	for (size_t v = 0; v < wanted->count; v++) {
		bh_guest_finish(&wanted->guests[v]);
		bh_buf_finish(&wanted->blobs[v]);
	}
	free(wanted->guests);
	free(wanted->blobs);
	free(wanted->vms);
}

static json_t *names_json(const struct bh_names *names)
{
	json_t *array = json_array();

	for (size_t i = 0; i < names->count; i++)
		json_array_append_new(array, json_string(names->items[i]));
	return array;
}

static void print_names(const char *verb, const struct bh_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		printf("%s %s\n", verb, names->items[i]);
}

static json_t *changes_json(const struct bh_changes *changes)
{
	return json_pack("{sososososo}", "stop", names_json(&changes->stop), "restart",
			 names_json(&changes->restart), "start", names_json(&changes->start),
			 "take", names_json(&changes->take), "give-back",
			 names_json(&changes->give_back));
}

static void print_changes(const struct bh_changes *changes)
{
	print_names("stop", &changes->stop);
	print_names("restart", &changes->restart);
	print_names("take", &changes->take);
	print_names("start", &changes->start);
	print_names("give back", &changes->give_back);
	if (!bh_changes_count(changes))
		puts("the host matches the plan");
}

/* Each step before it is done: whoever looks sees which one takes its time. */
static void say_step(void *owner, const char *verb, const char *object)
{
	(void)owner;
	printf("%s %s\n", verb, object);
	fflush(stdout);
}

/* Does it, or with --check only looks. */
static int apply(const struct bh_args *args, struct bh_session *s, const struct wanted *wanted)
{
	struct bh_changes changes;
	struct bh_sys sys;
	char *run = bh_run_path(), *vmm = bh_find_vmm();
	struct bh_apply apply = {
		.sys = &sys, .run = run, .vmm = vmm, .vms = wanted->vms, .vm_count = wanted->count};
	bool check = bh_switch(args, "check"), ok = true;

	bh_sys_init(&sys);
	bh_changes_find(&apply, &changes);
	if (!check) {
		apply.step = args->json ? NULL : say_step;
		ok = bh_apply_changes(&apply, &s->diags);
	}
	if (args->json)
		bh_print_json("bulkhead.apply/1",
			      json_pack("{sbsbsoso}", "ok", ok, "applied", ok && !check, "changes",
					changes_json(&changes), "diagnostics",
					bh_diags_json(&s->diags)));
	else if (check)
		print_changes(&changes);
	else if (ok && !bh_changes_count(&changes))
		puts("the host matches the plan");
	int code = !ok                                   ? BH_EXIT_FAILED
		   : check && bh_changes_count(&changes) ? BH_EXIT_CHANGES
							 : BH_EXIT_OK;
	bh_changes_finish(&changes);
	free(vmm);
	free(run);
	return code;
}

static int run(const struct bh_args *args)
{
	struct wanted wanted = {NULL, NULL, NULL, 0};
	struct bh_session s;
	int code;

	if (bh_switch(args, "down")) {
		memset(&s, 0, sizeof(s));
		bh_diags_init(&s.diags);
		code = apply(args, &s, &wanted);
		if (!args->json)
			bh_print_diags(&s.diags);
		bh_diags_finish(&s.diags);
		return code;
	}
	code = bh_session_open(&s, args, BH_SESSION_CONFIG | BH_SESSION_PLAN | BH_SESSION_HOST);
	if (code == BH_EXIT_OK && s.diags.errors)
		code = BH_EXIT_REFUSED;
	if (code == BH_EXIT_OK) {
		code = make_wanted(&wanted, &s, !bh_switch(args, "no-start"))
			       ? apply(args, &s, &wanted)
			       : BH_EXIT_FAILED;
		wanted_finish(&wanted);
	}
	bh_session_say(&s, args);
	bh_session_close(&s);
	return code;
}

const struct bh_verb bh_verb_apply = {
	.name = "apply",
	.summary = "Make the host match the plan: devices, VMs",
	.description =
		"Takes the devices of the plan from the host's drivers, starts the VMs, stops "
		"those that "
		"are no longer in it, and gives their devices back. A VM that runs as the plan "
		"says is "
		"left alone. When a step fails, those before it are undone.\n\nMemory of VMs that "
		"own "
		"a device without an IOMMU must have been set aside when the host booted: see "
		"*bulkhead dt host*.",
	.options =
		(const struct bh_option[]){
			BH_SESSION_OPTIONS,
			{.name = "check",
			 .help = "Only show what would change; exit 4 if anything"},
			{.name = "down", .help = "Stop all VMs and give all devices back"},
			{.name = "no-start",
			 .help = "Start no VM: take the devices, and leave manifests for `start`"},
			{.name = NULL}},
	.json = true,
	.run = run,
};
