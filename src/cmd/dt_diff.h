/* SPDX-License-Identifier: Apache-2.0 */
/* Host's view and guest's view of the devices of a VM, side by side. */
#ifndef BH_CMD_DT_DIFF_H
#define BH_CMD_DT_DIFF_H

#include "plan/plan.h"

#include <jansson.h>

/* Appends text, or objects to `rows` when that is not NULL. */
void bh_dt_diff(struct bh_buf *text, json_t *rows, const struct bh_plan *plan, size_t vm,
		const void *guest, size_t size);

#endif
