/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the TOML reader: the place in the document, and what each of its files gives the
 * others. The text is the reader's own copy and ends with a NUL, so looking one byte ahead is
 * always allowed, and a string without escapes is used where it stands.
 *
 * Every function that reads returns false after it has reported an error; the document is then
 * given up.
 */
#ifndef BH_CONFIG_TOML_READER_H
#define BH_CONFIG_TOML_READER_H

#include "config/toml.h"

#include <string.h>

struct reader {
	struct bh_toml *toml;
	struct bh_diags *diags;
	const char *name;
	char *text, *at, *end;
	char *line_start;
	uint32_t line;
	uint32_t depth;
	uint32_t values;
};

/* What kinds of byte there are, one lookup each. */
enum {
	BYTE_BARE = 1,   /* of a bare key */
	BYTE_TOKEN = 2,  /* of a number, a date or a word */
	BYTE_BASIC = 4,  /* means itself in a basic string */
	BYTE_LITERAL = 8 /* means itself in a literal string or a comment (there: also ') */
};
extern const uint8_t bh_toml_bytes[256];

static inline bool is_byte(char byte, unsigned kinds)
{
	return bh_toml_bytes[(unsigned char)byte] & kinds;
}

static inline void skip_blanks(struct reader *r)
{
	while (*r->at == ' ' || *r->at == '\t')
		r->at++;
}

/* The byte at `at` is a newline; the next one begins a line. */
static inline void next_line(struct reader *r)
{
	r->at++;
	r->line++;
	r->line_start = r->at;
}

static inline bool at_newline(const struct reader *r)
{
	return *r->at == '\n' || (*r->at == '\r' && r->at[1] == '\n');
}

/* A span on the current line. */
static inline struct bh_span span_of(const struct reader *r, const char *from, const char *to)
{
	return (struct bh_span){
		.file = r->name,
		.line = r->line,
		.column = (uint32_t)(from - r->line_start) + 1,
		.length = to > from ? (uint32_t)(to - from) : 1,
	};
}

/* toml_error.c */

/* Adds an error; for the setters of base/diag.h. */
struct bh_diag *toml_error(struct reader *r, const char *code, struct bh_span span,
			   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Adds "it was first written here". */
void toml_note(struct reader *r, const char *code, struct bh_span span, const char *text);

/* What is at a place, for "expected X, found Y". Into a buffer of at least 32 bytes; returns it. */
const char *toml_found(const struct reader *r, char *text, size_t room);

/* toml_text.c */

bool toml_check_encoding(struct reader *r);
/* `at` is on the first quote. The result is NUL-terminated and lives with the document. */
bool toml_read_string(struct reader *r, bool multiline_allowed, const char **text, size_t *length);
/* From '#' to the end of the line, which is left. */
bool toml_skip_comment(struct reader *r);
/* A control character or a lone carriage return at `at`: says so. Always false. */
bool toml_bad_control(struct reader *r);

/* toml_number.c, toml_datetime.c: `from` to `to` is a token on the current line. */
bool toml_read_number(struct reader *r, const char *from, const char *to, struct bh_toml_value *v);
bool toml_looks_like_datetime(const char *from, const char *to);
/* `at` is on the first byte; a date may go on after a space. */
bool toml_read_datetime(struct reader *r, struct bh_toml_value *v);

/* toml_value.c */

bool toml_read_value(struct reader *r, struct bh_toml_value **value);
/* A new value, counted against the limit; NULL when that is passed. */
struct bh_toml_value *toml_make(struct reader *r, enum bh_toml_kind kind, struct bh_span span);

/* toml_table.c */

/* key = value, into a table or one below it. */
bool toml_read_entry(struct reader *r, struct bh_toml_value *table);
/* `at` is on '['. Afterwards, entries go into *current. */
bool toml_read_header(struct reader *r, struct bh_toml_value **current);

#endif
