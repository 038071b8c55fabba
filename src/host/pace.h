/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guest or a device can make happen as often as it likes is not told each time: the first
 * time at once, then sums, at intervals that double. Nothing is lost but the single times.
 */
#ifndef BH_HOST_PACE_H
#define BH_HOST_PACE_H

#include <stdint.h>

#define BH_PACE_FIRST_MS   INT64_C(2000)
#define BH_PACE_LONGEST_MS INT64_C(3600000)

/* All zero at first. */
struct bh_pace {
	uint64_t untold;
	int64_t next;     /* when the next sum may be told, in ms */
	int64_t interval; /* that ended with `next`; 0: nothing was told yet */
};

void bh_pace_add(struct bh_pace *pace, uint64_t count);

/* How many are to be told now; 0: none yet. `now` only grows. */
uint64_t bh_pace_due(struct bh_pace *pace, int64_t now);

/* What is left to tell, when nothing more can come. */
uint64_t bh_pace_rest(struct bh_pace *pace);

#endif
