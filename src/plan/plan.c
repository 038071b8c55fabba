/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan_private.h"

#include "plan/check.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

static const char *const action_names[] = {
	[BH_ACTION_COPY] = "copy",       [BH_ACTION_SUBSTITUTE] = "substitute",
	[BH_ACTION_MEDIATE] = "mediate", [BH_ACTION_HOLD] = "hold",
	[BH_ACTION_DROP] = "drop",       [BH_ACTION_REFUSE] = "refuse",
};

const char *bh_action_name(enum bh_action action)
{
	return action_names[action];
}

const char *bh_dma_name(enum bh_dma dma)
{
	static const char *const names[] = {"none", "iommu", "direct"};

	return names[dma];
}

static void init(struct bh_plan *plan, const struct bh_survey *survey, size_t vms, uint64_t page)
{
	memset(plan, 0, sizeof(*plan));
	bh_arena_init(&plan->arena);
	plan->survey = survey;
	plan->page = page ? page : 4096;
	plan->owner = bh_arena_alloc(&plan->arena, survey->tree->slots * sizeof(*plan->owner));
	plan->vms = bh_arena_alloc(&plan->arena, (vms ? vms : 1) * sizeof(*plan->vms));
	plan->vm_count = vms;
	if (survey->pci)
		plan->function_owner = bh_arena_alloc(
			&plan->arena, (survey->pci->count + 1) * sizeof(*plan->function_owner));
}

static void tell(const struct bh_refusal *r, struct bh_diags *diags)
{
	struct bh_diag *diag = bh_error(diags, r->code, "%s", r->text);
	char *path = r->node ? bh_dt_path(r->node) : NULL;

	if (r->span.file)
		bh_diag_at(diag, r->span);
	if (path)
		bh_diag_node(diag, path, r->ref ? r->ref->prop->name : NULL);
	if (r->hint)
		bh_diag_hint(diag, "%s", r->hint);
	free(path);
}

/* The steps for a VM whose units that were asked for are in. */
static void work_out(struct bh_plan *plan, struct bh_plan_vm *vm)
{
	bh_plan_decide(plan, vm);
	bh_plan_tie(plan, vm);
	bh_plan_functions(plan, vm);
	if (vm->refusal_count)
		return;
	bh_plan_check_limits(plan, vm);
	if (vm->refusal_count)
		return;
	bh_plan_claim(plan, vm);
	bh_plan_lay_out(plan, vm);
}

bool bh_plan_device(struct bh_plan *plan, const struct bh_survey *survey,
		    const struct bh_dt_node *device, const struct bh_config_vm *config,
		    uint64_t page, struct bh_diags *diags)
{
	const struct bh_dt_node *unit = bh_survey_of(survey, device)->unit;
	struct bh_plan_vm *vm;

	init(plan, survey, 1, page);
	vm = &plan->vms[0];
	vm->config = config;
	vm->raw = config->profile.value == BH_PROFILE_RAW;
	if (!unit) {
		char *path = bh_dt_path(device);
		struct bh_diag *diag = bh_error(diags, "E0560", "%s is no device", path);

		bh_diag_node(diag, path, NULL);
		bh_diag_cause(diag, "it is a bus or a container: nothing to assign by itself");
		bh_diag_hint(diag, "`bulkhead device list` shows what can be assigned");
		free(path);
		return false;
	}
	bh_plan_add_unit(plan, vm, unit, BH_ROLE_ASKED, NULL, (struct bh_span){0});
	bh_plan_join(plan, vm);
	work_out(plan, vm);
	bool ok = !vm->refusal_count && bh_plan_check(plan, diags);
	for (size_t r = 0; diags && r < vm->refusal_count; r++)
		tell(&vm->refusals[r], diags);
	return ok;
}

bool bh_plan_function(struct bh_plan *plan, const struct bh_survey *survey,
		      const struct bh_pci_function *function, const struct bh_config_vm *config,
		      uint64_t page, struct bh_diags *diags)
{
	struct bh_plan_vm *vm;

	init(plan, survey, 1, page);
	vm = &plan->vms[0];
	vm->config = config;
	vm->raw = config->profile.value == BH_PROFILE_RAW;
	bh_plan_add_function(plan, vm, function, false, (struct bh_span){0});
	work_out(plan, vm);
	bool ok = !vm->refusal_count && bh_plan_check(plan, diags);
	for (size_t r = 0; diags && r < vm->refusal_count; r++)
		tell(&vm->refusals[r], diags);
	return ok;
}

/* What a device is told that another VM has, or this one. */
static bool is_taken(const struct bh_plan *plan, const struct bh_plan_vm *vm, int owner,
		     const struct bh_config_text *name, struct bh_diags *diags)
{
	struct bh_diag *diag;

	if (owner < 0 || owner == (int)(vm - plan->vms))
		return false;
	diag = bh_error(diags, "E0581", "\"%s\" is given to VM %s and to VM %s", name->value,
			plan->vms[owner].config->name.value, vm->config->name.value);
	bh_diag_at(diag, name->span);
	bh_diag_cause(diag, "a device has one owner");
	bh_diag_hint(diag, "take it out of one of the two `devices` lists");
	return true;
}

static void tell_twice(const struct bh_plan_vm *vm, const struct bh_config_text *name,
		       struct bh_diags *diags)
{
	bh_diag_at(bh_report(diags, BH_WARNING, "E0590", "\"%s\" is named twice in VM %s",
			     name->value, vm->config->name.value),
		   name->span);
}

static bool too_many(const struct bh_plan_vm *vm, const struct bh_config_text *name, int most,
		     const char *what, struct bh_diags *diags)
{
	bh_diag_at(bh_error(diags, "E0563", "VM %s has more than %d %s", vm->config->name.value,
			    most, what),
		   name->span);
	return false;
}

static bool ask_function(struct bh_plan *plan, struct bh_plan_vm *vm,
			 const struct bh_pci_function *pci, const struct bh_config_text *name,
			 struct bh_diags *diags)
{
	int owner;

	if (!pci)
		return false;
	owner = bh_plan_function_owner(plan, pci);
	if (is_taken(plan, vm, owner, name, diags))
		return false;
	if (owner >= 0) {
		tell_twice(vm, name, diags);
		return true;
	}
	return bh_plan_add_function(plan, vm, pci, false, name->span) ||
	       too_many(vm, name, BH_PLAN_FUNCTIONS_MAX, "PCI functions", diags);
}

/* A device of the configuration: into its VM, or an error. */
static bool ask(struct bh_plan *plan, struct bh_plan_vm *vm, const struct bh_config_text *name,
		struct bh_diags *diags)
{
	const struct bh_pci_function *pci;

	if (bh_plan_is_function(plan->survey, name->value, &name->span, &pci, diags))
		return ask_function(plan, vm, pci, name, diags);

	const struct bh_dt_node *node =
		bh_dt_resolve(plan->survey->tree, name->value, &name->span, diags);
	const struct bh_dt_node *unit = node ? bh_survey_of(plan->survey, node)->unit : NULL;
	struct bh_diag *diag;
	int owner;

	if (!node)
		return false;
	if (!unit) {
		diag = bh_error(diags, "E0560", "\"%s\" is no device", name->value);
		bh_diag_at(diag, name->span);
		bh_diag_cause(diag, "it is a bus or a container: nothing to assign by itself");
		bh_diag_hint(diag, "`bulkhead device list` shows what can be assigned");
		return false;
	}
	owner = bh_plan_owner(plan, unit);
	if (is_taken(plan, vm, owner, name, diags))
		return false;
	if (owner >= 0) {
		/* Two names of parts of one unit are as good as one. */
		for (size_t u = 0; u < vm->unit_count; u++)
			if (vm->units[u].node == unit && node == unit)
				tell_twice(vm, name, diags);
		return true;
	}
	return bh_plan_add_unit(plan, vm, unit, BH_ROLE_ASKED, NULL, name->span) ||
	       too_many(vm, name, BH_PLAN_UNITS_MAX, "devices", diags);
}

static bool find_overrides(struct bh_plan *plan, struct bh_plan_vm *vm, struct bh_diags *diags)
{
	const struct bh_config_vm *config = vm->config;
	bool ok = true;

	if (!config->overrides.count)
		return true;
	vm->override_nodes = bh_arena_alloc(
		&plan->arena, config->overrides.count * sizeof(const struct bh_dt_node *));
	for (size_t i = 0; i < config->overrides.count; i++) {
		const struct bh_config_text *name = &config->overrides.items[i].name;

		vm->override_nodes[i] =
			bh_dt_resolve(plan->survey->tree, name->value, &name->span, diags);
		ok &= vm->override_nodes[i] != NULL;
	}
	return ok;
}

/* An override that fits nothing is a mistake: it would be believed to be in force. */
static bool check_overrides(struct bh_plan *plan, struct bh_plan_vm *vm, struct bh_diags *diags)
{
	const struct bh_config_vm *config = vm->config;
	bool ok = true;

	for (size_t i = 0; i < config->overrides.count; i++) {
		const struct bh_config_override_device *device = &config->overrides.items[i];
		const struct bh_dt_node *node = vm->override_nodes[i];
		struct bh_diag *diag;

		for (size_t p = 0; p < device->properties.count; p++) {
			const struct bh_config_override *o = &device->properties.items[p];
			bool used = o->is.value >= 0;

			for (size_t d = 0; !used && d < vm->decision_count; d++)
				used = bh_str_eq(vm->decisions[d].ref->prop->name, o->name.value) &&
				       (vm->decisions[d].ref->from == node ||
					bh_survey_of(plan->survey, vm->decisions[d].ref->from)
							->unit == node);
			if (used)
				continue;
			diag = bh_error(diags, "E0583", "%s of VM %s has no reference `%s`",
					device->name.value, config->name.value, o->name.value);
			bh_diag_at(diag, o->name.span);
			bh_diag_hint(diag, "`bulkhead device explain %s` lists them",
				     device->name.value);
			ok = false;
		}
	}
	return ok;
}

static bool keep(struct bh_plan *plan, const struct bh_partition *partition, struct bh_diags *diags)
{
	bool ok = true;

	for (size_t i = 0; i < partition->board.keep.count; i++) {
		const struct bh_config_text *name = &partition->board.keep.items[i];
		const struct bh_pci_function *pci;

		if (bh_plan_is_function(plan->survey, name->value, &name->span, &pci, diags)) {
			if (pci)
				plan->survey->function_kept[pci - plan->survey->pci->functions] =
					true;
			ok &= pci != NULL;
			continue;
		}
		const struct bh_dt_node *node =
			bh_dt_resolve(plan->survey->tree, name->value, &name->span, diags);
		const struct bh_dt_node *unit =
			node ? bh_survey_of(plan->survey, node)->unit : NULL;

		if (unit && !plan->survey->nodes[unit->index].never)
			plan->survey->nodes[unit->index].never = BH_NEVER_KEPT;
		ok &= node != NULL;
	}
	return ok;
}

/* What looks like a reference and is none by any rule is left out of the guest's tree. */
static void tell_unknown(const struct bh_plan *plan, struct bh_diags *diags)
{
	const struct bh_refs *refs = plan->survey->refs;

	for (size_t i = 0; i < refs->unknown_count; i++) {
		const struct bh_ref_unknown *unknown = &refs->unknown[i];
		const struct bh_survey_node *from = bh_survey_of(plan->survey, unknown->from);
		struct bh_diag *diag;
		char *path;

		if (!from->enabled || bh_plan_owner(plan, from->unit) < 0)
			continue;
		path = bh_dt_path(unknown->from);
		diag = bh_warning(diags, "E0524",
				  "`%s` looks like a reference, and no rule knows it",
				  unknown->prop->name);
		bh_diag_node(diag, path, unknown->prop->name);
		bh_diag_cause(diag, "it is left out of the guest's tree: nothing is guessed");
		bh_diag_hint(diag,
			     "settle it: [vm.NAME.override.DEVICE.\"%s\"] is = \"ref\" or "
			     "\"not-ref\"",
			     unknown->prop->name);
		free(path);
	}
}

/* A bus that comes without one of its chips is not what the user may expect. */
static void tell_left_out(struct bh_plan *plan, const struct bh_plan_vm *vm, struct bh_diags *diags)
{
	for (size_t i = 0; i < vm->left_out_count; i++) {
		const struct bh_left_out *left = &vm->left_out[i];
		char *path = bh_dt_path(left->node);
		struct bh_buf text = {0};
		struct bh_diag *diag;

		bh_ref_add_text(&text, plan->survey->tree, left->ref);
		diag = bh_warning(diags, "E0529", "%s is left out of VM %s",
				  bh_plan_name(plan, left->node), vm->config->name.value);
		bh_diag_node(diag, path, left->ref->prop->name);
		bh_diag_cause(diag, "%s: %s (%s)", bh_buf_str(&text), left->why, left->code);
		bh_diag_hint(diag,
			     "to have the whole bus refused: [vm.%s.override.\"%s\".\"%s\"] "
			     "action = \"refuse\"",
			     vm->config->name.value, bh_plan_name(plan, left->node),
			     left->ref->prop->name);
		bh_buf_finish(&text);
		free(path);
	}
}

bool bh_plan_make(struct bh_plan *plan, const struct bh_survey *survey,
		  const struct bh_partition *partition, struct bh_diags *diags)
{
	bool ok = true;

	init(plan, survey, partition->vms.count, partition->board.page_size.value);
	plan->misconfigured = !keep(plan, partition, diags);
	for (size_t v = 0; v < plan->vm_count; v++) {
		struct bh_plan_vm *vm = &plan->vms[v];

		vm->config = &partition->vms.items[v];
		vm->raw = vm->config->profile.value == BH_PROFILE_RAW;
		for (size_t d = 0; d < vm->config->devices.count; d++)
			plan->misconfigured |= !ask(plan, vm, &vm->config->devices.items[d], diags);
		plan->misconfigured |= !find_overrides(plan, vm, diags);
	}
	/* All that is asked for is spoken for before suppliers are shared out. */
	for (size_t v = 0; v < plan->vm_count; v++)
		bh_plan_join(plan, &plan->vms[v]);
	for (size_t v = 0; v < plan->vm_count; v++) {
		struct bh_plan_vm *vm = &plan->vms[v];

		work_out(plan, vm);
		plan->misconfigured |= !check_overrides(plan, vm, diags);
		if (!vm->refusal_count) {
			tell_left_out(plan, vm, diags);
			bh_plan_tell_usb(plan, vm, diags);
		}
		for (size_t r = 0; r < vm->refusal_count; r++)
			tell(&vm->refusals[r], diags);
		ok &= !vm->refusal_count;
	}
	tell_unknown(plan, diags);
	ok &= !plan->misconfigured;
	return bh_plan_check(plan, diags) && ok;
}

void bh_plan_finish(struct bh_plan *plan)
{
	for (size_t v = 0; v < plan->vm_count; v++) {
		struct bh_plan_vm *vm = &plan->vms[v];

		free(vm->decisions);
		free(vm->claims);
		free(vm->irqs);
		free(vm->ties);
		free(vm->losses);
		free(vm->left_out);
		free(vm->refusals);
		free(vm->extras);
		bh_map_finish(&vm->by_ref);
		bh_map_finish(&vm->is_extra);
		bh_map_finish(&vm->is_left_out);
		bh_map_finish(&vm->needs);
	}
	bh_arena_finish(&plan->arena);
	memset(plan, 0, sizeof(*plan));
}
