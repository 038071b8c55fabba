/* SPDX-License-Identifier: Apache-2.0 */
/* Checks what was written against the schema, and fills the partition's structs with it. */
#include "base/str.h"
#include "config/forms.h"
#include "config/toml.h"

#include <assert.h>
#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMS_MAX 32

struct fill {
	struct bh_arena *arena;
	struct bh_diags *diags;
	/* A pattern is compiled when the first text needs it. */
	struct {
		const struct bh_schema_form *form;
		regex_t regex;
	} forms[FORMS_MAX];
	size_t form_count;
	/* A table of nothing but defaults. */
	struct bh_toml_value empty;
	struct bh_toml_table nothing;
};

static void fill_table(struct fill *fill, const struct bh_schema_table *table,
		       const struct bh_toml_value *value, char *out);

static const regex_t *pattern_of(struct fill *fill, const struct bh_schema_form *form)
{
	for (size_t i = 0; i < fill->form_count; i++) {
		if (fill->forms[i].form == form)
			return &fill->forms[i].regex;
	}
	assert(fill->form_count < FORMS_MAX);
	regex_t *regex = &fill->forms[fill->form_count].regex;
	int error = regcomp(regex, form->pattern, REG_EXTENDED | REG_NOSUB);
	assert(!error);
	(void)error;
	fill->forms[fill->form_count++].form = form;
	return regex;
}

static struct bh_diag *wrong_type(struct fill *fill, const char *name,
				  const struct bh_toml_value *value, const char *wanted)
{
	struct bh_diag *diag = bh_error(fill->diags, "E0202", "%s must be %s, not %s", name, wanted,
					bh_toml_kind_name(value->kind));

	bh_diag_at(diag, value->span);
	return diag;
}

/* False, after an error, unless the text has the form. */
static bool check_form(struct fill *fill, const struct bh_schema_form *form, const char *name,
		       const char *text, size_t length, struct bh_span span)
{
	const char *trouble = NULL;

	if (strlen(text) != length)
		trouble = "it has a NUL character in it";
	else if (form && length > form->longest)
		trouble = "it is too long";
	else if (form && regexec(pattern_of(fill, form), text, 0, NULL, 0))
		trouble = "";
	else if (form && form->check)
		trouble = form->check(text);
	if (!trouble)
		return true;
	struct bh_diag *diag =
		bh_error(fill->diags, "E0206", "%s must be %s", name, form ? form->what : "a text");
	bh_diag_at(diag, span);
	if (*trouble)
		bh_diag_cause(diag, "%s", trouble);
	if (form)
		bh_diag_hint(diag, "write it like \"%s\"", form->example);
	return false;
}

static bool check_range(struct fill *fill, const struct bh_schema_key *key, uint64_t value,
			struct bh_span span)
{
	char low[32], high[32], step[32];
	void (*print)(uint64_t, char *, size_t) = key->type == BH_SCHEMA_SIZE ? bh_print_size
						  : key->type == BH_SCHEMA_DURATION
							  ? bh_print_duration
						  : key->type == BH_SCHEMA_RATE ? bh_print_rate
										: NULL;
	struct bh_diag *diag;

	if (print) {
		print(key->min, low, sizeof(low));
		print(key->max, high, sizeof(high));
		print(key->multiple, step, sizeof(step));
	} else {
		snprintf(low, sizeof(low), "%" PRIu64, key->min);
		snprintf(high, sizeof(high), "%" PRIu64, key->max);
		snprintf(step, sizeof(step), "%" PRIu64, key->multiple);
	}
	if (value < key->min || value > key->max) {
		diag = bh_error(fill->diags, "E0204", "%s goes from %s to %s", key->name, low,
				high);
		bh_diag_at(diag, span);
		bh_diag_hint(diag, "choose a value in between");
		return false;
	}
	if (key->multiple && value % key->multiple) {
		diag = bh_error(fill->diags, "E0204", "%s must be a multiple of %s", key->name,
				step);
		bh_diag_at(diag, span);
		bh_diag_hint(diag, "round it up");
		return false;
	}
	return true;
}

/* Beside the file in which it was written. */
static const char *resolve(struct fill *fill, const struct bh_schema_key *key, const char *text,
			   const char *file)
{
	const char *slash = strrchr(file, '/');
	size_t length;

	/* One file has one name: images are compared by it. Where a bare word means something else,
	 * "./" is what tells them apart. */
	while (key->form == &bh_form_path && !key->words && text[0] == '.' && text[1] == '/' &&
	       text[2])
		text += 2;
	if (*text == '/' || !slash)
		return text;
	for (int i = 0; key->words; i++) {
		const char *word = bh_schema_word(key->words, i, &length);
		if (!word)
			break;
		if (strlen(text) == length && !strncmp(text, word, length))
			return text;
	}
	/* A board's bare name is looked up among the data files. */
	if (key->form == &bh_form_board && !strchr(text, '/'))
		return text;
	return bh_arena_strf(fill->arena, "%.*s/%s", (int)(slash - file), file, text);
}

static bool is_path(const struct bh_schema_key *key)
{
	return key->type == BH_SCHEMA_PATH || key->type == BH_SCHEMA_PATHS;
}

/* The place of the word in `words`; -1, after an error, when it is none of them. */
static int find_word(struct fill *fill, const struct bh_schema_key *key,
		     const struct bh_toml_value *value)
{
	const char *names[16];
	size_t count = 0, length;
	const char *word;

	for (; count < 16 && (word = bh_schema_word(key->words, (int)count, &length)); count++) {
		if (value->string.length == length && !memcmp(value->string.text, word, length))
			return (int)count;
		names[count] = bh_arena_strndup(fill->arena, word, length);
	}
	struct bh_diag *diag = bh_error(fill->diags, "E0203", "%s does not know \"%.40s\"",
					key->name, value->string.text);
	const char *near = bh_suggest(value->string.text, names, count);
	bh_diag_at(diag, value->span);
	bh_diag_cause(diag, "it is one of: %s", key->words);
	bh_diag_hint(diag, near ? "did you mean \"%s\"?" : "write \"%s\", for example",
		     near ? near : names[0]);
	return -1;
}

static void fill_text(struct fill *fill, const struct bh_schema_key *key,
		      const struct bh_toml_value *value, struct bh_config_text *out)
{
	if (value->kind != BH_TOML_STRING) {
		struct bh_diag *diag = wrong_type(fill, key->name, value, "a string");
		if (key->form)
			bh_diag_hint(diag, "write it like \"%s\"", key->form->example);
		else
			bh_diag_hint(diag, "put it in quotes");
		return;
	}
	if (key->words && !is_path(key)) {
		if (find_word(fill, key, value) < 0)
			return;
	} else if (!check_form(fill, key->form, key->name, value->string.text, value->string.length,
			       value->span)) {
		return;
	}
	out->span = value->span;
	out->value = is_path(key) ? resolve(fill, key, value->string.text, value->span.file)
				  : value->string.text;
}

/* The form of a number that is written as a text; NULL: it is an integer. */
static const struct bh_schema_form *unit_form(enum bh_schema_type type)
{
	switch (type) {
	case BH_SCHEMA_SIZE:
		return &bh_form_size;
	case BH_SCHEMA_DURATION:
		return &bh_form_duration;
	case BH_SCHEMA_RATE:
		return &bh_form_rate;
	default:
		return NULL;
	}
}

static bool parse_number(enum bh_schema_type type, const char *text, uint64_t *number)
{
	switch (type) {
	case BH_SCHEMA_SIZE:
		return bh_parse_size(text, number);
	case BH_SCHEMA_DURATION:
		return bh_parse_duration(text, number);
	case BH_SCHEMA_RATE:
		return bh_parse_rate(text, number);
	default:
		return bh_parse_u64(text, number);
	}
}

static void fill_number(struct fill *fill, const struct bh_schema_key *key,
			const struct bh_toml_value *value, struct bh_config_number *out)
{
	const struct bh_schema_form *form = unit_form(key->type);
	bool plain = !form || key->type == BH_SCHEMA_RATE;
	uint64_t number;
	struct bh_diag *diag;

	if (value->kind == BH_TOML_INTEGER && plain) {
		/* A negative one becomes huge, and is out of range. */
		number = value->integer < 0 ? UINT64_MAX : (uint64_t)value->integer;
	} else if (value->kind == BH_TOML_STRING && form) {
		if (strlen(value->string.text) != value->string.length ||
		    !parse_number(key->type, value->string.text, &number)) {
			diag = bh_error(fill->diags, "E0205", "\"%.40s\" is not %s",
					value->string.text, form->what);
			bh_diag_at(diag, value->span);
			bh_diag_hint(diag, "write it like \"%s\"", form->example);
			return;
		}
	} else {
		diag = wrong_type(fill, key->name, value, form ? form->what : "an integer");
		if (form)
			bh_diag_hint(diag, "write it like \"%s\"", form->example);
		else
			bh_diag_hint(diag, "write a number without quotes or point");
		return;
	}
	if (check_range(fill, key, number, value->span))
		*out = (struct bh_config_number){number, value->span};
}

/* False, after an error, unless it is an array of not too many items. */
static bool check_list(struct fill *fill, const struct bh_schema_key *key,
		       const struct bh_toml_value *value, const char *what)
{
	struct bh_diag *diag;

	if (value->kind != BH_TOML_ARRAY) {
		diag = wrong_type(fill, key->name, value, what);
		bh_diag_hint(diag, "put it in brackets: %s = [ ... ]", key->name);
		return false;
	}
	if (value->array->count > key->max) {
		diag = bh_error(fill->diags, "E0204", "%s has at most %" PRIu64 " entries",
				key->name, key->max);
		bh_diag_at(diag, value->span);
		bh_diag_hint(diag, "remove %" PRIu64 " of them", value->array->count - key->max);
		return false;
	}
	return true;
}

static void fill_texts(struct fill *fill, const struct bh_schema_key *key,
		       const struct bh_toml_value *value, struct bh_config_texts *out)
{
	if (!check_list(fill, key, value, "an array of strings"))
		return;
	size_t count = value->array->count;
	out->items = bh_arena_alloc(fill->arena, count * sizeof(*out->items));
	out->count = count;
	out->span = value->span;
	struct bh_schema_key item = *key;
	item.name = bh_arena_strf(fill->arena, "each of %s", key->name);
	for (size_t i = 0; i < count; i++)
		fill_text(fill, &item, value->array->items[i], &out->items[i]);
}

static void fill_numbers(struct fill *fill, const struct bh_schema_key *key,
			 const struct bh_toml_value *value, struct bh_config_numbers *out)
{
	/* The limits of the key are those of the list. */
	const struct bh_schema_key item = {
		.name = bh_arena_strf(fill->arena, "each of %s", key->name),
		.type = BH_SCHEMA_INTEGER,
		.max = UINT32_MAX};

	if (!check_list(fill, key, value, "an array of integers"))
		return;
	size_t count = value->array->count;
	out->items = bh_arena_alloc(fill->arena, count * sizeof(*out->items));
	out->count = count;
	out->span = value->span;
	for (size_t i = 0; i < count; i++)
		fill_number(fill, &item, value->array->items[i], &out->items[i]);
}

static void fill_flag(struct fill *fill, const struct bh_schema_key *key,
		      const struct bh_toml_value *value, struct bh_config_flag *out)
{
	if (value->kind != BH_TOML_BOOLEAN) {
		bh_diag_hint(wrong_type(fill, key->name, value, "true or false"),
			     "write true or false, without quotes");
		return;
	}
	*out = (struct bh_config_flag){value->boolean, value->span};
}

static void fill_word(struct fill *fill, const struct bh_schema_key *key,
		      const struct bh_toml_value *value, struct bh_config_word *out)
{
	if (value->kind != BH_TOML_STRING) {
		struct bh_diag *diag = wrong_type(fill, key->name, value, "a word");
		bh_diag_cause(diag, "it is one of: %s", key->words);
		bh_diag_hint(diag, "put the word in quotes");
		return;
	}
	*out = (struct bh_config_word){find_word(fill, key, value), value->span};
}

struct items {
	void *items;
	size_t count;
};

static void fill_tables(struct fill *fill, const struct bh_schema_key *key,
			const struct bh_toml_value *value, struct items *out)
{
	size_t size = key->table->size;

	if (!check_list(fill, key, value, "an array of tables"))
		return;
	out->count = value->array->count;
	out->items = bh_arena_alloc(fill->arena, out->count * size);
	for (size_t i = 0; i < out->count; i++) {
		const struct bh_toml_value *item = value->array->items[i];
		char *into = (char *)out->items + i * size;

		((struct bh_config_text *)(void *)into)->span = item->span;
		if (item->kind == BH_TOML_TABLE)
			fill_table(fill, key->table, item, into);
		else
			bh_diag_hint(wrong_type(fill, key->name, item, "a table"),
				     "write it below a header %s", key->table->header);
	}
}

static void fill_map(struct fill *fill, const struct bh_schema_key *key,
		     const struct bh_toml_value *value, struct items *out)
{
	size_t size = key->table->size;

	if (value->kind != BH_TOML_TABLE) {
		bh_diag_hint(wrong_type(fill, key->name, value, "a table of tables"),
			     "write a header %s for each", key->table->header);
		return;
	}
	if (value->table->count > key->max) {
		struct bh_diag *diag =
			bh_error(fill->diags, "E0204", "there are at most %" PRIu64 " of %s",
				 key->max, key->table->header);
		bh_diag_at(diag, value->table->entries[key->max].key_span);
		bh_diag_hint(diag, "remove %" PRIu64 " of them", value->table->count - key->max);
		return;
	}
	out->count = value->table->count;
	out->items = bh_arena_alloc(fill->arena, out->count * size);
	for (size_t i = 0; i < out->count; i++) {
		const struct bh_toml_entry *entry = &value->table->entries[i];
		char *into = (char *)out->items + i * size;

		*(struct bh_config_text *)(void *)into =
			(struct bh_config_text){entry->key, entry->key_span};
		check_form(fill, key->form, "the key", entry->key, entry->key_length,
			   entry->key_span);
		if (entry->value->kind == BH_TOML_TABLE)
			fill_table(fill, key->table, entry->value, into);
		else
			bh_diag_hint(wrong_type(fill, entry->key, entry->value, "a table"),
				     "write its keys below a header %s", key->table->header);
	}
}

static void fill_default(const struct bh_schema_key *key, void *out)
{
	const char *text = key->fallback;
	bool good = true;

	switch (key->type) {
	case BH_SCHEMA_WORD: {
		struct bh_config_word *word = out;
		size_t length;

		word->value = -1;
		for (int i = 0; text && word->value < 0; i++) {
			const char *candidate = bh_schema_word(key->words, i, &length);
			assert(candidate);
			if (strlen(text) == length && !strncmp(text, candidate, length))
				word->value = i;
		}
		break;
	}
	case BH_SCHEMA_TEXT:
	case BH_SCHEMA_PATH:
		((struct bh_config_text *)out)->value = text;
		break;
	case BH_SCHEMA_FLAG:
		((struct bh_config_flag *)out)->value = text && !strcmp(text, "true");
		break;
	case BH_SCHEMA_INTEGER:
	case BH_SCHEMA_SIZE:
	case BH_SCHEMA_DURATION:
	case BH_SCHEMA_RATE:
		good = !text ||
		       parse_number(key->type, text, &((struct bh_config_number *)out)->value);
		break;
	default: /* lists are empty */
		break;
	}
	assert(good);
	(void)good;
}

static void fill_value(struct fill *fill, const struct bh_schema_key *key,
		       const struct bh_toml_value *value, void *out);

static void fill_in_place(struct fill *fill, const struct bh_schema_key *key,
			  const struct bh_toml_value *value, char *out)
{
	struct bh_config_text *name = (struct bh_config_text *)(void *)out;

	name->value = key->name;
	if (value)
		name->span = value->span;
	if (!value || value->kind == BH_TOML_TABLE) {
		fill_table(fill, key->table, value ? value : &fill->empty, out);
	} else if (key->short_form) {
		const struct bh_schema_key *inner = bh_schema_find(key->table, key->short_form);
		fill_table(fill, key->table, &fill->empty, out);
		fill_value(fill, inner, value, out + inner->offset);
	} else {
		bh_diag_hint(wrong_type(fill, key->name, value, "a table"),
			     "write its keys below a header %s", key->table->header);
	}
}

static void fill_value(struct fill *fill, const struct bh_schema_key *key,
		       const struct bh_toml_value *value, void *out)
{
	switch (key->type) {
	case BH_SCHEMA_TEXT:
	case BH_SCHEMA_PATH:
		fill_text(fill, key, value, out);
		break;
	case BH_SCHEMA_WORD:
		fill_word(fill, key, value, out);
		break;
	case BH_SCHEMA_FLAG:
		fill_flag(fill, key, value, out);
		break;
	case BH_SCHEMA_INTEGER:
	case BH_SCHEMA_SIZE:
	case BH_SCHEMA_DURATION:
	case BH_SCHEMA_RATE:
		fill_number(fill, key, value, out);
		break;
	case BH_SCHEMA_TEXTS:
	case BH_SCHEMA_PATHS:
		fill_texts(fill, key, value, out);
		break;
	case BH_SCHEMA_INTEGERS:
		fill_numbers(fill, key, value, out);
		break;
	case BH_SCHEMA_TABLE:
		fill_in_place(fill, key, value, out);
		break;
	case BH_SCHEMA_TABLES:
		fill_tables(fill, key, value, out);
		break;
	case BH_SCHEMA_MAP:
		fill_map(fill, key, value, out);
		break;
	}
}

static void unknown_key(struct fill *fill, const struct bh_schema_table *table,
			const struct bh_toml_entry *entry)
{
	const char *names[64];
	size_t count = 0;
	struct bh_diag *diag = bh_error(fill->diags, "E0201", "%s has no key \"%.60s\"",
					*table->header ? table->header : "the file", entry->key);

	/* A hostile file has many: nobody sees those beyond the limit, so no name is sought for
	 * them. */
	if (!diag)
		return;
	for (const struct bh_schema_key *key = table->keys; key->name && count < 64; key++)
		names[count++] = key->name;
	bh_diag_at(diag, entry->key_span);
	const char *near = bh_suggest(entry->key, names, count);
	if (near)
		bh_diag_hint(diag, "did you mean \"%s\"?", near);
	else
		bh_diag_hint(diag, "`bulkhead config schema --markdown` lists what is known");
}

static void missing_key(struct fill *fill, const struct bh_schema_table *table,
			const struct bh_toml_value *value, const struct bh_schema_key *key)
{
	struct bh_diag *diag =
		bh_error(fill->diags, "E0207", "%s needs \"%s\"", table->header, key->name);

	bh_diag_at(diag, value->span);
	bh_diag_hint(diag, "add %s = \"%s\"", key->name, key->form ? key->form->example : "...");
}

static void fill_table(struct fill *fill, const struct bh_schema_table *table,
		       const struct bh_toml_value *value, char *out)
{
	if (table->others) {
		fill_map(fill, table->others, value,
			 (struct items *)(void *)(out + table->others->offset));
		return;
	}
	for (const struct bh_schema_key *key = table->keys; key->name; key++) {
		fill_default(key, out + key->offset);
		if (bh_toml_get(value, key->name))
			continue;
		if (key->type == BH_SCHEMA_TABLE)
			fill_in_place(fill, key, NULL, out + key->offset);
		else if (key->required)
			missing_key(fill, table, value, key);
	}
	/* In the order written, in which errors are then told. */
	for (size_t i = 0; i < value->table->count; i++) {
		const struct bh_toml_entry *entry = &value->table->entries[i];
		const struct bh_schema_key *key = NULL;

		if (strlen(entry->key) == entry->key_length)
			key = bh_schema_find(table, entry->key);
		if (key)
			fill_value(fill, key, entry->value, out + key->offset);
		else
			unknown_key(fill, table, entry);
	}
}

void bh_schema_fill(const struct bh_schema_table *table, const struct bh_toml_value *value,
		    void *out, struct bh_arena *arena, struct bh_diags *diags)
{
	struct fill fill = {.arena = arena, .diags = diags, .empty.kind = BH_TOML_TABLE};

	fill.empty.table = &fill.nothing;
	fill_table(&fill, table, value, out);
	for (size_t i = 0; i < fill.form_count; i++)
		regfree(&fill.forms[i].regex);
}
