/* SPDX-License-Identifier: Apache-2.0 */
/* raise DEVICE: leaves the PL031's interrupt line up, as an event before a VM's start does. */
#include "probe.h"

#include <stdio.h>

enum { COUNT = 0, MATCH = 1, ENABLE = 4 };

int main(int argc, char **argv)
{
	struct device device;

	if (argc != 2)
		return 2;
	device_open(&device, argv[1]);
	volatile uint32_t *rtc = device_map(&device, 0);
	rtc[ENABLE] = 1;
	rtc[MATCH] = rtc[COUNT];
	device_close(&device);
	return 0;
}

/* What device.c reports with. */
bool check(bool holds, const char *what, const char *file, int line)
{
	if (!holds)
		fprintf(stderr, "%s:%d: %s does not hold\n", file, line, what);
	return holds;
}
