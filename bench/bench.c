/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include "base/proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define PASSES_MAX 101

uint64_t bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), by_value);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static double time_one(void (*job)(void *), void *data)
{
	uint64_t start = bench_now();

	job(data);
	return (double)(bench_now() - start);
}

struct bench_pair bench_compare(void (*own)(void *), void (*peer)(void *), void *data,
				unsigned passes)
{
	double own_times[PASSES_MAX], peer_times[PASSES_MAX];

	if (passes > PASSES_MAX)
		passes = PASSES_MAX;
	/* One pass of each that does not count: caches, page faults, lazy binding. */
	own(data);
	peer(data);
	for (unsigned i = 0; i < passes; i++) {
		own_times[i] = time_one(own, data);
		peer_times[i] = time_one(peer, data);
	}
	return (struct bench_pair){bench_median(own_times, passes),
				   bench_median(peer_times, passes)};
}

void bench_result(const char *what, const char *figure, const char *peer, double ratio)
{
	printf("%s\t%s\t%s\t", what, figure, peer ? peer : "-");
	if (peer)
		printf(ratio < 0.01 ? "%.4f\n" : ratio < 10 ? "%.2f\n" : "%.1f\n", ratio);
	else
		puts("-");
	fflush(stdout);
}

void bench_die(const char *what, const char *name)
{
	fprintf(stderr, "%s: %s\n", name, what);
	exit(1);
}

static double milliseconds(struct timeval time)
{
	return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

struct bench_cost bench_run(const char *const *argv)
{
	struct bh_spawn spawn = {
		.argv = argv, .in = BH_FD_NULL, .out = BH_FD_NULL, .err = BH_FD_NULL};
	struct rusage usage;
	pid_t pid;
	int status;

	if (bh_spawn(&spawn, &pid) || wait4(pid, &status, 0, &usage) < 0 || status)
		bench_die("failed", argv[0]);
	return (struct bench_cost){milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime),
				   (double)usage.ru_maxrss / 1024};
}
