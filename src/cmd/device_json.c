/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/device_text.h"

#include <stdio.h>
#include <stdlib.h>

json_t *bh_path_json(const struct bh_dt_node *node)
{
	char *path = node ? bh_dt_path(node) : NULL;
	json_t *json = path ? json_string(path) : json_null();

	free(path);
	return json;
}

json_t *bh_function_json(const struct bh_survey *survey, const struct bh_pci_function *pci,
			 bool along)
{
	json_t *bars = json_array(), *json;
	char id[16];

	snprintf(id, sizeof(id), "%04x:%04x", pci->vendor, pci->device);
	for (int i = 0; i < BH_PCI_BARS; i++) {
		const struct bh_pci_bar *bar = &pci->bars[i];

		if (bar->size)
			json_array_append_new(bars, json_pack("{si sI sb sb sb}", "index", i,
							      "size", (json_int_t)bar->size, "io",
							      bar->io, "wide", bar->wide,
							      "prefetch", bar->prefetch));
	}
	json = json_pack("{ss ss ss sb so so so}", "address", pci->address, "class",
			 bh_pci_class_name(pci), "id", id, "along", along, "bridge",
			 bh_path_json(bh_plan_host_bridge(survey, pci)), "iommu",
			 bh_path_json(bh_plan_function_iommu(survey, pci)), "bars", bars);
	if (pci->driver)
		json_object_set_new(json, "driver", json_string(pci->driver));
	if (pci->has_group)
		json_object_set_new(json, "group", json_integer(pci->group));
	return json;
}

json_t *bh_decision_json(const struct bh_plan *plan, const struct bh_decision *d)
{
	struct bh_buf text = {0};
	json_t *json;

	bh_ref_add_text(&text, plan->survey->tree, d->ref);
	json = json_pack("{so so ss si so ss ss ss ss*}", "node", bh_path_json(d->ref->from),
			 "target", bh_path_json(d->ref->target), "property", d->ref->prop->name,
			 "entry", (int)d->ref->index, "reference", json_string(bh_buf_str(&text)),
			 "kind", bh_ref_kind_name((enum bh_ref_kind)d->ref->kind), "action",
			 bh_action_name(d->action), "code", d->code, "name", d->ref->name);
	json_object_set_new(json, "rule", json_string(bh_dt_rule_id(d->ref->rule)));
	json_object_set_new(json, "why", json_string(d->why));
	if (d->other)
		json_object_set_new(json, "other", bh_path_json(d->other));
	if (d->to)
		json_object_set_new(json, "instead", bh_path_json(d->to));
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
				 bh_path_json(r->node));

	if (r->ref)
		json_object_set_new(json, "property", json_string(r->ref->prop->name));
	if (r->other)
		json_object_set_new(json, "other", bh_path_json(r->other));
	if (r->function)
		json_object_set_new(json, "function", json_string(r->function->address));
	if (r->hint)
		json_object_set_new(json, "hint", json_string(r->hint));
	return json;
}

static void add_numbers(json_t *rows, const struct bh_plan *plan, const struct bh_plan_vm *vm,
			const struct bh_dt_node *unit)
{
	bh_dt_for_each(node, (struct bh_dt_node *)unit)
	{
		for (const struct bh_dt_prop *prop = node->props; prop; prop = prop->next) {
			const char *what = bh_plan_host_number(vm, prop->name);

			if (what && bh_survey_of(plan->survey, node)->enabled)
				json_array_append_new(
					rows, json_pack("{so ss ss}", "node", bh_path_json(node),
							"property", prop->name, "what", what));
		}
	}
}

json_t *bh_device_json(const struct bh_plan *plan, const struct bh_plan_vm *vm,
		       const struct bh_dt_node *device)
{
	json_t *units = json_array(), *decisions = json_array(), *ties = json_array();
	json_t *refusals = json_array(), *losses = json_array(), *left_out = json_array();
	json_t *functions = json_array(), *numbers = json_array();

	for (size_t u = 0; u < vm->unit_count; u++)
		json_array_append_new(
			units, json_pack("{so ss ss ss}", "node", bh_path_json(vm->units[u].node),
					 "class", bh_class_name(vm->units[u].class), "dma",
					 bh_dma_name(vm->units[u].dma), "role",
					 vm->units[u].role == BH_ROLE_ASKED      ? "asked"
					 : vm->units[u].role == BH_ROLE_SUPPLIER ? "supplier"
										 : "provider"));
	for (size_t d = 0; d < vm->decision_count; d++)
		json_array_append_new(decisions, bh_decision_json(plan, &vm->decisions[d]));
	for (size_t t = 0; t < vm->tie_count; t++)
		json_array_append_new(
			ties, json_pack("{so so ss ss sb}", "from", bh_path_json(vm->ties[t].a),
					"to", bh_path_json(vm->ties[t].b), "kind",
					bh_tie_kind_name(vm->ties[t].kind), "text",
					bh_tie_text(&vm->ties[t]), "hard", vm->ties[t].hard));
	for (size_t r = 0; r < vm->refusal_count; r++)
		json_array_append_new(refusals, bh_refusal_json(&vm->refusals[r]));
	for (size_t l = 0; l < vm->loss_count; l++)
		json_array_append_new(losses, bh_path_json(vm->losses[l].node));
	for (size_t i = 0; i < vm->left_out_count; i++)
		json_array_append_new(left_out, json_pack("{so ss ss ss}", "node",
							  bh_path_json(vm->left_out[i].node),
							  "code", vm->left_out[i].code, "property",
							  vm->left_out[i].ref->prop->name, "why",
							  vm->left_out[i].why));
	for (size_t u = 0; u < vm->unit_count; u++)
		add_numbers(numbers, plan, vm, vm->units[u].node);
	for (size_t i = 0; i < vm->function_count; i++)
		json_array_append_new(functions,
				      bh_function_json(plan->survey, vm->functions[i].pci,
						       vm->functions[i].along));
	return json_pack("{so ss ss ss ss sb so so so so so so so so}", "device",
			 bh_path_json(device), "board", plan->survey->board->name, "vm",
			 vm->config->name.value, "profile", vm->raw ? "raw" : "bulkhead",
			 "knowledge", plan->survey->snapshot ? "snapshot" : "tree only",
			 "assignable", !vm->refusal_count, "units", units, "decisions", decisions,
			 "ties", ties, "refusals", refusals, "losses", losses, "left_out", left_out,
			 "functions", functions, "host_numbers", numbers);
}
