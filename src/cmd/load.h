/* SPDX-License-Identifier: Apache-2.0 */
/* How every verb is told which configuration to read. */
#ifndef BH_CMD_LOAD_H
#define BH_CMD_LOAD_H

#include "cmd/verb.h"
#include "config/partition.h"

#define BH_CONFIG_FILE "bulkhead.toml"

/* Every verb that reads the configuration takes it so. */
#define BH_CONFIG_OPTION                                                    \
	{                                                                   \
		.name = "config", .letter = 'c', .argument = "FILE",        \
		.help = "The configuration (bulkhead.toml in this folder)", \
		.complete = BH_COMPLETE_FILE                                \
	}

#endif
