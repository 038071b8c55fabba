/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One end of the line between supervisor and agent: frames over a descriptor that does not block,
 * and the window beside it.
 *
 * A UART's receiver on the board drops what nobody reads in time, so the supervisor keeps at most
 * BH_LINE_AHEAD bytes on the way that the agent has not said it read (BH_FRAME_CREDIT). A line that
 * drops nothing may have more on the way.
 */
#ifndef BH_LAB_LINE_H
#define BH_LAB_LINE_H

#include "lab/frame.h"
#include "lab/window.h"

#define BH_LINE_AHEAD      (16u << 10)
#define BH_LINE_AHEAD_SURE (512u << 10)

struct bh_line {
	int fd;
	bool host;      /* the supervisor's end */
	uint32_t ahead; /* host: most that may be on the way */
	struct bh_frame_reader reader;
	struct bh_buf out;
	struct bh_frame_reader
		waiting;       /* queued until the window has room: a UART is too slow for them */
	struct bh_buf copy;    /* what came through the window last */
	uint32_t on_the_way;   /* host: sent and not yet credited */
	uint32_t not_credited; /* agent: read and not yet said */
	struct bh_window window;
};

/* `window`: BH_WINDOW_SIZE bytes that both see, or NULL. */
void bh_line_init(struct bh_line *line, int fd, bool host, void *window);
void bh_line_finish(struct bh_line *line); /* does not close the descriptor */

/* Queues a frame; the bytes of long ones go through the window, where there is one. Order is kept.
 */
void bh_line_send(struct bh_line *line, const struct bh_frame *frame);
size_t bh_line_queued(const struct bh_line *line); /* bytes */
bool bh_line_wants_write(const struct bh_line *line);

/* Each does what can be done now: 0, -EPIPE at the end of the line, or another -errno. */
int bh_line_flush(struct bh_line *line);
int bh_line_fill(struct bh_line *line);

/* As bh_frame_next(), with windowed data copied out; frames of the line itself are not shown. */
int bh_line_next(struct bh_line *line, struct bh_frame *frame);

/* The other end began anew: what was on the way is lost. */
void bh_line_reset(struct bh_line *line);

#endif
