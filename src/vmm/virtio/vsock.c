/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets between guest and host; the host's kernel does the work. */
#include "vmm/fd.h"
#include "vmm/virtio/kinds.h"
#include "vmm/virtio/vhost.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vhost.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

enum { RECEIVE, TRANSMIT, EVENT, QUEUES };

struct bh_vsock {
	struct bh_virtio virtio;
	struct bh_vhost vhost;
	uint64_t cid; /* also the configuration */
};

static int run(struct bh_vsock *vsock, int on)
{
	return ioctl(vsock->vhost.fd, VHOST_VSOCK_SET_RUNNING, &on) < 0 ? -errno : 0;
}

static int start(struct bh_virtio *device)
{
	struct bh_vsock *vsock = (struct bh_vsock *)device;
	int err = bh_vhost_start(&vsock->vhost, device, EVENT, device->accepted);

	if (!err)
		err = run(vsock, 1);
	return err;
}

static void stop(struct bh_virtio *device)
{
	struct bh_vsock *vsock = (struct bh_vsock *)device;

	run(vsock, 0);
	bh_vhost_stop(&vsock->vhost);
}

static void destroy(struct bh_virtio *device)
{
	struct bh_vsock *vsock = (struct bh_vsock *)device;

	bh_virtio_finish(device);
	bh_vhost_finish(&vsock->vhost);
	free(vsock);
}

static const struct bh_virtio_ops ops = {
	.id = 19, .pci_class = 0x078000, .start = start, .stop = stop, .destroy = destroy};

struct bh_virtio *bh_vsock_create(const struct bh_manifest_virtio *manifest,
				  const struct bh_virtio_host *host, struct bh_diags *diags)
{
	struct bh_vsock *vsock = bh_alloc(sizeof(*vsock));
	const char *path = manifest->vhost ? manifest->vhost : "/dev/vhost-vsock";
	uint64_t features = 0;

	vsock->cid = manifest->cid;
	int err = bh_vhost_init(&vsock->vhost, bh_open(path, O_RDWR), &features);
	if (!err && ioctl(vsock->vhost.fd, VHOST_VSOCK_SET_GUEST_CID, &vsock->cid) < 0)
		err = -errno;
	/* Of the kernel's features those that rings have; others would need more of us. */
	features &= BH_VIRTIO_F_INDIRECT | BH_VIRTIO_F_EVENT_INDEX;
	if (!err)
		err = bh_virtio_init(&vsock->virtio, &ops, manifest->name, host, features, QUEUES,
				     false);
	vsock->virtio.config = (uint8_t *)&vsock->cid;
	vsock->virtio.config_size = sizeof(vsock->cid);
	if (!err)
		return &vsock->virtio;
	bh_diag_hint(
		bh_error(diags, "E1042", "%s: %s: %s", manifest->name, path,
			 err == -EADDRINUSE ? "another VM has this context id" : strerror(-err)),
		"load the host's module vhost_vsock, and give each VM its own cid");
	destroy(&vsock->virtio);
	return NULL;
}
