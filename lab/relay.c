/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/relay.h"

#include "base/alloc.h"
#include "base/file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* A client that watches the console and does not read is let go. */
#define CLIENT_QUEUE_MAX (4u << 20)

#define CONSOLE_INPUT_MAX (64u << 10)

struct bh_relay_client {
	int fd; /* -1: to be removed */
	bool owner, console;
	struct bh_frame_reader reader;
	struct bh_buf out;
	struct bh_relay_route *route; /* of its command */
	struct bh_relay_client *next;
};

/* A channel in use. Without client: the client left, and the command has not ended yet. */
struct bh_relay_route {
	uint16_t channel;
	struct bh_relay_client *client;
	uint64_t window[BH_STREAMS]; /* what may still be sent of each */
	struct bh_relay_route *next;
};

void bh_relay_init(struct bh_relay *relay, struct bh_line *line, struct bh_console *console)
{
	memset(relay, 0, sizeof(*relay));
	relay->line = line;
	relay->console = console;
	bh_buf_init(&relay->console_input);
}

static void tell(struct bh_relay_client *client, const struct bh_frame *frame)
{
	if (client->fd >= 0)
		bh_frame_put(&client->out, frame);
}

static void tell_text(struct bh_relay_client *client, enum bh_frame_type type, const char *text)
{
	size_t length = strlen(text);
	struct bh_frame frame = {
		.type = type,
		.length = (uint32_t)(length < BH_FRAME_MAX ? length : BH_FRAME_MAX),
		.data = (const uint8_t *)text,
	};

	tell(client, &frame);
}

static void drop_route(struct bh_relay *relay, struct bh_relay_route *route)
{
	struct bh_relay_route **at = &relay->routes;

	while (*at != route)
		at = &(*at)->next;
	*at = route->next;
	if (route->client)
		route->client->route = NULL;
	free(route);
}

static struct bh_relay_route *find_route(struct bh_relay *relay, uint16_t channel)
{
	struct bh_relay_route *route = relay->routes;

	while (route && route->channel != channel)
		route = route->next;
	return route;
}

static void add_route(struct bh_relay *relay, struct bh_relay_client *client)
{
	struct bh_relay_route *route = bh_alloc(sizeof(*route));

	do
		relay->last_channel++;
	while (!relay->last_channel || find_route(relay, relay->last_channel));
	route->channel = relay->last_channel;
	route->client = client;
	for (int i = 0; i < BH_STREAMS; i++)
		route->window[i] = BH_STREAM_WINDOW;
	route->next = relay->routes;
	relay->routes = route;
	client->route = route;
}

static void close_client(struct bh_relay *relay, struct bh_relay_client *client)
{
	if (client->fd < 0)
		return;
	close(client->fd);
	client->fd = -1;
	if (client->route) {
		struct bh_frame close_it = {.type = BH_FRAME_CLOSE,
					    .channel = client->route->channel};
		bh_line_send(relay->line, &close_it);
		client->route->client = NULL;
		client->route = NULL;
	}
	if (client->owner)
		relay->stop = true;
}

static void remove_closed(struct bh_relay *relay)
{
	struct bh_relay_client **at = &relay->clients;

	while (*at) {
		struct bh_relay_client *client = *at;
		if (client->fd >= 0) {
			at = &client->next;
			continue;
		}
		*at = client->next;
		relay->client_count--;
		bh_frame_reader_finish(&client->reader);
		bh_buf_finish(&client->out);
		free(client);
	}
}

void bh_relay_finish(struct bh_relay *relay)
{
	for (struct bh_relay_client *client = relay->clients; client; client = client->next)
		close_client(relay, client);
	remove_closed(relay);
	while (relay->routes)
		drop_route(relay, relay->routes);
	bh_buf_finish(&relay->console_input);
}

void bh_relay_accept(struct bh_relay *relay, int fd, bool owner)
{
	struct bh_relay_client *client = bh_alloc(sizeof(*client));
	struct bh_relay_client **at = &relay->clients;
	struct bh_frame ready = {.type = BH_FRAME_READY};

	client->fd = fd;
	client->owner = owner;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	bh_frame_reader_init(&client->reader, false);
	bh_buf_init(&client->out);
	while (*at)
		at = &(*at)->next;
	*at = client;
	relay->client_count++;
	if (relay->ready)
		tell(client, &ready);
}

/* A stream's bytes or a grant, from either side; false when it is more than the other side allowed.
 */
static bool count_stream(struct bh_relay_route *route, const struct bh_frame *frame)
{
	uint32_t more;

	if (frame->type == BH_FRAME_DATA) {
		if (frame->length > route->window[frame->stream])
			return false;
		route->window[frame->stream] -= frame->length;
	} else if (frame->type == BH_FRAME_GRANT) {
		if (!bh_frame_u32(frame, &more) ||
		    more > BH_STREAM_WINDOW - route->window[frame->stream])
			return false;
		route->window[frame->stream] += more;
	}
	return true;
}

/* What a client may say about its command. */
static bool command_frame(struct bh_relay *relay, struct bh_relay_client *client,
			  const struct bh_frame *frame)
{
	struct bh_frame passed = *frame;
	bool input = frame->stream == BH_STREAM_IN;

	if (frame->type == BH_FRAME_SPAWN) {
		if (client->route || !relay->ready)
			return false;
		add_route(relay, client);
	} else if (!client->route) {
		return true; /* it ended while this was on the way */
	} else if ((frame->type == BH_FRAME_GRANT) == input ||
		   !count_stream(client->route, frame)) {
		return false; /* bytes go to its input, grants to its outputs */
	}
	passed.channel = client->route->channel;
	bh_line_send(relay->line, &passed);
	return true;
}

static bool type_into_console(struct bh_relay *relay, const struct bh_frame *frame)
{
	if (relay->console_input.length < CONSOLE_INPUT_MAX)
		bh_buf_add(&relay->console_input, frame->data, frame->length);
	return true;
}

static void watch_console(struct bh_relay *relay, struct bh_relay_client *client)
{
	const struct bh_buf *kept = &relay->console->kept;
	size_t length = kept->length < BH_FRAME_MAX ? kept->length : BH_FRAME_MAX;
	struct bh_frame data = {
		.type = BH_FRAME_DATA,
		.stream = BH_STREAM_OUT,
		.length = (uint32_t)length,
		.data = (const uint8_t *)bh_buf_str(kept) + kept->length - length,
	};

	client->console = true;
	tell(client, &data);
}

/* False: it does not speak the protocol. */
static bool client_frame(struct bh_relay *relay, struct bh_relay_client *client,
			 const struct bh_frame *frame)
{
	char *text;

	if (frame->windowed)
		return false;
	switch (frame->type) {
	case BH_FRAME_SPAWN:
	case BH_FRAME_SIGNAL:
	case BH_FRAME_CLOSE:
	case BH_FRAME_GRANT:
	case BH_FRAME_END:
		break;
	case BH_FRAME_DATA:
		if (client->console)
			return type_into_console(relay, frame);
		break;
	case BH_FRAME_DETACH:
		client->owner = false;
		return true;
	case BH_FRAME_STATUS:
		text = relay->status(relay->context);
		tell_text(client, BH_FRAME_STATUS, text);
		free(text);
		return true;
	case BH_FRAME_CONSOLE:
		watch_console(relay, client);
		return true;
	case BH_FRAME_DOWN:
		relay->stop = true;
		return true;
	default:
		return false;
	}
	return command_frame(relay, client, frame);
}

static void read_client(struct bh_relay *relay, struct bh_relay_client *client)
{
	char piece[65536];
	struct bh_frame frame;
	int got;
	ssize_t count = read(client->fd, piece, sizeof(piece));

	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count <= 0) {
		close_client(relay, client);
		return;
	}
	bh_frame_reader_add(&client->reader, piece, (size_t)count);
	while ((got = bh_frame_next(&client->reader, &frame)) > 0) {
		if (!client_frame(relay, client, &frame)) {
			close_client(relay, client);
			return;
		}
	}
	if (got < 0)
		close_client(relay, client);
}

static void write_client(struct bh_relay *relay, struct bh_relay_client *client)
{
	ssize_t put = send(client->fd, client->out.data, client->out.length, MSG_NOSIGNAL);

	if (put >= 0)
		bh_buf_drop(&client->out, (size_t)put);
	else if (errno != EAGAIN && errno != EINTR)
		close_client(relay, client);
}

void bh_relay_polls(const struct bh_relay *relay, struct pollfd *polls)
{
	for (struct bh_relay_client *client = relay->clients; client; client = client->next)
		*polls++ =
			(struct pollfd){client->fd, POLLIN | (client->out.length ? POLLOUT : 0), 0};
}

void bh_relay_work(struct bh_relay *relay, const struct pollfd *polls)
{
	for (struct bh_relay_client *client = relay->clients; client; client = client->next) {
		short events = (polls++)->revents;
		if (events & (POLLIN | POLLHUP | POLLERR))
			read_client(relay, client);
		if (client->fd >= 0 && client->out.length)
			write_client(relay, client);
	}
	remove_closed(relay);
}

static void agent_began(struct bh_relay *relay)
{
	struct bh_frame ready = {.type = BH_FRAME_READY};

	/* It was restarted: whatever it ran is gone. */
	while (relay->routes) {
		uint8_t room[4];
		struct bh_frame lost =
			bh_frame_of_u32(BH_FRAME_EXIT, 0, BH_STREAM_IN, 128 + 9, room);
		if (relay->routes->client)
			tell(relay->routes->client, &lost);
		drop_route(relay, relay->routes);
	}
	if (relay->ready)
		bh_line_reset(relay->line);
	else
		for (struct bh_relay_client *client = relay->clients; client; client = client->next)
			tell(client, &ready);
	relay->ready = true;
}

bool bh_relay_agent(struct bh_relay *relay, const struct bh_frame *frame)
{
	uint32_t protocol;

	if (frame->type == BH_FRAME_HELLO) {
		if (!bh_frame_u32(frame, &protocol) || protocol != BH_AGENT_PROTOCOL)
			return false;
		agent_began(relay);
		return true;
	}
	struct bh_relay_route *route = find_route(relay, frame->channel);
	if (!route)
		return true;
	switch (frame->type) {
	case BH_FRAME_DATA:
	case BH_FRAME_END:
	case BH_FRAME_GRANT:
		if ((frame->type == BH_FRAME_GRANT) != (frame->stream == BH_STREAM_IN) ||
		    !count_stream(route, frame))
			return false;
		break;
	case BH_FRAME_EXIT:
		break;
	default:
		return false;
	}
	if (route->client)
		tell(route->client, frame);
	if (frame->type == BH_FRAME_EXIT)
		drop_route(relay, route);
	return true;
}

void bh_relay_console(struct bh_relay *relay, const char *data, size_t size)
{
	struct bh_frame frame = {
		.type = BH_FRAME_DATA,
		.stream = BH_STREAM_OUT,
		.length = (uint32_t)size,
		.data = (const uint8_t *)data,
	};

	assert(size <= BH_FRAME_MAX);
	for (struct bh_relay_client *client = relay->clients; client; client = client->next) {
		if (!client->console)
			continue;
		tell(client, &frame);
		if (client->out.length > CLIENT_QUEUE_MAX)
			close_client(relay, client);
	}
}

void bh_relay_gone(struct bh_relay *relay, const char *text)
{
	for (struct bh_relay_client *client = relay->clients; client; client = client->next) {
		if (client->fd < 0)
			continue;
		tell_text(client, BH_FRAME_GONE, text);
		/* A client that does not read holds this up for a moment only. */
		struct timeval moment = {.tv_sec = 2};
		setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &moment, sizeof(moment));
		fcntl(client->fd, F_SETFL, 0);
		bh_write_all(client->fd, client->out.data, client->out.length);
		close_client(relay, client);
	}
	remove_closed(relay);
}
