/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/rates.h"

#include "plan/snapshot.h"

#include "base/str.h"

#include <stdlib.h>

bool bh_rate_is_fixed(const struct bh_dt_node *clock, uint64_t *rate)
{
	uint32_t hertz;

	*rate = 0;
	if (!bh_dt_is_compatible(clock, "fixed-clock") ||
	    !bh_dt_u32(clock, "clock-frequency", &hertz))
		return false;
	*rate = hertz;
	return true;
}

/* assigned-clock-rates counts along assigned-clocks of the same node. */
static bool assigned_rate(const struct bh_survey *survey, const struct bh_ref *ref, uint64_t *rate)
{
	const struct bh_dt_prop *rates = bh_dt_get(ref->from, "assigned-clock-rates");
	const struct bh_dt_prop *assigned = bh_dt_get(ref->from, "assigned-clocks");
	size_t count;
	const struct bh_ref *list;

	if (!rates || !assigned)
		return false;
	list = bh_refs_of(survey->refs, ref->from, assigned, &count);
	for (size_t i = 0; i < count; i++) {
		bool same = list[i].target == ref->target && list[i].arg_count == ref->arg_count;

		for (uint32_t a = 0; same && a < ref->arg_count; a++)
			same = bh_ref_arg(&list[i], a) == bh_ref_arg(ref, a);
		if (same && list[i].index < bh_dt_cell_count(rates)) {
			*rate = bh_dt_cell(rates, list[i].index);
			return *rate != 0;
		}
	}
	return false;
}

enum bh_known bh_rate_of(const struct bh_survey *survey, const struct bh_ref *ref, uint64_t *rate)
{
	*rate = 0;
	if (survey->snapshot) {
		struct bh_buf device = {0};

		bh_survey_add_device_name(&device, survey, ref->from);
		bool known =
			bh_snapshot_rate(survey->snapshot, bh_buf_str(&device), ref->name, rate);
		bh_buf_finish(&device);
		if (known)
			return BH_KNOWN_HOST;
	}
	return assigned_rate(survey, ref, rate) ? BH_KNOWN_TREE : BH_KNOWN_NOT;
}

enum bh_known bh_voltage_of(const struct bh_survey *survey, const struct bh_dt_node *regulator,
			    uint32_t *microvolt)
{
	uint32_t max;
	bool known = false;

	if (survey->snapshot) {
		char *path = bh_dt_path(regulator);

		known = bh_snapshot_voltage(survey->snapshot, path, microvolt);
		free(path);
	}
	if (known)
		return BH_KNOWN_HOST;
	if (bh_dt_u32(regulator, "regulator-min-microvolt", microvolt) &&
	    bh_dt_u32(regulator, "regulator-max-microvolt", &max) && *microvolt == max)
		return BH_KNOWN_TREE;
	*microvolt = 0;
	return BH_KNOWN_NOT;
}

const struct bh_dt_node *bh_domain_neighbour(const struct bh_survey *survey,
					     const struct bh_ref *ref,
					     bool (*skip)(const void *data,
							  const struct bh_dt_node *unit),
					     const void *data, bool *known)
{
	const char *domain = NULL;

	for (size_t i = 0; i < survey->domain_count; i++)
		if (survey->domains[i].node == ref->from && survey->domains[i].index == ref->index)
			domain = survey->domains[i].name;
	*known = domain != NULL;
	for (size_t i = 0; domain && i < survey->domain_count; i++) {
		const struct bh_dt_node *unit = bh_survey_of(survey, survey->domains[i].node)->unit;

		if (survey->domains[i].node != ref->from && !skip(data, unit) &&
		    bh_str_eq(survey->domains[i].name, domain))
			return survey->domains[i].node;
	}
	return NULL;
}
