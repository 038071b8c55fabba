/* SPDX-License-Identifier: Apache-2.0 */
#include "host/pace.h"

void bh_pace_add(struct bh_pace *pace, uint64_t count)
{
	pace->untold += count;
}

uint64_t bh_pace_rest(struct bh_pace *pace)
{
	uint64_t count = pace->untold;

	pace->untold = 0;
	return count;
}

uint64_t bh_pace_due(struct bh_pace *pace, int64_t now)
{
	if (!pace->untold || (pace->interval && now < pace->next))
		return 0;
	/* Shorter silences do not count: pauses would buy a lot of lines. */
	if (!pace->interval || now - pace->next >= BH_PACE_LONGEST_MS)
		pace->interval = BH_PACE_FIRST_MS;
	else if (pace->interval > BH_PACE_LONGEST_MS / 2)
		pace->interval = BH_PACE_LONGEST_MS;
	else
		pace->interval *= 2;
	pace->next = now + pace->interval;
	return bh_pace_rest(pace);
}
