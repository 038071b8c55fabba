/* SPDX-License-Identifier: Apache-2.0 */
/* report FOLDER: how diagnostics look, as FOLDER/NAME.txt shows them. */
#include "cmd/report.h"

#include "base/alloc.h"
#include "base/file.h"
#include "cmd/width.h"
#include "golden.h"

#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void write_source(const char *name, const char *text)
{
	assert_int_equal(bh_file_write(name, text, strlen(text), 0644), 0);
}

static struct bh_diag *error_at(struct bh_diags *diags, const char *file, uint32_t line,
				uint32_t column, uint32_t length)
{
	struct bh_diag *diag = bh_error(diags, "E0001", "something is wrong");

	bh_diag_at(diag, (struct bh_span){file, line, column, length});
	return diag;
}

/* Compares with tests/cmd/report/NAME.txt, and frees the diagnostics. */
static void looks_like(struct bh_diags *diags, bool colour, void **state, const char *name)
{
	struct bh_buf out = {0};
	char *path = bh_strf("%s/%s.txt", (const char *)*state, name);

	bh_render_diags(&out, diags, colour);
	golden(path, bh_buf_str(&out));
	free(path);
	bh_buf_finish(&out);
	bh_diags_finish(diags);
}

static void the_source_line_is_shown_with_carets(void **state)
{
	struct bh_diags diags = {0};

	write_source("a.toml", "one\n\tkey = value # x\r\nthree\n");
	struct bh_diag *diag = error_at(&diags, "a.toml", 2, 8, 5);
	bh_diag_label(diag, "this");
	bh_diag_cause(diag, "it cannot be");
	bh_diag_hint(diag, "write another");
	diag = bh_warning(&diags, "E0002", "less bad");
	bh_diag_at(diag, (struct bh_span){"a.toml", 3, 1, 1});
	diag = bh_report(&diags, BH_NOTE, "E0003", "good to know");
	bh_diag_at(diag, (struct bh_span){"a.toml", 1, 1, 3});
	looks_like(&diags, false, state, "plain");
}

static void colour_marks_level_and_frame(void **state)
{
	struct bh_diags diags = {0};

	write_source("a.toml", "one\n");
	bh_diag_hint(error_at(&diags, "a.toml", 1, 1, 3), "write another");
	looks_like(&diags, true, state, "colour");
}

static void wide_and_combining_characters_do_not_move_the_carets(void **state)
{
	struct bh_diags diags = {0};

	write_source("a.toml", "\"日本\" = \"e\xcc\x81\" + 1\n\xf0\x9f\x98\x80 = é\n");
	error_at(&diags, "a.toml", 1, 12, 5);
	error_at(&diags, "a.toml", 1, 2, 6);
	error_at(&diags, "a.toml", 2, 8, 2);
	looks_like(&diags, false, state, "wide");
}

static void a_place_beyond_the_line_or_file_is_shown_as_far_as_it_is(void **state)
{
	struct bh_diags diags = {0};

	write_source("a.toml", "short\nlast");
	error_at(&diags, "a.toml", 1, 6, 1);
	error_at(&diags, "a.toml", 1, 100, 9);
	error_at(&diags, "a.toml", 2, 3, 4000000000u);
	error_at(&diags, "a.toml", 3, 1, 1);
	error_at(&diags, "a.toml", 4000000000u, 1, 1);
	error_at(&diags, "a.toml", 0, 0, 0);
	looks_like(&diags, false, state, "beyond");
}

static void without_the_file_the_place_is_still_named(void **state)
{
	struct bh_diags diags = {0};

	bh_diag_hint(error_at(&diags, "not-there.toml", 7, 3, 1), "write another");
	bh_error(&diags, "E0002", "no place at all");
	looks_like(&diags, false, state, "missing");
}

static void a_node_and_its_property_are_a_place(void **state)
{
	struct bh_diags diags = {0};

	bh_diag_node(bh_error(&diags, "E0001", "no clock"), "/soc@0/ethernet@30be0000", "clocks");
	bh_diag_node(bh_error(&diags, "E0002", "no node"), "/soc@0", NULL);
	looks_like(&diags, false, state, "node");
}

static void no_text_of_a_file_moves_the_cursor(void **state)
{
	struct bh_diags diags = {0};

	write_source("a.toml", "a\033[2J\x01\x7f\xff\xc2\x9b = 1\n");
	struct bh_diag *diag = error_at(&diags, "a.toml", 1, 2, 4);
	bh_diag_label(diag, "\033]0;x\007");
	bh_diag_cause(diag, "a\rb\nc");
	bh_diag_hint(diag, "\x9b");
	bh_diag_node(diag, "/\033", "\033");
	diag = bh_error(&diags, "E0002", "\033[31m");
	bh_diag_at(diag, (struct bh_span){"\033x", 1, 1, 1});
	looks_like(&diags, false, state, "control");
}

static void a_long_line_is_shown_around_the_place(void **state)
{
	struct bh_diags diags = {0};
	struct bh_buf text = {0};

	for (int i = 0; i < 500; i++)
		bh_buf_addf(&text, "%03d-é ", i);
	write_source("a.toml", bh_buf_str(&text));
	error_at(&diags, "a.toml", 1, 1, 3);
	error_at(&diags, "a.toml", 1, 2101, 3);
	error_at(&diags, "a.toml", 1, 3494, 3);
	error_at(&diags, "a.toml", 1, 701, 2000);
	bh_buf_finish(&text);
	looks_like(&diags, false, state, "long");
}

static void a_byte_order_mark_is_not_counted(void **state)
{
	struct bh_diags diags = {0};

	write_source("a.toml", "\xef\xbb\xbfkey = 1\n");
	error_at(&diags, "a.toml", 1, 7, 1);
	looks_like(&diags, false, state, "mark");
}

static void what_was_dropped_is_counted(void **state)
{
	struct bh_diags diags = {0};
	struct bh_buf out = {0};

	(void)state;
	for (int i = 0; i < BH_DIAGS_MAX + 7; i++)
		bh_error(&diags, "E0001", "again");
	bh_render_diags(&out, &diags, false);
	assert_string_equal(out.data + out.length - 11, "and 7 more\n");
	bh_buf_finish(&out);
	bh_diags_finish(&diags);
}

static void json_has_every_field(void **state)
{
	struct bh_diags diags = {0};
	char *path = bh_strf("%s/json.txt", (const char *)*state);

	struct bh_diag *diag = error_at(&diags, "a.toml", 2, 3, 4);
	bh_diag_label(diag, "label");
	bh_diag_cause(diag, "cause");
	bh_diag_hint(diag, "hint");
	bh_diag_node(diag, "/node", "property");
	bh_warning(&diags, "E0002", "not UTF-8: \xff\xc3");
	json_t *json = bh_diags_json(&diags);
	char *text = json_dumps(json, JSON_INDENT(2));
	golden(path, text);
	free(text);
	json_decref(json);
	free(path);
	bh_diags_finish(&diags);
}

static void columns_are_those_of_a_terminal(void **state)
{
	(void)state;
	assert_int_equal(bh_columns("abc", 3), 3);
	assert_int_equal(bh_columns("é", 2), 1);
	assert_int_equal(bh_columns("日本", 6), 4);
	assert_int_equal(bh_columns("e\xcc\x81", 3), 1);
	assert_int_equal(bh_columns("\xff\xed\xa0\x80", 4), 4);
	assert_int_equal(bh_columns("\xe6\x97", 2), 2);
	assert_int_equal(bh_columns("", 0), 0);
}

static void only_a_terminal_gets_colour(void **state)
{
	int master, terminal;

	(void)state;
	if (openpty(&master, &terminal, NULL, NULL, NULL)) {
		print_message("skipped: no pseudo-terminal is to be had here\n");
		skip();
	}
	FILE *tty = fdopen(terminal, "w");
	FILE *plain = fopen("/dev/null", "w");
	unsetenv("NO_COLOR");
	setenv("TERM", "xterm", 1);
	assert_true(bh_wants_colour(tty));
	assert_false(bh_wants_colour(plain));
	setenv("NO_COLOR", "1", 1);
	assert_false(bh_wants_colour(tty));
	setenv("NO_COLOR", "", 1);
	assert_true(bh_wants_colour(tty));
	setenv("TERM", "dumb", 1);
	assert_false(bh_wants_colour(tty));
	fclose(plain);
	fclose(tty);
	close(master);
}

/* What a stream of progress shows, on a terminal or not. */
static char *progress_output(bool terminal)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	struct bh_progress progress = {.stream = stream, .terminal = terminal};

	bh_progress_say(&progress, "step %d", 1);
	bh_progress_say(&progress, "step %d", 1);
	bh_progress_say(&progress, "step %d", 2);
	bh_progress_end(&progress);
	fclose(stream);
	return text;
}

static void progress_is_redrawn_on_a_terminal_and_lines_elsewhere(void **state)
{
	char *text = progress_output(false);

	(void)state;
	assert_string_equal(text, "step 1\nstep 2\n");
	free(text);
	text = progress_output(true);
	assert_string_equal(text, "\r\033[Kstep 1\r\033[Kstep 1\r\033[Kstep 2\r\033[K");
	free(text);
}

#define TEST(name)                                \
	(struct CMUnitTest)                       \
	{                                         \
#name, name, NULL, NULL, expected \
	}

int main(int argc, char **argv)
{
	char *expected = argc == 2 ? realpath(argv[1], NULL) : NULL;
	/* The sources that diagnostics show are written in a folder of the test's own. */
	char folder[] = "/tmp/bulkhead-report.XXXXXX";

	if (!expected || !mkdtemp(folder) || chdir(folder))
		return 2;
	const struct CMUnitTest tests[] = {
		TEST(the_source_line_is_shown_with_carets),
		TEST(colour_marks_level_and_frame),
		TEST(wide_and_combining_characters_do_not_move_the_carets),
		TEST(a_place_beyond_the_line_or_file_is_shown_as_far_as_it_is),
		TEST(without_the_file_the_place_is_still_named),
		TEST(a_node_and_its_property_are_a_place),
		TEST(no_text_of_a_file_moves_the_cursor),
		TEST(a_long_line_is_shown_around_the_place),
		TEST(a_byte_order_mark_is_not_counted),
		TEST(what_was_dropped_is_counted),
		TEST(json_has_every_field),
		TEST(columns_are_those_of_a_terminal),
		TEST(only_a_terminal_gets_colour),
		TEST(progress_is_redrawn_on_a_terminal_and_lines_elsewhere),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(expected);
	return chdir("/") || bh_remove_tree(folder) || failed;
}
