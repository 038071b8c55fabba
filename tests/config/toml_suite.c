/* SPDX-License-Identifier: Apache-2.0 */
/*
 * toml_suite FOLDER: runs TOML's public conformance suite (its tests/ folder). Every document of
 * invalid/ must be refused, every one of valid/ read as the .json beside it says.
 */
#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "tagged.h"

#include <ctype.h>
#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The suite also has what TOML 1.1 allows. We read 1.0, so these are errors. */
static const char *const later_than_ours[] = {
	"valid/datetime/no-seconds.toml", "valid/inline-table/newline.toml",
	"valid/key/unicode.toml",         "valid/string/escape-esc.toml",
	"valid/string/hex-escape.toml",
};

static unsigned documents, wrong;

/*
 * Dates and times mean the same with "t", "z", a space, trailing zeros in the fraction or +00:00.
 * In place.
 */
static void normal_time(char *text)
{
	char *out = text;

	for (char *in = text; *in; in++) {
		if (*in == '.') {
			char *end = in + 1 + strspn(in + 1, "0123456789"), *last = end;
			while (last > in + 1 && last[-1] == '0')
				last--;
			if (last > in + 1) {
				memmove(out, in, (size_t)(last - in));
				out += last - in;
			}
			in = end - 1;
			continue;
		}
		*out++ = *in == ' ' ? 'T' : (char)toupper((unsigned char)*in);
	}
	*out = '\0';
	if (bh_str_ends(text, "+00:00"))
		strcpy(out - 6, "Z");
}

static bool same_scalar(const char *type, const char *a, const char *b)
{
	if (!strcmp(type, "float")) {
		double x = strtod(a, NULL), y = strtod(b, NULL);
		return x == y || (x != x && y != y);
	}
	if (!bh_str_starts(type, "date") && !bh_str_starts(type, "time"))
		return !strcmp(a, b);
	char *x = bh_strdup(a), *y = bh_strdup(b);
	normal_time(x);
	normal_time(y);
	bool same = !strcmp(x, y);
	free(x);
	free(y);
	return same;
}

static bool same(const json_t *a, const json_t *b);

static bool same_object(const json_t *a, const json_t *b)
{
	json_t *type = json_object_get(a, "type"), *value = json_object_get(a, "value");
	const char *key;
	json_t *item;

	if (json_is_string(type) && json_is_string(value) && json_object_size(a) == 2) {
		const json_t *other = json_object_get(b, "value");
		return json_equal(type, json_object_get(b, "type")) && json_is_string(other) &&
		       same_scalar(json_string_value(type), json_string_value(value),
				   json_string_value(other));
	}
	if (json_object_size(a) != json_object_size(b))
		return false;
	json_object_foreach((json_t *)a, key, item)
	{
		if (!same(item, json_object_get(b, key)))
			return false;
	}
	return true;
}

static bool same(const json_t *a, const json_t *b)
{
	if (!b || json_typeof(a) != json_typeof(b))
		return false;
	if (json_is_object(a))
		return same_object(a, b);
	if (json_array_size(a) != json_array_size(b))
		return false;
	for (size_t i = 0; i < json_array_size(a); i++) {
		if (!same(json_array_get(a, i), json_array_get(b, i)))
			return false;
	}
	return true;
}

/* jansson cannot hold a key with a NUL in it, which TOML can: another character stands for it. */
static json_t *load(char *text)
{
	for (char *nul = text; (nul = strstr(nul, "\\u0000"));)
		memcpy(nul, "\\ue000", 6);
	return json_loads(text, 0, NULL);
}

static bool as_expected(const char *path, const struct bh_toml *toml)
{
	char *name = bh_strf("%.*s.json", (int)(strlen(path) - strlen(".toml")), path), *expected;
	struct bh_buf out = {0};
	size_t size;

	put_tagged(&out, toml->root);
	bool equal = !bh_file_read(name, 16u << 20, &expected, &size);
	if (equal) {
		json_t *have = load(out.data), *want = load(expected);
		equal = have && want && same(want, have);
		json_decref(have);
		json_decref(want);
		free(expected);
	}
	bh_buf_finish(&out);
	free(name);
	return equal;
}

static bool should_be_read(const char *path)
{
	for (size_t i = 0; i < sizeof(later_than_ours) / sizeof(*later_than_ours); i++) {
		if (!strcmp(path, later_than_ours[i]))
			return false;
	}
	return bh_str_starts(path, "valid/");
}

static int try_document(const char *path, const struct stat *st, int type, struct FTW *where)
{
	struct bh_arena arena;
	struct bh_diags diags;
	struct bh_toml toml;
	char *text;
	size_t size;

	(void)st;
	(void)where;
	if (type != FTW_F || !bh_str_ends(path, ".toml"))
		return 0;
	path += bh_str_starts(path, "./") ? 2 : 0;
	if (bh_file_read(path, 16u << 20, &text, &size))
		return 1;
	bh_arena_init(&arena);
	bh_diags_init(&diags);
	bool read = !bh_toml_parse(&toml, &arena, path, text, size, &diags);
	const char *problem = NULL;
	if (read != should_be_read(path))
		problem = read ? "accepted" : diags.items[0].message;
	else if (read && !as_expected(path, &toml))
		problem = "read as something else";
	else if (!read && !diags.items[0].span.line)
		problem = "refused without a position";
	if (problem) {
		printf("%s: %s\n", path, problem);
		wrong++;
	}
	documents++;
	bh_toml_finish(&toml);
	bh_diags_finish(&diags);
	bh_arena_finish(&arena);
	free(text);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 2 || chdir(argv[1]) || nftw(".", try_document, 16, FTW_PHYS))
		return 2;
	printf("%u documents, %u wrong\n", documents, wrong);
	return documents < 500 || wrong ? 1 : 0;
}
