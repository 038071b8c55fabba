/* SPDX-License-Identifier: Apache-2.0 */
/* The files that boards are made of. lab/fetch.sh makes them; here they are asked for. */
#ifndef BH_LAB_PIECES_H
#define BH_LAB_PIECES_H

#include "base/diag.h"

#include <stdbool.h>

struct bh_lab_pieces {
	char *qemu;   /* program */
	char *kernel; /* folder: Image, modules/, dtbs/ */
	char *initrd, *disk;
	char *cache; /* the cache's folder */
};

/*
 * Fetches what is missing, which may take a minute and then says on stderr what it does. False with
 * a diagnostic when that fails.
 */
bool bh_lab_pieces_get(struct bh_lab_pieces *pieces, struct bh_diags *diags);
void bh_lab_pieces_finish(struct bh_lab_pieces *pieces);

#endif
