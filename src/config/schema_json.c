/* SPDX-License-Identifier: Apache-2.0 */
/* The schema as JSON Schema, for editors and for tools that write configurations. */
#include "config/forms.h"

#include <stdlib.h>
#include <string.h>

static json_t *table_json(const struct bh_schema_table *table);

static json_t *text_json(const struct bh_schema_form *form)
{
	json_t *object = json_pack("{ss}", "type", "string");

	if (form) {
		json_object_set_new(object, "pattern", json_string(form->pattern));
		json_object_set_new(object, "maxLength", json_integer((json_int_t)form->longest));
		json_object_set_new(object, "examples", json_pack("[s]", form->example));
	}
	return object;
}

static json_t *words_json(const char *words)
{
	json_t *array = json_array();
	size_t length;
	const char *word;

	for (int i = 0; (word = bh_schema_word(words, i, &length)); i++)
		json_array_append_new(array, json_stringn(word, length));
	return json_pack("{ssso}", "type", "string", "enum", array);
}

static json_t *integer_json(const struct bh_schema_key *key)
{
	json_t *object = json_pack("{sssI}", "type", "integer", "minimum", (json_int_t)key->min);

	json_object_set_new(object, "maximum", json_integer((json_int_t)key->max));
	return object;
}

static json_t *list_json(const struct bh_schema_key *key, json_t *items)
{
	return json_pack("{sssosI}", "type", "array", "items", items, "maxItems",
			 (json_int_t)key->max);
}

/* [table.NAME]: any key of the form leads to such a table. */
static json_t *map_json(const struct bh_schema_key *key)
{
	return json_pack("{sss{so}sbsI}", "type", "object", "patternProperties", key->form->pattern,
			 table_json(key->table), "additionalProperties", 0, "maxProperties",
			 (json_int_t)key->max);
}

static json_t *bare_json(const struct bh_schema_key *key)
{
	switch (key->type) {
	case BH_SCHEMA_TEXT:
	case BH_SCHEMA_PATH:
		return text_json(key->form);
	case BH_SCHEMA_WORD:
		return words_json(key->words);
	case BH_SCHEMA_FLAG:
		return json_pack("{ss}", "type", "boolean");
	case BH_SCHEMA_INTEGER:
		return integer_json(key);
	case BH_SCHEMA_SIZE:
		return text_json(&bh_form_size);
	case BH_SCHEMA_DURATION:
		return text_json(&bh_form_duration);
	case BH_SCHEMA_RATE:
		return json_pack("{s[oo]}", "anyOf", text_json(&bh_form_rate), integer_json(key));
	case BH_SCHEMA_TEXTS:
	case BH_SCHEMA_PATHS:
		return list_json(key, key->words ? words_json(key->words) : text_json(key->form));
	case BH_SCHEMA_INTEGERS:
		return list_json(key, json_pack("{sssi}", "type", "integer", "minimum", 0));
	case BH_SCHEMA_TABLES:
		return list_json(key, table_json(key->table));
	case BH_SCHEMA_MAP:
		return map_json(key);
	case BH_SCHEMA_TABLE:
		break;
	}
	return table_json(key->table);
}

static json_t *default_json(const struct bh_schema_key *key)
{
	if (key->type == BH_SCHEMA_FLAG)
		return json_boolean(!strcmp(key->fallback, "true"));
	if (key->type == BH_SCHEMA_INTEGER)
		return json_integer(strtoll(key->fallback, NULL, 10));
	return json_string(key->fallback);
}

static json_t *key_json(const struct bh_schema_key *key)
{
	json_t *object = bare_json(key);

	if (key->short_form) {
		json_t *plain = bare_json(bh_schema_find(key->table, key->short_form));
		object = json_pack("{s[oo]}", "anyOf", plain, object);
	}
	json_object_set_new(object, "description", json_string(key->doc));
	if (key->fallback)
		json_object_set_new(object, "default", default_json(key));
	return object;
}

static json_t *table_json(const struct bh_schema_table *table)
{
	if (table->others)
		return map_json(table->others);
	json_t *properties = json_object(), *required = json_array();
	for (const struct bh_schema_key *key = table->keys; key->name; key++) {
		json_object_set_new(properties, key->name, key_json(key));
		if (key->required)
			json_array_append_new(required, json_string(key->name));
	}
	json_t *object = json_pack("{sssosb}", "type", "object", "properties", properties,
				   "additionalProperties", 0);
	if (json_array_size(required))
		json_object_set(object, "required", required);
	json_decref(required);
	return object;
}

json_t *bh_schema_json(void)
{
	json_t *whole =
		json_pack("{ssss}", "$schema", "https://json-schema.org/draft/2020-12/schema",
			  "title", "bulkhead.toml");
	json_t *root = table_json(&bh_schema_root);

	json_object_update(whole, root);
	json_decref(root);
	return whole;
}
