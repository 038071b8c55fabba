/* SPDX-License-Identifier: Apache-2.0 */
#include "machine/cpus.h"

#include "base/alloc.h"
#include "base/buf.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

_Static_assert(BH_CPUS_MAX <= CPU_SETSIZE, "a set holds all");

static bool parse(const char *list, cpu_set_t *set)
{
	CPU_ZERO(set);
	for (const char *at = list;; at++) {
		unsigned cpu = 0, digits = 0;
		for (; *at >= '0' && *at <= '9' && cpu < BH_CPUS_MAX; at++, digits++)
			cpu = 10 * cpu + (unsigned)(*at - '0');
		if (!digits || cpu >= BH_CPUS_MAX || (*at && *at != ','))
			return false;
		CPU_SET(cpu, set);
		if (!*at)
			return true;
	}
}

bool bh_cpus_are_listed(const char *list)
{
	cpu_set_t set;

	return parse(list, &set);
}

static void refuse(const char *list, const char *vm, const cpu_set_t *ours, struct bh_diags *diags)
{
	struct bh_buf text;

	bh_buf_init(&text);
	for (int cpu = 0; cpu < BH_CPUS_MAX; cpu++) {
		if (CPU_ISSET(cpu, ours))
			bh_buf_addf(&text, "%s%d", text.length ? "," : "", cpu);
	}
	struct bh_diag *diag =
		bh_error(diags, "E1136",
			 "VM %s is to run on cpus %s, and the host has not all of them", vm, list);
	bh_diag_cause(diag, "those that it has for us: %s", bh_buf_str(&text));
	bh_diag_hint(diag, "name others in `cpu-affinity`, or none");
	bh_buf_finish(&text);
}

bool bh_cpus_use(const char *list, const char *vm, struct bh_diags *diags)
{
	cpu_set_t wanted, before, after;

	if (!list)
		return true;
	if (!parse(list, &wanted) || sched_getaffinity(0, sizeof(before), &before))
		CPU_ZERO(&before);
	/* The kernel leaves out what there is not, and only refuses when nothing is left. */
	else if (!sched_setaffinity(0, sizeof(wanted), &wanted) &&
		 !sched_getaffinity(0, sizeof(after), &after)) {
		if (CPU_EQUAL(&wanted, &after))
			return true;
		(void)sched_setaffinity(0, sizeof(before), &before);
	}
	refuse(list, vm, &before, diags);
	return false;
}

bool bh_cpus_are_there(const char *list, const char *vm, struct bh_diags *diags)
{
	cpu_set_t before;

	if (!list || sched_getaffinity(0, sizeof(before), &before))
		return true;
	bool good = bh_cpus_use(list, vm, diags);
	(void)sched_setaffinity(0, sizeof(before), &before);
	return good;
}
