/* SPDX-License-Identifier: Apache-2.0 */
/* A board's console: kept in a file and, its end, in memory; watched for a panic. */
#ifndef BH_LAB_CONSOLE_H
#define BH_LAB_CONSOLE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* A board that prints without end fills twice this, no more. */
#define BH_CONSOLE_FILE_MAX (32u << 20)
#define BH_CONSOLE_KEPT     (64u << 10)

struct bh_console {
	char *path;
	int fd; /* the log; -1 when it could not be opened */
	size_t written;
	struct bh_buf kept; /* the last BH_CONSOLE_KEPT bytes or more */
	bool panicked;
};

void bh_console_init(struct bh_console *console, const char *path);
void bh_console_finish(struct bh_console *console);
void bh_console_add(struct bh_console *console, const char *data, size_t size);

/* What tells how it ended: all from a panic on, or else the last `lines` lines. */
const char *bh_console_end(const struct bh_console *console, unsigned lines);

/* The last `lines` lines of `text`. */
const char *bh_console_tail(const char *text, size_t length, unsigned lines);

#endif
