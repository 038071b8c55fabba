/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's command line for a board. */
#ifndef BH_LAB_QEMU_H
#define BH_LAB_QEMU_H

#include "lab/options.h"
#include "lab/pieces.h"

/* QEMU's ends of what connects it with its supervisor; they stay open under these numbers. */
struct bh_lab_wires {
	int console, line; /* stream sockets */
	int ram;           /* the board's memory, shared; -1: QEMU's own */
	int monitor;       /* listening socket of the QMP monitor */
};

struct bh_argv {
	char **items; /* ends with NULL */
	size_t count, capacity;
};

void bh_argv_finish(struct bh_argv *argv);

/*
 * `tree`: the blob to boot with; NULL: QEMU's own. `wires` NULL: a machine that is never started,
 * to be asked for its device tree, which goes to the file `dump`.
 */
void bh_lab_qemu_argv(struct bh_argv *argv, const struct bh_lab_options *options,
		      const struct bh_lab_pieces *pieces, const char *tree,
		      const struct bh_lab_wires *wires, const char *dump);

#endif
