/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both ends of a network between two cards of one board, and the guest that has one of them. Lines
 * are "NAME VALUE".
 *   mover serve INTERFACE: the end that stays with the host; after each transfer, how many exits of
 *     guests there were meanwhile, and how many of them the VMM handled
 *   mover alone INTERFACE: the other card, driven by the host, in a network of its own; after each
 *     transfer Mbit/s, and the card's interrupts
 *   as /init: the same in a guest that owns the card
 */
#include "../../tests/lab/interrupts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef MEGABYTES
#define MEGABYTES 32
#endif
enum { PORT = 5000, STREAM = MEGABYTES << 20, CHUNK = 1 << 17 };
static const char here[] = "192.168.9.1", there[] = "192.168.9.2";
static char data[CHUNK];

static double seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int bring_up(const char *interface, const char *address)
{
	struct ifreq request = {0};
	struct sockaddr_in *in = (struct sockaddr_in *)&request.ifr_addr;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
	in->sin_family = AF_INET;
	inet_pton(AF_INET, address, &in->sin_addr);
	if (ioctl(fd, SIOCSIFADDR, &request))
		return -1;
	request.ifr_flags = IFF_UP;
	int err = ioctl(fd, SIOCSIFFLAGS, &request);
	close(fd);
	return err;
}

/* One of KVM's counters, over all VMs. */
static unsigned long counter(const char *name)
{
	unsigned long value = 0;
	char path[64];

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%s", name);
	FILE *file = fopen(path, "r");
	if (file && fscanf(file, "%lu", &value) != 1)
		value = 0;
	if (file)
		fclose(file);
	return value;
}

static unsigned long interrupts(const char *interface)
{
	unsigned long sum;

	count_interrupts(interface, &sum);
	return sum;
}

static int serve(const char *interface)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bring_up(interface, here) || bind(listener, (struct sockaddr *)&any, sizeof(any)) ||
	    listen(listener, 2))
		return 1;
	for (;;) {
		int peer = accept(listener, NULL, NULL);
		unsigned long handled = counter("mmio_exit_user"), exits = counter("exits");
		ssize_t done = 0, count;
		char what;

		if (peer < 0 || read(peer, &what, 1) != 1)
			return 1;
		if (what == 's') {
			while (done < STREAM && (count = read(peer, data, CHUNK)) > 0)
				done += count;
			(void)!write(peer, &what, 1);
		} else {
			while (done < STREAM && (count = write(peer, data, CHUNK)) > 0)
				done += count;
			/* Until the other end has all. */
			(void)!read(peer, &what, 1);
		}
		const char *name = what == 's' ? "sent" : "received";
		printf("handled-%s %lu\nexits-%s %lu\n", name, counter("mmio_exit_user") - handled,
		       name, counter("exits") - exits);
		fflush(stdout);
		close(peer);
	}
}

static int reach(void)
{
	struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(PORT)};

	inet_pton(AF_INET, here, &peer.sin_addr);
	for (;;) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		if (!connect(fd, (struct sockaddr *)&peer, sizeof(peer)))
			return fd;
		close(fd);
		usleep(100000);
	}
}

static void transfer(const char *interface, char what, const char *name)
{
	int fd = reach();
	unsigned long before = interrupts(interface);
	double begin = seconds();
	ssize_t done = 0, count;

	(void)!write(fd, &what, 1);
	if (what == 's') {
		while (done < STREAM && (count = write(fd, data, CHUNK)) > 0)
			done += count;
		(void)!read(fd, &what, 1);
	} else {
		while (done < STREAM && (count = read(fd, data, CHUNK)) > 0)
			done += count;
		what = 'r';
		(void)!write(fd, &what, 1);
	}
	double took = seconds() - begin;
	printf("%s %.1f\ninterrupts-%s %lu\n", name, STREAM * 8.0 / took / 1e6, name,
	       interrupts(interface) - before);
	fflush(stdout);
	close(fd);
}

static int move(const char *interface)
{
	if (bring_up(interface, there))
		return 1;
	transfer(interface, 's', "sent");
	transfer(interface, 'r', "received");
	return 0;
}

/* Gives the interface to another process's network. */
static int give(const char *interface, pid_t pid)
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg info;
		struct rtattr attribute;
		uint32_t pid;
	} ask = {
		.head = {.nlmsg_len = sizeof(ask),
			 .nlmsg_type = RTM_SETLINK,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
		.info.ifi_index = (int)if_nametoindex(interface),
		.attribute = {.rta_len = RTA_LENGTH(sizeof(uint32_t)), .rta_type = IFLA_NET_NS_PID},
		.pid = (uint32_t)pid};
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
	} answer;

	if (send(fd, &ask, sizeof(ask), 0) < 0 || recv(fd, &answer, sizeof(answer), 0) < 0)
		return -1;
	close(fd);
	return answer.error.error;
}

static int alone(const char *interface)
{
	int ready[2], go[2], status;
	char byte = 0;

	if (pipe(ready) || pipe(go))
		return 1;
	pid_t child = fork();
	if (!child) {
		if (unshare(CLONE_NEWNET) || write(ready[1], &byte, 1) != 1 ||
		    read(go[0], &byte, 1) != 1)
			_exit(1);
		_exit(move(interface));
	}
	if (read(ready[0], &byte, 1) != 1 || give(interface, child) || write(go[1], &byte, 1) != 1)
		return 1;
	return waitpid(child, &status, 0) == child && !status ? 0 : 1;
}

static void load(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
		printf("module %s: %s\n", path, strerror(errno));
	close(fd);
}

static int guest(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	load("/e1000e.ko");
	while (!if_nametoindex("eth0"))
		usleep(10000);
	move("eth0");
	fflush(stdout);
	return reboot(RB_POWER_OFF);
}

int main(int argc, char **argv)
{
	if (getpid() == 1)
		return guest();
	if (argc == 3 && !strcmp(argv[1], "serve"))
		return serve(argv[2]);
	return argc == 3 && !strcmp(argv[1], "alone") ? alone(argv[2]) : 2;
}
