/* SPDX-License-Identifier: Apache-2.0 */
#include "host/backends.h"

#include "base/alloc.h"
#include "base/proc.h"
#include "host/control.h"
#include "host/door.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_SIZE (128u * 1024)

struct backend {
	struct bh_manifest_virtio device; /* with strings of our own */
	int door;                         /* -1: the VMM's end is closed */
	pid_t server;                     /* 0: none of ours runs */
};

struct bh_backends {
	char *vmm, *folder;
	const struct bh_log *log;
	int out;
	struct backend items[BH_VIRTIO_MAX];
	size_t count;
};

struct bh_backends *bh_backends_create(const char *vmm, const char *folder,
				       const struct bh_log *log, int out)
{
	struct bh_backends *backends = bh_alloc(sizeof(*backends));

	backends->vmm = bh_strdup(vmm);
	backends->folder = bh_strdup(folder);
	backends->log = log;
	backends->out = out;
	return backends;
}

static char *copy(const char *text)
{
	return text ? bh_strdup(text) : NULL;
}

int bh_backends_add(struct bh_backends *backends, const struct bh_manifest_virtio *device)
{
	struct backend *b = &backends->items[backends->count];
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	*b = (struct backend){.device = *device, .door = ends[0]};
	b->device.name = copy(device->name);
	b->device.host = copy(device->host);
	b->device.folder = copy(device->folder);
	backends->count++;
	return ends[1];
}

static void end_server(struct backend *b)
{
	if (b->server) {
		kill(b->server, SIGKILL);
		waitpid(b->server, NULL, 0);
	}
	b->server = 0;
}

static void destroy(struct bh_backends *backends)
{
	for (size_t i = 0; i < backends->count; i++) {
		struct backend *b = &backends->items[i];

		end_server(b);
		if (b->door >= 0)
			close(b->door);
		free((void *)b->device.name);
		free((void *)b->device.host);
		free((void *)b->device.folder);
	}
	free(backends->vmm);
	free(backends->folder);
	free(backends);
}

/* $NAME, the program beside the VMM, or by its name. The caller frees it. */
static char *find_program(const char *name, const char *variable, const char *vmm)
{
	const char *set = getenv(variable), *slash = strrchr(vmm, '/');

	if (set && *set)
		return bh_strdup(set);
	if (slash && !strchr(name, '/')) {
		char *path = bh_strf("%.*s/%s", (int)(slash - vmm), vmm, name);
		if (!access(path, X_OK))
			return path;
		free(path);
	}
	return bh_strdup(name);
}

/* The arguments of a server that listens on a descriptor. */
struct arguments {
	const char *argv[16];
	char *owned[8];
	size_t count, owned_count;
};

static void add(struct arguments *a, const char *option, char *value)
{
	a->argv[a->count++] = option;
	if (value)
		a->argv[a->count++] = a->owned[a->owned_count++] = value;
}

static void gpu_arguments(struct arguments *a, const struct bh_manifest_virtio *d, int listener)
{
	static const char *const levels[] = {[BH_GRAPHICS_2D] = "2d",
					     [BH_GRAPHICS_GLES2] = "a",
					     [BH_GRAPHICS_GLES3] = "b",
					     [BH_GRAPHICS_GL33] = "c"};

	add(a, "serve", NULL);
	add(a, "--vhost-user", bh_strf("fd:%d", listener));
	if (d->width)
		add(a, "--mode", bh_strf("%ux%u", d->width, d->height));
	if (d->quota)
		add(a, "--memory", bh_strf("%llu", (unsigned long long)d->quota));
	if (d->workers)
		add(a, "--threads", bh_strf("%u", d->workers));
	if (levels[d->graphics])
		add(a, "--level", bh_strdup(levels[d->graphics]));
}

static void fs_arguments(struct arguments *a, const struct bh_manifest_virtio *d, int listener)
{
	add(a, "--fd", bh_strf("%d", listener));
	add(a, "--shared-dir", bh_strdup(d->folder));
	add(a, "--log-level", bh_strdup("error"));
	if (d->readonly)
		add(a, "--readonly", NULL);
}

static int start_server(struct bh_backends *backends, struct backend *b, int listener)
{
	bool gpu = b->device.kind == BH_VIRTIO_GPU;
	char *program = gpu ? find_program(BH_GPU_SERVER, "BULKHEAD_GPU", backends->vmm)
			    : find_program(BH_FS_SERVER, "BULKHEAD_VIRTIOFSD", backends->vmm);
	struct arguments a = {.argv = {program}, .count = 1};
	const int keep[] = {listener, -1};

	if (gpu)
		gpu_arguments(&a, &b->device, listener);
	else
		fs_arguments(&a, &b->device, listener);
	const struct bh_spawn how = {.argv = a.argv,
				     .in = BH_FD_NULL,
				     .out = backends->out,
				     .err = backends->out,
				     .keep_fds = keep,
				     .die_with_parent = true,
				     .own_group = true};
	int error = bh_spawn(&how, &b->server);
	if (error) {
		b->server = 0;
		bh_log(backends->log, BH_LOG_ERROR, "%s: its server %s: %s", b->device.name,
		       program, strerror(-error));
	}
	for (size_t i = 0; i < a.owned_count; i++)
		free(a.owned[i]);
	free(program);
	return error;
}

/* A server of ours listens already when it starts: nobody waits for it. */
static int connect_own(struct bh_backends *backends, struct backend *b)
{
	char *path = bh_strf("%s/%s.sock", backends->folder, b->device.name);

	end_server(b);
	unlink(path);
	int listener = bh_socket_listen(path), fd = listener;
	if (listener >= 0) {
		int error = start_server(backends, b, listener);
		fd = error ? error : bh_socket_connect(path);
		close(listener);
		unlink(path);
	}
	free(path);
	return fd;
}

static int connect_one(struct bh_backends *backends, struct backend *b)
{
	int fd = b->device.serve ? connect_own(backends, b) : bh_socket_connect(b->device.host);

	if (fd < 0)
		bh_log(backends->log, BH_LOG_ERROR, "%s: no connection to its back end: %s",
		       b->device.name, strerror(-fd));
	return fd;
}

static void on_door(struct bh_backends *backends, struct backend *b)
{
	char byte;

	if (recv(b->door, &byte, 1, MSG_DONTWAIT) <= 0) {
		close(b->door);
		b->door = -1;
		return;
	}
	int fd = connect_one(backends, b);
	bh_door_pass(b->door, fd);
	if (fd >= 0)
		close(fd);
}

static void *serve(void *argument)
{
	struct bh_backends *backends = argument;
	struct pollfd waits[BH_VIRTIO_MAX];
	size_t open;

	do {
		open = 0;
		for (size_t i = 0; i < backends->count; i++) {
			waits[i] = (struct pollfd){.fd = backends->items[i].door, .events = POLLIN};
			open += waits[i].fd >= 0;
		}
		if (!open || poll(waits, backends->count, -1) <= 0)
			continue;
		for (size_t i = 0; i < backends->count; i++) {
			if (waits[i].revents)
				on_door(backends, &backends->items[i]);
		}
	} while (open);
	destroy(backends);
	return NULL;
}

void bh_backends_serve(struct bh_backends *backends)
{
	pthread_attr_t attr;
	pthread_t thread;

	if (!backends->count) {
		destroy(backends);
		return;
	}
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attr, serve, backends))
		destroy(backends);
	pthread_attr_destroy(&attr);
}
