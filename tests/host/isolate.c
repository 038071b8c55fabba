/* SPDX-License-Identifier: Apache-2.0 */
/* What the launcher does for a VMM that can do nothing itself: opens, lets in, connects. */
#include "host/isolate.h"
#include "host/backends.h"
#include "host/control.h"
#include "host/door.h"
#include "host/open.h"
#include "machine/control.h"
#include "test.h"

#include "base/alloc.h"
#include "base/file.h"
#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* What came through a door; *fd -1: a word without a descriptor. Waits for it. */
static ssize_t take(int door, int *fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char byte;
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};

	*fd = -1;
	ssize_t got = recvmsg(door, &message, 0);
	struct cmsghdr *item = CMSG_FIRSTHDR(&message);
	if (got > 0 && item)
		memcpy(fd, CMSG_DATA(item), sizeof(*fd));
	return got;
}

struct fixture {
	char folder[64];
	struct bh_log log;
};

static int begin(void **state)
{
	static struct fixture f;

	f = (struct fixture){.log = {.fd = open("/dev/null", O_WRONLY), .name = "test"}};
	snprintf(f.folder, sizeof(f.folder), "/tmp/bulkhead-isolate-XXXXXX");
	assert_non_null(mkdtemp(f.folder));
	*state = &f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	close(f->log.fd);
	return bh_remove_tree(f->folder);
}

static struct bh_backends *create(const struct fixture *f)
{
	const struct bh_backends_setting setting = {
		.vmm = "vmm", .folder = f->folder, .log = &f->log, .out = 2};

	return bh_backends_create(&setting);
}

static char *in_folder(const struct fixture *f, const char *name)
{
	return bh_strf("%s/%s", f->folder, name);
}

static void clients_of_the_owner_come_through_and_wait_while_there_is_no_vmm(void **state)
{
	/* Its thread lives as long as the process. */
	static struct bh_doors doors;
	struct fixture *f = *state;
	char *control = in_folder(f, "control"), *console = in_folder(f, "console");
	int listeners[] = {bh_socket_listen(control), bh_socket_listen(console)};
	int theirs[BH_DOORS], fd;
	char byte = 0;

	bh_doors_init(&doors, listeners[0], listeners[1]);
	int early = bh_socket_connect(control);
	assert_true(early >= 0);
	for (int life = 0; life < 2; life++) {
		assert_int_equal(bh_doors_open(&doors, theirs), 0);
		int client = life ? bh_socket_connect(control) : early;
		assert_int_equal(take(theirs[BH_DOOR_CONTROL], &fd), 1);
		assert_true(fd >= 0);
		/* It is the client's connection. */
		assert_int_equal(write(client, "x", 1), 1);
		assert_int_equal(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1), 1);
		assert_int_equal(read(fd, &byte, 1), 1);
		assert_int_equal(byte, 'x');
		close(fd);
		close(client);
		client = bh_socket_connect(console);
		assert_int_equal(take(theirs[BH_DOOR_CONSOLE], &fd), 1);
		assert_true(fd >= 0);
		close(fd);
		close(client);
		/* The VMM ends. */
		close(theirs[0]);
		close(theirs[1]);
	}
	free(control);
	free(console);
}

static void what_cannot_be_opened_has_its_code(void **state)
{
	static const struct {
		const char *code;
		bool kernel, initrd, disk;
	} cases[] = {{"E1023", false, true, true},
		     {"E1026", true, false, true},
		     {"E1041", true, true, false}};
	struct fixture *f = *state;
	char *there = in_folder(f, "there"), *absent = in_folder(f, "absent");

	assert_int_equal(bh_file_write(there, "x", 1, 0600), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bh_manifest *m = bh_alloc(sizeof(*m));
		struct bh_opened *opened = bh_alloc(sizeof(*opened));
		struct bh_backends *backends = create(f);
		struct bh_diags diags;

		bh_diags_init(&diags);
		m->vm = "vm";
		m->kernel = cases[i].kernel ? there : absent;
		m->initrd = cases[i].initrd ? there : absent;
		m->virtio_count = 1;
		m->virtio[0] = (struct bh_manifest_virtio){.kind = BH_VIRTIO_BLOCK,
							   .name = "disk",
							   .host = cases[i].disk ? there : absent};
		assert_false(bh_opened_init(opened, m, backends, &diags));
		assert_int_equal(diags.errors, 1);
		assert_string_equal(diags.items[0].code, cases[i].code);
		assert_non_null(diags.items[0].hint);
		bh_opened_finish(opened);
		bh_backends_serve(backends);
		bh_diags_finish(&diags);
		free(opened);
		free(m);
	}
	free(there);
	free(absent);
}

static void a_vmm_that_knocks_gets_a_connection_each_time(void **state)
{
	struct fixture *f = *state;
	char *path = in_folder(f, "server");
	int listener = bh_socket_listen(path), fd;
	const struct bh_manifest_virtio device = {
		.kind = BH_VIRTIO_FS, .name = "files", .host = path};
	struct bh_backends *backends = create(f);
	int door = bh_backends_add(backends, &device);

	assert_true(door >= 0);
	bh_backends_serve(backends);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(send(door, "", 1, 0), 1);
		assert_int_equal(take(door, &fd), 1);
		assert_true(fd >= 0);
		int server = accept(listener, NULL, NULL);
		assert_int_equal(write(server, "x", 1), 1);
		char byte;
		assert_int_equal(read(fd, &byte, 1), 1);
		close(server);
		close(fd);
	}
	close(listener);
	unlink(path);
	assert_int_equal(send(door, "", 1, 0), 1);
	assert_int_equal(take(door, &fd), 1);
	assert_int_equal(fd, -1);
	close(door);
	free(path);
}

static void a_vmm_that_waits_gets_a_connection_when_there_is_one(void **state)
{
	struct fixture *f = *state;
	char *path = in_folder(f, "server"), knock = BH_KNOCK_WAIT;
	const struct bh_manifest_virtio device = {
		.kind = BH_VIRTIO_BLOCK, .name = "disk", .host = path, .vhost_user = true};
	struct bh_backends *backends = create(f);
	int door = bh_backends_add(backends, &device), fd;

	bh_backends_serve(backends);
	assert_int_equal(send(door, &knock, 1, 0), 1);
	/* Nobody is there for now, which is no answer. */
	assert_int_equal(poll(&(struct pollfd){.fd = door, .events = POLLIN}, 1, 250), 0);
	int listener = bh_socket_listen(path);
	assert_int_equal(take(door, &fd), 1);
	assert_true(fd >= 0);
	close(accept(listener, NULL, NULL));
	close(fd);
	close(listener);
	close(door);
	free(path);
}

/* A server of ours is somebody else; its folder's files have the owners that the guest gives them.
 */
static void a_server_of_ours_has_users_of_its_own(void **state)
{
	struct fixture *f = *state;
	char *program = in_folder(f, "server"), *shared = in_folder(f, "shared");
	char *told = in_folder(f, "shared/told"), *made = in_folder(f, "shared/made"), *text;
	static const char script[] = "#!/bin/sh\n"
				     "cd \"$4\" && touch made && chown 5:6 made &&\n"
				     "cat /proc/self/uid_map >half && mv half told\n"
				     "exec sleep 1000\n";
	const struct bh_manifest_virtio device = {
		.kind = BH_VIRTIO_FS, .name = "files", .serve = true, .folder = shared};
	const struct bh_backends_setting setting = {.vmm = "vmm",
						    .folder = f->folder,
						    .users = BH_SERVER_FIRST,
						    .log = &f->log,
						    .out = f->log.fd};
	unsigned inside, outside, count;
	struct stat st;
	size_t size;
	int fd;

	if (geteuid())
		skip();
	assert_int_equal(chmod(f->folder, 0711), 0);
	assert_int_equal(mkdir(shared, 0755), 0);
	assert_int_equal(bh_file_write(program, script, strlen(script), 0755), 0);
	setenv("BULKHEAD_VIRTIOFSD", program, 1);
	struct bh_backends *backends = bh_backends_create(&setting);
	int door = bh_backends_add(backends, &device);
	bh_backends_serve(backends);
	assert_int_equal(send(door, "", 1, 0), 1);
	assert_int_equal(take(door, &fd), 1);
	assert_true(fd >= 0);
	while (bh_file_read(told, 4096, &text, &size))
		continue;
	assert_int_equal(sscanf(text, "%u %u %u", &inside, &outside, &count), 3);
	assert_int_equal(stat(made, &st), 0);
	assert_int_equal(st.st_uid, 5);
	assert_int_equal(st.st_gid, 6);
	assert_int_equal(stat(told, &st), 0);
	assert_int_equal(st.st_uid, 0);
	close(fd);
	close(door);
	unsetenv("BULKHEAD_VIRTIOFSD");
	/* Where this machine's file system cannot be mounted so, the server is as we are. */
	if (outside == 0)
		print_message("no such mounts here\n");
	else
		assert_int_equal(outside, BH_SERVER_FIRST);
	free(text);
	free(made);
	free(told);
	free(shared);
	free(program);
}

/* It listens on a descriptor, is another process each time, and has what the one before kept. */
static void a_server_of_ours_is_started_for_each_connection(void **state)
{
	struct fixture *f = *state;
	char *program = in_folder(f, "server");
	static const char script[] = "#!/bin/sh\n"
				     "fd=${7#fd:}\n"
				     "kept=$(cat /proc/self/fd/$fd)\n"
				     "echo more >>/proc/self/fd/$fd\n"
				     "echo \"$*\" kept $kept. >>\"$(dirname \"$0\")/told\"\n"
				     "exec sleep 1000\n";
	static const char *const kept[] = {"kept .\n", "kept more.\n"};
	const struct bh_manifest_virtio device = {
		.kind = BH_VIRTIO_GPU, .name = "gpu", .serve = true, .width = 800, .height = 600};
	char *told = in_folder(f, "told"), *text;
	size_t size;
	int fd;

	assert_int_equal(bh_file_write(program, script, strlen(script), 0700), 0);
	setenv("BULKHEAD_GPU", program, 1);
	struct bh_backends *backends = create(f);
	int door = bh_backends_add(backends, &device);
	bh_backends_serve(backends);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(send(door, "", 1, 0), 1);
		assert_int_equal(take(door, &fd), 1);
		assert_true(fd >= 0);
		do {
			while (bh_file_read(told, 4096, &text, &size))
				;
			bool there = strstr(text, "serve --vhost-user fd:") &&
				     strstr(text, "--mode 800x600 --cache fd:") &&
				     strstr(text, kept[i]);
			if (!there)
				free(text);
			else
				break;
		} while (true);
		free(text);
		unlink(told);
		close(fd);
	}
	close(door);
	unsetenv("BULKHEAD_GPU");
	free(told);
	free(program);
}

static void a_process_of_its_own_namespaces_sees_no_other(void **state)
{
	static const char *const argv[] = {"/bin/sh", "-c", "test $$ = 1", NULL};
	const struct bh_spawn how = {.argv = argv,
				     .in = BH_FD_NULL,
				     .out = BH_FD_INHERIT,
				     .err = BH_FD_INHERIT,
				     .die_with_parent = true,
				     .namespaces = CLONE_NEWPID | (geteuid() ? CLONE_NEWUSER : 0)};
	pid_t pid;
	int status;

	(void)state;
	int error = bh_spawn(&how, &pid);
	if (error == -EPERM || error == -ENOSPC)
		skip();
	assert_int_equal(error, 0);
	assert_int_equal(bh_wait(pid, &status), 0);
	assert_int_equal(status, 0);
}

static int refuse(void *owner, pid_t pid)
{
	*(pid_t *)owner = pid;
	return -EDOM;
}

static void a_process_that_cannot_be_prepared_never_begins(void **state)
{
	static const char *const argv[] = {"/bin/sh", "-c", "exit 0", NULL};
	pid_t seen = 0, pid;
	const struct bh_spawn how = {.argv = argv,
				     .in = BH_FD_NULL,
				     .out = BH_FD_INHERIT,
				     .err = BH_FD_INHERIT,
				     .prepare = refuse,
				     .owner = &seen};

	(void)state;
	assert_int_equal(bh_spawn(&how, &pid), -EDOM);
	assert_true(seen > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(clients_of_the_owner_come_through_and_wait_while_there_is_no_vmm),
		TEST(what_cannot_be_opened_has_its_code),
		TEST(a_vmm_that_knocks_gets_a_connection_each_time),
		TEST(a_vmm_that_waits_gets_a_connection_when_there_is_one),
		TEST(a_server_of_ours_has_users_of_its_own),
		TEST(a_server_of_ours_is_started_for_each_connection),
		cmocka_unit_test(a_process_of_its_own_namespaces_sees_no_other),
		cmocka_unit_test(a_process_that_cannot_be_prepared_never_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
