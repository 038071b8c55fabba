/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Co-assignment: which units outside the VM are tied to units inside it, and why. Hard ties must be
 * followed (one stream id cannot be in two hands), soft ones are taken care of by mediation and are
 * told as further reasons. The smallest legal set is what hard ties reach from the units asked for.
 */
#include "plan/plan_private.h"

#include "base/str.h"
#include "dt/cells.h"

#include <stdlib.h>
#include <string.h>

#define SET_MAX    24         /* a larger set is the board itself */
#define LOSSES_MAX 256        /* so many virtual devices lose their supplier: the board too */
#define WORK_MAX   (64 << 20) /* comparisons; real boards take some thousands */

/* The set of units as it grows, and what it found. */
struct walk {
	struct bh_plan *plan;
	struct bh_plan_vm *vm;
	const struct bh_dt_node *set[SET_MAX];
	size_t set_count;
	bool too_many;
	size_t work;
	struct bh_tie *ties;
	size_t tie_count, tie_room;
	struct bh_loss *losses; /* of units in the VM only; NULL: not wanted */
	size_t loss_count, loss_room;
	const struct bh_dt_node *unit; /* whose ties are looked for */
};

static const char *const tie_names[BH_TIE_KIND_COUNT] = {
	[BH_TIE_STREAM] = "stream-id",    [BH_TIE_SINGLE_DOMAIN] = "single-domain",
	[BH_TIE_GROUP] = "iommu-group",   [BH_TIE_PAGE] = "page",
	[BH_TIE_IRQ] = "interrupt",       [BH_TIE_SUPPLIER] = "supplier",
	[BH_TIE_CONSUMER] = "consumer",   [BH_TIE_SUPPLY] = "power-supply",
	[BH_TIE_CLOCK] = "clock",         [BH_TIE_RESET] = "reset",
	[BH_TIE_DOMAIN] = "power-domain",
};

const char *bh_tie_kind_name(enum bh_tie_kind kind)
{
	return tie_names[kind];
}

static bool in_set(const struct walk *w, const struct bh_dt_node *unit)
{
	for (size_t i = 0; i < w->set_count; i++)
		if (w->set[i] == unit)
			return true;
	return false;
}

static bool owned(const struct walk *w, const struct bh_dt_node *unit)
{
	return bh_plan_has(w->plan, w->vm, unit) || in_set(w, unit);
}

static void tie(struct walk *w, enum bh_tie_kind kind, bool hard, const struct bh_dt_node *other,
		const struct bh_ref *ref, const struct bh_ref *others, uint64_t value)
{
	size_t same = 0;

	/* One reason of a kind is enough for a pair. */
	for (size_t i = 0; i < w->tie_count; i++) {
		const struct bh_tie *t = &w->ties[i];
		if (t->a == w->unit && t->b == other && t->kind == kind)
			return;
		same += t->a == w->unit && t->hard;
	}
	if (same > SET_MAX) {
		w->too_many = true;
		return;
	}
	bh_grow((void **)&w->ties, &w->tie_room, w->tie_count + 1, sizeof(*w->ties));
	w->ties[w->tie_count++] = (struct bh_tie){.kind = kind,
						  .hard = hard,
						  .a = w->unit,
						  .b = other,
						  .ref = ref,
						  .other = others,
						  .value = value};
	if (!hard || owned(w, other))
		return;
	/* The board's power supply stays, however small the set would be. */
	if (kind == BH_TIE_SUPPLY)
		return;
	if (w->set_count < SET_MAX)
		w->set[w->set_count++] = other;
	else
		w->too_many = true;
}

/* Stream ids: one or two cells (id, mask); without cells the IOMMU knows one master only. */
static void stream_of(const struct bh_ref *ref, uint32_t *id, uint32_t *mask, uint32_t *count)
{
	*id = *mask = 0;
	*count = 1;
	if (ref->rule->shape == BH_SHAPE_ID_MAP) {
		*id = ref->arg_count > 1 ? bh_dt_cell(ref->prop, ref->entry + 2) : 0;
		*count = ref->arg_count > 1 ? bh_dt_cell(ref->prop, ref->entry + 3) : 1;
		return;
	}
	if (ref->arg_count > 0)
		*id = bh_ref_arg(ref, 0);
	if (ref->arg_count > 1)
		*mask = bh_ref_arg(ref, 1);
}

static bool streams_meet(const struct bh_ref *a, const struct bh_ref *b)
{
	uint32_t ida, ma, na, idb, mb, nb;

	stream_of(a, &ida, &ma, &na);
	stream_of(b, &idb, &mb, &nb);
	if (na > 1 || nb > 1)
		return ida <= idb ? idb - ida < na : ida - idb < nb;
	return !((ida ^ idb) & ~(ma | mb));
}

static bool is_single_domain(const struct bh_board *board, const struct bh_dt_node *iommu)
{
	for (size_t i = 0; i < board->single_domain_count; i++)
		if (bh_board_matches(iommu, board->single_domain[i]))
			return true;
	return false;
}

static void tie_streams(struct walk *w, const struct bh_ref *ref)
{
	const struct bh_survey *survey = w->plan->survey;
	bool single = is_single_domain(survey->board, ref->target);
	size_t count;
	const struct bh_ref *const *others = bh_refs_to(survey->refs, ref->target, &count);

	w->work += count;
	if (w->work > WORK_MAX)
		w->too_many = true;
	for (size_t i = 0; i < count && !w->too_many; i++) {
		const struct bh_survey_node *from = bh_survey_of(survey, others[i]->from);
		uint32_t id, mask, n;

		if (others[i]->kind != BH_REF_IOMMU || !from->enabled || !from->unit ||
		    from->unit == w->unit || others[i]->rule->shape == BH_SHAPE_IOMMU_ADDRESSES)
			continue;
		stream_of(ref, &id, &mask, &n);
		if (streams_meet(ref, others[i]))
			tie(w, BH_TIE_STREAM, true, from->unit, ref, others[i], id);
		else if (single)
			tie(w, BH_TIE_SINGLE_DOMAIN, true, from->unit, ref, others[i], id);
	}
}

static void tie_soft(struct walk *w, enum bh_tie_kind kind, const struct bh_ref *ref)
{
	const struct bh_survey *survey = w->plan->survey;
	const struct bh_dt_node *target = bh_survey_of(survey, ref->target)->unit;
	bool provider_copied = w->vm->raw && target && bh_survey_of(survey, target)->addressed;
	const struct bh_ref *other = NULL;

	while (!w->too_many && (other = bh_survey_same(survey, ref, other))) {
		const struct bh_dt_node *unit = bh_survey_of(survey, other->from)->unit;

		w->too_many |= ++w->work > WORK_MAX;
		/* Who uses the very same thing; told only of units that hard ties bring in anyway,
		 * or when the guest would hold the provider itself. */
		if (unit && unit != w->unit && unit != target &&
		    (provider_copied || in_set(w, unit)))
			tie(w, kind, provider_copied, unit, ref, other, 0);
	}
}

static void tie_refs(struct walk *w, const struct bh_dt_node *node, bool soft)
{
	size_t count;
	const struct bh_ref *refs = bh_refs_from(w->plan->survey->refs, node, &count);

	for (size_t i = 0; i < count; i++) {
		const struct bh_ref *ref = &refs[i];

		if (ref->state != BH_REF_OK)
			continue;
		if (!soft && ref->kind == BH_REF_IOMMU &&
		    ref->rule->shape != BH_SHAPE_IOMMU_ADDRESSES &&
		    bh_survey_of(w->plan->survey, ref->target)->enabled) {
			tie_streams(w, ref);
		} else if (!soft && bh_plan_kind_joins(ref->kind) &&
			   !(ref->rule->flags & BH_RULE_REVERSE)) {
			const struct bh_decision *d = bh_plan_decision(w->vm, ref);
			const struct bh_dt_node *unit = bh_plan_target_unit(w->plan, ref);

			if (unit && unit != w->unit && !bh_plan_has(w->plan, w->vm, unit) &&
			    (!d || d->action == BH_ACTION_REFUSE))
				tie(w, BH_TIE_SUPPLIER, true, unit, ref, NULL, 0);
		} else if (soft && ref->kind == BH_REF_CLOCK) {
			tie_soft(w, BH_TIE_CLOCK, ref);
		} else if (soft && ref->kind == BH_REF_RESET) {
			tie_soft(w, BH_TIE_RESET, ref);
		} else if (soft && ref->kind == BH_REF_POWER_DOMAIN) {
			tie_soft(w, BH_TIE_DOMAIN, ref);
		}
	}
}

static void tie_groups(struct walk *w, const struct bh_dt_node *node)
{
	const struct bh_survey *survey = w->plan->survey;
	uint32_t group = bh_survey_of(survey, node)->group;

	bh_dt_for_each(other, survey->tree->root)
	{
		const struct bh_survey_node *facts = bh_survey_of(survey, other);

		if (w->too_many || !group)
			return;
		if (facts->group == group && facts->unit != w->unit)
			tie(w, BH_TIE_GROUP, true, facts->unit, NULL, NULL, group - 1);
	}
}

static void tie_pages(struct walk *w, const struct bh_dt_node *node)
{
	struct bh_range range;

	for (uint32_t i = 0, count = bh_dt_reg_count(node); i < count; i++) {
		const struct bh_survey_window *window;
		size_t at = 0;

		if (bh_dt_reg_cpu(node, i, &range) != BH_DT_OK || !range.size ||
		    !bh_range_align_out(range, w->plan->page, &range))
			continue;
		while (!w->too_many && (window = bh_survey_overlap(w->plan->survey, range, &at))) {
			w->too_many |= ++w->work > WORK_MAX;
			const struct bh_dt_node *unit =
				bh_survey_of(w->plan->survey, window->node)->unit;

			if (unit != w->unit)
				tie(w, BH_TIE_PAGE, true, unit, NULL, NULL,
				    bh_align_down(window->range.base, w->plan->page));
		}
	}
}

static void tie_irqs(struct walk *w, const struct bh_dt_node *node)
{
	struct bh_dt_irq irq;

	if (!bh_dt_has(node, "interrupts") && !bh_dt_has(node, "interrupts-extended"))
		return;
	for (uint32_t i = 0, n = bh_dt_irq_count(w->plan->survey->tree, node); i < n; i++) {
		const struct bh_survey_irq *user = NULL;

		if (!bh_dt_irq(w->plan->survey->tree, node, i, &irq) || irq.line != BH_IRQ_SPI)
			continue;
		while (!w->too_many &&
		       (user = bh_survey_irq_users(w->plan->survey, irq.intid, user))) {
			w->too_many |= ++w->work > WORK_MAX;
			const struct bh_dt_node *unit =
				bh_survey_of(w->plan->survey, user->node)->unit;

			if (unit != w->unit)
				tie(w, BH_TIE_IRQ, true, unit, NULL, NULL, irq.intid);
		}
	}
}

static void lose(struct walk *w, const struct bh_dt_node *node, const struct bh_ref *ref)
{
	if (w->loss_count == LOSSES_MAX) {
		w->too_many = true;
		return;
	}
	bh_grow((void **)&w->losses, &w->loss_room, w->loss_count + 1, sizeof(*w->losses));
	w->losses[w->loss_count++] = (struct bh_loss){.node = node, .ref = ref};
}

static bool is_told(const struct walk *w, const struct bh_dt_node *unit)
{
	for (size_t i = 0; i < w->loss_count; i++)
		if (w->losses[i].node == unit)
			return true;
	for (size_t i = 0; i < w->tie_count; i++)
		if (w->ties[i].a == w->unit && w->ties[i].b == unit &&
		    (w->ties[i].kind == BH_TIE_CONSUMER || w->ties[i].kind == BH_TIE_SUPPLY))
			return true;
	return false;
}

/* Does anybody need a part of this virtual device? Then it is more than a user of its own. */
static bool is_needed(const struct walk *w, const struct bh_dt_node *unit)
{
	bh_dt_for_each(node, (struct bh_dt_node *)unit)
	{
		size_t count;
		const struct bh_ref *const *refs = bh_refs_to(w->plan->survey->refs, node, &count);

		for (size_t i = 0; i < count; i++) {
			const struct bh_survey_node *from =
				bh_survey_of(w->plan->survey, refs[i]->from);
			if (from->enabled && from->unit != unit &&
			    bh_plan_behind(refs[i]->kind) == BH_BEHIND_NEEDS &&
			    !owned(w, from->unit))
				return true;
		}
	}
	return false;
}

/* The reverse pass: who stays behind and cannot do without. */
static void tie_consumers(struct walk *w, const struct bh_dt_node *node)
{
	const struct bh_survey *survey = w->plan->survey;
	size_t count;
	const struct bh_ref *const *refs = bh_refs_to(survey->refs, node, &count);

	for (size_t i = 0; i < count; i++) {
		const struct bh_ref *ref = refs[i];
		const struct bh_survey_node *from = bh_survey_of(survey, ref->from);

		if (!from->enabled || from->unit == w->unit ||
		    (ref->rule->flags & (BH_RULE_REVERSE | BH_RULE_OPTIONAL)) ||
		    bh_plan_behind(ref->kind) != BH_BEHIND_NEEDS ||
		    bh_plan_has(w->plan, w->vm, from->unit))
			continue;
		if (!from->unit) {
			/* A bus, a CPU, a reserved region: it cannot be moved. */
			tie(w, BH_TIE_CONSUMER, true, ref->from, ref, NULL, 0);
		} else if (is_told(w, from->unit)) {
			continue;
		} else if (bh_survey_is_virtual(survey, from->unit) && !is_needed(w, from->unit)) {
			lose(w, from->unit, ref);
		} else {
			tie(w, ref->kind == BH_REF_REGULATOR ? BH_TIE_SUPPLY : BH_TIE_CONSUMER,
			    true, from->unit, ref, NULL, 0);
		}
		if (w->too_many)
			return;
	}
}

static void find_ties(struct walk *w, const struct bh_dt_node *unit, bool soft)
{
	w->unit = unit;
	bh_dt_for_each(node, (struct bh_dt_node *)unit)
	{
		const struct bh_survey_node *facts = bh_survey_of(w->plan->survey, node);

		if (!facts->enabled || w->too_many)
			continue;
		tie_refs(w, node, soft);
		if (soft)
			continue;
		if (facts->addressed) {
			tie_pages(w, node);
			tie_irqs(w, node);
			tie_groups(w, node);
		}
		tie_consumers(w, node);
	}
}

static const struct {
	const char *code, *text;
} refusals[BH_TIE_KIND_COUNT] = {
	[BH_TIE_STREAM] = {"E0548", "the IOMMU sees both as one (the same stream id)"},
	[BH_TIE_SINGLE_DOMAIN] = {"E0567", "their IOMMU has one translation for all its devices"},
	[BH_TIE_GROUP] = {"E0548", "the host's kernel has both in one IOMMU group"},
	[BH_TIE_PAGE] = {"E0549", "their registers share a page"},
	[BH_TIE_IRQ] = {"E0550", "they share an interrupt line"},
	[BH_TIE_SUPPLIER] = {"E0564", "it cannot work without it"},
	[BH_TIE_CONSUMER] = {"E0547", "it would be left behind without what it needs"},
	[BH_TIE_SUPPLY] = {"E0545", "it feeds the other one"},
	[BH_TIE_CLOCK] = {"E0547", "both use a clock of the provider that would go"},
	[BH_TIE_RESET] = {"E0547", "both use a reset of the provider that would go"},
	[BH_TIE_DOMAIN] = {"E0547", "both are in a power domain of the provider that would go"},
};

/* It would come along by itself once all its users are in the VM. */
static bool comes_along(const struct walk *w, const struct bh_dt_node *unit)
{
	for (size_t i = 0; i < w->tie_count; i++)
		if (w->ties[i].b == unit && w->ties[i].kind != BH_TIE_SUPPLIER && w->ties[i].hard)
			return false;
	return w->set_count > 1 && bh_class_is_slave(bh_class_of(unit));
}

/* The proposal: what to add, or which member of the set forbids it. */
static void propose(struct walk *w, struct bh_refusal *refusal)
{
	struct bh_buf names = {0};

	for (size_t i = 0; i < w->tie_count; i++) {
		const struct bh_tie *t = &w->ties[i];

		if (t->kind != BH_TIE_SUPPLY || bh_plan_has(w->plan, w->vm, t->b) ||
		    in_set(w, t->b))
			continue;
		bh_plan_hint(
			w->plan, refusal,
			"no set of devices is legal: %s feeds %s, and the board's power supply "
			"stays with the host",
			bh_plan_name(w->plan, t->a), bh_plan_name(w->plan, t->b));
		return;
	}
	if (w->too_many) {
		bh_plan_hint(w->plan, refusal,
			     "there is no small set: more than %d other devices hang together here",
			     SET_MAX);
		return;
	}
	for (size_t i = 0; i < w->set_count; i++) {
		const struct bh_survey_node *facts = bh_survey_of(w->plan->survey, w->set[i]);
		int owner = bh_plan_owner(w->plan, w->set[i]);

		if (facts->never || !facts->unit) {
			bh_plan_hint(w->plan, refusal,
				     "no set of devices is legal: it would need %s, %s",
				     bh_plan_name(w->plan, w->set[i]),
				     facts->unit ? bh_never_text((enum bh_never)facts->never)
						 : "a part of the board itself");
			bh_buf_finish(&names);
			return;
		}
		if (owner >= 0) {
			bh_plan_hint(w->plan, refusal, "%s is in VM %s: put them in one VM",
				     bh_plan_name(w->plan, w->set[i]),
				     w->plan->vms[owner].config->name.value);
			bh_buf_finish(&names);
			return;
		}
		if (!comes_along(w, w->set[i]))
			bh_buf_addf(&names, "%s\"%s\"", names.length ? ", " : "",
				    bh_plan_name(w->plan, w->set[i]));
	}
	bh_plan_hint(w->plan, refusal, "the smallest legal set: add %s to `devices` of VM %s",
		     bh_buf_str(&names), w->vm->config->name.value);
	bh_buf_finish(&names);
}

static void refuse_ties(struct walk *w, size_t hard_count)
{
	for (size_t i = 0; i < hard_count; i++) {
		const struct bh_tie *t = &w->ties[i];
		const struct bh_plan_unit *unit = NULL;
		struct bh_refusal *refusal;
		bool told = false;

		for (size_t u = 0; u < w->vm->unit_count; u++)
			if (w->vm->units[u].node == t->a)
				unit = &w->vm->units[u];
		/* Ties between two units of the proposal explain it; they refuse nothing. */
		if (!unit || !t->hard || bh_plan_has(w->plan, w->vm, t->b))
			continue;
		/* Nor does a supplier that its own reference has refused. */
		for (size_t r = 0; r < w->vm->refusal_count; r++)
			told |= t->ref && w->vm->refusals[r].ref == t->ref;
		if (told) {
			for (size_t r = 0; r < w->vm->refusal_count; r++)
				if (w->vm->refusals[r].ref == t->ref)
					propose(w, &w->vm->refusals[r]);
			continue;
		}
		refusal = bh_plan_refuse(
			w->plan, w->vm, unit, refusals[t->kind].code,
			t->ref && bh_survey_of(w->plan->survey, t->ref->from)->unit == t->a ? t->ref
											    : NULL,
			t->b, "%s and %s cannot be in different hands: %s",
			bh_plan_name(w->plan, t->a), bh_plan_name(w->plan, t->b),
			refusals[t->kind].text);
		propose(w, refusal);
	}
}

void bh_plan_tie(struct bh_plan *plan, struct bh_plan_vm *vm)
{
	struct walk w = {.plan = plan, .vm = vm};
	size_t hard;

	for (size_t u = 0; u < vm->unit_count; u++)
		if (vm->units[u].role != BH_ROLE_PROVIDER && !vm->units[u].hopeless)
			find_ties(&w, vm->units[u].node, false);
	/* Raw: who else uses the very things of a provider that goes. */
	if (vm->raw)
		for (size_t u = 0; u < vm->unit_count; u++)
			if (vm->units[u].role != BH_ROLE_PROVIDER && !vm->units[u].hopeless)
				find_ties(&w, vm->units[u].node, true);
	/* What the VM takes from the host is known now; the rest of the walk only proposes. */
	vm->losses = w.losses;
	vm->loss_count = w.loss_count;
	w.losses = NULL;
	w.loss_count = w.loss_room = 0;
	hard = w.tie_count;
	for (size_t i = 0; i < w.set_count && !w.too_many; i++)
		find_ties(&w, w.set[i], false);
	free(w.losses);
	if (!vm->raw)
		for (size_t u = 0; u < vm->unit_count && hard; u++)
			find_ties(&w, vm->units[u].node, true);
	refuse_ties(&w, hard);
	/* Whoever gave up counting has not seen all there is. */
	if (w.too_many && !vm->refusal_count && vm->unit_count)
		bh_plan_refuse(plan, vm, &vm->units[0], "E0547", NULL, NULL,
			       "more devices hang together here than can be told apart");
	vm->ties = w.ties;
	vm->tie_count = w.tie_count;
}
