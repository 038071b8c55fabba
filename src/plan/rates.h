/* SPDX-License-Identifier: Apache-2.0 */
/* Clock rates and voltages, as far as tree and snapshot know them. */
#ifndef BH_PLAN_RATES_H
#define BH_PLAN_RATES_H

#include "plan/survey.h"

/* The clock is a fixed-clock or made from one by fixed factors. */
bool bh_rate_is_fixed(const struct bh_dt_node *clock, uint64_t *rate);

/*
 * The rate at which the host runs the clock a reference asks for: by the snapshot, else by the
 * node's assigned-clock-rates. False and 0 when neither knows.
 */
bool bh_rate_of(const struct bh_survey *survey, const struct bh_ref *ref, uint64_t *rate);

/* The voltage a regulator's node fixes; false when it is a range or not said. */
bool bh_voltage_of(const struct bh_dt_node *regulator, uint32_t *microvolt);

#endif
