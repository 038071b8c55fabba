/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/raster/compiler.h"

#include "base/alloc.h"
#include "gpu/raster/variant.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

/* For so long after something was wanted quickly nothing is made better: a frame is being drawn. */
#define QUIET_MILLISECONDS 100

struct queue {
	struct bh_variant *first, **last;
};

/* A thread, and the queues that it serves, from `first` on to `end`. */
struct maker {
	struct bh_compiler *compiler;
	pthread_t thread;
	enum bh_compiler_queue first, end;
	bool yields; /* to everybody */
	bool runs;
};

struct bh_compiler {
	bool now, stopping;
	bool hurries;               /* to be done with everything */
	struct timespec quiet_from; /* when what was wanted quickly is long ago */
	pthread_mutex_t lock;
	pthread_cond_t work, done; /* there is something to do; something was done */
	struct queue queues[BH_COMPILER_QUEUES];
	unsigned making[BH_COMPILER_QUEUES]; /* how many of each queue */
	unsigned ready;                      /* threads that have their place */
	struct maker quick, good;
};

static struct timespec time_in(unsigned milliseconds)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	time.tv_sec += milliseconds / 1000;
	time.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	if (time.tv_nsec >= 1000000000) {
		time.tv_nsec -= 1000000000;
		time.tv_sec++;
	}
	return time;
}

static bool is_quiet(const struct bh_compiler *compiler)
{
	struct timespec now = time_in(0), from = compiler->quiet_from;

	return now.tv_sec > from.tv_sec ||
	       (now.tv_sec == from.tv_sec && now.tv_nsec >= from.tv_nsec);
}

static void put(struct queue *queue, struct bh_variant *variant)
{
	variant->state = BH_VARIANT_WAITING;
	variant->waiting = NULL;
	*queue->last = variant;
	queue->last = &variant->waiting;
}

/* False when it is not in the queue. */
static bool take_out(struct queue *queue, struct bh_variant *variant)
{
	struct bh_variant **at = &queue->first;

	while (*at && *at != variant)
		at = &(*at)->waiting;
	if (!*at)
		return false;
	*at = variant->waiting;
	if (!*at)
		queue->last = at;
	return true;
}

/* From here on the compiler needs nothing of the program. */
static void program_was_read(void *data)
{
	struct bh_variant *variant = data;
	struct bh_compiler *compiler = variant->compiler;

	if (!compiler)
		return;
	pthread_mutex_lock(&compiler->lock);
	variant->state = BH_VARIANT_DETACHED;
	pthread_cond_broadcast(&compiler->done);
	pthread_mutex_unlock(&compiler->lock);
}

static void make(struct bh_variant *variant, bool quick)
{
	struct bh_fused *code;

	if (variant->key.alone) {
		if (quick)
			bh_program_prepare(variant->key.program, true);
		else
			bh_program_improve(variant->key.program);
		return;
	}
	code = bh_fused_create(&variant->key, quick, program_was_read, variant);
	if (!code)
		return;
	*(quick ? &variant->code : &variant->better) = code;
	atomic_store(&variant->entry, bh_fused_entry_of(code));
}

/* Takes the queue's first and makes it. The lock is held, but not meanwhile. */
static void make_first(struct bh_compiler *compiler, enum bh_compiler_queue queue)
{
	struct bh_variant *variant = compiler->queues[queue].first;
	bool quick = queue != BH_COMPILER_LATER;

	take_out(&compiler->queues[queue], variant);
	variant->state = BH_VARIANT_MAKING;
	compiler->making[queue]++;
	pthread_mutex_unlock(&compiler->lock);
	make(variant, quick);
	pthread_mutex_lock(&compiler->lock);
	compiler->making[queue]--;
	if (queue == BH_COMPILER_URGENT)
		compiler->quiet_from = time_in(QUIET_MILLISECONDS);
	variant->state = BH_VARIANT_DONE;
	if (variant->orphan) {
		bh_variant_free(variant);
	} else if (queue == BH_COMPILER_URGENT && variant->code &&
		   bh_fused_is_quick(variant->code)) {
		put(&compiler->queues[BH_COMPILER_LATER], variant);
		pthread_cond_broadcast(&compiler->work);
	}
	pthread_cond_broadcast(&compiler->done);
}

static void *work(void *data)
{
	struct maker *maker = data;
	struct bh_compiler *compiler = maker->compiler;

	/*
	 * A processor that runs nothing else counts as idle when a worker wakes up. Least of all
	 * priorities would not do: two workers may share one processor, and this have the other.
	 */
	if (maker->yields)
		(void)pthread_setschedparam(pthread_self(), SCHED_IDLE, &(struct sched_param){0});
	pthread_mutex_lock(&compiler->lock);
	compiler->ready++;
	pthread_cond_broadcast(&compiler->done);
	while (!compiler->stopping) {
		enum bh_compiler_queue queue = maker->first;

		while (queue < maker->end && !compiler->queues[queue].first)
			queue++;
		if (queue == maker->end)
			pthread_cond_wait(&compiler->work, &compiler->lock);
		else if (maker->yields && !compiler->hurries && !is_quiet(compiler))
			pthread_cond_timedwait(&compiler->work, &compiler->lock,
					       &compiler->quiet_from);
		else
			make_first(compiler, queue);
	}
	pthread_mutex_unlock(&compiler->lock);
	return NULL;
}

static void start(struct bh_compiler *compiler, struct maker *maker, enum bh_compiler_queue first,
		  enum bh_compiler_queue end, bool yields)
{
	sigset_t all, before;

	*maker = (struct maker){.compiler = compiler, .first = first, .end = end, .yields = yields};
	/* Signals are the business of the program's own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	maker->runs = !pthread_create(&maker->thread, NULL, work, maker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct bh_compiler *bh_compiler_create(bool now)
{
	struct bh_compiler *compiler = bh_alloc(sizeof(*compiler));
	pthread_condattr_t monotonic;

	for (unsigned i = 0; i < BH_COMPILER_QUEUES; i++)
		compiler->queues[i].last = &compiler->queues[i].first;
	compiler->now = now;
	pthread_mutex_init(&compiler->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&compiler->work, &monotonic);
	pthread_cond_init(&compiler->done, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (now)
		return compiler;
	start(compiler, &compiler->quick, BH_COMPILER_URGENT, BH_COMPILER_LATER, false);
	start(compiler, &compiler->good, BH_COMPILER_LATER, BH_COMPILER_QUEUES, true);
	/* Afterwards the process may be one that must not change priorities. */
	pthread_mutex_lock(&compiler->lock);
	while (compiler->ready < (unsigned)compiler->quick.runs + compiler->good.runs)
		pthread_cond_wait(&compiler->done, &compiler->lock);
	pthread_mutex_unlock(&compiler->lock);
	return compiler;
}

void bh_compiler_destroy(struct bh_compiler *compiler)
{
	if (!compiler)
		return;
	pthread_mutex_lock(&compiler->lock);
	compiler->stopping = true;
	pthread_cond_broadcast(&compiler->work);
	pthread_mutex_unlock(&compiler->lock);
	if (compiler->quick.runs)
		pthread_join(compiler->quick.thread, NULL);
	if (compiler->good.runs)
		pthread_join(compiler->good.thread, NULL);
	pthread_cond_destroy(&compiler->work);
	pthread_cond_destroy(&compiler->done);
	pthread_mutex_destroy(&compiler->lock);
	free(compiler);
}

void bh_compiler_add(struct bh_compiler *compiler, struct bh_variant *variant,
		     enum bh_compiler_queue queue)
{
	if (compiler->now) {
		make(variant, false);
		variant->state = BH_VARIANT_DONE;
		return;
	}
	pthread_mutex_lock(&compiler->lock);
	variant->compiler = compiler;
	put(&compiler->queues[queue], variant);
	pthread_cond_broadcast(&compiler->work);
	pthread_mutex_unlock(&compiler->lock);
}

bool bh_compiler_is_settled(struct bh_compiler *compiler)
{
	bool settled;

	pthread_mutex_lock(&compiler->lock);
	settled = !compiler->queues[BH_COMPILER_URGENT].first &&
		  !compiler->making[BH_COMPILER_URGENT];
	pthread_mutex_unlock(&compiler->lock);
	return settled;
}

void bh_compiler_settle(struct bh_compiler *compiler)
{
	struct queue *urgent = &compiler->queues[BH_COMPILER_URGENT];

	if (compiler->now)
		return;
	pthread_mutex_lock(&compiler->lock);
	while (urgent->first || compiler->making[BH_COMPILER_URGENT]) {
		if (urgent->first)
			make_first(compiler, BH_COMPILER_URGENT);
		else
			pthread_cond_wait(&compiler->done, &compiler->lock);
	}
	pthread_mutex_unlock(&compiler->lock);
}

bool bh_compiler_withdraw(struct bh_compiler *compiler, struct bh_variant *variant)
{
	bool done;

	pthread_mutex_lock(&compiler->lock);
	while (variant->state == BH_VARIANT_MAKING)
		pthread_cond_wait(&compiler->done, &compiler->lock);
	for (unsigned i = 0; variant->state == BH_VARIANT_WAITING && i < BH_COMPILER_QUEUES; i++) {
		if (take_out(&compiler->queues[i], variant))
			variant->state = BH_VARIANT_DONE;
	}
	done = variant->state == BH_VARIANT_DONE;
	variant->orphan = !done;
	pthread_mutex_unlock(&compiler->lock);
	return done;
}

static bool is_idle(const struct bh_compiler *compiler)
{
	for (unsigned i = 0; i < BH_COMPILER_QUEUES; i++) {
		if (compiler->queues[i].first || compiler->making[i])
			return false;
	}
	return true;
}

void bh_compiler_finish(struct bh_compiler *compiler, unsigned milliseconds)
{
	struct timespec end = time_in(milliseconds);

	pthread_mutex_lock(&compiler->lock);
	compiler->hurries = true;
	pthread_cond_broadcast(&compiler->work);
	while (!is_idle(compiler) &&
	       !pthread_cond_timedwait(&compiler->done, &compiler->lock, &end))
		;
	compiler->hurries = false;
	pthread_mutex_unlock(&compiler->lock);
}
