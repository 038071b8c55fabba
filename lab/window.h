/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A window of memory that the supervisor and the board both see, for boards whose line to the agent
 * is a UART: bytes go through the window, and the line says in which slot they lie. The board's
 * device tree reserves the memory; the supervisor maps the same page of QEMU's RAM.
 *
 * Each direction has slots of its own. The sender takes one, fills it and names it in a frame; the
 * receiver copies it out and sends it back with BH_FRAME_FREE.
 */
#ifndef BH_LAB_WINDOW_H
#define BH_LAB_WINDOW_H

#include "lab/frame.h"

#define BH_WINDOW_SLOTS 16u /* a direction, each of BH_FRAME_MAX bytes */
#define BH_WINDOW_SIZE  (2u * BH_WINDOW_SLOTS * BH_FRAME_MAX)

/* The node under /reserved-memory by which the agent finds it. */
#define BH_WINDOW_COMPATIBLE "bulkhead,lab-window"

struct bh_window {
	volatile uint64_t *out, *in; /* NULL: there is none */
	bool taken[BH_WINDOW_SLOTS];
	unsigned taken_count;
};

/* `memory`: BH_WINDOW_SIZE bytes, aligned to a page; the first half is for what the host sends. */
void bh_window_init(struct bh_window *window, void *memory, bool host);

/* Puts bytes into a free slot; false when there is none. */
bool bh_window_put(struct bh_window *window, const uint8_t *data, uint32_t length, uint16_t *slot);

/* Copies `length` bytes out of a slot; false when the other side named one that cannot be. */
bool bh_window_get(const struct bh_window *window, uint16_t slot, uint32_t length,
		   struct bh_buf *into);

/* The other side has read it; false when it never was taken. */
bool bh_window_free(struct bh_window *window, uint16_t slot);

#endif
