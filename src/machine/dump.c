/* SPDX-License-Identifier: Apache-2.0 */
#include "machine/manifest.h"
#include "machine/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_zero(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

static void dump_value(const struct bh_schema_value *value, const char *structure,
		       const char *prefix, struct bh_buf *text)
{
	const void *member = structure + value->offset;
	const struct bh_range *range = member;
	const char *string;

	switch (value->kind) {
	case BH_VALUE_STRING:
		string = *(const char *const *)member;
		if (string)
			bh_buf_addf(text, "%s%s = \"%s\"\n", prefix, value->name, string);
		return;
	case BH_VALUE_NAMED:
		if (!value->required && !*(const unsigned *)member)
			return;
		bh_buf_addf(text, "%s%s = %s\n", prefix, value->name,
			    value->names[*(const unsigned *)member]);
		return;
	case BH_VALUE_U32:
		if (value->required || *(const uint32_t *)member)
			bh_buf_addf(text, "%s%s = %" PRIu32 "\n", prefix, value->name,
				    *(const uint32_t *)member);
		return;
	case BH_VALUE_U64:
		if (value->required || *(const uint64_t *)member)
			bh_buf_addf(text, "%s%s = %" PRIu64 "\n", prefix, value->name,
				    *(const uint64_t *)member);
		return;
	case BH_VALUE_ADDRESS:
		if (value->required || *(const uint64_t *)member)
			bh_buf_addf(text, "%s%s = 0x%" PRIx64 "\n", prefix, value->name,
				    *(const uint64_t *)member);
		return;
	case BH_VALUE_FLAG:
		if (*(const bool *)member)
			bh_buf_addf(text, "%s%s\n", prefix, value->name);
		return;
	case BH_VALUE_RANGE:
		if (range->size)
			bh_buf_addf(text, "%s%s = 0x%" PRIx64 " + 0x%" PRIx64 "\n", prefix,
				    value->name, range->base, range->size);
		return;
	case BH_VALUE_CELLS:
		bh_buf_addf(text, "%s%s =", prefix, value->name);
		for (size_t i = 0; i < value->count; i++)
			bh_buf_addf(text, " %" PRIu32, ((const uint32_t *)member)[i]);
		bh_buf_addc(text, '\n');
		return;
	case BH_VALUE_BYTES:
		if (is_zero(member, value->count))
			return;
		bh_buf_addf(text, "%s%s = ", prefix, value->name);
		for (size_t i = 0; i < value->count; i++)
			bh_buf_addf(text, "%s%02x", i ? ":" : "", ((const uint8_t *)member)[i]);
		bh_buf_addc(text, '\n');
		return;
	case BH_VALUE_BLOB:
		bh_buf_addf(text, "%s%s = %zu bytes\n", prefix, value->name,
			    *(const size_t *)(const void *)(structure + value->extra));
		return;
	}
}

static void dump_node(const struct bh_schema *schema, const char *structure, const char *prefix,
		      struct bh_buf *text)
{
	for (size_t i = 0; i < schema->value_count; i++)
		dump_value(&schema->values[i], structure, prefix, text);
	for (size_t i = 0; i < schema->child_count; i++) {
		const struct bh_schema_child *child = &schema->children[i];
		const char *extra = structure + child->extra;
		bool list = child->kind == BH_CHILD_LIST;
		size_t count = 1;

		if (list)
			count = *(const size_t *)(const void *)extra;
		else if (child->kind == BH_CHILD_OPTIONAL)
			count = *(const bool *)(const void *)extra;
		for (size_t j = 0; j < count; j++) {
			char inner[96];

			snprintf(inner, sizeof(inner), list ? "%s%s[%zu]." : "%s%s.", prefix,
				 child->name, j);
			dump_node(child->schema, structure + child->offset + j * child->stride,
				  inner, text);
		}
	}
}

void bh_manifest_dump(const struct bh_manifest *manifest, struct bh_buf *text)
{
	dump_node(&bh_manifest_schema, (const char *)manifest, "", text);
}
