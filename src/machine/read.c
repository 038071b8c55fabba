/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the blob into the structure. Whether the structure makes sense is check.c's question. */
#include "base/blob.h"
#include "machine/check.h"
#include "machine/schema.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	const void *blob;
	struct bh_diags *diags;
	char path[128];
};

__attribute__((format(printf, 4, 5))) static bool fail(struct reader *reader, const char *code,
						       const char *property, const char *format,
						       ...)
{
	char text[160];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	struct bh_diag *diag = bh_error(reader->diags, code, "%s", text);
	bh_diag_node(diag, reader->path[0] ? reader->path : "/", property);
	bh_diag_hint(diag, "print the manifest again with `bulkhead show`; it is not made by hand");
	return false;
}

static uint32_t cell(const void *data)
{
	return fdt32_ld(data);
}

/* Bytes of the property that a kind of fixed size has; -1 when the size is the content's. */
static int size_of(const struct bh_schema_value *value)
{
	switch (value->kind) {
	case BH_VALUE_U32:
		return 4;
	case BH_VALUE_U64:
	case BH_VALUE_ADDRESS:
		return 8;
	case BH_VALUE_FLAG:
		return 0;
	case BH_VALUE_RANGE:
		return 16;
	case BH_VALUE_CELLS:
		return (int)(4 * value->count);
	case BH_VALUE_BYTES:
		return (int)value->count;
	case BH_VALUE_STRING:
	case BH_VALUE_NAMED:
	case BH_VALUE_BLOB:
		break;
	}
	return -1;
}

static bool read_string(struct reader *reader, const struct bh_schema_value *value,
			const char *data, int size)
{
	if (size < 2 || memchr(data, '\0', (size_t)size) != data + size - 1)
		return fail(reader, "E1004", value->name, "not a string of one or more characters");
	return true;
}

static bool read_named(struct reader *reader, const struct bh_schema_value *value, const char *data,
		       void *member)
{
	for (size_t i = 0; i < value->count; i++) {
		if (!strcmp(value->names[i], data)) {
			*(unsigned *)member = (unsigned)i;
			return true;
		}
	}
	return fail(reader, "E1004", value->name, "unknown value \"%.40s\"", data);
}

static bool read_value(struct reader *reader, const struct bh_schema_value *value, const char *data,
		       int size, char *structure)
{
	void *member = structure + value->offset;
	int expected = size_of(value);

	if (expected >= 0 && size != expected)
		return fail(reader, "E1004", value->name, "%d bytes instead of %d", size, expected);
	switch (value->kind) {
	case BH_VALUE_STRING:
		*(const char **)member = data;
		return read_string(reader, value, data, size);
	case BH_VALUE_NAMED:
		return read_string(reader, value, data, size) &&
		       read_named(reader, value, data, member);
	case BH_VALUE_U32:
		*(uint32_t *)member = cell(data);
		return true;
	case BH_VALUE_U64:
	case BH_VALUE_ADDRESS:
		*(uint64_t *)member = fdt64_ld((const void *)data);
		return true;
	case BH_VALUE_FLAG:
		*(bool *)member = true;
		return true;
	case BH_VALUE_RANGE:
		if (!bh_range_make(fdt64_ld((const void *)data), fdt64_ld((const void *)(data + 8)),
				   member))
			return fail(reader, "E1004", value->name, "the range passes 2^64");
		return true;
	case BH_VALUE_CELLS:
		for (size_t i = 0; i < value->count; i++)
			((uint32_t *)member)[i] = cell(data + 4 * i);
		return true;
	case BH_VALUE_BYTES:
		memcpy(member, data, (size_t)size);
		return true;
	case BH_VALUE_BLOB:
		*(const void **)member = data;
		*(size_t *)(void *)(structure + value->extra) = (size_t)size;
		return true;
	}
	return false;
}

static const struct bh_schema_value *find_value(const struct bh_schema *schema, const char *name)
{
	for (size_t i = 0; i < schema->value_count; i++) {
		if (!strcmp(schema->values[i].name, name))
			return &schema->values[i];
	}
	return NULL;
}

static bool read_values(struct reader *reader, const struct bh_schema *schema, int node,
			char *structure, bool root)
{
	int property;

	fdt_for_each_property_offset(property, reader->blob, node)
	{
		const char *name;
		int size;
		const char *data = fdt_getprop_by_offset(reader->blob, property, &name, &size);
		if (!data)
			return fail(reader, "E1000", NULL, "a property cannot be read");
		const struct bh_schema_value *value = find_value(schema, name);
		if (root && (!strcmp(name, "compatible") || !strcmp(name, "version")))
			continue;
		if (!value)
			return fail(reader, "E1002", name, "unknown property");
		if (!read_value(reader, value, data, size, structure))
			return false;
	}
	for (size_t i = 0; i < schema->value_count; i++) {
		const struct bh_schema_value *value = &schema->values[i];
		if (value->required && !fdt_getprop(reader->blob, node, value->name, NULL))
			return fail(reader, "E1003", value->name, "missing property");
	}
	return true;
}

static bool read_node(struct reader *reader, const struct bh_schema *schema, int node,
		      char *structure, bool root);

/* The child of the schema that a node's name ("clock@3") belongs to, and 3 for a list. */
static const struct bh_schema_child *find_child(const struct bh_schema *schema, const char *name,
						uint64_t *index)
{
	const char *at = strchr(name, '@');
	size_t length = at ? (size_t)(at - name) : strlen(name);

	for (size_t i = 0; i < schema->child_count; i++) {
		const struct bh_schema_child *child = &schema->children[i];
		char position[24] = "";
		if (strlen(child->name) != length || strncmp(child->name, name, length) != 0 ||
		    (child->kind == BH_CHILD_LIST) != (at != NULL))
			continue;
		*index = 0;
		if (!at)
			return child;
		*index = strtoul(at + 1, NULL, 16);
		snprintf(position, sizeof(position), "%lx", (unsigned long)*index);
		return strcmp(position, at + 1) ? NULL : child;
	}
	return NULL;
}

static bool read_child(struct reader *reader, const struct bh_schema *schema, int node,
		       char *structure)
{
	const char *name = fdt_get_name(reader->blob, node, NULL);
	size_t parent = strlen(reader->path);
	uint64_t index = 0;

	if (!name)
		return fail(reader, "E1000", NULL, "a node has no name");
	const struct bh_schema_child *child = find_child(schema, name, &index);
	snprintf(reader->path + parent, sizeof(reader->path) - parent, "/%s", name);
	if (!child)
		return fail(reader, "E1002", NULL, "unknown node");
	char *inner = structure + child->offset;
	if (child->kind == BH_CHILD_LIST) {
		size_t *count = (size_t *)(void *)(structure + child->extra);
		if (index >= child->max)
			return fail(reader, "E1005", NULL, "more than %zu nodes \"%s\"", child->max,
				    child->name);
		if (index != *count)
			return fail(reader, "E1004", NULL, "out of order: expected %s@%zx",
				    child->name, *count);
		++*count;
		inner += index * child->stride;
	} else if (child->kind == BH_CHILD_OPTIONAL) {
		*(bool *)(structure + child->extra) = true;
	}
	if (!read_node(reader, child->schema, node, inner, false))
		return false;
	reader->path[parent] = '\0';
	return true;
}

static bool read_node(struct reader *reader, const struct bh_schema *schema, int node,
		      char *structure, bool root)
{
	int child;

	if (!read_values(reader, schema, node, structure, root))
		return false;
	fdt_for_each_subnode(child, reader->blob, node)
	{
		if (!read_child(reader, schema, child, structure))
			return false;
	}
	for (size_t i = 0; i < schema->child_count; i++) {
		if (schema->children[i].kind == BH_CHILD_ONE &&
		    fdt_subnode_offset(reader->blob, node, schema->children[i].name) < 0)
			return fail(reader, "E1003", NULL, "missing node \"%s\"",
				    schema->children[i].name);
	}
	return true;
}

bool bh_manifest_read(struct bh_manifest *manifest, const void *blob, size_t size,
		      struct bh_diags *diags)
{
	struct reader reader = {.blob = blob, .diags = diags};
	int length;

	memset(manifest, 0, sizeof(*manifest));
	if (!bh_blob_is_sound(blob, size) ||
	    fdt_node_check_compatible(blob, 0, BH_MANIFEST_COMPATIBLE) != 0)
		return fail(&reader, "E1000", NULL, "this is not a manifest");
	const void *version = fdt_getprop(blob, 0, "version", &length);
	if (!version || length != 4)
		return fail(&reader, "E1003", "version", "missing property");
	if (cell(version) != BH_MANIFEST_VERSION)
		return fail(&reader, "E1001", "version",
			    "the manifest has version %u, this program reads %u", cell(version),
			    BH_MANIFEST_VERSION);
	return read_node(&reader, &bh_manifest_schema, 0, (char *)manifest, true) &&
	       bh_manifest_check(manifest, diags);
}
