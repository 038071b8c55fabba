/* SPDX-License-Identifier: Apache-2.0 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static int open_memory(void)
{
	struct bulkhead_hello hello = {sizeof(hello), BULKHEAD_UAPI_VERSION};
	int fd = open("/dev/bulkhead", O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK(ioctl(fd, BULKHEAD_HELLO, &hello) == 0);
	return fd;
}

static int choose(int fd, const char *name, struct bulkhead_memory *memory)
{
	*memory = (struct bulkhead_memory){.argsz = sizeof(*memory)};
	snprintf(memory->name, sizeof(memory->name), "%s", name);
	return ioctl(fd, BULKHEAD_MEMORY_SELECT, memory);
}

/* True when every word is `value`. */
static bool is_all(const uint64_t *words, uint64_t size, uint64_t value)
{
	for (uint64_t i = 0; i < size / 8; i++)
		if (words[i] != value)
			return false;
	return true;
}

void test_memory(char **args)
{
	struct bulkhead_memory memory, other, info = {.argsz = sizeof(info)};
	int first = open_memory(), second = open_memory(), new;
	uint64_t *words;
	void *again;

	FAILS(mmap(NULL, 4096, PROT_READ, MAP_SHARED, first, 0) == MAP_FAILED ? -1 : 0, ENXIO);
	CHECK(choose(first, args[0], &memory) == 0);
	CHECK(memory.base && memory.size);
	FAILS(choose(first, args[0], &other), EBUSY);
	FAILS(choose(second, args[0], &other), EBUSY);
	info.index = memory.index;
	CHECK(ioctl(second, BULKHEAD_MEMORY_INFO, &info) == 0);
	CHECK(info.flags == BULKHEAD_MEMORY_TAKEN && info.base == memory.base);

	words = mmap(NULL, memory.size, PROT_READ | PROT_WRITE, MAP_SHARED, first, 0);
	if (!CHECK(words != MAP_FAILED))
		return;
	CHECK(((uintptr_t)words & 0x1fffff) == (memory.base & 0x1fffff));
	CHECK(is_all(words, memory.size, 0));
	for (uint64_t i = 0; i < memory.size / 8; i++)
		words[i] = i;
	again = mmap(NULL, 4096, PROT_READ, MAP_SHARED, first, (off_t)(memory.size - 4096));
	CHECK(again != MAP_FAILED && *(uint64_t *)again == (memory.size - 4096) / 8);
	/* RAM, not registers: an access across a boundary is fine. */
	CHECK(*(volatile uint64_t *)((char *)words + 4093) != 0);

	FAILS(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, first, 0) == MAP_FAILED ? -1 : 0, EINVAL);
	FAILS(mmap(NULL, memory.size + 4096, PROT_READ, MAP_SHARED, first, 0) == MAP_FAILED ? -1
											    : 0,
	      EINVAL);
	FAILS(mmap(NULL, 4096, PROT_READ, MAP_SHARED, first, (off_t)memory.size) == MAP_FAILED ? -1
											       : 0,
	      EINVAL);
	FAILS(mmap(NULL, 4096, PROT_READ, MAP_SHARED, first, INT64_MAX & ~4095L) == MAP_FAILED ? -1
											       : 0,
	      EINVAL);

	/* The mapping keeps it, also without the descriptor. */
	close(first);
	FAILS(choose(second, args[0], &other), EBUSY);
	munmap(again, 4096);
	FAILS(choose(second, args[0], &other), EBUSY);
	munmap(words, memory.size);
	new = open_memory();
	CHECK(choose(new, args[0], &memory) == 0);
	words = mmap(NULL, memory.size, PROT_READ, MAP_SHARED, new, 0);
	CHECK(words != MAP_FAILED && is_all(words, memory.size, 0));
}

void test_dirty(char **args)
{
	struct bulkhead_memory memory;
	int fd = open_memory();
	void *words;

	CHECK(choose(fd, args[0], &memory) == 0);
	words = mmap(NULL, memory.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (!CHECK(words != MAP_FAILED))
		return;
	CHECK(is_all(words, memory.size, 0));
	memset(words, 0xa5, memory.size);
	printf("holding\n");
	fflush(stdout);
	pause();
}

void test_no_memory(char **args)
{
	struct bulkhead_memory memory = {.argsz = sizeof(memory), .index = 1000};
	int fd = open_memory(), plain = open("/dev/bulkhead", O_RDWR | O_CLOEXEC);

	for (; *args; args++)
		FAILS(choose(fd, *args, &memory), ENOENT);
	memory.index = 1000;
	FAILS(ioctl(fd, BULKHEAD_MEMORY_INFO, &memory), ENOENT);
	memory = (struct bulkhead_memory){.argsz = sizeof(memory)};
	memset(memory.name, 'a', sizeof(memory.name));
	FAILS(ioctl(fd, BULKHEAD_MEMORY_SELECT, &memory), EINVAL);
	memory = (struct bulkhead_memory){.argsz = sizeof(memory), .flags = 2};
	FAILS(ioctl(fd, BULKHEAD_MEMORY_INFO, &memory), EINVAL);
	memory = (struct bulkhead_memory){.argsz = 8};
	FAILS(ioctl(fd, BULKHEAD_MEMORY_INFO, &memory), EINVAL);
	FAILS(ioctl(plain, BULKHEAD_MEMORY_INFO, &memory), EINVAL);
	memory.argsz = sizeof(memory);
	FAILS(ioctl(plain, BULKHEAD_MEMORY_INFO, &memory), EPROTO);
	FAILS(ioctl(fd, BULKHEAD_GET_COUNTS, &memory), ENOTTY);
}
