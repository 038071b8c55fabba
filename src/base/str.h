/* SPDX-License-Identifier: Apache-2.0 */
/* Small questions about strings. */
#ifndef BH_BASE_STR_H
#define BH_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool bh_str_eq(const char *a, const char *b); /* NULL equals NULL only */
bool bh_str_starts(const char *text, const char *prefix);
bool bh_str_ends(const char *text, const char *suffix);

/*
 * The candidate most like `word`, or NULL when none is close enough to be what was meant. For
 * "did you mean".
 */
const char *bh_suggest(const char *word, const char *const *candidates, size_t count);

/*
 * Reads all of `text` as a size: digits, then optionally K, M, G or T (powers of 1024), then
 * optionally "iB" or "B". False when it is anything else or does not fit.
 */
bool bh_parse_size(const char *text, uint64_t *size);

/* "512M", "1.5G": exact where possible, else with one digit. Into a buffer of at least 16 bytes. */
void bh_format_size(uint64_t size, char *text, size_t room);

/* Reads all of `text` as a decimal or 0x-number. */
bool bh_parse_u64(const char *text, uint64_t *value);

#endif
