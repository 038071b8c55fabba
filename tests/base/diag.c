/* SPDX-License-Identifier: Apache-2.0 */
#include "base/diag.h"

#include "test.h"

static void a_diagnostic_keeps_what_it_is_told(void **state)
{
	struct bh_diags diags;

	(void)state;
	bh_diags_init(&diags);
	struct bh_diag *diag = bh_error(&diags, "E0001", "%s %d", "message", 1);
	bh_diag_at(diag, (struct bh_span){"file", 2, 3, 4});
	bh_diag_label(diag, "label %d", 2);
	bh_diag_cause(diag, "cause");
	bh_diag_hint(diag, "hint");
	bh_diag_node(diag, "/node", "property");
	assert_string_equal(diags.items[0].code, "E0001");
	assert_string_equal(diags.items[0].message, "message 1");
	assert_string_equal(diags.items[0].label, "label 2");
	assert_string_equal(diags.items[0].cause, "cause");
	assert_string_equal(diags.items[0].hint, "hint");
	assert_string_equal(diags.items[0].node, "/node");
	assert_string_equal(diags.items[0].property, "property");
	assert_int_equal(diags.items[0].span.column, 3);
	bh_diags_finish(&diags);
}

static void a_second_text_replaces_the_first(void **state)
{
	struct bh_diags diags = {0};
	struct bh_diag *diag = bh_error(&diags, "E0001", "m");

	(void)state;
	bh_diag_hint(diag, "one");
	bh_diag_hint(diag, "two");
	bh_diag_node(diag, "/a", "b");
	bh_diag_node(diag, "/c", NULL);
	assert_string_equal(diag->hint, "two");
	assert_string_equal(diag->node, "/c");
	assert_null(diag->property);
	bh_diags_finish(&diags);
}

static void levels_are_counted(void **state)
{
	struct bh_diags diags = {0};

	(void)state;
	bh_error(&diags, "E0001", "m");
	bh_warning(&diags, "E0002", "m");
	bh_warning(&diags, "E0002", "m");
	bh_report(&diags, BH_NOTE, "E0003", "m");
	assert_int_equal(diags.errors, 1);
	assert_int_equal(diags.warnings, 2);
	assert_int_equal(diags.count, 4);
	assert_string_equal(bh_level_name(diags.items[3].level), "note");
	bh_diags_finish(&diags);
}

static void hostile_input_does_not_fill_memory(void **state)
{
	struct bh_diags diags = {0};

	(void)state;
	for (int i = 0; i < BH_DIAGS_MAX; i++)
		assert_non_null(bh_error(&diags, "E0001", "m"));
	assert_null(bh_error(&diags, "E0001", "m"));
	assert_int_equal(diags.count, BH_DIAGS_MAX);
	assert_int_equal(diags.dropped, 1);
	/* Also what was dropped makes the input wrong. */
	assert_int_equal(diags.errors, BH_DIAGS_MAX + 1);
	bh_diags_finish(&diags);
}

static void nobody_need_listen(void **state)
{
	struct bh_diag *diag = bh_error(NULL, "E0001", "m");

	(void)state;
	assert_null(diag);
	bh_diag_at(diag, (struct bh_span){0});
	bh_diag_label(diag, "x");
	bh_diag_cause(diag, "x");
	bh_diag_hint(diag, "x");
	bh_diag_node(diag, "x", "y");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_diagnostic_keeps_what_it_is_told),
		cmocka_unit_test(a_second_text_replaces_the_first),
		cmocka_unit_test(levels_are_counted),
		cmocka_unit_test(hostile_input_does_not_fill_memory),
		cmocka_unit_test(nobody_need_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
