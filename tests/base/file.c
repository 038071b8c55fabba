/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void assert_content(const char *path, const char *expected)
{
	char *data;
	size_t size;

	assert_int_equal(bh_file_read(path, 1000, &data, &size), 0);
	assert_int_equal(size, strlen(expected));
	assert_string_equal(data, expected);
	free(data);
}

static void what_is_written_is_read(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(bh_file_write("a", "hello", 5, 0640), 0);
	assert_content("a", "hello");
	assert_int_equal(stat("a", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(bh_file_write("a", "", 0, 0600), 0);
	assert_content("a", "");
}

static void a_file_of_the_limits_size_is_read_and_one_byte_more_is_not(void **state)
{
	char *data;
	size_t size;

	(void)state;
	bh_file_write("a", "12345", 5, 0600);
	assert_int_equal(bh_file_read("a", 5, &data, &size), 0);
	free(data);
	assert_int_equal(bh_file_read("a", 4, &data, &size), -EFBIG);
}

static void a_pipe_is_read_to_its_end_and_within_the_limit(void **state)
{
	int ends[2];
	char *data;
	size_t size;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "12345", 5), 5);
	close(ends[1]);
	assert_int_equal(bh_file_read_fd(ends[0], 100, &data, &size), 0);
	assert_string_equal(data, "12345");
	free(data);
	close(ends[0]);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "12345", 5), 5);
	close(ends[1]);
	assert_int_equal(bh_file_read_fd(ends[0], 4, &data, &size), -EFBIG);
	close(ends[0]);
}

static void a_file_without_known_size_is_read(void **state)
{
	char *data;
	size_t size;

	(void)state;
	assert_int_equal(bh_file_read("/proc/self/status", 1u << 20, &data, &size), 0);
	assert_true(size > 100);
	free(data);
}

static void errors_are_told_by_their_number(void **state)
{
	char *data;
	size_t size;

	(void)state;
	assert_int_equal(bh_file_read("not-there", 10, &data, &size), -ENOENT);
	assert_int_equal(bh_file_read(".", 10, &data, &size), -EISDIR);
	assert_int_equal(bh_file_write("not-there/x", "", 0, 0600), -ENOENT);
	assert_int_equal(bh_file_read_fd(-1, 10, &data, &size), -EBADF);
}

static void a_write_that_fails_leaves_the_old_content_and_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(bh_make_dirs("target/inside", 0700), 0);
	/* A folder cannot be replaced by a file. */
	assert_int_not_equal(bh_file_write("target", "x", 1, 0600), 0);
	assert_true(bh_path_exists("target/inside"));
	assert_int_equal(bh_remove_tree("target"), 0);
	assert_int_equal(access("target.XXXXXX", F_OK), -1);
}

static void reading_all_tells_when_there_is_too_little(void **state)
{
	int ends[2];
	char bytes[8];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(bh_write_all(ends[1], "12345", 5), 0);
	close(ends[1]);
	assert_int_equal(bh_read_all(ends[0], bytes, 3), 0);
	assert_memory_equal(bytes, "123", 3);
	assert_int_equal(bh_read_all(ends[0], bytes, 3), -ENODATA);
	assert_int_equal(bh_write_all(-1, "x", 1), -EBADF);
	close(ends[0]);
}

static void folders_are_made_with_their_parents(void **state)
{
	(void)state;
	assert_int_equal(bh_make_dirs("p/q//r/", 0755), 0);
	assert_int_equal(bh_make_dirs("p/q/r", 0755), 0);
	assert_true(bh_path_exists("p/q/r"));
	bh_file_write("p/file", "", 0, 0600);
	assert_int_equal(bh_make_dirs("p/file", 0755), -ENOTDIR);
	assert_int_equal(bh_make_dirs("p/file/x", 0755), -ENOTDIR);
	assert_int_equal(bh_make_dirs("", 0755), -ENOENT);
}

static void removing_a_tree_does_not_follow_links(void **state)
{
	(void)state;
	assert_int_equal(bh_make_dirs("tree/below", 0755), 0);
	assert_int_equal(bh_make_dirs("elsewhere", 0755), 0);
	bh_file_write("elsewhere/kept", "x", 1, 0600);
	bh_file_write("tree/below/file", "x", 1, 0600);
	assert_int_equal(symlink("../elsewhere", "tree/link"), 0);
	assert_int_equal(bh_remove_tree("tree"), 0);
	assert_false(bh_path_exists("tree"));
	assert_content("elsewhere/kept", "x");
	assert_int_equal(bh_remove_tree("tree"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_file_of_the_limits_size_is_read_and_one_byte_more_is_not),
		cmocka_unit_test(a_pipe_is_read_to_its_end_and_within_the_limit),
		cmocka_unit_test(a_file_without_known_size_is_read),
		cmocka_unit_test(errors_are_told_by_their_number),
		cmocka_unit_test(a_write_that_fails_leaves_the_old_content_and_nothing_else),
		cmocka_unit_test(reading_all_tells_when_there_is_too_little),
		cmocka_unit_test(folders_are_made_with_their_parents),
		cmocka_unit_test(removing_a_tree_does_not_follow_links),
	};
	char folder[] = "/tmp/bulkhead-file.XXXXXX";

	umask(022);
	if (!mkdtemp(folder) || chdir(folder))
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	return chdir("/") || bh_remove_tree(folder) || failed;
}
