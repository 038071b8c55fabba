/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the configuration, for every verb that needs it. */
#ifndef BH_CMD_LOAD_H
#define BH_CMD_LOAD_H

#include "config/partition.h"

#define BH_CONFIG_FILE "bulkhead.toml"

/*
 * Reads the file (NULL: ./bulkhead.toml) with its drop-ins and prints on stderr what there is to
 * say. BH_EXIT_OK, or BH_EXIT_USAGE with nothing left to finish.
 */
int bh_load_partition(struct bh_partition *partition, const char *file);

#endif
