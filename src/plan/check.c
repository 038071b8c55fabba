/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/check.h"

#include "plan/plan_private.h"

#include "base/str.h"
#include "dt/cells.h"
#include "machine/manifest.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CHECKS_MAX 32

bool bh_checks_run(const struct bh_check *checks, size_t count, const void *subject,
		   struct bh_diags *diags)
{
	bool passed[CHECKS_MAX] = {false}, ok = true;

	assert(count <= CHECKS_MAX);
	for (size_t i = 0; i < count; i++) {
		bool ready = true;

		for (size_t n = 0; n < 3 && checks[i].needs[n]; n++)
			for (size_t j = 0; j < i; j++)
				if (bh_str_eq(checks[j].name, checks[i].needs[n]))
					ready &= passed[j];
		passed[i] = ready && checks[i].run(&checks[i], subject, diags);
		ok &= passed[i] || checks[i].level != BH_ERROR;
	}
	return ok;
}

struct owned {
	const struct bh_claim *claim;
	size_t vm;
};

static int compare_claims(const void *a, const void *b)
{
	const struct bh_claim *x = ((const struct owned *)a)->claim;
	const struct bh_claim *y = ((const struct owned *)b)->claim;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->provider != y->provider)
		return x->provider < y->provider ? -1 : 1;
	if (x->range.base != y->range.base)
		return x->range.base < y->range.base ? -1 : 1;
	for (uint32_t i = 0; i < x->id_count && i < y->id_count; i++)
		if (x->id[i] != y->id[i])
			return x->id[i] < y->id[i] ? -1 : 1;
	return 0;
}

static bool collide(const struct bh_claim *a, const struct bh_claim *b)
{
	if (a->kind != b->kind || a->provider != b->provider)
		return false;
	if (a->kind == BH_CLAIM_PAGE)
		return bh_range_overlaps(a->range, b->range);
	if (a->kind == BH_CLAIM_STREAM)
		return !((a->id[0] ^ b->id[0]) &
			 ~((a->id_count > 1 ? a->id[1] : 0) | (b->id_count > 1 ? b->id[1] : 0)));
	return a->id_count == b->id_count && !memcmp(a->id, b->id, a->id_count * sizeof(a->id[0]));
}

static bool check_disjoint(const struct bh_check *check, const void *subject,
			   struct bh_diags *diags)
{
	const struct bh_plan *plan = subject;
	struct owned *list;
	size_t count = 0, all = 0;
	bool ok = true;

	for (size_t v = 0; v < plan->vm_count; v++)
		all += plan->vms[v].claim_count;
	list = bh_alloc((all + 1) * sizeof(*list));
	for (size_t v = 0; v < plan->vm_count; v++)
		for (size_t c = 0; c < plan->vms[v].claim_count; c++)
			if (!plan->vms[v].claims[c].shared)
				list[count++] = (struct owned){&plan->vms[v].claims[c], v};
	qsort(list, count, sizeof(*list), compare_claims);
	for (size_t i = 1; i < count; i++) {
		struct bh_diag *diag;

		if (list[i].vm == list[i - 1].vm || !collide(list[i].claim, list[i - 1].claim))
			continue;
		diag = bh_error(diags, check->code, "VM %s and VM %s both own a %s",
				plan->vms[list[i - 1].vm].config->name.value,
				plan->vms[list[i].vm].config->name.value,
				bh_claim_kind_name(list[i].claim->kind));
		char *path = bh_dt_path(plan->vms[list[i].vm].units[list[i].claim->unit].node);
		bh_diag_node(diag, path, NULL);
		bh_diag_hint(diag, "put both devices into one VM");
		free(path);
		ok = false;
	}
	free(list);
	return ok;
}

/* Everything that is mediated has a number, and numbers count from 0 without a gap. */
static bool check_numbers(const struct bh_check *check, const void *subject, struct bh_diags *diags)
{
	const struct bh_plan *plan = subject;

	for (size_t v = 0; v < plan->vm_count; v++) {
		const struct bh_plan_vm *vm = &plan->vms[v];
		int32_t next[3] = {0};

		for (size_t d = 0; d < vm->decision_count; d++) {
			const struct bh_decision *decision = &vm->decisions[d];
			int list = decision->ref->kind == BH_REF_CLOCK   ? 0
				   : decision->ref->kind == BH_REF_RESET ? 1
									 : 2;

			if (decision->action != BH_ACTION_MEDIATE ||
			    decision->ref->kind == BH_REF_INTERRUPT)
				continue;
			if (decision->id != next[list]++) {
				bh_error(diags, check->code, "VM %s: SCMI numbers have a gap",
					 vm->config->name.value);
				return false;
			}
		}
	}
	return true;
}

/* What the driver needs and no phandle shows. */
static bool check_hidden(const struct bh_check *check, const void *subject, struct bh_diags *diags)
{
	const struct bh_plan *plan = subject;
	const struct bh_board *board = plan->survey->board;
	bool ok = true;

	for (size_t v = 0; v < plan->vm_count; v++) {
		for (size_t u = 0; u < plan->vms[v].unit_count; u++) {
			const struct bh_dt_node *node = plan->vms[v].units[u].node;

			for (size_t h = 0; h < board->hidden_count; h++) {
				struct bh_diag *diag;
				char *path;

				if (!bh_board_matches(node, board->hidden[h].compatible))
					continue;
				path = bh_dt_path(node);
				diag = bh_report(diags, check->level, check->code,
						 "%s also needs %s, which the tree does not show",
						 path, board->hidden[h].supplier);
				bh_diag_node(diag, path, NULL);
				bh_diag_cause(diag, "%s", board->hidden[h].reason);
				free(path);
				ok = false;
			}
		}
	}
	return ok;
}

const struct bh_check bh_plan_checks[] = {
	{"claims-disjoint", "E0603", BH_ERROR, "no resource has two owners", check_disjoint},
	{"scmi-numbers", "E0612", BH_ERROR, "mediated resources are numbered without gaps",
	 check_numbers},
	{"hidden-suppliers", "E0613", BH_WARNING, "nothing is needed that the tree does not show",
	 check_hidden},
};
const size_t bh_plan_check_count = sizeof(bh_plan_checks) / sizeof(bh_plan_checks[0]);

bool bh_plan_check(struct bh_plan *plan, struct bh_diags *diags)
{
	return bh_checks_run(bh_plan_checks, bh_plan_check_count, plan, diags);
}

static void too_many(struct bh_plan *plan, struct bh_plan_vm *vm, const struct bh_dt_node *node,
		     const char *what, size_t count, size_t most)
{
	if (count > most)
		bh_plan_refuse(plan, vm, &vm->units[0], "E0563", NULL, node,
			       "%zu %s, and a VM can have %zu", count, what, most);
}

/* The host's kernel names devices by address and node name: two of one name are one to it. */
static void same_name(struct bh_plan *plan, struct bh_plan_vm *vm,
		      const struct bh_dt_node *const *devices, size_t count)
{
	struct bh_buf names[BH_DEVICES_MAX] = {{0}};

	for (size_t i = 0; i < count; i++) {
		bh_survey_add_device_name(&names[i], plan->survey, devices[i]);
		for (size_t j = 0; j < i; j++)
			if (bh_str_eq(bh_buf_str(&names[i]), bh_buf_str(&names[j])))
				bh_plan_refuse(plan, vm, &vm->units[0], "E0594", NULL, devices[i],
					       "the host's kernel calls two devices %s",
					       bh_buf_str(&names[i]));
	}
	for (size_t i = 0; i < count; i++)
		bh_buf_finish(&names[i]);
}

void bh_plan_check_limits(struct bh_plan *plan, struct bh_plan_vm *vm)
{
	const struct bh_dt_node *list[BH_DEVICES_MAX];
	size_t devices = 0;

	if (vm->raw)
		return; /* other hypervisors, other limits */
	for (size_t u = 0; u < vm->unit_count; u++) {
		bh_dt_for_each(node, (struct bh_dt_node *)vm->units[u].node)
		{
			if (!bh_survey_of(plan->survey, node)->addressed)
				continue;
			if (devices < BH_DEVICES_MAX)
				list[devices] = node;
			devices++;
			too_many(plan, vm, node, "register windows", bh_dt_reg_count(node),
				 BH_REGIONS_MAX);
			too_many(plan, vm, node, "interrupts",
				 bh_dt_irq_count(plan->survey->tree, node), BH_IRQS_MAX);
		}
	}
	if (!vm->unit_count)
		return;
	too_many(plan, vm, NULL, "assigned devices", devices, BH_DEVICES_MAX);
	too_many(plan, vm, NULL, "cpus", vm->config->cpus.value, BH_VCPUS_MAX);
	same_name(plan, vm, list, devices < BH_DEVICES_MAX ? devices : BH_DEVICES_MAX);
	too_many(plan, vm, NULL, "clocks over SCMI", vm->clock_count, BH_SCMI_IDS_MAX);
	too_many(plan, vm, NULL, "resets over SCMI", vm->reset_count, BH_SCMI_IDS_MAX);
	too_many(plan, vm, NULL, "power domains over SCMI", vm->domain_count, BH_SCMI_IDS_MAX);
}
