/* SPDX-License-Identifier: Apache-2.0 */
#include "host/ready.h"

#include <errno.h>
#include <linux/vm_sockets.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void init(struct bh_ready *ready, uint64_t cid)
{
	*ready = (struct bh_ready){.listener = -1, .cid = cid};
	for (size_t i = 0; i < BH_READY_CLIENTS; i++)
		ready->clients[i].fd = -1;
}

int bh_ready_listen(struct bh_ready *ready, uint64_t cid)
{
	const struct sockaddr_vm place = {
		.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = BH_READY_PORT(cid)};

	init(ready, cid);
	ready->listener = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (ready->listener >= 0 &&
	    !bind(ready->listener, (const struct sockaddr *)&place, sizeof(place)) &&
	    !listen(ready->listener, BH_READY_CLIENTS))
		return 0;
	int error = -errno;
	bh_ready_finish(ready);
	return error;
}

static void drop(struct bh_ready_client *client)
{
	close(client->fd);
	client->fd = -1;
}

void bh_ready_finish(struct bh_ready *ready)
{
	if (ready->listener >= 0)
		close(ready->listener);
	for (size_t i = 0; i < BH_READY_CLIENTS; i++) {
		if (ready->clients[i].fd >= 0)
			drop(&ready->clients[i]);
	}
	init(ready, ready->cid);
}

size_t bh_ready_polls(const struct bh_ready *ready, struct pollfd *polls)
{
	size_t count = 0;

	if (ready->listener >= 0)
		polls[count++] = (struct pollfd){.fd = ready->listener, .events = POLLIN};
	for (size_t i = 0; i < BH_READY_CLIENTS; i++) {
		if (ready->clients[i].fd >= 0)
			polls[count++] =
				(struct pollfd){.fd = ready->clients[i].fd, .events = POLLIN};
	}
	return count;
}

bool bh_ready_attach(struct bh_ready *ready, int fd)
{
	for (size_t i = 0; i < BH_READY_CLIENTS; i++) {
		if (ready->clients[i].fd < 0) {
			ready->clients[i] = (struct bh_ready_client){.fd = fd};
			return true;
		}
	}
	close(fd);
	return false;
}

/* Other guests can reach the port, too; they get nothing from it. */
static void accept_all(struct bh_ready *ready)
{
	struct sockaddr_vm peer = {0};
	socklen_t size = sizeof(peer);
	int fd;

	while (ready->listener >= 0 && (fd = accept4(ready->listener, (struct sockaddr *)&peer,
						     &size, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		if (size >= sizeof(peer) && peer.svm_family == AF_VSOCK &&
		    peer.svm_cid == ready->cid)
			bh_ready_attach(ready, fd);
		else
			close(fd);
		size = sizeof(peer);
	}
}

static bool is_the_word(const struct bh_ready_client *client)
{
	return client->length == strlen(BH_READY_WORD) &&
	       !memcmp(client->line, BH_READY_WORD, client->length);
}

/* True when a line is the word; the last line needs no end. */
static bool take(struct bh_ready_client *client, const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (bytes[i] == '\n') {
			if (is_the_word(client))
				return true;
			client->length = 0;
		} else if (client->length < sizeof(client->line)) {
			client->line[client->length++] = bytes[i];
		}
	}
	client->total += count;
	return false;
}

static bool serve(struct bh_ready_client *client)
{
	char bytes[256];
	ssize_t got;

	while ((got = read(client->fd, bytes, sizeof(bytes))) > 0) {
		if (take(client, bytes, (size_t)got))
			return true;
		if (client->total > BH_READY_MESSAGE_MAX)
			break;
	}
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	bool said = got == 0 && is_the_word(client);
	drop(client);
	return said;
}

bool bh_ready_serve(struct bh_ready *ready)
{
	bool said = false;

	accept_all(ready);
	for (size_t i = 0; i < BH_READY_CLIENTS; i++) {
		if (ready->clients[i].fd >= 0)
			said |= serve(&ready->clients[i]);
	}
	return said;
}
