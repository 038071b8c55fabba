/* SPDX-License-Identifier: Apache-2.0 */
#include "tagged.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void put_text(struct bh_buf *out, const char *text, size_t length)
{
	bh_buf_addc(out, '"');
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];
		if (byte == '"' || byte == '\\')
			bh_buf_addf(out, "\\%c", byte);
		else if (byte < ' ' || byte == 0x7f)
			bh_buf_addf(out, "\\u%04x", byte);
		else
			bh_buf_addc(out, (char)byte);
	}
	bh_buf_addc(out, '"');
}

static void put_scalar(struct bh_buf *out, const char *type, const char *text, size_t length)
{
	bh_buf_addf(out, "{\"type\": \"%s\", \"value\": ", type);
	put_text(out, text, length);
	bh_buf_addc(out, '}');
}

static void put_simple(struct bh_buf *out, const struct bh_toml_value *value)
{
	static const char *const types[] = {
		[BH_TOML_STRING] = "string",
		[BH_TOML_INTEGER] = "integer",
		[BH_TOML_FLOAT] = "float",
		[BH_TOML_BOOLEAN] = "bool",
		[BH_TOML_OFFSET_DATETIME] = "datetime",
		[BH_TOML_LOCAL_DATETIME] = "datetime-local",
		[BH_TOML_LOCAL_DATE] = "date-local",
		[BH_TOML_LOCAL_TIME] = "time-local",
	};
	char text[64];

	switch (value->kind) {
	case BH_TOML_STRING:
		put_scalar(out, types[value->kind], value->string.text, value->string.length);
		return;
	case BH_TOML_INTEGER:
		snprintf(text, sizeof(text), "%" PRId64, value->integer);
		break;
	case BH_TOML_FLOAT:
		if (isnan(value->number))
			snprintf(text, sizeof(text), "nan");
		else
			snprintf(text, sizeof(text), "%.17g", value->number);
		break;
	case BH_TOML_BOOLEAN:
		snprintf(text, sizeof(text), "%s", value->boolean ? "true" : "false");
		break;
	default:
		bh_toml_format_datetime(value, text, sizeof(text));
	}
	put_scalar(out, types[value->kind], text, strlen(text));
}

static void put_table(struct bh_buf *out, const struct bh_toml_table *table)
{
	bh_buf_addc(out, '{');
	for (size_t i = 0; i < table->count; i++) {
		bh_buf_adds(out, i ? ", " : "");
		put_text(out, table->entries[i].key, table->entries[i].key_length);
		bh_buf_adds(out, ": ");
		put_tagged(out, table->entries[i].value);
	}
	bh_buf_addc(out, '}');
}

void put_tagged(struct bh_buf *out, const struct bh_toml_value *value)
{
	switch (value->kind) {
	case BH_TOML_TABLE:
		put_table(out, value->table);
		break;
	case BH_TOML_ARRAY:
		bh_buf_addc(out, '[');
		for (size_t i = 0; i < value->array->count; i++) {
			bh_buf_adds(out, i ? ", " : "");
			put_tagged(out, value->array->items[i]);
		}
		bh_buf_addc(out, ']');
		break;
	default:
		put_simple(out, value);
	}
}
