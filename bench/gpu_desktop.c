/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gpu_desktop SOCKET FRAMES PID...: a desktop with a moving window, for the Wayland server at
 * SOCKET: a window as large as the desktop allows and, moving over it frame by frame, a smaller one
 * with a translucent border. Prints what each process, its threads and children took of the CPU in
 * these frames, in milliseconds a frame, and last the time between two frames.
 */
#include "base/file.h"
#include "bench.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP   90 /* frames that do not count */
#define WINDOW_X  640
#define WINDOW_Y  400
#define BORDER    16
#define STEP      4
#define PIDS_MAX  8
#define FILE_MAX  (1u << 20)
#define TEXT_MAX  64
#define EVENT_MAX 4096

/* Objects on our side of the connection: their numbers are ours to choose, but without gaps. */
enum object {
	NONE,
	DISPLAY,
	REGISTRY,
	COMPOSITOR,
	SHM,
	SUBCOMPOSITOR,
	SHELL,
	BACK,
	SHELL_SURFACE,
	TOPLEVEL,
	FRONT,
	PLACE,
	POOL,
	BACK_BUFFER,
	FRONT_BUFFER,
	OPAQUE,
	FRAME,
};

static const struct {
	const char *interface;
	enum object object;
} globals[] = {
	{"wl_compositor", COMPOSITOR},
	{"wl_shm", SHM},
	{"wl_subcompositor", SUBCOMPOSITOR},
	{"xdg_wm_base", SHELL},
};

struct client {
	int fd;
	uint32_t names[sizeof(globals) / sizeof(globals[0])]; /* the server's */
	uint32_t width, height;                               /* of the desktop */
	uint32_t serial; /* of what is configured; 0: nothing */
	bool frame_over, frame_free;
};

static void send_words(struct client *client, const uint32_t *words, size_t count, int fd)
{
	struct iovec iov = {(void *)(uintptr_t)words, count * 4};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	if (sendmsg(client->fd, &message, MSG_NOSIGNAL) != (ssize_t)(count * 4))
		bench_die("the server went away", "gpu_desktop");
}

static void request_with(struct client *client, int fd, enum object object, uint32_t opcode,
			 const uint32_t *args, size_t count)
{
	uint32_t words[32] = {object, (uint32_t)(8 + count * 4) << 16 | opcode};

	memcpy(words + 2, args, count * 4);
	send_words(client, words, count + 2, fd);
}

#define ARGS(...) (const uint32_t[]){__VA_ARGS__}, sizeof((uint32_t[]){__VA_ARGS__}) / 4
#define request(client, object, opcode, ...) \
	request_with(client, -1, object, opcode, ARGS(__VA_ARGS__))

static void commit(struct client *client, enum object surface)
{
	request_with(client, -1, surface, 6, NULL, 0);
}

static void bind_global(struct client *client, size_t i)
{
	uint32_t args[TEXT_MAX / 4 + 4] = {client->names[i]}, size;
	size_t at = 2;

	if (!client->names[i])
		bench_die("the server lacks it", globals[i].interface);
	size = (uint32_t)strlen(globals[i].interface) + 1;
	args[1] = size;
	memcpy(args + at, globals[i].interface, size);
	at += (size + 3) / 4;
	args[at++] = 1;
	args[at++] = globals[i].object;
	request_with(client, -1, REGISTRY, 0, args, at);
}

static void handle(struct client *client, uint32_t object, uint32_t opcode, const uint32_t *args)
{
	if (object == DISPLAY && opcode == 0)
		bench_die((const char *)(args + 3), "the server's complaint");
	if (object == DISPLAY && opcode == 1 && args[0] == FRAME)
		client->frame_free = true;
	if (object == FRAME)
		client->frame_over = true;
	if (object == SHELL)
		request(client, SHELL, 3, args[0]);
	if (object == TOPLEVEL && opcode == 0 && args[0] && args[1]) {
		client->width = args[0];
		client->height = args[1];
	}
	if (object == SHELL_SURFACE) {
		client->serial = args[0];
		request(client, SHELL_SURFACE, 4, args[0]);
	}
	for (size_t i = 0;
	     object == REGISTRY && opcode == 0 && i < sizeof(globals) / sizeof(globals[0]); i++) {
		if (!strcmp((const char *)(args + 2), globals[i].interface))
			client->names[i] = args[0];
	}
}

/* Takes one event from the server. */
static void wait_event(struct client *client)
{
	uint32_t words[EVENT_MAX / 4 + 1] = {0}, size;

	if (bh_read_all(client->fd, words, 8))
		bench_die("the server went away", "gpu_desktop");
	size = words[1] >> 16;
	if (size < 8 || size > EVENT_MAX || size % 4 ||
	    bh_read_all(client->fd, words + 2, size - 8))
		bench_die("the server went away", "gpu_desktop");
	handle(client, words[0], words[1] & 0xffff, words + 2);
}

static void open_client(struct client *client, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memset(client, 0, sizeof(*client));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&address, sizeof(address)))
		bench_die(strerror(errno), path);
	request(client, DISPLAY, 1, REGISTRY);
	while (!client->names[0] || !client->names[1] || !client->names[2] || !client->names[3])
		wait_event(client);
	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++)
		bind_global(client, i);
}

/* Colours are multiplied by their alpha. */
static void paint_front(uint32_t *pixels)
{
	for (uint32_t y = 0; y < WINDOW_Y; y++) {
		for (uint32_t x = 0; x < WINDOW_X; x++) {
			bool inside = x >= BORDER && y >= BORDER && x < WINDOW_X - BORDER &&
				      y < WINDOW_Y - BORDER;

			pixels[y * WINDOW_X + x] =
				inside ? 0xff000000 | (x * 64 / 160) << 8 | (y * 96 / 160)
				       : 0x40000000;
		}
	}
}

static void make_windows(struct client *client)
{
	size_t back, front = (size_t)WINDOW_X * WINDOW_Y * 4;
	uint32_t *pixels;
	int fd;

	request(client, COMPOSITOR, 0, BACK);
	request(client, SHELL, 2, SHELL_SURFACE, BACK);
	request(client, SHELL_SURFACE, 1, TOPLEVEL);
	request_with(client, -1, TOPLEVEL, 9, NULL, 0); /* as large as possible */
	request(client, COMPOSITOR, 0, FRONT);
	request(client, SUBCOMPOSITOR, 1, PLACE, FRONT, BACK);
	commit(client, BACK);
	while (!client->serial)
		wait_event(client);
	if (!client->width)
		bench_die("it says no size", "the desktop");

	back = (size_t)client->width * client->height * 4;
	fd = memfd_create("pixels", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)(back + front)))
		bench_die("no memory", "gpu_desktop");
	pixels = mmap(NULL, back + front, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (pixels == MAP_FAILED)
		bench_die("no memory", "gpu_desktop");
	for (size_t i = 0; i < back / 4; i++)
		pixels[i] = 0xff000000 | (uint32_t)(i * 2654435761u >> 8);
	paint_front(pixels + back / 4);
	munmap(pixels, back + front);
	request_with(client, fd, SHM, 0, ARGS(POOL, (uint32_t)(back + front)));
	close(fd);
	request(client, POOL, 0, BACK_BUFFER, 0, client->width, client->height, client->width * 4,
		1);
	request(client, POOL, 0, FRONT_BUFFER, (uint32_t)back, WINDOW_X, WINDOW_Y, WINDOW_X * 4, 0);
	request(client, COMPOSITOR, 1, OPAQUE);
	request(client, OPAQUE, 1, BORDER, BORDER, WINDOW_X - 2 * BORDER, WINDOW_Y - 2 * BORDER);
	request(client, FRONT, 4, OPAQUE);
	request(client, FRONT, 1, FRONT_BUFFER, 0, 0);
	request(client, FRONT, 2, 0, 0, WINDOW_X, WINDOW_Y);
	commit(client, FRONT);
	request(client, BACK, 1, BACK_BUFFER, 0, 0);
	request(client, BACK, 2, 0, 0, client->width, client->height);
	client->frame_free = true;
}

/* To and fro between 0 and `most`. */
static uint32_t bounce(uint32_t at, uint32_t most)
{
	at %= 2 * most;
	return at < most ? at : 2 * most - at;
}

static void draw_frame(struct client *client, uint32_t frame)
{
	request(client, PLACE, 1, bounce(frame * STEP, client->width - WINDOW_X),
		bounce(frame * STEP, client->height - WINDOW_Y));
	while (!client->frame_free)
		wait_event(client);
	client->frame_over = client->frame_free = false;
	request(client, BACK, 3, FRAME);
	commit(client, BACK);
	while (!client->frame_over)
		wait_event(client);
}

static double cpu_time(unsigned long pid);

/* Of what a thread has started. */
static double children_time(const char *path)
{
	double total = 0;
	char *text, *end;
	size_t size;

	if (bh_file_read(path, FILE_MAX, &text, &size))
		return 0;
	for (char *at = text;; at = end) {
		unsigned long child = strtoul(at, &end, 10);

		if (end == at)
			break;
		total += cpu_time(child);
	}
	free(text);
	return total;
}

/* CPU time of a process, its threads and its children, in nanoseconds. */
static double cpu_time(unsigned long pid)
{
	char path[320], *text;
	struct dirent *entry;
	double total = 0;
	size_t size;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%lu/task", pid);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/%lu/task/%s/schedstat", pid, entry->d_name);
		if (!bh_file_read(path, FILE_MAX, &text, &size)) {
			total += strtod(text, NULL);
			free(text);
		}
		snprintf(path, sizeof(path), "/proc/%lu/task/%s/children", pid, entry->d_name);
		total += children_time(path);
	}
	if (tasks)
		closedir(tasks);
	return total;
}

static double wall(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
	unsigned count = argc > 3 ? (unsigned)argc - 3 : 0;
	uint32_t frames = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	double before[PIDS_MAX], start = 0;
	struct client client;

	if (!frames || !count || count > PIDS_MAX)
		bench_die("SOCKET FRAMES PID...", "usage: gpu_desktop");
	open_client(&client, argv[1]);
	make_windows(&client);
	for (uint32_t i = 0; i < WARM_UP + frames; i++) {
		if (i == WARM_UP) {
			for (unsigned k = 0; k < count; k++)
				before[k] = cpu_time(strtoul(argv[k + 3], NULL, 10));
			start = wall();
		}
		draw_frame(&client, i);
	}
	start = wall() - start;
	for (unsigned k = 0; k < count; k++)
		printf("%.3f ",
		       (cpu_time(strtoul(argv[k + 3], NULL, 10)) - before[k]) / frames / 1e6);
	printf("%.3f\n", start / frames / 1e6);
	return 0;
}
