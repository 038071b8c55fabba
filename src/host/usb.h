/* SPDX-License-Identifier: Apache-2.0 */
/*
 * USB devices on controllers that the host keeps, and rules of VMs about them. A VM gets
 * controllers whole, never a single device of one: a device that a rule names, on a controller of
 * the host, is reported with the controller that would have to be assigned.
 */
#ifndef BH_HOST_USB_H
#define BH_HOST_USB_H

#include "host/sys.h"
#include "machine/manifest.h"

#define BH_USB_CLASSES 17 /* the device's own and those of its interfaces */

struct bh_usb_device {
	uint16_t vendor, product;
	struct bh_usb_class {
		uint8_t class, subclass, protocol;
	} classes[BH_USB_CLASSES];
	size_t class_count;
	char port[32];       /* "1-1.2" */
	char controller[64]; /* the host's device: "0000:00:03.0", "38100000.usb" */
};

/* Those that are plugged in, without hubs of controllers: their ports. */
void bh_usb_list(struct bh_sys *sys, struct bh_names *ports);

/* False when it is gone, or not yet whole. */
bool bh_usb_read(struct bh_sys *sys, const char *port, struct bh_usb_device *device);

/* Whether the first rule that matches gives the device to the VM. */
bool bh_usb_is_wanted(const struct bh_manifest *manifest, const struct bh_usb_device *device);

#endif
