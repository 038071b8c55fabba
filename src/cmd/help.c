/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/help.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

static const char exit_codes[] = "Exit codes: 0 done, 1 failed, 2 usage or configuration, "
				 "3 refused by policy, 4 changes pending.\n";

void bh_print_overview(FILE *out)
{
	fputs("bulkhead splits one Arm64 board into isolated VMs that own real hardware.\n\n"
	      "usage: bulkhead VERB [OPTIONS]\n\n",
	      out);
	for (const struct bh_verb *const *v = bh_verbs; *v; v++)
		fprintf(out, "  %-12s %s\n", (*v)->name, (*v)->summary);
	fprintf(out, "\n`bulkhead VERB --help` tells more of one. %s", exit_codes);
}

static void print_usage(FILE *out, const char *path, const struct bh_verb *verb)
{
	fprintf(out, "%s", path);
	if (verb->verbs)
		fputs(verb->run ? " [VERB]" : " VERB", out);
	if (verb->json || (verb->options && verb->options->name))
		fputs(" [OPTIONS]", out);
	for (const struct bh_positional *p = verb->positionals; p && p->name; p++)
		fprintf(out, p->optional ? " [%s%s]" : " %s%s", p->name, p->rest ? "..." : "");
}

static char *option_text(const struct bh_option *option)
{
	char letter[8] = "    ";

	if (option->letter)
		snprintf(letter, sizeof(letter), "-%c, ", option->letter);
	return bh_strf("%s--%s%s%s", letter, option->name, option->argument ? " " : "",
		       option->argument ? option->argument : "");
}

void bh_print_verb_help(FILE *out, const char *path, const struct bh_verb *verb)
{
	fprintf(out, "%s.\n\nusage: ", verb->summary);
	print_usage(out, path, verb);
	fputs("\n\n", out);
	for (const struct bh_verb *const *v = verb->verbs; v && *v; v++)
		fprintf(out, "  %-12s %s\n", (*v)->name, (*v)->summary);
	if (verb->verbs)
		fputc('\n', out);
	for (const struct bh_option *o = verb->options; o && o->name; o++) {
		char *text = option_text(o);
		fprintf(out, "  %-28s %s\n", text, o->help);
		free(text);
	}
	if (verb->json)
		fprintf(out, "  %-28s %s\n", "    --json", "Print the result as JSON");
	fprintf(out, "  %-28s %s\n", "-h, --help", "Show this");
}

/* scdoc takes _ and * as markup. */
static void man_escape(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("_*\\", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

static void man_verb(FILE *out, const char *path, const struct bh_verb *verb)
{
	if (verb->run) {
		fputs("## ", out);
		print_usage(out, path, verb);
		fputs("\n\n", out);
		man_escape(out, verb->summary);
		fputs(".\n\n", out);
		if (verb->description)
			fprintf(out, "%s\n\n", verb->description);
		for (const struct bh_option *o = verb->options; o && o->name; o++) {
			char *text = option_text(o);
			fprintf(out, "*%s*\n\t", text + strspn(text, " "));
			man_escape(out, o->help);
			fputs(".\n\n", out);
			free(text);
		}
		if (verb->json)
			fputs("*--json*\n\tPrint the result as JSON.\n\n", out);
	}
	for (const struct bh_verb *const *v = verb->verbs; v && *v; v++) {
		char *longer = bh_strf("%s %s", path, (*v)->name);
		man_verb(out, longer, *v);
		free(longer);
	}
}

void bh_print_man(FILE *out)
{
	fputs("bulkhead(1) \"bulkhead " BH_VERSION "\" \"User Commands\"\n\n"
	      "# NAME\n\nbulkhead - split one Arm64 board into isolated VMs that own real "
	      "hardware\n\n"
	      "# SYNOPSIS\n\n*bulkhead* VERB [OPTIONS]\n\n"
	      "# VERBS\n\n",
	      out);
	for (const struct bh_verb *const *v = bh_verbs; *v; v++) {
		char *path = bh_strf("bulkhead %s", (*v)->name);
		man_verb(out, path, *v);
		free(path);
	}
	fputs("# EXIT STATUS\n\n"
	      "*0*\n\tDone.\n\n*1*\n\tFailed.\n\n*2*\n\tThe command line or the configuration is "
	      "wrong.\n\n"
	      "*3*\n\tRefused by policy; the configuration can allow it.\n\n"
	      "*4*\n\tNothing is wrong; changes are pending.\n\n"
	      "# ENVIRONMENT\n\n*NO\\_COLOR*\n\tIf set, no colour is used.\n",
	      out);
}
