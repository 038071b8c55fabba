/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/raster/bump.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK (256u << 10)
#define ALIGN 64u

struct bh_bump_block {
	struct bh_bump_block *next;
	size_t size;
	_Alignas(ALIGN) uint8_t data[];
};

static struct bh_bump_block *make_block(size_t size)
{
	size_t total = (sizeof(struct bh_bump_block) + size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	struct bh_bump_block *block = aligned_alloc(ALIGN, total);

	if (!block)
		abort(); /* as base/alloc.h: the sizes are ours and bounded */
	block->next = NULL;
	block->size = size;
	return block;
}

void bh_bump_finish(struct bh_bump *bump)
{
	while (bump->first) {
		struct bh_bump_block *next = bump->first->next;

		free(bump->first);
		bump->first = next;
	}
	memset(bump, 0, sizeof(*bump));
}

void bh_bump_reset(struct bh_bump *bump)
{
	bump->current = bump->first;
	bump->used = 0;
	bump->total = 0;
}

void *bh_bump_alloc(struct bh_bump *bump, size_t size)
{
	void *memory;

	size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	while (!bump->current || bump->current->size - bump->used < size) {
		struct bh_bump_block **next = bump->current ? &bump->current->next : &bump->first;

		if (!*next)
			*next = make_block(size > BLOCK ? size : BLOCK);
		bump->current = *next;
		bump->used = 0;
	}
	memory = bump->current->data + bump->used;
	bump->used += size;
	bump->total += size;
	return memory;
}
