/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether bytes are a flattened device tree that can be walked. libfdt is for trees that are: some
 * of its versions never return from a damaged one, its own check included. So this comes first,
 * wherever a tree comes from outside.
 */
#ifndef BH_BASE_BLOB_H
#define BH_BASE_BLOB_H

#include <stdbool.h>
#include <stddef.h>

#define BH_BLOB_DEPTH_MAX 64 /* nodes in nodes */

/*
 * True when the header's parts lie inside `size` bytes, every token, name and value inside its
 * part, nodes open and close in pairs up to the depth above, and one root holds all. Looks at each
 * byte of the structure once. Version 17 only.
 */
bool bh_blob_is_sound(const void *blob, size_t size);

#endif
