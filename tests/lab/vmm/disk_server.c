/* SPDX-License-Identifier: Apache-2.0 */
/* disk_server SOCKET: a vhost-user back end that keeps its requests in memory of the front end's
 * (tests/vmm/backend.c). It goes through its connections one by one; each of its sectors is the
 * same. */
#include "vmm/backend.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct backend backend = {.lie = HONEST, .inflight = true};
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (argc != 2)
		return 2;
	strncpy(address.sun_path, argv[1], sizeof(address.sun_path) - 1);
	unlink(argv[1]);
	backend.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (backend.listener < 0 ||
	    bind(backend.listener, (const struct sockaddr *)&address, sizeof(address)) ||
	    listen(backend.listener, 4))
		return 1;
	backend_main(&backend);
	return 0;
}
