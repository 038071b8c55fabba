/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory.
 *
 * Two kinds of allocation. Small ones whose size our own code chose (names, list nodes) use the
 * functions below: they never return NULL, because a process that cannot get a kilobyte has no
 * better answer than to stop. Sizes that come from outside (a file, a guest, a socket) are checked
 * against a limit first and taken with bh_try_alloc(), which may fail and must be handled.
 */
#ifndef BH_BASE_ALLOC_H
#define BH_BASE_ALLOC_H

#include <stdarg.h>
#include <stddef.h>

void *bh_alloc(size_t size) __attribute__((returns_nonnull)); /* zeroed */
void *bh_realloc(void *memory, size_t size) __attribute__((returns_nonnull));
char *bh_strdup(const char *text);
char *bh_strndup(const char *text, size_t length);
char *bh_strf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *bh_vstrf(const char *format, va_list args);

/* Zeroed; NULL when `count * size` wraps or memory is short. */
void *bh_try_alloc(size_t count, size_t size);

/* Makes room for `needed` items in a growing array; growth is geometric. New items are not zeroed.
 */
void bh_grow(void **items, size_t *capacity, size_t needed, size_t item_size);

/*
 * An arena: many small pieces, freed together. For trees and lists that live and die as one.
 */
struct bh_arena {
	struct bh_arena_block *blocks;
	size_t total; /* bytes taken from the system */
};

void bh_arena_init(struct bh_arena *arena);
void bh_arena_finish(struct bh_arena *arena);
void *bh_arena_alloc(struct bh_arena *arena, size_t size); /* zeroed, aligned for any type */
void *bh_arena_copy(struct bh_arena *arena, const void *data, size_t size);
char *bh_arena_strdup(struct bh_arena *arena, const char *text);
char *bh_arena_strndup(struct bh_arena *arena, const char *text, size_t length);
char *bh_arena_strf(struct bh_arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
