/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct {
	enum bh_virtio_kind kind;
	const char *name;
} devices[BENCH_DEVICES] = {
	[BENCH_DISK] = {BH_VIRTIO_BLOCK, "disk0"},
	[BENCH_RNG] = {BH_VIRTIO_RNG, "rng0"},
	[BENCH_CONSOLE] = {BH_VIRTIO_CONSOLE, "console0"},
	[BENCH_NET] = {BH_VIRTIO_NET, "net0"},
	[BENCH_READONLY_DISK] = {BH_VIRTIO_BLOCK, "disk1"},
	[BENCH_BALLOON] = {BH_VIRTIO_BALLOON, "balloon0"},
};

static void must(bool good)
{
	if (!good) {
		perror("bench");
		abort();
	}
}

static void describe(struct bench *bench)
{
	struct bh_manifest *m = &bench->manifest;

	*m = (struct bh_manifest){
		.vm = "bench",
		.vcpus = 1,
		.memory = {.base = {BENCH_RAM}, .size = BENCH_RAM_SIZE},
		.gic = {.version = BH_GIC_V3, .has_its = true, .interrupts = 128},
		.uart = {.present = true, .registers = {BENCH_UART}, .intid = BENCH_UART_IRQ},
		.watchdog = {.present = true, .registers = {0x09020000}},
		.pci = {.present = true,
			.config = {BENCH_PCI},
			.window32 = {BENCH_PCI_WINDOW, 0x10000000}},
	};
	for (unsigned i = 0; i < BENCH_DEVICES; i++) {
		struct bh_manifest_virtio *virtio = &m->virtio[m->virtio_count++];
		virtio->kind = devices[i].kind;
		virtio->name = devices[i].name;
		virtio->pci = bench->pci;
		virtio->slot = i + 1;
		virtio->registers.value = BENCH_MMIO + 0x1000 * i;
		virtio->intid = BENCH_MMIO_IRQ + i;
		virtio->host = bench->hosts[i];
		virtio->readonly = i == BENCH_READONLY_DISK;
		virtio->serial = i == BENCH_READONLY_DISK ? "data" : NULL;
		virtio->backend = BH_NET_SOCKET;
		virtio->floor = i == BENCH_BALLOON ? BENCH_FLOOR : 0;
		memcpy(virtio->mac, "\x02\x00\x00\x00\x00\x01", 6);
	}
}

void bench_init(struct bench *bench, bool pci)
{
	int sockets[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
	bench_init_network(bench, pci, sockets[0]);
	bench->network = sockets[1];
}

void bench_init_network(struct bench *bench, bool pci, int device)
{
	struct bh_vm_host host = {.loop = &bench->loop,
				  .log = &bench->log,
				  .consoles = bench->consoles,
				  .direct_memory = -1};
	struct bh_diags diags = {0};

	*bench = (struct bench){.pci = pci, .log = {.fd = -1, .name = "bench"}};
	bench->log.level = BH_LOG_ERROR;
	bench->log.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	bench->disk = memfd_create("disk", MFD_CLOEXEC);
	must(bench->disk >= 0 && ftruncate(bench->disk, BENCH_DISK_SIZE) == 0);
	bench->network = -1;
	for (unsigned i = 0; i < BENCH_DEVICES; i++)
		snprintf(bench->hosts[i], sizeof(bench->hosts[i]), "fd:%d",
			 i == BENCH_NET ? device : bench->disk);
	describe(bench);
	fake_hv_init(&bench->hv);
	must(bh_loop_init(&bench->loop) == 0);
	for (unsigned i = 0; i <= BENCH_DEVICES; i++)
		must(bh_console_init(&bench->consoles[i], &bench->loop, -1) == 0);
	must(bh_vm_init(&bench->vm, &bench->manifest, &host, &bench->hv.hv, &diags));
	close(device);
}

void bench_finish(struct bench *bench)
{
	bh_vm_finish(&bench->vm);
	for (unsigned i = 0; i <= BENCH_DEVICES; i++)
		bh_console_finish(&bench->consoles[i]);
	bh_loop_finish(&bench->loop);
	must(fake_hv_is_clean(&bench->hv));
	close(bench->disk);
	if (bench->network >= 0)
		close(bench->network);
	close(bench->log.fd);
}

void bench_work(struct bench *bench)
{
	while (bh_loop_poll(&bench->loop) > 0)
		;
}

void *bench_at(struct bench *bench, uint64_t address)
{
	return bh_ram_at(&bench->vm.ram, address, 1);
}

/* One register, by its place in each transport. */
struct place {
	unsigned mmio, pci, size;
};

static const struct place offered_select = {0x14, 0x00, 4}, offered = {0x10, 0x04, 4},
			  accepted_select = {0x24, 0x08, 4}, accepted = {0x20, 0x0c, 4},
			  status = {0x70, 0x14, 1}, select_queue = {0x30, 0x16, 2},
			  queue_size = {0x38, 0x18, 2}, queue_enable = {0x44, 0x1c, 2},
			  descriptors_low = {0x80, 0x20, 4}, descriptors_high = {0x84, 0x24, 4},
			  avail_low = {0x90, 0x28, 4}, avail_high = {0x94, 0x2c, 4},
			  used_low = {0xa0, 0x30, 4}, used_high = {0xa4, 0x34, 4};

static void put(struct driver *driver, struct place place, uint64_t value)
{
	bool pci = driver->bench->pci;

	bh_vm_write(&driver->bench->vm, driver->registers + (pci ? place.pci : place.mmio),
		    pci ? place.size : 4, value);
}

static uint64_t get(struct driver *driver, struct place place)
{
	bool pci = driver->bench->pci;

	return bh_vm_read(&driver->bench->vm, driver->registers + (pci ? place.pci : place.mmio),
			  pci ? place.size : 4);
}

enum { CONFIG_COMMAND = 0x04, CONFIG_BAR0 = 0x10, MSIX_TABLE = 0x4000 };

static void set_up_pci(struct driver *driver)
{
	struct bh_vm *vm = &driver->bench->vm;
	uint64_t config = BENCH_PCI + ((driver->device + 1) << 15);
	uint64_t capability = bh_vm_read(vm, config + 0x34, 1);

	driver->registers = BENCH_PCI_WINDOW + 0x10000 * driver->device;
	bh_vm_write(vm, config + CONFIG_BAR0, 4, driver->registers);
	bh_vm_write(vm, config + CONFIG_COMMAND, 2, 6);
	while (capability && bh_vm_read(vm, config + capability, 1) != 0x11)
		capability = bh_vm_read(vm, config + capability + 1, 1);
	bh_vm_write(vm, config + capability + 2, 2, 0x8000);
	for (unsigned i = 0; i < 4; i++) {
		uint64_t entry = driver->registers + MSIX_TABLE + 16 * i;
		bh_vm_write(vm, entry, 4, 0x08090040);
		bh_vm_write(vm, entry + 8, 4, i);
		bh_vm_write(vm, entry + 12, 4, 0);
	}
}

void driver_find(struct driver *driver, struct bench *bench, unsigned device)
{
	*driver = (struct driver){.bench = bench, .device = device};
	driver->registers = BENCH_MMIO + 0x1000 * device;
	if (bench->pci)
		set_up_pci(driver);
}

uint32_t driver_status(struct driver *driver)
{
	return (uint32_t)get(driver, status);
}

void driver_set_status(struct driver *driver, uint32_t value)
{
	put(driver, status, value);
}

uint64_t driver_negotiate(struct driver *driver, uint64_t features)
{
	uint64_t both = 0;

	for (unsigned i = 0; i < 2; i++) {
		put(driver, offered_select, i);
		put(driver, accepted_select, i);
		uint32_t half = (uint32_t)get(driver, offered) & (uint32_t)(features >> (32 * i));
		put(driver, accepted, half);
		both |= (uint64_t)half << (32 * i);
	}
	return both;
}

void driver_set_queue(struct driver *driver, unsigned index, uint64_t base, uint16_t size)
{
	struct driver_queue *queue = &driver->queues[index];

	*queue = (struct driver_queue){.base = base, .size = size};
	put(driver, select_queue, index);
	put(driver, queue_size, size);
	put(driver, descriptors_low, (uint32_t)base);
	put(driver, descriptors_high, base >> 32);
	put(driver, avail_low, (uint32_t)(base + 0x1000));
	put(driver, avail_high, (base + 0x1000) >> 32);
	put(driver, used_low, (uint32_t)(base + 0x2000));
	put(driver, used_high, (base + 0x2000) >> 32);
	if (driver->bench->pci)
		bh_vm_write(&driver->bench->vm, driver->registers + 0x1a, 2, index);
	put(driver, queue_enable, 1);
}

void driver_init(struct driver *driver, struct bench *bench, unsigned device, uint64_t features)
{
	static const unsigned queues[BENCH_DEVICES] = {1, 1, 2, 2, 1, 3};

	driver_find(driver, bench, device);
	driver_set_status(driver, 0);
	driver_set_status(driver, 3);
	driver_negotiate(driver, features | BH_VIRTIO_F_VERSION_1);
	driver_set_status(driver, 11);
	for (unsigned i = 0; i < queues[device]; i++)
		driver_set_queue(driver, i, BENCH_RAM + 0x10000 * (3 * device + i), 16);
	driver_set_status(driver, 15);
}

void driver_add(struct driver *driver, unsigned index, const struct driver_part *parts,
		unsigned count)
{
	struct driver_queue *queue = &driver->queues[index];
	struct bh_queue_descriptor *table = bench_at(driver->bench, queue->base);
	struct bh_queue_avail *avail = bench_at(driver->bench, queue->base + 0x1000);
	unsigned first = (queue->added * 4u) % queue->size;

	for (unsigned i = 0; i < count; i++) {
		bool last = i + 1 == count;
		table[(first + i) % queue->size] = (struct bh_queue_descriptor){
			.address = parts[i].address,
			.length = parts[i].length,
			.flags = (uint16_t)((last ? 0 : 1) | (parts[i].writable ? 2 : 0)),
			.next = (uint16_t)((first + i + 1) % queue->size),
		};
	}
	avail->ring[queue->added % queue->size] = (uint16_t)first;
	avail->index = ++queue->added;
	driver_kick(driver, index);
}

void driver_kick(struct driver *driver, unsigned index)
{
	bool pci = driver->bench->pci;

	bh_vm_write(&driver->bench->vm, driver->registers + (pci ? 0x3000 + 4 * index : 0x50),
		    pci ? 2 : 4, index);
}

bool driver_next(struct driver *driver, unsigned index, uint32_t *written)
{
	struct driver_queue *queue = &driver->queues[index];
	struct bh_queue_used *used = bench_at(driver->bench, queue->base + 0x2000);

	if (used->index == queue->seen)
		return false;
	*written = used->ring[queue->seen++ % queue->size].written;
	return true;
}

uint64_t driver_config(struct driver *driver, unsigned offset, unsigned size)
{
	uint64_t base = driver->registers + (driver->bench->pci ? 0x2000 : 0x100);

	return bh_vm_read(&driver->bench->vm, base + offset, size);
}

uint64_t driver_interrupts(struct driver *driver, unsigned queue)
{
	struct bench *bench = driver->bench;

	if (!bench->pci)
		return fake_hv_interrupts(&bench->hv, BENCH_MMIO_IRQ + driver->device);
	return fake_hv_messages(&bench->hv,
				bench->vm.virtio[driver->device].pci.msix.first + queue);
}
