/* SPDX-License-Identifier: Apache-2.0 */
/* start NAME PROGRAM [ARGUMENT...]: CPU time and memory of a program's run, beside those of
 * true(1). */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#define RUNS 41

static struct bench_cost median(const char *const *argv, const char *const *peer,
				struct bench_cost *of_peer)
{
	double times[2][RUNS], sizes[2][RUNS];

	for (int i = 0; i < RUNS; i++) {
		struct bench_cost own = bench_run(argv), other = bench_run(peer);
		times[0][i] = own.milliseconds;
		sizes[0][i] = own.megabytes;
		times[1][i] = other.milliseconds;
		sizes[1][i] = other.megabytes;
	}
	*of_peer = (struct bench_cost){bench_median(times[1], RUNS), bench_median(sizes[1], RUNS)};
	return (struct bench_cost){bench_median(times[0], RUNS), bench_median(sizes[0], RUNS)};
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
	struct bench_cost of_peer;

	if (argc < 3)
		return 2;
	struct bench_cost own = median((const char *const *)argv + 2, peer, &of_peer);
	result(argv[1], "CPU", "ms", own.milliseconds, of_peer.milliseconds);
	result(argv[1], "resident at most", "MB", own.megabytes, of_peer.megabytes);
	return 0;
}
