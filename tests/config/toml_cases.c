/* SPDX-License-Identifier: Apache-2.0 */
/*
 * toml_cases FOLDER: one test for each document of FOLDER/valid, whose values are in the .json
 * beside it, and of FOLDER/invalid, whose error is in the .error beside it.
 */
#include "base/alloc.h"
#include "base/file.h"
#include "golden.h"
#include "tagged.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct document {
	struct bh_arena arena;
	struct bh_diags diags;
	struct bh_toml toml;
	char *text;
	int error;
};

static char *read_text(const char *stem, const char *suffix, size_t *size)
{
	char *path = bh_strf("%s%s", stem, suffix), *text;

	if (bh_file_read(path, 16u << 20, &text, size))
		fail_msg("cannot read %s", path);
	free(path);
	return text;
}

static void parse(struct document *d, const char *stem)
{
	size_t size;

	d->text = read_text(stem, ".toml", &size);
	bh_arena_init(&d->arena);
	bh_diags_init(&d->diags);
	d->error = bh_toml_parse(&d->toml, &d->arena, "t", d->text, size, &d->diags);
}

static void finish(struct document *d)
{
	bh_toml_finish(&d->toml);
	bh_diags_finish(&d->diags);
	bh_arena_finish(&d->arena);
	free(d->text);
}

static void is_read(void **state)
{
	struct document d;
	struct bh_buf out = {0};
	size_t size;

	parse(&d, *state);
	if (d.error)
		fail_msg("refused: %s", d.diags.items[0].message);
	put_tagged(&out, d.toml.root);
	char *expected = read_text(*state, ".json", &size);
	json_t *want = json_loads(expected, JSON_ALLOW_NUL, NULL);
	json_t *have = json_loadb(out.data, out.length, JSON_ALLOW_NUL, NULL);
	assert_non_null(want);
	assert_non_null(have);
	if (!json_equal(want, have))
		fail_msg("read as %s", out.data);
	json_decref(want);
	json_decref(have);
	free(expected);
	bh_buf_finish(&out);
	finish(&d);
}

static void is_refused(void **state)
{
	struct document d;

	parse(&d, *state);
	assert_int_not_equal(d.error, 0);
	assert_int_equal(d.diags.errors, 1);
	const struct bh_diag *diag = &d.diags.items[0];
	char *have = bh_strf("%u:%u: %s: %s\n", diag->span.line, diag->span.column, diag->code,
			     diag->message);
	char *path = bh_strf("%s.error", (const char *)*state);
	golden(path, have);
	/* Every error says what to do next. */
	assert_non_null(diag->hint);
	free(path);
	free(have);
	finish(&d);
}

int main(int argc, char **argv)
{
	struct CMUnitTest *tests = NULL;

	if (argc != 2 || chdir(argv[1]))
		return 2;
	size_t valid = golden_cases(&tests, 0, "valid", ".toml", is_read);
	size_t all = golden_cases(&tests, valid, "invalid", ".toml", is_refused);
	if (!valid || all == valid) {
		fprintf(stderr, "no cases in %s\n", argv[1]);
		return 1;
	}
	int failed = _cmocka_run_group_tests("toml_cases", tests, all, NULL, NULL);
	golden_cases_finish(tests, all);
	return failed;
}
