/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/server/vtest.h"

#include "base/alloc.h"
#include "base/file.h"
#include "gpu/server/sandbox.h"
#include "gpu/server/trace.h"
#include "gpu/virgl/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum vtest_command {
	VTEST_GET_CAPS = 1,
	VTEST_RESOURCE_CREATE = 2,
	VTEST_RESOURCE_UNREF = 3,
	VTEST_TRANSFER_GET = 4,
	VTEST_TRANSFER_PUT = 5,
	VTEST_SUBMIT = 6,
	VTEST_BUSY_WAIT = 7,
	VTEST_CREATE_RENDERER = 8,
	VTEST_GET_CAPS2 = 9,
	VTEST_PING = 10,
	VTEST_VERSION = 11,
	VTEST_RESOURCE_CREATE2 = 12,
	VTEST_TRANSFER_GET2 = 13,
	VTEST_TRANSFER_PUT2 = 14,
	VTEST_GET_PARAM = 15,
	VTEST_GET_CAPSET = 16,
	VTEST_CONTEXT_INIT = 17,
};

#define VERSION        3
#define CONTEXT        1
#define ARGS_MAX       64 /* dwords of any command but those with data */
#define SUBMIT_MAX     (16u << 20)
#define DATA_MAX       (256u << 20)
#define SHARED_MAX     (2u << 30)   /* of one resource; pages are there once they are written */
#define SHARED_DEFAULT (1ull << 30) /* of all */
#define RESOURCES_MAX  65536
#define REPLY_MAX      2           /* dwords of most answers */
#define AHEAD          (16u << 10) /* bytes */

/* A resource's shared memory. */
struct memory {
	uint32_t handle;
	void *data;
	size_t size;
};

struct client {
	int fd;
	struct bh_gpu *gpu;
	struct bh_trace_writer *trace;
	uint32_t version, next_handle;
	bool has_context;
	uint64_t shared_room; /* bytes of memory that may still be shared with the client */
	struct memory *memories;
	size_t memory_count, memory_capacity;
	uint32_t *stream;
	size_t stream_capacity;
	/* What was read and is not used yet. */
	size_t ahead_at, ahead_end;
	uint8_t ahead[AHEAD];
};

static int fill_ahead(struct client *client)
{
	ssize_t got;

	do {
		got = read(client->fd, client->ahead, sizeof(client->ahead));
	} while (got < 0 && errno == EINTR);
	if (got <= 0)
		return got ? -errno : -ENODATA;
	client->ahead_at = 0;
	client->ahead_end = (size_t)got;
	return 0;
}

/* Commands are short: what there is is read at once, which also wakes the client once. */
static int read_bytes(struct client *client, void *data, size_t size)
{
	char *to = data;

	while (size) {
		size_t part = client->ahead_end - client->ahead_at;
		int result;

		if (!part && size >= sizeof(client->ahead))
			return bh_read_all(client->fd, to, size);
		if (!part) {
			result = fill_ahead(client);
			if (result)
				return result;
			continue;
		}
		if (part > size)
			part = size;
		memcpy(to, client->ahead + client->ahead_at, part);
		client->ahead_at += part;
		to += part;
		size -= part;
	}
	return 0;
}

static int read_dwords(struct client *client, uint32_t *dwords, size_t count)
{
	return read_bytes(client, dwords, count * 4);
}

static int write_dwords(struct client *client, const uint32_t *dwords, size_t count)
{
	return bh_write_all(client->fd, dwords, count * 4);
}

/* What is short goes in one piece: the client wakes up with the first byte. */
static int reply(struct client *client, uint32_t command, const uint32_t *dwords, uint32_t count)
{
	uint32_t message[2 + REPLY_MAX] = {count, command};
	uint32_t part = count < REPLY_MAX ? count : REPLY_MAX;
	int result;

	memcpy(message + 2, dwords, part * sizeof(*dwords));
	result = write_dwords(client, message, 2 + part);
	return result ? result : write_dwords(client, dwords + part, count - part);
}

static int skip(struct client *client, uint64_t bytes)
{
	uint8_t buffer[4096];

	while (bytes) {
		size_t part = bytes < sizeof(buffer) ? (size_t)bytes : sizeof(buffer);
		int result = read_bytes(client, buffer, part);

		if (result)
			return result;
		bytes -= part;
	}
	return 0;
}

static int send_fd(struct client *client, int fd)
{
	char byte = 0;
	struct iovec data = {&byte, 1};
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {{0}};
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	ssize_t sent;

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	do {
		sent = sendmsg(client->fd, &message, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent == 1 ? 0 : sent < 0 ? -errno : -EIO;
}

static int ensure_context(struct client *client)
{
	int result;

	if (client->has_context)
		return 0;
	result = bh_gpu_context_create(client->gpu, CONTEXT, "vtest", 5);
	client->has_context = !result;
	return result;
}

/* Arguments as they came, for a trace. */
static void record(struct client *client, uint32_t kind, const void *data, size_t size)
{
	if (client->trace)
		bh_trace_write(client->trace, kind, data, size);
}

static int get_caps(struct client *client, uint32_t capset)
{
	uint32_t size = (uint32_t)bh_gpu_capset_size(client->gpu, capset, NULL);
	uint32_t header[2] = {size + 1, capset};
	void *caps = bh_alloc(size ? size : 1);
	int result = bh_gpu_capset(client->gpu, capset, 0, caps);

	if (!result)
		result = write_dwords(client, header, 2);
	if (!result)
		result = bh_write_all(client->fd, caps, size);
	free(caps);
	return result;
}

static int get_capset(struct client *client, const uint32_t *args)
{
	uint32_t size = (uint32_t)bh_gpu_capset_size(client->gpu, args[0], NULL);
	uint32_t *answer = bh_alloc(4 + size);
	int result;

	answer[0] = size && !bh_gpu_capset(client->gpu, args[0], 0, answer + 1);
	result = reply(client, VTEST_GET_CAPSET, answer, 1 + (answer[0] ? size / 4 : 0));
	free(answer);
	return result;
}

static int get_param(struct client *client)
{
	uint32_t answer[2] = {0, 0}; /* not one we have */

	return reply(client, VTEST_GET_PARAM, answer, 2);
}

static struct memory *find_memory(struct client *client, uint32_t handle)
{
	for (size_t i = 0; i < client->memory_count; i++) {
		if (client->memories[i].handle == handle)
			return &client->memories[i];
	}
	return NULL;
}

static void drop_memory(struct client *client, struct memory *memory)
{
	if (memory->data) {
		munmap(memory->data, memory->size);
		client->shared_room += memory->size;
	}
	*memory = client->memories[--client->memory_count];
}

/* The client always gets its descriptor. What we have no room to see is not mapped: the same as no
 * pages. */
static int share_memory(struct client *client, struct memory *memory, size_t size, int *fd)
{
	*fd = memfd_create("bulkhead-gpu", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd < 0)
		return -errno;
	/* A client that shrinks it would make us fault. */
	if (ftruncate(*fd, (off_t)size) || fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW))
		return -errno;
	if (size > client->shared_room)
		return 0;
	memory->data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (memory->data == MAP_FAILED) {
		memory->data = NULL;
		return 0;
	}
	memory->size = size;
	client->shared_room -= size;
	return 0;
}

/* As a virtio-gpu device does: what the quota has no room for is a resource that does not exist,
 * and using it loses the context. The protocol has no way to say more. */
static int make_resource(struct client *client, const struct bh_gpu_resource_args *resource)
{
	int result = bh_gpu_resource_create(client->gpu, resource);

	if (result == -ENOMEM)
		return 0;
	if (!result)
		result = bh_gpu_context_attach(client->gpu, CONTEXT, resource->handle);
	if (!result)
		record(client, BH_TRACE_CREATE, resource, sizeof(*resource));
	return result;
}

static int create_resource(struct client *client, const uint32_t *args, uint32_t command,
			   size_t shared)
{
	struct bh_gpu_resource_args resource = {args[0], args[1], args[2], args[3],
						args[4], args[5], args[6], args[7],
						args[8], args[9], 0};
	struct memory memory = {0};
	struct iovec page;
	int fd = -1, result;

	if (client->version >= 3)
		resource.handle = client->next_handle++;
	if (client->memory_count >= RESOURCES_MAX || shared > SHARED_MAX)
		return -EPROTO;
	result = ensure_context(client);
	if (!result)
		result = make_resource(client, &resource);
	if (!result && shared)
		result = share_memory(client, &memory, shared, &fd);
	memory.handle = resource.handle;
	bh_grow((void **)&client->memories, &client->memory_capacity, client->memory_count + 1,
		sizeof(memory));
	client->memories[client->memory_count++] = memory;
	page = (struct iovec){memory.data, memory.size};
	if (memory.data && !result)
		(void)bh_gpu_resource_attach(client->gpu, resource.handle, &page, 1);
	if (!result && client->version >= 3)
		result = reply(client, command, &resource.handle, 1);
	if (!result && shared)
		result = send_fd(client, fd);
	if (fd >= 0)
		close(fd);
	return result;
}

static int unref_resource(struct client *client, uint32_t handle)
{
	struct memory *memory = find_memory(client, handle);

	if (!memory)
		return -EPROTO;
	record(client, BH_TRACE_DESTROY, &handle, sizeof(handle));
	bh_gpu_resource_destroy(client->gpu, handle);
	drop_memory(client, memory);
	return 0;
}

static void record_pages(struct client *client, uint32_t handle)
{
	const struct memory *memory = client->trace ? find_memory(client, handle) : NULL;

	if (memory && memory->data)
		bh_trace_write_pages(client->trace, handle, memory->data, memory->size);
}

/* args: handle, level, x, y, z, w, h, d, bytes, offset: to or from the shared memory. */
static int transfer2(struct client *client, const uint32_t *args, bool out)
{
	struct bh_gpu_transfer transfer = {
		.resource = args[0],
		.level = args[1],
		.box = {args[2], args[3], args[4], args[5], args[6], args[7]},
		.offset = args[9],
	};

	if (!out)
		record_pages(client, transfer.resource);
	record(client, out ? BH_TRACE_TRANSFER_OUT : BH_TRACE_TRANSFER_IN, &transfer,
	       sizeof(transfer));
	/* A transfer that is wrong is the client's loss, as it is a guest's. */
	if (out)
		bh_gpu_transfer_out(client->gpu, CONTEXT, &transfer, NULL, 0);
	else
		bh_gpu_transfer_in(client->gpu, CONTEXT, &transfer, NULL, 0);
	return 0;
}

/* args: handle, level, stride, layer stride, x, y, z, w, h, d, bytes; data in the socket. */
static int transfer1(struct client *client, const uint32_t *args, bool out)
{
	struct bh_gpu_transfer transfer = {
		.resource = args[0],
		.level = args[1],
		.stride = args[2],
		.layer_stride = args[3],
		.box = {args[4], args[5], args[6], args[7], args[8], args[9]},
	};
	size_t size = args[10];
	struct iovec page = {NULL, size};
	int result = 0;

	if (size > DATA_MAX)
		return -EPROTO;
	page.iov_base = bh_try_alloc(1, size + 4);
	if (!page.iov_base)
		return -ENOMEM;
	if (out)
		bh_gpu_transfer_out(client->gpu, CONTEXT, &transfer, &page, 1);
	else
		result = read_bytes(client, page.iov_base, size);
	if (!result && out)
		result = bh_write_all(client->fd, page.iov_base, size);
	else if (!result)
		bh_gpu_transfer_in(client->gpu, CONTEXT, &transfer, &page, 1);
	free(page.iov_base);
	return result;
}

/* A submission, after the pages that its transfers read, or that its queries write. */
static void record_stream(struct client *client, size_t count)
{
	const uint32_t *dwords = client->stream;

	for (size_t at = 0; at < count;) {
		size_t length = dwords[at] >> 16;

		if (length > count - at - 1)
			break;
		if ((dwords[at] & 0xff) == BH_CMD_TRANSFER && length)
			record_pages(client, dwords[at + 1]);
		if ((dwords[at] & 0xff) == BH_CMD_COPY_TRANSFER && length >= 12)
			record_pages(client, dwords[at + 12]);
		if ((dwords[at] & 0xffff) == (BH_CMD_CREATE_OBJECT | BH_OBJECT_QUERY << 8) &&
		    length >= 4)
			record_pages(client, dwords[at + 4]);
		at += 1 + length;
	}
	bh_trace_write(client->trace, BH_TRACE_SUBMIT, dwords, count * 4);
}

static int submit(struct client *client, uint32_t count)
{
	int result;

	if (count > SUBMIT_MAX)
		return -EPROTO;
	bh_grow((void **)&client->stream, &client->stream_capacity, count, 4);
	result = read_dwords(client, client->stream, count);
	if (!result)
		result = ensure_context(client);
	if (result)
		return result;
	if (client->trace)
		record_stream(client, count);
	/* A context that is lost draws no more; its client finds out by what it reads. */
	bh_gpu_submit(client->gpu, CONTEXT, client->stream, count);
	return 0;
}

static int busy_wait(struct client *client, const uint32_t *args)
{
	uint32_t busy = 0;

	if (args[1] & 1)
		bh_gpu_wait(client->gpu);
	else if (args[0])
		busy = bh_gpu_resource_is_busy(client->gpu, args[0]);
	return reply(client, VTEST_BUSY_WAIT, &busy, 1);
}

static int set_version(struct client *client, const uint32_t *args)
{
	client->version = args[0] < VERSION ? args[0] : VERSION;
	if (client->version == 1)
		client->version = 0;
	return reply(client, VTEST_VERSION, &client->version, 1);
}

/* How many dwords of arguments a command has. */
static const uint8_t arg_counts[] = {
	[VTEST_RESOURCE_CREATE] = 10,  [VTEST_RESOURCE_UNREF] = 1, [VTEST_TRANSFER_GET] = 11,
	[VTEST_TRANSFER_PUT] = 11,     [VTEST_BUSY_WAIT] = 2,      [VTEST_VERSION] = 1,
	[VTEST_RESOURCE_CREATE2] = 11, [VTEST_TRANSFER_GET2] = 10, [VTEST_TRANSFER_PUT2] = 10,
	[VTEST_GET_PARAM] = 1,         [VTEST_GET_CAPSET] = 2,     [VTEST_CONTEXT_INIT] = 1,
};

static int run(struct client *client, uint32_t command, const uint32_t *args)
{
	uint32_t none = 0;

	switch (command) {
	case VTEST_GET_CAPS:
		return get_caps(client, 1);
	case VTEST_GET_CAPS2:
		return get_caps(client, 2);
	case VTEST_RESOURCE_CREATE:
		return create_resource(client, args, command, 0);
	case VTEST_RESOURCE_CREATE2:
		return create_resource(client, args, command, args[10]);
	case VTEST_RESOURCE_UNREF:
		return unref_resource(client, args[0]);
	case VTEST_TRANSFER_GET:
		return transfer1(client, args, true);
	case VTEST_TRANSFER_PUT:
		return transfer1(client, args, false);
	case VTEST_TRANSFER_GET2:
		return transfer2(client, args, true);
	case VTEST_TRANSFER_PUT2:
		return transfer2(client, args, false);
	case VTEST_BUSY_WAIT:
		return busy_wait(client, args);
	case VTEST_PING:
		return reply(client, VTEST_PING, &none, 0);
	case VTEST_VERSION:
		return set_version(client, args);
	case VTEST_GET_PARAM:
		return get_param(client);
	case VTEST_GET_CAPSET:
		return get_capset(client, args);
	case VTEST_CONTEXT_INIT:
		return ensure_context(client);
	default:
		return -EPROTO;
	}
}

static int serve_command(struct client *client, const uint32_t header[2])
{
	uint32_t args[ARGS_MAX] = {0}, count = 0, length = header[0], command = header[1];
	int result;

	if (command == VTEST_SUBMIT)
		return submit(client, length);
	if (command == VTEST_CREATE_RENDERER) /* the length is in bytes: a name */
		return length > 4096 ? -EPROTO : skip(client, length);
	if (command < sizeof(arg_counts))
		count = arg_counts[command];
	/* Mesa counts data in a PUT2's length that it does not send. */
	if (length < count ||
	    (length > count && command != VTEST_TRANSFER_PUT && command != VTEST_TRANSFER_PUT2))
		return -EPROTO;
	result = read_dwords(client, args, count);
	return result ? result : run(client, command, args);
}

int bh_vtest_serve(int fd, const struct bh_vtest_config *config, struct bh_diags *diags)
{
	struct client client = {.fd = fd, .next_handle = 1, .trace = config->trace};
	int result;

	client.gpu = bh_gpu_create(&config->gpu, diags);
	if (!client.gpu)
		return -ENODEV;
	client.shared_room = config->gpu.memory_quota ? config->gpu.memory_quota : SHARED_DEFAULT;
	/* Threads and back ends are made; nothing was read from the socket yet. */
	result = config->sandbox ? bh_sandbox_enter(diags) : 0;
	if (result)
		goto out;
	for (;;) {
		uint32_t header[2];

		result = read_dwords(&client, header, 2);
		if (result) {
			if (result == -ENODATA)
				result = 0; /* it hung up */
			break;
		}
		result = serve_command(&client, header);
		if (result)
			break;
	}
	if (result) {
		struct bh_diag *diag = bh_error(
			diags, "E2001", "a vtest client broke the protocol: %s", strerror(-result));

		bh_diag_hint(diag, "it must speak the vtest protocol as Mesa 21 and later do");
	}
out:
	bh_gpu_destroy(client.gpu);
	while (client.memory_count)
		drop_memory(&client, &client.memories[0]);
	free(client.memories);
	free(client.stream);
	return result;
}
