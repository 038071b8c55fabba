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

int bh_fd_at(const char *names, unsigned index)
{
	uint64_t number = 0;

	if (!bh_str_starts(names, "fd:"))
		return -1;
	names += strlen("fd:");
	for (;; index--) {
		size_t digits = strspn(names, "0123456789");

		if (!digits || digits > 9)
			return -1;
		for (number = 0; digits--; names++)
			number = number * 10 + (uint64_t)(*names - '0');
		if (!index)
			return *names && *names != ',' ? -1 : (int)number;
		if (*names++ != ',')
			return -1;
	}
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

int bh_door_take(int door, int flags)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	int fd;

	ssize_t got = recvmsg(door, &message, flags | MSG_CMSG_CLOEXEC);
	if (got < 0)
		return -1;
	const struct cmsghdr *item = CMSG_FIRSTHDR(&message);
	if (!got || !item || item->cmsg_type != SCM_RIGHTS ||
	    item->cmsg_len != CMSG_LEN(sizeof(int))) {
		errno = got ? EAGAIN : EPIPE;
		return -1;
	}
	memcpy(&fd, CMSG_DATA(item), sizeof(fd));
	return fd;
}

int bh_accept(int listener)
{
	int fd = bh_door_take(listener, MSG_DONTWAIT);

	/* A listening socket has no messages. */
	if (fd >= 0 || errno != EINVAL)
		return fd;
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0 && !bh_peer_is_us(fd)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

bool bh_peer_is_us(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}
