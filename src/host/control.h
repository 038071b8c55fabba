/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a running VM through its control socket (machine/control.h). */
#ifndef BH_HOST_CONTROL_H
#define BH_HOST_CONTROL_H

#include "base/buf.h"
#include "machine/control.h"

/* What a VM answered: keys and values, in its order. All point into `text`. */
struct bh_fact {
	const char *key, *value;
};

struct bh_facts {
	char *text;
	struct bh_fact *items;
	size_t count, capacity;
};

/*
 * Sends one request and waits at most `milliseconds` for the answer. 0; -EREMOTEIO when the VM
 * refused (its words in *refusal when that is not NULL; the caller frees them); -ETIMEDOUT; -EPROTO
 * when the answer is none; or why it cannot be reached (-ENOENT, -ECONNREFUSED...).
 */
int bh_control_ask(const char *socket, const char *request, int milliseconds,
		   struct bh_facts *facts, char **refusal);

/*
 * Takes a whole answer apart. Takes over `text`. 0, -EREMOTEIO or -EPROTO as above.
 */
int bh_facts_parse(struct bh_facts *facts, char *text, char **refusal);
void bh_facts_finish(struct bh_facts *facts);

/* The value, or `otherwise`. */
const char *bh_fact(const struct bh_facts *facts, const char *key, const char *otherwise);

/* A Unix socket that is connected, or listens, at a path. A descriptor or a negative errno. */
int bh_socket_connect(const char *path);
int bh_socket_listen(const char *path);

#endif
