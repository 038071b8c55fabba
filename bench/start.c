/* SPDX-License-Identifier: Apache-2.0 */
/* start NAME PROGRAM [ARGUMENT...]: CPU time and memory of a program's run, beside those of
 * true(1). */
#include "base/proc.h"
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define RUNS 41

struct cost {
	double milliseconds, megabytes;
};

static double milliseconds(struct timeval time)
{
	return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static struct cost run(const char *const *argv)
{
	struct bh_spawn spawn = {
		.argv = argv, .in = BH_FD_NULL, .out = BH_FD_NULL, .err = BH_FD_NULL};
	struct rusage usage;
	pid_t pid;
	int status;

	if (bh_spawn(&spawn, &pid) || wait4(pid, &status, 0, &usage) < 0 || status) {
		fprintf(stderr, "%s failed\n", argv[0]);
		exit(1);
	}
	return (struct cost){milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime),
			     (double)usage.ru_maxrss / 1024};
}

static struct cost median(const char *const *argv, const char *const *peer, struct cost *of_peer)
{
	double times[2][RUNS], sizes[2][RUNS];

	for (int i = 0; i < RUNS; i++) {
		struct cost own = run(argv), other = run(peer);
		times[0][i] = own.milliseconds;
		sizes[0][i] = own.megabytes;
		times[1][i] = other.milliseconds;
		sizes[1][i] = other.megabytes;
	}
	*of_peer = (struct cost){bench_median(times[1], RUNS), bench_median(sizes[1], RUNS)};
	return (struct cost){bench_median(times[0], RUNS), bench_median(sizes[0], RUNS)};
}

static void result(const char *name, const char *what, const char *unit, double own, double peer)
{
	char title[128], figure[32], other[32];

	snprintf(title, sizeof(title), "%s: %s", name, what);
	snprintf(figure, sizeof(figure), "%.2f %s", own, unit);
	snprintf(other, sizeof(other), "true %.2f %s", peer, unit);
	bench_result(title, figure, other, own / peer);
}

int main(int argc, char **argv)
{
	static const char *const peer[] = {"true", NULL};
	struct cost of_peer;

	if (argc < 3)
		return 2;
	struct cost own = median((const char *const *)argv + 2, peer, &of_peer);
	result(argv[1], "CPU", "ms", own.milliseconds, of_peer.milliseconds);
	result(argv[1], "resident at most", "MB", own.megabytes, of_peer.megabytes);
	return 0;
}
