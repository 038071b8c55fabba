/* SPDX-License-Identifier: Apache-2.0 */
/* USB devices on controllers that the host keeps, as sysfs has them. */
#ifndef BH_HOST_USB_H
#define BH_HOST_USB_H

#include "host/sys.h"
#include "machine/usb.h"

/* Those that are plugged in, without hubs of controllers: their ports. */
void bh_usb_list(struct bh_sys *sys, struct bh_names *ports);

/* False when it is gone, or not yet whole. */
bool bh_usb_read(struct bh_sys *sys, const char *port, struct bh_usb_device *device);

/* Whether the first rule that matches gives the device to the VM. */
bool bh_usb_is_wanted(const struct bh_manifest *manifest, const struct bh_usb_device *device);

#endif
