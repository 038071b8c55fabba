/* SPDX-License-Identifier: Apache-2.0 */
#include "host/usb.h"
#include "fake.h"
#include "test.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A keyboard at 1-1.2, on a controller in PCI slot 3, and the controller's own hub. */
struct fixture {
	struct fake fake;
	struct bh_manifest *manifest;
	struct bh_usb_device device;
};

#define HUB "devices/pci0000:00/0000:00:03.0/usb1"

static void put(struct fixture *f, const char *file, const char *text)
{
	char *path = bh_strf("/sys/" HUB "/1-1/1-1.2/%s", file);

	fake_file(&f->fake, text, path);
	free(path);
}

static void point(struct fixture *f, const char *name, const char *to)
{
	char *link = bh_strf("%s/sys/bus/usb/devices/%s", f->fake.root, name);
	char *target = bh_strf("../../../" HUB "%s", to);

	assert_int_equal(symlink(target, link), 0);
	free(target);
	free(link);
}

static int begin(void **state)
{
	struct fixture *f = bh_alloc(sizeof(*f));

	fake_init(&f->fake);
	put(f, "idVendor", "046d\n");
	put(f, "idProduct", "c31c\n");
	put(f, "bDeviceClass", "00\n");
	put(f, "bDeviceSubClass", "00\n");
	put(f, "bDeviceProtocol", "00\n");
	put(f, "1-1.2:1.0/bInterfaceClass", "03\n");
	put(f, "1-1.2:1.0/bInterfaceSubClass", "01\n");
	put(f, "1-1.2:1.0/bInterfaceProtocol", "02\n");
	fake_file(&f->fake, "", "/sys/bus/usb/devices/.made");
	point(f, "1-1.2", "/1-1/1-1.2");
	point(f, "1-1.2:1.0", "/1-1/1-1.2/1-1.2:1.0");
	point(f, "usb1", "");
	f->manifest = bh_alloc(sizeof(*f->manifest));
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	free(f->manifest);
	fake_finish(&f->fake);
	free(f);
	return 0;
}

static bool wants(struct fixture *f, struct bh_manifest_usb rule)
{
	assert_true(bh_usb_read(&f->fake.sys, "1-1.2", &f->device));
	f->manifest->usb[0] = rule;
	f->manifest->usb_count = 1;
	return bh_usb_is_wanted(f->manifest, &f->device);
}

static void devices_are_listed_without_hubs_and_interfaces(void **state)
{
	struct fixture *f = *state;
	struct bh_names ports;

	bh_usb_list(&f->fake.sys, &ports);
	assert_int_equal(ports.count, 1);
	assert_string_equal(ports.items[0], "1-1.2");
	bh_names_finish(&ports);
}

static void the_controller_is_named(void **state)
{
	struct fixture *f = *state;

	assert_true(bh_usb_read(&f->fake.sys, "1-1.2", &f->device));
	assert_string_equal(f->device.controller, "0000:00:03.0");
	assert_int_equal(f->device.vendor, 0x046d);
	assert_int_equal(f->device.product, 0xc31c);
}

/* As of a controller in a device tree. */
static void a_device_that_a_driver_made_is_no_controller(void **state)
{
	struct fixture *f = *state;
	const char *device =
		"/sys/devices/platform/32f10100.usb/38100000.usb/xhci-hcd.0.auto/usb2/2-1";
	char *vendor = bh_strf("%s/idVendor", device), *product = bh_strf("%s/idProduct", device);
	char *link = bh_strf("%s/sys/bus/usb/devices/2-1", f->fake.root);
	char *target = bh_strf("../../../%s", device + strlen("/sys/"));

	fake_file(&f->fake, "1\n", vendor);
	fake_file(&f->fake, "2\n", product);
	assert_int_equal(symlink(target, link), 0);
	assert_true(bh_usb_read(&f->fake.sys, "2-1", &f->device));
	assert_string_equal(f->device.controller, "38100000.usb");
	free(target);
	free(link);
	free(product);
	free(vendor);
}

static void a_device_that_is_gone_is_none(void **state)
{
	struct fixture *f = *state;

	assert_false(bh_usb_read(&f->fake.sys, "1-9", &f->device));
}

static void rules_match_by_vendor_and_product(void **state)
{
	struct fixture *f = *state;

	assert_true(wants(f, (struct bh_manifest_usb){.device = "046d:c31c", .allow = true}));
	assert_true(wants(f, (struct bh_manifest_usb){.device = "046D:*", .allow = true}));
	assert_false(wants(f, (struct bh_manifest_usb){.device = "046d:c31d", .allow = true}));
	assert_false(wants(f, (struct bh_manifest_usb){.device = "046e:*", .allow = true}));
}

static void rules_match_by_the_class_of_an_interface(void **state)
{
	struct fixture *f = *state;

	assert_true(wants(f, (struct bh_manifest_usb){.class = "hid", .allow = true}));
	assert_true(wants(f, (struct bh_manifest_usb){.class = "03", .allow = true}));
	assert_true(wants(f, (struct bh_manifest_usb){.class = "03:01:02", .allow = true}));
	assert_false(wants(f, (struct bh_manifest_usb){.class = "03:01:01", .allow = true}));
	assert_false(wants(f, (struct bh_manifest_usb){.class = "storage", .allow = true}));
}

static void rules_match_by_port(void **state)
{
	struct fixture *f = *state;

	assert_true(wants(f, (struct bh_manifest_usb){.port = "1-1.2", .allow = true}));
	assert_false(wants(f, (struct bh_manifest_usb){.port = "1-1", .allow = true}));
}

static void all_that_is_written_must_match_and_the_first_rule_decides(void **state)
{
	struct fixture *f = *state;

	assert_false(
		wants(f, (struct bh_manifest_usb){.class = "hid", .port = "1-3", .allow = true}));
	assert_false(wants(f, (struct bh_manifest_usb){.class = "hid", .allow = false}));
	f->manifest->usb[1] = (struct bh_manifest_usb){.device = "046d:*", .allow = true};
	f->manifest->usb_count = 2;
	assert_false(bh_usb_is_wanted(f->manifest, &f->device));
	f->manifest->usb_count = 0;
	assert_false(bh_usb_is_wanted(f->manifest, &f->device));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(devices_are_listed_without_hubs_and_interfaces),
		TEST(the_controller_is_named),
		TEST(a_device_that_a_driver_made_is_no_controller),
		TEST(a_device_that_is_gone_is_none),
		TEST(rules_match_by_vendor_and_product),
		TEST(rules_match_by_the_class_of_an_interface),
		TEST(rules_match_by_port),
		TEST(all_that_is_written_must_match_and_the_first_rule_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
