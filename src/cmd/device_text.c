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

const char *bh_tie_text(const struct bh_tie *tie)
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
	bh_buf_addf(text, ": %s", bh_tie_text(tie));
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

static void add_numbers(struct bh_buf *text, const struct bh_plan *plan,
			const struct bh_plan_vm *vm, const struct bh_dt_node *unit)
{
	bh_dt_for_each(node, (struct bh_dt_node *)unit)
	{
		bool begun = !bh_survey_of(plan->survey, node)->enabled;

		for (const struct bh_dt_prop *prop = begun ? NULL : node->props; prop;
		     prop = prop->next) {
			const char *what = bh_plan_host_number(vm, prop->name);

			if (!what)
				continue;
			if (!begun) {
				bh_dt_add_path(text, node);
				bh_buf_addc(text, '\n');
			}
			begun = true;
			bh_buf_addf(text, "  %-10s %s\n             %s %s: left out\n", "drop",
				    prop->name, "E0530", what);
		}
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

static void add_refusal(struct bh_buf *text, const struct bh_refusal *refusal)
{
	bh_buf_addf(text, "  %s %s\n", refusal->code, refusal->text);
	if (refusal->hint)
		bh_buf_addf(text, "        %s\n", refusal->hint);
}

static void add_verdict(struct bh_buf *text, const struct bh_plan *plan,
			const struct bh_plan_vm *vm, const struct bh_dt_node *unit)
{
	for (size_t r = 0; r < vm->refusal_count; r++) {
		const struct bh_refusal *refusal = &vm->refusals[r];

		if (!refusal->function && concerns(vm, unit, refusal->unit))
			add_refusal(text, refusal);
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
	add_numbers(text, plan, vm, unit);
}

/* Sizes of power of two, as short as they can be. */
static void add_bars(struct bh_buf *text, const struct bh_pci_function *pci)
{
	for (int i = 0; i < BH_PCI_BARS; i++) {
		const struct bh_pci_bar *bar = &pci->bars[i];
		char size[16];

		if (!bar->size)
			continue;
		bh_format_size(bar->size, size, sizeof(size));
		bh_buf_addf(text, "  BAR %d: %s%s\n", i, size,
			    bar->io                      ? ", I/O ports: not given to the guest"
			    : bar->wide && bar->prefetch ? ", above 4 GiB"
							 : ", below 4 GiB");
	}
}

void bh_function_text(struct bh_buf *text, const struct bh_plan *plan, const struct bh_plan_vm *vm,
		      const struct bh_pci_function *pci)
{
	const struct bh_dt_node *bridge = bh_plan_host_bridge(plan->survey, pci);
	const struct bh_dt_node *iommu = bh_plan_function_iommu(plan->survey, pci);

	bh_buf_addf(text, "%s on %s (%s)\n", pci->address, plan->survey->board->name,
		    plan->survey->snapshot ? "tree and host snapshot" : "this machine");
	bh_buf_addf(text, "PCI %s, %04x:%04x", bh_pci_class_name(pci), pci->vendor, pci->device);
	if (pci->driver)
		bh_buf_addf(text, ", driven by %s on the host", pci->driver);
	if (bridge) {
		bh_buf_adds(text, ", behind ");
		add_name(text, plan, bridge);
	}
	if (pci->has_group)
		bh_buf_addf(text, ", IOMMU group %" PRIu32, pci->group);
	if (iommu) {
		bh_buf_adds(text, " of ");
		add_name(text, plan, iommu);
	}
	bh_buf_addf(text, "\nVM %s, profile %s: %s\n", vm->config->name.value,
		    vm->raw ? "raw" : "bulkhead",
		    vm->refusal_count ? "refused" : "can be assigned");
	for (size_t r = 0; r < vm->refusal_count; r++)
		if (vm->refusals[r].function == pci)
			add_refusal(text, &vm->refusals[r]);
	for (size_t i = 0; i < vm->function_count; i++) {
		const struct bh_pci_function *other = vm->functions[i].pci;

		if (other != pci && other->has_group && pci->has_group &&
		    other->group == pci->group)
			bh_buf_addf(text, "  %s %s: in the same IOMMU group\n", other->address,
				    vm->functions[i].along ? "comes along" : "goes as well");
	}
	add_bars(text, pci);
	if (!vm->refusal_count)
		bh_buf_adds(text, "  on the host, its driver will be vfio-pci\n");
}
