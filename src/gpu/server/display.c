/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/server/display.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The messages of the vhost-user-gpu protocol. */
enum {
	GET_PROTOCOL_FEATURES = 1,
	SET_PROTOCOL_FEATURES = 2,
	GET_DISPLAY_INFO = 3,
	CURSOR_POS = 4,
	CURSOR_POS_HIDE = 5,
	CURSOR_UPDATE = 6,
	SCANOUT = 7,
	UPDATE = 8,
	GET_EDID = 11,
};

#define FEATURE_EDID (1u << 0)
#define FLAG_REPLY   4u

#define CURSOR_BYTES (BH_DEVICE_CURSOR_SIZE * BH_DEVICE_CURSOR_SIZE * 4)

struct header {
	uint32_t request, flags, size;
};

struct cursor_position {
	uint32_t scanout, x, y;
};

struct cursor_update {
	struct cursor_position position;
	uint32_t hot_x, hot_y;
};

struct update {
	uint32_t scanout, x, y, width, height;
};

void bh_display_init(struct bh_display *display, const struct bh_log *log)
{
	*display = (struct bh_display){.fd = -1, .log = log};
}

void bh_display_finish(struct bh_display *display)
{
	if (display->fd >= 0)
		close(display->fd);
	display->fd = -1;
	bh_buf_finish(&display->pending);
	display->sent = 0;
}

static void give_up(struct bh_display *display, const char *what)
{
	bh_log(display->log, BH_LOG_WARNING, "the display's socket: %s", what);
	display->broken = true;
}

static bool can_talk(const struct bh_display *display)
{
	return display->fd >= 0 && !display->broken;
}

bool bh_display_has_pending(const struct bh_display *display)
{
	return can_talk(display) && display->sent < display->pending.length;
}

bool bh_display_flush(struct bh_display *display)
{
	bool stale = display->stale;

	while (bh_display_has_pending(display)) {
		ssize_t done =
			send(display->fd, display->pending.data + display->sent,
			     display->pending.length - display->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && errno == EAGAIN)
			return false;
		if (done < 0) {
			give_up(display, strerror(errno));
			return false;
		}
		display->sent += (size_t)done;
	}
	bh_buf_clear(&display->pending);
	display->sent = 0;
	display->stale = false;
	return stale;
}

/* What was sent gives its room back before more is added. */
static void add_message(struct bh_display *display, uint32_t request, const void *body,
			size_t body_size, size_t tail_size)
{
	struct header header = {.request = request, .size = (uint32_t)(body_size + tail_size)};

	/* Updates have stopped long before: small messages without end. */
	if (display->pending.length - display->sent > 2 * BH_DISPLAY_PENDING_MAX) {
		give_up(display, "it is not read");
		return;
	}
	if (display->sent >= display->pending.length - display->sent) {
		bh_buf_drop(&display->pending, display->sent);
		display->sent = 0;
	}
	bh_buf_add(&display->pending, &header, sizeof(header));
	bh_buf_add(&display->pending, body, body_size);
}

static void send_message(struct bh_display *display, uint32_t request, const void *body,
			 size_t body_size)
{
	if (!can_talk(display))
		return;
	add_message(display, request, body, body_size, 0);
	bh_display_updated(display);
}

void bh_display_open(struct bh_display *display, int fd)
{
	bh_display_finish(display);
	display->fd = fd;
	display->broken = display->ready = display->stale = false;
	/* The answer comes later: the VMM may be waiting for us in the meantime. */
	send_message(display, GET_PROTOCOL_FEATURES, NULL, 0);
}

void bh_display_scanout(struct bh_display *display, uint32_t scanout, uint32_t width,
			uint32_t height)
{
	uint32_t body[] = {scanout, width, height};

	send_message(display, SCANOUT, body, sizeof(body));
}

void *bh_display_update(struct bh_display *display, uint32_t scanout,
			const struct bh_gpu_rect *rect)
{
	struct update body = {scanout, rect->x, rect->y, rect->w, rect->h};
	size_t size = (size_t)rect->w * rect->h * 4;

	if (!can_talk(display))
		return NULL;
	if (display->pending.length - display->sent > BH_DISPLAY_PENDING_MAX) {
		display->stale = true;
		return NULL;
	}
	add_message(display, UPDATE, &body, sizeof(body), size);
	return bh_buf_extend(&display->pending, size);
}

void bh_display_updated(struct bh_display *display)
{
	/* What is stale stays so until the owner asks. */
	if (!display->stale)
		(void)bh_display_flush(display);
}

void bh_display_cursor(struct bh_display *display, const struct virtio_gpu_cursor_pos *at,
		       uint32_t hot_x, uint32_t hot_y, bool visible, const void *pixels)
{
	struct cursor_update body = {{at->scanout_id, at->x, at->y}, hot_x, hot_y};

	if (!pixels) {
		send_message(display, visible ? CURSOR_POS : CURSOR_POS_HIDE, &body.position,
			     sizeof(body.position));
		return;
	}
	if (!can_talk(display))
		return;
	add_message(display, CURSOR_UPDATE, &body, sizeof(body), CURSOR_BYTES);
	bh_buf_add(&display->pending, pixels, CURSOR_BYTES);
	bh_display_updated(display);
}

bool bh_display_ask_info(struct bh_display *display)
{
	if (!display->ready)
		return false;
	send_message(display, GET_DISPLAY_INFO, NULL, 0);
	return can_talk(display);
}

bool bh_display_ask_edid(struct bh_display *display, uint32_t scanout)
{
	if (!display->ready || !(display->features & FEATURE_EDID))
		return false;
	send_message(display, GET_EDID, &scanout, sizeof(scanout));
	return can_talk(display);
}

/* Waits for all of it: what began to arrive arrives soon. */
static int receive(struct bh_display *display, void *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = recv(display->fd, (uint8_t *)data + done, size - done, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			give_up(display, got ? strerror(errno) : "closed");
			return -EPIPE;
		}
		done += (size_t)got;
	}
	return 0;
}

static int read_features(struct bh_display *display, uint32_t size)
{
	uint64_t wanted;

	if (size != sizeof(display->features) ||
	    receive(display, &display->features, sizeof(display->features)))
		return -EPROTO;
	wanted = display->features & FEATURE_EDID;
	display->features = wanted;
	display->ready = true;
	send_message(display, SET_PROTOCOL_FEATURES, &wanted, sizeof(wanted));
	return 0;
}

int bh_display_read(struct bh_display *display, void *response)
{
	struct header header;
	size_t expected;
	int result = receive(display, &header, sizeof(header));

	if (result)
		return result;
	if (header.request == GET_PROTOCOL_FEATURES && header.flags & FLAG_REPLY) {
		result = read_features(display, header.size);
	} else {
		expected = header.request == GET_DISPLAY_INFO
				   ? sizeof(struct virtio_gpu_resp_display_info)
			   : header.request == GET_EDID ? sizeof(struct virtio_gpu_resp_edid)
							: 0;
		if (!expected || header.size != expected || !(header.flags & FLAG_REPLY))
			result = -EPROTO;
		else if (!receive(display, response, expected))
			return (int)expected;
		else
			result = -EPIPE;
	}
	if (result)
		give_up(display, "a message that makes no sense");
	return result;
}
