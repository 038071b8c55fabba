/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent: runs on the board and executes what comes over the line from the supervisor. It needs
 * nothing of the board but the line: no network, no file system of its own.
 *
 *   agent DEVICE                    serve the line; init starts it again when it ends
 *   agent put MODE SIZE NAME PATH   see files.h
 *   agent get PATH
 */
#include "base/alloc.h"
#include "base/file.h"
#include "lab/agent/files.h"
#include "lab/agent/process.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

struct agent {
	struct bh_line line;
	int children; /* signalfd of SIGCHLD */
	struct process *processes;
};

/* Physical address of the window, from the board's device tree; 0: it has none. */
static uint64_t window_address(void)
{
	glob_t found;
	uint64_t address = 0;

	if (glob("/proc/device-tree/reserved-memory/lab-window@*/reg", 0, NULL, &found))
		return 0;
	char *reg;
	size_t size;
	if (!bh_file_read(found.gl_pathv[0], 64, &reg, &size)) {
		for (size_t i = 0; i < 8 && i < size; i++)
			address = address << 8 | (uint8_t)reg[i];
		free(reg);
	}
	globfree(&found);
	return address;
}

static void *map_window(void)
{
	uint64_t address = window_address();
	int fd = address ? open("/dev/mem", O_RDWR | O_CLOEXEC) : -1;

	if (fd < 0)
		return NULL;
	void *memory =
		mmap(NULL, BH_WINDOW_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)address);
	close(fd);
	return memory == MAP_FAILED ? NULL : memory;
}

static int open_line(const char *device)
{
	struct termios raw;
	int fd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && !tcgetattr(fd, &raw)) {
		cfmakeraw(&raw);
		raw.c_cflag |= CLOCAL | CREAD;
		cfsetspeed(&raw, B115200); /* the emulated line does not care */
		tcsetattr(fd, TCSANOW, &raw);
	}
	return fd;
}

static struct process *find(struct agent *agent, uint16_t channel)
{
	struct process *process = agent->processes;

	while (process && process->channel != channel)
		process = process->next;
	return process;
}

static void take_frame(struct agent *agent, const struct bh_frame *frame)
{
	struct process *process = find(agent, frame->channel);

	if (process) {
		process_frame(process, frame);
	} else if (frame->type == BH_FRAME_SPAWN) {
		process = process_start(frame);
		process->next = agent->processes;
		agent->processes = process;
	}
}

static void reap(struct agent *agent)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(agent->children, &info, sizeof(info)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (struct process *p = agent->processes; p; p = p->next) {
			if (p->pid == pid)
				process_reaped(p, status);
		}
	}
}

static void work(struct agent *agent)
{
	struct process **at = &agent->processes;

	while (*at) {
		struct process *process = *at;
		process_work(process, &agent->line);
		if (process_done(process, &agent->line)) {
			*at = process->next;
			process_destroy(process);
		} else {
			at = &process->next;
		}
	}
}

/*
 * Enough is on the way: let the pipes fill up until the other side has read it. Beside a UART a few
 * pieces are enough, so that what commands write in small pieces is sent in large ones.
 */
static bool line_is_full(const struct agent *agent)
{
	return agent->line.window.taken_count >= 4 ||
	       bh_line_queued(&agent->line) > 4 * BH_FRAME_MAX;
}

static void wait_for_work(struct agent *agent, struct pollfd **polls, size_t *room)
{
	size_t count = 2;
	int timeout = -1;

	bh_grow((void **)polls, room, 2, sizeof(**polls));
	(*polls)[0] = (struct pollfd){
		agent->line.fd, POLLIN | (bh_line_wants_write(&agent->line) ? POLLOUT : 0), 0};
	(*polls)[1] = (struct pollfd){agent->children, POLLIN, 0};
	for (struct process *p = agent->processes; p && !line_is_full(agent); p = p->next) {
		bh_grow((void **)polls, room, count + BH_STREAMS, sizeof(**polls));
		count += process_polls(p, *polls + count);
		if (process_has_work(p))
			timeout = 0;
	}
	while (poll(*polls, (nfds_t)count, timeout) < 0 && errno == EINTR)
		;
}

static int serve(struct agent *agent)
{
	struct pollfd *polls = NULL;
	size_t room = 0;
	struct bh_frame frame;
	uint8_t number[4];
	int error = 0;

	struct bh_frame hello =
		bh_frame_of_u32(BH_FRAME_HELLO, 0, BH_STREAM_IN, BH_AGENT_PROTOCOL, number);
	bh_line_send(&agent->line, &hello);
	while (!error) {
		error = bh_line_flush(&agent->line);
		if (error)
			break;
		wait_for_work(agent, &polls, &room);
		error = bh_line_fill(&agent->line);
		int got = 0;
		while (!error && (got = bh_line_next(&agent->line, &frame)) > 0)
			take_frame(agent, &frame);
		if (got < 0)
			error = got;
		reap(agent);
		if (!line_is_full(agent))
			work(agent);
	}
	free(polls);
	while (agent->processes) {
		struct process *process = agent->processes;
		agent->processes = process->next;
		process_destroy(process);
	}
	return error;
}

static int run_agent(const char *device)
{
	struct agent agent = {0};
	sigset_t child;

	int fd = open_line(device);
	if (fd < 0) {
		fprintf(stderr, "agent: %s: %s\n", device, strerror(errno));
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	agent.children = signalfd(-1, &child, SFD_NONBLOCK | SFD_CLOEXEC);
	bh_line_init(&agent.line, fd, false, map_window());
	int error = serve(&agent);
	bh_line_finish(&agent.line);
	fprintf(stderr, "agent: %s: %s\n", device, strerror(-error));
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 6 && !strcmp(argv[1], "put"))
		return agent_put(argv[2], argv[3], argv[4], argv[5]);
	if (argc == 3 && !strcmp(argv[1], "get"))
		return agent_get(argv[2]);
	if (argc == 2)
		return run_agent(argv[1]);
	fprintf(stderr, "usage: agent DEVICE\n");
	return 2;
}
