/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where things lie in a guest. Assigned registers keep the host's addresses; the virtual machine's
 * own parts and RAM are put where the board has memory, because there no register can be. Assigned
 * interrupts keep the host's numbers; virtual devices take the lowest that are free.
 */
#include "plan/plan_private.h"

#include "base/alloc.h"
#include "base/str.h"
#include "dt/cells.h"
#include "machine/check.h"

#include <stdlib.h>
#include <string.h>

enum {
	MACHINE_SIZE = 0x10000000, /* GIC to PCI window; offsets below */
	AT_DISTRIBUTOR = 0,
	AT_ITS = 0x20000,
	AT_REDISTRIBUTOR = 0x40000, /* 16 vCPUs end at 0x240000 */
	AT_UART = 0x300000,
	AT_SCMI = 0x310000,
	AT_WATCHDOG = 0x312000,
	AT_VIRTIO = 0x320000,
	AT_ECAM = 0x400000,
	AT_WINDOW32 = 0x8000000,
	VIRTIO_STRIDE = 0x1000,
	LINES = 1 + 4 + BH_VIRTIO_MAX, /* UART, INTx, virtio over MMIO */
	INTIDS_MAX = 1020,
	RAM_STEP = 0x4000000, /* tries for a free place */
	TRIES = 4096,
};

#define LIMIT32 0x100000000ull

static struct bh_range part(uint64_t base, uint64_t offset, uint64_t size)
{
	return (struct bh_range){base + offset, size};
}

static bool hits_device(const struct bh_plan *plan, struct bh_range range)
{
	size_t at = 0;

	return bh_survey_overlap(plan->survey, range, &at) != NULL;
}

/*
 * What the host's tree sets aside for this VM already: the tree was printed from an earlier plan,
 * and is to stay as it is. False when it is not there, or not enough.
 */
static bool is_set_aside(const struct bh_plan *plan, struct bh_plan_vm *vm, uint64_t limit)
{
	const struct bh_dt_node *reserved = bh_dt_find(plan->survey->tree, "/reserved-memory");
	char *name = bh_strf("bulkhead-%s", vm->config->name.value);
	bool found = false;

	for (const struct bh_dt_node *node = reserved ? reserved->child : NULL; node && !found;
	     node = node->next) {
		struct bh_range range;

		if (bh_dt_base_name_length(node) != strlen(name) ||
		    !bh_str_starts(node->name, name) ||
		    !bh_dt_is_compatible(node, "bulkhead,memory") ||
		    bh_dt_reg_cpu(node, 0, &range) != BH_DT_OK || range.size < vm->layout.ram.size)
			continue;
		range.size = vm->layout.ram.size;
		if (!range.size || bh_range_last(range) > limit || hits_device(plan, range))
			continue;
		vm->layout.ram = range;
		found = true;
	}
	free(name);
	return found;
}

/* Memory that the host's tree sets aside, and what other VMs have been given. */
static bool hits_reserved(const struct bh_plan *plan, const struct bh_plan_vm *vm,
			  struct bh_range range)
{
	const struct bh_dt *tree = plan->survey->tree;
	const struct bh_dt_node *reserved = bh_dt_find(tree, "/reserved-memory");

	for (const struct bh_dt_node *node = reserved ? reserved->child : NULL; node;
	     node = node->next) {
		struct bh_range taken;

		for (uint32_t i = 0; i < bh_dt_reg_count(node); i++)
			if (bh_dt_reg_cpu(node, i, &taken) == BH_DT_OK &&
			    bh_range_overlaps(taken, range))
				return true;
	}
	for (size_t i = 0; i < tree->reserve_count; i++) {
		struct bh_range taken;

		if (bh_range_make(tree->reserves[i].address, tree->reserves[i].size, &taken) &&
		    bh_range_overlaps(taken, range))
			return true;
	}
	for (const struct bh_plan_vm *other = plan->vms; other < vm; other++)
		if (other->layout.direct && bh_range_overlaps(other->layout.ram, range))
			return true;
	return false;
}

/* The board's memory, range by range: the configuration's, its data file's, else the tree's. */
static struct bh_range board_memory(const struct bh_plan *plan, size_t index)
{
	const struct bh_board *board = plan->survey->board;

	const struct bh_range none = {0, 0};

	if (board->ram.size && !plan->survey->memory_given)
		return index ? none : board->ram;
	return index < plan->survey->memory_count ? plan->survey->memory[index] : none;
}

static bool fits_machine(const struct bh_plan *plan, const struct bh_layout *layout, uint64_t base)
{
	struct bh_range block = {base, MACHINE_SIZE};

	return base + MACHINE_SIZE <= LIMIT32 && !hits_device(plan, block) &&
	       !bh_range_overlaps(block, layout->ram);
}

static bool place_machine(const struct bh_plan *plan, const struct bh_layout *layout,
			  uint64_t *base)
{
	struct bh_range memory;

	for (size_t i = 0; (memory = board_memory(plan, i)).size; i++) {
		uint64_t at;

		if (!bh_align_up(memory.base, MACHINE_SIZE, &at))
			continue;
		for (; at < LIMIT32 && at - memory.base < memory.size; at += MACHINE_SIZE) {
			if (fits_machine(plan, layout, at)) {
				*base = at;
				return true;
			}
		}
	}
	/* Boards whose boot loader fills in the memory: any gap will do. */
	for (uint64_t at = 0x40000000; at < LIMIT32; at += MACHINE_SIZE) {
		if (fits_machine(plan, layout, at)) {
			*base = at;
			return true;
		}
	}
	return false;
}

/* The highest address that all DMA of the VM's units reaches. */
static uint64_t dma_limit(const struct bh_plan *plan, const struct bh_plan_vm *vm)
{
	uint64_t limit = UINT64_MAX;

	for (size_t u = 0; u < vm->unit_count; u++) {
		if (vm->units[u].dma == BH_PLAN_DMA_NONE)
			continue;
		bh_dt_for_each(node, (struct bh_dt_node *)vm->units[u].node)
		{
			uint64_t reach;

			if (!bh_survey_of(plan->survey, node)->addressed)
				continue;
			reach = bh_dt_dma_limit(node);
			if (reach < limit)
				limit = reach;
		}
	}
	return limit;
}

static bool fits_ram(const struct bh_plan *plan, struct bh_plan_vm *vm, struct bh_range memory,
		     uint64_t base, uint64_t limit)
{
	struct bh_range ram;

	if (!bh_range_make(base, vm->layout.ram.size, &ram) || bh_range_last(ram) > limit ||
	    !bh_range_contains(memory, ram))
		return false;
	for (size_t i = 0; i < vm->function_count; i++)
		for (size_t r = 0; r < vm->functions[i].pci->reserved_count; r++)
			if (bh_range_overlaps(vm->functions[i].pci->reserved[r], ram))
				return false;
	if (hits_device(plan, ram) || (vm->layout.direct && hits_reserved(plan, vm, ram)))
		return false;
	vm->layout.ram = ram;
	return true;
}

static bool place_direct(const struct bh_plan *plan, struct bh_plan_vm *vm, uint64_t limit)
{
	static const uint64_t offsets[] = {0x40000000, 0x20000000, 0x10000000};
	struct bh_range memory;

	if (is_set_aside(plan, vm, limit))
		return true;
	for (size_t i = 0; (memory = board_memory(plan, i)).size; i++) {
		const struct bh_board *board = plan->survey->board;
		uint64_t at;

		if (board->direct.size)
			memory = bh_range_intersect(memory, board->direct);
		else
			/* Leave the host the lowest part, where its boot loader works. */
			for (size_t o = 0; o < sizeof(offsets) / sizeof(offsets[0]); o++)
				if (bh_align_up(memory.base + offsets[o], BH_RAM_ALIGN, &at) &&
				    fits_ram(plan, vm, memory, at, limit))
					return true;
		if (!memory.size || !bh_align_up(memory.base, BH_RAM_ALIGN, &at))
			continue;
		for (int tries = 0; tries < TRIES; tries++, at += RAM_STEP)
			if (fits_ram(plan, vm, memory, at, limit))
				return true;
	}
	return false;
}

static bool place_ram(const struct bh_plan *plan, struct bh_plan_vm *vm, uint64_t machine,
		      uint64_t limit)
{
	const struct bh_range everywhere = {0, 1ull << 40};
	uint64_t at = machine + MACHINE_SIZE;

	for (int tries = 0; tries < TRIES; tries++, at += RAM_STEP)
		if (fits_ram(plan, vm, everywhere, at, limit))
			return true;
	/* Below the machine, for those whose DMA does not reach above it. */
	for (at = 0x40000000; at < machine; at += RAM_STEP)
		if (at + vm->layout.ram.size <= machine &&
		    fits_ram(plan, vm, everywhere, at, limit))
			return true;
	return false;
}

static int gic_version(const struct bh_plan *plan, const struct bh_plan_vm *vm)
{
	static const char *const v3[] = {"arm,gic-v3", "arm,gic-v4"};

	if (vm->config->gic.value == BH_GIC_2)
		return 2;
	if (vm->config->gic.value == BH_GIC_3)
		return 3;
	if (plan->survey->board->gic)
		return plan->survey->board->gic;
	for (size_t i = 0; i < plan->survey->tree->slots; i++) {
		const struct bh_dt_node *node = plan->survey->tree->nodes[i];

		if (!node || !bh_dt_is_gic(node))
			continue;
		for (size_t c = 0; c < sizeof(v3) / sizeof(v3[0]); c++)
			if (bh_dt_is_compatible(node, v3[c]))
				return 3;
		return 2;
	}
	return 3;
}

static bool is_taken(const struct bh_plan_vm *vm, uint32_t intid)
{
	for (size_t i = 0; i < vm->irq_count; i++)
		if (vm->irqs[i].guest == intid)
			return true;
	return false;
}

/* The first of `count` free lines in a row; 0 when there are none. */
static uint32_t free_lines(const struct bh_plan_vm *vm, uint32_t count)
{
	uint32_t run = 0;

	for (uint32_t intid = 32; intid < INTIDS_MAX; intid++) {
		run = is_taken(vm, intid) ? 0 : run + 1;
		if (run == count)
			return intid - count + 1;
	}
	return 0;
}

static bool number_lines(struct bh_plan_vm *vm)
{
	struct bh_layout *layout = &vm->layout;
	uint32_t first, highest;

	/* Lines beyond what KVM gives a guest (extended SPIs) move down; lines of other controllers
	 * have no number yet. */
	for (size_t i = 0; i < vm->irq_count; i++) {
		if (vm->irqs[i].guest && vm->irqs[i].guest < INTIDS_MAX)
			continue;
		vm->irqs[i].guest = 0;
		vm->irqs[i].guest = free_lines(vm, 1);
		if (!vm->irqs[i].guest)
			return false;
	}
	first = free_lines(vm, LINES);
	if (!first)
		return false;
	layout->uart_irq = first;
	for (uint32_t i = 0; i < 4; i++)
		layout->intx[i] = first + 1 + i;
	layout->virtio_irq = first + 5;
	highest = first + LINES - 1;
	for (size_t i = 0; i < vm->irq_count; i++)
		if (vm->irqs[i].guest > highest)
			highest = vm->irqs[i].guest;
	layout->interrupts = (highest + 32) / 32 * 32;
	return true;
}

static void refuse_room(struct bh_plan *plan, struct bh_plan_vm *vm, const char *what)
{
	static const struct bh_plan_unit nobody;
	const struct bh_plan_unit *unit = vm->unit_count ? &vm->units[0] : &nobody;
	struct bh_refusal *refusal;

	refusal = bh_plan_refuse(plan, vm, unit, "E0585", NULL, NULL, "no place for %s of VM %s",
				 what, vm->config->name.value);
	refusal->span = vm->config->memory.span;
	bh_plan_hint(plan, refusal, "give the VM less memory, or say in a board file where RAM is");
}

void bh_plan_lay_out(struct bh_plan *plan, struct bh_plan_vm *vm)
{
	struct bh_layout *layout = &vm->layout;
	uint64_t limit = dma_limit(plan, vm), base;
	uint32_t vcpus = vm->config->cpus.value ? (uint32_t)vm->config->cpus.value : 1;
	bool ram;

	layout->ram.size = vm->config->memory.value;
	for (size_t u = 0; u < vm->unit_count; u++)
		layout->direct |= vm->units[u].dma == BH_PLAN_DMA_DIRECT && !vm->raw;
	layout->gic = gic_version(plan, vm);
	if (layout->direct && !board_memory(plan, 0).size) {
		struct bh_refusal *refusal =
			bh_plan_refuse(plan, vm, &vm->units[0], "E0588", NULL, NULL,
				       "memory cannot be set aside for VM %s: where the board has "
				       "memory is not known",
				       vm->config->name.value);
		bh_plan_hint(plan, refusal,
			     "the boot loader fills that in: plan on the board, or say it here: "
			     "[[board.ram]] base = \"0x80000000\" size = \"2G\"");
		return;
	}
	if (layout->direct && !place_direct(plan, vm, limit)) {
		refuse_room(plan, vm, "the reserved memory");
		return;
	}
	if (!layout->direct)
		layout->ram.base = UINT64_MAX - layout->ram.size; /* nowhere yet */
	if (!place_machine(plan, layout, &base)) {
		refuse_room(plan, vm, "the virtual devices");
		return;
	}
	ram = layout->direct || place_ram(plan, vm, base, limit);
	if (!ram) {
		refuse_room(plan, vm, "the memory");
		return;
	}
	if (!number_lines(vm)) {
		refuse_room(plan, vm, "the interrupts");
		return;
	}
	if (layout->gic == 3) {
		layout->distributor = part(base, AT_DISTRIBUTOR, BH_GICV3_DISTRIBUTOR);
		layout->redistributor =
			part(base, AT_REDISTRIBUTOR, (uint64_t)vcpus * BH_GICV3_REDISTRIBUTOR);
		layout->its = part(base, AT_ITS, BH_GICV3_ITS);
	} else {
		layout->distributor = part(base, AT_DISTRIBUTOR, BH_GICV2_DISTRIBUTOR);
		layout->redistributor = part(base, AT_REDISTRIBUTOR, BH_GICV2_CPU_INTERFACE);
	}
	layout->uart = part(base, AT_UART, BH_PAGE);
	layout->watchdog = part(base, AT_WATCHDOG, BH_WATCHDOG);
	layout->scmi = part(base, AT_SCMI, BH_PAGE);
	layout->virtio = part(base, AT_VIRTIO, (uint64_t)BH_VIRTIO_MAX * VIRTIO_STRIDE);
	layout->ecam = part(base, AT_ECAM, BH_PCI_CONFIG);
	layout->window32 = part(base, AT_WINDOW32, MACHINE_SIZE - AT_WINDOW32);
	bh_plan_place_functions(plan, vm);
}
