/* SPDX-License-Identifier: Apache-2.0 */
/* Which hardware carries the host's root file system: it can never be given away. */
#include "plan/probe.h"

#include "base/alloc.h"
#include "base/str.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 8 /* of block devices on each other */

static void find_disk(struct bh_probe *probe, const char *device, int depth);

static void visit_slave(struct bh_probe *probe, const char *name, void *data)
{
	char *device = bh_strf("sys/class/block/%s", name);

	find_disk(probe, device, *(const int *)data + 1);
	free(device);
}

/* Where a block device hangs; of one made of others (LVM, encryption, RAID), where those do. */
static void find_disk(struct bh_probe *probe, const char *device, int depth)
{
	char target[PATH_MAX];
	char *folder;

	if (depth > DEPTH_MAX || !bh_probe_link(probe, target, sizeof(target), "%s", device))
		return;
	bh_buf_addf(&probe->root_path, "%s/\n", target);
	folder = bh_strf("%s/slaves", device);
	bh_probe_each(probe, folder, visit_slave, &depth);
	free(folder);
}

/* The innermost platform device on the way to each disk. */
static void mark_platform(struct bh_probe *probe)
{
	char *paths = bh_strdup(bh_buf_str(&probe->root_path)), *save_line = NULL;
	char target[PATH_MAX];

	for (char *path = strtok_r(paths, "\n", &save_line); path;
	     path = strtok_r(NULL, "\n", &save_line)) {
		const char *innermost = NULL;
		char *save = NULL;

		for (char *part = strtok_r(path, "/", &save); part;
		     part = strtok_r(NULL, "/", &save))
			if (bh_probe_link(probe, target, sizeof(target),
					  "sys/bus/platform/devices/%s", part))
				innermost = part;
		if (innermost)
			bh_probe_device(probe, innermost)->root = true;
	}
	free(paths);
}

/* mountinfo: "id parent MAJOR:MINOR root MOUNTPOINT ...". */
void bh_probe_root(struct bh_probe *probe)
{
	char *mounts = bh_probe_read(probe, "proc/self/mountinfo"), *save = NULL;

	for (char *line = mounts ? strtok_r(mounts, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		unsigned major, minor;
		char point[8];

		if (sscanf(line, "%*u %*u %u:%u %*s %7s", &major, &minor, point) != 3 ||
		    !bh_str_eq(point, "/"))
			continue;
		char *device = bh_strf("sys/dev/block/%u:%u", major, minor);
		find_disk(probe, device, 0);
		free(device);
	}
	free(mounts);
	mark_platform(probe);
}
