/* SPDX-License-Identifier: Apache-2.0 */
/* An assigned PCI function on the guest's bus, over a VFIO that is played. */
#include "vmm/vfio/vfio.h"

#include "test.h"
#include "vmm/fake_hv.h"
#include "vmm/played_pci.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	CONFIG = 0x30000000,
	SLOT = 3,
	WINDOW = 0x10000000,
	HIGH = 0x40000000,
	LINE = 36 + 3, /* INTA of slot 3 */
};
enum { EXPRESS = 0x40, MSI = 0x80, MSIX = 0x90, VENDOR = 0xa0 };
enum { INTX_INDEX, MSI_INDEX, MSIX_INDEX, ERROR_INDEX, REQUEST_INDEX };

static struct fake_hv hv;
static struct bh_ram ram;
static struct bh_log quiet;
static struct bh_vfio vfio;
static struct bh_diags diags;
static struct bh_bus bus;
static struct bh_pci_host host;
static struct bh_loop loop;
static struct bh_manifest manifest;
static int lost; /* -1: not; else whether by an error */

static void on_lost(void *owner, bool error)
{
	(void)owner;
	lost = error;
}

static void play(void)
{
	played_pci_init();
	played.resettable = true;
	played.sizes[0] = 0x20000;
	played.sizes[1] = 0x4000;
	played.sizes[2] = 0x10000;
	played.irqs[INTX_INDEX] = 1;
	played.irqs[MSI_INDEX] = 4;
	played.irqs[MSIX_INDEX] = 3;
	played.irqs[ERROR_INDEX] = played.irqs[REQUEST_INDEX] = 1;
	played_pci_put(0x00, 4, 0x10d38086);
	played_pci_put(0x06, 2, 0x10);
	played_pci_put(0x18, 4, 0xc); /* BAR 2: 64 bits, prefetchable */
	played_pci_put(0x34, 1, EXPRESS);
	played_pci_put(0x3d, 1, 1);
	played_pci_put(EXPRESS, 4, 0x00020000u | MSI << 8 | 0x10);
	played_pci_put(EXPRESS + 8, 2, 0x2810);
	played_pci_put(MSI, 4, 0x00840000u | MSIX << 8 | 0x05);
	/* Three vectors; the table in BAR 1 at 0x1000, the pending bits at 0x2800. */
	played_pci_put(MSIX, 4, 0x00020000u | VENDOR << 8 | 0x11);
	played_pci_put(MSIX + 4, 4, 0x1001);
	played_pci_put(MSIX + 8, 4, 0x2801);
	played_pci_put(VENDOR, 4, 0x00100009);
}

static int set_up(void **state)
{
	(void)state;
	play();
	lost = -1;
	fake_hv_init(&hv);
	memset(&bus, 0, sizeof(bus));
	memset(&diags, 0, sizeof(diags));
	ram = (struct bh_ram){.guest = {0x80000000, 0x1000}, .fd = -1};
	quiet = (struct bh_log){.fd = -1, .name = "test"};
	manifest = (struct bh_manifest){
		.gic.has_its = true,
		.pci = {.present = true,
			.config = {CONFIG},
			.window32 = {WINDOW, 0x100000},
			.window64 = {HIGH, 0x100000},
			.intx = {36, 37, 38, 39}},
		.functions = {{.host = "0000:00:02.0", .id = 0x808610d3, .slot = SLOT}},
		.function_count = 1,
	};
	return bh_loop_init(&loop);
}

static int tear_down(void **state)
{
	(void)state;
	bh_vfio_finish(&vfio);
	bh_loop_finish(&loop);
	played_pci_finish();
	assert_true(fake_hv_is_clean(&hv));
	assert_int_equal(bus.count, 0);
	bh_diags_finish(&diags);
	return 0;
}

static bool init(void)
{
	const struct bh_vfio_keeper keeper = {&loop, on_lost, NULL};

	bh_pci_host_init(&host, &manifest.pci, &bus);
	return bh_vfio_init(&vfio, &manifest, &hv.hv, &ram, &quiet, &diags) &&
	       bh_vfio_plug(&vfio, &host, &manifest, &keeper, &diags);
}

static void expect(const char *code)
{
	assert_false(init());
	assert_int_equal(diags.count, 1);
	assert_string_equal(diags.items[0].code, code);
}

static uint32_t read_config(unsigned offset, unsigned size)
{
	uint32_t at = SLOT << 15 | offset;

	return (uint32_t)(bh_pci_config_ops.read(&host, at, size) &
			  (size == 4 ? UINT32_MAX : (1u << (8 * size)) - 1));
}

static void write_config(unsigned offset, unsigned size, uint32_t value)
{
	bh_pci_config_ops.write(&host, SLOT << 15 | offset, size, value);
}

/* As a driver does: windows, then memory and bus master on. */
static void enable(void)
{
	write_config(0x10, 4, WINDOW);
	write_config(0x14, 4, WINDOW + 0x20000);
	write_config(0x18, 4, HIGH);
	write_config(0x1c, 4, 0);
	write_config(0x04, 2, 6);
}

static uint64_t read_bar1(uint64_t offset, unsigned size)
{
	uint64_t value;

	assert_true(bh_bus_read(&bus, WINDOW + 0x20000 + offset, size, &value));
	return value;
}

static void write_bar1(uint64_t offset, unsigned size, uint64_t value)
{
	assert_true(bh_bus_write(&bus, WINDOW + 0x20000 + offset, size, value));
}

static void signal_to(int fd)
{
	uint64_t one = 1;

	assert_int_equal(write(fd, &one, sizeof(one)), sizeof(one));
}

static void it_is_reset_before_the_guest_has_it(void **state)
{
	(void)state;
	played_pci_put(0x04, 2, 7);
	assert_true(init());
	assert_int_equal(played.resets, 1);
	assert_int_equal(played_pci_get(0x04, 2), 0);
}

static void it_is_quiet_and_reset_when_given_back(void **state)
{
	(void)state;
	assert_true(init());
	enable();
	bh_vfio_finish(&vfio);
	assert_int_equal(played.resets, 2);
	assert_int_equal(played_pci_get(0x04, 2), 0);
}

static void windows_are_the_guests_where_it_puts_them(void **state)
{
	(void)state;
	assert_true(init());
	assert_int_equal(hv.mapped, 0);
	enable();
	assert_int_equal(played_pci_get(0x04, 2), 6); /* the device decodes, too */
	/* BAR 0 whole, BAR 1 around two pages, BAR 2 whole. */
	assert_int_equal(hv.mapped, 4);
	write_config(0x04, 2, 0);
	assert_int_equal(hv.mapped, 0);
	assert_int_equal(played_pci_get(0x04, 2), 0);
}

static void a_window_outside_the_buss_is_nowhere(void **state)
{
	(void)state;
	assert_true(init());
	write_config(0x10, 4, 0x80000000);
	write_config(0x18, 4, 0xfff00000);
	write_config(0x1c, 4, 0xffffffff);
	write_config(0x04, 2, 6);
	assert_int_equal(hv.mapped, 0);
	assert_int_equal(bus.count, 0);
}

static void two_windows_at_one_place_are_one(void **state)
{
	(void)state;
	assert_true(init());
	write_config(0x10, 4, WINDOW);
	write_config(0x14, 4, WINDOW + 0x4000);
	write_config(0x04, 2, 6);
	assert_int_equal(bus.count, 1);
	assert_int_equal(hv.mapped, 1);
}

static void a_windows_size_is_found_by_writing_ones(void **state)
{
	(void)state;
	assert_true(init());
	write_config(0x10, 4, UINT32_MAX);
	assert_int_equal(read_config(0x10, 4), 0xfffe0000);
	write_config(0x18, 4, UINT32_MAX);
	write_config(0x1c, 4, UINT32_MAX);
	assert_int_equal(read_config(0x18, 4), 0xffff000c);
	assert_int_equal(read_config(0x1c, 4), UINT32_MAX);
}

static void only_what_the_host_lets_be_mapped_is(void **state)
{
	(void)state;
	played.sparse_offset = 0x4000;
	played.sparse_size = 0x2000;
	assert_true(init());
	enable();
	assert_int_equal(hv.mapped, 4);
	assert_int_equal(vfio.functions[0].windows[0].areas[0].offset, 0x4000);
	assert_int_equal(vfio.functions[0].windows[0].areas[0].size, 0x2000);
}

static void what_is_not_mapped_is_read_from_the_device(void **state)
{
	(void)state;
	assert_true(init());
	enable();
	played_pci_put_bar(1, 0x2c00, 0x12345678);
	assert_int_equal(read_bar1(0x2c00, 4), 0x12345678);
	write_bar1(0x2c04, 4, 0xabcd);
	assert_int_equal(played_pci_get_bar(1, 0x2c04), 0xabcd);
}

static void the_devices_table_is_out_of_reach(void **state)
{
	(void)state;
	assert_true(init());
	enable();
	write_bar1(0x1000, 4, 0xfee00000);
	write_bar1(0x1008, 4, 5);
	assert_int_equal(played_pci_get_bar(1, 0x1000), 0);
	assert_int_equal(read_bar1(0x1000, 4), 0xfee00000);
	/* An access across its first byte neither. */
	write_bar1(0xffc, 8, UINT64_MAX);
	assert_int_equal(played_pci_get_bar(1, 0xffc), 0);
}

static void messages_reach_the_guest_by_its_own_table(void **state)
{
	(void)state;
	assert_true(init());
	enable();
	write_config(MSIX + 2, 2, 0x8000);
	assert_int_equal(played.trigger_count[MSIX_INDEX], 3);
	write_bar1(0x1010, 4, 0x8080040);
	write_bar1(0x1018, 4, 9);
	signal_to(played.triggers[MSIX_INDEX][1]);
	assert_int_equal(fake_hv_messages(&hv, vfio.functions[0].msix.first + 1), 0); /* masked */
	assert_int_equal(read_bar1(0x2800, 4), 2);                                    /* pending */
	write_bar1(0x101c, 4, 0);
	assert_int_equal(fake_hv_messages(&hv, vfio.functions[0].msix.first + 1), 1);
	assert_int_equal(hv.msi[vfio.functions[0].msix.first + 1].data, 9);
	assert_int_equal(hv.msi[vfio.functions[0].msix.first + 1].device, SLOT << 3);
}

static void msi_has_as_many_messages_as_enabled(void **state)
{
	(void)state;
	assert_true(init());
	enable();
	write_config(MSI + 4, 4, 0x8080040);
	write_config(MSI + 12, 2, 8);
	played.order[0] = '\0';
	write_config(MSI + 2, 2, 0x11); /* two */
	assert_string_equal(played.order, "INTX- MSI+2 ");
	signal_to(played.triggers[MSI_INDEX][1]);
	assert_int_equal(fake_hv_messages(&hv, vfio.functions[0].msi_first + 1), 1);
	assert_int_equal(hv.msi[vfio.functions[0].msi_first + 1].data, 9);
	/* Another address: no interrupt is lost on the way. */
	played.order[0] = '\0';
	write_config(MSI + 4, 4, 0x8090040);
	assert_string_equal(played.order, "");
	assert_int_equal(hv.msi[vfio.functions[0].msi_first].address, 0x8090040);
	write_config(MSI + 2, 2, 0);
	assert_string_equal(played.order, "MSI- INTX+1 UNMASK ");
}

static void one_kind_of_interrupt_at_a_time(void **state)
{
	(void)state;
	assert_true(init());
	played.order[0] = '\0';
	write_config(0x04, 2, 6);
	assert_string_equal(played.order, "INTX+1 UNMASK ");
	assert_true(hv.irq_fd[LINE] >= 0 && hv.resample_fd[LINE] >= 0);
	write_config(MSIX + 2, 2, 0x8000);
	write_config(0x04, 2, 0x406);
	write_config(MSIX + 2, 2, 0);
	assert_string_equal(played.order, "INTX+1 UNMASK INTX- MSIX+3 MSIX- ");
	assert_int_equal(hv.irq_fd[LINE], -1);
}

static void what_the_host_refuses_is_asked_for_once(void **state)
{
	(void)state;
	assert_true(init());
	played.irq_error = EBUSY;
	write_config(0x04, 2, 6);
	played.irq_error = 0;
	played.order[0] = '\0';
	write_config(0x3c, 1, 5);
	assert_string_equal(played.order, "");
	assert_int_equal(hv.irq_fd[LINE], -1);
	write_config(MSIX + 2, 2, 0x8000);
	assert_string_equal(played.order, "MSIX+3 ");
}

static void the_guest_can_reset_it(void **state)
{
	(void)state;
	assert_true(init());
	enable();
	write_config(MSIX + 2, 2, 0x8000);
	write_config(EXPRESS + 8, 2, 0xa810);
	assert_int_equal(played.resets, 2);
	assert_int_equal(read_config(EXPRESS + 8, 2), 0x2810);
	assert_int_equal(read_config(0x04, 2), 0);
	assert_int_equal(read_config(0x10, 4), 0);
	assert_int_equal(read_config(0x18, 4), 0xc);
	assert_int_equal(read_config(MSIX + 2, 2), 2);
	assert_int_equal(hv.mapped, 0);
	assert_int_equal(played.trigger_count[MSIX_INDEX], 0);
}

static void it_snoops(void **state)
{
	(void)state;
	assert_true(init());
	assert_int_equal(played_pci_get(EXPRESS + 8, 2), 0x2010);
	enable();
	write_config(EXPRESS + 8, 2, 0x2810);
	assert_int_equal(played_pci_get(EXPRESS + 8, 2), 0x2010);
}

static void vendors_registers_are_the_devices(void **state)
{
	(void)state;
	assert_true(init());
	write_config(VENDOR + 4, 4, 0xdeadbeef);
	assert_int_equal(played_pci_get(VENDOR + 4, 4), 0xdeadbeef);
	played_pci_put(VENDOR + 8, 4, 0x1234);
	assert_int_equal(read_config(VENDOR + 8, 4), 0x1234);
	/* An access that is partly ours: the link stays. */
	write_config(VENDOR, 4, 0xffffffff);
	assert_int_equal(read_config(VENDOR, 4), 0xffff0009);
}

static void without_a_reset_of_its_own_the_bus_is_reset(void **state)
{
	(void)state;
	played.resettable = false;
	played.bus_resettable = true;
	assert_true(init());
	assert_int_equal(played.bus_resets, 1);
}

static void a_bus_that_others_use_is_not_reset(void **state)
{
	(void)state;
	played.resettable = false;
	played.bus_resettable = true;
	played.bus_groups = 2;
	assert_true(init());
	assert_int_equal(played.bus_resets, 0);
}

static void the_hosts_error_ends_the_vm(void **state)
{
	(void)state;
	assert_true(init());
	signal_to(played.triggers[ERROR_INDEX][0]);
	bh_loop_poll(&loop);
	assert_int_equal(lost, true);
}

static void the_hosts_wish_to_have_it_back_ends_the_vm(void **state)
{
	(void)state;
	assert_true(init());
	signal_to(played.triggers[REQUEST_INDEX][0]);
	bh_loop_poll(&loop);
	assert_int_equal(lost, false);
}

static void another_card_is_refused(void **state)
{
	(void)state;
	played_pci_put(0x02, 2, 0x10c9);
	expect("E1056");
}

static void a_bridge_is_refused(void **state)
{
	(void)state;
	played_pci_put(0x0e, 1, 1);
	expect("E1057");
}

static void another_vfio_driver_is_refused(void **state)
{
	(void)state;
	played.device_flags_error = ENOTTY;
	expect("E1057");
}

static void windows_without_room_are_refused(void **state)
{
	(void)state;
	manifest.pci.window32.size = 0x20000;
	expect("E1058");
}

static void too_many_messages_are_refused(void **state)
{
	(void)state;
	hv.hv.msi_count = BH_HV_MSI_MAX - 1;
	expect("E1055");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_reset_before_the_guest_has_it),
		TEST(it_is_quiet_and_reset_when_given_back),
		TEST(windows_are_the_guests_where_it_puts_them),
		TEST(a_window_outside_the_buss_is_nowhere),
		TEST(two_windows_at_one_place_are_one),
		TEST(a_windows_size_is_found_by_writing_ones),
		TEST(only_what_the_host_lets_be_mapped_is),
		TEST(what_is_not_mapped_is_read_from_the_device),
		TEST(the_devices_table_is_out_of_reach),
		TEST(messages_reach_the_guest_by_its_own_table),
		TEST(msi_has_as_many_messages_as_enabled),
		TEST(one_kind_of_interrupt_at_a_time),
		TEST(what_the_host_refuses_is_asked_for_once),
		TEST(the_guest_can_reset_it),
		TEST(it_snoops),
		TEST(vendors_registers_are_the_devices),
		TEST(without_a_reset_of_its_own_the_bus_is_reset),
		TEST(a_bus_that_others_use_is_not_reset),
		TEST(the_hosts_error_ends_the_vm),
		TEST(the_hosts_wish_to_have_it_back_ends_the_vm),
		TEST(another_card_is_refused),
		TEST(a_bridge_is_refused),
		TEST(another_vfio_driver_is_refused),
		TEST(windows_without_room_are_refused),
		TEST(too_many_messages_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
