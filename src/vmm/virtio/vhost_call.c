/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/virtio/vhost_call.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void called(void *owner, uint32_t events)
{
	struct bh_vhost_call *call = owner;
	uint64_t count;

	(void)events;
	/* A vCPU may close it now, and its number be another's. */
	pthread_mutex_lock(&call->lock);
	if (call->fd >= 0 && read(call->fd, &count, sizeof(count)) == (ssize_t)sizeof(count))
		call->device->transport->signal(call->device, call->queue);
	pthread_mutex_unlock(&call->lock);
}

void bh_vhost_call_init(struct bh_vhost_call *call)
{
	*call = (struct bh_vhost_call){.fd = -1};
	pthread_mutex_init(&call->lock, NULL);
}

int bh_vhost_call_open(struct bh_vhost_call *call, struct bh_virtio *device, unsigned queue)
{
	int fd = device->transport->call_fd(device, queue);

	if (fd >= 0)
		return fd;
	pthread_mutex_lock(&call->lock);
	call->device = device;
	call->queue = queue;
	call->fd = fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	call->watch = (struct bh_watch){.fd = fd, .ready = called, .owner = call};
	pthread_mutex_unlock(&call->lock);
	if (fd >= 0)
		bh_loop_add(device->loop, &call->watch, EPOLLIN);
	return fd;
}

void bh_vhost_call_close(struct bh_vhost_call *call)
{
	if (call->fd < 0)
		return;
	bh_loop_remove(call->device->loop, &call->watch);
	pthread_mutex_lock(&call->lock);
	close(call->fd);
	call->fd = -1;
	pthread_mutex_unlock(&call->lock);
}
