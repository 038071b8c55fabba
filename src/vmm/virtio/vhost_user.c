/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/virtio/vhost_user.h"

#include "vmm/fd.h"

#include "machine/control.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define F_PROTOCOL (UINT64_C(1) << 30)

enum {
	PROTOCOL_MQ = 1 << 0,
	PROTOCOL_REPLY_ACK = 1 << 3,
	PROTOCOL_CONFIG = 1 << 9,
	PROTOCOL_INFLIGHT = 1 << 12,
};
#define PROTOCOL_OURS (PROTOCOL_MQ | PROTOCOL_REPLY_ACK | PROTOCOL_CONFIG | PROTOCOL_INFLIGHT)

/* Features of rings that we can hand on. */
#define RING_FEATURES (BH_VIRTIO_F_INDIRECT | BH_VIRTIO_F_EVENT_INDEX | BH_VIRTIO_F_VERSION_1)

#define ANSWER_MS 5000

struct memory_table {
	uint32_t count, padding;
	uint64_t guest, size, user, offset;
};

struct vring_state {
	uint32_t index, number;
};

struct vring_addresses {
	uint32_t index, flags;
	uint64_t descriptors, used, avail, log;
};

struct config_message {
	uint32_t offset, size, flags;
	uint8_t data[BH_VHOST_USER_CONFIG];
};

struct inflight_message {
	uint64_t size, offset;
	uint16_t queues, length;
} __attribute__((packed));

static int tell_fd(struct bh_vhost_user *user, enum bh_vhost_user_request request,
		   const void *payload, uint32_t size, int fd)
{
	const struct bh_vhost_user_message message = {request, payload, size, fd};

	return bh_vhost_user_send(user->fd, &message, user->protocol & PROTOCOL_REPLY_ACK,
				  user->timeout);
}

static int tell(struct bh_vhost_user *user, enum bh_vhost_user_request request, const void *payload,
		uint32_t size)
{
	return tell_fd(user, request, payload, size, -1);
}

static int ask_number(struct bh_vhost_user *user, enum bh_vhost_user_request request,
		      uint64_t *number)
{
	const struct bh_vhost_user_message message = {.request = request, .fd = -1};

	return bh_vhost_user_ask(user->fd, &message, number, sizeof(*number), NULL, user->timeout);
}

static void disconnect(struct bh_vhost_user *user)
{
	if (user->watching)
		bh_loop_remove(user->virtio.loop, &user->watch);
	user->watching = false;
	if (user->fd >= 0)
		close(user->fd);
	user->fd = -1;
	user->here = false;
	user->protocol = 0;
}

static int knock(struct bh_vhost_user *user, enum bh_knock kind)
{
	char byte = (char)kind;
	struct iovec part = {&byte, 1};
	const struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	return sendmsg(user->door, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

/* The launcher connects for us, now or since we asked last. */
static int ask_door(struct bh_vhost_user *user)
{
	struct pollfd wait = {.fd = user->door, .events = POLLIN};
	int err = user->awaited ? 0 : knock(user, BH_KNOCK_NOW);

	if (err)
		return err;
	if (poll(&wait, 1, user->timeout * 2) != 1)
		return -ETIMEDOUT;
	user->awaited = false;
	int fd = bh_door_take(user->door, MSG_DONTWAIT);
	return fd < 0 ? -ECONNREFUSED : fd;
}

static int open_connection(struct bh_vhost_user *user)
{
	int fd;

	if (user->door >= 0) {
		fd = ask_door(user);
	} else if (bh_fd_of(user->host) >= 0 && user->connects) {
		return -ECONNREFUSED; /* there is only one of a descriptor */
	} else {
		fd = bh_connect(user->host);
		if (fd < 0)
			fd = -errno;
	}
	if (fd < 0)
		return fd;
	user->fd = fd;
	user->connects++;
	return 0;
}

static int agree(struct bh_vhost_user *user, unsigned queues)
{
	uint64_t theirs, most;
	int err = ask_number(user, BH_VU_GET_FEATURES, &user->features);

	if (err)
		return err;
	if (!(user->features & F_PROTOCOL) || !(user->features & BH_VIRTIO_F_VERSION_1))
		return -EOPNOTSUPP;
	err = ask_number(user, BH_VU_GET_PROTOCOL_FEATURES, &theirs);
	if (err)
		return err;
	theirs &= PROTOCOL_OURS;
	err = tell(user, BH_VU_SET_PROTOCOL_FEATURES, &theirs, sizeof(theirs));
	user->protocol = theirs;
	if (!err)
		err = tell(user, BH_VU_SET_OWNER, NULL, 0);
	if (!err && theirs & PROTOCOL_MQ) {
		err = ask_number(user, BH_VU_GET_QUEUE_NUM, &most);
		if (!err && most < queues)
			err = -EOPNOTSUPP;
	}
	return err;
}

static int read_config(struct bh_vhost_user *user)
{
	struct config_message message = {.size = user->config_wanted}, answer;
	uint32_t size = (uint32_t)offsetof(struct config_message, data) + user->config_wanted;
	const struct bh_vhost_user_message ask = {BH_VU_GET_CONFIG, &message, size, -1};

	if (!user->config_wanted)
		return 0;
	if (!(user->protocol & PROTOCOL_CONFIG))
		return -EOPNOTSUPP;
	int err = bh_vhost_user_ask(user->fd, &ask, &answer, size, NULL, user->timeout);
	if (!err && (answer.size != user->config_wanted || answer.offset))
		err = -EPROTO;
	if (!err)
		memcpy(user->config, answer.data, user->config_wanted);
	return err;
}

static int agree_on_all(struct bh_vhost_user *user)
{
	int err = agree(user, user->virtio.queue_count);

	if (!err)
		err = read_config(user);
	if (err)
		disconnect(user);
	return err;
}

static int connect_and_agree(struct bh_vhost_user *user)
{
	bool old = user->awaited;
	int err = open_connection(user);

	if (!err)
		err = agree_on_all(user);
	/* What the launcher handed in a while ago may be dead. */
	if (err && old && !user->awaited) {
		err = open_connection(user);
		if (!err)
			err = agree_on_all(user);
	}
	return err;
}

static int set_memory(struct bh_vhost_user *user)
{
	const struct bh_ram *ram = user->virtio.ram;
	const struct memory_table table = {.count = 1,
					   .guest = ram->guest.base,
					   .size = ram->guest.size,
					   .user = (uintptr_t)ram->host};

	return tell_fd(user, BH_VU_SET_MEM_TABLE, &table, sizeof(table), ram->fd);
}

/* Where it may go on: all that is before this was answered. */
static uint32_t base_of(const struct bh_queue *ring)
{
	return __atomic_load_n(&ring->used->index, __ATOMIC_ACQUIRE);
}

static int start_queue(struct bh_vhost_user *user, unsigned index)
{
	struct bh_virtio_queue *queue = &user->virtio.queues[index];
	const struct bh_queue *ring = &queue->ring;
	const struct vring_state size = {index, ring->size};
	const struct vring_state base = {index, base_of(ring)};
	const struct vring_state enabled = {index, 1};
	const struct vring_addresses addresses = {.index = index,
						  .descriptors = (uintptr_t)ring->descriptors,
						  .used = (uintptr_t)ring->used,
						  .avail = (uintptr_t)ring->avail};
	const uint64_t number = index;
	struct bh_vhost_call *call = &user->calls[index];
	int fd = call->fd >= 0 ? call->fd : bh_vhost_call_open(call, &user->virtio, index);

	int err = tell(user, BH_VU_SET_VRING_NUM, &size, sizeof(size));
	if (!err)
		err = tell(user, BH_VU_SET_VRING_BASE, &base, sizeof(base));
	if (!err)
		err = tell(user, BH_VU_SET_VRING_ADDR, &addresses, sizeof(addresses));
	if (!err)
		err = tell_fd(user, BH_VU_SET_VRING_CALL, &number, sizeof(number), fd);
	if (!err)
		err = tell_fd(user, BH_VU_SET_VRING_KICK, &number, sizeof(number), queue->kick);
	if (!err)
		err = tell(user, BH_VU_SET_VRING_ENABLE, &enabled, sizeof(enabled));
	/* What waits was kicked for before: to a life that is over, or to nobody. */
	if (!err)
		bh_virtio_kick(&user->virtio, index);
	return err;
}

/* Its own memory of what it works on: made by it, kept by us. */
static int share_inflight(struct bh_vhost_user *user)
{
	struct inflight_message place = {.queues = (uint16_t)user->virtio.queue_count,
					 .length = BH_QUEUE_SIZE_MAX};
	const struct bh_vhost_user_message ask = {BH_VU_GET_INFLIGHT_FD, &place, sizeof(place), -1};
	struct inflight_message answer;
	int err = 0;

	if (!(user->protocol & PROTOCOL_INFLIGHT))
		return 0;
	if (user->inflight < 0) {
		err = bh_vhost_user_ask(user->fd, &ask, &answer, sizeof(answer), &user->inflight,
					user->timeout);
		if (!err && user->inflight < 0)
			err = -EPROTO;
		if (!err)
			memcpy(&user->inflight_place, &answer, sizeof(answer));
	}
	return err ? err
		   : tell_fd(user, BH_VU_SET_INFLIGHT_FD, &user->inflight_place,
			     sizeof(user->inflight_place), user->inflight);
}

static void forget_inflight(struct bh_vhost_user *user)
{
	if (user->inflight >= 0)
		close(user->inflight);
	user->inflight = -1;
}

static int start_all(struct bh_vhost_user *user)
{
	uint64_t features = user->virtio.accepted | F_PROTOCOL;
	int err = tell(user, BH_VU_SET_FEATURES, &features, sizeof(features));

	if (!err)
		err = set_memory(user);
	if (!err)
		err = share_inflight(user);
	for (unsigned i = 0; i < user->virtio.queue_count && !err; i++) {
		if (bh_virtio_ring(&user->virtio, i)->enabled)
			err = start_queue(user, i);
	}
	return err;
}

static bool can_resume(const struct bh_vhost_user *user)
{
	return user->inflight >= 0 && user->started;
}

static void look_after(struct bh_vhost_user *user)
{
	user->watch.fd = user->fd;
	user->watching = bh_loop_add(user->virtio.loop, &user->watch, EPOLLIN | EPOLLRDHUP) == 0;
	user->here = true;
}

static void stop_waiting(struct bh_vhost_user *user)
{
	if (user->watching_door)
		bh_loop_remove(user->virtio.loop, &user->door_watch);
	user->watching_door = false;
}

/* Asks for a connection, however long it takes. False when there is nobody to ask. */
static bool wait_at_door(struct bh_vhost_user *user)
{
	if (user->door < 0 || (!user->awaited && knock(user, BH_KNOCK_WAIT)))
		return false;
	user->awaited = true;
	user->door_watch.fd = user->door;
	user->watching_door = bh_loop_add(user->virtio.loop, &user->door_watch, EPOLLIN) == 0;
	return user->watching_door;
}

/* With a connection: goes on where its last life was. */
static bool resume(struct bh_vhost_user *user)
{
	if (agree_on_all(user) || user->virtio.accepted & ~user->features || start_all(user)) {
		disconnect(user);
		return false;
	}
	look_after(user);
	bh_log(user->virtio.log, BH_LOG_INFO, "%s: its back end is back", user->virtio.name);
	return true;
}

/* The loop: nothing comes unasked, so something is wrong, or it hung up. */
static void ended(void *owner, uint32_t events)
{
	struct bh_vhost_user *user = owner;
	bool broken = false;

	(void)events;
	pthread_mutex_lock(&user->lock);
	if (user->watching) {
		disconnect(user);
		user->lost++;
		bh_log(user->virtio.log, BH_LOG_WARNING, "%s: its back end is gone",
		       user->virtio.name);
		broken = user->started;
		if (can_resume(user) && user->door >= 0)
			broken = !wait_at_door(user);
		else if (can_resume(user))
			broken = open_connection(user) || !resume(user);
	}
	pthread_mutex_unlock(&user->lock);
	if (broken)
		bh_virtio_break(&user->virtio, "its back end is gone");
}

/* The loop: the launcher has an answer. */
static void door_opened(void *owner, uint32_t events)
{
	struct bh_vhost_user *user = owner;
	bool broken = false;

	(void)events;
	pthread_mutex_lock(&user->lock);
	if (user->watching_door) {
		stop_waiting(user);
		user->awaited = false;
		int fd = bh_door_take(user->door, MSG_DONTWAIT);
		if (fd >= 0) {
			user->fd = fd;
			user->connects++;
		}
		/* One that died again, or another one: the launcher sees to it that this does not
		 * happen all the time. */
		broken = fd < 0 || (!resume(user) && !wait_at_door(user));
	}
	pthread_mutex_unlock(&user->lock);
	if (broken)
		bh_virtio_break(&user->virtio, "its back end is gone");
}

struct bh_vhost_user_view bh_vhost_user_look(struct bh_virtio *device)
{
	struct bh_vhost_user *user = (struct bh_vhost_user *)device;

	return (struct bh_vhost_user_view){.here = user->here, .lost = user->lost};
}

int bh_vhost_user_start(struct bh_virtio *device)
{
	struct bh_vhost_user *user = (struct bh_vhost_user *)device;
	int err = 0;

	pthread_mutex_lock(&user->lock);
	if (user->watching)
		bh_loop_remove(device->loop, &user->watch);
	user->watching = false;
	stop_waiting(user);
	if (user->fd < 0)
		err = connect_and_agree(user);
	if (!err && device->accepted & ~user->features)
		err = -EOPNOTSUPP; /* its next life can do less than was agreed with the guest */
	if (!err)
		err = start_all(user);
	user->started = !err;
	if (err) {
		bh_log(device->log, BH_LOG_WARNING, "%s: its back end: %s", device->name,
		       strerror(-err));
		disconnect(user);
	} else {
		look_after(user);
	}
	pthread_mutex_unlock(&user->lock);
	return err;
}

void bh_vhost_user_stop(struct bh_virtio *device)
{
	struct bh_vhost_user *user = (struct bh_vhost_user *)device;
	int err = 0;

	pthread_mutex_lock(&user->lock);
	if (user->watching)
		bh_loop_remove(device->loop, &user->watch);
	user->watching = false;
	stop_waiting(user);
	/* Its answer says that it leaves the ring alone from now on. */
	for (unsigned i = 0; i < device->queue_count && user->fd >= 0 && !err; i++) {
		const struct vring_state ring = {i, 0};
		const struct bh_vhost_user_message ask = {BH_VU_GET_VRING_BASE, &ring, sizeof(ring),
							  -1};
		struct vring_state answer;

		if (bh_virtio_ring(device, i)->enabled)
			err = bh_vhost_user_ask(user->fd, &ask, &answer, sizeof(answer), NULL,
						user->timeout);
	}
	user->started = false;
	forget_inflight(user);
	for (unsigned i = 0; i < device->queue_count; i++)
		bh_vhost_call_close(&user->calls[i]);
	if (err)
		disconnect(user);
	else if (user->fd >= 0)
		look_after(user);
	pthread_mutex_unlock(&user->lock);
}

void bh_vhost_user_configured(struct bh_virtio *device, uint32_t offset, uint32_t size)
{
	struct bh_vhost_user *user = (struct bh_vhost_user *)device;
	struct config_message message = {.offset = offset, .size = size};

	pthread_mutex_lock(&user->lock);
	if (user->fd >= 0 && user->protocol & PROTOCOL_CONFIG) {
		memcpy(message.data, user->config + offset, size);
		(void)tell(user, BH_VU_SET_CONFIG, &message,
			   (uint32_t)offsetof(struct config_message, data) + size);
	}
	pthread_mutex_unlock(&user->lock);
}

int bh_vhost_user_set_display(struct bh_vhost_user *user, int display)
{
	pthread_mutex_lock(&user->lock);
	int err = user->fd < 0 ? -ENOTCONN : tell_fd(user, BH_VU_GPU_SET_SOCKET, NULL, 0, display);
	pthread_mutex_unlock(&user->lock);
	return err;
}

/* "fd:N" may be a connection, or a door through which the launcher hands connections in. */
static int find_door(const char *host)
{
	int fd = bh_fd_of(host), type = 0;
	socklen_t size = sizeof(type);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) || type != SOCK_SEQPACKET)
		return -1;
	return bh_open(host, 0);
}

int bh_vhost_user_init(struct bh_vhost_user *user, const struct bh_vhost_user_kind *kind,
		       const char *name, const char *host, const struct bh_virtio_host *vm)
{
	pthread_mutex_init(&user->lock, NULL);
	user->host = host;
	user->fd = user->inflight = -1;
	user->door = find_door(host);
	user->watch = (struct bh_watch){.ready = ended, .owner = user};
	user->door_watch = (struct bh_watch){.ready = door_opened, .owner = user};
	user->timeout = ANSWER_MS;
	user->config_wanted = kind->config;
	for (unsigned i = 0; i < BH_VHOST_USER_QUEUES; i++)
		bh_vhost_call_init(&user->calls[i]);
	int err = bh_virtio_init(&user->virtio, kind->ops, name, vm, 0, kind->queues, false);
	if (err)
		return err;
	if (vm->ram->fd < 0)
		return -EINVAL; /* memory that cannot be shared; manifests are checked for it */
	err = connect_and_agree(user);
	if (err)
		return err;
	user->virtio.offered = user->features & (RING_FEATURES | kind->features);
	if (kind->config) {
		user->virtio.config = user->config;
		user->virtio.config_size = kind->config;
	}
	look_after(user);
	return 0;
}

void bh_vhost_user_finish(struct bh_vhost_user *user)
{
	bh_virtio_finish(&user->virtio);
	stop_waiting(user);
	disconnect(user);
	forget_inflight(user);
	if (user->door >= 0)
		close(user->door);
	user->door = -1;
	pthread_mutex_destroy(&user->lock);
}
