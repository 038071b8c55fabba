/* SPDX-License-Identifier: Apache-2.0 */
/* How the command line speaks: diagnostics, colour, JSON. Data goes to stdout, talk to stderr. */
#ifndef BH_CMD_REPORT_H
#define BH_CMD_REPORT_H

#include "base/buf.h"
#include "base/diag.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* True when the stream is a terminal that wants colour (NO_COLOR is honoured). */
bool bh_wants_colour(FILE *stream);

/*
 * Writes each diagnostic as a person reads it: code, place, source line with a caret, cause, next
 * step. Source lines are read from the span's file.
 */
void bh_render_diags(struct bh_buf *out, const struct bh_diags *diags, bool colour);

/* The same on stderr; nothing when there are none. */
void bh_print_diags(const struct bh_diags *diags);

/* The same as a JSON array; the caller owns the reference. */
json_t *bh_diags_json(const struct bh_diags *diags);

/*
 * Prints a verb's result on stdout. Every object gets "schema": the verb's name and version, such
 * as "bulkhead.config.check/1". Takes over the reference.
 */
void bh_print_json(const char *schema, json_t *object);

/*
 * Progress of something slow: a line that is redrawn on a terminal, plain lines elsewhere.
 */
struct bh_progress {
	FILE *stream;
	bool terminal;
	char *last;
};

void bh_progress_start(struct bh_progress *progress);
void bh_progress_say(struct bh_progress *progress, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void bh_progress_end(struct bh_progress *progress); /* the line is gone from a terminal */

#endif
