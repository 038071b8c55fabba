/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream socket of Ethernet frames, each behind its length in four bytes, most significant first:
 * what passt speaks. No privilege is needed for it, and there are no offloads. Frames are built and
 * taken apart in two buffers of fixed size, because a stream hands over what it likes.
 */
#include "vmm/virtio/net.h"

#include "vmm/fd.h"

#include "base/alloc.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAME_MAX 65535

struct bh_net_socket {
	uint32_t have;             /* bytes of `in`: length, then frame */
	uint32_t out_at, out_size; /* what the socket did not take yet */
	uint8_t in[4 + FRAME_MAX];
	uint8_t out[4 + FRAME_MAX];
};

static int socket_open(struct bh_net *net, const char *host, uint64_t *features)
{
	*features = BH_NET_F_MERGE | BH_VIRTIO_F_INDIRECT | BH_VIRTIO_F_EVENT_INDEX;
	net->socket = bh_try_alloc(1, sizeof(*net->socket));
	if (!net->socket)
		return -ENOMEM;
	net->fd = bh_connect(host);
	if (net->fd < 0 || fcntl(net->fd, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

static void socket_finish(struct bh_net *net)
{
	free(net->socket);
}

/* The peer broke the protocol or is gone: from now on the guest's link has no traffic. */
static void hang_up(struct bh_net *net, const char *why)
{
	if (net->gone)
		return;
	bh_log(net->virtio.log, BH_LOG_WARNING, "%s: network socket: %s", net->virtio.name, why);
	net->gone = true;
	net->socket->have = net->socket->out_size = 0;
	bh_net_listen(net);
}

/* True when nothing waits any more. */
static bool socket_flush(struct bh_net *net)
{
	struct bh_net_socket *s = net->socket;

	while (s->out_size && !net->gone) {
		ssize_t sent =
			send(net->fd, s->out + s->out_at, s->out_size, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			break;
		if (sent <= 0) {
			hang_up(net, "closed by the other side");
			break;
		}
		s->out_at += (uint32_t)sent;
		s->out_size -= (uint32_t)sent;
	}
	net->sending = s->out_size > 0;
	return !net->sending;
}

/* While a frame waits for the socket, further ones are dropped, as a full link drops them. */
static void socket_send(struct bh_net *net, struct iovec *parts, unsigned count)
{
	struct bh_net_socket *s = net->socket;
	uint32_t size = 0;

	if (net->gone || !socket_flush(net)) {
		net->dropped++;
		return;
	}
	count = bh_parts_skip(&parts, count, BH_NET_HEADER);
	for (unsigned i = 0; i < count; i++) {
		if (parts[i].iov_len > FRAME_MAX - size) {
			net->dropped++;
			return;
		}
		memcpy(s->out + 4 + size, parts[i].iov_base, parts[i].iov_len);
		size += (uint32_t)parts[i].iov_len;
	}
	uint32_t length = htobe32(size);
	memcpy(s->out, &length, sizeof(length));
	s->out_at = 0;
	s->out_size = size ? 4 + size : 0;
	if (!socket_flush(net))
		bh_net_listen(net);
}

/* Reads until `want` bytes of length and frame are there. */
static bool have(struct bh_net *net, uint32_t want)
{
	struct bh_net_socket *s = net->socket;

	while (s->have < want) {
		ssize_t count = recv(net->fd, s->in + s->have, want - s->have, MSG_DONTWAIT);
		if (count < 0 && errno == EINTR)
			continue;
		if (count == 0 || (count < 0 && errno != EAGAIN))
			hang_up(net, "closed by the other side");
		if (count <= 0)
			return false;
		s->have += (uint32_t)count;
	}
	return true;
}

static size_t put(struct iovec *parts, unsigned count, const uint8_t *data, size_t size)
{
	size_t done = 0;

	for (unsigned i = 0; i < count && done < size; i++) {
		size_t part = parts[i].iov_len < size - done ? parts[i].iov_len : size - done;
		memcpy(parts[i].iov_base, data + done, part);
		done += part;
	}
	return done;
}

static size_t socket_receive(struct bh_net *net, struct iovec *parts, unsigned count)
{
	static const uint8_t header[BH_NET_HEADER];
	struct bh_net_socket *s = net->socket;
	uint32_t length;

	if (net->gone || !have(net, sizeof(length)))
		return 0;
	memcpy(&length, s->in, sizeof(length));
	length = be32toh(length);
	if (!length || length > FRAME_MAX) {
		hang_up(net, "a frame of impossible length");
		return 0;
	}
	if (!have(net, sizeof(length) + length))
		return 0;
	put(parts, count, header, sizeof(header));
	count = bh_parts_skip(&parts, count, sizeof(header));
	s->have = 0;
	return sizeof(header) + put(parts, count, s->in + sizeof(length), length);
}

const struct bh_net_backend_ops bh_net_socket_ops = {
	.open = socket_open,
	.finish = socket_finish,
	.send = socket_send,
	.receive = socket_receive,
	.writable = socket_flush,
};
