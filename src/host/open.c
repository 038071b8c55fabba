/* SPDX-License-Identifier: Apache-2.0 */
#include "host/open.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/str.h"
#include "base/tap.h"
#include "host/control.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* Keeps the descriptor, or -1 with errno kept. */
static int keep(struct bh_opened *opened, int fd)
{
	if (fd < 0)
		return -1;
	if (opened->count == BH_OPENED_MAX) {
		close(fd);
		errno = EMFILE;
		return -1;
	}
	opened->fds[opened->count++] = fd;
	opened->fds[opened->count] = -1;
	return fd;
}

/* Takes over the string. */
static const char *keep_name(struct bh_opened *opened, char *name)
{
	opened->names[opened->name_count++] = name;
	return name;
}

static const char *name_of(struct bh_opened *opened, int fd)
{
	return keep_name(opened, bh_strf("fd:%d", fd));
}

/* Of the descriptors from `first` on. */
static const char *name_of_all(struct bh_opened *opened, size_t first)
{
	struct bh_buf buf;

	bh_buf_init(&buf);
	for (size_t i = first; i < opened->count; i++)
		bh_buf_addf(&buf, "%s%d", i == first ? "fd:" : ",", opened->fds[i]);
	return keep_name(opened, bh_buf_take(&buf));
}

/* Replaces a path by a descriptor of it. False with errno. */
static bool open_path(struct bh_opened *opened, const char **path, int flags)
{
	int fd = keep(opened, open(*path, flags | O_CLOEXEC));

	if (fd >= 0)
		*path = name_of(opened, fd);
	return fd >= 0;
}

static bool failed(struct bh_diags *diags, const char *code, const char *what, const char *path,
		   const char *hint)
{
	bh_diag_hint(bh_error(diags, code, "%s %s: %s", what, path, strerror(errno)), "%s", hint);
	return false;
}

static int open_tap(const char *name, bool several)
{
	int fd = open(BH_TUN, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	int error = fd < 0 ? 0 : bh_tap_join(fd, name, several);

	if (error) {
		close(fd);
		errno = -error;
		return -1;
	}
	return fd;
}

/* The host's side of a network: a socket, or each queue of a tap. False with errno. */
static bool open_link(struct bh_opened *opened, const struct bh_manifest_virtio *net,
		      unsigned pairs)
{
	if (net->backend == BH_NET_SOCKET) {
		int fd = bh_socket_connect(net->host);
		if (fd < 0)
			errno = -fd;
		return keep(opened, fd) >= 0;
	}
	for (unsigned i = 0; i < pairs; i++) {
		if (keep(opened, open_tap(net->host, pairs > 1)) < 0)
			return false;
	}
	return true;
}

static bool open_vhost_net(struct bh_opened *opened, struct bh_manifest_virtio *net, unsigned pairs)
{
	size_t first = opened->count;

	for (unsigned i = 0; i < pairs; i++) {
		if (keep(opened, open(net->vhost, O_RDWR | O_CLOEXEC)) < 0)
			return false;
	}
	net->vhost = name_of_all(opened, first);
	return true;
}

static bool open_net(struct bh_opened *opened, struct bh_manifest_virtio *net,
		     struct bh_diags *diags)
{
	unsigned pairs = net->backend == BH_NET_TAP_VHOST && net->queues ? net->queues : 1;
	size_t first = opened->count;

	if (!open_link(opened, net, pairs))
		return failed(diags, "E1043", net->name, net->host,
			      "is its network there? `bulkhead apply` makes those of the plan");
	net->host = name_of_all(opened, first);
	net->vhost = "/dev/vhost-net";
	/* The host has seen to these. */
	net->bridge = net->uplink = net->address = NULL;
	net->forwards = false;
	return net->backend != BH_NET_TAP_VHOST || open_vhost_net(opened, net, pairs) ||
	       failed(diags, "E1043", net->name, net->vhost, "load the host's module vhost_net");
}

static bool open_door(struct bh_opened *opened, struct bh_manifest_virtio *virtio,
		      struct bh_backends *backends, struct bh_diags *diags)
{
	int fd = bh_backends_add(backends, virtio);

	if (fd < 0)
		errno = -fd;
	if (keep(opened, fd) < 0)
		return failed(diags, "E1044", virtio->name, "its back end",
			      "look for what uses up the host's descriptors");
	virtio->host = name_of(opened, fd);
	return true;
}

static bool open_virtio(struct bh_opened *opened, struct bh_manifest_virtio *virtio,
			struct bh_backends *backends, struct bh_diags *diags)
{
	const char *path = virtio->host;

	switch (virtio->kind) {
	case BH_VIRTIO_GPU:
	case BH_VIRTIO_FS:
		return open_door(opened, virtio, backends, diags);
	case BH_VIRTIO_BLOCK:
		if (virtio->vhost_user)
			return open_door(opened, virtio, backends, diags);
		return open_path(opened, &virtio->host, virtio->readonly ? O_RDONLY : O_RDWR) ||
		       failed(diags, "E1041", virtio->name, path,
			      "check the VM's disk in bulkhead.toml");
	case BH_VIRTIO_NET:
		return open_net(opened, virtio, diags);
	case BH_VIRTIO_VSOCK:
		virtio->vhost = path = "/dev/vhost-vsock";
		return open_path(opened, &virtio->vhost, O_RDWR) ||
		       failed(diags, "E1042", virtio->name, path,
			      "load the host's module vhost_vsock");
	default:
		return true;
	}
}

/* Buses whose devices are named and bound alike. */
static const char *const buses[] = {"platform", "amba", "pci"};

/* "/dev/vfio/7": what the device's group is called. NULL: it has none. The caller frees it. */
static char *group_path(const char *device)
{
	char target[256];

	for (size_t i = 0; i < sizeof(buses) / sizeof(buses[0]); i++) {
		char *link = bh_strf("/sys/bus/%s/devices/%s/iommu_group", buses[i], device);
		ssize_t length = readlink(link, target, sizeof(target) - 1);

		free(link);
		if (length <= 0)
			continue;
		target[length] = '\0';
		const char *number = strrchr(target, '/');
		if (number)
			return bh_strf("/dev/vfio%s", number);
	}
	return NULL;
}

/* Groups that are open already: a group has one descriptor, however many devices are in it. */
struct groups {
	struct {
		char *path;
		const char *name;
	} items[BH_DEVICES_MAX + BH_FUNCTIONS_MAX];
	size_t count;
};

static const char *open_group(struct bh_opened *opened, struct groups *groups, const char *device,
			      struct bh_diags *diags)
{
	char *path = group_path(device);

	errno = ENODEV;
	for (size_t i = 0; path && i < groups->count; i++) {
		if (!strcmp(groups->items[i].path, path)) {
			free(path);
			return groups->items[i].name;
		}
	}
	const char *name = path;
	if (!path || !open_path(opened, &name, O_RDWR)) {
		struct bh_diag *diag =
			bh_error(diags, "E1050", "device %s cannot be taken", device);
		bh_diag_cause(diag, "%s: %s", path ? path : "no VFIO driver has it",
			      strerror(errno));
		bh_diag_hint(diag,
			     "`bulkhead apply` binds it; `bulkhead status` shows which VM has it");
		free(path);
		return NULL;
	}
	groups->items[groups->count].path = path;
	groups->items[groups->count++].name = name;
	return name;
}

static bool open_devices(struct bh_opened *opened, struct bh_manifest *m, struct bh_diags *diags)
{
	struct groups groups = {.count = 0};
	bool ok = true;

	for (size_t i = 0; i < m->device_count && ok; i++) {
		m->devices[i].group = open_group(opened, &groups, m->devices[i].name, diags);
		ok = m->devices[i].group;
	}
	for (size_t i = 0; i < m->function_count && ok; i++) {
		m->functions[i].group = open_group(opened, &groups, m->functions[i].host, diags);
		ok = m->functions[i].group;
	}
	for (size_t i = 0; i < groups.count; i++)
		free(groups.items[i].path);
	m->container = "/dev/vfio/vfio";
	if (ok && groups.count)
		ok = open_path(opened, &m->container, O_RDWR) ||
		     failed(diags, "E1050", "VFIO", "/dev/vfio/vfio",
			    "load the host's module vfio");
	if (!groups.count)
		m->container = NULL;
	return ok;
}

/* A file that only descriptors lead to. */
static bool write_manifest(struct bh_opened *opened, const struct bh_manifest *m,
			   struct bh_diags *diags)
{
	struct bh_buf blob;

	bh_buf_init(&blob);
	bool ok = bh_manifest_write(m, &blob, diags);
	if (ok) {
		opened->manifest = keep(opened, memfd_create("manifest", MFD_CLOEXEC));
		ok = opened->manifest >= 0 &&
		     bh_write_all(opened->manifest, blob.data, blob.length) == 0;
		if (!ok)
			failed(diags, "E1028", "manifest", m->vm, "is the host out of memory?");
	}
	bh_buf_finish(&blob);
	return ok;
}

static bool open_files(struct bh_opened *opened, struct bh_manifest *m, struct bh_diags *diags)
{
	const char *path = m->kernel;

	if (!open_path(opened, &m->kernel, O_RDONLY))
		return failed(diags, "E1023", "kernel", path,
			      "check `kernel` of the VM in bulkhead.toml");
	path = m->initrd;
	if (path && !open_path(opened, &m->initrd, O_RDONLY))
		return failed(diags, "E1026", "initrd", path,
			      "check `initrd` of the VM in bulkhead.toml");
	return true;
}

static bool open_machine(struct bh_opened *opened, const struct bh_manifest *m,
			 struct bh_diags *diags)
{
	opened->kvm = keep(opened, open("/dev/kvm", O_RDWR | O_CLOEXEC));
	if (opened->kvm < 0)
		return failed(diags, "E1030", "virtualization:", "/dev/kvm",
			      "`bulkhead doctor` shows what is wrong with virtualization here");
	if (m->memory.kind == BH_MEMORY_DIRECT) {
		opened->memory = keep(opened, open("/dev/bulkhead", O_RDWR | O_CLOEXEC));
		if (opened->memory < 0)
			return failed(
				diags, "E1021", "direct memory:", "/dev/bulkhead",
				"load the bulkhead module of this release: modprobe bulkhead");
	}
	return true;
}

bool bh_opened_init(struct bh_opened *opened, const struct bh_manifest *manifest,
		    struct bh_backends *backends, struct bh_diags *diags)
{
	struct bh_manifest *m = bh_alloc(sizeof(*m));

	*opened = (struct bh_opened){.fds = {-1}, .manifest = -1, .kvm = -1, .memory = -1};
	*m = *manifest;
	bool ok = open_files(opened, m, diags);
	for (size_t i = 0; i < m->virtio_count && ok; i++)
		ok = open_virtio(opened, &m->virtio[i], backends, diags);
	ok = ok && open_devices(opened, m, diags) && open_machine(opened, m, diags) &&
	     write_manifest(opened, m, diags);
	free(m);
	return ok;
}

void bh_opened_finish(struct bh_opened *opened)
{
	for (size_t i = 0; i < opened->count; i++)
		close(opened->fds[i]);
	for (size_t i = 0; i < opened->name_count; i++)
		free(opened->names[i]);
	opened->count = opened->name_count = 0;
}
