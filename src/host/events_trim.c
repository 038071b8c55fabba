/* SPDX-License-Identifier: Apache-2.0 */
/* Which events stay when there are too many: each VM has its share, so that none drives out
 * others'. */
#include "host/events.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

struct line {
	const char *text;
	size_t length; /* with its end */
	size_t vm;     /* index of its account */
	bool kept;
};

struct account {
	const char *name;
	size_t length;
	size_t all, left; /* bytes: of its lines, and that may still be kept */
	bool settled;
};

struct trim {
	struct line *lines;
	size_t count;
	struct account *accounts;
	size_t account_count;
};

/* "UPTIME TIME KIND VM ...": the fourth word. */
static const char *vm_of(const char *line, size_t size, size_t *length)
{
	const char *end = line + size;

	for (int word = 0; word < 3 && line; word++) {
		line = memchr(line, ' ', (size_t)(end - line));
		if (line)
			line++;
	}
	const char *space = line ? memchr(line, ' ', (size_t)(end - line)) : NULL;
	*length = space ? (size_t)(space - line) : 0;
	return space ? line : "";
}

static size_t account_of(struct trim *trim, const char *name, size_t length)
{
	for (size_t i = 0; i < trim->account_count; i++) {
		if (trim->accounts[i].length == length &&
		    !memcmp(trim->accounts[i].name, name, length))
			return i;
	}
	trim->accounts[trim->account_count] = (struct account){.name = name, .length = length};
	return trim->account_count++;
}

static void split(struct trim *trim, const char *text, size_t size)
{
	size_t room = 0;

	for (size_t i = 0; i < size; i++)
		room += text[i] == '\n';
	trim->lines = bh_alloc((room + 1) * sizeof(*trim->lines));
	trim->accounts = bh_alloc((room + 1) * sizeof(*trim->accounts));
	/* What has no end was never written whole. */
	for (const char *end; (end = memchr(text, '\n', size));) {
		size_t length = (size_t)(end - text) + 1, vm_length;
		const char *vm = vm_of(text, length, &vm_length);
		size_t account = account_of(trim, vm, vm_length);

		trim->lines[trim->count++] =
			(struct line){.text = text, .length = length, .vm = account};
		trim->accounts[account].all += length;
		text += length;
		size -= length;
	}
}

/* Who needs less than an equal share leaves the rest to the others. */
static void share(struct trim *trim, size_t limit)
{
	size_t unsettled = trim->account_count;
	bool changed = true;

	while (changed && unsettled) {
		size_t equal = limit / unsettled;

		changed = false;
		for (size_t i = 0; i < trim->account_count; i++) {
			struct account *account = &trim->accounts[i];

			if (account->settled)
				continue;
			account->left = equal;
			if (account->all > equal)
				continue;
			account->settled = changed = true;
			limit -= account->all;
			unsettled--;
		}
	}
}

void bh_events_trim(const char *text, size_t size, size_t limit, struct bh_buf *kept)
{
	struct trim trim = {0};

	split(&trim, text, size);
	share(&trim, limit);
	for (size_t i = trim.count; i-- > 0;) {
		struct line *line = &trim.lines[i];
		struct account *account = &trim.accounts[line->vm];

		line->kept = line->length <= account->left;
		/* Nothing older than what was left out. */
		account->left = line->kept ? account->left - line->length : 0;
	}
	for (size_t i = 0; i < trim.count; i++) {
		if (trim.lines[i].kept)
			bh_buf_add(kept, trim.lines[i].text, trim.lines[i].length);
	}
	free(trim.accounts);
	free(trim.lines);
}
