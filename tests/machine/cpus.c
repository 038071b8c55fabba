/* SPDX-License-Identifier: Apache-2.0 */
#include "machine/cpus.h"
#include "test.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

struct fixture {
	cpu_set_t before;
	char first[8]; /* a cpu that is ours */
	char other[8]; /* one that is not; empty: there is none */
	struct bh_diags diags;
};

static int begin(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	*state = f;
	bh_diags_init(&f->diags);
	if (sched_getaffinity(0, sizeof(f->before), &f->before))
		return -1;
	for (int cpu = BH_CPUS_MAX - 1; cpu >= 0; cpu--)
		snprintf(CPU_ISSET(cpu, &f->before) ? f->first : f->other, sizeof(f->first), "%d",
			 cpu);
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	sched_setaffinity(0, sizeof(f->before), &f->before);
	bh_diags_finish(&f->diags);
	test_free(f);
	return 0;
}

static bool unchanged(const struct fixture *f)
{
	cpu_set_t now;

	return !sched_getaffinity(0, sizeof(now), &now) && CPU_EQUAL(&now, &f->before);
}

static void numbers_with_commas_are_a_list(void **state)
{
	(void)state;
	assert_true(bh_cpus_are_listed("0"));
	assert_true(bh_cpus_are_listed("3,2,511"));
}

static void nothing_else_is_a_list(void **state)
{
	static const char *const others[] = {"",    ",",  "1,",   ",1",  "1,,2",       "1-2",
					     "512", "-1", "1, 2", "0x1", "4294967296", "all"};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (bh_cpus_are_listed(others[i]))
			fail_msg("\"%s\"", others[i]);
	}
}

static void without_a_list_all_stays(void **state)
{
	struct fixture *f = *state;

	assert_true(bh_cpus_use(NULL, "vm", &f->diags));
	assert_true(unchanged(f));
}

static void who_uses_a_cpu_runs_nowhere_else(void **state)
{
	struct fixture *f = *state;
	cpu_set_t now;

	assert_true(bh_cpus_use(f->first, "vm", &f->diags));
	assert_int_equal(sched_getaffinity(0, sizeof(now), &now), 0);
	assert_int_equal(CPU_COUNT(&now), 1);
}

static void asking_changes_nothing(void **state)
{
	struct fixture *f = *state;

	assert_true(bh_cpus_are_there(f->first, "vm", &f->diags));
	assert_true(unchanged(f));
}

static void expect_refusal(struct fixture *f, const char *list)
{
	assert_false(bh_cpus_use(list, "vm", &f->diags));
	assert_int_equal(f->diags.count, 1);
	assert_string_equal(f->diags.items[0].code, "E1136");
	assert_true(unchanged(f));
}

static void a_cpu_that_is_not_there_is_an_error(void **state)
{
	struct fixture *f = *state;

	if (!f->other[0])
		skip();
	expect_refusal(f, f->other);
}

static void one_such_cpu_beside_another_is_too(void **state)
{
	struct fixture *f = *state;
	char list[20];

	if (!f->other[0])
		skip();
	snprintf(list, sizeof(list), "%s,%s", f->first, f->other);
	expect_refusal(f, list);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_with_commas_are_a_list),
		cmocka_unit_test(nothing_else_is_a_list),
		TEST(without_a_list_all_stays),
		TEST(who_uses_a_cpu_runs_nowhere_else),
		TEST(asking_changes_nothing),
		TEST(a_cpu_that_is_not_there_is_an_error),
		TEST(one_such_cpu_beside_another_is_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
