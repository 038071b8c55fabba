/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it costs to show frames: a VMM and a guest made of a memfd, a ring and two sockets give a
 * vhost-user-gpu server frames of 1920x1080, whole screens flushed, and read what it sends to the
 * display. For each kind of frame: the server's CPU time and the bytes, a frame; beside what the
 * same takes when the screen is turned off and on before each flush, so that all of it is sent.
 */
#include "../tests/gpu/stream.h"
#include "bench.h"
#include "gpu/server/vhost_user.h"

#include <linux/virtio_gpu.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WIDE     1920
#define HIGH     1080
#define BUFFERS  3
#define MEMORY   (1u << 20)
#define GUEST    0x40000000u
#define USER     0x7f0000000000u
#define RING     8
#define AVAIL    0x1000
#define USED     0x2000
#define ANSWER   0x3000
#define COMMAND  0x8000
#define PAUSE_MS 20 /* nothing came for so long: that was all */
#define WARM_UP  6

/* Handles: resources and surfaces 10 and on, one a buffer. */
#define BUFFER 10

struct player {
	int front, display, call, kick;
	pid_t server;
	uint8_t *memory;
	uint16_t next;
	uint64_t received;
	struct stream *stream;
};

static void tell(const struct player *p, uint32_t request, const void *payload, uint32_t size,
		 const int *fd)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	uint32_t header[] = {request, 1, size};
	struct iovec pieces[] = {{header, sizeof(header)}, {(void *)payload, size}};
	struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};

	if (fd) {
		struct cmsghdr *c = &control.align;

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), fd, sizeof(int));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	if (sendmsg(p->front, &message, MSG_NOSIGNAL) < 0)
		bench_die("the server", "it is gone");
}

static void tell_pair(const struct player *p, uint32_t request, uint32_t index, uint32_t value)
{
	tell(p, request, (uint32_t[]){index, value}, 8, NULL);
}

static void tell_number(const struct player *p, uint32_t request, uint64_t value, const int *fd)
{
	tell(p, request, &value, sizeof(value), fd);
}

static void serve(int fd, unsigned threads)
{
	struct bh_vhost_config config = {
		.gpu = {.level = BH_GPU_LEVEL_A, .threads = threads, .compile_now = true},
		.scanouts = 1,
		.width = WIDE,
		.height = HIGH,
	};

	_exit(bh_vhost_serve(fd, &config, NULL) != 0);
}

static void start(struct player *p, unsigned threads)
{
	struct {
		uint32_t count, padding;
		uint64_t guest, size, user, offset;
	} table = {1, 0, GUEST, MEMORY, USER, 0};
	struct {
		uint32_t index, flags;
		uint64_t desc, used, avail, log;
	} address = {0, 0, USER, USER + USED, USER + AVAIL, 0};
	int memfd = memfd_create("guest", 0), pair[2], screen[2];

	memset(p, 0, sizeof(*p));
	if (memfd < 0 || ftruncate(memfd, MEMORY) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, screen))
		bench_die("the sockets", "none");
	p->server = fork();
	if (!p->server) {
		close(pair[0]);
		close(screen[0]);
		serve(pair[1], threads);
	}
	close(pair[1]);
	p->front = pair[0];
	p->display = screen[0];
	p->memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	p->kick = eventfd(0, EFD_NONBLOCK);
	p->call = eventfd(0, EFD_NONBLOCK);
	p->stream = calloc(1, sizeof(*p->stream));
	tell_number(p, 2, 1ull << 32 | 1ull << 30 | 7, NULL);
	tell(p, 5, &table, sizeof(table), &memfd);
	tell_pair(p, 8, 0, RING);
	tell_pair(p, 10, 0, 0);
	tell(p, 9, &address, sizeof(address), NULL);
	tell_number(p, 13, 0, &p->call);
	tell_number(p, 12, 0, &p->kick);
	tell_pair(p, 18, 0, 1);
	tell_number(p, 33, 0, &screen[1]);
	close(screen[1]);
	close(memfd);
}

/* Takes what the display is sent; false when nothing comes for `wait` milliseconds. */
static bool receive(struct player *p, int wait)
{
	static uint8_t bytes[1 << 20];
	struct pollfd fds[] = {{p->display, POLLIN, 0}, {p->call, POLLIN, 0}};
	uint64_t count;
	ssize_t got;

	if (poll(fds, 2, wait) <= 0)
		return false;
	if (fds[1].revents)
		(void)!read(p->call, &count, sizeof(count));
	if (!fds[0].revents)
		return true;
	got = read(p->display, bytes, sizeof(bytes));
	if (got <= 0)
		bench_die("the server", "it is gone");
	p->received += (uint64_t)got;
	return true;
}

/* Until the answer is there. */
static void run(struct player *p, const void *command, size_t size, const void *tail, size_t more)
{
	const struct vring_used *used = (const void *)(p->memory + USED);
	struct vring_avail *avail = (void *)(p->memory + AVAIL);
	struct vring_desc desc[] = {
		{GUEST + COMMAND, (uint32_t)(size + more), VRING_DESC_F_NEXT, 1},
		{GUEST + ANSWER, 4096, VRING_DESC_F_WRITE, 0},
	};
	const struct virtio_gpu_ctrl_hdr *answer = (const void *)(p->memory + ANSWER);

	memcpy(p->memory, desc, sizeof(desc));
	memcpy(p->memory + COMMAND, command, size);
	memcpy(p->memory + COMMAND + size, tail, more);
	avail->ring[p->next % RING] = 0;
	__atomic_store_n(&avail->idx, ++p->next, __ATOMIC_SEQ_CST);
	eventfd_write(p->kick, 1);
	while (__atomic_load_n(&used->idx, __ATOMIC_SEQ_CST) != p->next)
		receive(p, 1000);
	if (answer->type >= VIRTIO_GPU_RESP_ERR_UNSPEC)
		bench_die("the server", "it refuses a command");
}

#define HEADER(type_)  .hdr = {.type = (type_), .flags = VIRTIO_GPU_FLAG_FENCE, .ctx_id = CONTEXT}
#define RUN(type, ...) run(p, &(struct type){__VA_ARGS__}, sizeof(struct type), NULL, 0)

static void submit_stream(struct player *p)
{
	struct virtio_gpu_cmd_submit head = {HEADER(VIRTIO_GPU_CMD_SUBMIT_3D),
					     .size = (uint32_t)p->stream->count * 4};

	run(p, &head, sizeof(head), p->stream->dwords, p->stream->count * 4);
	p->stream->count = 0;
}

static void make(struct player *p, uint32_t handle, uint32_t target, uint32_t format,
		 uint32_t width, uint32_t height)
{
	RUN(virtio_gpu_resource_create_3d, HEADER(VIRTIO_GPU_CMD_RESOURCE_CREATE_3D),
	    .resource_id = handle, .target = target, .format = format, .width = width,
	    .height = height, .depth = 1, .array_size = 1);
	RUN(virtio_gpu_ctx_resource, HEADER(VIRTIO_GPU_CMD_CTX_ATTACH_RESOURCE),
	    .resource_id = handle);
}

static void set_up(struct player *p)
{
	struct stream *s = p->stream;

	RUN(virtio_gpu_ctx_create, HEADER(VIRTIO_GPU_CMD_CTX_CREATE));
	make(p, VERTICES, 0, 64, 65536, 1);
	for (uint32_t i = 0; i < BUFFERS; i++) {
		make(p, BUFFER + i, 2, 2, WIDE, HIGH);
		command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, BUFFER + i, BUFFER + i, 2, 0,
			0);
	}
	command(s, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, 0, BUFFER);
	command(s, BH_CMD_SET_VIEWPORT, 0, 7, 0, bits(WIDE / 2), bits(HIGH / 2), bits(0.5f),
		bits(WIDE / 2), bits(HIGH / 2), bits(0.5f));
	set_raster(s, 1u << 14, 0, 1);
	set_blend(s, 0, 0, BLEND_MASK(15));
	set_dsa(s, 0, 0, 0, 0);
	command(s, BH_CMD_CREATE_OBJECT, BH_OBJECT_VERTEX_ELEMENTS, 9, H_ELEMENTS, 0, 0, 0, 31, 16,
		0, 0, 31);
	command(s, BH_CMD_BIND_OBJECT, BH_OBJECT_VERTEX_ELEMENTS, 1, H_ELEMENTS);
	command(s, BH_CMD_SET_VERTEX_BUFFERS, 0, 3, 32, 0, VERTICES);
	shader(s, H_VS, 0, vertex_text);
	shader(s, H_FS, 1, fragment_text);
	submit_stream(p);
}

/* A rectangle of pixels whose colours differ from corner to corner, and with `phase`. */
static void paint(struct player *p, unsigned x, unsigned y, unsigned w, unsigned h, float phase)
{
	float x0 = 2.0f * (float)x / WIDE - 1, x1 = 2.0f * (float)(x + w) / WIDE - 1;
	float y0 = 2.0f * (float)y / HIGH - 1, y1 = 2.0f * (float)(y + h) / HIGH - 1;
	struct vertex v[4] = {{{x0, y0, 0, 1}, {phase, 0, 0.2f, 1}},
			      {{x1, y0, 0, 1}, {0, phase, 0.4f, 1}},
			      {{x1, y1, 0, 1}, {1, 0.5f, phase, 1}},
			      {{x0, y1, 0, 1}, {phase, 1, 1, 1}}};

	draw(p->stream, 6, v, 4);
}

static void within(struct player *p, unsigned x, unsigned y, unsigned w, unsigned h)
{
	command(p->stream, BH_CMD_SET_SCISSOR, 0, 3, 0, x | y << 16, (x + w) | (y + h) << 16);
}

#define WINDOW_WIDE 480
#define WINDOW_HIGH 360

static unsigned window_x(unsigned frame)
{
	return 100 + frame * 5 % 1200;
}

static void paint_desktop(struct player *p, unsigned frame)
{
	paint(p, 0, 0, WIDE, HIGH, 0.3f);
	paint(p, window_x(frame), 300, WINDOW_WIDE, WINDOW_HIGH, 0.8f);
}

/* A compositor that paints everything anew. */
static void all_again(struct player *p, unsigned frame, unsigned buffers)
{
	(void)buffers;
	within(p, 0, 0, WIDE, HIGH);
	paint_desktop(p, frame);
}

/* One that paints where something has changed since the buffer was shown last. */
static void where_it_moved(struct player *p, unsigned frame, unsigned buffers)
{
	unsigned from = frame < buffers ? 0 : window_x(frame - buffers), to = window_x(frame);

	if (frame < buffers || to < from)
		within(p, 0, 0, WIDE, HIGH);
	else
		within(p, from, 300, to - from + WINDOW_WIDE, WINDOW_HIGH);
	paint_desktop(p, frame);
}

static void clock_ticks(struct player *p, unsigned frame, unsigned buffers)
{
	within(p, 0, 0, WIDE, HIGH);
	if (frame < buffers)
		paint_desktop(p, 0);
	paint(p, 1800, 4, 100, 24, (float)(frame % 60) / 60);
}

static void animation(struct player *p, unsigned frame, unsigned buffers)
{
	(void)buffers;
	within(p, 0, 0, WIDE, HIGH);
	paint(p, 0, 0, WIDE, HIGH, (float)(frame % 60) / 60);
}

static void one_colour(struct player *p, unsigned frame, unsigned buffers)
{
	(void)buffers;
	clear(p->stream, 4, 0.2f, (float)(frame % 60) / 60, 0.7f, 1, 0, 0);
}

static void nothing(struct player *p, unsigned frame, unsigned buffers)
{
	within(p, 0, 0, WIDE, HIGH);
	if (frame < buffers)
		paint_desktop(p, 0);
}

static const struct kind {
	const char *name;
	void (*paint)(struct player *p, unsigned frame, unsigned buffers);
	unsigned buffers;
} kinds[] = {
	{"window, all painted again", all_again, 2},
	{"window, painted where it moved", where_it_moved, 2},
	{"window, painted where it moved, 3 buffers", where_it_moved, 3},
	{"window, painted where it moved, 1 buffer", where_it_moved, 1},
	{"clock", clock_ticks, 2},
	{"nothing changes", nothing, 2},
	{"animation", animation, 2},
	{"one colour", one_colour, 2},
};

static double cpu_of(const struct player *p)
{
	struct timespec time;
	clockid_t clock;

	if (clock_getcpuclockid(p->server, &clock) || clock_gettime(clock, &time))
		bench_die("the server", "it is gone");
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec * 1e-6;
}

static void frame(struct player *p, const struct kind *kind, unsigned number, bool whole)
{
	uint32_t buffer = BUFFER + number % kind->buffers;
	struct virtio_gpu_rect all = {0, 0, WIDE, HIGH};

	command(p->stream, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, 0, buffer);
	kind->paint(p, number, kind->buffers);
	submit_stream(p);
	if (whole)
		RUN(virtio_gpu_set_scanout, HEADER(VIRTIO_GPU_CMD_SET_SCANOUT));
	RUN(virtio_gpu_set_scanout, HEADER(VIRTIO_GPU_CMD_SET_SCANOUT), .resource_id = buffer,
	    .r = all);
	RUN(virtio_gpu_resource_flush, HEADER(VIRTIO_GPU_CMD_RESOURCE_FLUSH), .resource_id = buffer,
	    .r = all);
	/* All of a frame arrives before the next: none is left out. */
	while (receive(p, PAUSE_MS))
		;
}

/* The server's CPU time in milliseconds, and bytes, of a frame. */
static void measure(const struct kind *kind, unsigned threads, unsigned frames, bool whole,
		    double *cpu, double *bytes)
{
	struct player p;
	double start_cpu;

	start(&p, threads);
	set_up(&p);
	for (unsigned i = 0; i < WARM_UP; i++)
		frame(&p, kind, i, whole);
	p.received = 0;
	start_cpu = cpu_of(&p);
	for (unsigned i = WARM_UP; i < frames + WARM_UP; i++)
		frame(&p, kind, i, whole);
	*cpu = (cpu_of(&p) - start_cpu) / frames;
	*bytes = (double)p.received / frames;
	close(p.front);
	close(p.display);
	close(p.kick);
	close(p.call);
	waitpid(p.server, NULL, 0);
	munmap(p.memory, MEMORY);
	free(p.stream);
}

/* gpu_scanout [THREADS [FRAMES]] */
int main(int argc, char **argv)
{
	unsigned threads = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
	unsigned frames = argc > 2 ? (unsigned)atoi(argv[2]) : 60;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		double cpu[2], bytes[2];
		char what[80], figure[2][64];

		for (unsigned whole = 0; whole < 2; whole++) {
			measure(&kinds[i], threads, frames, whole, &cpu[whole], &bytes[whole]);
			snprintf(figure[whole], sizeof(figure[whole]), "%s%.3f ms, %.0f bytes",
				 whole ? "all of it " : "", cpu[whole], bytes[whole]);
		}
		snprintf(what, sizeof(what), "gpu screen, %s", kinds[i].name);
		bench_result(what, figure[0], figure[1], cpu[1] / cpu[0]);
		fflush(stdout);
	}
	return 0;
}
