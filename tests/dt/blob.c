/* SPDX-License-Identifier: Apache-2.0 */
#include "blob.h"

#include "base/alloc.h"

#include <endian.h>
#include <libfdt.h>
#include <string.h>

#define HEADER 40

void blob_raw(struct blob *blob, uint32_t token)
{
	token = htobe32(token);
	bh_buf_add(&blob->structure, &token, 4);
}

static void pad(struct bh_buf *buf)
{
	while (buf->length % 4)
		bh_buf_addc(buf, 0);
}

void blob_begin(struct blob *blob)
{
	*blob = (struct blob){.version = 17, .last_compatible = 16};
	blob_open(blob, "");
}

void blob_open(struct blob *blob, const char *name)
{
	blob_raw(blob, FDT_BEGIN_NODE);
	bh_buf_add(&blob->structure, name, strlen(name) + 1);
	pad(&blob->structure);
}

void blob_close(struct blob *blob)
{
	blob_raw(blob, FDT_END_NODE);
}

void blob_prop(struct blob *blob, const char *name, const void *value, uint32_t length)
{
	blob_raw(blob, FDT_PROP);
	blob_raw(blob, length);
	blob_raw(blob, (uint32_t)blob->strings.length);
	bh_buf_add(&blob->strings, name, strlen(name) + 1);
	bh_buf_add(&blob->structure, value, length);
	pad(&blob->structure);
}

void blob_cell(struct blob *blob, const char *name, uint32_t value)
{
	value = htobe32(value);
	blob_prop(blob, name, &value, 4);
}

void blob_set(char *data, int field, uint32_t value)
{
	value = htobe32(value);
	memcpy(data + 4 * (size_t)field, &value, 4);
}

uint32_t blob_get(const char *data, int field)
{
	uint32_t value;

	memcpy(&value, data + 4 * (size_t)field, 4);
	return be32toh(value);
}

char *blob_end(struct blob *blob, size_t *size)
{
	blob_close(blob);
	blob_raw(blob, FDT_END);
	size_t structure_at = HEADER + 16, strings_at = structure_at + blob->structure.length;
	*size = strings_at + blob->strings.length;
	char *data = bh_alloc(*size);

	blob_set(data, 0, FDT_MAGIC);
	blob_set(data, TOTAL, (uint32_t)*size);
	blob_set(data, OFF_STRUCT, (uint32_t)structure_at);
	blob_set(data, OFF_STRINGS, (uint32_t)strings_at);
	blob_set(data, OFF_RESERVE, HEADER);
	blob_set(data, VERSION, blob->version);
	blob_set(data, COMPATIBLE, blob->last_compatible);
	blob_set(data, SIZE_STRINGS, (uint32_t)blob->strings.length);
	blob_set(data, SIZE_STRUCT, (uint32_t)blob->structure.length);
	memcpy(data + structure_at, blob->structure.data, blob->structure.length);
	if (blob->strings.length)
		memcpy(data + strings_at, blob->strings.data, blob->strings.length);
	bh_buf_finish(&blob->structure);
	bh_buf_finish(&blob->strings);
	return data;
}
