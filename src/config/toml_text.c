/* SPDX-License-Identifier: Apache-2.0 */
/* Characters: encoding, strings with their escapes, comments. */
#include "config/toml_reader.h"

#include <stdio.h>

#define LITERAL4  12, 12, 12, 12
#define LITERAL16 LITERAL4, LITERAL4, LITERAL4, LITERAL4

/* clang-format off */
const uint8_t bh_toml_bytes[256] = {
	/* 00 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0,
	/* 10 */ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	/*    */ 12, 12, 8, 12, 12, 12, 12, 4, 12, 12, 12, 14, 12, 15, 14, 12,
	/* 0  */ 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 14, 12, 12, 12, 12, 12,
	/* @A */ 12, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,
	/* P  */ 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 12, 8, 12, 12, 15,
	/* `a */ 12, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,
	/* p  */ 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 12, 12, 12, 12, 0,
	/* 80 */ LITERAL16, LITERAL16, LITERAL16, LITERAL16,
	/* c0 */ LITERAL16, LITERAL16, LITERAL16, LITERAL16,
};
/* clang-format on */

/* How many bytes the sequence at `s` has; 0 when it is not one of UTF-8 (RFC 3629). */
static size_t sequence(const unsigned char *s, size_t left)
{
	static const struct {
		unsigned char first, last, low, high, length;
	} forms[] = {
		{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if (s[0] < forms[i].first || s[0] > forms[i].last)
			continue;
		if (left < forms[i].length || s[1] < forms[i].low || s[1] > forms[i].high)
			return 0;
		for (size_t k = 2; k < forms[i].length; k++) {
			if ((s[k] & 0xc0) != 0x80)
				return 0;
		}
		return forms[i].length;
	}
	return 0;
}

/* Moves the reader to a byte that it has not come to yet, so that an error can name its place. */
static void go_to(struct reader *r, char *place)
{
	for (char *next; (next = memchr(r->at, '\n', (size_t)(place - r->at)));) {
		r->at = next;
		next_line(r);
	}
	r->at = place;
}

bool toml_check_encoding(struct reader *r)
{
	const uint64_t high = 0x8080808080808080u;

	for (char *at = r->at; at < r->end;) {
		uint64_t word;

		if (r->end - at >= 8) {
			memcpy(&word, at, 8);
			if (!(word & high)) {
				at += 8;
				continue;
			}
		}
		if (!(*at & 0x80)) {
			at++;
			continue;
		}
		size_t length = sequence((const unsigned char *)at, (size_t)(r->end - at));
		if (!length) {
			go_to(r, at);
			struct bh_diag *diag = toml_error(r, "E0101", span_of(r, at, at + 1),
							  "the file is not valid UTF-8");
			bh_diag_label(diag, "the byte %02x begins no character",
				      (unsigned char)*at);
			bh_diag_hint(diag, "save the file as UTF-8");
			return false;
		}
		at += length;
	}
	return true;
}

bool toml_bad_control(struct reader *r)
{
	unsigned char byte = (unsigned char)*r->at;
	struct bh_span span = span_of(r, r->at, r->at + 1);
	struct bh_diag *diag;

	if (byte == '\r') {
		diag = toml_error(r, "E0103", span, "a carriage return that no line feed follows");
		bh_diag_hint(diag, "end lines with LF or CRLF; in a string write \\r");
	} else {
		diag = toml_error(r, "E0102", span,
				  "the control character %02x is not allowed here", byte);
		bh_diag_hint(diag, "in a basic string write \\u%04X; elsewhere remove it", byte);
	}
	return false;
}

bool toml_skip_comment(struct reader *r)
{
	while (is_byte(*r->at, BYTE_BASIC | BYTE_LITERAL))
		r->at++;
	if (r->at >= r->end || at_newline(r))
		return true;
	return toml_bad_control(r);
}

static size_t put_utf8(char *out, uint32_t point)
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (char)(0xc0 | point >> 6);
		out[1] = (char)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (char)(0xe0 | point >> 12);
		out[1] = (char)(0x80 | (point >> 6 & 0x3f));
		out[2] = (char)(0x80 | (point & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | point >> 18);
	out[1] = (char)(0x80 | (point >> 12 & 0x3f));
	out[2] = (char)(0x80 | (point >> 6 & 0x3f));
	out[3] = (char)(0x80 | (point & 0x3f));
	return 4;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* \uXXXX or \UXXXXXXXX; `at` is on the backslash. */
static bool read_code_point(struct reader *r, char **out)
{
	int digits = r->at[1] == 'u' ? 4 : 8;
	uint32_t point = 0;

	for (int i = 0; i < digits; i++) {
		int digit = hex_digit(r->at[2 + i]);
		if (digit < 0) {
			struct bh_diag *diag =
				toml_error(r, "E0121", span_of(r, r->at, r->at + 2 + i),
					   "\\%c needs %d hexadecimal digits", r->at[1], digits);
			bh_diag_hint(diag, "fill up with zeros on the left");
			return false;
		}
		point = point << 4 | (uint32_t)digit;
	}
	if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
		struct bh_diag *diag = toml_error(r, "E0122", span_of(r, r->at, r->at + 2 + digits),
						  "U+%04X is not a character", point);
		bh_diag_cause(diag, "%s",
			      point > 0x10ffff ? "Unicode ends at U+10FFFF"
					       : "U+D800 to U+DFFF are halves of UTF-16 pairs");
		bh_diag_hint(diag, "write the character's own number");
		return false;
	}
	*out += put_utf8(*out, point);
	r->at += 2 + digits;
	return true;
}

/* A backslash that ends a line: the newline and all blank that follows are left out. */
static bool skip_line_end(struct reader *r, bool *skipped)
{
	char *place = r->at + 1;

	*skipped = false;
	while (*place == ' ' || *place == '\t')
		place++;
	if (*place != '\n' && !(*place == '\r' && place[1] == '\n'))
		return true;
	*skipped = true;
	r->at = place;
	for (;;) {
		skip_blanks(r);
		if (*r->at == '\r' && r->at[1] == '\n')
			r->at++;
		if (*r->at != '\n')
			return true;
		next_line(r);
	}
}

static bool read_escape(struct reader *r, bool multiline, char **out)
{
	static const char names[] = "btnfr\"\\", values[] = "\b\t\n\f\r\"\\";
	const char *found = r->at[1] ? strchr(names, r->at[1]) : NULL;
	bool skipped;

	if (found) {
		*(*out)++ = values[found - names];
		r->at += 2;
		return true;
	}
	if (r->at[1] == 'u' || r->at[1] == 'U')
		return read_code_point(r, out);
	if (multiline) {
		skip_line_end(r, &skipped);
		if (skipped)
			return true;
	}
	char *stop = r->at + 1;
	bool shown =
		stop < r->end && (unsigned char)*stop > ' ' && !(*stop & 0x80) && *stop != 0x7f;
	struct bh_diag *diag = toml_error(r, "E0121", span_of(r, r->at, stop + shown),
					  "\\%.*s is not an escape", shown, stop);
	bh_diag_cause(diag, "known are \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX \\UXXXXXXXX");
	bh_diag_hint(diag, "write \\\\ for a backslash, or use a literal string: '...'");
	return false;
}

static bool unterminated(struct reader *r, struct bh_span start, char quote, bool multiline)
{
	struct bh_diag *diag;
	int count = multiline ? 3 : 1;

	if (r->at < r->end && !at_newline(r))
		return toml_bad_control(r);
	if (r->at < r->end) {
		diag = toml_error(r, "E0123", start, "the string does not end on its line");
		bh_diag_hint(diag,
			     "close it with %c, or use three quotes for a text of several lines",
			     quote);
		return false;
	}
	diag = toml_error(r, "E0120", start, "the string never ends");
	bh_diag_label(diag, "it begins here");
	bh_diag_hint(diag, "close it with %.*s", count, quote == '"' ? "\"\"\"" : "'''");
	return false;
}

/* On the closing quotes of a multi-line string there may be one or two more, which belong to it. */
static size_t closing_quotes(const char *at, char quote)
{
	size_t count = 0;

	while (count < 5 && at[count] == quote)
		count++;
	return count;
}

/*
 * The rest of a string behind its opening quotes. What is kept is moved down over the escapes, in
 * place: it is never longer than what was written.
 */
static bool read_body(struct reader *r, char quote, bool multiline, struct bh_span start,
		      const char **text, size_t *length)
{
	unsigned plain = quote == '"' ? BYTE_BASIC : BYTE_LITERAL;
	char *begin = r->at, *out = begin;

	for (;;) {
		char *run = r->at;
		while (is_byte(*r->at, plain))
			r->at++;
		if (out != run)
			memmove(out, run, (size_t)(r->at - run));
		out += r->at - run;

		if (*r->at == quote && r->at < r->end) {
			size_t count = multiline ? closing_quotes(r->at, quote) : 1;
			if (multiline && count < 3) {
				memset(out, quote, count);
				out += count;
				r->at += count;
				continue;
			}
			size_t kept = multiline ? count - 3 : 0;
			memset(out, quote, kept);
			out += kept;
			r->at += count;
			*out = '\0';
			*text = begin;
			*length = (size_t)(out - begin);
			return true;
		}
		if (*r->at == '\\' && quote == '"' && r->at < r->end) {
			if (!read_escape(r, multiline, &out))
				return false;
		} else if (multiline && at_newline(r)) {
			if (*r->at == '\r')
				*out++ = *r->at++;
			*out++ = '\n';
			next_line(r);
		} else {
			return unterminated(r, start, quote, multiline);
		}
	}
}

bool toml_read_string(struct reader *r, bool multiline_allowed, const char **text, size_t *length)
{
	char quote = *r->at;
	bool multiline = r->at[1] == quote && r->at[2] == quote;
	struct bh_span start = span_of(r, r->at, r->at + (multiline ? 3 : 1));

	if (multiline && !multiline_allowed) {
		struct bh_diag *diag =
			toml_error(r, "E0115", start, "a key cannot be a multi-line string");
		bh_diag_hint(diag, "use one quote on each side");
		return false;
	}
	r->at += multiline ? 3 : 1;
	if (multiline && at_newline(r)) {
		r->at += *r->at == '\r';
		next_line(r);
	}
	return read_body(r, quote, multiline, start, text, length);
}
