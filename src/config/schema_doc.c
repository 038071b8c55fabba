/* SPDX-License-Identifier: Apache-2.0 */
/* The schema as a reference: Markdown, and scdoc for the manual page. */
#include "config/forms.h"

#include <inttypes.h>
#include <string.h>

static const char *const type_names[] = {
	[BH_SCHEMA_TEXT] = "string",       [BH_SCHEMA_PATH] = "path",
	[BH_SCHEMA_WORD] = "word",         [BH_SCHEMA_FLAG] = "boolean",
	[BH_SCHEMA_INTEGER] = "integer",   [BH_SCHEMA_SIZE] = "size",
	[BH_SCHEMA_DURATION] = "duration", [BH_SCHEMA_RATE] = "rate",
	[BH_SCHEMA_TEXTS] = "strings",     [BH_SCHEMA_PATHS] = "paths",
	[BH_SCHEMA_INTEGERS] = "integers", [BH_SCHEMA_TABLE] = "table",
	[BH_SCHEMA_TABLES] = "tables",     [BH_SCHEMA_MAP] = "tables by name",
};

static const char intro[] = "One file, `bulkhead.toml`, says which virtual machines a board is "
			    "split into and what each "
			    "owns. It is TOML 1.0. A key that is not listed here is an error.\n";

static const char units[] =
	"Sizes are texts such as `\"512M\"` (K, M, G and T are powers of 1024), durations such as "
	"`\"30s\"` (ms, s, m, h), rates such as `\"125MHz\"` or a number of hertz. A path that "
	"does not "
	"begin with a slash is looked up beside the file in which it is written.\n";

static const char drop_ins[] =
	"Files `bulkhead.d/*.toml` beside `bulkhead.toml` (`NAME.d/` beside `NAME.toml`) are read "
	"after it, in the order of their names, and laid over it: tables are merged key by key, "
	"everything else, lists and arrays of tables included, is replaced as a whole. `bulkhead "
	"config show --origin` tells for each value which file it comes from.\n";

static const char example[] = "[board]\n"
			      "name = \"imx8mp-evk\"\n"
			      "\n"
			      "[vm.net]\n"
			      "memory = \"256M\"\n"
			      "kernel = \"images/Image\"\n"
			      "root = \"images/net.img\"\n"
			      "devices = [\"ethernet0\"]\n"
			      "unsafe-dma = \"I accept\"    # this board has no IOMMU\n"
			      "networks = [\"lan\"]\n"
			      "\n"
			      "[vm.net.override.\"ethernet0\".clocks]\n"
			      "action = \"mediate\"\n"
			      "\n"
			      "[vm.app]\n"
			      "kernel = \"images/Image\"\n"
			      "root = \"images/app.img\"\n"
			      "networks = [\"lan\"]\n"
			      "after = [\"net\"]\n"
			      "gpu = true\n"
			      "\n"
			      "[net.lan]\n"
			      "provider = \"net\"\n";

/* What a value may be, beside its type. */
static void add_limits(struct bh_buf *out, const struct bh_schema_key *key)
{
	char low[32], high[32];

	if (key->words) {
		size_t length;
		const char *word;
		for (int i = 0; (word = bh_schema_word(key->words, i, &length)); i++)
			bh_buf_addf(out, "%s`\"%.*s\"`", i ? ", " : ": ", (int)length, word);
	}
	if (key->type == BH_SCHEMA_INTEGER)
		bh_buf_addf(out, ", %" PRIu64 " to %" PRIu64, key->min, key->max);
	if (key->type == BH_SCHEMA_SIZE) {
		bh_print_size(key->min, low, sizeof(low));
		bh_print_size(key->max, high, sizeof(high));
		bh_buf_addf(out, ", %s to %s", low, high);
	}
	if (key->type == BH_SCHEMA_SIZE && key->multiple > 1) {
		bh_print_size(key->multiple, low, sizeof(low));
		bh_buf_addf(out, ", a multiple of %s", low);
	}
	if (key->form && !key->words && key->type == BH_SCHEMA_TEXT)
		bh_buf_addf(out, " such as `\"%s\"`", key->form->example);
	if (key->fallback && (key->type == BH_SCHEMA_FLAG || key->type == BH_SCHEMA_INTEGER))
		bh_buf_addf(out, "; default `%s`", key->fallback);
	else if (key->fallback)
		bh_buf_addf(out, "; default `\"%s\"`", key->fallback);
	if (key->required)
		bh_buf_adds(out, "; required");
}

struct doc {
	struct bh_buf *out;
	bool man;
};

/* Markdown's `code` is scdoc's *bold*, where _ and * mean something else. */
static void put(struct doc *doc, const char *text)
{
	if (!doc->man) {
		bh_buf_adds(doc->out, text);
		return;
	}
	for (; *text; text++) {
		if (*text == '`') {
			bh_buf_addc(doc->out, '*');
			continue;
		}
		if (strchr("_*\\", *text))
			bh_buf_addc(doc->out, '\\');
		bh_buf_addc(doc->out, *text);
	}
}

static void put_table(struct doc *doc, const struct bh_schema_table *table)
{
	struct bh_buf line = {0};

	if (table->doc) {
		bh_buf_addf(doc->out, "## ");
		if (doc->man)
			put(doc, table->header);
		else
			bh_buf_addf(doc->out, "`%s`", table->header);
		bh_buf_adds(doc->out, "\n\n");
		put(doc, table->doc);
		bh_buf_adds(doc->out, "\n\n");
	}
	for (const struct bh_schema_key *key = table->keys; table->doc && key && key->name; key++) {
		/* Tables have a section of their own. */
		if (key->table && !key->short_form)
			continue;
		bh_buf_clear(&line);
		bh_buf_adds(&line, type_names[key->type]);
		add_limits(&line, key);
		bh_buf_addf(doc->out, doc->man ? "*%s*: " : "* `%s` (", key->name);
		put(doc, bh_buf_str(&line));
		bh_buf_adds(doc->out, doc->man ? "\n\t" : "): ");
		put(doc, key->doc);
		bh_buf_adds(doc->out, doc->man ? "\n\n" : "\n");
	}
	if (table->doc && !doc->man)
		bh_buf_addc(doc->out, '\n');
	for (const struct bh_schema_key *key = table->keys; key && key->name; key++) {
		if (key->table)
			put_table(doc, key->table);
	}
	if (table->others)
		put_table(doc, table->others->table);
	bh_buf_finish(&line);
}

void bh_schema_markdown(struct bh_buf *out)
{
	struct doc doc = {out, false};

	bh_buf_addf(out,
		    "# Configuration\n\n"
		    "<!-- Made from src/config/schema.c: `build/src/config/print_schema markdown > "
		    "docs/config.md` -->\n\n"
		    "%s\n%s\n```toml\n%s```\n\n%s\n",
		    intro, units, example, drop_ins);
	put_table(&doc, &bh_schema_root);
	/* One line end at the end. */
	while (out->length > 1 && out->data[out->length - 2] == '\n')
		out->data[--out->length] = '\0';
}

/* A block of literal lines. */
static void put_literal(struct bh_buf *out, const char *text)
{
	bh_buf_adds(out, "```\n");
	bh_buf_adds(out, text);
	bh_buf_adds(out, "```\n\n");
}

void bh_schema_man(struct bh_buf *out)
{
	struct doc doc = {out, true};

	bh_buf_addf(out,
		    "bulkhead.toml(5) \"bulkhead %s\" \"File Formats\"\n\n# NAME\n\n"
		    "bulkhead.toml - how a board is split into virtual machines\n\n"
		    "# DESCRIPTION\n\n",
		    BH_VERSION);
	put(&doc, intro);
	bh_buf_addc(out, '\n');
	put(&doc, units);
	bh_buf_adds(out, "\n# EXAMPLE\n\n");
	put_literal(out, example);
	bh_buf_adds(out, "# DROP-INS\n\n");
	put(&doc, drop_ins);
	bh_buf_adds(out, "\n# TABLES\n\n");
	put_table(&doc, &bh_schema_root);
	bh_buf_adds(out, "# SEE ALSO\n\n*bulkhead*(1)\n");
}
