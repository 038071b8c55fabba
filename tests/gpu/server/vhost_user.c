/* SPDX-License-Identifier: Apache-2.0 */
/* The vhost-user server with a VMM made of a memfd, a ring and two sockets. */
#include "gpu/server/vhost_private.h"
#include "test.h"

#include <linux/vhost_types.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define SIZE  (256 * 1024)
#define GUEST 0x40000000u
#define USER  0x7f0000000000u
#define RING  8

/* Offsets in the guest's memory. */
#define DESC    0x0000
#define AVAIL   0x1000
#define USED    0x2000
#define COMMAND 0x3000
#define ANSWER  0x5000

static struct {
	struct bh_diags diags;
	struct bh_vhost *vhost;
	int front, back; /* of the main socket */
	int display[2];  /* ours, the server's */
	int backend[2], memfd, kick, call;
	uint8_t *memory;
	uint16_t next;
	uint64_t base; /* what the guest calls its memory: GUEST, or an IOMMU's address */
} t;

static int message(uint32_t request, const void *payload, uint32_t size, const int *fd)
{
	int copy = fd ? dup(*fd) : -1;

	return bh_vhost_message(t.vhost, request, 1, payload, size, &copy, fd != NULL);
}

static int number(uint32_t request, uint64_t value, const int *fd)
{
	return message(request, &value, sizeof(value), fd);
}

static int state_message(uint32_t request, uint32_t index, uint32_t value)
{
	uint32_t payload[] = {index, value};

	return message(request, payload, sizeof(payload), NULL);
}

static int set_memory(uint64_t size)
{
	struct {
		uint32_t count, padding;
		uint64_t guest, size, user, offset;
	} table = {1, 0, GUEST, size, USER, 0};

	return message(5, &table, sizeof(table), &t.memfd);
}

static void set_ring(uint64_t desc, uint64_t avail, uint64_t used)
{
	struct {
		uint32_t index, flags;
		uint64_t desc, used, avail, log;
	} address = {0, 0, desc, used, avail, 0};

	assert_int_equal(state_message(8, 0, RING), 0);
	assert_int_equal(state_message(10, 0, 0), 0);
	assert_int_equal(message(9, &address, sizeof(address), NULL), 0);
	assert_int_equal(number(13, 0, &t.call), 0);
	assert_int_equal(number(12, 0, &t.kick), 0);
	assert_int_equal(state_message(18, 0, 1), 0);
}

static int set_up(void **state)
{
	struct bh_vhost_config config = {
		.gpu = {.backend = BH_GPU_INTERPRETER, .level = BH_GPU_LEVEL_A, .threads = 1},
		.scanouts = 1,
		.width = 640,
		.height = 480,
	};
	int pair[2];

	memset(&t, 0, sizeof(t));
	bh_diags_init(&t.diags);
	if (*state) /* the VMM decides about modes */
		config.width = config.height = 0;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	t.front = pair[0];
	t.back = pair[1];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, t.display), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, t.backend), 0);
	t.memfd = memfd_create("guest", 0);
	assert_int_equal(ftruncate(t.memfd, SIZE), 0);
	t.memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, t.memfd, 0);
	t.kick = eventfd(0, EFD_NONBLOCK);
	t.call = eventfd(0, EFD_NONBLOCK);
	t.base = GUEST;
	t.vhost = bh_vhost_create(t.back, &config, &t.diags);
	assert_non_null(t.vhost);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bh_vhost_destroy(t.vhost);
	munmap(t.memory, SIZE);
	for (unsigned i = 0; i < 2; i++) {
		close(t.display[i]);
		close(t.backend[i]);
	}
	close(t.front);
	close(t.back);
	close(t.memfd);
	close(t.kick);
	close(t.call);
	bh_diags_finish(&t.diags);
	return 0;
}

#define FEATURES (1ull << 32 | 1ull << 30 | 1ull << 28 | 7)

static void start(void)
{
	assert_int_equal(number(2, FEATURES, NULL), 0);
	assert_int_equal(set_memory(SIZE), 0);
	set_ring(USER + DESC, USER + AVAIL, USER + USED);
}

static void put_descriptor(unsigned index, uint64_t offset, uint32_t length, uint16_t flags,
			   uint16_t next)
{
	struct vring_desc desc = {t.base + offset, length, flags, next};

	memcpy(t.memory + DESC + index * sizeof(desc), &desc, sizeof(desc));
}

/* Makes a chain that begins at the descriptor available. */
static void offer(uint16_t head)
{
	struct vring_avail *avail = (struct vring_avail *)(void *)(t.memory + AVAIL);

	avail->ring[t.next % RING] = head;
	avail->idx = ++t.next;
	bh_vhost_kick(t.vhost, 0);
}

static const struct vring_used *used(void)
{
	return (const struct vring_used *)(const void *)(t.memory + USED);
}

static uint32_t answer_type(void)
{
	const struct virtio_gpu_ctrl_hdr *header = (const void *)(t.memory + ANSWER);

	return header->type;
}

/* A command in descriptor 0, room for the response in 1. */
static void send_command(const void *command, uint32_t length)
{
	memcpy(t.memory + COMMAND, command, length);
	memset(t.memory + ANSWER, 0, 4096);
	put_descriptor(0, COMMAND, length, VRING_DESC_F_NEXT, 1);
	put_descriptor(1, ANSWER, 4096, VRING_DESC_F_WRITE, 0);
	offer(0);
}

static const struct virtio_gpu_ctrl_hdr ask_info = {.type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO};

static uint64_t called(void)
{
	uint64_t count = 0;

	return read(t.call, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

static void a_command_is_answered_and_the_driver_is_told(void **state)
{
	const struct virtio_gpu_resp_display_info *info = (const void *)(t.memory + ANSWER);

	(void)state;
	start();
	send_command(&ask_info, sizeof(ask_info));
	assert_int_equal(used()->idx, 1);
	assert_int_equal(used()->ring[0].id, 0);
	assert_int_equal(used()->ring[0].len, sizeof(*info));
	assert_int_equal(info->hdr.type, VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
	assert_int_equal(info->pmodes[0].r.width, 640);
	assert_int_equal(called(), 1);
}

static void an_indirect_table_is_walked(void **state)
{
	struct vring_desc table[] = {
		{t.base + COMMAND, 8, VRING_DESC_F_NEXT, 2},
		{t.base + ANSWER, 4096, VRING_DESC_F_WRITE, 0},
		{t.base + COMMAND + 8, sizeof(ask_info) - 8, VRING_DESC_F_NEXT, 1},
	};

	(void)state;
	start();
	memcpy(t.memory + COMMAND, &ask_info, sizeof(ask_info));
	memcpy(t.memory + 0x8000, table, sizeof(table));
	put_descriptor(3, 0x8000, sizeof(table), VRING_DESC_F_INDIRECT, 0);
	offer(3);
	assert_int_equal(used()->idx, 1);
	assert_int_equal(answer_type(), VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
}

static void events_by_index_are_honoured(void **state)
{
	struct vring_avail *avail = (struct vring_avail *)(void *)(t.memory + AVAIL);
	uint16_t *avail_event = (uint16_t *)(void *)(t.memory + USED + 4 + RING * 8);

	(void)state;
	assert_int_equal(number(2, FEATURES | 1ull << 29, NULL), 0);
	assert_int_equal(set_memory(SIZE), 0);
	set_ring(USER + DESC, USER + AVAIL, USER + USED);
	avail->ring[RING] = 1; /* tell me of the second */
	send_command(&ask_info, sizeof(ask_info));
	assert_int_equal(called(), 0);
	assert_int_equal(*avail_event, 1);
	send_command(&ask_info, sizeof(ask_info));
	assert_int_equal(called(), 1);
	assert_int_equal(*avail_event, 2);
}

static void broken_chains_stop_the_queue_and_nothing_else(void **state)
{
	static const struct {
		uint64_t address;
		uint32_t length;
		uint16_t flags, next;
	} cases[] = {
		{GUEST + COMMAND, 24, VRING_DESC_F_NEXT, 0},     /* a loop */
		{GUEST + COMMAND, 24, VRING_DESC_F_NEXT, 99},    /* outside the table */
		{GUEST + SIZE - 8, 24, 0, 0},                    /* ends outside memory */
		{UINT64_MAX - 8, 24, 0, 0},                      /* wraps */
		{GUEST + COMMAND, 17, VRING_DESC_F_INDIRECT, 0}, /* no whole descriptors */
		{GUEST + COMMAND, 0, VRING_DESC_F_INDIRECT, 0},  /* none at all */
		{GUEST + DESC, 128, VRING_DESC_F_INDIRECT, 0},   /* indirect of indirect */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vring_desc desc = {cases[i].address, cases[i].length, cases[i].flags,
					  cases[i].next};

		memset(t.memory, 0, SIZE);
		t.next = 0;
		start();
		memcpy(t.memory + DESC, &desc, sizeof(desc));
		offer(0);
		assert_int_equal(used()->idx, 0);
		/* Even a right command is not taken any more. */
		send_command(&ask_info, sizeof(ask_info));
		assert_int_equal(used()->idx, 0);
	}
}

static void a_response_without_room_is_cut(void **state)
{
	(void)state;
	start();
	memcpy(t.memory + COMMAND, &ask_info, sizeof(ask_info));
	put_descriptor(0, COMMAND, sizeof(ask_info), VRING_DESC_F_NEXT, 1);
	put_descriptor(1, ANSWER, 4, VRING_DESC_F_WRITE, 0);
	offer(0);
	assert_int_equal(used()->idx, 1);
	assert_int_equal(used()->ring[0].len, 4);
	put_descriptor(0, COMMAND, sizeof(ask_info), 0, 0);
	offer(0);
	assert_int_equal(used()->idx, 2);
	assert_int_equal(used()->ring[1].len, 0);
}

static int translate(uint64_t iova, uint64_t size, uint64_t user, uint8_t permission, uint8_t type)
{
	struct vhost_iotlb_msg update = {
		.iova = iova, .size = size, .uaddr = user, .perm = permission, .type = type};

	return message(22, &update, sizeof(update), NULL);
}

/* The address of the next question for a translation; 0: there is none. */
static uint64_t question(void)
{
	struct {
		uint32_t request, flags, size;
		struct vhost_iotlb_msg miss;
	} __attribute__((packed)) miss;

	if (recv(t.backend[0], &miss, sizeof(miss), MSG_DONTWAIT) != sizeof(miss))
		return 0;
	assert_int_equal(miss.request, 1);
	assert_int_equal(miss.miss.type, VHOST_IOTLB_MISS);
	return miss.miss.iova;
}

static void start_behind_iommu(void)
{
	t.base = 0x100000000;
	assert_int_equal(number(2, FEATURES | 1ull << 33, NULL), 0);
	assert_int_equal(message(21, NULL, 0, &t.backend[1]), 0);
	assert_int_equal(set_memory(SIZE), 0);
	set_ring(t.base + DESC, t.base + AVAIL, t.base + USED);
	/* Set-up looks at the ring. */
	for (uint64_t page; (page = question());)
		assert_int_equal(translate(page, 4096, USER + (page - t.base), VHOST_ACCESS_RW,
					   VHOST_IOTLB_UPDATE),
				 0);
}

static void missing_translations_are_asked_for_once_each(void **state)
{
	uint64_t command = t.base + 0, page;
	unsigned asked = 0;

	(void)state;
	start_behind_iommu();
	command = t.base + COMMAND;
	send_command(&ask_info, sizeof(ask_info));
	while ((page = question())) {
		if (asked++ == 0)
			assert_true(page == (command & ~4095ull));
		assert_int_equal(used()->idx, 0);
		/* A kick in between asks nothing twice. */
		bh_vhost_kick(t.vhost, 0);
		assert_int_equal(question(), 0);
		assert_int_equal(translate(page, 4096, USER + (page - t.base), VHOST_ACCESS_RW,
					   VHOST_IOTLB_UPDATE),
				 0);
	}
	assert_int_equal(used()->idx, 1);
	assert_int_equal(answer_type(), VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
}

static void an_invalidated_translation_is_asked_for_again(void **state)
{
	(void)state;
	start_behind_iommu();
	assert_int_equal(translate(t.base, SIZE, USER, VHOST_ACCESS_RW, VHOST_IOTLB_UPDATE), 0);
	send_command(&ask_info, sizeof(ask_info));
	assert_int_equal(used()->idx, 1);
	assert_int_equal(translate(t.base + COMMAND, 4096, 0, 0, VHOST_IOTLB_INVALIDATE), 0);
	send_command(&ask_info, sizeof(ask_info));
	assert_int_equal(used()->idx, 1);
	assert_int_not_equal(question(), 0);
}

static void read_only_memory_is_not_written(void **state)
{
	(void)state;
	start_behind_iommu();
	assert_int_equal(translate(t.base, ANSWER, USER, VHOST_ACCESS_RW, VHOST_IOTLB_UPDATE), 0);
	assert_int_equal(translate(t.base + ANSWER, 4096, USER + ANSWER, VHOST_ACCESS_RO,
				   VHOST_IOTLB_UPDATE),
			 0);
	send_command(&ask_info, sizeof(ask_info));
	assert_int_equal(used()->idx, 1);
	assert_int_equal(used()->ring[0].len, 0);
	assert_int_equal(answer_type(), 0);
}

/* What the server wrote to the display's socket. */
static uint32_t display_message(void *payload, size_t room)
{
	uint32_t header[3];

	if (recv(t.display[0], header, sizeof(header), MSG_DONTWAIT) != sizeof(header))
		return 0;
	assert_true(header[2] <= room);
	if (header[2])
		assert_int_equal(recv(t.display[0], payload, header[2], MSG_WAITALL), header[2]);
	return header[0];
}

static void the_screen_goes_to_the_display(void **state)
{
	static uint8_t payload[65536];
	struct virtio_gpu_resource_create_2d create = {
		{.type = VIRTIO_GPU_CMD_RESOURCE_CREATE_2D}, 1, 2, 16, 8};
	struct virtio_gpu_set_scanout show = {
		{.type = VIRTIO_GPU_CMD_SET_SCANOUT}, {0, 0, 16, 8}, 0, 1};
	struct virtio_gpu_resource_flush flush = {
		{.type = VIRTIO_GPU_CMD_RESOURCE_FLUSH}, {0, 0, 16, 8}, 1, 0};
	uint32_t words[5];

	(void)state;
	start();
	assert_int_equal(message(33, NULL, 0, &t.display[1]), 0);
	assert_int_equal(display_message(payload, sizeof(payload)), 1);
	send_command(&create, sizeof(create));
	send_command(&show, sizeof(show));
	assert_int_equal(display_message(payload, sizeof(payload)), 7);
	memcpy(words, payload, 12);
	assert_int_equal(words[1], 16);
	assert_int_equal(words[2], 8);
	send_command(&flush, sizeof(flush));
	assert_int_equal(display_message(payload, sizeof(payload)), 8);
	memcpy(words, payload, sizeof(words));
	assert_int_equal(words[3], 16);
	assert_int_equal(words[4], 8);
	/* The driver leaves: the screen goes dark. */
	assert_int_equal(state_message(11, 0, 0), 0);
	assert_int_equal(display_message(payload, sizeof(payload)), 7);
	memcpy(words, payload, 12);
	assert_int_equal(words[1], 0);
}

static void rings_that_are_not_aligned_are_broken(void **state)
{
	static const uint64_t wrong[][3] = {
		{DESC + 8, AVAIL, USED}, {DESC, AVAIL + 1, USED}, {DESC, AVAIL, USED + 2}};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		memset(t.memory, 0, SIZE);
		t.next = 0;
		start();
		set_ring(USER + wrong[i][0], USER + wrong[i][1], USER + wrong[i][2]);
		send_command(&ask_info, sizeof(ask_info));
		assert_int_equal(used()->idx, 0);
		assert_int_equal(called(), 0);
	}
}

static void answer_of_the_display(uint32_t request, const void *body, uint32_t size)
{
	uint32_t header[] = {request, 4, size};

	assert_int_equal(write(t.display[0], header, sizeof(header)), sizeof(header));
	assert_int_equal(write(t.display[0], body, size), size);
	bh_vhost_read_display(t.vhost);
}

static void open_display(void)
{
	uint64_t features = 1;
	uint8_t payload[64];

	assert_int_equal(message(33, NULL, 0, &t.display[1]), 0);
	assert_int_equal(display_message(payload, sizeof(payload)), 1);
	answer_of_the_display(1, &features, sizeof(features));
	assert_int_equal(display_message(payload, sizeof(payload)), 2);
}

static void questions_about_screens_are_the_displays_to_answer(void **state)
{
	struct virtio_gpu_resp_display_info info = {
		.hdr = {.type = VIRTIO_GPU_RESP_OK_DISPLAY_INFO}, .pmodes = {{.enabled = 5}}};
	uint8_t payload[64];

	(void)state;
	start();
	open_display();
	send_command(&ask_info, sizeof(ask_info));
	assert_int_equal(used()->idx, 0);
	assert_int_equal(display_message(payload, sizeof(payload)), 3);
	answer_of_the_display(3, &info, sizeof(info));
	assert_int_equal(used()->idx, 1);
	assert_memory_equal(t.memory + ANSWER, &info, sizeof(info));
}

static void a_question_to_a_display_that_goes_fails(void **state)
{
	uint8_t payload[64];

	(void)state;
	start();
	open_display();
	send_command(&ask_info, sizeof(ask_info));
	assert_int_equal(used()->idx, 0);
	/* Another display takes its place. */
	assert_int_equal(display_message(payload, sizeof(payload)), 3);
	open_display();
	assert_int_equal(used()->idx, 1);
	assert_int_equal(answer_type(), VIRTIO_GPU_RESP_ERR_UNSPEC);
	/* It is asked in turn, and hangs up. */
	send_command(&ask_info, sizeof(ask_info));
	assert_int_equal(used()->idx, 1);
	assert_int_equal(shutdown(t.display[0], SHUT_RDWR), 0);
	bh_vhost_read_display(t.vhost);
	bh_vhost_fail_question(t.vhost);
	assert_int_equal(used()->idx, 2);
	assert_int_equal(answer_type(), VIRTIO_GPU_RESP_ERR_UNSPEC);
}

static void breaking_the_protocol_ends_the_connection(void **state)
{
	static const uint8_t zeros[64];
	uint64_t many[5] = {99};

	(void)state;
	assert_int_not_equal(message(200, zeros, 0, NULL), 0);
	assert_int_not_equal(message(2, zeros, 4, NULL), 0);
	assert_int_not_equal(state_message(8, 2, 8), 0);
	assert_int_not_equal(state_message(8, 0, 7), 0);
	assert_int_not_equal(state_message(8, 0, 65536), 0);
	assert_int_not_equal(message(5, many, sizeof(many), NULL), 0);
	assert_int_not_equal(set_memory(SIZE * 2), 0); /* longer than the file */
	assert_int_not_equal(set_memory(UINT64_MAX), 0);
	assert_int_not_equal(number(14, 7, NULL), 0);
	assert_int_not_equal(message(33, NULL, 0, NULL), 0);
	assert_int_not_equal(translate(1, 0, 0, 0, VHOST_IOTLB_UPDATE), 0);
	assert_int_not_equal(translate(1, 1, 0, 0, 99), 0);
	assert_string_equal(t.diags.items[0].code, "E2200");
	assert_int_equal(t.diags.errors, 12);
}

static void the_configuration_is_read_inside_its_bounds(void **state)
{
	uint8_t request[12 + 24] = {0}, reply[12 + 12 + 24];
	uint32_t *head = (uint32_t *)(void *)request;
	struct virtio_gpu_config config;

	(void)state;
	head[1] = sizeof(config);
	assert_int_equal(message(24, request, sizeof(request), NULL), 0);
	assert_int_equal(read(t.front, reply, sizeof(reply)), 12 + 12 + sizeof(config));
	memcpy(&config, reply + 24, sizeof(config));
	assert_int_equal(config.num_scanouts, 1);
	assert_int_equal(config.num_capsets, 2);
	head[0] = 1000;
	assert_int_not_equal(message(24, request, sizeof(request), NULL), 0);
	head[0] = 0;
	head[1] = 1000;
	assert_int_not_equal(message(24, request, sizeof(request), NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_command_is_answered_and_the_driver_is_told),
		TEST(an_indirect_table_is_walked),
		TEST(events_by_index_are_honoured),
		TEST(broken_chains_stop_the_queue_and_nothing_else),
		TEST(a_response_without_room_is_cut),
		TEST(missing_translations_are_asked_for_once_each),
		TEST(an_invalidated_translation_is_asked_for_again),
		TEST(read_only_memory_is_not_written),
		TEST(the_screen_goes_to_the_display),
		TEST(rings_that_are_not_aligned_are_broken),
		cmocka_unit_test_prestate_setup_teardown(
			questions_about_screens_are_the_displays_to_answer, set_up, tear_down, &t),
		cmocka_unit_test_prestate_setup_teardown(a_question_to_a_display_that_goes_fails,
							 set_up, tear_down, &t),
		TEST(breaking_the_protocol_ends_the_connection),
		TEST(the_configuration_is_read_inside_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
