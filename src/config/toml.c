/* SPDX-License-Identifier: Apache-2.0 */
/* A document: lines of headers, entries and comments. */
#include "config/toml_reader.h"

#include <errno.h>

static bool end_line(struct reader *r)
{
	char found[32];

	skip_blanks(r);
	if (*r->at == '#' && !toml_skip_comment(r))
		return false;
	if (*r->at == '\r' && r->at[1] == '\n')
		r->at++;
	if (*r->at == '\n') {
		next_line(r);
		return true;
	}
	if (r->at >= r->end)
		return true;
	if (*r->at == '\r')
		return toml_bad_control(r);
	struct bh_diag *diag = toml_error(r, "E0113", span_of(r, r->at, r->at + 1),
					  "expected the end of the line, found %s",
					  toml_found(r, found, sizeof(found)));
	bh_diag_hint(diag, "put each entry on a line of its own");
	return false;
}

static bool read_line(struct reader *r, struct bh_toml_value **current)
{
	skip_blanks(r);
	switch (*r->at) {
	case '#':
	case '\n':
	case '\r':
		break;
	case '[':
		if (!toml_read_header(r, current))
			return false;
		break;
	default:
		if (r->at < r->end && !toml_read_entry(r, *current))
			return false;
	}
	return end_line(r);
}

static bool read_document(struct reader *r)
{
	struct bh_toml_value *current = r->toml->root;

	if (r->end - r->at >= 3 && !memcmp(r->at, "\xef\xbb\xbf", 3)) {
		r->at += 3;
		r->line_start = r->at;
	}
	if (!toml_check_encoding(r))
		return false;
	while (r->at < r->end) {
		if (!read_line(r, &current))
			return false;
	}
	return true;
}

int bh_toml_parse(struct bh_toml *toml, struct bh_arena *arena, const char *name, const char *text,
		  size_t size, struct bh_diags *diags)
{
	struct reader r = {.toml = toml, .diags = diags, .name = name, .line = 1};
	struct bh_span whole = {.file = name};

	*toml = (struct bh_toml){.arena = arena};
	toml->root = bh_toml_new(toml, BH_TOML_TABLE, (struct bh_span){name, 1, 1, 1});
	toml->root->table->origin = BH_TOML_HEADER;
	if (size > BH_TOML_SIZE_MAX) {
		struct bh_diag *diag =
			toml_error(&r, "E0104", whole, "the file is larger than %u MiB",
				   BH_TOML_SIZE_MAX >> 20);
		bh_diag_hint(diag, "is it the file you meant?");
		return -EINVAL;
	}
	r.text = bh_arena_strndup(arena, text, size);
	r.at = r.line_start = r.text;
	r.end = r.text + size;
	return read_document(&r) ? 0 : -EINVAL;
}
