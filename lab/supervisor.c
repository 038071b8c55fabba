/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/supervisor.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/proc.h"
#include "lab/console.h"
#include "lab/qemu.h"
#include "lab/relay.h"
#include "lab/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TAIL_LINES 25

/* A kernel that panicked and does not restart as its command line says is ended after this. */
#define PANIC_GRACE_MS 10000

enum place { AT_SIGNAL, AT_QEMU, AT_CONSOLE, AT_LINE, AT_SOCKET, PLACES };

struct supervisor {
	const struct bh_lab_options *options;
	struct bh_rundir *dir;
	pid_t qemu;
	int qemu_fd; /* readable when it has ended */
	int console_fd, line_fd, socket, signals, monitor;
	int ram; /* -1: QEMU's own */
	void *window;
	struct bh_console console;
	struct bh_line line;
	struct bh_relay relay;
	struct timespec started;
	long ready_ms; /* 0: not yet */
	bool stop;     /* somebody asked for it */
	bool broken;   /* the agent broke the protocol */
	char *failure; /* what kept the board from starting; NULL */
};

static long since_ms(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
}

static char *status_text(void *context)
{
	const struct supervisor *s = context;
	const struct bh_lab_options *o = s->options;

	return bh_strf("board=%s\nstate=%s\nready_ms=%ld\nup_ms=%ld\nsupervisor=%d\nqemu=%d\n"
		       "cpus=%u\nmemory=%" PRIu64 "\nicount=%d\n",
		       o->board->name, s->ready_ms ? "ready" : "booting", s->ready_ms,
		       since_ms(&s->started), (int)getpid(), (int)s->qemu, o->cpus, o->memory,
		       o->icount);
}

/* Whatever else the caller had open, a lock or a pipe, must not live as long as the board. */
static void close_others(const int *keep, size_t count)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		int fd = atoi(entry->d_name);
		bool kept = fd < 3 || fd == dirfd(folder);
		for (size_t i = 0; i < count; i++)
			kept = kept || fd == keep[i];
		if (!kept)
			close(fd);
	}
	if (folder)
		closedir(folder);
}

static void detach_from_caller(const struct bh_rundir *dir, int owner)
{
	const int keep[] = {dir->folder, dir->lock, owner};

	close_others(keep, sizeof(keep) / sizeof(keep[0]));
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	setsid();
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	close(null);
}

static int catch_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* The board's memory as a file of ours, of which the window is mapped here too. */
static int share_ram(struct supervisor *s)
{
	uint64_t window = bh_lab_window_address(s->options);

	if (!window)
		return 0;
	s->ram = memfd_create("board", MFD_CLOEXEC);
	if (s->ram < 0 || ftruncate(s->ram, (off_t)s->options->memory))
		return -errno;
	void *memory = mmap(NULL, BH_WINDOW_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, s->ram,
			    (off_t)(window - s->options->board->ram_base));
	if (memory == MAP_FAILED)
		return -errno;
	s->window = memory;
	return 0;
}

static int pair(int *ours, int *theirs)
{
	int both[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both))
		return -errno;
	*ours = both[0];
	*theirs = both[1];
	return fcntl(*ours, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

static void write_pid(const struct supervisor *s)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (ftruncate(s->dir->lock, 0) || pwrite(s->dir->lock, text, (size_t)length, 0) < 0)
		return; /* it is for people only */
}

static int start_qemu(struct supervisor *s, const struct bh_lab_pieces *pieces, const char *tree,
		      const struct bh_lab_wires *wires)
{
	const int keep[] = {wires->console, wires->line, wires->monitor, wires->ram, -1};
	struct bh_argv argv;
	char *path = bh_rundir_file(s->dir, "qemu");
	int log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	bh_lab_qemu_argv(&argv, s->options, pieces, tree, wires, NULL);
	struct bh_spawn spawn = {
		.argv = (const char *const *)argv.items,
		.in = BH_FD_NULL,
		.out = log < 0 ? BH_FD_NULL : log,
		.err = log < 0 ? BH_FD_NULL : log,
		.keep_fds = keep,
		.die_with_parent = true,
	};
	int error = bh_spawn(&spawn, &s->qemu);
	if (!error) {
		s->qemu_fd = (int)syscall(SYS_pidfd_open, s->qemu, 0);
		error = s->qemu_fd < 0 ? -errno : 0;
	}
	bh_argv_finish(&argv);
	free(path);
	if (log >= 0)
		close(log);
	return error;
}

static int start(struct supervisor *s, const struct bh_lab_pieces *pieces, const char *tree)
{
	struct bh_lab_wires wires = {-1, -1, -1, -1};
	char *path = bh_rundir_file(s->dir, "console");

	bh_console_init(&s->console, path);
	free(path);
	int error = share_ram(s);
	if (!error)
		error = pair(&s->console_fd, &wires.console);
	if (!error)
		error = pair(&s->line_fd, &wires.line);
	if (!error) {
		s->socket = bh_rundir_listen(s->dir, "socket");
		s->monitor = bh_rundir_listen(s->dir, "monitor");
		error = s->socket < 0 ? s->socket : s->monitor < 0 ? s->monitor : 0;
	}
	bh_line_init(&s->line, s->line_fd, true, s->window);
	if (s->options->board->line == BH_LAB_VIRTIO_PORT)
		s->line.ahead = BH_LINE_AHEAD_SURE;
	bh_relay_init(&s->relay, &s->line, &s->console);
	s->relay.status = status_text;
	s->relay.context = s;
	wires.ram = s->ram;
	wires.monitor = s->monitor;
	if (!error)
		error = start_qemu(s, pieces, tree, &wires);
	if (wires.console >= 0)
		close(wires.console);
	if (wires.line >= 0)
		close(wires.line);
	return error;
}

static void read_console(struct supervisor *s)
{
	char piece[16384];
	ssize_t got;

	while ((got = read(s->console_fd, piece, sizeof(piece))) > 0) {
		bh_console_add(&s->console, piece, (size_t)got);
		bh_relay_console(&s->relay, piece, (size_t)got);
	}
}

static void write_console(struct supervisor *s)
{
	struct bh_buf *input = &s->relay.console_input;
	ssize_t put =
		input->length ? send(s->console_fd, input->data, input->length, MSG_NOSIGNAL) : 0;

	if (put > 0)
		bh_buf_drop(input, (size_t)put);
}

static void read_line(struct supervisor *s)
{
	struct bh_frame frame;
	int got = bh_line_fill(&s->line);

	while (!got && (got = bh_line_next(&s->line, &frame)) > 0)
		got = bh_relay_agent(&s->relay, &frame) ? 0 : -EBADMSG;
	if (got == -EBADMSG)
		s->broken = true;
	if (s->relay.ready && !s->ready_ms)
		s->ready_ms = since_ms(&s->started);
}

static void accept_client(struct supervisor *s)
{
	int fd = accept4(s->socket, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0)
		bh_relay_accept(&s->relay, fd, false);
}

/* One round; false when the board has ended or is to end. */
static bool serve(struct supervisor *s, struct pollfd **polls, size_t *room)
{
	bh_grow((void **)polls, room, PLACES + s->relay.client_count, sizeof(**polls));
	struct pollfd *p = *polls;
	size_t clients = s->relay.client_count;

	bh_line_flush(&s->line); /* an error shows as QEMU's end */
	p[AT_SIGNAL] = (struct pollfd){s->signals, POLLIN, 0};
	p[AT_QEMU] = (struct pollfd){s->qemu_fd, POLLIN, 0};
	p[AT_CONSOLE] = (struct pollfd){s->console_fd,
					POLLIN | (s->relay.console_input.length ? POLLOUT : 0), 0};
	p[AT_LINE] = (struct pollfd){s->line_fd,
				     POLLIN | (bh_line_wants_write(&s->line) ? POLLOUT : 0), 0};
	p[AT_SOCKET] = (struct pollfd){s->socket, POLLIN, 0};
	bh_relay_polls(&s->relay, p + PLACES);

	int events = poll(p, (nfds_t)(PLACES + clients), s->console.panicked ? PANIC_GRACE_MS : -1);
	if (events < 0)
		return errno == EINTR;
	if (!events)
		return false;
	read_console(s);
	write_console(s);
	if (p[AT_LINE].revents & POLLIN)
		read_line(s);
	bh_relay_work(&s->relay, p + PLACES);
	if (p[AT_SOCKET].revents & POLLIN)
		accept_client(s);
	if (p[AT_SIGNAL].revents || s->relay.stop)
		s->stop = true;
	return !p[AT_QEMU].revents && !s->stop && !s->broken;
}

/* Ends QEMU if it still runs; its status as a shell's. */
static int end_qemu(struct supervisor *s)
{
	int status = 0;

	if (s->qemu <= 0)
		return 0;
	struct pollfd ended = {s->qemu_fd, POLLIN, 0};
	if (poll(&ended, 1, 0) <= 0) {
		/* Politely first: it writes back what its disks still hold. */
		kill(s->qemu, SIGTERM);
		if (poll(&ended, 1, 5000) <= 0)
			kill(s->qemu, SIGKILL);
	}
	bh_wait(s->qemu, &status);
	return status;
}

static void add_file_tail(struct bh_buf *text, const struct supervisor *s, const char *name)
{
	char *path = bh_rundir_file(s->dir, name), *data;
	size_t size;

	if (!bh_file_read(path, 1u << 20, &data, &size)) {
		bh_buf_adds(text, bh_console_tail(data, size, TAIL_LINES));
		free(data);
	}
	free(path);
}

/* Code, message and tail, each on lines of its own: what GONE carries and the file `gone` holds. */
static char *reason(struct supervisor *s, int status)
{
	const char *name = s->options->name;
	struct bh_buf text;

	bh_buf_init(&text);
	if (s->failure)
		bh_buf_addf(&text, "E0706\n%s could not be started: %s\n", name, s->failure);
	else if (s->stop)
		bh_buf_addf(&text, "E0708\n%s was stopped\n", name);
	else if (s->console.panicked)
		bh_buf_addf(&text, "E0707\nthe kernel of %s panicked\n", name);
	else if (s->broken)
		bh_buf_addf(&text, "E0713\nthe agent on %s broke the protocol\n", name);
	else if (status > 128)
		bh_buf_addf(&text, "E0706\nQEMU of %s was ended by signal %d\n", name,
			    status - 128);
	else if (status)
		bh_buf_addf(&text, "E0706\nQEMU of %s ended with status %d\n", name, status);
	else
		bh_buf_addf(&text, "E0708\n%s switched itself off\n", name);
	if (!s->stop && status)
		add_file_tail(&text, s, "qemu");
	if (!s->stop)
		bh_buf_adds(&text, bh_console_end(&s->console, TAIL_LINES));
	return bh_buf_take(&text);
}

static void end(struct supervisor *s)
{
	int status = end_qemu(s);

	if (s->console_fd >= 0)
		read_console(s);
	char *text = reason(s, status);
	if (s->stop) {
		bh_rundir_remove(s->dir);
	} else {
		char *path = bh_rundir_file(s->dir, "gone");
		bh_file_write(path, text, strlen(text), 0600);
		free(path);
	}
	bh_relay_gone(&s->relay, text);
	free(text);
	bh_relay_finish(&s->relay);
	bh_line_finish(&s->line);
	bh_console_finish(&s->console);
	bh_rundir_finish(s->dir);
}

void bh_lab_supervise(const struct bh_lab_options *options, const struct bh_lab_pieces *pieces,
		      struct bh_rundir *dir, const char *tree, int owner)
{
	struct supervisor s = {.options = options,
			       .dir = dir,
			       .qemu_fd = -1,
			       .console_fd = -1,
			       .line_fd = -1,
			       .socket = -1,
			       .monitor = -1,
			       .ram = -1};
	struct pollfd *polls = NULL;
	size_t room = 0;

	clock_gettime(CLOCK_MONOTONIC, &s.started);
	detach_from_caller(dir, owner);
	s.signals = catch_signals();
	write_pid(&s);
	int error = start(&s, pieces, tree);
	bh_relay_accept(&s.relay, owner, true);
	if (error)
		s.failure = strerror(-error);
	else
		while (serve(&s, &polls, &room))
			;
	end(&s);
	free(polls);
}
