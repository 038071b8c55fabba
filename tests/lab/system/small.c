/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first process of a guest of 64 MB, of which Debian's kernel leaves about 12 while it starts:
 * all of its user space is this program. It loads the modules in /modules by name, uses what
 * devices there are, says that it is up, on the console and, where there is vsock, to its host
 * (src/agent/main.c, whose main() is agent_main() here).
 */
#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int agent_main(int argc, char **argv);

static int is_module(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void load_modules(void)
{
	struct dirent **names;
	int count = scandir("/modules", &names, is_module, alphasort);

	for (int i = 0; i < count; i++) {
		char path[300];
		snprintf(path, sizeof(path), "/modules/%s", names[i]->d_name);
		int fd = open(path, O_RDONLY);
		if (syscall(SYS_finit_module, fd, "", 0))
			perror(path);
		close(fd);
	}
}

static void use_devices(void)
{
	struct ifreq request = {.ifr_name = "eth0", .ifr_flags = IFF_UP};
	int network = socket(AF_INET, SOCK_DGRAM, 0), disk = open("/dev/vda", O_RDONLY);
	char sector[512];

	if (disk >= 0 && read(disk, sector, sizeof(sector)) == sizeof(sector))
		puts("said disk read");
	if (!ioctl(network, SIOCSIFFLAGS, &request))
		puts("said network up");
}

int main(void)
{
	char *ready[] = {"bulkhead-agent", "ready", NULL};

	setvbuf(stdout, NULL, _IOLBF, 0);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	load_modules();
	use_devices();
	puts("said up");
	if (access("/dev/vsock", F_OK) == 0)
		agent_main(2, ready);
	for (;;)
		pause();
}
