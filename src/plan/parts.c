/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chips on a bus that goes to a VM. A chip that cannot go with it (its interrupt comes through a
 * GPIO of the host, say) is left out by itself, as long as nobody in the VM needs it; the bus and
 * its other chips go.
 */
#include "plan/plan_private.h"

static bool is_serial_bus(const struct bh_dt_node *node)
{
	uint32_t cells;

	/* I2C, SPI, MDIO, SPMI, USB: numbers without sizes. A serial port has one device, without
	 * one. */
	return (bh_dt_u32(node, "#size-cells", &cells) && !cells) ||
	       bh_class_of(node) == BH_CLASS_SERIAL;
}

static bool is_chip(const struct bh_survey *survey, const struct bh_dt_node *node)
{
	if (!bh_dt_has(node, "compatible") || !is_serial_bus(node->parent))
		return false;
	bh_dt_for_each(part, (struct bh_dt_node *)node)
	{
		if (bh_survey_of(survey, part)->addressed)
			return false;
	}
	return true;
}

/* Somebody who goes into the VM, outside of the chip, cannot work without a part of it. */
static bool is_needed(const struct bh_plan *plan, const struct bh_plan_vm *vm,
		      const struct bh_dt_node *chip)
{
	bh_dt_for_each(node, (struct bh_dt_node *)chip)
	{
		size_t count;
		const struct bh_ref *const *refs = bh_refs_to(plan->survey->refs, node, &count);

		for (size_t i = 0; i < count; i++) {
			const struct bh_survey_node *from =
				bh_survey_of(plan->survey, refs[i]->from);

			if (from->enabled && bh_plan_has(plan, vm, from->unit) &&
			    !bh_dt_is_below(refs[i]->from, chip) &&
			    !(refs[i]->rule->flags & (BH_RULE_REVERSE | BH_RULE_OPTIONAL)) &&
			    bh_plan_behind(refs[i]->kind) == BH_BEHIND_NEEDS)
				return true;
		}
	}
	return false;
}

const struct bh_left_out *bh_plan_left_out(const struct bh_plan_vm *vm,
					   const struct bh_dt_node *node)
{
	if (!vm->left_out_count)
		return NULL;
	for (; node; node = node->parent) {
		uintptr_t number = (uintptr_t)bh_map_get_u64(&vm->is_left_out, (uintptr_t)node);

		if (number)
			return &vm->left_out[number - 1];
	}
	return NULL;
}

bool bh_plan_leave_out(struct bh_plan *plan, struct bh_plan_vm *vm, const struct bh_dt_node *head,
		       const struct bh_decision *cause)
{
	const struct bh_dt_node *chip = cause->ref->from;

	if (bh_plan_left_out(vm, chip))
		return true;
	while (chip != head && !is_chip(plan->survey, chip))
		chip = chip->parent;
	if (chip == head || is_needed(plan, vm, chip))
		return false;
	bh_grow((void **)&vm->left_out, &vm->left_out_room, vm->left_out_count + 1,
		sizeof(*vm->left_out));
	vm->left_out[vm->left_out_count++] = (struct bh_left_out){.node = chip,
								  .ref = cause->ref,
								  .code = cause->code,
								  .why = cause->why,
								  .other = cause->other};
	bh_map_set_u64(&vm->is_left_out, (uintptr_t)chip, (void *)(uintptr_t)vm->left_out_count);
	return true;
}

void bh_plan_forget_left_out(struct bh_plan_vm *vm)
{
	for (size_t i = 0; i < vm->decision_count && vm->left_out_count; i++) {
		struct bh_decision *d = &vm->decisions[i];
		const struct bh_left_out *left = bh_plan_left_out(vm, d->ref->from);

		if (!left && (!d->ref->target || !bh_plan_left_out(vm, d->ref->target)))
			continue;
		d->action = BH_ACTION_DROP;
		if (left && left->ref == d->ref)
			continue; /* its own reason says more */
		d->code = "E0529";
		d->why = left ? "its chip is left out" : "the chip it leads to is left out";
		d->other = NULL;
		d->to = NULL;
	}
}
