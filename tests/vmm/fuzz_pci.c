/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hostile PCI function and a hostile guest: any bytes as the function's configuration, and then
 * as the guest's accesses to its own view of it.
 */
#include "vmm/vfio/vfio.h"

#include "vmm/fake_hv.h"
#include "vmm/played_pci.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONFIG_SIZE = 256, WINDOW = 0x10000000, HIGH = 0x40000000, SLOT = 3, STEPS = 400 };

struct input {
	const uint8_t *data;
	size_t size;
};

static uint32_t take(struct input *input, unsigned bytes)
{
	uint32_t value = 0;

	if (bytes > input->size)
		bytes = (unsigned)input->size;
	memcpy(&value, input->data, bytes);
	input->data += bytes;
	input->size -= bytes;
	return value;
}

/* The guest's walk through its list ends, and stays outside of the header. */
static void check_list(const struct bh_pci_function *pci)
{
	unsigned at = bh_pci_get(pci, BH_PCI_CAPABILITIES, 1), steps = 0;

	for (; at; at = bh_pci_get(pci, at + 1, 1)) {
		if (at < 0x40 || at % 4 || ++steps > 48)
			abort();
	}
}

static void play(struct input *input)
{
	played_pci_init();
	played.resettable = take(input, 1) & 1;
	for (unsigned i = 0; i < PLAYED_BARS; i++)
		played.sizes[i] = (uint64_t)1 << take(input, 1) % 21 & ~(uint64_t)1;
	for (unsigned i = 0; i < PLAYED_IRQS; i++)
		played.irqs[i] = take(input, 1) % 65;
	for (unsigned i = 0; i < CONFIG_SIZE; i++)
		played_pci_put(i, 1, take(input, 1));
}

static void act(struct bh_pci_host *host, struct bh_bus *bus, struct input *input)
{
	static const unsigned sizes[] = {1, 2, 4, 8};
	unsigned what = take(input, 1), width = sizes[what >> 2 & 3];
	uint32_t offset = take(input, 3);
	uint64_t value;

	switch (what & 3) {
	case 0:
		(void)bh_pci_config_ops.read(host, SLOT << 15 | offset % 0x1000, width);
		return;
	case 1:
		bh_pci_config_ops.write(host, SLOT << 15 | offset % CONFIG_SIZE, width,
					take(input, 4));
		return;
	case 2:
		(void)bh_bus_read(bus, (what & 16 ? HIGH : WINDOW) + offset, width, &value);
		return;
	default:
		(void)bh_bus_write(bus, (what & 16 ? HIGH : WINDOW) + offset, width,
				   take(input, 4));
		return;
	}
}

static void on_lost(void *owner, bool error)
{
	(void)owner;
	(void)error;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fake_hv hv;
	static struct bh_bus bus;
	static struct bh_vfio vfio;
	static struct bh_loop loop;
	static struct bh_pci_host host;
	static struct bh_manifest manifest;
	struct bh_ram ram = {.guest = {0x80000000, 0x1000}, .fd = -1};
	struct bh_log quiet = {.fd = -1, .name = "fuzz"};
	const struct bh_vfio_keeper keeper = {&loop, on_lost, NULL};
	struct input input = {data, size};
	struct bh_diags diags = {0};

	play(&input);
	fake_hv_init(&hv);
	memset(&bus, 0, sizeof(bus));
	if (bh_loop_init(&loop))
		abort();
	manifest = (struct bh_manifest){
		.gic.has_its = true,
		.pci = {.present = true,
			.window32 = {WINDOW, 0x1000000},
			.window64 = {HIGH, 0x1000000},
			.intx = {36, 37, 38, 39}},
		.functions = {{.host = "0000:00:02.0", .slot = SLOT}},
		.function_count = 1,
	};
	bh_pci_host_init(&host, &manifest.pci, &bus);
	if (bh_vfio_init(&vfio, &manifest, &hv.hv, &ram, &quiet, &diags) &&
	    bh_vfio_plug(&vfio, &host, &manifest, &keeper, &diags)) {
		for (unsigned i = 0; input.size && i < STEPS; i++)
			act(&host, &bus, &input);
		check_list(&vfio.functions[0].pci);
	} else if (!diags.errors) {
		abort();
	}
	bh_vfio_finish(&vfio);
	if (bus.count || !fake_hv_is_clean(&hv))
		abort();
	bh_loop_finish(&loop);
	bh_diags_finish(&diags);
	played_pci_finish();
	return 0;
}
