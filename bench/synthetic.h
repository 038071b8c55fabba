/* SPDX-License-Identifier: Apache-2.0 */
/* Boards of any size, for how things grow. */
#ifndef BH_BENCH_SYNTHETIC_H
#define BH_BENCH_SYNTHETIC_H

#include <stddef.h>
#include <stdint.h>

/* A blob of so many nodes, for the caller to free: all but four are devices on buses of a hundred.
 */
char *bench_tree(uint32_t nodes, size_t *size);

#endif
