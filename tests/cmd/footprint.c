/* SPDX-License-Identifier: Apache-2.0 */
/* footprint PROGRAM: starting it costs less than 5 ms of CPU and 6 MB. The least of several runs:
 * what else the machine does costs more, never less. */
#include "base/proc.h"
#include "test.h"

#include <sys/resource.h>
#include <sys/wait.h>

#define RUNS 20

static struct rusage cost_of_version(const char *program)
{
	const char *const argv[] = {program, "version", NULL};
	struct bh_spawn spawn = {
		.argv = argv, .in = BH_FD_NULL, .out = BH_FD_NULL, .err = BH_FD_NULL};
	struct rusage usage;
	pid_t pid;
	int status;

	assert_int_equal(bh_spawn(&spawn, &pid), 0);
	assert_int_equal(wait4(pid, &status, 0, &usage), pid);
	assert_int_equal(status, 0);
	return usage;
}

static void version_takes_less_than_5_ms_of_cpu(void **state)
{
	long least = -1;

	for (int i = 0; i < RUNS; i++) {
		struct rusage usage = cost_of_version(*state);
		long microseconds = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
				    usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
		if (least < 0 || microseconds < least)
			least = microseconds;
	}
	assert_in_range(least, 0, 5000);
}

static void version_takes_less_than_6_mb(void **state)
{
	struct rusage usage = cost_of_version(*state);

	assert_in_range(usage.ru_maxrss, 1, 6000);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(version_takes_less_than_5_ms_of_cpu, argv[1]),
		cmocka_unit_test_prestate(version_takes_less_than_6_mb, argv[1]),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
