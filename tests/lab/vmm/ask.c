/* SPDX-License-Identifier: Apache-2.0 */
/* ask SOCKET REQUEST: one request to a VM's control socket; prints the answer. Fails on an error.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char line[1024];

	if (argc != 3 || fd < 0)
		return 2;
	strncpy(address.sun_path, argv[1], sizeof(address.sun_path) - 1);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return 1;
	dprintf(fd, "%s\n", argv[2]);
	FILE *answer = fdopen(fd, "r");
	while (answer && fgets(line, sizeof(line), answer)) {
		if (!strcmp(line, "ok\n"))
			return 0;
		fputs(line, stdout);
		if (!strncmp(line, "error ", 6))
			return 1;
	}
	return 1;
}
