/* SPDX-License-Identifier: Apache-2.0 */
#include "synthetic.h"

#include "dt/tree.h"

#include <stdio.h>

static void add_device(struct bh_dt *tree, struct bh_dt_node *bus, uint32_t i,
		       const uint32_t *providers)
{
	uint32_t reg[] = {0x1000 * i, 0x1000}, irq[] = {0, i % 900, 4};
	uint32_t clocks[] = {providers[0], i, providers[0], i + 1}, resets[] = {providers[1], i};
	char name[32];

	snprintf(name, sizeof(name), "serial@%x", 0x1000 * i);
	struct bh_dt_node *node = bh_dt_add(tree, bus, name);
	bh_dt_set_string(tree, node, "compatible", "vendor,device");
	bh_dt_set_cells(tree, node, "reg", reg, 2);
	bh_dt_set_cells(tree, node, "interrupts", irq, 3);
	bh_dt_set_cells(tree, node, "clocks", clocks, 4);
	bh_dt_set_cells(tree, node, "resets", resets, 2);
	bh_dt_set_u32(tree, node, "power-domains", providers[2]);
	bh_dt_set_string(tree, node, "status", "okay");
	bh_dt_need_phandle(tree, node);
}

char *bench_tree(uint32_t nodes, size_t *size)
{
	static const char *const names[] = {"clock", "reset", "power", "gic"};
	static const char *const cells[] = {"#clock-cells", "#reset-cells", "#power-domain-cells",
					    "#interrupt-cells"};
	static const uint32_t counts[] = {1, 1, 0, 3};
	uint32_t providers[4];
	struct bh_dt_node *bus = NULL;
	struct bh_dt tree;

	bh_dt_init(&tree);
	for (int i = 0; i < 4; i++) {
		struct bh_dt_node *node = bh_dt_add(&tree, tree.root, names[i]);
		bh_dt_set_u32(&tree, node, cells[i], counts[i]);
		providers[i] = bh_dt_need_phandle(&tree, node);
	}
	bh_dt_set_u32(&tree, tree.root, "interrupt-parent", providers[3]);
	for (uint32_t i = 0; tree.count < nodes; i++) {
		if (i % 100 == 0) {
			char name[32];

			snprintf(name, sizeof(name), "bus%u", i / 100);
			bus = bh_dt_add(&tree, tree.root, name);
			bh_dt_set_u32(&tree, bus, "#address-cells", 1);
			bh_dt_set_u32(&tree, bus, "#size-cells", 1);
			bh_dt_set_flag(&tree, bus, "ranges");
		}
		add_device(&tree, bus, i, providers);
	}
	char *blob = bh_dt_write(&tree, size, NULL);
	bh_dt_finish(&tree);
	return blob;
}
