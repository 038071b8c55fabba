/* SPDX-License-Identifier: Apache-2.0 */
/*
 * USB devices that are plugged in on the host, and rules of VMs about them. A VM gets controllers
 * whole, never a single device of one: a device that a rule names, on a controller that is not the
 * VM's, is reported with the controller that would have to be assigned.
 */
#ifndef BH_MACHINE_USB_H
#define BH_MACHINE_USB_H

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

/* The first rule that matches; NULL: none does. */
const struct bh_manifest_usb *bh_usb_rule(const struct bh_manifest_usb *rules, size_t count,
					  const struct bh_usb_device *device);

#endif
