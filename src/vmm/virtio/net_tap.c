/* SPDX-License-Identifier: Apache-2.0 */
/* A tap interface, with the virtio header before each packet so that offloads pass through. */
#include "vmm/virtio/net.h"

#include "vmm/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/vhost.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define OFFLOADS                                                                           \
	(BH_NET_F_CSUM | BH_NET_F_GUEST_CSUM | BH_NET_F_GUEST_TSO4 | BH_NET_F_GUEST_TSO6 | \
	 BH_NET_F_GUEST_ECN | BH_NET_F_HOST_TSO4 | BH_NET_F_HOST_TSO6 | BH_NET_F_HOST_ECN)

int bh_net_open_tap(struct bh_net *net, const char *host)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	int header = BH_NET_HEADER, unlimited = INT_MAX;
	bool by_name = bh_fd_of(host) < 0;

	net->fd =
		by_name ? open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK) : bh_open(host, 0);
	if (net->fd < 0)
		return -errno;
	if (by_name) {
		if (strlen(host) >= sizeof(request.ifr_name))
			return -ENAMETOOLONG;
		strcpy(request.ifr_name, host);
		if (ioctl(net->fd, TUNSETIFF, &request) < 0)
			return -errno;
	}
	if (fcntl(net->fd, F_SETFL, O_NONBLOCK) < 0 ||
	    ioctl(net->fd, TUNSETVNETHDRSZ, &header) < 0 || ioctl(net->fd, TUNSETOFFLOAD, 0UL) < 0)
		return -errno;
	/* The default limit holds a guest back that sends large segments. */
	(void)ioctl(net->fd, TUNSETSNDBUF, &unlimited);
	return 0;
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
	*features = OFFLOADS | BH_NET_F_MERGE | BH_VIRTIO_F_INDIRECT | BH_VIRTIO_F_EVENT_INDEX;
	return bh_net_open_tap(net, host);
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

static int vhost_open(struct bh_net *net, const char *host, uint64_t *features)
{
	uint64_t kernel;
	int err = bh_net_open_tap(net, host);

	if (!err)
		err = bh_vhost_init(&net->vhost, net->vhost_path, &kernel);
	*features = OFFLOADS;
	if (!err)
		*features |=
			kernel & (BH_NET_F_MERGE | BH_VIRTIO_F_INDIRECT | BH_VIRTIO_F_EVENT_INDEX);
	return err;
}

static int set_backend(struct bh_net *net, int fd)
{
	for (unsigned i = 0; i < BH_NET_QUEUES; i++) {
		struct vhost_vring_file file = {.index = i, .fd = fd};
		if (ioctl(net->vhost.fd, VHOST_NET_SET_BACKEND, &file) < 0)
			return -errno;
	}
	return 0;
}

static int vhost_start(struct bh_net *net)
{
	/* What the kernel's side must know of what was agreed; the rest is the tap's matter. */
	const uint64_t theirs = BH_NET_F_MERGE | BH_VIRTIO_F_INDIRECT | BH_VIRTIO_F_EVENT_INDEX |
				BH_VIRTIO_F_VERSION_1;
	int err = bh_net_set_offloads(net);

	if (!err)
		err = bh_vhost_start(&net->vhost, &net->virtio, BH_NET_QUEUES,
				     net->virtio.accepted & theirs);
	if (err)
		return err;
	err = set_backend(net, net->fd);
	if (err)
		bh_vhost_stop(&net->vhost);
	return err;
}

static void vhost_stop(struct bh_net *net)
{
	set_backend(net, -1);
	bh_vhost_stop(&net->vhost);
}

static void vhost_finish(struct bh_net *net)
{
	bh_vhost_finish(&net->vhost);
}

const struct bh_net_backend_ops bh_net_vhost_ops = {
	.open = vhost_open,
	.start = vhost_start,
	.stop = vhost_stop,
	.finish = vhost_finish,
};
