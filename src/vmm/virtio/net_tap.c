/* SPDX-License-Identifier: Apache-2.0 */
/* A tap interface, with the virtio header before each packet so that offloads pass through. */
#include "vmm/virtio/net.h"

#include "vmm/fd.h"

#include "base/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int set_up(int fd, const char *name, bool several)
{
	int header = BH_NET_HEADER, unlimited = INT_MAX;
	int error = name ? bh_tap_join(fd, name, several) : 0;

	if (error)
		return error;
	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || ioctl(fd, TUNSETVNETHDRSZ, &header) < 0 ||
	    ioctl(fd, TUNSETOFFLOAD, 0UL) < 0)
		return -errno;
	/* The default limit holds a guest back that sends large segments. */
	(void)ioctl(fd, TUNSETSNDBUF, &unlimited);
	return 0;
}

int bh_net_open_tap(const char *host, unsigned queue, bool several)
{
	int given = bh_fd_at(host, queue);
	int fd = given < 0 ? open(BH_TUN, O_RDWR | O_CLOEXEC | O_NONBLOCK)
			   : fcntl(given, F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		return -errno;
	int err = set_up(fd, given < 0 ? host : NULL, several);
	if (err)
		close(fd);
	return err ? err : fd;
}

int bh_net_set_offloads(struct bh_net *net)
{
	static const struct {
		uint64_t feature;
		unsigned long flag;
	} pairs[] = {
		{BH_NET_F_GUEST_CSUM, TUN_F_CSUM},
		{BH_NET_F_GUEST_TSO4, TUN_F_TSO4},
		{BH_NET_F_GUEST_TSO6, TUN_F_TSO6},
		{BH_NET_F_GUEST_ECN, TUN_F_TSO_ECN},
	};
	unsigned long flags = 0;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		flags |= net->virtio.accepted & pairs[i].feature ? pairs[i].flag : 0;
	/* Segments without checksums are not a thing. */
	if (!(flags & TUN_F_CSUM))
		flags = 0;
	return ioctl(net->fd, TUNSETOFFLOAD, flags) < 0 ? -errno : 0;
}

static int tap_open(struct bh_net *net, const char *host, uint64_t *features)
{
	*features =
		BH_NET_OFFLOADS | BH_NET_F_MERGE | BH_VIRTIO_F_INDIRECT | BH_VIRTIO_F_EVENT_INDEX;
	net->fd = bh_net_open_tap(host, 0, false);
	return net->fd < 0 ? net->fd : 0;
}

static void tap_send(struct bh_net *net, struct iovec *parts, unsigned count)
{
	if (writev(net->fd, parts, (int)count) < 0)
		net->dropped++;
}

static size_t tap_receive(struct bh_net *net, struct iovec *parts, unsigned count)
{
	ssize_t size = readv(net->fd, parts, (int)count);

	return size > 0 ? (size_t)size : 0;
}

const struct bh_net_backend_ops bh_net_tap_ops = {
	.open = tap_open,
	.start = bh_net_set_offloads,
	.send = tap_send,
	.receive = tap_receive,
};
