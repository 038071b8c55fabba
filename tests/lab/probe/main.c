/* SPDX-License-Identifier: Apache-2.0 */
/* probe TEST ARGS: runs one test. Exit status 0: all held; 1: something did not; 2: usage. */
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static unsigned failures;

bool check(bool holds, const char *what, const char *file, int line)
{
	if (!holds) {
		fprintf(stderr, "%s:%d: does not hold: %s (errno %d, %s)\n", file, line, what,
			errno, strerror(errno));
		failures++;
	}
	return holds;
}

void check_fails(int result, int error, const char *call, const char *file, int line)
{
	if (result < 0 && errno == error)
		return;
	fprintf(stderr, "%s:%d: %s\n  gave %d (errno %d, %s) instead of errno %d, %s\n", file, line,
		call, result, errno, strerror(errno), error, strerror(error));
	failures++;
}

static const struct {
	const char *name;
	void (*run)(char **args);
	int args;
} tests[] = {
	{"identity", test_identity, 2}, {"alarm", test_alarm, 2},
	{"early", test_early, 1},       {"moderate", test_moderate, 2},
	{"together", test_together, 2}, {"loop", test_loop, 1},
	{"hold", test_hold, 1},         {"refused", test_refused, 1},
	{"version", test_version, 1},   {"hostile", test_hostile, 3},
	{"controls", test_controls, 1}, {"switch", test_switch, 1},
	{"domain", test_domain, 2},     {"parts", test_parts, 3},
	{"limit", test_limit, 1},       {"running", test_running, 1},
	{"bits", test_bits, 5},         {"memory", test_memory, 1},
	{"dirty", test_dirty, 1},       {"no-memory", test_no_memory, 1},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (argc - 2 < tests[i].args || strcmp(argv[1], tests[i].name) != 0)
			continue;
		tests[i].run(argv + 2);
		return failures ? 1 : 0;
	}
	fprintf(stderr, "usage: probe TEST ARGS\n");
	return 2;
}
