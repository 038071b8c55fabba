/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/agent/process.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static char *const environment[] = {
	"PATH=/sbin:/bin:/usr/sbin:/usr/bin", "HOME=/root", "TERM=dumb", "USER=root", NULL,
};

/* The arguments of a SPAWN frame, copied; NULL when it holds none. */
static char **arguments(const struct bh_frame *frame)
{
	size_t count = 0;

	if (!frame->length || frame->data[frame->length - 1])
		return NULL;
	for (uint32_t i = 0; i < frame->length; i++)
		count += !frame->data[i];
	char **argv = bh_alloc((count + 1) * sizeof(*argv));
	const char *at = (const char *)frame->data;
	for (size_t i = 0; i < count; i++) {
		argv[i] = bh_strdup(at);
		at += strlen(at) + 1;
	}
	return argv;
}

static void free_arguments(char **argv)
{
	for (char **at = argv; at && *at; at++)
		free(*at);
	free(argv);
}

static void child(char **argv, int pipes[BH_STREAMS][2])
{
	struct sigaction by_default = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		sigaction(number, &by_default, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (dup2(pipes[BH_STREAM_IN][0], 0) < 0 || dup2(pipes[BH_STREAM_OUT][1], 1) < 0 ||
	    dup2(pipes[BH_STREAM_ERR][1], 2) < 0)
		_exit(126);
	if (chdir("/root") < 0)
		dprintf(2, "lab: /root: %s\n", strerror(errno));
	if (!argv) {
		dprintf(2, "lab: no command\n");
		_exit(127);
	}
	execvpe(argv[0], argv, environment);
	dprintf(2, "lab: %s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT || errno == ENOTDIR ? 127 : 126);
}

struct process *process_start(const struct bh_frame *frame)
{
	int pipes[BH_STREAMS][2];
	struct process *process = bh_alloc(sizeof(*process));
	char **argv = arguments(frame);

	process->channel = frame->channel;
	bh_buf_init(&process->pending);
	for (int i = 0; i < BH_STREAMS; i++) {
		process->granted[i] = BH_STREAM_WINDOW;
		process->fds[i] = -1;
		if (pipe2(pipes[i], O_CLOEXEC)) {
			perror("agent: pipe");
			exit(1); /* init starts a new one, and the supervisor hears of it */
		}
	}
	process->pid = fork();
	if (!process->pid)
		child(argv, pipes);
	for (int i = 0; i < BH_STREAMS; i++) {
		int ours = i == BH_STREAM_IN ? 1 : 0;
		close(pipes[i][!ours]);
		process->fds[i] = pipes[i][ours];
		fcntl(process->fds[i], F_SETFL, O_NONBLOCK);
	}
	if (process->pid < 0) {
		process->pid = 0;
		process->status = 126;
	}
	free_arguments(argv);
	return process;
}

static void close_stream(struct process *process, int stream)
{
	if (process->fds[stream] >= 0)
		close(process->fds[stream]);
	process->fds[stream] = -1;
}

void process_destroy(struct process *process)
{
	if (process->pid > 0)
		kill(-process->pid, SIGKILL);
	for (int i = 0; i < BH_STREAMS; i++)
		close_stream(process, i);
	bh_buf_finish(&process->pending);
	free(process);
}

void process_frame(struct process *process, const struct bh_frame *frame)
{
	uint32_t value;

	switch (frame->type) {
	case BH_FRAME_DATA:
		if (process->fds[BH_STREAM_IN] >= 0)
			bh_buf_add(&process->pending, frame->data, frame->length);
		break;
	case BH_FRAME_END:
		process->no_more_input = true;
		break;
	case BH_FRAME_GRANT:
		if (bh_frame_u32(frame, &value))
			process->granted[frame->stream] += value;
		break;
	case BH_FRAME_SIGNAL:
		if (bh_frame_u32(frame, &value) && value < NSIG && process->pid > 0)
			kill(-process->pid, (int)value);
		break;
	case BH_FRAME_CLOSE:
		if (process->pid > 0)
			kill(-process->pid, SIGKILL);
		process->no_more_input = true;
		bh_buf_clear(&process->pending);
		break;
	default:
		break;
	}
}

size_t process_polls(const struct process *process, struct pollfd *polls)
{
	size_t count = 0;

	for (int i = 0; i < BH_STREAMS; i++) {
		bool wanted =
			i == BH_STREAM_IN ? process->pending.length > 0 : process->granted[i] > 0;
		if (process->fds[i] >= 0 && wanted)
			polls[count++] = (struct pollfd){process->fds[i],
							 i == BH_STREAM_IN ? POLLOUT : POLLIN, 0};
	}
	return count;
}

static void feed(struct process *process, struct bh_line *line)
{
	int fd = process->fds[BH_STREAM_IN];
	uint8_t room[4];

	if (fd < 0)
		return;
	if (process->pending.length) {
		ssize_t put = write(fd, process->pending.data, process->pending.length);
		if (put < 0) {
			if (errno == EAGAIN || errno == EINTR)
				return;
			close_stream(process, BH_STREAM_IN);
			bh_buf_clear(&process->pending);
			return;
		}
		bh_buf_drop(&process->pending, (size_t)put);
		process->fed += (uint32_t)put;
		if (process->fed >= BH_GRANT_STEP) {
			struct bh_frame grant = bh_frame_of_u32(BH_FRAME_GRANT, process->channel,
								BH_STREAM_IN, process->fed, room);
			bh_line_send(line, &grant);
			process->fed = 0;
		}
	}
	if (process->no_more_input && !process->pending.length)
		close_stream(process, BH_STREAM_IN);
}

static void end_stream(struct process *process, struct bh_line *line, int stream)
{
	struct bh_frame end = {.type = BH_FRAME_END,
			       .channel = process->channel,
			       .stream = (enum bh_stream)stream};

	close_stream(process, stream);
	bh_line_send(line, &end);
}

/* It ended, and all that it left was sent. A child of it may hold the pipe open for ever. */
static bool is_drained(const struct process *process, int stream)
{
	return !process->pid && !process->left[stream];
}

static void drain(struct process *process, struct bh_line *line, int stream)
{
	uint8_t piece[BH_FRAME_MAX];
	size_t room = process->granted[stream];

	if (process->fds[stream] < 0)
		return;
	if (is_drained(process, stream)) {
		end_stream(process, line, stream);
		return;
	}
	if (room > sizeof(piece))
		room = sizeof(piece);
	if (!process->pid && room > process->left[stream])
		room = process->left[stream];
	if (!room)
		return;
	ssize_t got = read(process->fds[stream], piece, room);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		end_stream(process, line, stream);
		return;
	}
	process->granted[stream] -= (uint32_t)got;
	process->left[stream] -= process->pid ? 0 : (size_t)got;
	struct bh_frame data = {
		.type = BH_FRAME_DATA,
		.channel = process->channel,
		.stream = (enum bh_stream)stream,
		.length = (uint32_t)got,
		.data = piece,
	};
	bh_line_send(line, &data);
	if (is_drained(process, stream))
		end_stream(process, line, stream);
}

bool process_has_work(const struct process *process)
{
	return (process->fds[BH_STREAM_OUT] >= 0 && is_drained(process, BH_STREAM_OUT)) ||
	       (process->fds[BH_STREAM_ERR] >= 0 && is_drained(process, BH_STREAM_ERR));
}

void process_work(struct process *process, struct bh_line *line)
{
	feed(process, line);
	drain(process, line, BH_STREAM_OUT);
	drain(process, line, BH_STREAM_ERR);
}

void process_reaped(struct process *process, int status)
{
	process->pid = 0;
	process->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	for (int i = BH_STREAM_OUT; i < BH_STREAMS; i++) {
		int left = 0;
		if (process->fds[i] >= 0 && !ioctl(process->fds[i], FIONREAD, &left) && left > 0)
			process->left[i] = (size_t)left;
	}
	close_stream(process, BH_STREAM_IN);
}

bool process_done(struct process *process, struct bh_line *line)
{
	uint8_t room[4];

	if (process->pid || process->fds[BH_STREAM_OUT] >= 0 || process->fds[BH_STREAM_ERR] >= 0)
		return false;
	struct bh_frame done = bh_frame_of_u32(BH_FRAME_EXIT, process->channel, BH_STREAM_IN,
					       (uint32_t)process->status, room);
	bh_line_send(line, &done);
	return true;
}
