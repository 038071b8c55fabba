/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may stand in bulkhead.toml, as one table: each key's type, limits, default and line of
 * documentation. Validation, JSON Schema, the reference manual and `config show` are all made from
 * it, so that they cannot disagree.
 */
#ifndef BH_CONFIG_SCHEMA_H
#define BH_CONFIG_SCHEMA_H

#include "base/buf.h"
#include "config/partition.h"

#include <jansson.h>

/* How a value is written, and with it the field of partition.h that it fills. */
enum bh_schema_type {
	BH_SCHEMA_TEXT,     /* struct bh_config_text */
	BH_SCHEMA_PATH,     /* the same; relative to the folder of the file it stands in */
	BH_SCHEMA_WORD,     /* struct bh_config_word: one of `words` */
	BH_SCHEMA_FLAG,     /* struct bh_config_flag */
	BH_SCHEMA_INTEGER,  /* struct bh_config_number, and so the next three */
	BH_SCHEMA_SIZE,     /* "512M", in bytes */
	BH_SCHEMA_DURATION, /* "2s", in milliseconds */
	BH_SCHEMA_RATE,     /* "125MHz" or an integer, in hertz */
	BH_SCHEMA_TEXTS,    /* struct bh_config_texts */
	BH_SCHEMA_PATHS,    /* the same, relative as PATH */
	BH_SCHEMA_INTEGERS, /* struct bh_config_numbers */
	BH_SCHEMA_TABLE,    /* a struct of its own, in place */
	BH_SCHEMA_TABLES,   /* [[array of tables]]: items and count */
	BH_SCHEMA_MAP,      /* [table.NAME]: items and count */
};

/* What a text must look like. */
struct bh_schema_form {
	const char *what;    /* "a MAC address" */
	const char *pattern; /* POSIX extended, and a regular expression of JSON Schema as well */
	const char *example;
	size_t longest;
	/* Beyond the pattern: NULL when the text is right, else what is wrong with it. */
	const char *(*check)(const char *text);
};

struct bh_schema_key {
	const char *name; /* NULL ends the table */
	enum bh_schema_type type;
	size_t offset; /* of its field in the parent's struct */
	const char *doc;
	const char *fallback;              /* the default as a text; NULL: none */
	const char *words;                 /* "never on-failure always"; for TEXTS: of each item */
	const struct bh_schema_form *form; /* of a text, of each of TEXTS, of a MAP's names */
	uint64_t min, max;                 /* of numbers; of the count of lists, TABLES and MAP */
	uint64_t multiple;
	const struct bh_schema_table *table;
	const char *short_form; /* of a TABLE: the key that a plain value stands for */
	bool required;
};

struct bh_schema_table {
	const char *header; /* "[vm.NAME]" */
	const char *doc;
	size_t size; /* of its struct */
	const struct bh_schema_key *keys;
	const struct bh_schema_key *others; /* every key that is not in `keys`: a MAP */
};

/* The whole file; its struct is struct bh_partition. */
extern const struct bh_schema_table bh_schema_root;

const struct bh_schema_key *bh_schema_find(const struct bh_schema_table *table, const char *name);

/* The n-th of "a b c", or NULL; its length in *length. */
const char *bh_schema_word(const char *words, int n, size_t *length);

/*
 * Fills the struct of a table from what was written; what was not gets its default. Errors go to
 * `diags`; the struct is usable only when there are none.
 */
struct bh_toml_value;
void bh_schema_fill(const struct bh_schema_table *table, const struct bh_toml_value *value,
		    void *out, struct bh_arena *arena, struct bh_diags *diags);

/* JSON Schema, draft 2020-12. The caller owns the reference. */
json_t *bh_schema_json(void);

/* The reference: Markdown for docs/config.md, scdoc for bulkhead.toml(5). */
void bh_schema_markdown(struct bh_buf *out);
void bh_schema_man(struct bh_buf *out);

#endif
