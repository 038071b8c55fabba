/* SPDX-License-Identifier: Apache-2.0 */
/* For programs on boards and in their guests. */
#ifndef TESTS_LAB_INTERRUPTS_H
#define TESTS_LAB_INTERRUPTS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many interrupts all lines with this word had, on all processors; false: nobody tells. */
static inline bool count_interrupts(const char *word, unsigned long *sum)
{
	FILE *file = fopen("/proc/interrupts", "re");
	char line[512];

	*sum = 0;
	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		char *at = strchr(line, ':'), *end;

		if (!at || !strstr(line, word))
			continue;
		/* A number for each processor. */
		for (at++;; at = end) {
			unsigned long count = strtoul(at, &end, 10);

			if (end == at)
				break;
			*sum += count;
		}
	}
	fclose(file);
	return true;
}

#endif
