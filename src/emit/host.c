/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side: memory that is set aside for direct-map VMs. */
#include "emit/emit.h"

#include "dt/cells.h"

#include <inttypes.h>
#include <stdio.h>

static bool any_direct(const struct bh_plan *plan)
{
	for (size_t v = 0; v < plan->vm_count; v++)
		if (plan->vms[v].layout.direct)
			return true;
	return false;
}

static uint32_t split(uint64_t value, uint32_t cells, uint32_t *out)
{
	for (uint32_t i = 0; i < cells; i++) {
		uint32_t shift = 32 * (cells - 1 - i);
		out[i] = shift < 64 ? (uint32_t)(value >> shift) : 0;
	}
	return cells;
}

/* /reserved-memory keeps the cells it has; a new one takes the root's, as the kernel wants. */
static struct bh_dt_cells reserved_cells(const struct bh_plan *plan)
{
	const struct bh_dt_node *node = bh_dt_find(plan->survey->tree, "/reserved-memory");

	return bh_dt_child_cells(node ? node : plan->survey->tree->root);
}

static uint32_t region_cells(const struct bh_plan *plan, const struct bh_plan_vm *vm,
			     uint32_t cells[8])
{
	struct bh_dt_cells shape = reserved_cells(plan);
	uint32_t count = 0;

	if (shape.address > 4 || shape.size > 4)
		return 0;
	count += split(vm->layout.ram.base, shape.address, cells);
	count += split(vm->layout.ram.size, shape.size, cells + count);
	return count;
}

void bh_emit_host_overlay(struct bh_buf *text, const struct bh_plan *plan)
{
	struct bh_dt_cells shape = reserved_cells(plan);

	bh_buf_adds(text, "/dts-v1/;\n/plugin/;\n\n");
	if (!any_direct(plan)) {
		bh_buf_adds(text,
			    "/* No VM needs memory that the host's kernel must leave alone. */\n"
			    "/ {\n};\n");
		return;
	}
	bh_buf_adds(text, "/ {\n\tfragment@0 {\n\t\ttarget-path = \"/\";\n\n\t\t__overlay__ {\n"
			  "\t\t\treserved-memory {\n");
	bh_buf_addf(text,
		    "\t\t\t\t#address-cells = <%u>;\n\t\t\t\t#size-cells = <%u>;\n"
		    "\t\t\t\tranges;\n",
		    shape.address, shape.size);
	for (size_t v = 0; v < plan->vm_count; v++) {
		const struct bh_plan_vm *vm = &plan->vms[v];
		uint32_t cells[8], count;

		if (!vm->layout.direct)
			continue;
		count = region_cells(plan, vm, cells);
		bh_buf_addf(text,
			    "\n\t\t\t\tbulkhead-%s@%" PRIx64 " {\n"
			    "\t\t\t\t\tcompatible = \"bulkhead,memory\";\n\t\t\t\t\treg = <",
			    vm->config->name.value, vm->layout.ram.base);
		for (uint32_t i = 0; i < count; i++)
			bh_buf_addf(text, "%s0x%x", i ? " " : "", cells[i]);
		bh_buf_adds(text, ">;\n\t\t\t\t};\n");
	}
	bh_buf_adds(text, "\t\t\t};\n\t\t};\n\t};\n};\n");
}

void bh_emit_host_edit(struct bh_dt *tree, const struct bh_plan *plan)
{
	struct bh_dt_cells shape = reserved_cells(plan);
	struct bh_dt_node *reserved;

	if (!any_direct(plan))
		return;
	bh_dt_set_origin(tree, "bulkhead");
	reserved = bh_dt_find(tree, "/reserved-memory");
	if (!reserved) {
		reserved = bh_dt_add(tree, tree->root, "reserved-memory");
		if (!reserved)
			return;
		bh_dt_set_u32(tree, reserved, "#address-cells", shape.address);
		bh_dt_set_u32(tree, reserved, "#size-cells", shape.size);
		bh_dt_set_flag(tree, reserved, "ranges");
	}
	for (size_t v = 0; v < plan->vm_count; v++) {
		const struct bh_plan_vm *vm = &plan->vms[v];
		struct bh_dt_node *node;
		uint32_t cells[8], count;
		char name[BH_DT_NAME_MAX + 32];

		if (!vm->layout.direct)
			continue;
		snprintf(name, sizeof(name), "bulkhead-%s@%" PRIx64, vm->config->name.value,
			 vm->layout.ram.base);
		node = bh_dt_add(tree, reserved, name);
		if (!node)
			continue;
		count = region_cells(plan, vm, cells);
		bh_dt_set_string(tree, node, "compatible", "bulkhead,memory");
		bh_dt_set_cells(tree, node, "reg", cells, count);
	}
}
