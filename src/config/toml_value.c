/* SPDX-License-Identifier: Apache-2.0 */
/* Values: which kind begins here, arrays, inline tables. */
#include "base/str.h"
#include "config/toml_reader.h"

struct bh_toml_value *toml_make(struct reader *r, enum bh_toml_kind kind, struct bh_span span)
{
	if (++r->values > BH_TOML_VALUES_MAX) {
		struct bh_diag *diag =
			toml_error(r, "E0107", span, "the document has more than %u values",
				   BH_TOML_VALUES_MAX);
		bh_diag_hint(diag, "split it");
		return NULL;
	}
	return bh_toml_new(r->toml, kind, span);
}

static bool enter(struct reader *r)
{
	if (++r->depth <= BH_TOML_DEPTH_MAX)
		return true;
	struct bh_diag *diag =
		toml_error(r, "E0105", span_of(r, r->at, r->at + 1),
			   "arrays and tables are nested more than %u deep", BH_TOML_DEPTH_MAX);
	bh_diag_hint(diag, "use fewer levels");
	return false;
}

/* Blanks, newlines and comments. */
static bool skip_lines(struct reader *r)
{
	for (;;) {
		skip_blanks(r);
		if (*r->at == '#') {
			if (!toml_skip_comment(r))
				return false;
		} else if (*r->at == '\n') {
			next_line(r);
		} else if (*r->at == '\r') {
			if (r->at[1] != '\n')
				return toml_bad_control(r);
			r->at++;
		} else {
			return true;
		}
	}
}

static bool not_closed(struct reader *r, const char *code, struct bh_span open, const char *what,
		       const char *closing)
{
	char found[32];
	struct bh_diag *diag;

	diag = toml_error(r, code, span_of(r, r->at, r->at + 1), "expected `,` or `%s`, found %s",
			  closing, toml_found(r, found, sizeof(found)));
	bh_diag_hint(diag, "put `,` between the values and `%s` after the last", closing);
	toml_note(r, code, open, what);
	return false;
}

static bool read_array(struct reader *r, struct bh_toml_value *v)
{
	struct bh_span open = v->span;

	r->at++;
	for (;;) {
		struct bh_toml_value *item;

		if (!skip_lines(r))
			return false;
		if (*r->at == ']')
			break;
		if (!toml_read_value(r, &item))
			return false;
		bh_toml_append(r->toml, v, item);
		if (!skip_lines(r))
			return false;
		if (*r->at == ']')
			break;
		if (*r->at != ',')
			return not_closed(r, "E0150", open, "the array begins here", "]");
		r->at++;
	}
	r->at++;
	return true;
}

/* A finished inline table is complete: so are the tables that dotted keys made in it. */
static void freeze(struct bh_toml_value *v)
{
	v->table->origin = BH_TOML_INLINE;
	for (size_t i = 0; i < v->table->count; i++) {
		struct bh_toml_value *inner = v->table->entries[i].value;
		if (inner->kind == BH_TOML_TABLE && inner->table->origin != BH_TOML_INLINE)
			freeze(inner);
	}
}

static bool line_ends_inside(struct reader *r, struct bh_span open)
{
	struct bh_diag *diag = toml_error(r, "E0151", span_of(r, r->at, r->at + 1),
					  "an inline table is written on one line");
	bh_diag_hint(diag, "use a [table] with a header of its own");
	toml_note(r, "E0151", open, "the inline table begins here");
	return false;
}

static bool read_inline_table(struct reader *r, struct bh_toml_value *v)
{
	struct bh_span open = v->span;
	bool first = true;

	r->at++;
	for (;;) {
		skip_blanks(r);
		if (*r->at == '}' && first)
			break;
		if (*r->at == '}') {
			struct bh_diag *diag =
				toml_error(r, "E0151", span_of(r, r->at, r->at + 1),
					   "an inline table does not end with a comma");
			bh_diag_hint(diag, "remove the comma before `}`");
			return false;
		}
		if (at_newline(r) || *r->at == '#')
			return line_ends_inside(r, open);
		if (!toml_read_entry(r, v))
			return false;
		skip_blanks(r);
		if (*r->at == '}')
			break;
		if (at_newline(r) || *r->at == '#')
			return line_ends_inside(r, open);
		if (*r->at != ',')
			return not_closed(r, "E0151", open, "the inline table begins here", "}");
		r->at++;
		first = false;
	}
	r->at++;
	freeze(v);
	return true;
}

static bool unknown_word(struct reader *r, const char *to)
{
	static const char *const words[] = {"true", "false", "inf", "nan"};
	struct bh_span span = span_of(r, r->at, to);
	char *word = bh_arena_strndup(r->toml->arena, r->at, (size_t)(to - r->at));
	struct bh_diag *diag;

	diag = toml_error(r, "E0134", span, "\"%.40s\" is not a value", word);
	for (char *c = word; *c; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
	const char *near = bh_suggest(word, words, sizeof(words) / sizeof(*words));
	if (near)
		bh_diag_hint(diag, "did you mean %s? text goes in quotes", near);
	else
		bh_diag_hint(diag, "put text in quotes");
	return false;
}

static bool missing_value(struct reader *r)
{
	char found[32];
	struct bh_diag *diag =
		toml_error(r, "E0112", span_of(r, r->at, r->at + 1), "expected a value, found %s",
			   toml_found(r, found, sizeof(found)));

	bh_diag_hint(diag,
		     "a value is a \"string\", a number, true, false, a date, [ ... ] or { ... }");
	return false;
}

/* What is neither string nor array nor table: a run of letters, digits and some signs. */
static bool read_token(struct reader *r, struct bh_toml_value *v)
{
	char *from = r->at, *to = from;

	while (is_byte(*to, BYTE_TOKEN))
		to++;
	size_t length = (size_t)(to - from);
	if (!length)
		return missing_value(r);
	if (length == 4 && !memcmp(from, "true", 4)) {
		v->kind = BH_TOML_BOOLEAN;
		v->boolean = true;
	} else if (length == 5 && !memcmp(from, "false", 5)) {
		v->kind = BH_TOML_BOOLEAN;
		v->boolean = false;
	} else if (toml_looks_like_datetime(from, to)) {
		return toml_read_datetime(r, v);
	} else if ((*from >= '0' && *from <= '9') || *from == '+' || *from == '-' ||
		   (length == 3 && (!memcmp(from, "inf", 3) || !memcmp(from, "nan", 3)))) {
		if (!toml_read_number(r, from, to, v))
			return false;
	} else if (*from == '.') {
		struct bh_diag *diag = toml_error(r, "E0130", span_of(r, from, to),
						  "a number begins with a digit");
		bh_diag_hint(diag, "write 0 before the point");
		return false;
	} else {
		return unknown_word(r, to);
	}
	r->at = to;
	return true;
}

static bool read_nested(struct reader *r, struct bh_toml_value **value, struct bh_span start)
{
	bool is_array = *r->at == '[';
	struct bh_toml_value *v = toml_make(r, is_array ? BH_TOML_ARRAY : BH_TOML_TABLE, start);

	*value = v;
	if (!v || !enter(r))
		return false;
	if (!(is_array ? read_array(r, v) : read_inline_table(r, v)))
		return false;
	r->depth--;
	return true;
}

bool toml_read_value(struct reader *r, struct bh_toml_value **value)
{
	const char *from = r->at;
	struct bh_span start = span_of(r, from, from + 1);
	bool good;

	if (*from == '[' || *from == '{') {
		good = read_nested(r, value, start);
	} else {
		struct bh_toml_value *v = toml_make(r, BH_TOML_STRING, start);
		*value = v;
		if (!v)
			return false;
		if (*from == '"' || *from == '\'')
			good = toml_read_string(r, true, &v->string.text, &v->string.length);
		else
			good = read_token(r, v);
	}
	if (good && r->line == start.line)
		(*value)->span.length = (uint32_t)(r->at - from);
	return good;
}
