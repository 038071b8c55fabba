/* SPDX-License-Identifier: Apache-2.0 */
/* One command that the agent runs for a channel of the line. */
#ifndef BH_LAB_AGENT_PROCESS_H
#define BH_LAB_AGENT_PROCESS_H

#include "lab/line.h"

#include <poll.h>
#include <sys/types.h>

struct process {
	uint16_t channel;
	pid_t pid;             /* leads its own session; 0 once it was reaped */
	int fds[BH_STREAMS];   /* our ends of its pipes; -1: closed */
	struct bh_buf pending; /* for its stdin */
	uint32_t fed;          /* of its input, and not yet granted anew */
	bool no_more_input;
	uint32_t granted[BH_STREAMS]; /* how much may still be sent of its output */
	int status;                   /* once reaped */
	size_t left[BH_STREAMS];      /* once reaped: what was in its pipes then */
	struct process *next;
};

/*
 * Starts the command of a SPAWN frame. Never fails as a call: a command that cannot be started says
 * so on its stderr and exits with 127 or 126, as in a shell.
 */
struct process *process_start(const struct bh_frame *frame);
void process_destroy(struct process *process); /* kills what still runs */

void process_frame(struct process *process, const struct bh_frame *frame);

/* Fills `polls` (room for BH_STREAMS) with what the process waits for; returns how many. */
size_t process_polls(const struct process *process, struct pollfd *polls);

/* True when process_work() has something to do that no descriptor will tell. */
bool process_has_work(const struct process *process);

/* Moves bytes between pipes and line. */
void process_work(struct process *process, struct bh_line *line);

/* The kernel says it ended. What it left in its pipes is still sent. */
void process_reaped(struct process *process, int status);

/* True when all was sent; then EXIT was queued too. */
bool process_done(struct process *process, struct bh_line *line);

#endif
