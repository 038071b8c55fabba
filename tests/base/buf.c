/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "test.h"

#include <stdlib.h>
#include <string.h>

static void an_empty_buffer_reads_as_an_empty_string(void **state)
{
	struct bh_buf buf = {0};

	(void)state;
	assert_string_equal(bh_buf_str(&buf), "");
	char *taken = bh_buf_take(&buf);
	assert_string_equal(taken, "");
	free(taken);
	bh_buf_drop(&buf, 5);
	assert_int_equal(buf.length, 0);
	bh_buf_finish(&buf);
}

static void what_is_added_follows_and_ends_with_a_nul(void **state)
{
	struct bh_buf buf = {0};

	(void)state;
	bh_buf_add(&buf, "a\0b", 3);
	bh_buf_addc(&buf, 'c');
	bh_buf_adds(&buf, "de");
	bh_buf_addf(&buf, "%d", 6);
	assert_int_equal(buf.length, 7);
	assert_memory_equal(buf.data, "a\0bcde6", 8);
	bh_buf_finish(&buf);
}

static void what_it_is_extended_by_is_written_by_the_caller(void **state)
{
	struct bh_buf buf;

	(void)state;
	bh_buf_init(&buf);
	bh_buf_adds(&buf, "ab");
	memcpy(bh_buf_extend(&buf, 3), "cde", 3);
	bh_buf_adds(&buf, "f");
	assert_string_equal(bh_buf_str(&buf), "abcdef");
	assert_int_equal(buf.length, 6);
	bh_buf_finish(&buf);
}

static void a_format_longer_than_the_room_is_kept_whole(void **state)
{
	struct bh_buf buf = {0};

	(void)state;
	bh_buf_adds(&buf, "x");
	bh_buf_addf(&buf, "%05000d", 1);
	assert_int_equal(buf.length, 5001);
	assert_string_equal(buf.data + 4999, "01");
	bh_buf_finish(&buf);
}

static void dropping_takes_from_the_front(void **state)
{
	struct bh_buf buf = {0};

	(void)state;
	bh_buf_adds(&buf, "abcdef");
	bh_buf_drop(&buf, 2);
	assert_string_equal(bh_buf_str(&buf), "cdef");
	bh_buf_drop(&buf, 100);
	assert_string_equal(bh_buf_str(&buf), "");
	bh_buf_adds(&buf, "x");
	assert_string_equal(bh_buf_str(&buf), "x");
	bh_buf_finish(&buf);
}

static void clearing_keeps_the_memory(void **state)
{
	struct bh_buf buf = {0};

	(void)state;
	bh_buf_adds(&buf, "abcdef");
	size_t capacity = buf.capacity;
	bh_buf_clear(&buf);
	assert_string_equal(bh_buf_str(&buf), "");
	assert_int_equal(buf.capacity, capacity);
	bh_buf_finish(&buf);
}

static void what_was_taken_is_the_callers(void **state)
{
	struct bh_buf buf = {0};

	(void)state;
	bh_buf_adds(&buf, "abc");
	char *taken = bh_buf_take(&buf);
	bh_buf_adds(&buf, "xyz");
	assert_string_equal(taken, "abc");
	assert_string_equal(bh_buf_str(&buf), "xyz");
	free(taken);
	bh_buf_finish(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_buffer_reads_as_an_empty_string),
		cmocka_unit_test(what_is_added_follows_and_ends_with_a_nul),
		cmocka_unit_test(what_it_is_extended_by_is_written_by_the_caller),
		cmocka_unit_test(a_format_longer_than_the_room_is_kept_whole),
		cmocka_unit_test(dropping_takes_from_the_front),
		cmocka_unit_test(clearing_keeps_the_memory),
		cmocka_unit_test(what_was_taken_is_the_callers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
