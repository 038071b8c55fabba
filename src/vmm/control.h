/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control socket: who may connect, lines in, lines out (machine/control.h). What the commands
 * do is the owner's. A client that does not read its answer gets no further one; memory is bounded.
 */
#ifndef BH_VMM_CONTROL_H
#define BH_VMM_CONTROL_H

#include "vmm/loop.h"

#include "base/buf.h"
#include "machine/control.h"

enum { BH_CONTROL_CLIENTS = 4 };

/* Commands add "KEY VALUE" lines to `out`, and return NULL, or the text of an error. */
struct bh_control_command {
	const char *name;
	const char *(*run)(void *owner, struct bh_buf *out);
	/* Instead: the command is followed by a number. */
	const char *(*set)(void *owner, uint64_t value, struct bh_buf *out);
};

struct bh_control_client {
	struct bh_control *control;
	struct bh_watch watch; /* fd -1: free */
	char request[BH_CONTROL_REQUEST_MAX];
	size_t length;
	bool skipping;   /* the rest of a line that was too long */
	uint64_t number; /* which came when */
	struct bh_buf answer;
};

struct bh_control {
	struct bh_loop *loop;
	const struct bh_control_command *commands; /* ends with a NULL name */
	void *owner;
	struct bh_watch listener;
	struct bh_control_client clients[BH_CONTROL_CLIENTS];
	uint64_t came; /* clients so far */
};

/* `listener` is the control's from now on; -1: none, clients are attached. Returns 0 or a negative
 * errno; bh_control_finish() is right after either. */
int bh_control_init(struct bh_control *control, struct bh_loop *loop, int listener,
		    const struct bh_control_command *commands, void *owner);
void bh_control_finish(struct bh_control *control);

/* Takes a connected client. When there are enough, the one that came first goes. Returns 0 or a
 * negative errno: the connection is still the caller's. */
int bh_control_attach(struct bh_control *control, int fd);

/* One fact of an answer. Control characters in the value become '?'. */
void bh_control_put(struct bh_buf *out, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
