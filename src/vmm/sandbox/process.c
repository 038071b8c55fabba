/* SPDX-License-Identifier: Apache-2.0 */
/* What the process gives up as a whole. Each step makes the next one harder to undo. */
#include "vmm/sandbox/sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Where the empty root is mounted before it becomes the root: every system has this folder. */
#define MOUNT_POINT "/proc"

/* Landlock's rights by version, for kernels newer than the headers we were built with. */
#define FILES_V1   ((UINT64_C(1) << 13) - 1)
#define FILES_V2   (UINT64_C(1) << 13) /* refer */
#define FILES_V3   (UINT64_C(1) << 14) /* truncate */
#define FILES_V5   (UINT64_C(1) << 15) /* ioctl on devices */
#define NETWORK_V4 UINT64_C(3)         /* bind, connect */
#define SCOPES_V6  UINT64_C(3)         /* abstract sockets, signals */

struct landlock_ruleset {
	uint64_t files, network, scopes;
};

/* Who the root of our user namespace is outside of it. */
static uint32_t user_outside(void)
{
	unsigned inside, outside = 0;
	FILE *map = fopen("/proc/self/uid_map", "re");

	if (!map || fscanf(map, "%u %u", &inside, &outside) != 2 || inside)
		outside = 0;
	if (map)
		fclose(map);
	return geteuid() + outside;
}

/* A file system with nothing in it becomes the root; what was there is let go. */
static int empty_root(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", MOUNT_POINT, "tmpfs",
		  MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME,
		  "mode=0,nr_inodes=2") ||
	    chdir(MOUNT_POINT))
		return -errno;
	/* An initial RAM disk as root cannot be swapped: the new root goes over it instead. */
	if (syscall(SYS_pivot_root, ".", ".") == 0) {
		if (umount2(".", MNT_DETACH))
			return -errno;
	} else if (errno != EINVAL || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".")) {
		return -errno;
	}
	return chdir("/") ? -errno : 0;
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};

	/* Both need a capability, and there is nothing to drop without. */
	for (int i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
		(void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	(void)prctl(PR_SET_SECUREBITS,
		    SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
			    SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
			    SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED,
		    0, 0, 0);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &header, none) ? -errno : 0;
}

/* All that Landlock knows is forbidden. The version; 0 where the kernel has none. */
static int forbid_files(void)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_ruleset rules = {
		.files = FILES_V1 | (version >= 2 ? FILES_V2 : 0) | (version >= 3 ? FILES_V3 : 0) |
			 (version >= 5 ? FILES_V5 : 0),
		.network = version >= 4 ? NETWORK_V4 : 0,
		.scopes = version >= 6 ? SCOPES_V6 : 0,
	};

	if (version < 1)
		return 0;
	size_t size = version >= 6 ? sizeof(rules) : version >= 4 ? 16 : 8;
	int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
	if (fd < 0)
		return -errno;
	int err = syscall(SYS_landlock_restrict_self, fd, 0) ? -errno : (int)version;
	close(fd);
	return err;
}

/* Queues of two dozen devices, and clients. */
#define DESCRIPTORS_MAX 2048

static int set_limits(void)
{
	const struct rlimit none = {0, 0};
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return -errno;
	if (files.rlim_cur > DESCRIPTORS_MAX)
		files.rlim_cur = DESCRIPTORS_MAX;
	files.rlim_max = files.rlim_cur;
	return setrlimit(RLIMIT_NOFILE, &files) || setrlimit(RLIMIT_CORE, &none) ||
			       setrlimit(RLIMIT_MSGQUEUE, &none)
		       ? -errno
		       : 0;
}

bool bh_sandbox_process(struct bh_sandbox *sandbox, struct bh_diags *diags)
{
	const char *step = "an empty root folder";
	int err = 0;

	/* The log's local time is looked up while there are files. */
	tzset();
	sandbox->user = user_outside();
	if (sandbox->own_root)
		err = empty_root();
	sandbox->no_files = sandbox->own_root && !err;
	if (!err) {
		step = "limits";
		err = set_limits();
	}
	if (!err) {
		step = "no capabilities";
		err = drop_capabilities();
	}
	if (!err) {
		step = "no new privileges";
		err = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
			      ? -errno
			      : 0;
	}
	if (!err) {
		step = "Landlock";
		sandbox->landlock = forbid_files();
		err = sandbox->landlock < 0 ? sandbox->landlock : 0;
	}
	if (!err)
		return true;
	struct bh_diag *diag = bh_error(diags, "E1060", "the VMM cannot confine itself: %s: %s",
					step, strerror(-err));
	bh_diag_hint(diag, "`bulkhead doctor` shows what the host's kernel lacks");
	return false;
}

unsigned bh_sandbox_parts(const struct bh_manifest *manifest)
{
	unsigned has = 0;

	for (size_t i = 0; i < manifest->virtio_count; i++) {
		const struct bh_manifest_virtio *virtio = &manifest->virtio[i];
		bool net = virtio->kind == BH_VIRTIO_NET;

		has |= virtio->pci ? BH_HAS_PCI : 0;
		has |= net && virtio->backend != BH_NET_SOCKET ? BH_HAS_TAP : 0;
		has |= net && virtio->backend == BH_NET_TAP_VHOST ? BH_HAS_VHOST_NET : 0;
		has |= net && virtio->backend != BH_NET_TAP_VHOST ? BH_HAS_NET_LOOP : 0;
		has |= net && virtio->backend == BH_NET_TAP_VHOST && virtio->queues > 1
			       ? BH_HAS_NET_PAIRS
			       : 0;
		has |= virtio->kind == BH_VIRTIO_VSOCK ? BH_HAS_VSOCK : 0;
		has |= virtio->kind == BH_VIRTIO_BALLOON ? BH_HAS_BALLOON : 0;
		has |= bh_virtio_is_served(virtio) ? BH_HAS_VHOST_USER : 0;
	}
	has |= manifest->device_count ? BH_HAS_VFIO : 0;
	has |= manifest->function_count ? BH_HAS_VFIO | BH_HAS_PCI | BH_HAS_VFIO_PCI : 0;
	has |= manifest->scmi.present ? BH_HAS_CONTROLS : 0;
	return has;
}
