/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop, and other threads that take watches away from it. */
#include "vmm/loop.h"
#include "test.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct fixture {
	struct bh_loop loop;
	pthread_t thread;
	sem_t inside, go_on;
	atomic_uint first, second;
	struct bh_watch watches[2];
};

static int begin(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	*state = f;
	sem_init(&f->inside, 0, 0);
	sem_init(&f->go_on, 0, 0);
	return bh_loop_init(&f->loop);
}

static int end(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 2; i++) {
		if (f->watches[i].owner)
			close(f->watches[i].fd);
	}
	bh_loop_finish(&f->loop);
	test_free(f);
	return 0;
}

/* Something is always there to read. */
static void watch(struct fixture *f, int i, void (*ready)(void *owner, uint32_t events))
{
	f->watches[i] = (struct bh_watch){
		.fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK), .ready = ready, .owner = f};
	assert_true(f->watches[i].fd >= 0);
	assert_int_equal(bh_loop_add(&f->loop, &f->watches[i], EPOLLIN), 0);
}

static void *run(void *argument)
{
	bh_loop_run(argument);
	return NULL;
}

static void start(struct fixture *f)
{
	assert_int_equal(pthread_create(&f->thread, NULL, run, &f->loop), 0);
}

/* Whichever of two comes first waits until it is told to go on. */
static void wait_inside(struct fixture *f, atomic_uint *count)
{
	if (!atomic_load(&f->first) && !atomic_load(&f->second)) {
		atomic_fetch_add(count, 1);
		sem_post(&f->inside);
		sem_wait(&f->go_on);
		bh_loop_stop(&f->loop);
	} else {
		atomic_fetch_add(count, 1);
	}
}

static void first_ready(void *owner, uint32_t events)
{
	struct fixture *f = owner;

	(void)events;
	wait_inside(f, &f->first);
}

static void second_ready(void *owner, uint32_t events)
{
	struct fixture *f = owner;

	(void)events;
	wait_inside(f, &f->second);
}

static void what_another_thread_removed_is_not_called_any_more(void **state)
{
	struct fixture *f = *state;

	/* Both are in the batch of which the loop is at the first. */
	watch(f, 0, first_ready);
	watch(f, 1, second_ready);
	start(f);
	sem_wait(&f->inside);
	bh_loop_remove(&f->loop, &f->watches[atomic_load(&f->first) ? 1 : 0]);
	sem_post(&f->go_on);
	pthread_join(f->thread, NULL);
	assert_int_equal(atomic_load(&f->first) + atomic_load(&f->second), 1);
}

static void count(void *owner, uint32_t events)
{
	struct fixture *f = owner;

	(void)events;
	atomic_fetch_add(&f->first, 1);
}

enum { ROUNDS = 20000 };

/* For ThreadSanitizer, and for luck without it. */
static void watches_come_and_go_while_the_loop_runs(void **state)
{
	struct fixture *f = *state;

	watch(f, 0, count);
	watch(f, 1, count);
	start(f);
	for (int i = 0; i < ROUNDS; i++) {
		bh_loop_remove(&f->loop, &f->watches[1]);
		f->watches[1].ready = count;
		bh_loop_change(&f->loop, &f->watches[0], i % 2 ? EPOLLIN : 0);
		assert_int_equal(bh_loop_add(&f->loop, &f->watches[1], EPOLLIN), 0);
	}
	bh_loop_stop(&f->loop);
	pthread_join(f->thread, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_another_thread_removed_is_not_called_any_more),
		TEST(watches_come_and_go_while_the_loop_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
