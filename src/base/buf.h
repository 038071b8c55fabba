/* SPDX-License-Identifier: Apache-2.0 */
/* A growing run of bytes, always followed by a NUL so that it can be read as a string. */
#ifndef BH_BASE_BUF_H
#define BH_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct bh_buf {
	char *data; /* NULL while empty; see bh_buf_str() */
	size_t length, capacity;
};

void bh_buf_init(struct bh_buf *buf);
void bh_buf_finish(struct bh_buf *buf);
void bh_buf_clear(struct bh_buf *buf); /* keeps the memory */
void bh_buf_add(struct bh_buf *buf, const void *data, size_t size);
void *bh_buf_extend(struct bh_buf *buf, size_t size); /* bytes that the caller writes */
void bh_buf_addc(struct bh_buf *buf, char byte);
void bh_buf_adds(struct bh_buf *buf, const char *text);
void bh_buf_addf(struct bh_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void bh_buf_vaddf(struct bh_buf *buf, const char *format, va_list args);
void bh_buf_drop(struct bh_buf *buf, size_t count); /* from the front */

/* The bytes as a string; "" while empty. */
const char *bh_buf_str(const struct bh_buf *buf);

/* Hands the memory (never NULL) to the caller, who frees it; the buffer is empty again. */
char *bh_buf_take(struct bh_buf *buf);

#endif
