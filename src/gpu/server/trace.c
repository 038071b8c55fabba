/* SPDX-License-Identifier: Apache-2.0 */
#include "gpu/server/trace.h"

#include "base/alloc.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

#define BUFFERED (1u << 20)

struct shadow {
	size_t size;
	uint8_t data[];
};

static void put32(struct bh_buf *buf, uint32_t value)
{
	bh_buf_add(buf, &value, 4);
}

void bh_trace_writer_init(struct bh_trace_writer *writer, int fd)
{
	*writer = (struct bh_trace_writer){.fd = fd};
	bh_buf_init(&writer->buffer);
	bh_buf_add(&writer->buffer, BH_TRACE_MAGIC, 8);
	put32(&writer->buffer, BH_TRACE_VERSION);
}

static void flush(struct bh_trace_writer *writer)
{
	int result = writer->error
			     ? 0
			     : bh_write_all(writer->fd, writer->buffer.data, writer->buffer.length);

	if (result)
		writer->error = result;
	bh_buf_clear(&writer->buffer);
}

int bh_trace_writer_finish(struct bh_trace_writer *writer)
{
	flush(writer);
	for (size_t i = 0; i < writer->shadows.room; i++)
		free(writer->shadows.slots[i].value);
	bh_table_finish(&writer->shadows);
	bh_buf_finish(&writer->buffer);
	return writer->error;
}

static void begin_record(struct bh_trace_writer *writer, uint32_t kind, size_t size)
{
	put32(&writer->buffer, kind);
	put32(&writer->buffer, (uint32_t)size);
}

static void end_record(struct bh_trace_writer *writer)
{
	while (writer->buffer.length % 4)
		bh_buf_addc(&writer->buffer, 0);
	if (writer->buffer.length > BUFFERED)
		flush(writer);
}

void bh_trace_write(struct bh_trace_writer *writer, uint32_t kind, const void *data, size_t size)
{
	if (kind == BH_TRACE_DESTROY) {
		uint32_t handle;

		memcpy(&handle, data, 4);
		if (handle)
			free(bh_table_set(&writer->shadows, handle, NULL));
	}
	begin_record(writer, kind, size);
	bh_buf_add(&writer->buffer, data, size);
	end_record(writer);
}

void bh_trace_write_pages(struct bh_trace_writer *writer, uint32_t handle, const void *data,
			  size_t size)
{
	struct shadow *shadow = bh_table_get(&writer->shadows, handle);
	const uint8_t *bytes = data;
	size_t first = 0, last = size;

	if (shadow && shadow->size == size) {
		while (first < size && shadow->data[first] == bytes[first])
			first++;
		while (last > first && shadow->data[last - 1] == bytes[last - 1])
			last--;
		if (first == last)
			return;
	} else {
		free(shadow);
		shadow = bh_alloc(sizeof(*shadow) + size);
		shadow->size = size;
		bh_table_set(&writer->shadows, handle, shadow);
		/* Fresh pages are zero for the reader too. */
		while (last > 0 && bytes[last - 1] == 0)
			last--;
	}
	/* The client may write while we read: what is kept is what is compared the next time. */
	memcpy(shadow->data + first, bytes + first, last - first);
	begin_record(writer, BH_TRACE_PAGES, 12 + last - first);
	put32(&writer->buffer, handle);
	put32(&writer->buffer, (uint32_t)size);
	put32(&writer->buffer, (uint32_t)first);
	bh_buf_add(&writer->buffer, shadow->data + first, last - first);
	end_record(writer);
}
