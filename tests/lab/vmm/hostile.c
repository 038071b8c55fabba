/* SPDX-License-Identifier: Apache-2.0 */
/* hostile SOCKET: does to a VM's control socket what a hostile client may do, and asks it after
 * each act as anybody else does. Fails when there is no answer. */
#include "../../host/hostile_client.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool answers(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool running = false, whole = false;
	char line[1024];

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return false;
	(void)!write(fd, "status\n", 7);
	FILE *answer = fdopen(fd, "r");
	while (answer && !whole && fgets(line, sizeof(line), answer)) {
		running |= !strcmp(line, "state running\n");
		whole = !strcmp(line, "ok\n");
	}
	if (answer)
		fclose(answer);
	return running && whole;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	for (const struct hostile_act *a = hostile_acts; a->name; a++) {
		struct hostile h = {.socket = argv[1]};

		a->act(&h);
		bool good = answers(argv[1]) && answers(argv[1]);
		hostile_leave(&h);
		if (!good || !answers(argv[1])) {
			printf("no answer after %s\n", a->name);
			return 1;
		}
	}
	return 0;
}
