/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void woken(void *owner, uint32_t events)
{
	struct bh_loop *loop = owner;
	uint64_t count;

	(void)events;
	(void)!read(loop->wake, &count, sizeof(count));
}

int bh_loop_init(struct bh_loop *loop)
{
	*loop = (struct bh_loop){.epoll = -1, .wake = -1};
	pthread_mutex_init(&loop->lock, NULL);
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	loop->waker = (struct bh_watch){.fd = loop->wake, .ready = woken, .owner = loop};
	int err = loop->epoll < 0 || loop->wake < 0 ? -errno
						    : bh_loop_add(loop, &loop->waker, EPOLLIN);
	if (err)
		bh_loop_finish(loop);
	return err;
}

void bh_loop_finish(struct bh_loop *loop)
{
	if (loop->epoll >= 0)
		close(loop->epoll);
	if (loop->wake >= 0)
		close(loop->wake);
	loop->epoll = loop->wake = -1;
	pthread_mutex_destroy(&loop->lock);
}

static int control(struct bh_loop *loop, int action, struct bh_watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};

	return epoll_ctl(loop->epoll, action, watch->fd, &event) < 0 ? -errno : 0;
}

int bh_loop_add(struct bh_loop *loop, struct bh_watch *watch, uint32_t events)
{
	return control(loop, EPOLL_CTL_ADD, watch, events);
}

void bh_loop_change(struct bh_loop *loop, struct bh_watch *watch, uint32_t events)
{
	control(loop, EPOLL_CTL_MOD, watch, events);
}

void bh_loop_remove(struct bh_loop *loop, struct bh_watch *watch)
{
	pthread_mutex_lock(&loop->lock);
	control(loop, EPOLL_CTL_DEL, watch, 0);
	loop->removals++;
	/* An event for it may be waiting in the batch that is being handed out. */
	for (int i = 0; i < loop->pending_count; i++) {
		if (loop->pending[i] == watch)
			loop->pending[i] = NULL;
	}
	pthread_mutex_unlock(&loop->lock);
}

static unsigned removals(struct bh_loop *loop)
{
	pthread_mutex_lock(&loop->lock);
	unsigned count = loop->removals;
	pthread_mutex_unlock(&loop->lock);
	return count;
}

/* Where bh_loop_remove() finds it. Returns how many events are to be handed out: none of a batch
 * that may have one of a watch that was removed meanwhile. What is still so, epoll says again. */
static int keep_batch(struct bh_loop *loop, const struct epoll_event *events, int count,
		      unsigned removed)
{
	pthread_mutex_lock(&loop->lock);
	loop->pending_count = count > 0 && loop->removals == removed ? count : 0;
	for (int i = 0; i < loop->pending_count; i++)
		loop->pending[i] = events[i].data.ptr;
	count = loop->pending_count;
	pthread_mutex_unlock(&loop->lock);
	return count;
}

/* A copy of an event's watch, which may be removed and added again any time. False: it was removed
 * before its turn. */
static bool take_pending(struct bh_loop *loop, int i, struct bh_watch *watch)
{
	pthread_mutex_lock(&loop->lock);
	bool there = loop->pending[i];
	if (there)
		*watch = *loop->pending[i];
	loop->pending[i] = NULL;
	pthread_mutex_unlock(&loop->lock);
	return there;
}

/* Waits once, and hands out what came. Returns the number of events. */
static int step(struct bh_loop *loop, int timeout)
{
	struct epoll_event events[BH_LOOP_EVENTS];
	unsigned removed = removals(loop);
	int count = keep_batch(loop, events,
			       epoll_wait(loop->epoll, events, BH_LOOP_EVENTS, timeout), removed);

	for (int i = 0; i < count; i++) {
		struct bh_watch watch;
		if (take_pending(loop, i, &watch))
			watch.ready(watch.owner, events[i].events);
	}
	return count;
}

void bh_loop_run(struct bh_loop *loop)
{
	while (!atomic_load(&loop->stopped))
		step(loop, loop->alarm ? loop->alarm(loop->alarm_owner) : -1);
	atomic_store(&loop->stopped, false);
}

int bh_loop_poll(struct bh_loop *loop)
{
	if (loop->alarm)
		(void)loop->alarm(loop->alarm_owner);
	return step(loop, 0);
}

void bh_loop_wake(struct bh_loop *loop)
{
	uint64_t one = 1;

	(void)!write(loop->wake, &one, sizeof(one));
}

void bh_loop_stop(struct bh_loop *loop)
{
	atomic_store(&loop->stopped, true);
	bh_loop_wake(loop);
}

void bh_loop_set_alarm(struct bh_loop *loop, int (*alarm)(void *owner), void *owner)
{
	loop->alarm = alarm;
	loop->alarm_owner = owner;
}
