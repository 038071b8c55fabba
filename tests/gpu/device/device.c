/* SPDX-License-Identifier: Apache-2.0 */
/* The virtio-gpu device: what a driver asks for, and what it must not get. */
#include "gpu/device/device.h"
#include "gpu/device/edid.h"
#include "test.h"

#include <errno.h>
#include <string.h>

#define MEMORY (64 * 1024)

static struct {
	struct bh_gpu *gpu;
	struct bh_device *device;
	uint8_t memory[MEMORY]; /* at guest address 0x10000 */
	bool memory_unknown;
	uint32_t scanout_width, scanout_height;
	unsigned updates, cursors;
	uint32_t screen; /* that was updated last */
	uint32_t x, y, width, height;
	uint32_t pixels[64 * 64], cursor[64 * 64];
	bool cursor_visible;
} t;

static int map(void *data, uint64_t address, uint64_t length, struct iovec *pieces, size_t room)
{
	(void)data;
	assert_true(room >= 1);
	if (t.memory_unknown)
		return -EAGAIN;
	if (address < 0x10000 || address - 0x10000 > MEMORY ||
	    length > MEMORY - (address - 0x10000))
		return -EFAULT;
	pieces[0] = (struct iovec){t.memory + (address - 0x10000), length};
	return 1;
}

static void scanout(void *data, uint32_t number, uint32_t width, uint32_t height)
{
	(void)data;
	t.screen = number;
	t.scanout_width = width;
	t.scanout_height = height;
}

static void *update(void *data, uint32_t number, const struct bh_gpu_rect *rect)
{
	(void)data;
	t.screen = number;
	t.updates++;
	t.x = rect->x;
	t.y = rect->y;
	t.width = rect->w;
	t.height = rect->h;
	assert_true(rect->w * rect->h <= 64 * 64);
	return t.pixels;
}

static void updated(void *data)
{
	(void)data;
}

static void cursor(void *data, const struct virtio_gpu_cursor_pos *at, uint32_t hot_x,
		   uint32_t hot_y, bool visible, const void *pixels)
{
	(void)data;
	(void)at;
	(void)hot_x;
	(void)hot_y;
	t.cursors++;
	t.cursor_visible = visible;
	if (pixels)
		memcpy(t.cursor, pixels, sizeof(t.cursor));
}

static const struct bh_device_ops ops = {map, scanout, update, updated, cursor};

static int set_up(void **state)
{
	struct bh_gpu_config config = {
		.backend = BH_GPU_INTERPRETER, .level = BH_GPU_LEVEL_A, .threads = 1};
	struct bh_device_config device = {.ops = &ops, .scanouts = 1, .width = 1024, .height = 600};

	(void)state;
	memset(&t, 0, sizeof(t));
	t.gpu = bh_gpu_create(&config, NULL);
	device.gpu = t.gpu;
	t.device = bh_device_create(&device);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bh_device_destroy(t.device);
	bh_gpu_destroy(t.gpu);
	return 0;
}

static union {
	struct virtio_gpu_ctrl_hdr header;
	struct virtio_gpu_resp_display_info info;
	struct virtio_gpu_resp_edid edid;
	struct virtio_gpu_resp_capset_info capset;
	struct virtio_gpu_resp_resource_uuid uuid;
	uint8_t bytes[BH_DEVICE_RESPONSE_MAX];
} response;

/* The response's type. */
static uint32_t run(const void *command, size_t length)
{
	bool fenced;
	int size = bh_device_command(t.device, command, length, &response, &fenced);

	assert_true(size >= (int)sizeof(response.header));
	return response.header.type;
}

#define HEADER(type_)  .hdr = {.type = (type_)}
#define RUN(type, ...) run(&(struct type){__VA_ARGS__}, sizeof(struct type))

static uint32_t create_2d(uint32_t id, uint32_t width, uint32_t height)
{
	return RUN(virtio_gpu_resource_create_2d, HEADER(VIRTIO_GPU_CMD_RESOURCE_CREATE_2D),
		   .resource_id = id, .format = VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM, .width = width,
		   .height = height);
}

static uint32_t attach(uint32_t id, uint64_t address, uint32_t length)
{
	struct {
		struct virtio_gpu_resource_attach_backing head;
		struct virtio_gpu_mem_entry entry;
	} command = {
		.head = {HEADER(VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING), .resource_id = id,
			 .nr_entries = 1},
		.entry = {address, length, 0},
	};

	return run(&command, sizeof(command));
}

static uint32_t transfer(uint32_t id, struct virtio_gpu_rect rect, uint64_t offset)
{
	return RUN(virtio_gpu_transfer_to_host_2d, HEADER(VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D),
		   .resource_id = id, .r = rect, .offset = offset);
}

static uint32_t show(uint32_t number, uint32_t id, struct virtio_gpu_rect rect)
{
	return RUN(virtio_gpu_set_scanout, HEADER(VIRTIO_GPU_CMD_SET_SCANOUT), .scanout_id = number,
		   .resource_id = id, .r = rect);
}

static uint32_t flush(uint32_t id, struct virtio_gpu_rect rect)
{
	return RUN(virtio_gpu_resource_flush, HEADER(VIRTIO_GPU_CMD_RESOURCE_FLUSH),
		   .resource_id = id, .r = rect);
}

static void the_mode_that_was_asked_for_is_advertised(void **state)
{
	(void)state;
	assert_int_equal(RUN(virtio_gpu_ctrl_hdr, .type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO),
			 VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
	assert_int_equal(response.info.pmodes[0].r.width, 1024);
	assert_int_equal(response.info.pmodes[0].r.height, 600);
	assert_int_equal(response.info.pmodes[0].enabled, 1);
	assert_int_equal(response.info.pmodes[1].enabled, 0);
}

static void the_edid_holds_the_mode_and_adds_up(void **state)
{
	const uint8_t *edid = response.edid.edid;
	uint8_t sum = 0;

	(void)state;
	assert_int_equal(RUN(virtio_gpu_cmd_get_edid, HEADER(VIRTIO_GPU_CMD_GET_EDID)),
			 VIRTIO_GPU_RESP_OK_EDID);
	assert_int_equal(response.edid.size, BH_EDID_SIZE);
	for (unsigned i = 0; i < BH_EDID_SIZE; i++)
		sum = (uint8_t)(sum + edid[i]);
	assert_int_equal(sum, 0);
	assert_int_equal(edid[56] | (edid[58] >> 4) << 8, 1024);
	assert_int_equal(edid[59] | (edid[61] >> 4) << 8, 600);
	assert_int_equal(
		RUN(virtio_gpu_cmd_get_edid, HEADER(VIRTIO_GPU_CMD_GET_EDID), .scanout = 1),
		VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID);
}

static void pixels_travel_from_guest_pages_to_the_screen(void **state)
{
	uint32_t *row = (uint32_t *)(t.memory + 256);

	(void)state;
	assert_int_equal(create_2d(1, 32, 16), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(attach(1, 0x10100, 32 * 16 * 4), VIRTIO_GPU_RESP_OK_NODATA);
	for (unsigned i = 0; i < 32 * 16; i++)
		row[i] = 0xff000000u | i;
	assert_int_equal(transfer(1, (struct virtio_gpu_rect){0, 0, 32, 16}, 0),
			 VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(show(0, 1, (struct virtio_gpu_rect){8, 4, 16, 8}),
			 VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(t.scanout_width, 16);
	assert_int_equal(t.scanout_height, 8);
	assert_int_equal(flush(1, (struct virtio_gpu_rect){0, 6, 10, 100}),
			 VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(t.updates, 1);
	assert_int_equal(t.x, 0);
	assert_int_equal(t.y, 2);
	assert_int_equal(t.width, 2);
	assert_int_equal(t.height, 6);
	assert_int_equal(t.pixels[0] & 0xffffff, 6 * 32 + 8);
	assert_int_equal(t.pixels[3] & 0xffffff, 7 * 32 + 9);
}

static uint32_t create_3d(uint32_t id, uint32_t width, uint32_t height)
{
	return RUN(virtio_gpu_resource_create_3d, HEADER(VIRTIO_GPU_CMD_RESOURCE_CREATE_3D),
		   .resource_id = id, .target = 2, .format = VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM,
		   .bind = 2, .width = width, .height = height, .depth = 1, .array_size = 1);
}

/* GL's drivers know: they draw what is for a screen upside down. */
static void a_3d_resource_has_its_first_row_on_top_as_well(void **state)
{
	(void)state;
	assert_int_equal(create_3d(1, 32, 16), VIRTIO_GPU_RESP_OK_NODATA);
	attach(1, 0x10000, 32 * 16 * 4);
	memset(t.memory, 0x11, 32 * 4);
	memset(t.memory + 15 * 32 * 4, 0x99, 32 * 4);
	assert_int_equal(transfer(1, (struct virtio_gpu_rect){0, 0, 32, 16}, 0),
			 VIRTIO_GPU_RESP_OK_NODATA);
	show(0, 1, (struct virtio_gpu_rect){0, 0, 32, 16});
	flush(1, (struct virtio_gpu_rect){0, 0, 32, 16});
	assert_int_equal(t.pixels[0] & 0xff, 0x11);
	assert_int_equal(t.pixels[15 * 32] & 0xff, 0x99);
}

static void two_screens_show_a_resource_each(void **state)
{
	struct bh_device_config device = {
		.gpu = t.gpu, .ops = &ops, .scanouts = 2, .width = 640, .height = 480};

	(void)state;
	bh_device_destroy(t.device);
	t.device = bh_device_create(&device);
	assert_int_equal(RUN(virtio_gpu_ctrl_hdr, .type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO),
			 VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
	assert_int_equal(response.info.pmodes[1].r.width, 640);
	create_2d(1, 32, 16);
	create_2d(2, 16, 16);
	show(0, 1, (struct virtio_gpu_rect){0, 0, 32, 16});
	assert_int_equal(show(1, 2, (struct virtio_gpu_rect){0, 0, 16, 16}),
			 VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(t.screen, 1);
	assert_int_equal(t.scanout_width, 16);
	flush(1, (struct virtio_gpu_rect){0, 0, 32, 16});
	assert_int_equal(t.screen, 0);
	flush(2, (struct virtio_gpu_rect){0, 0, 16, 16});
	assert_int_equal(t.screen, 1);
	assert_int_equal(t.updates, 2);
	assert_int_equal(show(2, 2, (struct virtio_gpu_rect){0, 0, 16, 16}),
			 VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID);
}

static void damage_outside_the_screen_sends_nothing(void **state)
{
	(void)state;
	create_2d(1, 32, 16);
	show(0, 1, (struct virtio_gpu_rect){0, 0, 16, 8});
	flush(1, (struct virtio_gpu_rect){16, 0, 16, 16});
	flush(1, (struct virtio_gpu_rect){UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX});
	assert_int_equal(t.updates, 0);
}

static void a_resource_that_goes_turns_its_screen_off(void **state)
{
	(void)state;
	create_2d(1, 32, 16);
	show(0, 1, (struct virtio_gpu_rect){0, 0, 32, 16});
	assert_int_equal(RUN(virtio_gpu_resource_unref, HEADER(VIRTIO_GPU_CMD_RESOURCE_UNREF),
			     .resource_id = 1),
			 VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(t.scanout_width, 0);
	assert_int_equal(flush(1, (struct virtio_gpu_rect){0, 0, 32, 16}),
			 VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
}

static void a_fence_is_told_in_the_response(void **state)
{
	struct virtio_gpu_ctrl_hdr command = {.type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO,
					      .flags = VIRTIO_GPU_FLAG_FENCE,
					      .fence_id = 0x123456789,
					      .ctx_id = 7};
	bool fenced = false;

	(void)state;
	bh_device_command(t.device, &command, sizeof(command), &response, &fenced);
	assert_true(fenced);
	assert_int_equal(response.header.flags, VIRTIO_GPU_FLAG_FENCE);
	assert_true(response.header.fence_id == 0x123456789);
	assert_int_equal(response.header.ctx_id, 7);
}

static void unknown_memory_makes_the_command_wait(void **state)
{
	struct {
		struct virtio_gpu_resource_attach_backing head;
		struct virtio_gpu_mem_entry entry;
	} command = {
		.head = {HEADER(VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING), .resource_id = 1,
			 .nr_entries = 1},
		.entry = {0x10000, 4096, 0},
	};
	bool fenced;

	(void)state;
	create_2d(1, 32, 16);
	t.memory_unknown = true;
	assert_int_equal(bh_device_command(t.device, &command, sizeof(command), &response, &fenced),
			 -EAGAIN);
	t.memory_unknown = false;
	assert_int_equal(run(&command, sizeof(command)), VIRTIO_GPU_RESP_OK_NODATA);
}

static void forgotten_pages_are_looked_up_when_wanted(void **state)
{
	(void)state;
	create_2d(1, 32, 16);
	attach(1, 0x10000, 32 * 16 * 4);
	bh_device_forget(t.device, 0x10400, 1);
	t.memory[0] = 0x5a;
	assert_int_equal(transfer(1, (struct virtio_gpu_rect){0, 0, 32, 16}, 0),
			 VIRTIO_GPU_RESP_OK_NODATA);
	show(0, 1, (struct virtio_gpu_rect){0, 0, 32, 16});
	flush(1, (struct virtio_gpu_rect){0, 0, 32, 16});
	assert_int_equal(t.pixels[0] & 0xff, 0x5a);
}

static void the_cursor_is_read_from_its_resource(void **state)
{
	struct virtio_gpu_update_cursor command = {HEADER(VIRTIO_GPU_CMD_UPDATE_CURSOR),
						   .resource_id = 3};

	(void)state;
	RUN(virtio_gpu_resource_create_2d, HEADER(VIRTIO_GPU_CMD_RESOURCE_CREATE_2D),
	    .resource_id = 3, .format = VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM, .width = 64,
	    .height = 64);
	attach(3, 0x10000, 64 * 64 * 4);
	memset(t.memory, 0x42, 64 * 64 * 4);
	transfer(3, (struct virtio_gpu_rect){0, 0, 64, 64}, 0);
	bh_device_cursor(t.device, &command, sizeof(command));
	assert_true(t.cursor_visible);
	assert_int_equal(t.cursor[64 * 64 - 1], 0x42424242);
	command.resource_id = 0;
	bh_device_cursor(t.device, &command, sizeof(command));
	assert_false(t.cursor_visible);
	assert_int_equal(t.cursors, 2);
}

static void capsets_are_told(void **state)
{
	(void)state;
	assert_int_equal(RUN(virtio_gpu_get_capset_info, HEADER(VIRTIO_GPU_CMD_GET_CAPSET_INFO),
			     .capset_index = 1),
			 VIRTIO_GPU_RESP_OK_CAPSET_INFO);
	assert_int_equal(response.capset.capset_id, 2);
	assert_true(response.capset.capset_max_size >= 300);
	assert_int_equal(RUN(virtio_gpu_get_capset, HEADER(VIRTIO_GPU_CMD_GET_CAPSET),
			     .capset_id = 2, .capset_version = 2),
			 VIRTIO_GPU_RESP_OK_CAPSET);
	assert_int_equal(RUN(virtio_gpu_get_capset_info, HEADER(VIRTIO_GPU_CMD_GET_CAPSET_INFO),
			     .capset_index = 2),
			 VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	/* CVE-2021-3545 */
	assert_int_equal(RUN(virtio_gpu_get_capset, HEADER(VIRTIO_GPU_CMD_GET_CAPSET),
			     .capset_id = 99, .capset_version = 1),
			 VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	assert_int_equal(RUN(virtio_gpu_get_capset, HEADER(VIRTIO_GPU_CMD_GET_CAPSET),
			     .capset_id = 2, .capset_version = 99),
			 VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
}

static void a_uuid_is_for_resources_that_exist(void **state)
{
	(void)state;
	create_2d(5, 4, 4);
	assert_int_equal(RUN(virtio_gpu_resource_assign_uuid,
			     HEADER(VIRTIO_GPU_CMD_RESOURCE_ASSIGN_UUID), .resource_id = 5),
			 VIRTIO_GPU_RESP_OK_RESOURCE_UUID);
	assert_int_equal(response.uuid.uuid[6] >> 4, 4);
	assert_int_equal(RUN(virtio_gpu_resource_assign_uuid,
			     HEADER(VIRTIO_GPU_CMD_RESOURCE_ASSIGN_UUID), .resource_id = 6),
			 VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
}

static void contexts_are_created_once_and_used_while_they_live(void **state)
{
	struct virtio_gpu_cmd_submit submit = {
		.hdr = {.type = VIRTIO_GPU_CMD_SUBMIT_3D, .ctx_id = 4}};

	(void)state;
	assert_int_equal(run(&submit, sizeof(submit)), VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID);
	assert_int_equal(
		RUN(virtio_gpu_ctx_create, .hdr = {.type = VIRTIO_GPU_CMD_CTX_CREATE, .ctx_id = 4}),
		VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(
		RUN(virtio_gpu_ctx_create, .hdr = {.type = VIRTIO_GPU_CMD_CTX_CREATE, .ctx_id = 4}),
		VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID);
	assert_int_equal(run(&submit, sizeof(submit)), VIRTIO_GPU_RESP_OK_NODATA);
	submit.size = 4; /* more than there is */
	assert_int_equal(run(&submit, sizeof(submit)), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	assert_int_equal(RUN(virtio_gpu_ctx_destroy,
			     .hdr = {.type = VIRTIO_GPU_CMD_CTX_DESTROY, .ctx_id = 4}),
			 VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(RUN(virtio_gpu_ctx_create,
			     .hdr = {.type = VIRTIO_GPU_CMD_CTX_CREATE, .ctx_id = 1u << 20}),
			 VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID);
}

/* An IOMMU took them back for a moment; the stream that reads them does not know. */
static void a_stream_finds_pages_that_were_forgotten(void **state)
{
	struct {
		struct virtio_gpu_cmd_submit head;
		uint32_t dwords[14];
	} command = {
		.head = {.hdr = {.type = VIRTIO_GPU_CMD_SUBMIT_3D, .ctx_id = 4}, .size = 56},
		.dwords = {43 | 13u << 16, 1, 0, 0, 0, 0, 0, 0, 0, 32, 16, 1, 0, 1},
	};
	bool fenced;

	(void)state;
	RUN(virtio_gpu_ctx_create, .hdr = {.type = VIRTIO_GPU_CMD_CTX_CREATE, .ctx_id = 4});
	create_3d(1, 32, 16);
	attach(1, 0x10000, 32 * 16 * 4);
	RUN(virtio_gpu_ctx_resource,
	    .hdr = {.type = VIRTIO_GPU_CMD_CTX_ATTACH_RESOURCE, .ctx_id = 4}, .resource_id = 1);
	bh_device_forget(t.device, 0x10400, 1);
	memset(t.memory, 0x5a, 32 * 16 * 4);
	t.memory_unknown = true;
	assert_int_equal(bh_device_command(t.device, &command, sizeof(command), &response, &fenced),
			 -EAGAIN);
	t.memory_unknown = false;
	assert_int_equal(run(&command, sizeof(command)), VIRTIO_GPU_RESP_OK_NODATA);
	show(0, 1, (struct virtio_gpu_rect){0, 0, 32, 16});
	flush(1, (struct virtio_gpu_rect){0, 0, 32, 16});
	assert_int_equal(t.pixels[0] & 0xff, 0x5a);
}

static void impossible_commands_are_refused(void **state)
{
	struct virtio_gpu_resource_attach_backing many = {
		HEADER(VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING), .resource_id = 1,
		.nr_entries = UINT32_MAX};

	(void)state;
	assert_int_equal(run("abc", 3), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	assert_int_equal(RUN(virtio_gpu_ctrl_hdr, .type = 0xdead), VIRTIO_GPU_RESP_ERR_UNSPEC);
	assert_int_equal(RUN(virtio_gpu_ctrl_hdr, .type = VIRTIO_GPU_CMD_SET_SCANOUT),
			 VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	assert_int_not_equal(create_2d(0, 4, 4), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_not_equal(create_2d(1, 0, 4), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_not_equal(create_2d(1, 65536, 65536), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(create_2d(1, 4, 4), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(create_2d(1, 4, 4), VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
	assert_int_equal(run(&many, sizeof(many)), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	assert_int_equal(attach(1, 0, 64), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	assert_int_equal(attach(1, UINT64_MAX - 3, 64), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	assert_int_equal(attach(1, 0x10000, 64), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(attach(1, 0x10000, 64), VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
	assert_int_not_equal(transfer(1, (struct virtio_gpu_rect){0, 0, 5, 4}, 0),
			     VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_not_equal(transfer(1, (struct virtio_gpu_rect){4294967295u, 0, 2, 1}, 0),
			     VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_not_equal(transfer(1, (struct virtio_gpu_rect){0, 0, 4, 4}, UINT64_MAX),
			     VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(show(1, 1, (struct virtio_gpu_rect){0, 0, 4, 4}),
			 VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID);
	assert_int_equal(show(0, 1, (struct virtio_gpu_rect){1, 0, 4, 4}),
			 VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	assert_int_equal(show(0, 1, (struct virtio_gpu_rect){2, 0, UINT32_MAX, 4}),
			 VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
}

static void a_reset_device_knows_nothing(void **state)
{
	(void)state;
	create_2d(1, 4, 4);
	show(0, 1, (struct virtio_gpu_rect){0, 0, 4, 4});
	bh_device_reset(t.device);
	assert_int_equal(t.scanout_width, 0);
	assert_int_equal(create_2d(1, 4, 4), VIRTIO_GPU_RESP_OK_NODATA);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_mode_that_was_asked_for_is_advertised),
		TEST(the_edid_holds_the_mode_and_adds_up),
		TEST(pixels_travel_from_guest_pages_to_the_screen),
		TEST(damage_outside_the_screen_sends_nothing),
		TEST(a_resource_that_goes_turns_its_screen_off),
		TEST(a_fence_is_told_in_the_response),
		TEST(unknown_memory_makes_the_command_wait),
		TEST(forgotten_pages_are_looked_up_when_wanted),
		TEST(the_cursor_is_read_from_its_resource),
		TEST(capsets_are_told),
		TEST(a_uuid_is_for_resources_that_exist),
		TEST(contexts_are_created_once_and_used_while_they_live),
		TEST(a_3d_resource_has_its_first_row_on_top_as_well),
		TEST(two_screens_show_a_resource_each),
		TEST(a_stream_finds_pages_that_were_forgotten),
		TEST(impossible_commands_are_refused),
		TEST(a_reset_device_knows_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
