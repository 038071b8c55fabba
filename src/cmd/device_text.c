/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/device_text.h"

#include "base/str.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void add_name(struct bh_buf *buf, const struct bh_plan *plan, const struct bh_dt_node *node)
{
	bh_dt_add_short_name(buf, plan->survey->tree, node);
}

static void add_rate(struct bh_buf *text, uint64_t rate)
{
	bh_buf_addf(text, "%" PRIu64 " Hz", rate);
}

/* What the guest gets instead, and what it may do. */
static void add_result(struct bh_buf *text, const struct bh_decision *d)
{
	const char *thing = d->ref->kind == BH_REF_CLOCK   ? "clock"
			    : d->ref->kind == BH_REF_RESET ? "reset"
							   : "domain";

	if (d->action == BH_ACTION_MEDIATE && d->id >= 0) {
		bh_buf_addf(text, " [scmi %s %d", thing, d->id);
		if (d->may_switch)
			bh_buf_adds(text,
				    d->ref->kind == BH_REF_RESET ? ", may assert" : ", may switch");
		if (d->may_rate) {
			bh_buf_adds(text, ", may set up to ");
			add_rate(text, d->max_rate);
		}
		bh_buf_addc(text, ']');
	} else if (d->action == BH_ACTION_SUBSTITUTE && d->ref->kind == BH_REF_CLOCK) {
		bh_buf_adds(text, " [");
		add_rate(text, d->rate);
		bh_buf_addc(text, ']');
	} else if (d->action == BH_ACTION_SUBSTITUTE && d->microvolt) {
		bh_buf_addf(text, " [%" PRIu32 " uV]", d->microvolt);
	}
}

static void add_decision(struct bh_buf *text, const struct bh_plan *plan,
			 const struct bh_decision *d)
{
	bh_buf_addf(text, "  %-10s ", bh_action_name(d->action));
	bh_ref_add_text(text, plan->survey->tree, d->ref);
	if (d->to) {
		bh_buf_adds(text, " -> ");
		add_name(text, plan, d->to);
	}
	add_result(text, d);
	bh_buf_addf(text, "\n             %s %s", d->code, d->why);
	if (d->other) {
		bh_buf_adds(text, " (");
		add_name(text, plan, d->other);
		bh_buf_addc(text, ')');
	}
	if (d->overruled)
		bh_buf_adds(text, " [overruled]");
	/* Without a snapshot this is so of everything, and said once above. */
	if (d->tree_only && plan->survey->snapshot)
		bh_buf_adds(text, " [tree only]");
	bh_buf_addc(text, '\n');
}

static const char *tie_text(const struct bh_tie *tie)
{
	switch (tie->kind) {
	case BH_TIE_STREAM:
		return "the IOMMU sees both under one stream id";
	case BH_TIE_SINGLE_DOMAIN:
		return "their IOMMU has one translation for all";
	case BH_TIE_GROUP:
		return "in one IOMMU group on the host";
	case BH_TIE_PAGE:
		return "registers in one page";
	case BH_TIE_IRQ:
		return "one interrupt line";
	case BH_TIE_SUPPLIER:
		return "cannot work without it";
	case BH_TIE_CONSUMER:
		return "cannot work without what would be taken away";
	case BH_TIE_SUPPLY:
		return "is fed by it";
	case BH_TIE_CLOCK:
		return "uses the same clock";
	case BH_TIE_RESET:
		return "hangs on the same reset";
	default:
		return "is in the same power domain";
	}
}

static void add_tie(struct bh_buf *text, const struct bh_plan *plan, const struct bh_tie *tie)
{
	const struct bh_ref *evidence = tie->ref;

	bh_buf_addf(text, "  %-4s ", tie->hard ? "must" : "also");
	add_name(text, plan, tie->b);
	bh_buf_addf(text, ": %s", tie_text(tie));
	if (tie->kind == BH_TIE_STREAM)
		bh_buf_addf(text, " (0x%" PRIx64 ")", tie->value);
	else if (tie->kind == BH_TIE_PAGE)
		bh_buf_addf(text, " (0x%" PRIx64 ")", tie->value);
	else if (tie->kind == BH_TIE_IRQ)
		bh_buf_addf(text, " (interrupt %" PRIu64 ")", tie->value);
	else if (evidence) {
		bh_buf_adds(text, " (");
		bh_ref_add_text(text, plan->survey->tree, evidence);
		bh_buf_addc(text, ')');
	}
	bh_buf_addf(text, " [%s]\n", bh_tie_kind_name(tie->kind));
}

static const char *role_text(enum bh_role role)
{
	return role == BH_ROLE_ASKED      ? "asked for"
	       : role == BH_ROLE_SUPPLIER ? "comes along: nobody else uses it"
					  : "copied for its clients";
}

/* What is told about a device: its own unit, and what came along for it or another one. */
static bool concerns(const struct bh_plan_vm *vm, const struct bh_dt_node *unit,
		     const struct bh_dt_node *other)
{
	for (size_t u = 0; u < vm->unit_count; u++)
		if (vm->units[u].node == other && vm->units[u].role == BH_ROLE_ASKED)
			return other == unit;
	return true;
}

static void add_unknown(struct bh_buf *text, const struct bh_plan *plan,
			const struct bh_plan_vm *vm, const struct bh_dt_node *unit)
{
	const struct bh_refs *refs = plan->survey->refs;

	for (size_t i = 0; i < refs->unknown_count; i++) {
		const struct bh_dt_node *from = refs->unknown[i].from;
		const struct bh_survey_node *facts = bh_survey_of(plan->survey, from);
		char *path;

		if (!facts->enabled || !bh_plan_has(plan, vm, facts->unit) ||
		    !concerns(vm, unit, facts->unit))
			continue;
		path = bh_dt_path(from);
		bh_buf_addf(text,
			    "%s\n  %-10s %s\n             E0524 it looks like a reference, and no "
			    "rule knows it: left out\n",
			    path, "drop", refs->unknown[i].prop->name);
		free(path);
	}
}

static void add_units(struct bh_buf *text, const struct bh_plan *plan, const struct bh_plan_vm *vm,
		      const struct bh_dt_node *unit_asked)
{
	bh_buf_adds(text, "units:\n");
	for (size_t u = 0; u < vm->unit_count; u++) {
		const struct bh_plan_unit *unit = &vm->units[u];
		char *path;

		if (!concerns(vm, unit_asked, unit->node))
			continue;
		path = bh_dt_path(unit->node);
		bh_buf_addf(text, "  %s  %s, dma: %s, %s", path, bh_class_name(unit->class),
			    bh_dma_name(unit->dma), role_text(unit->role));
		if (unit->via) {
			bh_buf_adds(text, ", for ");
			bh_ref_add_text(text, plan->survey->tree, unit->via);
		}
		bh_buf_addc(text, '\n');
		free(path);
	}
}

static void add_verdict(struct bh_buf *text, const struct bh_plan *plan,
			const struct bh_plan_vm *vm, const struct bh_dt_node *unit)
{
	for (size_t r = 0; r < vm->refusal_count; r++) {
		const struct bh_refusal *refusal = &vm->refusals[r];

		if (!concerns(vm, unit, refusal->unit))
			continue;

		bh_buf_addf(text, "  %s %s\n", refusal->code, refusal->text);
		if (refusal->hint)
			bh_buf_addf(text, "        %s\n", refusal->hint);
	}
	(void)plan;
}

/* What the host has given the device's parts, by its snapshot. */
static void add_pins(struct bh_buf *text, const struct bh_plan *plan, const struct bh_dt_node *unit)
{
	const char *pin;

	bh_dt_for_each(node, (struct bh_dt_node *)unit)
	{
		if (!bh_survey_of(plan->survey, node)->addressed)
			continue;
		for (size_t i = 0; (pin = bh_survey_pin(plan->survey, node, i)); i++)
			bh_buf_addf(text, "%s  %s\n", i ? "" : "pins on the host:\n", pin);
	}
}

static void add_left_out(struct bh_buf *text, const struct bh_plan *plan,
			 const struct bh_plan_vm *vm, const struct bh_dt_node *unit)
{
	bool begun = false;

	for (size_t i = 0; i < vm->left_out_count; i++) {
		const struct bh_left_out *left = &vm->left_out[i];

		if (!bh_dt_is_below(left->node, unit))
			continue;
		if (!begun)
			bh_buf_adds(text, "left out:\n");
		begun = true;
		bh_buf_adds(text, "  ");
		add_name(text, plan, left->node);
		bh_buf_addf(text, ": %s ", left->code);
		bh_ref_add_text(text, plan->survey->tree, left->ref);
		bh_buf_addf(text, ": %s\n", left->why);
	}
}

void bh_device_text(struct bh_buf *text, const struct bh_plan *plan, const struct bh_plan_vm *vm,
		    const struct bh_dt_node *device)
{
	const struct bh_dt_node *unit = bh_survey_of(plan->survey, device)->unit;
	char *path = bh_dt_path(device);

	bh_buf_addf(text, "%s on %s (%s)\n", path, plan->survey->board->name,
		    plan->survey->snapshot ? "tree and host snapshot" : "tree only");
	free(path);
	if (unit != device) {
		path = bh_dt_path(unit);
		bh_buf_addf(text, "part of %s, which goes as one\n", path);
		free(path);
	}
	bh_buf_addf(text, "VM %s, profile %s: %s\n", vm->config->name.value,
		    vm->raw ? "raw" : "bulkhead",
		    vm->refusal_count ? "refused" : "can be assigned");
	add_verdict(text, plan, vm, unit);
	add_units(text, plan, vm, unit);
	if (vm->tie_count) {
		bh_buf_adds(text, "tied to:\n");
		for (size_t t = 0; t < vm->tie_count; t++)
			if (vm->ties[t].a == unit)
				add_tie(text, plan, &vm->ties[t]);
	}
	if (vm->loss_count) {
		bh_buf_adds(text, "the host loses:\n");
		for (size_t l = 0; l < vm->loss_count; l++) {
			bh_buf_adds(text, "  ");
			add_name(text, plan, vm->losses[l].node);
			bh_buf_adds(text, ": ");
			bh_ref_add_text(text, plan->survey->tree, vm->losses[l].ref);
			bh_buf_addc(text, '\n');
		}
	}
	add_left_out(text, plan, vm, unit);
	add_pins(text, plan, unit);
	const struct bh_dt_node *last = NULL;
	for (size_t d = 0; d < vm->decision_count; d++) {
		const struct bh_decision *decision = &vm->decisions[d];

		if (!concerns(vm, unit, bh_survey_of(plan->survey, decision->ref->from)->unit))
			continue;
		if (decision->ref->from != last) {
			last = decision->ref->from;
			path = bh_dt_path(last);
			bh_buf_addf(text, "%s\n", path);
			free(path);
		}
		add_decision(text, plan, decision);
	}
	add_unknown(text, plan, vm, unit);
}

static json_t *path_json(const struct bh_dt_node *node)
{
	char *path = node ? bh_dt_path(node) : NULL;
	json_t *json = path ? json_string(path) : json_null();

	free(path);
	return json;
}

json_t *bh_decision_json(const struct bh_plan *plan, const struct bh_decision *d)
{
	struct bh_buf text = {0};
	json_t *json;

	bh_ref_add_text(&text, plan->survey->tree, d->ref);
	json = json_pack("{so so ss si so ss ss ss ss*}", "node", path_json(d->ref->from), "target",
			 path_json(d->ref->target), "property", d->ref->prop->name, "entry",
			 (int)d->ref->index, "reference", json_string(bh_buf_str(&text)), "kind",
			 bh_ref_kind_name((enum bh_ref_kind)d->ref->kind), "action",
			 bh_action_name(d->action), "code", d->code, "name", d->ref->name);
	json_object_set_new(json, "rule", json_string(bh_dt_rule_id(d->ref->rule)));
	json_object_set_new(json, "why", json_string(d->why));
	if (d->other)
		json_object_set_new(json, "other", path_json(d->other));
	if (d->to)
		json_object_set_new(json, "instead", path_json(d->to));
	if (d->id >= 0)
		json_object_set_new(json, "scmi", json_integer(d->id));
	if (d->tree_only)
		json_object_set_new(json, "tree_only", json_true());
	if (d->microvolt)
		json_object_set_new(json, "microvolts", json_integer(d->microvolt));
	if (d->rate)
		json_object_set_new(json, "rate", json_integer((json_int_t)d->rate));
	if (d->action == BH_ACTION_MEDIATE) {
		json_object_set_new(json, "may_switch", json_boolean(d->may_switch));
		json_object_set_new(json, "may_set_rate", json_boolean(d->may_rate));
	}
	if (d->overruled)
		json_object_set_new(json, "overruled", json_true());
	bh_buf_finish(&text);
	return json;
}

json_t *bh_refusal_json(const struct bh_refusal *r)
{
	json_t *json = json_pack("{ss ss so}", "code", r->code, "message", r->text, "node",
				 path_json(r->node));

	if (r->ref)
		json_object_set_new(json, "property", json_string(r->ref->prop->name));
	if (r->other)
		json_object_set_new(json, "other", path_json(r->other));
	if (r->hint)
		json_object_set_new(json, "hint", json_string(r->hint));
	return json;
}

json_t *bh_device_json(const struct bh_plan *plan, const struct bh_plan_vm *vm,
		       const struct bh_dt_node *device)
{
	json_t *units = json_array(), *decisions = json_array(), *ties = json_array();
	json_t *refusals = json_array(), *losses = json_array(), *left_out = json_array();

	for (size_t u = 0; u < vm->unit_count; u++)
		json_array_append_new(
			units, json_pack("{so ss ss ss}", "node", path_json(vm->units[u].node),
					 "class", bh_class_name(vm->units[u].class), "dma",
					 bh_dma_name(vm->units[u].dma), "role",
					 vm->units[u].role == BH_ROLE_ASKED      ? "asked"
					 : vm->units[u].role == BH_ROLE_SUPPLIER ? "supplier"
										 : "provider"));
	for (size_t d = 0; d < vm->decision_count; d++)
		json_array_append_new(decisions, bh_decision_json(plan, &vm->decisions[d]));
	for (size_t t = 0; t < vm->tie_count; t++)
		json_array_append_new(
			ties, json_pack("{so so ss ss sb}", "from", path_json(vm->ties[t].a), "to",
					path_json(vm->ties[t].b), "kind",
					bh_tie_kind_name(vm->ties[t].kind), "text",
					tie_text(&vm->ties[t]), "hard", vm->ties[t].hard));
	for (size_t r = 0; r < vm->refusal_count; r++)
		json_array_append_new(refusals, bh_refusal_json(&vm->refusals[r]));
	for (size_t l = 0; l < vm->loss_count; l++)
		json_array_append_new(losses, path_json(vm->losses[l].node));
	for (size_t i = 0; i < vm->left_out_count; i++)
		json_array_append_new(left_out, json_pack("{so ss ss ss}", "node",
							  path_json(vm->left_out[i].node), "code",
							  vm->left_out[i].code, "property",
							  vm->left_out[i].ref->prop->name, "why",
							  vm->left_out[i].why));
	return json_pack("{so ss ss ss ss sb so so so so so so}", "device", path_json(device),
			 "board", plan->survey->board->name, "vm", vm->config->name.value,
			 "profile", vm->raw ? "raw" : "bulkhead", "knowledge",
			 plan->survey->snapshot ? "snapshot" : "tree only", "assignable",
			 !vm->refusal_count, "units", units, "decisions", decisions, "ties", ties,
			 "refusals", refusals, "losses", losses, "left_out", left_out);
}

/* The worst that is to be said: "alone", "with 2", or a code. */
static void verdict(char *text, size_t room, const struct bh_plan_vm *vm)
{
	size_t along = vm->unit_count ? vm->unit_count - 1 : 0;

	if (vm->refusal_count) {
		const char *code = vm->refusals[0].code;
		/* Consent is asked for last: another reason forbids more. */
		for (size_t r = 0; r < vm->refusal_count; r++)
			if (bh_str_eq(code, "E0551"))
				code = vm->refusals[r].code;
		snprintf(text, room, "%s", code);
	} else if (along) {
		snprintf(text, room, "yes, with %zu more", along);
	} else {
		snprintf(text, room, "yes");
	}
}

/* The IOMMUs in front of a unit: "smmu", or "-". */
static void add_iommus(struct bh_buf *text, const struct bh_survey *survey,
		       const struct bh_dt_node *unit)
{
	const struct bh_dt_node *last = NULL;

	bh_dt_for_each(node, (struct bh_dt_node *)unit)
	{
		size_t count;
		const struct bh_ref *refs = bh_refs_from(survey->refs, node, &count);

		for (size_t i = 0; i < count; i++) {
			if (refs[i].kind != BH_REF_IOMMU || refs[i].state != BH_REF_OK ||
			    refs[i].target == last ||
			    !bh_survey_of(survey, refs[i].target)->enabled)
				continue;
			last = refs[i].target;
			if (text->length)
				bh_buf_addc(text, ',');
			bh_dt_add_short_name(text, survey->tree, last);
		}
	}
	if (!text->length)
		bh_buf_addc(text, '-');
}

void bh_device_list(struct bh_session *s, const struct bh_config_vm *config, json_t *rows, bool all)
{
	if (!rows)
		printf("%-34s %-11s %-7s %-14s %-9s %s\n", "device", "class", "dma", "iommu", "VM",
		       "assignable");
	bh_dt_for_each(node, s->tree.root)
	{
		const struct bh_survey_node *facts = bh_survey_of(&s->survey, node);
		struct bh_plan plan;
		const struct bh_plan_vm *vm;
		struct bh_buf name = {0}, iommus = {0};
		char word[48];
		int owner;

		if (facts->unit != node || !facts->enabled || !facts->parts ||
		    (facts->never && !all))
			continue;
		owner = s->has_plan ? bh_plan_owner(&s->plan, node) : -1;
		bh_plan_device(&plan, &s->survey, node, config, 0, NULL);
		vm = &plan.vms[0];
		verdict(word, sizeof(word), vm);
		bh_dt_add_short_name(&name, &s->tree, node);
		add_iommus(&iommus, &s->survey, node);
		if (rows) {
			json_t *path = path_json(node);
			json_array_append_new(
				rows,
				json_pack("{so ss ss ss ss ss sb so*}", "node", path, "name",
					  bh_buf_str(&name), "class",
					  bh_class_name(vm->units[0].class), "dma",
					  bh_dma_name(vm->units[0].dma), "iommu",
					  bh_buf_str(&iommus), "vm",
					  owner >= 0 ? s->plan.vms[owner].config->name.value : "",
					  "assignable", !vm->refusal_count, "reason",
					  vm->refusal_count ? bh_refusal_json(&vm->refusals[0])
							    : NULL));
		} else {
			printf("%-34s %-11s %-7s %-14s %-9s %s\n", bh_buf_str(&name),
			       bh_class_name(vm->units[0].class), bh_dma_name(vm->units[0].dma),
			       bh_buf_str(&iommus),
			       owner >= 0 ? s->plan.vms[owner].config->name.value : "-", word);
		}
		bh_buf_finish(&name);
		bh_buf_finish(&iommus);
		bh_plan_finish(&plan);
	}
}
