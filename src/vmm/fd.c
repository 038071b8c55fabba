/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/fd.h"

#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int bh_fd_of(const char *name)
{
	uint64_t number;

	if (!bh_str_starts(name, "fd:") || !bh_parse_u64(name + 3, &number) || number > INT_MAX)
		return -1;
	return (int)number;
}

int bh_open(const char *name, int flags)
{
	int fd = bh_fd_of(name);

	return fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 3)
		       : open(name, flags | O_CLOEXEC, S_IRUSR | S_IWUSR);
}

static bool address_of(const char *name, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(name) >= sizeof(address->sun_path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	strcpy(address->sun_path, name);
	return true;
}

int bh_listen(const char *name)
{
	struct sockaddr_un address;

	if (bh_fd_of(name) >= 0)
		return bh_open(name, 0);
	if (!address_of(name, &address))
		return -1;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	struct stat old;
	if (lstat(name, &old) == 0 && S_ISSOCK(old.st_mode))
		unlink(name);
	/* Before it has its name, so that there is no moment in which others may connect. */
	fchmod(fd, S_IRUSR | S_IWUSR);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 4) < 0) {
		int err = errno;
		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

int bh_connect(const char *name)
{
	struct sockaddr_un address;

	if (bh_fd_of(name) >= 0)
		return bh_open(name, 0);
	if (!address_of(name, &address))
		return -1;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int err = errno;
		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

bool bh_peer_is_us(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}
