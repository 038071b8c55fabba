/* SPDX-License-Identifier: Apache-2.0 */
/* Taps: network interfaces of the kernel whose other end is a descriptor of /dev/net/tun. */
#ifndef BH_BASE_TAP_H
#define BH_BASE_TAP_H

#include <stdbool.h>

#define BH_TUN "/dev/net/tun"

/*
 * Makes a descriptor of BH_TUN a queue of this tap, which is made when it is not there; packets
 * have a virtio header and nothing else before them. `several`: the tap may have more queues. 0 or
 * a negative errno.
 */
int bh_tap_join(int fd, const char *name, bool several);

#endif
