/* SPDX-License-Identifier: Apache-2.0 */
/* Dates and times: RFC 3339, whole or in parts. */
#include "config/toml_reader.h"

#include <stdio.h>

struct scan {
	const char *from, *at;
	struct bh_toml_datetime value;
	const char *trouble; /* what is wrong at `at`, once something is */
	bool range;          /* the form is right, a number is not */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool toml_looks_like_datetime(const char *from, const char *to)
{
	size_t length = (size_t)(to - from);

	return (length >= 3 && is_digit(from[0]) && is_digit(from[1]) && from[2] == ':') ||
	       (length >= 5 && is_digit(from[0]) && is_digit(from[1]) && is_digit(from[2]) &&
		is_digit(from[3]) && from[4] == '-');
}

static bool trouble(struct scan *s, const char *what)
{
	s->trouble = what;
	return false;
}

static bool out_of_range(struct scan *s, const char *what)
{
	s->range = true;
	return trouble(s, what);
}

static bool number(struct scan *s, int digits, unsigned *value, const char *what)
{
	*value = 0;
	for (int i = 0; i < digits; i++) {
		if (!is_digit(s->at[i])) {
			s->at += i;
			return trouble(s, what);
		}
		*value = *value * 10 + (unsigned)(s->at[i] - '0');
	}
	s->at += digits;
	return true;
}

static bool expect(struct scan *s, char byte, const char *what)
{
	if (*s->at != byte)
		return trouble(s, what);
	s->at++;
	return true;
}

static unsigned days_in(unsigned year, unsigned month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static bool scan_date(struct scan *s)
{
	unsigned year, month, day;
	const char *at;

	if (!number(s, 4, &year, "a year has four digits") ||
	    !expect(s, '-', "a `-` separates year and month"))
		return false;
	at = s->at;
	if (!number(s, 2, &month, "a month has two digits"))
		return false;
	if (month < 1 || month > 12) {
		s->at = at;
		return out_of_range(s, "months go from 01 to 12");
	}
	if (!expect(s, '-', "a `-` separates month and day"))
		return false;
	at = s->at;
	if (!number(s, 2, &day, "a day has two digits"))
		return false;
	if (day < 1 || day > days_in(year, month)) {
		s->at = at;
		return out_of_range(s, "the month does not have this day");
	}
	s->value.year = (uint16_t)year;
	s->value.month = (uint8_t)month;
	s->value.day = (uint8_t)day;
	return true;
}

static bool scan_fraction(struct scan *s)
{
	uint32_t unit = 100000000;

	if (*s->at != '.')
		return true;
	s->at++;
	if (!is_digit(*s->at))
		return trouble(s, "a fraction of a second has at least one digit");
	/* Digits beyond the nanosecond are cut off, as the language says. */
	for (; is_digit(*s->at); s->at++, unit /= 10)
		s->value.nanosecond += unit * (uint32_t)(*s->at - '0');
	return true;
}

static bool scan_time(struct scan *s)
{
	unsigned hour, minute, second;
	const char *at = s->at;

	if (!number(s, 2, &hour, "an hour has two digits"))
		return false;
	if (hour > 23) {
		s->at = at;
		return out_of_range(s, "hours go from 00 to 23");
	}
	if (!expect(s, ':', "a `:` separates hour and minute"))
		return false;
	at = s->at;
	if (!number(s, 2, &minute, "a minute has two digits"))
		return false;
	if (minute > 59) {
		s->at = at;
		return out_of_range(s, "minutes go from 00 to 59");
	}
	if (!expect(s, ':', "seconds must be written"))
		return false;
	at = s->at;
	if (!number(s, 2, &second, "a second has two digits"))
		return false;
	if (second > 60) {
		s->at = at;
		return out_of_range(s, "seconds go from 00 to 59, or to 60 in a leap second");
	}
	s->value.hour = (uint8_t)hour;
	s->value.minute = (uint8_t)minute;
	s->value.second = (uint8_t)second;
	return scan_fraction(s);
}

static bool scan_offset(struct scan *s)
{
	unsigned hour, minute;
	bool west = *s->at == '-';
	const char *at = s->at;

	if (*s->at == 'Z' || *s->at == 'z') {
		s->at++;
		return true;
	}
	s->at++;
	if (!number(s, 2, &hour, "the hours of an offset have two digits") ||
	    !expect(s, ':', "a `:` separates hours and minutes of an offset") ||
	    !number(s, 2, &minute, "the minutes of an offset have two digits"))
		return false;
	if (hour > 23 || minute > 59) {
		s->at = at;
		return out_of_range(s, "offsets go to 23:59");
	}
	s->value.offset = (int16_t)((int)(hour * 60 + minute) * (west ? -1 : 1));
	return true;
}

/* A leap second ends a day of UTC. Without an offset, nobody knows when that is. */
static bool leap_second_fits(const struct bh_toml_datetime *value)
{
	int minute = value->hour * 60 + value->minute - value->offset;

	return value->second < 60 || (minute + 1) % (24 * 60) == 0;
}

static bool scan_all(struct scan *s, enum bh_toml_kind *kind)
{
	if (s->from[2] == ':') {
		*kind = BH_TOML_LOCAL_TIME;
		return scan_time(s);
	}
	*kind = BH_TOML_LOCAL_DATE;
	if (!scan_date(s))
		return false;
	if (*s->at == ' ' ? !is_digit(s->at[1]) : *s->at != 'T' && *s->at != 't')
		return true;
	s->at++;
	*kind = BH_TOML_LOCAL_DATETIME;
	if (!scan_time(s))
		return false;
	if (!*s->at || !strchr("Zz+-", *s->at))
		return true;
	*kind = BH_TOML_OFFSET_DATETIME;
	if (!scan_offset(s))
		return false;
	if (!leap_second_fits(&s->value))
		return out_of_range(s, "a leap second comes at 23:59:60 UTC only");
	return true;
}

bool toml_read_datetime(struct reader *r, struct bh_toml_value *v)
{
	struct scan s = {.from = r->at, .at = r->at};
	bool good = scan_all(&s, &v->kind);

	if (good && !is_byte(*s.at, BYTE_TOKEN)) {
		v->datetime = s.value;
		r->at = (char *)s.at;
		return true;
	}
	if (good)
		s.trouble = "nothing may follow";
	struct bh_diag *diag = toml_error(
		r, s.range ? "E0141" : "E0140", span_of(r, s.at, s.at + 1), "%s",
		s.range ? "there is no such date or time" : "this is not a date or time");
	bh_diag_label(diag, "%s", s.trouble);
	bh_diag_hint(diag, "write 1979-05-27T07:32:00Z, without offset, or only its date or time; "
			   "text goes in quotes");
	return false;
}

void bh_toml_format_datetime(const struct bh_toml_value *value, char *text, size_t room)
{
	const struct bh_toml_datetime *d = &value->datetime;
	int offset = d->offset < 0 ? -d->offset : d->offset;
	size_t used = 0;

#define ADD(...) used += (size_t)snprintf(text + used, room - used, __VA_ARGS__)
	if (value->kind != BH_TOML_LOCAL_TIME)
		ADD("%04u-%02u-%02u", d->year, d->month, d->day);
	if (value->kind == BH_TOML_LOCAL_DATE)
		return;
	if (value->kind != BH_TOML_LOCAL_TIME)
		ADD("T");
	ADD("%02u:%02u:%02u", d->hour, d->minute, d->second);
	if (d->nanosecond) {
		ADD(".%09u", d->nanosecond);
		while (text[used - 1] == '0')
			text[--used] = '\0';
	}
	if (value->kind == BH_TOML_OFFSET_DATETIME) {
		if (d->offset)
			ADD("%c%02d:%02d", d->offset < 0 ? '-' : '+', offset / 60, offset % 60);
		else
			ADD("Z");
	}
#undef ADD
}
