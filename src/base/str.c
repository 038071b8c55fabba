/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include "base/alloc.h"
#include "base/range.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool bh_str_eq(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

bool bh_str_starts(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

bool bh_str_ends(const char *text, const char *suffix)
{
	size_t length = strlen(text), tail = strlen(suffix);

	return length >= tail && !strcmp(text + length - tail, suffix);
}

#define WORD_MAX 64

/* How many letters must be changed, added, dropped or swapped with their neighbour. */
static size_t distance(const char *a, size_t la, const char *b, size_t lb)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *two_back = rows[0], *back = rows[1], *now = rows[2];

	for (size_t j = 0; j <= lb; j++)
		back[j] = j;
	for (size_t i = 1; i <= la; i++) {
		now[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t best = back[j - 1] + (a[i - 1] != b[j - 1]);
			if (back[j] + 1 < best)
				best = back[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    two_back[j - 2] + 1 < best)
				best = two_back[j - 2] + 1;
			now[j] = best;
		}
		size_t *spare = two_back;
		two_back = back;
		back = now;
		now = spare;
	}
	return back[lb];
}

const char *bh_suggest(const char *word, const char *const *candidates, size_t count)
{
	size_t length = strlen(word);
	const char *best = NULL;
	size_t best_distance = length / 3 + 1;

	if (length > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t other = strlen(candidates[i]);
		if (other > WORD_MAX)
			continue;
		size_t d = distance(word, length, candidates[i], other);
		if (d < best_distance || (d == best_distance && !best)) {
			best = candidates[i];
			best_distance = d;
		}
	}
	return best;
}

bool bh_parse_u64(const char *text, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	if (hex && !isxdigit((unsigned char)text[2]))
		return false;
	errno = 0;
	unsigned long long parsed = strtoull(text, &end, hex ? 16 : 10);
	if (errno || *end)
		return false;
	*value = parsed;
	return true;
}

bool bh_parse_size(const char *text, uint64_t *size)
{
	static const char units[] = "KMGT";
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	unsigned long long number = strtoull(text, &end, 10);
	if (errno)
		return false;
	uint64_t factor = 1;
	const char *unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		factor <<= 10 * (unit - units + 1);
		end++;
	}
	if (!strcmp(end, "iB") && unit)
		end += 2;
	else if (!strcmp(end, "B"))
		end += 1;
	return !*end && bh_mul(number, factor, size);
}

void bh_format_size(uint64_t size, char *text, size_t room)
{
	static const char units[] = "KMGT";
	unsigned unit = 0;

	while (unit < 4 && size >> (10 * (unit + 1)))
		unit++;
	uint64_t one = 1ull << (10 * unit), rest = size % one;
	if (!unit)
		snprintf(text, room, "%" PRIu64, size);
	else if (rest)
		snprintf(text, room, "%" PRIu64 ".%" PRIu64 "%c", size / one,
			 rest / (one / 1024) * 10 / 1024, units[unit - 1]);
	else
		snprintf(text, room, "%" PRIu64 "%c", size / one, units[unit - 1]);
}
