/* SPDX-License-Identifier: Apache-2.0 */
#include "dt/lookup.h"
#include "dts.h"

#include <string.h>

#define BOARD                                                                                      \
	"/ { aliases { ethernet0 = &mac; serial0 = \"/soc/serial@2000\"; wrong = \"/nowhere\"; };" \
	"chosen { stdout-path = \"serial0:115200n8\"; };"                                          \
	"soc { mac: ethernet@1000 { compatible = \"vendor,mac-v2\", \"vendor,mac\"; };"            \
	"serial@2000 { compatible = \"ns16550a\"; }; serial@3000 { compatible = \"ns16550a\"; };"  \
	"gpu: gpu { compatible = \"vendor,gpu\"; }; };"                                            \
	"other { twin@2 { }; }; more { twin@2 { }; twin@3 { }; }; };"

static struct bh_dt_node *resolve(const struct bh_dt *tree, const char *text)
{
	struct bh_diags diags;
	struct bh_dt_node *node;

	bh_diags_init(&diags);
	node = bh_dt_resolve(tree, text, NULL, &diags);
	assert_int_equal(diags.count, node ? 0 : 1);
	bh_diags_finish(&diags);
	return node;
}

static void assert_resolves(const struct bh_dt *tree, const char *text, const char *path)
{
	struct bh_dt_node *node = resolve(tree, text);

	if (!node)
		fail_msg("%s means nothing", text);
	assert_ptr_equal(node, bh_dt_find(tree, path));
}

/* The diagnostic's cause and hint, in one. */
static void assert_unresolved(const struct bh_dt *tree, const char *text, const char *code,
			      const char *says)
{
	struct bh_span where = {.file = "bulkhead.toml", .line = 3, .column = 7, .length = 1};
	struct bh_diags diags;

	bh_diags_init(&diags);
	assert_null(bh_dt_resolve(tree, text, &where, &diags));
	const struct bh_diag *diag = only_diag(&diags, code);
	assert_int_equal(diag->span.line, 3);
	if (!(diag->hint && strstr(diag->hint, says)) &&
	    !(diag->cause && strstr(diag->cause, says)))
		fail_msg("neither \"%s\" nor \"%s\" says \"%s\"", diag->cause ? diag->cause : "",
			 diag->hint ? diag->hint : "", says);
	bh_diags_finish(&diags);
}

static void paths_are_found_with_and_without_unit_addresses(void **state)
{
	struct bh_dt tree = dts(BOARD);

	(void)state;
	assert_ptr_equal(bh_dt_find(&tree, "/"), tree.root);
	assert_non_null(bh_dt_find(&tree, "/soc/ethernet@1000"));
	assert_ptr_equal(bh_dt_find(&tree, "/soc/ethernet"),
			 bh_dt_find(&tree, "/soc/ethernet@1000"));
	assert_null(bh_dt_find(&tree, "/soc/serial")); /* there are two */
	assert_null(bh_dt_find(&tree, "/soc/ethernet@100"));
	assert_null(bh_dt_find(&tree, "soc"));
	assert_null(bh_dt_find(&tree, ""));
	bh_dt_finish(&tree);
}

static void the_exact_name_beats_the_one_with_a_unit_address(void **state)
{
	struct bh_dt tree = dts_without_labels("/ { a@1 { }; a { }; };");

	(void)state;
	assert_string_equal(bh_dt_find(&tree, "/a")->name, "a");
	bh_dt_finish(&tree);
}

static void labels_and_aliases_go_both_ways(void **state)
{
	struct bh_dt tree = dts(BOARD);
	struct bh_dt_node *mac = bh_dt_find(&tree, "/soc/ethernet");

	(void)state;
	assert_ptr_equal(bh_dt_by_label(&tree, "mac"), mac);
	assert_ptr_equal(bh_dt_by_alias(&tree, "ethernet0"), mac);
	assert_string_equal(bh_dt_label(&tree, mac), "mac");
	assert_string_equal(bh_dt_alias(&tree, mac), "ethernet0");
	assert_null(bh_dt_by_alias(&tree, "wrong"));
	assert_null(bh_dt_by_label(&tree, "ethernet0"));
	assert_null(bh_dt_label(&tree, tree.root));
	bh_dt_finish(&tree);
}

static void a_new_alias_is_known_at_once(void **state)
{
	struct bh_dt tree = dts(BOARD);

	(void)state;
	assert_null(bh_dt_by_alias(&tree, "gpu0"));
	bh_dt_set_string(&tree, bh_dt_find(&tree, "/aliases"), "gpu0", "/soc/gpu");
	assert_ptr_equal(bh_dt_by_alias(&tree, "gpu0"), dts_node(&tree, "gpu"));
	bh_dt_finish(&tree);
}

static void stdout_goes_through_the_alias(void **state)
{
	struct bh_dt tree = dts(BOARD);

	(void)state;
	assert_ptr_equal(bh_dt_stdout(&tree), bh_dt_find(&tree, "/soc/serial@2000"));
	bh_dt_set_string(&tree, bh_dt_find(&tree, "/chosen"), "stdout-path", "/soc/gpu:9600");
	assert_ptr_equal(bh_dt_stdout(&tree), dts_node(&tree, "gpu"));
	bh_dt_unset(&tree, bh_dt_find(&tree, "/chosen"), "stdout-path");
	assert_null(bh_dt_stdout(&tree));
	bh_dt_finish(&tree);
}

static void a_person_may_name_a_node_in_many_ways(void **state)
{
	struct bh_dt tree = dts(BOARD);

	(void)state;
	assert_resolves(&tree, "/soc/ethernet@1000", "/soc/ethernet@1000");
	assert_resolves(&tree, "/soc/ethernet", "/soc/ethernet@1000");
	assert_resolves(&tree, "&mac", "/soc/ethernet@1000");
	assert_resolves(&tree, "mac", "/soc/ethernet@1000");
	assert_resolves(&tree, "ethernet0", "/soc/ethernet@1000");
	assert_resolves(&tree, "ethernet@1000", "/soc/ethernet@1000");
	assert_resolves(&tree, "vendor,mac@1000", "/soc/ethernet@1000");
	assert_resolves(&tree, "vendor,mac-v2", "/soc/ethernet@1000");
	assert_resolves(&tree, "ns16550a@3000", "/soc/serial@3000");
	assert_resolves(&tree, "twin@3", "/more/twin@3");
	assert_resolves(&tree, "gpu", "/soc/gpu");
	bh_dt_finish(&tree);
}

static void a_name_of_several_nodes_is_refused_with_all_of_them(void **state)
{
	struct bh_dt tree = dts(BOARD);

	(void)state;
	assert_unresolved(&tree, "twin@2", "E0321", "/other/twin@2, /more/twin@2");
	assert_unresolved(&tree, "ns16550a", "E0321", "/soc/serial@2000, /soc/serial@3000");
	assert_unresolved(&tree, "serial", "E0321", "unit address");
	bh_dt_finish(&tree);
}

static void a_near_miss_gets_a_suggestion(void **state)
{
	struct bh_dt tree = dts(BOARD);

	(void)state;
	assert_unresolved(&tree, "ethernet1000", "E0320", "ethernet@1000");
	assert_unresolved(&tree, "ethernet@1001", "E0320", "did you mean \"ethernet@1000\"");
	assert_unresolved(&tree, "mmac", "E0320", "did you mean \"mac\"");
	assert_unresolved(&tree, "/soc/etherent@1000", "E0320",
			  "did you mean \"/soc/ethernet@1000\"");
	assert_unresolved(&tree, "/sco/ethernet@1000/x", "E0320", "did you mean \"/soc\"");
	assert_unresolved(&tree, "zzzzzzzzzz", "E0320", "device list");
	bh_dt_finish(&tree);
}

static void texts_that_name_nothing_are_refused(void **state)
{
	static const char *const texts[] = {"", "&", "@", "//x", "soc/gpu", "mac@", "@1000"};
	struct bh_dt tree = dts(BOARD);

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_null(resolve(&tree, texts[i]));
	assert_ptr_equal(resolve(&tree, "/soc/"), bh_dt_find(&tree, "/soc"));
	bh_dt_finish(&tree);
}

static void a_label_of_a_blob_without_labels_says_so(void **state)
{
	struct bh_dt tree = dts_without_labels(BOARD);

	(void)state;
	assert_unresolved(&tree, "&mac", "E0320", "without -@");
	bh_dt_finish(&tree);
}

static void assert_short(const struct bh_dt *tree, const char *path, const char *text)
{
	struct bh_buf buf;

	bh_buf_init(&buf);
	bh_dt_add_short_name(&buf, tree, bh_dt_find(tree, path));
	assert_string_equal(bh_buf_str(&buf), text);
	assert_ptr_equal(resolve(tree, bh_buf_str(&buf)), bh_dt_find(tree, path));
	bh_buf_finish(&buf);
}

static void the_short_name_leads_back_to_the_node(void **state)
{
	struct bh_dt tree = dts(BOARD);

	(void)state;
	assert_short(&tree, "/soc/ethernet@1000", "mac");
	assert_short(&tree, "/soc/serial@2000", "serial0");
	assert_short(&tree, "/soc/serial@3000", "serial@3000");
	assert_short(&tree, "/other/twin@2", "/other/twin@2");
	assert_short(&tree, "/", "/");
	bh_dt_finish(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_found_with_and_without_unit_addresses),
		cmocka_unit_test(the_exact_name_beats_the_one_with_a_unit_address),
		cmocka_unit_test(labels_and_aliases_go_both_ways),
		cmocka_unit_test(a_new_alias_is_known_at_once),
		cmocka_unit_test(stdout_goes_through_the_alias),
		cmocka_unit_test(a_person_may_name_a_node_in_many_ways),
		cmocka_unit_test(a_name_of_several_nodes_is_refused_with_all_of_them),
		cmocka_unit_test(a_near_miss_gets_a_suggestion),
		cmocka_unit_test(texts_that_name_nothing_are_refused),
		cmocka_unit_test(a_label_of_a_blob_without_labels_says_so),
		cmocka_unit_test(the_short_name_leads_back_to_the_node),
	};

	dts_need_dtc();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
