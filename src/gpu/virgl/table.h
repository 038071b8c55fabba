/* SPDX-License-Identifier: Apache-2.0 */
/* Handles, as guests choose them, to pointers. A handle is never 0. */
#ifndef BH_GPU_VIRGL_TABLE_H
#define BH_GPU_VIRGL_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct bh_table {
	struct bh_table_slot {
		uint32_t handle; /* 0: free */
		void *value;
	} * slots;
	size_t count, room;
};

void bh_table_finish(struct bh_table *table); /* not the values */
void *bh_table_get(const struct bh_table *table, uint32_t handle);
/* Sets, replaces, or with NULL removes; returns what was there. */
void *bh_table_set(struct bh_table *table, uint32_t handle, void *value);

#endif
