/* SPDX-License-Identifier: Apache-2.0 */
/* Help and man pages, printed from the table of verbs. */
#ifndef BH_CMD_HELP_H
#define BH_CMD_HELP_H

#include "cmd/verb.h"

#include <stdio.h>

void bh_print_overview(FILE *out);
void bh_print_verb_help(FILE *out, const char *path, const struct bh_verb *verb);

/* bulkhead(1) in scdoc's syntax: every verb with its options. */
void bh_print_man(FILE *out);

#endif
