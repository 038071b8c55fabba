/* SPDX-License-Identifier: Apache-2.0 */
/* The i.MX 8M Plus' Ethernet controller, of which the emulated one raises two lines for each event.
 */
#include "probe.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Registers, in words: events, which of them interrupt, and a word to or from the PHY. */
enum { EVENTS = 0x04 / 4, ENABLED = 0x08 / 4, PHY = 0x40 / 4 };
enum { PHY_DONE = 1 << 23, READ_PHY_STATUS = 0x60020000 | 1 << 18 };
enum { LINES = 4 };

struct lines {
	struct pollfd trigger[LINES];
	int resample[LINES];
};

/* How many lines fired, of those that did not fire before. Takes their events. */
static int take(struct lines *lines, int wait, bool fired[LINES])
{
	uint64_t count;
	int sum = 0;

	CHECK(poll(lines->trigger, LINES, wait) >= 0);
	for (int i = 0; i < LINES; i++) {
		if (!(lines->trigger[i].revents & POLLIN))
			continue;
		CHECK(read(lines->trigger[i].fd, &count, sizeof(count)) == sizeof(count));
		fired[i] = true;
		sum++;
	}
	return sum;
}

static void end(struct lines *lines, bool fired[LINES])
{
	const uint64_t one = 1;

	for (int i = 0; i < LINES; i++)
		if (fired[i])
			CHECK(write(lines->resample[i], &one, sizeof(one)) == sizeof(one));
	memset(fired, 0, LINES * sizeof(fired[0]));
}

/*
 * Two lines rise together: one is told, unless it took this program so long that the other's turn
 * came; and what is still up when the one is ended is told then.
 */
void test_together(char **args)
{
	int alone = 0, rounds = atoi(args[1]);
	bool fired[LINES] = {false};
	struct device device;
	struct lines lines;

	device_open(&device, args[0]);
	volatile uint32_t *fec = device_map(&device, 0);
	fec[ENABLED] = 0;
	fec[EVENTS] = UINT32_MAX;
	for (uint32_t i = 0; i < LINES; i++) {
		lines.trigger[i] =
			(struct pollfd){eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), POLLIN, 0};
		lines.resample[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		CHECK(irq_set_fd(&device, i, VFIO_IRQ_SET_ACTION_TRIGGER, lines.trigger[i].fd) ==
		      0);
		CHECK(irq_set_fd(&device, i, VFIO_IRQ_SET_ACTION_UNMASK, lines.resample[i]) == 0);
	}
	fec[ENABLED] = PHY_DONE;
	for (int round = 0; round < rounds; round++) {
		fec[PHY] = READ_PHY_STATUS;
		int told = take(&lines, -1, fired);
		/* Its cause is there still. */
		end(&lines, fired);
		CHECK(take(&lines, -1, fired) > 0);
		fec[EVENTS] = PHY_DONE;
		told += take(&lines, 0, fired);
		end(&lines, fired);
		alone += told == 1;
	}
	printf("# %d of %d events were told by one line\n", alone, rounds);
	CHECK(alone > 0);
	while (take(&lines, 20, fired))
		end(&lines, fired);
	fec[ENABLED] = 0;
	device_close(&device);
}
