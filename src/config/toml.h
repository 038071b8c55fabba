/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TOML 1.0.0, read into a tree whose every key and value knows its place in the file.
 *
 * Everything lives in the caller's arena. The reader takes time and memory linear in the document's
 * size, whatever the document is; its limits are below.
 */
#ifndef BH_CONFIG_TOML_H
#define BH_CONFIG_TOML_H

#include "base/alloc.h"
#include "base/diag.h"
#include "base/map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BH_TOML_SIZE_MAX   (16u << 20) /* bytes of a document */
#define BH_TOML_DEPTH_MAX  128u        /* arrays and tables inside each other; parts of a key */
#define BH_TOML_KEY_MAX    1024u       /* bytes of one part of a key */
#define BH_TOML_VALUES_MAX (1u << 20)  /* values of a document, tables and arrays included */

enum bh_toml_kind {
	BH_TOML_STRING,
	BH_TOML_INTEGER,
	BH_TOML_FLOAT,
	BH_TOML_BOOLEAN,
	BH_TOML_OFFSET_DATETIME,
	BH_TOML_LOCAL_DATETIME,
	BH_TOML_LOCAL_DATE,
	BH_TOML_LOCAL_TIME,
	BH_TOML_ARRAY,
	BH_TOML_TABLE,
};

struct bh_toml_datetime {
	uint16_t year;
	uint8_t month, day, hour, minute, second;
	int16_t offset; /* minutes east of UTC */
	uint32_t nanosecond;
};

struct bh_toml_array {
	struct bh_toml_value **items;
	size_t count, room;
	bool of_tables; /* made by [[headers]], which alone may add to it */
};

/* How a table came to be, which decides what may still be added to it. */
enum bh_toml_origin {
	BH_TOML_IMPLICIT, /* only named in a header of a table inside it */
	BH_TOML_HEADER,   /* has a header of its own */
	BH_TOML_DOTTED,   /* named in a dotted key */
	BH_TOML_INLINE,   /* { }: nothing is ever added */
};

struct bh_toml_entry {
	const char *key; /* followed by a NUL; it may hold NULs itself */
	size_t key_length;
	struct bh_span key_span;
	struct bh_toml_value *value;
};

struct bh_toml_table {
	struct bh_toml_entry *entries; /* in the order written */
	size_t count, room;
	struct bh_map index; /* of big tables only: key -> place in `entries`, from 1 */
	enum bh_toml_origin origin;
	struct bh_toml_table *next_indexed; /* the document's tables with an index, to free them */
};

struct bh_toml_value {
	enum bh_toml_kind kind;
	struct bh_span span; /* the first line of it; a table's is its header or first key */
	union {
		struct {
			const char *text; /* followed by a NUL; it may hold NULs itself */
			size_t length;
		} string;
		int64_t integer;
		double number;
		bool boolean;
		struct bh_toml_datetime datetime;
		struct bh_toml_array *array;
		struct bh_toml_table *table;
	};
};

struct bh_toml {
	struct bh_toml_value *root; /* a table */
	struct bh_toml_table *indexed;
	struct bh_arena *arena;
};

/*
 * Reads a document. `name` is what spans call it and lives at least as long as they do. 0, or
 * -EINVAL with one error in `diags`. bh_toml_finish() is due in both cases, before the arena's end.
 */
int bh_toml_parse(struct bh_toml *toml, struct bh_arena *arena, const char *name, const char *text,
		  size_t size, struct bh_diags *diags);
void bh_toml_finish(struct bh_toml *toml);

/* NULL when the value is not a table or has no such key. The entry is valid until the next is
 * added.
 */
struct bh_toml_entry *bh_toml_find(const struct bh_toml_value *table, const char *key,
				   size_t length);
struct bh_toml_value *bh_toml_get(const struct bh_toml_value *table, const char *key);

/* Building and changing trees: for the reader, and for those who merge documents. */
struct bh_toml_value *bh_toml_new(struct bh_toml *toml, enum bh_toml_kind kind,
				  struct bh_span span);
void bh_toml_append(struct bh_toml *toml, struct bh_toml_value *array, struct bh_toml_value *item);
/* The key is not there yet, and lives as long as the tree. */
void bh_toml_add(struct bh_toml *toml, struct bh_toml_value *table, struct bh_toml_entry entry);

/* As a message names it: "a string", "an integer". */
const char *bh_toml_kind_name(enum bh_toml_kind kind);

/* RFC 3339, as a local part of it where the kind is local. `room` is at least 48. */
void bh_toml_format_datetime(const struct bh_toml_value *value, char *text, size_t room);

#endif
