/* SPDX-License-Identifier: Apache-2.0 */
/* What the documents of toml/ cannot show: places, limits, NULs, wrong use of the memory given. */
#include "config/toml.h"

#include "base/buf.h"
#include "test.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct document {
	struct bh_arena arena;
	struct bh_diags diags;
	struct bh_toml toml;
	int error;
};

static void parse_bytes(struct document *d, const char *text, size_t size)
{
	bh_arena_init(&d->arena);
	bh_diags_init(&d->diags);
	d->error = bh_toml_parse(&d->toml, &d->arena, "t.toml", text, size, &d->diags);
}

static void parse(struct document *d, const char *text)
{
	parse_bytes(d, text, strlen(text));
}

static void finish(struct document *d)
{
	bh_toml_finish(&d->toml);
	bh_diags_finish(&d->diags);
	bh_arena_finish(&d->arena);
}

static void is_at(struct bh_span span, uint32_t line, uint32_t column, uint32_t length)
{
	assert_string_equal(span.file, "t.toml");
	assert_int_equal(span.line, line);
	assert_int_equal(span.column, column);
	assert_int_equal(span.length, length);
}

static void fails_with(const char *text, size_t size, const char *code)
{
	struct document d;

	parse_bytes(&d, text, size);
	assert_int_not_equal(d.error, 0);
	assert_string_equal(d.diags.items[0].code, code);
	finish(&d);
}

static void a_value_knows_its_place(void **state)
{
	struct document d;

	(void)state;
	parse(&d, "a = 1\n  bee = \"two\"\nc = [10,\n 200]\nd = { e = true }\n");
	assert_int_equal(d.error, 0);
	is_at(bh_toml_get(d.toml.root, "a")->span, 1, 5, 1);
	is_at(bh_toml_get(d.toml.root, "bee")->span, 2, 9, 5);
	is_at(bh_toml_find(d.toml.root, "bee", 3)->key_span, 2, 3, 3);
	struct bh_toml_value *c = bh_toml_get(d.toml.root, "c");
	is_at(c->span, 3, 5, 1);
	is_at(c->array->items[1]->span, 4, 2, 3);
	is_at(bh_toml_get(d.toml.root, "d")->span, 5, 5, 12);
	is_at(bh_toml_get(bh_toml_get(d.toml.root, "d"), "e")->span, 5, 11, 4);
	finish(&d);
}

static void columns_count_bytes_from_one(void **state)
{
	struct document d;

	(void)state;
	parse(&d, "\"é\" = 1\n");
	is_at(bh_toml_get(d.toml.root, "é")->span, 1, 8, 1);
	finish(&d);
}

static void lines_inside_a_multi_line_string_are_counted(void **state)
{
	struct document d;

	(void)state;
	parse(&d, "a = \"\"\"\nx\ny \\\n\n z\"\"\"\nb = 1\r\nc = 2\n");
	is_at(bh_toml_get(d.toml.root, "a")->span, 1, 5, 1);
	is_at(bh_toml_get(d.toml.root, "b")->span, 6, 5, 1);
	is_at(bh_toml_get(d.toml.root, "c")->span, 7, 5, 1);
	finish(&d);
}

static void a_header_is_the_place_of_its_table(void **state)
{
	struct document d;

	(void)state;
	parse(&d, "[one]\n[two.three]\n[two]\n[[four]]\n[[ four ]]\n");
	is_at(bh_toml_get(d.toml.root, "one")->span, 1, 2, 3);
	is_at(bh_toml_get(d.toml.root, "two")->span, 3, 2, 3);
	is_at(bh_toml_get(d.toml.root, "four")->array->items[1]->span, 5, 4, 4);
	finish(&d);
}

static void a_second_definition_shows_the_first(void **state)
{
	struct document d;

	(void)state;
	parse(&d, "[a]\nkey = 1\n\nkey = 2\n");
	assert_int_equal(d.diags.count, 2);
	is_at(d.diags.items[0].span, 4, 1, 3);
	assert_int_equal(d.diags.items[1].level, BH_NOTE);
	is_at(d.diags.items[1].span, 2, 1, 3);
	finish(&d);
}

static void a_byte_order_mark_takes_no_column(void **state)
{
	struct document d;

	(void)state;
	parse(&d, "\xef\xbb\xbf"
		  "a = 1\n");
	is_at(bh_toml_get(d.toml.root, "a")->span, 1, 5, 1);
	finish(&d);
}

static void keys_with_nul_are_told_apart(void **state)
{
	struct document d;

	(void)state;
	parse(&d, "\"a\\u0000b\" = 1\n\"a\\u0000c\" = 2\na = 3\n'\\u0000' = 4\n");
	assert_int_equal(d.error, 0);
	assert_int_equal(bh_toml_find(d.toml.root, "a\0b", 3)->value->integer, 1);
	assert_int_equal(bh_toml_find(d.toml.root, "a\0c", 3)->value->integer, 2);
	assert_int_equal(bh_toml_get(d.toml.root, "a")->integer, 3);
	finish(&d);
	fails_with("\"a\\u0000b\" = 1\n\"a\\u0000b\" = 2\n", 30, "E0160");
}

static void a_string_with_nul_keeps_its_length(void **state)
{
	struct document d;

	(void)state;
	parse(&d, "a = \"x\\u0000y\"\n");
	assert_int_equal(bh_toml_get(d.toml.root, "a")->string.length, 3);
	assert_memory_equal(bh_toml_get(d.toml.root, "a")->string.text, "x\0y", 4);
	finish(&d);
}

static void many_keys_of_one_table_are_found(void **state)
{
	struct bh_buf text = {0};
	struct document d;
	char key[16];

	(void)state;
	for (int i = 0; i < 5000; i++)
		bh_buf_addf(&text, "k%d = %d\n", i, i);
	parse(&d, text.data);
	assert_int_equal(d.toml.root->table->count, 5000);
	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		assert_int_equal(bh_toml_get(d.toml.root, key)->integer, i);
	}
	assert_null(bh_toml_get(d.toml.root, "k5000"));
	finish(&d);
	bh_buf_adds(&text, "k77 = 0\n");
	fails_with(text.data, text.length, "E0160");
	bh_buf_finish(&text);
}

/* `open` times `count`, `middle`, `close` times `count`. */
static char *nested(const char *open, size_t count, const char *middle, const char *close)
{
	struct bh_buf text = {0};

	bh_buf_adds(&text, "a = ");
	for (size_t i = 0; i < count; i++)
		bh_buf_adds(&text, open);
	bh_buf_adds(&text, middle);
	for (size_t i = 0; i < count; i++)
		bh_buf_adds(&text, close);
	return bh_buf_take(&text);
}

static void nesting_is_limited(void **state)
{
	struct document d;

	(void)state;
	char *text = nested("[", BH_TOML_DEPTH_MAX, "", "]");
	parse(&d, text);
	assert_int_equal(d.error, 0);
	finish(&d);
	free(text);
	text = nested("[", BH_TOML_DEPTH_MAX + 1, "", "]");
	fails_with(text, strlen(text), "E0105");
	free(text);
	text = nested("{a=", BH_TOML_DEPTH_MAX + 1, "1", "}");
	fails_with(text, strlen(text), "E0105");
	free(text);
	text = nested("[", 100000, "", "");
	fails_with(text, strlen(text), "E0105");
	free(text);
}

static void parts_of_a_key_are_limited(void **state)
{
	struct bh_buf text = {0};
	struct document d;

	(void)state;
	bh_buf_adds(&text, "a");
	for (size_t i = 1; i < BH_TOML_DEPTH_MAX; i++)
		bh_buf_adds(&text, ".a");
	bh_buf_adds(&text, "=1");
	parse(&d, text.data);
	assert_int_equal(d.error, 0);
	finish(&d);
	bh_buf_clear(&text);
	for (size_t i = 0; i < BH_TOML_DEPTH_MAX; i++)
		bh_buf_adds(&text, "a.");
	bh_buf_adds(&text, "a=1");
	fails_with(text.data, text.length, "E0105");
	bh_buf_finish(&text);
}

static void a_keys_length_is_limited(void **state)
{
	struct bh_buf text = {0};
	struct document d;

	(void)state;
	for (size_t i = 0; i < BH_TOML_KEY_MAX; i++)
		bh_buf_addc(&text, 'k');
	bh_buf_adds(&text, " = 1");
	parse(&d, text.data);
	assert_int_equal(d.error, 0);
	finish(&d);
	char *longer = bh_strf("k%s", text.data);
	fails_with(longer, strlen(longer), "E0106");
	char *quoted = bh_strf("\"k%.*s\" = 1", (int)BH_TOML_KEY_MAX, text.data);
	fails_with(quoted, strlen(quoted), "E0106");
	free(quoted);
	free(longer);
	bh_buf_finish(&text);
}

static void the_number_of_values_is_limited(void **state)
{
	struct bh_buf text = {0};

	(void)state;
	bh_buf_adds(&text, "a = [");
	for (size_t i = 0; i < BH_TOML_VALUES_MAX; i++)
		bh_buf_adds(&text, "1,");
	bh_buf_adds(&text, "]");
	fails_with(text.data, text.length, "E0107");
	bh_buf_finish(&text);
}

static void the_documents_size_is_limited(void **state)
{
	size_t size = BH_TOML_SIZE_MAX + 1;
	char *text = bh_alloc(size);
	struct document d;

	(void)state;
	memset(text, '\n', size);
	fails_with(text, size, "E0104");
	parse_bytes(&d, text, size - 1);
	assert_int_equal(d.error, 0);
	finish(&d);
	free(text);
}

static void the_callers_text_is_not_changed(void **state)
{
	/* Not terminated, and in memory of exactly its size: reading beyond is seen by ASan. */
	const char source[] = {'a', ' ', '=', ' ', '"', '\\', 't', 'x', '"'};
	char *text = bh_alloc(sizeof(source));
	struct document d;

	(void)state;
	memcpy(text, source, sizeof(source));
	parse_bytes(&d, text, sizeof(source));
	assert_int_equal(d.error, 0);
	assert_memory_equal(text, source, sizeof(source));
	free(text);
	assert_string_equal(bh_toml_get(d.toml.root, "a")->string.text, "\tx");
	finish(&d);
}

static void every_cut_of_a_document_is_an_error_or_a_document(void **state)
{
	static const char text[] =
		"a = \"\\u00e9\\\\\" # c\r\n[b.\"c\"]\nd = 1979-05-27T07:32:00.5-07:00\n"
		"e = [1, {f = 0x1F, g = '''\nx'''}, -inf, 1e5]\n[[h]]\n";

	(void)state;
	for (size_t size = 0; size < sizeof(text); size++) {
		char *cut = bh_alloc(size);
		struct document d;

		memcpy(cut, text, size);
		parse_bytes(&d, cut, size);
		assert_int_equal(d.error != 0, d.diags.errors != 0);
		finish(&d);
		free(cut);
	}
}

static void floats_do_not_depend_on_the_locale(void **state)
{
	struct document d;

	(void)state;
	/* With a decimal comma where the machine has such a locale; else this shows less. */
	setlocale(LC_ALL, "de_DE.UTF-8");
	parse(&d, "a = 1.5\nb = 0.1234567890123456789\n");
	setlocale(LC_ALL, "C");
	assert_true(bh_toml_get(d.toml.root, "a")->number == 1.5);
	assert_true(bh_toml_get(d.toml.root, "b")->number == 0.1234567890123456789);
	finish(&d);
}

static void looking_into_what_is_no_table_finds_nothing(void **state)
{
	struct document d;

	(void)state;
	parse(&d, "a = 1\n");
	assert_null(bh_toml_get(bh_toml_get(d.toml.root, "a"), "b"));
	finish(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_knows_its_place),
		cmocka_unit_test(columns_count_bytes_from_one),
		cmocka_unit_test(lines_inside_a_multi_line_string_are_counted),
		cmocka_unit_test(a_header_is_the_place_of_its_table),
		cmocka_unit_test(a_second_definition_shows_the_first),
		cmocka_unit_test(a_byte_order_mark_takes_no_column),
		cmocka_unit_test(keys_with_nul_are_told_apart),
		cmocka_unit_test(a_string_with_nul_keeps_its_length),
		cmocka_unit_test(many_keys_of_one_table_are_found),
		cmocka_unit_test(nesting_is_limited),
		cmocka_unit_test(parts_of_a_key_are_limited),
		cmocka_unit_test(a_keys_length_is_limited),
		cmocka_unit_test(the_number_of_values_is_limited),
		cmocka_unit_test(the_documents_size_is_limited),
		cmocka_unit_test(the_callers_text_is_not_changed),
		cmocka_unit_test(every_cut_of_a_document_is_an_error_or_a_document),
		cmocka_unit_test(floats_do_not_depend_on_the_locale),
		cmocka_unit_test(looking_into_what_is_no_table_finds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
