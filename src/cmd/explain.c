/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/explain.h"

#include "cmd/report.h"
#include "cmd/verb.h"

#include <string.h>
#include <strings.h>

/* "# E0201: title" without the mark. */
static const char *title(const struct bh_page *page)
{
	return page->text + strspn(page->text, "# ");
}

static void list(void)
{
	for (const struct bh_page *page = bh_error_pages; page->name; page++) {
		const char *line = title(page);
		printf("%.*s\n", (int)strcspn(line, "\n"), line);
	}
}

static int run(const struct bh_args *args)
{
	if (!args->count) {
		list();
		return BH_EXIT_OK;
	}
	for (const struct bh_page *page = bh_error_pages; page->name; page++) {
		if (strcasecmp(page->name, args->values[0]) != 0)
			continue;
		if (args->json)
			bh_print_json("bulkhead.explain/1",
				      json_pack("{ssss}", "code", page->name, "text", page->text));
		else
			fputs(title(page), stdout);
		return BH_EXIT_OK;
	}
	struct bh_diags diags = {0};
	bh_diag_hint(bh_error(&diags, "E0008", "there is no error \"%s\"", args->values[0]),
		     "`bulkhead explain` without an argument lists them all");
	bh_print_diags(&diags);
	bh_diags_finish(&diags);
	return BH_EXIT_USAGE;
}

static const struct bh_positional positionals[] = {
	{.name = "CODE", .optional = true},
	{0},
};

const struct bh_verb bh_verb_explain = {
	.name = "explain",
	.summary = "Tell what an error code means and what to do",
	.positionals = positionals,
	.json = true,
	.run = run,
};
