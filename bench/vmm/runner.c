/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runner RAM-KIB COMMAND...: runs a VMM on the board with the guest of guest.c on its standard
 * input and output, is the other end of the guest's network (tap0), and prints what was measured,
 * one "NAME VALUE" a line:
 *
 *   before-clock NS   from exec until the guest's clock began: the part that a VMM has a say in
 *   boot NS           from exec to the guest's first line
 *   resident KIB      of the VMM, without its largest mapping of RAM-KIB: the guest's memory
 *   exits N           to KVM, until then
 *   user-PART N       exits to the VMM while the guest worked with its disk, its network
 *   and what the guest says about its disk and its network.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PORT = 5000, STREAM = 128 << 20 };

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static unsigned long resident(pid_t pid, unsigned long ram)
{
	char path[64], line[512];
	unsigned long size = 0, value, sum = 0;

	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)pid);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Size: %lu", &value) == 1)
			size = value;
		else if (sscanf(line, "Rss: %lu", &value) == 1 && size != ram)
			sum += value;
	}
	if (file)
		fclose(file);
	return sum;
}

/* One of KVM's counters, over all VMs. */
static unsigned long counter(const char *name)
{
	char path[64];
	unsigned long value = 0;

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%s", name);
	FILE *file = fopen(path, "r");
	if (file) {
		if (fscanf(file, "%lu", &value) != 1)
			value = 0;
		fclose(file);
	}
	return value;
}

/* tap0 stays when the VMM closes it, and has our address. */
static int make_tap(void)
{
	struct ifreq request = {.ifr_name = "tap0"};
	struct sockaddr_in *address = (struct sockaddr_in *)&request.ifr_addr;
	int tun = open("/dev/net/tun", O_RDWR), fd = socket(AF_INET, SOCK_DGRAM, 0);

	request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
	if (tun < 0 || ioctl(tun, TUNSETIFF, &request) || ioctl(tun, TUNSETPERSIST, 1))
		return -1;
	close(tun);
	memset(&request.ifr_ifru, 0, sizeof(request.ifr_ifru));
	address->sin_family = AF_INET;
	inet_pton(AF_INET, "192.168.7.1", &address->sin_addr);
	if (ioctl(fd, SIOCSIFADDR, &request))
		return -1;
	request.ifr_flags = IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &request))
		return -1;
	return close(fd);
}

static void serve(int peer)
{
	static char data[1 << 20];
	char what;
	ssize_t count;
	uint64_t done = 0;

	if (read(peer, &what, 1) != 1)
		return;
	if (what == 's') {
		while (read(peer, data, sizeof(data)) > 0)
			continue;
		(void)!write(peer, &what, 1);
	} else if (what == 'r') {
		while (done < STREAM && (count = write(peer, data, sizeof(data))) > 0)
			done += (uint64_t)count;
	} else {
		while (read(peer, data, 1) == 1 && write(peer, data, 1) == 1)
			continue;
	}
}

static pid_t start_server(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 4))
		return -1;
	pid_t pid = fork();
	for (int peer; pid == 0 && (peer = accept(listener, NULL, NULL)) >= 0; close(peer))
		serve(peer);
	if (pid == 0)
		_exit(0);
	close(listener);
	return pid;
}

int main(int argc, char **argv)
{
	int in[2], out[2];
	char line[256], part[32];
	unsigned long before = counter("exits"), user = 0, user_disk = 0, user_net = 0;

	/* Before the pipes, whose ends it must not have. */
	pid_t server = make_tap() ? -1 : start_server();
	if (argc < 3 || pipe(in) < 0 || pipe(out) < 0)
		return 2;
	uint64_t begun = now();
	pid_t pid = fork();
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		execv(argv[2], argv + 2);
		_exit(127);
	}
	close(out[1]);
	FILE *said = fdopen(out[0], "r");
	while (fgets(line, sizeof(line), said)) {
		unsigned long long clock;
		double value;
		uint64_t came = now();

		line[strcspn(line, "\r\n")] = '\0';
		if (sscanf(line, "ready %llu", &clock) == 1) {
			printf("before-clock %llu\n", (unsigned long long)(came - begun) - clock);
			printf("boot %llu\n", (unsigned long long)(came - begun));
			printf("resident %lu\n", resident(pid, strtoul(argv[1], NULL, 10)));
			printf("exits %lu\n", counter("exits") - before);
			if (write(in[1], "\n", 1) != 1)
				return 1;
		} else if (sscanf(line, "%31s begins", part) == 1 && strstr(line, " begins")) {
			user = counter("mmio_exit_user");
		} else if (sscanf(line, "%31s ends", part) == 1 && strstr(line, " ends")) {
			*(strcmp(part, "disk") ? &user_net : &user_disk) +=
				counter("mmio_exit_user") - user;
		} else if (sscanf(line, "%31s %lf", part, &value) == 2) {
			puts(line);
		} else if (!strcmp(line, "end")) {
			printf("resident-used %lu\n", resident(pid, strtoul(argv[1], NULL, 10)));
		}
	}
	waitpid(pid, NULL, 0);
	if (server > 0)
		kill(server, SIGTERM);
	printf("user-disk %lu\nuser-net %lu\n", user_disk, user_net);
	return 0;
}
