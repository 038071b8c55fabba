/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tap whose queues the host's kernel processes. Each pair of queues has its own queue of the tap
 * and its own vhost. A pair that the driver does not use has no back end, and its queue of the tap
 * is detached: the kernel then spreads flows over those in use.
 */
#include "vmm/virtio/net.h"

#include "vmm/fd.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/vhost.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define RINGS (BH_NET_F_MERGE | BH_VIRTIO_F_INDIRECT | BH_VIRTIO_F_EVENT_INDEX)

static int attach(const struct bh_net_pair *pair, bool on)
{
	struct ifreq request = {.ifr_flags = on ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE};

	return ioctl(pair->tap, TUNSETQUEUE, &request) < 0 ? -errno : 0;
}

static int open_vhost(struct bh_net *net, unsigned index)
{
	int given = bh_fd_at(net->vhost_path, index);

	return given < 0 ? open(net->vhost_path, O_RDWR | O_CLOEXEC)
			 : fcntl(given, F_DUPFD_CLOEXEC, 3);
}

static int open_pair(struct bh_net *net, unsigned index, const char *host, uint64_t *features)
{
	struct bh_net_pair *pair = &net->pairs[index];
	bool several = net->pair_count > 1;
	uint64_t kernel = 0;

	pair->tap = bh_net_open_tap(host, index, several);
	if (pair->tap < 0)
		return pair->tap;
	int err = bh_vhost_init(&pair->vhost, open_vhost(net, index), &kernel);
	pair->vhost.first = BH_NET_QUEUES * index;
	*features &= kernel;
	return err || !index ? err : attach(pair, false);
}

static int vhost_open(struct bh_net *net, const char *host, uint64_t *features)
{
	uint64_t rings = RINGS;
	int err = 0;

	net->pairs = bh_alloc(net->pair_count * sizeof(*net->pairs));
	for (unsigned i = 0; i < net->pair_count; i++)
		net->pairs[i].tap = net->pairs[i].vhost.fd = -1;
	for (unsigned i = 0; i < net->pair_count && !err; i++)
		err = open_pair(net, i, host, &rings);
	net->fd = net->pairs[0].tap < 0 ? -1 : fcntl(net->pairs[0].tap, F_DUPFD_CLOEXEC, 3);
	*features = BH_NET_OFFLOADS | rings;
	return err;
}

static int set_backend(const struct bh_net_pair *pair, int fd)
{
	for (unsigned i = 0; i < BH_NET_QUEUES; i++) {
		struct vhost_vring_file file = {.index = i, .fd = fd};
		if (ioctl(pair->vhost.fd, VHOST_NET_SET_BACKEND, &file) < 0)
			return -errno;
	}
	return 0;
}

static int start_pair(struct bh_net *net, unsigned index)
{
	struct bh_net_pair *pair = &net->pairs[index];
	int err = index ? attach(pair, true) : 0;

	if (err)
		return err;
	/* What the kernel's side must know of what was agreed; the rest is the tap's matter. */
	err = bh_vhost_start(&pair->vhost, &net->virtio, BH_NET_QUEUES,
			     net->virtio.accepted & (RINGS | BH_VIRTIO_F_VERSION_1));
	if (!err) {
		err = set_backend(pair, pair->tap);
		if (err)
			bh_vhost_stop(&pair->vhost);
	}
	if (err && index)
		attach(pair, false);
	return err;
}

static void stop_pair(struct bh_net *net, unsigned index)
{
	struct bh_net_pair *pair = &net->pairs[index];

	set_backend(pair, -1);
	bh_vhost_stop(&pair->vhost);
	if (index)
		attach(pair, false);
}

static int vhost_use_pairs(struct bh_net *net, unsigned count)
{
	while (net->used > count)
		stop_pair(net, --net->used);
	while (net->used < count) {
		int err = start_pair(net, net->used);
		if (err)
			return err;
		net->used++;
	}
	return 0;
}

static int vhost_start(struct bh_net *net)
{
	int err = bh_net_set_offloads(net);

	return err ? err : vhost_use_pairs(net, 1);
}

static void vhost_stop(struct bh_net *net)
{
	vhost_use_pairs(net, 0);
}

static void vhost_finish(struct bh_net *net)
{
	for (unsigned i = 0; net->pairs && i < net->pair_count; i++) {
		bh_vhost_finish(&net->pairs[i].vhost);
		if (net->pairs[i].tap >= 0)
			close(net->pairs[i].tap);
	}
	free(net->pairs);
}

const struct bh_net_backend_ops bh_net_vhost_ops = {
	.open = vhost_open,
	.use_pairs = vhost_use_pairs,
	.start = vhost_start,
	.stop = vhost_stop,
	.finish = vhost_finish,
};
