/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole machine on a test bench: real devices and address map, no processor. The test plays the
 * guest: it writes registers and memory, and lets the loop work in between.
 */
#ifndef BH_TESTS_VMM_BENCH_H
#define BH_TESTS_VMM_BENCH_H

#include "vmm/fake_hv.h"
#include "vmm/vm.h"

/* Where things are, on every bench. */
enum {
	BENCH_RAM = 0x80000000,
	BENCH_RAM_SIZE = 0x400000,
	BENCH_UART = 0x09000000,
	BENCH_UART_IRQ = 33,
	BENCH_MMIO = 0x0a000000, /* a page a device */
	BENCH_MMIO_IRQ = 48,
	BENCH_PCI = 0x30000000,
	BENCH_PCI_WINDOW = 0x10000000,
	BENCH_DISK_SIZE = 0x40000,
	BENCH_FLOOR = 0x300000, /* of the balloon */
};

/* The virtio devices, in this order. */
enum {
	BENCH_DISK,
	BENCH_RNG,
	BENCH_CONSOLE,
	BENCH_NET,
	BENCH_READONLY_DISK,
	BENCH_BALLOON,
	BENCH_DEVICES
};

struct bench {
	struct fake_hv hv;
	struct bh_loop loop;
	struct bh_log log;
	struct bh_console consoles[BENCH_DEVICES + 1];
	struct bh_manifest manifest;
	struct bh_vm vm;
	char hosts[BENCH_DEVICES][16];
	int disk, network; /* descriptors: the image, our end of the network, or -1 */
	bool pci;
};

void bench_init(struct bench *bench, bool pci);

/* The same with a network of another's: `device` is the device's end, and taken over. */
void bench_init_network(struct bench *bench, bool pci, int device);
void bench_finish(struct bench *bench);

/* Lets the event loop do what there is to do. */
void bench_work(struct bench *bench);

/* A pointer to guest memory. */
void *bench_at(struct bench *bench, uint64_t address);

/*
 * A driver of one device, over either transport.
 */
struct driver_queue {
	uint64_t base; /* descriptors; avail at +0x1000, used at +0x2000, indirect at +0x3000 */
	uint16_t size, added, seen;
};

struct driver {
	struct bench *bench;
	unsigned device;
	uint64_t registers; /* mmio, or the BAR */
	struct driver_queue queues[3];
};

/* Finds the device and brings it to DRIVER_OK with the features it offers among `features`. */
void driver_init(struct driver *driver, struct bench *bench, unsigned device, uint64_t features);

/* Steps of that. */
void driver_find(struct driver *driver, struct bench *bench, unsigned device);
uint32_t driver_status(struct driver *driver);
void driver_set_status(struct driver *driver, uint32_t status);
uint64_t driver_negotiate(struct driver *driver, uint64_t features);
void driver_set_queue(struct driver *driver, unsigned index, uint64_t base, uint16_t size);

struct driver_part {
	uint64_t address;
	uint32_t length;
	bool writable;
};

/* Adds a request and kicks; bench_work() then serves it. */
void driver_add(struct driver *driver, unsigned queue, const struct driver_part *parts,
		unsigned count);
void driver_kick(struct driver *driver, unsigned queue);

/* The next answer: true with the bytes written. */
bool driver_next(struct driver *driver, unsigned queue, uint32_t *written);

uint64_t driver_config(struct driver *driver, unsigned offset, unsigned size);

/* Interrupts that the device's queue raised since the last call. */
uint64_t driver_interrupts(struct driver *driver, unsigned queue);

#endif
