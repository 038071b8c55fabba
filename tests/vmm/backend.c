/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/backend.h"

#include "vmm/virtio/vhost_user_wire.h"

#include "base/file.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

struct header {
	uint32_t request, flags, size;
};

struct ring {
	uint32_t size;
	uint64_t descriptors, used, avail;
	uint16_t next;
	int kick, call;
	bool on;
};

struct life {
	struct backend *backend;
	int fd;
	uint8_t *memory;
	uint64_t guest, user, length;
	struct ring ring;
	uint8_t config[60];
};

static void answer(struct life *life, const struct header *asked, const void *data, uint32_t size)
{
	enum lie lie = life->backend->lie;
	struct header header = {asked->request, 1 | 4, size};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
				.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS}};
	struct iovec parts[] = {{&header, sizeof(header)}, {(void *)data, size}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	bool config = asked->request == BH_VU_GET_CONFIG;
	bool inflight = asked->request == BH_VU_GET_INFLIGHT_FD;
	int sent = 0;

	if (config && lie == SILENT)
		return;
	header.request += config && lie == WRONG_REQUEST;
	header.flags += config && lie == WRONG_VERSION;
	header.size += config && lie == TOO_LONG ? 0x40000000u : 0;
	header.size -= config && lie == TOO_SHORT ? 4 : 0;
	if ((config && lie == STRAY_FD) || (inflight && lie != NO_INFLIGHT_FD)) {
		sent = memfd_create("inflight", 0);
		if (ftruncate(sent, 4096))
			abort();
		memcpy(CMSG_DATA(&control.header), &sent, sizeof(sent));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control.room);
	}
	if (config && lie == HALF) {
		parts[1].iov_len /= 2;
		(void)!sendmsg(life->fd, &message, MSG_NOSIGNAL);
		shutdown(life->fd, SHUT_RDWR);
		return;
	}
	(void)!sendmsg(life->fd, &message, MSG_NOSIGNAL);
	if (sent)
		close(sent);
}

static void answer_number(struct life *life, const struct header *asked, uint64_t number)
{
	answer(life, asked, &number, sizeof(number));
}

static uint64_t protocol_of(const struct life *life)
{
	return 1 | 1 << 3 | 1 << 9 | (life->backend->inflight ? 1 << 12 : 0);
}

static void *at_user(struct life *life, uint64_t address)
{
	return life->memory + (address - life->user);
}

static void *at_guest(struct life *life, uint64_t address)
{
	return life->memory + (address - life->guest);
}

/* Each request: header, data, status. Reads get BACKEND_BYTE. */
static bool serve_ring(struct life *life)
{
	struct ring *ring = &life->ring;
	uint16_t *avail = at_user(life, ring->avail), *used = at_user(life, ring->used);
	struct {
		uint64_t address;
		uint32_t length;
		uint16_t flags, next;
	} *table = at_user(life, ring->descriptors);
	uint64_t one = 1;

	while (ring->next != __atomic_load_n(&avail[1], __ATOMIC_ACQUIRE)) {
		uint16_t head = avail[2 + ring->next % ring->size], at = head;
		uint32_t *element = (uint32_t *)(void *)(used + 2) + 2 * (ring->next % ring->size);

		if (life->backend->stop && life->backend->served == life->backend->stop)
			return false;
		for (;; at = table[at].next) {
			if (table[at].flags & 2)
				memset(at_guest(life, table[at].address),
				       table[at].length == 1 ? 0 : BACKEND_BYTE, table[at].length);
			if (!(table[at].flags & 1))
				break;
		}
		element[0] = head;
		element[1] = 513;
		ring->next++;
		__atomic_store_n(&used[1], ring->next, __ATOMIC_RELEASE);
		__atomic_add_fetch(&life->backend->served, 1, __ATOMIC_SEQ_CST);
		(void)!write(ring->call, &one, sizeof(one));
	}
	return true;
}

static bool map_memory(struct life *life, const uint8_t *payload, int fd)
{
	struct {
		uint32_t count, padding;
		uint64_t guest, size, user, offset;
	} table;

	memcpy(&table, payload, sizeof(table));
	life->guest = table.guest;
	life->user = table.user;
	life->length = table.size;
	life->memory = mmap(NULL, table.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return life->memory != MAP_FAILED;
}

static void set_base(struct life *life, uint32_t base)
{
	uint16_t *used = life->ring.used ? at_user(life, life->ring.used) : NULL;

	life->ring.next = (uint16_t)base;
	(void)used;
	if (life->backend->lives > 1 && base != (uint32_t)life->backend->served)
		life->backend->wrong_base = true;
}

/* One message. False: the connection is over. */
static bool handle(struct life *life, const struct header *m, const uint8_t *payload, int fd)
{
	struct backend *b = life->backend;
	uint32_t pair[2] = {0};
	uint64_t place[4];
	bool acknowledged = m->flags & 8;
	uint64_t result = 0;

	memcpy(pair, payload, m->size < sizeof(pair) ? m->size : sizeof(pair));
	switch (m->request) {
	case BH_VU_GET_FEATURES:
		answer_number(life, m,
			      UINT64_C(1) << 32 | (b->lie == NO_PROTOCOL ? 0 : 1u << 30) | 1u << 6);
		return true;
	case BH_VU_GET_PROTOCOL_FEATURES:
		answer_number(life, m, protocol_of(life));
		return true;
	case BH_VU_GET_QUEUE_NUM:
		answer_number(life, m, b->lie == NO_QUEUES ? 0 : 1);
		return true;
	case BH_VU_GET_CONFIG: {
		uint8_t config[12 + 60] = {0};
		uint32_t size = 60, offset = b->lie == WRONG_OFFSET;
		memcpy(config, &offset, 4);
		memcpy(config + 4, &size, 4);
		config[12] = 8; /* sectors */
		answer(life, m, config, sizeof(config));
		return true;
	}
	case BH_VU_GET_INFLIGHT_FD: {
		uint8_t inflight[20] = {0, 16};
		answer(life, m, inflight, sizeof(inflight));
		return true;
	}
	case BH_VU_GET_VRING_BASE:
		pair[1] = life->ring.next;
		life->ring.on = false;
		answer(life, m, pair, sizeof(pair));
		return true;
	case BH_VU_SET_MEM_TABLE:
		if (!map_memory(life, payload, fd))
			return false;
		result = b->lie == REFUSES;
		break;
	case BH_VU_SET_VRING_NUM:
		life->ring.size = pair[1];
		break;
	case BH_VU_SET_VRING_BASE:
		set_base(life, pair[1]);
		break;
	case BH_VU_SET_VRING_ADDR:
		memcpy(place, payload + 8, sizeof(place));
		life->ring.descriptors = place[0];
		life->ring.used = place[1];
		life->ring.avail = place[2];
		break;
	case BH_VU_SET_VRING_KICK:
		life->ring.kick = fd;
		break;
	case BH_VU_SET_VRING_CALL:
		life->ring.call = fd;
		break;
	case BH_VU_SET_VRING_ENABLE:
		life->ring.on = pair[1];
		if (b->lie == UNASKED)
			(void)!send(life->fd, "unasked", 7, MSG_NOSIGNAL);
		break;
	}
	if (acknowledged)
		answer_number(life, m, result);
	return true;
}

static bool read_message(struct life *life)
{
	uint8_t payload[4096];
	struct header header;
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = {&header, sizeof(header)};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	int fd = -1;

	if (recvmsg(life->fd, &message, MSG_WAITALL) != (ssize_t)sizeof(header) ||
	    header.size > sizeof(payload))
		return false;
	struct cmsghdr *item = CMSG_FIRSTHDR(&message);
	if (item && item->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(item), sizeof(fd));
	if (header.size && bh_read_all(life->fd, payload, header.size))
		return false;
	return handle(life, &header, payload, fd);
}

static void serve(struct life *life)
{
	for (;;) {
		struct pollfd waits[] = {
			{.fd = life->fd, .events = POLLIN},
			{.fd = life->ring.on ? life->ring.kick : -1, .events = POLLIN}};
		uint64_t count;

		if (poll(waits, 2, -1) < 0)
			return;
		if (waits[0].revents && !read_message(life))
			return;
		if (waits[1].revents && read(life->ring.kick, &count, sizeof(count)) > 0 &&
		    !serve_ring(life))
			return;
	}
}

void *backend_main(void *argument)
{
	struct backend *backend = argument;

	do {
		struct life life = {.backend = backend, .ring = {.kick = -1, .call = -1}};

		life.fd = backend->listener >= 0 ? accept(backend->listener, NULL, NULL)
						 : backend->fd;
		if (life.fd < 0)
			return NULL;
		backend->lives++;
		serve(&life);
		close(life.fd);
		if (life.memory)
			munmap(life.memory, life.length);
		if (life.ring.kick >= 0)
			close(life.ring.kick);
		if (life.ring.call >= 0)
			close(life.ring.call);
		/* The next life begins where this one died, once. */
		backend->stop = 0;
	} while (backend->listener >= 0);
	return NULL;
}
