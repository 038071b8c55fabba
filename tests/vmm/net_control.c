/* SPDX-License-Identifier: Apache-2.0 */
/* Several pairs of a network's queues: what the control queue takes, and lists of descriptors. */
#include "test.h"

#include "vmm/fd.h"
#include "vmm/virtio/net.h"

#include <string.h>

/* A command of so many bytes, in buffers of `part` bytes. */
static uint8_t control(const void *bytes, size_t size, size_t part, unsigned *pairs)
{
	struct bh_chain chain = {.head = 0};
	char copy[16];

	memcpy(copy, bytes, size);
	for (size_t at = 0; at < size; at += part) {
		size_t length = size - at < part ? size - at : part;
		chain.parts[chain.readable++] = (struct iovec){copy + at, length};
	}
	chain.readable_bytes = size;
	return bh_net_control(&chain, 4, pairs);
}

static void pairs_are_set(void **state)
{
	unsigned pairs = 1;

	(void)state;
	assert_int_equal(control("\x04\0\x03\0", 4, 4, &pairs), 0);
	assert_int_equal(pairs, 3);
	/* As buffers lie. */
	assert_int_equal(control("\x04\0\x02\0", 4, 2, &pairs), 0);
	assert_int_equal(pairs, 2);
	assert_int_equal(control("\x04\0\x04\0", 4, 1, &pairs), 0);
	assert_int_equal(pairs, 4);
}

static void no_pairs_and_too_many_are_refused(void **state)
{
	unsigned pairs = 2;

	(void)state;
	assert_int_equal(control("\x04\0\0\0", 4, 4, &pairs), 1);
	assert_int_equal(control("\x04\0\x05\0", 4, 4, &pairs), 1);
	assert_int_equal(control("\x04\0\x01\x01", 4, 4, &pairs), 1);
	assert_int_equal(pairs, 2);
}

static void short_and_unknown_commands_are_refused(void **state)
{
	unsigned pairs = 2;

	(void)state;
	assert_int_equal(control("\x04\0\x03", 3, 4, &pairs), 1);
	assert_int_equal(control("\x04", 1, 4, &pairs), 1);
	assert_int_equal(control("", 0, 4, &pairs), 1);
	assert_int_equal(control("\x04\x01\x03\0", 4, 4, &pairs), 1);
	assert_int_equal(control("\0\0\x03\0", 4, 4, &pairs), 1);
	assert_int_equal(pairs, 2);
}

static void a_list_of_descriptors_is_read(void **state)
{
	(void)state;
	assert_int_equal(bh_fd_at("fd:7", 0), 7);
	assert_int_equal(bh_fd_at("fd:7", 1), -1);
	assert_int_equal(bh_fd_at("fd:7,12,0", 1), 12);
	assert_int_equal(bh_fd_at("fd:7,12,0", 2), 0);
	assert_int_equal(bh_fd_at("fd:7,12,0", 3), -1);
}

static void what_is_no_list_is_refused(void **state)
{
	(void)state;
	assert_int_equal(bh_fd_at("tap0", 0), -1);
	assert_int_equal(bh_fd_at("fd:", 0), -1);
	assert_int_equal(bh_fd_at("fd:x", 0), -1);
	assert_int_equal(bh_fd_at("fd:7,", 1), -1);
	assert_int_equal(bh_fd_at("fd:7;8", 0), -1);
	assert_int_equal(bh_fd_at("fd:99999999999", 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_are_set),
		cmocka_unit_test(no_pairs_and_too_many_are_refused),
		cmocka_unit_test(short_and_unknown_commands_are_refused),
		cmocka_unit_test(a_list_of_descriptors_is_read),
		cmocka_unit_test(what_is_no_list_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
