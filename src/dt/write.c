/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a tree to a blob. Not with libfdt's sequential writer: that searches the strings block byte
 * by byte for each property, which makes a tree with many labels quadratic. Names are interned
 * here, so each is placed once without a search.
 */
#include "dt/tables.h"

#include <assert.h>
#include <endian.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#define VERSION      17
#define COMPATIBLE   16
#define HEADER_SIZE  40
#define RESERVE_SIZE 16

static size_t padded(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

/* The size of the structure block, and of the strings block; forgets where names were. */
static void measure(const struct bh_dt *tree, size_t *structure, size_t *strings)
{
	*structure = 4; /* FDT_END */
	*strings = 0;
	bh_dt_for_each(node, tree->root)
	{
		*structure += 4 + padded(strlen(node->name) + 1) + 4;
		for (struct bh_dt_prop *prop = node->props; prop; prop = prop->next) {
			*structure += 12 + padded(prop->length);
			bh_dt_name_of(prop->name)->blob_pos = 0;
		}
	}
	bh_dt_for_each(node, tree->root)
	{
		for (struct bh_dt_prop *prop = node->props; prop; prop = prop->next) {
			struct bh_dt_name *name = bh_dt_name_of(prop->name);

			if (name->blob_pos)
				continue;
			name->blob_pos = 1 + (uint32_t)*strings;
			*strings += name->length + 1;
		}
	}
}

static unsigned char *put(unsigned char *at, uint32_t cell)
{
	cell = htobe32(cell);
	memcpy(at, &cell, 4);
	return at + 4;
}

static unsigned char *put_u64(unsigned char *at, uint64_t value)
{
	return put(put(at, (uint32_t)(value >> 32)), (uint32_t)value);
}

static unsigned char *put_props(unsigned char *at, const struct bh_dt_node *node,
				unsigned char *strings)
{
	for (struct bh_dt_prop *prop = node->props; prop; prop = prop->next) {
		struct bh_dt_name *name = bh_dt_name_of(prop->name);

		memcpy(strings + name->blob_pos - 1, name->text, name->length);
		at = put(at, FDT_PROP);
		at = put(at, prop->length);
		at = put(at, name->blob_pos - 1);
		memcpy(at, prop->value, prop->length);
		at += padded(prop->length);
	}
	return at;
}

static unsigned char *put_nodes(unsigned char *at, const struct bh_dt *tree, unsigned char *strings)
{
	const struct bh_dt_node *node = tree->root;

	while (node) {
		size_t length = strlen(node->name);

		at = put(at, FDT_BEGIN_NODE);
		memcpy(at, node->name, length);
		at += padded(length + 1);
		at = put_props(at, node, strings);

		const struct bh_dt_node *next = bh_dt_next(tree->root, node);
		/* One end for this node unless it has children, and one for each level climbed. */
		int ends = next ? node->depth - next->depth + 1 : node->depth + 1;
		while (ends-- > 0)
			at = put(at, FDT_END_NODE);
		node = next;
	}
	return put(at, FDT_END);
}

void *bh_dt_write(const struct bh_dt *tree, size_t *size, struct bh_diags *diags)
{
	size_t structure, strings;

	measure(tree, &structure, &strings);
	size_t reserves = (tree->reserve_count + 1) * RESERVE_SIZE;
	size_t structure_at = HEADER_SIZE + reserves, strings_at = structure_at + structure;
	size_t total = strings_at + strings;
	if (total > BH_DT_SIZE_MAX) {
		bh_error(diags, "E0303", "the tree would be %zu bytes long; the limit is %u", total,
			 BH_DT_SIZE_MAX);
		return NULL;
	}

	unsigned char *blob = bh_alloc(total), *at = blob;
	const uint32_t header[] = {
		FDT_MAGIC,
		(uint32_t)total,
		(uint32_t)structure_at,
		(uint32_t)strings_at,
		HEADER_SIZE,
		VERSION,
		COMPATIBLE,
		tree->boot_cpu,
		(uint32_t)strings,
		(uint32_t)structure,
	};
	for (size_t i = 0; i < sizeof(header) / sizeof(*header); i++)
		at = put(at, header[i]);
	for (size_t i = 0; i < tree->reserve_count; i++)
		at = put_u64(put_u64(at, tree->reserves[i].address), tree->reserves[i].size);
	at = put_nodes(blob + structure_at, tree, blob + strings_at);
	assert(at == blob + strings_at);
	(void)at;
	*size = total;
	return blob;
}
