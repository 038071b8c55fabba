/* SPDX-License-Identifier: Apache-2.0 */
#include "host/control.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static int make_socket(const char *path, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address->sun_path))
		return -ENAMETOOLONG;
	strcpy(address->sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

int bh_socket_connect(const char *path)
{
	struct sockaddr_un address;
	int fd = make_socket(path, &address);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		int error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

int bh_socket_listen(const char *path)
{
	struct sockaddr_un address;
	int fd = make_socket(path, &address);

	if (fd < 0)
		return fd;
	/* Nobody else may connect, from the first moment on. */
	mode_t mask = umask(0177);
	int error = bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 8) ? -errno
											    : 0;
	umask(mask);
	if (error) {
		close(fd);
		return error;
	}
	return fd;
}

/* Whether the text ends with the line that ends every answer. */
static bool is_whole(const struct bh_buf *text)
{
	const char *data = bh_buf_str(text);
	size_t length = text->length;

	if (!length || data[length - 1] != '\n')
		return false;
	const char *last = memrchr(data, '\n', length - 1);
	last = last ? last + 1 : data;
	return !strcmp(last, "ok\n") || bh_str_starts(last, "error ");
}

static int read_answer(int fd, int64_t until, struct bh_buf *text)
{
	char piece[4096];

	while (!is_whole(text)) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		int64_t left = until - bh_now_ms();
		int ready = left > 0 ? poll(&wait, 1, (int)left) : 0;

		if (ready < 0 && errno != EINTR)
			return -errno;
		if (!ready)
			return -ETIMEDOUT;
		ssize_t got = ready > 0 ? read(fd, piece, sizeof(piece)) : 0;
		if (ready > 0 && got <= 0)
			return got ? -errno : -EPROTO;
		bh_buf_add(text, piece, (size_t)got);
		if (text->length > BH_CONTROL_ANSWER_MAX)
			return -EPROTO;
	}
	return 0;
}

/* A connection, or -EAGAIN when there is no room for one in this time. Sending takes no longer
 * either. */
static int connect_within(const char *path, int milliseconds)
{
	const struct timeval time = {milliseconds / 1000, milliseconds % 1000 * 1000};
	struct sockaddr_un address;
	int fd = make_socket(path, &address);

	if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time)) ||
			connect(fd, (struct sockaddr *)&address, sizeof(address)))) {
		int error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

int bh_control_ask(const char *socket, const char *request, int milliseconds,
		   struct bh_facts *facts, char **refusal)
{
	int64_t until = bh_now_ms() + milliseconds;
	char *line = bh_strf("%s\n", request);
	struct bh_buf text;
	int fd = connect_within(socket, milliseconds), error = fd < 0 ? fd : 0;

	*facts = (struct bh_facts){NULL, NULL, 0, 0};
	if (refusal)
		*refusal = NULL;
	bh_buf_init(&text);
	if (!error && send(fd, line, strlen(line), MSG_NOSIGNAL) != (ssize_t)strlen(line))
		error = -errno;
	if (!error)
		error = read_answer(fd, until, &text);
	if (!error)
		error = bh_facts_parse(facts, bh_buf_take(&text), refusal);
	if (fd >= 0)
		close(fd);
	bh_buf_finish(&text);
	free(line);
	return error;
}

static bool is_key(const char *text)
{
	static const char bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789.-_";

	return *text && text[strspn(text, bytes)] == '\0';
}

static bool is_visible(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	}
	return true;
}

static void add_fact(struct bh_facts *facts, const char *key, const char *value)
{
	bh_grow((void **)&facts->items, &facts->capacity, facts->count + 1, sizeof(*facts->items));
	facts->items[facts->count++] = (struct bh_fact){key, value};
}

int bh_facts_parse(struct bh_facts *facts, char *text, char **refusal)
{
	char *rest = text, *line;

	*facts = (struct bh_facts){.text = text};
	while ((line = strsep(&rest, "\n"))) {
		if (!is_visible(line))
			break;
		if (!strcmp(line, "ok"))
			return rest && !*rest ? 0 : -EPROTO;
		char *key = strsep(&line, " ");
		if (!line)
			break;
		if (!strcmp(key, "error")) {
			if (refusal)
				*refusal = bh_strdup(line);
			return rest && !*rest ? -EREMOTEIO : -EPROTO;
		}
		if (!is_key(key))
			break;
		add_fact(facts, key, line);
	}
	return -EPROTO;
}

void bh_facts_finish(struct bh_facts *facts)
{
	free(facts->items);
	free(facts->text);
	*facts = (struct bh_facts){NULL, NULL, 0, 0};
}

const char *bh_fact(const struct bh_facts *facts, const char *key, const char *otherwise)
{
	for (size_t i = 0; i < facts->count; i++) {
		if (!strcmp(facts->items[i].key, key))
			return facts->items[i].value;
	}
	return otherwise;
}
