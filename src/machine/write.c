/* SPDX-License-Identifier: Apache-2.0 */
#include "machine/manifest.h"
#include "machine/schema.h"

#include "base/alloc.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const void *at(const char *structure, size_t offset)
{
	return structure + offset;
}

static int write_value(void *blob, const struct bh_schema_value *value, const char *structure)
{
	const void *member = at(structure, value->offset);
	const char *text;
	fdt32_t cells[8];
	uint64_t wide;
	unsigned name;

	switch (value->kind) {
	case BH_VALUE_STRING:
		text = *(const char *const *)member;
		return text ? fdt_property_string(blob, value->name, text) : 0;
	case BH_VALUE_NAMED:
		name = *(const unsigned *)member;
		return name || value->required
			       ? fdt_property_string(blob, value->name, value->names[name])
			       : 0;
	case BH_VALUE_U32:
		return fdt_property_u32(blob, value->name, *(const uint32_t *)member);
	case BH_VALUE_U64:
	case BH_VALUE_ADDRESS:
		wide = *(const uint64_t *)member;
		return wide || value->required ? fdt_property_u64(blob, value->name, wide) : 0;
	case BH_VALUE_FLAG:
		return *(const bool *)member ? fdt_property(blob, value->name, NULL, 0) : 0;
	case BH_VALUE_RANGE: {
		const struct bh_range *range = member;
		fdt64_t pair[2] = {cpu_to_fdt64(range->base), cpu_to_fdt64(range->size)};
		return range->size ? fdt_property(blob, value->name, pair, sizeof(pair)) : 0;
	}
	case BH_VALUE_CELLS:
		for (size_t i = 0; i < value->count; i++)
			cells[i] = cpu_to_fdt32(((const uint32_t *)member)[i]);
		return fdt_property(blob, value->name, cells, (int)(4 * value->count));
	case BH_VALUE_BYTES:
		return fdt_property(blob, value->name, member, (int)value->count);
	case BH_VALUE_BLOB:
		return fdt_property(blob, value->name, *(const void *const *)member,
				    (int)*(const size_t *)at(structure, value->extra));
	}
	return 0;
}

static int write_node(void *blob, const struct bh_schema *schema, const char *structure)
{
	int err = 0;

	for (size_t i = 0; i < schema->value_count && !err; i++)
		err = write_value(blob, &schema->values[i], structure);
	for (size_t i = 0; i < schema->child_count && !err; i++) {
		const struct bh_schema_child *child = &schema->children[i];
		bool list = child->kind == BH_CHILD_LIST;
		size_t count = 1;

		if (list)
			count = *(const size_t *)at(structure, child->extra);
		else if (child->kind == BH_CHILD_OPTIONAL)
			count = *(const bool *)at(structure, child->extra);
		for (size_t j = 0; j < count && !err; j++) {
			char name[48];

			snprintf(name, sizeof(name), list ? "%s@%zx" : "%s", child->name, j);
			err = fdt_begin_node(blob, name);
			if (!err)
				err = write_node(blob, child->schema,
						 structure + child->offset + j * child->stride);
			if (!err)
				err = fdt_end_node(blob);
		}
	}
	return err;
}

static int write_all(void *blob, int room, const struct bh_manifest *manifest)
{
	int err = fdt_create(blob, room);

	if (!err)
		err = fdt_finish_reservemap(blob);
	if (!err)
		err = fdt_begin_node(blob, "");
	if (!err)
		err = fdt_property_string(blob, "compatible", BH_MANIFEST_COMPATIBLE);
	if (!err)
		err = fdt_property_u32(blob, "version", BH_MANIFEST_VERSION);
	if (!err)
		err = write_node(blob, &bh_manifest_schema, (const char *)manifest);
	if (!err)
		err = fdt_end_node(blob);
	return err ? err : fdt_finish(blob);
}

bool bh_manifest_write(const struct bh_manifest *manifest, struct bh_buf *blob,
		       struct bh_diags *diags)
{
	int err = -FDT_ERR_NOSPACE;

	for (size_t room = manifest->tree_size + 32768; err == -FDT_ERR_NOSPACE; room *= 2) {
		void *memory = bh_alloc(room);

		err = write_all(memory, (int)room, manifest);
		if (!err) {
			bh_buf_clear(blob);
			bh_buf_add(blob, memory, fdt_totalsize(memory));
		}
		free(memory);
	}
	if (!err) {
		struct bh_manifest *again = bh_alloc(sizeof(*again));
		bool good = bh_manifest_read(again, blob->data, blob->length, diags);

		free(again);
		return good;
	}
	bh_error(diags, "E1000", "the manifest cannot be printed: %s", fdt_strerror(err));
	return false;
}
