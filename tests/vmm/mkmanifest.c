/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the manifest of a plain VM, without board and plan, for tests and measurements:
 *   mkmanifest OUT key=value...
 * The keys are in the table below. virtio devices are numbered in the order in which they come.
 */
#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "machine/nodes.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RTC  0x9010000
#define GPIO 0x9030000

struct plain {
	struct bh_manifest m;
	const char *command_line;
	bool rtc;
	bool consume; /* the clock of it is one of SCMI's */
	bool pci;     /* for the virtio devices that follow */
	char names[BH_VIRTIO_MAX][16];
};

static uint64_t number(const char *text)
{
	uint64_t value;

	if (!bh_parse_size(text, &value)) {
		fprintf(stderr, "mkmanifest: \"%s\" is not a size\n", text);
		exit(2);
	}
	return value;
}

static void set_vcpus(struct plain *p, const char *value)
{
	p->m.vcpus = (uint32_t)number(value);
}

static void set_cpus(struct plain *p, const char *value)
{
	p->m.cpus = value;
}

static void set_memory(struct plain *p, const char *value)
{
	p->m.memory.size = number(value);
}

static void set_base(struct plain *p, const char *value)
{
	if (!bh_parse_u64(value, &p->m.memory.base.value))
		exit(2);
}

static void set_shared(struct plain *p, const char *value)
{
	p->m.memory.kind = bh_str_eq(value, "yes") ? BH_MEMORY_SHARED : BH_MEMORY_ANONYMOUS;
}

/* direct=NAME@BASE */
static void set_direct(struct plain *p, const char *value)
{
	const char *at = strchr(value, '@');
	uint64_t base;

	if (!at || !bh_parse_u64(at + 1, &base))
		exit(2);
	p->m.memory.kind = BH_MEMORY_DIRECT;
	p->m.memory.region = bh_strndup(value, (size_t)(at - value));
	p->m.memory.base.value = base;
}

/* limits=BYTES,PROCESSES */
static void set_limits(struct plain *p, const char *value)
{
	const char *comma = strchr(value, ',');
	char *memory = bh_strndup(value, comma ? (size_t)(comma - value) : strlen(value));

	p->m.memory_limit = number(memory);
	p->m.process_limit = comma ? (uint32_t)number(comma + 1) : 0;
	free(memory);
}

static void set_name(struct plain *p, const char *value)
{
	p->m.vm = value;
}

static void set_kernel(struct plain *p, const char *value)
{
	p->m.kernel = value;
}

static void set_initrd(struct plain *p, const char *value)
{
	p->m.initrd = value;
}

static void set_command_line(struct plain *p, const char *value)
{
	p->command_line = value;
}

static void set_gic(struct plain *p, const char *value)
{
	p->m.gic.version = number(value) == 2 ? BH_GIC_V2 : BH_GIC_V3;
	p->m.gic.has_its = p->m.gic.version == BH_GIC_V3;
	p->m.pci.present = p->m.gic.has_its;
	p->pci = p->pci && p->m.pci.present;
}

static void set_uart(struct plain *p, const char *value)
{
	p->m.uart.present = bh_str_eq(value, "yes");
}

static void set_watchdog(struct plain *p, const char *value)
{
	p->m.watchdog.present = bh_str_eq(value, "yes");
}

static void set_transport(struct plain *p, const char *value)
{
	p->pci = bh_str_eq(value, "pci");
}

static struct bh_manifest_virtio *add_virtio(struct plain *p, enum bh_virtio_kind kind,
					     const char *name)
{
	size_t index = p->m.virtio_count++;
	struct bh_manifest_virtio *virtio = &p->m.virtio[index];

	if (index >= BH_VIRTIO_MAX)
		exit(2);
	snprintf(p->names[index], sizeof(p->names[index]), "%s%zu", name, index);
	virtio->kind = kind;
	virtio->name = p->names[index];
	virtio->pci = p->pci;
	if (p->pci) {
		virtio->slot = (uint32_t)index + 1;
	} else {
		virtio->registers.value = 0x0a000000 + 0x1000 * index;
		virtio->intid = 48 + (uint32_t)index;
	}
	return virtio;
}

/* disk=PATH[,ro][,QUEUES] */
static void add_disk(struct plain *p, const char *value)
{
	struct bh_manifest_virtio *virtio = add_virtio(p, BH_VIRTIO_BLOCK, "disk");
	char *path = bh_strdup(value);
	char *save;

	virtio->host = strtok_r(path, ",", &save);
	for (char *word; (word = strtok_r(NULL, ",", &save));) {
		if (bh_str_eq(word, "ro"))
			virtio->readonly = true;
		else
			virtio->queues = (uint32_t)number(word);
	}
}

/* net=tap:NAME, vhost:NAME[,QUEUES] or socket:PATH */
static void add_net(struct plain *p, const char *value)
{
	static const char *const kinds[] = {"tap:", "vhost:", "socket:"};
	struct bh_manifest_virtio *virtio = add_virtio(p, BH_VIRTIO_NET, "net");

	for (size_t i = 0; i < 3; i++) {
		if (bh_str_starts(value, kinds[i])) {
			virtio->backend = (enum bh_net_backend)i;
			virtio->host = value + strlen(kinds[i]);
		}
	}
	const char *comma = virtio->host ? strchr(virtio->host, ',') : NULL;
	if (comma) {
		virtio->host = bh_strndup(virtio->host, (size_t)(comma - virtio->host));
		virtio->queues = (uint32_t)number(comma + 1);
	}
	virtio->mac[0] = 2;
	virtio->mac[5] = (uint8_t)p->m.virtio_count;
}

/* share=TAG,FOLDER: the launcher starts its server. */
static void add_share(struct plain *p, const char *value)
{
	struct bh_manifest_virtio *virtio = add_virtio(p, BH_VIRTIO_FS, "share");
	const char *comma = strchr(value, ',');

	if (!comma)
		exit(2);
	virtio->tag = bh_strndup(value, (size_t)(comma - value));
	virtio->folder = comma + 1;
	virtio->host = "-";
	virtio->serve = true;
	p->m.memory.kind = BH_MEMORY_SHARED;
}

/* gpu=WxH, likewise */
static void add_gpu(struct plain *p, const char *value)
{
	struct bh_manifest_virtio *virtio = add_virtio(p, BH_VIRTIO_GPU, "gpu");

	if (sscanf(value, "%ux%u", &virtio->width, &virtio->height) != 2)
		exit(2);
	virtio->host = "-";
	virtio->serve = true;
	virtio->workers = 1;
	p->m.memory.kind = BH_MEMORY_SHARED;
}

static void add_console(struct plain *p, const char *value)
{
	(void)value;
	add_virtio(p, BH_VIRTIO_CONSOLE, "console");
}

static void add_rng(struct plain *p, const char *value)
{
	(void)value;
	add_virtio(p, BH_VIRTIO_RNG, "rng");
}

/* balloon=FLOOR */
static void add_balloon(struct plain *p, const char *value)
{
	add_virtio(p, BH_VIRTIO_BALLOON, "balloon")->floor = number(value);
}

static void add_vsock(struct plain *p, const char *value)
{
	add_virtio(p, BH_VIRTIO_VSOCK, "vsock")->cid = number(value);
}

/* rtc=NAME: the PL031 of the board `virt`, at its own address. */
static void add_rtc(struct plain *p, const char *value)
{
	p->m.devices[p->m.device_count++] = (struct bh_manifest_device){
		.name = value,
		.path = "/pl031@9010000",
		.regions = {{.host = {RTC}, .guest = {RTC}, .size = 0x1000}},
		.region_count = 1,
		.irqs = {{.intid = 34}},
		.irq_count = 1,
	};
	p->rtc = true;
}

/* function=ADDRESS: a PCI function of the host. */
static void add_function(struct plain *p, const char *value)
{
	size_t index = p->m.function_count++;

	if (index >= 8)
		exit(2);
	p->m.functions[index].host = value;
	p->m.functions[index].slot = 16 + (uint32_t)index;
	p->m.pci.window64 = (struct bh_range){0x200000000, 1 << 30};
}

/* scmi=NAME: the clocks of the device that the lab test adds to the board `virt`. */
static void add_scmi(struct plain *p, const char *value)
{
	uint32_t device = (uint32_t)p->m.device_count++;
	struct bh_manifest_scmi *scmi = &p->m.scmi;

	p->m.devices[device] = (struct bh_manifest_device){.name = value, .path = "/test"};
	*scmi = (struct bh_manifest_scmi){
		.present = true, .shared = {0x0b000000}, .function = 0x82000010};
	scmi->clocks[0] = (struct bh_manifest_clock){.name = "core", .device = device};
	scmi->clocks[1] = (struct bh_manifest_clock){
		.name = "bus", .device = device, .index = 2, .may_gate = true};
	scmi->clock_count = 2;
	scmi->resets[0] = (struct bh_manifest_reset){.name = "core", .device = device};
	scmi->reset_count = 1;
}

/* gpio=NAME: the PL061 of the board `virt`, which the lab test puts behind the IOMMU. */
static void add_gpio(struct plain *p, const char *value)
{
	p->m.devices[p->m.device_count++] = (struct bh_manifest_device){
		.name = value,
		.path = "/pl061@9030000",
		.dma = BH_DMA_IOMMU,
		.regions = {{.host = {GPIO}, .guest = {GPIO}, .size = 0x1000}},
		.region_count = 1,
	};
}

/* consume=yes, after rtc and scmi: the guest may switch the clock's clock and reset. */
static void set_consume(struct plain *p, const char *value)
{
	p->consume = bh_str_eq(value, "yes");
	p->m.scmi.resets[0].may_assert = p->consume;
}

static void set_restart(struct plain *p, const char *value)
{
	p->m.restart = bh_str_eq(value, "on-failure") ? BH_RESTART_ON_FAILURE : BH_RESTART_NEVER;
}

static void set_scmi_call(struct plain *p, const char *value)
{
	uint64_t function;

	if (!bh_parse_u64(value, &function))
		exit(2);
	p->m.scmi.function = (uint32_t)function;
}

static int add_rtc_nodes(void *tree, bool consume)
{
	static const char compatible[] = "arm,pl031\0arm,primecell";
	const uint32_t clock = BH_PHANDLE_FREE;
	const fdt32_t reg[4] = {0, cpu_to_fdt32(RTC), 0, cpu_to_fdt32(0x1000)};
	const fdt32_t irq[3] = {0, cpu_to_fdt32(2), cpu_to_fdt32(4)};
	const fdt32_t scmi_clock[2] = {cpu_to_fdt32(BH_PHANDLE_SCMI_CLOCKS), cpu_to_fdt32(1)};
	const fdt32_t scmi_reset[2] = {cpu_to_fdt32(BH_PHANDLE_SCMI_RESETS), 0};
	int node = fdt_add_subnode(tree, 0, "rtc@9010000");

	if (node < 0 || fdt_setprop(tree, node, "compatible", compatible, sizeof(compatible)) ||
	    fdt_setprop(tree, node, "reg", reg, sizeof(reg)) ||
	    fdt_setprop(tree, node, "interrupts", irq, sizeof(irq)) ||
	    (consume ? fdt_setprop(tree, node, "clocks", scmi_clock, sizeof(scmi_clock)) ||
			       fdt_setprop(tree, node, "resets", scmi_reset, sizeof(scmi_reset))
		     : fdt_setprop_u32(tree, node, "clocks", clock)) ||
	    fdt_setprop_string(tree, node, "clock-names", "apb_pclk"))
		return -1;
	node = fdt_add_subnode(tree, 0, "apb-pclk");
	if (node < 0 || fdt_setprop_string(tree, node, "compatible", "fixed-clock") ||
	    fdt_setprop_u32(tree, node, "#clock-cells", 0) ||
	    fdt_setprop_u32(tree, node, "clock-frequency", 24000000) ||
	    fdt_setprop_u32(tree, node, "phandle", clock))
		return -1;
	return 0;
}

static const struct {
	const char *name;
	void (*set)(struct plain *p, const char *value);
} keys[] = {
	{"vcpus", set_vcpus},
	{"host-cpus", set_cpus},
	{"memory", set_memory},
	{"base", set_base},
	{"shared", set_shared},
	{"direct", set_direct},
	{"limits", set_limits},
	{"name", set_name},
	{"kernel", set_kernel},
	{"initrd", set_initrd},
	{"cmdline", set_command_line},
	{"gic", set_gic},
	{"uart", set_uart},
	{"transport", set_transport},
	{"watchdog", set_watchdog},
	{"disk", add_disk},
	{"net", add_net},
	{"share", add_share},
	{"gpu", add_gpu},
	{"console", add_console},
	{"rng", add_rng},
	{"balloon", add_balloon},
	{"vsock", add_vsock},
	{"rtc", add_rtc},
	{"scmi", add_scmi},
	{"scmi-call", set_scmi_call},
	{"function", add_function},
	{"gpio", add_gpio},
	{"consume", set_consume},
	{"restart", set_restart},
};

static void set_defaults(struct plain *p)
{
	p->m = (struct bh_manifest){
		.vm = "plain",
		.vcpus = 1,
		.memory = {.base = {0x80000000}, .size = 256 << 20},
		.gic = {.version = BH_GIC_V3,
			.distributor = {0x08000000},
			.redistributor = {0x08100000},
			.has_its = true,
			.its = {0x08080000},
			.interrupts = 128},
		.watchdog = {.registers = {0x09020000}},
		.uart = {.present = true, .registers = {0x09000000}, .intid = 33},
		.pci = {.present = true,
			.config = {0x30000000},
			.window32 = {0x10000000, 0x10000000},
			.intx = {36, 37, 38, 39}},
		.kernel = "/boot/Image",
	};
	p->command_line = "";
	p->pci = true;
}

static bool parse(struct plain *p, const char *argument)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		size_t length = strlen(keys[i].name);
		if (!strncmp(argument, keys[i].name, length) && argument[length] == '=') {
			keys[i].set(p, argument + length + 1);
			return true;
		}
	}
	fprintf(stderr, "mkmanifest: what is \"%s\"?\n", argument);
	return false;
}

int main(int argc, char **argv)
{
	static struct plain plain;
	static uint64_t tree[8192];
	struct bh_diags diags = {0};
	struct bh_buf blob = {0};

	set_defaults(&plain);
	for (int i = 2; i < argc; i++) {
		if (!parse(&plain, argv[i]))
			return 2;
	}
	if (argc < 2 || fdt_create_empty_tree(tree, sizeof(tree)) != 0 ||
	    bh_machine_nodes(tree, &plain.m, plain.command_line) != 0 ||
	    (plain.rtc && add_rtc_nodes(tree, plain.consume) != 0) || fdt_pack(tree) != 0)
		return 2;
	plain.m.tree = tree;
	plain.m.tree_size = fdt_totalsize(tree);
	if (!bh_manifest_write(&plain.m, &blob, &diags)) {
		fprintf(stderr, "mkmanifest: %s\n", diags.items[0].message);
		return 1;
	}
	return bh_file_write(argv[1], blob.data, blob.length, 0644) ? 1 : 0;
}
