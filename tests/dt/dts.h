/* SPDX-License-Identifier: Apache-2.0 */
/* Trees for tests: from DTS text, compiled by dtc. */
#ifndef BH_TEST_DTS_H
#define BH_TEST_DTS_H

#include "dt/lookup.h"
#include "test.h"

/* Without dtc the whole test program is skipped: the first thing main() calls. */
void dts_need_dtc(void);

/* The blob of a text without its "/dts-v1/;" line, which the caller frees. Options as dtc has
 * them ("-@"); NULL: none. Fails the test when dtc does. */
void *dts_compile(const char *text, const char *option, size_t *size);

/*
 * A tree of the text; it keeps the blob. With labels, as by `dtc -@`. `bh_dt_finish()` frees it.
 * Warnings of dtc are ignored: many tests are about what it warns of.
 */
struct bh_dt dts(const char *text);
struct bh_dt dts_without_labels(const char *text);

/* The node of a path or label, which must exist. */
struct bh_dt_node *dts_node(const struct bh_dt *tree, const char *name);

/* The one diagnostic, which must have this code. */
const struct bh_diag *only_diag(const struct bh_diags *diags, const char *code);

/* A statement before the end of a test: the trees were equal in all that a blob says. */
void assert_same_tree(const struct bh_dt *a, const struct bh_dt *b);

#endif
