/* SPDX-License-Identifier: Apache-2.0 */
/* Devices whose queues another process serves: honest back ends, dead ones, and liars. */
#include "vmm/virtio/vhost_user.h"
#include "test.h"
#include "vmm/virtio/kinds.h"

#include "base/proc.h"
#include "host/door.h"
#include "machine/control.h"
#include "vmm/backend.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RAM  0x80000000
#define SIZE 0x400000
#define RING RAM

struct guest {
	struct bh_ram ram;
	struct bh_loop loop;
	struct bh_log log;
	int log_pipe[2];
	struct bh_diags diags;
	struct backend backend;
	pthread_t thread;
	char path[64], door[16]; /* door "": none */
	int doorman, let_in;     /* the launcher's end; whether it connects those who wait */
	pthread_t doorman_thread;
	struct bh_virtio *device;
	unsigned signals, config_signals;
	uint16_t added;
};

static void signal_queue(struct bh_virtio *device, unsigned queue)
{
	(void)queue;
	((struct guest *)device->transport_data)->signals++;
}

static void signal_config(struct bh_virtio *device)
{
	((struct guest *)device->transport_data)->config_signals++;
}

static int no_fd(struct bh_virtio *device, unsigned queue)
{
	(void)device;
	(void)queue;
	return -1;
}

static const struct bh_virtio_transport transport = {
	.signal = signal_queue, .signal_config = signal_config, .call_fd = no_fd};

static int begin(void **state)
{
	struct guest *g = calloc(1, sizeof(*g));
	const struct bh_manifest_memory memory = {
		.kind = BH_MEMORY_SHARED, .base = {RAM}, .size = SIZE};

	bh_diags_init(&g->diags);
	assert_true(bh_ram_init(&g->ram, &memory, -1, &g->diags));
	assert_int_equal(bh_loop_init(&g->loop), 0);
	assert_int_equal(pipe(g->log_pipe), 0);
	g->log = (struct bh_log){.fd = g->log_pipe[1], .level = BH_LOG_INFO, .name = "vm"};
	*state = g;
	return 0;
}

static int end(void **state)
{
	struct guest *g = *state;

	if (g->device)
		g->device->ops->destroy(g->device);
	if (g->doorman_thread)
		pthread_join(g->doorman_thread, NULL);
	shutdown(g->backend.listener, SHUT_RDWR);
	if (g->thread)
		pthread_join(g->thread, NULL);
	close(g->backend.listener);
	unlink(g->path);
	bh_loop_finish(&g->loop);
	bh_ram_finish(&g->ram);
	bh_diags_finish(&g->diags);
	close(g->log_pipe[0]);
	close(g->log_pipe[1]);
	free(g);
	return 0;
}

static void listen_as(struct guest *g, enum lie lie, bool inflight)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(g->path, sizeof(g->path), "/tmp/bulkhead-backend-%d", (int)getpid());
	unlink(g->path);
	strcpy(address.sun_path, g->path);
	g->backend = (struct backend){.lie = lie, .inflight = inflight};
	g->backend.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(g->backend.listener, (struct sockaddr *)&address, sizeof(address)),
			 0);
	assert_int_equal(listen(g->backend.listener, 4), 0);
	assert_int_equal(pthread_create(&g->thread, NULL, backend_main, &g->backend), 0);
}

static struct bh_virtio *create(struct guest *g)
{
	const struct bh_manifest_virtio manifest = {.kind = BH_VIRTIO_BLOCK,
						    .name = "disk",
						    .host = *g->door ? g->door : g->path,
						    .vhost_user = true};
	const struct bh_virtio_host host = {.ram = &g->ram, .loop = &g->loop, .log = &g->log};

	g->device = bh_virtio_create(&manifest, &host, NULL, &g->diags);
	if (g->device) {
		g->device->transport = &transport;
		g->device->transport_data = g;
	}
	return g->device;
}

/* Stands for the launcher. */
static void *open_door(void *argument)
{
	struct guest *g = argument;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char byte;

	strcpy(address.sun_path, g->path);
	while (recv(g->doorman, &byte, 1, 0) == 1) {
		while (byte == BH_KNOCK_WAIT && !__atomic_load_n(&g->let_in, __ATOMIC_SEQ_CST))
			sched_yield();
		int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
		bh_door_pass(g->doorman, fd);
		close(fd);
	}
	close(g->doorman);
	return NULL;
}

static void have_door(struct guest *g)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	snprintf(g->door, sizeof(g->door), "fd:%d", ends[1]);
	g->doorman = ends[0];
	assert_int_equal(pthread_create(&g->doorman_thread, NULL, open_door, g), 0);
	assert_non_null(create(g));
	/* It has its own of it. */
	close(ends[1]);
}

/* As a driver does it: features, one queue, DRIVER_OK. */
static void drive(struct guest *g)
{
	struct bh_virtio *device = g->device;

	bh_virtio_set_status(device, 0);
	bh_virtio_set_status(device, BH_VIRTIO_ACKNOWLEDGE | BH_VIRTIO_DRIVER);
	device->accepted = device->offered & ~BH_VIRTIO_F_EVENT_INDEX;
	bh_virtio_set_status(device, 11);
	device->queue_select = 0;
	struct bh_queue *ring = bh_virtio_selected(device);
	ring->size = 16;
	ring->descriptors_at = RING;
	ring->avail_at = RING + 0x1000;
	ring->used_at = RING + 0x2000;
	memset(bh_ram_at(&g->ram, RING, 0x3000), 0, 0x3000);
	bh_virtio_enable_selected(device);
	bh_virtio_set_status(device, 15);
	g->added = 0;
}

/* A read of one sector; the loop then works until its interrupt came. */
static void add_read(struct guest *g)
{
	struct bh_queue_descriptor *table = bh_ram_at(&g->ram, RING, 16 * 16);
	uint16_t *avail = bh_ram_at(&g->ram, RING + 0x1000, 64);

	table[0] = (struct bh_queue_descriptor){RAM + 0x10000, 16, 1, 1};
	table[1] = (struct bh_queue_descriptor){RAM + 0x11000, 512, 3, 2};
	table[2] = (struct bh_queue_descriptor){RAM + 0x12000, 1, 2, 0};
	memset(bh_ram_at(&g->ram, RAM + 0x11000, 512), 0, 512);
	avail[2 + g->added % 16] = 0;
	g->added++;
	__atomic_store_n(&avail[1], g->added, __ATOMIC_RELEASE);
	bh_virtio_kick(g->device, 0);
}

static void work_until(struct guest *g, const unsigned *count, unsigned wanted)
{
	const struct timespec moment = {0, 1000000};

	while (__atomic_load_n(count, __ATOMIC_SEQ_CST) < wanted) {
		if (!bh_loop_poll(&g->loop))
			nanosleep(&moment, NULL);
	}
}

static void read_arrives(struct guest *g)
{
	unsigned before = g->signals;

	add_read(g);
	work_until(g, &g->signals, before + 1);
	assert_int_equal(*(uint8_t *)bh_ram_at(&g->ram, RAM + 0x11000, 1), BACKEND_BYTE);
	assert_int_equal(*(uint8_t *)bh_ram_at(&g->ram, RAM + 0x111ff, 1), BACKEND_BYTE);
}

static bool has_logged(struct guest *g, const char *text)
{
	char log[4096] = "";

	bh_log(&g->log, BH_LOG_INFO, ".");
	return read(g->log_pipe[0], log, sizeof(log) - 1) > 0 && strstr(log, text);
}

static void requests_are_served_by_the_other_process(void **state)
{
	struct guest *g = *state;

	listen_as(g, HONEST, false);
	assert_non_null(create(g));
	assert_int_equal(bh_virtio_read_config(g->device, 0, 8), 8);
	drive(g);
	assert_int_equal(g->device->status, 15);
	read_arrives(g);
	read_arrives(g);
	/* Once more from the beginning, as after a reboot of the guest. */
	drive(g);
	read_arrives(g);
	assert_int_equal(g->backend.lives, 1);
}

static void a_dead_back_end_breaks_the_device_until_it_is_reset(void **state)
{
	struct guest *g = *state;

	listen_as(g, HONEST, false);
	assert_non_null(create(g));
	drive(g);
	read_arrives(g);
	g->backend.stop = g->backend.served;
	add_read(g);
	work_until(g, &g->config_signals, 1);
	assert_true(g->device->status & BH_VIRTIO_NEEDS_RESET);
	assert_true(has_logged(g, "its back end is gone"));
	g->backend.served = 0;
	drive(g);
	assert_int_equal(g->device->status, 15);
	read_arrives(g);
	assert_int_equal(g->backend.lives, 2);
}

static void a_back_end_that_keeps_its_requests_with_us_comes_back_unnoticed(void **state)
{
	struct guest *g = *state;

	listen_as(g, HONEST, true);
	assert_non_null(create(g));
	drive(g);
	read_arrives(g);
	g->backend.stop = g->backend.served;
	/* The request that killed it is served by the next one. */
	read_arrives(g);
	read_arrives(g);
	assert_int_equal(g->backend.lives, 2);
	assert_false(g->backend.wrong_base);
	assert_int_equal(g->device->status, 15);
	assert_int_equal(g->config_signals, 0);
	assert_true(has_logged(g, "its back end is back"));
}

static void a_launcher_may_take_its_time_to_have_it_back(void **state)
{
	struct guest *g = *state;

	listen_as(g, HONEST, true);
	have_door(g);
	drive(g);
	read_arrives(g);
	assert_true(bh_vhost_user_look(g->device).here);
	g->backend.stop = g->backend.served;
	add_read(g);
	while (!bh_vhost_user_look(g->device).lost)
		bh_loop_poll(&g->loop);
	assert_false(bh_vhost_user_look(g->device).here);
	assert_int_equal(g->device->status, 15);
	unsigned before = g->signals;
	__atomic_store_n(&g->let_in, 1, __ATOMIC_SEQ_CST);
	work_until(g, &g->signals, before + 1);
	assert_true(bh_vhost_user_look(g->device).here);
	read_arrives(g);
	assert_int_equal(g->config_signals, 0);
	assert_int_equal(bh_vhost_user_look(g->device).lost, 1);
}

/* The guest starts the device anew with the connection that its last life waited for. */
static void a_guest_that_resets_the_device_meanwhile_gets_it_too(void **state)
{
	struct guest *g = *state;

	listen_as(g, HONEST, true);
	have_door(g);
	drive(g);
	read_arrives(g);
	g->backend.stop = g->backend.served;
	add_read(g);
	while (!bh_vhost_user_look(g->device).lost)
		bh_loop_poll(&g->loop);
	__atomic_store_n(&g->let_in, 1, __ATOMIC_SEQ_CST);
	drive(g);
	assert_int_equal(g->device->status, 15);
	read_arrives(g);
	assert_int_equal(g->backend.lives, 2);
}

static void one_that_is_gone_for_good_leaves_the_device_broken(void **state)
{
	struct guest *g = *state;

	listen_as(g, HONEST, true);
	assert_non_null(create(g));
	drive(g);
	read_arrives(g);
	unlink(g->path);
	g->backend.stop = g->backend.served;
	add_read(g);
	work_until(g, &g->config_signals, 1);
	drive(g);
	assert_true(g->device->status & BH_VIRTIO_NEEDS_RESET);
}

static void liars_are_found_out_while_connecting(void **state)
{
	static const struct {
		enum lie lie;
		const char *cause;
	} liars[] = {
		{WRONG_REQUEST, "protocol"},
		{WRONG_VERSION, "protocol"},
		{TOO_LONG, "protocol"},
		{TOO_SHORT, "protocol"},
		{WRONG_OFFSET, "protocol"},
		{STRAY_FD, "protocol"},
		{HALF, "pipe"},
		{NO_QUEUES, "lacks"},
		{NO_PROTOCOL, "lacks"},
	};

	for (size_t i = 0; i < sizeof(liars) / sizeof(liars[0]); i++) {
		void *fresh;

		begin(&fresh);
		struct guest *g = fresh;
		listen_as(g, liars[i].lie, false);
		assert_null(create(g));
		assert_int_equal(g->diags.errors, 1);
		assert_string_equal(g->diags.items[0].code, "E1044");
		if (!strcasestr(g->diags.items[0].cause, liars[i].cause))
			fail_msg("lie %d: %s", liars[i].lie, g->diags.items[0].cause);
		end(&fresh);
	}
	(void)state;
}

/* Its time-out is the subject: five seconds of the VMM's become one of the test's. */
static void a_silent_one_does_not_hold_the_vm(void **state)
{
	struct guest *g = *state;

	listen_as(g, SILENT, false);
	assert_null(create(g));
	assert_string_equal(g->diags.items[0].code, "E1044");
	assert_non_null(strstr(g->diags.items[0].cause, "does not answer"));
}

static void one_that_refuses_the_memory_breaks_the_device(void **state)
{
	struct guest *g = *state;

	listen_as(g, REFUSES, false);
	assert_non_null(create(g));
	drive(g);
	assert_true(g->device->status & BH_VIRTIO_NEEDS_RESET);
}

static void one_without_the_memory_it_promised_breaks_the_device(void **state)
{
	struct guest *g = *state;

	listen_as(g, NO_INFLIGHT_FD, true);
	assert_non_null(create(g));
	drive(g);
	assert_true(g->device->status & BH_VIRTIO_NEEDS_RESET);
}

static void one_that_talks_out_of_turn_breaks_the_device(void **state)
{
	struct guest *g = *state;

	listen_as(g, UNASKED, false);
	assert_non_null(create(g));
	drive(g);
	while (!(g->device->status & BH_VIRTIO_NEEDS_RESET))
		bh_loop_poll(&g->loop);
}

static void nobody_there_is_e1044(void **state)
{
	struct guest *g = *state;

	strcpy(g->path, "/tmp/bulkhead-nobody");
	g->backend.listener = -1;
	assert_null(create(g));
	assert_string_equal(g->diags.items[0].code, "E1044");
}

static const char *gpu_server; /* bulkhead-gpu, from the command line */

/* The server itself: configuration, mode, and a command through the ring. */
static void our_gpu_server_answers_the_guest(void **state)
{
	struct guest *g = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char listener[16];
	pid_t pid;

	g->backend.listener = -1;
	if (!gpu_server)
		skip();
	snprintf(g->path, sizeof(g->path), "/tmp/bulkhead-gpu-%d", (int)getpid());
	strcpy(address.sun_path, g->path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	snprintf(listener, sizeof(listener), "fd:%d", fd);
	const char *const argv[] = {
		gpu_server, "serve",    "--vhost-user", listener, "--backend", "interpreter",
		"--mode",   "1024x768", "--threads",    "1",      NULL};
	const int keep[] = {fd, -1};
	const struct bh_spawn how = {.argv = argv,
				     .in = BH_FD_NULL,
				     .out = BH_FD_INHERIT,
				     .err = BH_FD_INHERIT,
				     .keep_fds = keep};
	assert_int_equal(bh_spawn(&how, &pid), 0);
	close(fd);
	const struct bh_manifest_virtio manifest = {
		.kind = BH_VIRTIO_GPU, .name = "gpu", .host = g->path};
	const struct bh_virtio_host host = {.ram = &g->ram, .loop = &g->loop, .log = &g->log};
	g->device = bh_virtio_create(&manifest, &host, NULL, &g->diags);
	assert_non_null(g->device);
	g->device->transport = &transport;
	g->device->transport_data = g;
	assert_int_equal(bh_virtio_read_config(g->device, 8, 4), 1); /* screens */
	drive(g);
	assert_int_equal(g->device->status, 15);

	/* GET_DISPLAY_INFO: 24 bytes, answered with 24 and 16 screens of 24. */
	struct bh_queue_descriptor *table = bh_ram_at(&g->ram, RING, 32);
	uint16_t *avail = bh_ram_at(&g->ram, RING + 0x1000, 64);
	uint32_t *command = bh_ram_at(&g->ram, RAM + 0x10000, 24);
	uint32_t *answer = bh_ram_at(&g->ram, RAM + 0x11000, 408);
	command[0] = 0x100;
	table[0] = (struct bh_queue_descriptor){RAM + 0x10000, 24, 1, 1};
	table[1] = (struct bh_queue_descriptor){RAM + 0x11000, 408, 2, 0};
	avail[2] = 0;
	__atomic_store_n(&avail[1], 1, __ATOMIC_RELEASE);
	bh_virtio_kick(g->device, 0);
	work_until(g, &g->signals, 1);
	assert_int_equal(answer[0], 0x1101);
	assert_int_equal(answer[6 + 2], 1024);
	assert_int_equal(answer[6 + 3], 768);

	/* It dies as any other back end may. */
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	work_until(g, &g->config_signals, 1);
	assert_true(g->device->status & BH_VIRTIO_NEEDS_RESET);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(our_gpu_server_answers_the_guest),
		TEST(requests_are_served_by_the_other_process),
		TEST(a_dead_back_end_breaks_the_device_until_it_is_reset),
		TEST(a_back_end_that_keeps_its_requests_with_us_comes_back_unnoticed),
		TEST(a_launcher_may_take_its_time_to_have_it_back),
		TEST(a_guest_that_resets_the_device_meanwhile_gets_it_too),
		TEST(one_that_is_gone_for_good_leaves_the_device_broken),
		cmocka_unit_test(liars_are_found_out_while_connecting),
		TEST(a_silent_one_does_not_hold_the_vm),
		TEST(one_that_refuses_the_memory_breaks_the_device),
		TEST(one_without_the_memory_it_promised_breaks_the_device),
		TEST(one_that_talks_out_of_turn_breaks_the_device),
		TEST(nobody_there_is_e1044),
	};

	gpu_server = argc > 1 ? argv[1] : NULL;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
