/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCI functions of a VM: which may go, which must go together, and what room their BARs take. All
 * of them need an IOMMU; what the host's bridge needs stays with the host.
 */
#include "plan/plan_private.h"

#include "base/str.h"
#include "dt/cells.h"

#include <stdlib.h>
#include <string.h>

#define VIRTIO_BAR 0x8000ull /* of each virtio device, at most 24 */
#define BAR_MIN    0x1000ull

static struct bh_refusal *refuse(struct bh_plan *plan, struct bh_plan_vm *vm,
				 const struct bh_plan_function *f, const char *code,
				 const char *format, ...) __attribute__((format(printf, 5, 6)));

static struct bh_refusal *refuse(struct bh_plan *plan, struct bh_plan_vm *vm,
				 const struct bh_plan_function *f, const char *code,
				 const char *format, ...)
{
	static const struct bh_plan_unit nobody;
	struct bh_refusal *refusal;
	va_list args;
	char *text;

	va_start(args, format);
	text = bh_vstrf(format, args);
	va_end(args);
	refusal = bh_plan_refuse(plan, vm, &nobody, code, NULL, NULL, "%s", text);
	free(text);
	refusal->function = f->pci;
	refusal->span = f->span;
	return refusal;
}

static size_t index_of(const struct bh_plan *plan, const struct bh_pci_function *pci)
{
	return (size_t)(pci - plan->survey->pci->functions);
}

int bh_plan_function_owner(const struct bh_plan *plan, const struct bh_pci_function *pci)
{
	return plan->function_owner ? (int)plan->function_owner[index_of(plan, pci)] - 1 : -1;
}

static bool owns(const struct bh_plan *plan, const struct bh_plan_vm *vm,
		 const struct bh_pci_function *pci)
{
	return bh_plan_function_owner(plan, pci) == (int)(vm - plan->vms);
}

bool bh_plan_add_function(struct bh_plan *plan, struct bh_plan_vm *vm,
			  const struct bh_pci_function *pci, bool along, struct bh_span span)
{
	if (vm->function_count == BH_PLAN_FUNCTIONS_MAX)
		return false;
	vm->functions[vm->function_count++] =
		(struct bh_plan_function){.pci = pci, .along = along, .span = span};
	plan->function_owner[index_of(plan, pci)] = (uint16_t)(vm - plan->vms + 1);
	return true;
}

const struct bh_dt_node *bh_plan_host_bridge(const struct bh_survey *survey,
					     const struct bh_pci_function *pci)
{
	const struct bh_dt_node *only = NULL;
	size_t count = 0;

	bh_dt_for_each(node, survey->tree->root)
	{
		struct bh_buf name = {0};
		bool same;

		if (!bh_str_eq(bh_dt_string(node, "device_type"), "pci") ||
		    !bh_survey_of(survey, node)->addressed)
			continue;
		bh_survey_add_device_name(&name, survey, node);
		same = bh_str_eq(bh_buf_str(&name), pci->bridge);
		bh_buf_finish(&name);
		if (same)
			return node;
		only = node;
		count++;
	}
	/* A host that does not say it and has one only. */
	return count == 1 && !pci->bridge ? only : NULL;
}

/* The stream id that the bridge's iommu-map gives a function. */
static const struct bh_ref *stream_of(const struct bh_survey *survey,
				      const struct bh_dt_node *bridge,
				      const struct bh_pci_function *pci, uint32_t *stream)
{
	const struct bh_dt_prop *map = bh_dt_get(bridge, "iommu-map");
	uint32_t id = pci->bus << 8 | pci->slot << 3 | pci->number, mask;
	size_t count;
	const struct bh_ref *refs;

	if (!map)
		return NULL;
	if (bh_dt_u32(bridge, "iommu-map-mask", &mask))
		id &= mask;
	refs = bh_refs_of(survey->refs, bridge, map, &count);
	for (size_t i = 0; i < count; i++) {
		uint32_t first;

		if (refs[i].state != BH_REF_OK || refs[i].arg_count < 2 ||
		    !bh_survey_of(survey, refs[i].target)->enabled)
			continue;
		first = bh_dt_cell(map, refs[i].entry);
		if (id < first || id - first >= bh_dt_cell(map, refs[i].entry + 3))
			continue;
		*stream = bh_dt_cell(map, refs[i].entry + 2) + (id - first);
		return &refs[i];
	}
	return NULL;
}

const struct bh_dt_node *bh_plan_function_iommu(const struct bh_survey *survey,
						const struct bh_pci_function *pci)
{
	const struct bh_dt_node *bridge = bh_plan_host_bridge(survey, pci);
	uint32_t stream;
	const struct bh_ref *ref = bridge ? stream_of(survey, bridge, pci, &stream) : NULL;

	return ref ? ref->target : NULL;
}

static bool is_coherent(const struct bh_dt_node *node)
{
	for (; node; node = node->parent)
		if (bh_dt_has(node, "dma-coherent"))
			return true;
	return false;
}

/* The function by itself. False when it cannot go whatever else does. */
static bool judge(struct bh_plan *plan, struct bh_plan_vm *vm, const struct bh_plan_function *f)
{
	const struct bh_pci_function *pci = f->pci;
	const struct bh_dt_node *bridge = bh_plan_host_bridge(plan->survey, pci);
	struct bh_refusal *refusal;

	if (bh_pci_is_bridge(pci)) {
		refusal = refuse(plan, vm, f, "E0573", "%s never leaves the host: it is a bridge",
				 pci->address);
		bh_plan_hint(plan, refusal, "assign the functions behind it");
	} else if (pci->root) {
		refuse(plan, vm, f, "E0542", "%s never leaves the host: it is %s", pci->address,
		       bh_never_text(BH_NEVER_STORAGE));
	} else if (plan->survey->function_kept[index_of(plan, pci)]) {
		refuse(plan, vm, f, "E0546", "%s never leaves the host: it is %s", pci->address,
		       bh_never_text(BH_NEVER_KEPT));
	} else if (vm->raw) {
		refusal = refuse(plan, vm, f, "E0579",
				 "%s: PCI functions are planned for our own runtime only",
				 pci->address);
		bh_plan_hint(plan, refusal, "[vm.%s] profile = \"bulkhead\"",
			     vm->config->name.value);
	} else if (!pci->has_group) {
		refusal = refuse(plan, vm, f, "E0575", "%s is in no IOMMU group of the host",
				 pci->address);
		bh_plan_hint(plan, refusal, "%s",
			     bridge && bh_dt_has(bridge, "iommu-map")
				     ? "the tree has an IOMMU in front of its bridge: see that the "
				       "host's kernel drives it"
				     : "the board has no IOMMU in front of it: it cannot be given "
				       "away");
	} else if (bridge && !is_coherent(bridge)) {
		refusal =
			refuse(plan, vm, f, "E0580",
			       "%s: the host bridge is not `dma-coherent`, and a guest's always is",
			       pci->address);
		bh_plan_hint(plan, refusal,
			     "if the hardware is and its tree forgets to say so, an overlay can");
	} else {
		return true;
	}
	return false;
}

static void add_quoted(struct bh_buf *list, const char *name)
{
	bh_buf_addf(list, "%s\"%s\"", list->length ? ", " : "", name);
}

/* Who else is in the function's group: comes along, or forbids it. */
static void judge_group(struct bh_plan *plan, struct bh_plan_vm *vm,
			const struct bh_plan_function *f)
{
	const struct bh_pci *all = plan->survey->pci;
	const struct bh_pci_function *blocker = NULL, *first = NULL;
	const struct bh_dt_node *platform = NULL;
	struct bh_refusal *refusal;
	struct bh_buf needed = {0};
	int owner = -1;

	for (size_t i = 0; i < all->count; i++) {
		const struct bh_pci_function *other = &all->functions[i];

		/* Bridges may stay: VFIO leaves them to the host's own driver for them. */
		if (!other->has_group || other->group != f->pci->group || bh_pci_is_bridge(other) ||
		    owns(plan, vm, other))
			continue;
		if (bh_plan_function_owner(plan, other) >= 0) {
			owner = bh_plan_function_owner(plan, other);
			blocker = other;
		} else if (other->root || plan->survey->function_kept[i]) {
			blocker = other;
		} else if (!other->driver && bh_plan_add_function(plan, vm, other, true, f->span)) {
			continue; /* nobody on the host uses it */
		} else {
			first = first ? first : other;
			add_quoted(&needed, other->address);
		}
	}
	bh_dt_for_each(node, plan->survey->tree->root)
	{
		const struct bh_survey_node *facts = bh_survey_of(plan->survey, node);

		/* (Parts of a unit follow each other: it is named once.) */
		if (facts->unit && facts->group == f->pci->group + 1 && facts->unit != platform &&
		    !bh_plan_has(plan, vm, facts->unit)) {
			platform = facts->unit;
			add_quoted(&needed, bh_plan_name(plan, platform));
		}
	}
	if (blocker || needed.length) {
		const char *other = blocker    ? blocker->address
				    : first    ? first->address
				    : platform ? bh_plan_name(plan, platform)
					       : "";

		refusal =
			refuse(plan, vm, f, "E0576",
			       "%s and %s cannot be in different hands: they share IOMMU group %u",
			       f->pci->address, other, f->pci->group);
		if (owner >= 0)
			bh_plan_hint(plan, refusal, "%s is in VM %s: put them in one VM", other,
				     plan->vms[owner].config->name.value);
		else if (blocker)
			bh_plan_hint(plan, refusal, "no set is legal: %s stays with the host",
				     other);
		else
			bh_plan_hint(plan, refusal,
				     "the smallest legal set: add %s to `devices` of VM %s",
				     bh_buf_str(&needed), vm->config->name.value);
	}
	bh_buf_finish(&needed);
}

/* The other way round: a platform device in a group with a function that stays. */
static void judge_platform_groups(struct bh_plan *plan, struct bh_plan_vm *vm)
{
	const struct bh_pci *all = plan->survey->pci;

	for (size_t u = 0; u < vm->unit_count; u++) {
		uint32_t group = 0;

		bh_dt_for_each(node, (struct bh_dt_node *)vm->units[u].node)
		{
			if (!group)
				group = bh_survey_of(plan->survey, node)->group;
		}

		for (size_t i = 0; group && i < all->count; i++) {
			const struct bh_pci_function *f = &all->functions[i];
			struct bh_refusal *refusal;

			if (!f->has_group || f->group != group - 1 || bh_pci_is_bridge(f) ||
			    owns(plan, vm, f))
				continue;
			refusal = bh_plan_refuse(
				plan, vm, &vm->units[u], "E0576", NULL, NULL,
				"%s and %s cannot be in different hands: they share IOMMU group %u",
				bh_plan_name(plan, vm->units[u].node), f->address, f->group);
			bh_plan_hint(plan, refusal, "add \"%s\" to `devices` of VM %s", f->address,
				     vm->config->name.value);
		}
	}
}

/* Stream ids by the tree's iommu-map: also platform devices may have one of these. */
static void claim_stream(struct bh_plan *plan, struct bh_plan_vm *vm,
			 const struct bh_plan_function *f)
{
	const struct bh_survey *survey = plan->survey;
	const struct bh_dt_node *bridge = bh_plan_host_bridge(survey, f->pci);
	uint32_t stream = 0;
	const struct bh_ref *ref = bridge ? stream_of(survey, bridge, f->pci, &stream) : NULL;
	size_t count = 0;
	const struct bh_ref *const *others;

	if (!ref)
		return;
	others = bh_refs_to(survey->refs, ref->target, &count);
	for (size_t i = 0; i < count; i++) {
		const struct bh_survey_node *from = bh_survey_of(survey, others[i]->from);
		uint32_t mask = others[i]->arg_count > 1 ? bh_ref_arg(others[i], 1) : 0;

		if (others[i]->kind != BH_REF_IOMMU || others[i]->from == bridge ||
		    others[i]->rule->shape != BH_SHAPE_LIST || !others[i]->arg_count ||
		    !from->enabled || !from->unit || bh_plan_has(plan, vm, from->unit) ||
		    ((bh_ref_arg(others[i], 0) ^ stream) & ~mask))
			continue;
		struct bh_refusal *refusal =
			refuse(plan, vm, f, "E0548",
			       "%s and %s cannot be in different hands: the IOMMU sees both as one "
			       "(stream id 0x%x)",
			       f->pci->address, bh_plan_name(plan, from->unit), stream);
		bh_plan_hint(plan, refusal, "add \"%s\" to `devices` of VM %s",
			     bh_plan_name(plan, from->unit), vm->config->name.value);
		return;
	}
	bh_plan_add_claim(vm, (struct bh_claim){.kind = BH_CLAIM_STREAM,
						.provider = ref->target,
						.id = {stream},
						.id_count = 1,
						.function = f->pci});
}

/* What the guest's two windows have to hold. */
static void sum_bars(const struct bh_plan_vm *vm, uint64_t *low, uint64_t *high, uint64_t *largest)
{
	*low = 24 * VIRTIO_BAR;
	*high = *largest = 0;
	for (size_t i = 0; i < vm->function_count; i++) {
		for (size_t b = 0; b < BH_PCI_BARS; b++) {
			const struct bh_pci_bar *bar = &vm->functions[i].pci->bars[b];
			uint64_t size = bar->size < BAR_MIN ? BAR_MIN : bar->size;

			if (!bar->size || bar->io)
				continue;
			if (bar->wide && bar->prefetch) {
				*high += size;
				*largest = size > *largest ? size : *largest;
			} else {
				*low += size;
			}
		}
	}
}

bool bh_plan_place_functions(struct bh_plan *plan, struct bh_plan_vm *vm)
{
	struct bh_layout *layout = &vm->layout;
	uint64_t low, high, largest, size = 1;
	struct bh_refusal *refusal;

	if (!vm->function_count)
		return true;
	sum_bars(vm, &low, &high, &largest);
	if (low > layout->window32.size) {
		refusal =
			refuse(plan, vm, &vm->functions[0], "E0577",
			       "the BARs of the VM's PCI functions take %llu MiB below 4 GiB, and "
			       "%llu are there",
			       (unsigned long long)(low >> 20),
			       (unsigned long long)(layout->window32.size >> 20));
		bh_plan_hint(plan, refusal, "give the VM fewer of them");
		return false;
	}
	while (size < high)
		size *= 2;
	/* Where 40 bits of address reach, apart from RAM and from real registers. */
	for (uint64_t base = 0x100000000; high && base + size <= 1ull << 40; base += 0x40000000) {
		struct bh_range window = {base, size};
		size_t at = 0;

		if (base & (size - 1) || bh_range_overlaps(window, layout->ram) ||
		    bh_survey_overlap(plan->survey, window, &at))
			continue;
		layout->window64 = window;
		return true;
	}
	if (!high)
		return true;
	refuse(plan, vm, &vm->functions[0], "E0577",
	       "the BARs of the VM's PCI functions take %llu MiB above 4 GiB, for which there is "
	       "no "
	       "room",
	       (unsigned long long)(high >> 20));
	return false;
}

void bh_plan_functions(struct bh_plan *plan, struct bh_plan_vm *vm)
{
	bh_plan_judge_usb(plan, vm);
	if (!plan->survey->pci)
		return;
	/* The list grows by those that come along. */
	for (size_t i = 0; i < vm->function_count; i++) {
		if (!judge(plan, vm, &vm->functions[i]))
			continue;
		if (!vm->functions[i].along)
			judge_group(plan, vm, &vm->functions[i]);
		claim_stream(plan, vm, &vm->functions[i]);
	}
	judge_platform_groups(plan, vm);
}

/* A node below a host bridge that describes a function: by its `reg`. */
static const struct bh_pci_function *of_node(const struct bh_survey *survey,
					     const struct bh_dt_node *node)
{
	const struct bh_dt_prop *reg = bh_dt_get(node, "reg");
	uint32_t address;

	if (!node->parent || !bh_str_eq(bh_dt_string(node->parent, "device_type"), "pci") ||
	    bh_dt_cell_count(reg) < 5)
		return NULL;
	address = bh_dt_cell(reg, 0);
	for (size_t i = 0; i < survey->pci->count; i++) {
		const struct bh_pci_function *f = &survey->pci->functions[i];

		if (f->bus == (address >> 16 & 0xff) && f->slot == (address >> 11 & 0x1f) &&
		    f->number == (address >> 8 & 7) &&
		    bh_dt_is_below(node->parent, survey->tree->root) &&
		    bh_plan_host_bridge(survey, f) &&
		    bh_dt_is_below(node, bh_plan_host_bridge(survey, f)))
			return f;
	}
	return NULL;
}

bool bh_plan_is_function(const struct bh_survey *survey, const char *name,
			 const struct bh_span *span, const struct bh_pci_function **found,
			 struct bh_diags *diags)
{
	const struct bh_dt_node *node;

	*found = NULL;
	if (bh_pci_is_name(name) && strchr(name, ':')) {
		static const struct bh_pci none;

		*found = bh_pci_find(survey->pci ? survey->pci : &none, name, span, diags);
		return true;
	}
	if (!survey->pci)
		return false;
	node = bh_dt_resolve(survey->tree, name, NULL, NULL);
	if (node)
		return (*found = of_node(survey, node)) != NULL;
	if (!bh_pci_is_name(name))
		return false;
	*found = bh_pci_find(survey->pci, name, span, diags);
	return true;
}
