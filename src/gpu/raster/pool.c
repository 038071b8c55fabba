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
	atomic_uint started;  /* jobs so far */
	unsigned sleeping;    /* workers */
	atomic_bool looking;  /* a worker that sees without being woken when a job starts */
	bool waited_for;      /* by somebody who sleeps */
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

/* Tells the processor that this is a loop that waits. */
static void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("isb" ::: "memory");
#endif
}

/*
 * How often somebody looks before he sleeps: some microseconds, about what it costs to be woken.
 * Jobs follow each other closely, and the last item of one is often nearly done.
 */
#define LOOKS 400

/* The job's last item was run. */
static void end_job(struct bh_pool *pool, struct bh_job *job)
{
	bool wake;

	if (job->finished)
		job->finished(job->data);
	pthread_mutex_lock(&pool->lock);
	unlink_job(pool, job);
	wake = pool->waited_for;
	pool->waited_for = false;
	/* From here on it may be gone. */
	atomic_store(&job->active, false);
	pthread_mutex_unlock(&pool->lock);
	if (wake)
		pthread_cond_broadcast(&pool->finished);
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
		end_job(pool, job);
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
 * Runs an item and those that follow until none is left or another job starts, which may be more
 * urgent. What was run last is counted last: a job is its owner's again when all items are counted.
 */
static void run_items(struct bh_pool *pool, struct bh_job *job, size_t item, unsigned started,
		      unsigned worker)
{
	size_t count = job->count;

	for (;;) {
		job->run(job->data, item, worker);
		if (atomic_load(&pool->started) != started)
			break;
		item = atomic_fetch_add(&job->next, 1);
		if (item >= count)
			break;
		atomic_fetch_add(&job->done, 1);
	}
	if (atomic_fetch_add(&job->done, 1) + 1 == count)
		end_job(pool, job);
}

/* Whether a job starts within a moment. Called and returns with the lock. */
static bool look(struct bh_pool *pool)
{
	unsigned started = atomic_load(&pool->started);

	if (atomic_exchange(&pool->looking, true))
		return false;
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < LOOKS && atomic_load(&pool->started) == started; i++)
		relax();
	pthread_mutex_lock(&pool->lock);
	atomic_store(&pool->looking, false);
	return atomic_load(&pool->started) != started;
}

/*
 * A worker must not touch a job that its owner has already taken back. It therefore takes its first
 * item under the lock, while the job is in the list; an item that is not counted keeps it alive.
 */
static void *work(void *data)
{
	struct worker *worker = data;
	struct bh_pool *pool = worker->pool;
	bool worked = false;

	pthread_mutex_lock(&pool->lock);
	while (!pool->stopping) {
		struct bh_job *job = take(pool);
		unsigned started = atomic_load(&pool->started);
		size_t item;

		if (!job) {
			if (worked && look(pool))
				continue;
			worked = false;
			if (pool->first || pool->stopping)
				continue;
			pool->sleeping++;
			pthread_cond_wait(&pool->work, &pool->lock);
			pool->sleeping--;
			continue;
		}
		item = atomic_fetch_add(&job->next, 1);
		if (item >= job->count)
			continue;
		pthread_mutex_unlock(&pool->lock);
		run_items(pool, job, item, started, worker->index);
		worked = true;
		pthread_mutex_lock(&pool->lock);
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
	unsigned wake;

	assert(job->count > 0);
	atomic_store(&job->next, 0);
	atomic_store(&job->done, 0);
	pthread_mutex_lock(&pool->lock);
	atomic_store(&job->active, true);
	while (!urgent && *at)
		at = &(*at)->following;
	job->following = *at;
	*at = job;
	atomic_fetch_add(&pool->started, 1);
	/* Who looks need not be woken. */
	wake = pool->sleeping;
	if (wake && atomic_load(&pool->looking) && job->count < wake + 1)
		wake--;
	if (wake > job->count)
		wake = (unsigned)job->count;
	pthread_mutex_unlock(&pool->lock);
	/* Not with the lock, which is the first thing that those who wake up want. */
	while (wake--)
		pthread_cond_signal(&pool->work);
}

void bh_pool_wait(struct bh_pool *pool, struct bh_job *job)
{
	help(pool, job, 0);
	for (unsigned i = 0; i < LOOKS && atomic_load(&job->active); i++)
		relax();
	if (!atomic_load(&job->active))
		return;
	pthread_mutex_lock(&pool->lock);
	while (atomic_load(&job->active)) {
		pool->waited_for = true;
		pthread_cond_wait(&pool->finished, &pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
}
