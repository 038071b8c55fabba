/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/server/vhost_user.h"

#include "base/alloc.h"
#include "gpu/device/device.h"
#include "gpu/server/display.h"
#include "gpu/server/sandbox.h"
#include "gpu/server/vring.h"

#include <errno.h>
#include <linux/vhost_types.h>
#include <linux/virtio_config.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUEUES         2
#define CONTROL        0
#define CURSOR         1
#define CURSOR_BYTES   256
#define VERSION        1u
#define FLAG_REPLY     4u
#define FLAG_ACK       8u
#define HEADER         12 /* bytes: request, flags, size */
#define ASKED_MAX      64
#define FEATURE(bit)   (1ull << (bit))
#define RING_EVENT_IDX 29
#define RING_INDIRECT  28
#define VHOST_PROTOCOL 30

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

/* Our only request to the front end. */
#define BACKEND_IOTLB_MSG 1

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

struct queue {
	struct bh_vring ring;
	int kick, call, error;
	bool enabled;
	uint32_t generation; /* counts set-ups: a response of before has no place any more */
};

/* A command whose response waits for its fence, or for a translation. */
struct answer {
	struct answer *next;
	struct bh_vhost *vhost;
	struct bh_chain chain;
	unsigned queue;
	uint32_t generation;
	bool finished;
	size_t length;
	uint8_t response[];
};

struct bh_vhost {
	int fd, backend_fd;
	struct bh_vhost_config config;
	struct bh_diags *diags;
	struct bh_gpu *gpu;
	struct bh_device *device;
	struct bh_display display;
	struct bh_guest_memory memory;
	uint64_t protocol_features;
	uint8_t *command; /* BH_DEVICE_COMMAND_MAX bytes */
	struct answer *question;
	bool retry; /* a translation was asked for */
	/* Guards rings, memory and answers: fences end on other threads. */
	pthread_mutex_t lock;
	struct queue queues[QUEUES];
	struct answer *answers, **last_answer;
	uint64_t pages_asked[ASKED_MAX]; /* pages whose translation is on its way */
	unsigned pages_asked_count;
};

static int protocol_error(struct bh_vhost *vhost, const char *what)
{
	struct bh_diag *diag =
		bh_error(vhost->diags, "E2200", "the VMM broke the vhost-user protocol: %s", what);

	bh_diag_hint(diag, "it must speak vhost-user-gpu as QEMU 10 does");
	return -EPROTO;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The device's view of the guest and of the screens. */

static int map_guest(void *data, uint64_t address, uint64_t length, struct iovec *pieces,
		     size_t room)
{
	struct bh_vhost *vhost = data;

	/* Only this thread changes the memory, so that reading needs no lock. */
	return bh_guest_memory_find(&vhost->memory, address, length, true, pieces, room);
}

static void show_scanout(void *data, uint32_t scanout, uint32_t width, uint32_t height)
{
	struct bh_vhost *vhost = data;

	bh_display_scanout(&vhost->display, scanout, width, height);
}

static void show_update(void *data, uint32_t scanout, uint32_t x, uint32_t y, uint32_t width,
			uint32_t height, const void *pixels)
{
	struct bh_vhost *vhost = data;

	bh_display_update(&vhost->display, scanout, x, y, width, height, pixels);
}

static void show_cursor(void *data, const struct virtio_gpu_cursor_pos *at, uint32_t hot_x,
			uint32_t hot_y, bool visible, const void *pixels)
{
	struct bh_vhost *vhost = data;

	bh_display_cursor(&vhost->display, at, hot_x, hot_y, visible, pixels);
}

static const struct bh_device_ops device_ops = {
	.map = map_guest,
	.scanout = show_scanout,
	.update = show_update,
	.cursor = show_cursor,
};

/* Asks the VMM for the translation that was missing. With the lock held. */
static void ask_translation(struct bh_vhost *vhost)
{
	struct {
		uint32_t request, flags, size;
		struct vhost_iotlb_msg miss;
	} __attribute__((packed)) message = {
		.request = BACKEND_IOTLB_MSG,
		.flags = VERSION,
		.size = sizeof(message.miss),
		.miss = {.iova = vhost->memory.missing & ~4095ull,
			 .size = 4096,
			 .perm = vhost->memory.missing_write ? VHOST_ACCESS_RW : VHOST_ACCESS_RO,
			 .type = VHOST_IOTLB_MISS},
	};

	vhost->retry = true;
	if (vhost->backend_fd < 0)
		return;
	/* Once each: a question that is late would be about memory the guest has taken back. */
	for (unsigned i = 0; i < vhost->pages_asked_count; i++) {
		if (vhost->pages_asked[i] == message.miss.iova)
			return;
	}
	if (vhost->pages_asked_count == ASKED_MAX)
		vhost->pages_asked_count = 0;
	vhost->pages_asked[vhost->pages_asked_count++] = message.miss.iova;
	/* The message is small: it fits, or nobody reads and nothing helps. */
	(void)!send(vhost->backend_fd, &message, sizeof(message), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* 1 when the driver wants an interrupt for it; -EAGAIN when it must wait for a translation. */
static int give_answer(struct bh_vhost *vhost, struct queue *queue, const struct answer *answer)
{
	int written =
		bh_chain_write(&vhost->memory, &answer->chain, answer->response, answer->length);

	if (written == -EAGAIN)
		return written;
	return bh_vring_give(&queue->ring, &vhost->memory, answer->chain.head,
			     written > 0 ? (uint32_t)written : 0);
}

/* Questions about pages in [address, address + size) are answered. With the lock held. */
static void forget_questions(struct bh_vhost *vhost, uint64_t address, uint64_t size)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < vhost->pages_asked_count; i++) {
		/* A translation of less than a page may begin inside it. */
		if (vhost->pages_asked[i] - (address & ~4095ull) >= size + (address & 4095))
			vhost->pages_asked[kept++] = vhost->pages_asked[i];
	}
	vhost->pages_asked_count = kept;
}

/* Gives finished answers to the guest, in any order. With the lock held. */
static void give_answers(struct bh_vhost *vhost)
{
	bool interrupts[QUEUES] = {false};

	for (struct answer **at = &vhost->answers; *at;) {
		struct answer *answer = *at;
		struct queue *queue = &vhost->queues[answer->queue];

		if (!answer->finished) {
			at = &answer->next;
			continue;
		}
		if (answer->generation == queue->generation) {
			int result = give_answer(vhost, queue, answer);

			if (result == -EAGAIN) {
				ask_translation(vhost);
				break;
			}
			interrupts[answer->queue] |= result == 1;
		}
		*at = answer->next;
		if (!*at)
			vhost->last_answer = at;
		free(answer);
	}
	for (unsigned i = 0; i < QUEUES; i++) {
		if (interrupts[i] && vhost->queues[i].call >= 0)
			(void)!eventfd_write(vhost->queues[i].call, 1);
	}
}

/* On the thread that finished the work. */
static void finish_answer(void *data, uint64_t fence)
{
	struct answer *answer = data;
	struct bh_vhost *vhost = answer->vhost;

	(void)fence;
	pthread_mutex_lock(&vhost->lock);
	answer->finished = true;
	give_answers(vhost);
	pthread_mutex_unlock(&vhost->lock);
}

static struct answer *add_answer(struct bh_vhost *vhost, unsigned queue,
				 const struct bh_chain *chain, const void *response, size_t length)
{
	struct answer *answer = bh_alloc(sizeof(*answer) + length);

	answer->vhost = vhost;
	answer->chain = *chain;
	answer->queue = queue;
	answer->length = length;
	memcpy(answer->response, response, length);
	pthread_mutex_lock(&vhost->lock);
	answer->generation = vhost->queues[queue].generation;
	*vhost->last_answer = answer;
	vhost->last_answer = &answer->next;
	pthread_mutex_unlock(&vhost->lock);
	return answer;
}

/* Questions about screens are the VMM's to answer, unless a mode was asked for. */
static bool forward_question(struct bh_vhost *vhost, const struct bh_chain *chain)
{
	const struct virtio_gpu_ctrl_hdr *header = (const void *)vhost->command;
	const struct virtio_gpu_cmd_get_edid *edid = (const void *)vhost->command;
	uint8_t nothing[BH_DEVICE_RESPONSE_MAX] = {0};
	bool sent = false;

	if (vhost->config.width || chain->length < sizeof(*header))
		return false;
	if (header->type == VIRTIO_GPU_CMD_GET_DISPLAY_INFO)
		sent = bh_display_ask_info(&vhost->display);
	else if (header->type == VIRTIO_GPU_CMD_GET_EDID && chain->length >= sizeof(*edid) &&
		 edid->scanout < vhost->config.scanouts)
		sent = bh_display_ask_edid(&vhost->display, edid->scanout);
	if (sent)
		vhost->question = add_answer(vhost, CONTROL, chain, nothing, sizeof(nothing));
	return sent;
}

static int run_command(struct bh_vhost *vhost, const struct bh_chain *chain)
{
	uint8_t response[BH_DEVICE_RESPONSE_MAX];
	struct answer *answer;
	bool fenced;
	int length;

	if (forward_question(vhost, chain))
		return 0;
	length = bh_device_command(vhost->device, vhost->command,
				   chain->length <= BH_DEVICE_COMMAND_MAX ? chain->length : 0,
				   response, &fenced);
	if (length < 0)
		return length;
	answer = add_answer(vhost, CONTROL, chain, response, (size_t)length);
	if (fenced)
		bh_gpu_fence(vhost->gpu, finish_answer, answer, 0);
	else
		finish_answer(answer, 0);
	return 0;
}

static void run_control_queue(struct bh_vhost *vhost)
{
	struct queue *queue = &vhost->queues[CONTROL];

	while (!vhost->question && queue->enabled) {
		struct bh_chain chain;
		int result;

		pthread_mutex_lock(&vhost->lock);
		result = bh_vring_take(&queue->ring, &vhost->memory, &chain, vhost->command,
				       BH_DEVICE_COMMAND_MAX);
		pthread_mutex_unlock(&vhost->lock);
		if (result == 1) {
			result = run_command(vhost, &chain);
			if (result == -EAGAIN)
				queue->ring.next--; /* the same again when the memory is known */
		} else if (result == 0) {
			return;
		}
		if (result == -EAGAIN) {
			pthread_mutex_lock(&vhost->lock);
			ask_translation(vhost);
			pthread_mutex_unlock(&vhost->lock);
		}
		if (result < 0)
			return;
	}
}

static void run_cursor_queue(struct bh_vhost *vhost)
{
	struct queue *queue = &vhost->queues[CURSOR];

	while (queue->enabled) {
		uint8_t command[CURSOR_BYTES];
		struct bh_chain chain;
		int result;

		pthread_mutex_lock(&vhost->lock);
		result = bh_vring_take(&queue->ring, &vhost->memory, &chain, command,
				       sizeof(command));
		if (result == -EAGAIN)
			ask_translation(vhost);
		pthread_mutex_unlock(&vhost->lock);
		if (result != 1)
			return;
		bh_device_cursor(vhost->device, command,
				 chain.length < sizeof(command) ? chain.length : sizeof(command));
		finish_answer(add_answer(vhost, CURSOR, &chain, command, 0), 0);
	}
}

void bh_vhost_kick(struct bh_vhost *vhost, unsigned queue)
{
	if (queue == CONTROL)
		run_control_queue(vhost);
	else if (queue == CURSOR)
		run_cursor_queue(vhost);
}

/* Both queues once more: memory became known, or a question was answered. */
static void go_on(struct bh_vhost *vhost)
{
	pthread_mutex_lock(&vhost->lock);
	vhost->retry = false;
	give_answers(vhost);
	pthread_mutex_unlock(&vhost->lock);
	run_control_queue(vhost);
	run_cursor_queue(vhost);
}

static void read_display(struct bh_vhost *vhost)
{
	uint8_t response[BH_DEVICE_RESPONSE_MAX] = {0};
	int length = bh_display_read(&vhost->display, response);
	struct answer *answer = vhost->question;

	if (!answer || length == 0)
		return;
	/* A socket that broke answers nothing: the guest is told that its question failed. */
	if (length < 0) {
		struct virtio_gpu_ctrl_hdr error = {.type = VIRTIO_GPU_RESP_ERR_UNSPEC};

		memcpy(response, &error, sizeof(error));
		length = sizeof(error);
	}
	memcpy(answer->response, response, (size_t)length);
	answer->length = (size_t)length;
	vhost->question = NULL;
	finish_answer(answer, 0);
	go_on(vhost);
}

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

	return result ? protocol_error(vhost, "a memory region cannot be mapped") : 0;
}

static void memory_changed(struct bh_vhost *vhost)
{
	bh_device_remap(vhost->device);
	go_on(vhost);
}

static int set_mem_table(struct bh_vhost *vhost, struct message *m)
{
	struct memory_table table = {0};
	int result = 0;

	memcpy(&table, m->payload, m->size < sizeof(table) ? m->size : sizeof(table));
	if (table.count > 8 || table.count != m->fd_count ||
	    m->size < 8 + table.count * sizeof(table.regions[0]))
		return protocol_error(vhost, "a memory table of impossible size");
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
		return protocol_error(vhost, "a memory region without its descriptor");
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
		return protocol_error(vhost, "it removes a memory region that is not there");
	memory_changed(vhost);
	return 0;
}

static struct queue *queue_of(struct bh_vhost *vhost, uint32_t index)
{
	return index < QUEUES ? &vhost->queues[index] : NULL;
}

static int no_such_queue(struct bh_vhost *vhost)
{
	return protocol_error(vhost, "it names a queue that does not exist");
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
		return protocol_error(vhost, "a ring of impossible size");
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
	close_fd(&queue->kick);
	close_fd(&queue->call);
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
		close_fd(&fd);
		return no_such_queue(vhost);
	}
	pthread_mutex_lock(&vhost->lock);
	place = m->request == SET_VRING_KICK   ? &queue->kick
		: m->request == SET_VRING_CALL ? &queue->call
					       : &queue->error;
	close_fd(place);
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
	close_fd(&vhost->backend_fd);
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
		forget_questions(vhost, message.iova, message.size);
		pthread_mutex_unlock(&vhost->lock);
		if (result)
			return protocol_error(vhost, "a translation of impossible size");
		if (vhost->retry)
			go_on(vhost);
		return 0;
	case VHOST_IOTLB_INVALIDATE:
		bh_device_forget(vhost->device, message.iova, message.size);
		pthread_mutex_lock(&vhost->lock);
		bh_guest_memory_unlearn(&vhost->memory, message.iova, message.size);
		forget_questions(vhost, message.iova, message.size);
		pthread_mutex_unlock(&vhost->lock);
		return 0;
	default:
		return protocol_error(vhost, "an unknown message about translations");
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
		return protocol_error(vhost, "it reads beyond the configuration");
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
		return protocol_error(vhost, "a display without a socket");
	bh_display_open(&vhost->display, fd);
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
			return protocol_error(vhost, "a message that is too short");
		return rows[i].run(vhost, m);
	}
	return protocol_error(vhost, "an unknown request");
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
		close_fd(&m.fds[i]);
	return result;
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
		result = protocol_error(vhost, "a header that makes no sense");
	else
		result = read_all(vhost->fd, payload, header[2]);
	if (result) {
		for (unsigned i = 0; i < fd_count; i++)
			close_fd(&fds[i]);
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
		close_fd(&vhost->backend_fd);
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
		bh_device_refresh(vhost->device);
	if (fds[WAIT_DISPLAY].revents & (POLLIN | POLLHUP | POLLERR))
		read_display(vhost);
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
		.ops = &device_ops,
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
		close_fd(&vhost->queues[i].kick);
		close_fd(&vhost->queues[i].call);
		close_fd(&vhost->queues[i].error);
	}
	close_fd(&vhost->backend_fd);
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
