/* SPDX-License-Identifier: Apache-2.0 */
/* Integers and floats. */
#include "config/toml_reader.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool digit_of(char c, unsigned base, unsigned *digit)
{
	unsigned value = 99;

	if (is_digit(c))
		value = (unsigned)(c - '0');
	else if (c >= 'a' && c <= 'f')
		value = (unsigned)(c - 'a') + 10;
	else if (c >= 'A' && c <= 'F')
		value = (unsigned)(c - 'A') + 10;
	*digit = value;
	return value < base;
}

/* An underscore stands between two digits. */
static bool underscore_fits(const char *from, const char *at, const char *to, unsigned base)
{
	unsigned digit;

	return at > from && at + 1 < to && digit_of(at[-1], base, &digit) &&
	       digit_of(at[1], base, &digit);
}

static bool bad_underscore(struct reader *r, const char *at)
{
	struct bh_diag *diag = toml_error(r, "E0133", span_of(r, at, at + 1),
					  "an underscore stands between two digits only");
	bh_diag_hint(diag, "remove it");
	return false;
}

static bool bad_number(struct reader *r, const char *from, const char *to, const char *at)
{
	struct bh_diag *diag = toml_error(r, "E0130", span_of(r, at, at + 1),
					  "\"%.*s\" is not a number", (int)(to - from), from);
	bh_diag_hint(diag, "if text is meant, put it in quotes");
	return false;
}

static bool leading_zero(struct reader *r, const char *from, const char *to)
{
	struct bh_diag *diag =
		toml_error(r, "E0132", span_of(r, from, to),
			   "a number does not begin with a zero that counts nothing");
	bh_diag_hint(diag, "remove the zero, or write 0o for an octal number");
	return false;
}

static bool out_of_range(struct reader *r, const char *from, const char *to)
{
	struct bh_diag *diag = toml_error(r, "E0131", span_of(r, from, to),
					  "the integer does not fit into 64 bits");
	bh_diag_cause(diag, "integers go from -9223372036854775808 to 9223372036854775807");
	bh_diag_hint(diag, "write a smaller number");
	return false;
}

/* The digits of an integer from `at` on, which stand behind a sign or a prefix. */
static bool read_integer(struct reader *r, const char *from, const char *at, const char *to,
			 unsigned base, struct bh_toml_value *v)
{
	const char *digits = at;
	bool negative = *from == '-';
	/* INT64_MIN has no positive counterpart: what is summed up is the magnitude. */
	uint64_t limit = (uint64_t)INT64_MAX + negative, value = 0;
	unsigned digit;

	if (at == to)
		return bad_number(r, from, to, to - 1);
	for (; at < to; at++) {
		if (*at == '_') {
			if (!underscore_fits(digits, at, to, base))
				return bad_underscore(r, at);
			continue;
		}
		if (!digit_of(*at, base, &digit))
			return bad_number(r, from, to, at);
		if (value > (limit - digit) / base)
			return out_of_range(r, from, to);
		value = value * base + digit;
	}
	if (base == 10 && *digits == '0' && to - digits > 1)
		return leading_zero(r, from, to);
	v->kind = BH_TOML_INTEGER;
	v->integer = negative ? (int64_t)(0 - value) : (int64_t)value;
	return true;
}

/* Digits with underscores between them; at least one. Returns behind them, NULL after an error. */
static const char *skip_digits(struct reader *r, const char *from, const char *at, const char *to)
{
	const char *digits = at;

	for (; at < to && (is_digit(*at) || *at == '_'); at++) {
		if (*at == '_' && !underscore_fits(digits, at, to, 10)) {
			bad_underscore(r, at);
			return NULL;
		}
	}
	if (at == digits) {
		bad_number(r, from, to, at < to ? at : to - 1);
		return NULL;
	}
	return at;
}

/*
 * A float of few digits and a small exponent is one exact division or product of two doubles (both
 * operands are exact, so the result is the nearest double).
 */
static bool quick_float(const char *text, double *number)
{
	static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
				      1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
				      1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	bool negative = *text == '-';
	uint64_t mantissa = 0;
	int digits = 0, behind = 0;

	text += *text == '-' || *text == '+';
	for (; is_digit(*text) || *text == '.'; text++) {
		if (*text == '.') {
			behind = digits;
			continue;
		}
		if (++digits > 15)
			return false;
		mantissa = mantissa * 10 + (uint64_t)(*text - '0');
	}
	if (*text)
		return false;
	double value = (double)mantissa / tens[digits - behind];
	*number = negative ? -value : value;
	return true;
}

static bool convert_float(struct reader *r, const char *from, const char *to,
			  struct bh_toml_value *v)
{
	char small[64] = "";
	char *copy = small, *out;

	/* A number may be as long as the file: then the copy is the arena's. */
	if ((size_t)(to - from) >= sizeof(small))
		copy = bh_arena_alloc(r->toml->arena, (size_t)(to - from) + 1);
	out = copy;
	for (; from < to; from++) {
		if (*from != '_')
			*out++ = *from;
	}
	*out = '\0';
	v->kind = BH_TOML_FLOAT;
	if (quick_float(copy, &v->number))
		return true;
	/* strtod() would read a decimal comma where the program's locale has one. */
	locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	v->number = strtod_l(copy, NULL, plain);
	freelocale(plain);
	return true;
}

static bool read_float(struct reader *r, const char *from, const char *at, const char *to,
		       struct bh_toml_value *v)
{
	const char *digits = at;

	at = skip_digits(r, from, at, to);
	if (!at)
		return false;
	if (*digits == '0' && at - digits > 1)
		return leading_zero(r, from, to);
	if (at < to && *at == '.') {
		at = skip_digits(r, from, at + 1, to);
		if (!at)
			return false;
	}
	if (at < to && (*at == 'e' || *at == 'E')) {
		at++;
		if (at < to && (*at == '+' || *at == '-'))
			at++;
		at = skip_digits(r, from, at, to);
		if (!at)
			return false;
	}
	if (at < to)
		return bad_number(r, from, to, at);
	return convert_float(r, from, to, v);
}

static bool is_word(const char *from, const char *to, const char *word)
{
	return (size_t)(to - from) == strlen(word) && !memcmp(from, word, (size_t)(to - from));
}

bool toml_read_number(struct reader *r, const char *from, const char *to, struct bh_toml_value *v)
{
	bool sign = *from == '+' || *from == '-';
	const char *digits = from + sign;

	if (is_word(digits, to, "inf") || is_word(digits, to, "nan")) {
		double value = *digits == 'i' ? (double)INFINITY : (double)NAN;
		v->kind = BH_TOML_FLOAT;
		v->number = copysign(value, *from == '-' ? -1.0 : 1.0);
		return true;
	}
	if (digits == to || !is_digit(*digits))
		return bad_number(r, from, to, digits < to ? digits : from);
	if (!sign && to - from > 1 && *from == '0') {
		switch (from[1]) {
		case 'x':
			return read_integer(r, from, from + 2, to, 16, v);
		case 'o':
			return read_integer(r, from, from + 2, to, 8, v);
		case 'b':
			return read_integer(r, from, from + 2, to, 2, v);
		}
	}
	for (const char *at = digits; at < to; at++) {
		if (*at == '.' || *at == 'e' || *at == 'E')
			return read_float(r, from, digits, to, v);
	}
	return read_integer(r, from, digits, to, 10, v);
}
