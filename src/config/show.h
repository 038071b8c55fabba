/* SPDX-License-Identifier: Apache-2.0 */
/* The effective configuration: every value with its defaults, and where it comes from. */
#ifndef BH_CONFIG_SHOW_H
#define BH_CONFIG_SHOW_H

#include "base/buf.h"
#include "config/partition.h"

#include <jansson.h>

/* TOML that reads back as the same partition; with `origin`, a comment behind each value. */
void bh_partition_show(const struct bh_partition *partition, bool origin, struct bh_buf *out);

/* The same as an object; with `origin`, each value is {"value", "origin"}. The caller owns it. */
json_t *bh_partition_json(const struct bh_partition *partition, bool origin);

#endif
