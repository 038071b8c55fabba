/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/scmi/scmi.h"

#include "base/alloc.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BASE = 0x10, POWER = 0x11, CLOCK = 0x14, RESET = 0x16 };

/* The host's side, noting what reached it. */
struct fixture {
	struct bh_scmi scmi;
	struct bh_manifest_scmi rights;
	struct bh_log log;
	uint32_t page[1024];
	uint64_t rate;
	int error;
	unsigned sets;
	enum bulkhead_kind kind;
	uint32_t device, index;
	enum bulkhead_action action;
};

static int get_rate(void *backend, uint32_t device, uint32_t index, uint64_t *rate)
{
	struct fixture *f = backend;

	f->device = device;
	f->index = index;
	*rate = f->rate;
	return f->error;
}

static int set_rate(void *backend, uint32_t device, uint32_t index, uint64_t rate)
{
	struct fixture *f = backend;

	f->device = device;
	f->index = index;
	f->sets++;
	if (!f->error)
		f->rate = rate;
	return f->error;
}

static int set(void *backend, enum bulkhead_kind kind, uint32_t device, uint32_t index,
	       enum bulkhead_action action)
{
	struct fixture *f = backend;

	f->kind = kind;
	f->device = device;
	f->index = index;
	f->action = action;
	f->sets++;
	return f->error;
}

static int is_on(void *backend, enum bulkhead_kind kind, uint32_t device, uint32_t index, bool *on)
{
	struct fixture *f = backend;

	f->kind = kind;
	f->device = device;
	f->index = index;
	*on = f->action == BULKHEAD_ON;
	return f->error;
}

static const struct bh_scmi_backend_ops ops = {
	.get_rate = get_rate, .set_rate = set_rate, .set = set, .is_on = is_on};

static int set_up(void **state)
{
	struct fixture *f = bh_alloc(sizeof(*f));

	f->rights = (struct bh_manifest_scmi){
		.present = true,
		.clocks = {{.name = "ipg", .device = 0, .index = 4},
			   {.name = "a_clock_with_a_long_name",
			    .device = 1,
			    .index = 3,
			    .may_gate = true,
			    .may_set_rate = true,
			    .min_rate = 25000000,
			    .max_rate = 5000000000}},
		.clock_count = 2,
		.resets = {{.name = "held", .device = 0, .index = 1},
			   {.name = "mac", .device = 1, .index = 2, .may_assert = true}},
		.reset_count = 2,
		.domains = {{.name = "held", .device = 0, .index = 0},
			    {.name = "gpu", .device = 1, .index = 5, .may_switch = true}},
		.domain_count = 2,
	};
	f->rate = 50000000;
	f->log = (struct bh_log){.fd = open("/dev/null", O_WRONLY | O_CLOEXEC), .name = "test"};
	bh_scmi_init(&f->scmi, &f->rights, &ops, f, &f->log, (uint8_t *)f->page);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	bh_scmi_finish(&f->scmi);
	close(f->log.fd);
	free(f);
	return 0;
}

/* Calls as a guest does; returns the status. The answer's words follow it in the page. */
static int32_t call(struct fixture *f, uint32_t protocol, uint32_t message, unsigned count,
		    const uint32_t *words)
{
	f->page[1] = 0;
	f->page[5] = 4 + 4 * count;
	f->page[6] = message | protocol << 10 | 0x15 << 18;
	if (count)
		memcpy(&f->page[7], words, 4 * (size_t)count);
	bh_scmi_call(&f->scmi);
	assert_int_equal(f->page[1] & 1, 1);
	assert_int_equal(f->page[6], message | protocol << 10 | 0x15 << 18);
	return (int32_t)f->page[7];
}

#define CALL(f, protocol, message, ...)                                   \
	call(f, protocol, message, sizeof((uint32_t[]){__VA_ARGS__}) / 4, \
	     (const uint32_t[]){__VA_ARGS__})

static uint32_t word(const struct fixture *f, unsigned index)
{
	return f->page[8 + index];
}

static void the_protocols_that_the_guest_has_are_listed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, BASE, 1, 0, NULL), BH_SCMI_SUCCESS);
	assert_int_equal(word(f, 0), 3 | 1 << 8);
	assert_int_equal(CALL(f, BASE, 6, 0), BH_SCMI_SUCCESS);
	assert_int_equal(word(f, 0), 3);
	assert_int_equal(word(f, 1), POWER | CLOCK << 8 | RESET << 16);
	assert_int_equal(f->page[5], 4 + 12);
}

static void a_protocol_without_entries_does_not_exist(void **state)
{
	struct fixture *f = *state;

	f->rights.reset_count = 0;
	assert_int_equal(call(f, RESET, 0, 0, NULL), BH_SCMI_NOT_SUPPORTED);
	assert_int_equal(CALL(f, BASE, 6, 0), BH_SCMI_SUCCESS);
	assert_int_equal(word(f, 0), 2);
}

static void an_id_stands_for_the_entry_of_the_devices_list(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(CALL(f, CLOCK, 6, 1), BH_SCMI_SUCCESS);
	assert_int_equal(word(f, 0), 50000000);
	assert_int_equal(f->device, 1);
	assert_int_equal(f->index, 3);
}

static void a_long_name_is_cut_and_ends(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(CALL(f, CLOCK, 3, 1), BH_SCMI_SUCCESS);
	assert_string_equal((const char *)&f->page[9], "a_clock_with_a_");
}

static void ids_beyond_the_list_are_refused_and_counted(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(CALL(f, CLOCK, 6, 2), BH_SCMI_NOT_FOUND);
	assert_int_equal(CALL(f, CLOCK, 3, UINT32_MAX), BH_SCMI_NOT_FOUND);
	assert_int_equal(CALL(f, CLOCK, 7, 2, 1), BH_SCMI_NOT_FOUND);
	assert_int_equal(CALL(f, RESET, 4, 2, 1, 0), BH_SCMI_NOT_FOUND);
	assert_int_equal(CALL(f, POWER, 4, 0, 2, 0), BH_SCMI_NOT_FOUND);
	assert_int_equal(f->sets, 0);
	assert_int_equal(f->scmi.refused, 5);
}

static void a_rate_within_its_range_reaches_the_host(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(CALL(f, CLOCK, 5, 0, 1, 0x2a05f200, 1), BH_SCMI_SUCCESS);
	assert_int_equal(f->rate, 5000000000);
}

static void a_rate_outside_its_range_does_not(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(CALL(f, CLOCK, 5, 0, 1, 24999999, 0), BH_SCMI_OUT_OF_RANGE);
	assert_int_equal(CALL(f, CLOCK, 5, 0, 1, 0, 2), BH_SCMI_OUT_OF_RANGE);
	assert_int_equal(f->sets, 0);
}

static void a_rate_that_is_the_hosts_stays(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(CALL(f, CLOCK, 5, 0, 0, 50000000, 0), BH_SCMI_DENIED);
	assert_int_equal(f->sets, 0);
}

static void gating_a_held_clock_succeeds_and_does_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(CALL(f, CLOCK, 7, 0, 0), BH_SCMI_SUCCESS);
	assert_int_equal(f->sets, 0);
	assert_int_equal(CALL(f, CLOCK, 3, 0), BH_SCMI_SUCCESS);
	assert_int_equal(word(f, 0), 0);
}

static void gating_a_clock_with_the_right_reaches_the_host(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(CALL(f, CLOCK, 7, 1, 1), BH_SCMI_SUCCESS);
	assert_int_equal(f->sets, 1);
	assert_int_equal(f->kind, BULKHEAD_CLOCK);
	assert_int_equal(f->action, BULKHEAD_ON);
}

static void a_fixed_clock_has_one_rate_and_another_a_range(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(CALL(f, CLOCK, 4, 0, 0), BH_SCMI_SUCCESS);
	assert_int_equal(word(f, 0), 1);
	assert_int_equal(word(f, 1), 50000000);
	assert_int_equal(CALL(f, CLOCK, 4, 1, 0), BH_SCMI_SUCCESS);
	assert_int_equal(word(f, 0), 1 << 12 | 3);
	assert_int_equal(word(f, 1), 25000000);
}

static void a_reset_is_asserted_only_with_the_right(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(CALL(f, RESET, 4, 0, 2, 0), BH_SCMI_DENIED);
	assert_int_equal(CALL(f, RESET, 4, 0, 1, 0), BH_SCMI_DENIED);
	assert_int_equal(f->sets, 0);
	assert_int_equal(CALL(f, RESET, 4, 1, 2, 0), BH_SCMI_SUCCESS);
	assert_int_equal(f->action, BULKHEAD_ON);
	assert_int_equal(CALL(f, RESET, 4, 1, 1, 0), BH_SCMI_SUCCESS);
	assert_int_equal(f->action, BULKHEAD_PULSE);
	assert_int_equal(f->kind, BULKHEAD_RESET);
}

static void a_reset_that_the_host_holds_deasserted_may_be_deasserted(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(CALL(f, RESET, 4, 0, 0, 0), BH_SCMI_SUCCESS);
	assert_int_equal(f->sets, 0);
}

static void a_held_domain_is_on_whatever_the_guest_does(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(CALL(f, POWER, 4, 0, 0, 1 << 30), BH_SCMI_SUCCESS);
	assert_int_equal(f->sets, 0);
	assert_int_equal(CALL(f, POWER, 5, 0), BH_SCMI_SUCCESS);
	assert_int_equal(word(f, 0), 0);
}

static void a_domain_with_the_right_is_switched(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(CALL(f, POWER, 4, 0, 1, 1 << 30), BH_SCMI_SUCCESS);
	assert_int_equal(f->kind, BULKHEAD_DOMAIN);
	assert_int_equal(f->action, BULKHEAD_OFF);
	assert_int_equal(CALL(f, POWER, 5, 1), BH_SCMI_SUCCESS);
	assert_int_equal(word(f, 0), 1 << 30);
	assert_int_equal(CALL(f, POWER, 4, 0, 1, 7), BH_SCMI_INVALID);
}

static void what_the_host_says_becomes_the_status(void **state)
{
	struct fixture *f = *state;
	static const struct {
		int error;
		int32_t status;
	} pairs[] = {{-EAGAIN, BH_SCMI_BUSY},
		     {-EINVAL, BH_SCMI_INVALID},
		     {-EPERM, BH_SCMI_DENIED},
		     {-ENOENT, BH_SCMI_NOT_FOUND},
		     {-EIO, BH_SCMI_GENERIC}};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		f->error = pairs[i].error;
		assert_int_equal(CALL(f, CLOCK, 6, 0), pairs[i].status);
		assert_int_equal(f->page[5], 8);
	}
}

static void wrong_lengths_are_protocol_errors(void **state)
{
	static const uint32_t lengths[] = {0, 3, 5, 0xe9, 0x1000, UINT32_MAX, 0x80000004};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		f->page[5] = lengths[i];
		bh_scmi_call(&f->scmi);
		assert_int_equal((int32_t)f->page[7], BH_SCMI_PROTOCOL);
		assert_int_equal(f->page[1], 3);
	}
	assert_int_equal(CALL(f, CLOCK, 5, 0, 1, 0), BH_SCMI_PROTOCOL);
	assert_int_equal(f->sets, 0);
}

static void unknown_messages_and_protocols_are_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(CALL(f, CLOCK, 99, 0), BH_SCMI_NOT_SUPPORTED);
	assert_int_equal(CALL(f, 0x13, 0, 0), BH_SCMI_NOT_SUPPORTED);
	assert_int_equal(CALL(f, CLOCK, 2, 99), BH_SCMI_NOT_FOUND);
	assert_int_equal(CALL(f, CLOCK, 2, 5), BH_SCMI_SUCCESS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_protocols_that_the_guest_has_are_listed),
		TEST(a_protocol_without_entries_does_not_exist),
		TEST(an_id_stands_for_the_entry_of_the_devices_list),
		TEST(a_long_name_is_cut_and_ends),
		TEST(ids_beyond_the_list_are_refused_and_counted),
		TEST(a_rate_within_its_range_reaches_the_host),
		TEST(a_rate_outside_its_range_does_not),
		TEST(a_rate_that_is_the_hosts_stays),
		TEST(gating_a_held_clock_succeeds_and_does_nothing),
		TEST(gating_a_clock_with_the_right_reaches_the_host),
		TEST(a_fixed_clock_has_one_rate_and_another_a_range),
		TEST(a_reset_is_asserted_only_with_the_right),
		TEST(a_reset_that_the_host_holds_deasserted_may_be_deasserted),
		TEST(a_held_domain_is_on_whatever_the_guest_does),
		TEST(a_domain_with_the_right_is_switched),
		TEST(what_the_host_says_becomes_the_status),
		TEST(wrong_lengths_are_protocol_errors),
		TEST(unknown_messages_and_protocols_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
