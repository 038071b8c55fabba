/* SPDX-License-Identifier: Apache-2.0 */
/* Clock rates and voltages, as far as tree and snapshot know them. */
#ifndef BH_PLAN_RATES_H
#define BH_PLAN_RATES_H

#include "plan/survey.h"

/* The clock is a fixed-clock or made from one by fixed factors. */
bool bh_rate_is_fixed(const struct bh_dt_node *clock, uint64_t *rate);

/* Who told it. */
enum bh_known { BH_KNOWN_NOT, BH_KNOWN_TREE, BH_KNOWN_HOST };

/*
 * The rate at which the host runs the clock a reference asks for: by the snapshot, else by the
 * node's assigned-clock-rates. 0 when neither knows.
 */
enum bh_known bh_rate_of(const struct bh_survey *survey, const struct bh_ref *ref, uint64_t *rate);

/* The voltage of a regulator: by the snapshot, else what its node fixes; 0 when it is a range. */
enum bh_known bh_voltage_of(const struct bh_survey *survey, const struct bh_dt_node *regulator,
			    uint32_t *microvolt);

/*
 * A device other than the reference's own that the host has in the same power domain, and that is
 * for `skip` to pass over. *known: the host's domain is known at all.
 */
const struct bh_dt_node *bh_domain_neighbour(const struct bh_survey *survey,
					     const struct bh_ref *ref,
					     bool (*skip)(const void *data,
							  const struct bh_dt_node *unit),
					     const void *data, bool *known);

#endif
