/* SPDX-License-Identifier: Apache-2.0 */
/* ask SOCKET REQUEST [USER]: one request to a VM's control socket, as another user if one is named;
 * prints the answer. Fails on an error. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char line[1024];

	if (argc < 3 || argc > 4 || fd < 0 || (argc == 4 && setuid((uid_t)atoi(argv[3]))))
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
