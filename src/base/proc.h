/* SPDX-License-Identifier: Apache-2.0 */
/* Starting other programs. No shell is ever involved. Functions return 0 or a negative errno. */
#ifndef BH_BASE_PROC_H
#define BH_BASE_PROC_H

#include "base/buf.h"

#include <stdbool.h>
#include <sys/types.h>

#define BH_FD_INHERIT (-1)
#define BH_FD_NULL    (-2) /* /dev/null */

struct bh_spawn {
	const char *const *argv; /* ends with NULL; argv[0] is looked up in PATH */
	const char *const *env;  /* NULL: ours */
	const char *directory;   /* NULL: ours */
	int in, out, err;        /* a descriptor, BH_FD_INHERIT or BH_FD_NULL */
	const int *keep_fds;     /* ends with -1; kept open under the same numbers. NULL: none */
	bool die_with_parent;    /* killed when the calling thread's process ends */
	bool own_group;          /* a process group of its own: a terminal's Ctrl-C passes it by */

	/* Namespaces of its own: CLONE_NEW... 0: none. In a user namespace the process runs as that
	 * one's root. */
	unsigned namespaces;
	/* Called when the process exists and has not begun: maps users, sets limits. A negative
	 * errno ends it. May be NULL. */
	int (*prepare)(void *owner, pid_t pid);
	void *owner;
};

/* Returns once the program runs: a program that cannot be executed is an error here. */
int bh_spawn(const struct bh_spawn *spawn, pid_t *pid);

/* Waits; *status as the shell has it: the exit code, or 128 + signal. */
int bh_wait(pid_t pid, int *status);

/*
 * Runs a program to its end and collects what it wrote (each of out and err may be NULL: discarded;
 * at most `limit` bytes of each are kept).
 */
int bh_run(const char *const *argv, size_t limit, struct bh_buf *out, struct bh_buf *err,
	   int *status);

#endif
