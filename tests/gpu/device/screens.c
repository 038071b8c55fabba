/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What screens are sent: all that differs from what they show, and nothing else. Two devices get
 * the same commands; of the second nobody looks at screens, so that its images are what they would
 * be, and what the first one's display should show.
 */
#include "../stream.h"
#include "gpu/device/device.h"
#include "test.h"

#define SCREENS 2
#define BUFFERS 4 /* resources and surfaces 10 and on */
#define FIRST   10
#define WIDEST  330
#define HIGHEST 270
#define UNKNOWN 0xdeadbeefu /* what a screen of another size shows at first */
#define MEMORY  (WIDEST * HIGHEST * 4)

struct screen {
	uint32_t width, height, buffer;
	struct virtio_gpu_rect rect;
	uint32_t pixels[HIGHEST][WIDEST];
};

struct side {
	struct bh_gpu *gpu;
	struct bh_device *device;
};

static struct {
	struct side side[2]; /* the one whose screens are looked at, and the other */
	struct screen screens[SCREENS];
	struct {
		uint32_t width, height;
	} buffers[BUFFERS];
	struct stream stream;
	uint8_t memory[MEMORY];
	uint32_t room[WIDEST * HIGHEST];
	struct {
		uint32_t screen;
		struct bh_gpu_rect rect;
	} coming; /* is written when the next call comes */
	unsigned updates, refused;
	uint64_t pixels;
	unsigned refuses; /* of two updates */
	uint32_t random;
} t;

static uint32_t any(uint32_t count)
{
	t.random = t.random * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)(t.random >> 8) * count >> 24);
}

static int map(void *data, uint64_t address, uint64_t length, struct iovec *pieces, size_t room)
{
	(void)data;
	assert_true(room >= 1 && address <= MEMORY && length <= MEMORY - address);
	pieces[0] = (struct iovec){t.memory + address, length};
	return 1;
}

static void take(void)
{
	const struct bh_gpu_rect *rect = &t.coming.rect;
	struct screen *screen = &t.screens[t.coming.screen];

	for (uint32_t y = 0; y < rect->h; y++)
		memcpy(&screen->pixels[rect->y + y][rect->x], &t.room[y * rect->w], rect->w * 4);
	t.coming.rect.h = 0;
}

static void *update(void *data, uint32_t number, const struct bh_gpu_rect *rect)
{
	const struct screen *screen = &t.screens[number];

	take();
	if (data != &t.side[0])
		return NULL;
	assert_true(rect->w && rect->x < screen->width && rect->w <= screen->width - rect->x);
	assert_true(rect->h && rect->y < screen->height && rect->h <= screen->height - rect->y);
	if (any(2) < t.refuses) {
		t.refused++;
		return NULL;
	}
	t.coming.screen = number;
	t.coming.rect = *rect;
	t.updates++;
	t.pixels += (uint64_t)rect->w * rect->h;
	return t.room;
}

static void updated(void *data)
{
	(void)data;
	take();
}

static void scanout(void *data, uint32_t number, uint32_t width, uint32_t height)
{
	struct screen *screen = &t.screens[number];

	if (data != &t.side[0])
		return;
	screen->width = width;
	screen->height = height;
	for (uint32_t y = 0; y < HIGHEST; y++) {
		for (uint32_t x = 0; x < WIDEST; x++)
			screen->pixels[y][x] = UNKNOWN;
	}
}

static void cursor(void *data, const struct virtio_gpu_cursor_pos *at, uint32_t hot_x,
		   uint32_t hot_y, bool visible, const void *pixels)
{
	(void)data;
	(void)at;
	(void)hot_x;
	(void)hot_y;
	(void)visible;
	(void)pixels;
}

static const struct bh_device_ops ops = {map, scanout, update, updated, cursor};

/* Both devices answer alike. */
static uint32_t run(const void *command, size_t length)
{
	static uint8_t response[2][BH_DEVICE_RESPONSE_MAX];
	struct virtio_gpu_ctrl_hdr header;
	bool fenced;

	for (unsigned i = 0; i < 2; i++)
		bh_device_command(t.side[i].device, command, length, response[i], &fenced);
	assert_memory_equal(response[0], response[1], BH_DEVICE_RESPONSE_MAX);
	memcpy(&header, response[0], sizeof(header));
	return header.type;
}

#define HEADER(type_)   .hdr = {.type = (type_), .ctx_id = CONTEXT}
#define RUN(type, ...)  run(&(struct type){__VA_ARGS__}, sizeof(struct type))
#define DONE(type, ...) assert_int_equal(RUN(type, __VA_ARGS__), VIRTIO_GPU_RESP_OK_NODATA)

static void submit_both(void)
{
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(
			bh_gpu_submit(t.side[i].gpu, CONTEXT, t.stream.dwords, t.stream.count), 0);
	t.stream.count = 0;
}

/* B8G8R8A8, B8G8R8X8, and orders and sizes that are converted. */
static const uint32_t formats[] = {1, 2, 67, 7};

static void make_buffer(unsigned number, uint32_t format, uint32_t width, uint32_t height)
{
	uint32_t id = FIRST + number;
	struct {
		struct virtio_gpu_resource_attach_backing head;
		struct virtio_gpu_mem_entry entry;
	} backing = {
		.head = {HEADER(VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING), .resource_id = id,
			 .nr_entries = 1},
		.entry = {0, MEMORY, 0},
	};

	t.buffers[number].width = width;
	t.buffers[number].height = height;
	DONE(virtio_gpu_resource_create_3d, HEADER(VIRTIO_GPU_CMD_RESOURCE_CREATE_3D),
	     .resource_id = id, .target = 2, .format = format, .bind = 2, .width = width,
	     .height = height, .depth = 1, .array_size = 1);
	DONE(virtio_gpu_ctx_resource, HEADER(VIRTIO_GPU_CMD_CTX_ATTACH_RESOURCE),
	     .resource_id = id);
	assert_int_equal(run(&backing, sizeof(backing)), VIRTIO_GPU_RESP_OK_NODATA);
	command(&t.stream, BH_CMD_CREATE_OBJECT, BH_OBJECT_SURFACE, 5, id, id, format, 0, 0);
	submit_both();
}

static void drop_buffer(unsigned number)
{
	uint32_t id = FIRST + number;

	command(&t.stream, BH_CMD_SET_FRAMEBUFFER, 0, 2, 0, 0);
	command(&t.stream, BH_CMD_DESTROY_OBJECT, BH_OBJECT_SURFACE, 1, id);
	submit_both();
	DONE(virtio_gpu_resource_unref, HEADER(VIRTIO_GPU_CMD_RESOURCE_UNREF), .resource_id = id);
	for (unsigned i = 0; i < SCREENS; i++) {
		if (t.screens[i].buffer == id)
			t.screens[i].buffer = 0;
	}
}

static int set_up(void **state)
{
	(void)state;
	memset(&t, 0, sizeof(t));
	for (unsigned i = 0; i < 2; i++) {
		struct bh_gpu_config config = {.backend = BH_GPU_AUTO,
					       .level = BH_GPU_LEVEL_A,
					       .threads = 2 - i,
					       .compile_now = true};
		struct bh_device_config device = {.ops = &ops,
						  .data = &t.side[i],
						  .scanouts = SCREENS,
						  .width = WIDEST,
						  .height = HIGHEST};

		t.side[i].gpu = device.gpu = bh_gpu_create(&config, NULL);
		t.side[i].device = bh_device_create(&device);
	}
	DONE(virtio_gpu_ctx_create, HEADER(VIRTIO_GPU_CMD_CTX_CREATE));
	for (unsigned i = 0; i < 2; i++) {
		begin(t.side[i].gpu, &t.stream);
		assert_int_equal(
			bh_gpu_submit(t.side[i].gpu, CONTEXT, t.stream.dwords, t.stream.count), 0);
	}
	t.stream.count = 0;
	set_raster(&t.stream, 1u << 14, 0, 1); /* scissors */
	submit_both();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		bh_device_destroy(t.side[i].device);
		bh_gpu_destroy(t.side[i].gpu);
	}
	return 0;
}

static void target(unsigned number, struct virtio_gpu_rect scissor)
{
	float w = (float)t.buffers[number].width / 2, h = (float)t.buffers[number].height / 2;

	command(&t.stream, BH_CMD_SET_FRAMEBUFFER, 0, 3, 1, 0, FIRST + number);
	command(&t.stream, BH_CMD_SET_VIEWPORT, 0, 7, 0, bits(w), bits(h), bits(0.5f), bits(w),
		bits(h), bits(0.5f));
	command(&t.stream, BH_CMD_SET_SCISSOR, 0, 3, 0, scissor.x | scissor.y << 16,
		(scissor.x + scissor.width) | (scissor.y + scissor.height) << 16);
}

static struct virtio_gpu_rect all_of(unsigned number)
{
	return (struct virtio_gpu_rect){0, 0, t.buffers[number].width, t.buffers[number].height};
}

static void clear_to(unsigned number, float red)
{
	target(number, all_of(number));
	clear(&t.stream, 4, red, 0.5f, 0.25f, 1, 0, 0);
	submit_both();
}

static void draw_in(unsigned number, struct virtio_gpu_rect scissor, float red, bool gradient)
{
	struct vertex v[4] = {{{-1, -1, 0, 1}, {red, 0, 0, 1}},
			      {{1, -1, 0, 1}, {red, gradient, 0, 1}},
			      {{1, 1, 0, 1}, {red, 0, gradient, 1}},
			      {{-1, 1, 0, 1}, {red, 0, 0, 1}}};

	target(number, scissor);
	draw(&t.stream, 6, v, 4);
	submit_both();
}

static uint32_t show(uint32_t number, uint32_t id, struct virtio_gpu_rect rect)
{
	uint32_t type = RUN(virtio_gpu_set_scanout, HEADER(VIRTIO_GPU_CMD_SET_SCANOUT),
			    .scanout_id = number, .resource_id = id, .r = rect);

	if (type == VIRTIO_GPU_RESP_OK_NODATA) {
		t.screens[number].buffer = id;
		t.screens[number].rect = rect;
	}
	return type;
}

static uint64_t flush(unsigned number, struct virtio_gpu_rect rect)
{
	t.updates = 0;
	t.pixels = 0;
	DONE(virtio_gpu_resource_flush, HEADER(VIRTIO_GPU_CMD_RESOURCE_FLUSH),
	     .resource_id = FIRST + number, .r = rect);
	return t.pixels;
}

static bool inside(const struct virtio_gpu_rect *rect, uint32_t x, uint32_t y)
{
	return x >= rect->x && x - rect->x < rect->width && y >= rect->y &&
	       y - rect->y < rect->height;
}

/* What the screen must show after a flush: the image where it was flushed, the rest as before. */
static void check(const struct screen *before, unsigned number, const struct virtio_gpu_rect *rect)
{
	const struct screen *screen = &t.screens[number];
	static uint32_t image[HIGHEST][WIDEST];

	if (!screen->buffer)
		return;
	assert_int_equal(bh_gpu_read_pixels(t.side[1].gpu, screen->buffer, screen->rect.x,
					    screen->rect.y, screen->width, screen->height, image,
					    sizeof(image[0])),
			 0);
	for (uint32_t y = 0; y < screen->height; y++) {
		for (uint32_t x = 0; x < screen->width; x++) {
			bool flushed = inside(rect, screen->rect.x + x, screen->rect.y + y);
			uint32_t wanted = flushed ? image[y][x] : before->pixels[y][x];

			if (screen->pixels[y][x] != wanted)
				fail_msg("screen %u at %u, %u: %#x, not %#x", number, x, y,
					 screen->pixels[y][x], wanted);
		}
	}
}

static void what_did_not_change_is_not_sent_again(void **state)
{
	(void)state;
	make_buffer(0, 1, 200, 150);
	draw_in(0, all_of(0), 0.5f, true);
	show(0, FIRST, all_of(0));
	assert_int_equal(flush(0, all_of(0)), 200 * 150);
	assert_int_equal(flush(0, all_of(0)), 0);
	/* Drawn again as it was. */
	draw_in(0, all_of(0), 0.5f, true);
	assert_int_equal(flush(0, all_of(0)), 0);
	/* In one place only: the tile. */
	draw_in(0, (struct virtio_gpu_rect){70, 70, 2, 2}, 0.9f, false);
	assert_int_equal(flush(0, all_of(0)), 64 * 64);
	/* In two tiles side by side, and the two below: one rectangle. */
	draw_in(0, (struct virtio_gpu_rect){60, 60, 8, 8}, 0.8f, false);
	assert_int_equal(flush(0, all_of(0)), 128 * 128);
	assert_int_equal(t.updates, 1);
	assert_int_equal(t.screens[0].pixels[60][60] >> 16 & 0xff, 0xcc);
}

static void blit_to(unsigned to, unsigned from, struct virtio_gpu_rect dst,
		    struct virtio_gpu_rect src)
{
	static const uint32_t formats_of[] = {1, 1, 2};

	command(&t.stream, BH_CMD_BLIT, 0, 21, 15u, 0, 0, FIRST + to, 0, formats_of[to], dst.x,
		dst.y, 0, dst.width, dst.height, 1, FIRST + from, 0, formats_of[from], src.x, src.y,
		0, src.width, src.height, 1);
	submit_both();
}

static void copy_to(unsigned to, unsigned from, struct virtio_gpu_rect dst,
		    struct virtio_gpu_rect src)
{
	command(&t.stream, BH_CMD_COPY_REGION, 0, 13, FIRST + to, 0, dst.x, dst.y, 0, FIRST + from,
		0, src.x, src.y, 0, src.width, src.height, 1);
	submit_both();
}

static void upload(unsigned number, struct virtio_gpu_rect rect)
{
	DONE(virtio_gpu_transfer_host_3d, HEADER(VIRTIO_GPU_CMD_TRANSFER_TO_HOST_3D),
	     .resource_id = FIRST + number, .box = {rect.x, rect.y, 0, rect.width, rect.height, 1});
}

static void write_inline(unsigned number, uint32_t x, uint32_t y, uint32_t value)
{
	uint32_t words = 32;

	t.stream.dwords[t.stream.count++] = BH_CMD_INLINE_WRITE | (11 + words) << 16;
	memcpy(&t.stream.dwords[t.stream.count],
	       (uint32_t[]){FIRST + number, 0, 0, 32, 0, x, y, 0, 8, 4, 1}, 44);
	t.stream.count += 11;
	for (uint32_t i = 0; i < words; i++)
		t.stream.dwords[t.stream.count++] = value;
	submit_both();
}

static void every_way_to_write_is_seen(void **state)
{
	struct virtio_gpu_rect part = {3, 3, 8, 8}, larger = {70, 70, 20, 20};

	(void)state;
	for (unsigned i = 0; i < 2; i++)
		make_buffer(i, 1, 130, 130);
	clear_to(1, 0.5f);
	show(0, FIRST, all_of(0));
	flush(0, all_of(0));
	assert_int_equal(flush(0, all_of(0)), 0);
	for (unsigned way = 0; way < 7; way++) {
		switch (way) {
		case 0:
			clear_to(0, 1);
			break;
		case 1:
			draw_in(0, part, 0.25f, true);
			break;
		case 2:
			draw_in(0, all_of(0), 0.25f, false);
			break;
		case 3:
			copy_to(0, 1, part, part);
			break;
		case 4:
			blit_to(0, 1, larger, part);
			break;
		case 5:
			memset(t.memory, 0x77, MEMORY);
			upload(0, part);
			break;
		default:
			write_inline(0, 100, 100, 0x01020304);
			break;
		}
		assert_true(flush(0, all_of(0)) > 0);
		check(&t.screens[0], 0, &(struct virtio_gpu_rect){0, 0, 130, 130});
	}
}

static void a_clear_to_the_same_colour_sends_nothing(void **state)
{
	(void)state;
	make_buffer(0, 1, 200, 150);
	show(0, FIRST, all_of(0));
	clear_to(0, 1);
	assert_int_equal(flush(0, all_of(0)), 200 * 150);
	assert_int_equal(t.screens[0].pixels[149][199], 0xffff8040);
	clear_to(0, 1);
	assert_int_equal(flush(0, all_of(0)), 0);
	/* The same pixels, drawn. */
	draw_in(0, all_of(0), 1, true);
	clear_to(0, 1);
	assert_int_equal(flush(0, all_of(0)), 0);
	clear_to(0, 0);
	assert_int_equal(flush(0, all_of(0)), 200 * 150);
}

static void only_what_differs_between_two_buffers_is_sent(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		make_buffer(i, 2, 256, 128);
		draw_in(i, all_of(i), 0.5f, true);
	}
	show(0, FIRST, all_of(0));
	flush(0, all_of(0));
	show(0, FIRST + 1, all_of(1));
	assert_int_equal(flush(1, all_of(1)), 0);
	draw_in(1, (struct virtio_gpu_rect){0, 0, 1, 1}, 1, false);
	assert_int_equal(flush(1, all_of(1)), 64 * 64);
	/* Back to the first, which nobody has touched. */
	show(0, FIRST, all_of(0));
	assert_int_equal(flush(0, all_of(0)), 64 * 64);
	assert_int_equal(flush(0, all_of(0)), 0);
}

static void a_buffer_with_the_name_of_one_that_went_is_another(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 2; i++)
		make_buffer(i, 1, 128, 128);
	clear_to(0, 1);
	clear_to(1, 1);
	show(0, FIRST, all_of(0));
	flush(0, all_of(0));
	drop_buffer(0);
	make_buffer(0, 1, 128, 128);
	show(0, FIRST + 1, all_of(1));
	assert_int_equal(flush(1, all_of(1)), 128 * 128);
	/* It is all zeros. */
	show(0, FIRST, all_of(0));
	assert_int_equal(flush(0, all_of(0)), 128 * 128);
	assert_int_equal(t.screens[0].pixels[0][0], 0);
}

static void a_screen_of_another_size_or_place_is_sent_whole(void **state)
{
	(void)state;
	make_buffer(0, 1, 256, 256);
	clear_to(0, 1);
	show(0, FIRST, (struct virtio_gpu_rect){0, 0, 128, 128});
	assert_int_equal(flush(0, all_of(0)), 128 * 128);
	show(0, FIRST, (struct virtio_gpu_rect){10, 0, 128, 128});
	assert_int_equal(flush(0, all_of(0)), 128 * 128);
	show(0, FIRST, (struct virtio_gpu_rect){10, 0, 128, 127});
	assert_int_equal(flush(0, all_of(0)), 128 * 127);
	assert_int_equal(t.screens[0].pixels[126][127], 0xffff8040);
	assert_int_equal(t.screens[0].pixels[127][0], UNKNOWN);
	/* A display that is new knows nothing. */
	t.pixels = 0;
	bh_device_refresh(t.side[0].device);
	assert_int_equal(t.pixels, 128 * 127);
}

static void what_was_not_taken_is_sent_later(void **state)
{
	(void)state;
	make_buffer(0, 1, 300, 200);
	draw_in(0, all_of(0), 0.25f, true);
	show(0, FIRST, all_of(0));
	flush(0, all_of(0));
	draw_in(0, (struct virtio_gpu_rect){100, 100, 100, 10}, 0.5f, true);
	t.refuses = 2;
	assert_int_equal(flush(0, all_of(0)), 0);
	assert_true(t.refused > 0);
	t.refuses = 0;
	bh_device_resume(t.side[0].device);
	check(&t.screens[0], 0, &(struct virtio_gpu_rect){0, 0, 300, 200});
	assert_int_equal(flush(0, all_of(0)), 0);
}

static struct virtio_gpu_rect any_rect(uint32_t width, uint32_t height)
{
	uint32_t x = any(width), y = any(height);

	if (!any(3))
		return (struct virtio_gpu_rect){0, 0, width, height};
	return (struct virtio_gpu_rect){x, y, 1 + any(width - x), 1 + any(height - y)};
}

static struct virtio_gpu_rect any_of(unsigned number)
{
	return any_rect(t.buffers[number].width, t.buffers[number].height);
}

static void copy_or_blit(unsigned to, unsigned from, bool blit)
{
	struct virtio_gpu_rect src = any_of(from), dst = any_of(to);

	if (blit && to != from) {
		blit_to(to, from, dst, src);
		return;
	}
	if (src.width > t.buffers[to].width - dst.x)
		src.width = t.buffers[to].width - dst.x;
	if (src.height > t.buffers[to].height - dst.y)
		src.height = t.buffers[to].height - dst.y;
	copy_to(to, from, dst, src);
}

static void upload_any(unsigned number)
{
	memset(t.memory + any(MEMORY / 2), (int)any(4), MEMORY / 2);
	upload(number, any_of(number));
}

static void remake(unsigned number)
{
	/* Those that copies go between keep their size of a texel. */
	static const uint32_t choices[BUFFERS] = {0, 0, 1, 3};
	uint32_t format = choices[number];

	if (number == 3)
		format = 2 + any(2);
	drop_buffer(number);
	make_buffer(number, formats[format], 60 + any(WIDEST - 60), 60 + any(HIGHEST - 60));
}

static void flush_and_check(unsigned number)
{
	struct virtio_gpu_rect rect = any_of(number);
	static struct screen before[SCREENS];
	unsigned refused = t.refused;

	memcpy(before, t.screens, sizeof(before));
	flush(number, rect);
	if (t.refused != refused) {
		/* They catch up when they can, with all that images have by then. */
		t.refuses = 0;
		bh_device_resume(t.side[0].device);
		for (unsigned i = 0; i < SCREENS; i++)
			check(&before[i], i, &(struct virtio_gpu_rect){0, 0, WIDEST, HIGHEST});
		return;
	}
	for (unsigned i = 0; i < SCREENS; i++) {
		struct virtio_gpu_rect none = {0};

		check(&before[i], i, t.screens[i].buffer == FIRST + number ? &rect : &none);
	}
}

static void step(void)
{
	unsigned number = any(BUFFERS), other = any(BUFFERS);

	switch (any(16)) {
	case 0:
	case 1:
		clear_to(number, (float)any(3) / 2);
		break;
	case 2:
	case 3:
		draw_in(number, any_of(number), (float)any(3) / 2, any(2));
		break;
	case 4:
		/* Several scenes before it is shown. */
		draw_in(number, any_of(number), 0, true);
		draw_in(other, any_of(other), 0, true);
		draw_in(number, any_of(number), 1, false);
		break;
	case 5:
	case 6:
		copy_or_blit(number % 3, other % 3, any(2));
		break;
	case 7:
		upload_any(number);
		break;
	case 8:
		write_inline(number, any(t.buffers[number].width - 8),
			     any(t.buffers[number].height - 4), any(3) * 0x01010101);
		break;
	case 9:
		if (!any(4))
			remake(number);
		break;
	case 10:
	case 11:
		/* A flip, more often than a screen of another size. */
		if (any(4))
			show(any(SCREENS), FIRST + number, (struct virtio_gpu_rect){0, 0, 60, 60});
		else
			show(any(SCREENS), FIRST + number, any_of(number));
		break;
	default:
		t.refuses = any(8) == 0;
		flush_and_check(number);
		break;
	}
}

static void screens_show_what_images_have_whatever_was_done_to_them(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 12; seed++) {
		t.random = seed * 7919;
		for (unsigned i = 0; i < BUFFERS; i++)
			make_buffer(i,
				    formats[i == 2   ? 1
					    : i == 3 ? 2
						     : 0],
				    100 + any(200), 100 + any(150));
		for (unsigned i = 0; i < 400; i++)
			step();
		for (unsigned i = 0; i < BUFFERS; i++)
			drop_buffer(i);
	}
}

static void hostile_rectangles_are_cut_or_refused(void **state)
{
	static const struct virtio_gpu_rect rects[] = {
		{0, 0, UINT32_MAX, UINT32_MAX},
		{UINT32_MAX, 0, 2, 2},
		{1, 1, UINT32_MAX, 1},
		{0, UINT32_MAX, 1, UINT32_MAX},
		{99, 99, 1, 1},
		{100, 0, 1, 1},
		{0, 0, 0, 1},
		{5, 5, 1, 0},
	};

	(void)state;
	make_buffer(0, 1, 100, 100);
	for (size_t i = 0; i < sizeof(rects) / sizeof(rects[0]); i++) {
		const struct virtio_gpu_rect *r = &rects[i];
		bool fits = i == 4;
		uint64_t sent;

		assert_int_equal(show(0, FIRST, *r) == VIRTIO_GPU_RESP_OK_NODATA, fits);
		show(1, FIRST, all_of(0));
		bh_device_refresh(t.side[0].device);
		draw_in(0, all_of(0), (float)i / 8, true);
		sent = flush(0, *r);
		assert_true(sent <= 100 * 100 + 1);
		check(&t.screens[1], 1, r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_did_not_change_is_not_sent_again, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(every_way_to_write_is_seen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_clear_to_the_same_colour_sends_nothing, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(only_what_differs_between_two_buffers_is_sent,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_buffer_with_the_name_of_one_that_went_is_another,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_screen_of_another_size_or_place_is_sent_whole,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_was_not_taken_is_sent_later, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			screens_show_what_images_have_whatever_was_done_to_them, set_up, tear_down),
		cmocka_unit_test_setup_teardown(hostile_rectangles_are_cut_or_refused, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
