/* SPDX-License-Identifier: Apache-2.0 */
#include "machine/quiesce.h"

#include "base/alloc.h"
#include "base/str.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { REGION, OFFSET, MASK, VALUE, NUMBERS };

bool bh_quiesce_step_ok(const char *step)
{
	char *copy = bh_strdup(step), *rest = copy, *word = strsep(&rest, " ");
	uint64_t numbers[NUMBERS];
	size_t count = 0;
	bool ok = bh_str_eq(word, "write") || bh_str_eq(word, "wait");

	while (ok && (word = strsep(&rest, " "))) {
		ok = count < NUMBERS && bh_parse_u64(word, &numbers[count]) &&
		     numbers[count] <= UINT32_MAX;
		count++;
	}
	ok = ok && count == NUMBERS && numbers[OFFSET] % 4 == 0 && numbers[MASK] &&
	     !(numbers[VALUE] & ~numbers[MASK]);
	free(copy);
	return ok;
}

bool bh_quiesce_ok(const char *steps)
{
	char *copy = bh_strdup(steps), *rest = copy, *step;
	size_t count = 0;
	bool ok = true;

	while (ok && (step = strsep(&rest, ";"))) {
		step += strspn(step, " ");
		ok = bh_quiesce_step_ok(step) && ++count <= BH_QUIESCE_STEPS_MAX;
	}
	free(copy);
	return ok;
}
