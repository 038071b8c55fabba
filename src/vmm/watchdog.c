/* SPDX-License-Identifier: Apache-2.0 */
#include "vmm/watchdog.h"

#include "base/range.h"

#include "machine/check.h"

#include <limits.h>
#include <time.h>

/* The control page comes first, then the page of refreshes. */
enum { REFRESH = BH_PAGE };
enum { STATUS = 0x0, OFFSET = 0x8, OFFSET_HIGH = 0xc, COMPARE = 0x10, COMPARE_HIGH = 0x14 };
enum { ID = 0xfcc, VERSION_1 = 1 << 16 }; /* offsets of 48 bits */
enum { ENABLE = 1, FIRST_PASSED = 2 };

#define OFFSET_MASK UINT64_C(0xffffffffffff)
#define SECOND      UINT64_C(1000000000)

static uint64_t host_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

/* One time-out in ns. */
static uint64_t period(const struct bh_watchdog *w)
{
	unsigned __int128 ns = (unsigned __int128)w->offset * SECOND / w->hv->counter_hz;

	return ns > INT64_MAX ? INT64_MAX : (uint64_t)ns;
}

/* Since it was refreshed. */
static uint64_t waited(const struct bh_watchdog *w)
{
	return w->paused ? w->fed : w->now() - w->fed;
}

static void feed(struct bh_watchdog *w)
{
	w->fed = w->paused ? 0 : w->now();
}

/* The guest's counter when the present time-out is over. */
static uint64_t compare(const struct bh_watchdog *w)
{
	uint64_t passed = waited(w), one = period(w);
	unsigned __int128 rest = passed < one       ? one - passed
				 : passed < 2 * one ? 2 * one - passed
						    : 0;

	return w->hv->ops->counter(w->hv) + (uint64_t)(rest * w->hv->counter_hz / SECOND);
}

static uint64_t read_control(struct bh_watchdog *w, uint64_t offset)
{
	switch (offset) {
	case STATUS:
		return !w->enabled ? 0 : waited(w) < period(w) ? ENABLE : ENABLE | FIRST_PASSED;
	case OFFSET:
		return w->offset;
	case OFFSET_HIGH:
		return w->offset >> 32;
	case COMPARE:
		return w->enabled ? compare(w) : 0;
	case COMPARE_HIGH:
		return w->enabled ? compare(w) >> 32 : 0;
	default:
		return 0;
	}
}

static uint64_t watchdog_read(void *device, uint64_t offset, unsigned size)
{
	struct bh_watchdog *w = device;
	uint64_t value = 0;

	(void)size;
	pthread_mutex_lock(&w->lock);
	if (offset % REFRESH == ID)
		value = VERSION_1;
	else if (offset < REFRESH)
		value = read_control(w, offset);
	pthread_mutex_unlock(&w->lock);
	return value;
}

static void write_offset(struct bh_watchdog *w, uint64_t offset, unsigned size, uint64_t value)
{
	if (size == 8)
		w->offset = value;
	else if (offset == OFFSET_HIGH)
		w->offset = (w->offset & UINT32_MAX) | value << 32;
	else
		w->offset = (w->offset & ~(uint64_t)UINT32_MAX) | value;
	w->offset &= OFFSET_MASK;
}

/* Every write to a register that counts is a refresh, too. */
static void watchdog_write(void *device, uint64_t offset, unsigned size, uint64_t value)
{
	struct bh_watchdog *w = device;
	bool sooner = false;

	pthread_mutex_lock(&w->lock);
	if (offset == STATUS) {
		w->enabled = value & ENABLE;
		sooner = w->enabled;
	} else if (offset == OFFSET || offset == OFFSET_HIGH) {
		write_offset(w, offset, size, value);
		sooner = w->enabled;
	}
	if (offset == STATUS || offset == OFFSET || offset == OFFSET_HIGH || offset == REFRESH)
		feed(w);
	pthread_mutex_unlock(&w->lock);
	if (sooner)
		bh_loop_wake(w->loop);
}

const struct bh_bus_ops bh_watchdog_ops = {.read = watchdog_read, .write = watchdog_write};

/* How long the loop may sleep, in ms; negative: as long as it likes. */
static int look(void *owner)
{
	struct bh_watchdog *w = owner;
	bool bites = false;
	int sleep = -1;

	pthread_mutex_lock(&w->lock);
	if (w->enabled && !w->paused && !w->bitten) {
		uint64_t passed = waited(w), limit = period(w) * 2;
		uint64_t ms = passed < limit ? (limit - passed) / 1000000 + 1 : 0;

		bites = passed >= limit;
		sleep = bites ? -1 : ms > INT_MAX ? INT_MAX : (int)ms;
	}
	w->bitten |= bites;
	pthread_mutex_unlock(&w->lock);
	if (bites)
		w->bite(w->owner);
	return sleep;
}

void bh_watchdog_init(struct bh_watchdog *watchdog, struct bh_hv *hv, struct bh_loop *loop,
		      void (*bite)(void *owner), void *owner)
{
	*watchdog = (struct bh_watchdog){
		.hv = hv, .loop = loop, .bite = bite, .owner = owner, .now = host_now};
	pthread_mutex_init(&watchdog->lock, NULL);
	bh_loop_set_alarm(loop, look, watchdog);
}

void bh_watchdog_finish(struct bh_watchdog *watchdog)
{
	bh_loop_set_alarm(watchdog->loop, NULL, NULL);
	pthread_mutex_destroy(&watchdog->lock);
}

void bh_watchdog_pause(struct bh_watchdog *watchdog, bool pause)
{
	pthread_mutex_lock(&watchdog->lock);
	if (pause != watchdog->paused) {
		/* From a time to how long ago it was, and back. */
		watchdog->fed = watchdog->now() - watchdog->fed;
		watchdog->paused = pause;
	}
	pthread_mutex_unlock(&watchdog->lock);
}
