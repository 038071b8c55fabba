/* SPDX-License-Identifier: Apache-2.0 */
#include "test.h"

#include "gpu/shader/code_cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
	assert_int_equal(fcntl(fd, F_SETFL, O_APPEND), 0);
	return fd;
}

static bool has(struct bh_code_cache *cache, const uint8_t *key, const char *text)
{
	struct bh_buf data;
	bool same;

	bh_buf_init(&data);
	same = bh_code_cache_find(cache, key, &data) && data.length == strlen(text) &&
	       !memcmp(data.data, text, data.length);
	bh_buf_finish(&data);
	return same;
}

/* A file with both entries. */
static int fill_file(void)
{
	int fd = make_file();
	struct bh_code_cache *cache = bh_code_cache_create(fd, 0);

	bh_code_cache_add(cache, one, "first", 5);
	bh_code_cache_add(cache, two, "second", 6);
	bh_code_cache_destroy(cache);
	return fd;
}

static void what_was_added_is_found(void **state)
{
	struct bh_code_cache *cache = bh_code_cache_create(-1, 0);

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
	struct bh_code_cache *cache = bh_code_cache_create(fd, 0);

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
	cache = bh_code_cache_create(fd, 0);
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
	cache = bh_code_cache_create(fd, 0);
	assert_true(has(cache, one, "first"));
	assert_false(has(cache, two, "Fecond"));
	bh_code_cache_destroy(cache);
	close(fd);
}

static void a_file_of_something_else_is_an_empty_cache_and_left_alone(void **state)
{
	char noise[4096];
	int fd = make_file();
	struct bh_code_cache *cache;

	(void)state;
	memset(noise, 0xff, sizeof(noise));
	assert_int_equal(write(fd, noise, sizeof(noise)), sizeof(noise));
	cache = bh_code_cache_create(fd, 0);
	assert_false(has(cache, one, "first"));
	bh_code_cache_add(cache, one, "first", 5);
	bh_code_cache_destroy(cache);
	assert_int_equal(lseek(fd, 0, SEEK_END), sizeof(noise));
	close(fd);
}

static void what_is_added_behind_a_torn_record_is_found(void **state)
{
	int fd = fill_file();
	struct bh_code_cache *cache;

	(void)state;
	assert_int_equal(ftruncate(fd, lseek(fd, 0, SEEK_END) - 1), 0);
	cache = bh_code_cache_create(fd, 0);
	bh_code_cache_add(cache, two, "second", 6);
	bh_code_cache_destroy(cache);
	cache = bh_code_cache_create(fd, 0);
	assert_true(has(cache, two, "second"));
	bh_code_cache_destroy(cache);
	close(fd);
}

#define LARGE 1024
#define LIMIT (64 * LARGE)

static void add_large(struct bh_code_cache *cache, unsigned number)
{
	static uint8_t data[LARGE];
	uint8_t key[BH_SHA256_SIZE] = {(uint8_t)number, (uint8_t)(number >> 8), 1};

	bh_code_cache_add(cache, key, data, sizeof(data));
}

static bool has_large(struct bh_code_cache *cache, unsigned number)
{
	uint8_t key[BH_SHA256_SIZE] = {(uint8_t)number, (uint8_t)(number >> 8), 1};
	struct bh_buf data;
	bool found;

	bh_buf_init(&data);
	found = bh_code_cache_find(cache, key, &data);
	bh_buf_finish(&data);
	return found;
}

static void the_oldest_make_room_but_for_those_that_were_wanted(void **state)
{
	struct bh_code_cache *cache = bh_code_cache_create(-1, LIMIT);

	(void)state;
	for (unsigned i = 0; i < 64; i++)
		add_large(cache, i);
	assert_true(has_large(cache, 0));
	add_large(cache, 64);
	assert_true(has_large(cache, 0));
	assert_false(has_large(cache, 1));
	assert_true(has_large(cache, 64));
	bh_code_cache_destroy(cache);
}

static void a_file_never_grows_beyond_its_limit_and_goes_on_with_its_newer_half(void **state)
{
	int fd = make_file();
	struct bh_code_cache *cache = bh_code_cache_create(fd, LIMIT);

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		add_large(cache, i);
	bh_code_cache_destroy(cache);
	assert_in_range(lseek(fd, 0, SEEK_END), 60 * LARGE, 80 * LARGE);
	cache = bh_code_cache_create(fd, LIMIT);
	assert_in_range(lseek(fd, 0, SEEK_END), 24 * LARGE, 40 * LARGE);
	assert_true(has_large(cache, 70));
	add_large(cache, 100);
	bh_code_cache_destroy(cache);
	cache = bh_code_cache_create(fd, LIMIT);
	assert_false(has_large(cache, 20));
	assert_true(has_large(cache, 70));
	assert_true(has_large(cache, 100));
	bh_code_cache_destroy(cache);
	close(fd);
}

static void a_file_that_cannot_be_used_is_refused_with_the_reason(void **state)
{
	static const struct {
		const char *name, *cause;
		mode_t mode;
	} rows[] = {
		{"folder", "it is a folder, not a file", S_IFDIR | 0700},
		{"open", "others than its owner may write it", S_IFREG | 0622},
		{"pipe", "it is no regular file", S_IFIFO | 0600},
		{"text", "it holds something else", S_IFREG | 0600},
	};
	char folder[] = "/tmp/bulkhead-cache.XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bh_diags diags;
		int fd;

		snprintf(path, sizeof(path), "%s/%s", folder, rows[i].name);
		if (S_ISDIR(rows[i].mode)) {
			assert_int_equal(mkdir(path, 0700), 0);
		} else if (S_ISFIFO(rows[i].mode)) {
			assert_int_equal(mkfifo(path, 0600), 0);
		} else {
			fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
			assert_int_equal(write(fd, rows[i].name, 4), 4);
			assert_int_equal(fchmod(fd, rows[i].mode & 07777), 0);
			close(fd);
		}
		bh_diags_init(&diags);
		assert_int_equal(bh_code_cache_open(path, &diags), -1);
		assert_int_equal(diags.count, 1);
		assert_string_equal(diags.items[0].code, "E2005");
		assert_string_equal(diags.items[0].cause, rows[i].cause);
		bh_diags_finish(&diags);
		remove(path);
	}
	snprintf(path, sizeof(path), "%s/new", folder);
	close(bh_code_cache_open(path, NULL));
	assert_int_equal(remove(path), 0);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_is_found),
		cmocka_unit_test(a_file_outlives_the_cache),
		cmocka_unit_test(a_torn_record_is_left_out),
		cmocka_unit_test(a_changed_byte_is_noticed),
		cmocka_unit_test(a_file_of_something_else_is_an_empty_cache_and_left_alone),
		cmocka_unit_test(what_is_added_behind_a_torn_record_is_found),
		cmocka_unit_test(the_oldest_make_room_but_for_those_that_were_wanted),
		cmocka_unit_test(
			a_file_never_grows_beyond_its_limit_and_goes_on_with_its_newer_half),
		cmocka_unit_test(a_file_that_cannot_be_used_is_refused_with_the_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
