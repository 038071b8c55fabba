/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /init of the guest that VMMs are measured with. It says how long its clock has run ("ready NS"),
 * which tells the VMM's part of the boot from the kernel's, waits for a byte, works with what it
 * has ("name VALUE" a line), and switches off.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { DISK = 64 << 20, LARGE = 1 << 20, SMALL = 4096, SMALL_READS = 1500, PASSES = 3 };
enum { STREAM = 128 << 20, ECHOES = 1000 };
enum { MOMENT = 10000000, QUIET = 10, TRIES = 1000 };

/* The other end of the network: runner.c. */
#define HOST "192.168.7.1"
#define SELF "192.168.7.2"
enum { PORT = 5000 };

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static uint64_t cpu_time(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* After boot the kernel tests its ciphers in the background, which for most of a second takes half
 * of a single CPU. This returns when a process that runs only when nobody else wants to has had the
 * CPU for a while. */
static void settle(void)
{
	const struct sched_param param = {0};

	sched_setscheduler(0, SCHED_IDLE, &param);
	for (int calm = 0, tries = 0; calm < QUIET && tries < TRIES; tries++) {
		uint64_t begun = now(), used = cpu_time();
		while (now() - begun < MOMENT)
			continue;
		calm = (cpu_time() - used) * 100 < (now() - begun) * 98 ? 0 : calm + 1;
	}
	sched_setscheduler(0, SCHED_OTHER, &param);
}

static void load(const char *module)
{
	int fd = open(module, O_RDONLY);

	if (fd >= 0 && syscall(SYS_finit_module, fd, "", 0) == 0)
		close(fd);
}

/* Of PASSES figures, the middle one. */
static double median(double *figures)
{
	for (int i = 1; i < PASSES; i++) {
		for (int j = i; j > 0 && figures[j] < figures[j - 1]; j--) {
			double swap = figures[j];
			figures[j] = figures[j - 1];
			figures[j - 1] = swap;
		}
	}
	return figures[PASSES / 2];
}

static bool read_all(int fd, char *data)
{
	for (uint64_t at = 0; at < DISK; at += LARGE) {
		if (pread(fd, data, LARGE, (off_t)at) != LARGE)
			return false;
	}
	return true;
}

/* The first pass is not counted: it fills caches. */
static void read_disk(int fd)
{
	char *data = aligned_alloc(SMALL, LARGE);
	uint32_t place = 12345;

	memset(data, 1, LARGE);
	if (!read_all(fd, data))
		return;
	puts("disk begins");
	double rates[PASSES];
	uint64_t begun, ended;
	for (int i = 0; i < PASSES; i++) {
		begun = now();
		if (!read_all(fd, data))
			return;
		rates[i] = (double)DISK * 1000 / (double)(now() - begun);
	}
	puts("disk ends");
	printf("sequential %.0f\n", median(rates));
	puts("disk begins");
	begun = now();
	for (int i = 0; i < SMALL_READS; i++) {
		place = place * 1664525 + 1013904223;
		if (pread(fd, data, SMALL, (off_t)(place % (DISK / SMALL)) * SMALL) != SMALL)
			return;
	}
	ended = now();
	puts("disk ends");
	printf("random %.0f\n", SMALL_READS * 1e9 / (double)(ended - begun));
	printf("requests %d\n", DISK / LARGE * PASSES + SMALL_READS);
}

static bool bring_up(void)
{
	struct ifreq request = {.ifr_name = "eth0"};
	struct sockaddr_in *address = (struct sockaddr_in *)&request.ifr_addr;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	address->sin_family = AF_INET;
	inet_pton(AF_INET, SELF, &address->sin_addr);
	bool ok = ioctl(fd, SIOCSIFADDR, &request) == 0;
	request.ifr_flags = IFF_UP;
	ok = ok && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
	close(fd);
	return ok;
}

/* A connection whose first byte says what it is for. */
static int ask(char what)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, HOST, &address.sin_addr);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) || write(fd, &what, 1) != 1)
		return -1;
	return fd;
}

/* Mbit/s of a stream, from its first byte until the other end has, or has sent, all of it. */
static double stream(char what, char *data)
{
	int fd = ask(what);
	uint64_t begun = now(), done = 0;
	ssize_t count = 1;

	while (fd >= 0 && done < STREAM && count > 0) {
		count = what == 's' ? write(fd, data, LARGE) : read(fd, data, LARGE);
		done += count > 0 ? (uint64_t)count : 0;
	}
	if (what == 's') {
		shutdown(fd, SHUT_WR);
		if (read(fd, data, 1) != 1)
			done = 0;
	}
	close(fd);
	return (double)done * 8000 / (double)(now() - begun);
}

/* A round trip of one byte, in us. */
static double echo(void)
{
	int fd = ask('e');
	uint64_t begun = now();
	char byte = 0;

	for (int i = 0; i < ECHOES && fd >= 0; i++) {
		if (write(fd, &byte, 1) != 1 || read(fd, &byte, 1) != 1)
			return 0;
	}
	close(fd);
	return (double)(now() - begun) / 1e3 / ECHOES;
}

static void use_network(void)
{
	char *data = aligned_alloc(SMALL, LARGE);

	memset(data, 1, LARGE);
	/* Not counted: windows and buffers grow at first, in both directions. */
	stream('s', data);
	stream('r', data);
	puts("net begins");
	double sent[PASSES], received[PASSES], trip[PASSES];
	for (int i = 0; i < PASSES; i++) {
		sent[i] = stream('s', data);
		received[i] = stream('r', data);
		trip[i] = echo();
	}
	puts("net ends");
	printf("sent %.0f\nreceived %.0f\ntrip %.1f\n", median(sent), median(received),
	       median(trip));
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
		settle();
		load("/virtio_blk.ko");
		int disk = open("/dev/vda", O_RDONLY | O_DIRECT);
		if (disk >= 0)
			read_disk(disk);
		load("/failover.ko");
		load("/net_failover.ko");
		load("/virtio_net.ko");
		if (bring_up())
			use_network();
	}
	puts("end");
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 0;
}
