/* SPDX-License-Identifier: Apache-2.0 */
/* USB devices that were plugged in when the snapshot was made, or are now when this is the board.
 */
#ifndef BH_PLAN_USB_H
#define BH_PLAN_USB_H

#include "machine/usb.h"
#include "plan/snapshot.h"

#define BH_USB_MAX 1024 /* devices */

struct bh_usb {
	struct bh_usb_device *devices;
	size_t count;
	struct bh_arena arena;
};

/* From a snapshot. False with E0589; finish it in both cases. */
bool bh_usb_from_snapshot(struct bh_usb *usb, const struct bh_snapshot *snapshot,
			  struct bh_diags *diags);
void bh_usb_finish(struct bh_usb *usb);

/* Adds a device's table to a snapshot. */
void bh_usb_to_snapshot(const struct bh_usb_device *device, struct bh_buf *text);

#endif
