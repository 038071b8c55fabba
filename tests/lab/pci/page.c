/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the host: where memory is that a device must not reach, and whether it changed.
 *   page of PID OFFSET: the page OFFSET bytes into the process's largest mapping: its physical
 *     address and a sum of its bytes;
 *   page own: a page of this process; when its input ends, whether the page is as it was.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096 };

static uint64_t physical(const char *pid, uint64_t address)
{
	char path[64];
	uint64_t entry = 0;

	snprintf(path, sizeof(path), "/proc/%s/pagemap", pid);
	int fd = open(path, O_RDONLY);
	if (pread(fd, &entry, sizeof(entry), (off_t)(address / PAGE * 8)) != 8)
		exit(1);
	close(fd);
	return (entry & 0x7fffffffffffff) * PAGE;
}

static uint64_t largest(const char *pid)
{
	char path[64], line[512];
	uint64_t best = 0, size = 0, start, end;

	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	FILE *maps = fopen(path, "r");
	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " rw", &start, &end) == 2 &&
		    end - start > size) {
			best = start;
			size = end - start;
		}
	}
	return best;
}

static int of(const char *pid, uint64_t offset)
{
	uint64_t address = largest(pid) + offset, sum = 0xcbf29ce484222325;
	uint8_t bytes[PAGE];
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	int fd = open(path, O_RDONLY);
	if (pread(fd, bytes, PAGE, (off_t)address) != PAGE)
		return 1;
	for (int i = 0; i < PAGE; i++)
		sum = (sum ^ bytes[i]) * 0x100000001b3;
	printf("0x%" PRIx64 " %016" PRIx64 "\n", physical(pid, address), sum);
	return 0;
}

static int own(void)
{
	uint8_t *page =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t expected[PAGE];

	memset(expected, 0x11, PAGE);
	memcpy(page, expected, PAGE);
	mlock(page, PAGE);
	printf("0x%" PRIx64 "\n", physical("self", (uintptr_t)page));
	fflush(stdout);
	while (getchar() != EOF)
		continue;
	puts(memcmp(page, expected, PAGE) ? "changed" : "kept");
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "of"))
		return of(argv[2], strtoull(argv[3], NULL, 0));
	return argc == 2 && !strcmp(argv[1], "own") ? own() : 2;
}
