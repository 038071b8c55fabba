/* SPDX-License-Identifier: Apache-2.0 */
#include "host/door.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define STACK_SIZE (64u * 1024)

void bh_doors_init(struct bh_doors *doors, int control, int console)
{
	*doors = (struct bh_doors){.listeners = {control, console}, .ours = {-1, -1}};
	pthread_mutex_init(&doors->lock, NULL);
	pthread_cond_init(&doors->changed, NULL);
}

void bh_door_pass(int door, int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
				.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS}};
	char byte = 0;
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control.room);
	}
	(void)sendmsg(door, &message, MSG_NOSIGNAL);
}

static bool is_owner(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

static void let_in(int door, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		/* Nobody waits any more, or the host has no descriptor left for now. */
		if (errno != EAGAIN && errno != ECONNABORTED)
			nanosleep(&(struct timespec){0, 100000000}, NULL);
		return;
	}
	if (is_owner(fd))
		bh_door_pass(door, fd);
	close(fd);
}

static bool is_deserted(int door)
{
	struct pollfd end = {.fd = door};

	return poll(&end, 1, 0) == 1;
}

static void close_doors(struct bh_doors *doors)
{
	for (int i = 0; i < BH_DOORS; i++) {
		if (doors->ours[i] >= 0)
			close(doors->ours[i]);
		doors->ours[i] = -1;
	}
}

/* Clients wait outside while there is no VMM. */
static void wait_open(struct bh_doors *doors)
{
	pthread_mutex_lock(&doors->lock);
	if (doors->ours[0] >= 0 && is_deserted(doors->ours[0]))
		close_doors(doors);
	while (doors->ours[0] < 0)
		pthread_cond_wait(&doors->changed, &doors->lock);
	pthread_mutex_unlock(&doors->lock);
}

static void *keep(void *argument)
{
	struct bh_doors *doors = argument;
	struct pollfd waits[BH_DOORS];

	for (;;) {
		for (int i = 0; i < BH_DOORS; i++)
			waits[i] = (struct pollfd){.fd = doors->listeners[i], .events = POLLIN};
		if (poll(waits, BH_DOORS, -1) <= 0)
			continue;
		wait_open(doors);
		pthread_mutex_lock(&doors->lock);
		for (int i = 0; i < BH_DOORS; i++) {
			if (waits[i].revents && doors->ours[i] >= 0)
				let_in(doors->ours[i], doors->listeners[i]);
		}
		pthread_mutex_unlock(&doors->lock);
	}
	return NULL;
}

static int start_keeper(struct bh_doors *doors)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	int error = pthread_create(&thread, &attr, keep, doors);
	pthread_attr_destroy(&attr);
	doors->kept = !error;
	return -error;
}

int bh_doors_open(struct bh_doors *doors, int theirs[BH_DOORS])
{
	int error = doors->kept ? 0 : start_keeper(doors);

	pthread_mutex_lock(&doors->lock);
	close_doors(doors);
	for (int i = 0; i < BH_DOORS; i++)
		theirs[i] = -1;
	for (int i = 0; i < BH_DOORS && !error; i++) {
		int ends[2];

		error = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) ? -errno : 0;
		if (!error) {
			doors->ours[i] = ends[0];
			theirs[i] = ends[1];
		}
	}
	pthread_cond_signal(&doors->changed);
	pthread_mutex_unlock(&doors->lock);
	return error;
}
