/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hostile guest: any bytes as a sequence of register accesses, memory contents and kicks, against
 * a whole machine with its devices brought up by a driver first. The first byte chooses the
 * transport.
 */
#include "vmm/bench.h"

#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
};

static uint64_t take(struct input *input, unsigned bytes)
{
	uint64_t value = 0;

	if (bytes > input->size)
		bytes = (unsigned)input->size;
	memcpy(&value, input->data, bytes);
	input->data += bytes;
	input->size -= bytes;
	return value;
}

enum { READ, WRITE, POKE, DESCRIBE, OFFER, KICK, WORK, FEED, RESTART, ACTIONS };

/* Where registers are. */
static uint64_t place(struct input *input, const struct driver *drivers)
{
	uint64_t offset = take(input, 2);

	switch (take(input, 1) % 4) {
	case 0:
		return BENCH_PCI + (offset << 3);
	case 1:
		return BENCH_UART + offset % 16;
	default:
		return drivers[take(input, 1) % BENCH_DEVICES].registers + offset % 0x6000;
	}
}

static void act(struct bench *bench, struct driver *drivers, struct input *input)
{
	static const unsigned sizes[] = {1, 2, 4, 8};
	struct driver *driver = &drivers[take(input, 1) % BENCH_DEVICES];
	struct driver_queue *queue = &driver->queues[take(input, 1) % 2];
	uint64_t base = queue->base ? queue->base : BENCH_RAM;
	uint8_t *ring = bench_at(bench, base);
	struct bh_queue_descriptor descriptor;
	uint64_t address, value;

	switch (take(input, 1) % ACTIONS) {
	case READ:
		address = place(input, drivers);
		bh_vm_read(&bench->vm, address, sizes[take(input, 1) % 4]);
		return;
	case WRITE:
		address = place(input, drivers);
		value = take(input, 4);
		bh_vm_write(&bench->vm, address, sizes[take(input, 1) % 4], value);
		return;
	case POKE:
		address = take(input, 2) % 0x4000;
		value = take(input, 8);
		memcpy(ring + address, &value, sizeof(value));
		return;
	case DESCRIBE:
		address = take(input, 1) % 16;
		descriptor.address = BENCH_RAM + take(input, 3) % (BENCH_RAM_SIZE + 0x1000);
		descriptor.length = (uint32_t)take(input, 3);
		descriptor.flags = (uint16_t)take(input, 1) & 7;
		descriptor.next = (uint16_t)take(input, 1) % 17;
		memcpy(ring + 16 * address, &descriptor, sizeof(descriptor));
		return;
	case OFFER:
		((struct bh_queue_avail *)(void *)(ring + 0x1000))->ring[queue->added % 16] =
			(uint16_t)(take(input, 1) % 17);
		((struct bh_queue_avail *)(void *)(ring + 0x1000))->index = ++queue->added;
		return;
	case KICK:
		driver_kick(driver, (unsigned)take(input, 1) % 3);
		return;
	case WORK:
		bench_work(bench);
		return;
	case FEED:
		value = take(input, 8);
		(void)!write(bench->network, &value, sizeof(value));
		return;
	case RESTART:
		driver_init(driver, bench, driver->device, take(input, 8));
		return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bench bench;
	struct driver drivers[BENCH_DEVICES];
	struct input input = {data, size};

	bench_init(&bench, take(&input, 1) & 1);
	for (unsigned i = 0; i < BENCH_DEVICES; i++)
		driver_init(&drivers[i], &bench, i, UINT64_MAX);
	for (unsigned steps = 0; input.size && steps < 2000; steps++)
		act(&bench, drivers, &input);
	bench_work(&bench);
	bench_finish(&bench);
	return 0;
}
