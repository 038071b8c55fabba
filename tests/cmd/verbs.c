/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for every verb of the table, so that a new one cannot forget it. */
#include "base/alloc.h"
#include "base/str.h"
#include "cmd/help.h"
#include "cmd/verb.h"
#include "test.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void each_verb(const char *path, const struct bh_verb *verb);

static size_t walk(const struct bh_verb *const *verbs, const char *path, each_verb *each)
{
	size_t count = 0;

	for (const struct bh_verb *const *v = verbs; v && *v; v++) {
		char *longer = bh_strf("%s %s", path, (*v)->name);
		each(longer, *v);
		count += 1 + walk((*v)->verbs, longer, each);
		free(longer);
	}
	return count;
}

static void for_all(each_verb *each)
{
	assert_true(walk(bh_verbs, "bulkhead", each) > 3);
}

static void is_one_line(const char *path, const char *text)
{
	if (!text || !*text || strchr(text, '\n') || bh_str_ends(text, "."))
		fail_msg("%s: \"%s\" is not one line without a full stop", path, text ? text : "");
	if (islower((unsigned char)*text))
		fail_msg("%s: \"%s\" does not begin with a capital", path, text);
}

static void has_lines(const char *path, const struct bh_verb *verb)
{
	is_one_line(path, verb->summary);
	for (const struct bh_option *o = verb->options; o && o->name; o++)
		is_one_line(path, o->help);
}

static void summaries_and_option_texts_are_one_line(void **state)
{
	(void)state;
	for_all(has_lines);
}

static void can_be_called(const char *path, const struct bh_verb *verb)
{
	if (!verb->run && !(verb->verbs && *verb->verbs))
		fail_msg("%s does nothing", path);
}

static void every_verb_runs_or_has_verbs(void **state)
{
	(void)state;
	for_all(can_be_called);
}

static void has_different_names(const char *path, const struct bh_verb *verb)
{
	for (const struct bh_option *o = verb->options; o && o->name; o++) {
		for (const struct bh_option *p = verb->options; p < o; p++) {
			if (!strcmp(o->name, p->name) || (o->letter && o->letter == p->letter))
				fail_msg("%s has --%s twice", path, o->name);
		}
		if (!strcmp(o->name, "help") || o->letter == 'h' ||
		    (verb->json && !strcmp(o->name, "json")))
			fail_msg("%s has an option of its own named --%s", path, o->name);
		if (o->complete == BH_COMPLETE_WORDS && !o->words)
			fail_msg("%s --%s completes no words", path, o->name);
	}
	for (const struct bh_verb *const *v = verb->verbs; v && *v; v++) {
		for (const struct bh_verb *const *w = verb->verbs; w < v; w++) {
			if (!strcmp((*v)->name, (*w)->name))
				fail_msg("%s has the verb %s twice", path, (*v)->name);
		}
	}
}

static void no_name_is_used_twice(void **state)
{
	(void)state;
	for_all(has_different_names);
}

static void optional_ones_come_last(const char *path, const struct bh_verb *verb)
{
	bool optional = false;

	for (const struct bh_positional *p = verb->positionals; p && p->name; p++) {
		if (optional && !p->optional)
			fail_msg("%s: %s cannot be told from what is optional before it", path,
				 p->name);
		if (p->rest && p[1].name)
			fail_msg("%s: %s can never be reached", path, p[1].name);
		optional |= p->optional;
	}
}

static void every_argument_can_be_given(void **state)
{
	(void)state;
	for_all(optional_ones_come_last);
}

static char *help_of(const char *path, const struct bh_verb *verb)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	bh_print_verb_help(stream, path, verb);
	fclose(stream);
	return text;
}

static void needs(const char *path, const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("the help of %s does not have %s", path, part);
}

static void is_helped(const char *path, const struct bh_verb *verb)
{
	char *text = help_of(path, verb), *usage = bh_strf("usage: %s", path);

	needs(path, text, usage);
	needs(path, text, verb->summary);
	needs(path, text, "--help");
	for (const struct bh_option *o = verb->options; o && o->name; o++) {
		char *name = bh_strf("--%s", o->name);
		needs(path, text, name);
		needs(path, text, o->help);
		free(name);
	}
	for (const struct bh_positional *p = verb->positionals; p && p->name; p++)
		needs(path, text, p->name);
	for (const struct bh_verb *const *v = verb->verbs; v && *v; v++)
		needs(path, text, (*v)->name);
	if (verb->json)
		needs(path, text, "--json");
	free(usage);
	free(text);
}

static void help_names_all_that_a_verb_takes(void **state)
{
	(void)state;
	for_all(is_helped);
}

static void fits_a_terminal(const char *path, const struct bh_verb *verb)
{
	char *text = help_of(path, verb);

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (strlen(line) > 120)
			fail_msg("the help of %s has a line of %zu characters: %s", path,
				 strlen(line), line);
	}
	free(text);
}

static void no_line_of_help_is_too_long(void **state)
{
	(void)state;
	for_all(fits_a_terminal);
}

static void the_overview_lists_every_verb(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	(void)state;
	bh_print_overview(stream);
	fclose(stream);
	for (const struct bh_verb *const *v = bh_verbs; *v; v++) {
		needs("bulkhead", text, (*v)->name);
		needs("bulkhead", text, (*v)->summary);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(summaries_and_option_texts_are_one_line),
		cmocka_unit_test(every_verb_runs_or_has_verbs),
		cmocka_unit_test(no_name_is_used_twice),
		cmocka_unit_test(every_argument_can_be_given),
		cmocka_unit_test(help_names_all_that_a_verb_takes),
		cmocka_unit_test(no_line_of_help_is_too_long),
		cmocka_unit_test(the_overview_lists_every_verb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
