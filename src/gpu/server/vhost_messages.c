/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/server/vhost_private.h"

#include <errno.h>
#include <linux/vhost_types.h>
#include <linux/virtio_config.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Requests of the front end. */
enum {
	GET_FEATURES = 1,
	SET_FEATURES = 2,
	SET_OWNER = 3,
	RESET_OWNER = 4,
	SET_MEM_TABLE = 5,
	SET_VRING_NUM = 8,
	SET_VRING_ADDR = 9,
	SET_VRING_BASE = 10,
	GET_VRING_BASE = 11,
	SET_VRING_KICK = 12,
	SET_VRING_CALL = 13,
	SET_VRING_ERR = 14,
	GET_PROTOCOL_FEATURES = 15,
	SET_PROTOCOL_FEATURES = 16,
	GET_QUEUE_NUM = 17,
	SET_VRING_ENABLE = 18,
	SET_BACKEND_REQ_FD = 21,
	IOTLB_MSG = 22,
	GET_CONFIG = 24,
	SET_CONFIG = 25,
	GPU_SET_SOCKET = 33,
	GET_MAX_MEM_SLOTS = 36,
	ADD_MEM_REG = 37,
	REM_MEM_REG = 38,
};

#define PROTOCOL_MQ          0
#define PROTOCOL_REPLY_ACK   3
#define PROTOCOL_BACKEND_REQ 5
#define PROTOCOL_CONFIG      9
#define PROTOCOL_SEND_FD     10
#define PROTOCOL_MEM_SLOTS   15

struct memory_region {
	uint64_t guest, size, user, offset;
};

struct memory_table {
	uint32_t count, padding;
	struct memory_region regions[8];
};

struct vring_state {
	uint32_t index, number;
};

struct vring_address {
	uint32_t index, flags;
	uint64_t desc, used, avail, log;
};

struct config_space {
	uint32_t offset, size, flags;
	uint8_t data[256];
};

/* Messages of the front end. */

static int reply(struct bh_vhost *vhost, uint32_t request, const void *payload, uint32_t size)
{
	uint32_t header[] = {request, VERSION | FLAG_REPLY, size};
	struct iovec pieces[] = {{header, sizeof(header)}, {(void *)payload, size}};
	struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
	ssize_t sent = sendmsg(vhost->fd, &message, MSG_NOSIGNAL);

	if (sent < 0)
		return -errno;
	return (size_t)sent == sizeof(header) + size ? 0 : -EPIPE;
}

static int reply_number(struct bh_vhost *vhost, uint32_t request, uint64_t number)
{
	return reply(vhost, request, &number, sizeof(number));
}

static uint64_t offered_features(const struct bh_vhost *vhost)
{
	uint64_t features = FEATURE(VIRTIO_F_VERSION_1) | FEATURE(VIRTIO_F_ACCESS_PLATFORM) |
			    FEATURE(RING_INDIRECT) | FEATURE(RING_EVENT_IDX) |
			    FEATURE(VHOST_PROTOCOL) | FEATURE(VIRTIO_GPU_F_EDID) |
			    FEATURE(VIRTIO_GPU_F_RESOURCE_UUID);

	if (vhost->config.gpu.level != BH_GPU_LEVEL_2D)
		features |= FEATURE(VIRTIO_GPU_F_VIRGL);
	return features;
}

#define PROTOCOL_OFFERED                                                                      \
	(FEATURE(PROTOCOL_MQ) | FEATURE(PROTOCOL_REPLY_ACK) | FEATURE(PROTOCOL_BACKEND_REQ) | \
	 FEATURE(PROTOCOL_CONFIG) | FEATURE(PROTOCOL_SEND_FD) | FEATURE(PROTOCOL_MEM_SLOTS))

/* One message on its way; its descriptors are closed unless a handler takes them (-1 then). */
struct message {
	uint32_t request, flags, size;
	const void *payload;
	int fds[BH_VHOST_FDS_MAX];
	unsigned fd_count;
	bool answered;
};

static uint64_t number_of(const struct message *m)
{
	uint64_t number;

	memcpy(&number, m->payload, sizeof(number));
	return number;
}

static int take_fd(struct message *m)
{
	int fd = m->fd_count ? m->fds[0] : -1;

	if (m->fd_count)
		m->fds[0] = -1;
	return fd;
}

static int answer_number(struct bh_vhost *vhost, struct message *m, uint64_t number)
{
	m->answered = true;
	return reply_number(vhost, m->request, number);
}

static int get_features(struct bh_vhost *vhost, struct message *m)
{
	return answer_number(vhost, m, offered_features(vhost));
}

static int set_features(struct bh_vhost *vhost, struct message *m)
{
	/* QEMU passes on what it offered by itself, too: the ring's reset, which it does for us. */
	uint64_t features = number_of(m) & offered_features(vhost);

	pthread_mutex_lock(&vhost->lock);
	vhost->memory.translates = features & FEATURE(VIRTIO_F_ACCESS_PLATFORM);
	for (unsigned i = 0; i < QUEUES; i++) {
		vhost->queues[i].ring.events = features & FEATURE(RING_EVENT_IDX);
		/* Without the protocol extension rings are on from the start. */
		vhost->queues[i].enabled |= !(features & FEATURE(VHOST_PROTOCOL));
	}
	pthread_mutex_unlock(&vhost->lock);
	return 0;
}

static int nothing_to_do(struct bh_vhost *vhost, struct message *m)
{
	(void)vhost;
	(void)m;
	return 0;
}

static int get_protocol_features(struct bh_vhost *vhost, struct message *m)
{
	return answer_number(vhost, m, PROTOCOL_OFFERED);
}

static int set_protocol_features(struct bh_vhost *vhost, struct message *m)
{
	vhost->protocol_features = number_of(m) & PROTOCOL_OFFERED;
	return 0;
}

static int get_queue_num(struct bh_vhost *vhost, struct message *m)
{
	return answer_number(vhost, m, QUEUES);
}

static int get_max_slots(struct bh_vhost *vhost, struct message *m)
{
	return answer_number(vhost, m, BH_REGIONS_MAX);
}

/* Nothing may be on its way while the memory under it changes. */
static void hold_still(struct bh_vhost *vhost)
{
	bh_gpu_wait(vhost->gpu);
}

static int add_region(struct bh_vhost *vhost, const struct memory_region *region, int fd)
{
	int result = bh_guest_memory_add(&vhost->memory, region->guest, region->size, region->user,
					 region->offset, fd);

	return result ? bh_vhost_error(vhost, "a memory region cannot be mapped") : 0;
}

static void memory_changed(struct bh_vhost *vhost)
{
	bh_device_remap(vhost->device);
	bh_vhost_go_on(vhost);
}

static int set_mem_table(struct bh_vhost *vhost, struct message *m)
{
	struct memory_table table = {0};
	int result = 0;

	memcpy(&table, m->payload, m->size < sizeof(table) ? m->size : sizeof(table));
	if (table.count > 8 || table.count != m->fd_count ||
	    m->size < 8 + table.count * sizeof(table.regions[0]))
		return bh_vhost_error(vhost, "a memory table of impossible size");
	hold_still(vhost);
	pthread_mutex_lock(&vhost->lock);
	bh_guest_memory_clear(&vhost->memory);
	for (uint32_t i = 0; !result && i < table.count; i++)
		result = add_region(vhost, &table.regions[i], m->fds[i]);
	pthread_mutex_unlock(&vhost->lock);
	if (!result)
		memory_changed(vhost);
	return result;
}

static int add_mem_reg(struct bh_vhost *vhost, struct message *m)
{
	struct memory_region region;
	int result;

	memcpy(&region, (const uint8_t *)m->payload + 8, sizeof(region));
	if (m->fd_count != 1)
		return bh_vhost_error(vhost, "a memory region without its descriptor");
	pthread_mutex_lock(&vhost->lock);
	result = add_region(vhost, &region, m->fds[0]);
	pthread_mutex_unlock(&vhost->lock);
	if (!result)
		memory_changed(vhost);
	return result;
}

static int rem_mem_reg(struct bh_vhost *vhost, struct message *m)
{
	struct memory_region region;
	int result;

	memcpy(&region, (const uint8_t *)m->payload + 8, sizeof(region));
	hold_still(vhost);
	pthread_mutex_lock(&vhost->lock);
	result = bh_guest_memory_remove(&vhost->memory, region.guest, region.size, region.user);
	pthread_mutex_unlock(&vhost->lock);
	if (result)
		return bh_vhost_error(vhost, "it removes a memory region that is not there");
	memory_changed(vhost);
	return 0;
}

static struct queue *queue_of(struct bh_vhost *vhost, uint32_t index)
{
	return index < QUEUES ? &vhost->queues[index] : NULL;
}

static int no_such_queue(struct bh_vhost *vhost)
{
	return bh_vhost_error(vhost, "it names a queue that does not exist");
}

static struct vring_state state_of(const struct message *m)
{
	struct vring_state state;

	memcpy(&state, m->payload, sizeof(state));
	return state;
}

static int set_vring_num(struct bh_vhost *vhost, struct message *m)
{
	struct vring_state state = state_of(m);
	struct queue *queue = queue_of(vhost, state.index);

	if (!queue)
		return no_such_queue(vhost);
	if (!state.number || state.number > BH_VRING_SIZE_MAX ||
	    (state.number & (state.number - 1)))
		return bh_vhost_error(vhost, "a ring of impossible size");
	pthread_mutex_lock(&vhost->lock);
	queue->ring.size = state.number;
	queue->ring.desc = queue->ring.avail = queue->ring.used = 0;
	pthread_mutex_unlock(&vhost->lock);
	return 0;
}

static int set_vring_addr(struct bh_vhost *vhost, struct message *m)
{
	struct vring_address address;
	struct queue *queue;

	memcpy(&address, m->payload, sizeof(address));
	queue = queue_of(vhost, address.index);
	if (!queue)
		return no_such_queue(vhost);
	pthread_mutex_lock(&vhost->lock);
	queue->ring.desc = address.desc;
	queue->ring.avail = address.avail;
	queue->ring.used = address.used;
	queue->ring.broken = false;
	pthread_mutex_unlock(&vhost->lock);
	return 0;
}

static int set_vring_base(struct bh_vhost *vhost, struct message *m)
{
	struct vring_state state = state_of(m);
	struct queue *queue = queue_of(vhost, state.index);

	if (!queue)
		return no_such_queue(vhost);
	pthread_mutex_lock(&vhost->lock);
	queue->ring.next = queue->ring.used_index = (uint16_t)state.number;
	queue->generation++;
	pthread_mutex_unlock(&vhost->lock);
	return 0;
}

static int get_vring_base(struct bh_vhost *vhost, struct message *m)
{
	struct vring_state state = state_of(m);
	struct queue *queue = queue_of(vhost, state.index);
	bool stopped = true;

	if (!queue)
		return no_such_queue(vhost);
	hold_still(vhost);
	pthread_mutex_lock(&vhost->lock);
	state.number = queue->ring.next;
	queue->ring.size = 0;
	queue->generation++;
	vhost->pages_asked_count = 0;
	bh_vhost_close(&queue->kick);
	bh_vhost_close(&queue->call);
	for (unsigned i = 0; i < QUEUES; i++)
		stopped = stopped && !vhost->queues[i].ring.size;
	pthread_mutex_unlock(&vhost->lock);
	/* All rings gone: the driver left or the guest starts anew. */
	if (stopped)
		bh_device_reset(vhost->device);
	m->answered = true;
	return reply(vhost, m->request, &state, sizeof(state));
}

/* Kick, call and error: an index in the low byte, bit 8 when there is no descriptor. */
static int set_vring_fd(struct bh_vhost *vhost, struct message *m)
{
	uint64_t number = number_of(m);
	struct queue *queue = queue_of(vhost, number & 0xff);
	int fd = number & 0x100 ? -1 : take_fd(m), *place;

	if (!queue) {
		bh_vhost_close(&fd);
		return no_such_queue(vhost);
	}
	pthread_mutex_lock(&vhost->lock);
	place = m->request == SET_VRING_KICK   ? &queue->kick
		: m->request == SET_VRING_CALL ? &queue->call
					       : &queue->error;
	bh_vhost_close(place);
	*place = fd;
	pthread_mutex_unlock(&vhost->lock);
	/* Kicks from before are lost with their descriptor: look once. */
	if (m->request == SET_VRING_KICK)
		bh_vhost_kick(vhost, number & 0xff);
	return 0;
}

static int set_vring_enable(struct bh_vhost *vhost, struct message *m)
{
	struct vring_state state = state_of(m);
	struct queue *queue = queue_of(vhost, state.index);

	if (!queue)
		return no_such_queue(vhost);
	queue->enabled = state.number;
	bh_vhost_kick(vhost, state.index);
	return 0;
}

static int set_backend_fd(struct bh_vhost *vhost, struct message *m)
{
	pthread_mutex_lock(&vhost->lock);
	bh_vhost_close(&vhost->backend_fd);
	vhost->backend_fd = take_fd(m);
	pthread_mutex_unlock(&vhost->lock);
	return 0;
}

static int iotlb_message(struct bh_vhost *vhost, struct message *m)
{
	struct vhost_iotlb_msg message;
	struct bh_translation entry;
	int result = 0;

	memcpy(&message, m->payload, sizeof(message));
	switch (message.type) {
	case VHOST_IOTLB_UPDATE:
		entry = (struct bh_translation){message.iova, message.size, message.uaddr,
						message.perm & VHOST_ACCESS_WO};
		pthread_mutex_lock(&vhost->lock);
		result = bh_guest_memory_learn(&vhost->memory, &entry);
		bh_vhost_forget_questions(vhost, message.iova, message.size);
		pthread_mutex_unlock(&vhost->lock);
		if (result)
			return bh_vhost_error(vhost, "a translation of impossible size");
		if (vhost->retry)
			bh_vhost_go_on(vhost);
		return 0;
	case VHOST_IOTLB_INVALIDATE:
		bh_device_forget(vhost->device, message.iova, message.size);
		pthread_mutex_lock(&vhost->lock);
		bh_guest_memory_unlearn(&vhost->memory, message.iova, message.size);
		bh_vhost_forget_questions(vhost, message.iova, message.size);
		pthread_mutex_unlock(&vhost->lock);
		return 0;
	default:
		return bh_vhost_error(vhost, "an unknown message about translations");
	}
}

static int get_config(struct bh_vhost *vhost, struct message *m)
{
	struct config_space space = {0};
	struct virtio_gpu_config config;
	uint32_t head = offsetof(struct config_space, data);

	memcpy(&space, m->payload, head);
	bh_device_config_space(vhost->device, &config);
	if (space.size > sizeof(space.data) || space.offset > sizeof(config))
		return bh_vhost_error(vhost, "it reads beyond the configuration");
	memcpy(space.data, (const uint8_t *)&config + space.offset,
	       space.size < sizeof(config) - space.offset ? space.size
							  : sizeof(config) - space.offset);
	m->answered = true;
	return reply(vhost, m->request, &space, head + space.size);
}

static int set_gpu_socket(struct bh_vhost *vhost, struct message *m)
{
	int fd = take_fd(m);

	if (fd < 0)
		return bh_vhost_error(vhost, "a display without a socket");
	bh_display_open(&vhost->display, fd);
	bh_vhost_fail_question(vhost); /* that was asked of the one before */
	bh_device_refresh(vhost->device);
	return 0;
}

static const struct row {
	uint32_t request, size; /* of the payload, at least */
	int (*run)(struct bh_vhost *vhost, struct message *m);
} rows[] = {
	{GET_FEATURES, 0, get_features},
	{SET_FEATURES, 8, set_features},
	{SET_OWNER, 0, nothing_to_do},
	{RESET_OWNER, 0, nothing_to_do},
	{SET_MEM_TABLE, 8, set_mem_table},
	{SET_VRING_NUM, sizeof(struct vring_state), set_vring_num},
	{SET_VRING_ADDR, sizeof(struct vring_address), set_vring_addr},
	{SET_VRING_BASE, sizeof(struct vring_state), set_vring_base},
	{GET_VRING_BASE, sizeof(struct vring_state), get_vring_base},
	{SET_VRING_KICK, 8, set_vring_fd},
	{SET_VRING_CALL, 8, set_vring_fd},
	{SET_VRING_ERR, 8, set_vring_fd},
	{GET_PROTOCOL_FEATURES, 0, get_protocol_features},
	{SET_PROTOCOL_FEATURES, 8, set_protocol_features},
	{GET_QUEUE_NUM, 0, get_queue_num},
	{SET_VRING_ENABLE, sizeof(struct vring_state), set_vring_enable},
	{SET_BACKEND_REQ_FD, 0, set_backend_fd},
	{IOTLB_MSG, sizeof(struct vhost_iotlb_msg), iotlb_message},
	{GET_CONFIG, offsetof(struct config_space, data), get_config},
	{SET_CONFIG, offsetof(struct config_space, data), nothing_to_do},
	{GPU_SET_SOCKET, 0, set_gpu_socket},
	{GET_MAX_MEM_SLOTS, 0, get_max_slots},
	{ADD_MEM_REG, 8 + sizeof(struct memory_region), add_mem_reg},
	{REM_MEM_REG, 8 + sizeof(struct memory_region), rem_mem_reg},
};

static int run_message(struct bh_vhost *vhost, struct message *m)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].request != m->request)
			continue;
		if (m->size < rows[i].size)
			return bh_vhost_error(vhost, "a message that is too short");
		return rows[i].run(vhost, m);
	}
	return bh_vhost_error(vhost, "an unknown request");
}

int bh_vhost_message(struct bh_vhost *vhost, uint32_t request, uint32_t flags, const void *payload,
		     uint32_t size, const int *fds, unsigned fd_count)
{
	struct message m = {.request = request, .flags = flags, .size = size, .payload = payload};
	int result;

	for (m.fd_count = 0; m.fd_count < fd_count && m.fd_count < BH_VHOST_FDS_MAX; m.fd_count++)
		m.fds[m.fd_count] = fds[m.fd_count];
	result = run_message(vhost, &m);
	if (!result && !m.answered && flags & FLAG_ACK &&
	    vhost->protocol_features & FEATURE(PROTOCOL_REPLY_ACK))
		result = reply_number(vhost, request, 0);
	for (unsigned i = 0; i < m.fd_count; i++)
		bh_vhost_close(&m.fds[i]);
	return result;
}
