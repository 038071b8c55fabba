/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network interfaces that a device's driver has made. One that is up holds on to its driver,
 * so it goes down before the driver is told to let go, and up again when the device stays.
 */
#ifndef BH_HOST_INTERFACES_H
#define BH_HOST_INTERFACES_H

#include "base/diag.h"
#include "host/sys.h"

/*
 * Takes those of the device that are up down, and says which with a note (E1130). `down` gets
 * their names.
 */
void bh_interfaces_down(struct bh_sys *sys, const char *bus, const char *device,
			struct bh_names *down, struct bh_diags *diags);

/* Brings those that are there again up. */
void bh_interfaces_up(struct bh_sys *sys, const struct bh_names *down);

#endif
