/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes as a VMM's messages and a guest's memory: a first part is written into memory, then come
 * messages (request, length, payload), of which request 255 kicks a queue.
 */
#include "gpu/server/vhost_user.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define MEMORY 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int memory_with(const uint8_t *data, size_t size)
{
	int fd = memfd_create("guest", 0);

	if (ftruncate(fd, MEMORY) || pwrite(fd, data, size, 0) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Takes what the server says, so that it never waits. */
static void drain(int fd)
{
	static char bytes[1 << 16];

	while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		;
}

static bool wants_memory(uint32_t request)
{
	return request == 5 || request == 37;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bh_vhost_config config = {
		.gpu = {.backend = BH_GPU_INTERPRETER, .threads = 1, .memory_quota = 1 << 20},
		.scanouts = 1,
	};
	int sockets[2], display[2], memory;
	struct bh_vhost *vhost;
	size_t part;

	if (size < 2 || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, display))
		return 0;
	part = data[0] | (size_t)data[1] << 8;
	data += 2;
	size -= 2;
	part = part < size ? part : size;
	memory = memory_with(data, part);
	data += part;
	size -= part;
	vhost = bh_vhost_create(sockets[1], &config, NULL);
	while (vhost && size >= 2) {
		uint32_t request = data[0], length = data[1];
		int fd = -1;

		data += 2;
		size -= 2;
		length = length < size ? length : (uint32_t)size;
		if (request == 255) {
			bh_vhost_kick(vhost, length & 1);
			continue;
		}
		if (wants_memory(request))
			fd = dup(memory);
		else if (request == 33 || request == 21)
			fd = dup(display[1]);
		if (bh_vhost_message(vhost, request, 1 | (length & 1) << 3, data, length, &fd,
				     fd >= 0))
			break;
		data += length;
		size -= length;
		drain(sockets[0]);
		drain(display[0]);
	}
	bh_vhost_destroy(vhost);
	for (unsigned i = 0; i < 2; i++) {
		close(sockets[i]);
		close(display[i]);
	}
	close(memory);
	return 0;
}
