/* SPDX-License-Identifier: Apache-2.0 */
/* How text stands on a terminal. */
#ifndef BH_CMD_WIDTH_H
#define BH_CMD_WIDTH_H

#include "base/buf.h"

/* The columns that UTF-8 text takes: East Asian characters two, combining ones none. */
size_t bh_columns(const char *text, size_t bytes);

/*
 * Adds text so that it cannot move the cursor: tabs as one space, control characters and bytes that
 * are not UTF-8 as '?'. It takes bh_columns() columns.
 */
void bh_add_visible(struct bh_buf *out, const char *text, size_t bytes);

#endif
