/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/rundir.h"
#include "base/alloc.h"
#include "base/file.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int enter(void **state)
{
	char *folder = bh_strdup("/tmp/bulkhead-rundir-XXXXXX");

	if (!mkdtemp(folder))
		return -1;
	setenv("XDG_RUNTIME_DIR", folder, 1);
	*state = folder;
	return 0;
}

static int leave(void **state)
{
	bh_remove_tree(*state);
	free(*state);
	return 0;
}

static void a_name_is_taken_once(void **state)
{
	struct bh_rundir one, two;
	struct bh_diags diags;

	(void)state;
	bh_diags_init(&diags);
	assert_true(bh_rundir_create(&one, "board", &diags));
	assert_false(bh_rundir_create(&two, "board", &diags));
	assert_string_equal(diags.items[0].code, "E0702");
	bh_rundir_remove(&one);
	bh_rundir_finish(&one);
	assert_true(bh_rundir_create(&two, "board", &diags));
	bh_rundir_finish(&two);
	bh_diags_finish(&diags);
}

static void it_is_live_as_long_as_the_lock_is_held(void **state)
{
	struct bh_rundir dir, seen;

	(void)state;
	assert_int_equal(bh_rundir_open(&seen, "board"), BH_RUNDIR_NONE);
	bh_rundir_finish(&seen);
	assert_true(bh_rundir_create(&dir, "board", NULL));
	assert_int_equal(bh_rundir_open(&seen, "board"), BH_RUNDIR_LIVE);
	bh_rundir_finish(&seen);
	bh_rundir_finish(&dir);
	assert_int_equal(bh_rundir_open(&seen, "board"), BH_RUNDIR_DEAD);
	bh_rundir_finish(&seen);
}

static void what_a_dead_one_left_is_cleared(void **state)
{
	struct bh_rundir dir;

	(void)state;
	assert_true(bh_rundir_create(&dir, "board", NULL));
	char *gone = bh_rundir_file(&dir, "gone");
	assert_int_equal(bh_file_write(gone, "x", 1, 0600), 0);
	bh_rundir_finish(&dir);
	assert_true(bh_rundir_create(&dir, "board", NULL));
	assert_false(bh_path_exists(gone));
	free(gone);
	bh_rundir_finish(&dir);
}

static void names_are_listed_in_order(void **state)
{
	struct bh_rundir b, a;
	size_t count;

	(void)state;
	assert_true(bh_rundir_create(&b, "b", NULL));
	assert_true(bh_rundir_create(&a, "a", NULL));
	char **names = bh_rundir_names(&count);
	assert_int_equal(count, 2);
	assert_string_equal(names[0], "a");
	assert_string_equal(names[1], "b");
	free(names[0]);
	free(names[1]);
	free(names);
	bh_rundir_finish(&a);
	bh_rundir_finish(&b);
}

static void sockets_work_however_long_the_path_is(void **state)
{
	struct bh_rundir dir;
	char *deep = bh_strf("%s/%0150d", (char *)*state, 0);

	setenv("XDG_RUNTIME_DIR", deep, 1);
	free(deep);
	assert_true(bh_rundir_create(&dir, "board", NULL));
	int listening = bh_rundir_listen(&dir, "socket");
	assert_true(listening >= 0);
	int ours = bh_rundir_connect(&dir, "socket");
	assert_true(ours >= 0);
	int theirs = accept(listening, NULL, NULL);
	assert_true(theirs >= 0);
	close(ours);
	close(theirs);
	close(listening);
	bh_rundir_finish(&dir);
}

static void a_folder_that_cannot_be_made_is_an_error(void **state)
{
	struct bh_rundir dir;
	struct bh_diags diags;

	(void)state;
	setenv("XDG_RUNTIME_DIR", "/proc/none", 1);
	bh_diags_init(&diags);
	assert_false(bh_rundir_create(&dir, "board", &diags));
	assert_string_equal(diags.items[0].code, "E0712");
	bh_diags_finish(&diags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_name_is_taken_once, enter, leave),
		cmocka_unit_test_setup_teardown(it_is_live_as_long_as_the_lock_is_held, enter,
						leave),
		cmocka_unit_test_setup_teardown(what_a_dead_one_left_is_cleared, enter, leave),
		cmocka_unit_test_setup_teardown(names_are_listed_in_order, enter, leave),
		cmocka_unit_test_setup_teardown(sockets_work_however_long_the_path_is, enter,
						leave),
		cmocka_unit_test_setup_teardown(a_folder_that_cannot_be_made_is_an_error, enter,
						leave),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
