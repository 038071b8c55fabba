/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop: one thread that waits for descriptors and calls who watches them. Any thread may
 * add, change and remove watches: a guest that resets a device does it from a vCPU. Once a watch
 * is removed, its ready() does not begin any more; when another thread than the loop's removed it,
 * ready() may be running still. So such a watch lives until the loop has ended, and its owner has a
 * lock of its own for what ready() does.
 */
#ifndef BH_VMM_LOOP_H
#define BH_VMM_LOOP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct bh_watch {
	int fd;
	void (*ready)(void *owner, uint32_t events); /* EPOLLIN... */
	void *owner;
};

#define BH_LOOP_EVENTS 16

struct bh_loop {
	int epoll, wake;
	atomic_bool stopped;
	pthread_mutex_t lock;                     /* of the next three */
	struct bh_watch *pending[BH_LOOP_EVENTS]; /* while events are handed out */
	int pending_count;
	unsigned removals;
	struct bh_watch waker;
	int (*alarm)(void *owner);
	void *alarm_owner;
};

int bh_loop_init(struct bh_loop *loop);
void bh_loop_finish(struct bh_loop *loop);

/* `watch` lives until it is removed. Returns 0 or a negative errno. */
int bh_loop_add(struct bh_loop *loop, struct bh_watch *watch, uint32_t events);
void bh_loop_change(struct bh_loop *loop, struct bh_watch *watch, uint32_t events);
void bh_loop_remove(struct bh_loop *loop, struct bh_watch *watch);

/*
 * `alarm` is called before each wait and says how long that may last, in ms; negative: for ever.
 * There is one; NULL takes it away.
 */
void bh_loop_set_alarm(struct bh_loop *loop, int (*alarm)(void *owner), void *owner);

/* Ends the present wait, so that the alarm is asked again. Any thread. */
void bh_loop_wake(struct bh_loop *loop);

/* Runs until bh_loop_stop(), also when that was called before. Then it can run again. */
void bh_loop_run(struct bh_loop *loop);
void bh_loop_stop(struct bh_loop *loop);

/* Hands out what is there now, without waiting; returns how many events that were. For tests. */
int bh_loop_poll(struct bh_loop *loop);

#endif
