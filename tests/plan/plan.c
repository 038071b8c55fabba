/* SPDX-License-Identifier: Apache-2.0 */
/* What needs no tree of its own: board data, snapshots, checks on a plan made by hand. */
#include "emit/emit.h"
#include "plan/check.h"
#include "plan/pci.h"
#include "plan/snapshot.h"
#include "plan/usb.h"

#include "test.h"

#include <stdlib.h>
#include <string.h>

static bool has_code(const struct bh_diags *diags, const char *code)
{
	for (size_t i = 0; i < diags->count; i++)
		if (!strcmp(diags->items[i].code, code))
			return true;
	return false;
}

/* Two VMs with one unit each, on an empty tree. */
struct two {
	struct bh_dt tree;
	struct bh_refs refs;
	struct bh_board board;
	struct bh_survey survey;
	struct bh_plan plan;
	struct bh_plan_vm vms[2];
	struct bh_config_vm config[2];
	struct bh_claim claims[2];
	struct bh_diags diags;
};

static void two_start(struct two *t)
{
	memset(t, 0, sizeof(*t));
	bh_dt_init(&t->tree);
	t->board.name = "test";
	t->survey.tree = &t->tree;
	t->survey.refs = &t->refs;
	t->survey.board = &t->board;
	t->plan = (struct bh_plan){.survey = &t->survey, .vms = t->vms, .vm_count = 2};
	for (size_t v = 0; v < 2; v++) {
		t->config[v].name.value = v ? "two" : "one";
		t->vms[v].config = &t->config[v];
		t->vms[v].units[0].node = t->tree.root;
		t->vms[v].unit_count = 1;
		t->vms[v].claims = &t->claims[v];
		t->vms[v].claim_count = 1;
	}
	bh_diags_init(&t->diags);
}

static void two_end(struct two *t)
{
	bh_diags_finish(&t->diags);
	bh_dt_finish(&t->tree);
}

static void one_page_has_one_owner(void **state)
{
	struct two t;

	(void)state;
	two_start(&t);
	t.claims[0].range = (struct bh_range){0x1000, 0x2000};
	t.claims[1].range = (struct bh_range){0x2000, 0x1000};
	assert_false(bh_plan_check(&t.plan, &t.diags));
	assert_true(has_code(&t.diags, "E0603"));
	two_end(&t);
}

static void what_the_host_serves_to_several_has_no_owner(void **state)
{
	struct two t;

	(void)state;
	two_start(&t);
	t.claims[0] = t.claims[1] = (struct bh_claim){.kind = BH_CLAIM_CLOCK, .shared = true};
	assert_true(bh_plan_check(&t.plan, &t.diags));
	two_end(&t);
}

static void stream_ids_collide_by_their_masks(void **state)
{
	struct two t;

	(void)state;
	two_start(&t);
	t.claims[0] =
		(struct bh_claim){.kind = BH_CLAIM_STREAM, .id = {0x12, 0x7f80}, .id_count = 2};
	t.claims[1] = (struct bh_claim){.kind = BH_CLAIM_STREAM, .id = {0x92}, .id_count = 1};
	assert_false(bh_plan_check(&t.plan, &t.diags));
	two_end(&t);
	two_start(&t);
	t.claims[0] =
		(struct bh_claim){.kind = BH_CLAIM_STREAM, .id = {0x12, 0x7f80}, .id_count = 2};
	t.claims[1] = (struct bh_claim){.kind = BH_CLAIM_STREAM, .id = {0x13}, .id_count = 1};
	assert_true(bh_plan_check(&t.plan, &t.diags));
	two_end(&t);
}

static void scmi_numbers_have_no_gap(void **state)
{
	struct two t;
	struct bh_ref ref = {.kind = BH_REF_CLOCK};
	struct bh_decision decision = {.ref = &ref, .action = BH_ACTION_MEDIATE, .id = 1};

	(void)state;
	two_start(&t);
	t.claims[1].range = (struct bh_range){0x10000, 0x1000};
	t.vms[0].decisions = &decision;
	t.vms[0].decision_count = 1;
	assert_false(bh_plan_check(&t.plan, &t.diags));
	assert_true(has_code(&t.diags, "E0612"));
	two_end(&t);
}

static void every_built_in_board_can_be_read(void **state)
{
	struct bh_dt tree;

	(void)state;
	bh_dt_init(&tree);
	for (const struct bh_board_file *file = bh_board_files; file->name; file++) {
		struct bh_board board;
		struct bh_diags diags = {0};
		bool ok = bh_board_read(&board, &tree, file->name, &diags);

		if (!ok)
			print_error("%s: %s\n", file->name, diags.items[0].message);
		assert_true(ok);
		assert_int_equal(diags.count, 0);
		bh_board_finish(&board);
		bh_diags_finish(&diags);
	}
	bh_dt_finish(&tree);
}

static void the_roots_compatible_chooses_the_board(void **state)
{
	static const char compatible[] = "vendor,shield\0fsl,imx8mp-evk\0fsl,imx8mp";
	struct bh_dt tree;
	struct bh_board board;

	(void)state;
	bh_dt_init(&tree);
	bh_dt_set(&tree, tree.root, "compatible", compatible, sizeof(compatible));
	assert_true(bh_board_read(&board, &tree, NULL, NULL));
	assert_string_equal(board.file, "imx8mp-evk");
	assert_int_equal(board.gic, 3); /* from the file it includes */
	bh_board_finish(&board);
	bh_dt_finish(&tree);
}

static void a_snapshot_knows_rates_groups_and_addresses(void **state)
{
	static const char text[] = "snapshot = 1\n[device.\"30be0000.ethernet\"]\n"
				   "clocks = { ipg = 66666666, \"\" = 5 }\niommu-group = 7\n"
				   "mac = \"00:04:9f:01:02:03\"\n";
	static const uint8_t want[6] = {0, 4, 0x9f, 1, 2, 3};
	struct bh_snapshot s;
	uint64_t rate;
	uint32_t group;
	uint8_t mac[6];

	(void)state;
	assert_true(bh_snapshot_parse(&s, "test", text, sizeof(text) - 1, NULL));
	assert_true(bh_snapshot_rate(&s, "30be0000.ethernet", "ipg", &rate));
	assert_int_equal(rate, 66666666);
	assert_true(bh_snapshot_rate(&s, "30be0000.ethernet", NULL, &rate));
	assert_false(bh_snapshot_rate(&s, "30be0000.ethernet", "ahb", &rate));
	assert_false(bh_snapshot_rate(&s, "30bf0000.ethernet", "ipg", &rate));
	assert_true(bh_snapshot_group(&s, "30be0000.ethernet", &group));
	assert_int_equal(group, 7);
	assert_true(bh_snapshot_mac(&s, "30be0000.ethernet", mac));
	assert_memory_equal(mac, want, 6);
	bh_snapshot_finish(&s);
}

static void a_probe_is_a_snapshot(void **state)
{
	struct bh_buf text = {0};
	struct bh_snapshot s;
	uint64_t rate;
	uint32_t group;
	uint8_t mac[6];
	uint32_t volts;

	bh_snapshot_probe(*state, &text);
	assert_true(bh_snapshot_parse(&s, "probe", text.data, text.length, NULL));
	assert_true(bh_snapshot_rate(&s, "30be0000.ethernet", "ahb", &rate));
	assert_int_equal(rate, 266666666);
	assert_true(bh_snapshot_rate(&s, "30be0000.ethernet", "ipg", &rate));
	assert_true(bh_snapshot_group(&s, "30be0000.ethernet", &group));
	assert_int_equal(group, 3);
	assert_true(bh_snapshot_mac(&s, "30be0000.ethernet", mac));
	assert_int_equal(mac[5], 0x03);
	assert_string_equal(bh_snapshot_domain(&s, "30be0000.ethernet", 0), "hsiomix");
	assert_string_equal(bh_snapshot_domain(&s, "30be0000.ethernet", 1), "hsiomix");
	assert_null(bh_snapshot_domain(&s, "30be0000.ethernet", 2));
	assert_null(bh_snapshot_domain(&s, "device", 0)); /* the title of the table */
	assert_true(bh_snapshot_voltage(&s, "/regulator-usdhc2", &volts));
	assert_int_equal(volts, 3300000);
	assert_false(bh_snapshot_voltage(&s, "/regulator-usdhc1", &volts));
	assert_string_equal(bh_snapshot_pin(&s, "30be0000.ethernet", 1),
			    "30330000.pinctrl 26 MX8MP_IOMUXC_SAI1_RXC");
	assert_null(
		bh_snapshot_pin(&s, "30be0000.ethernet", 2)); /* GPIOs and hogs are no device's */
	bh_snapshot_finish(&s);
	bh_buf_finish(&text);
}

static void a_probe_finds_pci_functions_and_the_root_disk(void **state)
{
	struct bh_buf text = {0};
	struct bh_snapshot s;
	struct bh_pci pci;

	bh_snapshot_probe(*state, &text);
	assert_true(bh_snapshot_parse(&s, "probe", text.data, text.length, NULL));
	assert_true(bh_pci_read(&pci, &s, NULL));
	assert_int_equal(pci.count, 3);
	assert_true(bh_pci_is_bridge(&pci.functions[0]));
	assert_false(pci.functions[0].root);
	/* Below a logical volume. */
	assert_true(pci.functions[1].root);
	const struct bh_pci_function *nic = bh_pci_find(&pci, "ethernet", NULL, NULL);
	assert_string_equal(nic->address, "0000:00:02.0");
	assert_string_equal(nic->driver, "e1000e");
	assert_string_equal(nic->bridge, "4010000000.pcie");
	assert_int_equal(nic->group, 5);
	assert_int_equal((uint32_t)nic->vendor << 16 | nic->device, 0x808610d3);
	assert_int_equal(nic->bars[0].size, 0x20000);
	assert_true(nic->bars[2].io);
	assert_true(pci.functions[1].bars[4].wide && pci.functions[1].bars[4].prefetch);
	assert_int_equal(nic->reserved[0].base, 0x8000000);
	assert_ptr_equal(bh_pci_find(&pci, "00:02.0", NULL, NULL), nic);
	assert_ptr_equal(bh_pci_find(&pci, "0000:00:02.0", NULL, NULL), nic);
	assert_null(bh_pci_find(&pci, "0000:01:02.0", NULL, NULL));
	assert_null(bh_pci_find(&pci, "usb", NULL, NULL));
	bh_pci_finish(&pci);
	bh_snapshot_finish(&s);
	bh_buf_finish(&text);
}

static void a_usb_device_is_read_as_it_was_written(void **state)
{
	static const struct bh_usb_device device = {.vendor = 0x046d,
						    .product = 0xc31c,
						    .classes = {{3, 1, 2}, {0xff, 0, 0xee}},
						    .class_count = 2,
						    .port = "1-1.2",
						    .controller = "38100000.usb"};
	struct bh_buf text = {0};
	struct bh_snapshot s;
	struct bh_usb usb;

	(void)state;
	bh_buf_adds(&text, "snapshot = 1\n");
	bh_usb_to_snapshot(&device, &text);
	assert_true(bh_snapshot_parse(&s, "usb", text.data, text.length, NULL));
	assert_true(bh_usb_from_snapshot(&usb, &s, NULL));
	assert_int_equal(usb.count, 1);
	assert_memory_equal(&usb.devices[0], &device, sizeof(device));
	bh_usb_finish(&usb);
	bh_snapshot_finish(&s);
	bh_buf_finish(&text);
}

static void usb_devices_of_a_damaged_snapshot_are_refused(void **state)
{
	static const char *const tables[] = {
		"[usb]\n\"1-1\" = 1\n",
		"[usb.\"1-1\"]\nvendor = 1\ncontroller = \"x\"\n",
		"[usb.\"1-1\"]\nvendor = 65536\nproduct = 1\ncontroller = \"x\"\n",
		"[usb.\"1-1\"]\nvendor = 1\nproduct = 1\n",
		"[usb.\"1-1\"]\nvendor = 1\nproduct = 1\ncontroller = \"x\"\nclasses = [\"3\"]\n",
		"[usb.\"1-1\"]\nvendor = 1\nproduct = 1\ncontroller = \"x\"\nclasses = 3\n",
		"[usb.\"1-1111111111111111111111111111111\"]\nvendor = 1\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		char *text = bh_strf("snapshot = 1\n%s", tables[i]);
		struct bh_diags diags;
		struct bh_snapshot s;
		struct bh_usb usb;

		bh_diags_init(&diags);
		assert_true(bh_snapshot_parse(&s, "usb", text, strlen(text), &diags));
		assert_false(bh_usb_from_snapshot(&usb, &s, &diags));
		assert_true(has_code(&diags, "E0589"));
		bh_usb_finish(&usb);
		bh_diags_finish(&diags);
		bh_snapshot_finish(&s);
		free(text);
	}
}

static void made_up_addresses_are_local_and_stay(void **state)
{
	uint8_t a[6], b[6], c[6];

	(void)state;
	bh_emit_mac("net", "eth0", a);
	bh_emit_mac("net", "eth0", b);
	bh_emit_mac("net", "eth1", c);
	assert_memory_equal(a, b, 6);
	assert_true(memcmp(a, c, 6));
	assert_int_equal(a[0] & 3, 2);
}

/* The guest's tree hangs devices one level deeper: at the limit of depth that does not fit. */
static void a_tree_too_deep_for_a_guest_is_told(void **state)
{
	static const char config[] = "[vm.guest]\n";
	struct bh_dt tree, out;
	struct bh_refs refs;
	struct bh_board board;
	struct bh_survey survey;
	struct bh_partition partition;
	struct bh_plan plan;
	struct bh_diags diags = {0};
	const uint32_t reg[] = {0, 0x10000000, 0x1000};
	struct bh_dt_node *node, *deepest;

	(void)state;
	bh_dt_init(&tree);
	node = bh_dt_add(&tree, tree.root, "serial@10000000");
	bh_dt_set_string(&tree, node, "compatible", "test,uart");
	bh_dt_set_cells(&tree, node, "reg", reg, 3);
	for (deepest = node; deepest; deepest = bh_dt_add(&tree, deepest, "part"))
		;
	bh_refs_extract(&refs, &tree, NULL, 0, NULL);
	assert_true(bh_board_read(&board, &tree, NULL, NULL));
	bh_survey_init(&survey, &tree, &refs, &board, NULL);
	assert_int_equal(bh_partition_parse(&partition, "x", config, sizeof(config) - 1, &diags),
			 0);
	assert_true(bh_plan_device(&plan, &survey, node, &partition.vms.items[0], 0, &diags));
	assert_false(bh_emit_devices(&out, &plan, 0, &diags));
	assert_true(has_code(&diags, "E0610"));
	bh_dt_finish(&out);
	bh_plan_finish(&plan);
	bh_partition_finish(&partition);
	bh_survey_finish(&survey);
	bh_board_finish(&board);
	bh_refs_finish(&refs);
	bh_dt_finish(&tree);
	bh_diags_finish(&diags);
}

int main(int argc, char **argv)
{
	char *root = argc > 1 ? argv[1] : NULL;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_page_has_one_owner),
		cmocka_unit_test(what_the_host_serves_to_several_has_no_owner),
		cmocka_unit_test(stream_ids_collide_by_their_masks),
		cmocka_unit_test(scmi_numbers_have_no_gap),
		cmocka_unit_test(every_built_in_board_can_be_read),
		cmocka_unit_test(the_roots_compatible_chooses_the_board),
		cmocka_unit_test(a_snapshot_knows_rates_groups_and_addresses),
		cmocka_unit_test_prestate(a_probe_is_a_snapshot, root),
		cmocka_unit_test_prestate(a_probe_finds_pci_functions_and_the_root_disk, root),
		cmocka_unit_test(a_usb_device_is_read_as_it_was_written),
		cmocka_unit_test(usb_devices_of_a_damaged_snapshot_are_refused),
		cmocka_unit_test(made_up_addresses_are_local_and_stay),
		cmocka_unit_test(a_tree_too_deep_for_a_guest_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
