/* SPDX-License-Identifier: Apache-2.0 */
#include "host/order.h"
#include "host/events.h"
#include "host/run.h"
#include "machine/fixture.h"
#include "test.h"

#include "base/alloc.h"
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { VMS = 3 };

static const char *vmm; /* the stand-in for bulkhead-vmm, from the command line */

/* VMs a, b and c, which come after none. */
struct fixture {
	char run[64];
	struct bh_diags diags;
	struct bh_manifest manifests[VMS];
	struct bh_buf blobs[VMS];
	char trees[VMS][65536];
	struct bh_order_vm vms[VMS];
	struct bh_order order;
	struct bh_names started;
};

static const char *const names[VMS] = {"a", "b", "c"};

static int begin(void **state)
{
	struct fixture *f = bh_alloc(sizeof(*f));

	snprintf(f->run, sizeof(f->run), "/tmp/bulkhead-order-XXXXXX");
	assert_non_null(mkdtemp(f->run));
	for (size_t i = 0; i < VMS; i++) {
		fixture_manifest(&f->manifests[i], f->trees[i], sizeof(f->trees[i]));
		fixture_alone(&f->manifests[i]);
		f->manifests[i].vm = names[i];
		f->manifests[i].kernel = "runs";
	}
	f->order = (struct bh_order){.run = f->run, .vmm = vmm, .vms = f->vms, .count = VMS};
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < VMS; i++) {
		bh_vm_stop(f->run, names[i], NULL);
		bh_buf_finish(&f->blobs[i]);
	}
	bh_remove_tree(f->run);
	bh_names_finish(&f->started);
	bh_diags_finish(&f->diags);
	free(f);
	return 0;
}

static void comes_after(struct fixture *f, size_t vm, const char *other)
{
	f->manifests[vm].after[f->manifests[vm].after_count++].vm = other;
}

static bool start(struct fixture *f)
{
	for (size_t i = 0; i < VMS; i++) {
		bh_buf_clear(&f->blobs[i]);
		assert_true(bh_manifest_write(&f->manifests[i], &f->blobs[i], &f->diags));
		f->vms[i] = (struct bh_order_vm){&f->manifests[i], f->blobs[i].data,
						 f->blobs[i].length};
	}
	return bh_start_all(&f->order, &f->started, &f->diags);
}

/* Where the first event of this kind and VM is among all; -1: there is none. */
static int place_of(struct fixture *f, enum bh_event_kind kind, const char *vm)
{
	char *path = bh_events_path(f->run), *text, *rest, *line;
	size_t size;
	int at = 0, place = -1;

	assert_int_equal(bh_file_read(path, BH_EVENTS_FILE_MAX, &text, &size), 0);
	for (rest = text; (line = strsep(&rest, "\n")) && *line; at++) {
		struct bh_event event;
		assert_true(bh_event_parse(&event, line));
		if (place < 0 && event.kind == kind && !strcmp(event.vm, vm))
			place = at;
	}
	free(text);
	free(path);
	return place;
}

static void is_error(struct fixture *f, const char *code)
{
	assert_int_equal(f->diags.errors, 1);
	assert_string_equal(f->diags.items[0].code, code);
	assert_non_null(f->diags.items[0].hint);
}

static void a_vm_starts_when_those_before_it_are_ready(void **state)
{
	struct fixture *f = *state;

	comes_after(f, 0, "b");
	comes_after(f, 1, "c");
	assert_true(start(f));
	assert_int_equal(f->started.count, 3);
	assert_true(place_of(f, BH_EVENT_READY, "c") < place_of(f, BH_EVENT_STARTED, "b"));
	assert_true(place_of(f, BH_EVENT_READY, "b") < place_of(f, BH_EVENT_STARTED, "a"));
}

/* Each answers only once it has seen the other start. */
static void vms_that_do_not_wait_for_each_other_start_together(void **state)
{
	struct fixture *f = *state;

	f->manifests[0].kernel = "meets-b";
	f->manifests[1].kernel = "meets-a";
	assert_true(start(f));
	assert_int_equal(f->started.count, 3);
}

static void a_circle_is_an_error(void **state)
{
	struct fixture *f = *state;

	comes_after(f, 0, "b");
	comes_after(f, 1, "a");
	assert_false(start(f));
	is_error(f, "E1125");
	assert_int_equal(f->started.count, 1);
}

static void a_vm_after_one_that_does_not_run_is_an_error(void **state)
{
	struct fixture *f = *state;

	comes_after(f, 0, "d");
	assert_false(start(f));
	is_error(f, "E1125");
	assert_non_null(strstr(f->diags.items[0].hint, "bulkhead start d"));
}

static void a_vm_that_runs_already_counts(void **state)
{
	struct fixture *f = *state;

	f->order.count = 1;
	assert_true(start(f));
	comes_after(f, 1, "a");
	f->order.vms = &f->vms[1];
	assert_true(start(f));
	assert_true(bh_vm_is_up(f->run, "b"));
}

static void the_patient_wait_for_what_somebody_else_starts(void **state)
{
	struct fixture *f = *state;
	int status;

	comes_after(f, 1, "a");
	pid_t child = fork();
	if (!child) {
		f->order.vms = &f->vms[1];
		f->order.count = 1;
		f->order.patient = true;
		_exit(start(f) ? 0 : 1);
	}
	f->order.count = 1;
	assert_true(start(f));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(place_of(f, BH_EVENT_READY, "a") < place_of(f, BH_EVENT_STARTED, "b"));
}

static void a_vm_that_fails_holds_up_those_after_it(void **state)
{
	struct fixture *f = *state;

	f->manifests[0].kernel = "fails";
	comes_after(f, 1, "a");
	f->order.count = 2;
	assert_false(start(f));
	is_error(f, "E1115");
	assert_int_equal(f->started.count, 0);
	assert_false(bh_vm_is_up(f->run, "b"));
}

static void a_vm_that_is_not_ready_in_time_is_an_error_and_runs(void **state)
{
	struct fixture *f = *state;

	f->manifests[0].ready_by_vsock = true;
	f->manifests[0].ready_timeout = 50;
	comes_after(f, 1, "a");
	f->order.count = 2;
	assert_false(start(f));
	is_error(f, "E1124");
	assert_int_equal(f->started.count, 1);
	assert_true(bh_vm_is_up(f->run, "a"));
	assert_true(place_of(f, BH_EVENT_LATE, "a") >= 0);
	assert_false(bh_vm_is_up(f->run, "b"));
}

/* When the VM was started again for the time `restart`, in ms. */
static uint64_t time_of(struct fixture *f, const char *restart)
{
	char *path = bh_events_path(f->run), *text, *rest, *line;
	uint64_t time = 0;
	size_t size;

	assert_int_equal(bh_file_read(path, BH_EVENTS_FILE_MAX, &text, &size), 0);
	for (rest = text; (line = strsep(&rest, "\n")) && *line;) {
		struct bh_event event;
		assert_true(bh_event_parse(&event, line));
		if (event.kind == BH_EVENT_RESTARTED && !strcmp(event.text, restart))
			time = event.uptime_ms;
	}
	free(text);
	free(path);
	return time;
}

static void restarts_wait_as_the_manifest_says(void **state)
{
	struct fixture *f = *state;

	f->manifests[0].kernel = "crashes";
	f->manifests[0].restart = BH_RESTART_ALWAYS;
	f->manifests[0].restart_delay = 40;
	f->manifests[0].restart_max_delay = 100;
	f->manifests[0].restart_settled = 60000;
	f->manifests[0].restart_limit = 4;
	f->order.count = 1;
	assert_true(start(f));
	while (place_of(f, BH_EVENT_GAVE_UP, "a") < 0)
		usleep(2000);
	assert_true(time_of(f, "restart 2") - time_of(f, "restart 1") >= 80);
	assert_true(time_of(f, "restart 3") - time_of(f, "restart 2") >= 100);
	assert_true(time_of(f, "restart 4") - time_of(f, "restart 3") >= 100);
	assert_true(time_of(f, "restart 4") - time_of(f, "restart 3") < 60000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_vm_starts_when_those_before_it_are_ready),
		TEST(vms_that_do_not_wait_for_each_other_start_together),
		TEST(a_circle_is_an_error),
		TEST(a_vm_after_one_that_does_not_run_is_an_error),
		TEST(a_vm_that_runs_already_counts),
		TEST(the_patient_wait_for_what_somebody_else_starts),
		TEST(a_vm_that_fails_holds_up_those_after_it),
		TEST(a_vm_that_is_not_ready_in_time_is_an_error_and_runs),
		TEST(restarts_wait_as_the_manifest_says),
	};

	assert_int_equal(argc, 2);
	vmm = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
