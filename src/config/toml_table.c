/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, entries and headers, and the rules of what may be defined once, twice or never again. */
#include "config/toml_reader.h"

struct part {
	const char *text;
	size_t length;
	struct bh_span span;
};

struct key {
	struct part parts[BH_TOML_DEPTH_MAX];
	size_t count;
};

static bool missing_key(struct reader *r)
{
	char found[32];
	struct bh_diag *diag =
		toml_error(r, "E0110", span_of(r, r->at, r->at + 1), "expected a key, found %s",
			   toml_found(r, found, sizeof(found)));

	if (r->at < r->end && !at_newline(r))
		bh_diag_hint(diag,
			     "a bare key has letters, digits, _ and - only: put others in quotes");
	else
		bh_diag_hint(diag, "an entry is written key = value");
	return false;
}

static bool read_part(struct reader *r, struct part *part)
{
	char *from = r->at;

	part->span = span_of(r, from, from + 1);
	if (*from == '"' || *from == '\'') {
		if (!toml_read_string(r, false, &part->text, &part->length))
			return false;
	} else {
		while (is_byte(*r->at, BYTE_BARE))
			r->at++;
		if (r->at == from)
			return missing_key(r);
		part->length = (size_t)(r->at - from);
		part->text = part->length > BH_TOML_KEY_MAX
				     ? from
				     : bh_arena_strndup(r->toml->arena, from, part->length);
	}
	part->span.length = (uint32_t)(r->at - from);
	if (part->length > BH_TOML_KEY_MAX) {
		struct bh_diag *diag = toml_error(
			r, "E0106", part->span, "the key is longer than %u bytes", BH_TOML_KEY_MAX);
		bh_diag_hint(diag, "shorten it");
		return false;
	}
	return true;
}

/* Parts joined by dots. Leaves `at` on what follows. */
static bool read_key(struct reader *r, struct key *key)
{
	key->count = 0;
	for (;;) {
		skip_blanks(r);
		if (key->count == BH_TOML_DEPTH_MAX) {
			struct bh_diag *diag =
				toml_error(r, "E0105", span_of(r, r->at, r->at + 1),
					   "the key has more than %u parts", BH_TOML_DEPTH_MAX);
			bh_diag_hint(diag, "use fewer levels");
			return false;
		}
		if (!read_part(r, &key->parts[key->count++]))
			return false;
		skip_blanks(r);
		if (*r->at != '.')
			return true;
		r->at++;
	}
}

static void add(struct reader *r, struct bh_toml_value *table, const struct part *part,
		struct bh_toml_value *value)
{
	bh_toml_add(r->toml, table,
		    (struct bh_toml_entry){part->text, part->length, part->span, value});
}

static struct bh_toml_value *add_table(struct reader *r, struct bh_toml_value *parent,
				       const struct part *part, enum bh_toml_origin origin)
{
	struct bh_toml_value *table = toml_make(r, BH_TOML_TABLE, part->span);

	if (table) {
		table->table->origin = origin;
		add(r, parent, part, table);
	}
	return table;
}

static bool refuse(struct reader *r, const char *code, const struct part *part,
		   const struct bh_toml_entry *earlier, const char *what, const char *hint)
{
	struct bh_diag *diag = toml_error(r, code, part->span, "\"%.60s\" %s", part->text, what);

	bh_diag_hint(diag, "%s", hint);
	toml_note(r, code, earlier->key_span, "it was first written here");
	return false;
}

/* The entry in the way is not a table that may be extended. */
static bool not_extensible(struct reader *r, const struct part *part,
			   const struct bh_toml_entry *entry)
{
	if (entry->value->kind == BH_TOML_TABLE)
		return refuse(r, "E0163", part, entry, "is an inline table, which is complete",
			      "write all of its keys between { and }");
	if (entry->value->kind == BH_TOML_ARRAY)
		return refuse(r, "E0164", part, entry, "is an array, which is complete",
			      "write all of its values between [ and ], or use [[headers]] only");
	return refuse(r, "E0162", part, entry, "has a value already and is not a table",
		      "use another key");
}

/* The table a dotted key leads to: no header has defined any on the way, and none may after it. */
static struct bh_toml_value *follow_dotted(struct reader *r, struct bh_toml_value *table,
					   const struct key *key)
{
	for (size_t i = 0; i + 1 < key->count; i++) {
		const struct part *part = &key->parts[i];
		struct bh_toml_entry *entry = bh_toml_find(table, part->text, part->length);

		if (!entry) {
			table = add_table(r, table, part, BH_TOML_DOTTED);
			if (!table)
				return NULL;
			continue;
		}
		struct bh_toml_value *value = entry->value;
		if (value->kind != BH_TOML_TABLE || value->table->origin == BH_TOML_INLINE) {
			not_extensible(r, part, entry);
			return NULL;
		}
		if (value->table->origin == BH_TOML_HEADER) {
			refuse(r, "E0165", part, entry, "is a table that a [header] defines",
			       "write the key below that header");
			return NULL;
		}
		value->table->origin = BH_TOML_DOTTED;
		table = value;
	}
	return table;
}

/*
 * Reads a key up to its `=` and finds the table that it leads to. Not part of its caller, which
 * goes on into values inside values: the key's many parts must not stay on the stack meanwhile.
 */
static __attribute__((noinline)) bool begin_entry(struct reader *r, struct bh_toml_value **table,
						  struct part *last)
{
	struct key key;

	if (!read_key(r, &key))
		return false;
	*last = key.parts[key.count - 1];
	if (*r->at != '=') {
		char found[32];
		struct bh_diag *diag = toml_error(r, "E0111", span_of(r, r->at, r->at + 1),
						  "expected `=` after the key, found %s",
						  toml_found(r, found, sizeof(found)));
		bh_diag_hint(diag, "write %.60s = value", last->text);
		return false;
	}
	*table = follow_dotted(r, *table, &key);
	if (!*table)
		return false;
	struct bh_toml_entry *earlier = bh_toml_find(*table, last->text, last->length);
	if (earlier)
		return refuse(r, "E0160", last, earlier, "is written twice", "keep one of them");
	r->at++;
	skip_blanks(r);
	return true;
}

bool toml_read_entry(struct reader *r, struct bh_toml_value *table)
{
	struct part last;
	struct bh_toml_value *value;

	if (!begin_entry(r, &table, &last) || !toml_read_value(r, &value))
		return false;
	add(r, table, &last, value);
	return true;
}

/* The table a header's last part is in. */
static struct bh_toml_value *follow_header(struct reader *r, const struct key *key)
{
	struct bh_toml_value *table = r->toml->root;

	for (size_t i = 0; i + 1 < key->count; i++) {
		const struct part *part = &key->parts[i];
		struct bh_toml_entry *entry = bh_toml_find(table, part->text, part->length);

		if (!entry) {
			table = add_table(r, table, part, BH_TOML_IMPLICIT);
			if (!table)
				return NULL;
			continue;
		}
		struct bh_toml_value *value = entry->value;
		if (value->kind == BH_TOML_TABLE && value->table->origin != BH_TOML_INLINE) {
			table = value;
		} else if (value->kind == BH_TOML_ARRAY && value->array->of_tables) {
			table = value->array->items[value->array->count - 1];
		} else {
			not_extensible(r, part, entry);
			return NULL;
		}
	}
	return table;
}

static struct bh_toml_value *open_table(struct reader *r, struct bh_toml_value *parent,
					const struct part *part)
{
	struct bh_toml_entry *entry = bh_toml_find(parent, part->text, part->length);

	if (!entry)
		return add_table(r, parent, part, BH_TOML_HEADER);
	struct bh_toml_value *value = entry->value;
	if (value->kind == BH_TOML_ARRAY && value->array->of_tables)
		refuse(r, "E0161", part, entry, "is an array of tables",
		       "add to it with [[double]] brackets");
	else if (value->kind != BH_TOML_TABLE || value->table->origin == BH_TOML_INLINE)
		not_extensible(r, part, entry);
	else if (value->table->origin == BH_TOML_HEADER)
		refuse(r, "E0161", part, entry, "has a header already",
		       "put all of its keys below one header");
	else if (value->table->origin == BH_TOML_DOTTED)
		refuse(r, "E0161", part, entry, "was defined by dotted keys",
		       "write the keys where the others are");
	else {
		value->table->origin = BH_TOML_HEADER;
		value->span = entry->key_span = part->span;
		return value;
	}
	return NULL;
}

static struct bh_toml_value *open_array(struct reader *r, struct bh_toml_value *parent,
					const struct part *part)
{
	struct bh_toml_entry *entry = bh_toml_find(parent, part->text, part->length);
	struct bh_toml_value *array = entry ? entry->value : NULL;

	if (!entry) {
		array = toml_make(r, BH_TOML_ARRAY, part->span);
		if (!array)
			return NULL;
		array->array->of_tables = true;
		add(r, parent, part, array);
	} else if (array->kind == BH_TOML_TABLE && array->table->origin != BH_TOML_INLINE) {
		refuse(r, "E0161", part, entry, "is a table, not an array of tables",
		       "use [single] brackets, or another key");
		return NULL;
	} else if (array->kind != BH_TOML_ARRAY || !array->array->of_tables) {
		not_extensible(r, part, entry);
		return NULL;
	}
	struct bh_toml_value *table = toml_make(r, BH_TOML_TABLE, part->span);
	if (table) {
		table->table->origin = BH_TOML_HEADER;
		bh_toml_append(r->toml, array, table);
	}
	return table;
}

bool toml_read_header(struct reader *r, struct bh_toml_value **current)
{
	struct key key;
	bool of_array = r->at[1] == '[';
	char found[32];

	r->at += of_array ? 2 : 1;
	if (!read_key(r, &key))
		return false;
	if (*r->at != ']' || (of_array && r->at[1] != ']')) {
		r->at += *r->at == ']';
		struct bh_diag *diag =
			toml_error(r, "E0114", span_of(r, r->at, r->at + 1),
				   "expected `%s` at the end of the header, found %s",
				   of_array ? "]]" : "]", toml_found(r, found, sizeof(found)));
		bh_diag_hint(diag, "a header is [name] or [[name]], on one line");
		return false;
	}
	r->at += of_array ? 2 : 1;
	struct bh_toml_value *parent = follow_header(r, &key);
	const struct part *last = &key.parts[key.count - 1];
	if (!parent)
		return false;
	*current = of_array ? open_array(r, parent, last) : open_table(r, parent, last);
	return *current != NULL;
}
