/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading TGSI text character by character. The first error is reported with its position and ends
 * the reading: every function below then does nothing and returns false.
 */
#ifndef BH_GPU_SHADER_SCAN_H
#define BH_GPU_SHADER_SCAN_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bh_scan {
	const char *start, *at, *end;
	struct bh_diags *diags;
	bool failed;
};

/* A run of letters, digits and underscores inside the text. */
struct bh_word {
	const char *text;
	size_t length;
};

void bh_scan_init(struct bh_scan *scan, const char *text, size_t length, struct bh_diags *diags);

/* Reports an error at `place` (NULL: here). Only the first is kept. Returns false. */
bool bh_scan_error(struct bh_scan *scan, const char *place, const char *code, const char *format,
		   ...) __attribute__((format(printf, 4, 5)));

/* All skip blanks first, never an end of line. */
char bh_scan_peek(struct bh_scan *scan);           /* the next character; 0 at the end */
bool bh_scan_take(struct bh_scan *scan, char c);   /* takes it when it is there */
bool bh_scan_expect(struct bh_scan *scan, char c); /* or reports E2101 */
bool bh_scan_word(struct bh_scan *scan, struct bh_word *word);
bool bh_scan_uint(struct bh_scan *scan, uint32_t limit, uint32_t *value); /* at most `limit` */
bool bh_scan_int(struct bh_scan *scan, int32_t *value);
/* An immediate's component: hexadecimal bits, or a number. */
bool bh_scan_float_bits(struct bh_scan *scan, uint32_t *bits);
bool bh_scan_int_bits(struct bh_scan *scan, uint32_t *bits);

bool bh_scan_end_of_line(struct bh_scan *scan);
void bh_scan_skip_empty_lines(struct bh_scan *scan);
bool bh_scan_done(struct bh_scan *scan);

bool bh_word_is(struct bh_word word, const char *text);

/* The index of the word among names, or -1. NULL entries are skipped. */
int bh_word_among(struct bh_word word, const char *const *names, size_t count);

#endif
