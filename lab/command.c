/* SPDX-License-Identifier: Apache-2.0 */
/* Running a command on a board, and the console: what moves bytes between a client's files and its
 * connection. */
#include "base/alloc.h"
#include "base/file.h"
#include "lab/client.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define ESCAPE 0x1d /* Ctrl-] */

struct run {
	struct bh_lab_client *client;
	const struct bh_lab_command *command;
	uint32_t window;            /* what may be sent of its input */
	uint32_t taken[BH_STREAMS]; /* of its output, and not yet granted anew */
	bool no_more_input;
	bool interrupted;
	int status;
};

static void spawn(struct run *run)
{
	struct bh_buf words;

	bh_buf_init(&words);
	for (const char *const *word = run->command->argv; *word; word++)
		bh_buf_add(&words, *word, strlen(*word) + 1);
	struct bh_frame frame = {
		.type = BH_FRAME_SPAWN,
		.length = (uint32_t)words.length,
		.data = (const uint8_t *)bh_buf_str(&words),
	};
	bh_lab_send(run->client, &frame);
	bh_buf_finish(&words);
}

static void send_input(struct run *run)
{
	uint8_t piece[BH_FRAME_MAX];
	size_t room = run->window < sizeof(piece) ? run->window : sizeof(piece);
	ssize_t got = read(run->command->in, piece, room);

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	struct bh_frame frame = {.type = got > 0 ? BH_FRAME_DATA : BH_FRAME_END};
	if (got > 0) {
		frame.length = (uint32_t)got;
		frame.data = piece;
		run->window -= (uint32_t)got;
	} else {
		run->no_more_input = true;
	}
	bh_lab_send(run->client, &frame);
}

static void pass_signal(struct run *run)
{
	struct signalfd_siginfo info;
	uint8_t room[4];

	if (read(run->command->signals, &info, sizeof(info)) != sizeof(info))
		return;
	struct bh_frame frame =
		bh_frame_of_u32(BH_FRAME_SIGNAL, 0, BH_STREAM_IN, info.ssi_signo, room);
	if (run->interrupted)
		frame = (struct bh_frame){.type = BH_FRAME_CLOSE};
	run->interrupted = true;
	bh_lab_send(run->client, &frame);
}

static int deliver(const struct bh_lab_command *command, const struct bh_frame *frame)
{
	bool out = frame->stream == BH_STREAM_OUT;
	int fd = out ? command->out : command->err;

	if (out && command->sink)
		return command->sink(command->context, frame->data, frame->length);
	if (!out && command->keep_err) {
		bh_buf_add(command->keep_err, frame->data, frame->length);
		return 0;
	}
	return fd < 0 ? 0 : bh_write_all(fd, frame->data, frame->length);
}

static void take_output(struct run *run, const struct bh_frame *frame)
{
	uint32_t *taken = &run->taken[frame->stream];
	uint8_t room[4];
	struct bh_frame answer;

	*taken += frame->length;
	if (deliver(run->command, frame)) {
		/* Nobody wants the rest: as when a pipe closes. */
		answer = (struct bh_frame){.type = BH_FRAME_CLOSE};
	} else if (*taken >= BH_GRANT_STEP) {
		answer = bh_frame_of_u32(BH_FRAME_GRANT, 0, frame->stream, *taken, room);
		*taken = 0;
	} else {
		return;
	}
	bh_lab_send(run->client, &answer);
}

/* True when the command has ended. */
static bool take_frame(struct run *run, const struct bh_frame *frame)
{
	uint32_t value;

	switch (frame->type) {
	case BH_FRAME_DATA:
		take_output(run, frame);
		return false;
	case BH_FRAME_GRANT:
		if (bh_frame_u32(frame, &value))
			run->window += value;
		return false;
	case BH_FRAME_EXIT:
		run->status = bh_frame_u32(frame, &value) ? (int)(value & 0xff) : 255;
		return true;
	default:
		return false;
	}
}

/* A frame can be had without waiting for the socket. */
static bool frame_is_there(const struct bh_lab_client *client)
{
	struct bh_frame_reader peek = client->reader;
	struct bh_frame frame;

	return bh_frame_next(&peek, &frame) != 0;
}

bool bh_lab_exec(struct bh_lab_client *client, const struct bh_lab_command *command, int *status,
		 struct bh_diags *diags)
{
	struct run run = {.client = client,
			  .command = command,
			  .window = BH_STREAM_WINDOW,
			  .no_more_input = command->in < 0};
	struct bh_frame frame;
	bool ended = false;

	/* The supervisor says READY first, also to those who come later. */
	do {
		if (!client->ready && !bh_lab_receive(client, &frame, diags))
			return false;
		client->ready = client->ready || frame.type == BH_FRAME_READY;
	} while (!client->ready);
	spawn(&run);
	if (run.no_more_input) {
		frame = (struct bh_frame){.type = BH_FRAME_END};
		bh_lab_send(client, &frame);
	}
	while (!ended) {
		bool input = !run.no_more_input && run.window;
		struct pollfd polls[] = {
			{client->fd, POLLIN, 0},
			{input ? command->in : -1, POLLIN, 0},
			{command->signals, POLLIN, 0},
		};
		if (poll(polls, 3, -1) < 0)
			continue;
		if (polls[2].revents)
			pass_signal(&run);
		if (polls[1].revents)
			send_input(&run);
		if (!polls[0].revents)
			continue;
		do {
			if (!bh_lab_receive(client, &frame, diags))
				return false;
			ended = take_frame(&run, &frame);
		} while (!ended && frame_is_there(client));
	}
	*status = run.status;
	return true;
}

bool bh_lab_console(struct bh_lab_client *client, int in, int out, struct bh_diags *diags)
{
	struct bh_frame frame = {.type = BH_FRAME_CONSOLE};
	uint8_t piece[4096];

	bh_lab_send(client, &frame);
	for (;;) {
		struct pollfd polls[] = {{client->fd, POLLIN, 0}, {in, POLLIN, 0}};
		if (!frame_is_there(client) && poll(polls, 2, -1) < 0)
			continue;
		if (polls[1].revents) {
			ssize_t got = read(in, piece, sizeof(piece));
			uint8_t *escape = got > 0 ? memchr(piece, ESCAPE, (size_t)got) : NULL;
			frame = (struct bh_frame){.type = BH_FRAME_DATA, .data = piece};
			frame.length =
				escape ? (uint32_t)(escape - piece) : (uint32_t)(got > 0 ? got : 0);
			if (frame.length)
				bh_lab_send(client, &frame);
			if (escape || got <= 0)
				return true;
		}
		if (!polls[0].revents && !frame_is_there(client))
			continue;
		if (!bh_lab_receive(client, &frame, diags))
			return false;
		if (frame.type == BH_FRAME_DATA && bh_write_all(out, frame.data, frame.length))
			return true;
	}
}
