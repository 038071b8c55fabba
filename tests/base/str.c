/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include "test.h"

#include <string.h>

static void null_equals_null_only(void **state)
{
	(void)state;
	assert_true(bh_str_eq(NULL, NULL));
	assert_false(bh_str_eq(NULL, ""));
	assert_false(bh_str_eq("", NULL));
	assert_true(bh_str_eq("a", "a"));
	assert_false(bh_str_eq("a", "b"));
}

static void beginnings_and_ends_are_compared(void **state)
{
	(void)state;
	assert_true(bh_str_starts("abc", "ab"));
	assert_true(bh_str_starts("abc", ""));
	assert_false(bh_str_starts("ab", "abc"));
	assert_true(bh_str_ends("abc", "bc"));
	assert_true(bh_str_ends("abc", ""));
	assert_false(bh_str_ends("bc", "abc"));
}

static void the_nearest_word_is_suggested(void **state)
{
	static const char *const words[] = {"memory", "kernel", "devices", "cpus"};

	(void)state;
	assert_string_equal(bh_suggest("memry", words, 4), "memory");
	assert_string_equal(bh_suggest("kernal", words, 4), "kernel");
	assert_string_equal(bh_suggest("devcies", words, 4), "devices");
	assert_string_equal(bh_suggest("cpu", words, 4), "cpus");
	assert_null(bh_suggest("network", words, 4));
	assert_null(bh_suggest("x", words, 4));
	assert_null(bh_suggest("memory", words, 0));
}

static void words_that_are_too_long_are_not_compared(void **state)
{
	char long_word[200];
	const char *const words[] = {long_word, "short"};

	(void)state;
	memset(long_word, 'a', sizeof(long_word) - 1);
	long_word[sizeof(long_word) - 1] = '\0';
	assert_null(bh_suggest(long_word, words, 2));
	assert_string_equal(bh_suggest("shrt", words, 2), "short");
}

static void size_is(const char *text, uint64_t expected)
{
	uint64_t size = 0;

	if (!bh_parse_size(text, &size))
		fail_msg("\"%s\" is not read", text);
	assert_int_equal(size, expected);
}

static void sizes_have_units_of_1024(void **state)
{
	(void)state;
	size_is("0", 0);
	size_is("512", 512);
	size_is("512B", 512);
	size_is("4K", 4096);
	size_is("4KiB", 4096);
	size_is("4KB", 4096);
	size_is("512M", 512ull << 20);
	size_is("2G", 2ull << 30);
	size_is("1T", 1ull << 40);
	size_is("18446744073709551615", UINT64_MAX);
}

static void what_is_no_size_is_refused(void **state)
{
	static const char *const texts[] = {
		"",    "K",    "-1",    "+1",        " 1",
		"1 ",  "1k",   "1X",    "1.5G",      "1MM",
		"1iB", "0x10", "1GiBs", "16777216T", "18446744073709551616"};
	uint64_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (bh_parse_size(texts[i], &size))
			fail_msg("\"%s\" is read", texts[i]);
	}
}

static void size_prints(uint64_t size, const char *expected)
{
	char text[16];

	bh_format_size(size, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void sizes_print_with_at_most_one_digit_behind_the_point(void **state)
{
	(void)state;
	size_prints(0, "0");
	size_prints(1023, "1023");
	size_prints(1024, "1K");
	size_prints(1536, "1.5K");
	size_prints(512ull << 20, "512M");
	size_prints(1536ull << 20, "1.5G");
	size_prints((1ull << 20) + 1, "1.0M");
	size_prints(1ull << 40, "1T");
	size_prints(UINT64_MAX, "16777215.9T");
}

static void numbers_are_decimal_or_hexadecimal_and_nothing_else(void **state)
{
	static const char *const wrong[] = {
		"", "-1", "+1", " 1", "1 ", "0x", "0xg", "1a", "18446744073709551616"};
	uint64_t value;

	(void)state;
	assert_true(bh_parse_u64("18446744073709551615", &value));
	assert_int_equal(value, UINT64_MAX);
	assert_true(bh_parse_u64("0x30be0000", &value));
	assert_int_equal(value, 0x30be0000);
	assert_true(bh_parse_u64("010", &value));
	assert_int_equal(value, 10);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		if (bh_parse_u64(wrong[i], &value))
			fail_msg("\"%s\" is read", wrong[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(null_equals_null_only),
		cmocka_unit_test(beginnings_and_ends_are_compared),
		cmocka_unit_test(the_nearest_word_is_suggested),
		cmocka_unit_test(words_that_are_too_long_are_not_compared),
		cmocka_unit_test(sizes_have_units_of_1024),
		cmocka_unit_test(what_is_no_size_is_refused),
		cmocka_unit_test(sizes_print_with_at_most_one_digit_behind_the_point),
		cmocka_unit_test(numbers_are_decimal_or_hexadecimal_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
