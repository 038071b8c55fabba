/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a blob to a tree. libfdt walks it, but only after every length in it was checked here; then
 * blocks that lie over each other, names, duplicates, phandles, and limits that keep a hostile blob
 * from costing more than its size.
 */
#include "base/file.h"
#include "base/str.h"
#include "dt/tables.h"

#include <errno.h>
#include <inttypes.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

/* Names are looked up by their offset in the strings block, as long as that has a usual size. */
#define NAME_CACHE_MAX (1u << 20)

struct reader {
	struct bh_dt *tree;
	const char *blob;
	size_t size;
	struct bh_diags *diags;
	struct bh_dt_name **names; /* by strings offset; NULL: not cached */
	int end;                   /* offset in the structure block behind FDT_END */
};

static bool header_ok(struct reader *r)
{
	const void *blob = r->blob;

	if (r->size < FDT_V1_SIZE || fdt_magic(blob) != FDT_MAGIC) {
		struct bh_diag *diag =
			bh_error(r->diags, "E0300", "this is not a device tree blob");
		bh_diag_cause(diag, "a blob begins with the bytes d0 0d fe ed");
		bh_diag_hint(diag,
			     "compile DTS text with `dtc -I dts -O dtb`; a running board's blob "
			     "is /sys/firmware/fdt");
		return false;
	}
	if (fdt_totalsize(blob) > BH_DT_SIZE_MAX) {
		bh_error(r->diags, "E0303", "the blob says it is %u bytes long; the limit is %u",
			 fdt_totalsize(blob), BH_DT_SIZE_MAX);
		return false;
	}
	if (fdt_totalsize(blob) > r->size) {
		struct bh_diag *diag =
			bh_error(r->diags, "E0301",
				 "the blob says it is %u bytes long, but only %zu are there",
				 fdt_totalsize(blob), r->size);
		bh_diag_hint(diag, "copy it again: it was cut off");
		return false;
	}
	if (fdt_version(blob) < 16) {
		bh_error(r->diags, "E0300",
			 "the blob has version %u, from before 2005; 16 and 17 are read",
			 fdt_version(blob));
		return false;
	}
	int error = fdt_check_header(blob);
	if (error || fdt_off_dt_struct(blob) % 4 || fdt_off_mem_rsvmap(blob) % 8) {
		struct bh_diag *diag = bh_error(r->diags, "E0301", "the blob's header is damaged");
		bh_diag_cause(diag, "%s", error ? fdt_strerror(error) : "a block is not aligned");
		return false;
	}
	return true;
}

/* Every name is read as often as it is used; without this a blob could make that quadratic. */
static bool strings_ok(struct reader *r)
{
	const char *strings = r->blob + fdt_off_dt_strings(r->blob);
	size_t room = fdt_size_dt_strings(r->blob), run = 0;

	/* libfdt does not bound names of version 16 by the block. */
	if (fdt_version(r->blob) < 17)
		room = fdt_totalsize(r->blob) - fdt_off_dt_strings(r->blob);

	for (size_t i = 0; i < room; i++) {
		run = strings[i] ? run + 1 : 0;
		if (run > BH_DT_NAME_MAX) {
			bh_error(r->diags, "E0308",
				 "the blob has a property name of more than %d letters",
				 BH_DT_NAME_MAX);
			return false;
		}
	}
	return true;
}

static struct bh_diag *node_error(struct reader *r, const char *code, const struct bh_dt_node *node,
				  const char *property, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

static struct bh_diag *node_error(struct reader *r, const char *code, const struct bh_dt_node *node,
				  const char *property, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *text = bh_vstrf(format, args);
	va_end(args);
	char *path = node ? bh_dt_path(node) : NULL;
	struct bh_diag *diag = bh_error(r->diags, code, "%s", text);
	bh_diag_node(diag, path, property);
	free(path);
	free(text);
	return diag;
}

/* What a bad name may do to a terminal must not happen. */
static char *visible(const char *name)
{
	char *text = bh_strndup(name, 60);

	for (char *p = text; *p; p++) {
		if (*p < 0x20 || *p > 0x7e)
			*p = '?';
	}
	return text;
}

static struct bh_dt_node *begin_node(struct reader *r, struct bh_dt_node *parent, const char *name)
{
	struct bh_dt *tree = r->tree;
	size_t length = strlen(name);

	if (!parent && (length || tree->root)) {
		bh_error(r->diags, length ? "E0307" : "E0306",
			 length ? "the root node has a name" : "there are two root nodes");
		return NULL;
	}
	if (parent && !bh_dt_node_name_ok(name, length)) {
		char *shown = visible(name);
		node_error(r, "E0307", parent, NULL, "a child has no legal node name: \"%s\"",
			   shown);
		free(shown);
		return NULL;
	}
	if (parent && parent->depth + 1 >= BH_DT_DEPTH_MAX) {
		node_error(r, "E0305", parent, NULL, "nodes are nested more than %d deep",
			   BH_DT_DEPTH_MAX);
		return NULL;
	}
	if (tree->slots >= BH_DT_NODES_MAX) {
		bh_error(r->diags, "E0304", "the blob has more than %u nodes", BH_DT_NODES_MAX);
		return NULL;
	}
	if (parent && bh_dt_exact_child(tree, parent, name, length)) {
		node_error(r, "E0309", parent, NULL, "there are two nodes called \"%s\" here",
			   name);
		return NULL;
	}
	return bh_dt_new_node(tree, parent, name);
}

static struct bh_dt_name *name_at(struct reader *r, uint32_t offset, const char *text)
{
	if (!r->names)
		return bh_dt_intern(r->tree, text);
	if (!r->names[offset])
		r->names[offset] = bh_dt_intern(r->tree, text);
	return r->names[offset];
}

static bool take_phandle(struct reader *r, struct bh_dt_node *node, const struct bh_dt_prop *prop)
{
	struct bh_dt_tables *tables = r->tree->tables;
	uint32_t phandle = prop->length == 4 ? bh_dt_cell(prop, 0) : 0;

	if (!phandle || phandle == UINT32_MAX) {
		node_error(r, "E0312", node, prop->name,
			   prop->length == 4 ? "0x%x is no phandle" : "a phandle is one cell",
			   phandle);
		return false;
	}
	if (node->phandle && node->phandle != phandle) {
		node_error(r, "E0312", node, prop->name,
			   "`phandle` and `linux,phandle` differ: 0x%x and 0x%x", node->phandle,
			   phandle);
		return false;
	}
	struct bh_dt_node *other = bh_map_get_u64(&tables->phandles, phandle);
	if (other && other != node) {
		char *path = bh_dt_path(other);
		struct bh_diag *diag = node_error(r, "E0311", node, prop->name,
						  "phandle 0x%x is used twice", phandle);
		bh_diag_cause(diag, "%s has it already, so a reference to it is ambiguous", path);
		free(path);
		return false;
	}
	node->phandle = phandle;
	bh_map_set_u64(&tables->phandles, phandle, node);
	if (phandle > tables->highest_phandle)
		tables->highest_phandle = phandle;
	return true;
}

static bool add_prop(struct reader *r, struct bh_dt_node *node, int offset)
{
	const struct fdt_property *raw;
	int length;

	raw = node ? fdt_get_property_by_offset(r->blob, offset, &length) : NULL;
	uint32_t at = raw ? fdt32_ld(&raw->nameoff) : 0;
	const char *text = NULL;
	if (raw && length >= 0 && at < fdt_size_dt_strings(r->blob))
		text = fdt_get_string(r->blob, (int)at, NULL);
	if (!text) {
		node_error(r, "E0306", node ? node : r->tree->root, NULL,
			   "a property of this node is damaged");
		return false;
	}
	struct bh_dt_name *name = name_at(r, at, text);
	if (name->seen_in == node->index + 1) {
		node_error(r, "E0310", node, name->text, "the property is there twice");
		return false;
	}
	/* Only names not met before need the check. */
	if (!name->seen_in && !bh_dt_prop_name_ok(text, strlen(text))) {
		char *shown = visible(text);
		node_error(r, "E0308", node, NULL, "this is no legal property name: \"%s\"", shown);
		free(shown);
		return false;
	}
	name->seen_in = node->index + 1;
	struct bh_dt_prop *prop =
		bh_dt_new_prop(r->tree, node, name->text, raw->data, (uint32_t)length);
	if (name->text[0] != 'p' && name->text[0] != 'l')
		return true;
	if (!strcmp(name->text, "phandle") || !strcmp(name->text, "linux,phandle"))
		return take_phandle(r, node, prop);
	return true;
}

static bool read_nodes(struct reader *r)
{
	struct bh_dt_node *node = NULL;

	for (int offset = 0, next;; offset = next) {
		uint32_t tag = fdt_next_tag(r->blob, offset, &next);

		switch (tag) {
		case FDT_BEGIN_NODE: {
			const char *name = fdt_get_name(r->blob, offset, NULL);
			node = name ? begin_node(r, node, name) : NULL;
			if (!node)
				return false;
			break;
		}
		case FDT_PROP:
			if (!add_prop(r, node, offset))
				return false;
			break;
		case FDT_END_NODE:
			if (!node) {
				bh_error(r->diags, "E0306", "a node ends that has not begun");
				return false;
			}
			node = node->parent;
			break;
		case FDT_END:
			r->end = next;
			if (!r->tree->root)
				bh_error(r->diags, "E0306", "the blob has no root node");
			else if (node)
				node_error(r, "E0306", node, NULL, "the blob ends in this node");
			return r->tree->root && !node;
		default:
			break;
		}
	}
}

struct block {
	const char *name;
	struct bh_dt_reserve place; /* address: offset in the blob */
};

static bool blocks_are_apart(struct reader *r)
{
	const void *blob = r->blob;
	uint32_t struct_size =
		fdt_version(blob) >= 17 ? fdt_size_dt_struct(blob) : (uint32_t)r->end;
	const struct block blocks[] = {
		{"header", {0, fdt_header_size(blob)}},
		{"memory reservation",
		 {fdt_off_mem_rsvmap(blob), (r->tree->reserve_count + 1) * 16}},
		{"structure", {fdt_off_dt_struct(blob), struct_size}},
		{"strings", {fdt_off_dt_strings(blob), fdt_size_dt_strings(blob)}},
	};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++) {
		for (size_t j = 0; j < i; j++) {
			struct bh_dt_reserve a = blocks[i].place, b = blocks[j].place;

			if (a.size && b.size && a.address < b.address + b.size &&
			    b.address < a.address + a.size) {
				bh_error(r->diags, "E0302",
					 "the blob's %s and %s blocks lie over each other",
					 blocks[j].name, blocks[i].name);
				return false;
			}
		}
	}
	return true;
}

/* Pairs of 64-bit words; one of size zero ends them. */
static bool read_reserves(struct reader *r)
{
	size_t at = fdt_off_mem_rsvmap(r->blob), total = fdt_totalsize(r->blob);

	for (; at <= total && total - at >= 16; at += 16) {
		uint64_t address = fdt64_ld((const fdt64_t *)(r->blob + at));
		uint64_t size = fdt64_ld((const fdt64_t *)(r->blob + at + 8));

		if (!size) {
			r->tree->boot_cpu = fdt_boot_cpuid_phys(r->blob);
			return true;
		}
		bh_dt_reserve(r->tree, address, size);
	}
	bh_error(r->diags, "E0306", "the blob's list of reserved memory has no end");
	return false;
}

/*
 * Every token and its length lie inside the structure block, so that libfdt can walk it. (Its own
 * check is no help: that of some versions goes round in circles when a property says it is nearly 4
 * GiB long.) What is in the block is checked while it is read.
 */
static bool lengths_ok(struct reader *r)
{
	const char *block = r->blob + fdt_off_dt_struct(r->blob);
	uint64_t size = fdt_totalsize(r->blob) - fdt_off_dt_struct(r->blob), at = 0;

	if (fdt_version(r->blob) >= 17)
		size = fdt_size_dt_struct(r->blob);
	while (at + 4 <= size) {
		uint32_t tag = fdt32_ld((const fdt32_t *)(block + at));

		at += 4;
		if (tag == FDT_END)
			return true;
		if (tag == FDT_BEGIN_NODE) {
			const char *end = memchr(block + at, 0, size - at);
			if (!end)
				break;
			at = (uint64_t)(end - block) + 1;
		} else if (tag == FDT_PROP) {
			if (at + 8 > size)
				break;
			at += 8 + (uint64_t)fdt32_ld((const fdt32_t *)(block + at));
		} else if (tag != FDT_END_NODE && tag != FDT_NOP) {
			break;
		}
		at = (at + 3) & ~(uint64_t)3;
	}
	struct bh_diag *diag = bh_error(r->diags, "E0306", "the blob's structure is damaged");
	bh_diag_cause(diag,
		      "what should be a node or property ends outside of it, near byte %" PRIu64,
		      at);
	return false;
}

bool bh_dt_read(struct bh_dt *tree, const void *blob, size_t size, const char *origin,
		struct bh_diags *diags)
{
	struct reader r = {.tree = tree, .blob = blob, .size = size, .diags = diags};

	*tree = (struct bh_dt){.tables = bh_dt_tables_create()};
	bh_arena_init(&tree->arena);
	bh_dt_set_origin(tree, origin);
	if (size > BH_DT_SIZE_MAX) {
		bh_error(diags, "E0303", "the blob is %zu bytes long; the limit is %u", size,
			 BH_DT_SIZE_MAX);
		goto error;
	}
	if ((uintptr_t)blob % 8) /* libfdt asks for it */
		r.blob = bh_arena_copy(&tree->arena, blob, size);
	if (!header_ok(&r) || !strings_ok(&r) || !lengths_ok(&r))
		goto error;
	if (fdt_size_dt_strings(r.blob) <= NAME_CACHE_MAX)
		r.names = bh_alloc((fdt_size_dt_strings(r.blob) + 1) * sizeof(struct bh_dt_name *));
	bool ok = read_nodes(&r) && read_reserves(&r) && blocks_are_apart(&r);
	free(r.names);
	if (ok)
		return true;
error:
	bh_dt_finish(tree);
	return false;
}

bool bh_dt_load(struct bh_dt *tree, const char *path, struct bh_diags *diags)
{
	char *blob;
	size_t size;
	int error = bh_file_read(path, BH_DT_SIZE_MAX, &blob, &size);

	*tree = (struct bh_dt){0};
	if (error) {
		struct bh_diag *diag = bh_error(diags, "E0313", "cannot read %s", path);
		bh_diag_cause(diag, "%s",
			      error == -EFBIG ? "it is larger than a device tree may be"
					      : strerror(-error));
		return false;
	}
	const char *name = strrchr(path, '/');
	if (!bh_dt_read(tree, blob, size, name ? name + 1 : path, diags)) {
		free(blob);
		return false;
	}
	bh_dt_adopt(tree, blob);
	return true;
}
