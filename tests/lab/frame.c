/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/frame.h"
#include "test.h"

#include <errno.h>
#include <string.h>

struct wire {
	struct bh_buf bytes;
	struct bh_frame_reader reader;
};

static void start(struct wire *wire, bool hunting)
{
	bh_buf_init(&wire->bytes);
	bh_frame_reader_init(&wire->reader, hunting);
}

static void stop(struct wire *wire)
{
	bh_buf_finish(&wire->bytes);
	bh_frame_reader_finish(&wire->reader);
}

static void put_data(struct wire *wire, const char *text)
{
	struct bh_frame frame = {
		.type = BH_FRAME_DATA,
		.stream = BH_STREAM_ERR,
		.channel = 0x1234,
		.length = (uint32_t)strlen(text),
		.data = (const uint8_t *)text,
	};

	bh_frame_put(&wire->bytes, &frame);
}

static void a_frame_is_read_as_it_was_put(void **state)
{
	struct wire wire;
	struct bh_frame frame;

	(void)state;
	start(&wire, false);
	put_data(&wire, "hello");
	bh_frame_reader_add(&wire.reader, wire.bytes.data, wire.bytes.length);
	assert_int_equal(bh_frame_next(&wire.reader, &frame), 1);
	assert_int_equal(frame.type, BH_FRAME_DATA);
	assert_int_equal(frame.stream, BH_STREAM_ERR);
	assert_int_equal(frame.channel, 0x1234);
	assert_int_equal(frame.length, 5);
	assert_memory_equal(frame.data, "hello", 5);
	assert_int_equal(bh_frame_next(&wire.reader, &frame), 0);
	stop(&wire);
}

static void frames_may_come_byte_by_byte(void **state)
{
	struct wire wire;
	struct bh_frame frame;
	int frames = 0;

	(void)state;
	start(&wire, false);
	put_data(&wire, "one");
	put_data(&wire, "");
	put_data(&wire, "three");
	for (size_t i = 0; i < wire.bytes.length; i++) {
		bh_frame_reader_add(&wire.reader, wire.bytes.data + i, 1);
		int got = bh_frame_next(&wire.reader, &frame);
		assert_true(got >= 0);
		frames += got;
	}
	assert_int_equal(frames, 3);
	assert_memory_equal(frame.data, "three", 5);
	stop(&wire);
}

static void bytes_before_the_first_frame_are_skipped_when_hunting(void **state)
{
	struct wire wire;
	struct bh_frame frame;

	(void)state;
	start(&wire, true);
	bh_buf_add(&wire.bytes, "boot noise \xb5\x1d\x01 and more", 23);
	put_data(&wire, "hello");
	bh_frame_reader_add(&wire.reader, wire.bytes.data, wire.bytes.length);
	assert_int_equal(bh_frame_next(&wire.reader, &frame), 1);
	assert_memory_equal(frame.data, "hello", 5);
	/* Only before the first. */
	bh_frame_reader_add(&wire.reader, "noise, sixteen bytes", 20);
	assert_int_equal(bh_frame_next(&wire.reader, &frame), -EBADMSG);
	stop(&wire);
}

static void a_changed_header_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < BH_FRAME_HEADER; i++) {
		struct wire wire;
		struct bh_frame frame;
		start(&wire, false);
		put_data(&wire, "hello");
		wire.bytes.data[i] = (char)(wire.bytes.data[i] ^ 0x40);
		bh_frame_reader_add(&wire.reader, wire.bytes.data, wire.bytes.length);
		assert_int_equal(bh_frame_next(&wire.reader, &frame), -EBADMSG);
		stop(&wire);
	}
}

static void a_windowed_frame_carries_no_bytes(void **state)
{
	struct wire wire;
	struct bh_frame frame = {
		.type = BH_FRAME_DATA, .windowed = true, .slot = 7, .length = BH_FRAME_MAX};

	(void)state;
	start(&wire, false);
	bh_frame_put(&wire.bytes, &frame);
	assert_int_equal(wire.bytes.length, BH_FRAME_HEADER);
	bh_frame_reader_add(&wire.reader, wire.bytes.data, wire.bytes.length);
	assert_int_equal(bh_frame_next(&wire.reader, &frame), 1);
	assert_true(frame.windowed);
	assert_int_equal(frame.slot, 7);
	assert_int_equal(frame.length, BH_FRAME_MAX);
	assert_null(frame.data);
	stop(&wire);
}

static void a_number_needs_four_bytes(void **state)
{
	uint8_t room[4];
	uint32_t value = 0;
	struct bh_frame frame = bh_frame_of_u32(BH_FRAME_EXIT, 1, BH_STREAM_IN, 0xdeadbeef, room);

	(void)state;
	assert_true(bh_frame_u32(&frame, &value));
	assert_int_equal(value, 0xdeadbeef);
	frame.length = 3;
	assert_false(bh_frame_u32(&frame, &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_is_read_as_it_was_put),
		cmocka_unit_test(frames_may_come_byte_by_byte),
		cmocka_unit_test(bytes_before_the_first_frame_are_skipped_when_hunting),
		cmocka_unit_test(a_changed_header_is_refused),
		cmocka_unit_test(a_windowed_frame_carries_no_bytes),
		cmocka_unit_test(a_number_needs_four_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
