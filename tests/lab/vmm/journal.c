/* SPDX-License-Identifier: Apache-2.0 */
/* journal DISK SEED LAST: whether sectors 1 to LAST have what the guest wrote there. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	uint64_t sector[64];

	if (argc != 4)
		return 2;
	int fd = open(argv[1], O_RDONLY);
	uint64_t seed = strtoull(argv[2], NULL, 10), last = strtoull(argv[3], NULL, 10);
	for (uint64_t number = 1; number <= last; number++) {
		if (pread(fd, sector, sizeof(sector), (off_t)(512 * number)) != sizeof(sector))
			return 1;
		for (unsigned i = 0; i < 64; i++) {
			if (sector[i] != seed + number) {
				printf("sector %" PRIu64 " of %" PRIu64 " is not as flushed\n",
				       number, last);
				return 1;
			}
		}
	}
	return last ? 0 : 1;
}
