/* SPDX-License-Identifier: Apache-2.0 */
/* monitor SOCKET COMMAND...: tells QEMU's monitor each command (JSON), and waits for each answer.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Events come in between; an answer is a return or an error. */
static bool answered(FILE *monitor)
{
	char line[65536];

	while (fgets(line, sizeof(line), monitor)) {
		if (strstr(line, "\"error\""))
			fputs(line, stderr);
		if (strstr(line, "\"return\"") || strstr(line, "\"error\""))
			return strstr(line, "\"return\"");
	}
	return false;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (argc < 3 || strlen(argv[1]) >= sizeof(address.sun_path))
		return 2;
	strcpy(address.sun_path, argv[1]);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror(argv[1]);
		return 1;
	}
	FILE *monitor = fdopen(fd, "r+");
	if (!monitor)
		return 1;
	for (int i = 1; i < argc; i++) {
		fprintf(monitor, "%s\n", i == 1 ? "{\"execute\":\"qmp_capabilities\"}" : argv[i]);
		fflush(monitor);
		if (!answered(monitor))
			return 1;
	}
	return 0;
}
