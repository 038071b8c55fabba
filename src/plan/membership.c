/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which units a VM has: those asked for, and suppliers that nobody else uses (a USB port's PHY).
 * In the raw profile also nodes that are copied for their clients (a clock controller).
 */
#include "plan/plan_private.h"

#include <string.h>

bool bh_plan_has(const struct bh_plan *plan, const struct bh_plan_vm *vm,
		 const struct bh_dt_node *unit)
{
	return unit && plan->owner[unit->index] == (uint16_t)(vm - plan->vms + 1);
}

int bh_plan_owner(const struct bh_plan *plan, const struct bh_dt_node *unit)
{
	return unit ? (int)plan->owner[unit->index] - 1 : -1;
}

const struct bh_dt_node *bh_plan_target_unit(const struct bh_plan *plan, const struct bh_ref *ref)
{
	return ref->target ? bh_survey_of(plan->survey, ref->target)->unit : NULL;
}

static bool has_iommu(const struct bh_plan *plan, const struct bh_dt_node *unit)
{
	bh_dt_for_each(node, (struct bh_dt_node *)unit)
	{
		size_t count;
		const struct bh_ref *refs = bh_refs_from(plan->survey->refs, node, &count);

		if (bh_survey_of(plan->survey, node)->group)
			return true;
		for (size_t i = 0; i < count; i++)
			if (refs[i].kind == BH_REF_IOMMU && refs[i].state == BH_REF_OK &&
			    bh_survey_of(plan->survey, refs[i].target)->enabled)
				return true;
	}
	return false;
}

bool bh_plan_add_unit(struct bh_plan *plan, struct bh_plan_vm *vm, const struct bh_dt_node *node,
		      enum bh_role role, const struct bh_ref *via, struct bh_span span)
{
	struct bh_plan_unit *unit;

	if (vm->unit_count == BH_PLAN_UNITS_MAX)
		return false;
	unit = &vm->units[vm->unit_count++];
	*unit = (struct bh_plan_unit){
		.node = node, .role = role, .class = bh_class_of(node), .via = via, .span = span};
	if (role != BH_ROLE_PROVIDER)
		plan->owner[node->index] = (uint16_t)(vm - plan->vms + 1);
	if (has_iommu(plan, node))
		unit->dma = BH_PLAN_DMA_IOMMU;
	else if (!bh_class_is_slave(unit->class) && !bh_survey_is_virtual(plan->survey, node) &&
		 role == BH_ROLE_ASKED)
		unit->dma = BH_PLAN_DMA_DIRECT;
	return true;
}

static const struct bh_ref *find_need(const struct bh_plan *plan, const struct bh_plan_vm *vm,
				      const struct bh_dt_node *unit)
{
	const struct bh_survey *survey = plan->survey;

	bh_dt_for_each(node, (struct bh_dt_node *)unit)
	{
		size_t count;
		const struct bh_ref *const *refs = bh_refs_to(survey->refs, node, &count);

		for (size_t i = 0; i < count; i++) {
			const struct bh_survey_node *from = bh_survey_of(survey, refs[i]->from);

			if (from->enabled && from->unit != unit &&
			    !(refs[i]->rule->flags & BH_RULE_REVERSE) &&
			    bh_plan_behind(refs[i]->kind) == BH_BEHIND_NEEDS &&
			    !bh_plan_has(plan, vm, from->unit))
				return refs[i];
		}
	}
	return NULL;
}

/* An answer holds until the VM gets another unit. */
struct need {
	const struct bh_ref *ref;
	size_t unit_count;
};

const struct bh_ref *bh_plan_outside_need(struct bh_plan *plan, struct bh_plan_vm *vm,
					  const struct bh_dt_node *unit)
{
	struct need *need = bh_map_get_u64(&vm->needs, (uintptr_t)unit);

	if (!need) {
		need = bh_arena_alloc(&plan->arena, sizeof(*need));
		bh_map_set_u64(&vm->needs, (uintptr_t)unit, need);
	} else if (need->unit_count == vm->unit_count) {
		return need->ref;
	}
	need->ref = find_need(plan, vm, unit);
	need->unit_count = vm->unit_count;
	return need->ref;
}

static void join_for(struct bh_plan *plan, struct bh_plan_vm *vm, const struct bh_ref *ref)
{
	const struct bh_dt_node *unit = bh_plan_target_unit(plan, ref);

	if (!unit || ref->state != BH_REF_OK || !bh_plan_kind_joins(ref->kind) ||
	    (ref->rule->flags & BH_RULE_REVERSE) || plan->owner[unit->index])
		return;
	const struct bh_survey_node *facts = bh_survey_of(plan->survey, unit);
	/* What moves data by itself is a device in its own right: it has to be asked for. */
	if (facts->never || !facts->enabled || !bh_class_is_slave(bh_class_of(unit)) ||
	    bh_plan_outside_need(plan, vm, unit))
		return;
	bh_plan_add_unit(plan, vm, unit, BH_ROLE_SUPPLIER, ref, (struct bh_span){0});
}

void bh_plan_join(struct bh_plan *plan, struct bh_plan_vm *vm)
{
	/* The list grows while it is walked: suppliers have suppliers. */
	for (size_t u = 0; u < vm->unit_count; u++) {
		const struct bh_dt_node *unit = vm->units[u].node;

		bh_dt_for_each(node, (struct bh_dt_node *)unit)
		{
			size_t count;
			const struct bh_ref *refs;

			if (!bh_survey_of(plan->survey, node)->enabled)
				continue;
			refs = bh_refs_from(plan->survey->refs, node, &count);
			for (size_t i = 0; i < count; i++)
				join_for(plan, vm, &refs[i]);
		}
	}
}
