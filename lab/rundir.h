/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run directory of a board: what exists while it runs. One folder a board's name, in
 * $XDG_RUNTIME_DIR or the cache:
 *
 *   lock     held by the supervisor as long as it lives; what it wrote there is its process id
 *   socket   where clients connect
 *   monitor  QEMU's QMP monitor
 *   console  all that the board printed
 *   qemu     what QEMU said
 *   gone     why the board ended, when nobody had asked it to
 */
#ifndef BH_LAB_RUNDIR_H
#define BH_LAB_RUNDIR_H

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct bh_rundir {
	char *path;
	int folder; /* O_PATH descriptor: sockets are reached by it, however long the path is */
	int lock;   /* -1: not ours */
};

enum bh_rundir_state {
	BH_RUNDIR_NONE, /* no such board */
	BH_RUNDIR_LIVE, /* its supervisor runs */
	BH_RUNDIR_DEAD, /* left behind: see `gone` */
};

/* The folder that holds all run directories. */
char *bh_rundir_base(void);

/* Makes the directory of a new board and takes its lock. What a dead one left there is removed. */
bool bh_rundir_create(struct bh_rundir *dir, const char *name, struct bh_diags *diags);

/* Opens an existing one without its lock. */
enum bh_rundir_state bh_rundir_open(struct bh_rundir *dir, const char *name);

/* Every name that has a run directory; the caller frees each and the list. */
char **bh_rundir_names(size_t *count);

char *bh_rundir_file(const struct bh_rundir *dir, const char *name);
void bh_rundir_remove(struct bh_rundir *dir); /* the folder with all in it */
void bh_rundir_finish(struct bh_rundir *dir); /* closes it */

/* A listening Unix socket in the folder, and a connection to one; a descriptor or -errno. */
int bh_rundir_listen(const struct bh_rundir *dir, const char *name);
int bh_rundir_connect(const struct bh_rundir *dir, const char *name);

#endif
