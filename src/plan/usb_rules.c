/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of VMs for USB devices. A VM gets controllers whole, so a rule holds when the device is at
 * a controller of the VM. What is plugged in now, and where, is known on the board or from a
 * snapshot.
 */
#include "plan/plan_private.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

static void add_quoted(struct bh_buf *names, const char *name)
{
	bh_buf_addf(names, "%s\"%s\"", names->length ? ", " : "", name);
}

static const struct bh_manifest_usb *rule_for(const struct bh_plan_vm *vm,
					      const struct bh_usb_device *device, size_t *index)
{
	const struct bh_manifest_usb *found = NULL;
	struct bh_manifest_usb *rules = bh_alloc(vm->config->usb.count * sizeof(*rules));
	static const struct bh_manifest_usb gives = {.allow = true}, keeps = {.allow = false};

	for (size_t i = 0; i < vm->config->usb.count; i++) {
		const struct bh_config_usb *rule = &vm->config->usb.items[i];

		rules[i] = (struct bh_manifest_usb){.device = rule->device.value,
						    .class = rule->class.value,
						    .port = rule->port.value,
						    .allow = rule->allow.value};
	}
	found = bh_usb_rule(rules, vm->config->usb.count, device);
	if (found) {
		*index = (size_t)(found - rules);
		found = found->allow ? &gives : &keeps;
	}
	free(rules);
	return found;
}

/* The unit that a controller of the tree is part of, by the name that the host's kernel has. */
static const struct bh_dt_node *find_unit(const struct bh_plan *plan, const char *controller)
{
	bh_dt_for_each(node, plan->survey->tree->root)
	{
		const struct bh_survey_node *facts = bh_survey_of(plan->survey, node);
		struct bh_buf name = {0};
		bool same;

		if (!facts->addressed || !facts->unit)
			continue;
		bh_survey_add_device_name(&name, plan->survey, node);
		same = bh_str_eq(bh_buf_str(&name), controller);
		bh_buf_finish(&name);
		if (same)
			return facts->unit;
	}
	return NULL;
}

static bool has_controller(const struct bh_plan *plan, const struct bh_plan_vm *vm,
			   const char *controller)
{
	const struct bh_dt_node *unit;

	for (size_t i = 0; i < vm->function_count; i++)
		if (bh_str_eq(vm->functions[i].pci->address, controller))
			return true;
	unit = find_unit(plan, controller);
	return unit && bh_plan_has(plan, vm, unit);
}

/* What it is called in `devices`. */
static const char *name_of(struct bh_plan *plan, const char *controller)
{
	const struct bh_dt_node *unit = find_unit(plan, controller);

	return unit ? bh_plan_name(plan, unit) : controller;
}

static bool has_any_controller(const struct bh_plan_vm *vm)
{
	for (size_t u = 0; u < vm->unit_count; u++)
		if (vm->units[u].class == BH_CLASS_USB)
			return true;
	for (size_t i = 0; i < vm->function_count; i++)
		if (bh_pci_is_usb(vm->functions[i].pci))
			return true;
	return false;
}

/* Controllers that could be assigned. */
static void add_free(struct bh_plan *plan, struct bh_buf *names)
{
	const struct bh_pci *pci = plan->survey->pci;

	bh_dt_for_each(node, plan->survey->tree->root)
	{
		const struct bh_survey_node *facts = bh_survey_of(plan->survey, node);

		if (facts->unit == node && facts->parts && facts->enabled && !facts->never &&
		    bh_class_of(node) == BH_CLASS_USB && bh_plan_owner(plan, node) < 0)
			add_quoted(names, bh_plan_name(plan, node));
	}
	for (size_t i = 0; pci && i < pci->count; i++)
		if (bh_pci_is_usb(&pci->functions[i]) &&
		    bh_plan_function_owner(plan, &pci->functions[i]) < 0)
			add_quoted(names, pci->functions[i].address);
}

/* The first device that a rule gives to the VM. */
static const struct bh_usb_device *first_wanted(const struct bh_plan *plan,
						const struct bh_plan_vm *vm)
{
	const struct bh_usb *usb = plan->survey->usb;
	size_t index;

	for (size_t i = 0; usb && i < usb->count; i++) {
		const struct bh_manifest_usb *rule = rule_for(vm, &usb->devices[i], &index);

		if (rule && rule->allow && usb->devices[i].controller[0])
			return &usb->devices[i];
	}
	return NULL;
}

void bh_plan_judge_usb(struct bh_plan *plan, struct bh_plan_vm *vm)
{
	static const struct bh_plan_unit nobody;
	const struct bh_usb_device *device;
	struct bh_buf names = {0};
	struct bh_refusal *refusal;

	if (!vm->config->usb.count || has_any_controller(vm))
		return;
	refusal = bh_plan_refuse(plan, vm, &nobody, "E0578", NULL, NULL,
				 "VM %s has rules for USB devices and no USB controller",
				 vm->config->name.value);
	refusal->span = vm->config->usb.items[0].name.span;
	device = first_wanted(plan, vm);
	add_free(plan, &names);
	if (device)
		bh_plan_hint(plan, refusal,
			     "%04x:%04x at port %s goes with its controller: add \"%s\" to "
			     "`devices`",
			     device->vendor, device->product, device->port,
			     name_of(plan, device->controller));
	else if (names.length)
		bh_plan_hint(plan, refusal,
			     "a USB device goes with its controller: add it to `devices` (%s)",
			     bh_buf_str(&names));
	else
		bh_plan_hint(plan, refusal,
			     "a USB device goes with its controller, and none is free");
	bh_buf_finish(&names);
}

/* What is plugged in changes: that it is at the wrong place now does not stop a plan. */
static void tell_device(struct bh_plan *plan, const struct bh_plan_vm *vm,
			const struct bh_usb_device *device, struct bh_diags *diags)
{
	size_t index = 0;
	const struct bh_manifest_usb *rule = rule_for(vm, device, &index);
	bool has = has_controller(plan, vm, device->controller);
	struct bh_diag *diag;

	if (!rule || rule->allow == has || !device->controller[0])
		return;
	if (rule->allow) {
		diag = bh_warning(diags, "E0574",
				  "USB device %04x:%04x at port %s is not given to VM %s alone",
				  device->vendor, device->product, device->port,
				  vm->config->name.value);
		bh_diag_cause(diag, "it is at the controller %s, which is not the VM's",
			      name_of(plan, device->controller));
		bh_diag_hint(diag,
			     "add \"%s\" to `devices`, or plug it in at a controller of the VM",
			     name_of(plan, device->controller));
	} else {
		diag = bh_warning(
			diags, "E0582", "USB device %04x:%04x at port %s is not kept from VM %s",
			device->vendor, device->product, device->port, vm->config->name.value);
		bh_diag_cause(diag,
			      "it is at the controller %s, which is the VM's with all that is "
			      "plugged in there",
			      name_of(plan, device->controller));
		bh_diag_hint(diag, "plug it in at another controller");
	}
	bh_diag_at(diag, vm->config->usb.items[index].name.span);
}

void bh_plan_tell_usb(struct bh_plan *plan, const struct bh_plan_vm *vm, struct bh_diags *diags)
{
	const struct bh_usb *usb = plan->survey->usb;

	for (size_t i = 0; usb && vm->config->usb.count && i < usb->count; i++)
		tell_device(plan, vm, &usb->devices[i], diags);
}
