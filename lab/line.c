/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/line.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Shorter frames are not worth a slot. */
#define WINDOW_LEAST 512u

/* Read in one go. */
#define FILL_MOST 65536u

/* The agent credits after so many bytes: often enough that the host never stands still. */
#define CREDIT_STEP (BH_LINE_AHEAD / 4)

void bh_line_init(struct bh_line *line, int fd, bool host, void *window)
{
	memset(line, 0, sizeof(*line));
	line->fd = fd;
	line->host = host;
	line->ahead = BH_LINE_AHEAD;
	bh_frame_reader_init(&line->reader, true);
	bh_frame_reader_init(&line->waiting, false);
	bh_buf_init(&line->out);
	bh_buf_init(&line->copy);
	bh_window_init(&line->window, window, host);
}

void bh_line_finish(struct bh_line *line)
{
	bh_frame_reader_finish(&line->reader);
	bh_frame_reader_finish(&line->waiting);
	bh_buf_finish(&line->out);
	bh_buf_finish(&line->copy);
}

/* False: it needs a slot of the window, and none is free. */
static bool queue(struct bh_line *line, const struct bh_frame *frame)
{
	struct bh_frame sent = *frame;

	if (line->window.out && frame->type == BH_FRAME_DATA && frame->length >= WINDOW_LEAST) {
		if (!bh_window_put(&line->window, frame->data, frame->length, &sent.slot))
			return false;
		sent.windowed = true;
	}
	bh_frame_put(&line->out, &sent);
	return true;
}

static void queue_waiting(struct bh_line *line)
{
	struct bh_frame_reader at = line->waiting;
	struct bh_frame frame;

	while (bh_frame_next(&at, &frame) > 0 && queue(line, &frame))
		line->waiting.used = at.used;
}

static size_t waiting(const struct bh_line *line)
{
	return line->waiting.in.length - line->waiting.used;
}

void bh_line_send(struct bh_line *line, const struct bh_frame *frame)
{
	struct bh_buf bytes;

	if (!waiting(line) && queue(line, frame))
		return;
	bh_buf_init(&bytes);
	bh_frame_put(&bytes, frame);
	bh_frame_reader_add(&line->waiting, bytes.data, bytes.length);
	bh_buf_finish(&bytes);
}

size_t bh_line_queued(const struct bh_line *line)
{
	return line->out.length + waiting(line);
}

/* How much may be written now. */
static size_t allowed(const struct bh_line *line)
{
	size_t room = line->host ? line->ahead - line->on_the_way : line->out.length;

	return room < line->out.length ? room : line->out.length;
}

bool bh_line_wants_write(const struct bh_line *line)
{
	return allowed(line) > 0;
}

int bh_line_flush(struct bh_line *line)
{
	size_t count;

	queue_waiting(line);
	while ((count = allowed(line)) > 0) {
		ssize_t put = write(line->fd, line->out.data, count);
		if (put < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		bh_buf_drop(&line->out, (size_t)put);
		if (line->host)
			line->on_the_way += (uint32_t)put;
	}
	return 0;
}

static void give_credit(struct bh_line *line)
{
	uint8_t room[4];
	struct bh_frame credit =
		bh_frame_of_u32(BH_FRAME_CREDIT, 0, BH_STREAM_IN, line->not_credited, room);

	bh_frame_put(&line->out, &credit);
	line->not_credited = 0;
}

int bh_line_fill(struct bh_line *line)
{
	char piece[16384];
	size_t total = 0;
	ssize_t got = 0;

	/* A virtio port gives a page at a time: take what is there before anything is done. */
	while (total < FILL_MOST && (got = read(line->fd, piece, sizeof(piece))) > 0) {
		bh_frame_reader_add(&line->reader, piece, (size_t)got);
		total += (size_t)got;
	}
	line->not_credited += line->host ? 0 : (uint32_t)total;
	if (line->not_credited >= CREDIT_STEP)
		give_credit(line);
	if (total || (got < 0 && (errno == EAGAIN || errno == EINTR)))
		return 0;
	return got < 0 ? -errno : -EPIPE;
}

/* 1: it was a frame of the line itself; 0: it was not; -EBADMSG */
static int own_frame(struct bh_line *line, const struct bh_frame *frame)
{
	uint32_t count;

	switch (frame->type) {
	case BH_FRAME_CREDIT:
		if (!line->host || !bh_frame_u32(frame, &count) || count > line->on_the_way)
			return -EBADMSG;
		line->on_the_way -= count;
		return 1;
	case BH_FRAME_FREE:
		return bh_window_free(&line->window, frame->slot) ? 1 : -EBADMSG;
	default:
		return 0;
	}
}

int bh_line_next(struct bh_line *line, struct bh_frame *frame)
{
	for (;;) {
		int got = bh_frame_next(&line->reader, frame);
		if (got <= 0)
			return got;
		got = own_frame(line, frame);
		if (got < 0)
			return got;
		if (got)
			continue;
		if (!frame->windowed)
			return 1;
		if (!bh_window_get(&line->window, frame->slot, frame->length, &line->copy))
			return -EBADMSG;
		struct bh_frame done = {.type = BH_FRAME_FREE, .slot = frame->slot};
		bh_frame_put(&line->out, &done);
		frame->windowed = false;
		frame->data = (const uint8_t *)bh_buf_str(&line->copy);
		return 1;
	}
}

void bh_line_reset(struct bh_line *line)
{
	bh_buf_clear(&line->out);
	line->waiting.used = line->waiting.in.length;
	line->on_the_way = 0;
	memset(line->window.taken, 0, sizeof(line->window.taken));
	line->window.taken_count = 0;
}
