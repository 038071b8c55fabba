/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The default decision for each kind of reference: one table, one small function where a kind needs
 * thought. The configuration and the board's policies come before it (decide.c).
 */
#include "plan/plan_private.h"
#include "plan/rates.h"

#include "base/str.h"

#include <string.h>

struct question {
	struct bh_plan *plan;
	struct bh_plan_vm *vm;
	const struct bh_plan_unit *unit;
	const struct bh_ref *ref;
	const struct bh_dt_node *target_unit; /* may be NULL */
	struct bh_decision *answer;
};

static void answer(const struct question *q, enum bh_action action, const char *code,
		   const char *why)
{
	q->answer->action = action;
	q->answer->code = code;
	q->answer->why = why;
}

/* Somebody outside the VM who asks for the same thing of the same provider. */
static const struct bh_dt_node *outside_user(const struct question *q)
{
	const struct bh_ref *other = NULL;

	while ((other = bh_survey_same(q->plan->survey, q->ref, other))) {
		const struct bh_dt_node *unit = bh_survey_of(q->plan->survey, other->from)->unit;

		if (!bh_plan_has(q->plan, q->vm, unit))
			return other->from;
	}
	return NULL;
}

/* The bulkhead module serves the lists of a platform device's own node, no others. */
static bool is_served(const struct question *q)
{
	return bh_survey_of(q->plan->survey, q->ref->from)->addressed;
}

/* In the raw profile a provider goes into the guest, when that is at all possible. */
static bool decide_raw_provider(const struct question *q)
{
	if (!q->vm->raw)
		return false;
	answer(q, BH_ACTION_COPY, "E0522", "raw profile: the guest drives the provider itself");
	return true;
}

static void decide_clock(const struct question *q)
{
	struct bh_decision *d = q->answer;

	if (bh_rate_is_fixed(q->ref->target, &d->rate)) {
		answer(q, BH_ACTION_SUBSTITUTE, "E0503", "its rate never changes: a fixed clock");
		return;
	}
	if (decide_raw_provider(q))
		return;
	d->other = outside_user(q);
	d->tree_only = bh_rate_of(q->plan->survey, q->ref, &d->rate) != BH_KNOWN_HOST;
	if (!is_served(q)) {
		answer(q, BH_ACTION_SUBSTITUTE, "E0503",
		       d->rate ? "the host holds it on at this rate"
			       : "the host holds it on; its rate is not known here");
		return;
	}
	answer(q, BH_ACTION_MEDIATE, "E0502",
	       d->other ? "others use it too: the host keeps it on" : "no other device uses it");
	d->may_switch = !d->other;
	d->max_rate = d->rate;
	d->may_rate = !d->other && d->rate && bh_class_sets_rates(q->unit->class);
	d->min_rate = d->may_rate ? 1 : 0;
}

static void decide_assigned_clock(const struct question *q)
{
	if (q->vm->raw && bh_plan_target_unit(q->plan, q->ref))
		decide_raw_provider(q);
	else
		answer(q, BH_ACTION_HOLD, "E0504", "the host applies it when it binds the device");
}

static void decide_reset(const struct question *q)
{
	if (decide_raw_provider(q))
		return;
	q->answer->other = outside_user(q);
	if (!is_served(q)) {
		answer(q, BH_ACTION_HOLD, "E0505", "the host keeps it released");
		return;
	}
	answer(q, BH_ACTION_MEDIATE, "E0505",
	       q->answer->other ? "others hang on it: the guest may not assert it"
				: "no other device hangs on it");
	q->answer->may_switch = !q->answer->other;
}

static bool is_in_vm(const void *data, const struct bh_dt_node *unit)
{
	const struct question *q = data;

	return bh_plan_has(q->plan, q->vm, unit);
}

static void decide_domain(const struct question *q)
{
	const struct bh_dt_node *neighbour;
	bool known;

	if (decide_raw_provider(q))
		return;
	/* The host knows more: domains that are one under two numbers, devices in several. */
	neighbour = bh_domain_neighbour(q->plan->survey, q->ref, is_in_vm, q, &known);
	q->answer->other = outside_user(q);
	if (!q->answer->other)
		q->answer->other = neighbour;
	q->answer->tree_only = !known;
	if (!is_served(q)) {
		answer(q, BH_ACTION_HOLD, "E0506", "the host keeps it on");
		return;
	}
	answer(q, BH_ACTION_MEDIATE, "E0506",
	       q->answer->other ? "others are in it: the host keeps it on"
				: "no other device is in it");
	q->answer->may_switch = !q->answer->other;
}

static void decide_regulator(const struct question *q)
{
	struct bh_decision *d = q->answer;

	d->other = outside_user(q);
	d->tree_only =
		bh_voltage_of(q->plan->survey, q->ref->target, &d->microvolt) != BH_KNOWN_HOST;
	answer(q, BH_ACTION_SUBSTITUTE, "E0507",
	       "the host holds it on: a fixed regulator of the same voltage");
}

static void decide_pinctrl(const struct question *q)
{
	if (decide_raw_provider(q))
		return;
	q->answer->tree_only = !bh_survey_pin(q->plan->survey, q->ref->from, 0);
	answer(q, BH_ACTION_HOLD, "E0508", "the host sets the pins when it binds the device");
}

static void decide_interrupt(const struct question *q)
{
	const struct bh_ref *ref = q->ref;
	struct bh_dt_irq irq;

	if (bh_str_eq(ref->prop->name, "interrupt-parent")) {
		answer(q, BH_ACTION_SUBSTITUTE, "E0500", "the guest has its own controller");
		return;
	}
	if (bh_str_eq(ref->prop->name, "interrupt-map")) {
		answer(q, BH_ACTION_REFUSE, "E0561", "a nexus of interrupts is not taken apart");
		return;
	}
	if (!bh_dt_irq(q->plan->survey->tree, ref->from, ref->index, &irq)) {
		answer(q, BH_ACTION_REFUSE, "E0554", "the interrupt cannot be read");
		return;
	}
	if (irq.line == BH_IRQ_SPI || irq.line == BH_IRQ_ESPI) {
		answer(q, BH_ACTION_COPY, "E0500", "a line of the GIC");
	} else if (irq.line != BH_IRQ_OTHER) {
		answer(q, BH_ACTION_REFUSE, "E0553", "a per-CPU interrupt belongs to the host");
	} else if (bh_plan_has(q->plan, q->vm,
			       bh_survey_of(q->plan->survey, irq.controller)->unit)) {
		answer(q, BH_ACTION_COPY, "E0510", "its controller is in the same VM");
	} else if (irq.name && strstr(irq.name, "wake")) {
		answer(q, BH_ACTION_DROP, "E0526", "only wakes a sleeping host");
	} else if (!q->vm->raw && is_served(q)) {
		/* The module takes the host's interrupt whatever controller it comes through. */
		q->answer->other = irq.controller;
		answer(q, BH_ACTION_MEDIATE, "E0528",
		       "the host takes it from its controller and passes it on");
	} else {
		q->answer->other = irq.controller;
		answer(q, BH_ACTION_REFUSE, "E0552",
		       "its controller is not the GIC and stays with the host");
	}
}

static void decide_nvmem(const struct question *q)
{
	if (decide_raw_provider(q))
		return;
	if (q->ref->name && strstr(q->ref->name, "mac-address"))
		answer(q, BH_ACTION_SUBSTITUTE, "E0513", "the address is written into the tree");
	else
		answer(q, BH_ACTION_DROP, "E0514", "the guest cannot read the host's fuses");
}

static void decide_iommu(const struct question *q)
{
	answer(q, BH_ACTION_HOLD, "E0501", "the host programs it; the guest sees none");
}

static void decide_dma(const struct question *q)
{
	if (bh_class_needs_dma(q->unit->class))
		answer(q, BH_ACTION_REFUSE, "E0568",
		       "it cannot work without the DMA channel, which stays with the host");
	else
		answer(q, BH_ACTION_DROP, "E0512", "the driver works without, by the CPU");
}

static void decide_memory(const struct question *q)
{
	const struct bh_dt_node *region = q->ref->target;

	if (bh_dt_is_compatible(region, "shared-dma-pool") && !bh_dt_has(region, "no-map"))
		answer(q, BH_ACTION_DROP, "E0518", "the guest allocates from its own memory");
	else
		answer(q, BH_ACTION_REFUSE, "E0557",
		       "it works in memory that the board sets aside at a fixed place");
}

static void decide_syscon(const struct question *q)
{
	answer(q, BH_ACTION_REFUSE, "E0555",
	       "its driver writes registers that other devices have bits in");
}

static void decide_mailbox(const struct question *q)
{
	if (decide_raw_provider(q))
		return;
	answer(q, BH_ACTION_REFUSE, "E0556", "the channel leads to firmware that the host uses");
}

static void decide_firmware(const struct question *q)
{
	answer(q, BH_ACTION_REFUSE, "E0556", "its driver talks to firmware that the host uses");
}

/* Must come along; when it could, bh_plan_join() has taken it in. */
static void decide_joining(const struct question *q)
{
	if (q->target_unit && !bh_plan_outside_need(q->plan, q->vm, q->target_unit))
		answer(q, BH_ACTION_REFUSE, "E0564",
		       "it cannot work without, and that one has to be asked for");
	else
		answer(q, BH_ACTION_REFUSE, "E0558",
		       "it cannot work without, and others use that too");
	q->answer->other = q->target_unit;
}

static void decide_config(const struct question *q)
{
	answer(q, BH_ACTION_COPY, "E0527", "only settings: copied");
}

static void decide_graph(const struct question *q)
{
	answer(q, BH_ACTION_DROP, "E0516", "the other end of the link is not in the VM");
}

static void decide_hint(const struct question *q)
{
	answer(q, BH_ACTION_DROP, "E0515", "a matter of speed or heat, which the host looks after");
}

static void decide_gpio(const struct question *q)
{
	answer(q, BH_ACTION_DROP, "E0509", "the line stays with the host");
}

static void decide_helper(const struct question *q)
{
	answer(q, BH_ACTION_DROP, "E0517", "the driver works without; the helper stays behind");
}

static void decide_msi(const struct question *q)
{
	answer(q, BH_ACTION_REFUSE, "E0565", "message interrupts go through the host's controller");
}

static const struct {
	void (*decide)(const struct question *q);
	enum bh_behind behind;
	bool joins;
} kinds[BH_REF_KIND_COUNT] = {
	[BH_REF_CLOCK] = {decide_clock, BH_BEHIND_NEEDS},
	[BH_REF_ASSIGNED_CLOCK] = {decide_assigned_clock, BH_BEHIND_IGNORE},
	[BH_REF_RESET] = {decide_reset, BH_BEHIND_NEEDS},
	[BH_REF_POWER_DOMAIN] = {decide_domain, BH_BEHIND_NEEDS},
	[BH_REF_REGULATOR] = {decide_regulator, BH_BEHIND_NEEDS},
	[BH_REF_PINCTRL] = {decide_pinctrl, BH_BEHIND_NEEDS},
	[BH_REF_GPIO] = {decide_gpio, BH_BEHIND_NEEDS},
	[BH_REF_INTERRUPT] = {decide_interrupt, BH_BEHIND_NEEDS},
	[BH_REF_MSI] = {decide_msi, BH_BEHIND_NEEDS},
	[BH_REF_IOMMU] = {decide_iommu, BH_BEHIND_NEEDS},
	[BH_REF_DMA] = {decide_dma, BH_BEHIND_NEEDS},
	[BH_REF_MAILBOX] = {decide_mailbox, BH_BEHIND_NEEDS},
	[BH_REF_SHMEM] = {decide_mailbox, BH_BEHIND_NEEDS},
	[BH_REF_SRAM] = {decide_joining, BH_BEHIND_NEEDS, .joins = true},
	[BH_REF_MEMORY] = {decide_memory, BH_BEHIND_IGNORE},
	[BH_REF_NVMEM] = {decide_nvmem, BH_BEHIND_NEEDS},
	[BH_REF_PHY] = {decide_joining, BH_BEHIND_NEEDS, .joins = true},
	[BH_REF_MDIO] = {decide_joining, BH_BEHIND_NEEDS, .joins = true},
	[BH_REF_SFP] = {decide_helper, BH_BEHIND_IGNORE},
	[BH_REF_PWM] = {decide_helper, BH_BEHIND_NEEDS},
	[BH_REF_BACKLIGHT] = {decide_helper, BH_BEHIND_IGNORE},
	[BH_REF_PANEL] = {decide_helper, BH_BEHIND_NEEDS},
	[BH_REF_LED] = {decide_helper, BH_BEHIND_IGNORE},
	[BH_REF_IO_CHANNEL] = {decide_helper, BH_BEHIND_NEEDS},
	[BH_REF_EXTCON] = {decide_helper, BH_BEHIND_IGNORE},
	[BH_REF_SOUND] = {decide_joining, BH_BEHIND_NEEDS, .joins = true},
	[BH_REF_GRAPH] = {decide_graph, BH_BEHIND_IGNORE},
	[BH_REF_INTERCONNECT] = {decide_hint, BH_BEHIND_NEEDS},
	[BH_REF_OPP] = {decide_hint, BH_BEHIND_IGNORE},
	[BH_REF_THERMAL] = {decide_hint, BH_BEHIND_IGNORE},
	[BH_REF_CPU] = {decide_hint, BH_BEHIND_IGNORE},
	[BH_REF_HWLOCK] = {decide_syscon, BH_BEHIND_NEEDS},
	[BH_REF_SYSCON] = {decide_syscon, BH_BEHIND_NEEDS},
	[BH_REF_FIRMWARE] = {decide_firmware, BH_BEHIND_NEEDS},
	[BH_REF_CONFIG] = {decide_config, BH_BEHIND_IGNORE},
	[BH_REF_DEVICE] = {decide_joining, BH_BEHIND_NEEDS, .joins = true},
};

enum bh_behind bh_plan_behind(enum bh_ref_kind kind)
{
	return kinds[kind].behind;
}

bool bh_plan_kind_joins(enum bh_ref_kind kind)
{
	return kinds[kind].joins;
}

void bh_plan_decide_kind(struct bh_plan *plan, struct bh_plan_vm *vm,
			 const struct bh_plan_unit *unit, struct bh_decision *decision)
{
	const struct bh_ref *ref = decision->ref;
	struct question q = {.plan = plan,
			     .vm = vm,
			     .unit = unit,
			     .ref = ref,
			     .target_unit = bh_plan_target_unit(plan, ref),
			     .answer = decision};

	if (ref->state != BH_REF_OK) {
		answer(&q, BH_ACTION_DROP, "E0521",
		       ref->state == BH_REF_EMPTY ? "the entry is empty" : "it leads nowhere");
		return;
	}
	/* A supplier that is in the VM anyway is simply used. Interrupts look closer. */
	if (ref->kind != BH_REF_INTERRUPT && ref->kind != BH_REF_IOMMU &&
	    bh_plan_has(plan, vm, q.target_unit)) {
		answer(&q, BH_ACTION_COPY, "E0510",
		       q.target_unit == unit->node ? "part of the device itself"
						   : "its supplier is in the same VM");
		return;
	}
	kinds[ref->kind].decide(&q);
}
