/* SPDX-License-Identifier: Apache-2.0 */
/* What one does with a board: start it, ask it, run commands on it, stop it. */
#ifndef BH_LAB_CLIENT_H
#define BH_LAB_CLIENT_H

#include "base/buf.h"
#include "base/diag.h"
#include "lab/frame.h"
#include "lab/options.h"
#include "lab/pieces.h"

#include <stdbool.h>
#include <sys/types.h>

/* A connection to a board's supervisor. */
struct bh_lab_client {
	int fd;
	char *name;
	char *console; /* file with the board's console */
	bool ready;    /* the supervisor said so */
	int cancel;    /* readable: stop waiting (E0716); -1: nothing ends a wait */
	struct bh_frame_reader reader;
	struct bh_buf
		tail; /* the end of the console, when the board is gone; for the caller to show */
};

/* Room for what the functions below need; finish closes the connection. */
void bh_lab_client_init(struct bh_lab_client *client);
void bh_lab_client_finish(struct bh_lab_client *client);

/*
 * Starts a board and waits until its agent serves. The connection owns the board: it ends with it
 * unless detached. *seconds: how long the board took. False with a diagnostic; then nothing runs.
 */
bool bh_lab_up(struct bh_lab_client *client, const struct bh_lab_options *options,
	       const struct bh_lab_pieces *pieces, double *seconds, struct bh_diags *diags);
void bh_lab_detach(struct bh_lab_client *client);

/* Connects to a running board. */
bool bh_lab_connect(struct bh_lab_client *client, const char *name, struct bh_diags *diags);

struct bh_lab_command {
	const char *const *argv; /* ends with NULL */
	int in;                  /* read until its end; -1: nothing */
	int out, err;            /* where its outputs go; -1: nowhere */
	/* Instead of `out`: called with each piece; not 0 ends the command. */
	int (*sink)(void *context, const void *data, size_t size);
	void *context;
	struct bh_buf *keep_err; /* instead of `err`: collected here */
	/* Readable when a signal for the command came in (signalfd); a second one kills it. -1:
	 * none */
	int signals;
};

/*
 * Runs a command on the board. *status: as a shell's $?. False with a diagnostic when the board
 * ended or the connection broke.
 */
bool bh_lab_exec(struct bh_lab_client *client, const struct bh_lab_command *command, int *status,
		 struct bh_diags *diags);

/* Copies a file to the board (DEST may be a folder), and from it. One connection serves many. */
bool bh_lab_push(struct bh_lab_client *client, const char *file, const char *dest,
		 struct bh_diags *diags);
bool bh_lab_pull(struct bh_lab_client *client, const char *file, const char *dest,
		 struct bh_diags *diags);

/* The next frame. False with a diagnostic: the board or the connection is gone. For the files of
 * this library. */
bool bh_lab_receive(struct bh_lab_client *client, struct bh_frame *frame, struct bh_diags *diags);
bool bh_lab_send(struct bh_lab_client *client, const struct bh_frame *frame);

/* Terminal input and output against the console until the input has the byte Ctrl-] or ends, or the
 * board does. */
bool bh_lab_console(struct bh_lab_client *client, int in, int out, struct bh_diags *diags);

/* "key=value" lines about a running board; the caller frees it. NULL with a diagnostic. */
char *bh_lab_status(struct bh_lab_client *client, struct bh_diags *diags);

/* Stops a board, if it runs, and removes what is left of it. False with a diagnostic when there is
 * none. */
bool bh_lab_down(const char *name, struct bh_diags *diags);

#endif
