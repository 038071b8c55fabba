/* SPDX-License-Identifier: Apache-2.0 */
/* What a VM owns, as one list of indivisible resources. */
#include "plan/plan_private.h"

#include "dt/cells.h"

#include <string.h>

static const char *const claim_names[BH_CLAIM_KIND_COUNT] = {
	[BH_CLAIM_PAGE] = "page",
	[BH_CLAIM_IRQ] = "interrupt",
	[BH_CLAIM_STREAM] = "stream-id",
	[BH_CLAIM_CLOCK] = "clock",
	[BH_CLAIM_RESET] = "reset",
	[BH_CLAIM_DOMAIN] = "power-domain",
	[BH_CLAIM_REGULATOR] = "regulator",
	[BH_CLAIM_PIN] = "pin",
	[BH_CLAIM_GPIO] = "gpio",
	[BH_CLAIM_PHY] = "phy",
	[BH_CLAIM_DMA] = "dma",
	[BH_CLAIM_MAILBOX] = "mailbox",
	[BH_CLAIM_MEMORY] = "memory",
	[BH_CLAIM_SYSCON] = "syscon",
};

const char *bh_claim_kind_name(enum bh_claim_kind kind)
{
	return claim_names[kind];
}

static struct bh_claim *add(struct bh_plan_vm *vm, enum bh_claim_kind kind, size_t unit)
{
	struct bh_claim *claim;

	bh_grow((void **)&vm->claims, &vm->claim_room, vm->claim_count + 1, sizeof(*vm->claims));
	claim = &vm->claims[vm->claim_count++];
	*claim = (struct bh_claim){.kind = kind, .unit = (uint32_t)unit};
	return claim;
}

void bh_plan_add_claim(struct bh_plan_vm *vm, struct bh_claim claim)
{
	*add(vm, claim.kind, 0) = claim;
}

static void claim_pages(struct bh_plan *plan, struct bh_plan_vm *vm, size_t unit,
			const struct bh_dt_node *node)
{
	struct bh_range range;

	for (uint32_t i = 0, count = bh_dt_reg_count(node); i < count; i++) {
		if (bh_dt_reg_cpu(node, i, &range) != BH_DT_OK || !range.size ||
		    !bh_range_align_out(range, plan->page, &range))
			continue;
		add(vm, BH_CLAIM_PAGE, unit)->range = range;
	}
}

/* What the guest's GIC is told: it knows rising edges and high levels only. */
static enum bh_irq_trigger guest_trigger(const struct bh_dt_irq *irq)
{
	uint32_t flags = irq->trigger;

	/* Most controllers give the type in the last cell, numbered as in the bindings. */
	if (irq->line == BH_IRQ_OTHER && irq->count > 1)
		flags = irq->cells[irq->count - 1] & 0xf;
	return flags & (BH_IRQ_EDGE_RISING | BH_IRQ_EDGE_FALLING) ? BH_IRQ_EDGE_RISING
								  : BH_IRQ_LEVEL_HIGH;
}

/* The decision on interrupt `index` of a node; with both properties the extended one counts. */
static const struct bh_decision *irq_decision(const struct bh_plan *plan,
					      const struct bh_plan_vm *vm,
					      const struct bh_dt_node *node, uint32_t index)
{
	const struct bh_dt_prop *prop = bh_dt_get(node, "interrupts-extended");
	size_t count;
	const struct bh_ref *refs;

	if (!prop)
		prop = bh_dt_get(node, "interrupts");
	refs = bh_refs_of(plan->survey->refs, node, prop, &count);
	/* Entries are in order; damaged ones may be missing at the end. */
	if (index < count && refs[index].index == index)
		return bh_plan_decision(vm, &refs[index]);
	return NULL;
}

static void claim_irqs(struct bh_plan *plan, struct bh_plan_vm *vm, size_t unit,
		       const struct bh_dt_node *node)
{
	struct bh_dt_irq irq;

	if (!bh_dt_has(node, "interrupts") && !bh_dt_has(node, "interrupts-extended"))
		return;
	for (uint32_t i = 0, n = bh_dt_irq_count(plan->survey->tree, node); i < n; i++) {
		const struct bh_decision *d = irq_decision(plan, vm, node, i);
		bool gic, passed;

		if (!d || !bh_dt_irq(plan->survey->tree, node, i, &irq))
			continue;
		gic = d->action == BH_ACTION_COPY &&
		      (irq.line == BH_IRQ_SPI || irq.line == BH_IRQ_ESPI);
		passed = d->action == BH_ACTION_MEDIATE;
		if (!gic && !passed)
			continue;
		if (gic) {
			struct bh_claim *claim = add(vm, BH_CLAIM_IRQ, unit);
			claim->id[0] = irq.intid;
			claim->id_count = 1;
		}
		bh_grow((void **)&vm->irqs, &vm->irq_room, vm->irq_count + 1, sizeof(*vm->irqs));
		vm->irqs[vm->irq_count++] = (struct bh_plan_irq){.node = node,
								 .index = i,
								 .host = irq.intid,
								 .guest = irq.intid,
								 .trigger = guest_trigger(&irq)};
	}
}

static bool claim_kind(const struct bh_decision *d, enum bh_claim_kind *kind)
{
	static const uint8_t kinds[BH_REF_KIND_COUNT] = {
		/* one more than the claim's kind; 0: no claim */
		[BH_REF_CLOCK] = BH_CLAIM_CLOCK + 1,
		[BH_REF_RESET] = BH_CLAIM_RESET + 1,
		[BH_REF_POWER_DOMAIN] = BH_CLAIM_DOMAIN + 1,
		[BH_REF_REGULATOR] = BH_CLAIM_REGULATOR + 1,
		[BH_REF_PINCTRL] = BH_CLAIM_PIN + 1,
		[BH_REF_GPIO] = BH_CLAIM_GPIO + 1,
		[BH_REF_PHY] = BH_CLAIM_PHY + 1,
		[BH_REF_DMA] = BH_CLAIM_DMA + 1,
		[BH_REF_MAILBOX] = BH_CLAIM_MAILBOX + 1,
		[BH_REF_IOMMU] = BH_CLAIM_STREAM + 1,
		[BH_REF_MEMORY] = BH_CLAIM_MEMORY + 1,
		[BH_REF_SYSCON] = BH_CLAIM_SYSCON + 1,
	};
	uint8_t found = kinds[d->ref->kind];

	if (!found || d->action == BH_ACTION_DROP || d->action == BH_ACTION_REFUSE)
		return false;
	*kind = (enum bh_claim_kind)(found - 1);
	return true;
}

static void claim_refs(struct bh_plan_vm *vm, size_t unit)
{
	const struct bh_plan_unit *u = &vm->units[unit];

	for (size_t i = u->decision_start; i < u->decision_start + u->decision_count; i++) {
		const struct bh_decision *d = &vm->decisions[i];
		enum bh_claim_kind kind;
		struct bh_claim *claim;

		if (d->ref->state != BH_REF_OK || !claim_kind(d, &kind))
			continue;
		claim = add(vm, kind, unit);
		claim->provider = d->ref->target;
		claim->ref = d->ref;
		/* What the host goes on serving to several has no single owner. */
		claim->shared = d->action == BH_ACTION_HOLD ||
				(d->action == BH_ACTION_MEDIATE && !d->may_switch) ||
				(d->action == BH_ACTION_SUBSTITUTE && kind != BH_CLAIM_STREAM);
		if (kind == BH_CLAIM_STREAM)
			claim->shared = false;
		claim->id_count = d->ref->arg_count < 4 ? d->ref->arg_count : 4;
		for (uint32_t a = 0; a < claim->id_count; a++)
			claim->id[a] = bh_ref_arg(d->ref, a);
	}
}

void bh_plan_claim(struct bh_plan *plan, struct bh_plan_vm *vm)
{
	for (size_t u = 0; u < vm->unit_count; u++) {
		if (vm->units[u].role == BH_ROLE_PROVIDER)
			continue;
		bh_dt_for_each(node, (struct bh_dt_node *)vm->units[u].node)
		{
			if (!bh_survey_of(plan->survey, node)->enabled)
				continue;
			claim_pages(plan, vm, u, node);
			claim_irqs(plan, vm, u, node);
		}
		claim_refs(vm, u);
	}
	/* Raw: the pages and lines of providers that are copied. */
	for (size_t e = 0; e < vm->extra_count; e++) {
		const struct bh_dt_node *head = bh_survey_of(plan->survey, vm->extras[e])->unit;
		size_t u = 0;

		while (u < vm->unit_count && vm->units[u].node != head)
			u++;
		if (u == vm->unit_count)
			continue;
		claim_pages(plan, vm, u, vm->extras[e]);
		claim_irqs(plan, vm, u, vm->extras[e]);
	}
}
