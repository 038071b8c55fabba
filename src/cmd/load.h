/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the configuration, for every verb that needs it. */
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

/*
 * Reads the file (NULL: ./bulkhead.toml) with its drop-ins and prints on stderr what there is to
 * say. BH_EXIT_OK, or BH_EXIT_USAGE with nothing left to finish.
 */
int bh_load_partition(struct bh_partition *partition, const char *file);

#endif
