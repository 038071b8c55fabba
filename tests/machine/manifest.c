/* SPDX-License-Identifier: Apache-2.0 */
#include "machine/manifest.h"
#include "machine/quiesce.h"

#include "base/alloc.h"
#include "machine/check.h"
#include "machine/fixture.h"
#include "test.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 65536 };

struct fixture {
	struct bh_manifest made, read;
	struct bh_diags diags;
	struct bh_buf blob;
	uint64_t tree[ROOM / 8];
};

static int set_up(void **state)
{
	struct fixture *f = bh_alloc(sizeof(*f));

	fixture_manifest(&f->made, f->tree, ROOM);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	bh_diags_finish(&f->diags);
	bh_buf_finish(&f->blob);
	free(f);
	return 0;
}

static void write_good(struct fixture *f)
{
	assert_true(bh_manifest_write(&f->made, &f->blob, &f->diags));
}

/* Edits the printed blob with libfdt and reads it again; it must be refused with `code`. */
static void *open_blob(struct fixture *f)
{
	void *tree = bh_alloc(2 * ROOM);

	write_good(f);
	assert_int_equal(fdt_open_into(f->blob.data, tree, 2 * ROOM), 0);
	return tree;
}

static void expect_refusal(struct fixture *f, void *tree, const char *code)
{
	assert_false(bh_manifest_read(&f->read, tree, fdt_totalsize(tree), &f->diags));
	assert_int_equal(f->diags.count, 1);
	assert_string_equal(f->diags.items[0].code, code);
	free(tree);
}

static void expect_unwritable(struct fixture *f, const char *code, const char *message)
{
	assert_false(bh_manifest_write(&f->made, &f->blob, &f->diags));
	assert_int_equal(f->diags.count, 1);
	assert_string_equal(f->diags.items[0].code, code);
	assert_string_equal(f->diags.items[0].message, message);
}

static void what_was_written_is_read_back_whole(void **state)
{
	struct fixture *f = *state;
	struct bh_buf made = {0}, read = {0};

	write_good(f);
	assert_true(bh_manifest_read(&f->read, f->blob.data, f->blob.length, &f->diags));
	bh_manifest_dump(&f->made, &made);
	bh_manifest_dump(&f->read, &read);
	assert_string_equal(bh_buf_str(&made), bh_buf_str(&read));
	assert_memory_equal(f->made.tree, f->read.tree, f->made.tree_size);
	bh_buf_finish(&made);
	bh_buf_finish(&read);
}

static void anything_else_is_not_a_manifest(void **state)
{
	struct fixture *f = *state;
	void *tree = open_blob(f);

	fdt_setprop_string(tree, 0, "compatible", "acme,board");
	expect_refusal(f, tree, "E1000");
}

static void another_version_is_refused(void **state)
{
	struct fixture *f = *state;
	void *tree = open_blob(f);

	fdt_setprop_u32(tree, 0, "version", BH_MANIFEST_VERSION + 1);
	expect_refusal(f, tree, "E1001");
}

static void an_unknown_property_is_refused(void **state)
{
	struct fixture *f = *state;
	void *tree = open_blob(f);

	fdt_setprop_u32(tree, fdt_path_offset(tree, "/gic"), "colour", 1);
	expect_refusal(f, tree, "E1002");
}

static void an_unknown_node_is_refused(void **state)
{
	struct fixture *f = *state;
	void *tree = open_blob(f);

	fdt_add_subnode(tree, fdt_path_offset(tree, "/memory"), "extra");
	expect_refusal(f, tree, "E1002");
}

static void a_missing_property_is_named(void **state)
{
	struct fixture *f = *state;
	void *tree = open_blob(f);

	fdt_delprop(tree, fdt_path_offset(tree, "/device@0/irq@1"), "interrupt");
	assert_false(bh_manifest_read(&f->read, tree, fdt_totalsize(tree), &f->diags));
	assert_string_equal(f->diags.items[0].code, "E1003");
	assert_string_equal(f->diags.items[0].node, "/device@0/irq@1");
	assert_string_equal(f->diags.items[0].property, "interrupt");
	free(tree);
}

static void a_missing_node_is_refused(void **state)
{
	struct fixture *f = *state;
	void *tree = open_blob(f);

	fdt_del_node(tree, fdt_path_offset(tree, "/memory"));
	expect_refusal(f, tree, "E1003");
}

static void a_value_of_the_wrong_size_is_refused(void **state)
{
	struct fixture *f = *state;
	void *tree = open_blob(f);

	fdt_setprop_u32(tree, fdt_path_offset(tree, "/memory"), "size", 1);
	expect_refusal(f, tree, "E1004");
}

static void a_list_with_a_hole_is_refused(void **state)
{
	struct fixture *f = *state;
	void *tree = open_blob(f);

	fdt_del_node(tree, fdt_path_offset(tree, "/virtio@2"));
	expect_refusal(f, tree, "E1004");
}

static void a_list_has_a_limit(void **state)
{
	struct fixture *f = *state;
	void *tree = open_blob(f);
	char name[16];

	/* New nodes go before their siblings: add them from the last to the first. */
	for (unsigned i = BH_REGIONS_MAX; i >= 1; i--) {
		int parent = fdt_path_offset(tree, "/device@0");
		snprintf(name, sizeof(name), "region@%x", i);
		int node = fdt_add_subnode(tree, parent, name);
		assert_true(node > 0);
		fdt_setprop_u64(tree, node, "host", 0x1000);
		fdt_setprop_u64(tree, node, "guest", 0x1000);
		fdt_setprop_u64(tree, node, "size", 0x1000);
		fdt_setprop_u32(tree, node, "index", i);
	}
	fdt_del_node(tree, fdt_path_offset(tree, "/device@0/region@0"));
	int node = fdt_add_subnode(tree, fdt_path_offset(tree, "/device@0"), "region@0");
	fdt_setprop_u64(tree, node, "host", 0x1000);
	fdt_setprop_u64(tree, node, "guest", 0x1000);
	fdt_setprop_u64(tree, node, "size", 0x1000);
	fdt_setprop_u32(tree, node, "index", 0);
	expect_refusal(f, tree, "E1005");
}

static void a_vm_has_at_least_one_vcpu(void **state)
{
	struct fixture *f = *state;

	f->made.vcpus = 0;
	expect_unwritable(f, "E1006", "0 vCPUs: a VM has 1 to 16");
}

static void cpus_of_the_host_are_numbers(void **state)
{
	struct fixture *f = *state;

	f->made.cpus = "2-3";
	expect_unwritable(f, "E1006", "\"2-3\" is no list of the host's cpus");
}

static void memory_that_wraps_is_refused(void **state)
{
	struct fixture *f = *state;

	f->made.memory.base.value = 0xffffffffffe00000;
	expect_unwritable(f, "E1006", "memory: the address range passes 2^64");
}

static void two_things_at_one_guest_address_are_refused(void **state)
{
	struct fixture *f = *state;

	f->made.uart.registers.value = 0x9fff1800;
	expect_unwritable(f, "E1007", "the UART at 0x9fff1000 and console0 at 0x9fff1000 overlap");
}

static void an_interrupt_has_one_owner(void **state)
{
	struct fixture *f = *state;

	f->made.devices[0].irqs[1].intid = 41;
	expect_unwritable(f, "E1008", "30be0000.ethernet and rng0 both have interrupt 41");
}

static void an_interrupt_beyond_the_gic_is_refused(void **state)
{
	struct fixture *f = *state;

	f->made.devices[0].irqs[1].intid = 256;
	expect_unwritable(f, "E1008", "30be0000.ethernet: interrupt 256 is not one of 32..255");
}

static void dma_without_an_iommu_needs_direct_memory(void **state)
{
	struct fixture *f = *state;

	f->made.memory.kind = BH_MEMORY_ANONYMOUS;
	f->made.memory.region = NULL;
	expect_unwritable(
		f, "E1009",
		"30be0000.ethernet does DMA without an IOMMU, but the VM's memory is not direct");
}

static void scmi_speaks_only_of_the_vms_own_devices(void **state)
{
	struct fixture *f = *state;

	f->made.scmi.resets[0].device = 1;
	expect_unwritable(f, "E1010", "SCMI \"mac\" belongs to device 1, the VM has 1");
}

static void a_pci_slot_holds_one_device(void **state)
{
	struct fixture *f = *state;

	f->made.virtio[3].slot = 1;
	expect_unwritable(f, "E1011", "vsock0 and disk0 are both in PCI slot 1");
}

static void pci_devices_need_an_its(void **state)
{
	struct fixture *f = *state;

	f->made.gic.has_its = false;
	expect_unwritable(f, "E1011",
			  "disk0 is a PCI device, but the VM lacks a PCI host with an ITS");
}

static void a_function_and_a_virtio_device_do_not_share_a_slot(void **state)
{
	struct fixture *f = *state;

	f->made.functions[0].slot = 2;
	expect_unwritable(f, "E1011", "0000:00:02.0 and net0 are both in PCI slot 2.0");
}

static void two_functions_at_one_place_are_refused(void **state)
{
	struct fixture *f = *state;

	f->made.functions[2].function = 0;
	expect_unwritable(f, "E1011", "0000:01:00.1 and 0000:01:00.0 are both in PCI slot 5.0");
}

static void a_slot_with_functions_has_function_0(void **state)
{
	struct fixture *f = *state;

	f->made.functions[2].slot = 6;
	expect_unwritable(f, "E1011",
			  "0000:01:00.1 is in PCI slot 6.1, but the slot has no function 0");
}

static void a_function_is_assigned_once(void **state)
{
	struct fixture *f = *state;

	f->made.functions[2].host = "0000:01:00.0";
	expect_unwritable(f, "E1012", "PCI function 0000:01:00.0 is listed twice");
}

static void a_functions_place_is_on_the_bus(void **state)
{
	struct fixture *f = *state;

	f->made.functions[0].slot = 32;
	expect_unwritable(f, "E1011", "0000:00:02.0: PCI slot 32.0 is not one of 1.0..31.7");
}

static void a_functions_address_is_no_path(void **state)
{
	static const char *const wrong[] = {
		"../../kernel",  "0000:00:02.8", "0000:00:2.0",   "000:00:02.0",
		"0000:00:02.0/", "0000-00-02.0", "0000:00:020.0", ""};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(bh_pci_address_is_sound(wrong[i]));
	assert_true(bh_pci_address_is_sound("10000:ff:1f.7"));
	f->made.functions[0].host = "../02.0";
	expect_unwritable(f, "E1006", "\"../02.0\" is not the address of a PCI function");
}

static void virtio_names_are_unique(void **state)
{
	struct fixture *f = *state;

	f->made.virtio[1].name = "disk0";
	expect_unwritable(f, "E1012", "two virtio devices are called \"disk0\"");
}

static void a_damaged_guest_tree_is_refused(void **state)
{
	struct fixture *f = *state;

	f->made.tree_size = 100;
	expect_unwritable(f, "E1013", "the guest's device tree is damaged");
}

static void only_taps_are_ports_of_bridges(void **state)
{
	struct fixture *f = *state;

	f->made.virtio[1].backend = BH_NET_SOCKET;
	expect_unwritable(f, "E1006", "net0 is no tap, but a port of a bridge");
}

static void rules_of_a_port_need_a_bridge(void **state)
{
	struct fixture *f = *state;

	f->made.virtio[1].bridge = NULL;
	expect_unwritable(f, "E1006", "net0: only a port of a bridge has rules");
}

static void names_of_interfaces_are_checked(void **state)
{
	struct fixture *f = *state;

	f->made.virtio[1].bridge = "../sixteen-chars";
	expect_unwritable(f, "E1006", "net0: an interface cannot be called so");
}

static void a_tap_may_be_a_descriptor(void **state)
{
	struct fixture *f = *state;

	f->made.virtio[1].host = "fd:7";
	assert_true(bh_manifest_write(&f->made, &f->blob, &f->diags));
}

static void addresses_are_checked(void **state)
{
	struct fixture *f = *state;

	f->made.virtio[1].address = "10.0.0.256";
	expect_unwritable(f, "E1006", "net0: \"10.0.0.256\" is no IPv4 address");
}

static void packets_have_a_size(void **state)
{
	struct fixture *f = *state;

	f->made.virtio[1].mtu = 100;
	expect_unwritable(f, "E1006", "net0: no packets of 100 bytes");
}

static void only_networks_have_packets(void **state)
{
	struct fixture *f = *state;

	f->made.virtio[0].mtu = 1400;
	expect_unwritable(f, "E1006", "disk0: no packets of 1400 bytes");
}

/* The last device, with no other change. */
static void make_balloon(struct fixture *f)
{
	f->made.virtio[4].kind = BH_VIRTIO_BALLOON;
	f->made.virtio[4].floor = 0x1000000;
}

static void direct_memory_has_no_balloon(void **state)
{
	struct fixture *f = *state;

	make_balloon(f);
	expect_unwritable(f, "E1009", "rng0: direct memory cannot be given back");
}

static void memory_that_a_device_reaches_has_no_balloon(void **state)
{
	struct fixture *f = *state;

	make_balloon(f);
	f->made.memory.kind = BH_MEMORY_ANONYMOUS;
	f->made.memory.region = NULL;
	f->made.devices[0].dma = BH_DMA_IOMMU;
	expect_unwritable(f, "E1009", "rng0: 30be0000.ethernet has the VM's memory mapped");
}

static void a_floor_lies_below_the_memory(void **state)
{
	struct fixture *f = *state;

	make_balloon(f);
	f->made.virtio[4].floor = UINT64_MAX;
	expect_unwritable(f, "E1006", "rng0: the floor is above the VM's memory");
}

static void a_floor_belongs_to_a_balloon(void **state)
{
	struct fixture *f = *state;

	f->made.virtio[4].floor = 4096;
	expect_unwritable(f, "E1006", "rng0: a floor belongs to a balloon");
}

static void steps_that_stop_no_device_are_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"write 0 0x24 0x2",
		"write 0 0x24 0x2 0 0",
		"poke 0 0x24 0x2 0",
		"write 0 0x22 0x2 0",
		"write 0 0x24 0 0",
		"write 0 0x24 0x2 0x4",
		"write 0 0x100000000 0x2 0",
		"write 0 0x24 0x2 0;",
		"write  0 0x24 0x2 0",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(bh_quiesce_ok(wrong[i]));
	assert_true(bh_quiesce_ok("write 0 0x24 0x2 0; wait 1 0x0 0xffffffff 0x1"));
	f->made.devices[0].quiesce = "stop it";
	assert_false(bh_manifest_write(&f->made, &f->blob, &f->diags));
	assert_string_equal(f->diags.items[0].code, "E1014");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_written_is_read_back_whole),
		TEST(anything_else_is_not_a_manifest),
		TEST(another_version_is_refused),
		TEST(an_unknown_property_is_refused),
		TEST(an_unknown_node_is_refused),
		TEST(a_missing_property_is_named),
		TEST(a_missing_node_is_refused),
		TEST(a_value_of_the_wrong_size_is_refused),
		TEST(a_list_with_a_hole_is_refused),
		TEST(a_list_has_a_limit),
		TEST(a_vm_has_at_least_one_vcpu),
		TEST(cpus_of_the_host_are_numbers),
		TEST(memory_that_wraps_is_refused),
		TEST(two_things_at_one_guest_address_are_refused),
		TEST(an_interrupt_has_one_owner),
		TEST(an_interrupt_beyond_the_gic_is_refused),
		TEST(only_taps_are_ports_of_bridges),
		TEST(rules_of_a_port_need_a_bridge),
		TEST(names_of_interfaces_are_checked),
		TEST(a_tap_may_be_a_descriptor),
		TEST(addresses_are_checked),
		TEST(packets_have_a_size),
		TEST(only_networks_have_packets),
		TEST(direct_memory_has_no_balloon),
		TEST(memory_that_a_device_reaches_has_no_balloon),
		TEST(a_floor_lies_below_the_memory),
		TEST(a_floor_belongs_to_a_balloon),
		TEST(dma_without_an_iommu_needs_direct_memory),
		TEST(scmi_speaks_only_of_the_vms_own_devices),
		TEST(a_pci_slot_holds_one_device),
		TEST(pci_devices_need_an_its),
		TEST(a_function_and_a_virtio_device_do_not_share_a_slot),
		TEST(two_functions_at_one_place_are_refused),
		TEST(a_slot_with_functions_has_function_0),
		TEST(a_function_is_assigned_once),
		TEST(a_functions_place_is_on_the_bus),
		TEST(a_functions_address_is_no_path),
		TEST(virtio_names_are_unique),
		TEST(a_damaged_guest_tree_is_refused),
		TEST(steps_that_stop_no_device_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
