/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/virtio/vhost_user_wire.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { VERSION = 1, VERSION_MASK = 3, REPLY = 1 << 2, NEED_REPLY = 1 << 3 };
enum { FDS_MAX = 8 };

struct header {
	uint32_t request, flags, size;
};

/* Waits until the socket can be read or written; 0, -ETIMEDOUT or another negative errno. */
static int wait_for(int fd, short events, int64_t until)
{
	for (;;) {
		struct pollfd wait = {.fd = fd, .events = events};
		int64_t left = until - bh_now_ms();
		int ready = left > 0 ? poll(&wait, 1, (int)left) : 0;

		if (!ready)
			return -ETIMEDOUT;
		if (ready > 0)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
}

static int send_all(int fd, const struct bh_vhost_user_message *message, uint32_t flags,
		    int64_t until)
{
	struct header header = {message->request, flags, message->size};
	uint8_t bytes[sizeof(header) + BH_VU_PAYLOAD_MAX];
	size_t size = sizeof(header) + message->size, sent = 0;
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;

	memset(&control, 0, sizeof(control));
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(&control.header), &message->fd, sizeof(int));
	memcpy(bytes, &header, sizeof(header));
	if (message->size)
		memcpy(bytes + sizeof(header), message->payload, message->size);
	while (sent < size) {
		struct iovec part = {bytes + sent, size - sent};
		struct msghdr envelope = {.msg_iov = &part, .msg_iovlen = 1};
		/* The descriptor goes with the first byte. */
		if (!sent && message->fd >= 0) {
			envelope.msg_control = &control;
			envelope.msg_controllen = sizeof(control.room);
		}
		ssize_t done = sendmsg(fd, &envelope, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (done < 0 && errno == EAGAIN) {
			int err = wait_for(fd, POLLOUT, until);
			if (err)
				return err;
		} else if (done < 0 && errno != EINTR) {
			return -EPIPE;
		}
		sent += done > 0 ? (size_t)done : 0;
	}
	return 0;
}

/* Descriptors that came: the first is kept where one may come, all others are closed. */
static int take_descriptors(struct msghdr *envelope, int *kept)
{
	bool broken = envelope->msg_flags & MSG_CTRUNC;

	for (struct cmsghdr *item = CMSG_FIRSTHDR(envelope); item;
	     item = CMSG_NXTHDR(envelope, item)) {
		if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (item->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(item) + i * sizeof(int), sizeof(fd));
			if (kept && *kept < 0) {
				*kept = fd;
			} else {
				close(fd);
				broken = true;
			}
		}
	}
	return broken ? -EPROTO : 0;
}

static int receive_all(int fd, void *data, size_t size, int *kept, int64_t until)
{
	size_t done = 0;

	while (done < size) {
		union {
			struct cmsghdr header;
			char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
		} control;
		struct iovec part = {(uint8_t *)data + done, size - done};
		struct msghdr envelope = {.msg_iov = &part,
					  .msg_iovlen = 1,
					  .msg_control = &control,
					  .msg_controllen = sizeof(control)};
		ssize_t got = recvmsg(fd, &envelope, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		int err = 0;

		if (got < 0 && errno == EAGAIN)
			err = wait_for(fd, POLLIN, until);
		else if (got < 0 && errno != EINTR)
			err = -EPIPE;
		else if (!got)
			err = -EPIPE;
		else if (got > 0)
			err = take_descriptors(&envelope, kept);
		if (err)
			return err;
		done += got > 0 ? (size_t)got : 0;
	}
	return 0;
}

static int receive(int fd, enum bh_vhost_user_request request, void *answer, uint32_t size,
		   int *answer_fd, int64_t until)
{
	struct header header;
	int err = receive_all(fd, &header, sizeof(header), answer_fd, until);

	if (!err && (header.request != (uint32_t)request || header.size != size ||
		     (header.flags & (VERSION_MASK | REPLY)) != (VERSION | REPLY)))
		err = -EPROTO;
	return err ? err : receive_all(fd, answer, size, answer_fd, until);
}

int bh_vhost_user_send(int fd, const struct bh_vhost_user_message *message, bool acknowledged,
		       int timeout)
{
	int64_t until = bh_now_ms() + timeout;
	uint64_t result = 0;
	int err = send_all(fd, message, VERSION | (acknowledged ? NEED_REPLY : 0), until);

	if (!err && acknowledged)
		err = receive(fd, message->request, &result, sizeof(result), NULL, until);
	return !err && result ? -EIO : err;
}

int bh_vhost_user_ask(int fd, const struct bh_vhost_user_message *message, void *answer,
		      uint32_t size, int *answer_fd, int timeout)
{
	int64_t until = bh_now_ms() + timeout;

	if (answer_fd)
		*answer_fd = -1;
	int err = send_all(fd, message, VERSION, until);
	if (!err)
		err = receive(fd, message->request, answer, size, answer_fd, until);
	if (err && answer_fd && *answer_fd >= 0) {
		close(*answer_fd);
		*answer_fd = -1;
	}
	return err;
}
