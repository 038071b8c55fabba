/* SPDX-License-Identifier: Apache-2.0 */
/* device list, device explain. */
#include "cmd/device_text.h"
#include "cmd/report.h"
#include "cmd/session.h"

#include "base/str.h"

#include <stdlib.h>

/* What `device explain` and `device list` assume of a VM that nobody has written down. */
static char *assumed_vm(const struct bh_args *args)
{
	return bh_strf("profile = \"%s\"\n%s", bh_switch(args, "raw") ? "raw" : "bulkhead",
		       bh_switch(args, "accept-dma") ? "unsafe-dma = \"I accept\"\n" : "");
}

/* The VM whose plan has the device, or a plan made for the question. */
static const struct bh_plan_vm *find_vm(struct bh_session *s, const struct bh_dt_node *device)
{
	const struct bh_dt_node *unit = bh_survey_of(&s->survey, device)->unit;
	int owner = s->has_plan ? bh_plan_owner(&s->plan, unit) : -1;

	return owner >= 0 ? &s->plan.vms[owner] : NULL;
}

/* A VM that nobody has written down; false with errors in the session's diagnostics. */
static bool assume(struct bh_session *s, const struct bh_args *args, struct bh_partition *assumed)
{
	char *text = assumed_vm(args);
	bool ok = bh_session_vm(assumed, text, &s->diags);

	free(text);
	return ok;
}

static int explain_function(struct bh_session *s, const struct bh_args *args,
			    const struct bh_pci_function *pci)
{
	int owner = s->has_plan ? bh_plan_function_owner(&s->plan, pci) : -1;
	const struct bh_plan *used = &s->plan;
	struct bh_partition assumed = {0};
	const struct bh_plan_vm *vm;
	struct bh_plan plan;
	int code;

	if (owner < 0) {
		assume(s, args, &assumed);
		bh_plan_function(&plan, &s->survey, pci, &assumed.vms.items[0], 0, NULL);
		used = &plan;
	}
	vm = &used->vms[owner < 0 ? 0 : owner];
	code = vm->refusal_count ? BH_EXIT_REFUSED : BH_EXIT_OK;
	if (args->json) {
		json_t *json = bh_device_json(used, vm, NULL);

		json_object_set_new(json, "function", bh_function_json(&s->survey, pci, false));
		bh_print_json("bulkhead.device.explain/1", json);
	} else {
		struct bh_buf text = {0};

		bh_function_text(&text, used, vm, pci);
		fputs(bh_buf_str(&text), stdout);
		bh_buf_finish(&text);
	}
	if (owner < 0)
		bh_plan_finish(&plan);
	bh_partition_finish(&assumed);
	return code;
}

static int explain(const struct bh_args *args)
{
	const struct bh_pci_function *pci = NULL;
	struct bh_session s;
	struct bh_partition assumed = {0};
	struct bh_diags quiet = {0};
	struct bh_plan plan;
	const struct bh_dt_node *device = NULL;
	const struct bh_plan_vm *vm = NULL;
	bool own = false;
	int code = bh_session_open(&s, args, BH_SESSION_PLAN);

	if (code == BH_EXIT_OK &&
	    bh_plan_is_function(&s.survey, args->values[0], NULL, &pci, &s.diags)) {
		code = pci ? explain_function(&s, args, pci) : BH_EXIT_USAGE;
		if (pci) {
			bh_session_close(&s);
			return code;
		}
	} else if (code == BH_EXIT_OK) {
		device = bh_dt_resolve(&s.tree, args->values[0], NULL, &s.diags);
		code = device ? BH_EXIT_OK : BH_EXIT_USAGE;
	}
	if (device) {
		vm = find_vm(&s, device);
		if (!vm) {
			assume(&s, args, &assumed);
			bh_plan_device(&plan, &s.survey, device, &assumed.vms.items[0],
				       s.has_partition ? s.partition.board.page_size.value : 0,
				       bh_survey_of(&s.survey, device)->unit ? &quiet : &s.diags);
			own = true;
			vm = plan.vm_count ? &plan.vms[0] : NULL;
		}
	}
	if (vm && vm->unit_count) {
		const struct bh_plan *used = own ? &plan : &s.plan;

		code = vm->refusal_count ? BH_EXIT_REFUSED : BH_EXIT_OK;
		if (args->json) {
			bh_print_json("bulkhead.device.explain/1",
				      bh_device_json(used, vm, device));
		} else {
			struct bh_buf text = {0};
			bh_device_text(&text, used, vm, device);
			fputs(bh_buf_str(&text), stdout);
			bh_buf_finish(&text);
		}
	} else {
		code = code ? code : BH_EXIT_USAGE;
		if (args->json)
			bh_print_json("bulkhead.device.explain/1",
				      json_pack("{so}", "diagnostics", bh_diags_json(&s.diags)));
		bh_session_say(&s, args);
	}
	if (own)
		bh_plan_finish(&plan);
	bh_session_close(&s);
	bh_partition_finish(&assumed);
	bh_diags_finish(&quiet);
	return code;
}

static int list(const struct bh_args *args)
{
	struct bh_session s;
	struct bh_partition assumed = {0};
	int code = bh_session_open(&s, args, BH_SESSION_PLAN);

	if (code == BH_EXIT_OK) {
		json_t *rows = args->json ? json_array() : NULL;

		assume(&s, args, &assumed);
		bh_device_list(&s, &assumed.vms.items[0], rows, bh_switch(args, "all"));
		if (rows)
			bh_print_json("bulkhead.device.list/1",
				      json_pack("{ssso}", "board", s.board.name, "devices", rows));
	} else {
		if (args->json)
			bh_print_json("bulkhead.device.list/1",
				      json_pack("{so}", "diagnostics", bh_diags_json(&s.diags)));
		bh_session_say(&s, args);
	}
	bh_session_close(&s);
	bh_partition_finish(&assumed);
	return code;
}

static const struct bh_option options[] = {
	BH_SESSION_OPTIONS,
	{.name = "raw", .help = "Plan for a hypervisor that mediates nothing"},
	{.name = "accept-dma", .help = "Judge as if DMA without an IOMMU were accepted"},
	{0},
};

static const struct bh_option list_options[] = {
	BH_SESSION_OPTIONS,
	{.name = "raw", .help = "Plan for a hypervisor that mediates nothing"},
	{.name = "accept-dma", .help = "Judge as if DMA without an IOMMU were accepted"},
	{.name = "all", .letter = 'a', .help = "Also what can never be assigned"},
	{0},
};

static const struct bh_positional device_argument[] = {{.name = "DEVICE"}, {0}};

static const struct bh_verb verb_list = {
	.name = "list",
	.summary = "List the board's devices: which can go into a VM, and with what",
	.description = "One line a device: its short name, class, DMA (behind an IOMMU, without "
		       "one, or none), and whether it can be assigned: alone, with others, or not, "
		       "with the code of the reason (*bulkhead explain CODE*).",
	.options = list_options,
	.json = true,
	.run = list,
};

static const struct bh_verb verb_explain = {
	.name = "explain",
	.summary = "Tell what a device needs, what happens to each need, and why",
	.description =
		"DEVICE is an alias, a label, a path, compatible@address, or a PCI function's "
		"address or class. When the "
		"configuration gives the device to a VM, that VM's plan is explained; "
		"otherwise a VM with all defaults is assumed.",
	.options = options,
	.positionals = device_argument,
	.json = true,
	.run = explain,
};

static const struct bh_verb *const verbs[] = {&verb_list, &verb_explain, NULL};

const struct bh_verb bh_verb_device = {
	.name = "device",
	.summary = "The board's devices",
	.verbs = verbs,
};
