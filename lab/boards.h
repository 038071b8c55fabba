/* SPDX-License-Identifier: Apache-2.0 */
/* The emulated boards: one entry a board, all that is particular to it. */
#ifndef BH_LAB_BOARDS_H
#define BH_LAB_BOARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the agent on the board is reached. */
enum bh_lab_line_kind {
	BH_LAB_VIRTIO_PORT,
	BH_LAB_UART, /* slow: bytes go through a window in the board's RAM */
};

struct bh_lab_board {
	const char *name, *summary;
	const char *machine; /* QEMU's -M, without what the options below add */
	const char *cpu;     /* NULL: the machine has one */
	unsigned cpus, max_cpus;
	uint64_t memory, max_memory;
	uint64_t ram_base;
	const char *gic;  /* default of --gic; NULL: there is no choice */
	const char *tree; /* below the kernel's dtbs/; NULL: QEMU makes it */
	const char *console;
	enum bh_lab_line_kind line;
	const char *line_device;    /* of a UART, as the board's kernel calls it */
	const char *modules;        /* loaded at boot: what no bus announces */
	const char *const *devices; /* more of QEMU's arguments; ends with NULL */
	const char *disk;           /* QEMU's arguments for the lab's disk; %s is the file */
	const char *user_disk;      /* device for --disk, any number; NULL: see card_slot */
	const char *card_slot;      /* or the node of a slot for one card */
	const char *card;           /* QEMU's arguments for it; %s is the file */
	unsigned serials;           /* -serial arguments before the console's */
};

extern const struct bh_lab_board bh_lab_boards[]; /* ends with a NULL name */

const struct bh_lab_board *bh_lab_board(const char *name);

#endif
