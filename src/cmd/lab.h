/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of `bulkhead lab` share. */
#ifndef BH_CMD_LAB_H
#define BH_CMD_LAB_H

#include "cmd/verb.h"
#include "lab/client.h"

#include <stdio.h>

/* What exec and run return when it was not the command that failed: as ssh does. */
#define BH_LAB_NO_BOARD 255

/* What a board says is not trusted to be text. Written in one piece, so that nothing mixes into it.
 */
void bh_lab_print_visible(FILE *out, const char *text, size_t length);

/* Says what went wrong, after the end of the console where that tells why. Returns `code`. */
int bh_lab_fail(struct bh_diags *diags, const struct bh_lab_client *client, int code);

/* From here SIGINT, SIGTERM and SIGHUP come by the descriptor that this returns. */
int bh_lab_catch_signals(void);

/* Runs the command after the board's name with our own standard streams. */
int bh_lab_run_command(struct bh_lab_client *client, const struct bh_args *args, int signals,
		       struct bh_diags *diags);

/* lab_boot.c */
extern const struct bh_verb bh_verb_lab_up;
extern const struct bh_verb bh_verb_lab_run;
extern const struct bh_verb bh_verb_lab_dtb;
/* lab_use.c */
extern const struct bh_verb bh_verb_lab_exec;
extern const struct bh_verb bh_verb_lab_push;
extern const struct bh_verb bh_verb_lab_pull;
extern const struct bh_verb bh_verb_lab_console;

#endif
