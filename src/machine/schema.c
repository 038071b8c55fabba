/* SPDX-License-Identifier: Apache-2.0 */
#include "machine/schema.h"

#include "machine/manifest.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define STRING(type, member, property, must)                                                   \
	{                                                                                      \
		.name = (property), .kind = BH_VALUE_STRING, .offset = offsetof(type, member), \
		.required = (must)                                                             \
	}
#define NUMBER(type, member, property, bits, must)                                              \
	{                                                                                       \
		.name = (property), .kind = BH_VALUE_U##bits, .offset = offsetof(type, member), \
		.required = (must)                                                              \
	}
#define ADDRESS(type, member, property, must)                                                   \
	{                                                                                       \
		.name = (property), .kind = BH_VALUE_ADDRESS, .offset = offsetof(type, member), \
		.required = (must)                                                              \
	}
#define FLAG(type, member, property)                                                        \
	{                                                                                   \
		.name = (property), .kind = BH_VALUE_FLAG, .offset = offsetof(type, member) \
	}
#define NAMED(type, member, property, table, must)                                            \
	{                                                                                     \
		.name = (property), .kind = BH_VALUE_NAMED, .offset = offsetof(type, member), \
		.required = (must), .names = (table), .count = COUNT(table)                   \
	}
#define SCHEMA(of_values, of_children)                                                             \
	{                                                                                          \
		.values = (of_values), .value_count = COUNT(of_values), .children = (of_children), \
		.child_count = COUNT(of_children)                                                  \
	}
#define LEAF(of_values)                                                \
	{                                                              \
		.values = (of_values), .value_count = COUNT(of_values) \
	}
#define LIST(type, member, number, node, of, limit)                                \
	{                                                                          \
		.name = (node), .kind = BH_CHILD_LIST, .schema = &(of),            \
		.offset = offsetof(type, member), .extra = offsetof(type, number), \
		.stride = sizeof(((type *)0)->member[0]), .max = (limit)           \
	}

static const char *const memory_kinds[] = {"anonymous", "shared", "direct"};
static const char *const dma_modes[] = {"none", "iommu", "direct"};
static const char *const virtio_kinds[] = {"block", "net", "console", "vsock",
					   "rng",   "gpu", "fs",      "balloon"};
static const char *const net_backends[] = {"tap", "tap-vhost", "socket"};
static const char *const graphics[] = {"servers", "2d", "gles2", "gles3", "gl33"};
static const char *const restarts[] = {"never", "on-failure", "always"};

#define T struct bh_manifest_memory
static const struct bh_schema_value memory_values[] = {
	NAMED(T, kind, "kind", memory_kinds, true),
	ADDRESS(T, base.value, "base", true),
	ADDRESS(T, size, "size", true),
	STRING(T, region, "region", false),
};
static const struct bh_schema memory = LEAF(memory_values);
#undef T

#define T struct bh_manifest_gic
static const struct bh_schema_value gic_values[] = {
	NUMBER(T, version, "version", 32, true),
	ADDRESS(T, distributor.value, "distributor", true),
	ADDRESS(T, redistributor.value, "redistributor", true),
	FLAG(T, has_its, "has-its"),
	ADDRESS(T, its.value, "its", false),
	NUMBER(T, interrupts, "interrupts", 32, true),
};
static const struct bh_schema gic = LEAF(gic_values);
#undef T

#define T struct bh_manifest_uart
static const struct bh_schema_value uart_values[] = {
	ADDRESS(T, registers.value, "registers", true),
	NUMBER(T, intid, "interrupt", 32, true),
};
static const struct bh_schema uart = LEAF(uart_values);
#undef T

#define T struct bh_manifest_watchdog
static const struct bh_schema_value watchdog_values[] = {
	ADDRESS(T, registers.value, "registers", true),
};
static const struct bh_schema watchdog = LEAF(watchdog_values);
#undef T

#define T struct bh_manifest_pci
static const struct bh_schema_value pci_values[] = {
	ADDRESS(T, config.value, "config", true),
	{.name = "window32",
	 .kind = BH_VALUE_RANGE,
	 .offset = offsetof(T, window32),
	 .required = true},
	{.name = "window64", .kind = BH_VALUE_RANGE, .offset = offsetof(T, window64)},
	{.name = "intx",
	 .kind = BH_VALUE_CELLS,
	 .offset = offsetof(T, intx),
	 .required = true,
	 .count = 4},
};
static const struct bh_schema pci = LEAF(pci_values);
#undef T

#define T struct bh_manifest_clock
static const struct bh_schema_value clock_values[] = {
	STRING(T, name, "name", true),
	NUMBER(T, device, "device", 32, true),
	NUMBER(T, index, "index", 32, true),
	FLAG(T, may_gate, "may-gate"),
	FLAG(T, may_set_rate, "may-set-rate"),
	NUMBER(T, min_rate, "min-rate", 64, false),
	NUMBER(T, max_rate, "max-rate", 64, false),
};
static const struct bh_schema clock = LEAF(clock_values);
#undef T

#define T struct bh_manifest_reset
static const struct bh_schema_value reset_values[] = {
	STRING(T, name, "name", true),
	NUMBER(T, device, "device", 32, true),
	NUMBER(T, index, "index", 32, true),
	FLAG(T, may_assert, "may-assert"),
};
static const struct bh_schema reset = LEAF(reset_values);
#undef T

#define T struct bh_manifest_domain
static const struct bh_schema_value domain_values[] = {
	STRING(T, name, "name", true),
	NUMBER(T, device, "device", 32, true),
	NUMBER(T, index, "index", 32, true),
	FLAG(T, may_switch, "may-switch"),
};
static const struct bh_schema domain = LEAF(domain_values);
#undef T

#define T struct bh_manifest_scmi
static const struct bh_schema_value scmi_values[] = {
	ADDRESS(T, shared.value, "shared", true),
	NUMBER(T, function, "function", 32, true),
};
static const struct bh_schema_child scmi_children[] = {
	LIST(T, clocks, clock_count, "clock", clock, BH_SCMI_IDS_MAX),
	LIST(T, resets, reset_count, "reset", reset, BH_SCMI_IDS_MAX),
	LIST(T, domains, domain_count, "domain", domain, BH_SCMI_IDS_MAX),
};
static const struct bh_schema scmi = SCHEMA(scmi_values, scmi_children);
#undef T

#define T struct bh_manifest_region
static const struct bh_schema_value region_values[] = {
	NUMBER(T, index, "index", 32, true),     ADDRESS(T, host.value, "host", true),
	ADDRESS(T, guest.value, "guest", true),  ADDRESS(T, size, "size", true),
	FLAG(T, write_combine, "write-combine"),
};
static const struct bh_schema region = LEAF(region_values);
#undef T

#define T struct bh_manifest_irq
static const struct bh_schema_value irq_values[] = {
	NUMBER(T, index, "index", 32, true),
	NUMBER(T, intid, "interrupt", 32, true),
	FLAG(T, edge, "edge"),
};
static const struct bh_schema irq = LEAF(irq_values);
#undef T

#define T struct bh_manifest_device
static const struct bh_schema_value device_values[] = {
	STRING(T, name, "name", true),         STRING(T, path, "path", true),
	NAMED(T, dma, "dma", dma_modes, true), STRING(T, quiesce, "quiesce", false),
	STRING(T, group, "group", false),
};
static const struct bh_schema_child device_children[] = {
	LIST(T, regions, region_count, "region", region, BH_REGIONS_MAX),
	LIST(T, irqs, irq_count, "irq", irq, BH_IRQS_MAX),
};
static const struct bh_schema device = SCHEMA(device_values, device_children);
#undef T

#define T struct bh_manifest_function
static const struct bh_schema_value function_values[] = {
	STRING(T, group, "group", false),
	STRING(T, host, "host", true),
	NUMBER(T, id, "id", 32, false),
	NUMBER(T, slot, "slot", 32, true),
	NUMBER(T, function, "function", 32, true),
};
static const struct bh_schema function = LEAF(function_values);
#undef T

#define T struct bh_manifest_virtio
static const struct bh_schema_value virtio_values[] = {
	NAMED(T, kind, "kind", virtio_kinds, true),
	STRING(T, name, "name", true),
	FLAG(T, pci, "pci"),
	NUMBER(T, slot, "slot", 32, false),
	ADDRESS(T, registers.value, "registers", false),
	NUMBER(T, intid, "interrupt", 32, false),
	NUMBER(T, queues, "queues", 32, false),
	STRING(T, host, "host", false),
	FLAG(T, readonly, "read-only"),
	FLAG(T, no_discard, "no-discard"),
	STRING(T, serial, "serial", false),
	FLAG(T, vhost_user, "vhost-user"),
	FLAG(T, serve, "serve"),
	STRING(T, folder, "folder", false),
	NUMBER(T, width, "width", 32, false),
	NUMBER(T, height, "height", 32, false),
	ADDRESS(T, quota, "quota", false),
	NUMBER(T, workers, "workers", 32, false),
	NAMED(T, graphics, "graphics", graphics, false),
	NAMED(T, backend, "backend", net_backends, false),
	STRING(T, vhost, "vhost", false),
	{.name = "mac", .kind = BH_VALUE_BYTES, .offset = offsetof(T, mac), .count = 6},
	NUMBER(T, cid, "cid", 64, false),
	STRING(T, tag, "tag", false),
	ADDRESS(T, floor, "floor", false),
	STRING(T, bridge, "bridge", false),
	STRING(T, uplink, "uplink", false),
	STRING(T, address, "address", false),
	FLAG(T, forwards, "forwards"),
	NUMBER(T, mtu, "mtu", 32, false),
};
static const struct bh_schema virtio = LEAF(virtio_values);
#undef T

#define T struct bh_manifest_after
static const struct bh_schema_value after_values[] = {
	STRING(T, vm, "vm", true),
};
static const struct bh_schema after = LEAF(after_values);
#undef T

#define T struct bh_manifest_usb
static const struct bh_schema_value usb_values[] = {
	STRING(T, device, "device", false),
	STRING(T, class, "class", false),
	STRING(T, port, "port", false),
	FLAG(T, allow, "allow"),
};
static const struct bh_schema usb = LEAF(usb_values);
#undef T

#define T struct bh_manifest
static const struct bh_schema_value root_values[] = {
	STRING(T, vm, "vm", true),
	NUMBER(T, vcpus, "vcpus", 32, true),
	STRING(T, kernel, "kernel", true),
	STRING(T, initrd, "initrd", false),
	NAMED(T, restart, "restart", restarts, true),
	NUMBER(T, restart_limit, "restart-limit", 32, false),
	NUMBER(T, restart_delay, "restart-delay", 32, false),
	NUMBER(T, restart_max_delay, "restart-max-delay", 32, false),
	NUMBER(T, restart_settled, "restart-settled", 32, false),
	FLAG(T, ready_by_vsock, "ready-by-vsock"),
	NUMBER(T, ready_timeout, "ready-timeout", 32, false),
	ADDRESS(T, board_tree, "board-tree", false),
	STRING(T, container, "container", false),
	ADDRESS(T, memory_limit, "memory-limit", false),
	NUMBER(T, process_limit, "process-limit", 32, false),
	STRING(T, cpus, "host-cpus", false),
	{.name = "tree",
	 .kind = BH_VALUE_BLOB,
	 .offset = offsetof(T, tree),
	 .extra = offsetof(T, tree_size),
	 .required = true},
};
static const struct bh_schema_child root_children[] = {
	{.name = "memory", .kind = BH_CHILD_ONE, .schema = &memory, .offset = offsetof(T, memory)},
	{.name = "gic", .kind = BH_CHILD_ONE, .schema = &gic, .offset = offsetof(T, gic)},
	{.name = "uart",
	 .kind = BH_CHILD_OPTIONAL,
	 .schema = &uart,
	 .offset = offsetof(T, uart),
	 .extra = offsetof(T, uart.present)},
	{.name = "watchdog",
	 .kind = BH_CHILD_OPTIONAL,
	 .schema = &watchdog,
	 .offset = offsetof(T, watchdog),
	 .extra = offsetof(T, watchdog.present)},
	{.name = "pci",
	 .kind = BH_CHILD_OPTIONAL,
	 .schema = &pci,
	 .offset = offsetof(T, pci),
	 .extra = offsetof(T, pci.present)},
	{.name = "scmi",
	 .kind = BH_CHILD_OPTIONAL,
	 .schema = &scmi,
	 .offset = offsetof(T, scmi),
	 .extra = offsetof(T, scmi.present)},
	LIST(T, devices, device_count, "device", device, BH_DEVICES_MAX),
	LIST(T, functions, function_count, "function", function, BH_FUNCTIONS_MAX),
	LIST(T, virtio, virtio_count, "virtio", virtio, BH_VIRTIO_MAX),
	LIST(T, after, after_count, "after", after, BH_AFTER_MAX),
	LIST(T, usb, usb_count, "usb", usb, BH_USB_RULES_MAX),
};
const struct bh_schema bh_manifest_schema = SCHEMA(root_values, root_children);
#undef T
