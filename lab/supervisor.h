/* SPDX-License-Identifier: Apache-2.0 */
/* The process that a board lives with: owns QEMU, the console and the line to the agent, and serves
 * clients. */
#ifndef BH_LAB_SUPERVISOR_H
#define BH_LAB_SUPERVISOR_H

#include "lab/options.h"
#include "lab/pieces.h"
#include "lab/rundir.h"

/*
 * Starts QEMU and serves until the board ends; returns then. Call it in a process of its own: it
 * takes over signals and standard streams. `owner` is the connection of who started it (frame.h):
 * when that ends before it detached, so does the board. Takes over `owner`, and `dir` with its
 * lock.
 */
void bh_lab_supervise(const struct bh_lab_options *options, const struct bh_lab_pieces *pieces,
		      struct bh_rundir *dir, const char *tree, int owner);

#endif
