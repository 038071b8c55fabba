/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell completion, printed from the table of verbs. Each shell gets a small script that walks the
 * words typed so far; what may follow them is in the script, so completing starts no program.
 */
#include "base/alloc.h"
#include "cmd/report.h"
#include "cmd/verb.h"

#include <stdlib.h>
#include <string.h>

/* Calls `each` for every verb and sub-verb, parents first. */
static void walk(const struct bh_verb *const *verbs, const char *path,
		 void (*each)(const char *path, const struct bh_verb *verb))
{
	for (const struct bh_verb *const *v = verbs; v && *v; v++) {
		char *longer = bh_strf("%s%s%s", path, *path ? " " : "", (*v)->name);
		each(longer, *v);
		walk((*v)->verbs, longer, each);
		free(longer);
	}
}

static void put_names(const struct bh_verb *const *verbs)
{
	for (const struct bh_verb *const *v = verbs; v && *v; v++)
		printf("%s%s", v == verbs ? "" : " ", (*v)->name);
}

/* What may be typed after this verb, apart from file names. */
static void put_words(const struct bh_verb *verb)
{
	const char *gap = verb->verbs ? " " : "";

	put_names(verb->verbs);
	for (const struct bh_positional *p = verb->positionals; p && p->name; p++) {
		if (p->complete == BH_COMPLETE_WORDS) {
			printf("%s%s", gap, p->words);
			gap = " ";
		}
	}
	for (const struct bh_option *o = verb->options; o && o->name; o++) {
		printf("%s--%s", gap, o->name);
		gap = " ";
	}
	if (verb->json) {
		printf("%s--json", gap);
		gap = " ";
	}
	printf("%s--help", gap);
}

static bool takes_files(const struct bh_verb *verb)
{
	for (const struct bh_positional *p = verb->positionals; p && p->name; p++) {
		if (p->complete == BH_COMPLETE_FILE || p->complete == BH_COMPLETE_DIRECTORY ||
		    p->rest)
			return true;
	}
	return false;
}

static void bash_case(const char *path, const struct bh_verb *verb)
{
	printf("\t\"%s\") words='", path);
	put_words(verb);
	printf("'%s ;;\n", takes_files(verb) ? "; files=1" : "");
}

/* Which of the words typed are verbs: "lab", "lab up". */
static void bash_path(const char *path, const struct bh_verb *verb)
{
	(void)verb;
	printf("|%s", path);
}

static void bash_option(const char *path, const struct bh_verb *verb)
{
	for (const struct bh_option *o = verb->options; o && o->name; o++) {
		if (o->complete == BH_COMPLETE_WORDS)
			printf("\t\"%s --%s\") COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return "
			       ";;\n",
			       path, o->name, o->words);
		else if (o->complete != BH_COMPLETE_NONE)
			printf("\t\"%s --%s\") COMPREPLY=($(compgen -%c -- \"$cur\")); return ;;\n",
			       path, o->name, o->complete == BH_COMPLETE_FILE ? 'f' : 'd');
		else if (o->argument)
			printf("\t\"%s --%s\") return ;;\n", path, o->name);
	}
}

static void put_bash(void)
{
	fputs("_bulkhead()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tlocal path='' words='' files='' word try\n"
	      "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	      "\t\ttry=\"${path:+$path }$word\"\n"
	      "\t\tcase '",
	      stdout);
	walk(bh_verbs, "", bash_path);
	fputs("|' in *\"|$try|\"*) path=$try ;; esac\n\tdone\n"
	      "\tcase \"$path $prev\" in\n",
	      stdout);
	walk(bh_verbs, "", bash_option);
	fputs("\tesac\n\tcase $path in\n\t'') words='", stdout);
	put_names(bh_verbs);
	fputs(" --help --version' ;;\n", stdout);
	walk(bh_verbs, "", bash_case);
	fputs("\tesac\n"
	      "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	      "\t[ -n \"$files\" ] && COMPREPLY+=($(compgen -f -- \"$cur\"))\n"
	      "}\ncomplete -o filenames -F _bulkhead bulkhead\n",
	      stdout);
}

static void put_quoted(const char *text)
{
	putchar('\'');
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*text);
	}
	putchar('\'');
}

static void zsh_case(const char *path, const struct bh_verb *verb)
{
	printf("\t\"%s\")\n", path);
	for (const struct bh_verb *const *v = verb->verbs; v && *v; v++) {
		char *entry = bh_strf("%s:%s", (*v)->name, (*v)->summary);
		fputs("\t\toffers+=(", stdout);
		put_quoted(entry);
		fputs(")\n", stdout);
		free(entry);
	}
	for (const struct bh_positional *p = verb->positionals; p && p->name; p++) {
		if (p->complete == BH_COMPLETE_WORDS)
			printf("\t\toffers+=(%s)\n", p->words);
	}
	for (const struct bh_option *o = verb->options; o && o->name; o++) {
		char *entry = bh_strf("--%s:%s", o->name, o->help);
		fputs("\t\toffers+=(", stdout);
		put_quoted(entry);
		fputs(")\n", stdout);
		free(entry);
	}
	if (verb->json)
		fputs("\t\toffers+=('--json:Print the result as JSON')\n", stdout);
	printf("\t\toffers+=('--help:Show help')\n%s\t\t;;\n",
	       takes_files(verb) ? "\t\tfiles=1\n" : "");
}

static void put_zsh(void)
{
	fputs("#compdef bulkhead\n_bulkhead()\n{\n"
	      "\tlocal path_='' word try files=''\n\tlocal -a typed offers\n"
	      "\ttyped=(\"${(@)words[2,CURRENT-1]}\")\n"
	      "\tfor word in $typed; do\n\t\ttry=\"${path_:+$path_ }$word\"\n\t\tcase '",
	      stdout);
	walk(bh_verbs, "", bash_path);
	fputs("|' in *\"|$try|\"*) path_=$try ;; esac\n\tdone\n\tcase $path_ in\n\t'')\n", stdout);
	for (const struct bh_verb *const *v = bh_verbs; *v; v++) {
		char *entry = bh_strf("%s:%s", (*v)->name, (*v)->summary);
		fputs("\t\toffers+=(", stdout);
		put_quoted(entry);
		fputs(")\n", stdout);
		free(entry);
	}
	fputs("\t\t;;\n", stdout);
	walk(bh_verbs, "", zsh_case);
	fputs("\tesac\n\t_describe 'bulkhead' offers\n\t[[ -n $files ]] && _files\n}\n"
	      "compdef _bulkhead bulkhead\n",
	      stdout);
}

static void fish_rule(const char *condition, const char *what, const char *word, const char *help)
{
	printf("complete -c bulkhead -n ");
	put_quoted(condition);
	printf(" %s %s -d ", what, word);
	put_quoted(help);
	putchar('\n');
}

static size_t count_words(const char *text)
{
	size_t count = 1;

	for (; (text = strchr(text, ' ')); text++)
		count++;
	return count;
}

static void fish_verb(const char *path, const struct bh_verb *verb)
{
	char *condition = bh_strf("__bulkhead_at %s; and test (count (__bulkhead_typed)) -eq %zu",
				  path, count_words(path));

	for (const struct bh_verb *const *v = verb->verbs; v && *v; v++)
		fish_rule(condition, "-f -a", (*v)->name, (*v)->summary);
	free(condition);
	condition = bh_strf("__bulkhead_at %s", path);
	for (const struct bh_positional *p = verb->positionals; p && p->name; p++) {
		if (p->complete == BH_COMPLETE_WORDS)
			printf("complete -c bulkhead -n '%s' -f -a '%s'\n", condition, p->words);
	}
	for (const struct bh_option *o = verb->options; o && o->name; o++)
		fish_rule(condition, o->argument ? "-r -l" : "-l", o->name, o->help);
	if (verb->json)
		fish_rule(condition, "-l", "json", "Print the result as JSON");
	if (!takes_files(verb))
		printf("complete -c bulkhead -n '%s' -f\n", condition);
	free(condition);
}

static void put_fish(void)
{
	/* The words typed before the one being completed, without options; whether they begin with
	 * these; without arguments: whether there are none yet. */
	fputs("function __bulkhead_typed\n"
	      "\tfor word in (commandline -opc)[2..-1]\n"
	      "\t\tstring match -q -- '-*' $word; or echo $word\n"
	      "\tend\n"
	      "end\n"
	      "function __bulkhead_at\n"
	      "\tset -l typed (__bulkhead_typed)\n"
	      "\tset -l count (count $argv)\n"
	      "\ttest (count $typed) -ge $count; or return 1\n"
	      "\ttest $count -eq 0; or test \"$typed[1..$count]\" = \"$argv\"; or return 1\n"
	      "\ttest $count -gt 0; or test (count $typed) -eq 0\n"
	      "end\n",
	      stdout);
	for (const struct bh_verb *const *v = bh_verbs; *v; v++)
		fish_rule("__bulkhead_at", "-f -a", (*v)->name, (*v)->summary);
	walk(bh_verbs, "", fish_verb);
}

static const struct {
	const char *name;
	void (*put)(void);
} shells[] = {
	{"bash", put_bash},
	{"zsh", put_zsh},
	{"fish", put_fish},
};

static int run(const struct bh_args *args)
{
	for (size_t i = 0; i < sizeof(shells) / sizeof(*shells); i++) {
		if (!strcmp(args->values[0], shells[i].name)) {
			shells[i].put();
			return BH_EXIT_OK;
		}
	}
	struct bh_diags diags = {0};
	bh_diag_hint(
		bh_error(&diags, "E0009", "no completion for the shell \"%s\"", args->values[0]),
		"it is one of bash, zsh, fish");
	bh_print_diags(&diags);
	bh_diags_finish(&diags);
	return BH_EXIT_USAGE;
}

static const struct bh_positional positionals[] = {
	{.name = "SHELL", .complete = BH_COMPLETE_WORDS, .words = "bash zsh fish"},
	{0},
};

const struct bh_verb bh_verb_completion = {
	.name = "completion",
	.summary = "Print a completion script for a shell",
	.description = "For bash: *source <(bulkhead completion bash)*. For zsh and fish, write it "
		       "where the "
		       "shell looks for completions.",
	.positionals = positionals,
	.run = run,
};
