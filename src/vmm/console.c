/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/console.h"

#include "vmm/fd.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_terminal(const struct bh_console_client *client)
{
	return client->out != client->watch.fd;
}

static void drop_client(struct bh_console_client *client)
{
	bool ours = !is_terminal(client);

	bh_loop_remove(client->console->loop, &client->watch);
	if (ours)
		close(client->watch.fd);
	client->watch.fd = -1;
}

/* A terminal whose input ended still shows output. */
static void end_of_input(struct bh_console_client *client)
{
	if (is_terminal(client))
		bh_loop_remove(client->console->loop, &client->watch);
	else
		drop_client(client);
}

/* A slow client loses output; the guest does not wait for it. */
static void send_to(struct bh_console_client *client, const char *data, size_t size)
{
	ssize_t sent = is_terminal(client)
			       ? write(client->out, data, size)
			       : send(client->out, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent < 0 || (size_t)sent < size)
		client->console->dropped += size - (sent > 0 ? (size_t)sent : 0);
}

static void flush_locked(struct bh_console *console)
{
	if (!console->output_length)
		return;
	if (console->log >= 0)
		(void)bh_write_all(console->log, console->output, console->output_length);
	for (int i = 0; i < BH_CONSOLE_CLIENTS; i++) {
		if (console->clients[i].watch.fd >= 0)
			send_to(&console->clients[i], console->output, console->output_length);
	}
	console->output_length = 0;
}

void bh_console_flush(struct bh_console *console)
{
	pthread_mutex_lock(&console->lock);
	flush_locked(console);
	pthread_mutex_unlock(&console->lock);
}

static void output_waits(void *owner, uint32_t events)
{
	struct bh_console *console = owner;
	uint64_t count;

	(void)events;
	(void)!read(console->flusher.fd, &count, sizeof(count));
	bh_console_flush(console);
}

static void remember(struct bh_console *console, const char *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		console->history[(console->written + i) % BH_CONSOLE_HISTORY] = data[i];
	console->written += size;
}

void bh_console_write(struct bh_console *console, const char *data, size_t size)
{
	uint64_t one = 1;

	pthread_mutex_lock(&console->lock);
	/* The loop writes, so that a guest that prints byte by byte costs one write a line. */
	if (size && !console->output_length)
		(void)!write(console->flusher.fd, &one, sizeof(one));
	while (size) {
		size_t room = BH_CONSOLE_OUTPUT - console->output_length;
		size_t part = size < room ? size : room;

		memcpy(console->output + console->output_length, data, part);
		remember(console, data, part);
		console->output_length += part;
		data += part;
		size -= part;
		if (console->output_length == BH_CONSOLE_OUTPUT)
			flush_locked(console);
	}
	pthread_mutex_unlock(&console->lock);
}

size_t bh_console_read(struct bh_console *console, char *data, size_t room)
{
	pthread_mutex_lock(&console->lock);
	size_t count = console->input_length < room ? console->input_length : room;
	memcpy(data, console->input, count);
	console->input_length -= count;
	memmove(console->input, console->input + count, console->input_length);
	for (int i = 0; i < BH_CONSOLE_CLIENTS && count; i++) {
		struct bh_console_client *client = &console->clients[i];
		if (client->watch.fd >= 0 && client->muted)
			bh_loop_change(console->loop, &client->watch, EPOLLIN);
		client->muted = false;
	}
	pthread_mutex_unlock(&console->lock);
	return count;
}

static void client_ready(void *owner, uint32_t events)
{
	struct bh_console_client *client = owner;
	struct bh_console *console = client->console;
	bool typed = false;

	(void)events;
	pthread_mutex_lock(&console->lock);
	size_t room = BH_CONSOLE_INPUT - console->input_length;
	if (!room) {
		client->muted = true;
		bh_loop_change(console->loop, &client->watch, 0);
	} else {
		ssize_t count =
			read(client->watch.fd, console->input + console->input_length, room);
		if (count > 0) {
			console->input_length += (size_t)count;
			typed = true;
		} else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
			end_of_input(client);
		}
	}
	if (client->muted && events & (EPOLLHUP | EPOLLERR))
		end_of_input(client);
	pthread_mutex_unlock(&console->lock);
	if (typed && console->input_ready)
		console->input_ready(console->device);
}

static void show_history(struct bh_console *console, struct bh_console_client *client)
{
	size_t end = console->written % BH_CONSOLE_HISTORY;

	if (console->written > BH_CONSOLE_HISTORY)
		send_to(client, console->history + end, BH_CONSOLE_HISTORY - end);
	if (end)
		send_to(client, console->history, end);
}

int bh_console_attach(struct bh_console *console, int in, int out)
{
	int err = -EBUSY;

	pthread_mutex_lock(&console->lock);
	for (int i = 0; i < BH_CONSOLE_CLIENTS; i++) {
		struct bh_console_client *client = &console->clients[i];
		if (client->watch.fd >= 0)
			continue;
		flush_locked(console);
		*client = (struct bh_console_client){
			.console = console,
			.watch = {.fd = in, .ready = client_ready, .owner = client},
			.out = out,
		};
		err = bh_loop_add(console->loop, &client->watch, EPOLLIN);
		/* A plain file or /dev/null cannot be waited for: output only. */
		if (err == -EPERM && in != out)
			err = 0;
		if (err)
			client->watch.fd = -1;
		else if (in == out)
			show_history(console, client);
		break;
	}
	pthread_mutex_unlock(&console->lock);
	return err;
}

static void client_came(void *owner, uint32_t events)
{
	struct bh_console *console = owner;
	int fd = bh_accept(console->listener.fd);

	(void)events;
	if (fd >= 0 && bh_console_attach(console, fd, fd) < 0)
		close(fd);
}

int bh_console_listen(struct bh_console *console, int listener)
{
	console->listener =
		(struct bh_watch){.fd = listener, .ready = client_came, .owner = console};
	return bh_loop_add(console->loop, &console->listener, EPOLLIN);
}

int bh_console_init(struct bh_console *console, struct bh_loop *loop, int log)
{
	*console = (struct bh_console){.loop = loop, .log = log, .listener = {.fd = -1}};
	pthread_mutex_init(&console->lock, NULL);
	for (int i = 0; i < BH_CONSOLE_CLIENTS; i++)
		console->clients[i].watch.fd = -1;
	console->flusher = (struct bh_watch){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
					     .ready = output_waits,
					     .owner = console};
	if (console->flusher.fd < 0)
		return -errno;
	return bh_loop_add(loop, &console->flusher, EPOLLIN);
}

void bh_console_finish(struct bh_console *console)
{
	bh_console_flush(console);
	for (int i = 0; i < BH_CONSOLE_CLIENTS; i++) {
		if (console->clients[i].watch.fd >= 0)
			drop_client(&console->clients[i]);
	}
	if (console->listener.fd >= 0) {
		bh_loop_remove(console->loop, &console->listener);
		close(console->listener.fd);
	}
	if (console->flusher.fd >= 0) {
		bh_loop_remove(console->loop, &console->flusher);
		close(console->flusher.fd);
	}
	pthread_mutex_destroy(&console->lock);
}
