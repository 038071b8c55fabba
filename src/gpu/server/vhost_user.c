/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/server/vhost_private.h"

#include "base/alloc.h"
#include "gpu/server/sandbox.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int bh_vhost_error(struct bh_vhost *vhost, const char *what)
{
	struct bh_diag *diag =
		bh_error(vhost->diags, "E2200", "the VMM broke the vhost-user protocol: %s", what);

	bh_diag_hint(diag, "it must speak vhost-user-gpu as QEMU 10 does");
	return -EPROTO;
}

void bh_vhost_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int read_all(int fd, void *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = read(fd, (uint8_t *)data + done, size - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : -EPROTO;
		done += (size_t)got;
	}
	return 0;
}

/* The head of a message with its descriptors. 1: there is one, 0: the VMM hung up. */
static int receive_head(struct bh_vhost *vhost, uint32_t header[3], int *fds, unsigned *fd_count)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * BH_VHOST_FDS_MAX)];
	} control;
	struct iovec piece = {header, HEADER};
	struct msghdr message = {.msg_iov = &piece,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	ssize_t got;

	do
		got = recvmsg(vhost->fd, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	*fd_count = 0;
	if (got <= 0)
		return got ? -errno : 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
			*fd_count = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
			memcpy(fds, CMSG_DATA(c), *fd_count * sizeof(int));
		}
	}
	if (got < HEADER) {
		int result = read_all(vhost->fd, (uint8_t *)header + got, HEADER - (size_t)got);

		return result ? result : 1;
	}
	return 1;
}

static int receive_message(struct bh_vhost *vhost, bool *hung_up)
{
	uint8_t payload[BH_VHOST_PAYLOAD_MAX];
	int fds[BH_VHOST_FDS_MAX];
	uint32_t header[3];
	unsigned fd_count;
	int result = receive_head(vhost, header, fds, &fd_count);

	*hung_up = result == 0;
	if (result <= 0)
		return result;
	if ((header[1] & 3) != VERSION || header[2] > sizeof(payload))
		result = bh_vhost_error(vhost, "a header that makes no sense");
	else
		result = read_all(vhost->fd, payload, header[2]);
	if (result) {
		for (unsigned i = 0; i < fd_count; i++)
			bh_vhost_close(&fds[i]);
		return result;
	}
	return bh_vhost_message(vhost, header[0], header[1], payload, header[2], fds, fd_count);
}

static void drain(int fd)
{
	uint64_t count;

	(void)!read(fd, &count, sizeof(count));
}

/* Where each descriptor is in the list that is waited for. */
enum { WAIT_FRONT, WAIT_DISPLAY, WAIT_CONTROL, WAIT_CURSOR, WAIT_BACKEND, WAITS };

static int wait_for_something(struct bh_vhost *vhost, struct pollfd fds[WAITS])
{
	const struct bh_display *display = &vhost->display;
	short pending = bh_display_has_pending(display) ? POLLOUT : 0;

	fds[WAIT_FRONT] = (struct pollfd){.fd = vhost->fd, .events = POLLIN};
	fds[WAIT_DISPLAY] = (struct pollfd){.fd = display->broken ? -1 : display->fd,
					    .events = (short)(POLLIN | pending)};
	fds[WAIT_CONTROL] = (struct pollfd){.fd = vhost->queues[CONTROL].kick, .events = POLLIN};
	fds[WAIT_CURSOR] = (struct pollfd){.fd = vhost->queues[CURSOR].kick, .events = POLLIN};
	fds[WAIT_BACKEND] = (struct pollfd){.fd = vhost->backend_fd, .events = POLLIN};
	return poll(fds, WAITS, -1) < 0 && errno != EINTR ? -errno : 0;
}

/* Acknowledgements of our requests to the VMM say nothing that we need. */
static void skip_acknowledgement(struct bh_vhost *vhost)
{
	char bytes[64];
	ssize_t got = recv(vhost->backend_fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
		pthread_mutex_lock(&vhost->lock);
		bh_vhost_close(&vhost->backend_fd);
		pthread_mutex_unlock(&vhost->lock);
	}
}

static int serve_once(struct bh_vhost *vhost, bool *hung_up)
{
	struct pollfd fds[WAITS];
	int result = wait_for_something(vhost, fds);

	if (result)
		return result;
	if (fds[WAIT_DISPLAY].revents & POLLOUT && bh_display_flush(&vhost->display))
		bh_device_resume(vhost->device);
	if (fds[WAIT_DISPLAY].revents & (POLLIN | POLLHUP | POLLERR))
		bh_vhost_read_display(vhost);
	/* Nobody listens to a socket that broke, however it did. */
	if (vhost->display.broken)
		bh_vhost_fail_question(vhost);
	for (unsigned i = 0; i < QUEUES; i++) {
		if (fds[WAIT_CONTROL + i].revents & POLLIN) {
			drain(fds[WAIT_CONTROL + i].fd);
			bh_vhost_kick(vhost, i);
		}
	}
	if (fds[WAIT_BACKEND].revents)
		skip_acknowledgement(vhost);
	if (fds[WAIT_FRONT].revents)
		result = receive_message(vhost, hung_up);
	return result;
}

struct bh_vhost *bh_vhost_create(int fd, const struct bh_vhost_config *config,
				 struct bh_diags *diags)
{
	struct bh_vhost *vhost = bh_alloc(sizeof(*vhost));
	struct bh_device_config device = {
		.ops = &bh_vhost_device_ops,
		.data = vhost,
		.log = config->gpu.log,
		.scanouts = config->scanouts,
		.width = config->width ? config->width : 1280,
		.height = config->height ? config->height : 800,
	};

	vhost->fd = fd;
	vhost->config = *config;
	vhost->diags = diags;
	vhost->backend_fd = -1;
	vhost->last_answer = &vhost->answers;
	for (unsigned i = 0; i < QUEUES; i++)
		vhost->queues[i] = (struct queue){.kick = -1, .call = -1, .error = -1};
	pthread_mutex_init(&vhost->lock, NULL);
	bh_display_init(&vhost->display, config->gpu.log);
	vhost->command = bh_try_alloc(BH_DEVICE_COMMAND_MAX, 1);
	vhost->gpu = vhost->command ? bh_gpu_create(&config->gpu, diags) : NULL;
	device.gpu = vhost->gpu;
	if (!vhost->gpu) {
		bh_vhost_destroy(vhost);
		return NULL;
	}
	vhost->device = bh_device_create(&device);
	return vhost;
}

void bh_vhost_destroy(struct bh_vhost *vhost)
{
	if (!vhost)
		return;
	if (vhost->gpu)
		bh_gpu_wait(vhost->gpu);
	bh_device_destroy(vhost->device);
	bh_gpu_destroy(vhost->gpu);
	while (vhost->answers) {
		struct answer *answer = vhost->answers;

		vhost->answers = answer->next;
		free(answer);
	}
	for (unsigned i = 0; i < QUEUES; i++) {
		bh_vhost_close(&vhost->queues[i].kick);
		bh_vhost_close(&vhost->queues[i].call);
		bh_vhost_close(&vhost->queues[i].error);
	}
	bh_vhost_close(&vhost->backend_fd);
	bh_display_finish(&vhost->display);
	bh_guest_memory_finish(&vhost->memory);
	pthread_mutex_destroy(&vhost->lock);
	free(vhost->command);
	free(vhost);
}

int bh_vhost_serve(int fd, const struct bh_vhost_config *config, struct bh_diags *diags)
{
	struct bh_vhost *vhost = bh_vhost_create(fd, config, diags);
	bool hung_up = false;
	int result = 0;

	if (!vhost)
		return -ENODEV;
	/* Threads and back ends are made; nothing was read from the socket yet. */
	if (config->sandbox)
		result = bh_sandbox_enter(diags);
	while (!result && !hung_up)
		result = serve_once(vhost, &hung_up);
	bh_vhost_destroy(vhost);
	return result;
}
