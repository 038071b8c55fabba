/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes are a document or an error with a place, never both, and every value has a place. */
#include "tagged.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct bh_toml_value *value)
{
	assert(value->span.file && value->span.line && value->span.column && value->span.length);
	if (value->kind == BH_TOML_ARRAY) {
		for (size_t i = 0; i < value->array->count; i++)
			walk(value->array->items[i]);
	} else if (value->kind == BH_TOML_TABLE) {
		for (size_t i = 0; i < value->table->count; i++) {
			const struct bh_toml_entry *entry = &value->table->entries[i];
			assert(bh_toml_find(value, entry->key, entry->key_length) == entry);
			assert(entry->key_span.line);
			walk(entry->value);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bh_arena arena;
	struct bh_diags diags;
	struct bh_toml toml;
	struct bh_buf out = {0};

	bh_arena_init(&arena);
	bh_diags_init(&diags);
	int error = bh_toml_parse(&toml, &arena, "fuzz", (const char *)data, size, &diags);
	assert((error != 0) == (diags.errors == 1));
	if (error) {
		assert(diags.items[0].hint && diags.items[0].span.file);
	} else {
		walk(toml.root);
		put_tagged(&out, toml.root);
	}
	bh_buf_finish(&out);
	bh_toml_finish(&toml);
	bh_diags_finish(&diags);
	bh_arena_finish(&arena);
	return 0;
}
