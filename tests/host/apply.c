/* SPDX-License-Identifier: Apache-2.0 */
#include "host/apply.h"
#include "fake.h"
#include "host/run.h"
#include "machine/fixture.h"
#include "test.h"

#include "base/alloc.h"
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIRECT_NODE "/sys/firmware/devicetree/base/reserved-memory/vm-net@80000000/reg"

static const char *vmm; /* the stand-in for bulkhead-vmm, from the command line */

/* Two VMs: "net" owns the Ethernet controller, "app" owns nothing. */
struct fixture {
	struct fake fake;
	struct bh_diags diags;
	char run[128];
	struct bh_manifest manifests[2];
	struct bh_buf blobs[2];
	char trees[2][65536];
	struct bh_wanted wanted[2];
	struct bh_apply apply;
};

static void write_manifest(struct fixture *f, size_t i, const char *mood)
{
	f->manifests[i].kernel = mood;
	bh_buf_clear(&f->blobs[i]);
	assert_true(bh_manifest_write(&f->manifests[i], &f->blobs[i], &f->diags));
	f->wanted[i] = (struct bh_wanted){.manifest = &f->manifests[i],
					  .blob = f->blobs[i].data,
					  .size = f->blobs[i].length,
					  .start = true};
}

static int begin(void **state)
{
	struct fixture *f = bh_alloc(sizeof(*f));

	fake_init(&f->fake);
	bh_diags_init(&f->diags);
	snprintf(f->run, sizeof(f->run), "%s/run", f->fake.root);
	for (size_t i = 0; i < 2; i++) {
		bh_buf_init(&f->blobs[i]);
		fixture_manifest(&f->manifests[i], f->trees[i], sizeof(f->trees[i]));
		fixture_alone(&f->manifests[i]);
	}
	f->manifests[0].vm = "net";
	f->manifests[0].devices[0].name = FAKE_ETH;
	f->manifests[0].functions[0].host = FAKE_NIC;
	f->manifests[0].functions[1].host = FAKE_NIC_2;
	f->manifests[0].function_count = 2;
	f->manifests[1].vm = "app";
	f->manifests[1].function_count = 0;
	f->manifests[1].device_count = 0;
	f->manifests[1].scmi.present = false;
	f->manifests[1].scmi.clock_count = f->manifests[1].scmi.reset_count = 0;
	f->manifests[1].scmi.domain_count = 0;
	f->manifests[1].memory.kind = BH_MEMORY_ANONYMOUS;
	f->manifests[1].memory.region = NULL;
	f->manifests[0].memory.kind = BH_MEMORY_DIRECT;
	f->manifests[0].memory.region = "vm-net";
	write_manifest(f, 0, "runs");
	write_manifest(f, 1, "runs");
	fake_file(&f->fake, "", DIRECT_NODE);
	f->apply = (struct bh_apply){
		.sys = &f->fake.sys, .run = f->run, .vmm = vmm, .vms = f->wanted, .vm_count = 2};
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	f->apply.vm_count = 0;
	bh_apply_changes(&f->apply, NULL);
	for (size_t i = 0; i < 2; i++)
		bh_buf_finish(&f->blobs[i]);
	bh_diags_finish(&f->diags);
	fake_finish(&f->fake);
	free(f);
	return 0;
}

static pid_t pid_of(struct fixture *f, const char *vm)
{
	struct bh_vm_state state;

	bh_vm_state_read(f->run, vm, &state);
	return state.phase == BH_VM_RUNNING ? state.vmm : 0;
}

static size_t count_changes(struct fixture *f)
{
	struct bh_changes changes;

	bh_changes_find(&f->apply, &changes);
	size_t count = bh_changes_count(&changes);
	bh_changes_finish(&changes);
	return count;
}

/* The host is as it was before anything was applied. */
static void is_untouched(struct fixture *f)
{
	assert_int_equal(pid_of(f, "net"), 0);
	assert_int_equal(pid_of(f, "app"), 0);
	assert_string_equal(fake_driver(&f->fake, FAKE_ETH), "mac");
	assert_string_equal(fake_driver(&f->fake, FAKE_NIC), "nic");
	assert_string_equal(fake_driver(&f->fake, FAKE_NIC_2), "nic");
}

static void devices_are_taken_and_vms_started(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(count_changes(f), 5);
	assert_true(bh_apply_changes(&f->apply, &f->diags));
	assert_int_not_equal(pid_of(f, "net"), 0);
	assert_int_not_equal(pid_of(f, "app"), 0);
	assert_string_equal(fake_driver(&f->fake, FAKE_ETH), "bulkhead");
	assert_string_equal(fake_driver(&f->fake, FAKE_NIC), "vfio-pci");
	assert_int_equal(count_changes(f), 0);
	assert_int_equal(f->diags.count, 0);
}

static void applying_twice_changes_nothing(void **state)
{
	struct fixture *f = *state;

	assert_true(bh_apply_changes(&f->apply, &f->diags));
	pid_t net = pid_of(f, "net"), app = pid_of(f, "app");
	assert_true(bh_apply_changes(&f->apply, &f->diags));
	assert_int_equal(pid_of(f, "net"), net);
	assert_int_equal(pid_of(f, "app"), app);
}

static void nothing_wanted_gives_everything_back(void **state)
{
	struct fixture *f = *state;

	assert_true(bh_apply_changes(&f->apply, &f->diags));
	f->apply.vm_count = 0;
	assert_true(bh_apply_changes(&f->apply, &f->diags));
	is_untouched(f);
	assert_int_equal(count_changes(f), 0);
}

static void only_a_changed_vm_is_started_anew(void **state)
{
	struct fixture *f = *state;

	assert_true(bh_apply_changes(&f->apply, &f->diags));
	pid_t net = pid_of(f, "net"), app = pid_of(f, "app");
	f->manifests[1].vcpus++;
	write_manifest(f, 1, "runs");
	assert_true(bh_apply_changes(&f->apply, &f->diags));
	assert_int_equal(pid_of(f, "net"), net);
	assert_int_not_equal(pid_of(f, "app"), app);
	assert_int_not_equal(pid_of(f, "app"), 0);
}

static void a_vm_that_does_not_start_undoes_the_others(void **state)
{
	struct fixture *f = *state;

	write_manifest(f, 1, "fails");
	assert_false(bh_apply_changes(&f->apply, &f->diags));
	assert_string_equal(f->diags.items[0].code, "E1115");
	is_untouched(f);
}

static void a_change_that_fails_leaves_the_old_vm_running(void **state)
{
	struct fixture *f = *state;

	assert_true(bh_apply_changes(&f->apply, &f->diags));
	write_manifest(f, 0, "fails");
	assert_false(bh_apply_changes(&f->apply, &f->diags));
	assert_int_equal(f->diags.errors, 1);
	assert_int_not_equal(pid_of(f, "net"), 0);
	assert_int_not_equal(pid_of(f, "app"), 0);
	assert_string_equal(fake_driver(&f->fake, FAKE_ETH), "bulkhead");
	write_manifest(f, 0, "runs");
	assert_int_equal(count_changes(f), 0);
}

static void a_device_that_cannot_be_taken_starts_no_vm(void **state)
{
	struct fixture *f = *state;

	f->fake.bind_error = -16;
	assert_false(bh_apply_changes(&f->apply, &f->diags));
	assert_string_equal(f->diags.items[0].code, "E1104");
	is_untouched(f);
}

static void memory_that_is_not_set_aside_is_found_before_anything_is_done(void **state)
{
	struct fixture *f = *state;

	f->manifests[0].memory.region = "vm-other";
	write_manifest(f, 0, "runs");
	assert_false(bh_apply_changes(&f->apply, &f->diags));
	assert_string_equal(f->diags.items[0].code, "E1121");
	assert_non_null(strstr(f->diags.items[0].cause, "vm-other"));
	is_untouched(f);
}

static void a_vm_that_is_not_to_start_by_itself_has_its_devices_and_a_manifest(void **state)
{
	struct fixture *f = *state;
	char *kept = bh_strf("%s/plan/net", f->run);

	f->wanted[0].start = false;
	assert_true(bh_apply_changes(&f->apply, &f->diags));
	assert_int_equal(pid_of(f, "net"), 0);
	assert_string_equal(fake_driver(&f->fake, FAKE_ETH), "bulkhead");
	assert_true(bh_path_exists(kept));
	free(kept);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(devices_are_taken_and_vms_started),
		TEST(applying_twice_changes_nothing),
		TEST(nothing_wanted_gives_everything_back),
		TEST(only_a_changed_vm_is_started_anew),
		TEST(a_vm_that_does_not_start_undoes_the_others),
		TEST(a_change_that_fails_leaves_the_old_vm_running),
		TEST(a_device_that_cannot_be_taken_starts_no_vm),
		TEST(memory_that_is_not_set_aside_is_found_before_anything_is_done),
		TEST(a_vm_that_is_not_to_start_by_itself_has_its_devices_and_a_manifest),
	};

	assert_int_equal(argc, 2);
	vmm = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
