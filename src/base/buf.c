/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bh_buf_init(struct bh_buf *buf)
{
	*buf = (struct bh_buf){0};
}

void bh_buf_finish(struct bh_buf *buf)
{
	free(buf->data);
	*buf = (struct bh_buf){0};
}

void bh_buf_clear(struct bh_buf *buf)
{
	buf->length = 0;
	if (buf->data)
		buf->data[0] = '\0';
}

void *bh_buf_extend(struct bh_buf *buf, size_t size)
{
	void *added;

	bh_grow((void **)&buf->data, &buf->capacity, buf->length + size + 1, 1);
	added = buf->data + buf->length;
	buf->length += size;
	buf->data[buf->length] = '\0';
	return added;
}

void bh_buf_add(struct bh_buf *buf, const void *data, size_t size)
{
	void *added = bh_buf_extend(buf, size);

	if (size)
		memcpy(added, data, size);
}

void bh_buf_addc(struct bh_buf *buf, char byte)
{
	bh_buf_add(buf, &byte, 1);
}

void bh_buf_adds(struct bh_buf *buf, const char *text)
{
	bh_buf_add(buf, text, strlen(text));
}

void bh_buf_vaddf(struct bh_buf *buf, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	int length = vsnprintf(NULL, 0, format, args);
	if (length > 0) {
		bh_grow((void **)&buf->data, &buf->capacity, buf->length + (size_t)length + 1, 1);
		vsnprintf(buf->data + buf->length, (size_t)length + 1, format, again);
		buf->length += (size_t)length;
	}
	va_end(again);
}

void bh_buf_addf(struct bh_buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	bh_buf_vaddf(buf, format, args);
	va_end(args);
}

void bh_buf_drop(struct bh_buf *buf, size_t count)
{
	if (count >= buf->length) {
		bh_buf_clear(buf);
		return;
	}
	memmove(buf->data, buf->data + count, buf->length - count + 1);
	buf->length -= count;
}

const char *bh_buf_str(const struct bh_buf *buf)
{
	return buf->data ? buf->data : "";
}

char *bh_buf_take(struct bh_buf *buf)
{
	char *data = buf->data ? buf->data : bh_strdup("");

	*buf = (struct bh_buf){0};
	return data;
}
