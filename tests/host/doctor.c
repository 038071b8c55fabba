/* SPDX-License-Identifier: Apache-2.0 */
/* doctor FOLDER: what is said of made-up hosts. FOLDER/NAME/ is the host's root, FOLDER/NAME.txt
 * the report. */
#include "host/doctor.h"

#include "base/alloc.h"
#include "golden.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct host {
	const char *name;
	struct bh_host_facts facts;
};

static const struct host hosts[] = {
	{"server",
	 {.machine = "aarch64",
	  .release = "6.12.95+deb12-arm64",
	  .cpus = 4,
	  .root_user = true,
	  .kvm_version = 12,
	  .gic3 = true,
	  .gic2 = true,
	  .its = true,
	  .address_bits = 44,
	  .hvc_to_user = true,
	  .resample = true,
	  .landlock = 6}},
	{"embedded",
	 {.machine = "aarch64",
	  .release = "6.1.0-test",
	  .cpus = 1,
	  .root_user = true,
	  .kvm_version = 12,
	  .gic3 = true,
	  .address_bits = 40,
	  .landlock = -EOPNOTSUPP}},
	{"restricted",
	 {.machine = "aarch64",
	  .release = "6.12.0-test",
	  .cpus = 8,
	  .kvm_error = -EACCES,
	  .landlock = -ENOSYS}},
	{"turned-off",
	 {.machine = "aarch64",
	  .release = "6.12.0",
	  .cpus = 8,
	  .kvm_error = -ENOENT,
	  .landlock = 1}},
	{"el1", {.machine = "aarch64", .release = "6.12.0", .cpus = 8, .kvm_error = -ENOENT}},
	{"empty",
	 {.machine = "aarch64",
	  .release = "unknown",
	  .cpus = 2,
	  .kvm_version = 13,
	  .hvc_to_user = true}},
	{"desktop",
	 {.machine = "x86_64", .release = "6.4.1", .cpus = 2, .kvm_version = 12, .landlock = 3}},
};

static const struct host *host_named(const char *name)
{
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		if (!strcmp(hosts[i].name, name))
			return &hosts[i];
	}
	fail_msg("no host %s", name);
	return NULL;
}

static void add_finding(struct bh_buf *out, const struct bh_doctor_check *check,
			const struct bh_finding *finding)
{
	assert_non_null(finding->found);
	assert_int_equal(finding->cause != NULL, finding->mend != NULL);
	/* What is wrong is said; what is right has nothing to say. */
	if (finding->outcome == BH_OUTCOME_FAIL || finding->outcome == BH_OUTCOME_WARN)
		assert_non_null(finding->cause);
	if (finding->outcome == BH_OUTCOME_OK)
		assert_null(finding->cause);
	bh_buf_addf(out, "%s %s: %s\n", bh_outcome_name(finding->outcome), check->name,
		    finding->found);
	if (finding->cause)
		bh_buf_addf(out, "\t%s %s\n\t%s\n", check->code, finding->cause, finding->mend);
}

static void host_is_reported(void **state)
{
	char *stem = *state;
	const char *name = strrchr(stem, '/') + 1;
	struct bh_host_facts facts = host_named(name)->facts;
	struct bh_buf out = {0};
	char *expected = bh_strf("%s.txt", stem);

	facts.root = stem;
	for (const struct bh_doctor_check *check = bh_doctor_checks; check->name; check++) {
		struct bh_finding finding = bh_doctor_run(check, &facts);
		add_finding(&out, check, &finding);
		bh_finding_finish(&finding);
	}
	golden(expected, bh_buf_str(&out));
	free(expected);
	bh_buf_finish(&out);
}

static void names_and_codes_are_used_once(void **state)
{
	(void)state;
	for (const struct bh_doctor_check *a = bh_doctor_checks; a->name; a++) {
		for (const struct bh_doctor_check *b = bh_doctor_checks; b < a; b++) {
			assert_string_not_equal(a->name, b->name);
			assert_string_not_equal(a->code, b->code);
		}
	}
}

static void a_word_ends_where_it_ends(void **state)
{
	(void)state;
	assert_true(bh_has_word("cpu memory pids\n", "pids"));
	assert_true(bh_has_word("memory", "memory"));
	assert_false(bh_has_word("hugetlb.memory memory.low", "memory"));
	assert_false(bh_has_word("", "memory"));
}

static void this_machine_can_be_asked(void **state)
{
	struct bh_host_facts facts;

	(void)state;
	bh_host_facts_probe(&facts);
	assert_true(facts.cpus >= 1);
	assert_true(*facts.machine && *facts.release);
	for (const struct bh_doctor_check *check = bh_doctor_checks; check->name; check++) {
		struct bh_finding finding = bh_doctor_run(check, &facts);
		assert_non_null(finding.found);
		bh_finding_finish(&finding);
	}
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[16] = {
		cmocka_unit_test(names_and_codes_are_used_once),
		cmocka_unit_test(a_word_ends_where_it_ends),
		cmocka_unit_test(this_machine_can_be_asked),
	};
	size_t count = 3;

	if (argc != 2)
		return 2;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		tests[count++] = (struct CMUnitTest){
			.name = hosts[i].name,
			.test_func = host_is_reported,
			.initial_state = bh_strf("%s/%s", argv[1], hosts[i].name),
		};
	}
	int failed = _cmocka_run_group_tests("doctor", tests, count, NULL, NULL);
	for (size_t i = 3; i < count; i++)
		free(tests[i].initial_state);
	return failed;
}
