/* SPDX-License-Identifier: Apache-2.0 */
#include "host/backends.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/proc.h"
#include "host/cgroup.h"
#include "host/control.h"
#include "host/door.h"
#include "host/share.h"
#include "machine/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define STACK_SIZE (128u * 1024)

/* A server makes those of processes for itself, where it wants them. */
#define NAMESPACES \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

/* Files that a guest may have open in all its shared folders; it is the server's limit. */
#define FILES_MAX 1000000

/* How long after one attempt to connect the next comes; twice as long each time. A connection that
 * held for some time begins anew. */
#define RETRY_FIRST_MS   100
#define RETRY_LONGEST_MS 5000
#define HELD_MS          10000

struct backend {
	struct bh_manifest_virtio device; /* with strings of our own */
	int door;                         /* -1: the VMM's end is closed */
	pid_t server;                     /* 0: none of ours runs */
	int code;                         /* what a GPU's servers compile; -1: not kept */
	bool wanted;                      /* the VMM waits for a connection */
	int64_t tried_at, retry;          /* in ms: the last attempt, and the pause after it */
};

struct bh_backends {
	char *vmm, *folder, *cgroup;
	uid_t users;
	const struct bh_log *log;
	int out;
	struct backend items[BH_VIRTIO_MAX];
	size_t count;
};

static char *copy(const char *text)
{
	return text ? bh_strdup(text) : NULL;
}

struct bh_backends *bh_backends_create(const struct bh_backends_setting *setting)
{
	struct bh_backends *backends = bh_alloc(sizeof(*backends));

	backends->vmm = bh_strdup(setting->vmm);
	backends->folder = bh_strdup(setting->folder);
	backends->cgroup = copy(setting->cgroup);
	backends->users = setting->users;
	backends->log = setting->log;
	backends->out = setting->out;
	return backends;
}

/* The guest starts anew more often than its programs change: the next server has their code. */
static int keep_code(void)
{
	int fd = memfd_create("code", MFD_CLOEXEC);

	if (fd >= 0 && fcntl(fd, F_SETFL, O_APPEND)) {
		close(fd);
		return -1;
	}
	return fd;
}

int bh_backends_add(struct bh_backends *backends, const struct bh_manifest_virtio *device)
{
	struct backend *b = &backends->items[backends->count];
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	*b = (struct backend){
		.device = *device, .door = ends[0], .code = -1, .retry = RETRY_FIRST_MS};
	if (device->serve && device->kind == BH_VIRTIO_GPU)
		b->code = keep_code();
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
		if (b->code >= 0)
			close(b->code);
		free((void *)b->device.name);
		free((void *)b->device.host);
		free((void *)b->device.folder);
	}
	free(backends->vmm);
	free(backends->folder);
	free(backends->cgroup);
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

static void gpu_arguments(struct arguments *a, const struct bh_manifest_virtio *d, int listener,
			  int code)
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
	if (code >= 0)
		add(a, "--cache", bh_strf("fd:%d", code));
}

static void fs_arguments(struct arguments *a, const struct bh_manifest_virtio *d, int listener)
{
	add(a, "--fd", bh_strf("%d", listener));
	add(a, "--shared-dir", bh_strdup(d->folder));
	add(a, "--log-level", bh_strdup("error"));
	if (d->readonly)
		add(a, "--readonly", NULL);
	/* It could not raise them itself. */
	add(a, "--rlimit-nofile", bh_strdup("0"));
}

/* A server that is about to begin. */
struct beginning {
	const struct bh_backends *backends;
	const struct backend *backend;
	bool alone; /* with users and namespaces of its own */
	bool ready;
};

/* The server is root among users of its own, who are nobody here. A shared folder is mounted for it
 * so that they own in it what the guest's users of the same numbers own. */
static int set_apart(const struct beginning *b, pid_t pid)
{
	const struct bh_manifest_virtio *device = &b->backend->device;
	int error = bh_share_map_users(pid, b->backends->users, BH_SERVER_USERS);

	if (!error && device->kind == BH_VIRTIO_FS)
		error = bh_share_mount(pid, device->folder, device->readonly);
	return error;
}

static int prepare(void *owner, pid_t pid)
{
	const struct rlimit files = {FILES_MAX, FILES_MAX};
	struct beginning *b = owner;
	int error = b->alone ? set_apart(b, pid) : 0;

	if (b->backend->device.kind == BH_VIRTIO_FS)
		(void)prlimit(pid, RLIMIT_NOFILE, &files, NULL);
	if (!error && b->backends->cgroup)
		error = bh_cgroup_enter(b->backends->cgroup, pid);
	b->ready = !error;
	return error;
}

static int spawn(struct bh_backends *backends, struct backend *b, const char *const *argv,
		 int listener)
{
	const int keep[] = {listener, b->code, -1};
	struct beginning beginning = {backends, b, backends->users, false};
	struct bh_spawn how = {.argv = argv,
			       .in = BH_FD_NULL,
			       .out = backends->out,
			       .err = backends->out,
			       .keep_fds = keep,
			       .die_with_parent = true,
			       .own_group = true,
			       .namespaces = beginning.alone ? NAMESPACES : 0,
			       .prepare = prepare,
			       .owner = &beginning};
	int error = bh_spawn(&how, &b->server);

	if (error && beginning.alone && !beginning.ready) {
		bh_log(backends->log, BH_LOG_WARNING, "%s: its server has our user: %s",
		       b->device.name, strerror(-error));
		beginning.alone = false;
		how.namespaces = 0;
		error = bh_spawn(&how, &b->server);
	}
	return error;
}

static int start_server(struct bh_backends *backends, struct backend *b, int listener)
{
	bool gpu = b->device.kind == BH_VIRTIO_GPU;
	char *program = gpu ? find_program(BH_GPU_SERVER, "BULKHEAD_GPU", backends->vmm)
			    : find_program(BH_FS_SERVER, "BULKHEAD_VIRTIOFSD", backends->vmm);
	struct arguments a = {.argv = {program}, .count = 1};

	if (gpu)
		gpu_arguments(&a, &b->device, listener, b->code);
	else
		fs_arguments(&a, &b->device, listener);
	int error = spawn(backends, b, a.argv, listener);
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

/* Answers a knock, unless the VMM would rather wait. */
static void connect_one(struct bh_backends *backends, struct backend *b)
{
	int fd = b->device.serve ? connect_own(backends, b) : bh_socket_connect(b->device.host);

	b->tried_at = bh_now_ms();
	if (fd < 0 && !(b->wanted && b->retry > RETRY_FIRST_MS))
		bh_log(backends->log, BH_LOG_ERROR, "%s: no connection to its back end: %s",
		       b->device.name, strerror(-fd));
	if (fd >= 0 || !b->wanted)
		bh_door_pass(b->door, fd);
	if (fd >= 0) {
		b->wanted = false;
		close(fd);
	}
}

/* When the next attempt for a VMM that waits is due. */
static int64_t due(const struct backend *b)
{
	return b->tried_at + b->retry;
}

static void try_again(struct bh_backends *backends, struct backend *b)
{
	if (b->wanted && bh_now_ms() >= due(b)) {
		connect_one(backends, b);
		b->retry *= 2;
		if (b->retry > RETRY_LONGEST_MS)
			b->retry = RETRY_LONGEST_MS;
	}
}

static void on_door(struct bh_backends *backends, struct backend *b)
{
	char byte;

	if (recv(b->door, &byte, 1, MSG_DONTWAIT) <= 0) {
		close(b->door);
		b->door = -1;
		b->wanted = false;
		return;
	}
	if (bh_now_ms() - b->tried_at > HELD_MS)
		b->retry = RETRY_FIRST_MS;
	b->wanted = byte == BH_KNOCK_WAIT;
	if (!b->wanted)
		connect_one(backends, b);
}

/* How long until a VMM's wish is looked at again; negative: there is none. */
static int next_attempt(const struct bh_backends *backends)
{
	int64_t now = bh_now_ms(), next = INT64_MAX;

	for (size_t i = 0; i < backends->count; i++) {
		const struct backend *b = &backends->items[i];
		if (b->wanted && due(b) < next)
			next = due(b);
	}
	return next == INT64_MAX ? -1 : next > now ? (int)(next - now) : 0;
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
		if (!open || poll(waits, backends->count, next_attempt(backends)) < 0)
			continue;
		for (size_t i = 0; i < backends->count; i++) {
			if (waits[i].revents)
				on_door(backends, &backends->items[i]);
			try_again(backends, &backends->items[i]);
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
