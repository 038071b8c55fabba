/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diagnostics: what a library says instead of printing.
 *
 * A function that can meet bad input takes a `struct bh_diags *` and adds to it; the caller
 * decides what to print. Every diagnostic has a stable code ("E0201") that `bulkhead explain`
 * knows; the code's page is docs/errors/<code>.md.
 */
#ifndef BH_BASE_DIAG_H
#define BH_BASE_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bh_level { BH_NOTE, BH_WARNING, BH_ERROR };

/* A place in a text file. line and column count from 1; line 0 means "the whole file". */
struct bh_span {
	const char *file; /* NULL: no place; otherwise outlives the diagnostics */
	uint32_t line, column;
	uint32_t length; /* bytes to underline, at least 1 */
};

struct bh_diag {
	enum bh_level level;
	char code[8];
	char *message;
	char *label;    /* said under the caret; may be NULL */
	char *cause;    /* why this is wrong; may be NULL */
	char *hint;     /* one next step; may be NULL */
	char *node;     /* device-tree node path; may be NULL */
	char *property; /* of that node; may be NULL */
	struct bh_span span;
};

struct bh_diags {
	struct bh_diag *items;
	size_t count, capacity;
	size_t errors, warnings;
	size_t dropped; /* beyond BH_DIAGS_MAX: hostile input must not fill memory */
};

#define BH_DIAGS_MAX 1000

void bh_diags_init(struct bh_diags *diags);
void bh_diags_finish(struct bh_diags *diags);

/*
 * Adds one diagnostic and returns it for the setters below, valid until the next one is added.
 * Returns NULL when the list is full or `diags` is NULL; every setter accepts NULL.
 */
struct bh_diag *bh_report(struct bh_diags *diags, enum bh_level level, const char *code,
			  const char *format, ...) __attribute__((format(printf, 4, 5)));

#define bh_error(diags, code, ...)   bh_report(diags, BH_ERROR, code, __VA_ARGS__)
#define bh_warning(diags, code, ...) bh_report(diags, BH_WARNING, code, __VA_ARGS__)

void bh_diag_at(struct bh_diag *diag, struct bh_span span);
void bh_diag_node(struct bh_diag *diag, const char *path, const char *property);
void bh_diag_label(struct bh_diag *diag, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void bh_diag_cause(struct bh_diag *diag, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void bh_diag_hint(struct bh_diag *diag, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* "note", "warning", "error" */
const char *bh_level_name(enum bh_level level);

#endif
