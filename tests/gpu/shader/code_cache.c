/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "gpu/shader/code_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint8_t one[BH_SHA256_SIZE] = {1}, two[BH_SHA256_SIZE] = {2};

static int make_file(void)
{
	FILE *file = tmpfile();
	int fd;

	assert_non_null(file);
	fd = dup(fileno(file));
	fclose(file);
	assert_true(fd >= 0);
	return fd;
}

static bool has(struct bh_code_cache *cache, const uint8_t *key, const char *text)
{
	const void *data;
	size_t size;

	return bh_code_cache_find(cache, key, &data, &size) && size == strlen(text) &&
	       !memcmp(data, text, size);
}

/* A file with both entries. */
static int fill_file(void)
{
	int fd = make_file();
	struct bh_code_cache *cache = bh_code_cache_create(fd);

	bh_code_cache_add(cache, one, "first", 5);
	bh_code_cache_add(cache, two, "second", 6);
	bh_code_cache_destroy(cache);
	return fd;
}

static void what_was_added_is_found(void **state)
{
	struct bh_code_cache *cache = bh_code_cache_create(-1);

	(void)state;
	assert_false(has(cache, one, "first"));
	bh_code_cache_add(cache, one, "first", 5);
	assert_true(has(cache, one, "first"));
	assert_false(has(cache, two, "first"));
	bh_code_cache_destroy(cache);
}

static void a_file_outlives_the_cache(void **state)
{
	int fd = fill_file();
	struct bh_code_cache *cache = bh_code_cache_create(fd);

	(void)state;
	assert_true(has(cache, one, "first"));
	assert_true(has(cache, two, "second"));
	bh_code_cache_destroy(cache);
	close(fd);
}

static void a_torn_record_is_left_out(void **state)
{
	int fd = fill_file();
	struct bh_code_cache *cache;

	(void)state;
	assert_int_equal(ftruncate(fd, lseek(fd, 0, SEEK_END) - 1), 0);
	cache = bh_code_cache_create(fd);
	assert_true(has(cache, one, "first"));
	assert_false(has(cache, two, "second"));
	bh_code_cache_destroy(cache);
	close(fd);
}

static void a_changed_byte_is_noticed(void **state)
{
	int fd = fill_file();
	struct bh_code_cache *cache;

	(void)state;
	assert_int_equal(pwrite(fd, "F", 1, lseek(fd, 0, SEEK_END) - 6), 1);
	cache = bh_code_cache_create(fd);
	assert_true(has(cache, one, "first"));
	assert_false(has(cache, two, "Fecond"));
	bh_code_cache_destroy(cache);
	close(fd);
}

static void a_file_of_something_else_is_an_empty_cache(void **state)
{
	char noise[4096];
	int fd = make_file();
	struct bh_code_cache *cache;

	(void)state;
	memset(noise, 0xff, sizeof(noise));
	assert_int_equal(write(fd, noise, sizeof(noise)), sizeof(noise));
	cache = bh_code_cache_create(fd);
	assert_false(has(cache, one, "first"));
	bh_code_cache_destroy(cache);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_is_found),
		cmocka_unit_test(a_file_outlives_the_cache),
		cmocka_unit_test(a_torn_record_is_left_out),
		cmocka_unit_test(a_changed_byte_is_noticed),
		cmocka_unit_test(a_file_of_something_else_is_an_empty_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
