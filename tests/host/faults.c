/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel messages of IOMMUs, as several kernels wrote them. */
#include "host/faults.h"
#include "test.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct bh_faults faults;
static struct bh_fault fault;

static int set_up(void **state)
{
	(void)state;
	return bh_faults_open(&faults, "", true);
}

/* How many faults the records tell of; the last is in `fault`. */
static unsigned feed(const char *const *records)
{
	struct bh_fault one;
	unsigned count = 0;

	for (; *records; records++) {
		if (bh_faults_feed(&faults, *records, strlen(*records), &one)) {
			fault = one;
			count++;
		}
	}
	return count;
}

static void an_event_of_five_lines_is_one_fault(void **state)
{
	static const char *const records[] = {
		"6,812,25133001,-;arm-smmu-v3 9050000.smmuv3: event 0x10 received:\n"
		" SUBSYSTEM=platform\n DEVICE=+platform:9050000.smmuv3\n",
		"6,813,25133022,-;arm-smmu-v3 9050000.smmuv3: \\x090x0000002800000010\n",
		"6,814,25133030,-;arm-smmu-v3 9050000.smmuv3: \\x090x0000020000000000\n",
		"6,815,25133041,-;arm-smmu-v3 9050000.smmuv3: \\x090x00000000deadb000\n",
		"6,816,25133050,-;arm-smmu-v3 9050000.smmuv3: \\x090x0000000000000000\n",
		NULL,
	};
	char text[128];

	(void)state;
	assert_int_equal(feed(records), 1);
	assert_int_equal(fault.stream, 0x28);
	assert_int_equal(fault.address, 0xdeadb000);
	assert_int_equal(fault.time_us, 25133050);
	assert_true(bh_fault_is_by(&fault, "0000:00:05.0"));
	assert_false(bh_fault_is_by(&fault, "0000:00:06.0"));
	bh_fault_text(&fault, text, sizeof(text));
	assert_string_equal(text, "write to 0xdeadb000 (F_TRANSLATION, 9050000.smmuv3)");
}

static void an_event_in_words_names_its_device(void **state)
{
	static const char *const records[] = {
		"3,900,1000,-;arm-smmu-v3 9050000.smmuv3: event: F_PERMISSION client: 0000:01:00.0 "
		"sid: 0x100 ssid: 0x0 iova: 0x1000 ipa: 0x0\n",
		"3,901,1001,-;arm-smmu-v3 9050000.smmuv3: unpriv data write s1 \"Input address\"\n",
		NULL,
	};

	(void)state;
	assert_int_equal(feed(records), 1);
	assert_string_equal(fault.device, "0000:01:00.0");
	assert_string_equal(fault.reason, "F_PERMISSION");
	assert_true(bh_fault_is_by(&fault, "0000:01:00.0"));
	assert_false(bh_fault_is_by(&fault, "0000:02:00.0"));
}

static void an_event_told_twice_is_one_fault(void **state)
{
	static const char *const records[] = {
		"3,1,1,-;arm-smmu-v3 9050000.smmuv3: event 0x10 received:\n",
		"3,2,1,-;arm-smmu-v3 9050000.smmuv3: \\x090x0000002800000010\n",
		"3,3,1,-;arm-smmu-v3 9050000.smmuv3: \\x090x0000020800000000\n",
		"3,4,1,-;arm-smmu-v3 9050000.smmuv3: \\x090x0000000000002000\n",
		"3,5,1,-;arm-smmu-v3 9050000.smmuv3: \\x090x0000000000000000\n",
		"3,6,1,-;arm-smmu-v3 9050000.smmuv3: event: F_TRANSLATION client: 0000:00:05.0 "
		"sid: 0x28 ssid: 0x0 iova: 0x2000 ipa: 0x0\n",
		NULL,
	};

	(void)state;
	assert_int_equal(feed(records), 1);
	assert_int_equal(fault.access, BH_FAULT_READ);
}

static void two_iommus_that_speak_at_once_are_told_apart(void **state)
{
	static const char *const records[] = {
		"6,1,1,-;arm-smmu-v3 a.smmu: event 0x11 received:\n",
		"6,2,1,-;arm-smmu-v3 b.smmu: event 0x10 received:\n",
		"6,3,1,-;arm-smmu-v3 a.smmu: \\x090x0000000100000011\n",
		"6,4,1,-;arm-smmu-v3 b.smmu: \\x090x0000000200000010\n",
		"6,5,1,-;arm-smmu-v3 a.smmu: \\x090x0\n",
		"6,6,1,-;arm-smmu-v3 a.smmu: \\x090x1000\n",
		"6,7,1,-;arm-smmu-v3 a.smmu: \\x090x0\n",
		NULL,
	};

	(void)state;
	assert_int_equal(feed(records), 1);
	assert_string_equal(fault.iommu, "a.smmu");
	assert_string_equal(fault.reason, "F_ADDR_SIZE");
	assert_int_equal(fault.stream, 1);
}

static void an_smmu_v2_tells_it_in_one_line(void **state)
{
	static const char *const records[] = {
		"3,1,77,-;arm-smmu 12c00000.iommu: Unhandled context fault: fsr=0x402, "
		"iova=0x8ff0, "
		"fsynr=0x10, cbfrsynra=0x14e8, cb=3\n",
		NULL,
	};

	(void)state;
	assert_int_equal(feed(records), 1);
	assert_int_equal(fault.stream, 0x14e8);
	assert_int_equal(fault.address, 0x8ff0);
	assert_int_equal(fault.access, BH_FAULT_WRITE);
	assert_string_equal(fault.reason, "translation fault");
}

static void other_messages_are_none(void **state)
{
	static const char *const records[] = {
		"6,1,1,-;e1000e 0000:00:02.0: event 0x10 received:\n",
		"6,1,1,-;arm-smmu-v3 9050000.smmuv3: ias 44-bit, oas 44-bit (features "
		"0x00001f07)\n",
		"6,1,1,-;arm-smmu-v3 9050000.smmuv3: \\x090x0000002800000010\n",
		"6,1,1;no time\n",
		"no record",
		"",
		NULL,
	};

	(void)state;
	assert_int_equal(feed(records), 0);
}

static void an_event_that_breaks_off_is_none(void **state)
{
	static const char *const records[] = {
		"6,1,1,-;arm-smmu-v3 s: event 0x10 received:\n",
		"6,2,1,-;arm-smmu-v3 s: \\x090x0000000100000010\n",
		"6,3,1,-;arm-smmu-v3 s: something else\n",
		"6,4,1,-;arm-smmu-v3 s: \\x090x0\n",
		"6,5,1,-;arm-smmu-v3 s: \\x090x0\n",
		"6,6,1,-;arm-smmu-v3 s: \\x090x0\n",
		NULL,
	};

	(void)state;
	assert_int_equal(feed(records), 0);
}

static void a_log_that_may_not_be_read_is_said(void **state)
{
	(void)state;
	assert_int_equal(bh_faults_open(&faults, "/nonexistent/kmsg", true), -2);
	assert_false(bh_faults_next(&faults, &fault));
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_event_of_five_lines_is_one_fault),
		TEST(an_event_in_words_names_its_device),
		TEST(an_event_told_twice_is_one_fault),
		TEST(two_iommus_that_speak_at_once_are_told_apart),
		TEST(an_smmu_v2_tells_it_in_one_line),
		TEST(other_messages_are_none),
		TEST(an_event_that_breaks_off_is_none),
		TEST(a_log_that_may_not_be_read_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
