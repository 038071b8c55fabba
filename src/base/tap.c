/* SPDX-License-Identifier: Apache-2.0 */
#include "base/tap.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>

int bh_tap_join(int fd, const char *name, bool several)
{
	struct ifreq request = {.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR |
						     (several ? IFF_MULTI_QUEUE : 0))};

	if (strlen(name) >= sizeof(request.ifr_name))
		return -ENAMETOOLONG;
	strcpy(request.ifr_name, name);
	return ioctl(fd, TUNSETIFF, &request) < 0 ? -errno : 0;
}
