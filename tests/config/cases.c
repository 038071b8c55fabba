/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cases FOLDER: FOLDER/good/NAME.toml is shown as NAME.shown says, FOLDER/bad/NAME.toml is refused
 * as NAME.refused says, both as the command line prints it.
 */
#include "base/alloc.h"
#include "cmd/report.h"
#include "config/partition.h"
#include "config/show.h"
#include "golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int read_case(struct bh_partition *partition, const char *stem, struct bh_diags *diags)
{
	char *path = bh_strf("%s.toml", stem);
	int error;

	bh_diags_init(diags);
	error = bh_partition_read(partition, path, diags);
	free(path);
	return error;
}

static void check_golden(const char *stem, const char *suffix, const char *text)
{
	char *path = bh_strf("%s%s", stem, suffix);

	golden(path, text);
	free(path);
}

static void is_shown(void **state)
{
	struct bh_partition partition;
	struct bh_diags diags;
	struct bh_buf out = {0};

	if (read_case(&partition, *state, &diags))
		fail_msg("refused: %s", diags.items[0].message);
	bh_partition_show(&partition, true, &out);
	bh_render_diags(&out, &diags, false);
	check_golden(*state, ".shown", bh_buf_str(&out));
	bh_buf_finish(&out);
	bh_diags_finish(&diags);
	bh_partition_finish(&partition);
}

/* What is shown is a configuration, and shows the same. */
static void reads_back(void **state)
{
	struct bh_partition partition, again;
	struct bh_diags diags;
	struct bh_buf first = {0}, second = {0};

	assert_int_equal(read_case(&partition, *state, &diags), 0);
	bh_partition_show(&partition, false, &first);
	if (bh_partition_parse(&again, "shown", bh_buf_str(&first), first.length, &diags))
		fail_msg("%s in:\n%s", diags.items[diags.count - 1].message, bh_buf_str(&first));
	bh_partition_show(&again, false, &second);
	assert_string_equal(bh_buf_str(&first), bh_buf_str(&second));
	json_t *a = bh_partition_json(&partition, false), *b = bh_partition_json(&again, false);
	assert_true(json_equal(a, b));
	json_decref(a);
	json_decref(b);
	bh_buf_finish(&first);
	bh_buf_finish(&second);
	bh_diags_finish(&diags);
	bh_partition_finish(&again);
	bh_partition_finish(&partition);
}

static void is_refused(void **state)
{
	struct bh_partition partition;
	struct bh_diags diags;
	struct bh_buf out = {0};

	assert_int_not_equal(read_case(&partition, *state, &diags), 0);
	for (size_t i = 0; i < diags.count; i++) {
		/* Every error and warning has a place and says what to do next. */
		assert_non_null(diags.items[i].span.file);
		if (diags.items[i].level != BH_NOTE)
			assert_non_null(diags.items[i].hint);
	}
	bh_render_diags(&out, &diags, false);
	check_golden(*state, ".refused", bh_buf_str(&out));
	bh_buf_finish(&out);
	bh_diags_finish(&diags);
	bh_partition_finish(&partition);
}

int main(int argc, char **argv)
{
	struct CMUnitTest *tests = NULL;

	if (argc != 2 || chdir(argv[1]))
		return 2;
	size_t count = golden_cases(&tests, 0, "good", ".toml", is_shown);
	count = golden_cases(&tests, count, "good", ".toml", reads_back);
	size_t all = golden_cases(&tests, count, "bad", ".toml", is_refused);
	if (!count || all == count) {
		fprintf(stderr, "no cases in %s\n", argv[1]);
		return 1;
	}
	int failed = _cmocka_run_group_tests("config_cases", tests, all, NULL, NULL);
	golden_cases_finish(tests, all);
	return failed;
}
