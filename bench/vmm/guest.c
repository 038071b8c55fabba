/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /init of the guest that VMMs are measured with. It says how long its clock has run ("ready NS"),
 * which tells the VMM's part of the boot from the kernel's, waits for a byte, reads its disk when
 * it has one ("sequential MB/S", "random IOPS"), and switches off.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { DISK = 64 << 20, LARGE = 1 << 20, SMALL = 4096, SMALL_READS = 1500 };

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void load(const char *module)
{
	int fd = open(module, O_RDONLY);

	if (fd >= 0 && syscall(SYS_finit_module, fd, "", 0) == 0)
		close(fd);
}

static void read_disk(int fd)
{
	char *data = aligned_alloc(SMALL, LARGE);
	uint32_t place = 12345;

	memset(data, 1, LARGE);
	uint64_t begun = now();

	for (uint64_t at = 0; at < DISK; at += LARGE) {
		if (pread(fd, data, LARGE, (off_t)at) != LARGE)
			return;
	}
	printf("sequential %.0f\n", (double)DISK * 1000 / (double)(now() - begun));
	begun = now();
	for (int i = 0; i < SMALL_READS; i++) {
		place = place * 1664525 + 1013904223;
		if (pread(fd, data, SMALL, (off_t)(place % (DISK / SMALL)) * SMALL) != SMALL)
			return;
	}
	printf("random %.0f\n", SMALL_READS * 1e9 / (double)(now() - begun));
}

int main(void)
{
	char byte;

	mount("dev", "/dev", "devtmpfs", 0, NULL);
	int console = open("/dev/console", O_RDWR);
	dup2(console, 0);
	dup2(console, 1);
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("ready %llu\n", (unsigned long long)now());
	if (read(0, &byte, 1) == 1) {
		load("/virtio_blk.ko");
		int disk = open("/dev/vda", O_RDONLY | O_DIRECT);
		if (disk >= 0)
			read_disk(disk);
	}
	puts("end");
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 0;
}
