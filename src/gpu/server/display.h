/* SPDX-License-Identifier: Apache-2.0 */
/* The socket over which a vhost-user-gpu device talks to the VMM's display. */
#ifndef BH_GPU_SERVER_DISPLAY_H
#define BH_GPU_SERVER_DISPLAY_H

#include "base/buf.h"
#include "gpu/device/device.h"

#define BH_DISPLAY_PENDING_MAX (24u << 20) /* bytes that wait for a VMM that does not read */

struct bh_display {
	int fd; /* -1: none */
	bool broken;
	uint64_t features; /* of the protocol, once the VMM told */
	bool ready;
	bool stale;            /* an update was left out because the VMM did not read */
	struct bh_buf pending; /* what the socket did not take yet, from `sent` on */
	size_t sent;
	const struct bh_log *log;
};

void bh_display_init(struct bh_display *display, const struct bh_log *log);
void bh_display_finish(struct bh_display *display);

/* Takes the descriptor and asks what the other side can do. */
void bh_display_open(struct bh_display *display, int fd);

void bh_display_scanout(struct bh_display *display, uint32_t scanout, uint32_t width,
			uint32_t height);
/*
 * Where the pixels of an update go, written before the next call. NULL: they are not taken, either
 * because nobody would get them or because there are too many already.
 */
void *bh_display_update(struct bh_display *display, uint32_t scanout,
			const struct bh_gpu_rect *rect);
void bh_display_updated(struct bh_display *display); /* all of them are written */
void bh_display_cursor(struct bh_display *display, const struct virtio_gpu_cursor_pos *at,
		       uint32_t hot_x, uint32_t hot_y, bool visible, const void *pixels);

/*
 * Nothing above waits for the VMM, which may be waiting for us. Sends more of what is pending; true
 * when all is sent and updates were left out: the device is to resume.
 */
bool bh_display_flush(struct bh_display *display);
bool bh_display_has_pending(const struct bh_display *display);

/* Asks what a guest's command asked. False when there is nobody to ask. */
bool bh_display_ask_info(struct bh_display *display);
bool bh_display_ask_edid(struct bh_display *display, uint32_t scanout);

/*
 * Reads one answer. `response` (BH_DEVICE_RESPONSE_MAX bytes) gets that of a question, ready for
 * the guest: returns its length, 0 when it was of no question, negative when the socket broke.
 */
int bh_display_read(struct bh_display *display, void *response);

#endif
