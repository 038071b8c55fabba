/* SPDX-License-Identifier: Apache-2.0 */
#include "config/show.h"

#include "config/forms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_nested(const struct bh_schema_key *key)
{
	return key->type == BH_SCHEMA_TABLE || key->type == BH_SCHEMA_TABLES ||
	       key->type == BH_SCHEMA_MAP;
}

static json_t *number_json(const struct bh_schema_key *key, const struct bh_config_number *number)
{
	char text[32];

	if (!bh_given(number->span) && !key->fallback)
		return NULL;
	switch (key->type) {
	case BH_SCHEMA_SIZE:
		bh_print_size(number->value, text, sizeof(text));
		break;
	case BH_SCHEMA_DURATION:
		bh_print_duration(number->value, text, sizeof(text));
		break;
	case BH_SCHEMA_RATE:
		bh_print_rate(number->value, text, sizeof(text));
		break;
	default:
		return json_integer((json_int_t)number->value);
	}
	return json_string(text);
}

static json_t *texts_json(const struct bh_config_texts *texts)
{
	json_t *array = json_array();

	for (size_t i = 0; i < texts->count; i++)
		json_array_append_new(array, json_string(texts->items[i].value));
	return array;
}

static json_t *numbers_json(const struct bh_config_numbers *numbers)
{
	json_t *array = json_array();

	for (size_t i = 0; i < numbers->count; i++)
		json_array_append_new(array, json_integer((json_int_t)numbers->items[i].value));
	return array;
}

/* NULL when there is neither a value nor a default. */
static json_t *leaf_json(const struct bh_schema_key *key, const char *field, struct bh_span *span)
{
	const void *at = field;

	switch (key->type) {
	case BH_SCHEMA_TEXT:
	case BH_SCHEMA_PATH: {
		const struct bh_config_text *text = at;
		*span = text->span;
		return text->value ? json_string(text->value) : NULL;
	}
	case BH_SCHEMA_WORD: {
		const struct bh_config_word *word = at;
		size_t length;
		const char *text;

		*span = word->span;
		if (word->value < 0)
			return NULL;
		text = bh_schema_word(key->words, word->value, &length);
		return json_stringn(text, length);
	}
	case BH_SCHEMA_FLAG: {
		const struct bh_config_flag *flag = at;
		*span = flag->span;
		return json_boolean(flag->value);
	}
	case BH_SCHEMA_TEXTS:
	case BH_SCHEMA_PATHS: {
		const struct bh_config_texts *texts = at;
		*span = texts->span;
		return bh_given(texts->span) ? texts_json(texts) : NULL;
	}
	case BH_SCHEMA_INTEGERS: {
		const struct bh_config_numbers *numbers = at;
		*span = numbers->span;
		return bh_given(numbers->span) ? numbers_json(numbers) : NULL;
	}
	default: {
		const struct bh_config_number *number = at;
		*span = number->span;
		return number_json(key, number);
	}
	}
}

static char *origin_text(struct bh_span span)
{
	return bh_given(span) ? bh_strf("%s:%u", span.file, span.line) : bh_strdup("default");
}

struct items {
	char *items;
	size_t count;
};

static const struct items *items_of(const struct bh_schema_key *key, const char *parent)
{
	return (const struct items *)(const void *)(parent + key->offset);
}

static const struct bh_config_text *name_of(const char *table)
{
	return (const struct bh_config_text *)(const void *)table;
}

/* As TOML */

struct show {
	struct bh_buf *out;
	bool origin;
};

static bool is_bare(const char *key)
{
	return *key &&
	       strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
		       strlen(key);
}

/* JSON's texts, numbers, booleans and arrays of them are TOML's. */
static void add_json(struct bh_buf *out, json_t *value)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY);

	bh_buf_adds(out, text ? text : "\"\"");
	free(text);
}

static void add_key(struct bh_buf *out, const char *key)
{
	if (is_bare(key)) {
		bh_buf_adds(out, key);
		return;
	}
	json_t *text = json_string(key);
	add_json(out, text);
	json_decref(text);
}

static char *longer(const char *path, const char *key)
{
	struct bh_buf out = {0};

	bh_buf_addf(&out, "%s%s", path, *path ? "." : "");
	add_key(&out, key);
	return bh_buf_take(&out);
}

static void show_table(struct show *show, const struct bh_schema_table *table, const char *at,
		       const char *path);

static void show_items(struct show *show, const struct bh_schema_key *key, const char *parent,
		       const char *path)
{
	const struct items *list = items_of(key, parent);

	for (size_t i = 0; i < list->count; i++) {
		const char *item = list->items + i * key->table->size;
		char *below = key->type == BH_SCHEMA_MAP ? longer(path, name_of(item)->value)
							 : bh_strdup(path);
		/* A table that only holds tables needs no header. */
		if (!key->table->others)
			bh_buf_addf(show->out,
				    key->type == BH_SCHEMA_MAP ? "\n[%s]\n" : "\n[[%s]]\n", below);
		show_table(show, key->table, item, below);
		free(below);
	}
}

static void show_leaf(struct show *show, const struct bh_schema_key *key, const char *at)
{
	struct bh_span span;
	json_t *value = leaf_json(key, at + key->offset, &span);

	if (!value)
		return;
	bh_buf_addf(show->out, "%s = ", key->name);
	add_json(show->out, value);
	if (show->origin) {
		char *origin = origin_text(span);
		bh_buf_addf(show->out, "  # %s", origin);
		free(origin);
	}
	bh_buf_addc(show->out, '\n');
	json_decref(value);
}

static void show_table(struct show *show, const struct bh_schema_table *table, const char *at,
		       const char *path)
{
	if (table->others) {
		show_items(show, table->others, at, path);
		return;
	}
	for (const struct bh_schema_key *key = table->keys; key->name; key++) {
		if (!is_nested(key))
			show_leaf(show, key, at);
	}
	for (const struct bh_schema_key *key = table->keys; key->name; key++) {
		if (!is_nested(key))
			continue;
		char *below = longer(path, key->name);
		if (key->type == BH_SCHEMA_TABLE) {
			bh_buf_addf(show->out, "\n[%s]\n", below);
			show_table(show, key->table, at + key->offset, below);
		} else {
			show_items(show, key, at, below);
		}
		free(below);
	}
}

void bh_partition_show(const struct bh_partition *partition, bool origin, struct bh_buf *out)
{
	struct show show = {out, origin};
	struct bh_buf text = {0};

	show.out = &text;
	show_table(&show, &bh_schema_root, (const char *)partition, "");
	/* Each table begins with an empty line: not the first. */
	bh_buf_adds(out, bh_buf_str(&text) + (*bh_buf_str(&text) == '\n'));
	bh_buf_finish(&text);
}

/* As JSON */

static json_t *table_json(const struct bh_schema_table *table, const char *at, bool origin);

static json_t *items_json(const struct bh_schema_key *key, const char *parent, bool origin)
{
	const struct items *list = items_of(key, parent);
	json_t *all = key->type == BH_SCHEMA_MAP ? json_object() : json_array();

	for (size_t i = 0; i < list->count; i++) {
		const char *item = list->items + i * key->table->size;
		json_t *one = table_json(key->table, item, origin);
		if (key->type == BH_SCHEMA_MAP)
			json_object_set_new(all, name_of(item)->value, one);
		else
			json_array_append_new(all, one);
	}
	return all;
}

static json_t *table_json(const struct bh_schema_table *table, const char *at, bool origin)
{
	if (table->others)
		return items_json(table->others, at, origin);
	json_t *object = json_object();
	for (const struct bh_schema_key *key = table->keys; key->name; key++) {
		struct bh_span span;
		json_t *value;

		if (key->type == BH_SCHEMA_TABLE) {
			value = table_json(key->table, at + key->offset, origin);
		} else if (is_nested(key)) {
			value = items_json(key, at, origin);
		} else {
			value = leaf_json(key, at + key->offset, &span);
			if (value && origin) {
				char *from = origin_text(span);
				value = json_pack("{soss}", "value", value, "origin", from);
				free(from);
			}
		}
		if (value)
			json_object_set_new(object, key->name, value);
	}
	return object;
}

json_t *bh_partition_json(const struct bh_partition *partition, bool origin)
{
	return table_json(&bh_schema_root, (const char *)partition, origin);
}
