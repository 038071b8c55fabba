/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One decision for each reference of a VM's units, in this order: the configuration, the board's
 * policies, the kind's default. What is refused becomes a refusal of the plan.
 */
#include "plan/plan_private.h"

#include "base/str.h"
#include "dt/cells.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bh_refusal *bh_plan_refuse(struct bh_plan *plan, struct bh_plan_vm *vm,
				  const struct bh_plan_unit *unit, const char *code,
				  const struct bh_ref *ref, const struct bh_dt_node *other,
				  const char *format, ...)
{
	struct bh_refusal *refusal;
	va_list args;
	char *text;

	bh_grow((void **)&vm->refusals, &vm->refusal_room, vm->refusal_count + 1,
		sizeof(*vm->refusals));
	refusal = &vm->refusals[vm->refusal_count++];
	va_start(args, format);
	text = bh_vstrf(format, args);
	va_end(args);
	*refusal = (struct bh_refusal){.code = code,
				       .unit = unit->node,
				       .node = ref ? ref->from : unit->node,
				       .ref = ref,
				       .other = other,
				       .text = bh_arena_strdup(&plan->arena, text),
				       .span = unit->span};
	free(text);
	return refusal;
}

void bh_plan_hint(struct bh_plan *plan, struct bh_refusal *refusal, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = bh_vstrf(format, args);
	va_end(args);
	refusal->hint = bh_arena_strdup(&plan->arena, text);
	free(text);
}

const char *bh_plan_name(struct bh_plan *plan, const struct bh_dt_node *node)
{
	struct bh_buf buf = {0};
	const char *name;

	bh_dt_add_short_name(&buf, plan->survey->tree, node);
	name = bh_arena_strdup(&plan->arena, bh_buf_str(&buf));
	bh_buf_finish(&buf);
	return name;
}

/* The override the configuration has for a reference, or NULL. */
static const struct bh_config_override *find_override(const struct bh_plan_vm *vm,
						      const struct bh_plan_unit *unit,
						      const struct bh_ref *ref)
{
	const struct bh_config_vm *config = vm->config;

	for (size_t d = 0; d < config->overrides.count; d++) {
		const struct bh_config_override_device *device = &config->overrides.items[d];
		const struct bh_dt_node *node = vm->override_nodes ? vm->override_nodes[d] : NULL;

		if (!node || (node != ref->from && node != unit->node))
			continue;
		for (size_t p = 0; p < device->properties.count; p++) {
			const struct bh_config_override *o = &device->properties.items[p];
			bool wanted = !o->entries.count;

			if (!bh_str_eq(o->name.value, ref->prop->name))
				continue;
			for (size_t i = 0; i < o->entries.count; i++)
				wanted |= o->entries.items[i].value == ref->index;
			if (wanted)
				return o;
		}
	}
	return NULL;
}

static bool has_right(const struct bh_config_override *o, const char *right)
{
	for (size_t i = 0; i < o->rights.count; i++)
		if (bh_str_eq(o->rights.items[i].value, right))
			return true;
	return false;
}

/* Which actions make sense for a kind, beside drop, hold and refuse. */
static bool can(enum bh_ref_kind kind, enum bh_action action)
{
	switch (action) {
	case BH_ACTION_MEDIATE:
		return kind == BH_REF_CLOCK || kind == BH_REF_RESET || kind == BH_REF_POWER_DOMAIN;
	case BH_ACTION_SUBSTITUTE:
		return kind == BH_REF_CLOCK || kind == BH_REF_REGULATOR || kind == BH_REF_NVMEM;
	default:
		return true;
	}
}

static void overrule(struct bh_plan *plan, struct bh_plan_vm *vm, const struct bh_plan_unit *unit,
		     const struct bh_config_override *o, struct bh_decision *d)
{
	const struct bh_ref *ref = d->ref;
	bool ours_before = d->action == BH_ACTION_MEDIATE;

	if (o->action.value >= 0) {
		enum bh_action action = (enum bh_action)o->action.value;

		if (!can(ref->kind, action)) {
			struct bh_refusal *refusal = bh_plan_refuse(
				plan, vm, unit, "E0583", ref, NULL, "`%s` cannot be done to %s",
				bh_action_name(action), bh_ref_kind_text(ref->kind));
			refusal->span = o->action.span;
			bh_plan_hint(plan, refusal, "docs/planner.md lists what each kind allows");
			return;
		}
		if (action == BH_ACTION_REFUSE)
			d->code = "E0570";
		else
			d->code = "E0520";
		d->action = action;
		d->why = o->reason.value ? o->reason.value : "the configuration says so";
		d->overruled = true;
		if (action == BH_ACTION_MEDIATE && !ours_before)
			d->may_switch = !d->other;
	}
	if (o->provider.value) {
		d->to = bh_dt_resolve(plan->survey->tree, o->provider.value, NULL, NULL);
		if (!d->to) {
			struct bh_refusal *refusal =
				bh_plan_refuse(plan, vm, unit, "E0583", ref, NULL,
					       "there is no node \"%s\"", o->provider.value);
			refusal->span = o->provider.span;
			return;
		}
		d->action = BH_ACTION_COPY;
		d->code = "E0520";
		d->why = o->reason.value ? o->reason.value : "the configuration says so";
		d->overruled = true;
	}
	if (o->rate.value)
		d->rate = o->rate.value;
	if (d->action != BH_ACTION_MEDIATE || ref->kind == BH_REF_INTERRUPT)
		return;
	if (o->rights.count) {
		d->may_switch =
			has_right(o, "enable") || has_right(o, "reset") || has_right(o, "power");
		d->may_rate = has_right(o, "rate");
		d->overruled = true;
	}
	if (o->max_rate.value) {
		d->min_rate = o->min_rate.value ? o->min_rate.value : 1;
		d->max_rate = o->max_rate.value;
		d->may_rate |= !o->rights.count && ref->kind == BH_REF_CLOCK;
		d->overruled = true;
	}
	if (d->may_rate && !d->max_rate)
		d->max_rate = UINT32_MAX;
	if (d->may_rate && !d->min_rate)
		d->min_rate = 1;
}

/* Words that say how to overrule a refusal of a reference. */
static void hint_override(struct bh_plan *plan, struct bh_plan_vm *vm, struct bh_refusal *refusal,
			  const struct bh_plan_unit *unit, const struct bh_ref *ref)
{
	bh_plan_hint(
		plan, refusal,
		"if the driver works without: [vm.%s.override.\"%s\".%s%s%s] action = \"drop\"",
		vm->config->name.value, bh_plan_name(plan, unit->node),
		strpbrk(ref->prop->name, ",.#") ? "\"" : "", ref->prop->name,
		strpbrk(ref->prop->name, ",.#") ? "\"" : "");
}

static void note_refused(struct bh_plan *plan, struct bh_plan_vm *vm,
			 const struct bh_plan_unit *unit, const struct bh_decision *d)
{
	struct bh_buf text = {0};
	struct bh_refusal *refusal;

	bh_ref_add_text(&text, plan->survey->tree, d->ref);
	refusal = bh_plan_refuse(plan, vm, unit, d->code, d->ref, d->other, "%s: %s",
				 bh_buf_str(&text), d->why);
	bh_buf_finish(&text);
	if (d->overruled)
		bh_plan_hint(plan, refusal, "an override in the configuration asks for this");
	else
		hint_override(plan, vm, refusal, unit, d->ref);
}

/* Numbers that the guest uses over SCMI: the order of decisions. */
static void number(struct bh_plan_vm *vm, struct bh_decision *d)
{
	if (d->action != BH_ACTION_MEDIATE || d->ref->kind == BH_REF_INTERRUPT)
		return;
	switch (d->ref->kind) {
	case BH_REF_CLOCK:
		d->id = (int32_t)vm->clock_count++;
		break;
	case BH_REF_RESET:
		d->id = (int32_t)vm->reset_count++;
		break;
	default:
		d->id = (int32_t)vm->domain_count++;
		break;
	}
}

static void add_extra(struct bh_plan *plan, struct bh_plan_vm *vm, const struct bh_ref *ref,
		      const struct bh_dt_node *node);

/* The spare of the board that does what the mailbox `node` does, or NULL. */
static const struct bh_dt_node *spare_for(const struct bh_plan *plan, const struct bh_dt_node *node)
{
	const struct bh_board *board = plan->survey->board;
	const char *like = bh_dt_string(node, "compatible");

	for (size_t i = 0; i < board->spare_mailbox_count; i++) {
		const struct bh_dt_node *spare =
			bh_dt_resolve(plan->survey->tree, board->spare_mailboxes[i], NULL, NULL);

		if (spare && like && bh_dt_is_compatible(spare, like))
			return spare;
	}
	return NULL;
}

/* Raw profile: what a copied reference leads to is copied as well. */
static void follow_raw(struct bh_plan *plan, struct bh_plan_vm *vm, const struct bh_plan_unit *unit,
		       struct bh_decision *d)
{
	const struct bh_dt_node *target = d->to ? d->to : d->ref->target;
	const struct bh_dt_node *owner = bh_survey_of(plan->survey, target)->unit;

	if (d->ref->kind == BH_REF_MAILBOX && !d->to) {
		const struct bh_dt_node *spare = spare_for(plan, target);

		if (spare) {
			d->to = target = spare;
			d->code = "E0523";
			d->why = "the host's own channel stays; a spare one goes to the guest";
		}
	} else if (owner && bh_survey_of(plan->survey, owner)->never == BH_NEVER_FIRMWARE) {
		/* The agent itself can serve a guest only over a channel of its own. */
		size_t count;
		const struct bh_ref *refs = bh_refs_from(plan->survey->refs, owner, &count);
		bool spare = false;

		for (size_t i = 0; i < count; i++)
			spare |= refs[i].kind == BH_REF_MAILBOX && refs[i].target &&
				 spare_for(plan, refs[i].target);
		if (!spare) {
			d->action = BH_ACTION_REFUSE;
			d->code = "E0543";
			d->why = "the firmware agent never leaves the host, and the board has no "
				 "spare channel to it";
			d->other = owner;
			return;
		}
	}
	(void)unit;
	add_extra(plan, vm, d->ref, target);
}

/* Interrupts are named beside their list, not by its rule. */
static const char *entry_name(const struct bh_plan *plan, const struct bh_ref *ref)
{
	struct bh_dt_irq irq;

	if (ref->kind != BH_REF_INTERRUPT || ref->name)
		return ref->name;
	return bh_dt_irq(plan->survey->tree, ref->from, ref->index, &irq) ? irq.name : NULL;
}

static void decide_ref(struct bh_plan *plan, struct bh_plan_vm *vm, size_t unit_index,
		       const struct bh_ref *ref, bool bus)
{
	const struct bh_plan_unit *unit = &vm->units[unit_index];
	struct bh_decision d = {.ref = ref, .id = -1};
	const struct bh_board_policy *policy;
	const struct bh_config_override *o;

	if (bus) {
		d.action = BH_ACTION_HOLD;
		d.code = "E0525";
		d.why = "of the bus above: the host holds it on";
		goto add;
	}
	bh_plan_decide_kind(plan, vm, unit, &d);
	policy = !strcmp(d.code, "E0510")
			 ? NULL
			 : bh_board_policy(plan->survey->board, ref->from, ref->prop->name,
					   entry_name(plan, ref), ref->index);
	/* A line that the guest can have is never taken away by a rule about lines it cannot. */
	if (policy && ref->kind == BH_REF_INTERRUPT && d.action == BH_ACTION_COPY)
		policy = NULL;
	if (policy && ref->state == BH_REF_OK) {
		d.action = (enum bh_action)policy->action;
		d.code = policy->action == BH_ACTION_REFUSE ? "E0569" : "E0519";
		d.why = policy->reason;
	}
	o = find_override(vm, unit, ref);
	if (o)
		overrule(plan, vm, unit, o, &d);
	if (d.action == BH_ACTION_COPY && ref->state == BH_REF_OK &&
	    ref->kind != BH_REF_INTERRUPT && ref->target &&
	    !bh_plan_has(plan, vm,
			 d.to ? bh_survey_of(plan->survey, d.to)->unit
			      : bh_plan_target_unit(plan, ref)))
		follow_raw(plan, vm, unit, &d);
	if (d.action == BH_ACTION_REFUSE && !unit->hopeless &&
	    (d.overruled || !bh_plan_leave_out(plan, vm, unit->node, &d)))
		note_refused(plan, vm, unit, &d);
	number(vm, &d);
add:
	bh_grow((void **)&vm->decisions, &vm->decision_room, vm->decision_count + 1,
		sizeof(*vm->decisions));
	vm->decisions[vm->decision_count++] = d;
	bh_map_set_u64(&vm->by_ref, (uintptr_t)ref, (void *)(uintptr_t)vm->decision_count);
}

static void decide_node(struct bh_plan *plan, struct bh_plan_vm *vm, size_t unit,
			const struct bh_dt_node *node)
{
	size_t count;
	const struct bh_ref *refs = bh_refs_from(plan->survey->refs, node, &count);

	for (size_t i = 0; i < count; i++)
		decide_ref(plan, vm, unit, &refs[i], false);
}

/* A node outside of all units is copied for those that refer to it, and what it needs too. */
static void add_extra(struct bh_plan *plan, struct bh_plan_vm *vm, const struct bh_ref *ref,
		      const struct bh_dt_node *node)
{
	const struct bh_dt_node *unit = bh_survey_of(plan->survey, node)->unit;

	(void)ref;
	/* The node and the providers it is a part of; bus nodes above are made anew. */
	for (; node && node->parent; node = node->parent) {
		if (!bh_map_get_u64(&vm->is_extra, (uintptr_t)node)) {
			bh_map_set_u64(&vm->is_extra, (uintptr_t)node, vm);
			bh_grow((void **)&vm->extras, &vm->extra_room, vm->extra_count + 1,
				sizeof(const struct bh_dt_node *));
			vm->extras[vm->extra_count++] = node;
		}
		if (node == unit || !unit)
			break;
	}
}

static void decide_bus(struct bh_plan *plan, struct bh_plan_vm *vm, size_t unit,
		       const struct bh_dt_node *bus)
{
	size_t count;
	const struct bh_ref *refs = bh_refs_from(plan->survey->refs, bus, &count);

	for (size_t i = 0; i < count; i++)
		if (refs[i].state == BH_REF_OK &&
		    (refs[i].kind == BH_REF_CLOCK || refs[i].kind == BH_REF_POWER_DOMAIN ||
		     refs[i].kind == BH_REF_RESET || refs[i].kind == BH_REF_INTERCONNECT))
			decide_ref(plan, vm, unit, &refs[i], true);
}

/* Things about the unit as a whole that forbid it. */
static void judge_unit(struct bh_plan *plan, struct bh_plan_vm *vm, size_t index)
{
	static const char *const never_codes[BH_NEVER_COUNT] = {
		[BH_NEVER_CORE] = "E0540",    [BH_NEVER_CONSOLE] = "E0541",
		[BH_NEVER_STORAGE] = "E0542", [BH_NEVER_FIRMWARE] = "E0543",
		[BH_NEVER_DRAM] = "E0544",    [BH_NEVER_KEPT] = "E0546",
	};
	struct bh_plan_unit *unit = &vm->units[index];
	const struct bh_survey_node *facts = bh_survey_of(plan->survey, unit->node);
	const char *name = bh_plan_name(plan, unit->node);
	struct bh_refusal *refusal;

	if (!facts->enabled) {
		refusal = bh_plan_refuse(plan, vm, unit, "E0562", NULL, NULL,
					 "%s is disabled in the host's tree", name);
		bh_plan_hint(plan, refusal,
			     "enable it with an overlay ([board] overlays) if the board has it");
	}
	/* Without a Linux host, whose console or disk it would be is for the system's builder to
	 * say. */
	bool kept = facts->never && !(vm->raw && (facts->never == BH_NEVER_CONSOLE ||
						  facts->never == BH_NEVER_STORAGE));
	unit->hopeless = kept || !facts->enabled;
	if (kept) {
		refusal = bh_plan_refuse(plan, vm, unit, never_codes[facts->never], NULL, NULL,
					 "%s never leaves the host: it is %s", name,
					 bh_never_text((enum bh_never)facts->never));
		if (facts->never == BH_NEVER_CONSOLE || facts->never == BH_NEVER_STORAGE)
			bh_plan_hint(plan, refusal,
				     "a host with another one says so in a board file of its own");
	}
	if (unit->class == BH_CLASS_PCIE &&
	    bh_str_eq(bh_dt_string(unit->node, "device_type"), "pci")) {
		unit->hopeless = true;
		refusal = bh_plan_refuse(plan, vm, unit, "E0561", NULL, NULL,
					 "%s is a PCI host bridge: it stays, its devices can go",
					 name);
		bh_plan_hint(plan, refusal,
			     "assign the PCI functions behind it by their addresses");
	}
	if (!unit->hopeless && unit->dma == BH_PLAN_DMA_DIRECT && !vm->config->unsafe_dma.value &&
	    !vm->raw) {
		refusal = bh_plan_refuse(
			plan, vm, unit, "E0551", NULL, NULL,
			"%s is behind no IOMMU: its DMA reaches all memory of the board", name);
		bh_plan_hint(plan, refusal,
			     "if this VM is as trusted as the host: [vm.%s] unsafe-dma = \"%s\"",
			     vm->config->name.value, BH_UNSAFE_DMA_WORDS);
	}
}

/* Registers that lie where memory is, or that cannot be translated. */
static void judge_registers(struct bh_plan *plan, struct bh_plan_vm *vm, size_t index,
			    const struct bh_dt_node *node)
{
	const struct bh_plan_unit *unit = &vm->units[index];

	if (!bh_dt_has(node, "reg") || !bh_dt_has(node, "compatible") || !node->parent ||
	    !bh_dt_is_mapped_bus(node->parent))
		return;
	for (uint32_t i = 0, count = bh_dt_reg_count(node); i < count; i++) {
		struct bh_range range;
		enum bh_dt_address_result result = bh_dt_reg_cpu(node, i, &range);

		if (result == BH_DT_NOT_MAPPED)
			continue;
		if (result != BH_DT_OK) {
			bh_plan_refuse(plan, vm, unit, "E0559", NULL, node, "`reg` of %s: %s",
				       bh_plan_name(plan, node), bh_dt_address_result_text(result));
			return;
		}
		for (size_t m = 0; m < plan->survey->memory_count; m++) {
			if (bh_range_overlaps(plan->survey->memory[m], range)) {
				bh_plan_refuse(plan, vm, unit, "E0566", NULL, node,
					       "the registers of %s lie in the board's memory",
					       bh_plan_name(plan, node));
				return;
			}
		}
	}
}

/* The copied extras of the raw profile, each with its own references; the list grows. */
static void decide_extras(struct bh_plan *plan, struct bh_plan_vm *vm)
{
	for (size_t i = 0; i < vm->extra_count; i++) {
		const struct bh_dt_node *node = vm->extras[i];
		const struct bh_dt_node *head = bh_survey_of(plan->survey, node)->unit;
		size_t u = 0;

		if (!head)
			head = node;
		while (u < vm->unit_count && vm->units[u].node != head)
			u++;
		if (u == vm->unit_count &&
		    !bh_plan_add_unit(plan, vm, head, BH_ROLE_PROVIDER, NULL, vm->units[0].span)) {
			bh_plan_refuse(plan, vm, &vm->units[0], "E0563", NULL, head,
				       "more than %d units would have to be copied",
				       BH_PLAN_UNITS_MAX);
			return;
		}
		decide_node(plan, vm, u, node);
		/* What has no driver of its own is nothing without its parts: a pin group's pins.
		 */
		if (!bh_dt_has(node, "compatible")) {
			bh_dt_for_each(part, (struct bh_dt_node *)node)
			{
				if (part != node)
					decide_node(plan, vm, u, part);
			}
		}
	}
}

void bh_plan_decide(struct bh_plan *plan, struct bh_plan_vm *vm)
{
	for (size_t u = 0; u < vm->unit_count; u++) {
		const struct bh_dt_node *head = vm->units[u].node;

		if (vm->units[u].role == BH_ROLE_PROVIDER)
			continue;
		vm->units[u].decision_start = vm->decision_count;
		judge_unit(plan, vm, u);
		bh_dt_for_each(node, (struct bh_dt_node *)head)
		{
			if (!bh_survey_of(plan->survey, node)->enabled)
				continue;
			judge_registers(plan, vm, u, node);
			decide_node(plan, vm, u, node);
		}
		for (const struct bh_dt_node *bus = head->parent; bus; bus = bus->parent)
			decide_bus(plan, vm, u, bus);
		vm->units[u].decision_count = vm->decision_count - vm->units[u].decision_start;
	}
	if (vm->unit_count)
		decide_extras(plan, vm);
	bh_plan_forget_left_out(vm);
}

const struct bh_decision *bh_plan_decision(const struct bh_plan_vm *vm, const struct bh_ref *ref)
{
	uintptr_t number = (uintptr_t)bh_map_get_u64(&vm->by_ref, (uintptr_t)ref);

	return number ? &vm->decisions[number - 1] : NULL;
}
