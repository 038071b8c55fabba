/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The generic watchdog of Arm's base system architecture (`arm,sbsa-gwdt`), which stock kernels
 * drive: two pages of registers, a first time-out and a second. At the second the VM ends, and its
 * restart policy decides. Its first interrupt is not wired: the driver does without.
 *
 * It counts the host's time while the VM runs. Refreshing costs no system call: the loop looks when
 * the time that it knows of is over.
 */
#ifndef BH_VMM_WATCHDOG_H
#define BH_VMM_WATCHDOG_H

#include "vmm/bus.h"
#include "vmm/hv.h"
#include "vmm/loop.h"

#include <pthread.h>

struct bh_watchdog {
	struct bh_hv *hv;
	struct bh_loop *loop;
	void (*bite)(void *owner);
	void *owner;
	uint64_t (*now)(void); /* ns; of the host */
	pthread_mutex_t lock;
	bool enabled, paused, bitten;
	uint64_t offset; /* of one time-out, in ticks of the guest's counter */
	uint64_t fed;    /* when it was refreshed last, by now(); while paused: how long before */
};

extern const struct bh_bus_ops bh_watchdog_ops;

/* `bite` is called once, by the loop's thread. Becomes the loop's alarm. */
void bh_watchdog_init(struct bh_watchdog *watchdog, struct bh_hv *hv, struct bh_loop *loop,
		      void (*bite)(void *owner), void *owner);
void bh_watchdog_finish(struct bh_watchdog *watchdog);

/* The VM rests, or goes on; time in between does not count. */
void bh_watchdog_pause(struct bh_watchdog *watchdog, bool pause);

#endif
