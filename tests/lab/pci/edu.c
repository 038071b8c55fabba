/* SPDX-License-Identifier: Apache-2.0 */
/*
 * edu ADDRESS TARGET...: makes QEMU's teaching device `edu`, which is at ADDRESS on our PCI bus, do
 * DMA: inside our memory, which must work, and to and from each physical TARGET.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	BAR_SIZE = 0x100000,
	ID = 0x00,
	SOURCE = 0x80,
	TARGET = 0x88,
	COUNT = 0x90,
	COMMAND = 0x98,
	BUFFER = 0x40000,
	PAGE = 4096,
	START = 1,
	TO_MEMORY = 2,
};

static volatile uint8_t *registers;

static void put(unsigned offset, uint64_t value)
{
	*(volatile uint64_t *)(registers + offset) = value;
}

static uint64_t get(unsigned offset)
{
	return *(volatile uint64_t *)(registers + offset);
}

static void move(uint64_t source, uint64_t target, uint64_t direction)
{
	put(SOURCE, source);
	put(TARGET, target);
	put(COUNT, PAGE);
	put(COMMAND, START | direction);
	while (get(COMMAND) & START)
		usleep(1000);
}

static uint64_t physical(const void *page)
{
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);

	if (pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)page / PAGE * 8)) != 8)
		exit(1);
	close(fd);
	return (entry & 0x7fffffffffffff) * PAGE;
}

static int prepare(const char *address)
{
	char path[128];
	uint16_t command = 6; /* memory, bus master */

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", address);
	int config = open(path, O_RDWR);
	if (config < 0 || pwrite(config, &command, sizeof(command), 4) != 2)
		return 0;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource0", address);
	int bar = open(path, O_RDWR | O_SYNC);
	registers = mmap(NULL, BAR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, bar, 0);
	return registers != MAP_FAILED;
}

int main(int argc, char **argv)
{
	uint8_t *from = aligned_alloc(PAGE, PAGE), *to = aligned_alloc(PAGE, PAGE);

	if (argc < 2 || !from || !to || !prepare(argv[1])) {
		fputs("edu: the device is not there\n", stderr);
		return 1;
	}
	memset(from, 0xe5, PAGE);
	memset(to, 0, PAGE);
	mlock(from, PAGE);
	mlock(to, PAGE);
	printf("said edu %x\n", *(volatile uint32_t *)(registers + ID));
	move(physical(from), BUFFER, 0);
	move(BUFFER, physical(to), TO_MEMORY);
	printf("said inside %s\n", memcmp(from, to, PAGE) ? "lost" : "moved");
	for (int i = 2; i < argc; i++) {
		uint64_t target = strtoull(argv[i], NULL, 0);

		move(BUFFER, target, TO_MEMORY);
		move(target, BUFFER, 0);
		/* What the device has now; it had our bytes. */
		memset(to, 0, PAGE);
		move(BUFFER, physical(to), TO_MEMORY);
		printf("said outside 0x%llx %s\n", (unsigned long long)target,
		       memcmp(from, to, PAGE) && to[0] ? "read" : "blank");
	}
	return 0;
}
