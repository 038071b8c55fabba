/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/device_text.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

/* The worst that is to be said: "alone", "with 2", or a code. */
static void verdict(char *text, size_t room, const struct bh_plan_vm *vm)
{
	size_t all = vm->unit_count + vm->function_count, along = all ? all - 1 : 0;

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

struct row {
	const char *name, *class, *dma, *iommu, *vm, *verdict;
	json_t *path; /* JSON only: taken over */
	const struct bh_refusal *refusal;
};

static void add_row(json_t *rows, const struct row *row)
{
	if (rows)
		json_array_append_new(
			rows, json_pack("{so ss ss ss ss ss sb so*}", "node", row->path, "name",
					row->name, "class", row->class, "dma", row->dma, "iommu",
					row->iommu, "vm", row->vm ? row->vm : "", "assignable",
					!row->refusal, "reason",
					row->refusal ? bh_refusal_json(row->refusal) : NULL));
	else
		printf("%-34s %-11s %-7s %-14s %-9s %s\n", row->name, row->class, row->dma,
		       row->iommu, row->vm ? row->vm : "-", row->verdict);
}

static const char *vm_name(const struct bh_session *s, int owner)
{
	return owner >= 0 ? s->plan.vms[owner].config->name.value : NULL;
}

static uint64_t page_of(const struct bh_session *s)
{
	return s->has_partition ? s->partition.board.page_size.value : 0;
}

static void list_node(struct bh_session *s, const struct bh_config_vm *config, json_t *rows,
		      const struct bh_dt_node *node)
{
	int owner = s->has_plan ? bh_plan_owner(&s->plan, node) : -1;
	struct bh_buf name = {0}, iommus = {0};
	const struct bh_plan_vm *vm;
	struct bh_plan plan;
	char word[48];

	bh_plan_device(&plan, &s->survey, node, config, page_of(s), NULL);
	vm = &plan.vms[0];
	verdict(word, sizeof(word), vm);
	bh_dt_add_short_name(&name, &s->tree, node);
	add_iommus(&iommus, &s->survey, node);
	add_row(rows, &(struct row){.name = bh_buf_str(&name),
				    .class = bh_class_name(vm->units[0].class),
				    .dma = bh_dma_name(vm->units[0].dma),
				    .iommu = bh_buf_str(&iommus),
				    .vm = vm_name(s, owner),
				    .verdict = word,
				    .path = rows ? bh_path_json(node) : NULL,
				    .refusal = vm->refusal_count ? &vm->refusals[0] : NULL});
	bh_buf_finish(&name);
	bh_buf_finish(&iommus);
	bh_plan_finish(&plan);
}

static void list_function(struct bh_session *s, const struct bh_config_vm *config, json_t *rows,
			  const struct bh_pci_function *pci)
{
	int owner = s->has_plan ? bh_plan_function_owner(&s->plan, pci) : -1;
	const struct bh_dt_node *iommu = bh_plan_function_iommu(&s->survey, pci);
	const struct bh_plan_vm *vm;
	struct bh_buf name = {0};
	struct bh_plan plan;
	char word[48];

	bh_plan_function(&plan, &s->survey, pci, config, page_of(s), NULL);
	vm = &plan.vms[0];
	verdict(word, sizeof(word), vm);
	if (iommu)
		bh_dt_add_short_name(&name, &s->tree, iommu);
	if (pci->has_group)
		bh_buf_addf(&name, "%sgroup %u", iommu ? ":" : "", pci->group);
	add_row(rows, &(struct row){.name = pci->address,
				    .class = bh_pci_class_name(pci),
				    .dma = pci->has_group ? "iommu" : "direct",
				    .iommu = name.length ? bh_buf_str(&name) : "-",
				    .vm = vm_name(s, owner),
				    .verdict = word,
				    .path = rows ? json_null() : NULL,
				    .refusal = vm->refusal_count ? &vm->refusals[0] : NULL});
	bh_buf_finish(&name);
	bh_plan_finish(&plan);
}

void bh_device_list(struct bh_session *s, const struct bh_config_vm *config, json_t *rows, bool all)
{
	if (!rows)
		printf("%-34s %-11s %-7s %-14s %-9s %s\n", "device", "class", "dma", "iommu", "VM",
		       "assignable");
	bh_dt_for_each(node, s->tree.root)
	{
		const struct bh_survey_node *facts = bh_survey_of(&s->survey, node);

		if (facts->unit == node && facts->enabled && facts->parts && (!facts->never || all))
			list_node(s, config, rows, node);
	}
	for (size_t i = 0; s->has_pci && i < s->pci.count; i++) {
		const struct bh_pci_function *pci = &s->pci.functions[i];

		if (all || (!pci->root && !bh_pci_is_bridge(pci)))
			list_function(s, config, rows, pci);
	}
}
