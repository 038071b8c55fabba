/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that hold plain numbers. Small numbers look like phandles, so without this list the
 * detector would report them. A name belongs here when its binding says so, never because it is in
 * the way.
 */
#include "dt/rules.h"

#define SCALAR(name)                                                              \
	{                                                                         \
		.property = name, .kind = BH_REF_CONFIG, .shape = BH_SHAPE_SCALAR \
	}

const struct bh_dt_rule bh_scalar_rules[] = {
	SCALAR("reg"),
};

const size_t bh_scalar_rule_count = sizeof(bh_scalar_rules) / sizeof(*bh_scalar_rules);
