/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/server/vhost_private.h"

#include "base/alloc.h"

#include <errno.h>
#include <linux/vhost_types.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* Our only request to the front end. */
#define BACKEND_IOTLB_MSG 1

/* Asks the VMM for the translation of an address. With the lock held. */
static void ask_page(struct bh_vhost *vhost, uint64_t address)
{
	struct {
		uint32_t request, flags, size;
		struct vhost_iotlb_msg miss;
	} __attribute__((packed)) message = {
		.request = BACKEND_IOTLB_MSG,
		.flags = VERSION,
		.size = sizeof(message.miss),
		.miss = {.iova = address & ~4095ull,
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

/* Asks for the translation that was missing. With the lock held. */
static void ask_translation(struct bh_vhost *vhost)
{
	ask_page(vhost, vhost->memory.missing);
}

/* A resource has hundreds of pages, and each answer takes a turn of the VMM: many are asked for at
 * once. */
static void ask_ahead(struct bh_vhost *vhost, uint64_t end)
{
	uint64_t page = vhost->memory.missing & ~4095ull;
	struct iovec piece;

	pthread_mutex_lock(&vhost->lock);
	for (unsigned i = 0; i < ASKED_AHEAD && page < end; i++, page += 4096) {
		if (bh_guest_memory_first(&vhost->memory, page, 1, true, &piece) == -EAGAIN)
			ask_page(vhost, page);
	}
	pthread_mutex_unlock(&vhost->lock);
}

/* The device's view of the guest and of the screens. */

static int map_guest(void *data, uint64_t address, uint64_t length, struct iovec *pieces,
		     size_t room)
{
	struct bh_vhost *vhost = data;
	int result;

	/* Other threads that look something up say what is missing, too. */
	pthread_mutex_lock(&vhost->lock);
	result = bh_guest_memory_find(&vhost->memory, address, length, true, pieces, room);
	pthread_mutex_unlock(&vhost->lock);
	if (result == -EAGAIN)
		ask_ahead(vhost, address + length);
	return result;
}

static void show_scanout(void *data, uint32_t scanout, uint32_t width, uint32_t height)
{
	struct bh_vhost *vhost = data;

	bh_display_scanout(&vhost->display, scanout, width, height);
}

static void *show_update(void *data, uint32_t scanout, const struct bh_gpu_rect *rect)
{
	struct bh_vhost *vhost = data;

	return bh_display_update(&vhost->display, scanout, rect);
}

static void show_updated(void *data)
{
	struct bh_vhost *vhost = data;

	bh_display_updated(&vhost->display);
}

static void show_cursor(void *data, const struct virtio_gpu_cursor_pos *at, uint32_t hot_x,
			uint32_t hot_y, bool visible, const void *pixels)
{
	struct bh_vhost *vhost = data;

	bh_display_cursor(&vhost->display, at, hot_x, hot_y, visible, pixels);
}

const struct bh_device_ops bh_vhost_device_ops = {
	.map = map_guest,
	.scanout = show_scanout,
	.update = show_update,
	.updated = show_updated,
	.cursor = show_cursor,
};

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
void bh_vhost_forget_questions(struct bh_vhost *vhost, uint64_t address, uint64_t size)
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
void bh_vhost_go_on(struct bh_vhost *vhost)
{
	pthread_mutex_lock(&vhost->lock);
	vhost->retry = false;
	give_answers(vhost);
	pthread_mutex_unlock(&vhost->lock);
	run_control_queue(vhost);
	run_cursor_queue(vhost);
}

static void answer_question(struct bh_vhost *vhost, const void *response, size_t length)
{
	struct answer *answer = vhost->question;

	memcpy(answer->response, response, length);
	answer->length = length;
	vhost->question = NULL;
	finish_answer(answer, 0);
	bh_vhost_go_on(vhost);
}

void bh_vhost_fail_question(struct bh_vhost *vhost)
{
	static const struct virtio_gpu_ctrl_hdr error = {.type = VIRTIO_GPU_RESP_ERR_UNSPEC};

	if (vhost->question)
		answer_question(vhost, &error, sizeof(error));
}

void bh_vhost_read_display(struct bh_vhost *vhost)
{
	uint8_t response[BH_DEVICE_RESPONSE_MAX] = {0};
	int length = bh_display_read(&vhost->display, response);

	if (vhost->question && length > 0)
		answer_question(vhost, response, (size_t)length);
}
