/* SPDX-License-Identifier: Apache-2.0 */
/* A document as the tagged JSON of the toml-test suite: {"type": "integer", "value": "1"}. */
#ifndef BH_TESTS_CONFIG_TAGGED_H
#define BH_TESTS_CONFIG_TAGGED_H

#include "base/buf.h"
#include "config/toml.h"

void put_tagged(struct bh_buf *out, const struct bh_toml_value *value);

#endif
