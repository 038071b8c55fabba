/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The structure of a manifest as tables: which node and property holds which member of which
 * structure. Reader, writer and dumper walk the same tables, so none of them can forget a member.
 */
#ifndef BH_MACHINE_SCHEMA_H
#define BH_MACHINE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bh_value_kind {
	BH_VALUE_STRING, /* const char *; absent: NULL */
	BH_VALUE_U32,
	BH_VALUE_U64,
	BH_VALUE_ADDRESS, /* uint64_t that a person reads in hexadecimal */
	BH_VALUE_FLAG,    /* bool; an empty property */
	BH_VALUE_NAMED,   /* an enum; its name in the blob */
	BH_VALUE_RANGE,   /* struct bh_range */
	BH_VALUE_CELLS,   /* uint32_t[count] */
	BH_VALUE_BYTES,   /* uint8_t[count] */
	BH_VALUE_BLOB,    /* const void *, and its size_t at `extra` */
};

struct bh_schema_value {
	const char *name; /* of the property */
	enum bh_value_kind kind;
	size_t offset;
	bool required;
	size_t count;             /* cells, bytes; named: of `names` */
	const char *const *names; /* named: index is value; NULL where a value has no name */
	size_t extra;
};

enum bh_child_kind {
	BH_CHILD_ONE,      /* always there */
	BH_CHILD_OPTIONAL, /* `bool present` at `extra` of the child's structure */
	BH_CHILD_LIST,     /* "name@0", "name@1"...; the size_t count is at `extra` */
};

struct bh_schema_child {
	const char *name;
	enum bh_child_kind kind;
	const struct bh_schema *schema;
	size_t offset, extra;
	size_t stride, max; /* lists */
};

struct bh_schema {
	const struct bh_schema_value *values;
	size_t value_count;
	const struct bh_schema_child *children;
	size_t child_count;
};

/* The root node's; `version` and `compatible` are beside it. */
extern const struct bh_schema bh_manifest_schema;

#define BH_MANIFEST_COMPATIBLE "bulkhead,manifest"

#endif
