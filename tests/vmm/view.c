/* SPDX-License-Identifier: Apache-2.0 */
/* What the guest sees of a PCI function's configuration, whatever the function itself says. */
#include "vmm/vfio/view.h"

#include "test.h"

#include <stdio.h>
#include <string.h>

enum { PM = 0x01, MSI = 0x05, VPD = 0x03, VENDOR = 0x09, EXPRESS = 0x10, MSIX = 0x11 };

static struct bh_pci_facts facts;
static struct bh_pci_view view;

static void put(unsigned offset, unsigned size, uint32_t value)
{
	memcpy(facts.raw + offset, &value, size);
}

static uint32_t seen(unsigned offset, unsigned size)
{
	uint32_t value = 0;

	memcpy(&value, view.config + offset, size);
	return value;
}

static void link_to(unsigned at, uint8_t id, uint8_t next)
{
	put(at, 1, id);
	put(at + 1, 1, next);
}

static int set_up(void **state)
{
	(void)state;
	facts = (struct bh_pci_facts){.line = true,
				      .msi = 32,
				      .msix = 2048,
				      .messages = true,
				      .resettable = true,
				      .page = 4096};
	put(BH_PCI_VENDOR, 4, 0x10d38086);
	put(BH_PCI_STATUS, 2, 0x10);
	put(BH_PCI_CAPABILITIES, 1, 0x40);
	put(BH_PCI_INTERRUPT_PIN, 1, 1);
	/* BAR 0: 32 bits; BAR 2 and 3: 64 bits, prefetchable; BAR 4: I/O. */
	put(0x18, 4, 0xc);
	put(0x20, 4, 1);
	facts.sizes[0] = 0x20000;
	facts.sizes[2] = 0x4000;
	facts.sizes[4] = 0x20;
	return 0;
}

static void make(void)
{
	assert_null(bh_pci_view_make(&view, &facts));
}

/* The guest's walk: "id id id". */
static const char *list(void)
{
	static char text[256];
	unsigned at = seen(BH_PCI_CAPABILITIES, 1), steps = 0;

	text[0] = '\0';
	while (at) {
		assert_true(++steps <= 48);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%02x ", seen(at, 1));
		at = seen(at + 1, 1);
	}
	return text;
}

static void identity_is_the_devices(void **state)
{
	(void)state;
	make();
	assert_int_equal(seen(BH_PCI_VENDOR, 4), 0x10d38086);
	assert_int_equal(seen(BH_PCI_INTERRUPT_PIN, 1), 1);
}

static void memory_is_shown_and_ports_are_not(void **state)
{
	(void)state;
	make();
	assert_int_equal(view.bars[0].shown, 0x20000);
	assert_int_equal(view.bars[2].flags, 0xc);
	assert_int_equal(view.bars[2].shown, 0x4000);
	assert_int_equal(view.bars[3].shown, 0);
	assert_int_equal(view.bars[4].shown, 0);
}

static void a_window_has_at_least_a_page(void **state)
{
	(void)state;
	facts.sizes[0] = 256;
	make();
	assert_int_equal(view.bars[0].shown, 4096);
	assert_int_equal(view.bars[0].size, 256);
}

static void windows_that_cannot_be_are_not_shown(void **state)
{
	(void)state;
	facts.sizes[0] = 0x3000;
	put(0x24, 4, 4); /* 64 bits in the last BAR */
	facts.sizes[5] = 0x1000;
	facts.sizes[1] = UINT64_C(1) << 32;
	make();
	assert_int_equal(view.bars[0].shown, 0);
	assert_int_equal(view.bars[1].shown, 0);
	assert_int_equal(view.bars[5].shown, 0);
}

static void unknown_capabilities_are_skipped(void **state)
{
	(void)state;
	link_to(0x40, VPD, 0x50);
	link_to(0x50, PM, 0x60);
	link_to(0x60, 0x13, 0x70);
	link_to(0x70, VENDOR, 0);
	put(0x72, 1, 16);
	make();
	assert_string_equal(list(), "01 09 ");
	assert_int_equal(seen(BH_PCI_CAPABILITIES, 1), 0x50);
}

static void a_list_that_goes_in_circles_ends(void **state)
{
	(void)state;
	link_to(0x40, VENDOR, 0x50);
	link_to(0x50, PM, 0x40);
	make();
	assert_string_equal(list(), "09 01 ");
}

static void a_link_into_the_header_ends_the_list(void **state)
{
	(void)state;
	link_to(0x40, PM, 0x10);
	make();
	assert_string_equal(list(), "01 ");
}

static void a_capability_beyond_the_end_is_hidden(void **state)
{
	(void)state;
	put(BH_PCI_CAPABILITIES, 1, 0xf8);
	link_to(0xf8, MSIX, 0);
	make();
	assert_string_equal(list(), "");
	assert_int_equal(view.msix, 0);
}

static void capabilities_that_overlap_are_hidden(void **state)
{
	(void)state;
	link_to(0x40, MSI, 0x44);
	link_to(0x44, PM, 0);
	make();
	assert_string_equal(list(), "05 ");
}

static void a_second_of_a_kind_is_hidden(void **state)
{
	(void)state;
	link_to(0x40, PM, 0x60);
	link_to(0x60, PM, 0);
	make();
	assert_string_equal(list(), "01 ");
}

static void a_vendors_length_does_not_cover_what_is_ours(void **state)
{
	(void)state;
	link_to(0x40, VENDOR, 0x50);
	put(0x42, 1, 0xff);
	link_to(0x50, MSI, 0);
	make();
	assert_string_equal(list(), "09 05 ");
	assert_true(view.write_through[0x4f]);
	for (unsigned i = 0x50; i < 0x100; i++)
		assert_false(view.write_through[i]);
}

static void the_links_are_never_the_devices(void **state)
{
	(void)state;
	link_to(0x40, VENDOR, 0);
	put(0x42, 1, 0x14);
	make();
	assert_false(view.read_through[0x40] || view.read_through[0x41]);
	assert_true(view.read_through[0x42] && view.read_through[0x53]);
	assert_false(view.read_through[0x54]);
}

static void power_states_do_nothing(void **state)
{
	(void)state;
	link_to(0x40, PM, 0);
	put(0x42, 2, 0xffc3);
	put(0x44, 2, 0x0003);
	make();
	assert_int_equal(seen(0x42, 2), 3); /* no PME, no D1, no D2 */
	assert_int_equal(seen(0x44, 2), 8); /* D0; nothing is lost */
	assert_int_equal(view.writable[0x44], 3);
	assert_false(view.write_through[0x44]);
}

static void an_endpoint_is_one_of_the_root_complex(void **state)
{
	(void)state;
	link_to(0x40, EXPRESS, 0);
	put(0x42, 2, 0x0002);
	put(0x44, 4, 0x10008022);
	put(0x4c, 4, 0x00012345);
	make();
	assert_int_equal(seen(0x42, 2), 0x92);
	assert_int_equal(seen(0x44, 4), 0x10008022);
	assert_int_equal(seen(0x4c, 4), 0); /* no link */
}

static void a_reset_is_offered_when_the_host_can(void **state)
{
	(void)state;
	link_to(0x40, EXPRESS, 0);
	put(0x42, 2, 0x0002);
	put(0x44, 4, 0x10000000);
	facts.resettable = false;
	make();
	assert_int_equal(seen(0x44, 4), 0);
}

static void msi_is_as_much_as_the_host_gives(void **state)
{
	(void)state;
	link_to(0x40, MSI, 0);
	put(0x42, 2, 0x018a); /* 32 vectors, 64 bits, with masks */
	facts.msi = 4;
	make();
	assert_int_equal(seen(0x42, 2), 0x84);
	assert_true(view.msi_wide);
}

static void msix_is_as_much_as_we_have_room_for(void **state)
{
	(void)state;
	link_to(0x40, MSIX, 0);
	put(0x42, 2, 0x00ff);
	put(0x44, 4, 0x10000);
	put(0x48, 4, 0x11000);
	make();
	assert_int_equal(view.msix_count, 64);
	assert_int_equal(view.table.size, 0x1000); /* the device's whole table is trapped */
}

static void a_table_outside_its_window_hides_msix(void **state)
{
	(void)state;
	link_to(0x40, MSIX, 0);
	put(0x42, 2, 0x7ff);
	put(0x44, 4, 0x1fff8);
	make();
	assert_string_equal(list(), "");
	put(0x42, 2, 0);
	put(0x44, 4, 6); /* there is no BAR 6 */
	make();
	assert_string_equal(list(), "");
	put(0x44, 4, 0);
	put(0x48, 4, 4); /* I/O ports */
	make();
	assert_string_equal(list(), "");
}

static void without_an_its_there_are_no_messages(void **state)
{
	(void)state;
	link_to(0x40, MSI, 0x50);
	link_to(0x50, MSIX, 0);
	facts.messages = false;
	make();
	assert_string_equal(list(), "");
}

static void without_a_line_there_is_no_pin(void **state)
{
	(void)state;
	facts.line = false;
	make();
	assert_int_equal(seen(BH_PCI_INTERRUPT_PIN, 1), 0);
}

static void a_bridge_is_refused(void **state)
{
	(void)state;
	put(BH_PCI_HEADER, 1, 0x81);
	assert_string_equal(bh_pci_view_make(&view, &facts), "it is a bridge");
}

static void a_device_that_is_gone_is_refused(void **state)
{
	(void)state;
	memset(facts.raw, 0xff, sizeof(facts.raw));
	assert_string_equal(bh_pci_view_make(&view, &facts), "it does not answer");
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(identity_is_the_devices),
		TEST(memory_is_shown_and_ports_are_not),
		TEST(a_window_has_at_least_a_page),
		TEST(windows_that_cannot_be_are_not_shown),
		TEST(unknown_capabilities_are_skipped),
		TEST(a_list_that_goes_in_circles_ends),
		TEST(a_link_into_the_header_ends_the_list),
		TEST(a_capability_beyond_the_end_is_hidden),
		TEST(capabilities_that_overlap_are_hidden),
		TEST(a_second_of_a_kind_is_hidden),
		TEST(a_vendors_length_does_not_cover_what_is_ours),
		TEST(the_links_are_never_the_devices),
		TEST(power_states_do_nothing),
		TEST(an_endpoint_is_one_of_the_root_complex),
		TEST(a_reset_is_offered_when_the_host_can),
		TEST(msi_is_as_much_as_the_host_gives),
		TEST(msix_is_as_much_as_we_have_room_for),
		TEST(a_table_outside_its_window_hides_msix),
		TEST(without_an_its_there_are_no_messages),
		TEST(without_a_line_there_is_no_pin),
		TEST(a_bridge_is_refused),
		TEST(a_device_that_is_gone_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
