/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/shader/scan.h"

#include "base/alloc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 64 /* characters of a number */

void bh_scan_init(struct bh_scan *scan, const char *text, size_t length, struct bh_diags *diags)
{
	const char *nul = length ? memchr(text, 0, length) : NULL;

	*scan = (struct bh_scan){
		.start = text, .at = text, .end = nul ? nul : text + length, .diags = diags};
}

static struct bh_span span_of(const struct bh_scan *scan, const char *place)
{
	struct bh_span span = {.file = "shader", .line = 1, .column = 1, .length = 1};

	for (const char *c = scan->start; c < place; c++) {
		span.column++;
		if (*c == '\n') {
			span.line++;
			span.column = 1;
		}
	}
	return span;
}

bool bh_scan_error(struct bh_scan *scan, const char *place, const char *code, const char *format,
		   ...)
{
	va_list args;
	char *message;

	if (scan->failed)
		return false;
	scan->failed = true;
	va_start(args, format);
	message = bh_vstrf(format, args);
	va_end(args);
	bh_diag_at(bh_error(scan->diags, code, "%s", message),
		   span_of(scan, place ? place : scan->at));
	free(message);
	return false;
}

static void skip_blanks(struct bh_scan *scan)
{
	while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\r'))
		scan->at++;
}

char bh_scan_peek(struct bh_scan *scan)
{
	skip_blanks(scan);
	return scan->failed || scan->at == scan->end ? 0 : *scan->at;
}

bool bh_scan_take(struct bh_scan *scan, char c)
{
	if (bh_scan_peek(scan) != c || !c)
		return false;
	scan->at++;
	return true;
}

static const char *name_of(char c, char room[4])
{
	if (c == 0)
		return "the end";
	if (c == '\n')
		return "the end of the line";
	if (c < 32 || c > 126)
		return "an unprintable character";
	memcpy(room, (char[4]){'\'', c, '\'', 0}, 4);
	return room;
}

bool bh_scan_expect(struct bh_scan *scan, char c)
{
	char room[4];

	return bh_scan_take(scan, c) ||
	       bh_scan_error(scan, NULL, "E2101", "expected '%c', found %s", c,
			     name_of(bh_scan_peek(scan), room));
}

static bool is_word_character(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool bh_scan_word(struct bh_scan *scan, struct bh_word *word)
{
	char room[4];

	skip_blanks(scan);
	*word = (struct bh_word){scan->at, 0};
	while (scan->at < scan->end && is_word_character(*scan->at))
		scan->at++;
	word->length = (size_t)(scan->at - word->text);
	if (scan->failed)
		return false;
	return word->length || bh_scan_error(scan, NULL, "E2101", "expected a word, found %s",
					     name_of(bh_scan_peek(scan), room));
}

bool bh_scan_uint(struct bh_scan *scan, uint32_t limit, uint32_t *value)
{
	uint64_t number = 0;
	char room[4];
	const char *place;

	skip_blanks(scan);
	place = scan->at;
	*value = 0;
	while (scan->at < scan->end && is_digit(*scan->at)) {
		number = number * 10 + (uint64_t)(*scan->at++ - '0');
		if (number > limit)
			return bh_scan_error(scan, place, "E2108",
					     "this number is larger than %u, the limit here",
					     (unsigned)limit);
	}
	if (scan->failed)
		return false;
	if (scan->at == place)
		return bh_scan_error(scan, NULL, "E2101", "expected a number, found %s",
				     name_of(bh_scan_peek(scan), room));
	*value = (uint32_t)number;
	return true;
}

/* Copies a number's characters, so that the C library's readers see their end. */
static bool copy_number(struct bh_scan *scan, char text[NUMBER_MAX], const char **place)
{
	size_t length = 0;

	skip_blanks(scan);
	*place = scan->at;
	while (scan->at < scan->end && length < NUMBER_MAX - 1 &&
	       (is_word_character(*scan->at) || strchr("+-.", *scan->at)))
		text[length++] = *scan->at++;
	text[length] = 0;
	if (scan->failed)
		return false;
	return length || bh_scan_error(scan, NULL, "E2101", "expected a number");
}

bool bh_scan_int(struct bh_scan *scan, int32_t *value)
{
	bool minus = bh_scan_take(scan, '-');
	uint32_t number;

	if (!bh_scan_uint(scan, INT32_MAX, &number))
		return false;
	*value = minus ? -(int32_t)number : (int32_t)number;
	return true;
}

bool bh_scan_float_bits(struct bh_scan *scan, uint32_t *bits)
{
	char text[NUMBER_MAX], *end;
	const char *place;
	float value;

	if (!copy_number(scan, text, &place))
		return false;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		errno = 0;
		unsigned long number = strtoul(text, &end, 16);
		if (*end || end == text + 2 || errno || number > UINT32_MAX)
			return bh_scan_error(scan, place, "E2108", "'%s' is not 32 bits in hex",
					     text);
		*bits = (uint32_t)number;
		return true;
	}
	value = strtof(text, &end);
	if (*end)
		return bh_scan_error(scan, place, "E2108", "'%s' is not a number", text);
	memcpy(bits, &value, sizeof(*bits));
	return true;
}

bool bh_scan_int_bits(struct bh_scan *scan, uint32_t *bits)
{
	char text[NUMBER_MAX], *end;
	const char *place;
	long long value;

	if (!copy_number(scan, text, &place))
		return false;
	errno = 0;
	value = strtoll(text, &end, 0);
	if (*end || errno || value < INT32_MIN || value > UINT32_MAX)
		return bh_scan_error(scan, place, "E2108", "'%s' is not a 32-bit integer", text);
	*bits = (uint32_t)value;
	return true;
}

bool bh_scan_end_of_line(struct bh_scan *scan)
{
	char room[4], next = bh_scan_peek(scan);

	if (scan->failed)
		return false;
	if (!next && scan->at == scan->end)
		return true;
	if (next != '\n')
		return bh_scan_error(scan, NULL, "E2101", "expected the end of the line, found %s",
				     name_of(next, room));
	scan->at++;
	return true;
}

void bh_scan_skip_empty_lines(struct bh_scan *scan)
{
	while (bh_scan_peek(scan) == '\n')
		scan->at++;
}

bool bh_scan_done(struct bh_scan *scan)
{
	skip_blanks(scan);
	return scan->failed || scan->at == scan->end;
}

bool bh_word_is(struct bh_word word, const char *text)
{
	return strlen(text) == word.length && !memcmp(text, word.text, word.length);
}

int bh_word_among(struct bh_word word, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (names[i] && bh_word_is(word, names[i]))
			return (int)i;
	}
	return -1;
}
