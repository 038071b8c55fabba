/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/control.h"

#include "vmm/fd.h"

#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

void bh_control_put(struct bh_buf *out, const char *key, const char *format, ...)
{
	char value[256];
	char line[BH_CONTROL_LINE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	for (char *byte = value; *byte; byte++) {
		if ((unsigned char)*byte < ' ' || *byte == 0x7f)
			*byte = '?';
	}
	snprintf(line, sizeof(line), "%.200s %s\n", key, value);
	if (out->length + strlen(line) + 64 < BH_CONTROL_ANSWER_MAX)
		bh_buf_adds(out, line);
}

static void drop(struct bh_control_client *client)
{
	bh_loop_remove(client->control->loop, &client->watch);
	close(client->watch.fd);
	client->watch.fd = -1;
	bh_buf_finish(&client->answer);
}

/* Sends what waits; false when the client is gone. */
static bool send_answer(struct bh_control_client *client)
{
	while (client->answer.length) {
		ssize_t sent = send(client->watch.fd, client->answer.data, client->answer.length,
				    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN) {
			bh_loop_change(client->control->loop, &client->watch, EPOLLOUT);
			return true;
		}
		if (sent <= 0)
			return false;
		bh_buf_drop(&client->answer, (size_t)sent);
	}
	bh_loop_change(client->control->loop, &client->watch, EPOLLIN);
	return true;
}

static void answer(struct bh_control_client *client, const char *request)
{
	const struct bh_control *control = client->control;
	const char *error = "unknown command";

	for (const struct bh_control_command *c = control->commands; c->name; c++) {
		size_t length = strlen(c->name);
		uint64_t value;

		if (c->run && !strcmp(c->name, request))
			error = c->run(control->owner, &client->answer);
		else if (c->set && !strncmp(c->name, request, length) && request[length] == ' ')
			error = bh_parse_u64(request + length + 1, &value)
					? c->set(control->owner, value, &client->answer)
					: "that is no number";
	}
	if (error) {
		bh_buf_clear(&client->answer);
		bh_buf_addf(&client->answer, "error %s\n", error);
	} else {
		bh_buf_adds(&client->answer, "ok\n");
	}
}

/* Serves whole lines, one answer at a time. */
static bool serve(struct bh_control_client *client)
{
	char *newline;

	while (!client->answer.length &&
	       (newline = memchr(client->request, '\n', client->length))) {
		size_t size = (size_t)(newline - client->request) + 1;

		*newline = '\0';
		if (client->skipping)
			bh_buf_adds(&client->answer, "error the request is too long\n");
		else if (strlen(client->request) + 1 != size)
			bh_buf_adds(&client->answer, "error unknown command\n");
		else
			answer(client, client->request);
		client->skipping = false;
		client->length -= size;
		memmove(client->request, client->request + size, client->length);
		if (!send_answer(client))
			return false;
	}
	if (client->length == sizeof(client->request)) {
		client->skipping = true;
		client->length = 0;
	}
	return true;
}

static void client_ready(void *owner, uint32_t events)
{
	struct bh_control_client *client = owner;
	bool good = true;

	if (client->answer.length) {
		good = !(events & (EPOLLHUP | EPOLLERR)) && send_answer(client);
	} else {
		ssize_t count = recv(client->watch.fd, client->request + client->length,
				     sizeof(client->request) - client->length, MSG_DONTWAIT);
		good = count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
		client->length += count > 0 ? (size_t)count : 0;
	}
	if (!good || !serve(client))
		drop(client);
}

/* A free place, or that of whoever came first: nobody who only stays keeps others out. */
static struct bh_control_client *make_place(struct bh_control *control)
{
	struct bh_control_client *oldest = &control->clients[0];

	for (int i = 0; i < BH_CONTROL_CLIENTS; i++) {
		struct bh_control_client *client = &control->clients[i];
		if (client->watch.fd < 0)
			return client;
		if (client->number < oldest->number)
			oldest = client;
	}
	drop(oldest);
	return oldest;
}

int bh_control_attach(struct bh_control *control, int fd)
{
	struct bh_control_client *client = make_place(control);

	*client = (struct bh_control_client){
		.control = control,
		.watch = {.fd = fd, .ready = client_ready, .owner = client},
		.number = ++control->came};
	int err = bh_loop_add(control->loop, &client->watch, EPOLLIN);
	if (err)
		client->watch.fd = -1;
	return err;
}

static void client_came(void *owner, uint32_t events)
{
	struct bh_control *control = owner;
	int fd = bh_accept(control->listener.fd);

	(void)events;
	if (fd >= 0 && bh_control_attach(control, fd) < 0)
		close(fd);
}

int bh_control_init(struct bh_control *control, struct bh_loop *loop, int listener,
		    const struct bh_control_command *commands, void *owner)
{
	*control = (struct bh_control){.loop = loop, .commands = commands, .owner = owner};
	for (int i = 0; i < BH_CONTROL_CLIENTS; i++)
		control->clients[i].watch.fd = -1;
	control->listener =
		(struct bh_watch){.fd = listener, .ready = client_came, .owner = control};
	return listener < 0 ? 0 : bh_loop_add(loop, &control->listener, EPOLLIN);
}

void bh_control_finish(struct bh_control *control)
{
	for (int i = 0; i < BH_CONTROL_CLIENTS; i++) {
		if (control->clients[i].watch.fd >= 0)
			drop(&control->clients[i]);
	}
	if (control->listener.fd >= 0) {
		bh_loop_remove(control->loop, &control->listener);
		close(control->listener.fd);
	}
	control->listener.fd = -1;
}
