/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs here share: a clock, medians, the form of a result. */
#ifndef BH_BENCH_H
#define BH_BENCH_H

#include <stddef.h>
#include <stdint.h>

/* CPU time of this thread in nanoseconds: other programs do not count. */
uint64_t bench_now(void);

/*
 * Times two jobs in turns, `passes` times each, so that what disturbs the machine disturbs both.
 * Returns the medians in nanoseconds.
 */
struct bench_pair {
	double own, peer;
};
struct bench_pair bench_compare(void (*own)(void *), void (*peer)(void *), void *data,
				unsigned passes);

/* Sorts the values. */
double bench_median(double *values, size_t count);

/* Says what went wrong and ends the program. */
void bench_die(const char *what, const char *name) __attribute__((noreturn));

/* A whole process, start and all: CPU time of its own and resident memory at most. */
struct bench_cost {
	double milliseconds, megabytes;
};
struct bench_cost bench_run(const char *const *argv);

/* One result: `what` TAB figure TAB peer's TAB ratio. NULL: "-". */
void bench_result(const char *what, const char *figure, const char *peer, double ratio);

#endif
