/* SPDX-License-Identifier: Apache-2.0 */
#include "machine/check.h"

#include "machine/cpus.h"
#include "machine/quiesce.h"

#include "base/alloc.h"
#include "base/blob.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SPI_FIRST  32
#define INTIDS_MAX 1024

struct checker {
	const struct bh_manifest *manifest;
	struct bh_diags *diags;
	struct bh_diag *last;
	struct claimed {
		struct bh_range range;
		const char *who;
	} * ranges;
	size_t range_count, range_room;
	const char *lines[INTIDS_MAX];
};

#define FAIL(checker, code, ...) \
	((checker)->last = bh_error((checker)->diags, code, __VA_ARGS__), false)

/* Notes that `who` answers at these guest addresses. Whole pages: stage 2 knows nothing smaller. */
static bool claim(struct checker *checker, const char *who, uint64_t base, uint64_t size)
{
	struct bh_range range;

	if (!size)
		return true;
	if (!bh_range_make(base, size, &range) || !bh_range_align_out(range, BH_PAGE, &range))
		return FAIL(checker, "E1006", "%s: the address range passes 2^64", who);
	for (size_t i = 0; i < checker->range_count; i++) {
		const struct claimed *other = &checker->ranges[i];
		if (bh_range_overlaps(range, other->range))
			return FAIL(checker, "E1007",
				    "%s at 0x%" PRIx64 " and %s at 0x%" PRIx64 " overlap", who,
				    range.base, other->who, other->range.base);
	}
	bh_grow((void **)&checker->ranges, &checker->range_room, checker->range_count + 1,
		sizeof(*checker->ranges));
	checker->ranges[checker->range_count++] = (struct claimed){range, who};
	return true;
}

static bool claim_line(struct checker *checker, const char *who, uint32_t intid)
{
	if (intid < SPI_FIRST || intid >= checker->manifest->gic.interrupts)
		return FAIL(checker, "E1008", "%s: interrupt %u is not one of %u..%u", who, intid,
			    SPI_FIRST, checker->manifest->gic.interrupts - 1);
	if (checker->lines[intid])
		return FAIL(checker, "E1008", "%s and %s both have interrupt %u", who,
			    checker->lines[intid], intid);
	checker->lines[intid] = who;
	return true;
}

static bool aligned(struct checker *checker, const char *what, uint64_t value, uint64_t to)
{
	if (value % to != 0)
		return FAIL(checker, "E1006", "%s: 0x%" PRIx64 " is not a multiple of 0x%" PRIx64,
			    what, value, to);
	return true;
}

static bool check_memory(struct checker *checker)
{
	const struct bh_manifest_memory *memory = &checker->manifest->memory;

	if (!memory->size)
		return FAIL(checker, "E1006", "the VM has no memory");
	if ((memory->kind == BH_MEMORY_DIRECT) != (memory->region != NULL))
		return FAIL(checker, "E1006",
			    "direct memory needs the name of a region, and no other kind has one");
	return aligned(checker, "memory", memory->base.value, BH_RAM_ALIGN) &&
	       aligned(checker, "the size of the memory", memory->size, BH_PAGE) &&
	       claim(checker, "memory", memory->base.value, memory->size);
}

static bool check_gic(struct checker *checker)
{
	const struct bh_manifest_gic *gic = &checker->manifest->gic;
	uint32_t vcpus = checker->manifest->vcpus;

	if (gic->version != BH_GIC_V2 && gic->version != BH_GIC_V3)
		return FAIL(checker, "E1006", "GIC version %u: only 2 and 3 exist here",
			    gic->version);
	if (gic->interrupts < 64 || gic->interrupts > INTIDS_MAX || gic->interrupts % 32)
		return FAIL(checker, "E1006",
			    "%u interrupts: the number is a multiple of 32 from 64 to %u",
			    gic->interrupts, INTIDS_MAX);
	if (gic->version == BH_GIC_V2) {
		if (gic->has_its || vcpus > BH_GICV2_VCPUS_MAX)
			return FAIL(checker, "E1006",
				    "a GICv2 has no ITS and at most %d vCPUs, this VM has %u",
				    BH_GICV2_VCPUS_MAX, vcpus);
		return aligned(checker, "GIC", gic->distributor.value, BH_PAGE) &&
		       aligned(checker, "GIC", gic->redistributor.value, BH_PAGE) &&
		       claim(checker, "the GIC's distributor", gic->distributor.value,
			     BH_GICV2_DISTRIBUTOR) &&
		       claim(checker, "the GIC's CPU interface", gic->redistributor.value,
			     BH_GICV2_CPU_INTERFACE);
	}
	return aligned(checker, "GIC", gic->distributor.value, BH_GICV3_DISTRIBUTOR) &&
	       aligned(checker, "GIC", gic->redistributor.value, BH_GICV3_DISTRIBUTOR) &&
	       aligned(checker, "ITS", gic->its.value, BH_GICV3_DISTRIBUTOR) &&
	       claim(checker, "the GIC's distributor", gic->distributor.value,
		     BH_GICV3_DISTRIBUTOR) &&
	       claim(checker, "the GIC's redistributors", gic->redistributor.value,
		     (uint64_t)vcpus * BH_GICV3_REDISTRIBUTOR) &&
	       claim(checker, "the ITS", gic->its.value, gic->has_its ? BH_GICV3_ITS : 0);
}

static bool check_pci(struct checker *checker)
{
	const struct bh_manifest_pci *pci = &checker->manifest->pci;

	if (!pci->present)
		return true;
	for (size_t i = 0; i < 4; i++) {
		if (!claim_line(checker, "the PCI host", pci->intx[i]))
			return false;
	}
	if (bh_range_last(pci->window32) > UINT32_MAX)
		return FAIL(checker, "E1006", "the PCI window for 32-bit addresses passes 2^32");
	return aligned(checker, "PCI configuration", pci->config.value, BH_PCI_CONFIG) &&
	       aligned(checker, "PCI window", pci->window32.base | pci->window32.size, BH_PAGE) &&
	       aligned(checker, "PCI window", pci->window64.base | pci->window64.size, BH_PAGE) &&
	       claim(checker, "the PCI configuration space", pci->config.value, BH_PCI_CONFIG) &&
	       claim(checker, "the PCI window", pci->window32.base, pci->window32.size) &&
	       claim(checker, "the 64-bit PCI window", pci->window64.base, pci->window64.size);
}

static bool check_device(struct checker *checker, const struct bh_manifest_device *device)
{
	enum bh_memory_kind memory = checker->manifest->memory.kind;

	if (device->dma == BH_DMA_DIRECT && memory != BH_MEMORY_DIRECT)
		return FAIL(checker, "E1009",
			    "%s does DMA without an IOMMU, but the VM's memory is not direct",
			    device->name);
	if (device->quiesce && !bh_quiesce_ok(device->quiesce))
		return FAIL(checker, "E1014", "%s: \"%s\" does not say how it is stopped",
			    device->name, device->quiesce);
	for (size_t i = 0; i < device->region_count; i++) {
		const struct bh_manifest_region *region = &device->regions[i];
		if (!region->size)
			return FAIL(checker, "E1006", "%s: region %u is empty", device->name,
				    region->index);
		if (!aligned(checker, device->name,
			     region->host.value | region->guest.value | region->size, BH_PAGE) ||
		    !claim(checker, device->name, region->guest.value, region->size))
			return false;
	}
	for (size_t i = 0; i < device->irq_count; i++) {
		if (!claim_line(checker, device->name, device->irqs[i].intid))
			return false;
	}
	return true;
}

/* The entry of a device's list that an SCMI id stands for. */
static bool check_target(struct checker *checker, const char *name, uint32_t device)
{
	if (device >= checker->manifest->device_count)
		return FAIL(checker, "E1010", "SCMI \"%s\" belongs to device %u, the VM has %zu",
			    name, device, checker->manifest->device_count);
	return true;
}

static bool check_scmi(struct checker *checker)
{
	const struct bh_manifest_scmi *scmi = &checker->manifest->scmi;

	if (!scmi->present)
		return true;
	for (size_t i = 0; i < scmi->clock_count; i++) {
		const struct bh_manifest_clock *clock = &scmi->clocks[i];
		if (!check_target(checker, clock->name, clock->device))
			return false;
		if (clock->may_set_rate && (!clock->max_rate || clock->min_rate > clock->max_rate))
			return FAIL(checker, "E1006", "clock \"%s\": the range of rates is empty",
				    clock->name);
	}
	for (size_t i = 0; i < scmi->reset_count; i++) {
		if (!check_target(checker, scmi->resets[i].name, scmi->resets[i].device))
			return false;
	}
	for (size_t i = 0; i < scmi->domain_count; i++) {
		if (!check_target(checker, scmi->domains[i].name, scmi->domains[i].device))
			return false;
	}
	return aligned(checker, "SCMI", scmi->shared.value, BH_PAGE) &&
	       claim(checker, "the SCMI page", scmi->shared.value, BH_PAGE);
}

static bool check_virtio_place(struct checker *checker, const struct bh_manifest_virtio *virtio,
			       const char *slots[BH_PCI_SLOTS])
{
	if (!virtio->pci)
		return aligned(checker, virtio->name, virtio->registers.value, BH_VIRTIO_MMIO) &&
		       claim(checker, virtio->name, virtio->registers.value, BH_VIRTIO_MMIO) &&
		       claim_line(checker, virtio->name, virtio->intid);
	if (!checker->manifest->pci.present || !checker->manifest->gic.has_its)
		return FAIL(checker, "E1011",
			    "%s is a PCI device, but the VM lacks a PCI host with an ITS",
			    virtio->name);
	if (virtio->slot >= BH_PCI_SLOTS || virtio->slot == 0)
		return FAIL(checker, "E1011", "%s: PCI slot %u is not one of 1..%d", virtio->name,
			    virtio->slot, BH_PCI_SLOTS - 1);
	if (slots[virtio->slot])
		return FAIL(checker, "E1011", "%s and %s are both in PCI slot %u", virtio->name,
			    slots[virtio->slot], virtio->slot);
	slots[virtio->slot] = virtio->name;
	return true;
}

static bool check_virtio_back_end(struct checker *checker, const struct bh_manifest_virtio *virtio)
{
	static const bool needs_host[] = {
		[BH_VIRTIO_BLOCK] = true,  [BH_VIRTIO_NET] = true,      [BH_VIRTIO_CONSOLE] = false,
		[BH_VIRTIO_VSOCK] = false, [BH_VIRTIO_RNG] = false,     [BH_VIRTIO_GPU] = true,
		[BH_VIRTIO_FS] = true,     [BH_VIRTIO_BALLOON] = false,
	};
	bool vhost_user = bh_virtio_is_served(virtio);

	if (needs_host[virtio->kind] != (virtio->host != NULL))
		return FAIL(checker, "E1006", "%s: a host side is %s", virtio->name,
			    virtio->host ? "given, but this kind has none" : "missing");
	if (virtio->queues > BH_VIRTIO_QUEUES_MAX)
		return FAIL(checker, "E1006", "%s: %u queues, at most %d are possible",
			    virtio->name, virtio->queues, BH_VIRTIO_QUEUES_MAX);
	if (virtio->kind == BH_VIRTIO_VSOCK && (virtio->cid < 3 || virtio->cid >= UINT32_MAX))
		return FAIL(checker, "E1006", "%s: %" PRIu64 " is not a guest's context id",
			    virtio->name, virtio->cid);
	if (virtio->kind == BH_VIRTIO_NET && (virtio->mac[0] & 1))
		return FAIL(checker, "E1006", "%s: the MAC address is a group's", virtio->name);
	if ((virtio->kind == BH_VIRTIO_FS) != (virtio->tag != NULL))
		return FAIL(checker, "E1006", "%s: a tag belongs to fs, and only there",
			    virtio->name);
	if (virtio->vhost_user && virtio->kind != BH_VIRTIO_BLOCK)
		return FAIL(checker, "E1006", "%s: only a disk has a choice of back end",
			    virtio->name);
	if (vhost_user && checker->manifest->memory.kind != BH_MEMORY_SHARED)
		return FAIL(checker, "E1009",
			    "%s has a back end in another process, which needs shared memory",
			    virtio->name);
	return true;
}

/* Bytes of a packet: what every host on IPv4 must take, and what a length field can say. */
#define BH_MTU_MIN 576
#define BH_MTU_MAX 65535

static bool is_interface(const char *name)
{
	size_t length = strlen(name);

	return length && length <= BH_INTERFACE_MAX && !strpbrk(name, "/: \t\n") &&
	       strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* What the host makes for the VM: interfaces of these names. */
static bool check_net(struct checker *checker, const struct bh_manifest_virtio *virtio)
{
	struct in_addr address;

	if (virtio->mtu &&
	    (virtio->kind != BH_VIRTIO_NET || virtio->mtu < BH_MTU_MIN || virtio->mtu > BH_MTU_MAX))
		return FAIL(checker, "E1006", "%s: no packets of %u bytes", virtio->name,
			    virtio->mtu);
	if (!virtio->bridge)
		return (!virtio->uplink && !virtio->address && !virtio->forwards) ||
		       FAIL(checker, "E1006", "%s: only a port of a bridge has rules",
			    virtio->name);
	if (virtio->kind != BH_VIRTIO_NET || virtio->backend == BH_NET_SOCKET)
		return FAIL(checker, "E1006", "%s is no tap, but a port of a bridge", virtio->name);
	/* "fd:N" for a VMM that opens nothing: the tap is there already. */
	if ((!is_interface(virtio->host) && !bh_str_starts(virtio->host, "fd:")) ||
	    !is_interface(virtio->bridge) || (virtio->uplink && !is_interface(virtio->uplink)) ||
	    bh_str_eq(virtio->host, virtio->bridge))
		return FAIL(checker, "E1006", "%s: an interface cannot be called so", virtio->name);
	if (virtio->address && inet_pton(AF_INET, virtio->address, &address) != 1)
		return FAIL(checker, "E1006", "%s: \"%s\" is no IPv4 address", virtio->name,
			    virtio->address);
	return true;
}

/* Memory that a device of the host has mapped cannot be given back: the device would not see it. */
static bool check_balloon(struct checker *checker, const struct bh_manifest_virtio *virtio)
{
	const struct bh_manifest *manifest = checker->manifest;

	if (virtio->kind != BH_VIRTIO_BALLOON)
		return !virtio->floor ||
		       FAIL(checker, "E1006", "%s: a floor belongs to a balloon", virtio->name);
	if (virtio->floor > manifest->memory.size)
		return FAIL(checker, "E1006", "%s: the floor is above the VM's memory",
			    virtio->name);
	if (manifest->memory.kind == BH_MEMORY_DIRECT)
		return FAIL(checker, "E1009", "%s: direct memory cannot be given back",
			    virtio->name);
	for (size_t i = 0; i < manifest->device_count; i++) {
		if (manifest->devices[i].dma != BH_DMA_NONE)
			return FAIL(checker, "E1009", "%s: %s has the VM's memory mapped",
				    virtio->name, manifest->devices[i].name);
	}
	if (manifest->function_count)
		return FAIL(checker, "E1009", "%s: %s has the VM's memory mapped", virtio->name,
			    manifest->functions[0].host);
	return true;
}

static bool check_virtio(struct checker *checker, const char *slots[BH_PCI_SLOTS])
{
	const struct bh_manifest *manifest = checker->manifest;

	for (size_t i = 0; i < manifest->virtio_count; i++) {
		const struct bh_manifest_virtio *virtio = &manifest->virtio[i];
		for (size_t j = 0; j < i; j++) {
			if (bh_str_eq(virtio->name, manifest->virtio[j].name))
				return FAIL(checker, "E1012",
					    "two virtio devices are called \"%s\"", virtio->name);
		}
		if (!check_virtio_place(checker, virtio, slots) ||
		    !check_virtio_back_end(checker, virtio) || !check_net(checker, virtio) ||
		    !check_balloon(checker, virtio))
			return false;
	}
	return true;
}

bool bh_pci_address_is_sound(const char *text)
{
	static const char hex[] = "0123456789abcdef";
	size_t domain = strspn(text, hex);
	const char *rest = text + domain;

	return domain >= 4 && domain <= 8 && rest[0] == ':' && strspn(rest + 1, hex) == 2 &&
	       rest[3] == ':' && strspn(rest + 4, hex) == 2 && rest[6] == '.' && rest[7] >= '0' &&
	       rest[7] <= '7' && !rest[8];
}

static bool check_function(struct checker *checker, const struct bh_manifest_function *function,
			   const char *places[BH_PCI_SLOTS][BH_PCI_FUNCTIONS],
			   const char *slots[BH_PCI_SLOTS])
{
	if (!bh_pci_address_is_sound(function->host))
		return FAIL(checker, "E1006", "\"%s\" is not the address of a PCI function",
			    function->host);
	if (!checker->manifest->pci.present)
		return FAIL(checker, "E1011", "%s is a PCI function, but the VM has no PCI host",
			    function->host);
	if (function->slot == 0 || function->slot >= BH_PCI_SLOTS ||
	    function->function >= BH_PCI_FUNCTIONS)
		return FAIL(checker, "E1011", "%s: PCI slot %u.%u is not one of 1.0..%d.%d",
			    function->host, function->slot, function->function, BH_PCI_SLOTS - 1,
			    BH_PCI_FUNCTIONS - 1);
	const char **place = &places[function->slot][function->function];
	const char *other = slots[function->slot] ? slots[function->slot] : *place;
	if (other)
		return FAIL(checker, "E1011", "%s and %s are both in PCI slot %u.%u",
			    function->host, other, function->slot, function->function);
	*place = function->host;
	return true;
}

/* `slots`: what virtio devices have taken. */
static bool check_functions(struct checker *checker, const char *slots[BH_PCI_SLOTS])
{
	const struct bh_manifest *manifest = checker->manifest;
	const char *places[BH_PCI_SLOTS][BH_PCI_FUNCTIONS] = {0};

	for (size_t i = 0; i < manifest->function_count; i++) {
		const struct bh_manifest_function *function = &manifest->functions[i];
		if (!check_function(checker, function, places, slots))
			return false;
		for (size_t j = 0; j < i; j++) {
			if (bh_str_eq(function->host, manifest->functions[j].host))
				return FAIL(checker, "E1012", "PCI function %s is listed twice",
					    function->host);
		}
	}
	for (size_t i = 0; i < manifest->function_count; i++) {
		const struct bh_manifest_function *function = &manifest->functions[i];
		if (!places[function->slot][0])
			return FAIL(checker, "E1011",
				    "%s is in PCI slot %u.%u, but the slot has no function 0",
				    function->host, function->slot, function->function);
	}
	return true;
}

static bool check_tree(struct checker *checker)
{
	const struct bh_manifest *manifest = checker->manifest;

	if (manifest->tree_size > BH_TREE_MAX)
		return FAIL(checker, "E1013", "the guest's device tree has %zu bytes, over 2 MiB",
			    manifest->tree_size);
	return bh_blob_is_sound(manifest->tree, manifest->tree_size) ||
	       FAIL(checker, "E1013", "the guest's device tree is damaged");
}

static bool check_all(struct checker *checker)
{
	const struct bh_manifest *manifest = checker->manifest;
	const char *slots[BH_PCI_SLOTS] = {0};

	if (manifest->vcpus < 1 || manifest->vcpus > BH_VCPUS_MAX)
		return FAIL(checker, "E1006", "%u vCPUs: a VM has 1 to %d", manifest->vcpus,
			    BH_VCPUS_MAX);
	if (manifest->cpus && !bh_cpus_are_listed(manifest->cpus))
		return FAIL(checker, "E1006", "\"%s\" is no list of the host's cpus",
			    manifest->cpus);
	if (!check_memory(checker) || !check_gic(checker) || !check_pci(checker) ||
	    !check_scmi(checker) || !check_virtio(checker, slots) ||
	    !check_functions(checker, slots) || !check_tree(checker))
		return false;
	if (manifest->uart.present &&
	    (!claim(checker, "the UART", manifest->uart.registers.value, BH_UART) ||
	     !claim_line(checker, "the UART", manifest->uart.intid)))
		return false;
	if (manifest->watchdog.present &&
	    (!aligned(checker, "the watchdog", manifest->watchdog.registers.value, BH_PAGE) ||
	     !claim(checker, "the watchdog", manifest->watchdog.registers.value, BH_WATCHDOG)))
		return false;
	for (size_t i = 0; i < manifest->device_count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (bh_str_eq(manifest->devices[i].name, manifest->devices[j].name))
				return FAIL(checker, "E1012", "device %s is listed twice",
					    manifest->devices[i].name);
		}
		if (!check_device(checker, &manifest->devices[i]))
			return false;
	}
	return true;
}

bool bh_manifest_check(const struct bh_manifest *manifest, struct bh_diags *diags)
{
	struct checker *checker = bh_alloc(sizeof(*checker));

	checker->manifest = manifest;
	checker->diags = diags;
	bool good = check_all(checker);
	if (!good)
		bh_diag_hint(checker->last,
			     "this is a mistake of the program that printed the manifest");
	free(checker->ranges);
	free(checker);
	return good;
}
