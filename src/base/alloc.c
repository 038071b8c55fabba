/* SPDX-License-Identifier: Apache-2.0 */
#include "base/alloc.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The one place where the project ends a process from a library: see alloc.h. */
static void out_of_memory(void)
{
	static const char text[] = "bulkhead: out of memory\n";
	fwrite(text, 1, sizeof(text) - 1, stderr);
	abort();
}

static void *or_die(void *memory)
{
	if (!memory)
		out_of_memory();
	return memory;
}

void *bh_alloc(size_t size)
{
	return or_die(calloc(1, size ? size : 1));
}

void *bh_realloc(void *memory, size_t size)
{
	return or_die(realloc(memory, size ? size : 1));
}

char *bh_strdup(const char *text)
{
	return or_die(strdup(text));
}

char *bh_strndup(const char *text, size_t length)
{
	return or_die(strndup(text, length));
}

char *bh_vstrf(const char *format, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		out_of_memory();
	return text;
}

char *bh_strf(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *text = bh_vstrf(format, args);
	va_end(args);
	return text;
}

void *bh_try_alloc(size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	return calloc(1, bytes ? bytes : 1);
}

void bh_grow(void **items, size_t *capacity, size_t needed, size_t item_size)
{
	size_t bytes;

	if (needed <= *capacity)
		return;
	size_t grown = *capacity + *capacity / 2 + 8;
	if (grown < needed)
		grown = needed;
	if (__builtin_mul_overflow(grown, item_size, &bytes))
		out_of_memory();
	*items = bh_realloc(*items, bytes);
	*capacity = grown;
}

struct bh_arena_block {
	struct bh_arena_block *next;
	size_t used, size;
	alignas(max_align_t) unsigned char data[];
};

#define BLOCK_SIZE (64u * 1024 - sizeof(struct bh_arena_block))

void bh_arena_init(struct bh_arena *arena)
{
	*arena = (struct bh_arena){0};
}

void bh_arena_finish(struct bh_arena *arena)
{
	for (struct bh_arena_block *block = arena->blocks, *next; block; block = next) {
		next = block->next;
		free(block);
	}
	*arena = (struct bh_arena){0};
}

void *bh_arena_alloc(struct bh_arena *arena, size_t size)
{
	struct bh_arena_block *block = arena->blocks;

	if (size > SIZE_MAX / 2)
		out_of_memory();
	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	if (!block || block->size - block->used < size) {
		size_t room = size > BLOCK_SIZE / 4 ? size : BLOCK_SIZE;

		block = bh_alloc(sizeof(*block) + room);
		block->size = room;
		arena->total += sizeof(*block) + room;
		if (arena->blocks && room == size) {
			/* A large piece gets a block of its own behind the one being filled. */
			block->next = arena->blocks->next;
			arena->blocks->next = block;
		} else {
			block->next = arena->blocks;
			arena->blocks = block;
		}
	}
	void *piece = block->data + block->used;
	block->used += size;
	return piece;
}

void *bh_arena_copy(struct bh_arena *arena, const void *data, size_t size)
{
	void *copy = bh_arena_alloc(arena, size);

	if (size)
		memcpy(copy, data, size);
	return copy;
}

char *bh_arena_strndup(struct bh_arena *arena, const char *text, size_t length)
{
	char *copy = bh_arena_alloc(arena, length + 1);

	memcpy(copy, text, length);
	return copy;
}

char *bh_arena_strdup(struct bh_arena *arena, const char *text)
{
	return bh_arena_strndup(arena, text, strlen(text));
}

char *bh_arena_strf(struct bh_arena *arena, const char *format, ...)
{
	va_list args, again;

	va_start(args, format);
	va_copy(again, args);
	int length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0)
		out_of_memory();
	char *text = bh_arena_alloc(arena, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	return text;
}
