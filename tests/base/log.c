/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include "base/alloc.h"
#include "base/file.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct pipe_log {
	int ends[2];
	struct bh_log log;
};

static void begin(struct pipe_log *p, enum bh_log_level level, bool journal)
{
	assert_int_equal(pipe(p->ends), 0);
	p->log = (struct bh_log){p->ends[1], level, "vm", journal};
}

static char *end(struct pipe_log *p)
{
	char *text;
	size_t size;

	close(p->ends[1]);
	assert_int_equal(bh_file_read_fd(p->ends[0], 1u << 20, &text, &size), 0);
	close(p->ends[0]);
	return text;
}

static void less_important_lines_are_dropped(void **state)
{
	struct pipe_log p;

	(void)state;
	begin(&p, BH_LOG_WARNING, true);
	bh_log(&p.log, BH_LOG_ERROR, "one %d", 1);
	bh_log(&p.log, BH_LOG_WARNING, "two");
	bh_log(&p.log, BH_LOG_INFO, "three");
	char *text = end(&p);
	assert_string_equal(text, "<3>vm: error: one 1\n<4>vm: warning: two\n");
	free(text);
}

static void outside_the_journal_a_line_begins_with_the_time(void **state)
{
	struct pipe_log p;
	int hour, minute, second, millisecond, used = 0;

	(void)state;
	begin(&p, BH_LOG_DEBUG, false);
	bh_log(&p.log, BH_LOG_INFO, "started");
	char *text = end(&p);
	assert_int_equal(
		sscanf(text, "%2d:%2d:%2d.%3d %n", &hour, &minute, &second, &millisecond, &used),
		4);
	assert_string_equal(text + used, "vm: started\n");
	free(text);
}

static void what_a_guest_says_does_not_move_the_cursor(void **state)
{
	struct pipe_log p;

	(void)state;
	begin(&p, BH_LOG_INFO, true);
	bh_log(&p.log, BH_LOG_INFO, "a\033[2Jb\nc\rd\x7f");
	char *text = end(&p);
	assert_string_equal(text, "<6>vm: a?[2Jb?c?d?\n");
	free(text);
}

static void a_long_line_is_cut_and_still_ends(void **state)
{
	struct pipe_log p;
	char *long_text = bh_alloc(5000);

	(void)state;
	memset(long_text, 'x', 4999);
	begin(&p, BH_LOG_INFO, true);
	bh_log(&p.log, BH_LOG_INFO, "%s", long_text);
	char *text = end(&p);
	assert_in_range(strlen(text), 1000, 1200);
	assert_int_equal(text[strlen(text) - 1], '\n');
	free(text);
	free(long_text);
}

static void without_a_logger_nothing_is_said(void **state)
{
	(void)state;
	bh_log(NULL, BH_LOG_ERROR, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(less_important_lines_are_dropped),
		cmocka_unit_test(outside_the_journal_a_line_begins_with_the_time),
		cmocka_unit_test(what_a_guest_says_does_not_move_the_cursor),
		cmocka_unit_test(a_long_line_is_cut_and_still_ends),
		cmocka_unit_test(without_a_logger_nothing_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
