/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log: what a long-running process tells its operator. Not for errors that a caller can handle
 * (base/diag.h). A logger is passed to those who log; there is no global one.
 */
#ifndef BH_BASE_LOG_H
#define BH_BASE_LOG_H

#include <stdbool.h>

enum bh_log_level { BH_LOG_ERROR, BH_LOG_WARNING, BH_LOG_INFO, BH_LOG_DEBUG };

struct bh_log {
	int fd;
	enum bh_log_level level; /* less important lines are dropped */
	const char *name;        /* begins each line */
	bool journal;            /* priorities as systemd reads them ("<3>"), instead of times */
};

/* One line, written in one call, so that lines of several threads do not mix. Control characters in
 * it are made visible: what a guest says must not move the operator's cursor. */
void bh_log(const struct bh_log *log, enum bh_log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
