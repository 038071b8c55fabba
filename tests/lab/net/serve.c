/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve BYTES LATER FILE: the other end of a guest's network. Writes its port into FILE and serves
 * one connection after the other, each by its first line: GET sends BYTES of a pattern; PUT takes
 * as many and compares them, after which it is LATER bytes each way; SAY prints what follows. A
 * number behind GET or PUT is how many bytes it is this once. Ends after "SAY quit". A guest has
 * one connection at a time: one that waits while another begins is of a guest that was killed.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct talk {
	int peer, listener;
};

/* False when there is somebody new, and nothing to do for this one. */
static bool is_ready(const struct talk *talk, short events)
{
	struct pollfd waits[] = {{talk->peer, events, 0}, {talk->listener, POLLIN, 0}};

	return poll(waits, 2, -1) > 0 && waits[0].revents;
}

static ssize_t take(void *cookie, char *data, size_t size)
{
	struct talk *talk = cookie;

	return is_ready(talk, POLLIN) ? read(talk->peer, data, size) : 0;
}

static ssize_t give(void *cookie, const char *data, size_t size)
{
	struct talk *talk = cookie;
	size_t done = 0;

	while (done < size && is_ready(talk, POLLOUT)) {
		ssize_t sent =
			send(talk->peer, data + done, size - done, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent <= 0)
			break;
		done += (size_t)sent;
	}
	return (ssize_t)done;
}

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void get(FILE *peer, size_t bytes)
{
	uint64_t state = 1;
	size_t done;

	for (done = 0; done < bytes; done += sizeof(state)) {
		uint64_t word = next(&state);
		if (fwrite(&word, sizeof(word), 1, peer) != 1)
			break;
	}
	printf("sent %zu bytes\n", done);
}

static void put(FILE *peer, size_t bytes)
{
	uint64_t state = 1, word;
	size_t done = 0;

	while (fread(&word, sizeof(word), 1, peer) == 1 && word == next(&state))
		done += sizeof(word);
	printf("received %zu bytes, %s\n", done,
	       done == bytes && feof(peer) ? "all right" : "wrong");
}

/* Behind the first word of a line; without one `otherwise`. */
static size_t number(const char *line, size_t otherwise)
{
	size_t value = strtoul(line + strcspn(line, " "), NULL, 10);

	return value ? value : otherwise;
}

/* True when it was the end. */
static bool say(FILE *peer, char *line, size_t room)
{
	bool end = false;

	do {
		const char *text = strncmp(line, "SAY ", 4) ? line : line + 4;
		end = !strcmp(text, "quit\n");
		if (!end)
			fputs(text, stdout);
	} while (!end && fgets(line, (int)room, peer));
	return end;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	bool end = false;

	if (argc != 4 || bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(listener, 4) || getsockname(listener, (struct sockaddr *)&address, &length))
		return 2;
	size_t bytes = strtoul(argv[1], NULL, 10);
	FILE *port = fopen(argv[3], "w");
	if (!port)
		return 2;
	fprintf(port, "%u\n", ntohs(address.sin_port));
	fclose(port);
	while (!end) {
		struct talk talk = {accept(listener, NULL, NULL), listener};
		FILE *in = fopencookie(&talk, "r", (cookie_io_functions_t){.read = take});
		FILE *out = fopencookie(&talk, "w", (cookie_io_functions_t){.write = give});
		char line[1024];

		if (talk.peer < 0 || !in || !out)
			return 1;
		if (fgets(line, sizeof(line), in)) {
			if (!strncmp(line, "GET", 3)) {
				get(out, number(line, bytes));
			} else if (!strncmp(line, "PUT", 3)) {
				put(in, number(line, bytes));
				bytes = strtoul(argv[2], NULL, 10);
			} else {
				end = say(in, line, sizeof(line));
			}
		}
		fclose(in);
		fclose(out);
		close(talk.peer);
		fflush(stdout);
	}
	return 0;
}
