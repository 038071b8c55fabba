/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Worker threads and the jobs they share. A job is a number of items that may run in any order on
 * any thread; whoever is free takes the next one. The thread that waits for a job helps.
 */
#ifndef BH_GPU_RASTER_POOL_H
#define BH_GPU_RASTER_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define BH_WORKERS_MAX 64

struct bh_job {
	void (*run)(void *data, size_t item, unsigned worker);
	void (*finished)(void *data); /* on the thread that ran the last item; may be NULL */
	void *data;
	size_t count;
	/* The pool's. */
	atomic_size_t next, done;
	atomic_bool active;
	struct bh_job *following;
};

struct bh_pool;

/* `threads` in all, the caller's included: 1 makes none. */
struct bh_pool *bh_pool_create(unsigned threads);
void bh_pool_destroy(struct bh_pool *pool);
unsigned bh_pool_threads(const struct bh_pool *pool);

/* The job stays the caller's and must live until it is waited for. Urgent ones are taken first. */
void bh_pool_start(struct bh_pool *pool, struct bh_job *job, bool urgent);
/* Runs items of this job until none is left, then waits for those that others run. */
void bh_pool_wait(struct bh_pool *pool, struct bh_job *job);

static inline bool bh_job_is_done(const struct bh_job *job)
{
	return !atomic_load(&job->active);
}

#endif
