/* SPDX-License-Identifier: Apache-2.0 */
/* pair ADDRESS: reads two words of device registers with one instruction and prints the second. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC);
	unsigned long address = argc == 2 ? strtoul(argv[1], NULL, 0) : 0;
	uint32_t first, second;

	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			  (off_t)(address & ~0xffful));
	if (page == MAP_FAILED)
		return 1;
	__asm__ volatile("ldp %w0, %w1, [%2]"
			 : "=&r"(first), "=&r"(second)
			 : "r"(page + (address & 0xfff)));
	printf("%u\n", second);
	return 0;
}
