/* SPDX-License-Identifier: Apache-2.0 */
/* The vtest socket: what Mesa says, what it must not say, and recordings of it. */
#include "test.h"

#include "stream.h"

#include "gpu/server/trace.h"
#include "gpu/server/vtest.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

struct server {
	int fd, result;
	struct bh_vtest_config config;
	struct bh_diags diags;
	pthread_t thread;
	struct stream stream;
};

static void *serve(void *data)
{
	struct server *server = data;

	server->result = bh_vtest_serve(server->fd, &server->config, &server->diags);
	close(server->fd);
	return NULL;
}

static int start(struct server *server, struct bh_trace_writer *trace)
{
	int fds[2];

	memset(server, 0, sizeof(*server));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	server->fd = fds[0];
	server->config.gpu.level = BH_GPU_LEVEL_A;
	server->config.gpu.threads = 2;
	server->config.gpu.memory_quota = 48u << 20;
	server->config.trace = trace;
	bh_diags_init(&server->diags);
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
	return fds[1];
}

static int stop(struct server *server, int fd)
{
	close(fd);
	pthread_join(server->thread, NULL);
	return server->result;
}

static void send_command(int fd, uint32_t number, const uint32_t *args, uint32_t count)
{
	uint32_t header[2] = {count, number};

	assert_int_equal(write(fd, header, 8), 8);
	assert_int_equal(write(fd, args, count * 4), count * 4);
}

static uint32_t answer(int fd, uint32_t number, uint32_t count)
{
	uint32_t words[3] = {0};

	assert_int_equal(recv(fd, words, 8 + count * 4, MSG_WAITALL), 8 + count * 4);
	assert_int_equal(words[0], count);
	assert_int_equal(words[1], number);
	return words[2];
}

static void *receive_memory(int fd, size_t size)
{
	char byte, room[CMSG_SPACE(sizeof(int))];
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = room,
				 .msg_controllen = sizeof(room)};
	void *memory;
	int received;

	assert_int_equal(recvmsg(fd, &message, 0), 1);
	memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, received, 0);
	assert_ptr_not_equal(memory, MAP_FAILED);
	close(received);
	return memory;
}

#define BYTES (SIZE * SIZE * 4)

/*
 * Version 2: create, clear to red, read back through the shared memory. Before that a query's
 * result goes to the memory, which nothing was read from.
 */
static const uint32_t *draw_red(struct server *server, int fd)
{
	uint32_t version = 2, create[11] = {CANVAS, 2, 1, 2, SIZE, SIZE, 1, 1, 0, 0, BYTES};
	uint32_t get[10] = {CANVAS, 0, 0, 0, 0, SIZE, SIZE, 1, BYTES, 0};
	struct stream *s = &server->stream;
	const uint32_t *memory;

	send_command(fd, 11, &version, 1);
	assert_int_equal(answer(fd, 11, 1), 2);
	send_command(fd, 12, create, 11);
	memory = receive_memory(fd, BYTES);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, H_SURFACE, CANVAS, 1, 0, 0);
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, 0, H_SURFACE);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_QUERY, 4, H_FREE, 0, 0, CANVAS);
	command(s, BH_CMD_BEGIN_QUERY, 0, 1, H_FREE);
	command(s, BH_CMD_END_QUERY, 0, 1, H_FREE);
	command(s, BH_CMD_GET_QUERY_RESULT, 0, 2, H_FREE, 0);
	clear(s, 4, 1, 0, 0, 1, 0, 0);
	send_command(fd, 6, s->dwords, (uint32_t)s->count);
	s->count = 0;
	send_command(fd, 13, get, 10);
	send_command(fd, 7, (const uint32_t[]){CANVAS, 1}, 2);
	assert_int_equal(answer(fd, 7, 1), 0);
	return memory;
}

static void a_client_draws_and_reads_back(void **state)
{
	struct server server;
	int fd = start(&server, NULL);
	const uint32_t *memory = draw_red(&server, fd);

	(void)state;
	assert_int_equal(memory[0], 0xffff0000u);
	assert_int_equal(memory[SIZE * SIZE - 1], 0xffff0000u);
	assert_int_equal(stop(&server, fd), 0);
	bh_diags_finish(&server.diags);
}

static void capsets_are_sent_as_mesa_reads_them(void **state)
{
	struct server server;
	int fd = start(&server, NULL);
	struct bh_caps2 caps;
	uint32_t header[2];

	(void)state;
	send_command(fd, 9, NULL, 0);
	assert_int_equal(recv(fd, header, 8, MSG_WAITALL), 8);
	assert_int_equal(header[0], sizeof(caps) + 1);
	assert_int_equal(header[1], 2);
	assert_int_equal(recv(fd, &caps, sizeof(caps), MSG_WAITALL), sizeof(caps));
	assert_int_equal(caps.v1.max_render_targets, 8);
	assert_int_equal(caps.host_feature_version, 22);
	send_command(fd, 1, NULL, 0);
	assert_int_equal(recv(fd, header, 8, MSG_WAITALL), 8);
	assert_int_equal(header[0], sizeof(struct bh_caps1) + 1);
	assert_int_equal(recv(fd, &caps, sizeof(struct bh_caps1), MSG_WAITALL),
			 sizeof(struct bh_caps1));
	assert_int_equal(stop(&server, fd), 0);
	bh_diags_finish(&server.diags);
}

/* Error E2001. */
static void a_client_that_breaks_the_protocol_is_dropped(void **state)
{
	static const uint32_t wrong[][4] = {
		{0, 99},         /* no such command */
		{3, 7},          /* too long */
		{0, 12},         /* too short */
		{0xffffffff, 6}, /* a stream without end */
		{0xffffffff, 8}, /* a name without end */
		{1, 3, 77},      /* a resource that is not there */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct server server;
		int fd = start(&server, NULL);
		char byte;

		assert_int_equal(write(fd, wrong[i], sizeof(wrong[i])), sizeof(wrong[i]));
		shutdown(fd, SHUT_WR);
		assert_int_not_equal(recv(fd, &byte, 1, 0), 1);
		assert_int_not_equal(stop(&server, fd), 0);
		assert_int_equal(server.diags.count, 1);
		assert_string_equal(server.diags.items[0].code, "E2001");
		bh_diags_finish(&server.diags);
	}
}

/* It has no room for the resource: whoever uses it is lost, and told nothing but lies. */
static void a_resource_beyond_the_quota_costs_the_context_not_the_client(void **state)
{
	uint32_t version = 2, create[11] = {99, 2, 1, 2, 4096, 4096, 1, 1, 0, 0, 64u << 20};
	uint32_t get[10] = {99, 0, 0, 0, 0, 1, 1, 1, 4, 0};
	struct server server;
	int fd = start(&server, NULL);
	const uint32_t *memory = draw_red(&server, fd);
	const uint8_t *beyond;

	(void)state;
	send_command(fd, 12, create, 11);
	beyond = receive_memory(fd, 64u << 20);
	send_command(fd, 13, get, 10);
	assert_int_equal(beyond[0], 0);
	send_command(fd, 3, (const uint32_t[]){99}, 1);
	send_command(fd, 7, (const uint32_t[]){CANVAS, 1}, 2);
	assert_int_equal(answer(fd, 7, 1), 0);
	assert_int_equal(memory[0], 0xffff0000u);
	send_command(fd, 11, &version, 1);
	assert_int_equal(answer(fd, 11, 1), 2);
	assert_int_equal(stop(&server, fd), 0);
	bh_diags_finish(&server.diags);
}

static void a_recording_replays_to_the_same_picture(void **state)
{
	struct bh_gpu_config config = {BH_GPU_INTERPRETER, BH_GPU_LEVEL_A, 1, 0, NULL};
	struct bh_trace_writer writer;
	struct bh_replay replay;
	struct server server;
	struct bh_gpu *gpu;
	uint32_t width = 0, height = 0;
	uint8_t *pixels;
	char data[65536];
	ssize_t size;
	int file = memfd_create("trace", 0), fd;

	(void)state;
	bh_trace_writer_init(&writer, file);
	fd = start(&server, &writer);
	draw_red(&server, fd);
	assert_int_equal(stop(&server, fd), 0);
	assert_int_equal(bh_trace_writer_finish(&writer), 0);
	size = pread(file, data, sizeof(data), 0);
	assert_true(size > 0);
	gpu = bh_gpu_create(&config, NULL);
	assert_true(bh_replay_init(&replay, gpu, data, (size_t)size, NULL));
	assert_true(bh_replay_next(&replay));
	assert_false(bh_replay_next(&replay));
	pixels = bh_replay_picture(&replay, &width, &height);
	assert_non_null(pixels);
	assert_int_equal(width, SIZE);
	assert_int_equal(height, SIZE);
	assert_int_equal(pixels[2], 0xff);
	assert_int_equal(pixels[0], 0);
	free(pixels);
	bh_replay_finish(&replay);
	bh_gpu_destroy(gpu);
	bh_diags_finish(&server.diags);
	close(file);
}

/* Error E2002. */
static void a_file_that_is_no_trace_is_refused(void **state)
{
	struct bh_gpu_config config = {BH_GPU_INTERPRETER, BH_GPU_LEVEL_A, 1, 0, NULL};
	struct bh_gpu *gpu = bh_gpu_create(&config, NULL);
	struct bh_replay replay;
	struct bh_diags diags;

	(void)state;
	bh_diags_init(&diags);
	assert_false(bh_replay_init(&replay, gpu, "GIF89a", 6, &diags));
	assert_string_equal(diags.items[0].code, "E2002");
	bh_diags_finish(&diags);
	bh_gpu_destroy(gpu);
}

/* Error E2000. */
static void a_back_end_that_cannot_run_is_refused(void **state)
{
	struct bh_gpu_config config = {BH_GPU_SIMD16 + 1, BH_GPU_LEVEL_A, 1, 0, NULL};
	struct bh_diags diags;

	(void)state;
	bh_diags_init(&diags);
	assert_null(bh_gpu_create(&config, &diags));
	assert_string_equal(diags.items[0].code, "E2000");
	bh_diags_finish(&diags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_draws_and_reads_back),
		cmocka_unit_test(capsets_are_sent_as_mesa_reads_them),
		cmocka_unit_test(a_client_that_breaks_the_protocol_is_dropped),
		cmocka_unit_test(a_resource_beyond_the_quota_costs_the_context_not_the_client),
		cmocka_unit_test(a_recording_replays_to_the_same_picture),
		cmocka_unit_test(a_file_that_is_no_trace_is_refused),
		cmocka_unit_test(a_back_end_that_cannot_run_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
