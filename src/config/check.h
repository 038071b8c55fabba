/* SPDX-License-Identifier: Apache-2.0 */
/* What the schema cannot see: values that must agree with each other, across tables and files. */
#ifndef BH_CONFIG_CHECK_H
#define BH_CONFIG_CHECK_H

#include "config/partition.h"

/* Adds to `diags`. The partition was filled without an error. */
void bh_partition_check(const struct bh_partition *partition, struct bh_diags *diags);

#endif
