/* SPDX-License-Identifier: Apache-2.0 */
#include "hostile_client.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* More connections than the launcher, the VMM or their queues have room for. */
#define MANY 1000

/* As many as the kernel takes in a message. */
#define MANY_DESCRIPTORS 253

/* A connection, or -1: there is no room. */
static int come(const struct hostile *h)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	strncpy(address.sun_path, h->socket, sizeof(address.sun_path) - 1);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void stay(struct hostile *h, int fd)
{
	if (fd >= 0 && h->count < HOSTILE_CONNECTIONS)
		h->fds[h->count++] = fd;
	else if (fd >= 0)
		close(fd);
}

static void say(int fd, const char *words)
{
	(void)!send(fd, words, strlen(words), MSG_NOSIGNAL);
}

static void send_half_a_request(struct hostile *h)
{
	for (int i = 0; i < 8; i++) {
		int fd = come(h);

		say(fd, "sta");
		stay(h, fd);
	}
}

static void send_a_huge_request(struct hostile *h)
{
	char bytes[4096];
	int fd = come(h);

	memset(bytes, 'x', sizeof(bytes));
	for (int i = 0; i < 4096 && send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0; i++)
		continue;
	stay(h, fd);
}

static void send_what_is_no_text(struct hostile *h)
{
	static const char bytes[] = "\0\0\n\377\376\n\0status\n\r\n\n\n\nballoon -1\nballoon "
				    "99999999999999999999\nballoon\nstop now\n";
	int fd = come(h);

	(void)!send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL);
	stay(h, fd);
}

static void never_read_an_answer(struct hostile *h)
{
	for (int i = 0; i < 4; i++) {
		int fd = come(h);

		for (int k = 0; k < 100000 && send(fd, "stats\n", 6, MSG_NOSIGNAL) > 0; k++)
			continue;
		stay(h, fd);
	}
}

static void connect_and_go(struct hostile *h)
{
	for (int i = 0; i < MANY; i++) {
		int fd = come(h);

		if (fd >= 0)
			close(fd);
	}
}

static void connect_and_stay(struct hostile *h)
{
	for (int i = 0; i < MANY; i++)
		stay(h, come(h));
}

static void leave_in_the_middle(struct hostile *h)
{
	for (int i = 0; i < 50; i++) {
		int fd = come(h);

		say(fd, i % 2 ? "stats\nstats\nsta" : "dump\n");
		if (fd >= 0 && i % 3)
			shutdown(fd, SHUT_WR);
		if (fd >= 0)
			close(fd);
	}
}

static void send_descriptors(struct hostile *h)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int) * MANY_DESCRIPTORS)];
	} control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int) * MANY_DESCRIPTORS),
				.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS}};
	int fds[MANY_DESCRIPTORS], fd = come(h), file = open("/dev/null", O_RDWR | O_CLOEXEC);
	char request[] = "status\n";
	struct iovec part = {request, strlen(request)};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control.room)};

	for (int i = 0; i < MANY_DESCRIPTORS; i++)
		fds[i] = file;
	memcpy(CMSG_DATA(&control.header), fds, sizeof(fds));
	for (int i = 0; i < 8; i++)
		(void)!sendmsg(fd, &message, MSG_NOSIGNAL);
	close(file);
	stay(h, fd);
}

const struct hostile_act hostile_acts[] = {
	{"half a request", send_half_a_request},
	{"a huge request", send_a_huge_request},
	{"what is no text", send_what_is_no_text},
	{"answers that are never read", never_read_an_answer},
	{"a thousand connections that go", connect_and_go},
	{"a thousand connections that stay", connect_and_stay},
	{"leaving in the middle", leave_in_the_middle},
	{"descriptors", send_descriptors},
	{NULL, NULL},
};

void hostile_leave(struct hostile *h)
{
	while (h->count)
		close(h->fds[--h->count]);
}
