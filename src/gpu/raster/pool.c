/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/raster/pool.h"

#include "base/alloc.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct bh_pool {
	pthread_mutex_t lock;
	pthread_cond_t work, finished;
	struct bh_job *first; /* those with items nobody has taken */
	bool stopping;
	unsigned threads;
	struct worker {
		struct bh_pool *pool;
		pthread_t thread;
		unsigned index;
	} workers[BH_WORKERS_MAX];
};

static void unlink_job(struct bh_pool *pool, struct bh_job *job)
{
	for (struct bh_job **at = &pool->first; *at; at = &(*at)->following) {
		if (*at == job) {
			*at = job->following;
			return;
		}
	}
}

/* Runs items until none is left to take. Called and returns without the lock. */
static void help(struct bh_pool *pool, struct bh_job *job, unsigned worker)
{
	size_t count = job->count;

	for (;;) {
		size_t item = atomic_fetch_add(&job->next, 1);

		if (item >= count)
			return;
		job->run(job->data, item, worker);
		if (atomic_fetch_add(&job->done, 1) + 1 < count)
			continue;
		if (job->finished)
			job->finished(job->data);
		pthread_mutex_lock(&pool->lock);
		unlink_job(pool, job);
		job->active = false;
		pthread_cond_broadcast(&pool->finished);
		pthread_mutex_unlock(&pool->lock);
		return;
	}
}

/* A job whose items are all taken is of no use to a worker; it leaves the list. */
static struct bh_job *take(struct bh_pool *pool)
{
	while (pool->first && atomic_load(&pool->first->next) >= pool->first->count)
		pool->first = pool->first->following;
	return pool->first;
}

/*
 * A worker must not touch a job that its owner has already taken back. It therefore takes its first
 * item under the lock, while the job is in the list; an unfinished item keeps the job alive.
 */
static void *work(void *data)
{
	struct worker *worker = data;
	struct bh_pool *pool = worker->pool;

	pthread_mutex_lock(&pool->lock);
	while (!pool->stopping) {
		struct bh_job *job = take(pool);
		size_t item, count;
		bool last;

		if (!job) {
			pthread_cond_wait(&pool->work, &pool->lock);
			continue;
		}
		count = job->count;
		item = atomic_fetch_add(&job->next, 1);
		if (item >= count)
			continue;
		pthread_mutex_unlock(&pool->lock);
		job->run(job->data, item, worker->index);
		last = atomic_fetch_add(&job->done, 1) + 1 == count;
		if (last && job->finished)
			job->finished(job->data);
		pthread_mutex_lock(&pool->lock);
		if (last) {
			unlink_job(pool, job);
			job->active = false;
			pthread_cond_broadcast(&pool->finished);
		}
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

struct bh_pool *bh_pool_create(unsigned threads)
{
	struct bh_pool *pool = bh_alloc(sizeof(*pool));
	sigset_t all, before;

	assert(threads >= 1 && threads <= BH_WORKERS_MAX);
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	pthread_cond_init(&pool->finished, NULL);
	/* Signals are the business of the program's own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pool->threads = 1;
	for (unsigned i = 1; i < threads; i++) {
		struct worker *worker = &pool->workers[i];

		worker->pool = pool;
		worker->index = i;
		if (pthread_create(&worker->thread, NULL, work, worker))
			break; /* fewer threads give the same pixels */
		pool->threads++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pool;
}

void bh_pool_destroy(struct bh_pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	assert(!pool->first);
	pool->stopping = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 1; i < pool->threads; i++)
		pthread_join(pool->workers[i].thread, NULL);
	pthread_cond_destroy(&pool->finished);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

unsigned bh_pool_threads(const struct bh_pool *pool)
{
	return pool->threads;
}

void bh_pool_start(struct bh_pool *pool, struct bh_job *job, bool urgent)
{
	struct bh_job **at = &pool->first;

	assert(job->count > 0);
	atomic_store(&job->next, 0);
	atomic_store(&job->done, 0);
	pthread_mutex_lock(&pool->lock);
	job->active = true;
	while (!urgent && *at)
		at = &(*at)->following;
	job->following = *at;
	*at = job;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
}

void bh_pool_wait(struct bh_pool *pool, struct bh_job *job)
{
	help(pool, job, 0);
	pthread_mutex_lock(&pool->lock);
	while (job->active)
		pthread_cond_wait(&pool->finished, &pool->lock);
	unlink_job(pool, job);
	pthread_mutex_unlock(&pool->lock);
}

bool bh_pool_is_done(struct bh_pool *pool, struct bh_job *job)
{
	bool done;

	pthread_mutex_lock(&pool->lock);
	done = !job->active;
	pthread_mutex_unlock(&pool->lock);
	return done;
}
