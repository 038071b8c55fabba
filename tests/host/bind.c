/* SPDX-License-Identifier: Apache-2.0 */
#include "host/bind.h"
#include "fake.h"
#include "host/bind_pci.h"
#include "test.h"

#include "base/alloc.h"
#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture {
	struct fake fake;
	struct bh_diags diags;
	struct bh_binding binding;
};

static const struct bh_bind_request trusted = {FAKE_ETH, BH_CONSENT_UNSAFE_DMA, NULL, 0};

static int begin(void **state)
{
	static struct fixture fixture;

	memset(&fixture, 0, sizeof(fixture));
	fake_init(&fixture.fake);
	bh_diags_init(&fixture.diags);
	*state = &fixture;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	bh_binding_finish(&f->binding);
	bh_diags_finish(&f->diags);
	fake_finish(&f->fake);
	return 0;
}

/* The bind fails with this code, and the device is where it was. */
static void fails(struct fixture *f, const struct bh_bind_request *request, const char *code)
{
	assert_false(bh_bind(&f->fake.sys, request, &f->binding, &f->diags));
	assert_int_equal(f->diags.errors, 1);
	assert_string_equal(f->diags.items[0].code, code);
	assert_non_null(f->diags.items[0].hint);
	assert_string_equal(fake_driver(&f->fake, FAKE_ETH), "mac");
}

static void forbid_unbind(struct fixture *f)
{
	char *unbind = bh_strf("%s/sys/bus/platform/drivers/mac/unbind", f->fake.root);

	assert_int_equal(unlink(unbind), 0);
	free(unbind);
}

static const char *text_of(struct fixture *f, const char *path)
{
	static char text[256];
	struct bh_buf buf;

	bh_buf_init(&buf);
	bh_sys_read(&f->fake.sys, &buf, "%s", path);
	strncpy(text, bh_buf_str(&buf), sizeof(text) - 1);
	bh_buf_finish(&buf);
	return text;
}

static void a_device_is_taken_and_given_back(void **state)
{
	struct fixture *f = *state;

	assert_true(bh_bind(&f->fake.sys, &trusted, &f->binding, &f->diags));
	assert_string_equal(fake_driver(&f->fake, FAKE_ETH), "bulkhead");
	assert_string_equal(f->binding.driver, "mac");
	assert_null(f->binding.module);
	assert_string_equal(text_of(f, "/sys/module/bulkhead/parameters/allow_unsafe_dma"),
			    FAKE_ETH);
	assert_true(bh_unbind(&f->fake.sys, &f->binding, &f->diags));
	assert_string_equal(fake_driver(&f->fake, FAKE_ETH), "mac");
	assert_int_equal(f->diags.count, 0);
}

static void consent_is_added_to_what_was_given_before(void **state)
{
	struct fixture *f = *state;

	assert_true(bh_module_ready(&f->fake.sys, &f->diags));
	fake_file(&f->fake, "other.eth\n", "/sys/module/bulkhead/parameters/allow_unsafe_dma");
	assert_true(bh_bind(&f->fake.sys, &trusted, &f->binding, &f->diags));
	assert_string_equal(text_of(f, "/sys/module/bulkhead/parameters/allow_unsafe_dma"),
			    "other.eth," FAKE_ETH);
}

static void an_unknown_device_gets_a_suggestion(void **state)
{
	struct fixture *f = *state;
	const struct bh_bind_request request = {"1000.etn", BH_CONSENT_NONE};

	fails(f, &request, "E1100");
	assert_non_null(strstr(f->diags.items[0].hint, FAKE_ETH));
}

static void a_name_with_a_path_is_no_device(void **state)
{
	const struct bh_bind_request request = {"../devices/" FAKE_ETH, BH_CONSENT_NONE};

	fails(*state, &request, "E1100");
}

static void a_device_without_iommu_needs_consent(void **state)
{
	const struct bh_bind_request request = {FAKE_ETH, BH_CONSENT_NONE};

	fails(*state, &request, "E1102");
}

static void a_device_behind_an_iommu_needs_no_consent(void **state)
{
	struct fixture *f = *state;
	const struct bh_bind_request request = {FAKE_ETH, BH_CONSENT_NONE};

	fake_file(&f->fake, "", "/sys/bus/platform/devices/" FAKE_ETH "/iommu_group");
	fake_file(&f->fake, "N\n",
		  "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts");
	assert_true(bh_bind(&f->fake.sys, &request, &f->binding, &f->diags));
	assert_string_equal(
		text_of(f, "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"), "Y");
	assert_int_equal(f->diags.count, 1);
	assert_string_equal(f->diags.items[0].code, "E1132");
}

static void a_device_with_an_msi_controller_leaves_vfio_as_it_is(void **state)
{
	struct fixture *f = *state;
	const struct bh_bind_request request = {FAKE_ETH, BH_CONSENT_NONE, NULL};

	fake_file(&f->fake, "", "/sys/bus/platform/devices/" FAKE_ETH "/iommu_group");
	fake_file(&f->fake, "", "/sys/firmware/devicetree/base/eth@1000/msi-parent");
	fake_file(&f->fake, "N\n",
		  "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts");
	assert_true(bh_bind(&f->fake.sys, &request, &f->binding, &f->diags));
	assert_string_equal(
		text_of(f, "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"), "N");
}

static void a_missing_module_is_an_error(void **state)
{
	struct fixture *f = *state;

	f->fake.has_module = false;
	fails(f, &trusted, "E1105");
}

static void a_module_of_another_version_is_an_error(void **state)
{
	struct fixture *f = *state;

	fake_file(&f->fake, "99\n", "/sys/module/bulkhead/version");
	fails(f, &trusted, "E1106");
}

static void a_refused_bind_puts_the_device_back(void **state)
{
	struct fixture *f = *state;

	f->fake.bind_error = -EBUSY;
	fails(f, &trusted, "E1104");
	assert_string_equal(text_of(f, "/sys/bus/platform/devices/" FAKE_ETH "/driver_override"),
			    "");
}

static void a_missing_supplier_is_loaded(void **state)
{
	struct fixture *f = *state;

	f->fake.defers = f->fake.efuse_module = true;
	assert_true(bh_bind(&f->fake.sys, &trusted, &f->binding, &f->diags));
	assert_string_equal(fake_driver(&f->fake, FAKE_EFUSE), "ocotp");
}

static void a_supplier_without_driver_is_named(void **state)
{
	struct fixture *f = *state;

	f->fake.defers = true;
	fails(f, &trusted, "E1103");
	assert_non_null(strstr(f->diags.items[0].cause, FAKE_EFUSE));
	assert_non_null(strstr(f->diags.items[0].cause, "nvmem-cells[0]"));
}

static void a_driver_that_cannot_be_unbound_is_unloaded_and_loaded_again(void **state)
{
	struct fixture *f = *state;

	forbid_unbind(f);
	assert_true(bh_bind(&f->fake.sys, &trusted, &f->binding, &f->diags));
	assert_string_equal(f->binding.module, "mac_module");
	assert_int_equal(f->fake.unloads, 1);
	assert_true(bh_unbind(&f->fake.sys, &f->binding, &f->diags));
	assert_string_equal(fake_driver(&f->fake, FAKE_ETH), "mac");
}

static void a_driver_that_does_not_let_go_is_an_error(void **state)
{
	struct fixture *f = *state;

	forbid_unbind(f);
	f->fake.module_busy = true;
	fails(f, &trusted, "E1101");
}

static void a_driver_with_other_devices_is_not_unloaded(void **state)
{
	struct fixture *f = *state;

	forbid_unbind(f);
	fake_give(&f->fake, FAKE_EFUSE, "mac");
	fails(f, &trusted, "E1101");
	assert_int_equal(f->fake.unloads, 0);
	assert_non_null(strstr(f->diags.items[0].cause, FAKE_EFUSE));
}

static void a_device_in_use_is_neither_taken_nor_given_back(void **state)
{
	struct fixture *f = *state;
	struct bh_binding again;

	assert_true(bh_bind(&f->fake.sys, &trusted, &f->binding, &f->diags));
	fake_file(&f->fake, "1\n", "/sys/bus/platform/devices/" FAKE_ETH "/in_use");
	assert_false(bh_bind(&f->fake.sys, &trusted, &again, &f->diags));
	assert_false(bh_unbind(&f->fake.sys, &f->binding, &f->diags));
	assert_int_equal(f->diags.errors, 2);
	assert_string_equal(f->diags.items[0].code, "E1107");
	assert_string_equal(f->diags.items[1].code, "E1107");
}

static void a_driver_that_does_not_come_back_is_reported(void **state)
{
	struct fixture *f = *state;

	assert_true(bh_bind(&f->fake.sys, &trusted, &f->binding, &f->diags));
	f->fake.driver_is_gone = true;
	assert_false(bh_unbind(&f->fake.sys, &f->binding, &f->diags));
	assert_string_equal(f->diags.items[0].code, "E1108");
}

static void what_stops_a_device_is_given_to_the_kernel(void **state)
{
	struct fixture *f = *state;
	const struct bh_bind_request request = {FAKE_ETH, BH_CONSENT_UNSAFE_DMA,
						"write 0 0x24 0x2 0x0"};

	assert_true(bh_bind(&f->fake.sys, &request, &f->binding, &f->diags));
	assert_string_equal(text_of(f, "/sys/bus/platform/devices/" FAKE_ETH "/quiesce"),
			    "write 0 0x24 0x2 0x0");
}

static void steps_that_the_kernel_refuses_put_the_device_back(void **state)
{
	struct fixture *f = *state;
	const struct bh_bind_request request = {FAKE_ETH, BH_CONSENT_UNSAFE_DMA,
						"write 9 0x0 0x1 0x0"};

	f->fake.quiesce_error = -EINVAL;
	fails(f, &request, "E1104");
	assert_non_null(strstr(f->diags.items[0].cause, "write 9"));
}

static void a_device_that_nothing_stops_is_taken_with_a_warning(void **state)
{
	struct fixture *f = *state;

	f->fake.has_reset = false;
	assert_true(bh_bind(&f->fake.sys, &trusted, &f->binding, &f->diags));
	assert_int_equal(f->diags.warnings, 1);
	assert_string_equal(f->diags.items[0].code, "E1131");
}

/* The interface of the controller; up. */
static void add_interface(struct fixture *f)
{
	fake_file(&f->fake, "", "/sys/bus/platform/devices/" FAKE_ETH "/net/end0/ifindex");
	fake_file(&f->fake, "0x1003\n", "/sys/class/net/end0/flags");
}

static void an_interface_that_is_up_goes_down_first_and_is_named(void **state)
{
	struct fixture *f = *state;

	add_interface(f);
	assert_true(bh_bind(&f->fake.sys, &trusted, &f->binding, &f->diags));
	assert_string_equal(text_of(f, "/sys/class/net/end0/flags"), "0x1002");
	assert_int_equal(f->diags.count, 1);
	assert_int_equal(f->diags.items[0].level, BH_NOTE);
	assert_string_equal(f->diags.items[0].code, "E1130");
	assert_non_null(strstr(f->diags.items[0].message, "end0"));
}

static void an_interface_that_is_down_is_left_alone(void **state)
{
	struct fixture *f = *state;

	add_interface(f);
	fake_file(&f->fake, "0x1002\n", "/sys/class/net/end0/flags");
	assert_true(bh_bind(&f->fake.sys, &trusted, &f->binding, &f->diags));
	assert_int_equal(f->diags.count, 0);
}

static void an_interface_goes_up_again_when_its_device_stays(void **state)
{
	struct fixture *f = *state;

	add_interface(f);
	f->fake.bind_error = -EBUSY;
	assert_false(bh_bind(&f->fake.sys, &trusted, &f->binding, &f->diags));
	assert_string_equal(text_of(f, "/sys/class/net/end0/flags"), "0x1003");
	forbid_unbind(f);
	f->fake.module_busy = true;
	assert_false(bh_bind(&f->fake.sys, &trusted, &f->binding, &f->diags));
	assert_string_equal(text_of(f, "/sys/class/net/end0/flags"), "0x1003");
}

static void a_list_is_bound_as_a_whole_or_not_at_all(void **state)
{
	struct fixture *f = *state;
	const struct bh_bind_request requests[] = {
		trusted, {FAKE_EFUSE, BH_CONSENT_NO_DMA}, {"none.such", BH_CONSENT_NO_DMA}};
	struct bh_bindings bindings;

	assert_false(bh_bind_all(&f->fake.sys, requests, 3, &bindings, &f->diags));
	assert_int_equal(bindings.count, 0);
	assert_string_equal(fake_driver(&f->fake, FAKE_ETH), "mac");
	assert_string_equal(fake_driver(&f->fake, FAKE_EFUSE), "");
	assert_int_equal(f->diags.errors, 1);

	assert_true(bh_bind_all(&f->fake.sys, requests, 2, &bindings, &f->diags));
	assert_int_equal(bindings.count, 2);
	assert_string_equal(fake_driver(&f->fake, FAKE_EFUSE), "bulkhead");
	bh_bindings_finish(&bindings);
}

static void what_was_bound_before_survives_a_failed_list(void **state)
{
	struct fixture *f = *state;
	const struct bh_bind_request requests[] = {trusted, {"none.such", BH_CONSENT_NO_DMA}};
	struct bh_bindings bindings;

	assert_true(bh_bind(&f->fake.sys, &trusted, &f->binding, &f->diags));
	assert_false(bh_bind_all(&f->fake.sys, requests, 2, &bindings, &f->diags));
	assert_string_equal(fake_driver(&f->fake, FAKE_ETH), "bulkhead");
}

static void a_list_is_remembered(void **state)
{
	const char *text = "1000.eth platform mac -\n2000.x amba - -\n3000.y platform fec fec\n";
	struct bh_bindings bindings;
	struct bh_buf written;

	(void)state;
	bh_bindings_read(&bindings, text);
	assert_int_equal(bindings.count, 3);
	assert_null(bindings.items[1].driver);
	assert_string_equal(bindings.items[2].module, "fec");
	bh_buf_init(&written);
	bh_bindings_write(&bindings, &written);
	assert_string_equal(bh_buf_str(&written), text);
	bh_buf_finish(&written);
	bh_bindings_finish(&bindings);
}

static void a_damaged_list_ends_where_it_is_damaged(void **state)
{
	static const char *const texts[] = {
		"a platform b -\n../etc platform b -\n", "a platform b -\nc usb d -\n",
		"a platform b -\nc platform d\n",        "a platform b -\nc platform d - e\n",
		"a platform b -\nc platform ../x -\n",   "a platform b -\nc  platform d -\n",
	};
	struct bh_bindings bindings;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		bh_bindings_read(&bindings, texts[i]);
		assert_int_equal(bindings.count, 1);
		bh_bindings_finish(&bindings);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

static const struct bh_bind_request nic = {.device = FAKE_NIC, .id = 0x808610d3};

static void a_pci_function_goes_to_vfio_and_back(void **state)
{
	struct fixture *f = *state;

	assert_true(bh_bind(&f->fake.sys, &nic, &f->binding, &f->diags));
	assert_string_equal(fake_driver(&f->fake, FAKE_NIC), "vfio-pci");
	assert_string_equal(f->binding.bus, "pci");
	assert_string_equal(f->binding.driver, "nic");
	assert_true(bh_unbind(&f->fake.sys, &f->binding, &f->diags));
	assert_string_equal(fake_driver(&f->fake, FAKE_NIC), "nic");
}

/* The bind fails with this code, and the function is where it was. */
static void nic_fails(struct fixture *f, const struct bh_bind_request *request, const char *code)
{
	assert_false(bh_bind(&f->fake.sys, request, &f->binding, &f->diags));
	assert_int_equal(f->diags.errors, 1);
	assert_string_equal(f->diags.items[0].code, code);
	assert_non_null(f->diags.items[0].hint);
	assert_string_equal(fake_driver(&f->fake, FAKE_NIC), "nic");
}

static void another_card_than_planned_stays_where_it_is(void **state)
{
	const struct bh_bind_request other = {.device = FAKE_NIC, .id = 0x808610c9};

	nic_fails(*state, &other, "E1134");
}

static void a_pci_function_without_an_iommu_stays_where_it_is(void **state)
{
	struct fixture *f = *state;
	char *link = bh_strf("%s/sys/bus/pci/devices/" FAKE_NIC "/iommu_group", f->fake.root);

	assert_int_equal(unlink(link), 0);
	free(link);
	nic_fails(f, &nic, "E1102");
}

static void a_kernel_without_vfio_pci_is_said(void **state)
{
	struct fixture *f = *state;

	f->fake.has_vfio_pci = false;
	nic_fails(f, &nic, "E1133");
}

static void an_absent_pci_function_is_said(void **state)
{
	const struct bh_bind_request absent = {.device = "0000:00:03.0"};

	nic_fails(*state, &absent, "E1100");
}

static void a_group_that_the_host_uses_too_is_not_given_away(void **state)
{
	struct fixture *f = *state;
	static struct bh_manifest manifest = {.functions = {{.host = FAKE_NIC}},
					      .function_count = 1};

	assert_true(bh_bind(&f->fake.sys, &nic, &f->binding, &f->diags));
	assert_false(bh_pci_groups_are_free(&f->fake.sys, &manifest, &f->diags));
	assert_string_equal(f->diags.items[0].code, "E1135");
	assert_non_null(strstr(f->diags.items[0].message, FAKE_NIC_2));
	fake_give(&f->fake, FAKE_NIC_2, NULL);
	assert_true(bh_pci_groups_are_free(&f->fake.sys, &manifest, &f->diags));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_device_is_taken_and_given_back),
		TEST(consent_is_added_to_what_was_given_before),
		TEST(an_unknown_device_gets_a_suggestion),
		TEST(a_name_with_a_path_is_no_device),
		TEST(a_device_without_iommu_needs_consent),
		TEST(a_device_behind_an_iommu_needs_no_consent),
		TEST(a_device_with_an_msi_controller_leaves_vfio_as_it_is),
		TEST(a_missing_module_is_an_error),
		TEST(a_module_of_another_version_is_an_error),
		TEST(a_refused_bind_puts_the_device_back),
		TEST(a_missing_supplier_is_loaded),
		TEST(a_supplier_without_driver_is_named),
		TEST(a_driver_that_cannot_be_unbound_is_unloaded_and_loaded_again),
		TEST(a_driver_that_does_not_let_go_is_an_error),
		TEST(a_driver_with_other_devices_is_not_unloaded),
		TEST(a_device_in_use_is_neither_taken_nor_given_back),
		TEST(a_driver_that_does_not_come_back_is_reported),
		TEST(what_stops_a_device_is_given_to_the_kernel),
		TEST(steps_that_the_kernel_refuses_put_the_device_back),
		TEST(a_device_that_nothing_stops_is_taken_with_a_warning),
		TEST(an_interface_that_is_up_goes_down_first_and_is_named),
		TEST(an_interface_that_is_down_is_left_alone),
		TEST(an_interface_goes_up_again_when_its_device_stays),
		TEST(a_list_is_bound_as_a_whole_or_not_at_all),
		TEST(what_was_bound_before_survives_a_failed_list),
		cmocka_unit_test(a_list_is_remembered),
		cmocka_unit_test(a_damaged_list_ends_where_it_is_damaged),
		TEST(a_pci_function_goes_to_vfio_and_back),
		TEST(another_card_than_planned_stays_where_it_is),
		TEST(a_pci_function_without_an_iommu_stays_where_it_is),
		TEST(a_kernel_without_vfio_pci_is_said),
		TEST(an_absent_pci_function_is_said),
		TEST(a_group_that_the_host_uses_too_is_not_given_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
