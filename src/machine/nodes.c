/* SPDX-License-Identifier: Apache-2.0 */
#include "machine/nodes.h"

#include "machine/check.h"

#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

enum { SPI = 0, PPI = 1 };
enum { EDGE_RISING = 1, LEVEL_HIGH = 4 };

/* libfdt calls one after the other; after the first error the rest do nothing. */
struct builder {
	void *tree;
	const struct bh_manifest *machine;
	int err;
};

static int add_node(struct builder *b, int parent, const char *name)
{
	if (b->err)
		return 0;
	int node = fdt_add_subnode(b->tree, parent, name);
	if (node < 0)
		b->err = node;
	return node;
}

static int add_node_at(struct builder *b, int parent, const char *name, uint64_t address)
{
	char full[48];

	snprintf(full, sizeof(full), "%s@%" PRIx64, name, address);
	return add_node(b, parent, full);
}

static void add(struct builder *b, int node, const char *name, const void *data, size_t size)
{
	if (!b->err)
		b->err = fdt_setprop(b->tree, node, name, data, (int)size);
}

static void add_string(struct builder *b, int node, const char *name, const char *text)
{
	add(b, node, name, text, strlen(text) + 1);
}

static void add_cells(struct builder *b, int node, const char *name, const uint32_t *cells,
		      size_t count)
{
	if (!b->err)
		b->err = fdt_setprop(b->tree, node, name, NULL, 0);
	for (size_t i = 0; i < count && !b->err; i++)
		b->err = fdt_appendprop_u32(b->tree, node, name, cells[i]);
}

#define CELLS(b, node, name, ...)                                 \
	add_cells(b, node, name, (const uint32_t[]){__VA_ARGS__}, \
		  sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

#define WIDE(value) (uint32_t)((value) >> 32), (uint32_t)(value)

static void add_root(struct builder *b)
{
	if (!fdt_getprop(b->tree, 0, "compatible", NULL))
		add_string(b, 0, "compatible", "bulkhead,vm");
	if (!fdt_getprop(b->tree, 0, "model", NULL))
		add_string(b, 0, "model", "Bulkhead VM");
	CELLS(b, 0, "#address-cells", 2);
	CELLS(b, 0, "#size-cells", 2);
	CELLS(b, 0, "interrupt-parent", BH_PHANDLE_GIC);
}

static void add_chosen(struct builder *b, const char *command_line)
{
	int node = fdt_subnode_offset(b->tree, 0, "chosen");

	if (node < 0)
		node = add_node(b, 0, "chosen");
	add_string(b, node, "bootargs", command_line);
	if (b->machine->uart.present) {
		char path[40];

		snprintf(path, sizeof(path), "/serial@%" PRIx64, b->machine->uart.registers.value);
		add_string(b, node, "stdout-path", path);
	}
}

static void add_memory(struct builder *b)
{
	const struct bh_manifest_memory *memory = &b->machine->memory;
	int node = add_node_at(b, 0, "memory", memory->base.value);

	add_string(b, node, "device_type", "memory");
	CELLS(b, node, "reg", WIDE(memory->base.value), WIDE(memory->size));
}

static void add_cpus(struct builder *b)
{
	int cpus = add_node(b, 0, "cpus");

	CELLS(b, cpus, "#address-cells", 1);
	CELLS(b, cpus, "#size-cells", 0);
	/* libfdt puts each new node before its siblings: from the last to the first. */
	for (uint32_t cpu = b->machine->vcpus; cpu-- > 0;) {
		int node = add_node_at(b, cpus, "cpu", cpu);

		add_string(b, node, "device_type", "cpu");
		add_string(b, node, "compatible", "arm,armv8");
		CELLS(b, node, "reg", cpu);
		if (b->machine->vcpus > 1)
			add_string(b, node, "enable-method", "psci");
	}
}

static void add_psci(struct builder *b)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";
	int node = add_node(b, 0, "psci");

	add(b, node, "compatible", compatible, sizeof(compatible));
	add_string(b, node, "method", "hvc");
}

static void add_timer(struct builder *b)
{
	/* On a GICv2 a private interrupt's flags name the CPUs that have it. */
	uint32_t cpus =
		b->machine->gic.version == BH_GIC_V2 ? ((1u << b->machine->vcpus) - 1) << 8 : 0;
	uint32_t flags = cpus | LEVEL_HIGH;
	int node = add_node(b, 0, "timer");

	add_string(b, node, "compatible", "arm,armv8-timer");
	CELLS(b, node, "interrupts", PPI, 13, flags, PPI, 14, flags, PPI, 11, flags, PPI, 10,
	      flags);
	add(b, node, "always-on", NULL, 0);
}

static void add_gic(struct builder *b)
{
	const struct bh_manifest_gic *gic = &b->machine->gic;
	bool v3 = gic->version == BH_GIC_V3;
	int node = add_node_at(b, 0, "interrupt-controller", gic->distributor.value);

	add_string(b, node, "compatible", v3 ? "arm,gic-v3" : "arm,cortex-a15-gic");
	CELLS(b, node, "#interrupt-cells", 3);
	CELLS(b, node, "#address-cells", 2);
	CELLS(b, node, "#size-cells", 2);
	add(b, node, "interrupt-controller", NULL, 0);
	add(b, node, "ranges", NULL, 0);
	CELLS(b, node, "phandle", BH_PHANDLE_GIC);
	if (!v3) {
		CELLS(b, node, "reg", WIDE(gic->distributor.value), 0, BH_GICV2_DISTRIBUTOR,
		      WIDE(gic->redistributor.value), 0, BH_GICV2_CPU_INTERFACE);
		return;
	}
	CELLS(b, node, "reg", WIDE(gic->distributor.value), 0, BH_GICV3_DISTRIBUTOR,
	      WIDE(gic->redistributor.value), 0, b->machine->vcpus * BH_GICV3_REDISTRIBUTOR);
	if (!gic->has_its)
		return;
	int its = add_node_at(b, node, "msi-controller", gic->its.value);
	add_string(b, its, "compatible", "arm,gic-v3-its");
	add(b, its, "msi-controller", NULL, 0);
	CELLS(b, its, "#msi-cells", 1);
	CELLS(b, its, "reg", WIDE(gic->its.value), 0, BH_GICV3_ITS);
	CELLS(b, its, "phandle", BH_PHANDLE_ITS);
}

static void add_uart(struct builder *b)
{
	const struct bh_manifest_uart *uart = &b->machine->uart;

	if (!uart->present)
		return;
	int node = add_node_at(b, 0, "serial", uart->registers.value);
	add_string(b, node, "compatible", "ns16550a");
	CELLS(b, node, "reg", WIDE(uart->registers.value), 0, BH_UART);
	CELLS(b, node, "interrupts", SPI, uart->intid - 32, LEVEL_HIGH);
	CELLS(b, node, "clock-frequency", 1843200);
}

static void add_watchdog(struct builder *b)
{
	const struct bh_manifest_watchdog *watchdog = &b->machine->watchdog;

	if (!watchdog->present)
		return;
	int node = add_node_at(b, 0, "watchdog", watchdog->registers.value);
	add_string(b, node, "compatible", "arm,sbsa-gwdt");
	CELLS(b, node, "reg", WIDE(watchdog->registers.value), 0, BH_PAGE,
	      WIDE(watchdog->registers.value + BH_PAGE), 0, BH_PAGE);
}

/* INTA..INTD rotate over the slots, as on a board. */
static void add_interrupt_map(struct builder *b, int node)
{
	uint32_t map[16][10];

	for (uint32_t slot = 0; slot < 4; slot++) {
		for (uint32_t pin = 0; pin < 4; pin++) {
			uint32_t spi = b->machine->pci.intx[(slot + pin) % 4] - 32;
			const uint32_t entry[10] = {slot << 11, 0, 0,   pin + 1, BH_PHANDLE_GIC,
						    0,          0, SPI, spi,     LEVEL_HIGH};
			memcpy(map[slot * 4 + pin], entry, sizeof(entry));
		}
	}
	add_cells(b, node, "interrupt-map", &map[0][0], sizeof(map) / sizeof(uint32_t));
	CELLS(b, node, "interrupt-map-mask", 0x1800, 0, 0, 7);
	CELLS(b, node, "#interrupt-cells", 1);
}

static void add_pci(struct builder *b)
{
	const struct bh_manifest_pci *pci = &b->machine->pci;
	enum { MEMORY32 = 0x02000000, MEMORY64 = 0x43000000 };

	if (!pci->present)
		return;
	int node = add_node_at(b, 0, "pcie", pci->config.value);
	add_string(b, node, "compatible", "pci-host-ecam-generic");
	add_string(b, node, "device_type", "pci");
	CELLS(b, node, "#address-cells", 3);
	CELLS(b, node, "#size-cells", 2);
	CELLS(b, node, "bus-range", 0, 0);
	CELLS(b, node, "reg", WIDE(pci->config.value), 0, BH_PCI_CONFIG);
	if (pci->window64.size)
		CELLS(b, node, "ranges", MEMORY32, WIDE(pci->window32.base),
		      WIDE(pci->window32.base), WIDE(pci->window32.size), MEMORY64,
		      WIDE(pci->window64.base), WIDE(pci->window64.base), WIDE(pci->window64.size));
	else
		CELLS(b, node, "ranges", MEMORY32, WIDE(pci->window32.base),
		      WIDE(pci->window32.base), WIDE(pci->window32.size));
	add_interrupt_map(b, node);
	if (b->machine->gic.has_its)
		CELLS(b, node, "msi-map", 0, BH_PHANDLE_ITS, 0, 0x100);
	add(b, node, "dma-coherent", NULL, 0);
}

static void add_virtio(struct builder *b)
{
	for (size_t i = b->machine->virtio_count; i-- > 0;) {
		const struct bh_manifest_virtio *virtio = &b->machine->virtio[i];
		if (virtio->pci)
			continue;
		int node = add_node_at(b, 0, "virtio", virtio->registers.value);
		add_string(b, node, "compatible", "virtio,mmio");
		CELLS(b, node, "reg", WIDE(virtio->registers.value), 0, BH_VIRTIO_MMIO);
		CELLS(b, node, "interrupts", SPI, virtio->intid - 32, EDGE_RISING);
		add(b, node, "dma-coherent", NULL, 0);
	}
}

static void add_protocol(struct builder *b, int scmi, uint32_t id, const char *cells,
			 uint32_t phandle, size_t count)
{
	if (!count)
		return;
	int node = add_node_at(b, scmi, "protocol", id);
	CELLS(b, node, "reg", id);
	CELLS(b, node, cells, 1);
	CELLS(b, node, "phandle", phandle);
}

static void add_scmi(struct builder *b)
{
	const struct bh_manifest_scmi *scmi = &b->machine->scmi;
	enum { MESSAGE_AREA = 0x100 };

	if (!scmi->present)
		return;
	int sram = add_node_at(b, 0, "sram", scmi->shared.value);
	add_string(b, sram, "compatible", "mmio-sram");
	CELLS(b, sram, "reg", WIDE(scmi->shared.value), 0, BH_PAGE);
	CELLS(b, sram, "#address-cells", 1);
	CELLS(b, sram, "#size-cells", 1);
	CELLS(b, sram, "ranges", 0, WIDE(scmi->shared.value), BH_PAGE);
	int area = add_node_at(b, sram, "scmi-shmem", 0);
	add_string(b, area, "compatible", "arm,scmi-shmem");
	CELLS(b, area, "reg", 0, MESSAGE_AREA);
	CELLS(b, area, "phandle", BH_PHANDLE_SCMI_SHARED);

	int firmware = fdt_subnode_offset(b->tree, 0, "firmware");
	if (firmware < 0)
		firmware = add_node(b, 0, "firmware");
	int node = add_node(b, firmware, "scmi");
	add_string(b, node, "compatible", "arm,scmi-smc");
	CELLS(b, node, "arm,smc-id", scmi->function);
	CELLS(b, node, "shmem", BH_PHANDLE_SCMI_SHARED);
	CELLS(b, node, "#address-cells", 1);
	CELLS(b, node, "#size-cells", 0);
	add_protocol(b, node, 0x16, "#reset-cells", BH_PHANDLE_SCMI_RESETS, scmi->reset_count);
	add_protocol(b, node, 0x14, "#clock-cells", BH_PHANDLE_SCMI_CLOCKS, scmi->clock_count);
	add_protocol(b, node, 0x11, "#power-domain-cells", BH_PHANDLE_SCMI_DOMAINS,
		     scmi->domain_count);
}

int bh_machine_nodes(void *tree, const struct bh_manifest *machine, const char *command_line)
{
	struct builder builder = {.tree = tree, .machine = machine};

	/* Last first: each new node goes before its siblings. */
	add_virtio(&builder);
	add_scmi(&builder);
	add_pci(&builder);
	add_watchdog(&builder);
	add_uart(&builder);
	add_timer(&builder);
	add_gic(&builder);
	add_psci(&builder);
	add_cpus(&builder);
	add_memory(&builder);
	add_chosen(&builder, command_line);
	add_root(&builder);
	return builder.err;
}
