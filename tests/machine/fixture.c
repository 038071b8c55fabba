/* SPDX-License-Identifier: Apache-2.0 */
#include "machine/fixture.h"

#include "machine/nodes.h"

#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

static void add_devices(struct bh_manifest *manifest)
{
	struct bh_manifest_device *device = &manifest->devices[0];

	manifest->device_count = 1;
	*device = (struct bh_manifest_device){
		.name = "30be0000.ethernet",
		.path = "/soc@0/bus@30800000/ethernet@30be0000",
		.dma = BH_DMA_DIRECT,
		.quiesce = "write 0 0x24 0x2 0x0",
		.regions = {{.index = 0,
			     .host = {0x30be0000},
			     .guest = {0x30be0000},
			     .size = 0x10000}},
		.region_count = 1,
		.irqs = {{.index = 0, .intid = 150}, {.index = 1, .intid = 151, .edge = true}},
		.irq_count = 2,
	};
}

static void add_scmi(struct bh_manifest_scmi *scmi)
{
	scmi->present = true;
	scmi->shared.value = 0x9fff0000;
	scmi->function = 0x82000010;
	scmi->clocks[0] = (struct bh_manifest_clock){.name = "ipg", .index = 0};
	scmi->clocks[1] = (struct bh_manifest_clock){.name = "enet_clk_ref",
						     .index = 3,
						     .may_gate = true,
						     .may_set_rate = true,
						     .min_rate = 25000000,
						     .max_rate = 125000000};
	scmi->clock_count = 2;
	scmi->resets[0] = (struct bh_manifest_reset){.name = "mac", .may_assert = true};
	scmi->reset_count = 1;
	scmi->domains[0] = (struct bh_manifest_domain){.name = "hsio"};
	scmi->domain_count = 1;
}

static void add_virtio(struct bh_manifest *manifest)
{
	static const struct bh_manifest_virtio devices[] = {
		{.kind = BH_VIRTIO_BLOCK,
		 .name = "disk0",
		 .pci = true,
		 .slot = 1,
		 .queues = 2,
		 .host = "/var/lib/bulkhead/net.img",
		 .readonly = true,
		 .no_discard = true,
		 .serial = "data"},
		{.kind = BH_VIRTIO_NET,
		 .name = "net0",
		 .pci = true,
		 .slot = 2,
		 .host = "bh-net0",
		 .backend = BH_NET_TAP_VHOST,
		 .mac = {2, 0, 0, 0, 0, 1},
		 .bridge = "bh-lan",
		 .uplink = "eth1",
		 .address = "10.0.0.2",
		 .forwards = true,
		 .mtu = 1400},
		{.kind = BH_VIRTIO_CONSOLE,
		 .name = "console0",
		 .registers = {0x9fff1000},
		 .intid = 40},
		{.kind = BH_VIRTIO_VSOCK, .name = "vsock0", .pci = true, .slot = 3, .cid = 5},
		{.kind = BH_VIRTIO_RNG, .name = "rng0", .registers = {0x9fff2000}, .intid = 41},
	};

	memcpy(manifest->virtio, devices, sizeof(devices));
	manifest->virtio_count = sizeof(devices) / sizeof(devices[0]);
}

static void add_functions(struct bh_manifest *manifest)
{
	static const struct bh_manifest_function functions[] = {
		{.host = "0000:00:02.0", .id = 0x808610d3, .slot = 4},
		{.host = "0000:01:00.0", .slot = 5},
		{.host = "0000:01:00.1", .slot = 5, .function = 1},
	};

	memcpy(manifest->functions, functions, sizeof(functions));
	manifest->function_count = sizeof(functions) / sizeof(functions[0]);
}

void fixture_manifest(struct bh_manifest *manifest, void *tree, size_t room)
{
	*manifest = (struct bh_manifest){
		.vm = "net",
		.vcpus = 2,
		.memory = {.kind = BH_MEMORY_DIRECT,
			   .base = {0x80000000},
			   .size = 0x10000000,
			   .region = "vm-net"},
		.gic = {.version = BH_GIC_V3,
			.distributor = {0x90000000},
			.redistributor = {0x90100000},
			.has_its = true,
			.its = {0x90080000},
			.interrupts = 256},
		.uart = {.present = true, .registers = {0x9fff3000}, .intid = 33},
		.watchdog = {.present = true, .registers = {0x9fff4000}},
		.pci = {.present = true,
			.config = {0x91000000},
			.window32 = {0x92000000, 0x2000000},
			.window64 = {0x100000000, 0x40000000},
			.intx = {36, 37, 38, 39}},
		.kernel = "/boot/vmlinuz",
		.initrd = "/boot/initrd.img",
		.restart = BH_RESTART_ON_FAILURE,
		.restart_limit = 5,
		.restart_delay = 500,
		.restart_max_delay = 30000,
		.restart_settled = 60000,
		.after = {{"display"}, {"sound"}},
		.after_count = 2,
		.ready_by_vsock = true,
		.ready_timeout = 10000,
		.usb = {{.device = "046d:*", .allow = true}, {.class = "03", .port = "1-1"}},
		.usb_count = 2,
		.board_tree = 0x1234567890abcdef,
		.cpus = "2,3",
	};
	add_devices(manifest);
	add_scmi(&manifest->scmi);
	add_virtio(manifest);
	add_functions(manifest);
	if (fdt_create_empty_tree(tree, (int)room) != 0 ||
	    bh_machine_nodes(tree, manifest, "console=ttyS0 quiet") != 0 || fdt_pack(tree) != 0)
		abort();
	manifest->tree = tree;
	manifest->tree_size = fdt_totalsize(tree);
}

void fixture_alone(struct bh_manifest *manifest)
{
	struct bh_manifest_virtio *net = &manifest->virtio[1];

	net->bridge = net->uplink = net->address = NULL;
	net->forwards = false;
	net->mtu = 0;
	manifest->after_count = 0;
	manifest->usb_count = 0;
	manifest->cpus = NULL;
	manifest->ready_by_vsock = false;
}
