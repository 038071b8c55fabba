/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs of any shape, also those that no compiler writes: a generator for hostile input. */
#ifndef BH_TEST_BLOB_H
#define BH_TEST_BLOB_H

#include "base/buf.h"

#include <stdint.h>

struct blob {
	struct bh_buf structure, strings;
	uint32_t version, last_compatible;
};

void blob_begin(struct blob *blob); /* an open root node */
void blob_open(struct blob *blob, const char *name);
void blob_close(struct blob *blob);
void blob_prop(struct blob *blob, const char *name, const void *value, uint32_t length);
void blob_cell(struct blob *blob, const char *name, uint32_t value);
void blob_raw(struct blob *blob, uint32_t token);

/* Closes the root, ends the structure block, and puts header and blocks together. */
char *blob_end(struct blob *blob, size_t *size);

/* The header's fields, in cells from the start. */
enum {
	TOTAL = 1,
	OFF_STRUCT,
	OFF_STRINGS,
	OFF_RESERVE,
	VERSION,
	COMPATIBLE,
	CPU,
	SIZE_STRINGS,
	SIZE_STRUCT
};
void blob_set(char *data, int field, uint32_t value);
uint32_t blob_get(const char *data, int field);

#endif
