/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the verb, reads its command line, runs it. */
#include "base/alloc.h"
#include "base/str.h"
#include "cmd/help.h"
#include "cmd/report.h"
#include "cmd/verb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct bh_option json_option = {.name = "json", .help = "Print the result as JSON"};

struct parse {
	struct bh_args args;
	struct bh_diags diags;
	char *path;
	struct bh_given *given;
	size_t given_room;
	const char **values;
	size_t value_room;
	bool help;
};

const char *bh_arg(const struct bh_args *args, const char *name, const char *otherwise)
{
	for (size_t i = args->option_count; i-- > 0;) {
		if (!strcmp(args->given[i].option->name, name))
			return args->given[i].value;
	}
	return otherwise;
}

bool bh_switch(const struct bh_args *args, const char *name)
{
	for (size_t i = 0; i < args->option_count; i++) {
		if (!strcmp(args->given[i].option->name, name))
			return true;
	}
	return false;
}

static const struct bh_option *find_option(const struct bh_verb *verb, const char *name,
					   size_t length, char letter)
{
	for (const struct bh_option *o = verb->options; o && o->name; o++) {
		if (name ? strlen(o->name) == length && !strncmp(o->name, name, length)
			 : o->letter == letter)
			return o;
	}
	if (verb->json && !letter && length == 4 && !strncmp(name, "json", 4))
		return &json_option;
	return NULL;
}

static void unknown_option(struct parse *parse, const char *word)
{
	const char *names[32];
	size_t count = 0;
	const struct bh_verb *verb = parse->args.verb;
	struct bh_diag *diag = bh_error(&parse->diags, "E0001", "%s does not know the option %s",
					parse->path, word);

	for (const struct bh_option *o = verb->options; o && o->name && count < 30; o++)
		names[count++] = o->name;
	names[count++] = "help";
	if (verb->json)
		names[count++] = "json";
	const char *near = bh_str_starts(word, "--") ? bh_suggest(word + 2, names, count) : NULL;
	if (near)
		bh_diag_hint(diag, "did you mean --%s?", near);
	else
		bh_diag_hint(diag, "`%s --help` lists its options", parse->path);
}

static void give(struct parse *parse, const struct bh_option *option, const char *value)
{
	struct bh_args *args = &parse->args;

	if (option == &json_option) {
		args->json = true;
		return;
	}
	if (!option->repeats && bh_switch(args, option->name)) {
		bh_diag_hint(bh_error(&parse->diags, "E0004", "--%s is given twice", option->name),
			     "keep one of them");
		return;
	}
	bh_grow((void **)&parse->given, &parse->given_room, args->option_count + 1,
		sizeof(*parse->given));
	parse->given[args->option_count++] = (struct bh_given){option, value};
	args->given = parse->given; /* for the look above; it moves as it grows */
}

/* Reads the option at argv[i] and its value; returns how many words it took. */
static int take_option(struct parse *parse, int argc, char **argv, int i)
{
	const char *word = argv[i], *value = NULL;
	const struct bh_option *option;
	bool is_long = word[1] == '-';

	if (is_long) {
		size_t length = strcspn(word + 2, "=");
		option = find_option(parse->args.verb, word + 2, length, 0);
		if (word[2 + length])
			value = word + 2 + length + 1;
	} else {
		option = find_option(parse->args.verb, NULL, 0, word[1]);
		if (word[2])
			value = word + 2;
	}
	if (!option) {
		unknown_option(parse, word);
		return 1;
	}
	if (!option->argument && value) {
		bh_diag_hint(bh_error(&parse->diags, "E0002", "--%s takes no value", option->name),
			     "write --%s alone", option->name);
		return 1;
	}
	if (option->argument && !value) {
		if (i + 1 >= argc) {
			bh_diag_hint(bh_error(&parse->diags, "E0003", "--%s needs a value",
					      option->name),
				     "write --%s %s", option->name, option->argument);
			return 1;
		}
		give(parse, option, argv[i + 1]);
		return 2;
	}
	give(parse, option, value);
	return 1;
}

static const struct bh_positional *positional_at(const struct bh_verb *verb, size_t index)
{
	const struct bh_positional *p = verb->positionals;

	for (; p && p->name && index && !p->rest; p++)
		index--;
	return p && p->name ? p : NULL;
}

static void add_value(struct parse *parse, const char *word)
{
	bh_grow((void **)&parse->values, &parse->value_room, parse->args.count + 1,
		sizeof(*parse->values));
	parse->values[parse->args.count++] = word;
}

static void check_positionals(struct parse *parse)
{
	size_t index = 0;

	for (const struct bh_positional *p = parse->args.verb->positionals; p && p->name; p++) {
		if (!p->optional && index >= parse->args.count) {
			bh_diag_hint(bh_error(&parse->diags, "E0005", "%s needs %s", parse->path,
					      p->name),
				     "`%s --help` shows how it is used", parse->path);
			return;
		}
		index++;
	}
}

static void parse_words(struct parse *parse, int argc, char **argv)
{
	bool options = true;

	for (int i = 0; i < argc;) {
		const struct bh_positional *place =
			positional_at(parse->args.verb, parse->args.count);

		if (options && !strcmp(argv[i], "--")) {
			options = false;
			i++;
		} else if (options && (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))) {
			parse->help = true;
			i++;
		} else if (options && argv[i][0] == '-' && argv[i][1]) {
			i += take_option(parse, argc, argv, i);
		} else if (!place) {
			bh_diag_hint(bh_error(&parse->diags, "E0006", "%s does not take \"%s\"",
					      parse->path, argv[i]),
				     "`%s --help` shows how it is used", parse->path);
			return;
		} else {
			if (place->rest)
				options = false;
			add_value(parse, argv[i++]);
		}
	}
	if (!parse->help && !parse->diags.errors)
		check_positionals(parse);
}

static const struct bh_verb *find_verb(const struct bh_verb *const *verbs, const char *name)
{
	for (const struct bh_verb *const *v = verbs; *v; v++) {
		if (!strcmp((*v)->name, name))
			return *v;
	}
	return NULL;
}

static int unknown_verb(struct parse *parse, const struct bh_verb *const *verbs, const char *word)
{
	const char *names[64];
	size_t count = 0;

	for (const struct bh_verb *const *v = verbs; *v && count < 64; v++)
		names[count++] = (*v)->name;
	struct bh_diag *diag =
		bh_error(&parse->diags, "E0007", "\"%s\" is not a verb of %s", word, parse->path);
	const char *near = bh_suggest(word, names, count);
	if (near)
		bh_diag_hint(diag, "did you mean `%s %s`?", parse->path, near);
	else
		bh_diag_hint(diag, "`%s --help` lists them", parse->path);
	return BH_EXIT_USAGE;
}

static int dispatch(struct parse *parse, int argc, char **argv)
{
	const struct bh_verb *const *verbs = bh_verbs;
	const struct bh_verb *verb = NULL;
	int used = 0;

	while (verbs && used < argc && argv[used][0] != '-') {
		const struct bh_verb *found = find_verb(verbs, argv[used]);
		if (!found && verb && verb->run)
			break; /* a verb that runs alone and has sub-verbs: this is its argument */
		if (!found)
			return unknown_verb(parse, verbs, argv[used]);
		char *longer = bh_strf("%s %s", parse->path, found->name);
		free(parse->path);
		parse->path = longer;
		verb = found;
		verbs = found->verbs;
		used++;
	}
	if (!verb) {
		if (used < argc && !strcmp(argv[used], "--version"))
			return bh_verb_version.run(&parse->args);
		bool asked =
			used < argc && (!strcmp(argv[used], "--help") || !strcmp(argv[used], "-h"));
		bh_print_overview(asked ? stdout : stderr);
		return asked ? BH_EXIT_OK : BH_EXIT_USAGE;
	}
	parse->args.verb = verb;
	parse->args.path = parse->path;
	parse_words(parse, argc - used, argv + used);
	if (parse->diags.errors)
		return BH_EXIT_USAGE;
	if (parse->help || !verb->run) {
		bh_print_verb_help(parse->help ? stdout : stderr, parse->path, verb);
		return parse->help ? BH_EXIT_OK : BH_EXIT_USAGE;
	}
	parse->args.values = parse->values;
	return verb->run(&parse->args);
}

/* What could not be written was not said: a full disk or a closed pipe is a failure. */
static bool output_is_written(struct bh_diags *diags)
{
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout))
		return true;
	struct bh_diag *diag = bh_error(diags, "E0010", "the output could not be written: %s",
					errno ? strerror(errno) : "an earlier write failed");
	bh_diag_hint(diag, "see where standard output leads: a full disk, a closed pipe");
	return false;
}

int bh_cmd_main(int argc, char **argv)
{
	struct parse parse = {.path = bh_strdup("bulkhead")};

	bh_diags_init(&parse.diags);
	int code = dispatch(&parse, argc, argv);
	if (!output_is_written(&parse.diags) && code == BH_EXIT_OK)
		code = BH_EXIT_FAILED;
	bh_print_diags(&parse.diags);
	bh_diags_finish(&parse.diags);
	free(parse.given);
	free(parse.values);
	free(parse.path);
	return code;
}
