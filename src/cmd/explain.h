/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of docs/errors/, built into the program. */
#ifndef BH_CMD_EXPLAIN_H
#define BH_CMD_EXPLAIN_H

struct bh_page {
	const char *name; /* "E0201" */
	const char *text; /* its Markdown */
};

/* Sorted by name; ends with a NULL name. */
extern const struct bh_page bh_error_pages[];

#endif
