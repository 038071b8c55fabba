/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What servers of a VM run as: users that nobody else is. A folder that such a server shares is
 * mounted for it in its own namespace, at the same place, with the owners of files moved to its
 * users (an idmapped mount): on the disk they keep the numbers that the guest gives them.
 */
#ifndef BH_HOST_SHARE_H
#define BH_HOST_SHARE_H

#include <stdbool.h>
#include <sys/types.h>

/* In the new user namespace of this process, 0 and so on are `first` and so on. 0 or a negative
 * errno. */
int bh_share_map_users(pid_t pid, uid_t first, unsigned count);

/* For a process that has new user and mount namespaces, with users mapped. 0 or a negative errno;
 * -EINVAL: the file system cannot be mounted so. */
int bh_share_mount(pid_t pid, const char *folder, bool readonly);

#endif
